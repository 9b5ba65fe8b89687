package venafi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/httpapi"
)

// renews reports whether a 401 is worth another login. A missing right or scope
// stays missing, and a given access token has no successor.
func (d *Driver) renews(_ int, _ http.Header, body []byte) bool {
	var r refusal
	_ = json.Unmarshal(body, &r) // no body: it may be the token
	return d.cfg.AccessToken == "" && r.Error != "insufficient_rights" && r.Error != "insufficient_scope" && r.Error != "invalid_request"
}

// fetchToken logs in. httpapi runs one at a time.
func (d *Driver) fetchToken(ctx context.Context) (*oauth2.Token, error) {
	switch {
	case d.cfg.AccessToken != "":
		return &oauth2.Token{AccessToken: d.cfg.AccessToken}, nil
	case d.cfg.RefreshToken != "":
		return d.spend(ctx)
	case d.cfg.Certificate:
		// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeCertificate.php
		return d.login(ctx, "certificate", map[string]string{"client_id": d.cfg.ClientID, "scope": tokenScope})
	}
	// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeOAuth.php
	return d.login(ctx, "oauth", map[string]string{
		"client_id": d.cfg.ClientID, "username": d.cfg.Username, "password": d.cfg.Password, "scope": tokenScope,
	})
}

// spend logs in by the refresh token, which is good once. It is given up before
// it is sent, and taken back only when it surely was not used: never is it sent
// a second time after an answer that got lost.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/AuthSDK/r-SDKa-POST-AuthorizeToken.php
func (d *Driver) spend(ctx context.Context) (*oauth2.Token, error) {
	d.mu.Lock()
	refresh := d.refresh
	d.refresh, d.spent = "", refresh
	d.mu.Unlock()
	if refresh == "" {
		return nil, authz.Advise(authz.Denied, "log in to Venafi", adviceSpent, "the refresh token is used up, and there is no other")
	}
	token, err := d.login(ctx, "token", map[string]string{"client_id": d.cfg.ClientID, "refresh_token": refresh})
	var e *authz.Error
	if errors.As(err, &e) && e.Kind == authz.Unavailable && !e.OutcomeUnknown {
		d.mu.Lock()
		d.refresh = refresh
		d.mu.Unlock()
	}
	return token, err
}

func (d *Driver) login(ctx context.Context, how string, body map[string]string) (*oauth2.Token, error) {
	const op = "log in to Venafi"
	var set tokenSet
	_, err := httpapi.Do(ctx, d.bare, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.base + "/vedauth/authorize/" + how, Body: body, Classify: d.classifyLogin,
	}, &set)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.token = set.AccessToken
	if d.cfg.RefreshToken != "" {
		d.refresh = set.RefreshToken
	}
	d.mu.Unlock()
	if set.AccessToken == "" {
		e := authz.Advise(authz.Unavailable, op, adviceURL, "the answer has no access_token")
		e.OutcomeUnknown = true // of a refresh token: it is spent
		return nil, e
	}
	token := &oauth2.Token{AccessToken: set.AccessToken}
	switch {
	case set.ExpiresIn > 0:
		token.Expiry = time.Now().Add(time.Duration(set.ExpiresIn) * time.Second)
	case set.Expires > 0:
		token.Expiry = time.Unix(set.Expires, 0)
	}
	return token, nil
}

// attempts is how often a call that the database gave up is made.
const attempts = 3

// read is a call that changes nothing.
func (d *Driver) read(ctx context.Context, op, name string, body any) (*envelope, error) {
	return d.call(ctx, op, name, true, body)
}

// replace is a write that says the whole of what is to be, so that it is repeated
// like a read. After an error that is not Venafi's own word, nobody knows whether
// it was done.
func (d *Driver) replace(ctx context.Context, op, name string, body any) error {
	_, err := d.call(ctx, op, name, true, body)
	return maybeDone(err, authz.KindOf(err) == authz.Unavailable && resultOf(err) == 0)
}

// create is a write that is not repeated once it was sent.
func (d *Driver) create(ctx context.Context, op, name string, body any) error {
	_, err := d.call(ctx, op, name, false, body)
	return maybeDone(err, authz.OutcomeUnknown(err))
}

func maybeDone(err error, unknown bool) error {
	var e *authz.Error
	if unknown && errors.As(err, &e) {
		e.OutcomeUnknown = true
		if e.Advice == "" {
			e.Advice = adviceLost
		}
	}
	return err
}

func (d *Driver) call(ctx context.Context, op, name string, repeatable bool, body any) (*envelope, error) {
	for try := 1; ; try++ {
		var e envelope
		_, err := httpapi.Do(ctx, d.auth, httpapi.Call{
			Op: op, Method: http.MethodPost, URL: d.base + "/vedsdk/oauth/" + name, Body: body,
			Repeatable: repeatable, Classify: d.classify,
		}, &e)
		if deadlocked(err) && try < attempts && d.pause(ctx, time.Duration(try)*500*time.Millisecond) == nil {
			continue
		}
		if err == nil {
			err = d.check(op, &e)
		}
		return &e, err
	}
}
