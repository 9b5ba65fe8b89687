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

// secondState is a second terraform, with a state and a configuration of its own,
// for the same realm.
func (s *stopped) secondState() *stopped {
	s.t.Helper()
	other := *s
	other.tf, other.at, other.final = attached(s.t), stage{}, map[string]map[string]string{}
	return &other
}

// together applies both configurations at once.
func together(s, other *stopped, to, otherTo stage) (r, otherR result) {
	s.t.Helper()
	s.Write(to.hcl)
	other.Write(otherTo.hcl)
	var (
		group     sync.WaitGroup
		err, err2 error
	)
	group.Go(func() { r, err = s.try("apply", "-auto-approve") })
	group.Go(func() { otherR, err2 = other.try("apply", "-auto-approve") })
	group.Wait()
	if err != nil || err2 != nil {
		s.t.Fatal(err, err2)
	}
	return r, otherR
}

// watching is a hook that logs in all users after the server has responded to a write, before the
// provider has the response. It fails the test if a user gets a scope that none of the stages
// grants, and counts the tokens.
func (s *stopped) watching(when string, tokens *atomic.Int32, may ...stage) func(*http.Request) keycloak.Action {
	var one sync.Mutex
	see := func(request string) {
		one.Lock()
		defer one.Unlock()
		for who, u := range s.people {
			token, err := s.Token(s.t.Context(), keycloak.PasswordForm(s.probe, u))
			if err != nil {
				s.t.Errorf("%s, after %s: %v", when, request, err)
				return
			}
			scopes, err := token.Scopes()
			if err != nil {
				s.t.Errorf("%s, after %s: %v", when, request, err)
			}
			tokens.Add(1)
			for _, scope := range ownScopes(scopes) {
				if !slices.ContainsFunc(may, func(g stage) bool { return g.gets.has(who, scope) }) {
					s.t.Errorf("%s, after %s: %s gets %s", when, request, who, scope)
				}
			}
		}
	}
	return func(r *http.Request) keycloak.Action {
		if !isWrite(r) {
			return keycloak.Action{}
		}
		return keycloak.Action{Alter: func(*http.Response) error {
			see(r.Method + " " + r.URL.Path)
			return nil
		}}
	}
}

// globTypeHCL is a userTypeHCL without references, which manages what the globs take in.
func globTypeHCL(name, userType, manage string, scopes ...string) string {
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" %q {\n  user_type = %q\n  manage = [%s]\n  scopes = [%s]\n"+
		"  depends_on = [authscopes_server_scopes.s]\n}\n",
		name, userType, tftest.QuotedHCL(strings.Fields(manage)...), tftest.QuotedHCL(scopes...))
}

// Two configurations of one realm, each with scopes of its own for the same user
// types, are applied at once, again and again.
func TestAccKeycloakTwoAppliesAtOnce(t *testing.T) {
	t.Parallel()
	p := newStopped(t, "")
	q := p.secondState()
	manage := func(names string) string { return "manage = [" + tftest.QuotedHCL(strings.Fields(names)...) + "]" }
	mine := []stage{
		{},
		{tftest.CapitalsHCL("a b c", manage("a b c")) + globTypeHCL("e", "educator", "a b c", "a", "b"), gets{"educator": "a b"}},
		{
			tftest.CapitalsHCL("a c", manage("a b c"), "settings = { assigned_type = \"optional\" }") + globTypeHCL("e", "educator", "a b c", "c"),
			gets{"educator": "c"},
		},
	}
	def := tftest.CapitalsHCL("d e f", manage("d e f"))
	theirs := []stage{
		{},
		{
			def + globTypeHCL("e", "educator", "d e f", "d") + globTypeHCL("c", "child", "d e f", "e"),
			gets{"educator": "d", "child": "e"},
		},
		{
			def + globTypeHCL("e", "educator", "d e f", "e", "f") + globTypeHCL("c", "child", "d e f", "d"),
			gets{"educator": "e f", "child": "d"},
		},
	}
	var watched atomic.Int32
	for round, i := range []int{1, 2, 1, 0, 2, 0} {
		p.proxy.SetHook(p.watching(fmt.Sprintf("round %d", round), &watched, p.at, q.at, mine[i], theirs[i]))
		mineR, theirsR := together(p, q, mine[i], theirs[i])
		p.proxy.SetHook(nil)
		if mineR.code != 0 || theirsR.code != 0 {
			t.Fatalf("round %d: %q %q", round, mineR.errors, theirsR.errors)
		}
		p.at, q.at = mine[i], theirs[i]
		got := p.tokens(p.look(), true)
		for _, who := range getters() {
			want := strings.Fields(mine[i].gets[who] + " " + theirs[i].gets[who])
			same(t, fmt.Sprintf("round %d: %s gets", round, who), strings.Fields(got[who]), append([]string{}, want...))
		}
		for _, one := range []*stopped{p, q} {
			one.taints(fmt.Sprintf("round %d", round))
			if r := one.planned(); r.code != 0 {
				t.Errorf("round %d: the plan is not empty: %q %q", round, r.actions, r.errors)
			}
		}
		p.forgetGuard()
	}
	if n := watched.Load(); n < 75 {
		t.Errorf("only %d tokens were seen", n)
	}
}

// Two configurations manage the same scopes and the same user type, and are applied at once: one
// of them can fail or lose, but no user gains a scope.
func TestAccKeycloakTwoAppliesAgainstEachOther(t *testing.T) {
	t.Parallel()
	p := newStopped(t, "")
	q := p.secondState()
	mine := []stage{
		{},
		{tftest.CapitalsHCL("a b", `ignore = ["c"]`) + globTypeHCL("e", "educator", "*", "a"), gets{"educator": "a"}},
		{tftest.CapitalsHCL("a b", `ignore = ["c"]`) + globTypeHCL("e", "educator", "*", "a", "b"), gets{"educator": "a b"}},
	}
	theirs := []stage{
		{},
		{tftest.CapitalsHCL("a c", `ignore = ["b"]`) + globTypeHCL("e", "educator", "*", "c"), gets{"educator": "c"}},
		{tftest.CapitalsHCL("a c", `ignore = ["b"]`) + globTypeHCL("e", "educator", "*"), nil},
	}
	union := stage{gets: gets{"educator": "a b c"}}
	var watched atomic.Int32
	failed := 0
	for round, i := range []int{1, 2, 1, 0, 2, 0} {
		when := fmt.Sprintf("round %d", round)
		p.proxy.SetHook(p.watching(when, &watched, union))
		mineR, theirsR := together(p, q, mine[i], theirs[i])
		p.proxy.SetHook(nil)
		for _, r := range []result{mineR, theirsR} {
			if r.code != 0 {
				failed++
				t.Logf("%s: %q", when, r.errors)
			}
		}
		p.nobodyGains(when, union)
		p.taints(when)
		q.taints(when)
		// One after the other, each gets what it says.
		for _, one := range []struct {
			s  *stopped
			to stage
		}{{p, mine[i]}, {q, theirs[i]}, {p, mine[i]}} {
			if r := one.s.apply(); r.code != 0 {
				t.Fatalf("%s: %q", when, r.errors)
			}
			if r := one.s.planned(); r.code != 0 {
				t.Errorf("%s: the plan is not empty: %q %q", when, r.actions, r.errors)
			}
			if got := p.tokens(p.look(), true); i > 0 && got["educator"] != one.to.gets["educator"] {
				t.Errorf("%s: %q, expected %q", when, got, one.to.gets)
			}
		}
		if i == 0 {
			same(t, "what is left", p.own(), []string{})
		}
		p.nobodyGains(when+", at the end", union)
	}
	t.Logf("%d applies failed, %d tokens were seen", failed, watched.Load())
}

// handwork is a change by an administrator during plan and apply.
type handwork struct {
	name     string
	do, undo func(*stopped) error
	fails    bool // the apply may fail
}

func renames(from, to string) func(*stopped) error {
	return func(s *stopped) error {
		var all []keycloak.ClientScope
		if err := s.Do(context.Background(), http.MethodGet, nil, &all, "client-scopes"); err != nil {
			return err
		}
		for _, scope := range all {
			if scope.Name == from {
				return s.Do(context.Background(), http.MethodPut, map[string]string{"name": to}, nil, "client-scopes", scope.ID)
			}
		}
		return nil
	}
}

// renamesBack gives a scope its name back, or deletes it where another one has
// the name by now.
func renamesBack(from, to string) func(*stopped) error {
	return func(s *stopped) error {
		if slices.Contains(s.own(), to) {
			return deletesScope(from)(s)
		}
		return renames(from, to)(s)
	}
}

func deletesScope(name string) func(*stopped) error {
	return func(s *stopped) error {
		var all []keycloak.ClientScope
		if err := s.Do(context.Background(), http.MethodGet, nil, &all, "client-scopes"); err != nil {
			return err
		}
		for _, scope := range all {
			if scope.Name == name {
				return s.Do(context.Background(), http.MethodDelete, nil, nil, "client-scopes", scope.ID)
			}
		}
		return nil
	}
}

func renamesRole(from, to string) func(*stopped) error {
	return func(s *stopped) error {
		var role map[string]any
		if err := s.Do(context.Background(), http.MethodGet, nil, &role, "roles", from); err != nil {
			return err
		}
		role["name"] = to
		return s.Do(context.Background(), http.MethodPut, role, nil, "roles", from)
	}
}

func posts(body map[string]string, segments ...string) func(*stopped) error {
	return func(s *stopped) error {
		return s.Do(context.Background(), http.MethodPost, body, nil, segments...)
	}
}

func deletesRole(name string) func(*stopped) error {
	return func(s *stopped) error {
		return s.Do(context.Background(), http.MethodDelete, nil, nil, "roles", name)
	}
}

func allHandwork() []handwork {
	nothing := func(*stopped) error { return nil }
	return []handwork{
		{"renames a scope", renames("c", "z"), renamesBack("z", "c"), true},
		{"creates a scope", posts(map[string]string{"name": "n", "protocol": "openid-connect"}, "client-scopes"), deletesScope("n"), false},
		{"deletes a scope", deletesScope("c"), nothing, true},
		{"creates a role", posts(map[string]string{"name": "r"}, "roles"), deletesRole("r"), false},
		{"renames a user type", renamesRole("educator", "teacher"), renamesRole("teacher", "educator"), true},
		{"renames the guard", renamesRole(guardRole, "keeper"), renamesRole("keeper", guardRole), false},
		{"deletes a user type", deletesRole("child"), func(s *stopped) error {
			s.CreateRoles(s.t, "child")
			s.GrantRoles(s.t, s.people["child"], "child")
			return nil
		}, true},
	}
}

// An administrator changes the realm between two requests of a plan and an apply: each change at every
// third request, all changes together at every request. No limited scope is reported as open, and none
// becomes open.
func TestAccKeycloakMovedMeanwhile(t *testing.T) {
	t.Parallel()
	from := stage{
		tftest.CapitalsHCL("a b c o", openO, `ignore = ["n", "z"]`) + tftest.UserTypeHCL("educator", "a", "b") + tftest.UserTypeHCL("child", "b"),
		gets{"educator": "a b o", "child": "b o", "nobody": "o", "buyer": "o"},
	}
	to := stage{
		tftest.ScopesHCL(map[string]string{"a": "A", "b": "B2", "c": "C2", "o": "O"}, openO, `ignore = ["n", "z"]`) +
			tftest.UserTypeHCL("educator", "b", "c") + tftest.UserTypeHCL("child", "a"),
		gets{"educator": "b c o", "child": "a o", "nobody": "o", "buyer": "o"},
	}
	renamed := stage{gets: gets{"educator": "z"}}
	for i, hand := range allHandwork() {
		t.Run(hand.name, func(t *testing.T) {
			t.Parallel()
			s := newStopped(t, "http = { max_concurrency = 1 }")
			s.reach(from)
			there, back := s.reach(to).actions, s.reach(from).actions
			goal, actions := to, there
			for k, more := 1+i%3, true; more; k += 3 {
				more = s.moved(hand, k, goal, []stage{from, to, renamed}, actions)
				if goal.hcl == to.hcl {
					goal, actions = from, back
				} else {
					goal, actions = to, there
				}
			}
		})
	}
}

// moved goes to a stage, and before the k-th request an administrator makes a change. It returns
// false if there were fewer requests.
func (s *stopped) moved(hand handwork, k int, to stage, may []stage, actions []string) bool {
	s.t.Helper()
	when := fmt.Sprintf("before request %d the administrator %s", k, hand.name)
	var (
		mu sync.Mutex
		n  int
	)
	var watched atomic.Int32
	watching := s.watching(when, &watched, may...)
	s.proxy.SetHook(func(r *http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		if n++; n == k {
			if err := hand.do(s); err != nil {
				s.t.Errorf("%s: %v", when, err)
			}
		}
		return watching(r)
	})
	s.Write(to.hcl)
	r := s.apply()
	s.proxy.SetHook(nil)
	if n < k {
		s.arrived("no change was made", to)
		return false
	}
	if r.code != 0 && !hand.fails {
		s.t.Errorf("%s: %q", when, r.errors)
	}
	for _, text := range slices.Concat(r.warnings, r.errors) {
		if strings.Contains(text, "veryone") {
			s.t.Errorf("%s: no scope is opened or closed, and yet: %s", when, text)
		}
	}
	s.nobodyGains(when, may...)
	if err := hand.undo(s); err != nil {
		s.t.Fatalf("%s: %v", when, err)
	}
	s.goesOn(when+", undone", to, actions)
	return true
}
