package onelogin

import (
	"context"
	"fmt"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

// Success of the server is verified by one listing for all writes of a resource.
func TestVerifyScopes(t *testing.T) {
	const lists = "GET /api/2/api_authorizations/77/scopes"
	for _, test := range []struct {
		name  string
		set   func(o *fake.Options)
		says  []string // of the error; nil: no error
		lists int
	}{
		{name: "at once", set: func(*fake.Options) {}, lists: 1},
		{name: "shown late", set: func(o *fake.Options) { o.Lag = 2 }, lists: 3},
		{name: "never shown", set: func(o *fake.Options) { o.Lag = 100 }, lists: 3, says: []string{`scope "old" was not deleted`}},
		{
			name: "no effect", set: func(o *fake.Options) { o.NoEffect = true }, lists: 3,
			says: []string{`no scope "new"`, `scope "b" has the name "a" and the description "may a"`, `scope "old" was not deleted`},
		},
		{
			name: "stored differently", set: func(o *fake.Options) { o.TrimDescriptions = true }, lists: 3,
			says: []string{`scope "new" has the name "new" and the description "may new"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{}, 0)
			a, old := mustCreate(t, d, "a"), mustCreate(t, d, "old")
			create := want("new")
			if test.name == "stored differently" {
				create.Description += " "
			}
			s.SetOptions(test.set)
			s.ResetRequests()
			_, err := engine.New(d, 1, false).ApplyScopes(context.Background(), server, diff.Scopes{
				Create: []authz.Scope{create}, Change: []diff.Update{{Live: a, Want: want("b")}}, Delete: []authz.Scope{old},
			})
			n := 0
			for _, c := range s.Calls() {
				if c == lists {
					n++
				}
			}
			if n != test.lists {
				t.Errorf("%d listings, want %d", n, test.lists)
			}
			if test.says == nil && err != nil {
				t.Error(err)
			}
			for _, words := range test.says {
				check(t, err, authz.Conflict, words, "Plan again")
			}
		})
	}
}

// The name of a deleted scope can be in use by another scope.
func TestVerifyScopesByID(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	a := mustCreate(t, d, "a")
	s.RemoveScope(77, "a")
	again := mustCreate(t, d, "a")
	if err := d.VerifyScopes(context.Background(), server, []authz.Scope{again}, []authz.Scope{a}); err != nil {
		t.Error(err)
	}
	check(t, d.VerifyScopes(context.Background(), server, []authz.Scope{a}, nil), authz.Conflict, `no scope "a"`, "")
}

func TestVerifyScopesWithoutReading(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	a := mustCreate(t, d, "a")
	s.SetIntercept(shared.Respond(shared.Path("/api"), 503, "text/html", "<html>"))
	err := d.VerifyScopes(context.Background(), server, []authz.Scope{a}, nil)
	check(t, err, authz.Unavailable, "could not be read afterwards", "")
	if !authz.OutcomeUnknown(err) {
		t.Error("the outcome is unknown")
	}
	s.SetIntercept(nil)
	s.RemoveAuthServer(77)
	if err := d.VerifyScopes(context.Background(), server, nil, []authz.Scope{a}); err != nil {
		t.Errorf("deleted with its authorization server: %v", err)
	}
	check(t, d.VerifyScopes(context.Background(), server, []authz.Scope{a}, nil), authz.ParentNotFound, "authorization server 77 does not exist", "server_id")
}

// An error names few of many scopes.
func TestWithoutEffectMany(t *testing.T) {
	var written []authz.Scope
	for i := range 25 {
		written = append(written, authz.Scope{ID: fmt.Sprint(i), Name: fmt.Sprintf("s%02d", i)})
	}
	missing := withoutEffect(nil, written, nil)
	if len(missing) != 11 || missing[0] != `no scope "s00"` || missing[10] != "and 15 more" {
		t.Errorf("%q", missing)
	}
}
