package provider

import (
	"fmt"
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
	b := newAttached(t)
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
	return l.config(tftest.ScopesHCL(scopes, `overrides = { o = { access = "everyone" } }`),
		tftest.UserTypeHCL("educator", "a", "b"), tftest.UserTypeHCL("child", "b"))
}

func (l *lab) roles() map[string][]string {
	l.t.Helper()
	roles := map[string][]string{}
	for _, s := range l.Scopes(l.t) {
		if len(s.Name) == 1 {
			roles[s.Name] = l.RolesOf(l.t, s)
		}
	}
	return roles
}

var guardedRoles = map[string][]string{
	"a": {guardRole, "educator"}, "b": {guardRole, "child", "educator"}, "c": {guardRole}, "o": {},
}

// A guard role that is deleted is created and mapped again before anything else. One that is renamed
// is found by its attribute. Without the attribute it is not recognized, and still limits: nothing is
// written, and no scope is reported as open.
func TestAccKeycloakGuardLost(t *testing.T) {
	l, b := guarded(t)
	same(t, "mappings", l.roles(), guardedRoles)

	l.UnmapRoles(t, "b", guardRole)
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_server_scopes.s - overrides.b = {"access":"unguarded"}
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)

	// Deleting the role deletes its mappings: c is open, a and b are unguarded.
	l.DeleteRole(t, guardRole)
	b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit), "(c)"},
		[]string{"Guard role missing: 1 limited scope in ", "open to everyone (c)", `now: "c"`, `revoked: "a", "b"`})
	b.requireChanges(`
		authscopes_server_scopes.s ~ open_scopes = ["c","o"] -> ["o"]
		authscopes_server_scopes.s - overrides.a = {"access":"unguarded"}
		authscopes_server_scopes.s - overrides.b = {"access":"unguarded"}
		authscopes_server_scopes.s - overrides.c = {"access":"everyone"}
	`)
	// With a new scope in the same run, what is open is closed first.
	b.config(l.guardedConfig("d"))
	l.proxy.Reset()
	b.apply().ok()
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
	guard := map[string][]string{"authscopes.guard": {"true"}}
	same(t, "the guard's attribute", l.Role(t, guardRole).Attributes, guard)

	l.UpdateRole(t, guardRole, map[string]any{"attributes": map[string][]string{}})
	b.plan().ends(2).warns([]string{"exists and is not the guard role", "set its attribute authscopes.guard to true"})
	l.proxy.Reset()
	b.apply("plan").fails([]string{"Nothing was written", "exists and is not the guard role"})
	same(t, "writes", l.writes(), nil)
	l.UpdateRole(t, guardRole, map[string]any{"attributes": guard})

	l.RenameRole(t, guardRole, "a-guard")
	b.config(l.guardedConfig("d", "e"))
	b.apply().ok()
	same(t, "roles of the new scope", l.ScopeRoles(t, "e"), []string{"a-guard"})
	if _, found := l.FindRole(t, guardRole); found {
		t.Error("a second guard was made")
	}
	b.plan().ends(0).warns()
}

// Every request of every change is followed by tokens: a user of no type never gets a scope that is
// limited, at no moment. But a client role that every user has opens a scope as a realm role does, and less
// is needed to map it: manage-clients alone.
func TestAccKeycloakNeverOpenInBetween(t *testing.T) {
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

	nora := l.CreateUser(t, "nora")
	l.RemoveClientScope(t, app, "c", "optional")
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
		tftest.ScopesHCL(all, open) + tftest.UserTypeHCL("educator", "c") + tftest.UserTypeHCL("child", "a"), // all change places
		tftest.ScopesHCL(all, open), // no user type any more
		tftest.ScopesHCL(all, open) + tftest.UserTypeHCL("educator", "a", "b", "c"),                                // all at once
		tftest.ScopesHCL(all) + tftest.UserTypeHCL("child", "a", "b", "c"),                                         // another type
		tftest.ScopesHCL(map[string]string{"b": "B", "c": "C", "o": "O"}, open) + tftest.UserTypeHCL("child", "c"), // and one scope gone
	} {
		b.config(l.config(config))
		b.apply().ok()
	}
	if checked < 10 {
		t.Errorf("only %d writes were watched", checked)
	}
	same(t, "what a user of no type got", gets, nil)
}

// The recorded access of a scope is an attribute that everyone who manages scopes can write.
// Changing it opens nothing, and an opened scope is limited again.
func TestAccKeycloakForgedAccess(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	b.config(l.config(tftest.CapitalsHCL("a b c d e m n p q r"), tftest.UserTypeHCL("educator", "a", "b", "c", "d", "e")))
	b.apply().ok()
	before := l.roles()
	for i, forged := range []string{"everyone", "unguarded", "user_types", "", `{"a": [1]}` + "\n\x1b[2J"} {
		granted, opened := string("abcde"[i]), string("mnpqr"[i])
		l.set(granted, "authscopes.access", forged)()
		l.set(opened, "authscopes.access", forged)()
		l.UnmapRoles(t, opened, guardRole)
	}
	b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit)})
	b.requireChanges(fmt.Sprintf(`
		authscopes_server_scopes.s ~ open_scopes = ["m","n","p","q","r"] -> []
		authscopes_server_scopes.s - overrides = {"a":{"access":"unguarded"},"m":%[1]s,"n":%[1]s,"p":%[1]s,"q":%[1]s,"r":%[1]s}
	`, `{"access":"everyone"}`))
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), before)
	b.plan().ends(0).warns()

	// A limited scope is renamed, and an open one gets its name: the plan reports both.
	l.RenameScope(t, "m", "x")
	l.CreateScope(t, keycloak.ClientScope{Name: "m", Protocol: "openid-connect", Attributes: map[string]string{"authscopes.access": "everyone"}})
	b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit), "(m)"})
	b.requireChanges(`
		authscopes_server_scopes.s ~ open_scopes = ["m"] -> []
		authscopes_server_scopes.s - overrides = {"m":{"access":"everyone"}}
		authscopes_server_scopes.s + scopes.m = "M"
		authscopes_server_scopes.s - scopes.x = "M"
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), before)
	b.plan().ends(0)
}

// While a user holds the guard role, in whatever way, nothing is written. Reports show the scopes that
// it opens: otherwise they would state that all is as defined, and a warning fails no nightly check.
func TestAccKeycloakGuardHeld(t *testing.T) {
	l, b := guarded(t)
	u, anybody := l.CreateUser(t, "eve"), l.CreateUser(t, "anybody")
	sa := l.ServiceAccountUser(t, l.CreateServiceAccount(t, "robot"))
	g := l.CreateGroup(t, "all")
	app := l.CreatePublicClient(t, "app")
	for _, name := range []string{"a", "b", "c"} {
		l.AddClientScope(t, app, name, "default")
	}
	report := newAttached(t)
	report.config(l.config(driftHCL(`{ a = "A", b = "B", c = "C", o = "O" }`, `overrides = { o = { access = "everyone" } }`,
		`user_types = { educator = ["a", "b"], child = ["b"] }`), `output "d" { value = data.authscopes_drift.d }`, matrixHCL()))
	const open, limited = `["a","b","c","o"]`, `["o"]`
	reports := func(when string, held bool, everyone string) {
		t.Helper()
		report.apply().ok()
		drift, matrix := report.output("d"), report.output("m")
		same(t, when+": everyone, by the matrix", tftest.JSONText(matrix["everyone"]), everyone)
		same(t, when+": everyone, by a token", tftest.JSONText(append(ownScopes(keycloak.TokenScopes(t, l.PasswordToken(t, app, anybody))), "o")), everyone)
		for what, text := range map[string]any{"drift": drift["report"], "matrix": matrix["markdown"]} {
			if listed := strings.Contains(text.(string), "### Fix first"); listed != held || drift["in_sync"] != !held {
				t.Errorf("%s: the report of the %s lists the guard role: %t, in sync: %v", when, what, listed, drift["in_sync"])
			}
		}
	}
	for _, c := range []struct {
		name     string
		do, undo func()
		says     string
		subject  string // of the warning
		everyone string // by the reports; "" where they are not read
	}{
		{
			"composite", func() { l.AddComposites(t, guardRole, "child") }, func() { l.RemoveComposites(t, guardRole, "child") },
			"is composite", guardRole, "",
		},
		{
			"in default roles", func() { l.AddComposites(t, l.DefaultRole(), guardRole) }, func() { l.RemoveComposites(t, l.DefaultRole(), guardRole) },
			"is inside 1 other role", "(" + l.DefaultRole() + ")", open,
		},
		{
			"in another role", func() { l.AddComposites(t, "child", guardRole) },
			func() { l.RemoveComposites(t, "child", guardRole) }, "is inside 1 other role", "(child)", limited,
		},
		{"held by a user", func() { l.GrantRoles(t, u, guardRole) }, func() { l.RevokeRoles(t, u, guardRole) }, "is assigned to 1 user", "(eve)", limited},
		{
			"held by a service account", func() { l.GrantRoles(t, sa, guardRole) }, func() { l.RevokeRoles(t, sa, guardRole) },
			"is assigned to 1 user", "(service-account-robot)", "",
		},
		{"held by a group", func() { l.GrantGroupRoles(t, g, guardRole) }, func() { l.RevokeGroupRoles(t, g, guardRole) }, "is assigned to 1 group", "(/all)", ""},
	} {
		c.do()
		l.UpdateScope(t, "c", map[string]any{"description": c.name})
		plan := b.plan().ends(2)
		b.requireChanges(`authscopes_server_scopes.s ~ scopes.c = "` + c.name + `" -> "C"`)
		expected := [][]string{{"The guard role ", c.says, "every limited scope", c.subject}}
		if c.name == "in default roles" {
			expected = append(expected, []string{messagestest.Summary(check.AccessGuardHeld), "(a, b, c)"})
		}
		plan.warns(expected...)
		l.proxy.Reset()
		b.apply("plan").fails([]string{"Cannot write all scopes", "Nothing was written", c.says})
		same(t, c.name+": writes", l.writes(), nil)
		if c.everyone != "" {
			reports(c.name, true, c.everyone)
		}
		c.undo()
	}
	b.apply().ok()
	b.plan().ends(0).warns()
	reports("no holder", false, limited)
}
