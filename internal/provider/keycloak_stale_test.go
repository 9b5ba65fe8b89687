package provider

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

func staleAppHCL(scopes ...string) string {
	return fmt.Sprintf("resource \"authscopes_client_scopes\" \"app\" {\n  client_id = \"app\"\n  default = [%s]\n"+
		"  depends_on = [authscopes_server_scopes.s]\n}\n", tftest.QuotedHCL(scopes...))
}

// staleFrom and staleTo differ in scopes, grants and assignments.
func staleFrom() stage {
	return stage{
		tftest.CapitalsHCL("a b c e", `ignore = ["n", "z"]`) + tftest.UserTypeHCL("educator", "a", "b", "e") + tftest.UserTypeHCL("child", "b") + staleAppHCL("a"),
		gets{"educator": "a b e", "child": "b", "app": "a"},
	}
}

func staleTo() stage {
	return stage{
		tftest.ScopesHCL(map[string]string{"a": "A2", "b": "B", "d": "D", "e": "E"}, `ignore = ["n", "z"]`) + tftest.UserTypeHCL("educator",
			"b", "e") + tftest.UserTypeHCL("child") + staleAppHCL("a", "b", "d", "e"),
		gets{"educator": "b e", "app": "a b d e"},
	}
}

// unseen is a change of a realm that an apply does not see.
type unseen struct {
	name  string
	do    func(*stopped) error
	keeps []string // scopes that no run may delete
}

func unmaps(scope, role string) func(*stopped) error {
	return func(s *stopped) error {
		s.UnmapRoles(s.t, scope, role)
		return nil
	}
}

func recreatesScope(name string, roles ...string) func(*stopped) error {
	return func(s *stopped) error {
		if err := deletesScope(name)(s); err != nil {
			return err
		}
		s.CreateScope(s.t, keycloak.ClientScope{Name: name, Protocol: "openid-connect", Attributes: map[string]string{"include.in.token.scope": "true"}})
		s.MapRoles(s.t, name, roles...)
		return nil
	}
}

func inOrder(all ...func(*stopped) error) func(*stopped) error {
	return func(s *stopped) error {
		for _, do := range all {
			if err := do(s); err != nil {
				return err
			}
		}
		return nil
	}
}

func unseens() []unseen {
	everything := []string{"a", "b", "e"}
	return []unseen{
		{"renames a scope that the plan deletes", renames("c", "z"), everything},
		{"renames a scope and renames it back", inOrder(renames("b", "z"), renames("z", "b")), everything},
		{"creates a scope", posts(map[string]string{"name": "n", "protocol": "openid-connect"}, "client-scopes"), append(everything, "n")},
		{"deletes a scope", deletesScope("a"), []string{"b", "e"}},
		{"recreates a scope that the plan deletes", recreatesScope("c", "child"), append(everything, "c")},
		{"recreates a scope that the plan keeps", recreatesScope("b", "child"), everything},
		{"renames a user type", renamesRole("educator", "teacher"), everything},
		{"recreates a user type", inOrder(deletesRole("child"), posts(map[string]string{"name": "child"}, "roles")), everything},
		{"removes the guard role from a scope that loses its user type", unmaps("a", guardRole), everything},
		{"opens a scope that the plan assigns", inOrder(unmaps("e", guardRole), unmaps("e", "educator")), everything},
		{"opens a scope and limits it again", func(s *stopped) error {
			s.UnmapRoles(s.t, "c", guardRole)
			s.MapRoles(s.t, "c", guardRole)
			return nil
		}, everything},
		{"deletes the guard role", deletesRole(guardRole), everything},
		{"recreates the guard role", inOrder(deletesRole(guardRole), func(s *stopped) error {
			s.CreateRole(s.t, keycloak.Role{Name: guardRole, Attributes: map[string][]string{"authscopes.guard": {"true"}}})
			return nil
		}), everything},
	}
}

// appWatch is watching for the client that the configuration assigns scopes to.
func (s *stopped) appWatch(when string, tokens *atomic.Int32, may ...stage) {
	s.t.Helper()
	for who, u := range s.people {
		token, err := s.Token(context.WithoutCancel(s.t.Context()), keycloak.PasswordForm(s.app, u))
		if err != nil {
			s.t.Errorf("%s: %v", when, err)
			return
		}
		scopes, _ := token.Scopes()
		tokens.Add(1)
		for _, scope := range ownScopes(scopes) {
			if !slices.ContainsFunc(may, func(g stage) bool { return g.gets.has(who, scope) }) {
				s.t.Errorf("%s: %s gets %s", when, who, scope)
			}
		}
	}
}

// unseenRun plans and applies the second stage while an unseen change happens, checks the realm
// after each write, and lets a later apply complete it.
func (s *stopped) unseenRun(u unseen, hook func(*http.Request) (keycloak.Action, bool), apply func() result) {
	s.t.Helper()
	from, to := staleFrom(), staleTo()
	var tokens atomic.Int32
	var one sync.Mutex
	s.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if action, stale := hook(r); stale || !isWrite(r) {
			return action
		}
		return keycloak.Action{Alter: func(*http.Response) error {
			one.Lock()
			defer one.Unlock()
			s.appWatch("after "+r.Method+" "+r.URL.Path, &tokens, from, to)
			return nil
		}}
	})
	r := apply()
	s.proxy.SetHook(nil)
	s.t.Logf("ended with %d: %.300q", r.code, r.errors)
	s.appWatch("after the run", &tokens, from, to)
	for _, name := range u.keeps {
		if !slices.Contains(s.own(), name) {
			s.t.Errorf("scope %s is gone: %v", name, s.own())
		}
	}
	s.taints("after the run")
	s.later(to)
}

// later restores what the stages need, and applies one until its plan is empty.
func (s *stopped) later(to stage) {
	s.t.Helper()
	if _, renamed := s.FindRole(s.t, "teacher"); renamed {
		s.RenameRole(s.t, "teacher", "educator")
	}
	for _, who := range []string{"educator", "child"} {
		if _, found := s.FindRole(s.t, who); !found {
			s.CreateRoles(s.t, who)
		}
		s.GrantRoles(s.t, s.people[who], who)
	}
	s.Write(strings.ReplaceAll(to.hcl, `["n", "z"]`, `["n", "z", "c"]`))
	r := s.apply()
	if block := pastable(r.errors); block != "" {
		s.t.Fatalf("a scope is not in the state: %q", r.errors)
	}
	if r.code != 0 {
		r = s.apply()
	}
	if r.code != 0 {
		s.t.Fatalf("the next applies do not complete: %q", r.errors)
	}
	if p := s.planned(); p.code != 0 {
		s.t.Errorf("the plan is not empty: %q %q", p.actions, p.errors)
	}
	var tokens atomic.Int32
	s.appWatch("at the end", &tokens, to)
}

// restart returns to the first stage after a change and its run, without what is left of them.
func (s *stopped) restart() {
	s.t.Helper()
	for _, name := range s.own() {
		if slices.Contains([]string{"c", "n", "z"}, name) {
			s.DeleteScope(s.t, name)
		}
	}
	s.Write(staleFrom().hcl)
	if r := s.apply(); r.code != 0 {
		s.t.Fatalf("%q", r.errors)
	}
	s.proxy.Reset()
	s.Write(staleTo().hcl)
}

// An apply does not see a change. Either all its reads return the realm as it was before the change, or the
// realm changes between the plan and its apply, in part so that both read the same. Nothing opens, nothing
// is deleted that the plan does not show, and a later apply completes it.
func TestAccKeycloakUnseenChanges(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(s *stopped, u unseen){
		"stale reads": func(s *stopped, u unseen) {
			s.planned() // all that a plan reads
			frozen := s.Freeze(s.t, s.proxy.APIRequests())
			if err := u.do(s); err != nil {
				s.t.Fatal(err)
			}
			s.unseenRun(u, frozen.Action, s.apply)
		},
		"between plan and apply": func(s *stopped, u unseen) {
			if r := s.runTerraform("plan", "-out=plan"); r.code != 0 {
				s.t.Fatalf("%q", r.errors)
			}
			if err := u.do(s); err != nil {
				s.t.Fatal(err)
			}
			s.unseenRun(u, func(*http.Request) (keycloak.Action, bool) { return keycloak.Action{}, false }, func() result { return s.runTerraform("apply", "plan") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStopped(t, noRetries)
			for _, u := range unseens() {
				t.Run(u.name, func(t *testing.T) {
					s := s.in(t)
					s.restart()
					run(s, u)
				})
			}
		})
	}
}

// in is the same realm and state in a subtest.
func (s *stopped) in(t *testing.T) *stopped {
	t.Helper()
	l, tf, in := *s.lab, *s.tf, *s
	l.t, tf.t = t, t
	in.lab, in.tf = &l, &tf
	return &in
}
