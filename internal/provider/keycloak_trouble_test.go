package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const noRetries = "http = { max_retries = 0 }"

// If the address, the identity or a response is wrong, the error states what to check, and the
// state does not change.
func TestAccKeycloakTrouble(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	c := l.CreateServiceAccount(t, "terraform", "view-clients", "view-realm", "view-users", "manage-clients", "manage-realm")
	resources := tftest.ScopesHCL(map[string]string{"a": "A"}, `ignore = ["other"]`) + tftest.UserTypeHCL("educator", "a") + otherHCL
	right := l.login(c.ClientID, c.Secret)
	b.config(tftest.ProviderHCL(right, noRetries), resources)
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
		{"another login realm", right + "login_realm = \"master\"\n", nil, []string{"Check client_id", "in realm \"master\""}},
		{"nothing listens", strings.Replace(right, l.proxy.URL, closed.URL, 1), nil, []string{"refused", "Check url"}},
		{
			"a login page for the token", right, func(*http.Request) keycloak.Action { return keycloak.HTML(200) },
			[]string{"the response is not Keycloak's", "text/html"},
		},
		{"a login page instead of the responses", right, html(200), []string{"the response is not Keycloak's", "text/html"}},
		{"a page that says 404", right, html(404), []string{"404", "url and base_path"}},
		{"a page that says 503", right, html(503), []string{"503"}},
		{"not found, in JSON", right, json(404, `{"error":"HTTP 404 Not Found"}`), []string{"404", "url and base_path"}},
		{"an empty response", right, json(200, ""), []string{"the response is not Keycloak's"}},
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
		b.config(tftest.ProviderHCL(trouble.login, noRetries), resources)
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
	b.config(tftest.ProviderHCL(right), resources)
	b.plan().ends(0).warns()

	b.config(tftest.ProviderHCL(l.admin()), resources)
	l.Delete(t)
	gone := []string{fmt.Sprintf("Keycloak realm %q does not exist", l.Name), "terraform state rm", "A destroy fails"}
	b.plan().ends(2).warns(gone)
	b.requireChanges(`
		authscopes_server_scope.other ~ id = ID -> "(unknown)"
		authscopes_server_scopes.s ~ open_scopes = [] -> "(unknown)"
		authscopes_user_type_scopes.educator ~ open_scopes = [] -> "(unknown)"
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

// Every setting can come from the environment, by the community provider's names. All requests name
// the version of the provider, the login included.
func TestAccKeycloakEnvironment(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	b.env = map[string]string{
		"TF_CLI_CONFIG_FILE": b.env["TF_CLI_CONFIG_FILE"], "CHECKPOINT_DISABLE": "1",
		"KEYCLOAK_URL": l.proxy.URL, "KEYCLOAK_REALM": "master", "KEYCLOAK_CLIENT_ID": "admin-cli",
		"KEYCLOAK_USER": l.Server.User, "KEYCLOAK_PASSWORD": l.Server.Password,
		"AUTHSCOPES_KEYCLOAK_REALM": l.Name, "AUTHSCOPES_KEYCLOAK_GUARD_ROLE": "keeper",
	}
	var agents agents
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		agents.note(r)
		return keycloak.Action{}
	})
	b.config("provider \"authscopes\" {\n  keycloak = {}\n}\n", tftest.ScopesHCL(map[string]string{"a": "A"}))
	b.apply().ok()
	agents.check(t, "/protocol/openid-connect/token")
	same(t, "roles", l.ScopeRoles(t, "a"), []string{"keeper"})
	b.env["AUTHSCOPES_READ_ONLY"] = "true"
	b.run("destroy", "-auto-approve").ends(1)
	same(t, "roles", l.ScopeRoles(t, "a"), []string{"keeper"})

	// It logs in at url and sends everything else to admin_url.
	admin := l.Server.NewProxy(t)
	b = newAttached(t)
	l.proxy.SetHook(nil)
	l.proxy.Reset()
	l.CreateRoles(t, "educator")
	b.config(tftest.ProviderHCL(l.admin(`admin_url = "`+admin.URL+`"`)), tftest.CapitalsHCL("b", `ignore = ["a"]`), tftest.UserTypeHCL("educator", "b"))
	b.apply().ok()
	b.plan().ends(0)
	for _, r := range l.proxy.Requests() {
		if !strings.HasSuffix(r.Path, "/protocol/openid-connect/token") {
			t.Errorf("url got %s %s", r.Method, r.Path)
		}
	}
	logins, requests := len(l.proxy.Requests()), admin.Requests()
	for _, r := range requests {
		if !strings.HasPrefix(r.Path, "/admin/realms/") {
			t.Errorf("admin_url got %s %s", r.Method, r.Path)
		}
	}
	if logins == 0 || len(requests) < 8 {
		t.Errorf("%d logins, %d requests", logins, len(requests))
	}
}

// Tokens that end in the middle of an apply are renewed: before their time, and
// once when the server does not take one any more.
func TestAccKeycloakTokenRenewal(t *testing.T) {
	l := newLab(t)
	b := newAttached(t)
	l.Update(t, map[string]any{"accessTokenLifespan": 1})
	scopes := map[string]string{}
	for i := range 30 {
		scopes[fmt.Sprintf("s%d", i)] = ""
	}
	account := l.account("terraform", "view-clients", "view-realm", "manage-clients", "manage-realm")
	b.config(tftest.ProviderHCL(account, "http = { requests_per_second = 40 }"), tftest.ScopesHCL(scopes))
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
	b.config(tftest.ProviderHCL(account), tftest.ScopesHCL(scopes))
	l.proxy.Reset()
	b.apply().ok()
	if n := l.logins(); n != 3 { // plan, apply, and once more
		t.Errorf("%d logins, expected 3", n)
	}
	same(t, "creations", posts.Load(), 11)
	b.plan().ends(0)
}

func (l *lab) logins() int { return len(l.proxy.Requests()) - len(l.proxy.APIRequests()) }

// If a scope is deleted outside Terraform while its mapping is removed, the removal counts as
// done, whether Keycloak returns 404 or, at that moment, 500. The guard role is created again.
func TestAccKeycloakGoneMeanwhile(t *testing.T) {
	l, b := guarded(t)
	// Objects that appear between the plan and the apply are not removed.
	scopes := map[string]string{"a": "A2", "b": "B", "o": "O"}
	open := `overrides = { o = { access = "everyone" } }`
	b.config(l.config(tftest.ScopesHCL(scopes, open), tftest.UserTypeHCL("educator", "a"), tftest.UserTypeHCL("child", "b")))
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_server_scopes.s - ids.c = ID
		authscopes_server_scopes.s - names.c = "c"
		authscopes_server_scopes.s ~ scopes.a = "A" -> "A2"
		authscopes_server_scopes.s - scopes.c = "C"
		authscopes_user_type_scopes.educator ~ scopes = ["a","b"] -> ["a"]
	`)
	l.CreateScopes(t, "n")
	l.MapRoles(t, "n", "educator")
	l.MapRoles(t, "a", "child")
	l.DeleteRole(t, guardRole)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole, "child", "educator"}, "b": {guardRole, "child"}, "n": {"educator"}, "o": {}})
	b.plan().ends(2).warns([]string{messagestest.Summary(check.DeletionsTakeGrants), "(n: educator)"})
	b.requireChanges(`
		authscopes_server_scopes.s - scopes.n = null
		authscopes_user_type_scopes.child ~ scopes = ["a","b"] -> ["b"]
		authscopes_user_type_scopes.educator ~ scopes = ["a","n"] -> ["a"]
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole, "educator"}, "b": {guardRole, "child"}, "o": {}})
	b.plan().ends(0)
	b.config(l.guardedConfig())
	b.apply().ok()

	for _, c := range []struct {
		method string
		answer keycloak.Action
	}{
		{http.MethodPost, keycloak.Action{}},
		{http.MethodDelete, keycloak.Action{Status: 500, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"error":"unknown_error"}`}},
	} {
		b.config(strings.Replace(l.guardedConfig(), `authscopes_server_scopes.s.names["a"], `, "", 1))
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
			authscopes_server_scopes.s + ids.a = "(unknown)"
			authscopes_server_scopes.s + scopes.a = "A"
		`)
		b.config(l.guardedConfig())
		b.apply().ok()
		same(t, "mappings", l.roles(), guardedRoles)
	}
	b.plan().ends(0)

	// The guard role is deleted just before it is mapped to a scope whose only other role is revoked:
	// nothing is revoked.
	b.config(l.config(tftest.CapitalsHCL("a b c o", openO), tftest.UserTypeHCL("educator", "b"), tftest.UserTypeHCL("child", "b")))
	var once atomic.Bool
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/scope-mappings/realm") && once.CompareAndSwap(false, true) {
			if err := l.Do(t.Context(), http.MethodDelete, nil, nil, "roles", guardRole); err != nil {
				t.Error(err)
			}
		}
		return keycloak.Action{}
	})
	b.apply().fails([]string{messagestest.Summary(messages.FailedWriteUserType), "Nothing was revoked", guardRole})
	l.proxy.SetHook(nil)
	same(t, "mappings", l.roles(), map[string][]string{"a": {"educator"}, "b": {"child", "educator"}, "c": {}, "o": {}})
	b.apply().ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole}, "b": {guardRole, "child", "educator"}, "c": {guardRole}, "o": {}})
	b.plan().ends(0)
}
