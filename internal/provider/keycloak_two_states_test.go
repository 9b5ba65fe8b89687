package provider

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// aResource is a resource that has to do with scope a of a realm.
type aResource struct {
	kind    string
	hcl     string
	creates bool   // it creates the scope
	gives   string // the users that get the scope by it
	assigns bool   // a client gets the scope by it
}

func aResources() []aResource {
	return []aResource{
		{kind: "server_scope", hcl: "resource \"authscopes_server_scope\" \"a\" {\n  name = \"a\"\n  description = \"A\"\n}\n", creates: true},
		{kind: "server_scopes", hcl: tftest.CapitalsHCL("a", `manage = ["a"]`), creates: true},
		{kind: "user_type_scopes", hcl: "resource \"authscopes_user_type_scopes\" \"e\" {\n  user_type = \"educator\"\n  scopes = [\"a\"]\n}\n", gives: "educator"},
		{
			kind: "server_grants", hcl: "resource \"authscopes_server_grants\" \"g\" {\n  user_types = { educator = [\"a\"] }\n  manage = [\"a\"]\n}\n",
			gives: "educator",
		},
		{
			kind: "client_scopes", hcl: "resource \"authscopes_client_scopes\" \"c\" {\n  client_id = \"app\"\n  default = [\"a\"]\n  manage = [\"a\"]\n}\n",
			assigns: true,
		},
	}
}

// twoStates are two configurations of one realm, each with a state and a proxy of its own.
type twoStates struct {
	one, two *stopped
	may      map[string]bool // the users that a configuration gives scope a
	tokens   atomic.Int32
	reading  sync.Mutex
}

func newTwoStates(t *testing.T) *twoStates {
	t.Helper()
	s := &twoStates{one: newStopped(t, noRetries)}
	s.two = s.one.secondState()
	s.two.lab = &lab{Realm: s.one.Realm, proxy: s.one.Server.NewProxy(t), t: t}
	s.two.head = strings.ReplaceAll(s.one.head, s.one.proxy.URL, s.two.proxy.URL)
	return s
}

// begin configures a realm without the scope and without a guard role. Without a resource that creates the
// scope, it is as a creation leaves it that was killed before the guard mapping.
func (s *twoStates) begin(one, two aResource) {
	s.one.t.Helper()
	s.may = map[string]bool{one.gives: true, two.gives: true}
	s.tokens.Store(0)
	for _, name := range s.one.own() {
		s.one.DeleteScope(s.one.t, name)
	}
	s.one.forgetGuard()
	if !one.creates && !two.creates {
		s.one.CreateScope(s.one.t, keycloak.ClientScope{Name: "a", Protocol: "openid-connect", Attributes: map[string]string{"authscopes.access": "user_types"}})
	}
	for _, p := range []*stopped{s.one, s.two} {
		p.proxy.SetHook(s.watch)
	}
	s.one.Write(one.hcl)
	s.two.Write(two.hcl)
}

// in is the same realm and the same states in a subtest.
func (s *twoStates) in(t *testing.T) *twoStates {
	t.Helper()
	return &twoStates{one: s.one.in(t), two: s.two.in(t)}
}

// destroy destroys both at once, and completes what is left.
func (s *twoStates) destroy() {
	s.one.t.Helper()
	together(s.one, s.two, stage{}, stage{})
	for _, p := range []*stopped{s.one, s.two} {
		if r := p.apply(); r.code != 0 {
			s.one.t.Errorf("the destroy fails: %q", r.errors)
		}
	}
	s.final(false)
}

// watch reads tokens after each write, before Terraform has the response.
func (s *twoStates) watch(r *http.Request) keycloak.Action {
	if !isWrite(r) {
		return keycloak.Action{}
	}
	return keycloak.Action{Alter: func(*http.Response) error {
		s.look("after " + r.Method + " " + r.URL.Path)
		return nil
	}}
}

// look fails the test if a user gets the scope that no configuration gives the user.
func (s *twoStates) look(when string) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for who, u := range s.one.people {
		token, err := s.one.Token(s.one.t.Context(), keycloak.PasswordForm(s.one.app, u))
		if err != nil {
			s.one.t.Errorf("%s: %v", when, err)
			return
		}
		scopes, err := token.Scopes()
		s.tokens.Add(1)
		if err != nil || slices.Contains(scopes, "a") && !s.may[who] {
			s.one.t.Errorf("%s: %s gets %q, error %v", when, who, scopes, err)
		}
	}
}

// settle applies both configurations, one after the other, until both plans are empty. It
// accepts an error that says what to do: only one state can manage the scope.
func (s *twoStates) settle() {
	s.one.t.Helper()
	var failed []string
	for range 2 {
		failed = nil
		for _, p := range []*stopped{s.one, s.two} {
			for _, text := range p.apply().errors {
				failed = append(failed, text)
				if !strings.Contains(text, messagestest.Summary(check.NamesExists)) || !strings.Contains(text, "import {") {
					s.one.t.Errorf("not a clear error: %s", text)
				}
			}
			p.taints("settled")
		}
	}
	if len(failed) > 0 {
		return
	}
	for i, p := range []*stopped{s.one, s.two} {
		if r := p.planned(); r.code != 0 {
			s.one.t.Errorf("plan %d is not empty: %q %q", i+1, r.actions, r.errors)
		}
	}
}

// final fails the test unless exactly the users that a configuration gives the scope get it
// from a client that has it.
func (s *twoStates) final(exists bool) {
	s.one.t.Helper()
	got := s.one.tokens(s.one.look(), true)
	for who := range s.one.people {
		if want := exists && s.may[who]; strings.Contains(got[who], "a") != want {
			s.one.t.Errorf("%s gets %q, want the scope: %t", who, got[who], want)
		}
	}
	if n := s.tokens.Load(); n == 0 {
		s.one.t.Error("no token was read")
	}
}

// Two states of one realm are applied at once, and destroyed at once, for all pairs of resources. Or one
// state creates the scope, and the other one is applied between the creation and the guard mapping, when
// no role limits the scope. No user gets a scope that no configuration grants, and both end as configured.
func TestAccKeycloakTwoStates(t *testing.T) {
	t.Parallel()
	all := aResources()
	for i, one := range all {
		t.Run(one.kind, func(t *testing.T) {
			t.Parallel()
			both := newTwoStates(t)
			for _, two := range all[i:] {
				t.Run("and "+two.kind, func(t *testing.T) {
					s := both.in(t)
					s.begin(one, two)
					together(s.one, s.two, stage{hcl: one.hcl}, stage{hcl: two.hcl})
					s.settle()
					s.final(true)
					s.destroy()
				})
			}
			for _, two := range all {
				if !one.creates || two.creates {
					continue
				}
				t.Run("before the guard mapping, "+two.kind, func(t *testing.T) {
					s := both.in(t)
					s.begin(one, two)
					s.beforeGuard()
					s.settle()
					s.final(true)
					s.destroy()
				})
			}
		})
	}
}

// beforeGuard applies the first state, and the second one before the first guard mapping.
func (s *twoStates) beforeGuard() {
	s.one.t.Helper()
	var once sync.Once
	var meanwhile result
	var err error
	s.one.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/scope-mappings/realm") {
			once.Do(func() { meanwhile, err = s.two.try("apply", "-auto-approve") })
		}
		return s.watch(r)
	})
	if r := s.one.apply(); r.code != 0 || err != nil {
		s.one.t.Errorf("the creation fails: %q, %v", r.errors, err)
	}
	if meanwhile.code != 0 {
		s.one.t.Errorf("the other state fails: %q", meanwhile.errors)
	}
	s.one.proxy.SetHook(s.watch)
}
