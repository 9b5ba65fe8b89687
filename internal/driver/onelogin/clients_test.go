package onelogin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

const clients = "/api/2/api_authorizations/77/clients"

func set(scopes ...authz.Scope) authz.ClientScopeSet {
	return authz.ClientScopeSet{ClientID: "5", Optional: scopes}
}

func names(set authz.ClientScopeSet) string {
	var list []string
	for _, s := range set.Optional {
		list = append(list, s.Name)
	}
	return strings.Join(list, " ")
}

func read(t *testing.T, d *Driver) string {
	t.Helper()
	got, err := d.ReadClientScopes(context.Background(), server, "5")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Default) != 0 || got.ClientID != "5" {
		t.Errorf("%+v", got)
	}
	return names(got)
}

func TestReadClientScopes(t *testing.T) {
	for name, opts := range map[string]fake.Options{"array": {}, "object": {ClientsAsObject: true}} {
		t.Run(name, func(t *testing.T) {
			s, d := setup(t, opts, 0)
			b, a := mustCreate(t, d, "b"), mustCreate(t, d, "a")
			if got := read(t, d); got != "" {
				t.Errorf("not attached: %q", got)
			}
			s.Attach(77, 5, s.ScopeID(77, "b"), s.ScopeID(77, "a"))
			got, err := d.ReadClientScopes(context.Background(), server, "5")
			if err != nil || !slices.EqualFunc(got.Optional, []authz.Scope{a, b}, func(x, y authz.Scope) bool { return x.Name == y.Name && x.ID == y.ID }) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestReadClientScopesErrors(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	ctx := context.Background()
	_, err := d.ReadClientScopes(ctx, server, "6")
	check(t, err, authz.NotFound, "app 6 does not exist", "OpenID Connect client ID")
	_, err = d.ReadClientScopes(ctx, "78", "5")
	check(t, err, authz.ParentNotFound, "authorization server 78 does not exist", "server_id")
	for body, says := range map[string]string{
		`null`: "null", `{}`: "cannot be decoded", `"x"`: "cannot be decoded",
		`[{"app_id":5}]`:                                      "an app without app_id or scopes",
		`[{"app_id":5,"scopes":[{"id":1}]}]`:                  "without id or value",
		`[{"app_id":6,"scopes":[{"value":"a"}]}]`:             "without id or value",
		`[{"app_id":5,"scopes":[]},{"app_id":5,"scopes":[]}]`: "the app 5 twice",
	} {
		s.SetIntercept(respond("GET", 200, "application/json", body))
		_, err = d.ReadClientScopes(ctx, server, "5")
		check(t, err, authz.Unavailable, says, "")
		_, err = d.ListClientScopes(ctx, server)
		check(t, err, authz.Unavailable, says, "")
	}
	s.SetIntercept(respond("GET", 403, "application/json", `{"statusCode":403,"name":"ForbiddenError","message":"not allowed"}`))
	_, err = d.ReadClientScopes(ctx, server, "5")
	check(t, err, authz.Denied, "not allowed", "Manage All")
}

func TestChangeClientScopes(t *testing.T) {
	s, d := setup(t, fake.Options{DetachBody: true}, 0)
	ctx := context.Background()
	a, b, c := mustCreate(t, d, "a"), mustCreate(t, d, "b"), mustCreate(t, d, "c")
	step := func(what string, live, want authz.ClientScopeSet, calls ...string) {
		t.Helper()
		s.ResetRequests()
		if err := d.ChangeClientScopes(ctx, server, live, want); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := s.Calls(); !slices.Equal(got, calls) {
			t.Errorf("%s: calls %v, want %v", what, got, calls)
		}
	}
	get := "GET " + clients
	step("attach", set(), set(a, b), get, "POST "+clients, get)
	if r := s.Requests()[1]; r.Body != fmt.Sprintf(`{"app_id":5,"scopes":[%s,%s]}`, a.ID, b.ID) {
		t.Error(r.Body)
	}
	step("the same", set(a, b), set(b, a), get)
	step("replace", set(a, b), set(b, c), get, "PUT "+clients+"/5", get)
	if r := s.Requests()[1]; r.Body != fmt.Sprintf(`{"scopes":[%s,%s]}`, b.ID, c.ID) {
		t.Error(r.Body)
	}
	s.Attach(77, 5, s.ScopeID(77, "a"), s.ScopeID(77, "b"), s.ScopeID(77, "c")) // a is attached by another writer
	step("scopes in neither stay", set(b, c), set(b), get, "PUT "+clients+"/5", get)
	if got := read(t, d); got != "a b" {
		t.Errorf("the app has %q", got)
	}
	step("detach", set(a, b), set(), get, "DELETE "+clients+"/5", get)
	if _, attached := s.Attached(77, 5); attached {
		t.Error("still attached")
	}
	step("detach again", set(a, b), set(), get)
	// Scopes by name alone are looked up.
	step("by name", set(), set(authz.Scope{Name: "c"}), get, "GET /api/2/api_authorizations/77/scopes", "POST "+clients, get)
	if got := read(t, d); got != "c" {
		t.Errorf("the app has %q", got)
	}
}

func TestChangeClientScopesErrors(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	ctx := context.Background()
	a := mustCreate(t, d, "a")
	err := d.ChangeClientScopes(ctx, server, set(), authz.ClientScopeSet{ClientID: "5", Default: []authz.Scope{a}})
	check(t, err, authz.Unsupported, "no default scopes", "optional")
	err = d.ChangeClientScopes(ctx, server, set(), authz.ClientScopeSet{ClientID: "6", Optional: []authz.Scope{a}})
	check(t, err, authz.NotFound, "app 6 does not exist", "client_id")
	err = d.ChangeClientScopes(ctx, server, set(), set(authz.Scope{Name: "x"}))
	check(t, err, authz.NotFound, `no scope "x"`, "")
	err = d.ChangeClientScopes(ctx, server, set(), set(authz.Scope{Name: "x", ID: "51"}))
	check(t, err, authz.Invalid, "Scopes 51 does not belong", "")
	err = d.ChangeClientScopes(ctx, "78", set(), set(a))
	check(t, err, authz.ParentNotFound, "authorization server 78 does not exist", "")
	if _, attached := s.Attached(77, 5); attached {
		t.Error("attached after errors")
	}
}

// If an update adds scopes instead of replacing them, the app is detached and attached again,
// with the scopes that neither set has.
func TestUpdateThatAdds(t *testing.T) {
	s, d := setup(t, fake.Options{AddOnUpdate: true}, 0)
	a, b := mustCreate(t, d, "a"), mustCreate(t, d, "b")
	mustCreate(t, d, "kept")
	s.Attach(77, 5, s.ScopeID(77, "a"), s.ScopeID(77, "kept"))
	if err := d.ChangeClientScopes(context.Background(), server, set(a), set(b)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, d); got != "b kept" {
		t.Errorf("the app has %q", got)
	}
}

func TestLostClientWrites(t *testing.T) {
	for _, test := range []struct {
		name, method string
		done         bool
		has, want    []string
	}{
		{"attach done", "POST", true, nil, []string{"a"}},
		{"attach not done", "POST", false, nil, []string{"a"}},
		{"replace done", "PUT", true, []string{"a"}, []string{"b"}},
		{"replace not done", "PUT", false, []string{"a"}, []string{"b"}},
		{"detach done", "DELETE", true, []string{"a"}, nil},
		{"detach not done", "DELETE", false, []string{"a"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{}, 0)
			all := map[string]authz.Scope{"a": mustCreate(t, d, "a"), "b": mustCreate(t, d, "b")}
			of := func(names []string) authz.ClientScopeSet {
				var scopes []authz.Scope
				for _, n := range names {
					scopes = append(scopes, all[n])
				}
				return set(scopes...)
			}
			if test.has != nil {
				s.Attach(77, 5, s.ScopeID(77, test.has[0]))
			}
			s.SetIntercept(cut(test.method, 1, test.done))
			if err := d.ChangeClientScopes(context.Background(), server, of(test.has), of(test.want)); err != nil {
				t.Fatal(err)
			}
			if got := read(t, d); got != strings.Join(test.want, " ") {
				t.Errorf("the app has %q, want %q", got, test.want)
			}
		})
	}
}

func TestClientWritesThatNeverHold(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	a := mustCreate(t, d, "a")
	s.SetIntercept(respond("POST", 201, "application/json", `{"app_id":5,"api_auth_id":77}`))
	err := d.ChangeClientScopes(context.Background(), server, set(), set(a))
	check(t, err, authz.Conflict, "does not have the assigned scopes", "next plan")
	s.ResetRequests()
	s.SetIntercept(
		respond(
			"POST",
			422,
			"application/json",
			`{"statusCode":422,"name":"UnprocessableEntityError","message":"Validation failed: App has already been taken"}`,
		),
	)
	err = d.ChangeClientScopes(context.Background(), server, set(), set(a))
	check(t, err, authz.Conflict, "already been taken", "")
	if n := len(s.Calls()); n != 4 { // listed, refused, listed, refused again
		t.Errorf("%d calls", n)
	}
	// Another writer attached the app in between: the update corrects it.
	attached := false
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == "POST" && !attached {
			attached = true
			s.Attach(77, 5)
		}
		next.ServeHTTP(w, r)
	})
	if err := d.ChangeClientScopes(context.Background(), server, set(), set(a)); err != nil || read(t, d) != "a" {
		t.Error(err)
	}
}

// If the process stops between detaching and attaching, an app has fewer scopes than planned, but
// none that it must lose. The next change continues.
func TestCutBetweenDetachAndAttach(t *testing.T) {
	s, d := setup(t, fake.Options{AddOnUpdate: true}, 0)
	a, b := mustCreate(t, d, "a"), mustCreate(t, d, "b")
	s.Attach(77, 5, s.ScopeID(77, "a"))
	s.SetIntercept(respond("POST", http.StatusForbidden, "application/json", `{"message":"no","statusCode":403,"name":"ForbiddenError"}`))
	err := d.ChangeClientScopes(context.Background(), server, set(a), set(b))
	check(t, err, authz.Denied, "ForbiddenError", "Manage All")
	s.SetIntercept(nil)
	if got := read(t, d); got != "" {
		t.Errorf("the app has %q", got)
	}
	if err := d.ChangeClientScopes(context.Background(), server, set(), set(b)); err != nil || read(t, d) != "b" {
		t.Errorf("%v, the app has %q", err, read(t, d))
	}
}
