package pace

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/httpapi"
)

// mediaType goes out and comes back exactly so, without parameters: PACE's
// services refuse anything else with 406 or 415.
// Source: https://github.com/pace/bricks (http/jsonapi/runtime/marshalling.go)
const mediaType = "application/vnd.api+json"

func (d *Driver) do(ctx context.Context, op, path string, body, out any) error {
	_, err := httpapi.Do(ctx, d.client, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.cfg.URL + "/user/" + d.cfg.APIVersion + path,
		Body: body, ContentType: mediaType, Accept: mediaType,
		Repeatable: true, // it only compares
		Classify:   d.classify,
	}, out)
	return err
}

// fetchToken is the client credentials grant (RFC 6749, section 4.4). PACE
// publishes only the authorization code grant of its Keycloak.
// Authentication: https://developer.pace.cloud/doc/user/authentication
func (d *Driver) fetchToken(ctx context.Context) (*oauth2.Token, error) {
	const op = "get an access token for PACE"
	var got tokenAnswer
	_, err := httpapi.Do(ctx, d.plain, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.cfg.TokenURL,
		Body:       url.Values{"grant_type": {"client_credentials"}, "client_id": {d.cfg.ClientID}, "client_secret": {d.cfg.ClientSecret}},
		Repeatable: true,
		Classify:   d.classifyToken,
	}, &got)
	if err != nil {
		return nil, err
	}
	if got.AccessToken == "" {
		return nil, authz.Errorf(authz.Unavailable, op, "the answer holds no access_token; is token_url the token endpoint?")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.token = got.AccessToken
	token := &oauth2.Token{AccessToken: got.AccessToken}
	if got.ExpiresIn > 0 {
		token.Expiry = time.Now().Add(time.Duration(got.ExpiresIn * float64(time.Second)))
	}
	return token, nil
}
