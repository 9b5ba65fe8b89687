package venafi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/httpapi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testserver/venafi"
)

const (
	app            = "pki-portal"
	group          = "local:{1f1d3a5e-0000-4000-8000-00000000000a}"
	canaryPassword = "canary-password"
)

// setup is a fake with the application pki-portal, and a driver that logs in by
// password, never retries and waits for nothing.
func setup(t *testing.T, opts fake.Options) (*fake.Server, *Driver) {
	t.Helper()
	opts.Password = canaryPassword
	s := fake.New(t, opts)
	s.AddApplication(app, "certificate:approve,delete,discover,manage,revoke;ssh:manage;configuration")
	return s, driver(t, passwordConfig(s.URL), 0)
}

func passwordConfig(url string) Config {
	return Config{URL: url, ClientID: "terraform", Username: "user", Password: canaryPassword}
}

func driver(t *testing.T, cfg Config, retries int) *Driver {
	t.Helper()
	if retries == 0 {
		retries = -1
	}
	c, err := httpapi.New(httpapi.Config{MaxRetries: retries})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return on(t, cfg, c)
}

func on(t *testing.T, cfg Config, c *http.Client) *Driver {
	t.Helper()
	d, err := New(cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	d.pause = func(context.Context, time.Duration) error { return nil }
	return d
}

func list(d *Driver) error {
	_, err := d.List(context.Background(), "")
	return err
}

// checked holds an error against its kind, a part of its text and a part of its
// advice, and looks for secrets in both.
func checked(t *testing.T, err error, kind authz.Kind, says, advises string) *authz.Error {
	t.Helper()
	var e *authz.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *authz.Error, want %s", err, kind)
	}
	if e.Kind != kind || !strings.Contains(err.Error(), says) || !strings.Contains(e.Advice, advises) {
		t.Errorf("kind %s, error %q, advice %q;\nwant %s, %q, %q", e.Kind, err, e.Advice, kind, says, advises)
	}
	if strings.Contains(err.Error()+e.Advice, "canary") {
		t.Errorf("a secret is in %q or %q", err, e.Advice)
	}
	return e
}

func check(t *testing.T, err error, kind authz.Kind, says, advises string) {
	t.Helper()
	_ = checked(t, err, kind, says, advises)
}

// answer makes an Intercept that answers one call with a fixed answer.
func answer(name string, status int, contentType, body string) fake.Intercept {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !strings.HasSuffix(r.URL.Path, "/"+name) {
			next.ServeHTTP(w, r)
			return
		}
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// cut makes an Intercept that lets the first n calls of a name be done, or not,
// and cuts the connection in place of their answer.
func cut(name string, n int, done bool) fake.Intercept {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !strings.HasSuffix(r.URL.Path, "/"+name) || n == 0 {
			next.ServeHTTP(w, r)
			return
		}
		n--
		if done {
			next.ServeHTTP(discard{}, r)
		}
		panic(http.ErrAbortHandler)
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func scopes(names ...string) []authz.Scope {
	var list []authz.Scope
	for _, n := range names {
		list = append(list, authz.Scope{Name: n})
	}
	return list
}

func change(userType string, grant, revoke, want []string) authz.UserTypeChange {
	return authz.UserTypeChange{UserType: authz.UserType{Name: userType}, Grant: scopes(grant...), Revoke: scopes(revoke...), Want: want}
}
