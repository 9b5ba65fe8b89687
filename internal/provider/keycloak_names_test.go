package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// What Keycloak would refuse half-way through an apply is an error of the plan.
func TestAccKeycloakNamesThatCannotBe(t *testing.T) {
	l := newLab(t, "educator")
	l.CreateScope(t, keycloak.ClientScope{Name: "assertions", Protocol: "saml"})
	tf := attached(t)
	taken := []string{messagestest.Summary(check.NamesTaken), "- assertions"}
	one := l.config(tftest.OneScopeHCL("assertions"))
	tf.Write(l.config(tftest.CapitalsHCL("assertions b"))).makePlan().refused(taken...)
	tf.Write(one).makePlan().refused(taken...)
	tf.Write(l.config(tftest.CapitalsHCL("b"), tftest.UserTypeHCL(guardRole, "b"))).makePlan().
		refused("set guard_role", `realm role "authscopes-guard" is the guard`)
	same(t, "writes", l.writes(), nil)

	// A role that has the guard's name and is not the guard is not used.
	l.CreateRoles(t, guardRole)
	b := newAttached(t)
	b.config(l.config(tftest.CapitalsHCL("c")))
	b.apply().fails([]string{"exists and is not the guard role", "guard_role"})
	same(t, "writes", l.writes(), nil)
	b.config(tftest.ProviderHCL(l.admin(`guard_role = "keeper"`)), tftest.CapitalsHCL("c"))
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "c"), []string{"keeper"})
	b.plan().ends(0)

	// Nor is a scope given a name that is taken.
	tf.Write(l.config(tftest.OneScopeHCL("c"), "import {\n  to = authscopes_server_scope.one\n  id = \"c\"\n}\n")).apply().ok()
	tf.Write(one).makePlan().refused(taken...)
}
