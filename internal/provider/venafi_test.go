package provider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

const trustee = "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0a11}"

// tpp is a fake Venafi of the test's own, with the application "app".
func newTPP(t *testing.T, opts venafi.Options) *venafi.Server {
	t.Helper()
	t.Parallel()
	s := venafi.New(t, opts)
	s.AddApplication("app", "certificate:approve,manage,revoke;ssh:manage;agent")
	return s
}

// ruleHCL is the rule of trustee on app.
func ruleHCL(scopes ...string) string {
	list, _ := json.Marshal(append([]string{}, scopes...))
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" \"e\" {\n  server_id = \"app\"\n  user_type = %q\n  scopes = %s\n}\n", trustee, list)
}

func ruleOf(s *venafi.Server) string {
	text, _ := s.Rule("app", trustee)["MaximumScope"].(string)
	return text
}

func TestAccVenafiUserType(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	provider := serverHCL(venafiBlockHCL(s))
	b.config(provider, ruleHCL("ssh:manage", "certificate:revoke", "certificate:manage"))
	b.apply().ok().warns()
	if got := ruleOf(s); got != "certificate:manage,revoke;ssh:manage" {
		t.Errorf("the rule is %q", got)
	}
	b.plan().ends(0)

	// Another order, case and spelling is no drift; another scope is.
	s.SetOptions(func(o *venafi.Options) { o.OtherText = true })
	b.plan().ends(0)
	s.SetOptions(func(o *venafi.Options) { o.OtherText = false })
	s.RemoveRule("app", trustee)
	s.AddRule("app", trustee, "certificate:approve,manage", venafi.Rule{"Description": "by hand", "Renewable": true})
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_user_type_scopes.e ~ scopes = ["certificate:approve","certificate:manage"] -> ["certificate:manage","certificate:revoke","ssh:manage"]
	`)
	b.run("apply", "-json", "plan").ok()
	if rule := s.Rule("app", trustee); ruleOf(s) != "certificate:manage,revoke;ssh:manage" || rule["Description"] != "by hand" || rule["Renewable"] != true {
		t.Errorf("the rule is %v", rule)
	}
	b.plan().ends(0)

	s.AddRule("app", "local:{other}", "agent", nil)
	b.config(provider, ruleHCL("ssh:manage", "agent:run"))
	b.plan().fails([]string{"Scopes exceed the maximum of the server", "- agent:run", "- certificate:approve", "- ssh:manage"})
	s.SetOptions(func(o *venafi.Options) { o.PageScopes = true })
	s.AddApplication("app", "certificate:approve,manage,revoke;ssh:manage;agent:run")
	b.plan().ends(2).warns([]string{"Venafi does not list scopes of", "(agent:run)"})
	b.run("apply", "-json", "plan").fails([]string{"Result 17", "InvalidScope", "authscopes_server_scopes"})
	if got := ruleOf(s); got != "certificate:manage,revoke;ssh:manage" {
		t.Errorf("after a refusal the rule is %q", got)
	}
	b.run("destroy", "-json", "-auto-approve").ok()
	if s.Rules() != 1 || s.Rule("app", "local:{other}") == nil {
		t.Errorf("%d rules are left, and the other one is %v", s.Rules(), s.Rule("app", "local:{other}"))
	}

	// An import writes nothing.
	s.AddRule("app", trustee, "ssh:manage", nil)
	s.ResetRequests()
	b.config(provider, ruleHCL("ssh:manage"), fmt.Sprintf("import {\n  to = authscopes_user_type_scopes.e\n  id = \"app/%s\"\n}\n", trustee))
	b.apply().ok().warns()
	b.plan().ends(0)
	if calls := s.Calls(); len(b.state()) != 1 || slices.ContainsFunc(calls, func(c string) bool { return !strings.HasPrefix(strings.ToLower(c), "get") }) {
		t.Errorf("the import called %q", calls)
	}
}

// Data sources list scopes with their restrictions. A definition with a restriction is on a server that
// lists the scope with it. A scope with a restriction includes the scope without one, in definitions and in rules.
func TestAccVenafiRestrictions(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	b.config(serverHCL(venafiBlockHCL(s)), `
		data "authscopes_server_scopes" "all" {}
		data "authscopes_server_scope" "one" { name = "certificate" }
		output "all" { value = { for name, s in data.authscopes_server_scopes.all.scopes : name => s.restrictions } }
		output "one" { value = data.authscopes_server_scope.one.restrictions }
	`)
	b.apply().ok().warns()
	var all map[string][]string
	if err := json.Unmarshal([]byte(b.run("output", "-json", "all").ok().out), &all); err != nil {
		t.Fatal(err)
	}
	certificate := []string{"approve", "discover", "manage", "revoke"}
	if !slices.Equal(all["certificate"], certificate) || !slices.Equal(all["admin"], []string{"grantrights", "viewlogs"}) || len(all["configuration"]) != 0 {
		t.Errorf("restrictions %v", all)
	}
	if one := b.run("output", "-json", "one").ok().out; strings.TrimSpace(one) != `["approve","discover","manage","revoke"]` {
		t.Errorf("the one is %s", one)
	}

	s.AddRule("app", trustee, "certificate:manage", nil)
	b.config(serverHCL(venafiBlockHCL(s)), fmt.Sprintf(`
		data "authscopes_drift" "d" {
			server_id  = "app"
			scopes     = { certificate = null, "certificate:manage" = null, "certificate:none" = null }
			manage     = ["certificate*"]
			user_types = { %q = ["certificate:manage"] }
		}
		output "d" { value = { missing = data.authscopes_drift.d.missing, more = data.authscopes_drift.d.unexpected
			kinds = data.authscopes_drift.d.user_type_drift } }
	`, strings.ToUpper(trustee)))
	b.apply().ok().warns()
	d := b.output("d")
	same(t, "missing", tftest.JSONText(d["missing"]), `["certificate:none"]`)
	same(t, "unexpected", tftest.JSONText(d["more"]), `[]`)
	same(t, "user types", tftest.JSONText(d["kinds"]), fmt.Sprintf(`{%q:{"missing":[],"unexpected":[]}}`, strings.ToUpper(trustee)))

	s.RemoveRule("app", trustee)
	s.AddRule("app", trustee, "certificate:manage;ssh", nil)
	b.config(serverHCL(venafiBlockHCL(s)), fmt.Sprintf(`
		data "authscopes_drift" "d" {
			server_id  = "app"
			scopes     = { "certificate:manage" = null }
			manage     = ["certificate*", "ssh*", "agent*"]
			user_types = { %q = ["certificate", "certificate:manage", "ssh:manage", "agent"] }
		}
		output "d" { value = { missing = data.authscopes_drift.d.missing, more = data.authscopes_drift.d.unexpected
			kinds = data.authscopes_drift.d.user_type_drift } }
	`, trustee))
	b.apply().ok().warns()
	d = b.output("d")
	same(t, "missing", tftest.JSONText(d["missing"]), `[]`)
	same(t, "unexpected", tftest.JSONText(d["more"]), `["agent","ssh"]`)
	same(t, "user types", tftest.JSONText(d["kinds"]), fmt.Sprintf(`{%q:{"missing":["agent","ssh:manage"],"unexpected":["ssh"]}}`, trustee))
}

// What Venafi refuses is an error of the plan, without a write.
func TestAccVenafiRefused(t *testing.T) {
	t.Parallel()
	b := newAttached(t)
	listing := "data \"authscopes_server_scopes\" \"all\" {}\n"
	for name, test := range map[string]struct {
		opts  venafi.Options
		hcl   string
		words []string
	}{
		"two in one": {
			venafi.Options{},
			ruleHCL("certificate:manage,revoke"),
			[]string{"Venafi rejects", `"certificate:manage,revoke" is not one scope`, `"certificate:manage"`},
		},
		"another scope in it": {venafi.Options{}, ruleHCL("ssh:manage;agent"), []string{`"ssh:manage;agent" is not one scope`}},
		"an end of it":        {venafi.Options{}, ruleHCL("ssh", "ssh;"), []string{`"ssh;" is not one scope`}},
		"no restriction":      {venafi.Options{}, ruleHCL("ssh:"), []string{`"ssh:" is not one scope`}},
		"capital letters":     {venafi.Options{}, ruleHCL("SSH"), []string{`write "ssh"`}},
		"no directory": {
			venafi.Options{},
			strings.Replace(ruleHCL("ssh:manage"), trustee, "operators", 1),
			[]string{`"operators" has no prefix of a directory`, "local:{guid}", "Identity/Browse"},
		},
		"beyond the maximum": {
			venafi.Options{},
			ruleHCL("ssh:manage", "ssh:delete"),
			[]string{"Scopes exceed the maximum", "- ssh:delete", messagestest.Summary(check.GrantsBeyondMaximum), "- ssh\n"},
		},
		"beyond, as an array": {venafi.Options{ApplicationsArray: true}, ruleHCL("security"), []string{"Scopes exceed the maximum", "- security"}},
		"implied":             {venafi.Options{}, ruleHCL("certificate", "certificate:manage"), []string{`"certificate" is listed beside`}},
		"none":                {venafi.Options{}, ruleHCL(), []string{messagestest.Summary(check.GrantsNone)}},
		"rule": {
			venafi.Options{},
			strings.Replace(ruleHCL("ssh"), "scopes =", "rule = { access_validity = -1 }\n  scopes =", 1),
			[]string{"access_validity", "not negative"},
		},
		"no server_id": {
			venafi.Options{},
			strings.Replace(ruleHCL("ssh"), `server_id = "app"`, "", 1),
			[]string{"server_id is not set", "Venafi requires a server_id: the application id."},
		},
		"old":                 {venafi.Options{BeforeOAuth: true}, listing, []string{messagestest.Summary(messages.FailedRead), "22.3 or later", "404"}},
		"old, rule":           {venafi.Options{BeforeOAuth: true}, ruleHCL("ssh"), []string{"22.3 or later"}},
		"no role":             {venafi.Options{Role: -1}, ruleHCL("ssh"), []string{"insufficient_rights", "OAuth role", "Auditor", "Owner"}},
		"no role, as result":  {venafi.Options{Role: -1, RoleAsResult: true}, ruleHCL("ssh"), []string{"InsufficientPrivileges", "OAuth role"}},
		"no scope":            {venafi.Options{GrantedScope: "certificate:manage"}, listing, []string{"insufficient_scope", "scope admin"}},
		"no scope, as by old": {venafi.Options{GrantedScope: "certificate:manage", ScopeAs401: true}, listing, []string{"insufficient_scope", "scope admin"}},
	} {
		s := venafi.New(t, test.opts)
		s.AddApplication("app", "certificate:approve,manage,revoke;ssh:manage;agent")
		b.config(serverHCL(venafiBlockHCL(s)), test.hcl)
		o := b.plan()
		if len(o.errors) != 1 || !o.Severity("error")[0].HoldsAll(test.words) {
			t.Errorf("%s: %q", name, o.errors)
		}
		if n := s.TokensIssued(); n > 1 {
			t.Errorf("%s: %d tokens: an error that no token can fix was retried with a new token", name, n)
		}
	}
	// Whichever way Venafi refuses to list its scopes, the error says what to grant.
	s := venafi.New(t, venafi.Options{})
	b.config(serverHCL(venafiBlockHCL(s)), listing)
	for _, test := range []struct {
		status int
		body   string
		words  []string
	}{
		{
			http.StatusUnauthorized, `{"error":"insufficient_rights","error_description":"why"}`,
			[]string{"401 insufficient_rights: why", "OAuth role"},
		},
		{http.StatusForbidden, `{"error":"insufficient_scope","error_description":"why"}`, []string{"403 insufficient_scope: why", "scope admin"}},
		{
			http.StatusBadRequest, `{"error":"invalid_request","error_description":"why"}`,
			[]string{"400 invalid_request: why", "scope admin", "OAuth role"},
		},
		{http.StatusOK, `{"Success":false,"Result":9,"Error":"why"}`, []string{"Result 9 (InsufficientPrivileges): why", "OAuth role"}},
		{http.StatusOK, `{"Success":false,"Result":1,"Error":"why"}`, []string{"Result 1 (a failure): why", "scope admin", "OAuth role"}},
	} {
		s.SetIntercept(fake.Respond(fake.Path("/vedsdk/oauth/getscopes"), test.status, "application/json", test.body))
		before := s.TokensIssued()
		b.plan().fails(test.words)
		if n := s.TokensIssued() - before; n != 1 {
			t.Errorf("%d tokens: a right does not come with another", n)
		}
	}

	// An auditor can read rules and not write them: the apply reports it, and the state contains
	// nothing that does not exist.
	s = venafi.New(t, venafi.Options{Role: venafi.RoleAuditor})
	s.AddApplication("app", "certificate:approve,manage,revoke;ssh:manage;agent")
	b.config(serverHCL(venafiBlockHCL(s)), ruleHCL("ssh:manage"))
	b.plan().ends(2).warns()
	b.run("apply", "-json", "plan").fails([]string{"insufficient_rights", "Owner of the application, or Admin, can change"})
	if s.Rules() != 0 || len(b.state()) != 0 || s.TokensIssued() != 2 {
		t.Errorf("%d rules, state %q, %d tokens for a plan and an apply", s.Rules(), b.state(), s.TokensIssued())
	}
}

// Braces, dashes and case of an identity are spelling: two resources for one rule are rejected,
// and another spelling in the configuration revokes nothing.
func TestAccVenafiSpellings(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	provider := serverHCL(venafiBlockHCL(s))
	other := strings.ToUpper(strings.NewReplacer("{", "", "}", "", "-", "").Replace(trustee))
	respelt := strings.Replace(ruleHCL("ssh:manage"), trustee, other, 1)
	b.config(provider, ruleHCL("ssh:manage"), strings.Replace(strings.Replace(respelt, `"e"`, `"f"`, 1), "ssh:manage", "agent", 1))
	b.plan().fails([]string{"managed by two resources", "agent", "ssh:manage"})

	b.config(provider, ruleHCL("ssh:manage"))
	b.apply().ok()
	for _, more := range []string{"", "  lifecycle { create_before_destroy = true }\n}\n"} {
		s.RemoveRule("app", trustee)
		s.AddRule("app", trustee, "ssh:manage", venafi.Rule{"Description": "by hand"})
		hcl := respelt
		if more != "" {
			hcl = strings.TrimSuffix(ruleHCL("ssh:manage"), "}\n") + more
		}
		b.config(provider, hcl)
		b.plan().ends(2).warns()
		b.run("apply", "-json", "plan").ok()
		if rule := s.Rule("app", trustee); ruleOf(s) != "ssh:manage" || rule["Description"] != "by hand" {
			t.Errorf("the rule is %v", rule)
		}
		b.plan().ends(0)
	}
	b.run("destroy", "-json", "-auto-approve").ok()
	if s.Rules() != 0 {
		t.Errorf("%d rules are left", s.Rules())
	}
	b.config(provider, ruleHCL("ssh:manage"))
	b.apply().ok()
	b.config(provider, strings.Replace(ruleHCL("ssh:manage"), trustee, "AD+shop:5e2f0b571f0a4f0c9d840d1b0f6f0a12", 1))
	b.plan().ends(2).warns([]string{"1 scope will be revoked", "ssh:manage"})
	b.requireChanges(`
		authscopes_user_type_scopes.e [delete create]
	`)
}

// A saved plan revokes what it showed and nothing else. A rule that was deleted in the meantime
// is created again, with the planned scopes only.
func TestAccVenafiBetweenPlanAndApply(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	provider := serverHCL(venafiBlockHCL(s))
	for name, test := range map[string]struct{ byHand, want string }{
		"something came":  {"agent;certificate:manage,revoke;ssh:manage", "agent;certificate:manage;ssh:manage"},
		"something went":  {"ssh:manage", "certificate:manage;ssh:manage"},
		"the rule went":   {"", "certificate:manage;ssh:manage"},
		"all of it there": {"certificate:manage;ssh:manage", "certificate:manage;ssh:manage"},
	} {
		b.config(provider, ruleHCL("certificate:revoke", "ssh:manage"))
		b.apply().ok()
		b.config(provider, ruleHCL("certificate:manage", "ssh:manage"))
		b.plan().ends(2)
		s.RemoveRule("app", trustee)
		if test.byHand != "" {
			s.AddRule("app", trustee, test.byHand, nil)
		}
		b.run("apply", "-json", "plan").ok()
		if got := ruleOf(s); got != test.want {
			t.Errorf("%s: the rule is %q, want %q", name, got, test.want)
		}
	}
}

// Venafi decides what the plan warns of: a maximum that was lowered after the apply, a user type that is no
// prefixed universal, and scopes that no application uses, which GetScopes does not list.
func TestAccVenafiWarnings(t *testing.T) {
	s := newTPP(t, venafi.Options{})
	b := newAttached(t)
	provider := serverHCL(venafiBlockHCL(s))
	b.config(provider, ruleHCL("ssh:manage", "agent"))
	b.apply().ok().warns()
	s.AddApplication("app", "ssh:manage;certificate")
	lowered := []string{"in Venafi application id \"app\": 1 scope beyond the maximum (agent)", "  - agent"}
	b.plan().ends(0).warns(lowered)
	b.config(provider, ruleHCL("ssh:manage", "agent", "certificate"))
	b.plan().ends(2).warns(lowered)
	b.run("apply", "-json", "plan").fails([]string{"Result 23 (ScopeMismatch)"})
	b.config(provider, ruleHCL("ssh:manage", "certificate"))
	b.plan().ends(2).warns()

	var rules, warned string
	for i, identity := range []string{
		"AD+BigSur:cypher", "local:operators", "LDAP+x:uid=1",
		"local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0a14}", "ad+Big Sur:5E2F0B571F0A4F0C9D840D1B0F6F0A12", "LDAP+x:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0a13}",
	} {
		rules += strings.NewReplacer(trustee, identity, `"e" {`, fmt.Sprintf(`"e%d" {`, i)).Replace(ruleHCL("ssh:manage"))
	}
	b.config(provider, rules, ruleHCL("ssh:manage", "certificate"))
	for _, text := range b.plan().ends(2).warnings {
		if !strings.Contains(text, "is not a prefixed universal") || !strings.Contains(text, "Identity/Browse") {
			t.Errorf("a warning of something else: %s", text)
		}
		warned += text
	}
	for identity, universal := range map[string]bool{
		"AD+BigSur:cypher": false, "local:operators": false, "LDAP+x:uid=1": false, "ad+Big Sur:": true, "LDAP+x:{": true,
	} {
		if strings.Contains(warned, identity) == universal {
			t.Errorf("%s: the warnings are %s", identity, warned)
		}
	}

	s, b = venafi.New(t, venafi.Options{PageScopes: true}), newAttached(t)
	s.AddApplication("app", "certificate:approve,manage,revoke;ssh:manage;agent")
	b.config(serverHCL(venafiBlockHCL(s)), ruleHCL("certificate:approve", "certificate:revoke"))
	unlisted := []string{"Venafi does not list scopes of", trustee, "(certificate:approve)", "a scope that is not listed can be valid"}
	b.plan().ends(2).warns(unlisted)
	b.run("apply", "-json", "plan").ok()
	if got := ruleOf(s); got != "certificate:approve,revoke" {
		t.Errorf("the rule is %q", got)
	}
	b.plan().ends(0).warns(unlisted)
}
