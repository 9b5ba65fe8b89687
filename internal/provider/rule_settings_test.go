package provider

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

func ruleWith(lines ...string) string {
	return strings.TrimSuffix(ruleHCL("ssh:manage"), "}\n") + "  rule = {\n" + strings.Join(lines, "\n") + "\n  }\n}\n"
}

// The settings of a rule are set, compared and kept; fields that nothing here knows stay.
func TestAccVenafiRuleSettings(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	provider := serverHCL(venafiBlockHCL(s))
	holds := func(want venafi.Rule) {
		t.Helper()
		rule := s.Rule("app", trustee)
		for field, value := range want {
			if got, ok := rule[field]; !ok || !reflect.DeepEqual(fmt.Sprint(got), fmt.Sprint(value)) {
				t.Errorf("%s is %v, want %v", field, got, value)
			}
		}
	}
	b.config(provider, ruleWith(`description = "Operators"`, "access_validity = 3600", "grant_validity = 0", "renewable = false"))
	b.apply().ok().warns()
	holds(venafi.Rule{"Description": "Operators", "AccessValidity": 3600, "GrantValidity": nil, "Renewable": false, "MaximumScope": "ssh:manage"})
	b.plan().ends(0)

	s.RemoveRule("app", trustee)
	s.AddRule("app", trustee, "ssh:manage", venafi.Rule{"Description": "by hand", "AccessValidity": 60, "GrantValidity": 90, "Renewable": true, "Newer": "kept"})
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_user_type_scopes.e ~ rule.access_validity = 60 -> 3600
		authscopes_user_type_scopes.e ~ rule.description = "by hand" -> "Operators"
		authscopes_user_type_scopes.e ~ rule.grant_validity = 90 -> 0
		authscopes_user_type_scopes.e ~ rule.renewable = true -> false
	`)
	b.run("apply", "-json", "plan").ok()
	holds(venafi.Rule{"Description": "Operators", "AccessValidity": 3600, "GrantValidity": nil, "Renewable": false, "Newer": "kept"})

	// A setting that is not set is not managed.
	b.config(provider, ruleWith("access_validity = 60"))
	b.apply().ok()
	holds(venafi.Rule{"Description": "Operators", "AccessValidity": 60, "Renewable": false, "Newer": "kept"})
	b.config(provider, ruleHCL("ssh:manage"),
		fmt.Sprintf("data \"authscopes_user_type_scopes\" \"d\" {\n  server_id = \"app\"\n  user_type = %q\n}\n"+
			"output \"rule\" { value = data.authscopes_user_type_scopes.d.rule }\n", trustee))
	b.apply().ok()
	holds(venafi.Rule{"Description": "Operators", "AccessValidity": 60, "Renewable": false, "Newer": "kept"})
	want := map[string]any{"description": "Operators", "access_validity": 60.0, "grant_validity": 0.0, "renewable": false}
	if got := b.output("rule"); !reflect.DeepEqual(got, want) {
		t.Errorf("the data source has %v", got)
	}
}
