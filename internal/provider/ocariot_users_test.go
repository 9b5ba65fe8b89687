package provider

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// newChildren returns an ocariot with n children, child1 to child<n>, and an admin.
func newChildren(t *testing.T, n int) *ocariot.Server {
	t.Helper()
	t.Parallel()
	return childrenOf(t, n)
}

// childrenOf is newChildren in a test that is parallel already.
func childrenOf(t *testing.T, n int) *ocariot.Server {
	t.Helper()
	s := ocariot.New(t, ocariot.Options{})
	s.AddUser("admin", "root", "pw")
	s.AddUsers("child", n)
	return s
}

// loginHCL configures ocariot to read the scopes of children from one child.
func loginHCL(s *ocariot.Server, child string) string {
	return serverHCL(ocariotBlockHCL(s, `readback = "login"`, fmt.Sprintf("probe_users = { child = { username = %q, password = \"password\" } }", child)))
}

// grantedTo compares what a login of each child gets.
func grantedTo(t *testing.T, s *ocariot.Server, want ...string) {
	t.Helper()
	slices.Sort(want)
	for user, scopes := range s.Granted("child") {
		if !slices.Equal(scopes, want) {
			t.Errorf("%s has %q, want %q", user, scopes, want)
		}
	}
}

// One child has the planned scopes and two have other ones: a creation writes, whatever the readback
// shows. An update of the set writes, also if the one user that is read has it already.
func TestAccOcariotReachesAllUsers(t *testing.T) {
	t.Parallel()
	for name, provider := range map[string]func(*ocariot.Server) string{
		"filter": func(s *ocariot.Server) string { return platformHCL(s, "filter") },
		"login":  func(s *ocariot.Server) string { return loginHCL(s, "child1") },
		"none":   func(s *ocariot.Server) string { return platformHCL(s, "none") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newChildren(t, 3)
			defaults := s.Scopes("child1")
			for _, user := range []string{"child2", "child3"} {
				s.SetScopes(user, "missions:read")
			}
			b := newAttached(t)
			b.config(provider(s), kindHCL("child", defaults...))
			b.plan().ends(2)
			b.run("apply", "-json", "plan").ok()
			grantedTo(t, s, defaults...)
			b.plan().ends(0)
		})
	}

	for _, readback := range []string{"login", "none"} {
		t.Run("update, "+readback, func(t *testing.T) {
			s := newChildren(t, 3)
			b := newAttached(t)
			provider := platformHCL(s, "none")
			if readback == "login" {
				provider = loginHCL(s, "child1")
			}
			b.config(provider, kindHCL("child", "children:read"))
			b.apply().ok()
			b.config(provider, kindHCL("child", "missions:read"))
			b.plan().ends(2)
			s.SetScopes("child1", "missions:read")
			b.run("apply", "-json", "plan").ok()
			grantedTo(t, s, "missions:read")
			s.Forget()
			b.config(provider, strings.Replace(kindHCL("child", "missions:read"), "scopes =", "on_destroy = \"keep\"\nscopes =", 1))
			b.apply().ok()
			if sent := replacements(s); len(sent) > 0 {
				t.Errorf("on_destroy alone sent %q", sent)
			}
		})
	}

	// A write without a response and without a reading has an unknown outcome: the state
	// keeps the scopes from before.
	s := childrenOf(t, 2)
	b := newAttached(t)
	provider := platformHCL(s, "none")
	b.config(provider, kindHCL("child", "children:read"))
	b.apply().ok()
	b.config(provider, kindHCL("child", "missions:read"))
	unknown := []string{"The outcome of the write is unknown", "No plan can show it", "Apply again"}
	for _, done := range []bool{true, false} {
		s.SetIntercept(fake.Cut(fake.Path("/v1/users"), -1, done))
		b.plan().ends(2)
		b.run("apply", "-json", "plan").fails(unknown)
		b.plan().ends(2)
		b.requireChanges(`
			authscopes_user_type_scopes.child ~ scopes = ["children:read"] -> ["missions:read"]
		`)
	}
	s.SetIntercept(nil)
	b.run("apply", "-json", "plan").ok()
	grantedTo(t, s, "missions:read")
}

// Users with less and users with more are drift, and an apply removes it.
func TestAccOcariotSomeUsers(t *testing.T) { //nolint:tparallel // each subtest changes the same user
	s := newChildren(t, 3)
	b := newAttached(t)
	b.config(platformHCL(s, "filter"), kindHCL("child", "children:read", "missions:read"))
	b.apply().ok()
	b.plan().ends(0).warns()
	for name, drift := range map[string]struct {
		scopes []string
		plan   string
	}{
		"less": {[]string{"children:read"}, `
			authscopes_user_type_scopes.child ~ partial_scopes = ["missions:read"] -> []
			authscopes_user_type_scopes.child ~ scopes = ["children:read"] -> ["children:read","missions:read"]
		`},
		"more": {[]string{"children:read", "missions:read", "sleep:read"}, `
			authscopes_user_type_scopes.child ~ partial_scopes = ["sleep:read"] -> []
		`},
		"other": {[]string{"sleep:read"}, `
			authscopes_user_type_scopes.child ~ partial_scopes = ["children:read","missions:read","sleep:read"] -> []
			authscopes_user_type_scopes.child ~ scopes = [] -> ["children:read","missions:read"]
		`},
	} {
		t.Run(name, func(t *testing.T) {
			s.SetScopes("child2", drift.scopes...)
			b.t = t
			b.plan().ends(2).warns()
			b.requireChanges(drift.plan)
			b.run("apply", "-json", "plan").ok()
			grantedTo(t, s, "children:read", "missions:read")
			b.plan().ends(0).warns()
		})
	}
}

// Of 103 children, the server changes 100. The apply fails, and so does each further one:
// no plan is empty while the others have other scopes.
func TestAccOcariotMoreUsersThanTheServerChanges(t *testing.T) {
	s := newChildren(t, 103)
	defaults := s.Scopes("child1")
	b := newAttached(t)
	provider, reach := platformHCL(s, "filter"), []string{`changes only 100 of 103 users of type "child"`, messagestest.Summary(check.UsersBeyondReach)}
	partly := []string{"only 100 of the 103 users", `only 100 of 103 users have "missions:read"`, "The other 3 keep their scopes"}
	b.config(provider, kindHCL("child", "missions:read", "children:read"))
	s.SetScopes("child2", "children:read")
	s.SetScopes("child3", "children:read")
	s.SetScopes("child1", "children:read")
	revokes := [][]string{reach, {`User type "child" in `, " revoked"}}
	for range 2 { // a failed creation stores nothing
		b.plan().ends(2).warns(revokes...)
		revokes = revokes[:1] // the users that it reached have no other scope any more
		b.run("apply", "-json", "plan").fails(partly)
		if state := b.state(); len(state) != 0 {
			t.Errorf("the state holds %q", state)
		}
	}
	for _, user := range []string{"child1", "child2", "child3"} { // by the service's database
		s.SetScopes(user, "missions:read", "children:read")
	}
	b.plan().ends(2).warns(reach)
	b.run("apply", "-json", "plan").ok().warns(reach)
	b.plan().ends(0).warns(reach)

	b.config(provider, kindHCL("child", defaults...))
	for range 2 {
		b.plan().ends(2).warns(reach)
		b.run("apply", "-json", "plan").fails([]string{"only 100 of the 103 users", "only 100 of 103 users have"})
	}
	all := []string{"children:read", "missions:read"}
	others := slices.DeleteFunc(slices.Clone(defaults), func(name string) bool { return slices.Contains(all, name) })
	const child = "authscopes_user_type_scopes.child"
	b.requireChanges(tftest.SetChange(child, "partial_scopes", others, nil) + "\n" + tftest.SetChange(child, "scopes", all, defaults))

	// The plan reports a type without users: nothing would be written.
	s, b = childrenOf(t, 0), newAttached(t)
	b.config(platformHCL(s, "filter"), kindHCL("child", "children:read"))
	for range 2 {
		b.plan().ends(2).warns([]string{`has no user of type "child"`, messagestest.Summary(check.UsersNone), "Create the users first"})
		b.run("apply", "-json", "plan").fails([]string{`no user of type "child", so nothing was replaced`})
	}
	s.AddUsers("child", 1)
	b.apply().ok()
	grantedTo(t, s, "children:read")
	b.plan().ends(0).warns()
}

// An endpoint that is no longer there, such as after an upgrade, takes nothing out of the state. Only the
// responses of other releases of the account service mean "no endpoint". The probe of the endpoint is sent
// under read_only too: it changes nothing.
func TestAccOcariotEndpoint(t *testing.T) {
	s := newPlatform(t)
	b := newAttached(t)
	before := s.Scopes("kid")
	b.config(strings.Replace(platformHCL(s, "filter"), "ocariot = {", "read_only = true\nocariot = {", 1), kindHCL("child", "missions:read"))
	b.plan().ends(2)
	b.apply("plan").fails([]string{"read_only = true"})
	if sent := replacements(s); len(sent) > 0 || !slices.Equal(s.Scopes("kid"), before) {
		t.Errorf("sent %q, the user has %q", sent, s.Scopes("kid"))
	}
	for name, opts := range map[string]ocariot.Options{"account": {Account: "2.8.0"}, "gateway": {NoRoute: true}} {
		b.config(platformHCL(ocariot.New(t, opts), "none"), kindHCL("child", "children:read"))
		b.plan().ends(2)
		b.apply("plan").fails([]string{map[string]string{"account": "Only the account service 2.4.0 to 2.6.1", "gateway": "host \"localhost\""}[name], "404"})
	}

	provider := platformHCL(s, "filter")
	b.config(provider, kindHCL("child", "children:read"))
	b.apply().ok()
	s.SetIntercept(fake.Respond(fake.Path("/v1/users", "/v1/children"), http.StatusNotFound,
		"application/json", `{"code":404,"message":"Endpoint does not found!"}`))
	b.plan().fails([]string{"404 Not Found", "Nothing was removed from state"})
	s.SetIntercept(fake.Respond(fake.Path("/v1/users"), http.StatusNotFound, "application/json", `{"code":404,"message":"Endpoint does not found!"}`))
	b.plan().fails([]string{"404 Not Found", "release 2.6.2 or later", "Nothing was removed from state"})
	b.config(platformHCL(s, "none"), kindHCL("child", "missions:read"))
	b.plan().ends(2)
	b.run("apply", "-json", "plan").fails([]string{"Only the account service 2.4.0 to 2.6.1", "Nothing was removed from state"})
	if state := b.state(); len(state) != 1 {
		t.Errorf("the state holds %q", state)
	}
	b.plan().ends(2) // a failed write is not in the state
	s.SetIntercept(nil)
	b.config(provider, kindHCL("child", "children:read"))
	b.plan().ends(0)

	// After an upgrade, the listing reads a field that tokens ignore. Nothing reads it, also
	// under read_only, and a login still shows what users get.
	s = childrenOf(t, 2)
	b = newAttached(t)
	provider = platformHCL(s, "filter")
	b.config(provider, kindHCL("child", "missions:read"))
	b.apply().ok()
	s.Upgrade("2.8.0")
	dead := []string{"the account service is release 2.6.2 or later", "reads a field that tokens ignore", `readback = "login"`, "Nothing was removed from state"}
	b.plan().fails(dead)
	data := newAttached(t)
	data.config(strings.Replace(provider, "ocariot = {", "read_only = true\nocariot = {", 1),
		tftest.DataHCL("user_type_scopes", "x", `user_type = "child"`), tftest.DataHCL("server_scopes", "x"), tftest.DataHCL("access_matrix", "x"),
		tftest.DriftHCL("{ a = null }", "user_types = { child = [] }"),
		"import {\n  to = authscopes_user_type_scopes.other\n  id = \"educator\"\n}\n",
		strings.Replace(kindHCL("educator", "missions:read"), `"educator" {`, `"other" {`, 1))
	data.plan().fails(dead, dead, dead, dead, dead)
	if state := b.state(); len(state) != 1 {
		t.Errorf("the state holds %q", state)
	}
	b.config(loginHCL(s, "child1"), kindHCL("child", "missions:read"))
	b.plan().ends(2)
	b.requireChanges(tftest.SetChange("authscopes_user_type_scopes.child", "scopes", s.Granted("child")["child1"], []string{"missions:read"}))
}

// An admin set without the scopes that the provider reads with is a warning. The way back
// that it names works.
func TestAccOcariotReaderLosesScopes(t *testing.T) {
	s := newPlatform(t)
	b := newAttached(t)
	provider, child := platformHCL(s, "filter"), kindHCL("child", "children:read")
	admins := s.Scopes("root")
	b.config(provider, child, kindHCL("admin", admins...))
	b.apply().ok()
	less := slices.DeleteFunc(slices.Clone(admins), func(n string) bool { return n == "children:readAll" })
	b.config(provider, child, kindHCL("admin", less...))
	b.plan().ends(2).warns(oneUser("admin"), []string{
		messagestest.Summary(check.UsersReader), `(children:readAll)`, "fails with 403", "terraform apply -target=authscopes_user_type_scopes.",
	})
	b.run("apply", "-json", "plan").ok()
	b.config(provider, child, kindHCL("admin", admins...))
	b.plan().fails([]string{"403", "children:readAll"})
	b.apply("-target=authscopes_user_type_scopes.admin").ok()
	b.plan().ends(0)
}

// Data sources report the union of all user types, and the scopes of some users as missing, as
// unexpected, and to an auditor. Each view of a server reports its own warnings, once: the set of one user
// type first, then all user types.
func TestAccOcariotReports(t *testing.T) {
	s := newPlatform(t)
	s.SetScopes("kid", "children:read")
	b := newAttached(t)
	b.config(platformHCL(s, "filter"), `
		data "authscopes_server_scopes" "all" {}
		data "authscopes_user_type_scopes" "child" { user_type = "child" }
		output "all" { value = { for name, s in data.authscopes_server_scopes.all.scopes : name => s.user_types } }
		output "child" { value = data.authscopes_user_type_scopes.child.scopes }
	`)
	b.apply().ok()
	var all map[string][]string
	if err := json.Unmarshal([]byte(b.run("output", "-json", "all").ok().out), &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"children:read": {"admin", "child", "educator"}, "sleep:read": {"admin", "educator"}} {
		if !slices.Equal(all[name], want) {
			t.Errorf("%s: %q, want %q", name, all[name], want)
		}
	}
	if len(all) < 30 {
		t.Errorf("only %d scopes: %q", len(all), slices.Sorted(maps.Keys(all)))
	}
	if child := b.run("output", "-json", "child").ok().out; strings.TrimSpace(child) != `["children:read"]` {
		t.Errorf("the child has %s", child)
	}

	s = childrenOf(t, 3)
	for _, user := range []string{"child1", "child2"} {
		s.SetScopes(user, "children:read", "missions:read")
	}
	s.SetScopes("child3", "children:read", "sleep:read")
	b = newAttached(t)
	differ := []string{`Users of type "child" in ocariot`, "differ in 2 scopes (missions:read, sleep:read)"}
	noUsers := [][]string{differ, oneUser("admin")}
	for _, userType := range []string{"application", "educator", "family", "healthprofessional"} {
		noUsers = append(noUsers, []string{fmt.Sprintf("has no user of type %q", userType)})
	}
	one := `data "authscopes_user_type_scopes" "child" { user_type = "child" }
		output "child" { value = [data.authscopes_user_type_scopes.child.scopes, data.authscopes_user_type_scopes.child.partial_scopes] }
	`
	b.config(platformHCL(s, "filter"), one)
	b.apply().ok().warns(differ)
	if got := strings.TrimSpace(b.run("output", "-json", "child").ok().out); got != `[["children:read"],["missions:read","sleep:read"]]` {
		t.Error(got)
	}
	b.config(platformHCL(s, "filter"), one, `
		data "authscopes_drift" "d" {
			scopes     = { "children:read" = null }
			user_types = { child = ["children:read", "missions:read"] }
		}
		data "authscopes_access_matrix" "m" { user_types = ["child"] }
		output "drift" { value = [data.authscopes_drift.d.in_sync, data.authscopes_drift.d.user_type_drift.child] }
		output "matrix" { value = { for name, s in data.authscopes_access_matrix.m.scopes : name => s.user_types.child if length(s.user_types) > 0 } }
	`)
	b.apply().ok().warns(noUsers...)
	for output, want := range map[string]string{
		"drift":  `[false,{"exists":null,"missing":["missions:read"],"unexpected":["sleep:read"]}]`,
		"matrix": `{"children:read":"mapped","missions:read":"partial","sleep:read":"partial"}`,
	} {
		if got := strings.TrimSpace(b.run("output", "-json", output).ok().out); got != want {
			t.Errorf("%s: %s, want %s", output, got, want)
		}
	}

	s = childrenOf(t, 1)
	s.AddUsers("family", 103)
	for _, userType := range []string{"application", "educator", "healthprofessional"} {
		s.AddUsers(userType, 1)
	}
	child := kindHCL("child", "children:read")
	views := "data \"authscopes_server_scopes\" \"all\" {\n  depends_on = [authscopes_user_type_scopes.child]\n}\ndata \"authscopes_access_matrix\" \"m\" {}\n"
	families := []string{`changes only 100 of 103 users of type "family"`}
	assumed := []string{"Scopes of user types in ocariot", "are assumed", "user types: admin, application, educator, family, healthprofessional."}
	for _, view := range []struct {
		name, provider string
		first, then    [][]string
	}{
		{"filter", platformHCL(s, "filter"), nil, [][]string{families, oneUser("admin")}},
		{"login", loginHCL(s, "child1"), [][]string{oneUser("child")}, [][]string{oneUser("child"), assumed}},
	} {
		b = newAttached(t)
		b.config(view.provider, child)
		b.apply().ok()
		b.plan().ends(0).warns(view.first...)
		b.config(view.provider, child, views)
		b.plan().warns(view.then...)
	}
}
