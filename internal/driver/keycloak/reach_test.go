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
	if err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"}, authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{made}}); err != nil {
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

// Who may assign and may not map the guard role assigns nothing.
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

// Keycloak returns 204 for a scope of OpenID Connect on a SAML client, and changes
// nothing.
func TestScopesOfSAMLClient(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateClient(t, map[string]any{"clientId": "saml-app", "protocol": "saml"})
	d, w := newDriver(t, l.admin())
	made := create(t, d, scope("a"))
	w.take()
	err := d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "saml-app"}, authz.ClientScopeSet{ClientID: "saml-app", Default: []authz.Scope{made}})
	wantKind(t, err, authz.Invalid, "saml-app", "saml", "OpenID Connect")
	if sent := strings.Join(w.take(), " "); strings.Contains(sent, "PUT") {
		t.Errorf("sent %s", sent)
	}
}

// A scope with the attribute of a parameterized scope can be limited like others.
func TestParameterizedScopeIsListedAndLimited(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app, user := l.app(), l.CreateUser(t, "user")
	l.CreateScope(t, server.ClientScope{Name: "evil:all", Protocol: protocolOIDC, Attributes: map[string]string{"is.parameterized.scope": "true", "parameterized.scope.type": "string", "include.in.token.scope": "true"}})
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
