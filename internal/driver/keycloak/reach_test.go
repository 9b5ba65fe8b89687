package keycloak

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// noted creates a scope without role mappings, with the access that a
// configuration noted on it.
func (l *lab) noted(name string, access authz.Access) authz.Scope {
	l.t.Helper()
	attributes := map[string]string{"include.in.token.scope": "true"}
	if access != "" {
		attributes[attrAccess] = string(access)
	}
	s := l.CreateScope(l.t, server.ClientScope{Name: name, Protocol: protocolOIDC, Attributes: attributes})
	return authz.Scope{ID: s.ID, Name: name}
}

// A scope without role mappings goes to everyone. One that its configuration limits
// is limited before a client gets it; one that is open on purpose stays open.
func TestAssignedScopeIsLimitedFirst(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app, user := l.app(), l.CreateUser(t, "user")
	limited, open, foreign := l.noted("limited", authz.AccessUserTypes), l.noted("open", authz.AccessEveryone), l.noted("foreign", "")
	d, w := newDriver(t, l.admin())
	w.hook(func(req *http.Request, _ string) (*http.Response, error) {
		assigns := req.Method == http.MethodPut && strings.HasSuffix(req.URL.Path, "-client-scopes/"+limited.ID)
		if assigns && len(l.ScopeRoles(t, "limited")) == 0 {
			t.Error("the scope was assigned before it was limited")
		}
		return nil, nil
	})
	want := authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{limited, open, foreign}}
	if err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"}, want); err != nil {
		t.Fatal(err)
	}
	if got := l.ScopeRoles(t, "limited"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("roles of the limited scope: %v", got)
	}
	if got := own(l.UserScopes(t, app, user)); got != "foreign open" {
		t.Errorf("the token holds %q, want only what is open", got)
	}
	// Assigned already: no request asks about the scope again.
	w.take()
	if err := d.ChangeClientScopes(t.Context(), "", want, want); err != nil {
		t.Fatal(err)
	}
	if sent := strings.Join(w.take(), " "); strings.Contains(sent, limited.ID) {
		t.Errorf("sent %s", sent)
	}
}

// The mappings in the snapshot do not count: they may be gone since.
func TestMappingsAreReadBeforeAssigning(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app, user := l.app(), l.CreateUser(t, "user")
	d, _ := newDriver(t, l.admin())
	made := create(t, d, scope("a"))
	l.UnmapRoles(t, "a", DefaultGuardRole)
	if err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"},
		authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{made}}); err != nil {
		t.Fatal(err)
	}
	if got := own(l.UserScopes(t, app, user)); got != "" {
		t.Errorf("the token holds %q", got)
	}
	// The realm's defaults and a new name make a scope reachable, too.
	for name, change := range map[string]func(*authz.Scope){
		"assigned_type": func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedOptional },
		"name":          func(s *authz.Scope) { s.Name = "b" },
	} {
		live := get1(t, d, "a")
		l.UnmapRoles(t, "a", DefaultGuardRole)
		want := live
		change(&want)
		if _, err := d.UpdateScope(t.Context(), "", live, want); err != nil {
			t.Fatal(err)
		}
		if got := l.ScopeRoles(t, want.Name); !slices.Equal(got, []string{DefaultGuardRole}) {
			t.Errorf("%s: roles are %v", name, got)
		}
		if want.Name != "a" {
			l.RenameScope(t, want.Name, "a")
		}
	}
}

// A caller who may assign scopes and may not map the guard role assigns nothing.
func TestAssigningWithoutTheRightToLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app := l.app()
	admin, _ := newDriver(t, l.admin())
	create(t, admin, scope("other")) // creates the guard role
	limited := l.noted("limited", authz.AccessUserTypes)
	d, _ := newDriver(t, l.serviceAccount("clients", "view-clients", "view-realm", "manage-clients"))
	err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"}, authz.ClientScopeSet{ClientID: "app", Optional: []authz.Scope{limited}})
	if l.Server.MapsByManageClients(t) {
		if got := l.ScopeRoles(t, "limited"); err != nil || len(got) == 0 {
			t.Errorf("roles %v, error %v", got, err)
		}
		return
	}
	wantKind(t, err, authz.Denied, needManageRealm)
	if got := l.ClientScopes(t, app, server.AssignedOptional); slices.Contains(got, "limited") {
		t.Errorf("the client has %v", got)
	}
}

// Without the right to map the guard role, nothing that makes a scope reachable is
// sent: also not where the realm has no guard role yet.
func TestReachableWithoutTheRightToLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if l.Server.MapsByManageClients(t) {
		t.Skip("manage-clients is enough to map roles on this version")
	}
	app := l.app()
	limited := l.noted("limited", authz.AccessUserTypes)
	l.AddClientScope(t, app, "limited", server.AssignedDefault)
	live := scope("limited")
	live.ID, live.Description, live.LastAppliedAccess = limited.ID, "", authz.AccessUserTypes
	live.Settings.AssignedType = authz.AssignedNone
	d, w := newDriver(t, l.serviceAccount("clients", "view-clients", "view-realm", "manage-clients"))
	update := func(change func(*authz.Scope)) func() error {
		return func() error {
			want := live
			change(&want)
			_, err := d.UpdateScope(t.Context(), "", live, want)
			return err
		}
	}
	for name, f := range map[string]func() error{
		"from default to optional": func() error {
			current := authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{limited}}
			return d.ChangeClientScopes(t.Context(), "", current, authz.ClientScopeSet{ClientID: "app", Optional: current.Default})
		},
		"assigned_type": update(func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault }),
		"rename":        update(func(s *authz.Scope) { s.Name = "renamed" }),
	} {
		w.take()
		wantKind(t, f(), authz.Denied, needManageRealm)
		if sent := strings.Join(w.take(), "\n"); strings.Contains(sent, "PUT") || strings.Contains(sent, "DELETE") {
			t.Errorf("%s: sent\n%s", name, sent)
		}
	}
}

// The guard role may be deleted right after it was mapped, and its mapping with it.
func TestGuardDeletedBeforeAssigning(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app := l.app()
	limited := l.noted("limited", authz.AccessUserTypes)
	d, w := newDriver(t, l.admin())
	w.hookAfter(func(req *http.Request, _ string, resp *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/scope-mappings/realm") {
			l.do("DELETE", nil, nil, "roles", DefaultGuardRole)
		}
		return resp, nil
	})
	current, want := authz.ClientScopeSet{ClientID: "app"}, authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{limited}}
	wantKind(t, d.ChangeClientScopes(t.Context(), "", current, want), authz.Conflict, "no role mapping")
	if got := own(l.ClientScopes(t, app, server.AssignedDefault)); got != "" {
		t.Errorf("the client has %q", got)
	}
	// The next write creates the guard role again.
	w.hookAfter(nil)
	if err := d.ChangeClientScopes(t.Context(), "", current, want); err != nil {
		t.Fatal(err)
	}
	if got := l.ScopeRoles(t, "limited"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("roles of the scope: %v", got)
	}
}

// Keycloak returns 204 for a SAML scope on a client of OpenID Connect, and changes
// nothing.
func TestSAMLScopeOfClient(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.app()
	l.CreateScope(t, server.ClientScope{Name: "saml:a", Protocol: protocolSAML})
	d, w := newDriver(t, l.admin())
	for _, name := range []string{"saml:a", "role_list"} {
		w.take()
		err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"},
			authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{{Name: name}}})
		wantKind(t, err, authz.Invalid, name, protocolSAML)
		if sent := strings.Join(w.take(), " "); strings.Contains(sent, "PUT") {
			t.Errorf("sent %s", sent)
		}
	}
}

// Keycloak returns 204 for a scope of OpenID Connect on a SAML client, and changes
// nothing.
func TestScopesOfSAMLClient(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateSAMLClient(t, "saml-app")
	d, w := newDriver(t, l.admin())
	made := create(t, d, scope("a"))
	w.take()
	err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "saml-app"},
		authz.ClientScopeSet{ClientID: "saml-app", Default: []authz.Scope{made}})
	wantKind(t, err, authz.Invalid, "saml-app", "saml", "OpenID Connect")
	set, err := d.ReadClientScopes(t.Context(), "", "saml-app")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, set.Unassignable, authz.Invalid, "saml-app", "saml", "OpenID Connect")
	l.app()
	if set, err = d.ReadClientScopes(t.Context(), "", "app"); err != nil || set.Unassignable != nil {
		t.Errorf("%v, %v", set.Unassignable, err)
	}
	if sent := strings.Join(w.take(), " "); strings.Contains(sent, "PUT") {
		t.Errorf("sent %s", sent)
	}
}

// A scope with the attribute of a parameterized scope can be limited like others.
func TestParameterizedScopeIsListedAndLimited(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app, user := l.app(), l.CreateUser(t, "user")
	l.CreateScope(t, server.ClientScope{
		Name: "evil:all", Protocol: protocolOIDC,
		Attributes: map[string]string{"is.parameterized.scope": "true", "parameterized.scope.type": "string", "include.in.token.scope": "true"},
	})
	l.AddClientScope(t, app, "evil:all", "optional")
	d, _ := newDriver(t, l.admin())
	if got := own(l.UserScopes(t, app, user, "evil:all")); got != "evil:all" {
		t.Fatalf("the token holds %q, want the open scope", got)
	}
	live := get1(t, d, "evil:all")
	if live.BuiltIn || live.Settings.Access != authz.AccessEveryone {
		t.Errorf("%+v", live)
	}
	want := live
	want.Settings.Access = authz.AccessUserTypes
	if _, err := d.UpdateScope(t.Context(), "", live, want); err != nil {
		t.Fatal(err)
	}
	if got := own(l.UserScopes(t, app, user, "evil:all")); got != "" {
		t.Errorf("the token holds %q", got)
	}
}
