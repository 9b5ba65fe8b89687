package keycloak

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// mappingReads counts the requests that read the role mappings of scopes.
func mappingReads(sent []string) (n int) {
	for _, s := range sent {
		if strings.Contains(s, "/scope-mappings") {
			n++
		}
	}
	return n
}

// An identity that may not export the realm reads the role mappings of the scopes that a
// caller needs. Those of other scopes are unknown, and never reported as open.
func TestMappingsAreReadWhereNeeded(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRoles(t, "educator")
	admin, _ := newDriver(t, l.admin())
	for i := range 20 {
		create(t, admin, scope(fmt.Sprintf("a:%02d", i)))
	}
	l.MapRoles(t, "a:01", "educator")
	l.shop()
	l.MapClientRole(t, "a:02", "shop", "buyer")
	d, w := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	got, err := d.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := mappingReads(w.take()); n != 0 {
		t.Errorf("the listing sends %d requests for role mappings", n)
	}
	for _, s := range got.Scopes {
		if !s.Unread || !s.Hidden || s.Settings.Access != "" || s.UserTypes != nil {
			t.Errorf("%s is reported as known: %+v", s.Name, s)
		}
	}
	one, _ := got.Scope("a:01")
	two, _ := got.Scope("a:02")
	add, err := got.Complete(t.Context(), []authz.Scope{one, two})
	if err != nil {
		t.Fatal(err)
	}
	if n := mappingReads(w.take()); n != 2 {
		t.Errorf("%d requests for the role mappings of 2 scopes", n)
	}
	add(got)
	want := list(t, admin)
	for _, name := range []string{"a:01", "a:02"} {
		current, _ := got.Scope(name)
		if all, _ := want.Scope(name); fmt.Sprintf("%+v", current) != fmt.Sprintf("%+v", all) {
			t.Errorf("%+v, want %+v", current, all)
		}
	}
	if fmt.Sprintf("%+v", got.ClientRoles) != fmt.Sprintf("%+v", want.ClientRoles) {
		t.Errorf("client roles: %+v, want %+v", got.ClientRoles, want.ClientRoles)
	}
	// A scope that was deleted since is removed, and no other scope changes.
	three, _ := got.Scope("a:03")
	if err := admin.DeleteScope(t.Context(), "", three); err != nil {
		t.Fatal(err)
	}
	before := len(got.Scopes)
	if add, err = got.Complete(t.Context(), []authz.Scope{three}); err != nil {
		t.Fatal(err)
	}
	add(got)
	if _, found := got.Scope("a:03"); found || len(got.Scopes) != before-1 {
		t.Errorf("the deleted scope is listed: %v", authz.Names(got.Scopes))
	}
}

// Without a guard role, limited scopes are open: the listing itself reads them.
func TestMappingsAreReadWithoutGuard(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	admin, _ := newDriver(t, l.admin())
	create(t, admin, scope("a"))
	create(t, admin, scope("b"))
	l.noted("foreign", "")
	l.do("DELETE", nil, nil, "roles", DefaultGuardRole)
	d, w := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	got, err := d.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := mappingReads(w.take()); n != 2 {
		t.Errorf("%d requests for role mappings, want those of the 2 limited scopes", n)
	}
	if text := summaries(got); !strings.Contains(text, "2 limited scopes in Keycloak realm") {
		t.Errorf("notes: %s", text)
	}
	if s, _ := got.Scope("foreign"); !s.Unread {
		t.Error("foreign was read")
	}
	if !slices.Equal(authz.Names(got.Scopes), authz.Names(list(t, admin).Scopes)) {
		t.Errorf("%v", authz.Names(got.Scopes))
	}
}
