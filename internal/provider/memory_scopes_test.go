package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// importSet is the import block that the messages show.
const importSet = "import {\n  to = authscopes_server_scopes.s\n  id = \"memory\"\n}\n"

// A plan shows each difference from the server as one line, and the apply removes it.
func TestMemoryServerScopes(t *testing.T) {
	runRows(t, slices.Concat(setDriftRows(), setSettingRows(), setGlobRows(), setHandoverRows(), setReplacementRows(t), settingRows(t))...)
}

func setDriftRows() []memRow {
	two := setHCL(`{ "read:a" = "A", "read:b" = null }`, "")
	described := func(text, line, want string) memStep {
		return memStep{config: setHCL(`{ a = `+text+` }`, ""), lines: []string{setAddress + " " + line}, after: func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, "description", liveScope(t, s.m, "a").Description, want)
		}}
	}
	name, description := strings.Repeat("n", 255), strings.Repeat("ü", 255)
	return []memRow{
		{name: "drift", steps: []memStep{
			{config: two, wrote: []string{"CreateScope read:a", "CreateScope read:b"}},
			{change: adds(scopeOf("extra")), lines: []string{setAddress + ` - scopes.extra = "EXTRA"`}, wrote: []string{"DeleteScope extra"}},
			{
				change: removes("read:b"), wrote: []string{"CreateScope read:b"},
				lines: []string{setAddress + ` + scopes.read:b = null`, setAddress + ` + ids.read:b = "(unknown)"`},
			},
			{
				change: edits("read:a", func(s *authz.Scope) { s.Description = "by hand" }), wrote: []string{"UpdateScope read:a"},
				lines: []string{setAddress + ` ~ scopes.read:a = "by hand" -> "A"`},
			},
		}},
		{name: "descriptions", steps: []memStep{
			{config: setHCL(`{ a = null }`, "")},
			described(`""`, `+ scopes.a = ""`, ""), described(`"text"`, `~ scopes.a = "" -> "text"`, "text"),
			described(`null`, `- scopes.a = "text"`, ""),
		}},
		{name: "the longest texts", steps: []memStep{
			{config: setHCL(fmt.Sprintf("{ %q = %q }", name, description), "")},
			{config: setHCL(fmt.Sprintf("{ %q = %q }", "!#[]^~", description), ""), wrote: []string{"CreateScope !#[]^~", "DeleteScope " + name}},
		}},
		{
			name: "a server without scopes", server: adds(builtInScope("profile")),
			steps: []memStep{{config: setHCL(`{}`, "") + importSet}, {config: setHCL(`{ a = "A" }`, ""), wrote: []string{"CreateScope a"}}},
		},
		{name: "scopes of many user types", server: func(m *drivertest.Memory) {
			for i := range 12 {
				m.AddUserType(memRealm, authz.UserType{Name: fmt.Sprintf("type%02d", i)})
			}
		}, steps: []memStep{
			{config: manyTypesHCL(`[authscopes_server_scopes.s.names.a, authscopes_server_scopes.s.names.b]`)},
			{config: manyTypesHCL(`[authscopes_server_scopes.s.names[count.index < 6 ? "b" : "c"]]`), after: func(t *testing.T, s *memServed) {
				t.Helper()
				same(t, "user types of b", liveScope(t, s.m, "b").UserTypes[5], "type05")
				same(t, "user types of c", liveScope(t, s.m, "c").UserTypes[0], "type06")
			}},
			{config: noResources, found: []found{finds(check.DeletionsTakeGrants)}, after: func(t *testing.T, s *memServed) {
				t.Helper()
				same(t, "scopes", len(liveScopes(s.m)), 0)
			}},
		}},
		// Open scopes are computed, also those that every user gets by a role.
		{
			name: "a role of every user", server: func(m *drivertest.Memory) { m.AddUserType(memRealm, authz.UserType{Name: "all", Everyone: true}) },
			steps: []memStep{
				{config: setHCL(`{ a = "A", b = "B" }`, "")},
				{
					change: edits("a", mappedTo("all")), config: setHCL(`{ a = "A", b = "B" }`, "") + "data \"authscopes_server_scopes\" \"d\" {\n}\n",
					found: []found{finds(check.AccessHeldByEveryone)},
					after: func(t *testing.T, s *memServed) {
						t.Helper()
						same(t, "open_scopes", tftest.JSONText(s.state("data.authscopes_server_scopes.d")["open_scopes"]), `["a"]`)
					},
				},
			},
		},
	}
}

func removes(name string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) { m.Change(memRealm, remove(name)) }
}

// manyTypesHCL grants scopes to 12 user types, which are written at the same time.
func manyTypesHCL(scopes string) string {
	return setHCL(`{ a = "A", b = "B", c = "C" }`, "") +
		"resource \"authscopes_user_type_scopes\" \"many\" {\n  count = 12\n  user_type = format(\"type%02d\", count.index)\n  scopes = " + scopes + "\n}\n"
}

func setSettingRows() []memRow {
	const scopes = `{ a = "A", b = "B", c = "C" }`
	withoutSettings := func(m *drivertest.Memory) {
		m.Caps.Settings = false
		m.AddScope(memRealm, scopeOf("adopted", openScope))
	}
	return []memRow{
		{name: "a kept order", steps: []memStep{
			{config: setHCL(`{ a = "A" }`, "")},
			{change: edits("a", func(s *authz.Scope) { s.Settings.GUIOrder = "5" }), lines: nothing},
			{config: setHCL(`{ a = "changed" }`, ""), after: func(t *testing.T, s *memServed) {
				t.Helper()
				same(t, "gui_order", liveScope(t, s.m, "a").Settings.GUIOrder, "5")
			}},
		}},
		{name: "overrides", steps: []memStep{
			// b: redundant, c: an exception.
			{config: setHCL(scopes, `settings = { assigned_type = "optional" }
				overrides = {
					b = { assigned_type = "optional", include_in_token_scope = true }
					c = { assigned_type = "default", consent_screen_text = "" }
				}`)},
			{
				change: func(m *drivertest.Memory) {
					memEdit(m, "b", func(s *authz.Scope) { s.Settings.IncludeInTokenScope = false })
					memEdit(m, "c", func(s *authz.Scope) { s.Settings.DisplayOnConsentScreen = false })
				}, wrote: []string{"UpdateScope b", "UpdateScope c"},
				lines: []string{
					setAddress + ` ~ overrides.b.include_in_token_scope = false -> true`, setAddress + ` - overrides.c.display_on_consent_screen = false`,
				},
			},
			// No overrides and empty overrides are different.
			{config: setHCL(scopes, "overrides = {}")},
			{
				change: edits("b", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault }),
				lines:  []string{setAddress + ` - overrides.b = {"assigned_type":"default"}`},
			},
			{config: setHCL(scopes, "")},
		}},
		{name: "settings are removed", steps: []memStep{
			{found: []found{finds(check.AccessCreatedOpen)}, config: setHCL(`{ a = "A" }`, `settings = {
				display_on_consent_screen           = false
				consent_screen_text                 = "text"
				include_in_token_scope              = false
				include_in_openid_provider_metadata = false
				gui_order                           = "3"
				assigned_type                       = "optional"
				access                              = "everyone"
			}`)},
			{config: setHCL(`{ a = "A" }`, ""), found: []found{finds(check.AccessClosing)}, lines: []string{
				setAddress + ` ~ settings.display_on_consent_screen = false -> true`,
				setAddress + ` - settings.consent_screen_text = "text"`,
				setAddress + ` ~ settings.include_in_token_scope = false -> true`,
				setAddress + ` ~ settings.include_in_openid_provider_metadata = false -> true`,
				setAddress + ` - settings.gui_order = "3"`,
				setAddress + ` ~ settings.assigned_type = "optional" -> "none"`,
				setAddress + ` ~ settings.access = "everyone" -> "user_types"`,
				setAddress + ` ~ open_scopes = ["a"] -> []`,
			}, after: func(t *testing.T, s *memServed) {
				t.Helper()
				want := scopeOf("a").Settings
				want.GUIOrder = "3"
				if got := liveScope(t, s.m, "a").Settings; !settings.Equal(got, want) {
					t.Errorf("the settings are %+v, want %+v", got, want)
				}
			}},
		}},
		{name: "a server without settings", server: withoutSettings, others: true, steps: []memStep{
			{config: setHCL(`{ a = "A", adopted = null }`, "") + "data \"authscopes_server_scopes\" \"d\" {\n  depends_on = [authscopes_server_scopes.s]\n}\n"},
			{
				change: edits("a", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault }), lines: nothing,
				after: func(t *testing.T, s *memServed) {
					t.Helper()
					if is := s.state(setAddress); is["settings"] != nil || tftest.JSONText(is["open_scopes"]) != "[]" {
						t.Errorf("settings are %v, open_scopes %v", is["settings"], is["open_scopes"])
					}
					if is := s.state("data.authscopes_server_scopes.d"); is["scopes"].(map[string]any)["a"].(map[string]any)["settings"] != nil {
						t.Errorf("the data source has settings: %v", is["scopes"])
					}
				},
			},
		}},
	}
}

// settingRows change each setting outside Terraform, of a set and of a single scope.
func settingRows(t *testing.T) (rows []memRow) {
	t.Helper()
	for id, row := range settings.Rows() {
		defined, value := asPlanned(t, &row, settingstest.Defined(&row)), settingstest.Other(&row)
		more, other := "", asPlanned(t, &row, value)
		if row.NullKeeps { // a setting that is not configured is kept
			more = fmt.Sprintf(`settings = { %s = %s }`, row.Name, defined)
		}
		changed := edits("a", func(s *authz.Scope) { row.Set(&s.Settings, value) })
		lines := []string{fmt.Sprintf(`%s - overrides = {"a":{"%s":%s}}`, setAddress, row.Name, other)}
		line := singleAddress + " ~ settings." + row.Name + " = " + other + " -> " + defined
		if row.EmptyIsNull() && !row.NullKeeps {
			line = singleAddress + " - settings." + row.Name + " = " + other
		}
		var warned []found
		if settings.ID(id) == settings.Access {
			lines = append(lines, setAddress+` ~ open_scopes = ["a"] -> []`)
			warned = []found{finds(check.AccessClosing)}
		}
		rows = append(rows,
			memRow{name: "set: " + row.Name, steps: []memStep{
				{config: setHCL(`{ a = "A", b = null }`, more)}, {change: changed, lines: lines, wrote: []string{"UpdateScope a"}, found: warned},
			}},
			memRow{name: "single scope: " + row.Name, steps: []memStep{
				{config: singleHCL(`"a"`, more)}, {change: changed, lines: []string{line}, wrote: []string{"UpdateScope a"}, found: warned},
			}})
	}
	return rows
}

func setGlobRows() []memRow {
	adopted := func(m *drivertest.Memory) {
		m.AddUserType(memRealm, authz.UserType{Name: "evil"})
		m.AddScope(memRealm, scopeOf("read:a", func(s *authz.Scope) {
			s.Description, s.UserTypes, s.ClientRoles = "A", []string{"evil"}, []string{"app/user"}
		}))
		m.AddScope(memRealm, scopeOf("read:b", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault }))
		m.AddScope(memRealm, scopeOf("legacy:x"))
	}
	return []memRow{
		{name: "adopted", server: adopted, steps: []memStep{{
			config: setHCL(`{ "read:a" = "A", "read:b" = null, "read:c" = "" }`, `ignore = ["legacy:*"]`), lines: []string{setAddress + " [create]"},
			found: []found{finds(check.AdoptionFound, "Create of 2 existing scopes in ", ", 1 of them changed (read:a, read:b)", "- read:a (evil, app/user have it)\n",
				`read:b (changed: description "READ:B" → ""; assigned_type default → none)`)},
			wrote: []string{"UpdateScope read:b", "CreateScope read:c"}, after: func(t *testing.T, s *memServed) {
				t.Helper()
				same(t, "scopes", liveScopes(s.m), []string{"legacy:x", "read:a", "read:b", "read:c"})
			},
		}}},
		{name: "a glob is added, and removed", steps: []memStep{
			{config: setHCL(`{ a = "A", "x:1" = "1", "x:2" = "2" }`, "")},
			// It removes the matching scopes from state only.
			{
				config: setHCL(`{ a = "A" }`, `ignore = ["x:*"]`), wrote: nothing,
				found: []found{finds(check.GlobsRelease, "2 scopes", "(x:1, x:2)", "- x:1\n")},
				after: func(t *testing.T, s *memServed) {
					t.Helper()
					same(t, "scopes in state", len(s.state(setAddress)["scopes"].(map[string]any)), 1)
				},
			},
			// The scopes that the last read found are deleted, and later ones are not.
			{
				change: adds(scopeOf("x:0")), config: setHCL(`{ a = "A" }`, ""), lines: []string{setAddress + ` - ignore = ["x:*"]`},
				found:   []found{finds(check.GlobsDelete, "(x:0, x:1, x:2)", "the plan has no line for them", "- x:2")},
				between: adds(scopeOf("x:3")), wrote: []string{"DeleteScope x:0", "DeleteScope x:1", "DeleteScope x:2"},
			},
			{lines: []string{setAddress + ` - scopes.x:3 = "X:3"`}},
		}},
		{name: "a glob is removed, and its scopes are configured", server: adds(scopeOf("x:1")), steps: []memStep{
			{config: setHCL(`{ a = "A" }`, `ignore = ["x:*"]`)},
			{config: setHCL(`{ a = "A", "x:1" = "X:1" }`, ""), found: []found{finds(check.AdoptionAdopted, "(x:1)")}, wrote: nothing},
		}},
		// An import does not know the globs yet.
		{name: "imported with a glob", server: adds(scopeOf("a"), scopeOf("x:1")), steps: []memStep{{
			config: setHCL(`{ a = "A" }`, `ignore = ["x:*"]`) + importSet, found: []found{finds(check.GlobsRelease, "1 scope", "(x:1)")}, wrote: nothing,
		}}},
		{name: "managed parts", server: adds(scopeOf("other:1")), steps: []memStep{
			{config: setHCL(`{ "a:1" = "A" }`, `manage = ["a:*"]`), wrote: []string{"CreateScope a:1"}},
			{change: adds(scopeOf("a:2"), scopeOf("d:2")), lines: []string{setAddress + ` - scopes.a:2 = "A:2"`}},
		}},
		{name: "two sets with disjoint globs", server: adds(scopeOf("b:1")), steps: []memStep{
			{config: setHCL(`{ "a:1" = "A" }`, `manage = ["a:*"]`)},
			{
				config: setHCL(`{ "a:1" = "A" }`, `manage = ["a:*"]`) + again(setHCL(`{ "b:1" = "B:1" }`, `manage = ["b:*"]`), "s"),
				found:  []found{finds(check.AdoptionFound, "Create of 1 existing scope", "(b:1)")}, wrote: nothing,
			},
		}},
	}
}

// setHandoverRows move objects between resources, or keep them.
func setHandoverRows() []memRow {
	keep := `on_destroy = "keep"`
	all := setHCL(`{ a = "", b = "" }`, keep+"\nignore = [\"c\"]") + singleHCL(`"c"`, keep) + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", keep)
	moved := func(kind, before, label string) memRow {
		return memRow{name: "moved " + kind, server: threeScopes, steps: []memStep{
			{config: before},
			{config: again(before, label) + fmt.Sprintf("moved {\n  from = %s.%s\n  to = %s.other\n}\n", kind, label, kind), lines: nothing, wrote: nothing},
		}}
	}
	grants := edits("a", mappedTo("educator"))
	both := setHCL(`{ b = "B" }`, `ignore = ["a"]`) + singleHCL(`"a"`, "")
	return []memRow{
		{name: "kept on destroy", steps: []memStep{{config: all}, {config: noResources, wrote: nothing, after: func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, "scopes", liveScopes(s.m), []string{"a", "b", "c"})
			wantHas(t, s.m, "educator", "a")
		}}}},
		moved("authscopes_server_scopes", setHCL(`{ x = "A" }`, `manage = ["x"]`), "s"),
		moved("authscopes_server_scope", singleHCL(`"x"`, ""), "one"),
		moved("authscopes_user_type_scopes", typeHCL("educator", `["a"]`, ""), "e"),
		moved("authscopes_server_grants", grantsHCL(`{ educator = ["a"] }`, ""), "g"),
		{name: "a kept scope moves into the set", steps: []memStep{
			{config: setHCL(`{ b = "B" }`, `ignore = ["a"]`) + singleHCL(`"a"`, "description = \"A\"\n"+keep)},
			{
				change: grants, config: setHCL(`{ a = "A", b = "B" }`, ""), found: []found{finds(check.AdoptionAdopted)},
				after: hasAccess("a", authz.AccessUserTypes, "educator"),
			},
		}},
		{name: "a removed scope moves into the set", others: true, steps: []memStep{
			{config: both},
			{
				change: grants, config: setHCL(`{ a = "A", b = "B" }`,
					"") + "removed {\n  from = authscopes_server_scope.one\n  lifecycle {\n    destroy = false\n  }\n}\n",
				after: hasAccess("a", authz.AccessUserTypes, "educator"),
			},
		}},
	}
}

// setReplacementRows delete and create in one apply.
func setReplacementRows(t *testing.T) []memRow {
	t.Helper()
	var rows []memRow
	for _, first := range []bool{false, true} {
		lifecycle := fmt.Sprintf("lifecycle {\n    create_before_destroy = %t\n  }", first)
		rows = append(rows, memRow{name: fmt.Sprintf("replaced, create_before_destroy %t", first), others: true, steps: []memStep{
			{config: setHCL(`{ a = "A", b = "B" }`, lifecycle) + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", lifecycle)},
			{args: []string{"-replace=" + setAddress, "-replace=" + typeAddress}, after: func(t *testing.T, s *memServed) {
				t.Helper()
				same(t, "scopes", liveScopes(s.m), []string{"a", "b"})
				wantHas(t, s.m, "educator", "a")
			}},
		}}, memRow{name: fmt.Sprintf("a replaced client, create_before_destroy %t", first), server: clientServer, others: true, steps: []memStep{
			{config: clientHCL("web", `default = ["a"]`, `optional = ["b"]`, lifecycle)},
			{args: []string{"-replace=" + clientAddress}, after: clientHasScopes("a profile | b email")},
		}})
	}
	// A name is unique, so that create_before_destroy of a single scope fails, and nothing is lost.
	const first = "lifecycle {\n    create_before_destroy = true\n  }"
	rows = append(rows, memRow{name: "a scope, created first", steps: []memStep{
		{config: singleHCL(`"a"`, first)},
		{args: []string{"-replace=" + singleAddress}, failed: []found{finds(check.NamesExists)}, wrote: nothing, after: inState(singleAddress, "name", `"a"`)},
	}})
	return append(rows, memRow{name: "a replaced scope", others: true, steps: []memStep{
		{config: singleHCL(`"a"`, "")}, {args: []string{"-replace=" + singleAddress}, wrote: []string{"CreateScope a", "DeleteScope a"}},
	}}, memRow{name: "a replaced set without one of its scopes", others: true, steps: []memStep{
		{config: setHCL(`{ a = "A", b = "B" }`, "")}, {config: setHCL(`{ a = "A" }`, ""), args: []string{"-replace=" + setAddress}},
	}}, memRow{name: "a replaced and kept set", others: true, steps: []memStep{
		{config: setHCL(`{ a = "A" }`, "max_deletions = 0\n"+`on_destroy = "keep"`)}, {args: []string{"-replace=" + setAddress}, wrote: nothing},
	}}, memRow{name: "replaced grants", server: threeScopes, others: true, steps: []memStep{
		{config: grantsHCL(`{ educator = ["a", "b"] }`, "max_revocations = 2")},
		{args: []string{"-replace=" + grantsAddress}, after: func(t *testing.T, s *memServed) {
			t.Helper()
			wantHas(t, s.m, "educator", "a", "b")
		}},
	}}, memRow{name: "a replaced and renamed set", others: true, steps: []memStep{
		{config: setHCL(beforeRename, "")},
		{
			config: setHCL(afterRename, previousNames), args: []string{"-replace=" + setAddress},
			wrote: []string{"CreateScope keep", "CreateScope new", "DeleteScope keep", "DeleteScope old"},
		},
	}})
}

// mixed are scopes as people have them.
func mixed(m *drivertest.Memory) {
	for i, name := range []string{"a", "b", "c", "d"} {
		m.AddScope(memRealm, scopeOf(name, func(s *authz.Scope) {
			s.Settings.AssignedType = authz.AssignedOptional
			s.Settings.ConsentScreenText = "text"
			if i == 0 {
				s.Settings.AssignedType = authz.AssignedDefault
			}
			if i == 1 {
				s.Description = ""
			}
		}))
	}
	m.AddScope(memRealm, scopeOf("open", openScope))
	m.AddScope(memRealm, scopeOf("bare", unguardedScope, mappedTo("child")))
	m.AddScope(memRealm, builtInScope("profile"))
}

// The configuration that Terraform generates from imports plans empty.
func TestMemoryGenerated(t *testing.T) {
	t.Parallel()
	block := func(address, id string) string {
		return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id)
	}
	singles := block("authscopes_user_type_scopes.child", "child")
	for _, name := range []string{"a", "b", "bare", "c", "d", "open", "profile"} {
		singles += block("authscopes_server_scope."+name, name)
	}
	const address = "https://web.example.com/x"
	for name, test := range map[string]struct {
		server  func(*drivertest.Memory)
		imports string
		after   func(t *testing.T, tf *terraform)
	}{
		"single scopes": {mixed, singles, func(t *testing.T, tf *terraform) {
			t.Helper()
			same(t, "scopes of child", tftest.JSONText(tf.state("authscopes_user_type_scopes.child")["scopes"]), `["bare"]`)
		}},
		"a set": {mixed, importSet, generatedSet},
		"clients": {func(m *drivertest.Memory) {
			clientServer(m)
			m.SetClient(memRealm, address, []string{"a", "profile"}, []string{"c", "b"})
		}, block("authscopes_client_scopes.c0", "web") + block("authscopes_client_scopes.c1", address), func(t *testing.T, tf *terraform) {
			t.Helper()
			is := tf.state("authscopes_client_scopes.c1")
			same(t, "scopes", fmt.Sprint(is["default"], is["optional"]), "[a] [b c]")
		}},
		"no grants": {rolesServer, grantsImport, nil},
		"grants": {func(m *drivertest.Memory) {
			rolesServer(m)
			m.AddUserType(memRealm, authz.UserType{Name: "leader", Contains: []string{"child"}})
			m.AddClientRole(memRealm, authz.UserType{Name: "client/app/lead", Contains: []string{"child"}})
			memEdit(m, "a", func(s *authz.Scope) {
				s.UserTypes, s.ClientRoles = []string{"educator", "leader"}, []string{"client/app/lead", "client/https:%2F%2Fweb/editor"}
			})
		}, grantsImport, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			test.server(m)
			t.Parallel()
			tf := newTerraform(t, builtInMemory{m}, nil)
			tf.m = m
			tf.Write(test.imports).run("plan", "-generate-config-out=generated.tf").ok()
			tf.makePlan().ok().changes()
			tf.applyPlan().ok().wrote()
			tf.settled()
			if test.after != nil {
				test.after(t, tf)
			}
		})
	}
}

// generatedSet requires the most common settings, and overrides for the others.
func generatedSet(t *testing.T, tf *terraform) {
	t.Helper()
	s := tf.state(setAddress)
	if want := map[string]any{"a": "A", "b": nil, "c": "C", "d": "D", "open": "OPEN", "bare": "BARE"}; !maps.Equal(s["scopes"].(map[string]any), want) {
		t.Errorf("scopes are %v, want %v", s["scopes"], want)
	}
	same(t, "settings", tftest.JSONText(s["settings"]), `{"access":"user_types","assigned_type":"optional","display_on_consent_screen":true,`+
		`"include_in_openid_provider_metadata":true,"include_in_token_scope":true}`)
	same(t, "overrides", tftest.JSONText(s["overrides"]), `{"a":{"assigned_type":"default","consent_screen_text":"text"},"b":{"consent_screen_text":"text"},`+
		`"bare":{"access":"unguarded","assigned_type":"none"},"c":{"consent_screen_text":"text"},"d":{"consent_screen_text":"text"},`+
		`"open":{"access":"everyone","assigned_type":"none"}}`)
}
