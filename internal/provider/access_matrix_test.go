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
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
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

func TestAccessMatrix(t *testing.T) {
	m := school()
	tf := memoryTerraform(t, m)
	is := matrixOf(t, tf, matrixHCL())
	for what, want := range map[string]string{
		"server_id": `"memory"`,
		"everyone":  `["read:b"]`,
		"unguarded": `["write:a"]`,
		"gained":    `{}`,
		"lost":      `{}`,
		"scopes": `{"read:a":{"access":"user_types","client_roles":["client/app/user"],"clients":{},"covered_by":[],"on_server":true,"planned_access":"user_types",` +
			`"planned_user_types":{"child":"inherited","client/app/user":"mapped","educator":"mapped","leader":"mapped"},"user_types":{"child":"inherited","client/app/user":"mapped","educator":"mapped","leader":"mapped"}},` +
			`"read:b":{"access":"everyone","client_roles":[],"clients":{},"covered_by":[],"on_server":true,"planned_access":"everyone",` +
			`"planned_user_types":{"child":"everyone","client/app/user":"everyone","educator":"everyone","leader":"everyone"},"user_types":{"child":"everyone","client/app/user":"everyone","educator":"everyone","leader":"everyone"}},` +
			`"write:a":{"access":"unguarded","client_roles":[],"clients":{},"covered_by":[],"on_server":true,"planned_access":"unguarded",` +
			`"planned_user_types":{"child":"mapped","leader":"inherited"},"user_types":{"child":"mapped","leader":"inherited"}}}`,
	} {
		same(t, what, tftest.JSONText(is[what]), want)
	}
	same(t, "csv", is["csv"].(string), "scope,access,planned access,client roles,child,client/app/user,educator,leader\n"+
		"read:a,user_types,user_types,client/app/user,inherited,mapped,mapped,mapped\nread:b,everyone,everyone,,everyone,everyone,everyone,everyone\nwrite:a,unguarded,unguarded,,mapped,,,inherited\n")
	if text := is["markdown"].(string); !strings.HasPrefix(text, `## Access to scopes of Memory realm "memory"`) {
		t.Errorf("%.100s", text)
	}

	is = matrixOf(t, tf, matrixHCL(`planned = { educator = ["read:b", "new:one"], ghost = [] }`, `filter = ["read:*", "new:*"]`,
		`user_types = ["e*", "ch?ld"]`, `include_built_in = true`))
	for what, want := range map[string]string{
		"everyone": `["read:b"]`,
		"gained":   `{"educator":["new:one"]}`,
		"lost":     `{"child":["read:b"]}`, // educator is inside of leader, and so keeps read:a
	} {
		same(t, what, tftest.JSONText(is[what]), want)
	}
	scopes, _ := is["scopes"].(map[string]any)
	same(t, "scopes", slices.Sorted(maps.Keys(scopes)), []string{"new:one", "read:a", "read:b"})
	same(t, "new", tftest.JSONText(scopes["new:one"]),
		`{"client_roles":[],"clients":{},"covered_by":[],"on_server":false,"planned_access":"user_types","planned_user_types":{"educator":"mapped"},"user_types":{}}`)

	tf.Write(matrixHCL(`planned = { educater = ["read:b"] }`)).makePlan().ok().
		warned(messagestest.Summary(messages.FoundPlannedAbsent), "(educater)", `did you mean "educator"?`)
	tf.Write(matrixHCL(`planned = { educator = ["a b"] }`)).makePlan().refused("Invalid scope name")
	tf.Write(matrixHCL(`user_types = []`)).makePlan().refused("user_types")
	same(t, "built-in", len(matrixOf(t, tf, matrixHCL(`include_built_in = true`))["scopes"].(map[string]any)), 4)
	m.Caps.UserTypeScopes = false
	tf.Write(matrixHCL()).makePlan().refused("Access to scopes cannot be read from this server")
}

// Planned scopes can come from the resources of the same configuration, which share their
// snapshot with the matrix.
func TestAccessMatrixBesideResources(t *testing.T) {
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
func TestAccessMatrixOfMany(t *testing.T) {
	m := newMemory()
	for i := range 30 {
		m.AddUserType(memRealm, authz.UserType{Name: fmt.Sprintf("type-%02d", i)})
	}
	for i := range 2000 {
		m.AddScope(memRealm, scopeOf(fmt.Sprintf("scope:%04d", i), mappedTo(fmt.Sprintf("type-%02d", i%30))))
	}
	tf := memoryTerraform(t, m)
	is := matrixOf(t, tf, matrixHCL(`planned = { type-00 = [] }`))
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
	told := func(is map[string]any, which string) map[string][]string {
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
	same(t, "now", told(before, "user_types"), carried())
	same(t, "everyone", tftest.JSONText(before["everyone"]), `["p"]`)
	same(t, "unguarded", tftest.JSONText(before["unguarded"]), `["u"]`)

	b.config(l.config(set(), kinds(next), data))
	b.apply().ok()
	same(t, "planned", told(before, "planned_user_types"), carried())
	b.apply().ok()
	after := b.output("m")
	same(t, "afterwards", told(after, "user_types"), carried())
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

// Clients are shown on request. Clients that the caller may not view are not checked, and an
// unsupported request is an error.
func TestMemoryMatrixClients(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.AddScope(memRealm, scopeOf("a", mappedTo("child")))
	m.SetClient(memRealm, "app", []string{"a"}, nil)
	m.SetClient(memRealm, "web", nil, []string{"a"})
	clients := func(is map[string]any) string {
		return tftest.JSONText(is["scopes"].(map[string]any)["a"].(map[string]any)["clients"])
	}
	same(t, "not asked for", clients(matrixOf(t, tf, matrixHCL())), `{}`)
	same(t, "all", clients(matrixOf(t, tf, matrixHCL("include_clients = true"))), `{"app":"default","web":"optional"}`)
	m.HideClients(authz.Advise(authz.Denied, "list", "It needs a role.", "403"), "web")
	is := matrixOf(t, tf, matrixHCL("include_clients = true"))
	same(t, "visible", clients(is), `{"app":"default"}`)
	same(t, "not checked", tftest.JSONText(is["not_checked"]),
		`[{"compared":false,"effect":"Other clients may have the scopes, too.","right":"It needs a role.","subject":"clients and their scopes"}]`)
	tf.Write(matrixHCL("include_groups = true")).makePlan().refused("Groups and service accounts cannot be read")
	tf.Write(matrixHCL(`planned_client_roles = { app = { x = null } }`)).makePlan().refused("null")
	tf.Write(matrixHCL(`planned = { child = null }`)).makePlan().refused("Null entry", `"child"`)
	is = matrixOf(t, tf, matrixHCL(`planned_client_roles = { app = { x = ["a"] } }`))
	same(t, "gained", tftest.JSONText(is["gained"]), `{"client/app/x":["a"]}`)
	// A composite role to which no scope is mapped yet, and one that does not exist.
	m.AddClientRole(memRealm, authz.UserType{Name: "client/app/lead", Contains: []string{"educator"}})
	is = matrixOf(t, tf, matrixHCL(`planned_client_roles = { app = { lead = ["a"] } }`))
	same(t, "gained through a composite role", tftest.JSONText(is["gained"]), `{"client/app/lead":["a"],"educator":["a"]}`)
	tf.Write(matrixHCL(`planned_client_roles = { app = { laed = ["a"] } }`)).makePlan().ok().
		warned(messagestest.Summary(messages.FoundPlannedAbsent), "(client/app/laed)")
}
