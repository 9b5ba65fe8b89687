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
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
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

// A data source only reads, and its report is complete.
func TestMemoryDrift(t *testing.T) {
	runRows(t, slices.Concat(driftRows(), driftHolderRows(), matrixRows())...)
}

// dataIs compares attributes of a data source, and requires texts in its report.
func dataIs(address string, want map[string]string, texts ...string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		is := s.state(address)
		for name, text := range want {
			raw, err := json.Marshal(is[name])
			if err != nil {
				t.Fatal(err)
			}
			same(t, s.name+": "+name, string(raw), text)
		}
		report := fmt.Sprint(is["report"], is["markdown"])
		for _, text := range texts {
			if !strings.Contains(report, text) {
				t.Errorf("%s: no %q in\n%s", s.name, text, report)
			}
		}
	}
}

func driftRow(name string, server func(*drivertest.Memory), config string, after ...func(*testing.T, *memServed)) memRow {
	return memRow{name: name, server: server, steps: []memStep{{config: config, wrote: nothing, after: all(after...)}}}
}

func driftRows() []memRow {
	inSync := func(m *drivertest.Memory) {
		adds(scopeOf("read:a", mappedTo("educator")), scopeOf("read:b"), builtInScope("profile"), scopeOf("legacy:x", openScope, mappedTo("educator")))(m)
	}
	aside := authz.Gap{Subject: "holders of the guard", Effect: "They get a.", Privilege: "view-users"}
	asideData := `{"compared":false,"effect":"They get a.","right":"view-users","subject":"holders of the guard"}`
	const matrix = "data \"authscopes_access_matrix\" \"m\" {\n}\n"
	roles := authz.Gap{Subject: "roles", Effect: "They may limit a.", Privilege: "view-realm", Compared: true}
	hides := func(m *drivertest.Memory) {
		m.Change(memRealm, func(l *authz.Snapshot) {
			l.NotChecked = append(l.NotChecked, roles)
			l.Hidden = authz.Errorf(authz.Denied, "read", "roles are hidden")
		})
		memEdit(m, "a", func(s *authz.Scope) { s.UserTypes, s.Hidden, s.Settings.Access = nil, true, authz.AccessEveryone })
	}
	open := adds(scopeOf("a", openScope))
	why := func(name, more, text string) memRow {
		return driftRow(name, open, driftHCL(`{ a = "A" }`, more), dataIs(driftAddress, map[string]string{"open_scopes": `["a"]`, "in_sync": "false"}, text))
	}
	rows := []memRow{
		driftRow("in sync", inSync, driftHCL(`{ "read:a" = "READ:A", "read:b" = "READ:B" }`, `ignore = ["legacy:*"]`,
			`user_types = { educator = ["read:a"], child = [] }`),
			dataIs(driftAddress, map[string]string{
				"server_id": `"memory"`, "in_sync": "true", "missing": "[]", "unexpected": "[]", "changed": "[]", "open_scopes": "[]",
				"user_type_drift": `{"child":{"exists":true,"missing":[],"unexpected":[]},"educator":{"exists":true,"missing":[],"unexpected":[]}}`,
			}, "## Scopes of Memory realm \"memory\"\n\n**In sync.** The server has the 2 defined scopes and 2 user types as defined.\n\n"+
				"Not compared: 1 scope that manage or ignore excludes, 1 built-in scope.\n")),
		driftRow("everything differs", driftingServer, driftingHCL(), dataIs(driftAddress, map[string]string{
			"in_sync": "false", "missing": `["gone"]`, "unexpected": `["extra"]`, "open_scopes": `["c","extra"]`,
			"changed": `[{"attribute":"description","defined":"A","live":"by hand","name":"a"},` +
				`{"attribute":"gui_order","defined":"1","live":"3","name":"a"},` +
				`{"attribute":"include_in_token_scope","defined":"true","live":"false","name":"a"},` +
				`{"attribute":"description","defined":null,"live":"B","name":"b"},` +
				`{"attribute":"access","defined":"user_types","live":"everyone","name":"c"},` +
				`{"attribute":"display_on_consent_screen","defined":"false","live":"true","name":"e"}]`,
			"user_type_drift": `{"child":{"exists":true,"missing":[],"unexpected":[]},"educater":{"exists":false,"missing":["a"],"unexpected":[]},` +
				`"educator":{"exists":true,"missing":["c"],"unexpected":["b"]}}`,
		}, "### 2 open scopes that the definitions do not open", "| `c` | no configuration sets its access |", "### 1 scope without guard role",
			"1 missing (1 new with this change), 1 unexpected (1 removed with this change)", "| `a` | `description` | A | by hand | drifted | `api/shop.yaml:12` |",
			"did you mean `educator`?", "| `educator` | `b` | unexpected")),
		why("open without a decision", "", "no configuration sets its access"),
		why("open, and limited by settings", `settings = { access = "user_types" }`, "limited by the configuration, and open on the server"),
		why("open, and limited by an override", `overrides = { a = { access = "user_types" } }`, "limited by the configuration, and open on the server"),
		// Parts that the identity may not view make a report incomplete, and in_sync is never null.
		{name: "not checked", server: func(m *drivertest.Memory) {
			m.AddScope(memRealm, scopeOf("a", mappedTo("educator")))
			m.Change(memRealm, func(l *authz.Snapshot) { l.NotChecked = []authz.Gap{aside} })
		}, steps: []memStep{
			{config: driftHCL(`{ a = "A" }`) + matrix, after: dataIs(driftAddress, map[string]string{"in_sync": "true", "not_checked": "[" + asideData + "]"},
				"## Scopes of Memory realm \"memory\"\n\n### Not checked\n", "In sync")},
			{change: hides, after: all(dataIs(driftAddress, map[string]string{
				"in_sync": "false", "open_scopes": "[]", "changed": "[]",
				"not_checked": `[{"compared":true,"effect":"They may limit a.","right":"view-realm","subject":"roles"},` + asideData + "]",
			}, "**Sync is unknown**", "## Scopes of Memory realm \"memory\"\n\n### Not checked\n"), func(t *testing.T, s *memServed) {
				t.Helper()
				is := s.state("data.authscopes_access_matrix.m")
				same(t, "access", is["scopes"].(map[string]any)["a"].(map[string]any)["access"], any("unknown"))
				same(t, "not_checked and everyone", fmt.Sprint(len(is["not_checked"].([]any)), is["everyone"]), "2 []")
			})},
		}},
		driftRow("a built-in scope", adds(scopeOf("a"), builtInScope("profile")), driftHCL(`{ a = "A", profile = "Claims" }`,
			`overrides = { profile = { access = "everyone" } }`), dataIs(driftAddress, map[string]string{
			"in_sync": "false", "open_scopes": "[]", "changed": `[{"attribute":"description","defined":"Claims","live":"PROFILE","name":"profile"}]`,
		})),
		driftRow("unknown definitions", adds(scopeOf("a", mappedTo("educator"))), unknownUntil(`{ scopes = { a = "A" }, types = { educator = ["a"] }, ignore = [] }`)+
			driftHCL(`terraform_data.v.output.scopes`, `user_types = terraform_data.v.output.types`, `ignore = terraform_data.v.output.ignore`),
			dataIs(driftAddress, map[string]string{"in_sync": "true"})),
		driftRow("user types that are read one by one", func(m *drivertest.Memory) {
			m.AddScope(memRealm, authz.Scope{Name: "certificate"})
			m.Caps.Settings, m.Caps.WriteScopes = false, false
		}, driftHCL(`{ certificate = "Certificates" }`, `user_types = { group = ["certificate:manage", "ssh:discover"], other = [] }`),
			dataIs(driftAddress, map[string]string{
				"in_sync": "false", "changed": "[]", "missing": "[]", "unexpected": "[]",
				"user_type_drift": `{"group":{"exists":null,"missing":["ssh:discover"],"unexpected":["certificate:discover"]},` +
					`"other":{"exists":null,"missing":[],"unexpected":[]}}`,
			})),
		driftRow("without a server ID", func(m *drivertest.Memory) {
			m.AddServer("")
			m.AddScope("", authz.Scope{Name: "a"})
			m.Caps.WriteScopes, m.Caps.Settings, m.Caps.ServerIDRequired = false, false, true
		}, driftHCL(`{ a = "A" }`), dataIs(driftAddress, map[string]string{"in_sync": "true", "server_id": `""`}, "## Scopes of Memory\n")),
		driftRow("a parameterized scope", parameterizedServer, driftHCL(`{ "missions:create" = "MISSIONS:CREATE" }`, `ignore = ["missions"]`)+matrix+
			"data \"authscopes_server_scope\" \"one\" {\n  name = \"missions:create\"\n}\ndata \"authscopes_server_scopes\" \"all\" {\n}\n",
			dataIs(driftAddress, map[string]string{
				"in_sync": "false", "changed": "[]", "unexpected": "[]", "covered": `{"missions":["missions:create"]}`, "protocol_mappers": "1",
			}, "### Scopes that parameterized scopes cover", "1 protocol mapper of compared scopes"), isParameterized),
		// A data source that depends on a resource reads what it wrote.
		{name: "data after writes", steps: []memStep{{
			config: setHCL(`{ a = "A" }`, "") + typeHCL("child", "[authscopes_server_scopes.s.names.a]", "") +
				"data \"authscopes_server_scope\" \"d\" {\n  name = \"a\"\n  depends_on = [authscopes_user_type_scopes.e]\n}\n",
			after: dataIs("data.authscopes_server_scope.d", map[string]string{"user_types": `["child"]`}),
		}}},
	}
	for i := range rows {
		switch rows[i].name {
		case "user types that are read one by one":
			rows[i].driver = func(m *drivertest.Memory) authz.Driver {
				return oneByOneMemory{Memory: m, sets: map[string][]string{"group": {"certificate:manage", "certificate:discover"}}}
			}
		case "without a server ID":
			rows[i].driver = func(m *drivertest.Memory) authz.Driver { return noIDMemory{m} }
		}
	}
	return rows
}

// parameterizedServer has a parameterized scope, which puts the names of other scopes into tokens.
func parameterizedServer(m *drivertest.Memory) {
	m.AddScope(memRealm, scopeOf("missions", openScope, func(s *authz.Scope) { s.Parameterized = true }))
	m.AddScope(memRealm, scopeOf("missions:create", mappedTo("educator"), func(s *authz.Scope) {
		s.Mappers, s.Protocol = []authz.Mapper{{Name: "audience", Type: "oidc-audience-mapper", Config: map[string]string{"claim.name": "x"}}}, "oid4vc"
	}))
}

func isParameterized(t *testing.T, s *memServed) {
	t.Helper()
	covered := s.state("data.authscopes_access_matrix.m")["scopes"].(map[string]any)["missions:create"].(map[string]any)
	same(t, "covered_by", fmt.Sprint(covered["covered_by"]), "[missions]")
	one := s.state("data.authscopes_server_scope.one")
	same(t, "the scope", fmt.Sprint(one["protocol"], one["parameterized"], one["protocol_mappers"]),
		"oid4vcfalse [map[config:map[claim.name:x] name:audience type:oidc-audience-mapper]]")
	missions := s.state("data.authscopes_server_scopes.all")["scopes"].(map[string]any)["missions"].(map[string]any)
	same(t, "the parameterized scope", fmt.Sprint(missions["protocol"], missions["parameterized"], missions["protocol_mappers"]), "<nil> true []")
}

func driftingServer(m *drivertest.Memory) {
	adds(scopeOf("a", mappedTo("educator"), func(s *authz.Scope) {
		s.Description, s.Settings.IncludeInTokenScope, s.Settings.GUIOrder = "by hand", false, "3"
	}), scopeOf("b", mappedTo("child", "educator"), func(s *authz.Scope) {
		s.Settings.AssignedType, s.Settings.GUIOrder = authz.AssignedDefault, "3"
	}), scopeOf("c", openScope), scopeOf("d", unguardedScope), scopeOf("e", openScope), scopeOf("extra", openScope))(m)
}

func driftingHCL() string {
	return driftHCL(`{ a = "A", b = null, c = "C", d = "D", e = "E", gone = "Gone" }`, `
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
		sources    = { a = "api/shop.yaml:12", gone = null }`)
}

// driftHolderRows configure user types: all others are unexpected.
func driftHolderRows() (rows []memRow) {
	server := func(m *drivertest.Memory) {
		m.AddUserType(memRealm, authz.UserType{Name: "realm/client/x"})
		m.AddScope(memRealm, scopeOf("a", mappedTo("child", "educator", "realm/client/x"), func(s *authz.Scope) { s.ClientRoles = []string{"client/shop/buyer"} }))
	}
	const differs, as = `"child":{"exists":true,"missing":[],"unexpected":["a"]}`, `{"exists":true,"missing":[],"unexpected":[]}`
	for _, test := range []struct{ more, drift, inSync string }{
		{"", `{}`, "true"},
		{
			"user_types = { educator = [\"a\"], \"client/x\" = [\"a\"] }\nclient_roles = { shop = { buyer = [\"a\"] } }",
			"{" + differs + `,"client/shop/buyer":{"exists":null,"missing":[],"unexpected":[]},"educator":` + as + `,"realm/client/x":` + as + `}`, "false",
		},
		{"user_types = { educator = [\"a\"] }\nignore_user_types = [\"ch?ld\", \"client/shop/*\", \"realm/*\"]", `{"educator":` + as + `}`, "true"},
		{"user_types = {}\nignore_user_types = [\"educator\", \"client/*\", \"realm/*\"]", "{" + differs + "}", "false"},
		{"client_roles = {}\nignore_user_types = [\"*\"]", `{}`, "true"},
	} {
		rows = append(rows, driftRow("holders: "+test.more, server, driftHCL(`{ a = "A" }`, test.more),
			dataIs(driftAddress, map[string]string{"user_type_drift": test.drift, "in_sync": test.inSync})))
	}
	// The report of a pull request without drift begins with this statement.
	return append(rows, driftRow("a change and its baseline", server, driftHCL(`{ a = "A", b = "B" }`, `
		user_types          = { child = ["a"], educator = ["a", "b"], "client/x" = ["a"] }
		ignore_user_types   = ["client/*"]
		settings            = { include_in_token_scope = false }
		baseline            = { a = "A" }
		baseline_settings   = {}
		baseline_user_types = { child = ["a"], educator = ["a"] }`), dataIs(driftAddress, nil,
		"**In sync apart from this change** to the 2 defined scopes: 1 missing (1 new with this change), 1 changed, 1 of 3 user types not as defined.")))
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

// noIDMemory needs no server ID to compare definitions: only its user types have one.
type noIDMemory struct{ *drivertest.Memory }

func (noIDMemory) ServerID(configured string) (string, error) { return configured, nil }

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
