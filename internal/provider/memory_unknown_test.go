package provider

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// unknownUntil is a value that is unknown until apply.
func unknownUntil(value string) string {
	return "resource \"terraform_data\" \"v\" {\n  input = " + value + "\n}\n"
}

// A value that is unknown at plan stays unknown, is checked at apply, and is known afterwards.
func TestMemoryUnknownValues(t *testing.T) {
	const v = "terraform_data.v.output"
	for _, test := range []struct{ name, value, config string }{
		{"scopes", `{ a = "A" }`, setHCL(v, "")},
		{"a description", `"A"`, setHCL(`{ a = `+v+` }`, "")},
		{"settings", `{ access = "everyone" }`, setHCL(`{ a = "A" }`, `settings = { access = `+v+`.access }`)},
		{"all settings", `{ access = "everyone", display_on_consent_screen = null, consent_screen_text = null, include_in_token_scope = null, include_in_openid_provider_metadata = null, gui_order = null, assigned_type = null }`, setHCL(`{ a = "A" }`, `settings = `+v)},
		{"overrides", `{ a = "everyone" }`, setHCL(`{ a = "A" }`, `overrides = { for n, w in `+v+` : n => { access = w } }`)},
		{"an override", `"optional"`, setHCL(`{ a = "A" }`, `overrides = { a = { assigned_type = `+v+` } }`)},
		{"manage", `["a*"]`, setHCL(`{ a = "A" }`, `manage = `+v)},
		{"a glob", `"x*"`, setHCL(`{ a = "A" }`, `ignore = [`+v+`]`)},
		{"a server id", `"memory"`, setHCL(`{ a = "A" }`, `server_id = `+v)},
		{"a name", `"a"`, singleHCL(v, "")},
		{"a single description", `"A"`, singleHCL(`"a"`, `description = `+v)},
		{"a single setting", `"optional"`, singleHCL(`"a"`, `settings = { assigned_type = `+v+` }`)},
		{"a user type's scopes", `toset(["read"])`, typeHCL("educator", v, "")},
		{"a user type's scope", `"read"`, typeHCL("educator", `[`+v+`]`, "")},
		{"a user type's glob", `"x*"`, typeHCL("educator", `["read"]`, `ignore = [`+v+`]`)},
		{"a user type", `"educator"`, strings.Replace(typeHCL("educator", `["read"]`, ""), `"educator"`, v, 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			more := ""
			if strings.Contains(test.config, "user_type") {
				m.AddScope(memRealm, scopeOf("read"))
			}
			tf := memoryTerraform(t, m)
			tf.applied(unknownUntil(test.value) + test.config + more)
		})
	}
}

// A mistake that the plan could not detect is rejected at apply, before any write.
func TestMemoryUnknownRefusedAtApply(t *testing.T) {
	t.Parallel()
	const v = "terraform_data.v.output"
	for _, test := range []struct {
		name, value, config string
		words               []string
	}{
		{"a name with a space", `"a b"`, setHCL(`{ (`+v+`) = "A" }`, ""), []string{"Invalid scope name"}},
		{"ignored", `["a"]`, setHCL(`{ a = "A" }`, `ignore = `+v), []string{"configured and ignored"}},
		{"a scope that exists", `"there"`, singleHCL(v, ""), []string{messagestest.Summary(check.NamesExists)}},
		{
			"everyone and a user type", `"everyone"`,
			setHCL(`{ a = "A" }`, "ignore = [\"there\"]\n  settings = { access = "+v+" }\n  depends_on = [authscopes_user_type_scopes.e]") + typeHCL("educator",
				`[]`, `ignore = ["there"]`) + strings.Replace(typeHCL("child", `["there"]`, ""), `"e"`, `"f"`, 1), nil,
		},
		{"no such scope", `"nowhere"`, typeHCL("educator", `[`+v+`]`, ""), []string{messagestest.Summary(messages.FoundMissingScopes), "- nowhere"}},
		{"unlisted scopes", `{ a = "A" }`, setHCL(v, ""), []string{messagestest.Summary(check.AdoptionUnlisted), "- there"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("there"))
			tf := memoryTerraform(t, m)
			tf.Write(unknownUntil(test.value) + test.config).makePlan().ok()
			if test.words == nil {
				tf.applyPlan().ok()
				return
			}
			tf.applyPlan().refused(test.words...).wrote()
		})
	}
}

// An update whose scopes are unknown at plan reports the deletions that it cannot show.
func TestMemoryUnknownDeletions(t *testing.T) {
	tf := memoryTerraform(t, newMemory())
	tf.applied(setHCL(`{ a = "A", b = "B" }`, ""))
	tf.Write(unknownUntil(`{ a = "A" }`)+setHCL("terraform_data.v.output", "")).makePlan().ok().
		warned(messagestest.Summary(check.DeletionsUnknown), "at most max_deletions (10)", "-target")
}

// A server whose resources must name a server id.
func TestMemoryServerIDs(t *testing.T) {
	m := newMemory()
	m.Caps.ServerIDRequired = true
	tf := memoryTerraform(t, m)
	const id = `server_id = "memory"`
	m.AddScope(memRealm, scopeOf("there"))
	tf.Write(singleHCL(`"there"`, id)).makePlan().refused(messagestest.Summary(check.NamesExists), `id = "memory/there"`)
	imports := "import {\n  to = authscopes_server_scope.one\n  id = \"memory/there\"\n}\nimport {\n  to = authscopes_user_type_scopes.e\n" +
		"  id = \"memory/educator\"\n}\n"
	tf.applied(singleHCL(`"there"`, "description = \"THERE\"\n"+id) + typeHCL("educator", `[]`, id) + imports)
	tf.Write(singleHCL(`"there"`, "description = \"THERE\"\n"+id)+"data \"authscopes_server_scopes\" \"d\" {}\n").
		makePlan().refused("Invalid server_id", "Memory requires a server_id")
	// Where ids are for user types alone, what only lists needs none.
	m.Caps.WriteScopes = false
	reader := newTerraform(t, m, nil)
	reader.Write("data \"authscopes_server_scopes\" \"d\" {}\ndata \"authscopes_server_scope\" \"d\" {\n  name = \"there\"\n}\n").makePlan().ok()
}

// A scope that was opened outside Terraform and is adopted later needs an explicit access, too.
func TestMemoryOpenScopeTakenInLater(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A" }`, ""))
	m.AddScope(memRealm, scopeOf("b", openScope))
	tf.Write(setHCL(`{ a = "A", b = "B" }`, "")).makePlan().refused(messagestest.Summary(check.AccessUndecided), "- b")
	tf.Write(setHCL(`{ a = "A", b = "B" }`, `overrides = { b = { access = "everyone" } }`)).makePlan().ok()
	tf.applyPlan().ok().wrote()
	tf.settled()
}

// User types that are written at the same time do not undo each other.
func TestMemoryManyUserTypes(t *testing.T) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("type%02d", i))
	}
	m := newMemory(names...)
	tf := memoryTerraform(t, m)
	config := func(scopes string) string {
		return setHCL(`{ a = "A", b = "B", c = "C" }`, "") + `
resource "authscopes_user_type_scopes" "many" {
  count     = 12
  user_type = format("type%02d", count.index)
  scopes    = ` + scopes + `
}
`
	}
	tf.applied(config(`[authscopes_server_scopes.s.names.a, authscopes_server_scopes.s.names.b]`))
	tf.applied(config(`[authscopes_server_scopes.s.names[count.index < 6 ? "b" : "c"]]`))
	if got := liveScope(t, m, "c").UserTypes; !slices.Equal(got, names[6:]) {
		t.Errorf("c is mapped to %v", got)
	}
	if got := liveScope(t, m, "b").UserTypes; !slices.Equal(got, names[:6]) {
		t.Errorf("b is mapped to %v", got)
	}
	tf.run("destroy", "-auto-approve").ok()
	if got := liveScopes(m); len(got) != 0 {
		t.Errorf("the server has %v", got)
	}
}

func TestMemoryTarget(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.Write(everything).apply("-target="+typeAddress).ok().wrote("CreateScope a", "CreateScope b", "ChangeUserType educator")
	tf.makePlan().ok().changes(singleAddress + " [create]")
	tf.applyPlan().ok()
	tf.run("destroy", "-auto-approve", "-target="+singleAddress).ok().wrote("DeleteScope one")
}

// A plan without a refresh deletes nothing that it does not show.
func TestMemoryWithoutRefresh(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B" }`, "") + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", ""))
	m.AddScope(memRealm, scopeOf("extra", mappedTo("educator")))
	memEdit(m, "b", func(s *authz.Scope) { s.Description = "by hand" })
	tf.Write(setHCL(`{ a = "A2", b = "B" }`, "")+typeHCL("educator", "[authscopes_server_scopes.s.names.b]", "")).makePlan("-refresh=false").ok().
		changes(setAddress+` ~ scopes.a = "A" -> "A2"`, typeAddress+` ~ scopes = ["a"] -> ["b"]`)
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "b", "extra")
	tf.makePlan().ok().changes(setAddress+` - scopes.extra = "EXTRA"`, typeAddress+` ~ scopes = ["b","extra"] -> ["b"]`)
}

// A change between plan and apply is not reverted without a plan, and the error states that the
// plan is outdated.
func TestMemoryChangedBetweenPlanAndApply(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B" }`, `ignore = ["one"]`) + singleHCL(`"one"`, ""))
	tf.Write(setHCL(`{ a = "A2", b = "B" }`, `ignore = ["one"]`) + singleHCL(`"one"`, `description = "new"`)).makePlan().ok()
	m.Change(memRealm, func(l *authz.Snapshot) {
		l.Remove("a")
		l.Remove("one")
	})
	m.AddScope(memRealm, scopeOf("extra"))
	tf.applyPlan().failed(messagestest.Summary(messages.FoundScopeGone), `scope "one"`).
		failed(messagestest.Summary(check.StaleDeleted), "- a", "plan again").wrote()
	tf.makePlan().ok()
	tf.applyPlan().ok()
	tf.settled()
}

// IDs in a state are hints. A state with the ID, or the name, of a built-in scope neither changes
// nor deletes that scope.
func TestMemoryForgedState(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(instance map[string]any){
		"ids of others": func(instance map[string]any) {
			instance["attributes"].(map[string]any)["ids"] = map[string]any{"a": "profile-id", "b": "profile-id"}
		},
		"a built-in among the scopes": func(instance map[string]any) {
			for _, of := range []string{"scopes", "names", "ids"} {
				instance["attributes"].(map[string]any)[of].(map[string]any)["profile"] = "profile"
			}
		},
	} {
		for _, args := range [][]string{{"-refresh=false"}, {}, {"-refresh=false", "-destroy"}} {
			t.Run(name+strings.Join(args, ""), func(t *testing.T) {
				m := newMemory()
				m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.ID, s.BuiltIn = "profile-id", true }))
				tf := memoryTerraform(t, m)
				tf.applied(setHCL(`{ a = "A", b = "B" }`, ""))
				forgeState(t, tf, forge)
				tf.Write(setHCL(`{ a = "A2" }`, "")).makePlan(args...).ok()
				left := []string{"a", "profile"}
				switch {
				case len(args) > 0 && name == "ids of others": // scopes to delete are not those in state
					tf.applyPlan().failed(messagestest.Summary(check.StaleRecreated)).wrote()
					left = []string{"a", "b", "profile"}
				case slices.Contains(args, "-destroy"):
					left = left[1:]
					fallthrough
				default:
					tf.applyPlan().ok()
				}
				if s := liveScope(t, m, "profile"); s.Description != "PROFILE" || s.Settings.Access != authz.AccessEveryone {
					t.Errorf("profile is %+v", s)
				}
				if got := liveScopes(m); !slices.Equal(got, left) {
					t.Errorf("left are %q, not %q", got, left)
				}
			})
		}
	}
}

// forgeState changes what the state holds of its first resource, by hand.
func forgeState(t *testing.T, tf *terraform, forge func(instance map[string]any)) {
	t.Helper()
	file := filepath.Join(tf.dir, "terraform.tfstate")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	instance := state["resources"].([]any)[0].(map[string]any)["instances"].([]any)[0].(map[string]any)
	forge(instance)
	if raw, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A name that a plan shows as new, and that another scope gets before the apply, is not adopted:
// no plan has shown the holders of that scope.
func TestMemoryNameTakenBetweenPlanAndApply(t *testing.T) {
	m := newMemory("evil")
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A" }`, `ignore = ["known"]`))
	m.AddScope(memRealm, scopeOf("known", mappedTo("evil")))
	tf.settled()
	tf.Write(setHCL(`{ a = "A2", known = "K", new = "N" }`, "")).makePlan().ok().
		warned(messagestest.Summary(check.AdoptionAdopted), "(known)", `known (changed: description "KNOWN" → "K"; evil has it)`)
	m.AddScope(memRealm, scopeOf("new", mappedTo("evil")))
	tf.applyPlan().failed(messagestest.Summary(check.StaleAppeared), "- new (evil has it)", "Nothing was changed", "plan again").wrote()
	// The state did not change, so the next plan shows all of it, and both existing scopes.
	tf.makePlan().ok().warned(messagestest.Summary(check.AdoptionAdopted), "(known, new)", `new (changed: description "NEW" → "N"; evil has it)`).
		changes(setAddress+` - ignore = ["known"]`, setAddress+` ~ scopes.a = "A" -> "A2"`,
			setAddress+` + scopes.known = "K"`, setAddress+` ~ scopes.new = "NEW" -> "N"`,
			setAddress+` + names.known = "known"`, setAddress+` + names.new = "new"`, setAddress+` + ids.known = "(unknown)"`, setAddress+` + ids.new = "(unknown)"`)
	tf.applyPlan().ok()
	tf.settled()
}

// A plan reports changes of access that it knows, and states which it does not know: one unknown
// value hides nothing else.
func TestMemoryUnknownAccess(t *testing.T) {
	t.Parallel()
	const v = "terraform_data.v.output"
	unknown := messagestest.Summary(check.AccessUnknown)
	for name, test := range map[string]struct {
		config string
		warns  []string
	}{
		"a setting of all": {setHCL(`{ a = "A" }`, "settings = { access = "+v+" }"), []string{unknown}},
		"a setting of one": {
			setHCL(`{ a = "A", b = "B" }`, "overrides = { a = { access = "+v+` }, b = { access = "everyone" } }`),
			[]string{unknown, "1 new scope in Memory realm"},
		},
		"of a single scope":    {singleHCL(`"a"`, "settings = { access = "+v+" }"), []string{unknown}},
		"another value":        {setHCL(`{ a = `+v+`, b = "B" }`, `overrides = { b = { access = "everyone" } }`), []string{"1 new scope in Memory realm"}},
		"another single value": {singleHCL(`"a"`, "description = "+v+"\n  settings = { access = \"everyone\" }"), []string{"1 new scope in Memory realm"}},
	} {
		t.Run(name, func(t *testing.T) {
			tf := memoryTerraform(t, newMemory())
			o := tf.Write(unknownUntil(`"everyone"`) + test.config).makePlan().ok()
			for _, w := range test.warns {
				o.warned(w)
			}
			same(t, "warnings", len(o.Severity("warning")), len(test.warns))
			tf.applyPlan().ok()
		})
	}
}

// An unknown setting of an adopted scope is not a change.
func TestMemoryUnknownOfAdopted(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"description": setHCL(`{ a = terraform_data.v.output }`, `settings = { access = "unguarded" }`),
		"access":      setHCL(`{ a = "A" }`, `settings = { access = terraform_data.v.output }`),
		"override":    setHCL(`{ a = "A" }`, `overrides = { a = { access = terraform_data.v.output } }`),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("a", unguardedScope))
			memoryTerraform(t, m).Write(unknownUntil(`"user_types"`) + config).makePlan().ok().warned("1 scope found on create (a)")
		})
	}
}

// The known settings of an adopted scope are compared, and the unknown ones are not.
func TestMemoryUnknownSettingOfAdopted(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", openScope))
	memoryTerraform(t, m).Write(unknownUntil(`"x"`)+setHCL(`{ a = "A" }`, `settings = { access = "user_types", consent_screen_text = terraform_data.v.output }`)).
		makePlan().ok().warned("1 scope found on create, 1 of them changed (a)", "a (changed: access everyone → user_types)")
}

// A provider that is killed in an update leaves the old state without its private
// part: what that update's plan has decided needs no saying again.
func TestMemoryPrivateStateLost(t *testing.T) {
	t.Parallel()
	for name, configs := range map[string][2]string{
		"set":    {setHCL(`{ a = "A" }`, `overrides = { a = { access = "everyone" } }`), setHCL(`{ a = "A" }`, "")},
		"single": {singleHCL(`"a"`, `settings = { access = "everyone" }`), singleHCL(`"a"`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(configs[0])
			forgeState(t, tf, func(instance map[string]any) { delete(instance, "private") })
			tf.Write(configs[1]).makePlan().ok().warned(messagestest.Summary(check.GrantsLimit), "(a)")
			tf.applyPlan().ok()
			tf.settled()
		})
	}
}

// While the scopes of a resource are unknown, a plan still rejects scopes that another resource
// manages, and names the scopes that the globs match and the apply may delete.
func TestMemoryUnknownNames(t *testing.T) {
	t.Parallel()
	const v = "terraform_data.v.output"
	t.Run("a set", func(t *testing.T) {
		m := newMemory()
		m.AddScope(memRealm, scopeOf("one"))
		tf := memoryTerraform(t, m)
		tf.applied(setHCL(`{ a = "A" }`, `ignore = ["one"]`))
		tf.Write(unknownUntil(`{ a = "A" }`)+setHCL(v, "max_deletions = 50")).makePlan().ok().
			warned(messagestest.Summary(check.DeletionsPossible), "(one)").warned(messagestest.Summary(check.DeletionsUnknown), "max_deletions (50)")
	})
	for name, configs := range map[string][2]string{
		"a set and a single": {
			setHCL(`{ a = "A" }`, `ignore = ["one"]`) + singleHCL(`"one"`, ""),
			setHCL(v, "") + singleHCL(`"one"`, ""),
		},
		"two sets of a user type": {
			typeHCL("educator", `["a"]`, `manage = ["a*"]`) + strings.Replace(typeHCL("educator", `["b"]`, `manage = ["b*"]`), `"e" {`, `"other" {`, 1),
			typeHCL("educator", `[`+v+`.a]`, "") + strings.Replace(typeHCL("educator", `["b"]`, `manage = ["b*"]`), `"e" {`, `"other" {`, 1),
		},
		"two sets of a client": {
			clientHCL("web", `optional = ["a"]`, `manage = ["a*"]`) + strings.Replace(clientHCL("web", `optional = ["b"]`, `manage = ["b*"]`), `"c" {`, `"other" {`, 1),
			clientHCL("web", `optional = [`+v+`.a]`) + strings.Replace(clientHCL("web", `optional = ["b"]`, `manage = ["b*"]`), `"c" {`, `"other" {`, 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newClients()
			if strings.Contains(configs[0], "authscopes_server_scopes") {
				m.Change(memRealm, func(l *authz.Snapshot) { l.Scopes = nil })
			}
			tf := memoryTerraform(t, m)
			tf.applied(configs[0])
			tf.Write(unknownUntil(`{ a = "a" }`) + configs[1]).makePlan().failed("managed by two resources")
		})
	}
	for name, config := range map[string]string{
		`User type "educator" in Memory realm "memory": 2 scopes may be revoked (a, b)`: typeHCL("educator", `[`+v+`]`, ""),
		`Client "web" in Memory realm "memory": 2 scopes may be unassigned (a, b)`:      clientHCL("web", `optional = [`+v+`]`),
	} {
		t.Run(name, func(t *testing.T) {
			m := newClients()
			memEdit(m, "a", mappedTo("educator"))
			memEdit(m, "b", mappedTo("educator"))
			m.SetClient(memRealm, "web", []string{"a"}, []string{"b"})
			memoryTerraform(t, m).Write(unknownUntil(`"a"`)+config).makePlan().ok().warned(name, "  - a\n  - b")
		})
	}
}
