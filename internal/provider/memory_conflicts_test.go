package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// Two resources of one configuration contradict each other, whichever Terraform plans first. A
// resource can have further findings, which depend on that order.
func TestMemoryConflicts(t *testing.T) {
	rows := slices.Concat(managedTwice(), removedAndKept(), deletedAndUsed(), renamedAndHeld(), openedAndGranted(), noConflicts())
	for i := range rows {
		rows[i].others = len(rows[i].found) > 0
	}
	runFindings(t, rows...)
}

func managedTwice() []findingRow {
	const two = "authscopes_server_scopes\" \"o\" {\n  scopes = { \"b:1\" = \"\" }\n}\n"
	grants := func(name string, server func(*drivertest.Memory), config string, code check.Code, values ...string) findingRow {
		return findingRow{name: name, server: server, config: config, found: []found{finds(code, values...)}}
	}
	one := grantsHCL(`{ educator = ["a"] }`, "")
	all := grantsHCL(`{}`, `client_roles = { app = { editor = ["a"] } }`)
	role := func(m *drivertest.Memory) {
		threeScopes(m)
		m.AddClientRole(memRealm, authz.UserType{Name: editor})
		m.AddClientRole(memRealm, authz.UserType{Name: "client/app/viewer"})
	}
	later := unknownUntil(`{ a = "a" }`)
	return []findingRow{
		grants("two sets", nil, setHCL(`{ "a:1" = "" }`, "")+"resource \""+two, check.ConflictScopesManagedTwice, "- a:1", "- b:1", "Set manage or ignore"),
		grants("a single scope before a set", nil, setHCL(`{ "a:1" = "" }`, "depends_on = [authscopes_server_scope.one]")+singleHCL(`"b:1"`, ""),
			check.ConflictScopesManagedTwice, "- b:1"),
		grants("a single scope after a set", nil, setHCL(`{ "a:1" = "" }`, "")+singleHCL(`"b:1"`, "depends_on = [authscopes_server_scopes.s]"),
			check.ConflictScopeManagedTwice, `"b:1"`),
		grants("two single scopes", nil, singleHCL(`"b:1"`, "")+again(singleHCL(`"b:1"`, ""), "one"), check.ConflictScopeManagedTwice, `scope "b:1"`),
		grants("a user type", threeScopes, typeHCL("child", `[]`, "")+again(typeHCL("child", `["b"]`, ""), "e"), check.ConflictHolderManagedTwice, "- b"),
		grants("a client", clientServer, clientHCL("web", `default = ["a"]`)+again(clientHCL("web", `optional = ["b"]`), "c"),
			check.ConflictHolderManagedTwice, "- a\n", "- b", "manage or ignore"),
		grants("all user types, and one before them", threeScopes, more(grantsHCL(`{ child = ["a"] }`, ""), "depends_on = [authscopes_user_type_scopes.e]")+
			typeHCL("educator", `["a"]`, ""),
			check.ConflictGrantsManagedTwice, `user type "educator": a`, "ignore_user_types"),
		grants("all user types, and one after them", threeScopes, one+typeHCL("educator", `["b"]`, "depends_on = [authscopes_server_grants.g]"),
			check.ConflictHolderManagedTwice, "- b"),
		grants("all user types, and one that is not listed", threeScopes,
			grantsHCL(`{ child = ["a"] }`, "")+typeHCL("educator", `["a"]`, "depends_on = [authscopes_server_grants.g]"),
			check.ConflictHolderManagedTwice, "ignore_user_types"),
		grants("all user types twice", threeScopes, grantsHCL(`{ child = ["a"] }`, "")+again(grantsHCL(`{ child = ["b"] }`, ""), "g"),
			check.ConflictHolderManagedTwice),
		grants("a client role", role, all+roleHCL("app", "editor", `["a"]`, "depends_on = [authscopes_server_grants.g]"), check.ConflictHolderManagedTwice),
		grants("a client role that is not listed", role, all+roleHCL("app", "viewer", `["a"]`, "depends_on = [authscopes_server_grants.g]"),
			check.ConflictHolderManagedTwice),
		{
			name: "an unknown set and a single scope", before: setHCL(`{ a = "A" }`, `ignore = ["one"]`) + singleHCL(`"one"`, ""),
			config: later + setHCL("terraform_data.v.output", "") + singleHCL(`"one"`, "depends_on = [authscopes_server_scopes.s]"),
			found:  []found{finds(check.ConflictScopeManagedTwice)},
		},
		{
			name: "an unknown user type", server: clientServer,
			config: later + typeHCL("educator", `[terraform_data.v.output.a]`, "") +
				again(typeHCL("educator", `["b"]`, "manage = [\"b*\"]\n  depends_on = [authscopes_user_type_scopes.e]"), "e"),
			found: []found{finds(check.ConflictHolderManagedTwice)},
		},
		{
			name: "an unknown client", server: clientServer,
			config: later + clientHCL("web", `optional = [terraform_data.v.output.a]`) +
				again(clientHCL("web", `optional = ["b"]`, `manage = ["b*"]`, "depends_on = [authscopes_client_scopes.c]"), "c"),
			found: []found{finds(check.ConflictHolderManagedTwice)},
		},
		{
			name: "a single scope renamed into a set", before: everything, found: []found{finds(check.ConflictScopeManagedTwice, "one")},
			config: strings.NewReplacer(`name = "one"`, "name = \"two\"\n  depends_on = [authscopes_server_scopes.s]", `ignore = ["one"]`,
				`ignore = ["two"]`).Replace(everything),
		},
	}
}

func removedAndKept() []findingRow {
	byCount := func(names string) string { return typesHCL("count = length("+names+")", names+"[count.index]") }
	byKey := func(types string) string { return typesHCL("for_each = "+types, "each.value") }
	pair := func(e, f string) string { return typeHCL(e, `["read"]`, "") + again(typeHCL(f, `["read"]`, ""), "e") }
	clients := func(names ...string) string {
		return fmt.Sprintf("resource \"authscopes_client_scopes\" \"c\" {\n  count = %d\n  client_id = [%s][count.index]\n  optional = [\"a\"]\n}\n",
			len(names), tftest.QuotedHCL(names...))
	}
	staff := func(m *drivertest.Memory) {
		m.AddUserType(memRealm, authz.UserType{Name: "staff"})
		adds(scopeOf("read"))(m)
	}
	kept := func(name string, server func(*drivertest.Memory), before, config string, values ...string) findingRow {
		return findingRow{name: name, server: server, before: before, config: config, found: []found{finds(check.ConflictRemovedAndKept, values...)}}
	}
	both := setHCL(`{ b = "B" }`, `ignore = ["a"]`) + singleHCL(`"a"`, "")
	removed := func(kind string) []string { return []string{"removed {\n  from = " + kind + ".", "destroy = false"} }
	return []findingRow{
		kept("the first of three is removed", staff, byCount(`["child", "educator", "staff"]`), byCount(`["educator", "staff"]`)),
		kept("a user type is put in front", staff, byCount(`["child", "educator"]`), byCount(`["staff", "child", "educator"]`)),
		kept("another key", staff, byKey(`{ e = "educator" }`), byKey(`{ teacher = "educator" }`)),
		kept("exchanged", staff, pair("child", "educator"), pair("educator", "child")),
		kept("clients are shifted", clientServer, clients("web", "app"), clients("app", "web")),
		kept("another label of a set", nil, setHCL(`{ a = "A" }`, ""), again(setHCL(`{ a = "A" }`, ""), "s"), "moved {", "authscopes_server_scopes"),
		kept("another label of a scope", nil, singleHCL(`"a"`, ""), again(singleHCL(`"a"`, ""), "one"), "moved {", "authscopes_server_scope"),
		kept("another label of a user type", staff, typeHCL("educator", `["read"]`, ""), again(typeHCL("educator", `["read"]`, ""), "e"),
			"moved {", "authscopes_user_type_scopes"),
		kept("another label of all user types", threeScopes, grantsHCL(`{ educator = ["a"] }`, ""), again(grantsHCL(`{ educator = ["a"] }`, ""), "g"), "moved {"),
		// A moved block cannot move an object to another type of resource.
		kept("a single scope into the set", nil, both, setHCL(`{ a = "A", b = "B" }`, ""), removed("authscopes_server_scope")...),
		kept("a set into single scopes", nil, setHCL(`{ a = "A" }`, ""), singleHCL(`"a"`, ""), removed("authscopes_server_scopes")...),
		{
			name: "a user type with excluded scopes is replaced", server: threeScopes, before: typeHCL("child", `["a", "b"]`, ""),
			config: typeHCL("child", `["a"]`, `ignore = ["b"]`), args: []string{"-replace=" + typeAddress},
			found: []found{finds(check.ConflictReleasedAndReplaced, "- b")},
		},
	}
}

func deletedAndUsed() []findingRow {
	before := setHCL(`{ a = "A", b = "B" }`, "") + typeHCL("educator", `["b"]`, "depends_on = [authscopes_server_scopes.s]")
	used := []found{finds(check.ConflictDeletedAndUsed, "- b")}
	return []findingRow{
		{
			name: "the set first", before: before, found: used,
			config: setHCL(`{ a = "A" }`, "") + typeHCL("educator", `["b"]`, "depends_on = [authscopes_server_scopes.s]"),
		},
		{
			name: "the user type first", before: before, found: used,
			config: setHCL(`{ a = "A" }`, "depends_on = [authscopes_user_type_scopes.e]") + typeHCL("educator", `["b"]`, ""),
		},
		{
			name: "all user types", before: setHCL(`{ a = "A", b = "B" }`, "") + grantsHCL(`{ educator = ["b"] }`, "depends_on = [authscopes_server_scopes.s]"),
			config: setHCL(`{ a = "A" }`, "") + grantsHCL(`{ educator = ["b"] }`, ""), found: used,
		},
		{
			name: "a client", server: func(m *drivertest.Memory) { m.SetClient(memRealm, "web", nil, nil) },
			before: setHCL(`{ a = "A", b = "B" }`, "") + clientHCL("web", `optional = ["b"]`, "depends_on = [authscopes_server_scopes.s]"),
			config: setHCL(`{ a = "A" }`, "") + clientHCL("web", `optional = ["b"]`), found: used,
		},
	}
}

func renamedAndHeld() []findingRow {
	after := "depends_on = [authscopes_server_scope.one]"
	before := singleHCL(`"read"`, "") + typeHCL("educator", `["read"]`, after)
	web := before + clientHCL("web", `optional = ["read"]`, after)
	held := []found{finds(check.ConflictRenamedAndHeld, "and then rename the scope")}
	renamed := singleHCL(`"admin"`, "")
	set := setHCL(beforeRename, "") + typeHCL("educator", `["old"]`, "depends_on = [authscopes_server_scopes.s]")
	rows := []findingRow{
		{name: "revoked", config: renamed + typeHCL("educator", `[]`, after)},
		{name: "revoked, in any order", config: renamed + typeHCL("educator", `[]`, "")},
		{name: "destroyed", config: renamed},
		{name: "another user type", config: renamed + typeHCL("child", `["admin"]`, after)},
		{name: "the old name", config: renamed + typeHCL("educator", `["read"]`, after)},
		{name: "both names", config: renamed + typeHCL("educator", `["admin", "read"]`, after)},
		{name: "unassigned", before: web, config: renamed + typeHCL("educator", `["admin"]`, after) + clientHCL("web", after)},
		{name: "another client", before: web, config: renamed + typeHCL("educator", `["admin"]`, after) + clientHCL("app", `optional = ["admin"]`, after)},
		{name: "unknown", config: unknownUntil(`"admin"`) + renamed + typeHCL("child", `[terraform_data.v.output]`, after)},
		{name: "a set", before: set, config: setHCL(afterRename, previousNames) + typeHCL("educator", `["keep"]`, "")},
		{
			name: "a set, and all user types", config: setHCL(afterRename, previousNames) + grantsHCL(`{ educator = ["keep"] }`, ""),
			before: setHCL(beforeRename, "") + grantsHCL(`{ educator = ["old"] }`, "depends_on = [authscopes_server_scopes.s]"),
		},
	}
	for i := range rows {
		rows[i].found = held
		if rows[i].server = clientServer; strings.HasPrefix(rows[i].name, "a set") {
			rows[i].server = nil
		}
		if rows[i].before == "" {
			rows[i].before = before
		}
	}
	// A scope that a glob excludes must not match it after a rename, because the holder would have it.
	y9 := func(m *drivertest.Memory) {
		clientServer(m)
		m.AddScope(memRealm, scopeOf("y9", mappedTo("educator")))
		m.SetClient(memRealm, "web", nil, []string{"y9"})
	}
	for holder, config := range map[string]string{"educator": typeHCL("educator", `[]`, `manage = ["x*"]`), "web": clientHCL("web", `manage = ["x*"]`)} {
		one := func(name string) string { return singleHCL(quoted(name), `description = "Y9"`) + config }
		rows = append(rows, findingRow{
			name: "renamed into the globs of " + holder, server: y9, before: one("y9") + importOne("y9"), config: one("x2"),
			found: []found{finds(check.ConflictRenamedAndHeld, holder)},
		}, findingRow{
			name: "renamed outside the globs of " + holder, server: y9, before: one("y9") + importOne("y9"), config: one("z2"),
			found: []found{finds(check.NamesRenamed)},
		})
	}
	return rows
}

func openedAndGranted() []findingRow {
	const open = `settings = { access = "everyone" }`
	last := open + "\n  depends_on = [authscopes_user_type_scopes.e]"
	contradiction := []found{finds(check.AccessContradiction, "access = \"everyone\"", "- a")}
	return []findingRow{
		{name: "the set first", config: setHCL(`{ a = "A" }`, open) + typeHCL("child", "[authscopes_server_scopes.s.names.a]", ""), found: contradiction},
		{name: "the user type first", config: setHCL(`{ a = "A" }`, last) + typeHCL("child", `["a"]`, ""), found: contradiction},
		{name: "the single scope first", config: singleHCL(`"a"`, open) + typeHCL("child", "[authscopes_server_scope.one.name]", ""), found: contradiction},
		{name: "the single scope last", config: singleHCL(`"a"`, last) + typeHCL("child", `["a"]`, ""), found: contradiction},
		{
			name: "all user types", config: setHCL(`{ a = "A" }`, open) + grantsHCL(`{ educator = [authscopes_server_scopes.s.names.a] }`, ""),
			found: contradiction,
		},
	}
}

// noConflicts are resources that divide scopes, user types or clients between them.
func noConflicts() []findingRow {
	after := "\ndepends_on = [authscopes_server_grants.g]"
	return []findingRow{
		{
			name: "two sets", server: threeScopes,
			config: setHCL(`{ x = "" }`, `manage = ["x"]`) + again(setHCL(`{ y = "" }`, `manage = ["y"]`), "s") + singleHCL(`"z"`, ""),
		},
		{
			name: "parts of a user type", server: threeScopes,
			config: typeHCL("educator", `["a"]`, `manage = ["a"]`) + again(typeHCL("educator", `["b"]`, `ignore = ["a"]`), "e"),
		},
		{
			name: "parts of a client", server: clientServer,
			config: clientHCL("web", `default = ["a"]`, `manage = ["a"]`) + again(clientHCL("web", `optional = ["b"]`, `ignore = ["a"]`), "c"),
		},
		{name: "a client and a user type of its name", server: func(m *drivertest.Memory) {
			clientServer(m)
			m.SetClient(memRealm, "educator", nil, nil)
		}, config: clientHCL("web", `default = ["a"]`) + again(clientHCL("educator", `default = ["a"]`), "c") + typeHCL("educator", `["a"]`, "")},
		{
			name: "an excluded user type", server: threeScopes,
			config: grantsHCL(`{ child = ["a"] }`, `ignore_user_types = ["educator"]`) + typeHCL("educator", `["a"]`, after),
		},
		{
			name: "other scopes", server: threeScopes,
			config: grantsHCL(`{ educator = ["a"] }`, `manage = ["a"]`) + typeHCL("educator", `["b"]`, `ignore = ["a"]`+after),
		},
		{
			name: "all user types, with other scopes", server: threeScopes,
			config: grantsHCL(`{ child = ["a"] }`, `manage = ["a"]`) + again(grantsHCL(`{ child = ["b"], educator = ["c"] }`, `ignore = ["a"]`+after), "g"),
		},
		{
			name: "an excluded client role", server: rolesServer,
			config: grantsHCL(`{}`, "client_roles = { app = { editor = [\"a\"] } }\nignore_user_types = [\"client/app/viewer\"]") + roleHCL("app", "viewer", `["a"]`,
				""),
		},
	}
}

// typesHCL gives `read` to user types by count or for_each.
func typesHCL(by, userType string) string {
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" \"e\" {\n  %s\n  user_type = %s\n  scopes = [\"read\"]\n}\n", by, userType)
}
