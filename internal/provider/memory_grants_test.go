package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const grantsAddress = "authscopes_server_grants.g"

// grantsHCL is an authscopes_server_grants "g"; more are further lines.
func grantsHCL(userTypes, more string) string {
	return tftest.ResourceHCL("server_grants", "g", "user_types = "+userTypes, more)
}

const grantsImport = "import {\n  to = authscopes_server_grants.g\n  id = \"memory\"\n}\n"

// grantsServer has the scopes a, b and c, and the user types child, educator and parent.
func grantsServer(m *drivertest.Memory) {
	threeScopes(m)
	m.AddUserType(memRealm, authz.UserType{Name: "parent"})
}

func setOfNames(names ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(names))
	for i, n := range names {
		checks[i] = knownvalue.StringExact(n)
	}
	return knownvalue.SetExact(checks)
}

func TestMemoryServerGrants(t *testing.T) {
	g := func(lines ...string) []string {
		for i := range lines {
			lines[i] = grantsAddress + " " + lines[i]
		}
		return lines
	}
	one := grantsHCL(`{ educator = ["a"] }`, "")
	ignored := func(more ...string) string {
		return grantsHCL(`{ educator = ["a"] }`, strings.Join(append([]string{`ignore = ["legacy:*"]`}, more...), "\n"))
	}
	userTypes := func(want string) func(*testing.T, *memServed) {
		return func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, s.name, tftest.JSONText(s.state(grantsAddress)["user_types"]), want)
		}
	}
	runRows(t, memRow{name: "lifecycle", server: grantsServer, steps: []memStep{
		{config: grantsHCL(`{ educator = ["a", "b"], child = ["b"], parent = [] }`, ""), after: userTypes(`{"child":["b"],"educator":["a","b"],"parent":[]}`)},
		{
			config: grantsHCL(`{ educator = ["c"], child = ["a", "b"], parent = [] }`, ""),
			lines:  g(`~ user_types.child = ["b"] -> ["a","b"]`, `~ user_types.educator = ["a","b"] -> ["c"]`),
		},
		// An entry that is removed and an entry that becomes empty mean the same.
		{
			config: grantsHCL(`{ educator = [], parent = ["a"] }`, ""),
			lines:  g(`- user_types.child = ["a","b"]`, `~ user_types.educator = ["c"] -> []`, `~ user_types.parent = [] -> ["a"]`),
		},
		{config: noResources, after: all(granted("educator"), granted("child"), granted("parent"), hasAccess("a", authz.AccessUserTypes))},
	}}, memRow{name: "foreign holders", server: grantsServer, steps: []memStep{
		{config: one},
		{
			change: func(m *drivertest.Memory) {
				memEdit(m, "b", mappedTo("parent"))
				memEdit(m, "c", mappedTo("educator", "parent"))
			}, wrote: []string{"ChangeUserType educator", "ChangeUserType parent"}, after: all(granted("parent"), granted("educator", "a")),
			lines: g(`- user_types.parent = ["b","c"]`, `~ user_types.educator = ["a","c"] -> ["a"]`),
		},
		// A grant that was added after the plan is not revoked.
		{
			config: grantsHCL(`{ educator = ["a", "b"] }`, ""), between: edits("c", mappedTo("parent")),
			wrote: []string{"ChangeUserType educator"}, after: granted("parent", "c"),
		},
		{lines: g(`- user_types.parent = ["c"]`)},
		{change: edits("a", mappedTo()), lines: g(`~ user_types.educator = ["b"] -> ["a","b"]`)},
		{
			change: func(m *drivertest.Memory) { memEdit(m, "a", mappedTo()); memEdit(m, "b", mappedTo()) }, lines: g(`+ user_types.educator = ["a","b"]`),
			after: granted("educator", "a", "b"),
		},
	}}, memRow{name: "imported", server: func(m *drivertest.Memory) {
		grantsServer(m)
		memEdit(m, "a", mappedTo("parent"))
		memEdit(m, "b", mappedTo("educator"))
	}, steps: []memStep{{
		config: grantsHCL(`{ educator = ["b", "c"] }`, "") + grantsImport, lines: g(`- user_types.parent = ["a"]`, `~ user_types.educator = ["b"] -> ["b","c"]`),
		after: all(granted("parent"), granted("educator", "b", "c")),
	}}}, memRow{
		name: "adopted as they are", server: func(m *drivertest.Memory) { grantsServer(m); memEdit(m, "a", mappedTo("educator", "parent")) },
		steps: []memStep{{config: grantsHCL(`{ educator = ["a"], parent = ["a"] }`, ""), wrote: nothing}},
	}, memRow{name: "globs", server: func(m *drivertest.Memory) {
		grantsServer(m)
		m.AddUserType(memRealm, authz.UserType{Name: "guard", Everyone: true, Guard: true})
		m.AddScope(memRealm, scopeOf("legacy:a", mappedTo("educator", "parent")))
		memEdit(m, "b", mappedTo("guard", "parent"))
	}, steps: []memStep{
		{config: ignored(`ignore_user_types = ["par*"]`), wrote: []string{"ChangeUserType educator"}},
		// If an exclusion is removed, the apply revokes the grants that the last read found.
		{
			config: ignored(), lines: g(`- ignore_user_types = ["par*"]`), found: []found{finds(check.GlobsRevoke, `(b)`)},
			between: edits("c", mappedTo("parent")), wrote: []string{"ChangeUserType parent"}, after: granted("parent", "c", "legacy:a"),
		},
		{lines: g(`- user_types.parent = ["c"]`)},
		// If an exclusion is added, the line is removed from state only.
		{
			config: grantsHCL(`{}`, "ignore = [\"legacy:*\"]\nignore_user_types = [\"educator\"]"), wrote: nothing,
			found: []found{finds(check.GlobsKeep, `User type "educator" in `, `: 1 scope removed from state (a)`)},
			after: all(granted("educator", "a", "legacy:a"), granted("guard", "b")),
		},
	}}, memRow{name: "kept on destroy", server: grantsServer, steps: []memStep{
		{config: grantsHCL(`{ educator = ["a"] }`, `on_destroy = "keep"`)}, {config: noResources, wrote: nothing, after: granted("educator", "a")},
	}}, memRow{name: "an empty map, then an entry", server: grantsServer, steps: []memStep{
		{config: grantsHCL(`{}`, "")},
		{change: edits("a", mappedTo("parent")), config: grantsHCL(`{ parent = [] }`, ""), after: granted("parent")},
	}}, memRow{name: "composite user types", server: compositeTypes, steps: []memStep{
		{config: grantsHCL(`{ leader = ["a"] }`, `composite_user_types = ["leader"]`)},
		{config: grantsHCL(`{ leader = ["a"] }`, "client_roles = { app = { lead = [\"a\"] } }\ncomposite_user_types = [\"leader\", \"client/app/lead\"]")},
	}}, memRow{name: "an import reports composite user types", server: func(m *drivertest.Memory) {
		compositeTypes(m)
		memEdit(m, "a", mappedTo("leader"))
	}, steps: []memStep{{config: grantsHCL(`{ leader = ["a"] }`, `composite_user_types = ["leader"]`) + grantsImport, lines: nothing}}}, memRow{
		name: "a deleted user type", server: grantsServer, steps: []memStep{
			{config: grantsHCL(`{ educator = ["a"], child = [] }`, "")},
			{change: removeType("child"), lines: nothing, found: []found{finds(check.GrantsMissingHolder)}},
		}, others: true,
	}, memRow{name: "a renamed user type", server: grantsServer, steps: []memStep{
		{config: one},
		{
			change: func(m *drivertest.Memory) { renameAndTakeType(m); memEdit(m, "a", mappedTo("teacher")) }, config: grantsHCL(`{ teacher = ["a"] }`, ""),
			after: all(granted("teacher", "a"), granted("educator")),
		},
	}}, memRow{name: "open scopes", server: func(m *drivertest.Memory) { grantsServer(m); memEdit(m, "c", openScope) }, steps: []memStep{
		{config: grantsHCL(`{ educator = ["a", "b"] }`, ""), after: func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, "open scopes", tftest.JSONText(s.state(grantsAddress)["open_scopes"]), `["c"]`)
		}},
		{config: grantsHCL(`{ educator = ["b"] }`, "")},
		// A revoked scope that is opened outside Terraform is limited again.
		{change: edits("a", access(authz.AccessEveryone)), lines: g(`~ open_scopes = ["a","c"] -> ["c"]`), after: hasAccess("a", authz.AccessUserTypes)},
		{
			config: grantsHCL(`{ educator = ["b", "c"] }`, ""), lines: g(`~ open_scopes = ["c"] -> []`, `~ user_types.educator = ["b"] -> ["b","c"]`),
			found: []found{finds(check.GrantsLimit, `(c)`)},
		},
		// A scope that is opened on purpose stays open.
		{change: edits("a", func(s *authz.Scope) {
			s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
		}), lines: nothing},
	}}, memRow{name: "built-in scopes", server: builtInGrant, steps: []memStep{
		{config: one},
		{config: grantsHCL(`{ educator = ["a", "profile"] }`, "allow_built_in = true")},
		{config: one, wrote: nothing, found: []found{finds(check.GlobsKeep)}},
		{config: noResources, after: granted("educator", "profile")},
	}}, memRow{name: "client roles", server: rolesServer, steps: []memStep{
		{
			config: grantsHCL(`{ educator = ["a"] }`, `client_roles = { app = { editor = ["a", "b"], viewer = [] }, "https://web" = { editor = ["b"] } }`),
			after:  all(granted(editor, "a", "b"), granted("client/https:%2F%2Fweb/editor", "b"), granted("educator", "a")),
		},
		{
			change: edits("c", func(s *authz.Scope) { s.ClientRoles = []string{"client/app/viewer", "client/other/x"} }),
			lines:  g(`- client_roles.other = {"x":["c"]}`, `~ client_roles.app.viewer = ["c"] -> []`), after: granted("client/other/x"),
		},
		// Globs have the same notation.
		{
			change: edits("c", func(s *authz.Scope) { s.ClientRoles = []string{"client/other/x"} }),
			config: grantsHCL(`{ educator = ["a"] }`,
				"client_roles = { app = { editor = [\"a\"] } }\n"+`ignore_user_types = ["client/other/*", "client/https:%2F%2Fweb/*"]`),
			found: []found{finds(check.GlobsKeep, "client/https:%2F%2Fweb/editor"), finds(check.GlobsKeep, "client/other/x")},
			after: all(granted("client/other/x", "c"), granted("client/https:%2F%2Fweb/editor", "b"), granted(editor, "a")),
		},
		// Client roles alone.
		{
			config: "resource \"authscopes_server_grants\" \"g\" {\n  client_roles = { app = { viewer = [\"a\"] } }\n" +
				"  ignore_user_types = [\"client/other/*\", \"client/https*\"]\n}\n", after: all(granted("educator"), granted(editor)),
		},
	}}, memRow{name: "imported client roles", server: func(m *drivertest.Memory) {
		rolesServer(m)
		memEdit(m, "a", func(s *authz.Scope) { s.ClientRoles = []string{"client/app/viewer"} })
		memEdit(m, "b", mappedTo("child"))
	}, steps: []memStep{{
		config: grantsHCL(`{ child = ["b"] }`, `client_roles = { app = { viewer = ["a"] } }`) + grantsImport, lines: nothing,
	}}}, memRow{name: "missing user types", server: grantsServer, steps: []memStep{{
		config: grantsHCL(`{ edukator = ["a"], child = ["b"] }`, ""), found: []found{finds(check.GrantsMissingHolder)}, wrote: nothing,
		failed: []found{finds(messages.FoundNoUserType, `"edukator"`, "- child")},
	}}}, memRow{name: "missing scopes", server: func(m *drivertest.Memory) { grantsServer(m); m.AddScope(memRealm, scopeOf("catalog:read")) }, steps: []memStep{{
		config: grantsHCL(`{ educator = ["catalog:raed"], child = ["b"] }`, ""), found: []found{finds(check.GrantsMissingScopes)}, wrote: nothing,
		failed: []found{finds(messages.FoundMissingScopes, `- educator: catalog:raed (did you mean "catalog:read"?)`, "Nothing was changed")},
		after:  granted("child"),
	}}})
}

// The guide moves the scopes of each user type to one resource, and writes nothing.
func TestMemoryGrantsGuide(t *testing.T) {
	snippets := fencedHCL.FindAllStringSubmatch(guides(t)["manage-all-user-types"], -1)
	if len(snippets) != 2 {
		t.Fatalf("the guide has %d snippets", len(snippets))
	}
	before, after := snippets[0][1], strings.Replace(snippets[1][1], `"shop" # the realm`, `"memory"`, 1)
	m := newMemory("parent")
	m.AddScope(memRealm, scopeOf("children:read"))
	m.AddScope(memRealm, scopeOf("missions:read"))
	tf := memoryTerraform(t, m)
	tf.applied(before)
	withoutRemoved, _, _ := strings.Cut(after, "removed {")
	tf.Write(withoutRemoved).makePlan().failed("removed {", "children:read").wrote()
	tf.Write(after).makePlan().ok().changes(`authscopes_user_type_scopes.child [forget]`, `authscopes_user_type_scopes.educator [forget]`)
	tf.applyPlan().ok().wrote()
	tf.settled()
	resourceOnly, _, _ := strings.Cut(after, "import {")
	tf.Write(resourceOnly)
	memEdit(m, "children:read", mappedTo("educator", "parent"))
	tf.makePlan().ok().changes(`authscopes_server_grants.shop - user_types.parent = ["children:read"]`)
}
