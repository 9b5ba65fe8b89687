package provider

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

// platform is a fake ocariot of the test's own, behind its gateway, with a user
// of some types; "root" is an admin.
func newPlatform(t *testing.T) *ocariot.Server {
	t.Helper()
	t.Parallel()
	s := ocariot.New(t, ocariot.Options{})
	for user, kind := range map[string]string{"root": "admin", "kid": "child", "teacher": "educator"} {
		s.AddUser(kind, user, "pw")
	}
	return s
}

// kindHCL is the resource of one user type, by whose name it goes.
func kindHCL(userType string, scopes ...string) string {
	list, _ := json.Marshal(append([]string{}, scopes...))
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" %q {\n  user_type = %q\n  scopes = %s\n}\n", userType, userType, list)
}

// platformHCL is the provider with a way to read back.
func platformHCL(s *ocariot.Server, readback string) string {
	return serverHCL(ocariotBlockHCL(s, map[string][]string{
		"none":   nil,
		"filter": {`readback = "filter"`, `username = "root"`, `password = "pw"`},
		"login":  {`readback = "login"`, `probe_users = { child = { username = "kid", password = "pw" } }`},
	}[readback]...))
}

func replacements(s *ocariot.Server) []string {
	var bodies []string
	for _, r := range s.Requests() {
		if strings.HasSuffix(r.Path, "/scopes") && r.Body != `{"scopes":[]}` { // which the endpoint refuses
			bodies = append(bodies, r.Path+" "+r.Body)
		}
	}
	s.Forget()
	return bodies
}

func TestAccOcariotDrift(t *testing.T) {
	t.Parallel()
	for _, readback := range []string{"filter", "login"} {
		t.Run(readback, func(t *testing.T) {
			s := newPlatform(t)
			b := newBinary(t)
			b.config(platformHCL(s, readback), kindHCL("child", "children:read", "missions:read"))
			replaces, sampled := []string{`User type "child" in `, ": 18 scopes revoked (", "sleep:read"}, oneUser("child")
			if readback == "filter" {
				b.plan().ends(2).warns(replaces)
			} else {
				b.plan().ends(2).warns(replaces, sampled)
			}
			b.run("apply", "-json", "plan").ok()
			if readback == "filter" {
				b.plan().ends(0).warns()
			} else {
				b.plan().ends(0).warns(sampled)
			}

			s.SetScopes("kid", "children:read", "sleep:read")
			b.plan().ends(2)
			b.requireChanges(`
				user_type_scopes.child update
				  + scopes[missions:read] = there
				  - scopes[sleep:read] = there
			`)
			b.run("apply", "-json", "plan").ok()
			b.plan().ends(0)

			s.Edit("kid") // a PATCH of the user falls back to the defaults
			defaults := s.Scopes("kid")
			b.plan().ends(2)
			var lines strings.Builder
			lines.WriteString("user_type_scopes.child update\n")
			for _, name := range slices.Sorted(slices.Values(defaults)) {
				if name != "children:read" && name != "missions:read" {
					fmt.Fprintf(&lines, "  - scopes[%s] = there\n", name)
				}
			}
			b.requireChanges(lines.String())
			b.run("apply", "-json", "plan").ok()
			if got := s.Scopes("kid"); !slices.Equal(got, []string{"children:read", "missions:read"}) {
				t.Errorf("the user has %q", got)
			}
			b.plan().ends(0)
		})
	}
}

// oneUser is the warning of a user type that is read from one user.
func oneUser(userType string) []string {
	return []string{fmt.Sprintf("Only one user of type %q is read from ocariot", userType), "Neither a plan nor an apply can see them"}
}

func TestAccOcariotWithoutReadback(t *testing.T) {
	s := newPlatform(t)
	b := newBinary(t)
	blind := func(userType string) []string {
		return []string{fmt.Sprintf("Drift of user type %q cannot be seen", userType), `readback = "none"`, "compares with the state only"}
	}
	provider := platformHCL(s, "none")
	b.config(provider, kindHCL("child", "children:read", "missions:read"), kindHCL("educator", "missions:read"))
	b.plan().ends(2).warns(blind("child"), blind("educator"))
	b.run("apply", "-json", "plan").ok()
	if n := len(replacements(s)); n != 2 {
		t.Errorf("%d replacements", n)
	}
	s.Edit("kid")
	b.plan().ends(0).warns(blind("child"), blind("educator"))
	b.config(provider, kindHCL("child", "children:read"), kindHCL("educator", "missions:read"))
	b.plan().ends(2)
	b.requireChanges(`
		user_type_scopes.child update
		  - scopes[missions:read] = there
	`)
	b.run("apply", "-json", "plan").ok()
	if got := replacements(s); !slices.Equal(got, []string{`/v1/users/types/child/scopes {"scopes":["children:read"]}`}) {
		t.Errorf("sent %q", got)
	}
}

// One type has a user to log in as, the other has not: only that one is blind.
func TestAccOcariotLoginOfSomeTypes(t *testing.T) {
	s := newPlatform(t)
	b := newBinary(t)
	s.SetScopes("kid", "children:read")
	b.config(platformHCL(s, "login"), kindHCL("child", "children:read"), kindHCL("educator", "missions:read"))
	b.plan().ends(2).warns([]string{`Drift of user type "educator" cannot be seen`, `readback = "login"`, "probe_users.educator"}, oneUser("child"))
}

func TestAccOcariotRefusedAtPlan(t *testing.T) { //nolint:tparallel // counts what all subtests sent
	s := newPlatform(t)
	for name, test := range map[string]struct {
		hcl   string
		words []string
	}{
		"user type": {
			kindHCL("teacher", "missions:read"),
			[]string{"ocariot rejects", `no user type "teacher"`, "admin, application, child, educator, family, healthprofessional"},
		},
		"no scopes": {kindHCL("child"), []string{messagestest.Summary(check.GrantsNone)}},
		"ignore": {
			strings.Replace(kindHCL("child", "children:read"), "scopes =", "ignore = [\"sleep:*\"]\nscopes =", 1),
			[]string{messagestest.Summary(check.GrantsFilterUnsupported), "Remove ignore"},
		},
		"manage": {
			strings.Replace(kindHCL("child", "children:read"), "scopes =", "manage = [\"children:*\"]\nscopes =", 1),
			[]string{messagestest.Summary(check.GrantsFilterUnsupported), "manage"},
		},
		"server_id": {
			strings.Replace(kindHCL("child", "children:read"), "scopes =", "server_id = \"shop\"\nscopes =", 1),
			[]string{"ocariot has no server IDs", "remove server_id"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBinary(t)
			b.config(platformHCL(s, "filter"), test.hcl)
			b.plan().fails(test.words)
		})
	}
	for _, userType := range []string{"admin", "application", "child", "educator", "family", "healthprofessional"} {
		b := newBinary(t)
		b.config(platformHCL(s, "none"), kindHCL(userType, "missions:read"))
		b.plan().ends(2)
	}
	if sent := replacements(s); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

// An unknown scope of the type is a warning. The server's refusal names it, and nothing is
// stored.
func TestAccOcariotUnknownScope(t *testing.T) {
	s := newPlatform(t)
	b := newBinary(t)
	b.config(platformHCL(s, "filter"), kindHCL("child", "children:read", "children:delete"))
	b.plan().ends(2).warns(
		[]string{`Unknown scopes for user type "child": children:delete`, "not an error"},
		[]string{`User type "child" in `, " revoked"},
	)
	b.run("apply", "-json", "plan").fails([]string{`remove "children:delete"`, "are not valid scopes for child users", "Nothing was changed"})
	if len(b.state()) != 0 || len(s.Scopes("kid")) < 10 {
		t.Errorf("state %q, the user has %q", b.state(), s.Scopes("kid"))
	}
}

func TestAccOcariotDestroy(t *testing.T) {
	s := newPlatform(t)
	b := newBinary(t)
	// Terraform 1.17 generates configuration for the default address of the type,
	// not for the source in required_providers. Here both are the same.
	b.install("hashicorp/authscopes")
	provider := platformHCL(s, "filter")
	kept := []string{messagestest.Summary(check.GrantsKept), "- children:read", "on_destroy"}
	b.config(provider, kindHCL("child", "children:read"))
	b.apply().ok()
	s.Forget()
	b.run("plan", "-destroy", "-json").ok().warns(kept)
	b.config(provider) // taken out of the configuration
	b.plan().ends(2).warns(kept)
	b.run("apply", "-json", "plan").ok()
	if got := s.Scopes("kid"); !slices.Equal(got, []string{"children:read"}) || len(replacements(s)) != 0 || len(b.state()) != 0 {
		t.Errorf("the user has %q, the state %q", got, b.state())
	}

	b.config(provider, kindHCL("child", "children:read"))
	b.apply().ok().warns()
	b.config(provider, strings.Replace(kindHCL("child", "missions:read"), `user_type = "child"`, `user_type = "educator"`, 1))
	b.plan().ends(2).warns(kept, []string{`User type "educator" in `, " revoked"})
	b.run("apply", "-json", "plan").ok()

	b.config(provider, strings.Replace(kindHCL("child", "missions:read"), `user_type = "child"`, "on_destroy = \"keep\"\nuser_type = \"educator\"", 1))
	b.apply().ok()
	b.run("plan", "-destroy", "-json").ok().warns()
}

func TestAccOcariotUnion(t *testing.T) {
	s := newPlatform(t)
	s.SetScopes("kid", "children:read")
	b := newBinary(t)
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
}

// Only the responses of other releases of the account service mean "no endpoint": an error, and
// the state stays.
func TestAccOcariotNoEndpoint(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]ocariot.Options{"account": {Account: "2.8.0"}, "gateway": {NoRoute: true}} {
		s := ocariot.New(t, opts)
		b := newBinary(t)
		b.config(platformHCL(s, "none"), kindHCL("child", "children:read"))
		b.plan().ends(2)
		b.run("apply", "-json", "plan").
			fails([]string{map[string]string{"account": "Only the account service 2.4.0 to 2.6.1", "gateway": "host \"localhost\""}[name], "404"})
	}
}

// Scopes that cannot be read back are an error if no state can replace them: an empty set would
// mean that the users have none.
func TestAccOcariotNotReadable(t *testing.T) {
	s := newPlatform(t)
	one := func(userType string) string {
		return fmt.Sprintf("data \"authscopes_user_type_scopes\" \"one\" { user_type = %q }\n", userType)
	}
	drift := `data "authscopes_drift" "d" {
		scopes     = { "missions:read" = null }
		user_types = { educator = ["missions:read"] }
	}`
	for name, test := range map[string]struct {
		readback, hcl string
		words         []string
	}{
		"none":              {"none", one("child"), []string{`readback "none" cannot see this user type`, `Set readback = "filter"`, "probe_users.child"}},
		"no such type":      {"none", one("Child"), []string{`no user type "Child"`}},
		"login":             {"login", one("educator"), []string{`readback "login" cannot see this user type`, "probe_users.educator"}},
		"login, for drift":  {"login", drift, []string{`readback "login" cannot see this user type`, "probe_users.educator"}},
		"none, for the set": {"none", drift, []string{messagestest.Summary(messages.SupportReadback)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBinary(t)
			b.config(platformHCL(s, test.readback), test.hcl)
			b.plan().fails(test.words)
		})
	}
	b := newBinary(t)
	b.config(platformHCL(s, "login"), one("child"))
	b.plan().ends(0)
}

// The generated configuration of an import names the server as the state does.
func TestAccOcariotGenerated(t *testing.T) {
	s := newPlatform(t)
	b := newBinary(t)
	provider := platformHCL(s, "filter")
	b.config(provider, "import {\n  to = authscopes_user_type_scopes.child\n  id = \"child\"\n}\n")
	b.plan("-generate-config-out=generated.tf").ends(2)
	b.requireChanges("") // imported and nothing else
	b.run("apply", "-json", "plan").ok()
	b.plan().ends(0)
	b.config(strings.Replace(provider, "127.0.0.1", "localhost", 1))
	b.plan().fails([]string{"has no server IDs", "remove server_id"})
	b.Write("generated.tf", strings.ReplaceAll(b.read("generated.tf"), "server_id", "# server_id"))
	b.plan().fails([]string{messagestest.Summary(messages.FoundOtherServer)})
	if len(replacements(s)) != 0 {
		t.Error("something was written")
	}
}
