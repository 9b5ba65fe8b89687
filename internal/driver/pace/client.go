package pace

import (
	"context"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// mediaType is the only media type that PACE's services accept and return. They reject parameters
// and other types with 406 or 415. Source: https://github.com/pace/bricks
// (http/jsonapi/runtime/marshalling.go)
const mediaType = "application/vnd.api+json"

func (d *Driver) call(ctx context.Context, op, path string, body, out any) error {
	_, err := httpapi.Do(ctx, d.client, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.cfg.URL + "/user/" + d.cfg.APIVersion + path,
		Body: body, ContentType: mediaType, Accept: mediaType,
		Repeatable: true, // it only compares
		Classify:   d.classify,
	}, out)
	return err
}

// fetchToken uses the client credentials grant (RFC 6749, section 4.4). PACE documents only the
// authorization code grant of its Keycloak. Authentication:
// https://developer.pace.cloud/doc/user/authentication
func (d *Driver) fetchToken(ctx context.Context) (*oauth2.Token, error) {
	const op = "get an access token for PACE"
	var got httpapi.TokenResponse
	_, err := httpapi.Do(ctx, d.plain, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.cfg.TokenURL,
		Body:       url.Values{"grant_type": {"client_credentials"}, "client_id": {d.cfg.ClientID}, "client_secret": {d.cfg.ClientSecret}},
		Repeatable: true,
		Classify:   d.classifyToken,
	}, &got)
	if err != nil {
		return nil, err
	}
	return got.Token(op, "Check token_url in the pace block: it must be the URL of the token endpoint.", d.secrets)
}
