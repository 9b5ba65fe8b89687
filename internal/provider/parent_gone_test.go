package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// orphan is a resource whose parent another administrator deletes.
type orphan struct {
	server, hcl string
	remove      func()
	parent      string // as messages name it
}

func orphans(t *testing.T) map[string]orphan {
	t.Helper()
	all := map[string]orphan{}
	text := "may"
	for name, hcl := range map[string]string{
		"server scope":  oneScopeHCL("read:users", "Read users"),
		"server scopes": tftest.ScopesHCL(map[string]string{"read:users": "Read users", "scope:a": text}, `server_id = "77"`),
		"client scopes": clientHCL("5", `server_id = "77"`, `optional = ["scope:a"]`),
	} {
		a := onAccount(t)
		a.AddScope(77, "scope:a", &text)
		if name == "server scopes" {
			a.RemoveScope(77, "scope:a")
		}
		all[name] = orphan{a.config(), hcl, func() { a.RemoveAuthServer(77) }, `OneLogin authorization server id "77" does not exist`}
	}
	for name, opts := range map[string]venafi.Options{"rule": {}, "rule, as no rules": {AbsentAppAsEmpty: true}} {
		s := venafi.New(t, opts)
		s.AddApplication("app", "ssh:manage")
		all[name] = orphan{serverHCL(venafiBlockHCL(s)), ruleHCL("ssh:manage"), func() { s.RemoveApplication("app") }, `Venafi application id "app" does not exist`}
	}
	return all
}

// The server itself reports that what holds a resource does not exist: a plan warns and
// shows an update, its apply fails, and every way to be rid of the resource works.
func TestAccParentGone(t *testing.T) {
	t.Parallel()
	const way = "terraform state rm"
	for name, o := range orphans(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAttached(t)
			b.config(o.server, o.hcl)
			b.apply().ok()
			o.remove()
			warning := []string{o.parent, way, messagestest.Summary(check.ParentMissing)}
			b.plan().ends(2).warns(warning)
			if done := b.run("apply", "-json", "plan"); done.code != 1 || !strings.Contains(fmt.Sprint(done.errors), way) || len(b.state()) != 1 {
				t.Errorf("apply ended with %d, errors %q, state %q", done.code, done.errors, b.state())
			}
			b.config(o.server)
			b.plan().ends(2).warns(warning)
			b.config(o.server, o.hcl)
			b.run("destroy", "-json", "-auto-approve").ok().warns(warning)
			if state := b.state(); len(state) != 0 {
				t.Errorf("the state holds %q", state)
			}
			// A resource whose parent does not exist yet can be planned, because the same run can create
			// the parent. The plan warns, and an apply without the parent fails.
			b.plan().ends(2).warns([]string{o.parent})
			if done := b.apply("plan"); done.code != 1 || !strings.Contains(fmt.Sprint(done.errors), "server_id") || len(b.state()) != 0 {
				t.Errorf("apply ended with %d, errors %q, state %q", done.code, done.errors, b.state())
			}
		})
	}

	for name, o := range orphans(t) {
		t.Run(name+", without refresh", func(t *testing.T) {
			t.Parallel()
			b := newAttached(t)
			b.config(o.server, o.hcl)
			b.apply().ok()
			o.remove()
			b.run("destroy", "-json", "-auto-approve", "-refresh=false").ok()
			if state := b.state(); len(state) != 0 {
				t.Errorf("the state holds %q", state)
			}
		})
	}

	// A proxy's page and a refusal are no report of the server: the state stays.
	for name, status := range map[string]int{"404 of a proxy": 404, "401": 401, "500": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := venafi.New(t, venafi.Options{})
			s.AddApplication("app", "ssh:manage")
			b := newAttached(t)
			b.config(serverHCL(venafiBlockHCL(s)), ruleHCL("ssh:manage"))
			b.apply().ok()
			s.SetIntercept(fake.Respond(fake.Path("/vedsdk/oauth/getrules"), status, "text/html", "<html>"))
			if o := b.run("destroy", "-json", "-auto-approve"); o.code != 1 || len(b.state()) != 1 || ruleOf(s) != "ssh:manage" {
				t.Errorf("destroy ended with %d, state %q, rule %q", o.code, b.state(), ruleOf(s))
			}
		})
	}

	// A plan warns of an identity that was deleted if the token may look it up, and a destroy succeeds.
	s := venafi.New(t, venafi.Options{})
	s.AddApplication("app", "ssh:manage")
	access, _ := s.Issue("admin;configuration")
	b := newAttached(t)
	b.config(serverHCL(fmt.Sprintf("venafi = {\n  url = %q\n  access_token = %q\n}", s.URL, access)), ruleHCL("ssh:manage"))
	b.apply().ok().warns()
	s.RemoveIdentity(trustee)
	warning := []string{fmt.Sprintf("User type %q does not exist in ", trustee), "terraform state rm"}
	b.plan().ends(0).warns(warning)
	s.RemoveRule("app", trustee)
	b.plan().ends(2).warns(warning)
	b.run("apply", "-json", "plan").fails([]string{"Result 6 (InvalidParameters): Invalid identity"})
	s.AddRule("app", trustee, "ssh:manage", nil)
	b.run("destroy", "-json", "-auto-approve").ok()
	if s.Rules() != 0 || len(b.state()) != 0 {
		t.Errorf("%d rules, state %q", s.Rules(), b.state())
	}
}
