package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// The tables below show that a resource passes the right facts to a check, and reports its findings
// where they are. The rules and their edge cases are in the tables of internal/authz/check and
// internal/authz/walk.

// findingRow is a plan with its findings: a configuration that is applied, a change on the server,
// and the planned configuration.
type findingRow struct {
	name   string
	server func(*drivertest.Memory)
	before string                   // applied first, if any
	change func(*drivertest.Memory) // after that
	config string                   // "": that of before
	args   []string
	found  []found
	calls  []string
	others bool // before has findings of its own
	silent bool
}

func runFindings(t *testing.T, rows ...findingRow) {
	t.Helper()
	all := make([]memRow, len(rows))
	for i, r := range rows {
		plan := memStep{change: r.change, config: r.config, args: r.args, found: r.found, calls: r.calls}
		all[i] = memRow{name: r.name, server: r.server, others: r.others, silent: r.silent, steps: []memStep{{config: r.before}, plan}}
	}
	if !slices.ContainsFunc(rows, func(r findingRow) bool { return r.before != "" }) {
		for i := range all {
			all[i].steps = all[i].steps[1:]
		}
	}
	runRows(t, all...)
}

func at(f found, where string) found {
	f.at = where
	return f
}

// more adds an attribute to a configuration of one resource, which it ends.
func more(hcl, attribute string) string {
	return strings.TrimSuffix(strings.TrimSpace(hcl), "}") + attribute + "\n}\n"
}

// again is a second resource of the same kind, with another label.
func again(hcl, label string) string {
	return strings.Replace(hcl, `" "`+label+`" {`, `" "other" {`, 1)
}

func TestMemoryServerScopesFindings(t *testing.T) {
	runFindings(t, slices.Concat(setAccessFindings(), setDeletionFindings(), setAdoptionFindings(), setRenameFindings(), settingFindings())...)
}

func setAccessFindings() []findingRow {
	const word = `overrides = { profile = { %s } }`
	builtIn := func(override string) string {
		return setHCL(`{ a = "A", profile = "changed" }`, "allow_built_in = true\n"+fmt.Sprintf(word, override))
	}
	return []findingRow{
		{
			name: "limited by client roles", server: adds(scopeOf("a", func(s *authz.Scope) { s.ClientRoles = []string{"app/admin"} })),
			config: setHCL(`{ a = "A" }`, `settings = { access = "everyone" }`),
			found: []found{
				at(finds(check.AccessClientRoles, "- a: app/admin"), setAddress), finds(check.AccessOpening), finds(check.AdoptionFound),
			},
		},
		{
			name: "created unguarded", config: setHCL(`{ a = "A" }`, `overrides = { a = { access = "unguarded" } }`),
			found: []found{finds(check.AccessLeftOpen, "- a")},
		},
		{
			name: "open, and its line is ignored", before: setHCL(`{ a = "A" }`, "lifecycle {\n    ignore_changes = [scopes]\n  }"),
			change: adds(scopeOf("hand", openScope)), found: []found{finds(check.AccessUndecided, "- hand"), finds(check.AdoptionAdopted)},
		},
		{
			name: "imported open", server: mixed, config: importedHCL(""),
			found: []found{finds(check.AccessUndecided, "- open\n", `access = "everyone"`, `access = "user_types"`)},
		},
		{
			name: "adopted open", server: adds(scopeOf("a", openScope)), config: setHCL(`{ a = "A" }`, ""),
			found: []found{finds(check.AccessUndecided, "- a\n"), finds(check.AdoptionFound)},
		},
		{
			name: "configured later, and open", before: setHCL(`{ a = "A" }`, ""), change: adds(scopeOf("b", openScope)),
			config: setHCL(`{ a = "A", b = "B" }`, ""), found: []found{finds(check.AccessUndecided, "- b"), finds(check.AdoptionAdopted)},
		},
		{
			name: "built in, without access", server: adds(builtInScope("profile")), before: setHCL(`{ a = "A" }`, ""), config: builtIn("include_in_token_scope = true"),
			found: []found{finds(check.AccessUndecided, "- profile"), finds(check.AdoptionAdopted)},
		},
		{
			name: "built in, and limited", server: adds(builtInScope("profile")), before: setHCL(`{ a = "A" }`, ""), config: builtIn(`access = "user_types"`),
			found: []found{finds(check.AccessBuiltInChanged, `Built-in scope "profile"`), finds(check.AdoptionAdopted)},
		},
		{
			name: "every user has the role", before: setHCL(`{ a = "A" }`, ""),
			server: func(m *drivertest.Memory) { m.AddUserType(memRealm, authz.UserType{Name: "all", Everyone: true}) },
			change: edits("a", mappedTo("all")), found: []found{finds(check.AccessHeldByEveryone, "(a: all)")},
		},
		{
			name: "access unknown", config: unknownUntil(`"everyone"`) + setHCL(`{ a = "A", b = "B" }`,
				`overrides = { a = { access = terraform_data.v.output }, b = { access = "everyone" } }`),
			found: []found{finds(check.AccessUnknown), finds(check.AccessCreatedOpen, "1 new scope")},
		},
		{
			name:   "another value unknown",
			config: unknownUntil(`"x"`) + setHCL(`{ a = terraform_data.v.output, b = "B" }`, `overrides = { b = { access = "everyone" } }`),
			found:  []found{finds(check.AccessCreatedOpen, "1 new scope")},
		},
		{
			name:   "coverage",
			server: adds(scopeOf("missions", openScope, func(s *authz.Scope) { s.Parameterized = true })),
			config: setHCL(`{ "missions:create" = "MISSIONS:CREATE" }`, `ignore = ["missions"]`),
			found:  []found{finds(check.CoverageCovered, "(missions:create)")},
		},
	}
}

func setDeletionFindings() []findingRow {
	three := setHCL(`{ a = "", b = "", c = "" }`, "max_deletions = 1")
	limit := func(values ...string) found { return at(finds(check.DeletionsExceedLimit, values...), "max_deletions") }
	unaddressed := finds(check.DeletionsExceedLimit)
	manyClients := func(m *drivertest.Memory) {
		m.SetClient(memRealm, "web", []string{"a"}, []string{"b", "c"})
		m.SetClient(memRealm, "app", []string{"b"}, nil)
		m.SetClient(memRealm, "none", nil, nil)
	}
	because := authz.Advise(authz.Denied, "read clients", "Needs the role view-clients.", "no right to view all")
	return []findingRow{
		{
			name: "grants", before: setHCL(`{ a = "A" }`, ""), change: adds(scopeOf("extra", mappedTo("child", "educator"), func(s *authz.Scope) {
				s.ClientRoles = []string{"shop/all"}
				s.Mappers = []authz.Mapper{{Name: "audience", Type: "oidc-audience-mapper"}}
			}), scopeOf("open", openScope)),
			found: []found{
				finds(check.DeletionsTakeGrants, "(extra: child, extra: educator, extra: shop/all, …)", "- extra: child\n", "- extra: shop/all\n", "- open: everyone"),
				finds(check.DeletionsDestroyMappers, "extra: audience (oidc-audience-mapper)"),
			},
		},
		{
			name: "more than the limit", before: three, config: setHCL(`{ a = "" }`, "max_deletions = 1"),
			found: []found{limit("- b\n", "- c\n", "set max_deletions = 2 or higher")},
		},
		{name: "all are removed", before: three, config: noResources, found: []found{unaddressed}},
		{name: "more than the default", before: setHCL(`{ for i in range(11) : "s${i}" => "" }`, ""), config: noResources, found: []found{unaddressed}},
		{
			name: "replaced", before: three, args: []string{"-replace=" + setAddress},
			found: []found{finds(check.DeletionsExceedLimit, "- a\n", "- b", "as last applied"), finds(check.AdoptionRecreated)},
		},
		{
			name: "replaced with another limit", before: three, config: setHCL(`{ a = "", b = "", c = "" }`, "max_deletions = 5"),
			args:  []string{"-replace=" + setAddress},
			found: []found{finds(check.DeletionsExceedLimit), finds(check.AdoptionRecreated)},
		},
		{
			name: "unknown scopes", server: adds(scopeOf("one")), before: setHCL(`{ a = "A" }`, `ignore = ["one"]`),
			config: unknownUntil(`{ a = "A" }`) + setHCL("terraform_data.v.output", "max_deletions = 50"),
			found:  []found{finds(check.DeletionsPossible, "(one)"), finds(check.DeletionsUnknown, "max_deletions (50)", "-target")},
		},
		{
			name: "clients", before: setHCL(`{ a = "", b = "", c = "" }`, ""), change: manyClients, config: setHCL(`{ a = "" }`, ""),
			found: []found{finds(check.DeletionsTakeFromClient, "(app: b (default), web: b (optional), c (optional))",
				"  - app: b (default)\n  - web: b (optional), c (optional)")},
		},
		{
			name: "clients of a removed set", before: setHCL(`{ a = "" }`, ""), config: noResources,
			change: func(m *drivertest.Memory) { m.SetClient(memRealm, "web", []string{"a"}, nil) },
			found:  []found{finds(check.DeletionsTakeFromClient, "web: a (default)")},
		},
		{
			name: "clients of a replaced set", before: setHCL(`{ a = "" }`, ""), args: []string{"-replace=" + setAddress}, calls: []string{"List"},
			change: func(m *drivertest.Memory) { m.SetClient(memRealm, "web", []string{"a"}, nil) },
		},
		{
			name: "a server without clients", before: setHCL(`{ a = "", b = "" }`, ""), config: setHCL(`{ a = "" }`, ""), calls: []string{"List"},
			server: func(m *drivertest.Memory) { m.Caps.ClientScopes = false },
		},
		{
			name: "clients of a kept set", before: setHCL(`{ a = "" }`, `on_destroy = "keep"`), config: noResources,
			change: func(m *drivertest.Memory) { m.SetClient(memRealm, "web", []string{"a"}, nil) },
		},
		{
			name: "some clients are hidden", before: setHCL(`{ a = "", b = "", c = "" }`, ""), config: setHCL(`{ a = "", b = "" }`, ""),
			change: func(m *drivertest.Memory) { manyClients(m); m.HideClients(because, "app") },
			found: []found{
				finds(check.DeletionsTakeFromClient, "(web: c (optional))"),
				finds(check.DeletionsMissedClients, "(c)", "Needs the role view-clients.", "no right to view all"),
			},
		},
		{
			name: "all clients are hidden", before: setHCL(`{ a = "", b = "", c = "" }`, ""), config: setHCL(`{ a = "", b = "" }`, ""),
			change: func(m *drivertest.Memory) { manyClients(m); m.HideClients(because, "app", "web") },
			found:  []found{finds(check.DeletionsMissedClients, "Needs the role view-clients.")},
		},
		{
			name: "clients cannot be read", before: setHCL(`{ a = "", b = "", c = "" }`, ""), config: setHCL(`{ a = "", b = "" }`, ""),
			change: func(m *drivertest.Memory) { manyClients(m); m.Fail(fails("ListClientScopes", because)) },
			found:  []found{finds(check.DeletionsUnreadClients, "(c)", "  - c", "Needs the role view-clients.", "no right to view all")},
		},
	}
}

func setAdoptionFindings() []findingRow {
	held := scopeOf("a", func(s *authz.Scope) { s.UserTypes, s.ClientRoles = []string{"child"}, []string{"app/user"} })
	changed := scopeOf("b", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault })
	const unguarded = `settings = { access = "unguarded" }`
	onCreate := finds(check.AdoptionFound, "Create of 1 existing scope", "(a)")
	v := unknownUntil(`"user_types"`)
	return []findingRow{
		{
			name: "unlisted scopes", server: adds(held, changed, scopeOf("legacy:x")), config: setHCL(`{ a = "A", b = null }`, ""),
			found: []found{
				finds(check.AdoptionUnlisted, "- legacy:x\n", "import {\n  to = authscopes_server_scopes.<name>\n  id = \"memory\"\n}", "ignore"),
				finds(check.AdoptionFound, "Create of 2 existing scopes", ", 1 of them changed (a, b)"),
			},
		},
		{
			name: "a replacement with other globs", server: adds(scopeOf("x")), before: setHCL(`{ a = "A" }`, `ignore = ["x"]`), config: setHCL(`{ a = "A" }`, ""),
			args: []string{"-replace=" + setAddress}, found: []found{finds(check.AdoptionUnlisted)}, others: true,
		},
		{
			name: "a replacement of a kept set", before: setHCL(`{ a = "A", b = "B" }`, `on_destroy = "keep"`), config: setHCL(`{ a = "A" }`, `on_destroy = "keep"`),
			args: []string{"-replace=" + setAddress}, found: []found{finds(check.AdoptionUnlisted)}, others: true,
		},
		{
			name: "a replacement that leaves a scope open", server: adds(scopeOf("a", unguardedScope)),
			before: setHCL(`{ a = "A" }`, `overrides = { a = { access = "unguarded" } }`) + importSet,
			args:   []string{"-replace=" + setAddress}, found: []found{finds(check.AccessLeftOpen)}, others: true,
		},
		{
			name: "a replacement releases a scope", before: setHCL(`{ a = "A", keep = "K" }`, ""), config: setHCL(`{ a = "A" }`, `ignore = ["keep"]`),
			args: []string{"-replace=" + setAddress}, found: []found{finds(check.ConflictReleasedAndReplaced, "- keep")}, others: true,
		},
		{
			name: "an unknown description", server: adds(scopeOf("a", unguardedScope)), config: v + setHCL(`{ a = terraform_data.v.output }`, unguarded),
			found: []found{onCreate}, others: true,
		},
		{
			name: "an unknown setting", server: adds(scopeOf("a", unguardedScope)), config: v + setHCL(`{ a = "A" }`, `settings = { access = terraform_data.v.output }`),
			found: []found{onCreate}, others: true,
		},
		{
			name: "an unknown override", server: adds(scopeOf("a", unguardedScope)),
			config: v + setHCL(`{ a = "A" }`, `overrides = { a = { access = terraform_data.v.output } }`), found: []found{onCreate}, others: true,
		},
		{
			name: "a known setting beside an unknown one", server: adds(scopeOf("a", openScope)),
			config: v + setHCL(`{ a = "A" }`, `settings = { access = "user_types", consent_screen_text = terraform_data.v.output }`),
			found: []found{
				finds(check.AdoptionFound, "Create of 1 existing scope", ", 1 of them changed (a)", "a (changed: access everyone → user_types)"),
			}, others: true,
		},
		{
			name: "scopes of another server", before: setHCL(`{ a = "A", b = "B" }`, ""), change: otherScopes("x", "y"),
			found: []found{finds(messages.FoundStrangeScopes, `has none of the 2 scopes in state`, "do not apply")},
		},
		{
			name: "scopes of the same names on another server", before: setHCL(`{ a = "A", b = "B" }`, ""), change: otherScopes("a", "b", "z"),
			found: []found{finds(messages.FoundStrangeScopes, `has none of the 2 scopes in state`)},
		},
		{name: "no scopes", before: setHCL(`{ a = "A", b = "B" }`, ""), change: otherScopes()},
		{
			name: "one scope of its own", before: setHCL(`{ a = "A", b = "B" }`, ""),
			change: func(m *drivertest.Memory) { m.Change(memRealm, remove("b")) },
		},
		{
			name: "empty, and the server is not", server: adds(scopeOf("a")), config: "resource \"authscopes_server_scopes\" \"s\" {\n  scopes = {}\n}\n" + importSet,
			found: []found{at(finds(messages.InputNoScopes, "would delete every scope"), "scopes")},
		},
		{name: "emptied", before: setHCL(`{ a = "A" }`, ""), config: setHCL(`{}`, ""), found: []found{finds(messages.InputNoScopes)}},
		{
			name: "the name of another object", server: func(m *drivertest.Memory) {
				m.Change(memRealm, func(l *authz.Snapshot) { l.ReservedNames = []string{"a"} })
			},
			config: setHCL(`{ a = "A" }`, ""), found: []found{finds(check.NamesTaken, "a")},
		},
	}
}

// otherScopes replaces all scopes by others, with other IDs.
func otherScopes(names ...string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		m.Change(memRealm, func(l *authz.Snapshot) {
			l.Scopes = nil
			for _, name := range names {
				l.Put(scopeOf(name, func(s *authz.Scope) { s.ID = "other-" + name }))
			}
		})
	}
}

func setRenameFindings() []findingRow {
	before := setHCL(beforeRename, "")
	rejected := func(code check.Code, values ...string) []found {
		return []found{at(finds(code, values...), "previous_names")}
	}
	return []findingRow{
		{
			name: "still configured", before: before, config: setHCL(`{ new = null, old = "OLD" }`, previousNames),
			found: rejected(check.RenamesListed, "old → new"),
		},
		{
			name: "a chain", before: before, config: setHCL(`{ old = "OLD", new = null }`, `previous_names = { old = "keep", new = "old" }`),
			found: rejected(check.RenamesListed, "one rename after the other"),
		},
		{name: "excluded", before: before, config: setHCL(afterRename, previousNames+"\nignore = [\"old\"]"), found: rejected(check.RenamesExcluded, "old → new")},
		{
			name: "the new one was created outside Terraform", before: before, change: adds(scopeOf("new")), config: setHCL(afterRename, previousNames),
			found: rejected(check.RenamesTaken, "old → new"),
		},
		{
			name: "both exist on create", server: adds(scopeOf("old"), scopeOf("new")), config: setHCL(`{ new = "OLD" }`, previousNames),
			found: rejected(check.RenamesTaken, "old → new"), others: true,
		},
		{
			name: "built in", before: before, change: adds(builtInScope("profile")),
			config: setHCL(`{ new = null, keep = "KEEP", old = "OLD" }`, `previous_names = { new = "profile" }`), found: rejected(check.RenamesBuiltIn, "profile → new"),
		},
		{
			name: "clients cannot be read", before: before, config: setHCL(afterRename, previousNames),
			change: func(m *drivertest.Memory) { m.Fail(fails("ListClientScopes", errors.New("no right"))) }, found: []found{finds(check.RenamesUnread, "no right")},
		},
	}
}

// settingFindings are settings that set nothing: a misspelled setting leaves an empty object, because
// Terraform removes unknown keys.
func settingFindings() (rows []findingRow) {
	one := finds(messages.InputNoSettings, "display_on_consent_screen")
	warned := []found{one, one} // of the validation, and of the plan
	for name, test := range map[string]struct {
		config string
		found  []found
	}{
		"misspelled in a set":      {setHCL(`{ a = "" }`, `settings = { acces = "everyone" }`), warned},
		"misspelled in a scope":    {singleHCL(`"a"`, `settings = { acces = "everyone" }`), warned},
		"misspelled in a report":   {driftHCL(`{ a = "" }`, `settings = { acces = "everyone" }`), warned},
		"empty":                    {setHCL(`{ a = "" }`, `settings = {}`), warned},
		"all null":                 {setHCL(`{ a = "" }`, `settings = { access = null }`), warned},
		"one set, one misspelled ": {setHCL(`{ a = "" }`, `settings = { access = "user_types", acces = "everyone" }`), nil},
		"unknown": {
			unknownUntil(`"user_types"`) + setHCL(`{ a = "" }`, `settings = { access = terraform_data.v.output }`), []found{finds(check.AccessUnknown)},
		},
	} {
		rows = append(rows, findingRow{name: name, config: test.config, found: test.found})
	}
	return rows
}
