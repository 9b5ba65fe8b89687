package onelogin

import (
	"context"
	"encoding/base64"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// fetchToken requests a token with client credentials. OneLogin returns the same token until it
// expires, so that a repeated request changes nothing. The token is never revoked, because other
// processes with the same credential use it too.
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
	if set.AccessToken == "" && len(set.Data) > 0 {
		set.TokenResponse = set.Data[0]
	}
	return set.Token(op, adviceURL, d.secrets)
}

// call calls a path below /api/2.
func (d *Driver) call(ctx context.Context, op, method, path string, body, out any) (http.Header, error) {
	return httpapi.Do(ctx, d.auth, httpapi.Call{Op: op, Method: method, URL: d.base + "/api/2/" + path, Body: body, Classify: d.classify}, out)
}

// authServer is the authorization server of one operation.
type authServer struct {
	*Driver
	op, id string
}

func (d *Driver) server(op, serverID string) (authServer, error) {
	id, err := d.ServerID(serverID)
	return authServer{d, op, id}, err
}

// call calls a path below the authorization server.
func (s authServer) call(ctx context.Context, method, path string, body, out any) (http.Header, error) {
	return s.Driver.call(ctx, s.op, method, "api_authorizations/"+s.id+"/"+path, body, out)
}

// get reads an array. A 404 means that the authorization server does not exist.
func get[L ~[]T, T any](ctx context.Context, s authServer, path string) (L, http.Header, error) {
	var found L
	header, err := s.call(ctx, http.MethodGet, path, nil, &found)
	switch {
	case authz.IsNotFound(err):
		return nil, nil, s.notFound(err)
	case err == nil && found == nil:
		return nil, nil, s.unreadable("null instead of an array")
	}
	return found, header, err
}

// notFound returns the error for a 404 of the authorization server itself.
func (s authServer) notFound(err error) error {
	e := authz.Advise(authz.ParentNotFound, s.op,
		authz.ReasonOneLoginServerMissing,
		"authorization server %s does not exist: %w", s.id, authz.Cause(err))
	e.ParentGone = true
	return e
}

func (s authServer) unreadable(what string) error {
	return authz.Advise(authz.Unavailable, s.op, adviceURL, "the response has %s", what)
}
