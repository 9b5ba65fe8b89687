package provider

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
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
			b := newAttached(t)
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
				authscopes_user_type_scopes.child ~ scopes = ["children:read","sleep:read"] -> ["children:read","missions:read"]
			`)
			b.run("apply", "-json", "plan").ok()
			b.plan().ends(0)

			s.Edit("kid") // a PATCH of the user falls back to the defaults
			b.plan().ends(2)
			b.requireChanges(tftest.SetChange("authscopes_user_type_scopes.child", "scopes", s.Scopes("kid"), []string{"children:read", "missions:read"}))
			b.run("apply", "-json", "plan").ok()
			if got := s.Scopes("kid"); !slices.Equal(got, []string{"children:read", "missions:read"}) {
				t.Errorf("the user has %q", got)
			}
			b.plan().ends(0)
		})
	}

	t.Run("none", func(t *testing.T) {
		s := newPlatform(t)
		b := newAttached(t)
		blind := func(userType string) []string {
			return []string{fmt.Sprintf("Drift of user type %q in ocariot", userType), `readback = "none"`, "compares with the state only"}
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
		b.requireChanges(`authscopes_user_type_scopes.child ~ scopes = ["children:read","missions:read"] -> ["children:read"]`)
		b.run("apply", "-json", "plan").ok()
		if got := replacements(s); !slices.Equal(got, []string{`/v1/users/types/child/scopes {"scopes":["children:read"]}`}) {
			t.Errorf("sent %q", got)
		}
	})
}

// oneUser is the warning of a user type that is read from one user.
func oneUser(userType string) []string {
	return []string{fmt.Sprintf("Only one user of type %q is read from ocariot", userType), "Neither a plan nor an apply can see them"}
}

// Scopes that cannot be read back are an error if no state can replace them: an empty set would
// mean that the users have none. No refusal sends anything.
func TestAccOcariotRefusedAtPlan(t *testing.T) {
	s := newPlatform(t)
	b := newAttached(t)
	child := func(more string) string {
		return strings.Replace(kindHCL("child", "children:read"), "scopes =", more+"\nscopes =", 1)
	}
	one := func(userType string) string {
		return tftest.DataHCL("user_type_scopes", "one", fmt.Sprintf("user_type = %q", userType))
	}
	drift := tftest.DriftHCL(`{ "missions:read" = null }`, `user_types = { educator = ["missions:read"] }`)
	for name, test := range map[string]struct {
		readback, hcl string
		words         []string
	}{
		"user type": {
			"filter", kindHCL("teacher", "missions:read"),
			[]string{"ocariot rejects", `no user type "teacher"`, "admin, application, child, educator, family, healthprofessional"},
		},
		"no scopes": {"filter", kindHCL("child"), []string{messagestest.Summary(check.GrantsNone)}},
		"ignore":    {"filter", child(`ignore = ["sleep:*"]`), []string{messagestest.Summary(check.GrantsFilterUnsupported), "Remove ignore"}},
		"manage":    {"filter", child(`manage = ["children:*"]`), []string{messagestest.Summary(check.GrantsFilterUnsupported), "manage"}},
		"server_id": {"filter", child(`server_id = "shop"`), []string{"ocariot has no server IDs", "remove server_id"}},
		"rule":      {"filter", child("rule = { renewable = true }"), []string{messagestest.Summary(messages.SupportRule)}},
		"two resources": {
			"none", kindHCL("child", "children:read") + strings.Replace(kindHCL("child", "missions:read"), `"child" {`, `"again" {`, 1),
			[]string{messagestest.Summary(check.ConflictHolderManagedTwice), "only one resource can manage it. Remove one of the two resources."},
		},
		"not read":            {"none", one("child"), []string{`readback = "none" does not read this user type`, `Set readback = "filter"`, "probe_users.child"}},
		"no such type":        {"none", one("Child"), []string{`no user type "Child"`}},
		"no login":            {"login", one("educator"), []string{`readback = "login" does not read this user type`, "probe_users.educator"}},
		"no login, for drift": {"login", drift, []string{`readback = "login" does not read this user type`, "probe_users.educator"}},
		"not read, for drift": {"none", drift, []string{messagestest.Summary(messages.SupportReadback)}},
	} {
		b.config(platformHCL(s, test.readback), test.hcl)
		if o := b.plan(); len(o.errors) < 1 || len(o.errors) > 2 || !o.Severity("error")[0].HoldsAll(test.words) {
			t.Errorf("%s: %q", name, o.errors)
		}
	}
	b.config(platformHCL(s, "login"), one("child"))
	b.plan().ends(0)
	var all string
	for _, userType := range []string{"admin", "application", "child", "educator", "family", "healthprofessional"} {
		all += kindHCL(userType, "missions:read")
	}
	b.config(platformHCL(s, "none"), all)
	b.plan().ends(2)
	if sent := replacements(s); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

// The advice does not suggest operations that ocariot does not support. An unknown scope of the type
// is a warning: the server's refusal names it, and nothing is stored.
func TestAccOcariotAdvice(t *testing.T) {
	s := newPlatform(t)
	b := newAttached(t)
	b.config(serverHCL(ocariotBlockHCL(s, `readback = "filter"`)), kindHCL("admin", s.Scopes("root")...))
	b.plan().ends(2).warns([]string{`Drift of user type "admin" in ocariot`, "Set username and password to those of an admin, or set probe_users.admin"})

	b.config(platformHCL(s, "filter"), kindHCL("child", "children:read", "children:delete"))
	b.plan().ends(2).warns(
		[]string{`Unknown scopes of user type "child" in ocariot`, "(children:delete)", "not an error"},
		[]string{`User type "child" in `, " revoked"},
	)
	b.apply("plan").fails([]string{`remove "children:delete"`, "are not valid scopes for child users", "Nothing was changed"})
	if len(b.state()) != 0 || len(s.Scopes("kid")) < 10 {
		t.Errorf("state %q, the user has %q", b.state(), s.Scopes("kid"))
	}

	// One type has a user to log in as, the other has not: only that one is blind.
	s.SetScopes("kid", "children:read")
	b.config(platformHCL(s, "login"), kindHCL("child", "children:read"), kindHCL("educator", "missions:read"))
	b.plan().ends(2).warns([]string{`Drift of user type "educator" in ocariot`, `readback = "login"`, "probe_users.educator"}, oneUser("child"))

	b.config(strings.Replace(platformHCL(s, "none"), "ocariot = {", "http = { max_retries = 0 }\nocariot = {", 1), kindHCL("child", "children:read"))
	s.SetIntercept(fake.Respond(fake.Path("/v1/users"), 429, "text/html", "<p>Too many requests"))
	b.apply().fails([]string{"limits the rate of requests", "429 Too Many Requests"})
}

func TestAccOcariotDestroyAndImport(t *testing.T) {
	s := newPlatform(t)
	b := newAttached(t)
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

	// The generated configuration of an import names the server as the state does.
	s.Forget()
	b = newAttached(t)
	provider = platformHCL(s, "filter")
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
