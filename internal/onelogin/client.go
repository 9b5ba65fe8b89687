package onelogin

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/httpapi"
)

// fetchToken asks for a token by client credentials. OneLogin answers with the
// same token until it expires, so asking again changes nothing, and the token is
// never revoked: other runs with the same credential use it too.
// https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens-2
func (d *Driver) fetchToken(ctx context.Context) (*oauth2.Token, error) {
	const op = "log in to OneLogin"
	basic := base64.StdEncoding.EncodeToString([]byte(d.cfg.ClientID + ":" + d.cfg.ClientSecret))
	var set tokenSet
	_, err := httpapi.Do(ctx, d.bare, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.base + "/auth/oauth2/v2/token",
		Header:     http.Header{"Authorization": {"Basic " + basic}},
		Body:       map[string]string{"grant_type": "client_credentials"},
		Repeatable: true, Classify: d.classifyToken,
	}, &set)
	if err != nil {
		return nil, err
	}
	token := set.oauth2(time.Now())
	if token.AccessToken == "" {
		return nil, authz.Advise(authz.Unavailable, op, adviceURL, "the answer has no access_token")
	}
	d.mu.Lock()
	d.token = token.AccessToken
	d.mu.Unlock()
	return token, nil
}

func (d *Driver) classifyToken(status int, header http.Header, body []byte) *authz.Error {
	e := d.classify(status, header, body)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusBadRequest && e.Kind == authz.Invalid:
		e.Kind, e.Advice = authz.Denied, adviceCredential
	case status == http.StatusNotFound:
		e.Kind, e.Advice = authz.ParentNotFound, adviceURL
	case status == http.StatusInternalServerError:
		e.Advice = "OneLogin also answers 500 to a login when the user who made the API credential is deleted: try a new credential."
	}
	return e
}

// do makes one call to a path below /api/2.
func (d *Driver) do(ctx context.Context, op, method, path string, query url.Values, body, out any) (http.Header, error) {
	call := httpapi.Call{Op: op, Method: method, URL: d.base + "/api/2" + path, Body: body, Classify: d.classify}
	if len(query) > 0 {
		call.URL += "?" + query.Encode()
	}
	header, err := httpapi.Do(ctx, d.auth, call, out)
	var e *authz.Error
	if errors.As(err, &e) && e.OutcomeUnknown && e.Advice == "" {
		e.Advice = adviceLost
	}
	return header, err
}
