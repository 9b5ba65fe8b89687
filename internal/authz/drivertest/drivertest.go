// Package drivertest is the conformance suite that every driver passes. A driver skips a test
// only if its capabilities exclude the subject.
package drivertest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
)

// Fixture is one server for one test, without scopes except the built-in ones.
type Fixture struct {
	Driver    authz.Driver
	ServerID  string    // as returned by Driver.ServerID
	Absent    string    // a server ID that does not exist; "" if the server has no IDs
	UserTypes [2]string // two existing user types, if the server has user types
	Scopes    []string  // three scopes to grant, if the driver cannot create scopes
	// Clients are two existing clients without other scopes than built-in ones, and AbsentClient is a
	// client that does not exist, if the server has clients.
	Clients      [2]string
	AbsentClient string
	// Holdings reads the server itself, without the driver: the scopes of the two user types, or
	// of each of their users, and of the two clients. The suite compares them after each write.
	// It is required if the server has user types or clients.
	Holdings func(t *testing.T) Holdings
	// Refuse makes the server reject the credentials from now on.
	Refuse func()
	// Down makes the server unreachable from now on.
	Down func()
}

// Run verifies that a driver keeps the contracts of package authz.
func Run(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Helper()
	t.Run("capabilities", func(t *testing.T) { testCapabilities(t, fixture(t)) })
	caps := fixture(t).Driver.Capabilities()
	_, grantsScopes := fixture(t).Driver.(authz.ScopeGranter)
	tests := []struct {
		name string
		runs bool
		test func(*testing.T, Fixture)
	}{
		{"create is read back", caps.WriteScopes, testCreate},
		{"odd names", caps.WriteScopes, testOddNames},
		{"create twice is a conflict", caps.WriteScopes, testCreateTwice},
		{"update", caps.WriteScopes, testUpdate},
		{"update again", caps.WriteScopes, testUpdateAgain},
		{"update a deleted scope", caps.WriteScopes, testUpdateGone},
		{"rename", caps.WriteScopes, testRename},
		{"rename to a taken name", caps.WriteScopes, testRenameTaken},
		{"delete twice", caps.WriteScopes, testDeleteTwice},
		{"settings", caps.WriteScopes && caps.Settings, testSettings},
		{"access", caps.WriteScopes && caps.Settings, testAccess},
		{"user type", caps.UserTypeScopes && caps.UserTypeDrift, testUserType},
		{"user type again", caps.UserTypeScopes && caps.UserTypeDrift, testUserTypeAgain},
		{"several user types at once", grantsScopes, testGrantScopes},
		{"revoking the last user type opens nothing", caps.UserTypeScopes && caps.Settings, testLastUserType},
		{"client scopes", caps.ClientScopes, testClientScopes},
		{"client scopes again", caps.ClientScopes, testClientScopesAgain},
		{"client scopes from one kind to the other", caps.ClientScopes && caps.ClientDefaults, testClientKinds},
		{"a deleted scope leaves the clients", caps.ClientScopes && caps.WriteScopes, testClientLoses},
		{"an absent client", caps.ClientScopes, testAbsentClient},
		{"all clients", caps.ClientScopes, testAllClients},
		{"clients with refused credentials", caps.ClientScopes, testClientsRefused},
		{"an absent server", caps.ListScopes, testAbsentServer},
		{"refused credentials", caps.ListScopes, testRefused},
		{"an unreachable server", caps.ListScopes, testDown},
	}
	for _, test := range tests {
		if test.runs {
			t.Run(test.name, func(t *testing.T) { test.test(t, fixture(t)) })
		}
	}
}

func testCapabilities(t *testing.T, f Fixture) {
	t.Helper()
	c := f.Driver.Capabilities()
	if derived := authz.Derive(f.Driver, c); !reflect.DeepEqual(c, derived) {
		t.Errorf("capabilities %+v; the interfaces of the driver say %+v (authz.Derive)", c, derived)
	}
	if c.Server == "" || c.ProviderBlock == "" {
		t.Errorf("Server %q and Block %q must be named", c.Server, c.ProviderBlock)
	}
}

// list reads the server, without built-in scopes.
func list(t *testing.T, f Fixture) *authz.Snapshot {
	t.Helper()
	l, err := f.Driver.(authz.Lister).List(context.Background(), f.ServerID)
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	if !slices.IsSortedFunc(l.Scopes, func(a, b authz.Scope) int { return compare(a.Name, b.Name) }) {
		t.Error("List is not sorted by name")
	}
	return l
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func scope(name string) authz.Scope {
	return authz.Scope{Name: name, Description: "may " + name, Settings: diff.Defaults()}
}

func create(t *testing.T, f Fixture, want authz.Scope) authz.Scope {
	t.Helper()
	before := holdings(t, f)
	made, err := f.Driver.(authz.ScopeWriter).CreateScope(context.Background(), f.ServerID, want)
	if err != nil {
		t.Fatalf("CreateScope %q: %v", want.Name, err)
	}
	wantHoldings(t, "CreateScope", f, before)
	return made
}

func update(t *testing.T, f Fixture, live, want authz.Scope) authz.Scope {
	t.Helper()
	before := holdings(t, f)
	is, err := f.Driver.(authz.ScopeWriter).UpdateScope(context.Background(), f.ServerID, live, want)
	if err != nil {
		t.Fatalf("UpdateScope %q: %v", live.Name, err)
	}
	wantHoldings(t, "UpdateScope", f, before.renamed(live.Name, want.Name))
	return is
}

func remove(t *testing.T, f Fixture, live authz.Scope) {
	t.Helper()
	before := holdings(t, f)
	if err := f.Driver.(authz.ScopeWriter).DeleteScope(context.Background(), f.ServerID, live); err != nil {
		t.Fatalf("DeleteScope %q: %v", live.Name, err)
	}
	wantHoldings(t, "DeleteScope", f, before.renamed(live.Name, ""))
}

// requireScope compares the result of a write, and the snapshot after it, with the planned scope.
func requireScope(t *testing.T, f Fixture, want, returned authz.Scope) authz.Scope {
	t.Helper()
	settings := f.Driver.Capabilities().Settings
	if !diff.SameScope(want, returned, settings) {
		t.Errorf("the write returned %+v, want %+v", returned, want)
	}
	live, ok := list(t, f).Scope(want.Name)
	if !ok {
		t.Fatalf("%q is not listed", want.Name)
	}
	if !diff.SameScope(want, live, settings) {
		t.Errorf("listed as %+v, want %+v", live, want)
	}
	if live.ID != returned.ID || live.ID == "" {
		t.Errorf("listed with id %q, the write returned %q", live.ID, returned.ID)
	}
	return live
}

func wantKind(t *testing.T, what string, err error, kind authz.Kind) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: no error, want %s", what, kind)
	}
	if got := authz.KindOf(err); got != kind {
		t.Errorf("%s: %s (%v), want %s", what, got, err, kind)
	}
}

func testCreate(t *testing.T, f Fixture) {
	t.Helper()
	want := scope("read:users")
	if _, ok := list(t, f).Scope(want.Name); ok {
		t.Fatalf("the fixture has %q already", want.Name)
	}
	requireScope(t, f, want, create(t, f, want))
	if !f.Driver.Capabilities().DescriptionRequired {
		bare := scope("read:bare")
		bare.Description = ""
		requireScope(t, f, bare, create(t, f, bare))
	}
}

func testOddNames(t *testing.T, f Fixture) {
	t.Helper()
	for _, name := range []string{"https://api.example.com/auth/read.only", "a+b%20c?d=e&f#g", "~!$'()*,;=[x]{y}|^`<z>", "UPPER", "upper", "0"} {
		want := scope(name)
		want.Description = "é ü 漢 <b> \"quoted\" \\ % {}"
		made := requireScope(t, f, want, create(t, f, want))
		changed := want
		changed.Description = "changed"
		requireScope(t, f, changed, update(t, f, made, changed))
	}
}

func testCreateTwice(t *testing.T, f Fixture) {
	t.Helper()
	want := scope("read:users")
	create(t, f, want)
	other := want
	other.Description = "other"
	_, err := f.Driver.(authz.ScopeWriter).CreateScope(context.Background(), f.ServerID, other)
	wantKind(t, "second create", err, authz.Conflict)
	if live, _ := list(t, f).Scope(want.Name); live.Description != want.Description {
		t.Errorf("the second create changed the description to %q", live.Description)
	}
}

func testUpdate(t *testing.T, f Fixture) {
	t.Helper()
	made := create(t, f, scope("read:users"))
	other := create(t, f, scope("read:other"))
	want := scope("read:users")
	want.Description = "changed"
	if is := requireScope(t, f, want, update(t, f, made, want)); is.ID != made.ID {
		t.Errorf("the update changed the id from %q to %q", made.ID, is.ID)
	}
	requireScope(t, f, scope("read:other"), other)
	if !f.Driver.Capabilities().DescriptionRequired {
		bare := want
		bare.Description = ""
		requireScope(t, f, bare, update(t, f, made, bare))
	}
}

func testUpdateAgain(t *testing.T, f Fixture) {
	t.Helper()
	made := create(t, f, scope("read:users"))
	want := scope("read:users")
	want.Description = "changed"
	once := update(t, f, made, want)
	requireScope(t, f, want, update(t, f, once, want))
}

func testUpdateGone(t *testing.T, f Fixture) {
	t.Helper()
	made := create(t, f, scope("read:users"))
	remove(t, f, made)
	want := scope("read:users")
	want.Description = "changed"
	_, err := f.Driver.(authz.ScopeWriter).UpdateScope(context.Background(), f.ServerID, made, want)
	wantKind(t, "update of a deleted scope", err, authz.NotFound)
}

func testRename(t *testing.T, f Fixture) {
	t.Helper()
	made := create(t, f, scope("read:users"))
	want := scope("read:people")
	if is := requireScope(t, f, want, update(t, f, made, want)); is.ID != made.ID {
		t.Errorf("the rename changed the id from %q to %q", made.ID, is.ID)
	}
	if _, ok := list(t, f).Scope("read:users"); ok {
		t.Error("the old name is still listed")
	}
}

func testRenameTaken(t *testing.T, f Fixture) {
	t.Helper()
	made := create(t, f, scope("read:users"))
	create(t, f, scope("read:people"))
	_, err := f.Driver.(authz.ScopeWriter).UpdateScope(context.Background(), f.ServerID, made, scope("read:people"))
	wantKind(t, "rename to a taken name", err, authz.Conflict)
}

func testDeleteTwice(t *testing.T, f Fixture) {
	t.Helper()
	made := create(t, f, scope("read:users"))
	for range 2 {
		remove(t, f, made)
	}
	if _, ok := list(t, f).Scope("read:users"); ok {
		t.Error("the deleted scope is still listed")
	}
}

func testSettings(t *testing.T, f Fixture) {
	t.Helper()
	want := scope("read:users")
	want.Settings.AssignedType = authz.AssignedDefault
	made := requireScope(t, f, want, create(t, f, want))
	for i, row := range settings.Rows() {
		if settings.ID(i) == settings.Access {
			continue // see testAccess
		}
		for _, v := range settingstest.Samples(&row) {
			row.Set(&want.Settings, v)
			made = requireScope(t, f, want, update(t, f, made, want))
			if row.NullKeeps {
				made = requireKept(t, f, &row, made)
			}
		}
	}
}

// requireKept writes a scope without a setting that requireKept the live value.
func requireKept(t *testing.T, f Fixture, row *settings.Row, live authz.Scope) authz.Scope {
	t.Helper()
	want, value := live, row.Get(live.Settings)
	row.Set(&want.Settings, settings.Value{})
	returned := update(t, f, live, want)
	listed, _ := list(t, f).Scope(live.Name)
	if !row.Get(listed.Settings).Equal(value) || !row.Get(returned.Settings).Equal(value) {
		t.Errorf("%s became %q (listed) and %q (returned), want it kept at %q", row.Name,
			row.Format(row.Get(listed.Settings)), row.Format(row.Get(returned.Settings)), row.Format(value))
	}
	return returned
}

func testAccess(t *testing.T, f Fixture) {
	t.Helper()
	want := scope("read:users")
	made := requireScope(t, f, want, create(t, f, want))
	for _, access := range []authz.Access{authz.AccessEveryone, authz.AccessUserTypes, authz.AccessEveryone} {
		want.Settings.Access = access
		made = requireScope(t, f, want, update(t, f, made, want))
		if made.LastAppliedAccess != access {
			t.Errorf("the intended access is noted as %q, want %q", made.LastAppliedAccess, access)
		}
	}
	open := scope("read:open")
	open.Settings.Access = authz.AccessEveryone
	requireScope(t, f, open, create(t, f, open))
}

// scopesFor returns three scopes of a server. If the driver can create scopes, it creates them.
func scopesFor(t *testing.T, f Fixture) []authz.Scope {
	t.Helper()
	var scopes []authz.Scope
	if f.Driver.Capabilities().WriteScopes {
		for _, name := range []string{"a:read", "b:read", "c:read"} {
			scopes = append(scopes, create(t, f, scope(name)))
		}
		return scopes
	}
	for _, name := range f.Scopes {
		scopes = append(scopes, authz.Scope{Name: name})
	}
	return scopes
}

func setOf(t *testing.T, f Fixture, userType string) []string {
	t.Helper()
	if r, ok := f.Driver.(authz.UserTypeReader); ok {
		set, err := r.UserTypeScopes(context.Background(), f.ServerID, userType)
		if err != nil && !authz.IsNotFound(err) {
			t.Fatalf("UserTypeScopes: %v", err)
		}
		return set.Scopes
	}
	return authz.Names(list(t, f).ScopesOf(userType))
}

func change(t *testing.T, f Fixture, userType string, grant, revoke []authz.Scope, want []string) []authz.Scope {
	t.Helper()
	u := authz.UserType{Name: userType}
	if _, reads := f.Driver.(authz.UserTypeReader); !reads {
		u, _ = list(t, f).UserType(userType)
	}
	before, c := holdings(t, f), authz.UserTypeChange{UserType: u, Grant: grant, Revoke: revoke, Want: want}
	touched, err := f.Driver.(authz.UserTypeScopes).ChangeUserType(context.Background(), f.ServerID, c)
	if err != nil {
		t.Fatalf("ChangeUserType %q: %v", userType, err)
	}
	wantHoldings(t, "ChangeUserType", f, userTypeHoldings(f, before, c))
	return touched
}

func testUserType(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	one, two := f.UserTypes[0], f.UserTypes[1]
	change(t, f, one, s[:2], nil, authz.Names(s[:2]))
	change(t, f, two, s[1:], nil, authz.Names(s[1:]))
	if got := setOf(t, f, one); !slices.Equal(got, authz.Names(s[:2])) {
		t.Errorf("%s has %v, want %v", one, got, authz.Names(s[:2]))
	}
	change(t, f, one, s[2:], s[:1], authz.Names(s[1:]))
	for _, u := range []string{one, two} {
		if got := setOf(t, f, u); !slices.Equal(got, authz.Names(s[1:])) {
			t.Errorf("%s has %v, want %v", u, got, authz.Names(s[1:]))
		}
	}
}

func testUserTypeAgain(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	u := f.UserTypes[0]
	for range 2 {
		change(t, f, u, s[:2], s[2:], authz.Names(s[:2]))
	}
	if got := setOf(t, f, u); !slices.Equal(got, authz.Names(s[:2])) {
		t.Errorf("%s has %v, want %v", u, got, authz.Names(s[:2]))
	}
}

func testGrantScopes(t *testing.T, f Fixture) {
	t.Helper()
	s, l, want := scopesFor(t, f), list(t, f), holdings(t, f)
	var changes []authz.UserTypeChange
	for i, name := range f.UserTypes[:2] {
		u, _ := l.UserType(name)
		c := authz.UserTypeChange{UserType: u, Grant: s[i : i+2]}
		changes, want = append(changes, c), userTypeHoldings(f, want, c)
	}
	touched, err := f.Driver.(authz.ScopeGranter).GrantScopes(context.Background(), f.ServerID, changes)
	if err != nil {
		t.Fatalf("GrantScopes: %v", err)
	}
	wantHoldings(t, "GrantScopes", f, want)
	after := list(t, f)
	for _, is := range touched {
		if live, _ := after.Scope(is.Name); !slices.Equal(live.UserTypes, is.UserTypes) || live.Settings.Access != is.Settings.Access {
			t.Errorf("GrantScopes returned %+v, and the server has %+v", is, live)
		}
	}
	if len(touched) != 3 {
		t.Errorf("GrantScopes returned %d scopes, want 3", len(touched))
	}
}

func testLastUserType(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	granted := change(t, f, f.UserTypes[0], s[:1], nil, authz.Names(s[:1]))
	change(t, f, f.UserTypes[0], nil, granted, nil)
	live, _ := list(t, f).Scope(s[0].Name)
	if len(live.UserTypes) != 0 || live.Settings.Access != authz.AccessUserTypes {
		t.Errorf("after the last user type was revoked: access %q, user types %v", live.Settings.Access, live.UserTypes)
	}
}

func testAbsentServer(t *testing.T, f Fixture) {
	t.Helper()
	if f.Absent == "" {
		return
	}
	_, err := f.Driver.(authz.Lister).List(context.Background(), f.Absent)
	wantKind(t, "List of an absent server", err, authz.ParentNotFound)
}

func testRefused(t *testing.T, f Fixture) {
	t.Helper()
	f.Refuse()
	_, err := f.Driver.(authz.Lister).List(context.Background(), f.ServerID)
	wantKind(t, "List with refused credentials", err, authz.Denied)
}

func testDown(t *testing.T, f Fixture) {
	t.Helper()
	f.Down()
	_, err := f.Driver.(authz.Lister).List(context.Background(), f.ServerID)
	wantKind(t, "List of an unreachable server", err, authz.Unavailable)
}
