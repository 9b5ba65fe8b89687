package provider

import (
	"fmt"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

func threeScopes(m *drivertest.Memory) {
	for _, name := range []string{"a", "b", "c"} {
		m.AddScope(memRealm, scopeOf(name))
	}
}

// grantedScopes returns the scopes of a user type on the server.
func grantedScopes(m *drivertest.Memory, userType string) []string {
	var names []string
	m.Change(memRealm, func(l *authz.Snapshot) { names = authz.Names(l.ScopesOf(userType)) })
	return names
}

func wantHas(t *testing.T, m *drivertest.Memory, userType string, want ...string) {
	t.Helper()
	if got := grantedScopes(m, userType); !slices.Equal(got, want) {
		t.Errorf("%s has %q, want %q", userType, got, want)
	}
}

// granted requires the scopes of a user type after a step.
func granted(userType string, want ...string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		if got := grantedScopes(s.m, userType); !slices.Equal(got, want) {
			t.Errorf("%s: %s has %q, want %q", s.name, userType, got, want)
		}
	}
}

// all checks a step several times.
func all(checks ...func(*testing.T, *memServed)) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		for _, c := range checks {
			c(t, s)
		}
	}
}

// removeType deletes a user type, with its grants.
func removeType(name string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		m.Change(memRealm, func(l *authz.Snapshot) {
			l.UserTypes = slices.DeleteFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == name })
			for i, s := range l.Scopes {
				l.Scopes[i] = s.WithUserType(name, false)
			}
		})
	}
}

func TestMemoryUserTypeScopes(t *testing.T) {
	runRows(t, slices.Concat(userTypeRows(), userTypeGlobRows(), roleRows(), roleImportRows())...)
}

func userTypeRows() []memRow {
	change := func(from, to string) []string { return []string{typeAddress + " ~ scopes = " + from + " -> " + to} }
	purpose := edits("a", func(s *authz.Scope) {
		s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
	})
	return []memRow{
		{name: "lifecycle", server: func(m *drivertest.Memory) { threeScopes(m); memEdit(m, "b", mappedTo("child")) }, steps: []memStep{
			{config: typeHCL("educator", `["a", "b"]`, ""), after: granted("educator", "a", "b")},
			{config: typeHCL("educator", `["b", "c"]`, ""), lines: change(`["a","b"]`, `["b","c"]`), after: granted("educator", "b", "c")},
			{config: typeHCL("educator", `[]`, ""), lines: change(`["b","c"]`, `[]`), after: granted("educator")},
			{config: typeHCL("educator", `["a"]`, "")},
			// Another user type is another resource.
			{
				config: typeHCL("child", `["b"]`, ""), lines: []string{typeAddress + " [delete create]"},
				found: []found{finds(check.GrantsLost, `User type "educator" in Memory realm "memory": 1 scope will be revoked (a)`)},
			},
			{config: noResources, after: all(granted("educator"), granted("child"), hasAccess("a", authz.AccessUserTypes), hasAccess("b", authz.AccessUserTypes))},
		}},
		{name: "drift", server: threeScopes, steps: []memStep{
			{config: typeHCL("educator", `["a", "b"]`, "")},
			{
				change: edits("c", mappedTo("child", "educator")), lines: change(`["a","b","c"]`, `["a","b"]`), wrote: []string{"ChangeUserType educator"},
				after: granted("child", "c"),
			},
			{change: edits("a", mappedTo()), lines: change(`["b"]`, `["a","b"]`), after: granted("educator", "a", "b")},
			// A grant that was added after the plan is not revoked.
			{config: typeHCL("educator", `["a"]`, ""), between: edits("c", mappedTo("educator")), after: granted("educator", "a", "c")},
			{lines: change(`["a","c"]`, `["a"]`)},
			// A deleted scope is drift, and then an error that names it.
			{
				change: removes("a"), lines: change(`[]`, `["a"]`), found: []found{finds(check.GrantsMissingScopes)},
				failed: []found{finds(messages.FoundMissingScopes, "- a")},
			},
			{config: typeHCL("educator", `["b"]`, "")},
			{config: typeHCL("educator", `[]`, ""), between: removes("b"), wrote: nothing},
		}},
		{name: "replaced grants", server: func(m *drivertest.Memory) {
			threeScopes(m)
			memEdit(m, "a", mappedTo("child", "educator"))
			memEdit(m, "b", mappedTo("educator"))
		}, steps: []memStep{{
			config: typeHCL("educator", `["b", "c"]`, ""), found: []found{finds(check.GrantsReplace)},
			after: all(granted("educator", "b", "c"), granted("child", "a")),
		}}},
		{
			name: "adopted as it is", server: func(m *drivertest.Memory) { threeScopes(m); memEdit(m, "a", mappedTo("educator")) },
			steps: []memStep{{config: typeHCL("educator", `["a"]`, ""), wrote: nothing}},
		},
		{name: "deleted outside Terraform", server: threeScopes, steps: []memStep{
			{config: typeHCL("educator", `["a"]`, "")},
			{
				change: removeType("educator"), lines: []string{typeAddress + " [create]"}, found: []found{finds(check.GrantsMissingHolder)}, wrote: nothing,
				failed: []found{finds(messages.FoundNoUserType, `"educator"`, `Memory realm "memory" has no role "educator"`, "- child", "depends_on")},
			},
			{change: func(m *drivertest.Memory) { m.AddUserType(memRealm, authz.UserType{Name: "educator"}) }, wrote: []string{"ChangeUserType educator"}},
			{change: removeType("educator"), config: noResources, wrote: nothing},
		}},
		{name: "composite user types", server: compositeTypes, steps: []memStep{
			{config: typeHCL("all", `[]`, "")}, {config: typeHCL("leader", `["a"]`, "allow_composite = true"), after: granted("leader", "a")},
		}},
		{name: "a limited scope", server: func(m *drivertest.Memory) { threeScopes(m); memEdit(m, "a", openScope) }, steps: []memStep{{
			config: typeHCL("educator", `["a", "b"]`, ""), found: []found{finds(check.GrantsLimit)}, after: hasAccess("a", authz.AccessUserTypes, "educator"),
		}}},
		// A scope that the resource revoked, and that was opened outside Terraform, is limited
		// again. A scope that was opened on purpose is not.
		{name: "revoked scopes", server: threeScopes, steps: []memStep{
			{config: typeHCL("educator", `["a", "b"]`, "")},
			{config: typeHCL("educator", `["b"]`, "")},
			{
				change: edits("a", access(authz.AccessEveryone)), lines: []string{typeAddress + ` ~ open_scopes = ["a"] -> []`},
				wrote: []string{"ChangeUserType educator"}, after: hasAccess("a", authz.AccessUserTypes),
			},
			{change: purpose, lines: nothing},
			{change: edits("c", openScope), lines: nothing},
		}},
		{name: "built-in scopes", server: builtInGrant, steps: []memStep{
			{config: typeHCL("educator", `["a"]`, ""), after: granted("educator", "a", "profile")},
			{config: typeHCL("educator", `["a", "profile"]`, "allow_built_in = true")},
			{
				config: typeHCL("educator", `["a"]`, ""), wrote: nothing,
				after: granted("educator", "a", "profile"),
			},
		}},
		{name: "scopes of another one are unknown", server: threeScopes, steps: []memStep{
			{config: typeHCL("educator", `["a"]`, "")},
			{
				config: unknownUntil(`"a"`) + typeHCL("child", `[terraform_data.v.output]`, ""), after: granted("child", "a"),
				found: []found{finds(check.GrantsLost, `User type "educator" in Memory realm "memory": 1 scope will be revoked (a)`)},
			},
		}},
	}
}

func userTypeGlobRows() []memRow {
	x := func(name string) authz.Scope { return scopeOf(name, mappedTo("educator")) }
	return []memRow{{name: "globs", server: adds(x("a"), x("x:1"), x("x:2")), steps: []memStep{
		{config: typeHCL("educator", `["a"]`, `ignore = ["x:*"]`), wrote: nothing},
		// The grants that the last read found are revoked, and later ones stay.
		{
			change: adds(x("x:0")), config: typeHCL("educator", `["a"]`, ""), lines: []string{typeAddress + ` - ignore = ["x:*"]`},
			found: []found{finds(check.GlobsRevoke, `(x:0, x:1, x:2)`, "- x:1\n")}, between: adds(x("x:3")), after: granted("educator", "a", "x:3"),
		},
		// If the glob is added, its grants are removed from state only.
		{
			config: typeHCL("educator", `["a"]`, `manage = ["a"]`), wrote: nothing,
			found: []found{finds(check.GlobsKeep, `User type "educator" in `, `: 1 scope removed from state (x:3)`, "keeps them")},
		},
		{
			config: typeHCL("educator", `["a"]`, `manage = ["a"]`) + again(typeHCL("educator", `["x:1"]`, `manage = ["x:*"]`), "e"),
			found:  []found{finds(check.GrantsReplace, "(x:3, x:1)")}, after: granted("educator", "a", "x:1"),
		},
		{config: noResources, after: granted("educator")},
	}}}
}

func roleRows() []memRow {
	const web = "client/https:%2F%2Fweb/editor"
	viewed := edits("c", func(s *authz.Scope) { s.ClientRoles = []string{editor, "client/app/viewer"} })
	return []memRow{{name: "a client role", server: rolesServer, steps: []memStep{
		{config: roleHCL("app", "editor", `["a", "b"]`, ""), after: all(granted(editor, "a", "b"), granted("editor"))},
		// One of two roles is removed.
		{
			change: viewed, lines: []string{typeAddress + ` ~ scopes = ["a","b","c"] -> ["a","b"]`},
			after: all(granted("client/app/viewer", "c"), granted(editor, "a", "b")),
		},
		{
			config: roleHCL("https://web", "editor", `["a"]`, ""), lines: []string{typeAddress + " [delete create]"},
			found: []found{finds(check.GrantsLost, `User type "client/app/editor" in Memory realm "memory": 2 scopes will be revoked`)},
			after: all(granted(editor), granted(web, "a")),
		},
		{
			change: func(m *drivertest.Memory) { m.DeleteClientRole(memRealm, web) }, lines: []string{typeAddress + " [create]"},
			found:  []found{finds(check.GrantsMissingHolder, `User type "`+web+`" does not exist in `)},
			failed: []found{{values: []string{`User type "` + web + `"`}}},
		},
	}}}
}

// roleImportRows import realm roles by their names, and client roles by client/.
func roleImportRows() (rows []memRow) {
	for _, test := range []struct{ id, userType, clientID string }{
		{"educator", "educator", ""},
		{"realm/educator", "educator", ""},
		{"a/b", "a/b", ""},
		{"client-x", "client-x", ""},
		{"client/app/editor", "editor", "app"},
		{"client/https:%2F%2Fweb/editor", "editor", "https://web"},
		{"realm/client/app/editor", "client/app/editor", ""},
		{"realm/realm/x", "realm/x", ""},
		{"realm/x", "realm/x", ""},
	} {
		clientID, want := "", "<nil>"
		if test.clientID != "" {
			clientID, want = fmt.Sprintf("client_id = %q", test.clientID), test.clientID
		}
		rows = append(rows, memRow{name: "import of " + test.id, server: func(m *drivertest.Memory) {
			rolesServer(m)
			for _, role := range []string{"a/b", "realm/client/app/editor", "realm/realm/x", "client-x"} { // as a snapshot has them
				m.AddUserType(memRealm, authz.UserType{Name: role})
			}
		}, steps: []memStep{{
			config: typeHCL(test.userType, `[]`, clientID) + fmt.Sprintf("import {\n  to = authscopes_user_type_scopes.e\n  id = %q\n}\n", test.id),
			lines:  nothing, after: func(t *testing.T, s *memServed) {
				t.Helper()
				is := s.state(typeAddress)
				same(t, s.name, fmt.Sprint(is["user_type"], " ", is["client_id"]), test.userType+" "+want)
			},
		}}})
	}
	// Another spelling of a composite role.
	return append(rows, memRow{name: "import of another spelling", server: func(m *drivertest.Memory) {
		rolesServer(m)
		m.AddClientRole(memRealm, authz.UserType{Name: "client/https:%2F%2Fweb/lead", ContainsClientRoles: []string{editor}})
		memEdit(m, "a", func(s *authz.Scope) { s.ClientRoles = []string{"client/https:%2F%2Fweb/lead"} })
	}, steps: []memStep{{
		config: roleHCL("https://web", "lead", `["a"]`, "allow_composite = true") +
			"import {\n  to = authscopes_user_type_scopes.e\n  id = \"client/https:%2f%2fweb/lead\"\n}\n",
		lines: nothing,
	}}})
}
