package onelogin

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

const (
	canarySecret = "canary-client-secret"
	server       = "77"
)

// setup is a fake with the authorization server 77, and a driver that retries as
// often as said and waits for nothing.
func setup(t *testing.T, opts fake.Options, retries int) (*fake.Server, *Driver) {
	t.Helper()
	opts.ClientSecret = canarySecret
	s := fake.New(t, opts)
	s.AddAuthServer(77)
	s.AddApp(5, "shop")
	return s, driver(t, s.URL, retries)
}

func driver(t *testing.T, url string, retries int) *Driver {
	t.Helper()
	d, err := New(Config{URL: url, ClientID: "client-id", ClientSecret: canarySecret}, shared.Client(t, retries, httpapi.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	d.pause = func(context.Context, time.Duration) error { return nil }
	return d
}

func text(s string) *string { return &s }

func want(name string) authz.Scope { return authz.Scope{Name: name, Description: "may " + name} }

func mustList(t *testing.T, d *Driver) *authz.Snapshot {
	t.Helper()
	l, err := d.List(context.Background(), server)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustCreate(t *testing.T, d *Driver, name string) authz.Scope {
	t.Helper()
	s, err := d.CreateScope(context.Background(), server, want(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, err error, kind authz.Kind, says, advises string) {
	t.Helper()
	_ = drivertest.CheckError(t, err, kind, says, advises)
}

// calls picks API calls of a method, not those for tokens.
func calls(method string) shared.Match {
	return func(r *http.Request) bool { return r.Method == method && !strings.HasPrefix(r.URL.Path, "/auth/") }
}

func respond(method string, status int, contentType, body string, header ...string) fake.Intercept {
	return shared.Respond(calls(method), status, contentType, body, header...)
}

func cut(method string, n int, done bool) fake.Intercept { return shared.Cut(calls(method), n, done) }
