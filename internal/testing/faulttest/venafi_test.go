package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/venafi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

const (
	venafiApp  = "pki-portal"
	venafiUser = "local:{1f1d3a5e-0000-4000-8000-00000000000a}"
)

func venafiRefusal(status int) (contentType, body string) {
	return "application/json", fmt.Sprintf(`{"error":"trouble","error_description":"trouble %d"}`, status)
}

type venafiServer struct {
	*fake.Server
	driver *venafi.Driver
}

func newVenafi(t *testing.T, c *cell, rule string) *venafiServer {
	t.Helper()
	s := &venafiServer{Server: fake.New(t, fake.Options{Password: canary})}
	s.AddApplication(venafiApp, "certificate:manage,revoke;ssh:manage")
	if rule != "" {
		s.AddRule(venafiApp, venafiUser, rule, nil)
	}
	d, err := venafi.New(venafi.Config{URL: c.front(t, s.URL), ClientID: "terraform", Username: "user", Password: canary}, c.client(t))
	if err != nil {
		t.Fatal(err)
	}
	s.driver = d
	c.orphan = func() { s.RemoveApplication(venafiApp) }
	return s
}

func (s *venafiServer) list(ctx context.Context) error {
	_, err := s.driver.List(ctx, venafiApp)
	return err
}

func venafiChange(ctx context.Context, s *venafiServer, grant, revoke, want []string) error {
	named := func(names []string) (scopes []authz.Scope) {
		for _, n := range names {
			scopes = append(scopes, authz.Scope{Name: n})
		}
		return scopes
	}
	_, err := s.driver.ChangeUserType(ctx, venafiApp, authz.UserTypeChange{
		UserType: authz.UserType{Name: venafiUser}, Grant: named(grant), Revoke: named(revoke), Want: want,
	})
	return err
}

func (s *venafiServer) scope() string {
	text, _ := s.Rule(venafiApp, venafiUser)["MaximumScope"].(string)
	return text
}

func TestVenafi(t *testing.T) {
	t.Parallel()
	operations := venafiOperations()
	for i := range operations {
		operations[i].more = []fault{renegotiation()}
		if operations[i].name != "login" {
			operations[i].more = append(operations[i].more, orphaned(operations[i].name == "delete"))
		}
		if slices.Contains([]string{"create", "update", "delete"}, operations[i].name) {
			operations[i].more = append(operations[i].more, withoutEffect(jsonAction(http.StatusOK, `{"Result":0,"Success":true}`)))
		}
	}
	matrix(t, venafiRefusal, time.Second, operations)
}

func venafiOperations() []operation {
	const op = "change the rule of " + venafiUser
	write := func(before, grant, revoke, want, after string) func(*testing.T, *cell) (func(context.Context) error, func() bool) {
		list := func(text string) []string {
			if text == "" {
				return nil
			}
			return []string{text}
		}
		return func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
			t.Helper()
			s := newVenafi(t, c, before)
			return func(ctx context.Context) error { return venafiChange(ctx, s, list(grant), list(revoke), list(want)) },
				func() bool { return s.scope() == after }
		}
	}
	return []operation{
		{
			name: "login", says: "log in to Venafi", target: request("POST", "/vedauth/authorize/oauth"), fixedToken: true,
			differs: map[string][]authz.Kind{"404 of the parent": {authz.Denied}, "409": {authz.Denied}}, // the words of an OAuth refusal count
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				return newVenafi(t, c, "").list, nil
			},
		},
		{
			name: "list", says: "list scopes", target: request("POST", "/vedsdk/oauth/getscopes"), repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				return newVenafi(t, c, "").list, nil
			},
		},
		{
			name: "rule", says: "read the rule of", target: request("POST", "/vedsdk/oauth/getrules"), repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				s := newVenafi(t, c, "certificate:manage")
				return func(ctx context.Context) error {
					_, err := s.driver.UserTypeScopes(ctx, venafiApp, venafiUser)
					return err
				}, nil
			},
		},
		{
			name: "create", says: op, target: request("POST", "/vedsdk/oauth/createrule"),
			prepare: write("", "certificate:manage", "", "certificate:manage", "certificate:manage"),
		},
		{
			name: "update", says: op, target: request("POST", "/vedsdk/oauth/updaterule"), repeatable: true,
			prepare: write("ssh:manage", "certificate:manage", "ssh:manage", "certificate:manage", "certificate:manage"),
		},
		{
			name: "delete", says: op, target: request("POST", "/vedsdk/oauth/deleterule"), repeatable: true,
			prepare: write("ssh:manage", "", "ssh:manage", "", ""),
		},
	}
}
