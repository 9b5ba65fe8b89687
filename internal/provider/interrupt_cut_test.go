package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

const (
	oneX = `resource "authscopes_server_scope" "one" {
		name = "x"
		description = "X"
		settings = { assigned_type = "default" }
	}
	`
	oneY = `resource "authscopes_server_scope" "one" {
		name = "y"
		description = "Y"
		settings = { assigned_type = "optional", access = "everyone" }
	}
	`
	openO = `overrides = { o = { access = "everyone" } }`
)

// inCapitals are scopes whose description is the name in capitals.
func inCapitals(names string) map[string]string {
	scopes := map[string]string{}
	for _, name := range strings.Fields(names) {
		scopes[name] = strings.ToUpper(name)
	}
	return scopes
}

func capitals(names string, more ...string) string { return scopesHCL(inCapitals(names), more...) }

func everyone(scopes string) gets {
	return gets{"buyer": scopes, "child": scopes, "educator": scopes, "nobody": scopes}
}

// replacedType is a resource whose user_type changes: it is replaced.
func replacedType(userType string) string {
	return strings.Replace(userTypeHCL(userType, "a", "b"), fmt.Sprintf("%q {", userType), `"one_of_them" {`, 1)
}

// cutScenarios are all operations of all resources, there and back: what is
// created one way is destroyed the other.
func cutScenarios() []scenario {
	abc := capitals("a b c")
	both := func(scopes string) stage {
		return stage{capitals("a b") + userTypeHCL("educator", strings.Fields(scopes)...), gets{"educator": scopes}}
	}
	client := func(lines ...string) string { return capitals("a b c") + clientHCL("app", lines...) }
	return []scenario{
		{"a scope created and destroyed", stage{}, stage{oneX, nil}, false},
		{"a scope renamed, changed and opened, and back", stage{oneX, nil}, stage{oneY, everyone("y")}, false},
		{"a scope of a set renamed, and back", renamedSet("a", "e"), renamedSet("e", "a"), false},
		{
			"audiences of a set changed, and back",
			stage{capitals("a b", `settings = { included_audiences = ["x", "y"] }`) + userTypeHCL("educator", "a"), gets{"educator": "a"}},
			stage{capitals("a b", `settings = { included_audiences = ["z"] }`) + userTypeHCL("educator", "a"), gets{"educator": "a"}},
			false,
		},
		{"a set created and destroyed", stage{}, stage{capitals("a b o", openO), everyone("o")}, false},
		{
			"a set changed",
			stage{capitals("a b c o", openO), everyone("o")},
			stage{scopesHCL(map[string]string{"a": "A2", "b": "B", "d": "", "o": "O"}, `overrides = { b = { access = "everyone" }, d = { assigned_type = "optional" } }`), everyone("b")},
			false,
		},
		{"a user type's set created and destroyed", stage{capitals("a b"), nil}, both("a b"), false},
		{"the last user type removed, and back", both("a b"), stage{capitals("a b") + userTypeHCL("educator"), nil}, false},
		{
			"a user type's set replaced",
			stage{capitals("a b c d") + userTypeHCL("educator", "a", "b") + userTypeHCL("child", "b"), gets{"educator": "a b", "child": "b"}},
			stage{capitals("a b c d") + userTypeHCL("educator", "c", "d") + userTypeHCL("child", "b"), gets{"educator": "c d", "child": "b"}},
			false,
		},
		{
			"all scopes moved to another user type",
			stage{abc + userTypeHCL("educator", "a", "b", "c") + userTypeHCL("child"), gets{"educator": "a b c"}},
			stage{abc + userTypeHCL("educator") + userTypeHCL("child", "a", "b", "c"), gets{"child": "a b c"}},
			false,
		},
		{
			"another user type in its place",
			stage{capitals("a b") + replacedType("educator"), gets{"educator": "a b"}},
			stage{capitals("a b") + replacedType("child"), gets{"child": "a b"}},
			false,
		},
		{
			"all grants created and destroyed",
			stage{abc, nil},
			stage{abc + grantsStage("a b", "b", "a"), gets{"educator": "a b", "child": "b", "buyer": "a"}},
			false,
		},
		{
			"all grants moved to another user type and a client role, and back",
			stage{abc + grantsStage("a", "b", ""), gets{"educator": "a", "child": "b"}},
			stage{abc + grantsStage("b", "", "a"), gets{"educator": "b", "buyer": "a"}},
			false,
		},
		{
			"an open scope limited by all grants, and opened again",
			stage{capitals("a o", openO), everyone("o")},
			stage{capitals("a o") + grantsStage("o", "", "a"), gets{"educator": "o", "buyer": "a"}},
			false,
		},
		{
			"a client role's set changed",
			stage{abc + buyerHCL("a", "b"), gets{"buyer": "a b"}},
			stage{abc + buyerHCL("c"), gets{"buyer": "c"}},
			false,
		},
		{
			"an open scope restricted, and opened again",
			stage{capitals("a o", openO), everyone("o")},
			stage{capitals("a o") + userTypeHCL("educator", "a", "o"), gets{"educator": "a o"}},
			false,
		},
		{
			"a client's scopes created and destroyed",
			stage{abc, nil},
			stage{client(`default = [authscopes_server_scopes.s.names["a"]]`, `optional = [authscopes_server_scopes.s.names["b"]]`), gets{"app": "a b"}},
			false,
		},
		{
			"a client's scopes changed",
			stage{client(`default = [authscopes_server_scopes.s.names["a"]]`, `optional = [authscopes_server_scopes.s.names["b"]]`), gets{"app": "a b"}},
			stage{client(`default = [authscopes_server_scopes.s.names["b"]]`, `optional = [authscopes_server_scopes.s.names["c"]]`), gets{"app": "b c"}},
			false,
		},
		{
			"everything created and destroyed",
			stage{},
			stage{
				capitals("a b o", openO) + userTypeHCL("educator", "a") + userTypeHCL("child", "b") + clientHCL("app", `optional = [authscopes_server_scopes.s.names["a"]]`),
				gets{"app": "a", "educator": "a o", "buyer": "o", "child": "b o", "nobody": "o"},
			},
			false,
		},
		{"unguarded scopes taken from their last user type, and back", stage{unguarded("educator", "a", "b"), gets{"educator": "a b"}}, stage{unguarded("educator"), nil}, true},
		{"the last user type of unguarded scopes destroyed, and back", stage{unguarded("educator", "a", "b"), gets{"educator": "a b"}}, stage{}, true},
		{
			"unguarded scopes moved to another user type",
			stage{unguarded("educator", "a", "b") + unguarded("child"), gets{"educator": "a b"}},
			stage{unguarded("educator") + unguarded("child", "a", "b"), gets{"child": "a b"}},
			true,
		},
	}
}

// renamedSet is a set with a renamed scope, which a user type and a client have.
func renamedSet(name, old string) stage {
	return stage{
		scopesHCL(map[string]string{name: name, "b": "B"}, fmt.Sprintf("previous_names = { %s = %q }", name, old)) + userTypeHCL("educator", name) +
			clientHCL("app", fmt.Sprintf("optional = [authscopes_server_scopes.s.names[%q]]", name)),
		gets{"app": name, "educator": name},
	}
}

// grantsStage is a resource for all user types, with the scopes of three.
func grantsStage(educator, child, buyer string) string {
	refs := make([]string, 0, 3)
	for _, name := range strings.Fields(buyer) {
		refs = append(refs, fmt.Sprintf("authscopes_server_scopes.s.names[%q]", name))
	}
	return liveGrantsHCL(map[string]string{"educator": educator, "child": child}, "  client_roles = { shop = { buyer = ["+strings.Join(refs, ", ")+"] } }")
}

// buyerHCL is the resource of a client role.
func buyerHCL(scopes ...string) string {
	return strings.Replace(userTypeHCL("buyer", scopes...), "user_type =", "client_id = \"shop\"\n  user_type =", 1)
}

// unguarded is a user type's set of scopes that no resource makes.
func unguarded(userType string, scopes ...string) string {
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" %q {\n  user_type = %q\n  scopes = [%s]\n}\n", userType, userType, quotedAll(scopes))
}

// A walk is cut at its k-th write, for every k until it completes, in every way. After each cut,
// no user has gained a scope that neither the old nor the new configuration grants, and the next
// apply completes the next plan.
func TestAccKeycloakCut(t *testing.T) {
	t.Parallel()
	for _, sc := range cutScenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s := newStopped(t, "http = { max_concurrency = 1, max_retries = 0 }")
			if s.byHand = sc.byHand; s.byHand {
				s.CreateScopes(t, "a", "b")
			}
			s.reach(sc.from)
			there := s.reach(sc.to).actions
			back := s.reach(sc.from).actions
			runs := 0
			for _, w := range cutWays() {
				for k, more := 1, true; more; k++ {
					more = s.stopAt(sc.to, w, k, there)
					more = s.stopAt(sc.from, w, k, back) || more
					runs += 2
				}
			}
			t.Logf("%d runs", runs)
		})
	}
}

// stopAt goes to a stage, is cut, and continues. It returns false if the walk had fewer than k
// writes.
func (s *stopped) stopAt(to stage, w way, k int, actions []string) bool {
	s.t.Helper()
	s.forgetGuard()
	s.unguard()
	s.Write(to.hcl)
	fired := s.cut(w, k)
	r := s.apply()
	when := fmt.Sprintf("write %d, %s", k, w.name)
	if !fired() {
		if r.code != 0 {
			s.t.Fatalf("%d writes were not enough, nothing was cut, and yet: %q", k-1, r.errors)
		}
		s.arrived("without a cut", to)
		return false
	}
	if r.code != 0 && len(r.errors) == 0 {
		s.t.Fatalf("%s: failed without an error:\n%s", when, r.out)
	}
	s.goesOn(when, to, slices.Clone(actions))
	return true
}

// retrying is a realm and two stages to go between with one retry, which waits
// for up to a second.
func retrying(t *testing.T) (s *stopped, ends [2]stage, actions [2][]string) {
	t.Helper()
	s = newStopped(t, "http = { max_concurrency = 1, max_retries = 1 }")
	ends = [2]stage{
		{capitals("a b c") + userTypeHCL("educator", "a", "b"), gets{"educator": "a b"}},
		{scopesHCL(map[string]string{"a": "A2", "c": "C", "d": "D"}) + userTypeHCL("educator", "c", "d"), gets{"educator": "c d"}},
	}
	s.reach(ends[0])
	actions[1] = s.reach(ends[1]).actions
	actions[0] = s.reach(ends[0]).actions
	return s, ends, actions
}

// With retries, a write without a response is sent again if that is safe, and a create without a
// response is read back: the apply completes by itself.
func TestAccKeycloakCutAndRetried(t *testing.T) {
	t.Parallel()
	s, ends, _ := retrying(t)
	after := way{action: func(int) keycloak.Action { return keycloak.Action{CutAfter: true} }}
	k := 0
	for more := true; more; {
		k++
		to := ends[k%2]
		when := fmt.Sprintf("write %d, cut after it", k)
		fired := s.cut(after, k)
		s.Write(to.hcl)
		r := s.apply()
		more = fired()
		if r.code != 0 {
			t.Fatalf("%s: %q", when, r.errors)
		}
		s.arrived(when, to)
	}
	if k <= 6 {
		t.Errorf("only %d writes were cut", k-1)
	}
}

// If the retry fails too, the next apply continues as after any other cut.
func TestAccKeycloakRetriedInVain(t *testing.T) {
	t.Parallel()
	s, ends, actions := retrying(t)
	for k := 1; ; k++ {
		to := k % 2
		when := fmt.Sprintf("write %d and the next, 503 after them", k)
		fired := s.cutTwice(k)
		s.Write(ends[to].hcl)
		r := s.apply()
		if !fired() {
			s.arrived("without a cut", ends[to])
			break
		}
		if r.code == 0 {
			s.arrived(when, ends[to])
		} else {
			s.goesOn(when, ends[to], actions[to])
		}
	}
}

// cutTwice returns 503 instead of the responses to the k-th write and the next one.
func (l *lab) cutTwice(k int) (fired func() bool) {
	var n atomic.Int32
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if isWrite(r) {
			if i := int(n.Add(1)); i == k || i == k+1 {
				return keycloak.Action{Alter: unavailable}
			}
		}
		return keycloak.Action{}
	})
	return func() bool {
		l.proxy.SetHook(nil)
		return int(n.Load()) >= k
	}
}

func unavailable(resp *http.Response) error {
	err := failing(resp)
	resp.StatusCode = http.StatusServiceUnavailable
	return err
}
