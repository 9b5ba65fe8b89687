package keycloak

import (
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// grantsOf returns the changes that grant scopes, by user type.
func grantsOf(t *testing.T, d *Driver, grants map[string][]string) (changes []authz.UserTypeChange) {
	t.Helper()
	l := list(t, d)
	for name, scopes := range grants {
		change := authz.UserTypeChange{UserType: authz.UserType{Name: name}}
		if u, found := l.UserType(name); found {
			change.UserType = u
		}
		for _, scope := range scopes {
			s, _ := l.Scope(scope)
			change.Grant = append(change.Grant, s)
		}
		changes = append(changes, change)
	}
	slices.SortFunc(changes, func(a, b authz.UserTypeChange) int { return strings.Compare(a.UserType.Name, b.UserType.Name) })
	return changes
}

// One request maps the realm roles of all user types to a scope, and one the roles of a client.
// An open scope is limited by the first of them.
func TestGrantScopesTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	l.CreateClientRole(t, "shop", "seller")
	l.CreateRoles(t, "child", "educator")
	d, w := newDriver(t, l.admin())
	create(t, d, scope("limited"))
	l.CreateScopes(t, "open", "clients") // without any role
	app := l.app("limited", "open", "clients")
	users := map[string]server.User{
		"child": l.CreateUser(t, "kim", "child"), "educator": l.CreateUser(t, "eve", "educator"),
		buyer: l.CreateUser(t, "bea"), seller: l.CreateUser(t, "sam"), "none": l.CreateUser(t, "nora"),
	}
	l.GrantClientRole(t, users[buyer], "shop", "buyer")
	l.GrantClientRole(t, users[seller], "shop", "seller")
	changes := grantsOf(t, d, map[string][]string{
		"child": {"limited", "open"}, "educator": {"limited", "open"}, buyer: {"open", "clients"}, seller: {"clients"},
	})
	var order []string
	w.take()
	touched, err := d.GrantScopes(t.Context(), "", changes)
	if err != nil {
		t.Fatal(err)
	}
	order = mappingWrites(w)
	id := map[string]string{"limited": "", "open": "", "clients": ""}
	for name := range id {
		id[name] = l.Scope(t, name).ID
	}
	for name, want := range map[string][]string{"limited": {"/realm"}, "open": {"/realm", "/clients"}, "clients": {"/realm", "/clients"}} {
		var sent []string
		for _, call := range order {
			if _, kind, ok := strings.Cut(call, "POST client-scopes/"+id[name]+"/scope-mappings"); ok {
				sent = append(sent, "/"+strings.Split(kind, "/")[1])
			}
		}
		if !slices.Equal(sent, want) {
			t.Errorf("%s: sent %q, want %q", name, sent, want)
		}
	}
	if len(order) != 5 {
		t.Errorf("sent %q", order)
	}
	for who, want := range map[string]string{
		"child": "limited open", "educator": "limited open", buyer: "clients open", seller: "clients", "none": "",
	} {
		if got := own(l.UserScopes(t, app, users[who])); got != want {
			t.Errorf("%s gets %q, want %q", who, got, want)
		}
	}
	for _, s := range touched {
		live := get1(t, d, s.Name)
		if !slices.Equal(live.UserTypes, s.UserTypes) || !slices.Equal(live.ClientRoles, s.ClientRoles) || live.Settings.Access != s.Settings.Access {
			t.Errorf("returned %+v, and the server has %+v", s, live)
		}
	}
	if len(touched) != 3 {
		t.Errorf("returned %+v", touched)
	}
}

// What was deleted in the meantime is named, and a scope gets all of its user types or none.
func TestGrantScopesRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRoles(t, "child", "educator")
	d, _ := newDriver(t, l.admin())
	create(t, d, scope("a"))
	create(t, d, scope("gone"))
	changes := grantsOf(t, d, map[string][]string{"child": {"a", "gone"}, "educator": {"a", "gone"}})
	guard := slices.Clone(changes)
	guard[1].UserType = authz.UserType{Name: DefaultGuardRole}
	_, err := d.GrantScopes(t.Context(), "", guard)
	wantKind(t, err, authz.Invalid, "is the guard role")
	l.DeleteScope(t, "gone")
	_, err = d.GrantScopes(t.Context(), "", changes)
	wantKind(t, err, authz.Conflict, `grant scope "gone" to "child", "educator": scope "gone" was deleted`)
	l.UnmapRoles(t, "a", l.ScopeRoles(t, "a")...)
	l.DeleteRole(t, "educator")
	_, err = d.GrantScopes(t.Context(), "", []authz.UserTypeChange{
		{UserType: changes[0].UserType, Grant: changes[0].Grant[:1]}, {UserType: changes[1].UserType, Grant: changes[1].Grant[:1]},
	})
	wantKind(t, err, authz.NotFound, `realm role "educator"`)
	if got := l.ScopeRoles(t, "a"); len(got) > 0 {
		t.Errorf("a is mapped to %q", got)
	}
	touched, err := d.GrantScopes(t.Context(), "", []authz.UserTypeChange{{UserType: changes[1].UserType}})
	if err != nil || len(touched) > 0 {
		t.Errorf("nothing to grant: %+v, %v", touched, err)
	}
	_, err = d.GrantScopes(t.Context(), "", []authz.UserTypeChange{{UserType: changes[0].UserType, Grant: []authz.Scope{get1(t, d, "email")}}})
	wantKind(t, err, authz.Invalid, "built-in")
}
