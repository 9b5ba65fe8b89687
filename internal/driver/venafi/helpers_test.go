package venafi

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
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
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
	return newTestDriver(t, cfg, shared.Client(t, retries, httpapi.Config{}))
}

func newTestDriver(t *testing.T, cfg Config, c *http.Client) *Driver {
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

func check(t *testing.T, err error, kind authz.Kind, says, advises string) {
	t.Helper()
	_ = drivertest.CheckError(t, err, kind, says, advises)
}

// call picks the calls of a name.
func call(name string) shared.Match {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/"+name) }
}

func respond(name string, status int, contentType, body string) fake.Intercept {
	return shared.Respond(call(name), status, contentType, body)
}

func cut(name string, n int, done bool) fake.Intercept { return shared.Cut(call(name), n, done) }

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
