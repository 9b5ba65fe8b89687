package provider

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// writesOf are the calls that change something, since the last time.
func (a account) writesOf() []string {
	var writes []string
	for _, c := range a.Calls() {
		if !strings.HasPrefix(c, "GET ") {
			writes = append(writes, c)
		}
	}
	a.ResetRequests()
	return writes
}

func (a account) requireScopes(want map[string]string) {
	a.t.Helper()
	if got := a.Scopes(77); !maps.Equal(got, want) {
		a.t.Errorf("the server has %v, want %v", got, want)
	}
}

func oneScopeHCL(name, description string, more ...string) string {
	return fmt.Sprintf("resource \"authscopes_server_scope\" \"one\" {\n  server_id = \"77\"\n  name = %q\n  description = %q\n%s\n}\n",
		name, description, strings.Join(more, "\n"))
}

func TestAccOneLoginScope(t *testing.T) {
	a := newAccount(t)
	b := newBinary(t)
	b.config(a.config(oneScopeHCL("read:users", "Read users")))
	b.apply().ok().warns()
	a.requireScopes(map[string]string{"read:users": "Read users"})
	id := a.ScopeID(77, "read:users")
	b.plan().ends(0)

	// An app that no resource manages keeps the scope, by its new name.
	a.Attach(77, 5, id)
	b.config(a.config(oneScopeHCL("users:read", "Read all users")))
	b.plan().ends(2).warns([]string{`"users:read" keeps 1 holder of "read:users"`, `client "5"`})
	b.requireChanges(`
		server_scope.one update
		  ~ description = "Read users" -> "Read all users"
		  ~ name = "read:users" -> "users:read"
	`)
	a.ResetRequests()
	b.run("apply", "-json", "plan").ok()
	if writes := a.writesOf(); a.ScopeID(77, "users:read") != id || len(writes) != 1 {
		t.Errorf("renamed by %q, the id was %d and is %d", writes, id, a.ScopeID(77, "users:read"))
	}
	b.plan().ends(0)

	a.RemoveScope(77, "users:read")
	b.plan().ends(2)
	b.requireChanges("server_scope.one create")
	b.run("apply", "-json", "plan").ok()
	a.requireScopes(map[string]string{"users:read": "Read all users"})
	b.run("destroy", "-json", "-auto-approve").ok()
	a.requireScopes(map[string]string{})
}

func TestAccOneLoginScopes(t *testing.T) {
	a := newAccount(t)
	b := newBinary(t)
	set := func(scopes map[string]string) string { return a.config(scopesHCL(scopes, `server_id = "77"`)) }
	b.config(set(map[string]string{"a": "A", "b": "B"}))
	b.apply().ok().warns()
	b.plan().ends(0)

	a.RemoveScope(77, "a")
	extra, changed := "C", "by hand"
	a.AddScope(77, "c", &extra)
	a.RemoveScope(77, "b")
	a.AddScope(77, "b", &changed)
	b.plan().ends(2).warns([]string{messagestest.Summary(messages.FoundStrangeScopes)})
	b.requireChanges(`
		server_scopes.s update
		  + ids.a = unknown
		  + scopes.a = "A"
		  ~ scopes.b = "by hand" -> "B"
		  - scopes.c = "C"
	`)
	b.run("apply", "-json", "plan").ok()
	a.requireScopes(map[string]string{"a": "A", "b": "B"})
	b.plan().ends(0)

	a.RemoveAuthServer(77)
	b.plan().ends(2).warns([]string{
		"OneLogin authorization server id \"77\" does not exist",
		"authorization server 77 does not exist", "terraform state rm", "server_id",
	})
	b.run("apply", "-json", "plan").fails([]string{"authorization server 77 does not exist", "Check server_id"})
	if state := b.state(); len(state) != 1 {
		t.Errorf("the state holds %q", state)
	}
}

func TestAccOneLoginRefusedAtPlan(t *testing.T) { //nolint:tparallel // counts what all subtests sent
	a := newAccount(t)
	for name, test := range map[string]struct {
		hcl   string
		words []string
	}{
		"no description": {
			"resource \"authscopes_server_scope\" \"x\" {\n  server_id = \"77\"\n  name = \"a\"\n}\n",
			[]string{messagestest.Summary(messages.InputNoDescription), "OneLogin", `"a"`},
		},
		"empty description": {oneScopeHCL("a", ""), []string{messagestest.Summary(messages.InputNoDescription), `"a"`}},
		"a set's description": {
			"resource \"authscopes_server_scopes\" \"x\" {\n  server_id = \"77\"\n  scopes = { a = null }\n}\n",
			[]string{messagestest.Summary(messages.InputNoDescription), `"a"`},
		},
		"no server_id": {scopesHCL(map[string]string{"a": "A"}), []string{"server_id is not set", "OneLogin", "authorization server"}},
		"no number":    {scopesHCL(map[string]string{"a": "A"}, `server_id = "shop"`), []string{`"shop"`, "whole number"}},
		"settings": {
			oneScopeHCL("a", "A", `settings = { access = "everyone" }`),
			[]string{messagestest.Summary(messages.SupportSettings), "Remove settings"},
		},
		"settings of a set": {
			scopesHCL(map[string]string{"a": "A"}, `server_id = "77"`, `settings = { gui_order = "1" }`),
			[]string{messagestest.Summary(messages.SupportSettings)},
		},
		"overrides": {
			scopesHCL(map[string]string{"a": "A"}, `server_id = "77"`, `overrides = { a = { gui_order = "1" } }`),
			[]string{messagestest.Summary(messages.SupportSettings)},
		},
		"import without a set": {
			oneScopeHCL("a", "A") + "import {\n  to = authscopes_server_scope.one\n  id = \"a\"\n}\n",
			[]string{messagestest.Summary(messages.InputImportID), "the import ID is the authorization server id, a slash", "77/read:users"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBinary(t)
			b.config(a.config(test.hcl))
			b.plan().fails(test.words)
		})
	}
	if writes := a.writesOf(); len(writes) > 0 {
		t.Errorf("wrote %q", writes)
	}
}

func TestAccOneLoginImport(t *testing.T) {
	a := newAccount(t)
	description := "Read users"
	a.AddScope(77, "read:users", &description)
	for name, hcl := range map[string]string{
		"one": oneScopeHCL("read:users", description) + "import {\n  to = authscopes_server_scope.one\n  id = \"77/read:users\"\n}\n",
		"set": scopesHCL(map[string]string{"read:users": description}, `server_id = "77"`) + "import {\n  to = authscopes_server_scopes.s\n  id = \"77\"\n}\n",
	} {
		b := newBinary(t)
		b.config(a.config(hcl))
		b.apply().ok()
		b.plan().ends(0)
		if state := b.state(); len(state) != 1 {
			t.Errorf("%s: the state holds %q", name, state)
		}
	}
	if writes := a.writesOf(); len(writes) > 0 {
		t.Errorf("the imports wrote %q", writes)
	}
}

// A scope that the list does not show with the same text, and that exists nevertheless: the first
// response to the create reports it, and nothing is adopted.
func TestAccOneLoginTaken(t *testing.T) {
	a := newAccount(t)
	a.SetOptions(func(o *onelogin.Options) { o.FoldValues = true })
	description := "Read users"
	a.AddScope(77, "Read:Users", &description)
	b := newBinary(t)
	b.config(a.config(oneScopeHCL("read:users", description)))
	b.apply().fails([]string{"already been taken", "Import it", `"77/read:users"`})
	if writes := a.writesOf(); len(writes) != 1 || len(b.state()) != 0 {
		t.Errorf("wrote %q, the state holds %q", writes, b.state())
	}
}

// A 404 of a proxy in front of OneLogin proves nothing, and nothing is removed from state.
func TestAccOneLoginForeign404(t *testing.T) {
	a := newAccount(t)
	b := newBinary(t)
	b.config(a.config(oneScopeHCL("a", "A")))
	b.apply().ok()
	a.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasPrefix(r.URL.Path, "/auth/") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
	})
	b.plan().fails([]string{"Check onelogin.url", "404"})
	a.SetIntercept(nil)
	b.plan().ends(0)
}

// OneLogin has scopes without a description, which other clients made. They are read as
// they are, and an imported scope can stay so.
func TestAccOneLoginNullDescriptions(t *testing.T) { //nolint:tparallel // the server is compared after all subtests
	a := newAccount(t)
	a.AddScope(77, "old", nil)
	a.AddScope(77, "older", nil)
	for name, hcl := range map[string][]string{
		"set": {
			scopesHCL(map[string]string{"new": "New"}, `server_id = "77"`, `ignore = ["older"]`),
			"import {\n  to = authscopes_server_scopes.s\n  id = \"77\"\n}\n",
		},
		"one": {strings.Replace(oneScopeHCL("older", ""), "description = \"\"", "", 1), "import {\n  to = authscopes_server_scope.one\n  id = \"77/older\"\n}\n"},
		"data": {"data \"authscopes_server_scope\" \"d\" {\n  server_id = \"77\"\n  name = \"old\"\n}\n" +
			"output \"null\" { value = data.authscopes_server_scope.d.description == null }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBinary(t)
			b.config(a.config(strings.Replace(strings.Join(hcl, "\n"), `"new" = "New"`, `"old" = null`, 1)))
			b.apply().ok()
			b.plan().ends(0)
			if name == "data" && !strings.Contains(b.run("output", "-json", "null").ok().out, "true") {
				t.Error("the description is not null")
			}
			if name != "set" {
				return
			}
			b.config(a.config(hcl[0]))
			b.plan().ends(2)
			b.config(a.config(strings.Replace(hcl[0], `"new" = "New"`, "\"old\" = null\n    \"new\" = null", 1)))
			if o := b.plan(); o.code != 1 || !strings.Contains(strings.Join(o.errors, ""), `"new"`) || strings.Contains(strings.Join(o.errors, ""), `"old"`) {
				t.Errorf("ended with %d: %q", o.code, o.errors)
			}
		})
	}
	a.requireScopes(map[string]string{"old": "<null>", "older": "<null>"})
}

func TestAccOneLoginDataSources(t *testing.T) {
	a := newAccount(t)
	a.AddAuthServer(78)
	a.AddClaim(77, "roles")
	const data = "data \"authscopes_onelogin_servers\" \"all\" {}\ndata \"authscopes_onelogin_claims\" \"c\" {\n  server_id = \"77\"\n}\n"
	b := newBinary(t)
	b.config(a.config(data), `output "servers" { value = data.authscopes_onelogin_servers.all.servers }
		output "claims" { value = data.authscopes_onelogin_claims.c.claims }`)
	b.apply().ok().warns()
	server := func(id string) string {
		return fmt.Sprintf(`%q:{"audiences":["a","b"],"name":"server %s","resource_identifier":"https://api%s.example.com"}`, id, id, id)
	}
	same(t, "servers", tftest.JSONText(b.output("servers")), "{"+server("77")+","+server("78")+"}")
	same(t, "claims", tftest.JSONText(b.output("claims")), `{"roles":{"id":"1","user_attribute_mappings":"roles"}}`)
	s := venafi.New(t, venafi.Options{})
	b.config(serverHCL(venafiBlockHCL(s)), data)
	b.plan().fails([]string{"authscopes_onelogin_servers requires OneLogin", "configured for Venafi"}, []string{"authscopes_onelogin_claims requires OneLogin"})
}
