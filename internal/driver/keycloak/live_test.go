package keycloak

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

func TestConformance(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) drivertest.Fixture {
		t.Helper()
		l := newLab(t)
		l.makeRole("child")
		l.makeRole("educator")
		app, shop := l.CreatePublicClient(t, "app"), l.CreatePublicClient(t, "shop")
		d, w := newDriver(t, l.admin())
		id, err := d.ServerID("")
		if err != nil {
			t.Fatal(err)
		}
		return drivertest.Fixture{
			Driver: d, ServerID: id, Absent: "no-such-realm", UserTypes: [2]string{"child", "educator"},
			Clients: [2]string{"app", "shop"}, AbsentClient: "none",
			Holdings: func(t *testing.T) drivertest.Holdings {
				t.Helper()
				return l.holdings(t, []server.Client{app, shop}, "child", "educator")
			},
			Refuse: func() {
				w.hook(func(req *http.Request, _ string) (*http.Response, error) {
					return respondJSON(req, 401, `{"error":"invalid_grant","error_description":"Invalid user credentials"}`), nil
				})
			},
			Down: func() {
				w.hook(func(*http.Request, string) (*http.Response, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
				})
			},
		}
	})
}

// holdings reads the realm by requests of the test's administrator. It has each realm
// role that a scope is mapped to, except the guard role.
func (l *lab) holdings(t *testing.T, clients []server.Client, roles ...string) drivertest.Holdings {
	t.Helper()
	h := drivertest.Holdings{}
	for _, role := range roles {
		h[drivertest.Holder{UserType: role}] = nil
	}
	for _, s := range l.Scopes(t) {
		var mapped []server.Role
		l.do(http.MethodGet, nil, &mapped, "client-scopes", s.ID, "scope-mappings", "realm")
		for _, role := range mapped {
			if holder := (drivertest.Holder{UserType: role.Name}); role.Name != DefaultGuardRole {
				h[holder] = append(h[holder], s.Name)
			}
		}
	}
	for _, c := range clients {
		for _, kind := range []string{"default", "optional"} {
			h[drivertest.Holder{Client: c.ClientID, Default: kind == "default"}] = l.ClientScopes(t, c, kind)
		}
	}
	return h
}

func TestListTakesSixRequests(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.makeRole("educator")
	d, w := newDriver(t, l.admin())
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		create(t, d, scope(name))
	}
	fresh, w2 := newDriver(t, l.serviceAccount("reader", "manage-realm", "view-realm", "view-clients", "view-users"))
	if got := list(t, fresh); len(got.Warnings) != 0 {
		t.Errorf("notes: %s", summaries(got))
	}
	if sent := w2.take(); len(sent) != 6 {
		t.Errorf("%d requests: %v", len(sent), sent)
	}
	_ = w
}

func TestFallbackReadsTheSame(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.makeRole("educator")
	admin, _ := newDriver(t, l.admin())
	made := create(t, admin, scope("guarded"))
	open := scope("open")
	open.Settings.Access, open.Settings.AssignedType = authz.AccessEveryone, authz.AssignedOptional
	create(t, admin, open)
	if _, err := admin.ChangeUserType(context.Background(), "",
		authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Grant: []authz.Scope{made}}); err != nil {
		t.Fatal(err)
	}
	d, w := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	got, want := list(t, d), list(t, admin)
	if len(got.Scopes) != len(want.Scopes) {
		t.Fatalf("%d scopes, want %d", len(got.Scopes), len(want.Scopes))
	}
	for i := range want.Scopes {
		if a, b := got.Scopes[i], want.Scopes[i]; !settings.Equal(a.Settings, b.Settings) || a.ID != b.ID || !slices.Equal(a.UserTypes, b.UserTypes) {
			t.Errorf("one by one %+v, by export %+v", a, b)
		}
	}
	// The refused export, three listings, the roles, what is inside the default one
	// and inside the client role manage-account, the users and the groups that hold
	// the guard, the realm for its default role; and one for each scope that is not SAML's, of which versions have
	// one to three.
	if sent, all := w.take(), len(got.Scopes); len(sent) > all+10 {
		t.Errorf("%d requests for %d scopes: %v", len(sent), all, sent)
	}
	if unread := strings.Contains(summaries(got), "false: Holders of the guard role"); unread != l.Server.HidesHolders(t) {
		t.Errorf("notes: %s", summaries(got))
	}
	list(t, d)
	if slices.Contains(w.take(), "POST partial-export") {
		t.Error("the refused export was asked for again")
	}
}

func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	l.makeRole("educator")

	clients, _ := newDriver(t, l.serviceAccount("clients-only", "view-clients"))
	got := list(t, clients)
	if got.UserTypes != nil || !strings.Contains(summaries(got), "false: Realm roles of") {
		t.Errorf("user types %v, notes %s", got.UserTypes, summaries(got))
	}
	nothing, _ := newDriver(t, l.serviceAccount("nothing"))
	_, err := readAll(ctx, nothing)
	wantKind(t, err, authz.Denied, "view-clients", "realm-management")

	reader, _ := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	_, err = reader.CreateScope(ctx, "", scope("x"))
	wantKind(t, err, authz.Denied, "manage-realm")
	open := scope("x")
	open.Settings.Access = authz.AccessEveryone
	_, err = reader.CreateScope(ctx, "", open)
	wantKind(t, err, authz.Denied, "manage-clients")

	full, _ := newDriver(t, l.serviceAccount("full", "view-clients", "view-realm", "manage-clients", "manage-realm"))
	made := create(t, full, scope("x"))
	half, w := newDriver(t, l.serviceAccount("half", "view-clients", "view-realm", "manage-clients"))
	_, mapping := half.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Grant: []authz.Scope{made}})
	sent := w.take()
	_, creation := half.CreateScope(ctx, "", scope("y"))
	sent = append(sent, w.take()...)
	_, there := list(t, full).Scope("y")
	if l.Server.MapsByManageClients(t) {
		if mapping != nil || creation != nil || !there {
			t.Errorf("mapping: %v, creation: %v, on the server: %v", mapping, creation, there)
		}
	} else {
		wantKind(t, mapping, authz.Denied, "manage-realm", "map-role-client-scope")
		wantKind(t, creation, authz.Denied, "map-role-client-scope")
		if there {
			t.Errorf("a scope that could not be guarded is left behind: %v", sent)
		}
	}
	for _, s := range sent {
		if strings.Contains(s, "serverinfo") {
			t.Errorf("%s", s)
		}
	}
}

func TestWhoGetsWhat(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	l.makeRole("child")
	l.makeRole("educator")
	users := map[string]server.User{
		"eve": l.CreateUser(t, "eve", "educator"), "kim": l.CreateUser(t, "kim", "child"), "none": l.CreateUser(t, "none"),
	}
	d, w := newDriver(t, l.admin())
	s := create(t, d, scope("read:a"))
	app := l.app("read:a")
	claims := func(eve, kim, none string) {
		t.Helper()
		for user, want := range map[string]string{"eve": eve, "kim": kim, "none": none} {
			if got := own(l.UserScopes(t, app, users[user])); got != want {
				t.Errorf("%s has %q, want %q", user, got, want)
			}
		}
	}
	change := func(role string, grant bool) {
		t.Helper()
		u, ok := list(t, d).UserType(role)
		if !ok {
			t.Fatal("no " + role)
		}
		c := authz.UserTypeChange{UserType: u}
		if grant {
			c.Grant = []authz.Scope{get1(t, d, s.Name)}
		} else {
			c.Revoke = []authz.Scope{get1(t, d, s.Name)}
		}
		if _, err := d.ChangeUserType(ctx, "", c); err != nil {
			t.Fatal(err)
		}
	}
	claims("", "", "")
	change("educator", true)
	claims("read:a", "", "")
	change("child", true)
	claims("read:a", "read:a", "")
	change("educator", false)
	claims("", "read:a", "")
	change("child", false)
	claims("", "", "")

	live := get1(t, d, s.Name)
	want := live
	want.Settings.Access = authz.AccessEveryone
	opened, err := d.UpdateScope(ctx, "", live, want)
	if err != nil {
		t.Fatal(err)
	}
	if opened.LastAppliedAccess != authz.AccessEveryone || get1(t, d, s.Name).LastAppliedAccess != authz.AccessEveryone {
		t.Error("the intent to open is not noted")
	}
	claims("read:a", "read:a", "read:a")
	w.take()
	change("child", true) // the first user type takes it from all others
	claims("", "read:a", "")
	if now := get1(t, d, s.Name); now.Settings.Access != authz.AccessUserTypes || now.LastAppliedAccess != authz.AccessUserTypes {
		t.Errorf("access %s, intended %s", now.Settings.Access, now.LastAppliedAccess)
	}
	// Without the role no user gets it: the guard role is mapped.
	l.DeleteRole(t, "child")
	claims("", "", "")
}

func TestOneOfTwoRoles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.makeRole("child")
	l.makeRole("educator")
	d, _ := newDriver(t, l.admin())
	s := create(t, d, scope("a"))
	l.UnmapRoles(t, "a", DefaultGuardRole)
	l.MapRoles(t, "a", "child", "educator")
	live := get1(t, d, "a")
	if live.Settings.Access != authz.AccessUnguarded {
		t.Fatalf("access %s", live.Settings.Access)
	}
	touched, err := d.ChangeUserType(context.Background(), "", authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Revoke: []authz.Scope{live}})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole, "educator"}) {
		t.Errorf("mapped: %v", got)
	}
	if len(touched) != 1 || touched[0].ID != s.ID || !slices.Equal(touched[0].UserTypes, []string{"educator"}) ||
		touched[0].Settings.Access != authz.AccessUserTypes {
		t.Errorf("touched: %+v", touched)
	}
}

func TestUpdateKeepsTheRest(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, _ := newDriver(t, l.admin())
	made := create(t, d, scope("a"))
	l.UpdateScope(t, "a", map[string]any{"attributes": map[string]string{"x.y": "kept"}})
	l.do("POST", map[string]any{
		"name": "m", "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper", "config": map[string]string{"claim.name": "c"},
	}, nil, "client-scopes", made.ID, "protocol-mappers", "models")
	want := scope("b")
	want.Description, want.Settings.IncludeInTokenScope = "", false
	current, err := d.UpdateScope(context.Background(), "", made, want)
	if err != nil {
		t.Fatal(err)
	}
	got := l.Scope(t, "b")
	if got.ID != made.ID || current.ID != made.ID || got.Attributes["x.y"] != "kept" || len(got.ProtocolMappers) != 1 || got.Attributes[attrInToken] != "false" ||
		got.Description != "" {
		t.Errorf("%+v", got)
	}
}

func TestGuardProblems(t *testing.T) { //nolint:tparallel // each subtest breaks and repairs the one guard role
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	l.makeRole("educator")
	l.makeRole("staff", "educator")
	d, _ := newDriver(t, l.admin())
	s := create(t, d, scope("a"))
	const guard = DefaultGuardRole
	user, group := l.CreateUser(t, "eve"), l.CreateGroup(t, "g")
	everyone := l.DefaultRole()
	tests := []struct {
		name       string
		break_, ok func()
		note       string
	}{
		{"composite", func() { l.AddComposites(t, guard, "educator") }, func() { l.RemoveComposites(t, guard, "educator") }, "is composite"},
		{"inside another", func() { l.AddComposites(t, "staff", guard) }, func() { l.RemoveComposites(t, "staff", guard) }, "is inside 1 other role"},
		{"default", func() { l.AddComposites(t, everyone, guard) }, func() { l.RemoveComposites(t, everyone, guard) }, "is inside 1 other role"},
		{"user", func() { l.GrantRoles(t, user, guard) }, func() { l.RevokeRoles(t, user, guard) }, "is assigned to 1 user"},
		{"group", func() { l.GrantGroupRoles(t, group, guard) }, func() { l.RevokeGroupRoles(t, group, guard) }, "is assigned to 1 group"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.break_()
			defer test.ok()
			if got := summaries(list(t, d)); !strings.Contains(got, test.note) || !strings.HasPrefix(got, "true: ") {
				t.Errorf("notes: %q", got)
			}
			names := map[string]string{"inside another": `"staff"`, "default": `"` + everyone + `"`, "user": `"eve"`, "group": `"/g"`}
			if name := names[test.name]; name != "" && !strings.Contains(list(t, d).Warnings[0].Detail, name) {
				t.Errorf("the note does not name %s: %s", name, list(t, d).Warnings[0].Detail)
			}
			fresh, w := newDriver(t, l.admin())
			wantKind(t, fresh.Preflight(ctx, ""), authz.Invalid, test.note, "Nothing was written")
			_, err := fresh.CreateScope(ctx, "", scope("b"))
			wantKind(t, err, authz.Invalid, test.note)
			_, err = fresh.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Revoke: []authz.Scope{s}})
			wantKind(t, err, authz.Invalid, test.note)
			for _, sent := range w.take() {
				if !strings.HasPrefix(sent, "GET ") {
					t.Errorf("sent %s", sent)
				}
			}
		})
	}
	fresh, w := newDriver(t, l.admin())
	for range 2 {
		if err := fresh.Preflight(ctx, ""); err != nil {
			t.Error(err)
		}
	}
	asked := w.take()
	if !slices.Contains(asked, "GET roles/"+guard+"/groups") || !slices.Contains(asked, "GET roles/"+guard+"/users") {
		t.Errorf("asked %v", asked)
	}
	if n := len(slices.DeleteFunc(asked, func(s string) bool { return s != "GET roles" })); n != 1 {
		t.Errorf("checked %d times", n)
	}
}

func TestGuardNames(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	l.makeRole("mine")
	cfg := l.admin()
	cfg.GuardRole = "mine"
	d, _ := newDriver(t, cfg)
	_, err := d.CreateScope(ctx, "", scope("a"))
	wantKind(t, err, authz.Invalid, `"mine"`, "guard_role", attrGuard)
	if got := summaries(list(t, d)); !strings.HasPrefix(got, "true: ") {
		t.Errorf("notes: %q", got)
	}
	if _, ok := list(t, d).Scope("a"); ok {
		t.Error("half-written")
	}

	d, _ = newDriver(t, l.admin())
	if got := list(t, d); len(got.Warnings) != 0 {
		t.Errorf("a realm without a guard: %s", summaries(got))
	}
	create(t, d, scope("a"))
	role := l.Role(t, DefaultGuardRole)
	if !slices.Equal(role.Attributes[attrGuard], []string{"true"}) || !strings.Contains(role.Description, "Deleting it opens") || len(role.Description) > 255 {
		t.Errorf("guard %+v", role)
	}
	role.Name = "renamed guard/x"
	l.do("PUT", role, nil, "roles-by-id", role.ID)
	got := list(t, d)
	if s, _ := got.Scope("a"); s.Settings.Access != authz.AccessUserTypes || len(s.UserTypes) != 0 {
		t.Errorf("with a renamed guard: %+v", s)
	}
	if _, ok := got.UserType(role.Name); ok {
		t.Error("the guard is listed as a user type")
	}
	create(t, d, scope("b"))
	if got := l.ScopeRoles(t, "b"); !slices.Equal(got, []string{role.Name}) {
		t.Errorf("b is mapped to %v", got)
	}

	// The guard role is deleted outside Terraform: the write that detects it fails and revokes
	// nothing, and the next write creates the guard role again.
	l.makeRole("educator")
	l.MapRoles(t, "a", "educator")
	live := get1(t, d, "a")
	l.do("DELETE", nil, nil, "roles-by-id", role.ID)
	change := authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Revoke: []authz.Scope{live}}
	_, err = d.ChangeUserType(ctx, "", change)
	wantKind(t, err, authz.Conflict, "deleted in the meantime")
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{"educator"}) {
		t.Errorf("a is mapped to %v", got)
	}
	if _, err = d.ChangeUserType(ctx, "", change); err != nil {
		t.Fatal(err)
	}
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("a is mapped to %v", got)
	}
	if s := get1(t, d, "b"); s.Settings.Access != authz.AccessEveryone || s.LastAppliedAccess != authz.AccessUserTypes {
		t.Errorf("a scope whose guard was deleted: %+v", s)
	}
}

func TestUserTypes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	l.makeRole("educator")
	l.makeRole("staff", "educator", "shop/buyer")
	l.makeRole("board", "staff")
	l.makeRole("all", "offline_access")
	l.makeRole("links", "account/manage-account-links") // inside account/manage-account, which everyone holds
	l.makeRole("views", "account/view-groups")
	d, _ := newDriver(t, l.admin())
	create(t, d, scope("a"))
	got := list(t, d)
	want := []authz.UserType{
		{Name: "all", Contains: []string{"offline_access"}, Everyone: true},
		{Name: "board", Contains: []string{"educator", "staff"}, ContainsClientRoles: []string{"client/shop/buyer"}},
		{Name: "default-roles-" + l.Name, Contains: []string{"offline_access", "uma_authorization"}, Everyone: true},
		{Name: "educator"},
		{Name: "links", Everyone: true},
		{Name: "offline_access", Everyone: true},
		{Name: "staff", Contains: []string{"educator"}, ContainsClientRoles: []string{"client/shop/buyer"}},
		{Name: "uma_authorization", Everyone: true},
		{Name: "views", ContainsClientRoles: []string{"client/account/view-groups"}},
	}
	if len(got.UserTypes) != len(want) {
		t.Fatalf("%+v", got.UserTypes)
	}
	for i, w := range want {
		g := got.UserTypes[i]
		if g.ID == "" || g.Name != w.Name || !slices.Equal(g.Contains, w.Contains) ||
			!slices.Equal(g.ContainsClientRoles, w.ContainsClientRoles) || g.Everyone != w.Everyone {
			t.Errorf("got %+v, want %+v", g, w)
		}
	}
}

// Keycloak asks for the expanded roles of both sides, client roles among them:
// what every user has may be handed on, and be mapped, inside of a client role.
func TestEveryoneThroughClientRoles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	all, deep := l.CreateClientRole(t, "shop", "all"), l.CreateClientRole(t, "shop", "deep/er")
	educator := l.makeRole("educator")
	l.do("POST", []server.Role{educator}, nil, "roles-by-id", deep.ID, "composites")
	l.do("POST", []server.Role{deep}, nil, "roles-by-id", all.ID, "composites")
	d, _ := newDriver(t, l.admin())
	create(t, d, scope("direct"))
	create(t, d, scope("inside"))
	create(t, d, scope("limited"))
	l.MapClientRole(t, "direct", "account", "view-profile")
	l.MapClientRole(t, "inside", "shop", "all")
	l.MapClientRole(t, "limited", "shop", "buyer")
	reached := func(want ...string) {
		t.Helper()
		var got []string
		listing := list(t, d)
		for _, s := range listing.Scopes {
			if role, all := listing.ReachesEveryone(s); all && !s.BuiltIn {
				got = append(got, s.Name+": "+role.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q go to everyone, want %q", got, want)
		}
	}
	reached("direct: client/account/view-profile")
	listing := list(t, d)
	if u, _ := listing.UserType("educator"); u.Everyone {
		t.Errorf("%+v", u)
	}
	inside, _ := listing.Scope("inside")
	if got := listing.AlsoReaches(inside); !slices.Equal(got, []string{"client/shop/deep/er", "educator"}) {
		t.Errorf("a client role hands the scope on to %q", got)
	}

	l.AddClientComposite(t, l.DefaultRole(), "shop", "all")
	reached("direct: client/account/view-profile", "inside: client/shop/all")
	if u, _ := list(t, d).UserType("educator"); !u.Everyone {
		t.Errorf("everyone has it inside of client roles: %+v", u)
	}

	l.do("POST", []server.Role{l.Role(t, DefaultGuardRole)}, nil, "roles-by-id", deep.ID, "composites")
	if got := summaries(list(t, d)); !strings.Contains(got, "is inside 1 other role (client/shop/deep/er)") {
		t.Error(got)
	}
	again, _ := newDriver(t, l.admin()) // it has not looked at the guard yet
	wantKind(t, again.Preflight(t.Context(), ""), authz.Invalid, "client/shop/deep/er")
}

// The guard in a client role that only some users have: seen where a scope is
// mapped to that role. Then nothing is written, though the roles of the realm alone
// look sound.
func TestGuardInsideOfAMappedClientRole(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	d, w := newDriver(t, l.admin())
	made := create(t, d, scope("a"))
	l.MapClientRole(t, "a", "shop", "buyer")
	buyer := l.ClientRole(t, "shop", "buyer")
	l.do("POST", []server.Role{l.Role(t, DefaultGuardRole)}, nil, "roles-by-id", buyer.ID, "composites")
	if got := summaries(list(t, d)); !strings.Contains(got, "is inside 1 other role (client/shop/buyer)") {
		t.Error(got)
	}
	w.take()
	wantKind(t, d.Preflight(t.Context(), ""), authz.Invalid, "shop/buyer")
	_, err := d.CreateScope(t.Context(), "", scope("b"))
	wantKind(t, err, authz.Invalid, "shop/buyer")
	for _, sent := range w.take() {
		if !strings.HasPrefix(sent, "GET ") {
			t.Error(sent)
		}
	}
	r, err := d.realm("")
	if err != nil {
		t.Fatal(err)
	}
	r.state.forget() // as after a role was deleted in the meantime
	wantKind(t, d.Preflight(t.Context(), ""), authz.Invalid, "shop/buyer")
	l.do("DELETE", []server.Role{l.Role(t, DefaultGuardRole)}, nil, "roles-by-id", buyer.ID, "composites")
	list(t, d)
	if err := d.Preflight(t.Context(), ""); err != nil {
		t.Error(err)
	}
	if err := d.DeleteScope(t.Context(), "", made); err != nil {
		t.Error(err)
	}
}

func TestRenamedRealmKeepsItsDefaultRole(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	old := l.Name
	renamed := l.Server.Realm(old + "-new")
	t.Cleanup(func() {
		if err := l.Server.DeleteRealm(context.Background(), renamed.Name); err != nil {
			t.Error(err)
		}
	})
	l.do("PUT", map[string]string{"realm": renamed.Name}, nil)
	l.Realm = renamed
	d, _ := newDriver(t, l.admin())
	u, ok := list(t, d).UserType("default-roles-" + old)
	if !ok || !u.Everyone {
		t.Errorf("%+v", u)
	}
}

// Keycloak makes default-roles-<realm>-1 the default role of a realm that is
// imported with a role of the usual name and without a default role.
func TestDefaultRoleIsNotFoundByName(t *testing.T) {
	t.Parallel()
	name := strings.ToLower(server.RealmPrefix + rand.Text()[:10])
	usual := "default-roles-" + name
	l := &lab{Realm: suite.ForTest(t).NewRealmFrom(t, map[string]any{
		"realm": name, "enabled": true,
		"roles": map[string]any{"realm": []map[string]any{{"name": usual}}},
	}), t: t, clients: map[string]server.Client{}}
	l.makeRole("educator")
	l.AddComposites(t, usual+"-1", "educator")

	admin, w := newDriver(t, l.admin())
	create(t, admin, scope("read:a"))
	reader, _ := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	w.take()
	for who, d := range map[string]*Driver{"by export": admin, "one by one": reader} {
		listing := list(t, d)
		for role, everyone := range map[string]bool{usual + "-1": true, usual: false, "educator": true} {
			if u, ok := listing.UserType(role); !ok || u.Everyone != everyone {
				t.Errorf("%s: %s: %+v, want everyone %v", who, role, u, everyone)
			}
		}
	}
	if slices.Contains(w.take(), "GET ") {
		t.Error("the realm was read though its export has the default role")
	}
}

func TestClientRolesLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	l.shop()
	d, w := newDriver(t, l.admin())
	open := scope("a")
	open.Settings.Access = authz.AccessEveryone
	create(t, d, open)
	l.MapClientRole(t, "a", "shop", "buyer")
	live := get1(t, d, "a")
	if live.Settings.Access != authz.AccessUnguarded || !slices.Equal(live.ClientRoles, []string{"client/shop/buyer"}) {
		t.Errorf("%+v", live)
	}
	_, err := d.UpdateScope(ctx, "", live, open)
	wantKind(t, err, authz.Invalid, "shop/buyer")
	closed := scope("a")
	current, err := d.UpdateScope(ctx, "", live, closed)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole}) || len(l.ScopeClientRoles(t, "a")["shop"]) != 1 {
		t.Errorf("%v", got)
	}
	// The caller does not know of the client role: found out before anything is removed.
	current.ClientRoles = nil
	w.take()
	_, err = d.UpdateScope(ctx, "", current, open)
	wantKind(t, err, authz.Invalid, "shop/buyer")
	if slices.ContainsFunc(w.take(), func(s string) bool { return strings.HasPrefix(s, "DELETE") }) {
		t.Error("mappings were removed")
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	var wg sync.WaitGroup
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	errs := make([]error, len(names))
	for i, name := range names {
		l.makeRole("role-" + name)
		d, _ := newDriver(t, l.admin())
		wg.Go(func() { _, errs[i] = d.CreateScope(ctx, "", scope(name)) }) // each makes the guard
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	d, _ := newDriver(t, l.admin())
	l.UnmapRoles(t, "a", DefaultGuardRole)
	open := get1(t, d, "a")
	for i, name := range names { // all map the guard to the same open scope
		wg.Go(func() {
			_, errs[i] = d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: authz.UserType{Name: "role-" + name}, Grant: []authz.Scope{open}})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if got := l.ScopeRoles(t, "a"); len(got) != len(names)+1 {
		t.Errorf("a is mapped to %v", got)
	}
}

func TestGoneMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	role := l.makeRole("educator")
	d, _ := newDriver(t, l.admin())
	gone, stays := create(t, d, scope("gone")), create(t, d, scope("stays"))
	u := authz.UserType{Name: "educator", ID: role.ID}
	if _, err := d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: u, Grant: []authz.Scope{gone, stays}}); err != nil {
		t.Fatal(err)
	}
	l.DeleteScope(t, "gone")
	touched, err := d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: u, Revoke: []authz.Scope{gone, stays}})
	if err != nil || len(touched) != 1 || touched[0].Name != "stays" {
		t.Errorf("%+v, %v", touched, err)
	}
	_, err = d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: u, Grant: []authz.Scope{gone}})
	wantKind(t, err, authz.Conflict, `"gone"`, "depends_on")
	closed := gone
	closed.Settings.AssignedType = authz.AssignedDefault
	_, err = d.UpdateScope(ctx, "", gone, closed)
	wantKind(t, err, authz.NotFound)

	l.DeleteRole(t, "educator")
	_, err = d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: u, Grant: []authz.Scope{stays}})
	wantKind(t, err, authz.NotFound, `"educator"`)
	_, err = d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: u, Revoke: []authz.Scope{stays}})
	wantKind(t, err, authz.NotFound, `"educator"`)
	_, err = d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: authz.UserType{Name: "nobody"}, Grant: []authz.Scope{stays}})
	wantKind(t, err, authz.NotFound, `"nobody"`)
}

// Keycloak returns 500 if two requests delete a scope at the same moment.
func TestScopeDeletedAtTheSameMoment(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, w := newDriver(t, l.admin())
	gone, stays := create(t, d, scope("gone")), create(t, d, scope("stays"))
	w.hook(func(req *http.Request, _ string) (*http.Response, error) {
		if req.Method != http.MethodDelete {
			return nil, nil
		}
		if strings.HasSuffix(req.URL.Path, gone.ID) {
			l.DeleteScope(t, "gone")
		}
		return respondJSON(req, 500, `{"error":"unknown_error"}`), nil
	})
	if err := d.DeleteScope(t.Context(), "", gone); err != nil {
		t.Error(err)
	}
	wantKind(t, d.DeleteScope(t.Context(), "", stays), authz.Unavailable, "500")

	// A list without any scope proves nothing.
	for status, kind := range map[int]authz.Kind{500: authz.Unavailable, 404: authz.Denied} {
		w.hook(func(req *http.Request, _ string) (*http.Response, error) {
			switch {
			case req.Method == http.MethodDelete:
				return respondJSON(req, status, `{"error":"unknown_error"}`), nil
			case strings.HasSuffix(req.URL.Path, "/client-scopes"):
				return respondJSON(req, 200, `[]`), nil
			}
			return nil, nil
		})
		wantKind(t, d.DeleteScope(t.Context(), "", stays), kind)
	}
}

func TestAssignedTypeSetMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, _ := newDriver(t, l.admin())
	made := create(t, d, scope("a"))
	l.SetAssignedType(t, "a", "optional")
	want := scope("a")
	want.Settings.AssignedType = authz.AssignedDefault
	if _, err := d.UpdateScope(context.Background(), "", made, want); err != nil {
		t.Fatal(err)
	}
	if got := get1(t, d, "a").Settings.AssignedType; got != authz.AssignedDefault {
		t.Errorf("assigned %s", got)
	}
}

func names(scopes []authz.Scope) []string {
	var list []string
	for _, s := range scopes {
		list = append(list, s.Name)
	}
	return list
}

func TestClientScopes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	d, _ := newDriver(t, l.admin())
	a, b, c := create(t, d, scope("a")), create(t, d, scope("b")), create(t, d, scope("c"))
	l.app("a")
	live, err := d.ReadClientScopes(ctx, "", "app")
	if err != nil {
		t.Fatal(err)
	}
	if own(names(live.Default)) != "a" || own(names(live.Optional)) != "" || len(live.Optional) == 0 {
		t.Errorf("%+v", live)
	}
	from := authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{a}}
	to := authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{b}, Optional: []authz.Scope{a, c}}
	for _, step := range [][2]authz.ClientScopeSet{{from, to}, {to, from}, {from, to}} {
		if err := d.ChangeClientScopes(ctx, "", step[0], step[1]); err != nil {
			t.Fatal(err)
		}
		now, err := d.ReadClientScopes(ctx, "", "app")
		if err != nil {
			t.Fatal(err)
		}
		if own(names(now.Default)) != own(names(step[1].Default)) || own(names(now.Optional)) != own(names(step[1].Optional)) {
			t.Errorf("default %q, optional %q", own(names(now.Default)), own(names(now.Optional)))
		}
		if len(now.Default)+len(now.Optional) < 10 {
			t.Errorf("what was in neither is gone: %+v", now)
		}
	}
	_, err = d.ReadClientScopes(ctx, "", "no-such")
	wantKind(t, err, authz.NotFound, "no-such")
	none, _ := newDriver(t, l.serviceAccount("none"))
	_, err = none.ReadClientScopes(ctx, "", "app")
	wantKind(t, err, authz.Denied, "view-clients")
	query, _ := newDriver(t, l.serviceAccount("query", "query-clients"))
	_, err = query.ReadClientScopes(ctx, "", "app")
	wantKind(t, err, authz.Denied, "view-clients")
}

// A reading of a client has names alone: a write looks the ids up, and what is
// gone need not be taken off.
func TestClientScopesByName(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	d, w := newDriver(t, l.admin())
	create(t, d, scope("a"))
	gone := create(t, d, scope("gone"))
	l.AddClientScope(t, l.app("a"), "gone", "optional")
	named := func(names ...string) (scopes []authz.Scope) {
		for _, n := range names {
			scopes = append(scopes, authz.Scope{Name: n})
		}
		return scopes
	}
	if err := d.DeleteScope(ctx, "", gone); err != nil {
		t.Fatal(err)
	}
	w.take()
	from := authz.ClientScopeSet{ClientID: "app", Default: named("a"), Optional: named("gone")}
	if err := d.ChangeClientScopes(ctx, "", from, authz.ClientScopeSet{ClientID: "app"}); err != nil {
		t.Fatal(err)
	}
	if sent := w.take(); len(sent) != 3 {
		t.Errorf("sent %q, want the client, the scopes and one write", sent)
	}
	now, err := d.ReadClientScopes(ctx, "", "app")
	if err != nil || own(names(now.Default))+own(names(now.Optional)) != "" || len(now.Optional) == 0 {
		t.Errorf("%v, %+v", err, now)
	}
	err = d.ChangeClientScopes(ctx, "", authz.ClientScopeSet{ClientID: "app"}, authz.ClientScopeSet{ClientID: "app", Optional: named("gone")})
	wantKind(t, err, authz.Conflict, `"gone"`)
}

// The server stores exactly what was sent, so that a scope is recognized after a creation
// without a response.
func TestLostResponseLive(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for name, want := range map[string]authz.Scope{"plain": scope("a"), "bare": {Name: "b", Settings: authz.Settings{Access: authz.AccessUserTypes}}} {
		d, w := newDriver(t, l.admin())
		w.hookAfter(func(req *http.Request, _ string, resp *http.Response) (*http.Response, error) {
			if req.Method == "POST" && strings.HasSuffix(req.URL.Path, "/client-scopes") {
				_ = resp.Body.Close()
				return cut(req)
			}
			return resp, nil
		})
		made := create(t, d, want)
		if got := get1(t, d, want.Name); got.ID != made.ID || got.Settings.Access != authz.AccessUserTypes {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A token that ends in the middle of a run is renewed once, and unseen.
func TestRenewal(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, w := newDriver(t, l.serviceAccount("tf", "view-clients", "view-realm", "manage-clients", "manage-realm", "view-users"))
	create(t, d, scope("a"))
	logins := 0
	w.hook(func(req *http.Request, _ string) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/token") {
			logins++
		} else if logins == 0 {
			return respondJSON(req, 401, `{"error":"HTTP 401 Unauthorized"}`), nil
		}
		return nil, nil
	})
	create(t, d, scope("b"))
	if logins == 0 {
		t.Error("not renewed")
	}
}
