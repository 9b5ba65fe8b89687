package provider

import (
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

func TestMemoryDataFindings(t *testing.T) {
	data := func(name, more string) string { return "data \"authscopes_" + name + "\" \"d\" {\n" + more + "\n}\n" }
	down := func(m *drivertest.Memory) {
		m.Fail(func(string) error { return authz.Errorf(authz.Denied, "read", "no right to view clients") })
	}
	read := func(name, config string, code check.Code, values ...string) findingRow {
		return findingRow{name: name, server: schoolServer, config: config, found: []found{finds(code, values...)}}
	}
	clientDown := read("a client that cannot be read", data("client_scopes", `client_id = "web"`), messages.FailedReadClient, "no right to view clients")
	clientDown.change = down
	hidden := read("hidden roles", setHCL(`{ a = "A" }`, ""), messages.FailedRead, "roles are hidden")
	hidden.server = func(m *drivertest.Memory) {
		m.AddScope(memRealm, scopeOf("a", func(s *authz.Scope) { s.Hidden, s.Settings.Access = true, authz.AccessEveryone }))
		m.Change(memRealm, func(l *authz.Snapshot) { l.Hidden = authz.Errorf(authz.Denied, "read", "roles are hidden") })
	}
	oneByOne := findingRow{
		name: "a user type that cannot be read", config: driftHCL(`{ certificate = "" }`, `user_types = { group = [] }`),
		found: []found{finds(messages.FailedRead, "read the rule: 403")},
	}
	rows := []findingRow{
		read("no such scope", data("server_scope", `name = "Read:a"`), messages.FoundNoScope, `no scope "Read:a"`, `Did you mean "read:a"?`, "case-sensitive"),
		read("no similar scope", data("server_scope", `name = "xyz"`), messages.FoundNoScope, `Memory realm "memory" has no scope "xyz".`),
		read("no such user type", data("user_type_scopes", `user_type = "leaders"`),
			messages.FoundNoUserType, `"leaders"`, `Did you mean "leader"?`, "- child\n", "- educator\n"),
		read("no such realm", data("server_scopes", `server_id = "gone"`), messages.FailedRead, `Memory realm "gone"`),
		read("no such client", data("client_scopes", `client_id = "wob"`), messages.FoundNoClient),
		read("drift of no such realm", driftHCL(`{ a = "" }`, `server_id = "gone"`), messages.FailedRead, `Memory realm "gone"`),
		read("drift of openid", driftHCL(`{ a = "", openid = "" }`), check.NamesReserved, "- openid", "Remove them from the configuration"),
		read("a planned user type that does not exist", data("access_matrix", `planned = { educater = ["read:b"] }`),
			messages.FoundPlannedAbsent, "(educater)", `did you mean "educator"?`),
		clientDown, hidden,
		// A pipeline can fail with the report.
		{
			name: "a postcondition", server: adds(scopeOf("a", openScope)),
			config: driftHCL(`{ a = "A" }`, "lifecycle {\n postcondition {\n condition = self.in_sync\n error_message = self.report\n }\n }"),
			found:  []found{{values: []string{"postcondition", "1 open scope that the definitions do not open", "**Out of sync** with the 1 defined scope"}}},
		},
		{
			name: "a note of the server", before: everything,
			found: []found{finds(messages.FoundNote, "The guard role has 2 holders (eve, mallory)", "Remove it from them.")},
			change: func(m *drivertest.Memory) {
				m.Change(memRealm, func(l *authz.Snapshot) {
					l.Warnings = []authz.Warning{{Summary: "The guard role has 2 holders", Subjects: []string{"eve", "mallory"}, Detail: "Remove it from them."}}
				})
			},
		},
	}
	all := make([]memRow, 0, len(rows)+1)
	for _, r := range rows {
		all = append(all, memRow{name: r.name, server: r.server, steps: []memStep{{config: r.before}, {change: r.change, config: r.config, found: r.found}}})
	}
	all = append(all, memRow{
		name: oneByOne.name, steps: []memStep{{}, {config: oneByOne.config, found: oneByOne.found}},
		driver: func(m *drivertest.Memory) authz.Driver {
			return oneByOneMemory{Memory: m, fail: authz.Errorf(authz.Denied, "read the rule", "403")}
		},
	})
	runRows(t, all...)
}

// An input that is invalid whatever the server has is an error of the validation.
func TestMemoryDataInput(t *testing.T) {
	data := func(name, more string) string { return "data \"authscopes_" + name + "\" \"d\" {\n" + more + "\n}\n" }
	a := func(more string) string { return driftHCL(`{ a = "" }`, more) }
	long := quoted(longText(256))
	row := func(name, config string, code check.Code, summary string, values ...string) findingRow {
		return findingRow{name: name, config: config, silent: true, found: []found{{code: code, summary: summary, values: values}}}
	}
	matrix := func(more string) string { return data("access_matrix", more) }
	runFindings(t, slices.Concat([]findingRow{
		row("empty filter", data("server_scopes", "filter = []"), messages.InputNoGlobs, ""),
		row("matrix: bad name", matrix(`planned = { educator = ["a b"] }`), messages.InputScopeName, ""),
		row("matrix: no globs", matrix(`user_types = []`), "", "", "user_types"),
		row("matrix: null user type", matrix(`planned = { child = null }`), "", "", "Null entry", `"child"`),
		row("matrix: null role", matrix(`planned_client_roles = { app = { x = null } }`), "", "", "null"),
		row("no scopes", driftHCL(`{}`), messages.InputNoDefinitions, "", "every scope of the server would be unexpected", "why they have no scopes"),
		row("bad name", driftHCL(`{ "read users" = "" }`), messages.InputScopeName, "", `list each name separately: "read", "users"`),
		row("long description", driftHCL(`{ a = `+long+` }`), messages.InputDescription, "", "256"),
		row("bad name for a user type", a(`user_types = { educator = ["a", "b c"] }`), messages.InputScopeName, "", `"b c"`),
		row("null set", a(`user_types = { educator = null }`), messages.InputNullGrants, "", `Entry "educator" is null`),
		row("null in a set", a(`user_types = { educator = [null] }`), messages.InputNullName, "", "An element is null"),
		row("user type without a name", a(`user_types = { "" = ["a"] }`), "", "", "Empty key"),
		row("override for no scope", driftHCL(`{ "read:users" = "" }`, `overrides = { "read:user" = { access = "everyone" } }`), check.ConfigOverride, "",
			`Did you mean "read:users"?`),
		row("unknown access", a(`overrides = { a = { access = "no_user" } }`), "", terraformValue, "user_types", "everyone", "no_user"),
		row("order that is no number", a(`settings = { gui_order = "first" }`), "", terraformValue, "whole number"),
		row("configured and ignored", a(`ignore = ["a"]`), check.ConfigIgnored, "", "- a"),
		row("outside of manage", a(`manage = ["b*"]`), check.ConfigUnmanaged, "", "- a"),
		row("user type outside of manage", a("manage = [\"a\"]\nuser_types = { educator = [\"a\", \"b\"] }"), check.ConfigUnmanaged, "", "- b"),
		row("client role outside of manage", a("manage = [\"a\"]\nclient_roles = { shop = { buyer = [\"a\", \"b\"] } }"), check.ConfigUnmanaged, "", "- b"),
		row("user type and ignore", a("ignore = [\"b\"]\nuser_types = { educator = [\"a\", \"b\"] }"), check.ConfigIgnored, "", "- b"),
		row("no globs", a(`manage = []`), messages.InputNoGlobs, ""),
		row("empty glob", a(`ignore = [""]`), messages.InputEmptyGlob, ""),
		row("null client", a(`client_roles = { shop = null }`), "", "", "null"),
		row("null client role", a(`client_roles = { shop = { buyer = null } }`), "", "", "null"),
		row("null baseline", a(`baseline_user_types = { educator = null }`), "", "", "null"),
		row("null baseline override", a(`baseline_overrides = { a = null }`), messages.InputNullEntry, ""),
		row("empty glob of user types", a(`ignore_user_types = [""]`), messages.InputEmptyGlob, ""),
		row("empty client", a(`client_roles = { "" = { buyer = ["a"] } }`), "", "", "key"),
		row("unknown access of the baseline", a(`baseline_settings = { access = "no_user" }`), "", terraformValue, "access"),
	})...)
}
