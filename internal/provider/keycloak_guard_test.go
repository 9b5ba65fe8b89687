package provider

import (
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// guarded returns a realm with scopes of every kind: a and b for educators, b also for children,
// c for no user type, o for everyone.
func guarded(t *testing.T) (*lab, *binary) {
	t.Helper()
	l := newLab(t, "educator", "child")
	b := newBinary(t)
	b.config(l.guardedConfig())
	born := []string{messagestest.Summary(check.AccessCreatedOpen), "(o)"}
	b.apply().ok().warns(born, born) // by the plan, and again before the write
	l.proxy.Reset()
	return l, b
}

func (l *lab) guardedConfig(more ...string) string {
	scopes := map[string]string{"a": "A", "b": "B", "c": "C", "o": "O"}
	for _, name := range more {
		scopes[name] = strings.ToUpper(name)
	}
	return l.config(scopesHCL(scopes, `overrides = { o = { access = "everyone" } }`),
		userTypeHCL("educator", "a", "b"), userTypeHCL("child", "b"))
}

func (l *lab) roles() map[string][]string {
	l.t.Helper()
	roles := map[string][]string{}
	for _, s := range l.Scopes(l.t) {
		if len(s.Name) == 1 {
			roles[s.Name] = l.ScopeRoles(l.t, s.Name)
		}
	}
	return roles
}

var guardedRoles = map[string][]string{
	"a": {guardRole, "educator"}, "b": {guardRole, "child", "educator"}, "c": {guardRole}, "o": {},
}

func TestAccKeycloakGuardGone(t *testing.T) {
	l, b := guarded(t)
	same(t, "mappings", l.roles(), guardedRoles)

	l.UnmapRoles(t, "b", guardRole)
	b.plan().ends(2)
	b.requireChanges(`
		server_scopes.s update
		  - overrides.b.access = "unguarded"
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)

	// Deleting the role deletes its mappings: c is open, a and b are unguarded.
	l.DeleteRole(t, guardRole)
	b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit), "(c)"},
		[]string{"The guard role", "is gone: limited scopes are open to everyone (1)", `now: "c"`, `revoked: "a", "b"`})
	b.requireChanges(`
		server_scopes.s update
		  - open_scopes[c] = there
		  - overrides.a.access = "unguarded"
		  - overrides.b.access = "unguarded"
		  - overrides.c.access = "everyone"
	`)
	// With a new scope in the same run, what is open is closed first.
	b.config(l.guardedConfig("d"))
	b.plan().ends(2)
	l.proxy.Reset()
	b.apply("plan").ok()
	writes := l.writes()
	if len(writes) < 3 || writes[0] != "POST roles "+guardRole || writes[1] != "POST client-scopes/c/scope-mappings/realm "+guardRole ||
		writes[2] != "POST client-scopes d" {
		t.Errorf("the guard is not made and mapped again first: %q", writes)
	}
	want := map[string][]string{"d": {guardRole}}
	for name, roles := range guardedRoles {
		want[name] = roles
	}
	same(t, "mappings", l.roles(), want)
	same(t, "the guard's attribute", l.Role(t, guardRole).Attributes, map[string][]string{"authscopes.guard": {"true"}})
	b.plan().ends(0).warns()
}

// A client role that every user has opens a scope as a realm role does, and less
// is needed to map it: manage-clients alone.
func TestAccKeycloakReachedByClientRole(t *testing.T) {
	l, b := guarded(t)
	app, eve := l.CreatePublicClient(t, "app"), l.CreateUser(t, "eve")
	l.AddClientScope(t, app, "c", "optional")
	l.MapClientRole(t, "c", "account", "view-profile")
	if got := l.UserScopes(t, app, eve, "c"); !slices.Contains(got, "c") {
		t.Errorf("Keycloak does not give c to everyone: %q", got)
	}
	b.config(l.guardedConfig(), `data "authscopes_drift" "d" {
			scopes    = { a = "A", b = "B", c = "C", o = "O" }
			overrides = { o = { access = "everyone" } }
		}
		data "authscopes_access_matrix" "m" {}
		output "everyone" { value = { drift = data.authscopes_drift.d.open_scopes, matrix = data.authscopes_access_matrix.m.everyone } }`)
	warning := []string{messagestest.Summary(check.AccessHeldByEveryone), "(c: client/account/view-profile)", messagestest.Summary(check.AccessHeldByEveryone)}
	b.plan().warns(warning)
	b.apply("plan").ok()
	same(t, "everyone", b.output("everyone"), map[string]any{"drift": []any{"c"}, "matrix": []any{"c", "o"}})
	l.UnmapClientRole(t, "c", "account", "view-profile")
	b.config(l.guardedConfig())
	b.plan().warns()
}

// The recorded access of a scope is an attribute that everyone who manages scopes can write.
// Changing it opens nothing, and an opened scope is limited again.
func TestAccKeycloakForgedAccess(t *testing.T) {
	l, b := guarded(t)
	for _, forged := range []string{"everyone", "unguarded", "user_types", "", `{"a": [1]}` + "\n\x1b[2J"} {
		l.UpdateScope(t, "a", map[string]any{"attributes": map[string]string{"authscopes.access": forged}})
		l.UpdateScope(t, "c", map[string]any{"attributes": map[string]string{"authscopes.access": forged}})
		l.UnmapRoles(t, "c", guardRole)
		b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit), "(c)"})
		b.apply("plan").ok()
		same(t, forged, l.roles(), guardedRoles)
		b.plan().ends(0)
	}
}

// A limited scope is renamed, and an open one gets its name: the plan reports both, and the name
// is limited again.
func TestAccKeycloakNameTakenByOpenScope(t *testing.T) {
	l, b := guarded(t)
	l.RenameScope(t, "c", "x")
	l.CreateScope(t, keycloak.ClientScope{Name: "c", Protocol: "openid-connect", Attributes: map[string]string{"authscopes.access": "everyone"}})
	b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit), "(c)"})
	b.requireChanges(`
		server_scopes.s update
		  - open_scopes[c] = there
		  - overrides.c.access = "everyone"
		  ~ scopes.c = null -> "C"
		  - scopes.x = "C"
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	b.plan().ends(0)
}

// While a user holds the guard role, in whatever way, nothing is written.
func TestAccKeycloakGuardHeld(t *testing.T) {
	l, b := guarded(t)
	u := l.CreateUser(t, "eve")
	sa := l.ServiceAccountUser(t, l.CreateServiceAccount(t, "robot"))
	g := l.CreateGroup(t, "all")
	for _, c := range []struct {
		name     string
		do, undo func()
		says     string
	}{
		{
			"composite", func() { l.AddComposites(t, guardRole, "child") }, func() { l.RemoveComposites(t, guardRole, "child") },
			"is composite",
		},
		{
			"in default roles", func() { l.AddComposites(t, l.DefaultRole(), guardRole) }, func() { l.RemoveComposites(t, l.DefaultRole(), guardRole) },
			"is inside other roles: \"" + l.DefaultRole() + "\"",
		},
		{
			"in another role", func() { l.AddComposites(t, "child", guardRole) },
			func() { l.RemoveComposites(t, "child", guardRole) }, "is inside other roles: \"child\"",
		},
		{"held by a user", func() { l.GrantRoles(t, u, guardRole) }, func() { l.RevokeRoles(t, u, guardRole) }, "is held by users"},
		{"held by a service account", func() { l.GrantRoles(t, sa, guardRole) }, func() { l.RevokeRoles(t, sa, guardRole) }, "is held by users"},
		{"held by a group", func() { l.GrantGroupRoles(t, g, guardRole) }, func() { l.RevokeGroupRoles(t, g, guardRole) }, "is held by groups"},
	} {
		c.do()
		l.UpdateScope(t, "c", map[string]any{"description": c.name})
		plan := b.plan().ends(2)
		b.requireChanges("server_scopes.s update\n  ~ scopes.c = \"" + c.name + "\" -> \"C\"\n")
		told := [][]string{{`The guard role "` + guardRole + `" ` + c.says, "limited to user types"}}
		if c.name == "in default roles" {
			told = append(told, []string{messagestest.Summary(check.AccessGuardHeld), "(a, b, c)"})
		}
		plan.warns(told...)
		l.proxy.Reset()
		b.apply("plan").fails([]string{"Cannot write all scopes", "Nothing was written", c.says})
		same(t, c.name+": writes", l.writes(), nil)
		c.undo()
	}
	b.apply().ok()
	b.plan().ends(0).warns()
}

// A renamed guard role is found by its attribute and still limits.
func TestAccKeycloakGuardRenamed(t *testing.T) {
	l, b := guarded(t)
	l.RenameRole(t, guardRole, "a-guard")
	b.plan().ends(0).warns()
	b.config(l.guardedConfig("d"))
	b.apply().ok()
	same(t, "roles of the new scope", l.ScopeRoles(t, "d"), []string{"a-guard"})
	if _, found := l.FindRole(t, guardRole); found {
		t.Error("a second guard was made")
	}
	b.plan().ends(0)
}

// A role that has the guard's name and is not the guard is not used.
func TestAccKeycloakGuardNameTaken(t *testing.T) {
	l := newLab(t, guardRole)
	b := newBinary(t)
	b.config(l.config(scopesHCL(map[string]string{"a": "A"})))
	b.apply().fails([]string{"exists and is not the guard role of this provider", "guard_role"})
	same(t, "writes", l.writes(), nil)
	b.config(providerBlock(l.admin(`guard_role = "keeper"`)), scopesHCL(map[string]string{"a": "A"}))
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "a"), []string{"keeper"})
	b.plan().ends(0)
}

// A guard role without its attribute is not recognized, and still limits: nothing is written, and
// no scope is reported as open.
func TestAccKeycloakGuardAttributeLost(t *testing.T) {
	l, b := guarded(t)
	l.UpdateRole(t, guardRole, map[string]any{"attributes": map[string][]string{}})
	b.plan().ends(2).warns([]string{"exists and is not the guard role of this provider", "authscopes.guard with the value true"})
	l.proxy.Reset()
	b.apply("plan").fails([]string{"Nothing was written", "exists and is not the guard role"})
	same(t, "writes", l.writes(), nil)
	l.UpdateRole(t, guardRole, map[string]any{"attributes": map[string][]string{"authscopes.guard": {"true"}}})
	b.apply().ok()
	b.plan().ends(0).warns()
}

// Removing one of two user types leaves the other: the DELETE says which.
func TestAccKeycloakOneOfTwoUserTypes(t *testing.T) {
	l, b := guarded(t)
	b.config(l.config(scopesHCL(map[string]string{"a": "A", "b": "B", "c": "C", "o": "O"}, `overrides = { o = { access = "everyone" } }`),
		userTypeHCL("educator", "a"), userTypeHCL("child", "b")))
	b.plan().ends(2)
	b.requireChanges(`
		user_type_scopes.educator update
		  - scopes[b] = there
	`)
	l.proxy.Reset()
	b.apply("plan").ok()
	same(t, "writes", l.writes(), []string{
		"POST client-scopes/b/scope-mappings/realm " + guardRole,
		"DELETE client-scopes/b/scope-mappings/realm educator",
		"POST client-scopes/b/scope-mappings/realm " + guardRole,
	})
	same(t, "roles of b", l.ScopeRoles(t, "b"), []string{guardRole, "child"})

	// The last scope, too: b then has no user type.
	b.config(l.config(scopesHCL(map[string]string{"a": "A", "b": "B", "c": "C", "o": "O"}, `overrides = { o = { access = "everyone" } }`),
		userTypeHCL("educator", "a")))
	b.apply().ok()
	same(t, "roles of b", l.ScopeRoles(t, "b"), []string{guardRole})
	b.plan().ends(0)
}

// Every request of every change is followed by tokens: a user of no type never
// gets a scope that is limited, at no moment.
func TestAccKeycloakNeverOpenInBetween(t *testing.T) {
	l, b := guarded(t)
	nora := l.CreateUser(t, "nora")
	app := l.CreatePublicClient(t, "app")
	for _, name := range []string{"a", "b", "c"} {
		l.AddClientScope(t, app, name, keycloak.AssignedDefault)
	}
	var gets []string
	checked := 0
	l.watch(func(request string) {
		token, err := l.Token(t.Context(), keycloak.PasswordForm(app, nora))
		if err != nil {
			gets = append(gets, err.Error())
			return
		}
		checked++
		scopes, err := token.Scopes()
		for _, limited := range []string{"a", "b", "c"} {
			if err != nil || slices.Contains(scopes, limited) {
				gets = append(gets, request+": "+limited)
			}
		}
	})
	all := map[string]string{"a": "A", "b": "B", "c": "C", "o": "O"}
	open := `overrides = { o = { access = "everyone" } }`
	for _, config := range []string{
		scopesHCL(all, open) + userTypeHCL("educator", "c") + userTypeHCL("child", "a"), // all change places
		scopesHCL(all, open), // no user type any more
		scopesHCL(all, open) + userTypeHCL("educator", "a", "b", "c"),                                // all at once
		scopesHCL(all) + userTypeHCL("child", "a", "b", "c"),                                         // another type
		scopesHCL(map[string]string{"b": "B", "c": "C", "o": "O"}, open) + userTypeHCL("child", "c"), // and one scope gone
	} {
		b.config(l.config(config))
		b.apply().ok()
	}
	if checked < 10 {
		t.Errorf("only %d writes were watched", checked)
	}
	same(t, "what a user of no type got", gets, nil)
}

// Reports show the scopes that a held guard role opens. Otherwise they would state that all is as
// defined, and a warning fails no nightly check.
func TestAccKeycloakGuardHeldIsReported(t *testing.T) {
	l, b := guarded(t)
	app := l.CreatePublicClient(t, "app")
	for _, name := range []string{"a", "b", "c"} {
		l.AddClientScope(t, app, name, "default")
	}
	anybody := l.CreateUser(t, "anybody")
	eve := l.CreateUser(t, "eve")
	b.config(l.config(driftHCL(`{ a = "A", b = "B", c = "C", o = "O" }`, `overrides = { o = { access = "everyone" } }`,
		`user_types = { educator = ["a", "b"], child = ["b"] }`),
		`output "d" { value = data.authscopes_drift.d }`, matrixHCL()))
	for _, c := range []struct {
		name     string
		do, undo func()
		everyone string
	}{
		{"nobody", func() {}, func() {}, `["o"]`},
		{"everyone", func() { l.AddComposites(t, l.DefaultRole(), guardRole) }, func() { l.RemoveComposites(t, l.DefaultRole(), guardRole) }, `["a","b","c","o"]`},
		{"who has another role", func() { l.AddComposites(t, "child", guardRole) }, func() { l.RemoveComposites(t, "child", guardRole) }, `["o"]`},
		{"a user", func() { l.GrantRoles(t, eve, guardRole) }, func() { l.RevokeRoles(t, eve, guardRole) }, `["o"]`},
	} {
		c.do()
		b.apply("-target=data.authscopes_drift.d", "-target=data.authscopes_access_matrix.m").ok()
		drift, matrix := b.output("d"), b.output("m")
		same(t, c.name+": in sync", drift["in_sync"], any(c.name == "nobody"))
		same(t, c.name+": everyone, by the matrix", tftest.JSONText(matrix["everyone"]), c.everyone)
		same(t, c.name+": everyone, by a token", tftest.JSONText(append(ownScopes(keycloak.TokenScopes(t, l.PasswordToken(t, app, anybody))), "o")), c.everyone)
		for what, report := range map[string]any{"drift": drift["report"], "matrix": matrix["markdown"]} {
			if told := strings.Contains(report.(string), "### Fix first"); told == (c.name == "nobody") {
				t.Errorf("%s: the report of the %s tells of the guard: %t", c.name, what, told)
			}
		}
		c.undo()
	}
}
