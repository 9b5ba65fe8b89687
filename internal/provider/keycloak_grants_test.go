package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// Tokens carry the planned scopes before and after each change, also if a scope was mapped to a
// role that the configuration does not list.
func TestAccKeycloakGrantsTokens(t *testing.T) {
	l := newLab(t, "educator", "child", "parent")
	c := newCrowd(l)
	c.people["parent"] = l.CreateUser(t, "pat", "parent")
	b := newAttached(t)
	scopes := tftest.ScopesHCL(map[string]string{"a": "A", "b": "B", "c": "C"})
	apply := func(userTypes map[string]string, more ...string) {
		t.Helper()
		b.config(l.config(scopes, tftest.GrantsHCL(userTypes, more...)))
		b.apply().ok()
		b.plan().ends(0).warns()
	}
	b.config(l.config(scopes))
	b.apply().ok()
	c.apps()
	c.get("before any user type", nil)

	apply(map[string]string{"educator": "a b", "child": "b"})
	ab, onlyB := []string{"a", "b"}, []string{"b"}
	two := map[string][]string{"educator": ab, "by group": ab, "both": ab, "child": onlyB, "robot": onlyB, "staff": onlyB}
	c.get("two user types", two)

	l.MapRoles(t, "b", "parent")
	l.MapRoles(t, "c", "parent")
	foreign := forUsers(two, two)
	foreign["parent"] = []string{"b", "c"}
	c.get("mapped by hand to a foreign role", foreign)
	b.plan().ends(2).warns()
	b.requireChanges(`
		authscopes_server_grants.g - user_types.parent = ["b","c"]
	`)
	b.apply("plan").ok()
	c.get("and after the apply", two)
	b.plan().ends(0).warns()

	apply(map[string]string{"child": "a", "educator": ""})
	onlyA := []string{"a"}
	c.get("swapped; no user type has b and c any more", map[string][]string{"child": onlyA, "both": onlyA, "robot": onlyA, "staff": onlyA})

	b.config(l.config(scopes))
	b.apply().ok()
	c.get("destroyed", nil)

	// Client roles, by both resources.
	l.CreateClient(t, map[string]any{"clientId": "https://shop.example/app"})
	for _, role := range []string{"buyer", "seller"} {
		l.CreateClientRole(t, "https://shop.example/app", role)
		c.people[role] = l.CreateUser(t, role[:3])
		l.GrantClientRole(t, c.people[role], "https://shop.example/app", role)
	}
	buyer := func(scope string) string {
		return fmt.Sprintf("resource \"authscopes_user_type_scopes\" \"buyer\" {\n  user_type = \"buyer\"\n  client_id = \"https://shop.example/app\"\n"+
			"  scopes = [authscopes_server_scopes.s.names[%q]]\n}\n", scope)
	}
	with := func(parts ...string) {
		t.Helper()
		b.config(l.config(append([]string{scopes}, parts...)...))
		b.apply().ok()
		b.plan().ends(0).warns()
	}
	with(buyer("a"))
	c.get("one client role", map[string][]string{"buyer": onlyA})
	with(buyer("b"))
	c.get(messagestest.Summary(check.ConflictRenamedAndHeld), map[string][]string{"buyer": onlyB})
	b.run("state", "rm", "authscopes_user_type_scopes.buyer").ok()
	with(buyer("b") + "import {\n  to = authscopes_user_type_scopes.buyer\n  id = \"client/https:%2F%2Fshop.example%2Fapp/buyer\"\n}\n")

	b.config(l.config(scopes, buyer("b"), tftest.GrantsHCL(map[string]string{"educator": "a"})))
	if o := b.plan().ends(1); !strings.Contains(strings.Join(o.errors, "\n"), "ignore_user_types") {
		t.Errorf("errors %q", o.errors)
	}
	b.run("state", "rm", "authscopes_user_type_scopes.buyer").ok()
	all := func(roles string) string {
		return tftest.GrantsHCL(map[string]string{"educator": "a"},
			"  client_roles = { \"https://shop.example/app\" = "+roles+" }\n  depends_on = [authscopes_server_scopes.s]")
	}
	with(all(`{ buyer = ["b"], seller = ["a", "b"] }`))
	c.get("all user types", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA, "buyer": onlyB, "seller": ab})
	l.MapClientRole(t, "a", "https://shop.example/app", "buyer")
	b.plan().ends(2).warns()
	b.requireChanges(`authscopes_server_grants.g ~ client_roles.https://shop.example/app.buyer = ["a","b"] -> ["b"]`)
	b.apply("plan").ok()
	c.get("one of two mapped roles is revoked", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA, "buyer": onlyB, "seller": ab})

	// The client is deleted with the only role of b: no user gets b.
	l.DeleteClient(t, "https://shop.example/app")
	c.get("the client is deleted", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA})
	b.plan().ends(2)
	b.apply().fails(
		[]string{`User type "client/https:%2F%2Fshop.example%2Fapp/buyer"`, "there is no client"},
		[]string{`User type "client/https:%2F%2Fshop.example%2Fapp/seller"`, "there is no client"})
	with(tftest.GrantsHCL(map[string]string{"educator": "a"}))
	c.get("and removed from the configuration", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA})
}

func TestAccKeycloakGrants(t *testing.T) {
	l := newLab(t, "educator", "child", "parent")
	tf := attached(t)
	scopes := tftest.CapitalsHCL("a b")
	first := l.config(scopes, tftest.GrantsHCL(map[string]string{"educator": "a b", "child": "a"}))
	second := l.config(scopes, tftest.GrantsHCL(map[string]string{"educator": "b", "child": "a"}))
	changed := func(hcl string, want map[string][]string, lines ...string) {
		t.Helper()
		tf.Write(hcl).makePlan().ok().changes(lines...)
		tf.applyPlan().ok()
		tf.unchanged()
		same(t, "mappings", l.roles(), want)
	}
	granted := map[string][]string{"a": {guardRole, "child", "educator"}, "b": {guardRole, "educator"}}
	changed(first, granted, grantsAddress+" [create]", liveSet+" [create]")
	tf.imported(grantsAddress, l.Name, first)

	// A grant that is missing, one that is too much, and a foreign one.
	l.UnmapRoles(t, "a", "educator")
	l.MapRoles(t, "b", "child")
	l.MapRoles(t, "b", "parent")
	changed(first, granted, `
		authscopes_server_grants.g ~ user_types.child = ["a","b"] -> ["a"]
		authscopes_server_grants.g ~ user_types.educator = ["b"] -> ["a","b"]
		authscopes_server_grants.g - user_types.parent = ["b"]
	`)
	revoked := map[string][]string{"a": {guardRole, "child"}, "b": {guardRole, "educator"}}
	changed(second, revoked, grantsAddress+` ~ user_types.educator = ["a","b"] -> ["b"]`)

	// A scope without any role is open. The set of scopes and the grants both show it.
	l.UnmapRoles(t, "a", "child")
	l.UnmapRoles(t, "a", guardRole)
	tf.apply().ok()
	tf.unchanged()
	same(t, "mappings", l.roles(), revoked)
	same(t, "open scopes", tftest.JSONText(tf.state(grantsAddress)["open_scopes"]), "[]")

	// A role that is deleted takes its grants along; created again it gets them.
	l.DeleteRole(t, "child")
	l.CreateRoles(t, "child")
	changed(second, revoked, grantsAddress+` + user_types.child = ["a"]`)
	changed(l.config(scopes), map[string][]string{"a": {guardRole}, "b": {guardRole}}, grantsAddress+" [delete]")
}
