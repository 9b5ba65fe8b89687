package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

func ocariotRefusal(status int) (contentType, body string) {
	return "application/json; charset=utf-8", fmt.Sprintf(`{"code":%d,"message":"trouble","description":"trouble"}`, status)
}

func newOcariot(t *testing.T, c *cell, readback string) (*fake.Server, *ocariot.Driver) {
	t.Helper()
	s := fake.New(t, fake.Options{Direct: true})
	s.AddUser("child", "kid", canary)
	if c.fault.crowded {
		s.AddUsers("child", 102)
	}
	cfg := ocariot.Config{URL: c.front(t, s.URL), Readback: readback}
	if readback == ocariot.ReadbackLogin {
		cfg.ProbeUsers = map[string]ocariot.Login{"child": {Username: "kid", Password: canary}}
	}
	d, err := ocariot.New(cfg, c.client(t))
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

func TestOcariot(t *testing.T) {
	t.Parallel()
	matrix(t, ocariotRefusal, time.Second, ocariotOperations())
}

// allHave reports whether every child has the scopes.
func allHave(s *fake.Server, want []string) bool {
	for _, scopes := range s.Granted("child") {
		if !slices.Equal(scopes, want) {
			return false
		}
	}
	return true
}

// replaces picks the write, and not the empty one that asks whether there is an endpoint.
func replaces(r *http.Request) bool {
	return request("POST", "/scopes")(r) && r.ContentLength != int64(len(`{"scopes":[]}`))
}

func ocariotOperations() []operation {
	want := []string{"children:read"}
	read := func(readback string) func(*testing.T, *cell) (func(context.Context) error, func() bool) {
		return func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
			t.Helper()
			_, d := newOcariot(t, c, readback)
			return func(ctx context.Context) error { _, err := d.UserTypeScopes(ctx, "", "child"); return err }, nil
		}
	}
	replace := func(readback string) func(*testing.T, *cell) (func(context.Context) error, func() bool) {
		return func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
			t.Helper()
			s, d := newOcariot(t, c, readback)
			return func(ctx context.Context) error {
				_, err := d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Want: want})
				return err
			}, func() bool { return allHave(s, want) }
		}
	}
	notDone := []fault{withoutEffect(keycloak.Action{Status: http.StatusNoContent}), crowd()}
	return []operation{
		{
			name: "filter", says: `read the scopes of user type "child"`, target: below("GET", "/v1/children"), repeatable: true, fixedToken: true,
			prepare: read(ocariot.ReadbackFilter),
		},
		{
			name: "endpoint", says: `read the scopes of user type "child"`, target: request("POST", "/scopes"), repeatable: true, fixedToken: true,
			prepare: read(ocariot.ReadbackFilter),
		},
		{
			name: "login", says: `read the scopes of user type "child"`, target: request("POST", "/v1/auth"), repeatable: true, fixedToken: true,
			prepare: read(ocariot.ReadbackLogin),
		},
		{
			name: "replace", says: `scopes of user type "child"`, target: request("POST", "/scopes"), bodyless: true, fixedToken: true,
			more: notDone, prepare: replace(ocariot.ReadbackLogin),
		},
		{
			name: "replace for all", says: `scopes of user type "child"`, target: replaces, bodyless: true, fixedToken: true,
			more: notDone, prepare: replace(ocariot.ReadbackFilter),
		},
		{
			name: "replace unseen", says: `replace the scopes of user type "child"`, target: request("POST", "/scopes"), bodyless: true, fixedToken: true,
			prepare: replace(ocariot.ReadbackNone),
		},
	}
}
