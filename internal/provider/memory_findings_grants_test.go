package provider

import (
	"errors"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// compositeTypes adds a composite user type, two that every user has, and client roles of these kinds.
func compositeTypes(m *drivertest.Memory) {
	threeScopes(m)
	m.AddUserType(memRealm, authz.UserType{Name: "leader", Contains: []string{"child", "educator"}, ContainsClientRoles: []string{"app/admin"}})
	m.AddUserType(memRealm, authz.UserType{Name: "all", Contains: []string{"default-roles"}, Everyone: true})
	m.AddClientRole(memRealm, authz.UserType{Name: "client/app/lead", ContainsClientRoles: []string{editor}})
	m.AddClientRole(memRealm, authz.UserType{Name: "client/app/all", Everyone: true})
}

// renameType renames a user type outside Terraform.
func renameType(from, to string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		m.Change(memRealm, func(l *authz.Snapshot) {
			i := slices.IndexFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == from })
			l.UserTypes[i].Name = to
		})
	}
}

// renameAndTakeType renames the user type educator, and creates another one with its name.
func renameAndTakeType(m *drivertest.Memory) {
	renameType("educator", "teacher")(m)
	m.AddUserType(memRealm, authz.UserType{Name: "educator"})
}

// renameRole gives the client role editor another name.
func renameRole(m *drivertest.Memory) {
	m.DeleteClientRole(memRealm, editor)
	m.AddClientRole(memRealm, authz.UserType{Name: "client/app/author", ID: "7"})
	memEdit(m, "a", func(s *authz.Scope) { s.ClientRoles = []string{"client/app/author"} })
}

func builtInGrant(m *drivertest.Memory) {
	threeScopes(m)
	m.AddScope(memRealm, scopeOf("profile", mappedTo("educator"), func(s *authz.Scope) { s.BuiltIn = true }))
}

func TestMemoryUserTypeScopesFindings(t *testing.T) {
	runFindings(t, slices.Concat(userTypeFindings(), userTypeBounds(), userTypeImports())...)
}

func userTypeFindings() []findingRow {
	role := func(m *drivertest.Memory) {
		threeScopes(m)
		m.AddClientRole(memRealm, authz.UserType{Name: editor, ID: "7"})
	}
	return []findingRow{
		{
			name: "composite", server: compositeTypes, config: typeHCL("leader", `["a"]`, ""),
			found: []found{at(finds(check.GrantsComposite, "- child\n", "- educator\n", "- app/admin", "allow_composite = true"), "user_type")},
		},
		{
			name: "every user has it", server: compositeTypes, config: typeHCL("all", `["a"]`, "allow_composite = true"),
			found: []found{at(finds(check.GrantsEveryone, "- default-roles", `access = "everyone"`), "user_type")},
		},
		{
			name: "composite since the last apply", server: threeScopes, before: typeHCL("educator", `["a"]`, ""),
			found: []found{finds(check.GrantsComposite, "- child")},
			change: func(m *drivertest.Memory) {
				m.Change(memRealm, func(l *authz.Snapshot) {
					i := slices.IndexFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == "educator" })
					l.UserTypes[i].Contains = []string{"child"}
				})
			},
		},
		{
			name: "a composite client role", server: compositeTypes, config: roleHCL("app", "lead", `["a"]`, ""),
			found: []found{finds(check.GrantsComposite, "- "+editor)},
		},
		{
			name: "a client role of every user", server: compositeTypes, config: roleHCL("app", "all", `["a"]`, "allow_composite = true"),
			found: []found{finds(check.GrantsEveryone)},
		},
		{
			name: "built-in scopes", server: builtInGrant, config: typeHCL("educator", `["a", "profile"]`, ""),
			found: []found{at(finds(check.GrantsBuiltIn, "- profile"), "scopes")},
		},
		{
			name: "openid", server: builtInGrant, config: typeHCL("educator", `["openid"]`, `allow_built_in = true`),
			found: []found{finds(check.GrantsBuiltIn, "- openid")}, others: true,
		},
		{
			name: "no scopes", server: func(m *drivertest.Memory) { m.Caps.EmptyUserTypes = false }, config: typeHCL("educator", `[]`, ""),
			found: []found{at(finds(check.GrantsNone, "Memory rejects a user type without scopes"), "scopes")},
		},
		{
			name: "a user type to limit a scope", server: func(m *drivertest.Memory) { threeScopes(m); memEdit(m, "a", openScope) },
			config: typeHCL("educator", `["a", "b"]`, ""), found: []found{finds(check.GrantsLimit, `(a)`, "- a")},
		},
		{
			name: "a creation that replaces grants", config: typeHCL("educator", `["b", "c"]`, ""),
			server: func(m *drivertest.Memory) {
				threeScopes(m)
				memEdit(m, "a", mappedTo("educator"))
				memEdit(m, "b", mappedTo("educator"))
			},
			found: []found{finds(check.GrantsReplace, `User type "educator" in Memory realm "memory": 1 scope revoked, 1 granted (a, c)`,
				"Revoked:\n\n  - a\n", "Granted:\n\n  - c")},
		},
		{
			name: "another user type, which is missing", server: threeScopes, before: typeHCL("educator", `["a"]`, ""), config: typeHCL("edukator", `["a"]`, ""),
			found: []found{
				finds(check.GrantsLost, `User type "educator" in Memory realm "memory": 1 scope will be revoked (a)`),
				finds(check.GrantsMissingHolder, `(did you mean "educator"?)`),
			},
		},
		{
			name: "unknown scopes", config: unknownUntil(`"a"`) + typeHCL("educator", `[terraform_data.v.output]`, ""),
			server: func(m *drivertest.Memory) {
				threeScopes(m)
				memEdit(m, "a", mappedTo("educator"))
				memEdit(m, "b", mappedTo("educator"))
			},
			found: []found{finds(check.GrantsUnknown, `User type "educator" in Memory realm "memory": 2 scopes may be revoked (a, b)`, "  - a\n  - b")},
		},
		{
			name: "coverage", server: adds(scopeOf("missions", openScope, func(s *authz.Scope) { s.Parameterized = true }), scopeOf("missions:create")),
			config: typeHCL("educator", `["missions:create"]`, ""), found: []found{finds(check.CoverageCovered, "(missions:create)")},
		},
		{
			name: "renamed", server: threeScopes, before: typeHCL("educator", `["a"]`, ""), change: func(m *drivertest.Memory) {
				renameType("educator", "teacher")(m)
				memEdit(m, "a", mappedTo("teacher"))
			}, found: []found{finds(messages.FoundRenamedUserType, "terraform state rm")},
		},
		{
			name: "renamed, and another one has its name", server: threeScopes, before: typeHCL("educator", `["a"]`, ""), change: renameAndTakeType,
			found: []found{finds(messages.FoundRenamedUserType)},
		},
		{
			name: "a renamed client role", server: role, before: roleHCL("app", "editor", `["a"]`, ""), change: renameRole,
			found: []found{finds(messages.FoundRenamedUserType, `"client/app/author"`)},
		},
		{
			name: "state of another realm", before: typeHCL("educator", `[]`, ""), config: typeHCL("educator", `[]`, `server_id = "other"`),
			found: []found{at(finds(messages.FoundOtherServer, `"memory"`, `"other"`), "server_id")},
		},
		{
			name: "a missing scope", server: threeScopes, config: typeHCL("educator", `["aa"]`, ""),
			found: []found{finds(check.GrantsMissingScopes, "1 scope not found (aa")},
		},
		{
			name: "a missing scope in an update", server: adds(scopeOf("read:users")), before: typeHCL("educator", `["read:users"]`, ""),
			config: typeHCL("educator", `["read:user"]`, ""),
			found:  []found{at(finds(check.GrantsMissingScopes, `(read:user (did you mean`, `"read:users"?)`), "scopes")},
		},
		{
			name: "scopes that the plan creates", config: setHCL(`{ a = "" }`, "") + typeHCL("educator", `["a"]`, "depends_on = [authscopes_server_scopes.s]"),
		},
		{
			name: "scopes that an unknown set can create", config: unknownUntil(`"a"`) + setHCL(`{ (terraform_data.v.output) = "" }`, "") +
				typeHCL("educator", `["a"]`, "depends_on = [authscopes_server_scopes.s]"),
		},
	}
}

func userTypeBounds() []findingRow {
	all := `["a", "b", "c"]`
	bound := func(values ...string) []found {
		return []found{finds(check.BoundsRevocations, append([]string{"Plan revokes more grants than max_revocations", "max_revocations is 1"}, values...)...)}
	}
	before := typeHCL("educator", all, "max_revocations = 1")
	return []findingRow{
		{
			name: "more than the bound", server: threeScopes, before: before, config: typeHCL("educator", `["c"]`, "max_revocations = 1"),
			found: []found{at(bound("2 ", "- educator: a\n", "- educator: b")[0], "max_revocations")},
		},
		{name: "as many as the bound", server: threeScopes, before: before, config: typeHCL("educator", `["b", "c"]`, "max_revocations = 1")},
		{name: "removed", server: threeScopes, before: before, config: noResources, found: bound("3 ")},
		{
			name: "replaced", server: threeScopes, before: before, config: typeHCL("educator", all, ""), args: []string{"-replace=" + typeAddress},
			found: bound("as last applied, because the resource is replaced or tainted"),
		},
		{
			name: "another user type", server: threeScopes, before: before, config: typeHCL("child", `["a"]`, "max_revocations = 1"),
			found: bound("as last applied"), others: true,
		},
		{
			name: "created over grants", config: typeHCL("educator", `["c"]`, "max_revocations = 1"), server: func(m *drivertest.Memory) {
				adds(scopeOf("a", mappedTo("educator")), scopeOf("b", mappedTo("educator")), scopeOf("c"))(m)
			}, found: append(bound("2 "), finds(check.GrantsReplace)),
		},
	}
}

func userTypeImports() []findingRow {
	importType := func(id string) string {
		return "import {\n  to = authscopes_user_type_scopes.e\n  id = " + quoted(id) + "\n}\n"
	}
	return []findingRow{
		{
			name: "no such user type to import", config: typeHCL("educator", `[]`, "") + importType("educater"),
			found: []found{finds(messages.FoundNoUserType, `"educater"`, `Did you mean "educator"?`, "- child")},
		},
		{
			name: "no such client role to import", config: roleHCL("app", "author", `[]`, "") + importType("client/app/author"),
			found: []found{finds(messages.FoundNoClientRole, `"client/app/author"`, "there is no such role")},
		},
		{
			name: "nothing before the slash", server: func(m *drivertest.Memory) { m.Caps.ServerIDRequired = true },
			config: typeHCL("educator", `[]`, `server_id = "memory"`) + importType("/educator"), found: []found{finds(messages.InputImportID, `"77/educator"`)},
		},
	}
}

func TestMemoryServerGrantsFindings(t *testing.T) {
	const rest = "composite_user_types = "
	one := grantsHCL(`{ educator = ["a"] }`, "")
	revocations := func(values ...string) []found { return []found{finds(check.BoundsRevocations, values...)} }
	all := grantsHCL(`{ educator = ["a", "b", "c"], child = ["a"] }`, "max_revocations = 2")
	role := func(m *drivertest.Memory) {
		threeScopes(m)
		m.AddClientRole(memRealm, authz.UserType{Name: editor, ID: "7"})
	}
	listed := func(m *drivertest.Memory) {
		adds(scopeOf("a", mappedTo("child")), scopeOf("b", mappedTo("educator")), scopeOf("c"))(m)
	}
	later := unknownUntil(`["a"]`)
	runFindings(
		t,
		findingRow{
			name: "unlisted grants", server: listed, config: grantsHCL(`{ educator = ["b", "c"] }`, ""),
			found: []found{at(finds(check.AllGrantsUnlisted, "- child: a", "import {\n  to = authscopes_server_grants.<name>\n  id = \"memory\"\n}"), "user_types")},
		},
		findingRow{
			name: "unlisted grants of a listed user type", server: listed, config: grantsHCL(`{ educator = ["c"], child = ["a"] }`, ""),
			found: []found{finds(check.AllGrantsUnlisted, "- educator: b")},
		},
		findingRow{
			name: "more revocations than the bound", server: threeScopes, before: all, config: grantsHCL(`{ child = ["a"] }`, "max_revocations = 2"),
			found: []found{at(revocations("max_revocations is 2", "3 grants", "- educator: a\n  - educator: b\n  - educator: c", "max_revocations = 3")[0],
				"max_revocations")},
		},
		findingRow{
			name: "as many as the bound", server: threeScopes, before: all, config: grantsHCL(`{ educator = ["c"], child = ["a"] }`, "max_revocations = 2"),
		},
		findingRow{name: "removed", server: threeScopes, before: all, config: noResources, found: revocations("4 grants", "- child: a")},
		findingRow{
			name: "replaced", server: threeScopes, before: all, args: []string{"-replace=" + grantsAddress},
			found: revocations("as last applied, because the resource is replaced"),
		},
		findingRow{
			name: "no entries", server: threeScopes, before: grantsHCL(`{}`, ""), change: edits("a", mappedTo("child")),
			found: []found{finds(check.AllGrantsEmptied, "No user type is listed", "- child: a")},
		},
		findingRow{
			name: "composite", server: compositeTypes, config: grantsHCL(`{ leader = ["a"] }`, ""),
			found: []found{finds(check.AllGrantsComposite, "- child")},
		},
		findingRow{
			name: "every user has it", server: compositeTypes, config: grantsHCL(`{ all = ["a"] }`, rest+`["all"]`), found: []found{finds(check.GrantsEveryone)},
		},
		findingRow{
			name: "a composite user type without an entry", server: compositeTypes, config: grantsHCL(`{ leader = ["a"] }`, rest+`["leader", "lead"]`),
			found: []found{at(finds(check.AllGrantsStray, "- lead"), "composite_user_types")},
		},
		findingRow{
			name: "a composite client role", server: compositeTypes, config: grantsHCL(`{}`, `client_roles = { app = { lead = ["a"] } }`),
			found: []found{finds(check.AllGrantsComposite, "composite_user_types")},
		},
		findingRow{
			name: "a missing user type", server: threeScopes, config: grantsHCL(`{ edukator = ["a"], child = ["b"] }`, ""),
			found: []found{finds(check.GrantsMissingHolder, `(did you mean "educator"?)`, "remove the entry")},
		},
		findingRow{
			name: "missing client roles", server: role, config: grantsHCL(`{}`, `client_roles = { app = { edtor = ["a"] }, web = { x = ["a"] } }`),
			found: []found{finds(check.GrantsMissingHolder, "client/app/edtor"), finds(check.GrantsMissingHolder, "client/web/x")},
		},
		findingRow{
			name: "a missing scope", server: adds(scopeOf("read:users")), config: grantsHCL(`{ educator = ["read:user"] }`, ""),
			found: []found{finds(check.GrantsMissingScopes, `User type "educator"`, "1 scope not found (read:user (did you mean", `"read:users"?)`)},
		},
		findingRow{
			name: "a renamed user type", server: threeScopes, before: one, change: func(m *drivertest.Memory) {
				renameType("educator", "teacher")(m)
				memEdit(m, "a", mappedTo("teacher"))
			}, found: []found{finds(check.AllGrantsRenamed, `"educator" is now "teacher"`, "rename the entry"), finds(check.GrantsMissingHolder)},
		},
		findingRow{
			name: "a renamed user type, and another one has its name", server: threeScopes, before: one, change: renameAndTakeType,
			found: []found{finds(check.AllGrantsRenamed)}, others: true,
		},
		findingRow{
			name: "a renamed client role", server: role, before: grantsHCL(`{}`, `client_roles = { app = { editor = ["a"] } }`), change: renameRole,
			found: []found{finds(check.AllGrantsRenamed, `"client/app/author"`)}, others: true,
		},
		findingRow{
			name: "user types of one normal form", before: grantsHCL(`{ "\u00e9" = ["a"] }`, ""), server: func(m *drivertest.Memory) {
				threeScopes(m)
				m.AddUserType(memRealm, authz.UserType{Name: "\u00e9"})
				m.AddUserType(memRealm, authz.UserType{Name: "e\u0301"})
			}, change: func(m *drivertest.Memory) { memEdit(m, "b", mappedTo("e\u0301")) }, found: []found{finds(check.AllGrantsIndistinct, "- e\u0301")},
		},
		findingRow{
			name: "built-in scopes", server: builtInGrant, config: grantsHCL(`{ educator = ["a", "profile"] }`, ""),
			found: []found{finds(check.GrantsBuiltIn, "- profile")},
		},
		findingRow{
			name: "a built-in scope for another user type", server: builtInGrant, before: one,
			config: grantsHCL(`{ educator = ["a"], child = ["profile"] }`, "allow_built_in = true"), found: []found{finds(check.GrantsBuiltIn, "- profile")},
		},
		findingRow{
			name: "an excluded user type", server: threeScopes, config: grantsHCL(`{ educator = [] }`, `ignore_user_types = ["edu*"]`),
			found: []found{at(finds(check.AllGrantsIgnored, "- educator"), "user_types")},
		},
		findingRow{
			name: "an excluded client role", server: role,
			config: grantsHCL(`{}`, "client_roles = { app = { editor = [\"a\"] } }\nignore_user_types = [\"client/app/*\"]"),
			found:  []found{finds(check.AllGrantsIgnored, "- "+editor)},
		},
		findingRow{
			name: "hidden user types", config: grantsHCL(`{ child = ["a"] }`, ""), found: []found{finds(check.AllGrantsHidden, "- realm roles", "- role view-realm")},
			server: func(m *drivertest.Memory) {
				threeScopes(m)
				m.Change(memRealm, func(l *authz.Snapshot) {
					l.UserTypes = nil
					l.NotChecked = []authz.Gap{{Subject: "realm roles", Privilege: "role view-realm", Compared: true}}
				})
			},
		},
		findingRow{
			name: "an entry is unknown", server: threeScopes, before: grantsHCL(`{ educator = ["b"], child = ["c"] }`, ""),
			config: later + grantsHCL(`{ educator = terraform_data.v.output }`, ""),
			found:  []found{finds(check.AllGrantsUnknown, "(child: c, educator: b)", "at most max_revocations (10) of them")},
		},
		findingRow{
			name: "the map is unknown", server: threeScopes, before: grantsHCL(`{ educator = ["b"], child = ["c"] }`, ""),
			config: unknownUntil(`{ educator = ["a"] }`) + grantsHCL(`terraform_data.v.output`, ""),
			found:  []found{finds(check.AllGrantsUnknown, "(child: c, educator: b)")},
		},
		findingRow{
			name: "state of another realm", server: threeScopes, before: one, config: grantsHCL(`{ educator = ["a"] }`, `server_id = "another"`),
			found: []found{finds(messages.FoundOtherServer)},
		},
	)
}

// clientServer is the server of clientTerraform, with a client that has no scopes.
func clientServer(m *drivertest.Memory) {
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		m.AddScope(memRealm, scopeOf(name))
	}
	m.AddScope(memRealm, builtInScope("email"))
	m.AddScope(memRealm, builtInScope("profile"))
	m.SetClient(memRealm, "web", []string{"profile"}, []string{"email"})
	m.SetClient(memRealm, "app", nil, nil)
}

// clientWith is clientServer with other scopes of the client.
func clientWith(defaults, optionals []string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		clientServer(m)
		m.SetClient(memRealm, "web", defaults, optionals)
	}
}

func TestMemoryClientScopesFindings(t *testing.T) {
	all := `optional = ["a", "b", "c"]`
	bound := func(values ...string) []found {
		return []found{finds(check.BoundsUnassignments, append([]string{"max_unassignments is 1"}, values...)...)}
	}
	before := clientHCL("web", all, "max_unassignments = 1")
	importClient := func(id string) string {
		return "import {\n  to = authscopes_client_scopes.c\n  id = " + quoted(id) + "\n}\n"
	}
	withID := func(m *drivertest.Memory) {
		clientServer(m)
		m.Caps.ServerIDRequired, m.Caps.ClientExample = true, "1234"
	}
	open := func(m *drivertest.Memory) {
		clientServer(m)
		memEdit(m, "b", access(authz.AccessEveryone))
		memEdit(m, "c", openScope)
		memEdit(m, "d", func(s *authz.Scope) {
			s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
		})
	}
	assigned := []found{
		finds(check.GrantsAssignedOpen, `Client "web"`, "1 open scope assigned (c)"),
		finds(check.GrantsAssignedLimited, `Client "web"`, "1 scope limited before assignment (b)"),
	}
	runFindings(
		t,
		findingRow{
			name: "more than the bound", server: clientServer, before: before, config: clientHCL("web", `optional = ["c"]`, "max_unassignments = 1"),
			found: []found{at(bound("2 ", "- web: a\n", "- web: b")[0], "max_unassignments")},
		},
		findingRow{name: "as many as the bound", server: clientServer, before: before, config: clientHCL("web", `optional = ["b", "c"]`, "max_unassignments = 1")},
		findingRow{name: "removed", server: clientServer, before: before, config: noResources, found: bound("3 ")},
		findingRow{
			name: "replaced", server: clientServer, before: before, config: clientHCL("web", all), args: []string{"-replace=" + clientAddress},
			found: bound("as last applied, because the resource is replaced or tainted"),
		},
		findingRow{
			name: "another client", server: clientServer, before: before, config: clientHCL("app", `optional = ["a"]`, "max_unassignments = 1"),
			found: bound("as last applied"), others: true,
		},
		findingRow{
			name: "created over scopes", server: clientWith(nil, []string{"a", "b"}), config: clientHCL("web", `optional = ["c"]`, "max_unassignments = 1"),
			found: append(bound("2 "), finds(check.GrantsReplaceClient)),
		},
		findingRow{
			name: "a creation that replaces scopes", server: clientWith([]string{"a", "b", "profile"}, []string{"c", "d"}),
			config: clientHCL("web", `default = ["a", "c"]`, `optional = ["e"]`, `ignore = ["d"]`),
			found: []found{finds(check.GrantsReplaceClient, `Client "web" in Memory realm "memory": 1 scope unassigned, 1 assigned, 1 moved (b, c, e)`,
				`Unassigned:`, "  - b\n", `Assigned:`, "  - e\n", "  - c")},
		},
		findingRow{
			name: "a creation that only assigns", server: clientWith([]string{"a", "profile"}, nil), config: clientHCL("web", `default = ["a"]`, `optional = ["b"]`),
		},
		findingRow{
			name: "unknown scopes", server: clientWith([]string{"a"}, []string{"b"}),
			config: unknownUntil(`"a"`) + clientHCL("web", `optional = [terraform_data.v.output]`),
			found:  []found{finds(check.GrantsUnknown, `Client "web" in Memory realm "memory": 2 scopes may be unassigned (a, b)`, "  - a\n  - b")},
		},
		findingRow{name: "open scopes", server: open, config: clientHCL("web", `optional = ["a", "b", "c", "d"]`), found: assigned},
		findingRow{
			name: "a scope that was opened", server: clientServer, before: clientHCL("web", `optional = ["b"]`), change: edits("b", access(authz.AccessEveryone)),
			found: []found{finds(check.GrantsOpenedOutside, "1 limited scope opened outside Terraform (b)")},
		},
		findingRow{
			name: "built in", server: clientServer, config: clientHCL("web", `default = ["profile"]`, `optional = ["openid"]`),
			found: []found{finds(check.NamesBuiltIn, "- openid\n", "- profile", "allow_built_in = true"), finds(check.GrantsMissingScopes, "(openid)")},
		},
		findingRow{
			name: "built in, and absent", server: clientServer, config: clientHCL("web", `default = ["profile", "openid"]`, `allow_built_in = true`),
			found: []found{finds(check.NamesAbsent, "- openid", "Remove them from the configuration"), finds(check.GrantsMissingScopes, "(openid)")},
		},
		findingRow{
			name: "a missing client", server: clientServer, config: clientHCL("wob", `default = ["a"]`),
			found: []found{at(finds(check.GrantsMissingHolder, `Client "wob" does not exist in `), "client_id")},
		},
		findingRow{
			name: "missing scopes", server: adds(scopeOf("read:users")), before: noResources, config: clientHCL("wob", `optional = ["read:user"]`),
			found: []found{finds(check.GrantsMissingHolder), finds(check.GrantsMissingScopes, "1 scope not found (read:user (did you mean", `"read:users"?)`)},
		},
		findingRow{
			name: "missing default and optional scopes", server: clientServer, config: clientHCL("web", `optional = ["aa"]`, `default = ["bb"]`),
			found: []found{at(finds(check.GrantsMissingScopes, "2 scopes not found (aa, bb)"), "default")},
		},
		findingRow{
			name: "scopes that the plan creates", server: func(m *drivertest.Memory) { m.SetClient(memRealm, "web", nil, nil) },
			config: setHCL(`{ x = "" }`, "") + clientHCL("web", `optional = ["x"]`, "depends_on = [authscopes_server_scopes.s]"),
		},
		findingRow{
			name: "no such client to import", server: clientServer, config: clientHCL("web") + importClient("wob"), found: []found{finds(messages.FoundNoClient)},
		},
		findingRow{
			name: "no slash in an import ID", server: withID, config: clientHCL("web", `server_id = "memory"`) + importClient("web"),
			found: []found{finds(messages.InputImportID, `The import ID is "web"`, `"77/1234"`)},
		},
		findingRow{
			name: "nothing after the slash", server: withID, config: clientHCL("web", `server_id = "memory"`) + importClient("memory/"),
			found: []found{finds(messages.InputImportID, `"77/1234"`)},
		},
		findingRow{
			name: "state of another realm", server: clientServer, before: clientHCL("web", `optional = ["b"]`),
			config: clientHCL("web", `server_id = "other"`, `optional = ["b"]`),
			found:  []found{finds(messages.FoundOtherServer, `"memory"`, `"other"`)},
		},
		findingRow{
			name: "default scopes are not supported", config: clientHCL("web", `default = ["b"]`), found: []found{finds(messages.SupportDefaults, "- b")},
			server: func(m *drivertest.Memory) { clientServer(m); m.Caps.ClientDefaults = false },
		},
		findingRow{
			name: "a client that cannot be read", server: clientServer, before: clientHCL("web", `optional = ["a"]`),
			change: func(m *drivertest.Memory) {
				m.Fail(fails(readWeb, &authz.Error{Kind: authz.Denied, Op: readWeb, Err: errors.New("original text")}))
			},
			found: []found{finds(messages.FailedReadClient, "they lack a right", "original text")},
		},
	)
}
