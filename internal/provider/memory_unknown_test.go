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
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// unknownUntil is a value that is unknown until apply.
func unknownUntil(value string) string {
	return "resource \"terraform_data\" \"v\" {\n  input = " + value + "\n}\n"
}

const unknownValue = "terraform_data.v.output"

// A value that is unknown at plan stays unknown, is checked at apply, and is known afterward.
func TestMemoryUnknownValues(t *testing.T) {
	const v = unknownValue
	later := fmt.Sprintf("server_id = %s\n  depends_on = [authscopes_server_scopes.s]", v)
	var rows []memRow
	for _, test := range []struct{ name, value, config string }{
		{"scopes", `{ a = "A" }`, setHCL(v, "")},
		{"a description", `"A"`, setHCL(`{ a = `+v+` }`, "")},
		{"settings", `{ access = "everyone" }`, setHCL(`{ a = "A" }`, `settings = { access = `+v+`.access }`)},
		{"all settings", `{ access = "everyone", display_on_consent_screen = null, consent_screen_text = null, include_in_token_scope = null, ` +
			`include_in_openid_provider_metadata = null, gui_order = null, assigned_type = null }`, setHCL(`{ a = "A" }`, `settings = `+v)},
		{"overrides", `{ a = "everyone" }`, setHCL(`{ a = "A" }`, `overrides = { for n, w in `+v+` : n => { access = w } }`)},
		{"an override", `"optional"`, setHCL(`{ a = "A" }`, `overrides = { a = { assigned_type = `+v+` } }`)},
		{"manage", `["a*"]`, setHCL(`{ a = "A" }`, `manage = `+v)},
		{"a glob", `"x*"`, setHCL(`{ a = "A" }`, `ignore = [`+v+`]`)},
		{"a server_id", `"memory"`, setHCL(`{ a = "A" }`, `server_id = `+v)},
		{
			"the server_id of all", `"memory"`, setHCL(`{ c = "C" }`, `server_id = `+v) + typeHCL("educator", `["c"]`, later) +
				clientHCL("app", `optional = ["c"]`, later),
		},
		{"a name", `"a"`, singleHCL(v, "")},
		{"a single description", `"A"`, singleHCL(`"a"`, `description = `+v)},
		{"a single setting", `"optional"`, singleHCL(`"a"`, `settings = { assigned_type = `+v+` }`)},
		{"a user type's scopes", `toset(["a"])`, typeHCL("educator", v, "")},
		{"a user type's scope", `"a"`, typeHCL("educator", `[`+v+`]`, "")},
		{"a user type's glob", `"x*"`, typeHCL("educator", `["a"]`, `ignore = [`+v+`]`)},
		{"a user type", `"educator"`, strings.Replace(typeHCL("educator", `["a"]`, ""), `"educator"`, v, 1)},
		{"a client", `"web"`, strings.Replace(clientHCL("web", `optional = ["a"]`), `"web"`, v, 1)},
		{"a client's scopes", `["a"]`, clientHCL("web", `default = `+v, `optional = ["b"]`, `ignore = `+v+` == null ? [] : ["c"]`)},
	} {
		row := memRow{name: test.name, others: true, steps: []memStep{{config: unknownUntil(test.value) + test.config}}}
		switch {
		case strings.Contains(test.config, "server_id"):
			row.server = func(m *drivertest.Memory) { m.SetClient(memRealm, "app", nil, nil) }
		case !strings.Contains(test.config, "authscopes_server_scope"):
			row.server = clientServer
		}
		rows = append(rows, row)
	}
	runRows(t, append(rows, unknownGrants()...)...)
}

// unknownGrants revoke nothing unseen: a plan names the grants that the apply may revoke, and a
// creation revokes none.
func unknownGrants() (rows []memRow) {
	for name, test := range map[string]struct{ input, userTypes, more string }{
		"the map":     {`{ educator = ["a"] }`, unknownValue, ""},
		"an entry":    {`["a"]`, `{ educator = ` + unknownValue + ` }`, ""},
		"an element":  {`"a"`, `{ educator = [` + unknownValue + `] }`, ""},
		"a glob":      {`"none"`, `{ educator = ["a"] }`, "ignore_user_types = [" + unknownValue + "]"},
		"the globs":   {`["none"]`, `{ educator = ["a"] }`, "ignore = " + unknownValue},
		"a composite": {`[]`, `{ educator = ["a"] }`, "composite_user_types = " + unknownValue},
		"the bound":   {`2`, `{ educator = ["a"] }`, "max_revocations = " + unknownValue},
	} {
		config := unknownUntil(test.input) + grantsHCL(test.userTypes, test.more)
		rows = append(rows, memRow{name: "grants: " + name, server: grantsServer, others: true, steps: []memStep{
			{config: grantsHCL(`{ educator = ["b"], parent = ["c"] }`, "")}, {config: config, after: all(granted("educator", "a"), granted("parent"))},
		}})
	}
	return rows
}

// A mistake that the plan could not detect is rejected at apply, before any write.
func TestMemoryRejectedAtApply(t *testing.T) {
	const v = unknownValue
	there := adds(scopeOf("there"))
	rejected := func(name string, server func(*drivertest.Memory), value, config string, code check.Code, values ...string) memRow {
		return memRow{name: name, server: server, others: true, steps: []memStep{
			{config: unknownUntil(value) + config, failed: []found{finds(code, values...)}, wrote: nothing},
		}}
	}
	known := func(name string, server func(*drivertest.Memory), config string, code check.Code, values ...string) memRow {
		return rejected(name, server, `"x"`, config, code, values...)
	}
	held := func(m *drivertest.Memory) { grantsServer(m); memEdit(m, "b", mappedTo("parent")) }
	rows := []memRow{
		rejected("a name with a space", there, `"a b"`, setHCL(`{ (`+v+`) = "A" }`, `ignore = ["there"]`), messages.InputScopeName),
		rejected("ignored", there, `["a", "there"]`, setHCL(`{ a = "A" }`, `ignore = `+v), check.ConfigIgnored),
		rejected("a scope that exists", there, `"there"`, singleHCL(v, ""), check.NamesExists),
		rejected("no such scope", there, `"nowhere"`, typeHCL("educator", `[`+v+`]`, ""), messages.FoundMissingScopes, "- nowhere"),
		rejected("unlisted scopes", there, `{ a = "A" }`, setHCL(v, ""), check.AdoptionUnlisted, "- there"),
		rejected("default and optional", clientServer, `["a", "b"]`, clientHCL("web", "default = "+v, `optional = ["b"]`), check.ConfigBothKinds, "- b"),
		rejected("unlisted grants", held, `["a"]`, grantsHCL(`{ educator = `+v+` }`, ""), check.AllGrantsUnlisted, "- parent: b"),
		known("misspelled scopes", adds(scopeOf("read:users")), typeHCL("educator", `["read:user", "zzz", "read:users"]`, ""), messages.FoundMissingScopes,
			`- read:user (did you mean "read:users"?)`, "- zzz", "Nothing was changed", "depends_on", `names["read:users"]`),
		known("a misspelled user type", adds(scopeOf("read:users")), typeHCL("educater", `["read:users"]`, ""), messages.FoundNoUserType, `"educater"`,
			`Did you mean "educator"?`, "- child\n", "- educator", "depends_on"),
		known("misspelled scopes of a client", clientServer, clientHCL("web", `default = ["aa", "a"]`, `optional = ["zzz"]`), messages.FoundMissingScopes,
			"- zzz", `Nothing was changed for client "web"`, "depends_on"),
		known("a misspelled client", clientServer, clientHCL("wob", `default = ["a"]`), messages.FoundNoClient,
			`Memory realm "memory" has no client with the ID "wob"`, "depends_on", `there is no client "wob" in realm "memory"`),
		rejected("drift of ignored scopes", adds(scopeOf("a")), `"b"`, driftHCL(`{ a = "A" }`, `user_types = { educator = ["a", "b"] }`, "ignore = ["+v+"]"),
			check.ConfigIgnored, "- b"),
	}
	for name, test := range map[string]struct {
		server             func(*drivertest.Memory)
		before, after, sum string
	}{
		"grants": {
			grantsServer, grantsHCL(`{ educator = ["a", "b"] }`, "max_revocations = 1"), grantsHCL(`{ educator = `+v+` }`, "max_revocations = 1"),
			"2 grants",
		},
		"user type": {grantsServer, typeHCL("educator", `["a", "b"]`, "max_revocations = 1"), typeHCL("educator", v, "max_revocations = 1"), "2 grants"},
		"client": {
			clientServer, clientHCL("web", `optional = ["a", "b"]`, "max_unassignments = 1"),
			clientHCL("web", "optional = "+v, "max_unassignments = 1"), "2 scopes",
		},
	} {
		code := check.BoundsRevocations
		if name == "client" {
			code = check.BoundsUnassignments
		}
		rows = append(rows, memRow{name: "more than the bound: " + name, server: test.server, others: true, steps: []memStep{
			{config: test.before}, {config: unknownUntil(`[]`) + test.after, failed: []found{finds(code, test.sum)}, wrote: nothing},
		}})
	}
	// The rows above have one step, and apply again in the second one.
	for i := range rows {
		if len(rows[i].steps) == 1 {
			rows[i].steps = append([]memStep{{}}, rows[i].steps...)
		}
	}
	runRows(t, rows...)
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
				m.AddScope(memRealm, builtInScope("profile", func(s *authz.Scope) { s.ID = "profile-id" }))
				tf := memoryTerraform(t, m)
				tf.Write(setHCL(`{ a = "A", b = "B" }`, "")).apply().ok()
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

// forgeState changes the first resource of a state.
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

// A provider that is killed in an update leaves the old state without its private
// part: the decisions of that update's plan are not required again.
func TestMemoryPrivateStateLost(t *testing.T) {
	t.Parallel()
	for name, configs := range map[string][2]string{
		"set":    {setHCL(`{ a = "A" }`, `overrides = { a = { access = "everyone" } }`), setHCL(`{ a = "A" }`, "")},
		"single": {singleHCL(`"a"`, `settings = { access = "everyone" }`), singleHCL(`"a"`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.Write(configs[0]).apply().ok()
			forgeState(t, tf, func(instance map[string]any) { delete(instance, "private") })
			tf.Write(configs[1]).makePlan().ok().warned(messagestest.Summary(check.GrantsLimit), "(a)")
			tf.applyPlan().ok()
			tf.settled()
		})
	}
}
