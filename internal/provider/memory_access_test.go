package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// edits changes one scope of a server.
func edits(name string, change func(*authz.Scope)) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) { memEdit(m, name, change) }
}

// adds adds scopes to a server.
func adds(scopes ...authz.Scope) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		for _, s := range scopes {
			m.AddScope(memRealm, s)
		}
	}
}

func access(a authz.Access) func(*authz.Scope) {
	return func(s *authz.Scope) { s.Settings.Access = a }
}

// hasAccess requires the access of a scope, and its user types.
func hasAccess(name string, want authz.Access, userTypes ...string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		is := liveScope(t, s.m, name)
		same(t, s.name+": access of "+name, is.Settings.Access, want)
		same(t, s.name+": user types of "+name, append([]string{}, is.UserTypes...), append([]string{}, userTypes...))
	}
}

// Each change of access is in the diff and in a warning, and is applied.
func TestMemoryAccess(t *testing.T) {
	override := func(access string) string {
		return setHCL(`{ a = "A", b = "B" }`, `overrides = { b = { access = "`+access+`" } }`)
	}
	const unguarded = `settings = { access = "unguarded" }`
	listed := setHCL(`{ a = "A", b = "B" }`, "") + typeHCL("child", "[for n in [\"a\", \"b\"] : authscopes_server_scopes.s.names[n]]", "")
	opened := setHCL(`{ a = "A", b = "B" }`, `overrides = { a = { access = "everyone" } }`) + typeHCL("child", "[authscopes_server_scopes.s.names.b]", "")
	runRows(t, memRow{name: "opened and limited", steps: []memStep{
		{config: override("user_types")},
		{
			change: edits("b", mappedTo("child", "educator")), config: override("everyone"), wrote: []string{"UpdateScope b"},
			lines: []string{setAddress + ` ~ overrides.b.access = "user_types" -> "everyone"`, setAddress + ` ~ open_scopes = [] -> ["b"]`},
			found: []found{
				finds(check.AccessOpening, "(b)", "After the apply, every user gets them", "- b"),
				finds(check.AccessUnmapped, "(b: child, b: educator)", "- b: child\n", "- b: educator"),
			},
			after: hasAccess("b", authz.AccessEveryone),
		},
		{
			config: override("user_types"), wrote: []string{"UpdateScope b"}, found: []found{finds(check.AccessClosing, "(b)", "- b")},
			lines: []string{setAddress + ` ~ overrides.b.access = "everyone" -> "user_types"`, setAddress + ` ~ open_scopes = ["b"] -> []`},
		},
	}}, memRow{name: "new scopes", steps: []memStep{{
		config: override("everyone"), found: []found{finds(check.AccessCreatedOpen, "(b)", "every user gets them", "- b")},
		after: func(t *testing.T, s *memServed) {
			t.Helper()
			hasAccess("a", authz.AccessUserTypes)(t, s)
			hasAccess("b", authz.AccessEveryone)(t, s)
			same(t, "open_scopes", tftest.JSONText(s.state(setAddress)["open_scopes"]), `["b"]`)
		},
	}}}, memRow{name: "unguarded", server: adds(scopeOf("a", unguardedScope, mappedTo("child"))), steps: []memStep{
		{
			config: setHCL(`{ a = "A" }`, unguarded) + importSet, found: []found{finds(check.AccessUnguarded, "(a)")}, lines: nothing, wrote: nothing,
			after: hasAccess("a", authz.AccessUnguarded, "child"),
		},
		// A change of another attribute keeps it unguarded.
		{
			config: setHCL(`{ a = "changed" }`, unguarded), found: []found{finds(check.AccessUnguarded, "(a)")}, wrote: []string{"UpdateScope a"},
			after: hasAccess("a", authz.AccessUnguarded, "child"),
		},
		// A guard is no drift.
		{change: edits("a", access(authz.AccessUserTypes)), lines: nothing},
		// The access user_types guards it.
		{change: edits("a", access(authz.AccessUnguarded)), config: setHCL(`{ a = "changed" }`, ""), wrote: []string{"UpdateScope a"}},
	}}, memRow{name: "unguarded outside Terraform", steps: []memStep{
		{config: setHCL(`{ a = "A" }`, "") + typeHCL("child", "[authscopes_server_scopes.s.names.a]", "")},
		{
			change: edits("a", access(authz.AccessUnguarded)), wrote: []string{"UpdateScope a"},
			lines: []string{setAddress + ` - overrides = {"a":{"access":"unguarded"}}`},
		},
	}}, memRow{name: "a new scope under a shared unguarded", server: adds(scopeOf("old", unguardedScope, mappedTo("child"))), steps: []memStep{
		{config: setHCL(`{ old = "OLD" }`, unguarded) + importSet, found: []found{finds(check.AccessUnguarded)}},
		{
			config: setHCL(`{ old = "OLD", new = "NEW" }`, unguarded), found: []found{finds(check.AccessUnguarded)}, wrote: []string{"CreateScope new"},
			lines: []string{setAddress + ` + scopes.new = "NEW"`, setAddress + ` + names.new = "new"`, setAddress + ` + ids.new = "(unknown)"`},
			after: func(t *testing.T, s *memServed) {
				t.Helper()
				hasAccess("old", authz.AccessUnguarded, "child")(t, s)
				hasAccess("new", authz.AccessUserTypes)(t, s)
			},
		},
	}}, memRow{name: "granted, then open, then granted", steps: []memStep{
		{config: listed},
		{
			config: opened, found: []found{finds(check.AccessOpening, "(a)"), finds(check.AccessUnmapped, "(a: child)")},
			after: hasAccess("a", authz.AccessEveryone),
		},
		{config: listed, found: []found{finds(check.AccessClosing, "(a)"), finds(check.GrantsLimit, "(a)")}, after: hasAccess("a", authz.AccessUserTypes, "child")},
	}}, memRow{name: "limited by another state", steps: []memStep{
		{config: setHCL(`{ a = "A" }`, `settings = { access = "everyone" }`), found: []found{finds(check.AccessCreatedOpen)}},
		{
			change: edits("a", func(s *authz.Scope) { s.Settings.Access, s.UserTypes = authz.AccessUserTypes, []string{"child"} }),
			found:  []found{finds(check.AccessOpening, "(a)"), finds(check.AccessUnmapped, "(a: child)")},
			lines:  []string{setAddress + ` ~ open_scopes = [] -> ["a"]`, setAddress + ` - overrides = {"a":{"access":"user_types"}}`},
		},
	}}, memRow{name: "a set whose changes are ignored", steps: []memStep{
		{config: setHCL(`{ a = "A" }`, "lifecycle {\n    ignore_changes = all\n  }")},
		{
			// The plan ignores the line of a scope that was created outside Terraform, and its
			// access is still undecided: it does not stay open.
			change: adds(scopeOf("hand", openScope)), found: []found{finds(check.AccessClosing, "(hand)"), finds(check.AdoptionAdopted)},
			after: hasAccess("hand", authz.AccessUserTypes),
		},
	}}, memRow{name: "imported, and limited", server: mixed, steps: []memStep{
		{
			config: importedHCL(`settings = { access = "user_types" }`), after: hasAccess("open", authz.AccessUserTypes),
			found: []found{finds(check.AccessClosing, "(open)")},
		},
		{config: importedHCL("")},
		// A scope that this provider limited and that was opened outside Terraform is limited
		// again, also if the configuration has no access.
		{
			change: edits("a", openScope), found: []found{finds(check.AccessClosing, "(a)")},
			lines: []string{setAddress + ` - overrides = {"a":{"access":"everyone"}}`, setAddress + ` ~ open_scopes = ["a"] -> []`},
		},
	}}, memRow{name: "adopted, and limited", server: adds(scopeOf("a", openScope)), steps: []memStep{{
		config: setHCL(`{ a = null, b = null }`, `overrides = { a = { access = "user_types" } }`),
		found:  []found{finds(check.AccessClosing, "(a)"), finds(check.AdoptionFound, "Create of 1 existing scope in ", ", 1 of them changed")},
	}}}, memRow{name: "opened outside Terraform, and configured later", steps: []memStep{
		{config: setHCL(`{ a = "A" }`, "")},
		{
			change: adds(scopeOf("b", openScope)), config: setHCL(`{ a = "A", b = "B" }`, `overrides = { b = { access = "everyone" } }`), wrote: nothing,
			found: []found{finds(check.AdoptionAdopted, "(b)")},
		},
	}}, memRow{name: "one imported open scope", server: adds(scopeOf("a", openScope)), steps: []memStep{
		{config: singleHCL(`"a"`, "description = \"A\"\nsettings = { access = \"everyone\" }") + importOne("a"), wrote: nothing},
		{config: singleHCL(`"a"`, "description = \"A\"\nsettings = { access = \"user_types\" }"), found: []found{finds(check.AccessClosing, "(a)")}},
		{config: singleHCL(`"a"`, "description = \"A\"\n")},
		{
			change: edits("a", openScope), found: []found{finds(check.AccessClosing, "(a)")},
			lines: []string{singleAddress + ` ~ settings.access = "everyone" -> "user_types"`},
		},
	}}, memRow{name: "built-in scopes", server: adds(builtInScope("profile"), builtInScope("email")), steps: []memStep{
		{config: setHCL(`{ a = "A" }`, "")},
		{change: edits("email", func(s *authz.Scope) { s.Description = "by hand" }), lines: nothing},
		{
			config: setHCL(`{ a = "A", profile = "changed" }`, "allow_built_in = true\noverrides = { profile = { access = \"everyone\" } }"),
			wrote:  []string{"UpdateScope profile"}, found: []found{finds(check.AdoptionAdopted)},
		},
		// A scope that is no longer configured is removed from state only.
		{config: setHCL(`{ a = "A" }`, ""), wrote: nothing, found: []found{finds(check.GlobsRelease)}},
		{
			config: setHCL(`{ a = "A", profile = "changed" }`, "allow_built_in = true\noverrides = { profile = { access = \"everyone\" } }"),
			found:  []found{finds(check.AdoptionAdopted)},
		},
		// Nor does a destroy delete it.
		{config: noResources, wrote: []string{"DeleteScope a"}},
	}}, memRow{name: "one built-in scope", server: adds(builtInScope("profile")), steps: []memStep{
		{
			config: singleHCL(`"profile"`, "description = \"changed\"\nallow_built_in = true\nsettings = { access = \"everyone\" }") + importOne("profile"),
			wrote:  []string{"UpdateScope profile"},
		},
		{config: noResources, wrote: nothing, after: func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, "description", liveScope(t, s.m, "profile").Description, "changed")
		}},
	}})
}

func builtInScope(name string, change ...func(*authz.Scope)) authz.Scope {
	return scopeOf(name, append([]func(*authz.Scope){openScope, func(s *authz.Scope) { s.BuiltIn = true }}, change...)...)
}

// importOne is the import block of a single scope.
func importOne(id string) string {
	return "import {\n  to = authscopes_server_scope.one\n  id = " + quoted(id) + "\n}\n"
}

// importedHCL is the set of mixed, with its import block.
func importedHCL(more string) string {
	return setHCL(`{ a = "A", b = null, c = "C", d = "D", open = "OPEN", bare = "BARE" }`, more) + importSet
}
