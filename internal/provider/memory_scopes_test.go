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
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// twoScopes is the set that most tests begin with.
var twoScopes = setHCL(`{ "read:a" = "A", "read:b" = null }`, "")

// importSet is the import block that the messages show.
const importSet = "import {\n  to = authscopes_server_scopes.s\n  id = \"memory\"\n}\n"

func TestMemorySetDriftOfScopes(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.Write(twoScopes).apply().ok().quiet().wrote("CreateScope read:a", "CreateScope read:b")
	tf.settled()

	m.AddScope(memRealm, scopeOf("extra"))
	tf.makePlan().ok().quiet().changes(setAddress + ` - scopes.extra = "EXTRA"`)
	tf.applyPlan().ok().wrote("DeleteScope extra")

	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("read:b") })
	tf.makePlan().ok().changes(setAddress+` + scopes.read:b = null`, setAddress+` + ids.read:b = "(unknown)"`)
	tf.applyPlan().ok().wrote("CreateScope read:b")

	memEdit(m, "read:a", func(s *authz.Scope) { s.Description = "by hand" })
	tf.makePlan().ok().quiet().changes(setAddress + ` ~ scopes.read:a = "by hand" -> "A"`)
	tf.applyPlan().ok().wrote("UpdateScope read:a")

	memEdit(m, "read:a", func(s *authz.Scope) { s.Name = "read:c" })
	id := liveScope(t, m, "read:c").ID
	tf.makePlan().ok().warned("renamed outside Terraform (read:c → read:a)").changes(
		setAddress+` + scopes.read:a = "A"`, setAddress+` + ids.read:a = "`+id+`"`, setAddress+` - scopes.read:c = "A"`, setAddress+` - ids.read:c = "`+id+`"`,
		setAddress+` ~ names.read:a = "read:c" -> "read:a"`)
	tf.applyPlan().ok().wrote("UpdateScope read:c")
	tf.settled()
}

// A deleted scope with grants is reported.
func TestMemorySetDeletesRights(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(twoScopes)
	m.AddScope(memRealm, scopeOf("extra", mappedTo("child", "educator"), func(s *authz.Scope) { s.ClientRoles = []string{"shop/all"} }))
	m.AddScope(memRealm, scopeOf("open", openScope))
	tf.makePlan().ok().changes(setAddress+` - scopes.extra = "EXTRA"`, setAddress+` - scopes.open = "OPEN"`).
		warned(messagestest.Summary(check.DeletionsTakeGrants), "(extra: child, extra: educator, extra: shop/all, …)",
			"- extra: child\n", "- extra: shop/all\n", "- open: everyone")
}

func TestMemorySetDescriptions(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = null }`, ""))
	for _, step := range []struct{ hcl, line string }{
		{`""`, `~ scopes.a = null -> ""`},
		{`"text"`, `~ scopes.a = "" -> "text"`},
		{`null`, `~ scopes.a = "text" -> null`},
	} {
		tf.Write(setHCL(`{ a = `+step.hcl+` }`, "")).makePlan().ok().quiet()
		tf.applyPlan().ok()
		tf.settled()
		if want, got := strings.Trim(strings.ReplaceAll(step.hcl, "null", ""), `"`), liveScope(t, m, "a").Description; got != want {
			t.Errorf("after %s the description is %q", step.hcl, got)
		}
	}
}

// Each setting that is changed by hand is a difference in the plan.
func TestMemorySetDriftOfSettings(t *testing.T) {
	t.Parallel()
	for id, row := range settings.Rows() {
		t.Run(row.Name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			more := ""
			if row.NullKeeps { // what is not said is kept
				more = fmt.Sprintf(`settings = { %s = %s }`, row.Name, asPlanned(t, &row, settingstest.Defined(&row)))
			}
			tf.applied(setHCL(`{ "read:a" = "A", "read:b" = null }`, more))
			value := settingstest.Other(&row)
			memEdit(m, "read:a", func(s *authz.Scope) { row.Set(&s.Settings, value) })
			want := []string{fmt.Sprintf(`%s - overrides = {"read:a":{"%s":%s}}`, setAddress, row.Name, asPlanned(t, &row, value))}
			if settings.ID(id) == settings.Access {
				want = append(want, setAddress+` ~ open_scopes = ["read:a"] -> []`)
			}
			tf.makePlan().ok().changes(want...)
			tf.applyPlan().ok().wrote("UpdateScope read:a")
			tf.settled()
		})
	}
}

// An order that no configuration says is kept whatever it is.
func TestMemorySetKeepsOrder(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(twoScopes)
	memEdit(m, "read:a", func(s *authz.Scope) { s.Settings.GUIOrder = "5" })
	tf.settled()
	tf.applied(setHCL(`{ "read:a" = "changed", "read:b" = null }`, ""))
	if got := liveScope(t, m, "read:a").Settings.GUIOrder; got != "5" {
		t.Errorf("gui_order is %q, want it kept at 5", got)
	}
}

func TestMemorySetOverrides(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	const scopes = `{ a = "A", b = "B", c = "C" }`
	// b: redundant, c: an exception.
	config := setHCL(scopes, `
  settings  = { assigned_type = "optional" }
  overrides = {
    b = { assigned_type = "optional", include_in_token_scope = true }
    c = { assigned_type = "default", consent_screen_text = "" }
  }`)
	tf.applied(config)
	if c := liveScope(t, m, "c").Settings.AssignedType; c != authz.AssignedDefault {
		t.Errorf("assigned_type of c is %q", c)
	}
	memEdit(m, "b", func(s *authz.Scope) { s.Settings.IncludeInTokenScope = false })
	memEdit(m, "c", func(s *authz.Scope) { s.Settings.DisplayOnConsentScreen = false })
	tf.makePlan().ok().quiet().changes(
		setAddress+` ~ overrides.b.include_in_token_scope = false -> true`,
		setAddress+` - overrides.c.display_on_consent_screen = false`)
	tf.applyPlan().ok().wrote("UpdateScope b", "UpdateScope c")
	tf.settled()

	// No overrides at all and none that say anything are two things.
	tf.applied(setHCL(scopes, "overrides = {}"))
	memEdit(m, "b", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault })
	tf.makePlan().ok().changes(setAddress + ` - overrides.b = {"assigned_type":"default"}`)
	tf.apply().ok()
	tf.settled()
	tf.applied(setHCL(scopes, ""))
}

// Settings that are taken out of the configuration go back to the defaults.
func TestMemorySetSettingsRemoved(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A" }`, `settings = {
    display_on_consent_screen           = false
    consent_screen_text                 = "text"
    include_in_token_scope              = false
    include_in_openid_provider_metadata = false
    gui_order                           = "3"
    assigned_type                       = "optional"
    access                              = "everyone"
  }`))
	tf.Write(setHCL(`{ a = "A" }`, "")).makePlan().ok().changes(
		setAddress+` ~ settings.display_on_consent_screen = false -> true`,
		setAddress+` - settings.consent_screen_text = "text"`,
		setAddress+` ~ settings.include_in_token_scope = false -> true`,
		setAddress+` ~ settings.include_in_openid_provider_metadata = false -> true`,
		setAddress+` - settings.gui_order = "3"`,
		setAddress+` ~ settings.assigned_type = "optional" -> "none"`,
		setAddress+` ~ settings.access = "everyone" -> "user_types"`,
		setAddress+` ~ open_scopes = ["a"] -> []`)
	tf.applyPlan().ok()
	tf.settled()
	want := scopeOf("a").Settings
	want.GUIOrder = "3"
	if got := liveScope(t, m, "a").Settings; !settings.Equal(got, want) {
		t.Errorf("the settings are %+v, want %+v", got, want)
	}
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
	m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.BuiltIn = true }))
}

// The generated configuration of an import plans empty, also for an open scope.
func TestMemoryGeneratedSingles(t *testing.T) {
	m := newMemory()
	mixed(m)
	tf := memoryTerraform(t, m)
	var config strings.Builder
	for _, name := range liveScopes(m) {
		fmt.Fprintf(&config, "import {\n  to = authscopes_server_scope.%s\n  id = %q\n}\n", name, name)
	}
	config.WriteString("import {\n  to = authscopes_user_type_scopes.child\n  id = \"child\"\n}\n")
	tf.Write(config.String())
	tf.makePlan("-generate-config-out=generated.tf").ok().changes().warned(messagestest.Summary(check.AccessUnguarded), "(bare)")
	tf.applyPlan().ok().wrote()
	tf.settled()
	if got := tf.state("authscopes_user_type_scopes.child")["scopes"]; tftest.JSONText(got) != `["bare"]` {
		t.Errorf("child has %v", got)
	}
}

// The import of a whole server, generated: nothing is left to do.
func TestMemoryGeneratedSet(t *testing.T) {
	m := newMemory()
	mixed(m)
	tf := memoryTerraform(t, m)
	tf.Write(importSet)
	tf.makePlan("-generate-config-out=generated.tf").ok().changes().warned(messagestest.Summary(check.AccessUnguarded), "(bare)")
	tf.applyPlan().ok().wrote()
	tf.makePlan().ok().changes()
	s := tf.state(setAddress)
	if want := map[string]any{"a": "A", "b": nil, "c": "C", "d": "D", "open": "OPEN", "bare": "BARE"}; !maps.Equal(s["scopes"].(map[string]any), want) {
		t.Errorf("scopes are %v, want %v", s["scopes"], want)
	}
	const common = `{"access":"user_types","assigned_type":"optional","display_on_consent_screen":true,"include_in_openid_provider_metadata":true,"include_in_token_scope":true}`
	if got := tftest.JSONText(s["settings"]); got != common {
		t.Errorf("the commonest settings are %v, want %v", got, common)
	}
	const exceptions = `{"a":{"assigned_type":"default","consent_screen_text":"text"},"b":{"consent_screen_text":"text"},` +
		`"bare":{"access":"unguarded","assigned_type":"none"},"c":{"consent_screen_text":"text"},"d":{"consent_screen_text":"text"},"open":{"access":"everyone","assigned_type":"none"}}`
	if got := tftest.JSONText(s["overrides"]); got != exceptions {
		t.Errorf("the exceptions are %v, want %v", got, exceptions)
	}
}

func TestMemoryImportedOpenScopes(t *testing.T) {
	m := newMemory()
	mixed(m)
	tf := memoryTerraform(t, m)
	config := func(access string) string {
		return setHCL(`{ a = "A", b = null, c = "C", d = "D", open = "OPEN", bare = "BARE" }`, access) + importSet
	}
	tf.Write(config("")).makePlan().refused(messagestest.Summary(check.AccessUndecided), "- open\n", `access = "everyone"`, `access = "user_types"`)
	tf.Write(config(`overrides = { open = { access = "everyone" } }`)).makePlan().ok()
	tf.Write(config(`settings = { access = "user_types" }`)).apply().ok()
	tf.settled()
	if got := liveScope(t, m, "open").Settings.Access; got != authz.AccessUserTypes {
		t.Errorf("open is %q", got)
	}
	// A scope that this provider limited and that was opened outside Terraform is limited again,
	// also if the configuration has no access.
	tf.applied(config(""))
	memEdit(m, "a", openScope)
	tf.makePlan().ok().changes(setAddress+` - overrides = {"a":{"access":"everyone"}}`, setAddress+` ~ open_scopes = ["a"] -> []`).
		warned(messagestest.Summary(check.GrantsLimit), "(a)")
}

func TestMemoryAdoption(t *testing.T) {
	m := newMemory("evil")
	m.AddScope(memRealm, scopeOf("read:a", func(s *authz.Scope) {
		s.Description, s.UserTypes, s.ClientRoles = "A", []string{"evil"}, []string{"app/user"}
	}))
	m.AddScope(memRealm, scopeOf("read:b", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault }))
	m.AddScope(memRealm, scopeOf("legacy:x"))
	tf := memoryTerraform(t, m)
	tf.Write(twoScopes).makePlan().refused(messagestest.Summary(check.AdoptionUnlisted), "- legacy:x\n",
		"import {\n  to = authscopes_server_scopes.<name>\n  id = \"memory\"\n}", "ignore")
	tf.Write(setHCL(`{ "read:a" = "A", "read:b" = null, "read:c" = "" }`, `ignore = ["legacy:*"]`)).makePlan().ok().changes(setAddress+" [create]").
		warned("2 scopes found on create, 1 of them changed (read:a, read:b)", "- read:a (evil, app/user have it)\n",
			`read:b (changed: description "READ:B" → ""; assigned_type default → none)`)
	tf.applyPlan().ok().wrote("UpdateScope read:b", "CreateScope read:c")
	tf.settled()
	if !slices.Contains(liveScopes(m), "legacy:x") {
		t.Error("an ignored scope was deleted")
	}
}

func TestMemoryAdoptedOpenScopes(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:a", openScope))
	tf := memoryTerraform(t, m)
	tf.Write(twoScopes).makePlan().refused(messagestest.Summary(check.AccessUndecided), "- read:a\n", `access = "everyone"`, `access = "user_types"`)
	tf.Write(setHCL(`{ "read:a" = null, "read:b" = null }`, `overrides = { "read:a" = { access = "user_types" } }`)).makePlan().ok().
		warned(messagestest.Summary(check.GrantsLimit), "(read:a)").warned("1 scope found on create, 1 of them changed")
	tf.applyPlan().ok()
	tf.settled()
}

func TestMemoryIgnore(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", "x:1" = "1", "x:2" = "2" }`, ""))

	// A glob that is added later removes the matching scopes from state only.
	tf.Write(setHCL(`{ a = "A" }`, `ignore = ["x:*"]`)).makePlan().ok().
		warned(messagestest.Summary(check.GlobsRelease), "2 scopes", "(x:1, x:2)", "- x:1\n")
	tf.applyPlan().ok().wrote()
	tf.settled()
	if s := tf.state(setAddress); len(s["scopes"].(map[string]any)) != 1 {
		t.Errorf("scopes are %v", s["scopes"])
	}

	// If the glob is removed later, the scopes that the last read found are deleted, and those
	// that were created afterwards are not.
	m.AddScope(memRealm, scopeOf("x:0"))
	tf.Write(setHCL(`{ a = "A" }`, "")).makePlan().ok().changes(setAddress+` - ignore = ["x:*"]`).
		warned(messagestest.Summary(check.GlobsDelete), "(x:0, x:1, x:2)", "the plan has no line for them", "- x:2")
	m.AddScope(memRealm, scopeOf("x:3"))
	tf.applyPlan().ok().wrote("DeleteScope x:0", "DeleteScope x:1", "DeleteScope x:2")
	tf.makePlan().ok().changes(setAddress + ` - scopes.x:3 = "X:3"`)
}

// The glob is removed and its scopes are configured at once.
func TestMemoryIgnoreTurnedIntoScopes(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("x:1"))
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A" }`, `ignore = ["x:*"]`))
	tf.Write(setHCL(`{ a = "A", "x:1" = "X:1" }`, "")).makePlan().ok().warned(messagestest.Summary(check.AdoptionAdopted), "(x:1)")
	tf.applyPlan().ok().wrote()
	tf.settled()
}

// An import does not know the globs yet: what they leave out shows as removed.
func TestMemoryImportWithIgnore(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a"))
	m.AddScope(memRealm, scopeOf("x:1"))
	tf := memoryTerraform(t, m)
	tf.Write(setHCL(`{ a = "A" }`, `ignore = ["x:*"]`)+importSet).makePlan().ok().
		warned(messagestest.Summary(check.GlobsRelease), "1 scope", "(x:1)")
	tf.applyPlan().ok().wrote()
	tf.settled()
}

func TestMemoryManage(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("other:1"))
	tf := memoryTerraform(t, m)
	two := setHCL(`{ "a:1" = "A" }`, `manage = ["a:*"]`) + `
resource "authscopes_server_scopes" "b" {
  scopes = { "b:1" = "B" }
  manage = ["b:*"]
}
resource "authscopes_server_scope" "c" {
  name = "c:1"
}
`
	tf.Write(two).apply().ok().quiet().wrote("CreateScope a:1", "CreateScope b:1", "CreateScope c:1")
	tf.settled()
	m.AddScope(memRealm, scopeOf("a:2"))
	m.AddScope(memRealm, scopeOf("d:2"))
	tf.makePlan().ok().changes(setAddress + ` - scopes.a:2 = "A:2"`)
}

func TestMemoryManagedTwice(t *testing.T) {
	t.Parallel()
	other := func(more string) string {
		return "resource \"authscopes_server_scopes\" \"o\" {\n  scopes = { \"b:1\" = \"\" }\n" + more + "\n}\n"
	}
	for _, test := range []struct {
		name, config string
		words        []string
	}{
		{
			"two sets", setHCL(`{ "a:1" = "" }`, "") + other(""),
			[]string{messagestest.Summary(check.ConflictScopesManagedTwice), "- a:1", "- b:1", "Set manage or ignore"},
		},
		{"a set and a single scope", setHCL(`{ "a:1" = "" }`, "") + singleHCL(`"b:1"`, ""), []string{"managed by two resources", "b:1", "ignore"}},
		{
			"two single scopes", singleHCL(`"b:1"`, "") + strings.Replace(singleHCL(`"b:1"`, ""), `"one"`, `"two"`, 1),
			[]string{messagestest.Summary(check.ConflictScopeManagedTwice), `scope "b:1"`},
		},
		{
			"a user type", typeHCL("child", `[]`, "") + strings.Replace(typeHCL("child", `["b:1"]`, ""), `"e"`, `"f"`, 1),
			[]string{messagestest.Summary(check.ConflictHolderManagedTwice), "- b:1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.Write(test.config).makePlan().refused(test.words...).wrote()
		})
	}
}

func TestMemoryBuiltIn(t *testing.T) {
	m := newMemory()
	t.Parallel()
	builtIn := func(s *authz.Scope) { s.BuiltIn = true }
	for _, name := range []string{"profile", "email"} {
		m.AddScope(memRealm, scopeOf(name, openScope, builtIn))
	}
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	tf.applied(setHCL(`{ a = "A" }`, ""))
	memEdit(m, "email", func(s *authz.Scope) { s.Description = "by hand" })
	tf.settled()
	config := func(access string) string {
		return setHCL(`{ a = "A", profile = "changed" }`, "allow_built_in = true\n overrides = { profile = { "+access+" } }")
	}
	tf.Write(config("include_in_token_scope = true")).makePlan().refused(messagestest.Summary(check.AccessUndecided), "- profile")
	tf.Write(config(`access = "user_types"`)).makePlan().
		refused(messagestest.Summary(check.AccessBuiltInChanged), `Built-in scope "profile"`)
	tf.Write(config(`access = "everyone"`)).apply().ok().wrote("UpdateScope profile")
	tf.settled()
	// A scope that is no longer configured is removed from state only.
	tf.Write(setHCL(`{ a = "A" }`, "")).apply().ok().wrote()
	tf.settled()
	// Nor does a destroy touch it.
	tf.applied(config(`access = "everyone"`))
	tf.run("destroy", "-auto-approve").ok().wrote("DeleteScope a")
}

func TestMemoryMaxDeletions(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "", b = "", c = "" }`, "max_deletions = 1"))
	tf.Write(setHCL(`{ a = "" }`, "max_deletions = 1")).makePlan().
		refused(messagestest.Summary(check.DeletionsExceedLimit), "- b\n", "- c\n", "set max_deletions = 2 or higher").wrote()
	tf.Write(setHCL(`{ a = "", b = "", c = "" }`, "max_deletions = 1"))
	tf.run("destroy", "-auto-approve").refused(messagestest.Summary(check.DeletionsExceedLimit)).wrote()
	tf.Write("").apply().refused(messagestest.Summary(check.DeletionsExceedLimit)).wrote()
	tf.Write(setHCL(`{ a = "" }`, "max_deletions = 2")).apply().ok().wrote("DeleteScope b", "DeleteScope c")
	tf.run("destroy", "-auto-approve").ok().wrote("DeleteScope a")
	// The default.
	tf.applied(setHCL(`{ for i in range(11) : "s${i}" => "" }`, ""))
	tf.run("destroy", "-auto-approve").refused(messagestest.Summary(check.DeletionsExceedLimit)).wrote()
	tf.run("plan", "-destroy").refused(messagestest.Summary(check.DeletionsExceedLimit))
}

func TestMemoryOnDestroyKeep(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	keep := `on_destroy = "keep"`
	config := setHCL(`{ a = "", b = "" }`, keep+"\n  ignore = [\"c\"]") + singleHCL(`"c"`,
		keep) + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", keep)
	tf.applied(config)
	tf.run("destroy", "-auto-approve").ok().quiet().wrote()
	if s := liveScope(t, m, "a"); !slices.Equal(s.UserTypes, []string{"educator"}) {
		t.Errorf("a is mapped to %v", s.UserTypes)
	}
	if got := liveScopes(m); len(got) != 3 {
		t.Errorf("the server has %v", got)
	}
}

// A replacement deletes too.
func TestMemoryReplaceIsBounded(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B" }`, "max_deletions = 1"))
	tf.makePlan("-replace="+setAddress).refused(messagestest.Summary(check.DeletionsExceedLimit), "- a\n", "- b")
	tf.applied(setHCL(`{ a = "A", b = "B" }`, "max_deletions = 2"))
	tf.makePlan("-replace=" + setAddress).ok()
}

// A scope that was just written is not deleted by the second half of a replacement.
func TestMemoryReplace(t *testing.T) {
	t.Parallel()
	for _, cbd := range []bool{false, true} {
		t.Run(fmt.Sprintf("create_before_destroy %t", cbd), func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			more := fmt.Sprintf("lifecycle {\n    create_before_destroy = %t\n  }", cbd)
			tf.applied(setHCL(`{ a = "A", b = "B" }`, more) + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", more))
			tf.makePlan("-replace="+setAddress, "-replace="+typeAddress).ok()
			tf.applyPlan().ok()
			if got := liveScopes(m); !slices.Equal(got, []string{"a", "b"}) {
				t.Errorf("the server has %v", got)
			}
			if got := liveScope(t, m, "a").UserTypes; !slices.Equal(got, []string{"educator"}) {
				t.Errorf("a is mapped to %v", got)
			}
			tf.settled()
		})
	}
}

// Between plan and apply, a scope is deleted and another one of its name is created: the plan has
// shown the deletion of the first one, not of the second.
func TestMemoryMadeAgain(t *testing.T) {
	t.Parallel()
	said := messagestest.Summary(check.StaleRecreated)
	again := func(m *drivertest.Memory, name string) {
		m.Change(memRealm, func(l *authz.Snapshot) { l.Remove(name) })
		m.AddScope(memRealm, scopeOf(name, func(s *authz.Scope) { s.Description = "another" }))
	}
	t.Run("update of a set", func(t *testing.T) {
		m := newMemory()
		tf := memoryTerraform(t, m).applied(setHCL(`{ a = "A", b = "B" }`, ""))
		tf.Write(setHCL(`{ a = "A" }`, "")).makePlan().ok()
		again(m, "b")
		tf.applyPlan().failed(said, "- b", "Nothing was changed").wrote()
		tf.makePlan().changes(setAddress+` - scopes.b = "another"`, setAddress+` - names.b = "b"`, setAddress+` - ids.b = "id-5"`)
		tf.applyPlan().ok().wrote("DeleteScope b")
	})
	// No plan has shown the second scope and its holders, so it is not changed either.
	for kind, hcl := range map[string]func(description string) string{
		"set":    func(description string) string { return setHCL(`{ a = "A", b = "`+description+`" }`, "") },
		"single": func(description string) string { return singleHCL(`"b"`, `description = "`+description+`"`) },
	} {
		t.Run("change of a "+kind, func(t *testing.T) {
			m := newMemory("evil")
			tf := memoryTerraform(t, m).applied(hcl("B"))
			tf.Write(hcl("B2")).makePlan().ok()
			m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("b") })
			m.AddScope(memRealm, scopeOf("b", mappedTo("evil")))
			tf.applyPlan().failed(said, "- b (evil has it)", "Nothing was changed").wrote()
			tf.makePlan().ok()
			tf.applyPlan().ok().wrote("UpdateScope b")
			tf.settled()
		})
	}
	t.Run("kept in a set", func(t *testing.T) {
		m := newMemory("evil")
		tf := memoryTerraform(t, m).applied(setHCL(`{ a = "A", b = "B" }`, ""))
		tf.Write(setHCL(`{ a = "A2", b = "B" }`, "")).makePlan().ok()
		again(m, "b")
		tf.applyPlan().failed(said, "- b", "Nothing was changed").wrote()
	})
	for kind, hcl := range map[string]string{"set": setHCL(`{ b = "B" }`, ""), "single": singleHCL(`"b"`, "")} {
		t.Run("destroy of a "+kind, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m).applied(hcl)
			tf.makePlan("-destroy").ok()
			again(m, "b")
			tf.applyPlan().failed(said, "- b", "Nothing was changed").wrote()
			tf.run("destroy", "-auto-approve").ok().wrote("DeleteScope b")
		})
	}
}
