package provider

import (
	"errors"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

func TestMemoryServerScopeFindings(t *testing.T) {
	held := func(m *drivertest.Memory) {
		memEdit(m, "a", mappedTo("child", "educator"))
		m.SetClient(memRealm, "web", nil, []string{"a"})
	}
	runFindings(
		t,
		findingRow{
			name: "created unguarded", config: singleHCL(`"a"`, `settings = { access = "unguarded" }`), found: []found{finds(check.AccessLeftOpen, "- a")},
		},
		findingRow{
			name: "a replacement that leaves it open", server: adds(scopeOf("a", unguardedScope)),
			before: singleHCL(`"a"`, `settings = { access = "unguarded" }`) + importOne("a"),
			args:   []string{"-replace=" + singleAddress}, found: []found{finds(check.AccessLeftOpen)}, others: true,
		},
		findingRow{
			name: "imported open", server: adds(scopeOf("a", openScope)), config: singleHCL(`"a"`, "") + importOne("a"),
			found: []found{finds(check.AccessUndecided, `access = "everyone"`, `access = "user_types"`)},
		},
		// After a decision, an access that is not set is the default.
		findingRow{
			name: "open by a decision that was removed", server: adds(scopeOf("a", openScope)), config: singleHCL(`"a"`, "description = \"A\""),
			before: singleHCL(`"a"`, "description = \"A\"\nsettings = { access = \"everyone\" }") + importOne("a"),
			found:  []found{finds(check.AccessUndecided)},
		},
		findingRow{
			name: "access unknown", config: unknownUntil(`"everyone"`) + singleHCL(`"a"`, "settings = { access = terraform_data.v.output }"),
			found: []found{finds(check.AccessUnknown)},
		},
		findingRow{
			name:   "another value unknown",
			config: unknownUntil(`"x"`) + singleHCL(`"a"`, "description = terraform_data.v.output\n  settings = { access = \"everyone\" }"),
			found:  []found{finds(check.AccessCreatedOpen, "1 new scope")},
		},
		findingRow{
			name: "every user has the role", before: singleHCL(`"a"`, ""),
			server: func(m *drivertest.Memory) { m.AddUserType(memRealm, authz.UserType{Name: "all", Everyone: true}) },
			change: edits("a", mappedTo("all")), found: []found{finds(check.AccessHeldByEveryone, "(a: all)")},
		},
		findingRow{
			name: "coverage", server: adds(scopeOf("missions", openScope, func(s *authz.Scope) { s.Parameterized = true })),
			config: singleHCL(`"missions:create"`, ""), found: []found{finds(check.CoverageCovered, "(missions:create)")},
		},
		findingRow{
			name: "deleted, with holders", before: singleHCL(`"a"`, ""), change: held, config: noResources,
			found: []found{finds(check.DeletionsTakeGrants, "(a: child, a: educator)"), finds(check.DeletionsTakeFromClient, "web: a (optional)")},
		},
		findingRow{name: "kept, with holders", before: singleHCL(`"a"`, `on_destroy = "keep"`), change: held, config: noResources},
		findingRow{
			name: "exists", server: adds(scopeOf("a")), config: singleHCL(`"a"`, ""),
			found: []found{at(finds(check.NamesExists, "import {\n  to = authscopes_server_scope.<name>\n  id = \"a\"\n}"), "name")},
		},
		findingRow{
			name: "exists on another server", config: singleHCL(`"a"`, `server_id = "other"`),
			server: func(m *drivertest.Memory) { m.AddServer("other"); m.AddScope("other", scopeOf("a")) },
			found:  []found{finds(check.NamesExists, "identity = {\n    server_id = \"other\"\n    name      = \"a\"\n  }")},
		},
		findingRow{
			name: "exists on a server with IDs", config: singleHCL(`"a"`, `server_id = "memory"`),
			server: func(m *drivertest.Memory) { m.Caps.ServerIDRequired = true; m.AddScope(memRealm, scopeOf("a")) },
			found:  []found{finds(check.NamesExists, `id = "memory/a"`)},
		},
		findingRow{
			name: "a replacement of a kept scope", before: singleHCL(`"a"`, `on_destroy = "keep"`), args: []string{"-replace=" + singleAddress},
			found: []found{finds(check.NamesExists)},
		},
		findingRow{
			name: "renamed to an existing name", server: adds(scopeOf("a")), before: singleHCL(`"c"`, ""), config: singleHCL(`"a"`, ""),
			found: []found{finds(check.NamesExists)},
		},
		findingRow{
			name: "renamed outside Terraform, and another scope has its name", before: singleHCL(`"a"`, ""), change: renameAndTake,
			found: []found{finds(check.NamesExists)},
		},
		findingRow{
			name: "built in, and not imported", server: adds(builtInScope("profile")), config: singleHCL(`"profile"`, "allow_built_in = true"),
			found: []found{finds(check.NamesExists, `id = "profile"`)},
		},
		findingRow{
			name: "built in, and limited", server: adds(builtInScope("profile")),
			config: singleHCL(`"profile"`, "allow_built_in = true\nsettings = { access = \"user_types\" }") + importOne("profile"),
			found:  []found{finds(check.AccessBuiltInChanged)},
		},
		findingRow{name: "renamed, without holders", before: singleHCL(`"a"`, ""), config: singleHCL(`"b"`, "")},
		findingRow{
			name: "renamed, with holders", before: singleHCL(`"a"`, ""), change: held, config: singleHCL(`"b"`, ""),
			found: []found{finds(check.NamesRenamed, `"b" keeps 3 holders of "a"`, `- user type "child"`, `- user type "educator"`, `- client "web"`)},
		},
		findingRow{
			name: "renamed, with hidden clients", before: singleHCL(`"a"`, ""), config: singleHCL(`"b"`, ""),
			change: func(m *drivertest.Memory) { held(m); m.HideClients(errors.New("no right"), "web") },
			found:  []found{finds(check.NamesRenamed, `- user type "educator"`, "- clients, of which not all could be read")},
		},
		findingRow{
			name: "state of another realm", before: singleHCL(`"a"`, ""), config: singleHCL(`"a"`, `server_id = "other"`),
			found: []found{at(finds(messages.FoundOtherServer, `belongs to Memory realm "memory"`, `addresses Memory realm "other"`, "terraform state rm"),
				"server_id")},
		},
		findingRow{
			name: "no such scope to import", server: adds(scopeOf("read:users")), config: singleHCL(`"read:users"`, "") + importOne("read:user"),
			found: []found{finds(messages.FoundNoScope, `no scope "read:user"`, `Did you mean "read:users"?`, "case-sensitive")},
		},
		findingRow{
			name: "an import ID that is no name", config: singleHCL(`"a"`, "") + importOne("read users"),
			found: []found{finds(messages.InputImportName, `"read users"`, `such as "read:users"`)},
		},
		importIDRow("no slash in an import ID", "a", finds(messages.InputImportID, `"a"`, `"77/read:users"`)),
		importIDRow("nothing after the slash", "memory/", finds(messages.InputImportID, `"memory/"`, `"77/read:users"`)),
		importIDRow("a bad name after the slash", "memory/read users", finds(messages.InputImportName, `"read users"`, `"77/read:users"`)),
	)
}

// importIDRow imports a scope of a server that has IDs.
func importIDRow(name, id string, f found) findingRow {
	return findingRow{
		name: name, server: func(m *drivertest.Memory) { m.Caps.ServerIDRequired = true },
		config: singleHCL(`"a"`, `server_id = "memory"`) + importOne(id), found: []found{f},
	}
}

// renameAndTake renames the scope a outside Terraform, and creates another one with its name.
func renameAndTake(m *drivertest.Memory) {
	m.Change(memRealm, func(l *authz.Snapshot) {
		ours, _ := l.Scope("a")
		l.Remove("a")
		ours.Name = "b"
		l.Put(ours)
		l.Put(authz.Scope{Name: "a", ID: "of-another", Settings: ours.Settings})
	})
}
