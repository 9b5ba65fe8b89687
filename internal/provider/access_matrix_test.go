package provider

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// matrixHCL is an access matrix "m" with an output that holds it.
func matrixHCL(lines ...string) string { return tftest.MatrixHCL(lines...) }

// matrixOf applies a configuration and returns the output "m".
func matrixOf(t *testing.T, tf *terraform, hcl string) map[string]any {
	t.Helper()
	o := tf.Write(hcl).makePlan().ok()
	after, _ := o.plan.OutputChanges["m"].After.(map[string]any)
	if after == nil {
		t.Fatal("no output")
	}
	return after
}

const matrixAddress = "data.authscopes_access_matrix.m"

func matrixRows() []memRow {
	const everyone = `{"child":"everyone","client/app/user":"everyone","educator":"everyone","leader":"everyone"}`
	const readers = `{"child":"inherited","client/app/user":"mapped","educator":"mapped","leader":"mapped"}`
	const writers = `{"child":"mapped","leader":"inherited"}`
	scope := func(access, roles, userTypes string) string {
		return `{"access":"` + access + `","client_roles":` + roles + `,"clients":{},"covered_by":[],"on_server":true,"planned_access":"` + access +
			`","planned_user_types":` + userTypes + `,"user_types":` + userTypes + `}`
	}
	matrix := func(lines ...string) string {
		return "data \"authscopes_access_matrix\" \"m\" {\n" + strings.Join(lines, "\n") + "\n}\n"
	}
	clients := func(m *drivertest.Memory) {
		m.AddScope(memRealm, scopeOf("a", mappedTo("child")))
		m.SetClient(memRealm, "app", []string{"a"}, nil)
		m.SetClient(memRealm, "web", nil, []string{"a"})
	}
	hidden := func(m *drivertest.Memory) {
		clients(m)
		m.HideClients(authz.Advise(authz.Denied, "list", "It needs a role.", "403"), "web")
	}
	clientsAre := func(want string) func(*testing.T, *memServed) {
		return func(t *testing.T, s *memServed) {
			t.Helper()
			is := s.state(matrixAddress)["scopes"].(map[string]any)["a"].(map[string]any)
			same(t, s.name, tftest.JSONText(is["clients"]), want)
		}
	}
	hasScopes := func(names ...string) func(*testing.T, *memServed) {
		return func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, s.name, slices.Sorted(maps.Keys(s.state(matrixAddress)["scopes"].(map[string]any))), names)
		}
	}
	absent := driftRow("planned client roles", clients, matrix(`planned_client_roles = { app = { x = ["a"] } }`),
		dataIs(matrixAddress, map[string]string{"gained": `{"client/app/x":["a"]}`}))
	absent.steps[0].found = []found{finds(messages.FoundPlannedAbsent, "(client/app/x)")}
	lead := func(m *drivertest.Memory) {
		clients(m)
		m.AddClientRole(memRealm, authz.UserType{Name: "client/app/lead", Contains: []string{"educator"}})
	}
	return []memRow{
		absent,
		driftRow("matrix", schoolServer, matrix(), dataIs(matrixAddress, map[string]string{
			"server_id": `"memory"`, "everyone": `["read:b"]`, "unguarded": `["write:a"]`, "gained": `{}`, "lost": `{}`,
			"scopes": `{"read:a":` + scope("user_types", `["client/app/user"]`, readers) + `,"read:b":` + scope("everyone", "[]", everyone) +
				`,"write:a":` + scope("unguarded", "[]", writers) + `}`,
			"csv": `"scope,access,planned access,client roles,child,client/app/user,educator,leader\n` +
				`read:a,user_types,user_types,client/app/user,inherited,mapped,mapped,mapped\n` +
				`read:b,everyone,everyone,,everyone,everyone,everyone,everyone\nwrite:a,unguarded,unguarded,,mapped,,,inherited\n"`,
		}, `## Access to scopes of Memory realm "memory"`)),
		// The user type educator is inside of leader, and so keeps read:a.
		driftRow("planned scopes", schoolServer, matrix(`planned = { educator = ["read:b", "new:one"], ghost = [] }`, `filter = ["read:*", "new:*"]`,
			`user_types = ["e*", "ch?ld"]`, `include_built_in = true`), dataIs(matrixAddress, map[string]string{
			"everyone": `["read:b"]`, "gained": `{"educator":["new:one"]}`, "lost": `{"child":["read:b"]}`,
		}), hasScopes("new:one", "read:a", "read:b"), func(t *testing.T, s *memServed) {
			t.Helper()
			is := s.state(matrixAddress)["scopes"].(map[string]any)["new:one"]
			same(t, "new", tftest.JSONText(is), `{"client_roles":[],"clients":{},"covered_by":[],"on_server":false,"planned_access":"user_types",`+
				`"planned_user_types":{"educator":"mapped"},"user_types":{}}`)
		}),
		driftRow("built-in scopes", schoolServer, matrix(`include_built_in = true`), hasScopes("profile", "read:a", "read:b", "write:a")),
		driftRow("clients, not asked for", clients, matrix(), clientsAre(`{}`)),
		driftRow("clients", clients, matrix("include_clients = true"), clientsAre(`{"app":"default","web":"optional"}`)),
		driftRow("hidden clients", hidden, matrix("include_clients = true"), clientsAre(`{"app":"default"}`), dataIs(matrixAddress, map[string]string{
			"not_checked": `[{"compared":false,"effect":"Other clients may have the scopes, too.","right":"It needs a role.","subject":"clients and their scopes"}]`,
		})),
		// No scope is mapped to the composite role yet.
		driftRow("a planned composite client role", lead, matrix(`planned_client_roles = { app = { lead = ["a"] } }`),
			dataIs(matrixAddress, map[string]string{"gained": `{"client/app/lead":["a"],"educator":["a"]}`})),
	}
}

// Planned scopes can come from the resources of the same configuration, which share their
// snapshot with the matrix.
func TestMemoryMatrixBesideResources(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", mappedTo("child")))
	m.AddScope(memRealm, scopeOf("b"))
	tf := memoryTerraform(t, m)
	hcl := `
		locals { planned = { child = ["b"], educator = ["a"] } }
		import {
			for_each = local.planned
			to = authscopes_user_type_scopes.e[each.key]
			id = each.key
		}
		resource "authscopes_user_type_scopes" "e" {
			for_each  = local.planned
			user_type = each.key
			scopes    = each.value
		}
	` + matrixHCL("planned = local.planned")
	o := tf.Write(hcl).makePlan().ok()
	same(t, "listings", memLists(o.calls), 1)
	after := o.plan.OutputChanges["m"].After.(map[string]any)
	same(t, "gained", tftest.JSONText(after["gained"]), `{"child":["b"],"educator":["a"]}`)
	same(t, "lost", tftest.JSONText(after["lost"]), `{"child":["a"]}`)
	tf.applyPlan().ok()
	is := matrixOf(t, tf, hcl)
	same(t, "gained when applied", tftest.JSONText(is["gained"])+tftest.JSONText(is["lost"]), `{}{}`)
	if !strings.Contains(is["markdown"].(string), "The planned change has no effect on access.") {
		t.Errorf("%v", is["markdown"])
	}
}

// A large server takes seconds, not minutes.
func TestMemoryLargeReports(t *testing.T) {
	m := newMemory()
	for i := range 30 {
		m.AddUserType(memRealm, authz.UserType{Name: fmt.Sprintf("type-%02d", i)})
	}
	for i := range 2000 {
		m.AddScope(memRealm, scopeOf(fmt.Sprintf("scope:%04d", i), mappedTo(fmt.Sprintf("type-%02d", i%30))))
	}
	tf := memoryTerraform(t, m)
	names := `flatten([for a in range(20) : [for b in range(100) : format("scope:%04d", a * 100 + b)]])`
	report := driftIs(tf, matrixHCL(`planned = { type-00 = [] }`)+driftHCL(`{ for name in `+names+` : name => upper(name) if name != "scope:0007" }`),
		map[string]string{
			"in_sync": "false", "unexpected": `["scope:0007"]`, "missing": "[]", "changed": "[]",
		})
	if !strings.Contains(report, "with the 1999 defined scopes: 1 unexpected.") {
		t.Error(report)
	}
	is := tf.state(matrixAddress)
	same(t, "lost", len(is["lost"].(map[string]any)["type-00"].([]any)), 67)
	records, err := csv.NewReader(strings.NewReader(is["csv"].(string))).ReadAll()
	if err != nil || len(records) != 2001 || len(records[0]) != 34 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// Venafi lists the rules of an application, each with whole names.
func TestVenafiAccessMatrix(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	s.AddRule("app", trustee, "certificate:manage;ssh:manage", nil)
	s.AddRule("app", "local:{other}", "agent", nil)
	tf := newAttached(t)
	tf.config(serverHCL(venafiBlockHCL(s)),
		matrixHCL(`server_id = "app"`,
			fmt.Sprintf(`planned = { %q = ["certificate:manage", "certificate:revoke"], "local:{third}" = ["agent"] }`, strings.ToUpper(trustee))))
	tf.apply().ok().warns()
	is := tf.output("m")
	same(t, "gained", tftest.JSONText(is["gained"]), fmt.Sprintf(`{%q:["certificate:revoke"],"local:{third}":["agent"]}`, trustee))
	same(t, "lost", tftest.JSONText(is["lost"]), fmt.Sprintf(`{%q:["ssh","ssh:manage"]}`, trustee))
	scopes := is["scopes"].(map[string]any)
	revoke := scopes["certificate:revoke"].(map[string]any)
	same(t, "a name with a listed base", revoke["on_server"], any(true))
	same(t, "what another has in it", tftest.JSONText(scopes["certificate"].(map[string]any)["planned_user_types"]), fmt.Sprintf(`{%q:"mapped"}`, trustee))
	same(t, "who manages", tftest.JSONText(scopes["certificate:manage"].(map[string]any)["user_types"]), fmt.Sprintf(`{%q:"mapped"}`, trustee))
}

func TestOcariotAccessMatrix(t *testing.T) {
	s := ocariot.New(t, ocariot.Options{Direct: true})
	s.AddUser("educator", "teacher", "pw")
	tf := newAttached(t)
	tf.config(serverHCL(ocariotBlockHCL(s, `readback = "none"`)), matrixHCL(`planned = { child = ["missions:read"] }`, `filter = ["missions:*"]`))
	o := tf.apply().ok()
	if !slices.ContainsFunc(o.warnings, func(w string) bool { return strings.Contains(w, "are assumed") }) {
		t.Errorf("it does not say that the sets are assumed: %q", o.warnings)
	}
	is := tf.output("m")
	if tftest.JSONText(is["everyone"]) != "[]" || !strings.Contains(is["markdown"].(string), "`missions:read`") {
		t.Errorf("%v\n%v", is["everyone"], is["markdown"])
	}
}

// The matrix shows the scopes that tokens carry, with composite roles, before and after the
// planned changes.
func TestAccKeycloakAccessMatrix(t *testing.T) {
	l := newLab(t, "educator", "child", "inner")
	l.CreateRole(t, keycloak.Role{Name: "staff"})
	l.AddComposites(t, "staff", "educator")
	l.CreateRole(t, keycloak.Role{Name: "outer"})
	l.AddComposites(t, "outer", "inner")
	l.CreateRole(t, keycloak.Role{Name: "side"})
	l.AddComposites(t, "side", "inner")
	l.CreateScopes(t, "p", "u") // open; u becomes unguarded
	b := newAttached(t)
	sets := map[string][]string{"educator": {"e"}, "outer": {"o"}, "child": {"c"}}
	set := func() string {
		return tftest.ScopesHCL(map[string]string{"e": "", "o": "", "c": ""}, `manage = ["e", "o", "c"]`, `settings = { access = "user_types" }`)
	}
	kinds := func(sets map[string][]string) string {
		var hcl strings.Builder
		for _, name := range slices.Sorted(maps.Keys(sets)) {
			hcl.WriteString(strings.Replace(tftest.UserTypeHCL(name), "scopes = []",
				fmt.Sprintf("scopes = [%s]\n  allow_composite = true\n  depends_on = [authscopes_server_scopes.s]", tftest.QuotedHCL(sets[name]...)), 1))
		}
		return hcl.String()
	}
	b.config(l.config(set(), kinds(sets)))
	b.apply().ok()
	l.MapRoles(t, "u", "child")
	app := l.CreatePublicClient(t, "app")
	for _, name := range []string{"e", "o", "c", "p", "u"} {
		l.AddClientScope(t, app, name, "default")
	}
	users := map[string]keycloak.User{}
	for _, role := range []string{"educator", "child", "inner", "staff", "outer", "side"} {
		users[role] = l.CreateUser(t, "user-"+role, role)
	}
	carried := func() map[string][]string {
		found := map[string][]string{}
		for role, u := range users {
			found[role] = ownScopes(keycloak.TokenScopes(t, l.PasswordToken(t, app, u)))
		}
		return found
	}
	shown := func(is map[string]any, which string) map[string][]string {
		found := map[string][]string{}
		for role := range users {
			found[role] = []string{}
			for name, s := range is["scopes"].(map[string]any) {
				row := s.(map[string]any)
				if _, gets := row[which].(map[string]any)[role]; gets {
					found[role] = append(found[role], name)
				}
			}
			slices.Sort(found[role])
		}
		return found
	}
	next := map[string][]string{"educator": {"c", "e"}, "outer": {}, "child": {"p", "u"}, "side": {"o"}}
	var planned []string
	for _, name := range slices.Sorted(maps.Keys(next)) {
		planned = append(planned, fmt.Sprintf("%q = [%s]", name, tftest.QuotedHCL(next[name]...)))
	}
	data := matrixHCL("planned = {\n"+strings.Join(planned, "\n")+"\n}", `user_types = ["educator", "child", "inner", "staff", "outer", "side"]`)
	b.config(l.config(set(), kinds(sets), data))
	b.apply("-target=data.authscopes_access_matrix.m").ok()
	before := b.output("m")
	same(t, "now", shown(before, "user_types"), carried())
	same(t, "everyone", tftest.JSONText(before["everyone"]), `["p"]`)
	same(t, "unguarded", tftest.JSONText(before["unguarded"]), `["u"]`)

	b.config(l.config(set(), kinds(next), data))
	b.apply().ok()
	same(t, "planned", shown(before, "planned_user_types"), carried())
	b.apply().ok()
	after := b.output("m")
	same(t, "afterwards", shown(after, "user_types"), carried())
	same(t, "nothing more to gain", tftest.JSONText(after["gained"])+tftest.JSONText(after["lost"]), "{}{}")
	l.proxy.Reset()
	b.plan().ends(0)
	if n := len(l.proxy.APIRequests()); n > 9 {
		t.Errorf("a plan takes %d requests: %q", n, lines(l.proxy.APIRequests()))
	}
}

// output is an output after an apply.
func (b *binary) output(name string) map[string]any {
	b.t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(b.run("output", "-json", name).ok().out), &value); err != nil {
		b.t.Fatal(err)
	}
	return value
}
