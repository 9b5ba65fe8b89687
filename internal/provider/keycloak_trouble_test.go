package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

const noRetries = "http = { max_retries = 0 }"

// If the address, the identity or a response is wrong, the error states what to check, and the
// state does not change.
func TestAccKeycloakTrouble(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	c := l.CreateServiceAccount(t, "terraform", "view-clients", "view-realm", "view-users", "manage-clients", "manage-realm")
	resources := scopesHCL(map[string]string{"a": "A"}, `ignore = ["other"]`) + userTypeHCL("educator", "a") + otherHCL
	right := l.login(c.ClientID, c.Secret)
	b.config(providerBlock(right, noRetries), resources)
	b.apply().ok()
	before := b.read("terraform.tfstate")
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	json := func(status int, body string) func(*http.Request) keycloak.Action {
		return func(r *http.Request) keycloak.Action {
			if strings.HasPrefix(r.URL.Path, "/realms/") {
				return keycloak.Action{}
			}
			return keycloak.Action{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
		}
	}
	html := func(status int) func(*http.Request) keycloak.Action {
		return func(r *http.Request) keycloak.Action {
			if strings.HasPrefix(r.URL.Path, "/realms/") {
				return keycloak.Action{}
			}
			return keycloak.HTML(status)
		}
	}
	for _, trouble := range []struct {
		name   string
		login  string
		hook   func(*http.Request) keycloak.Action
		errors []string
	}{
		{"wrong secret", l.login(c.ClientID, "canary-wrong"), nil, []string{"Check client_id (\"terraform\") and client_secret", "401"}},
		{"wrong client", l.login("nobody", c.Secret), nil, []string{"Check client_id (\"nobody\") and client_secret"}},
		{"wrong login realm", right + "login_realm = \"no-such-realm\"\n", nil, []string{"there is no realm \"no-such-realm\" to log in to", "login_realm"}},
		{"another login realm", right + "login_realm = \"master\"\n", nil, []string{"Check client_id", "in realm \"master\""}},
		{"wrong base path", right + "base_path = \"/auth\"\n", nil, []string{"base_path"}},
		{"nothing listens", strings.Replace(right, l.proxy.URL, closed.URL, 1), nil, []string{"refused", "Check url"}},
		{
			"a login page for the token", right, func(*http.Request) keycloak.Action { return keycloak.HTML(200) },
			[]string{"the response is not Keycloak's", "text/html"},
		},
		{"a login page for the answers", right, html(200), []string{"the response is not Keycloak's", "text/html"}},
		{"a page that says 404", right, html(404), []string{"404", "url and base_path"}},
		{"a page that says 503", right, html(503), []string{"503"}},
		{"not found, in JSON", right, json(404, `{"error":"HTTP 404 Not Found"}`), []string{"404", "url and base_path"}},
		{"an empty answer", right, json(200, ""), []string{"the response is not Keycloak's"}},
		{"an empty object", right, json(200, "{}"), []string{"the response has no client scopes"}},
		{"an empty list", right, json(200, "[]"), []string{"the response cannot be decoded"}},
		{"null", right, json(200, "null"), []string{"the response is not Keycloak's"}},
		{"unauthorized for ever", right, json(401, `{"error":"HTTP 401 Unauthorized"}`), []string{"server rejects the access token"}},
		{
			"the realm in other letters", strings.Replace(right, l.Name, strings.ToUpper(l.Name), 1) + "login_realm = \"" + l.Name + "\"\n",
			nil,
			[]string{messagestest.Summary(messages.FoundOtherServer)},
		},
	} {
		b.config(providerBlock(trouble.login, noRetries), resources)
		l.proxy.SetHook(trouble.hook)
		o := b.apply()
		if o.code != 1 || len(o.errors) == 0 {
			t.Errorf("%s: ended with %d: %q", trouble.name, o.code, o.errors)
			continue
		}
		for _, text := range o.errors {
			for _, words := range trouble.errors {
				if !strings.Contains(text, words) {
					t.Errorf("%s: %q is not in\n%s", trouble.name, words, text)
				}
			}
			if strings.Contains(text, "canary-wrong") || strings.Contains(text, c.Secret) {
				t.Errorf("%s: a secret is in\n%s", trouble.name, text)
			}
		}
		same(t, trouble.name+": state", b.read("terraform.tfstate"), before)
	}
	l.proxy.SetHook(nil)
	b.config(providerBlock(right), resources)
	b.plan().ends(0).warns()

	b.config(providerBlock(l.admin()), resources)
	other := l.Scope(t, "other").ID
	l.Delete(t)
	gone := []string{fmt.Sprintf("Keycloak realm %q does not exist", l.Name), "terraform state rm", "A destroy fails"}
	b.plan().ends(2).warns(gone)
	b.requireChanges(`
		server_scope.other update
		  ~ id = ` + strconv.Quote(other) + ` -> unknown
		server_scopes.s update
		  + open_scopes = unknown
		user_type_scopes.educator update
		  + open_scopes = unknown
	`)
	b.apply("plan").fails([]string{"there is no realm \"" + l.Name + "\" on this server", "Check realm", "terraform state rm"})
	same(t, "state when the realm is gone", b.read("terraform.tfstate"), before)
	there := []string{"there is no realm \"" + l.Name + "\" on this server", "terraform state rm"}
	b.run("destroy", "-json", "-auto-approve").fails(there, there)
	same(t, "state after the destroy", b.read("terraform.tfstate"), before)

	// Without the state, the plan shows what a new realm gets, and the same run can make it.
	b.run("state", "rm", "authscopes_server_scopes.s", "authscopes_server_scope.other", "authscopes_user_type_scopes.educator").ok()
	b.plan().ends(2).warns(gone)
	l.Server.NewRealmNamed(t, l.Name).CreateRoles(t, "educator")
	b.apply("plan").ok()
	b.plan().ends(0)
}

const otherHCL = `resource "authscopes_server_scope" "other" {
  server_id = authscopes_server_scopes.s.server_id
  name      = "other"
}
`

// The realm does not exist, and there is no state.
func TestAccKeycloakWrongRealm(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	b.config(strings.Replace(providerBlock(l.admin()), fmt.Sprintf("realm = %q", l.Name), `realm = "no-such-realm"`, 1), scopesHCL(map[string]string{"a": "A"}))
	b.plan().ends(2).warns([]string{"Keycloak realm \"no-such-realm\" does not exist", "unless a resource that it depends on creates"})
	b.apply().fails([]string{
		messagestest.Summary(messages.FailedRead), `Keycloak realm "no-such-realm"`,
		"there is no realm \"no-such-realm\" on this server", "Check realm",
	})
	same(t, "writes", l.writes(), nil)
	b.config(strings.Replace(providerBlock(l.admin()), fmt.Sprintf("realm = %q", l.Name), `realm = "master"`, 1), scopesHCL(map[string]string{"a": "A"}))
	b.apply().fails([]string{"allow_master"})
}

// Every setting can come from the environment, by the community provider's names.
func TestAccKeycloakEnvironment(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	b.env = map[string]string{
		"TF_CLI_CONFIG_FILE": b.env["TF_CLI_CONFIG_FILE"], "CHECKPOINT_DISABLE": "1",
		"KEYCLOAK_URL": l.proxy.URL, "KEYCLOAK_REALM": "master", "KEYCLOAK_CLIENT_ID": "admin-cli",
		"KEYCLOAK_USER": l.Server.User, "KEYCLOAK_PASSWORD": l.Server.Password,
		"AUTHSCOPES_KEYCLOAK_REALM": l.Name, "AUTHSCOPES_KEYCLOAK_GUARD_ROLE": "keeper",
	}
	b.config("provider \"authscopes\" {\n  keycloak = {}\n}\n", scopesHCL(map[string]string{"a": "A"}))
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "a"), []string{"keeper"})
	b.env["AUTHSCOPES_READ_ONLY"] = "true"
	b.run("destroy", "-auto-approve").ends(1)
	same(t, "roles", l.ScopeRoles(t, "a"), []string{"keeper"})
}

// Tokens that end in the middle of an apply are renewed: before their time, and
// once when the server does not take one any more.
func TestAccKeycloakTokenRenewal(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	l.Update(t, map[string]any{"accessTokenLifespan": 1})
	scopes := map[string]string{}
	for i := range 30 {
		scopes[fmt.Sprintf("s%d", i)] = ""
	}
	account := l.account("terraform", "view-clients", "view-realm", "manage-clients", "manage-realm")
	b.config(providerBlock(account, "http = { requests_per_second = 40 }"), scopesHCL(scopes))
	b.apply().ok()
	if n := l.logins(); n < 2 {
		t.Errorf("%d logins though tokens lasted a second", n)
	}

	l.Update(t, map[string]any{"accessTokenLifespan": 300})
	var posts atomic.Int32
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if strings.HasSuffix(r.URL.Path, "/client-scopes") && posts.Add(1) == 3 {
			return keycloak.Action{Status: 401, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"error":"HTTP 401 Unauthorized"}`}
		}
		return keycloak.Action{}
	})
	for i := range 10 {
		scopes[fmt.Sprintf("t%d", i)] = ""
	}
	b.config(providerBlock(account), scopesHCL(scopes))
	l.proxy.Reset()
	b.apply().ok()
	if n := l.logins(); n != 3 { // plan, apply, and once more
		t.Errorf("%d logins, expected 3", n)
	}
	same(t, "creations", posts.Load(), 11)
	b.plan().ends(0)
}

func (l *lab) logins() int { return len(l.proxy.Requests()) - len(l.proxy.APIRequests()) }

// A create that stops half-way stores nothing and taints nothing: the next apply adopts the
// created objects and continues.
func TestAccKeycloakHalfDone(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	scopes := map[string]string{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}
	config := scopesHCL(scopes, `overrides = { e = { access = "everyone" } }`) + userTypeHCL("educator", "a", "b")
	b.config(providerBlock(l.admin(), "http = { max_concurrency = 1, max_retries = 0 }"), config)

	fail := func(method, suffix string, nth int32, action keycloak.Action) {
		var n atomic.Int32
		l.proxy.SetHook(func(r *http.Request) keycloak.Action {
			if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) && n.Add(1) == nth {
				return action
			}
			return keycloak.Action{}
		})
	}
	fail("POST", "/client-scopes", 3, keycloak.HTML(500))
	b.apply().fails([]string{"Cannot write all scopes", "500"})
	same(t, "state", b.state(), []string{})
	same(t, "scopes", l.roles(), map[string][]string{"a": {guardRole}, "b": {guardRole}})

	// The guard of the next one is refused: the scope is taken back.
	fail("POST", "/scope-mappings/realm", 1, keycloak.HTML(500))
	b.apply().fails([]string{"Cannot write all scopes", "500"})
	same(t, "scopes", l.roles(), map[string][]string{"a": {guardRole}, "b": {guardRole}})

	// No response to a POST is received: the scope on the server is as it was sent.
	fail("POST", "/client-scopes", 1, keycloak.Action{CutAfter: true})
	b.apply().ok()
	same(t, "scopes", l.roles(), map[string][]string{"a": {guardRole, "educator"}, "b": {guardRole, "educator"}, "c": {guardRole}, "d": {guardRole}, "e": {}})
	b.plan().ends(0)

	// An update that stops half-way: the state is what the server has.
	scopes["a"], scopes["b"] = "A2", "B2"
	b.config(providerBlock(l.admin(), "http = { max_concurrency = 1, max_retries = 0 }"),
		scopesHCL(scopes, `overrides = { e = { access = "everyone" } }`), userTypeHCL("educator", "a", "c"))
	fail("PUT", "/client-scopes/"+l.Scope(t, "b").ID, 1, keycloak.HTML(500))
	b.apply().fails([]string{"Cannot write all scopes", "500"})
	l.proxy.SetHook(nil)
	b.plan().ends(2)
	b.requireChanges(`
		server_scopes.s update
		  ~ scopes.b = "B" -> "B2"
		user_type_scopes.educator update
		  - scopes[b] = there
		  + scopes[c] = there
	`)
	fail("DELETE", "/scope-mappings/realm", 1, keycloak.HTML(500))
	b.apply().fails([]string{messagestest.Summary(messages.FailedWriteUserType), "500"})
	l.proxy.SetHook(nil)
	b.plan().ends(2)
	b.requireChanges(`
		user_type_scopes.educator update
		  - scopes[b] = there
	`)
	b.apply().ok()
	b.plan().ends(0)
}

// If a scope is deleted outside Terraform while its mapping is removed, the removal counts as
// done, whether Keycloak returns 404 or, at that moment, 500.
func TestAccKeycloakGoneMeanwhile(t *testing.T) {
	l, b := guarded(t)
	for _, c := range []struct {
		method string
		answer keycloak.Action
	}{
		{http.MethodPost, keycloak.Action{}},
		{http.MethodDelete, keycloak.Action{Status: 500, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"error":"unknown_error"}`}},
	} {
		b.config(strings.Replace(l.guardedConfig(), "    authscopes_server_scopes.s.names[\"a\"],\n", "", 1))
		id := l.Scope(t, "a").ID
		var once atomic.Bool
		l.proxy.SetHook(func(r *http.Request) keycloak.Action {
			if r.Method != c.method || !strings.HasSuffix(r.URL.Path, id+"/scope-mappings/realm") || !once.CompareAndSwap(false, true) {
				return keycloak.Action{}
			}
			if err := l.Do(t.Context(), http.MethodDelete, nil, nil, "client-scopes", id); err != nil {
				t.Error(err)
			}
			return c.answer
		})
		b.apply().ok()
		same(t, "the scope was deleted in between", once.Load(), true)
		l.proxy.SetHook(nil)
		b.plan().ends(2)
		b.requireChanges(`
			server_scopes.s update
			  + ids.a = unknown
			  + scopes.a = "A"
		`)
		b.config(l.guardedConfig())
		b.apply().ok()
		same(t, "mappings", l.roles(), guardedRoles)
	}
	b.plan().ends(0)
}

// A scope of another resource of the same plan is not an error at plan. One that no resource
// creates is an error at apply that states what to do.
func TestAccKeycloakUnknownScope(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	educator := func(more string) string {
		return "resource \"authscopes_user_type_scopes\" \"educator\" {\n  user_type = \"educator\"\n  scopes = [\"read:users\"]\n" + more + "\n}\n"
	}
	b.config(l.config(educator("")))
	b.plan().ends(2)
	b.apply().fails([]string{messagestest.Summary(messages.FoundMissingScopes), "- read:users", "names[", "depends_on"})
	b.config(l.config(scopesHCL(map[string]string{"read:user": ""}), educator("depends_on = [authscopes_server_scopes.s]")))
	b.apply().fails([]string{messagestest.Summary(messages.FoundMissingScopes), `did you mean "read:user"?`})
	same(t, "roles", l.ScopeRoles(t, "read:user"), []string{guardRole})
	b.config(l.config(scopesHCL(map[string]string{"read:users": ""}), educator("depends_on = [authscopes_server_scopes.s]")))
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "read:users"), []string{guardRole, "educator"})
	b.plan().ends(0)
	b.config(l.config(educator("")))
	b.plan().fails([]string{messagestest.Summary(check.ConflictDeletedAndUsed), "- read:users"})
	b.config(l.config(scopesHCL(map[string]string{"read:users": ""}), strings.ReplaceAll(educator(""), "educator", "teacher")))
	b.apply().fails([]string{messagestest.Summary(messages.FoundNoUserType), `"teacher"`, "- educator", "- offline_access"})
}
