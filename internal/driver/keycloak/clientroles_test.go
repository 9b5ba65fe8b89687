package keycloak

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

const (
	buyer  = "client/shop/buyer"
	seller = "client/shop/seller"
)

// roleChange is a change of one client role, as the engine makes it.
func roleChange(t *testing.T, d *Driver, name string, grant, revoke []string) {
	t.Helper()
	change := authz.UserTypeChange{UserType: authz.UserType{Name: name}}
	if u, found := list(t, d).UserType(name); found {
		change.UserType = u
	}
	for _, scope := range grant {
		change.Grant = append(change.Grant, get1(t, d, scope))
	}
	for _, scope := range revoke {
		change.Revoke = append(change.Revoke, get1(t, d, scope))
	}
	touched, err := d.ChangeUserType(t.Context(), "", change)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range touched {
		if live := get1(t, d, s.Name); !slices.Equal(live.ClientRoles, s.ClientRoles) || live.Settings.Access != s.Settings.Access {
			t.Errorf("returned %+v, and the server has %+v", s, live)
		}
	}
}

// mappingWrites returns the calls of the writes to role mappings.
func mappingWrites(w *wire) []string {
	return slices.DeleteFunc(w.take(), func(call string) bool {
		return strings.HasPrefix(call, http.MethodGet) || !strings.Contains(call, "scope-mappings")
	})
}

func TestClientRoles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	l.CreateClientRole(t, "shop", "seller")
	d, w := newDriver(t, l.admin())
	for _, name := range []string{"a", "b"} {
		create(t, d, scope(name))
	}
	l.CreateScopes(t, "open") // without any role
	app := l.app("a", "b", "open")
	users := map[string]server.User{"buyer": l.CreateUser(t, "bea"), "seller": l.CreateUser(t, "sam"), "none": l.CreateUser(t, "nora")}
	l.GrantClientRole(t, users["buyer"], "shop", "buyer")
	l.GrantClientRole(t, users["seller"], "shop", "seller")
	get := func(when string, want map[string]string) {
		t.Helper()
		for who, u := range users {
			got := slices.DeleteFunc(l.UserScopes(t, app, u), func(s string) bool { return !slices.Contains([]string{"a", "b", "open"}, s) })
			if text := strings.Join(got, " "); text != want[who] {
				t.Errorf("%s, %s gets %q, want %q", when, who, text, want[who])
			}
		}
	}
	get("before", map[string]string{"buyer": "open", "seller": "open", "none": "open"})
	w.take()
	roleChange(t, d, buyer, []string{"a", "open"}, nil)
	calls := mappingWrites(w)
	guarded := slices.IndexFunc(calls, func(c string) bool { return strings.HasSuffix(c, "/realm") })
	if len(calls) != 3 || guarded < 0 {
		t.Errorf("the open scope is not limited by the guard role: %q", calls)
	}
	roleChange(t, d, seller, []string{"a", "b"}, nil)
	get("granted", map[string]string{"buyer": "a open", "seller": "a b"})

	// One of two mapped roles goes, and the other stays.
	roleChange(t, d, buyer, nil, []string{"a"})
	if got := l.ScopeClientRoles(t, "a"); len(got) != 1 || !slices.Equal(got["shop"], []string{"seller"}) {
		t.Errorf("a is mapped to %v", got)
	}
	get("one of two revoked", map[string]string{"buyer": "open", "seller": "a b"})
	roleChange(t, d, seller, nil, []string{"a"})
	get("the last one revoked", map[string]string{"buyer": "open", "seller": "b"})

	// A client that is deleted takes its roles along, which never opens a scope.
	l.DeleteClient(t, "shop")
	get("the client is deleted", nil)
	for _, name := range []string{"a", "b", "open"} {
		if s := get1(t, d, name); s.Settings.Access != authz.AccessUserTypes || len(s.ClientRoles) > 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// A client role without a scope is no part of a listing, and is found by its name.
func TestResolveClientRoles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	all, deep := l.CreateClientRole(t, "shop", "all"), l.CreateClientRole(t, "shop", "deep/er")
	l.do("POST", []server.Role{deep}, nil, "roles-by-id", all.ID, "composites")
	l.AddClientComposite(t, l.DefaultRole(), "shop", "buyer")
	l.CreateClient(t, map[string]any{"clientId": "https://app.example/x"})
	l.CreateClientRole(t, "https://app.example/x", "editor")
	d, _ := newDriver(t, l.admin())
	if listed := list(t, d).ClientRoles; len(listed) > 0 {
		t.Errorf("listed %+v", listed)
	}
	for name, want := range map[string]authz.UserType{
		"client/shop/all":                           {ContainsClientRoles: []string{"client/shop/deep/er"}},
		"client/shop/deep/er":                       {},
		"client/shop/buyer":                         {Everyone: true},
		"client/https:%2F%2Fapp.example%2Fx/editor": {},
	} {
		u, err := d.ResolveUserType(t.Context(), "", name)
		if err != nil || u.Name != name || u.ID == "" || !slices.Equal(u.ContainsClientRoles, want.ContainsClientRoles) || u.Everyone != want.Everyone {
			t.Errorf("%s is %+v, %v", name, u, err)
		}
	}
	_, err := d.ResolveUserType(t.Context(), "", "client/shop/byer")
	wantKind(t, err, authz.NotFound, `client "shop"`, `has no role "byer": it has "all", "buyer", "deep/er"`)
	// Of two roles with one normal form, the one of the very name is found.
	l.CreateClientRole(t, "https://app.example/x", "e\u0301")
	exact := l.CreateClientRole(t, "https://app.example/x", "\u00e9")
	if u, err := d.ResolveUserType(t.Context(), "", "client/https:%2F%2Fapp.example%2Fx/\u00e9"); err != nil || u.ID != exact.ID {
		t.Errorf("found %+v, %v; want %s", u, err, exact.ID)
	}
	_, err = d.ResolveUserType(t.Context(), "", "client/web/x")
	wantKind(t, err, authz.NotFound, `there is no client with the client ID "web"`)
	_, err = d.ResolveUserType(t.Context(), "", "client/https:%2F%2Fapp.example%2Fx/none")
	wantKind(t, err, authz.NotFound, `it has "editor"`)
	// A role that was deleted after it was listed is not replaced by another of the same name.
	create(t, d, scope("a"))
	roleChange(t, d, "client/shop/deep/er", []string{"a"}, nil)
	before, _ := list(t, d).UserType("client/shop/deep/er")
	l.do("DELETE", nil, nil, "roles-by-id", deep.ID)
	l.CreateClientRole(t, "shop", "deep/er")
	_, err = d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: before, Grant: []authz.Scope{get1(t, d, "a")}})
	wantKind(t, err, authz.NotFound, `role "deep/er" of client "shop"`)
}

// A client that is deleted between two requests of a reading has no roles. Asked for one of its
// roles, the driver says that the client does not exist.
func TestClientDeletedWhileItsRolesAreRead(t *testing.T) {
	t.Parallel()
	for what, read := range map[string]func(*Driver) error{
		"listing": func(d *Driver) error { _, err := d.List(t.Context(), ""); return err },
		"role":    func(d *Driver) error { _, err := d.ResolveUserType(t.Context(), "", "client/shop/buyer"); return err },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.shop()
			d, w := newDriver(t, l.admin())
			create(t, d, scope("a"))
			l.MapClientRole(t, "a", "shop", "buyer")
			listed := "GET clients/" + l.Client(t, "shop").ID + "/roles"
			w.take()
			w.hook(func(req *http.Request, _ string) (*http.Response, error) {
				if strings.HasSuffix(req.URL.Path, strings.TrimPrefix(listed, "GET ")) {
					l.DeleteClient(t, "shop")
				}
				return nil, nil
			})
			switch err := read(d); what {
			case "listing":
				if err != nil {
					t.Error(err)
				}
			case "role":
				wantKind(t, err, authz.NotFound, `find role "buyer" of client "shop"`, `there is no client with the client ID "shop"`)
			}
			w.hook(nil)
			if sent := w.take(); !slices.Contains(sent, listed) {
				t.Errorf("the roles of the client were not listed: %q", sent)
			}
		})
	}
}

// A realm role that is named like a client role is not taken for one.
func TestRealmRolesNamedLikeClientRoles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	l.CreateRole(t, server.Role{Name: buyer})
	d, _ := newDriver(t, l.admin())
	create(t, d, scope("a"))
	create(t, d, scope("b"))
	roleChange(t, d, "realm/"+buyer, []string{"a"}, nil)
	roleChange(t, d, buyer, []string{"b"}, nil)
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole, buyer}) || len(l.ScopeClientRoles(t, "a")) > 0 {
		t.Errorf("a is mapped to %q", got)
	}
	if got := l.ScopeClientRoles(t, "b"); !slices.Equal(got["shop"], []string{"buyer"}) {
		t.Errorf("b is mapped to %v", got)
	}
	a := get1(t, d, "a")
	if !slices.Equal(a.UserTypes, []string{"realm/" + buyer}) || len(a.ClientRoles) > 0 {
		t.Errorf("%+v", a)
	}
	roleChange(t, d, "realm/"+buyer, nil, []string{"a"})
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("a is mapped to %q", got)
	}
}

func TestGuardRoleNamedLikeClientRole(t *testing.T) {
	cfg := fakeConfig()
	cfg.GuardRole = "client/a/b"
	_, err := New(cfg, &http.Client{})
	wantKind(t, err, authz.Invalid, "client role")
}
