package provider

import (
	"encoding/json"
	"fmt"
	"maps"
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
	b := newAttached(t)
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
		authscopes_server_scope.one ~ description = "Read users" -> "Read all users"
		authscopes_server_scope.one ~ name = "read:users" -> "users:read"
	`)
	a.ResetRequests()
	b.run("apply", "-json", "plan").ok()
	if writes := a.writesOf(); a.ScopeID(77, "users:read") != id || len(writes) != 1 {
		t.Errorf("renamed by %q, the id was %d and is %d", writes, id, a.ScopeID(77, "users:read"))
	}
	b.plan().ends(0)

	a.RemoveScope(77, "users:read")
	b.plan().ends(2)
	b.requireChanges("authscopes_server_scope.one [create]")
	b.run("apply", "-json", "plan").ok()
	a.requireScopes(map[string]string{"users:read": "Read all users"})
	b.run("destroy", "-json", "-auto-approve").ok()
	a.requireScopes(map[string]string{})
}

func TestAccOneLoginScopes(t *testing.T) {
	a := newAccount(t)
	b := newAttached(t)
	set := func(scopes map[string]string) string { return a.config(tftest.ScopesHCL(scopes, `server_id = "77"`)) }
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
		authscopes_server_scopes.s + ids.a = "(unknown)"
		authscopes_server_scopes.s + scopes.a = "A"
		authscopes_server_scopes.s ~ scopes.b = "by hand" -> "B"
		authscopes_server_scopes.s - scopes.c = "C"
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

func TestAccOneLoginRefusedAtPlan(t *testing.T) {
	a := newAccount(t)
	b := newAttached(t)
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
		"no server_id": {tftest.ScopesHCL(map[string]string{"a": "A"}), []string{"server_id is not set", "OneLogin", "authorization server"}},
		"user types":   {appGrantsHCL(`{ a = ["b"] }`), []string{"Scopes of user types cannot be managed on this server"}},
		"no number":    {tftest.ScopesHCL(map[string]string{"a": "A"}, `server_id = "shop"`), []string{`"shop"`, "whole number"}},
		"overrides": {
			tftest.ScopesHCL(map[string]string{"a": "A"}, `server_id = "77"`, `overrides = { a = { gui_order = "1" } }`),
			[]string{messagestest.Summary(messages.SupportSettings)},
		},
		"import without a set": {
			oneScopeHCL("a", "A") + "import {\n  to = authscopes_server_scope.one\n  id = \"a\"\n}\n",
			[]string{messagestest.Summary(messages.InputImportID), "the import ID is the authorization server id, a slash", "77/read:users"},
		},
	} {
		b.config(a.config(test.hcl))
		if o := b.plan(); len(o.errors) != 1 || !o.Severity("error")[0].HoldsAll(test.words) {
			t.Errorf("%s: %q", name, o.errors)
		}
	}
	b.config(a.config(tftest.CapitalsHCL("a", `server_id = "78"`), "import {\n  to = authscopes_server_scopes.s\n  id = \"78\"\n}\n"))
	b.plan().fails([]string{"authorization server 78 does not exist"})
	if writes := a.writesOf(); len(writes) > 0 {
		t.Errorf("wrote %q", writes)
	}
}

func TestAccOneLoginReads(t *testing.T) {
	a := newAccount(t)
	users := "Read users"
	a.AddScope(77, "read:users", &users)
	for name, hcl := range map[string]string{
		"one": oneScopeHCL("read:users", users) + "import {\n  to = authscopes_server_scope.one\n  id = \"77/read:users\"\n}\n",
		"set": tftest.ScopesHCL(map[string]string{"read:users": users}, `server_id = "77"`) + "import {\n  to = authscopes_server_scopes.s\n  id = \"77\"\n}\n",
	} {
		b := newAttached(t)
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

	// All pages of the list are read, with every scope and description.
	a.RemoveScope(77, "read:users")
	a.ResetRequests()
	a.SetOptions(func(o *onelogin.Options) { o.PageSize = 2 })
	want := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		want[name] = "May " + name
		description := want[name]
		a.AddScope(77, name, &description)
	}
	b := newAttached(t)
	b.config(a.config(`
		data "authscopes_server_scopes" "all" { server_id = "77" }
		output "all" { value = { for name, s in data.authscopes_server_scopes.all.scopes : name => s.description } }
	`))
	b.apply().ok()
	var got map[string]string
	if err := json.Unmarshal([]byte(b.run("output", "-json", "all").ok().out), &got); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if n := strings.Count(strings.Join(a.Calls(), "\n"), "/scopes"); n != 3 {
		t.Errorf("%d pages were read: %q", n, a.Calls())
	}
}

// OneLogin has scopes without a description, which other clients made. They are read as
// they are, and an imported scope can stay so.
func TestAccOneLoginNullDescriptions(t *testing.T) { //nolint:tparallel // the server is compared after all subtests
	a := newAccount(t)
	a.AddScope(77, "old", nil)
	a.AddScope(77, "older", nil)
	for name, hcl := range map[string][]string{
		"set": {
			tftest.ScopesHCL(map[string]string{"new": "New"}, `server_id = "77"`, `ignore = ["older"]`),
			"import {\n  to = authscopes_server_scopes.s\n  id = \"77\"\n}\n",
		},
		"one": {strings.Replace(oneScopeHCL("older", ""), "description = \"\"", "", 1), "import {\n  to = authscopes_server_scope.one\n  id = \"77/older\"\n}\n"},
		"data": {"data \"authscopes_server_scope\" \"d\" {\n  server_id = \"77\"\n  name = \"old\"\n}\n" +
			"output \"null\" { value = data.authscopes_server_scope.d.description == null }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newAttached(t)
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
	b := newAttached(t)
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
