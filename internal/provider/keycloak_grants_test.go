package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// liveGrantsHCL is an authscopes_server_grants "g", with scopes of
// authscopes_server_scopes.s, such as "a b" for each user type; more are further lines.
func liveGrantsHCL(userTypes map[string]string, more ...string) string {
	var b strings.Builder
	b.WriteString("resource \"authscopes_server_grants\" \"g\" {\n  user_types = {\n")
	for _, userType := range slices.Sorted(maps.Keys(userTypes)) {
		var refs []string
		for _, name := range strings.Fields(userTypes[userType]) {
			refs = append(refs, fmt.Sprintf("authscopes_server_scopes.s.names[%q]", name))
		}
		fmt.Fprintf(&b, "    %q = [%s]\n", userType, strings.Join(refs, ", "))
	}
	fmt.Fprintf(&b, "  }\n%s\n}\n", strings.Join(more, "\n"))
	return b.String()
}

// Tokens carry the planned scopes before and after each change, also if a scope was mapped to a
// role that the configuration does not list.
func TestAccKeycloakGrantsTokens(t *testing.T) {
	l := newLab(t, "educator", "child", "parent")
	c := newCrowd(l)
	c.people["parent"] = l.CreateUser(t, "pat", "parent")
	b := newBinary(t)
	scopes := scopesHCL(map[string]string{"a": "A", "b": "B", "c": "C"})
	apply := func(userTypes map[string]string, more ...string) {
		t.Helper()
		b.config(l.config(scopes, liveGrantsHCL(userTypes, more...)))
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
		server_grants.g update
		  - user_types.parent[b] = there
		  - user_types.parent[c] = there
	`)
	b.apply("plan").ok()
	c.get("and after the apply", two)
	b.plan().ends(0).warns()

	apply(map[string]string{"child": "a", "educator": ""})
	onlyA := []string{"a"}
	c.get("swapped; nobody has b and c any more", map[string][]string{"child": onlyA, "both": onlyA, "robot": onlyA, "staff": onlyA})

	b.config(l.config(scopes))
	b.apply().ok()
	c.get("destroyed", nil)
}

func TestAccKeycloakGrants(t *testing.T) {
	l := newLab(t, "educator", "child", "parent")
	scopes := scopesHCL(map[string]string{"a": "A", "b": "B"})
	const address = "authscopes_server_grants.g"
	open := func(want ...string) statecheck.StateCheck {
		checks := make([]knownvalue.Check, len(want))
		for i, name := range want {
			checks[i] = knownvalue.StringExact(name)
		}
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("open_scopes"), knownvalue.ListExact(checks))
	}
	first := liveGrantsHCL(map[string]string{"educator": "a b", "child": "a"})
	second := liveGrantsHCL(map[string]string{"educator": "b", "child": "a"})
	l.test(
		resource.TestStep{
			Config:            l.config(scopes, first),
			Check:             l.mapped(map[string][]string{"a": {guardRole, "child", "educator"}, "b": {guardRole, "educator"}}),
			ConfigStateChecks: []statecheck.StateCheck{open()},
		},
		resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: l.Name,
			ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "server_id",
		},
		// A grant that is missing, one that is too much, and a foreign one.
		resource.TestStep{
			PreConfig: func() {
				l.UnmapRoles(t, "a", "educator")
				l.MapRoles(t, "b", "child")
				l.MapRoles(t, "b", "parent")
			},
			Config: l.config(scopes, first),
			ConfigPlanChecks: planned(`
				server_grants.g update
				  - user_types.child[b] = there
				  + user_types.educator[a] = there
				  - user_types.parent[b] = there
			`),
			Check: l.mapped(map[string][]string{"a": {guardRole, "child", "educator"}, "b": {guardRole, "educator"}}),
		},
		resource.TestStep{Config: l.config(scopes, second), Check: l.mapped(map[string][]string{"a": {guardRole, "child"}, "b": {guardRole, "educator"}})},
		// A scope without any role is open. The set of scopes and the grants both show it.
		resource.TestStep{
			PreConfig: func() {
				l.UnmapRoles(t, "a", "child")
				l.UnmapRoles(t, "a", guardRole)
			},
			Config: l.config(scopes, second),
			Check:  l.mapped(map[string][]string{"a": {guardRole, "child"}, "b": {guardRole, "educator"}}), ConfigStateChecks: []statecheck.StateCheck{open()},
		},
		// A role that is deleted takes its grants along; created again it gets them.
		resource.TestStep{
			PreConfig: func() {
				l.DeleteRole(t, "child")
				l.CreateRoles(t, "child")
			},
			Config:           l.config(scopes, second),
			ConfigPlanChecks: planned("server_grants.g update\n  + user_types.child[a] = there\n"),
			Check:            l.mapped(map[string][]string{"a": {guardRole, "child"}, "b": {guardRole, "educator"}}),
		},
		resource.TestStep{Config: l.config(scopes), Check: l.mapped(map[string][]string{"a": {guardRole}, "b": {guardRole}})},
	)
}

// The example of the documentation, applied, with a role of another team.
func TestAccKeycloakGrantsExample(t *testing.T) {
	l := newLab(t, "educator", "child", "family", "billing-clerk")
	l.CreateClient(t, map[string]any{"clientId": "web-shop"})
	l.CreateClientRole(t, "web-shop", "editor")
	b := example(t, examplesDir+"/resources/authscopes_server_grants")
	writer := l.CreateServiceAccount(t, "writer", "manage-clients", "manage-realm", "view-users")
	b.Write("provider.tf", fmt.Sprintf("terraform {\n  required_providers {\n    authscopes = { source = %q }\n  }\n}\n",
		b.source)+providerBlock(l.login(writer.ClientID, writer.Secret)))
	b.env["TF_LOG_PROVIDER"] = "INFO"
	out := b.apply().ok().out
	if !strings.Contains(out, "given=5") || !strings.Contains(out, "taken=0") {
		t.Errorf("the log lacks the numbers of grants: %s", out)
	}
	delete(b.env, "TF_LOG_PROVIDER")
	b.plan().ends(0).warns()
	l.MapRoles(t, "missions:read", "billing-clerk", "family")
	b.plan().ends(2).warns()
	b.requireChanges("server_grants.shop update\n  - user_types.family[missions:read] = there\n")
}

// Tokens of users who have client roles, by both resources.
func TestAccKeycloakClientRoleTokens(t *testing.T) {
	l := newLab(t, "educator", "child")
	c := newCrowd(l)
	l.CreateClient(t, map[string]any{"clientId": "https://shop.example/app"})
	for _, role := range []string{"buyer", "seller"} {
		l.CreateClientRole(t, "https://shop.example/app", role)
		c.people[role] = l.CreateUser(t, role[:3])
		l.GrantClientRole(t, c.people[role], "https://shop.example/app", role)
	}
	b := newBinary(t)
	scopes := scopesHCL(map[string]string{"a": "A", "b": "B", "c": "C"})
	buyer := func(scope string) string {
		return fmt.Sprintf("resource \"authscopes_user_type_scopes\" \"buyer\" {\n  user_type = \"buyer\"\n  client_id = \"https://shop.example/app\"\n"+
			"  scopes = [authscopes_server_scopes.s.names[%q]]\n}\n", scope)
	}
	apply := func(parts ...string) {
		t.Helper()
		b.config(l.config(append([]string{scopes}, parts...)...))
		b.apply().ok()
		b.plan().ends(0).warns()
	}
	apply()
	c.apps()
	onlyA, onlyB, ab := []string{"a"}, []string{"b"}, []string{"a", "b"}
	c.get("before", nil)
	apply(buyer("a"))
	c.get("one client role", map[string][]string{"buyer": onlyA})
	apply(buyer("b"))
	c.get(messagestest.Summary(check.ConflictRenamedAndHeld), map[string][]string{"buyer": onlyB})
	b.run("state", "rm", "authscopes_user_type_scopes.buyer").ok()
	apply(buyer("b") + "import {\n  to = authscopes_user_type_scopes.buyer\n  id = \"client/https:%2F%2Fshop.example%2Fapp/buyer\"\n}\n")

	b.config(l.config(scopes, buyer("b"), liveGrantsHCL(map[string]string{"educator": "a"})))
	b.plan().fails([]string{"managed", "ignore_user_types"}, []string{"Unlisted grants", "client/https:%2F%2Fshop.example%2Fapp/buyer: b"})
	b.run("state", "rm", "authscopes_user_type_scopes.buyer").ok()
	all := func(roles string) string {
		return liveGrantsHCL(map[string]string{"educator": "a"},
			"  client_roles = { \"https://shop.example/app\" = "+roles+" }\n  depends_on = [authscopes_server_scopes.s]")
	}
	apply(all(`{ buyer = ["b"], seller = ["a", "b"] }`))
	c.get("all user types", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA, "buyer": onlyB, "seller": ab})
	l.MapClientRole(t, "a", "https://shop.example/app", "buyer")
	b.plan().ends(2).warns()
	b.requireChanges("server_grants.g update\n  - client_roles.https://shop.example/app.buyer[a] = there\n")
	b.apply("plan").ok()
	c.get("one of two mapped roles is revoked", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA, "buyer": onlyB, "seller": ab})

	// The client is deleted with the only role of b: no user gets b.
	l.DeleteClient(t, "https://shop.example/app")
	c.get("the client is deleted", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA})
	b.plan().ends(2)
	b.apply().fails(
		[]string{`User type "client/https:%2F%2Fshop.example%2Fapp/buyer"`, "there is no client"},
		[]string{`User type "client/https:%2F%2Fshop.example%2Fapp/seller"`, "there is no client"})
	apply(liveGrantsHCL(map[string]string{"educator": "a"}))
	c.get("and removed from the configuration", map[string][]string{"educator": onlyA, "by group": onlyA, "both": onlyA})
}
