package provider

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// What Keycloak would refuse half-way through an apply is an error of the plan.
func TestAccKeycloakNamesThatCannotBe(t *testing.T) {
	l := newLab(t, "educator")
	l.CreateScope(t, keycloak.ClientScope{Name: "assertions", Protocol: "saml"})
	fails := func(config, message string) resource.TestStep {
		return resource.TestStep{Config: l.config(config), PlanOnly: true, ExpectError: regexp.MustCompile(strings.ReplaceAll(message, " ", `[\s│]+`))}
	}
	l.test(
		fails(scopesHCL(map[string]string{"assertions": "A", "b": "B"}), messagestest.Summary(check.NamesTaken)),
		fails(`resource "authscopes_server_scope" "one" { name = "assertions" }`, messagestest.Summary(check.NamesTaken)),
		fails(scopesHCL(map[string]string{"b": "B"})+userTypeHCL(guardRole, "b"), `(?s)set guard_role.*realm role "authscopes-guard" is the guard`),
	)
	if writes := l.writes(); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
}

// A scope is not given a name that is taken either.
func TestAccKeycloakRenameToATakenName(t *testing.T) {
	l := newLab(t)
	l.CreateScope(t, keycloak.ClientScope{Name: "assertions", Protocol: "saml"})
	l.test(
		resource.TestStep{Config: l.config(`resource "authscopes_server_scope" "one" { name = "a" }`)},
		resource.TestStep{
			Config:      l.config(`resource "authscopes_server_scope" "one" { name = "assertions" }`),
			ExpectError: regexp.MustCompile(`(?s)` + messagestest.Pattern(check.NamesTaken) + `.*- assertions\n`),
		},
	)
}
