package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

func oneloginRefusal(status int) (contentType, body string) {
	return "application/json", fmt.Sprintf(`{"message":"trouble","statusCode":%d,"name":"%s"}`, status, http.StatusText(status))
}

type onelog struct {
	*fake.Server
	driver *onelogin.Driver
	a      authz.Scope
}

func newOneLogin(t *testing.T, c *cell) *onelog {
	t.Helper()
	s := &onelog{Server: fake.New(t, fake.Options{ClientSecret: canary})}
	s.AddAuthServer(77)
	s.AddApp(5, "shop")
	text := "may a"
	id := s.AddScope(77, "a", &text)
	s.AddScope(77, "b", &text)
	s.a = authz.Scope{Name: "a", ID: strconv.FormatInt(id, 10), Description: text}
	d, err := onelogin.New(onelogin.Config{URL: c.front(t, s.URL), ClientID: "client-id", ClientSecret: canary}, c.client(t))
	if err != nil {
		t.Fatal(err)
	}
	s.driver = d
	c.orphan = func() { s.RemoveAuthServer(77) }
	if !c.fault.down { // a plan comes before every write
		if _, err := d.List(t.Context(), "77"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// apply writes scopes as an apply does, which verifies what the server reports as done.
func (s *onelog) apply(c diff.Scopes) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := engine.New(s.driver, 1, false).ApplyScopes(ctx, "77", c)
		return err
	}
}

func (s *onelog) attached() []int64 {
	ids, _ := s.Attached(77, 5)
	return ids
}

func TestOneLogin(t *testing.T) {
	t.Parallel()
	operations := oneloginOperations()
	for i, op := range operations {
		if op.name != "login" {
			operations[i].more = []fault{orphaned(op.name == "delete" || op.name == "detach")}
		}
		if success, writes := oneloginSuccess()[op.name]; writes {
			operations[i].more = append(operations[i].more, withoutEffect(success))
			if !slices.Contains([]string{"create", "update", "delete"}, op.name) {
				operations[i].attempts = map[string]int{"success without effect": 2} // a round repeats what does not show
			}
		}
	}
	matrix(t, oneloginRefusal, time.Second, operations)
}

// oneloginSuccess is what OneLogin responds to a write that it does, for writes that the
// driver reads back.
func oneloginSuccess() map[string]keycloak.Action {
	return map[string]keycloak.Action{
		"create": jsonAction(http.StatusOK, `{"id":323100}`), "update": jsonAction(http.StatusOK, `{"id":323005}`), "delete": {Status: http.StatusNoContent},
		"attach": jsonAction(http.StatusCreated, `{"app_id":5,"api_auth_id":77}`), "replace": jsonAction(http.StatusOK, `{"app_id":5,"api_auth_id":77}`),
		"detach": {Status: http.StatusNoContent},
	}
}

func oneloginOperations() []operation {
	list := func(s *onelog) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.driver.List(ctx, "77"); return err }
	}
	clientSet := func(s *onelog, names ...string) authz.ClientScopeSet {
		set := authz.ClientScopeSet{ClientID: "5"}
		for _, n := range names {
			set.Optional = append(set.Optional, authz.Scope{Name: n, ID: strconv.FormatInt(s.ScopeID(77, n), 10)})
		}
		return set
	}
	changeClient := func(from, to []string, done func(s *onelog) bool) func(*testing.T, *cell) (func(context.Context) error, func() bool) {
		return func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
			t.Helper()
			s := newOneLogin(t, c)
			if len(from) > 0 {
				s.Attach(77, 5, s.ScopeID(77, "a"))
			}
			live, want := clientSet(s, from...), clientSet(s, to...)
			return func(ctx context.Context) error { return s.driver.ChangeClientScopes(ctx, "77", live, want) }, func() bool { return done(s) }
		}
	}
	return []operation{
		{
			name: "login", says: "log in to OneLogin", target: request("POST", "/auth/oauth2/v2/token"), repeatable: true, fixedToken: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				s := newOneLogin(t, c)
				s.RevokeToken()
				return list(s), nil
			},
		},
		{
			name: "list", says: "list the scopes of authorization server 77", target: request("GET", "/api_authorizations/77/scopes"), repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				return list(newOneLogin(t, c)), nil
			},
		},
		{
			name: "create", says: `scope "new"`, target: request("POST", "/api_authorizations/77/scopes"), rounds: 2,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				s := newOneLogin(t, c)
				return s.apply(diff.Scopes{Create: []authz.Scope{{Name: "new", Description: "may new"}}}), func() bool { return s.Scopes(77)["new"] == "may new" }
			},
		},
		{
			name: "update", says: `scope "a"`, target: below("PUT", "/api_authorizations/77/scopes/"), repeatable: true, bodyless: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				s := newOneLogin(t, c)
				want := authz.Scope{Name: "a", Description: "new"}
				return s.apply(diff.Scopes{Change: []diff.Update{{Live: s.a, Want: want}}}), func() bool { return s.Scopes(77)["a"] == "new" }
			},
		},
		{
			name: "delete", says: `scope "a"`, target: below("DELETE", "/api_authorizations/77/scopes/"), repeatable: true, bodyless: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				s := newOneLogin(t, c)
				return s.apply(diff.Scopes{Delete: []authz.Scope{s.a}}), func() bool { return s.Scopes(77)["a"] == "" }
			},
		},
		{
			name: "attach", says: "change the scopes of app 5", target: request("POST", "/api_authorizations/77/clients"), rounds: 2, bodyless: true,
			differs: map[string][]authz.Kind{"404 of the parent": {authz.NotFound}}, // the server was just read: the app is gone
			prepare: changeClient(nil, []string{"a"}, func(s *onelog) bool { return len(s.attached()) == 1 }),
		},
		{
			name: "replace", says: "change the scopes of app 5", target: below("PUT", "/api_authorizations/77/clients/"), repeatable: true, bodyless: true, rounds: 2,
			prepare: changeClient([]string{"a"}, []string{"b"}, func(s *onelog) bool { return slices.Equal(s.attached(), []int64{s.ScopeID(77, "b")}) }),
		},
		{
			name: "detach", says: "change the scopes of app 5", target: below("DELETE", "/api_authorizations/77/clients/"), repeatable: true, bodyless: true, rounds: 2,
			prepare: changeClient([]string{"a"}, nil, func(s *onelog) bool { return len(s.attached()) == 0 }),
		},
		{
			name: "read client", says: "app 5", target: request("GET", "/api_authorizations/77/clients"), repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				s := newOneLogin(t, c)
				s.Attach(77, 5, s.ScopeID(77, "a"))
				return func(ctx context.Context) error { _, err := s.driver.ReadClientScopes(ctx, "77", "5"); return err }, nil
			},
		},
	}
}
