package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// appGrantsHCL is an authscopes_server_grants of application "app".
func appGrantsHCL(userTypes string, more ...string) string {
	return "resource \"authscopes_server_grants\" \"g\" {\n  server_id = \"app\"\n  user_types = " + userTypes + "\n" + strings.Join(more, "\n") + "\n}\n"
}

// On Venafi the resource manages all identities of an application.
func TestAccVenafiGrants(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	provider := serverHCL(venafiBlockHCL(s))
	config := func(parts ...string) { b.config(provider, strings.Join(parts, "\n")) }
	two := fmt.Sprintf(`{ %q = ["ssh:manage", "certificate:revoke"], "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0abb}" = ["agent"], "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0acc}" = [] }`, trustee)
	config(appGrantsHCL(two))
	b.apply().ok().warns()
	if s.Rules() != 2 || ruleOf(s) != "certificate:revoke;ssh:manage" {
		t.Errorf("%d rules, one is %q", s.Rules(), ruleOf(s))
	}
	b.plan().ends(0)

	// Another spelling of an identity is the same one, and two spellings are one too many.
	s.RemoveRule("app", trustee)
	s.AddRule("app", strings.ToUpper(trustee[:6])+strings.ReplaceAll(trustee[6:], "-", ""), "certificate:revoke;ssh:manage", venafi.Rule{"Description": "by hand"})
	b.plan().ends(0)
	config(appGrantsHCL(`{ "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0abb}" = ["agent"], "local:5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0ABB" = ["agent"] }`))
	b.plan().fails([]string{"User types are listed twice", "local:5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0ABB, local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0abb}"})

	// An identity that is not listed loses its rule.
	config(appGrantsHCL(two))
	s.AddRule("app", "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0aff}", "agent;ssh:manage", nil)
	b.plan().ends(2)
	b.requireChanges(`authscopes_server_grants.g - user_types.local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0aff} = ["agent","ssh:manage"]`)
	b.apply("plan").ok()
	if s.Rules() != 2 || s.Rule("app", "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0aff}") != nil {
		t.Errorf("%d rules", s.Rules())
	}
	b.plan().ends(0)

	b.run("state", "rm", "authscopes_server_grants.g").ok()
	b.plan().ends(2) // all is listed
	config(appGrantsHCL(`{ "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0abb}" = ["agent"] }`))
	b.plan().fails([]string{"Unlisted grants exist on the server", "certificate:revoke", `id = "app"`})
	config(appGrantsHCL(two), "import {\n  to = authscopes_server_grants.g\n  id = \"app\"\n}\n")
	b.apply().ok()
	config(appGrantsHCL(two, `client_roles = { app = { x = ["agent"] } }`))
	b.plan().fails([]string{"Venafi has no client roles"})
	config()
	b.apply().ok()
	if s.Rules() != 0 {
		t.Errorf("%d rules are left", s.Rules())
	}
}

// ocariot has no way to revoke all scopes of a type, so that each type must be listed.
func TestAccOcariotGrants(t *testing.T) {
	s := newChildren(t, 2)
	b := newAttached(t)
	provider := platformHCL(s, "filter")
	config := func(userTypes string, more ...string) {
		b.config(provider, "resource \"authscopes_server_grants\" \"g\" {\n  user_types = "+userTypes+"\n"+strings.Join(more, "\n")+"\n}\n")
	}
	others := `ignore_user_types = ["admin", "application", "educator", "family", "healthprofessional"]`
	config(`{ child = ["children:read"] }`)
	b.plan().fails([]string{"ocariot cannot revoke all scopes of a user type", "- admin", "- educator", "ignore_user_types"}, []string{"Unlisted grants"})
	config(`{ child = ["children:read"] }`, others)
	b.plan().fails([]string{"Unlisted grants exist on the server", "child: "})
	defaults := strings.Join(s.Scopes("child1"), `", "`)
	config(`{ child = ["`+defaults+`"] }`, others)
	b.apply().ok()
	b.plan().ends(0)
	config(`{ child = ["children:read"] }`, others, "max_revocations = 100")
	b.apply().ok()
	grantedTo(t, s, "children:read")
	b.plan().ends(0)
	config(`{ child = [] }`, others)
	b.plan().fails([]string{messagestest.Summary(check.GrantsNone), "at least one"})
	config(`{ child = ["children:read"] }`, others, `ignore = ["x"]`)
	b.plan().fails([]string{messagestest.Summary(check.GrantsFilterUnsupported), "each user type"})
	s.SetScopes("child1", "children:read", "sleep:read")
	s.SetScopes("child2", "children:read", "sleep:read")
	config(`{ child = ["children:read"] }`, others, "max_revocations = 100")
	b.plan().ends(2)
	b.requireChanges(`authscopes_server_grants.g ~ user_types.child = ["children:read","sleep:read"] -> ["children:read"]`)
	b.apply("plan").ok()
	grantedTo(t, s, "children:read")
	b.config(provider)
	b.plan().ends(2)
	if o := b.apply(); o.code != 0 || !slices.ContainsFunc(o.warnings, func(w string) bool { return strings.Contains(w, "keeps its scopes") }) {
		t.Errorf("the destroy: %d, %q", o.code, o.warnings)
	}
	grantedTo(t, s, "children:read")
}
