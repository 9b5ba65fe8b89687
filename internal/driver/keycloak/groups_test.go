package keycloak

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// subgroup creates a group below another.
func (l *lab) subgroup(parent server.Group, name string, roles ...string) server.Group {
	l.t.Helper()
	var made server.Group
	l.do("POST", map[string]string{"name": name}, &made, "groups", parent.ID, "children")
	if len(roles) > 0 {
		l.GrantGroupRoles(l.t, made, roles...)
	}
	return made
}

func (l *lab) defaultGroup(g server.Group) {
	l.t.Helper()
	l.do("PUT", nil, nil, "default-groups", g.ID)
}

func (l *lab) groupClientRole(g server.Group, clientID, name string) {
	l.t.Helper()
	role := l.ClientRole(l.t, clientID, name)
	l.do("POST", []server.Role{role}, nil, "groups", g.ID, "role-mappings", "clients", role.ContainerID)
}

func subjects(gaps []authz.Gap) string {
	var all []string
	for _, g := range gaps {
		all = append(all, fmt.Sprintf("%t: %s: %s", g.Compared, g.Subject, g.Privilege))
	}
	return strings.Join(all, "\n")
}

// Every new user joins the default groups, and has the roles of the groups above them.
func TestDefaultGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	app := l.app()
	l.shop()
	l.makeRole("educator")
	l.makeRole("teacher", "educator")
	l.makeRole("child")
	top := l.CreateGroup(t, "school/all", "teacher")
	middle := l.subgroup(top, "middle")
	l.groupClientRole(middle, "shop", "buyer")
	l.defaultGroup(l.subgroup(middle, "new", "child"))
	admin, w := newDriver(t, l.admin())
	for _, name := range []string{"by:child", "by:educator", "by:buyer"} {
		create(t, admin, scope(name))
		l.AddClientScope(t, app, name, server.AssignedDefault)
	}
	l.MapRoles(t, "by:child", "child")
	l.MapRoles(t, "by:educator", "educator")
	l.MapClientRole(t, "by:buyer", "shop", "buyer")
	user := l.CreateUser(t, "user")
	if got := own(l.UserScopes(t, app, user)); got != "by:buyer by:child by:educator" {
		t.Fatalf("the token of a new user holds %q", got)
	}
	w.take()
	readers := map[string]*Driver{"by export": admin}
	readers["one by one"], _ = newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm", "view-users"))
	for who, d := range readers {
		listing := list(t, d)
		for _, s := range listing.Scopes {
			if _, all := listing.ReachesEveryone(s); !s.BuiltIn && !all {
				t.Errorf("%s: %s is reported as limited", who, s.Name)
			}
		}
		if len(listing.NotChecked) > 0 {
			t.Errorf("%s: %s", who, subjects(listing.NotChecked))
		}
	}
	// Without view-users the groups are unknown. Their paths are known from an export, and before
	// Keycloak 26.5 from a listing.
	unknown := "false: default groups of realm"
	if !l.Server.HidesHolders(t) {
		unknown = "default groups"
	}
	for who, want := range map[string]string{
		"manage-realm": `false: roles of the default groups "/school/all/middle/new"`,
		"view-realm":   unknown,
	} {
		d, _ := newDriver(t, l.serviceAccount("blind-"+who, "view-clients", "view-realm", who))
		got := subjects(list(t, d).NotChecked)
		if !strings.Contains(got, want) || !strings.Contains(got, `role view-users of client "realm-management"`) {
			t.Errorf("%s: not checked: %s", who, got)
		}
	}
}

// A caller who may view users gets no gap if there are no default groups. Before Keycloak 26.5,
// view-realm shows them to every caller.
func TestNoDefaultGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	hides := l.Server.HidesHolders(t)
	for _, rights := range [][]string{{"manage-realm"}, {"manage-realm", "view-users"}, {"view-users"}, {}} {
		for _, guard := range []bool{false, true} {
			if guard {
				d, _ := newDriver(t, l.admin())
				if _, found := l.FindScope(t, "a"); !found {
					create(t, d, scope("a"))
				}
			}
			d, _ := newDriver(t, l.serviceAccount(fmt.Sprintf("r%t-%s", guard, strings.Join(rights, "-")), append(rights, "view-clients", "view-realm")...))
			got := subjects(list(t, d).NotChecked)
			if want := hides && len(rights) == 0; strings.Contains(got, "default groups") != want {
				t.Errorf("%v, guard %t: not checked: %q", rights, guard, got)
			}
			if want := hides && guard && !slices.Contains(rights, "view-users"); want && !strings.Contains(got, "holders of the guard role") {
				t.Errorf("%v: not checked: %q", rights, got)
			}
		}
	}
}

// Someone who has the guard role through a default group has every limited scope.
func TestGuardInDefaultGroup(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	admin, _ := newDriver(t, l.admin())
	made := create(t, admin, scope("a"))
	g := l.CreateGroup(t, "all")
	l.groupClientRole(g, "shop", "buyer")
	l.defaultGroup(g)
	guard, buyer := l.Role(t, DefaultGuardRole), l.ClientRole(t, "shop", "buyer")
	l.do("POST", []server.Role{guard}, nil, "roles-by-id", buyer.ID, "composites")
	listing := list(t, admin)
	if got := summaries(listing); !strings.Contains(got, "true: The guard role") || !strings.Contains(got, "shop/buyer") {
		t.Errorf("notes: %s", got)
	}
	if s, _ := listing.Scope("a"); len(s.UserTypes) == 0 {
		t.Errorf("the guard role is not reported on %+v", s)
	}
	wantKind(t, admin.Preflight(t.Context(), ""), authz.Invalid, "shop/buyer")
	_ = made
}

// The documentation names these numbers (guides/keycloak and the security model).
func TestListRequests(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	admin, _ := newDriver(t, l.admin())
	for _, name := range []string{"a", "b", "c", "d"} {
		create(t, admin, scope(name))
	}
	cfg := l.serviceAccount("reader", "manage-realm", "view-realm", "view-clients", "view-users")
	want := 6
	takes := func(what string, more int) {
		t.Helper()
		d, w := newDriver(t, cfg)
		if got := list(t, d); len(got.Warnings)+len(got.NotChecked) != 0 {
			t.Errorf("%s: %s\n%s", what, summaries(got), subjects(got.NotChecked))
		}
		want += more
		if sent := w.take(); len(sent) != want {
			t.Errorf("%s: %d requests, want %d: %v", what, len(sent), want, sent)
		}
	}
	takes("a new realm", 0)
	l.makeRole("educator")
	l.MapRoles(t, "b", "educator")
	takes("a role", 0)
	l.makeRole("staff", "educator")
	takes("a composite role", 1)
	l.MapClientRole(t, "c", "shop", "buyer")
	takes("a client whose role limits a scope", 2)
	top := l.CreateGroup(t, "top", "educator")
	takes("a group", 0)
	l.defaultGroup(l.CreateGroup(t, "alone", "educator"))
	takes("a default group", 2)
	l.defaultGroup(l.subgroup(top, "below"))
	takes("a default group below another", 3)
}

// With query-users and without view-users, Keycloak 26.7 lists no holders of a role. 26.5.6 and
// earlier versions list all of them.
func TestHoldersHiddenByAnEmptyList(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	hidden, note := "holders of the guard role", "could not be read"
	if !l.Server.Is(t, ">= 26.7") {
		hidden, note = "", "is assigned to 1 user"
	}
	admin, _ := newDriver(t, l.admin())
	create(t, admin, scope("a"))
	l.GrantRoles(t, l.CreateUser(t, "user"), DefaultGuardRole)
	d, _ := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm", "query-users", "query-groups"))
	if listing := list(t, d); !strings.Contains(subjects(listing.NotChecked), hidden) || !strings.Contains(summaries(listing), note) {
		t.Errorf("not checked: %s\nnotes: %s", subjects(listing.NotChecked), summaries(listing))
	}
}

// The ID of a realm differs from that of a realm of the same name that was created later. It takes no
// request after a snapshot, and one before.
func TestServerUID(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var current struct{ ID string }
	l.do("GET", nil, &current)
	reader := l.serviceAccount("reader", "view-clients", "view-realm")
	for _, cfg := range []Config{l.admin(), reader} {
		d, w := newDriver(t, cfg)
		for _, requests := range []int{1, 0} {
			w.take()
			if uid, err := d.ServerUID(t.Context(), ""); err != nil || uid != current.ID {
				t.Errorf("%q, %v, want %q", uid, err, current.ID)
			}
			if sent := w.take(); len(sent) != requests {
				t.Errorf("sent %q", sent)
			}
		}
		after, w := newDriver(t, cfg)
		list(t, after)
		w.take()
		if uid, err := after.ServerUID(t.Context(), ""); err != nil || uid != current.ID || len(w.take()) > 0 {
			t.Errorf("%q, %v, want %q without a request", uid, err, current.ID)
		}
	}
	blind, _ := newDriver(t, l.serviceAccount("blind", "view-clients"))
	uid, err := blind.ServerUID(t.Context(), "")
	if l.Server.HidesHolders(t) {
		wantKind(t, err, authz.Denied, needViewRealm)
	} else if err != nil || uid != current.ID {
		t.Errorf("%q, %v, want %q", uid, err, current.ID)
	}
}
