package venafi

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// renews reports whether another login can help after a 401. It cannot add a missing role or
// scope, and a configured access token has no successor.
func (d *Driver) renews(_ int, _ http.Header, body []byte) bool {
	var r httpapi.TokenError
	_ = json.Unmarshal(body, &r) // no body: it may be the token
	return d.cfg.AccessToken == "" && r.Code != "insufficient_rights" && r.Code != "insufficient_scope" && r.Code != "invalid_request"
}

// fetchToken logs in. httpapi calls it one at a time, which keeps d.refresh safe.
func (d *Driver) fetchToken(ctx context.Context) (*oauth2.Token, error) {
	switch {
	case d.cfg.AccessToken != "":
		return &oauth2.Token{AccessToken: d.cfg.AccessToken}, nil
	case d.cfg.RefreshToken != "":
		return d.spend(ctx)
	case d.cfg.JWTToken != "" || d.cfg.JWTTokenFile != "":
		return d.loginByJWT(ctx)
	case d.cfg.Certificate:
		// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeCertificate.php
		return d.login(ctx, "certificate", map[string]string{"client_id": d.cfg.ClientID, "scope": tokenScope})
	}
	// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeOAuth.php
	return d.login(ctx, "oauth", map[string]string{
		"client_id": d.cfg.ClientID, "username": d.cfg.Username, "password": d.cfg.Password, "scope": tokenScope,
	})
}

// spend logs in with the refresh token, which is valid once. The token is dropped before it is
// sent. It is kept only if it certainly was not used: if it was not sent, or if the server
// rejected the request for its rate (429). It is never sent again after any other response, or
// without a response.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeToken.php
func (d *Driver) spend(ctx context.Context) (*oauth2.Token, error) {
	refresh := d.refresh
	if refresh == "" {
		return nil, authz.Advise(authz.Denied, opLogin, adviceSpent, "the refresh token was used already")
	}
	d.refresh = ""
	token, err := d.login(ctx, "token", map[string]string{"client_id": d.cfg.ClientID, "refresh_token": refresh})
	status := httpapi.StatusOf(err)
	if err != nil && !authz.OutcomeUnknown(err) && (status == 0 || status == http.StatusTooManyRequests) {
		d.refresh = refresh
	}
	return token, err
}

// loginByJWT logs in with a JWT of another issuer. A file is read at each login, because
// CI systems replace the JWT in it.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeJWT.php
func (d *Driver) loginByJWT(ctx context.Context) (*oauth2.Token, error) {
	token := d.cfg.JWTToken
	if token == "" {
		text, err := os.ReadFile(d.cfg.JWTTokenFile)
		if err != nil {
			return nil, authz.Advise(authz.Invalid, opLogin, authz.ReasonVenafiTokenFile,
				"venafi.jwt_token_file cannot be read: %w", err)
		}
		token = string(text)
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, authz.Advise(authz.Invalid, opLogin, "Check that the CI job writes a JWT to the file before Terraform runs.", "venafi.jwt_token_file is empty")
	}
	d.secrets.Add(token)
	return d.login(ctx, "jwt", map[string]string{"client_id": d.cfg.ClientID, "jwt": token, "scope": tokenScope})
}

const opLogin = "log in to Venafi"

func (d *Driver) login(ctx context.Context, how string, body map[string]string) (*oauth2.Token, error) {
	var set tokenSet
	_, err := httpapi.Do(ctx, d.bare, httpapi.Call{
		Op: opLogin, Method: http.MethodPost, URL: d.loginBase + "/vedauth/authorize/" + how, Body: body, Classify: d.classifyLogin,
	}, &set)
	if err != nil {
		return nil, err
	}
	d.refresh = set.RefreshToken
	d.secrets.Add(set.RefreshToken)
	token, err := set.Token(opLogin, adviceURL, d.secrets)
	if err == nil && token.Expiry.IsZero() && set.Expires > 0 {
		token.Expiry = time.Unix(set.Expires, 0)
	}
	return token, err
}

// read is a call that changes nothing.
func (d *Driver) read(ctx context.Context, op, name string, body any) (*envelope, error) {
	return d.call(ctx, name, httpapi.Call{Op: op, Body: body, Repeatable: true})
}

// replace sends a write that states the complete result.
func (d *Driver) replace(ctx context.Context, op, name string, body any) error {
	_, err := d.call(ctx, name, httpapi.Call{Op: op, Body: body, Replaces: true})
	return err
}

// call makes an OAuth call. A call that the database aborted was not done, and is sent again.
func (d *Driver) call(ctx context.Context, name string, c httpapi.Call) (e *envelope, err error) {
	c.Method, c.URL, c.Classify = http.MethodPost, d.base+"/vedsdk/oauth/"+name, d.classify
	_, _ = httpapi.Settle(ctx, c.Op, httpapi.Lag(), d.pause, func() (bool, error) {
		e = &envelope{}
		_, err = httpapi.Do(ctx, d.auth, c, e)
		return resultOf(err) != resultDeadlock, nil
	}) // an interruption is ignored, because the call's own error says more
	if err == nil {
		err = d.check(c, e)
	}
	return e, err
}
