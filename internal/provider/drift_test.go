package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const driftAddress = "data.authscopes_drift.d"

func driftHCL(scopes string, more ...string) string { return tftest.DriftHCL(scopes, more...) }

// driftIs applies a configuration that only reads, compares these outputs (null: ""), and returns
// the report.
func driftIs(tf *terraform, hcl string, want map[string]string) string {
	tf.t.Helper()
	tf.Write(hcl).apply().ok().wrote()
	state := tf.state(driftAddress)
	for name, text := range want {
		got := ""
		if state[name] != nil {
			raw, err := json.Marshal(state[name])
			if err != nil {
				tf.t.Fatal(err)
			}
			got = string(raw)
		}
		if got != text {
			tf.t.Errorf("%s is\n%s, want\n%s", name, got, text)
		}
	}
	report, _ := state["report"].(string)
	return report
}

func TestDriftInSync(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:a", mappedTo("educator")))
	m.AddScope(memRealm, scopeOf("read:b"))
	m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.BuiltIn = true }))
	m.AddScope(memRealm, scopeOf("legacy:x", openScope, mappedTo("educator")))
	tf := memoryTerraform(t, m)
	report := driftIs(tf, driftHCL(`{ "read:a" = "READ:A", "read:b" = "READ:B" }`, `ignore = ["legacy:*"]`, `user_types = { educator = ["read:a"], child = [] }`),
		map[string]string{
			"server_id": `"memory"`, "in_sync": "true", "missing": "[]", "unexpected": "[]", "changed": "[]", "open_scopes": "[]",
			"user_type_drift": `{"child":{"exists":true,"missing":[],"unexpected":[]},"educator":{"exists":true,"missing":[],"unexpected":[]}}`,
		})
	if want := "## Scopes of Memory realm \"memory\"\n\n**In sync.** The server has the 2 defined scopes and 2 user types as defined.\n\n" +
		"Not compared: 1 scope that manage or ignore excludes, 1 built-in scope.\n"; report != want {
		t.Errorf("the report is\n%s\nwant\n%s", report, want)
	}
	tf.settled()
}

// A parameterized scope puts the names of other scopes into tokens.
func TestParameterizedScopesCoverOthers(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("missions", openScope, func(s *authz.Scope) { s.Parameterized = true }))
	m.AddScope(memRealm, scopeOf("missions:create", mappedTo("educator"), func(s *authz.Scope) {
		s.Mappers, s.Protocol = []authz.Mapper{{Name: "audience", Type: "oidc-audience-mapper", Config: map[string]string{"claim.name": "x"}}}, "oid4vc"
	}))
	tf := memoryTerraform(t, m)
	const other = "data \"authscopes_access_matrix\" \"m\" {}\ndata \"authscopes_server_scope\" \"one\" { name = \"missions:create\" }\n" +
		"data \"authscopes_server_scopes\" \"all\" {}\n"
	report := driftIs(tf, driftHCL(`{ "missions:create" = "MISSIONS:CREATE" }`, `ignore = ["missions"]`)+other, map[string]string{
		"in_sync": "false", "changed": "[]", "unexpected": "[]", "covered": `{"missions":["missions:create"]}`, "protocol_mappers": "1",
	})
	if !strings.Contains(report, "### Scopes that parameterized scopes cover") || !strings.Contains(report, "1 protocol mapper of compared scopes") {
		t.Errorf("the report is\n%s", report)
	}
	is := tf.state("data.authscopes_access_matrix.m")["scopes"].(map[string]any)["missions:create"].(map[string]any)
	if got := fmt.Sprint(is["covered_by"]); got != "[missions]" {
		t.Errorf("covered_by is %s", got)
	}
	one := tf.state("data.authscopes_server_scope.one")
	if got := fmt.Sprint(one["protocol"], one["parameterized"],
		one["protocol_mappers"]); got != "oid4vcfalse [map[config:map[claim.name:x] name:audience type:oidc-audience-mapper]]" {
		t.Errorf("the scope is %s", got)
	}
	all := tf.state("data.authscopes_server_scopes.all")["scopes"].(map[string]any)["missions"].(map[string]any)
	if got := fmt.Sprint(all["protocol"], all["parameterized"], all["protocol_mappers"]); got != "<nil> true []" {
		t.Errorf("the scope is %s", got)
	}
}

// Every plan about a covered scope reports that, and the protocol mappers that it deletes.
func TestPlansReportCoverageAndMappers(t *testing.T) {
	const covers = "Parameterized scopes in Memory realm \"memory\" cover 1 scope (missions:create)"
	newRealm := func(t *testing.T) (*drivertest.Memory, *terraform) {
		t.Helper()
		m := newMemory()
		m.AddScope(memRealm, scopeOf("missions", openScope, func(s *authz.Scope) { s.Parameterized = true }))
		return m, memoryTerraform(t, m)
	}
	const set = `resource "authscopes_server_scopes" "s" {
		scopes = { "missions:create" = "MISSIONS:CREATE" }
		ignore = ["missions"]
	}
`
	t.Run("set", func(t *testing.T) {
		m, tf := newRealm(t)
		tf.Write(set).makePlan().ok().warned(covers)
		tf.applyPlan().ok()
		memEdit(m, "missions:create", func(s *authz.Scope) { s.UserTypes = []string{"educator"} })
		tf.makePlan().ok().warned(covers)
		memEdit(m, "missions:create", func(s *authz.Scope) { s.Mappers = []authz.Mapper{{Name: "audience", Type: "oidc-audience-mapper"}} })
		tf.makePlan("-destroy").ok().
			warned("Deleting scopes in Memory realm \"memory\" destroys 1 protocol mapper", "missions:create: audience (oidc-audience-mapper)")
		tf.Write(strings.Replace(set, "missions:create", "missions:new", 1)).makePlan().ok().warned("destroys 1 protocol mapper")
	})
	t.Run("single and user type", func(t *testing.T) {
		m, tf := newRealm(t)
		m.AddScope(memRealm, scopeOf("a"))
		tf.Write(oneMissions).makePlan().ok().warned(covers)
		m.AddScope(memRealm, scopeOf("missions:create"))
		tf.Write(`resource "authscopes_user_type_scopes" "e" {
			user_type = "educator"
			scopes    = ["a", "missions:create"]
		}
`).makePlan().ok().warned(covers)
		memEdit(m, "missions", func(s *authz.Scope) { s.Settings.Access, s.UserTypes = authz.AccessUserTypes, nil })
		tf.makePlan().ok().quiet()
	})
}

const oneMissions = `resource "authscopes_server_scope" "one" {
	name        = "missions:create"
	description = "MISSIONS:CREATE"
}
`

// Parts that the identity may not view make a report incomplete, and in_sync is never null.
func TestDriftNotChecked(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", mappedTo("educator")))
	aside := authz.Gap{Subject: "holders of the guard", Effect: "They get a.", Privilege: "view-users"}
	m.Change(memRealm, func(l *authz.Snapshot) { l.NotChecked = []authz.Gap{aside} })
	tf := memoryTerraform(t, m)
	const matrix = "data \"authscopes_access_matrix\" \"m\" {}\n"
	asideData := `{"compared":false,"effect":"They get a.","right":"view-users","subject":"holders of the guard"}`
	report := driftIs(tf, driftHCL(`{ a = "A" }`)+matrix, map[string]string{"in_sync": "true", "not_checked": "[" + asideData + "]"})
	if !strings.Contains(report, "\n### Not checked\n") || strings.Index(report, "Not checked") > strings.Index(report, "In sync") {
		t.Errorf("the report is\n%s", report)
	}
	m.Change(memRealm, func(l *authz.Snapshot) {
		l.NotChecked = append(l.NotChecked, authz.Gap{Subject: "roles", Effect: "They may limit a.", Privilege: "view-realm", Compared: true})
		l.Hidden = authz.Errorf(authz.Denied, "read", "roles are hidden")
	})
	memEdit(m, "a", func(s *authz.Scope) { s.UserTypes, s.Hidden, s.Settings.Access = nil, true, authz.AccessEveryone })
	report = driftIs(tf, driftHCL(`{ a = "A" }`)+matrix, map[string]string{
		"in_sync": "false", "open_scopes": "[]", "changed": "[]",
		"not_checked": `[{"compared":true,"effect":"They may limit a.","right":"view-realm","subject":"roles"},` + asideData + "]",
	})
	if !strings.Contains(report, "**Sync is unknown**") || !strings.HasPrefix(report, "## Scopes of Memory realm \"memory\"\n\n### Not checked\n") {
		t.Errorf("the report is\n%s", report)
	}
	is := tf.state("data.authscopes_access_matrix.m")
	if got := fmt.Sprint(is["scopes"].(map[string]any)["a"].(map[string]any)["access"], " ",
		len(is["not_checked"].([]any)), " ", is["everyone"]); got != "unknown 2 []" {
		t.Errorf("the matrix has access, not_checked, everyone = %s", got)
	}
	// A resource plans nothing while the access of a scope is unknown.
	tf.Write(`resource "authscopes_server_scopes" "s" { scopes = { a = "A" } }`).makePlan().refused("roles are hidden")
}

func TestDriftOfEverything(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", mappedTo("educator"), func(s *authz.Scope) {
		s.Description, s.Settings.IncludeInTokenScope, s.Settings.GUIOrder = "by hand", false, "3"
	}))
	m.AddScope(memRealm, scopeOf("b", mappedTo("child", "educator"), func(s *authz.Scope) {
		s.Settings.AssignedType, s.Settings.GUIOrder = authz.AssignedDefault, "3"
	}))
	m.AddScope(memRealm, scopeOf("c", openScope))
	m.AddScope(memRealm, scopeOf("d", unguardedScope))
	m.AddScope(memRealm, scopeOf("e", openScope))
	m.AddScope(memRealm, scopeOf("extra", openScope))
	tf := memoryTerraform(t, m)
	report := driftIs(tf, driftHCL(`{ a = "A", b = null, c = "C", d = "D", e = "E", gone = "Gone" }`, `
		settings = { display_on_consent_screen = false }
		overrides = {
			a = { display_on_consent_screen = true, gui_order = "1" }
			b = { display_on_consent_screen = true, assigned_type = "default" }
			c = { display_on_consent_screen = true }
			d = { display_on_consent_screen = true, access = "unguarded" }
			e = { access = "everyone" }
		}
		user_types = { educator = ["a", "c"], child = ["b"], educater = ["a"] }
		baseline   = { a = "A", b = "B", extra = null }
		sources    = { a = "api/shop.yaml:12", gone = null }`), map[string]string{
		"in_sync": "false", "missing": `["gone"]`, "unexpected": `["extra"]`, "open_scopes": `["c","extra"]`,
		"changed": `[{"attribute":"description","defined":"A","live":"by hand","name":"a"},` +
			`{"attribute":"gui_order","defined":"1","live":"3","name":"a"},` +
			`{"attribute":"include_in_token_scope","defined":"true","live":"false","name":"a"},` +
			`{"attribute":"description","defined":null,"live":"B","name":"b"},` +
			`{"attribute":"access","defined":"user_types","live":"everyone","name":"c"},` +
			`{"attribute":"display_on_consent_screen","defined":"false","live":"true","name":"e"}]`,
		"user_type_drift": `{"child":{"exists":true,"missing":[],"unexpected":[]},"educater":{"exists":false,"missing":["a"],"unexpected":[]},"educator":{"exists":true,"missing":["c"],"unexpected":["b"]}}`,
	})
	for _, line := range []string{
		"### 2 open scopes that the definitions do not open", "| `c` | no configuration sets its access |", "### 1 scope without guard role",
		"1 missing (1 new with this change), 1 unexpected (1 removed with this change)", "| `a` | `description` | A | by hand | drifted | `api/shop.yaml:12` |",
		"did you mean `educator`?", "| `educator` | `b` | unexpected",
	} {
		if !strings.Contains(report, line) {
			t.Errorf("no %q in the report:\n%s", line, report)
		}
	}
}

// If the configuration states an access, an open scope was opened against it.
func TestDriftSaysWhyAScopeIsOpen(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", openScope))
	tf := memoryTerraform(t, m)
	for more, want := range map[string]string{
		``:                                     "no configuration sets its access",
		`settings = { access = "user_types" }`: "limited by the configuration, and open on the server",
		`overrides = { a = { access = "user_types" } }`: "limited by the configuration, and open on the server",
	} {
		if report := driftIs(tf, driftHCL(`{ a = "A" }`, more), map[string]string{"open_scopes": `["a"]`, "in_sync": "false"}); !strings.Contains(report, want) {
			t.Errorf("%s: no %q in\n%s", more, want, report)
		}
	}
}

// One listing serves the resources, the data sources and the report, with
// read_only too.
func TestDriftSharesTheListing(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	resources := setHCL(`{ a = "A" }`, "") + typeHCL("educator", `[authscopes_server_scopes.s.names["a"]]`, "")
	tf.applied(resources)
	hcl := "provider \"authscopes\" {\n  keycloak = {}\n  read_only = true\n}\n" + resources + driftHCL(`{ a = "A" }`, `user_types = { educator = ["a"] }`)
	o := tf.Write(hcl).makePlan().ok().quiet()
	if n := memLists(o.calls); n != 1 || len(o.calls) != 1 {
		t.Errorf("%d listings among %q", n, o.calls)
	}
	driftIs(tf, hcl, map[string]string{"in_sync": "true"})
}

// A pipeline can fail with the report.
func TestDriftPostcondition(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a"))
	tf := memoryTerraform(t, m)
	check := "lifecycle {\n postcondition {\n condition = self.in_sync\n error_message = self.report\n }\n }"
	tf.Write(driftHCL(`{ a = "A" }`, check)).makePlan().ok()
	memEdit(m, "a", openScope)
	tf.Write(driftHCL(`{ a = "A" }`, check)).makePlan().
		refused("postcondition", "1 open scope that the definitions do not open", "**Out of sync** with the 1 defined scope")
}

func TestDriftBadInput(t *testing.T) {
	t.Parallel()
	for _, test := range []badInput{
		{
			"no scopes", driftHCL(`{}`),
			[]string{messagestest.Summary(messages.InputNoScopes), "every scope of the server would be unexpected", "why they have no scopes"},
		},
		{"bad name", driftHCL(`{ "read users" = "" }`), []string{"Invalid scope name", `list each name separately: "read", "users"`}},
		{"long description", driftHCL(`{ a = ` + quoted(strings.Repeat("ü", 256)) + ` }`), []string{"Description too long", "256"}},
		{"bad name for a user type", driftHCL(`{ a = "" }`, `user_types = { educator = ["a", "b c"] }`), []string{"Invalid scope name", `"b c"`}},
		{
			"null set", driftHCL(`{ a = "" }`, `user_types = { educator = null }`),
			[]string{messagestest.Summary(messages.InputNullGrants), `Entry "educator" is null`},
		},
		{"null in a set", driftHCL(`{ a = "" }`, `user_types = { educator = [null] }`), []string{"Null scope name", "An element is null"}},
		{"user type without a name", driftHCL(`{ a = "" }`, `user_types = { "" = ["a"] }`), []string{"Empty key"}},
		{
			"override for no scope", driftHCL(`{ "read:users" = "" }`, `overrides = { "read:user" = { access = "everyone" } }`),
			[]string{messagestest.Summary(check.ConfigOverride), `Did you mean "read:users"?`},
		},
		{"override of no such kind", driftHCL(`{ a = "" }`, `overrides = { a = { access = "nobody" } }`), []string{"user_types", "everyone", "nobody"}},
		{"setting of no such kind", driftHCL(`{ a = "" }`, `settings = { gui_order = "first" }`), []string{"whole number"}},
		{"configured and ignored", driftHCL(`{ a = "" }`, `ignore = ["a"]`), []string{messagestest.Summary(check.ConfigIgnored), "- a"}},
		{"outside of manage", driftHCL(`{ a = "" }`, `manage = ["b*"]`), []string{messagestest.Summary(check.ConfigUnmanaged), "- a"}},
		{
			"user type outside of manage", driftHCL(`{ a = "" }`, `manage = ["a"]`, `user_types = { educator = ["a", "b"] }`),
			[]string{messagestest.Summary(check.ConfigUnmanaged), "- b"},
		},
		{
			"client role outside of manage", driftHCL(`{ a = "" }`, `manage = ["a"]`, `client_roles = { shop = { buyer = ["a", "b"] } }`),
			[]string{messagestest.Summary(check.ConfigUnmanaged), "- b"},
		},
		{
			"user type and ignore", driftHCL(`{ a = "" }`, `ignore = ["b"]`, `user_types = { educator = ["a", "b"] }`),
			[]string{messagestest.Summary(check.ConfigIgnored), "- b"},
		},
		{"no globs", driftHCL(`{ a = "" }`, `manage = []`), []string{messagestest.Summary(messages.InputNoGlobs)}},
		{"empty glob", driftHCL(`{ a = "" }`, `ignore = [""]`), []string{"Empty glob"}},
		{"openid", driftHCL(`{ a = "", openid = "" }`), []string{messagestest.Summary(check.NamesReserved), "- openid", "Remove them from the configuration"}},
		{"no such realm", driftHCL(`{ a = "" }`, `server_id = "gone"`), []string{messagestest.Summary(messages.FailedRead), `Memory realm "gone"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.AddScope(memRealm, scopeOf("a"))
			tf := newTerraform(t, builtInMemory{m}, nil)
			tf.m = m
			tf.Write(test.config).makePlan().refused(test.words...).wrote()
		})
	}
}

// A built-in scope is compared where it is named.
func TestDriftOfABuiltIn(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a"))
	m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.BuiltIn = true }))
	t.Parallel()
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	driftIs(tf, driftHCL(`{ a = "A", profile = "Claims" }`, `overrides = { profile = { access = "everyone" } }`), map[string]string{
		"in_sync": "false", "open_scopes": "[]", "changed": `[{"attribute":"description","defined":"Claims","live":"PROFILE","name":"profile"}]`,
	})
}

// Values that another resource gives are known only in the apply; then they are
// checked too.
func TestDriftOfUnknownDefinitions(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", mappedTo("educator")))
	tf := memoryTerraform(t, m)
	later := func(scopes, types, ignore string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"t\" {\n  input = { scopes = %s, types = %s, ignore = %s }\n}\n", scopes, types, ignore) +
			driftHCL(`terraform_data.t.output.scopes`, `user_types = terraform_data.t.output.types`, `ignore = terraform_data.t.output.ignore`)
	}
	tf.Write(later(`{ a = "A" }`, `{ educator = ["a"] }`, `[]`)).makePlan().ok()
	tf.applyPlan().ok()
	if s := tf.state(driftAddress); s["in_sync"] != true {
		t.Errorf("in_sync is %v", s["in_sync"])
	}
	tf.Write(later(`{ a = "A" }`, `{ educator = ["a", "b"] }`, `["b"]`)).makePlan().ok()
	tf.applyPlan().refused(messagestest.Summary(check.ConfigIgnored), "- b")
}

func TestDriftOfAnUnknownProvider(t *testing.T) {
	tf := memoryTerraform(t, newMemory())
	tf.Write("resource \"terraform_data\" \"url\" {\n  input = \"http://127.0.0.1\"\n}\n" +
		"provider \"authscopes\" {\n  keycloak = { url = terraform_data.url.output }\n}\n" + driftHCL(`{ a = "A" }`))
	tf.makePlan().refused("keycloak.url", "unknown until apply", "-target").wrote()
}

// oneByOneMemory is a server that reads user types one by one, and cannot decide whether one
// exists.
type oneByOneMemory struct {
	*drivertest.Memory
	sets map[string][]string
	fail error
}

func (m oneByOneMemory) UserTypeScopes(_ context.Context, _, userType string) (authz.UserTypeSet, error) {
	return authz.UserTypeSet{Scopes: m.sets[userType]}, m.fail
}

func (m oneByOneMemory) ListUserTypes(context.Context, string) ([]authz.UserTypeSet, error) {
	var sets []authz.UserTypeSet
	for _, name := range slices.Sorted(maps.Keys(m.sets)) {
		sets = append(sets, authz.UserTypeSet{UserType: authz.UserType{Name: name}, Scopes: m.sets[name]})
	}
	return sets, m.fail
}

func TestDriftOfSetsReadOneByOne(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, authz.Scope{Name: "certificate"})
	m.Caps.Settings, m.Caps.WriteScopes = false, false
	t.Parallel()
	tf := newTerraform(t, oneByOneMemory{Memory: m, sets: map[string][]string{"group": {"certificate:manage", "certificate:discover"}}}, nil)
	tf.m = m
	driftIs(tf, driftHCL(`{ certificate = "Certificates" }`, `user_types = { group = ["certificate:manage", "ssh:discover"], other = [] }`), map[string]string{
		"in_sync": "false", "changed": "[]", "missing": "[]", "unexpected": "[]",
		"user_type_drift": `{"group":{"exists":null,"missing":["ssh:discover"],"unexpected":["certificate:discover"]},"other":{"exists":null,"missing":[],"unexpected":[]}}`,
	})
	broken := newTerraform(t, oneByOneMemory{Memory: m, fail: authz.Errorf(authz.Denied, "read the rule", "403")}, nil)
	broken.Write(driftHCL(`{ certificate = "" }`, `user_types = { group = [] }`)).makePlan().
		refused(messagestest.Summary(messages.FailedRead), "read the rule: 403")
}

func TestDriftThatAServerCannotTell(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*authz.Capabilities)
		config string
		words  []string
	}{
		"nothing": {
			func(c *authz.Capabilities) { c.ListScopes = false }, driftHCL(`{ a = "" }`),
			[]string{"Scopes cannot be compared with this server", "PACE compares the names of defined scopes"},
		},
		"settings": {
			func(c *authz.Capabilities) { c.Settings = false }, driftHCL(`{ a = "" }`, `settings = {}`),
			[]string{"Remove settings", "PACE compares the names of defined scopes"},
		},
		"overrides": {
			func(c *authz.Capabilities) { c.Settings = false }, driftHCL(`{ a = "" }`, `overrides = { a = { access = "everyone" } }`),
			[]string{messagestest.Summary(messages.SupportSettings)},
		},
		"user types": {
			func(c *authz.Capabilities) { c.UserTypeScopes = false }, driftHCL(`{ a = "" }`, `user_types = { e = [] }`),
			[]string{"Scopes of user types cannot be compared with this server", "PACE compares the names of defined scopes"},
		},
		"sets of user types": {
			func(c *authz.Capabilities) { c.UserTypeDrift = false }, driftHCL(`{ a = "" }`, `user_types = { e = [] }`),
			[]string{messagestest.Summary(messages.SupportReadback), "block pace"},
		},
		"server_id needed": {
			func(c *authz.Capabilities) { c.ServerIDRequired = true }, driftHCL(`{ a = "" }`),
			[]string{"Invalid server_id", "Memory requires a server_id"},
		},
		"server_id refused": {
			func(c *authz.Capabilities) { c.ServerIDAllowed = false }, driftHCL(`{ a = "" }`, `server_id = "x"`),
			[]string{"Invalid server_id", "remove server_id"},
		},
		"server_id for types": {
			func(c *authz.Capabilities) { c.WriteScopes, c.ServerIDRequired = false, true },
			driftHCL(`{ a = "" }`, `user_types = { educator = [] }`),
			[]string{"Invalid server_id", "Memory requires a server_id"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.Caps.ProviderBlock = "pace"
			test.change(&m.Caps)
			tf := newTerraform(t, m, nil)
			tf.m = m
			if o := tf.Write(test.config).makePlan().refused(test.words...); len(o.calls) > 0 {
				t.Errorf("asked the server: %q", o.calls)
			}
		})
	}
}

// Where only user types need a server id, definitions are compared without one.
type noIDMemory struct{ *drivertest.Memory }

func (noIDMemory) ServerID(configured string) (string, error) { return configured, nil }

func TestDriftWithoutAServerID(t *testing.T) {
	m := drivertest.NewMemory("")
	m.AddScope("", authz.Scope{Name: "a"})
	m.Caps.WriteScopes, m.Caps.Settings, m.Caps.ServerIDRequired = false, false, true
	t.Parallel()
	tf := newTerraform(t, noIDMemory{m}, nil)
	tf.m = m
	report := driftIs(tf, driftHCL(`{ a = "A" }`), map[string]string{"in_sync": "true", "server_id": `""`})
	if !strings.HasPrefix(report, "## Scopes of Memory\n") {
		t.Error(report)
	}
}

// Terraform shows five thousand definitions' drift in a few seconds.
func TestDriftOfManyScopes(t *testing.T) {
	const n = 5000
	m := newMemory()
	for i := range n {
		m.AddScope(memRealm, scopeOf(fmt.Sprintf("live:%04d", i), mappedTo("educator")))
	}
	tf := memoryTerraform(t, m)
	names := fmt.Sprintf(`flatten([for a in range(%d) : [for b in range(100) : format("live:%%04d", a * 100 + b)]])`, n/100)
	report := driftIs(tf, driftHCL(`{ for name in `+names+` : name => upper(name) if name != "live:0007" }`, `user_types = { educator = `+names+` }`),
		map[string]string{
			"in_sync": "false", "unexpected": `["live:0007"]`, "missing": "[]", "changed": "[]",
			"user_type_drift": `{"educator":{"exists":true,"missing":[],"unexpected":[]}}`,
		})
	if !strings.Contains(report, "with the 4999 defined scopes: 1 unexpected.") {
		t.Error(report)
	}
}

// keycloakTerraform is newTerraform over a realm of the real Keycloak.
func keycloakTerraform(t *testing.T, l *lab, config keycloak.Config) *terraform {
	t.Helper()
	client, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	config.URL, config.Realm = l.proxy.URL, l.Name
	d, err := keycloak.New(config, client)
	if err != nil {
		t.Fatal(err)
	}
	return newTerraform(t, d, nil)
}

// On a real Keycloak, beside resources the report costs no request of its own,
// and an identity that can only read is enough for it.
func TestAccKeycloakDriftReport(t *testing.T) {
	l := newLab(t, "child", "educator")
	admin := keycloakTerraform(t, l, keycloak.Config{LoginRealm: "master", Username: l.Server.User, Password: l.Server.Password})
	resources := tftest.ScopesHCL(map[string]string{"read:a": "A", "read:b": "B", "read:c": "C"}) + tftest.UserTypeHCL("educator", "read:a", "read:b")
	definitions := `{ "read:a" = "A", "read:b" = "B", "read:c" = "C" }`
	types := `user_types = { educator = ["read:a", "read:b"], child = [] }`
	admin.Write(resources).apply().ok()
	l.proxy.Reset()
	admin.Write(resources + driftHCL(definitions, types)).makePlan().ok().quiet().changes()
	if sent := l.proxy.APIRequests(); len(sent) > 6 {
		t.Errorf("%d requests: %v", len(sent), sent)
	}

	c := l.CreateServiceAccount(t, "reader", "view-clients", "view-realm")
	reader := keycloakTerraform(t, l, keycloak.Config{ClientID: c.ClientID, ClientSecret: c.Secret})
	readOnly := "provider \"authscopes\" {\n  keycloak = {}\n  read_only = true\n}\n"
	driftIs(reader, readOnly+driftHCL(definitions, types), map[string]string{"in_sync": "true"})

	l.CreateScopes(t, "extra")
	l.DeleteScope(t, "read:c")
	l.UpdateScope(t, "read:a", map[string]any{"description": "by hand", "attributes": map[string]string{"include.in.token.scope": "false"}})
	l.MapRoles(t, "read:a", "child")
	l.UnmapRoles(t, "read:b", guardRole, "educator")
	l.proxy.Reset()
	report := driftIs(reader, readOnly+driftHCL(definitions, types, `sources = { "read:b" = "api/shop.yaml:7" }`), map[string]string{
		"in_sync": "false", "missing": `["read:c"]`, "unexpected": `["extra"]`, "open_scopes": `["extra","read:b"]`,
		"changed": `[{"attribute":"description","defined":"A","live":"by hand","name":"read:a"},` +
			`{"attribute":"include_in_token_scope","defined":"true","live":"false","name":"read:a"},` +
			`{"attribute":"access","defined":"user_types","live":"everyone","name":"read:b"}]`,
		"user_type_drift": `{"child":{"exists":true,"missing":[],"unexpected":["read:a"]},"educator":{"exists":true,"missing":["read:b"],"unexpected":[]}}`,
	})
	if line := "| `read:b` | limited by the configuration, and open on the server | `api/shop.yaml:7` |"; !strings.Contains(report, line) {
		t.Errorf("no %q in the report:\n%s", line, report)
	}
	if w := l.writes(); len(w) > 0 {
		t.Errorf("wrote %q", w)
	}
}

// realProvider is the provider as users get it, with an environment.
func realProvider(env map[string]string) map[string]func() (tfprotov6.ProviderServer, error) {
	p := releasedProvider(env)
	return map[string]func() (tfprotov6.ProviderServer, error){"authscopes": func() (tfprotov6.ProviderServer, error) { return NewServer(p)(), nil }}
}

// If user types are configured, all others are unexpected.
func TestMemoryDriftOfAllHolders(t *testing.T) {
	m := newMemory("realm/client/x")
	tf := memoryTerraform(t, m)
	m.AddScope(memRealm, scopeOf("a", mappedTo("child", "educator", "realm/client/x"), func(s *authz.Scope) { s.ClientRoles = []string{"client/shop/buyer"} }))
	const differs = `"child":{"exists":true,"missing":[],"unexpected":["a"]}`
	for _, test := range []struct{ more, drift, inSync string }{
		{"", `{}`, "true"},
		{`user_types = { educator = ["a"], "client/x" = ["a"] }
		  client_roles = { shop = { buyer = ["a"] } }`, "{" + differs + `,"client/shop/buyer":{"missing":[],"unexpected":[]},"educator":{"exists":true,"missing":[],"unexpected":[]},"realm/client/x":{"exists":true,"missing":[],"unexpected":[]}}`, "false"},
		{`user_types = { educator = ["a"] }
		  ignore_user_types = ["ch?ld", "client/shop/*", "realm/*"]`, `{"educator":{"exists":true,"missing":[],"unexpected":[]}}`, "true"},
		{`user_types = {}
		  ignore_user_types = ["educator", "client/*", "realm/*"]`, "{" + differs + "}", "false"},
		{`client_roles = {}
		  ignore_user_types = ["*"]`, `{}`, "true"},
	} {
		state := tf.Write(driftHCL(`{ a = "A" }`, test.more)).apply().ok()
		state.quiet()
		got := tf.state(driftAddress)
		if text := tftest.JSONText(got["user_type_drift"]); text != test.drift || fmt.Sprint(got["in_sync"]) != test.inSync {
			t.Errorf("%s:\n got %s, in sync %v\nwant %s, %s", test.more, text, got["in_sync"], test.drift, test.inSync)
		}
	}
	// The report of a pull request without drift begins with this statement.
	tf.Write(driftHCL(`{ a = "A", b = "B" }`, `
		user_types          = { child = ["a"], educator = ["a", "b"], "client/x" = ["a"] }
		ignore_user_types   = ["client/*"]
		settings            = { include_in_token_scope = false }
		baseline            = { a = "A" }
		baseline_settings   = {}
		baseline_user_types = { child = ["a"], educator = ["a"] }`)).apply().ok()
	if report, _ := tf.state(driftAddress)["report"].(string); !strings.Contains(report,
		"**In sync apart from this change** to the 2 defined scopes: 1 missing (1 new with this change), 1 changed, 1 of 3 user types not as defined.") {
		t.Errorf("the report is\n%s", report)
	}
	for more, words := range map[string]string{
		`user_types = { educator = null }`:           "null",
		`client_roles = { shop = { buyer = null } }`: "null",
		`client_roles = { shop = null }`:             "null",
		`baseline_user_types = { educator = null }`:  "null",
		`user_types = { educator = ["a b"] }`:        "Invalid scope name",
		`ignore_user_types = [""]`:                   "Empty glob",
		`baseline_overrides = { a = null }`:          "Null entry",
		`client_roles = { "" = { buyer = ["a"] } }`:  "key",
		`baseline_settings = { access = "nobody" }`:  "access",
	} {
		tf.Write(driftHCL(`{ a = "A" }`, more)).makePlan().failed(words)
	}
}
