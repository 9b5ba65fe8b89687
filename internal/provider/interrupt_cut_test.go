package provider

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
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

func everyone(scopes string) gets {
	return gets{"buyer": scopes, "child": scopes, "educator": scopes, "nobody": scopes}
}

// replacedType is a resource whose user_type changes: it is replaced.
func replacedType(userType string) string {
	return strings.Replace(tftest.UserTypeHCL(userType, "a", "b"), fmt.Sprintf("%q {", userType), `"one_of_them" {`, 1)
}

// cutScenarios are all operations of all resources, there and back: what is
// created one way is destroyed the other.
func cutScenarios() []scenario {
	abc := tftest.CapitalsHCL("a b c")
	both := func(scopes string) stage {
		return stage{tftest.CapitalsHCL("a b") + tftest.UserTypeHCL("educator", strings.Fields(scopes)...), gets{"educator": scopes}}
	}
	client := func(lines ...string) string { return tftest.CapitalsHCL("a b c") + clientHCL("app", lines...) }
	return []scenario{
		{"a scope created and destroyed", stage{}, stage{oneX, nil}, false},
		{"a scope renamed, changed and opened, and back", stage{oneX, nil}, stage{oneY, everyone("y")}, false},
		{"a scope of a set renamed, and back", renamedSet("a", "e"), renamedSet("e", "a"), false},
		{
			"audiences of a set changed, and back",
			stage{tftest.CapitalsHCL("a b", `settings = { included_audiences = ["x", "y"] }`) + tftest.UserTypeHCL("educator", "a"), gets{"educator": "a"}},
			stage{tftest.CapitalsHCL("a b", `settings = { included_audiences = ["z"] }`) + tftest.UserTypeHCL("educator", "a"), gets{"educator": "a"}},
			false,
		},
		{"a set created and destroyed", stage{}, stage{tftest.CapitalsHCL("a b o", openO), everyone("o")}, false},
		{
			"a set changed",
			stage{tftest.CapitalsHCL("a b c o", openO), everyone("o")},
			stage{tftest.ScopesHCL(
				map[string]string{"a": "A2", "b": "B", "d": "", "o": "O"},
				`overrides = { b = { access = "everyone" }, d = { assigned_type = "optional" } }`,
			), everyone("b")},
			false,
		},
		{"a user type's set created and destroyed", stage{tftest.CapitalsHCL("a b"), nil}, both("a b"), false},
		{"the last user type removed, and back", both("a b"), stage{tftest.CapitalsHCL("a b") + tftest.UserTypeHCL("educator"), nil}, false},
		{
			"a user type's set replaced",
			stage{tftest.CapitalsHCL("a b c d") + tftest.UserTypeHCL("educator", "a", "b") + tftest.UserTypeHCL("child", "b"), gets{"educator": "a b", "child": "b"}},
			stage{tftest.CapitalsHCL("a b c d") + tftest.UserTypeHCL("educator", "c", "d") + tftest.UserTypeHCL("child", "b"), gets{"educator": "c d", "child": "b"}},
			false,
		},
		{
			"all scopes moved to another user type",
			stage{abc + tftest.UserTypeHCL("educator", "a", "b", "c") + tftest.UserTypeHCL("child"), gets{"educator": "a b c"}},
			stage{abc + tftest.UserTypeHCL("educator") + tftest.UserTypeHCL("child", "a", "b", "c"), gets{"child": "a b c"}},
			false,
		},
		{
			"another user type in its place",
			stage{tftest.CapitalsHCL("a b") + replacedType("educator"), gets{"educator": "a b"}},
			stage{tftest.CapitalsHCL("a b") + replacedType("child"), gets{"child": "a b"}},
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
			stage{tftest.CapitalsHCL("a o", openO), everyone("o")},
			stage{tftest.CapitalsHCL("a o") + grantsStage("o", "", "a"), gets{"educator": "o", "buyer": "a"}},
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
			stage{tftest.CapitalsHCL("a o", openO), everyone("o")},
			stage{tftest.CapitalsHCL("a o") + tftest.UserTypeHCL("educator", "a", "o"), gets{"educator": "a o"}},
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
				tftest.CapitalsHCL("a b o", openO) + tftest.UserTypeHCL("educator", "a") + tftest.UserTypeHCL("child", "b") +
					clientHCL("app", `optional = [authscopes_server_scopes.s.names["a"]]`),
				gets{"app": "a", "educator": "a o", "buyer": "o", "child": "b o", "nobody": "o"},
			},
			false,
		},
		{
			"unguarded scopes taken from their last user type, and back",
			stage{unguarded("educator", "a", "b"), gets{"educator": "a b"}},
			stage{unguarded("educator"), nil},
			true,
		},
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
		tftest.ScopesHCL(map[string]string{name: name, "b": "B"}, fmt.Sprintf("previous_names = { %s = %q }", name, old)) + tftest.UserTypeHCL("educator", name) +
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
	return tftest.GrantsHCL(map[string]string{"educator": educator, "child": child}, "  client_roles = { shop = { buyer = ["+strings.Join(refs, ", ")+"] } }")
}

// buyerHCL is the resource of a client role.
func buyerHCL(scopes ...string) string {
	return strings.Replace(tftest.UserTypeHCL("buyer", scopes...), "user_type =", "client_id = \"shop\"\n  user_type =", 1)
}

// unguarded is a user type's set of scopes that no resource makes.
func unguarded(userType string, scopes ...string) string {
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" %q {\n  user_type = %q\n  scopes = [%s]\n}\n", userType, userType, tftest.QuotedHCL(scopes...))
}

// A run is cut at the first write of each kind and at the last write. After each cut, no user has gained a
// scope that neither the old nor the new configuration grants, and the next apply completes the next plan.
func TestAccKeycloakCut(t *testing.T) {
	t.Parallel()
	ways := &cutWays{cut: map[string]int{}}
	for _, sc := range cutScenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s := newStopped(t, "http = { max_concurrency = 1, max_retries = 0 }")
			if s.byHand = sc.byHand; s.byHand {
				s.CreateScopes(t, "a", "b")
			}
			s.reach(sc.from)
			there := s.learn(sc.to)
			back := s.learn(sc.from)
			cuts, cutsBack := ways.choose(there.kinds), ways.choose(back.kinds)
			for i := range max(len(cuts), len(cutsBack)) {
				s.stopAtOne(sc.to, cuts, i, there)
				s.stopAtOne(sc.from, cutsBack, i, back)
			}
			s.arrived("at the end", sc.from)
			t.Logf("%d runs for %d writes, %d back for %d", len(cuts), len(there.kinds), len(cutsBack), len(back.kinds))
		})
	}
}

// journey is a run that nothing stops.
type journey struct {
	actions []string // "address action" of each planned change
	kinds   []string // of its writes, in order
	made    int      // the number of scopes at its end that are not built in
}

// learn goes to a stage without being stopped, from where each stopped run begins.
func (s *stopped) learn(to stage) journey {
	s.t.Helper()
	s.begin()
	s.proxy.Reset()
	j := journey{actions: s.reach(to).actions, kinds: s.writeKinds(), made: s.made}
	if len(j.kinds) == 0 {
		s.t.Fatal("a run without a write cannot be cut")
	}
	return j
}

// writeKinds returns the kinds of the recorded writes: the method, the path in the realm without IDs, and
// whether the body names the guard role.
func (s *stopped) writeKinds() []string {
	s.t.Helper()
	id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	var kinds []string
	for _, r := range s.proxy.APIRequests() {
		if isWrite(&http.Request{Method: r.Method, URL: &url.URL{Path: r.Path}}) {
			path := id.ReplaceAllString(strings.TrimPrefix(r.Path, "/admin/realms/"+s.Name), "ID")
			kinds = append(kinds, fmt.Sprintf("%s %s, guard role: %t", r.Method, path, strings.Contains(r.Body, guardRole)))
		}
	}
	return kinds
}

// cut is the number of a write, counted from 1, and how it is cut.
type cut struct {
	write int
	way
}

// cutWays chooses how writes are cut, in all scenarios together: each kind of write in every way when it
// first occurs, and then by turns in one way that ends the run and in one that does not.
type cutWays struct {
	mu  sync.Mutex
	cut map[string]int // how often a write of the kind was chosen
}

// choose returns the cuts choose a run: the first write choose each kind, and the last write.
func (c *cutWays) choose(kinds []string) []cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	dead, alive := deadWays(), aliveWays()
	var cuts []cut
	for i, kind := range kinds {
		if slices.Contains(kinds[:i], kind) && i < len(kinds)-1 {
			continue
		}
		n := c.cut[kind]
		ways := []way{dead[n%len(dead)], alive[n%len(alive)]}
		if n == 0 {
			ways = slices.Concat(dead, alive)
		}
		for _, w := range ways {
			cuts = append(cuts, cut{i + 1, w})
		}
		c.cut[kind]++
	}
	return cuts
}

// begin prepares a run from the stage where the realm is.
func (s *stopped) begin() {
	s.t.Helper()
	if s.made == 0 {
		s.forgetGuard()
	}
	s.unguard()
}

// stopAtOne goes to a stage and is stopped at the cut of this number, or at none if there are fewer cuts.
func (s *stopped) stopAtOne(to stage, cuts []cut, number int, j journey) {
	s.t.Helper()
	if number < len(cuts) {
		s.stopAt(to, cuts[number], j)
		return
	}
	s.begin()
	s.Write(to.hcl)
	if r := s.apply(); r.code != 0 || !slices.Equal(r.actions, j.actions) {
		s.t.Fatalf("an apply that nothing stops plans %q, and ends with %q", r.actions, r.errors)
	}
	s.at, s.made = to, j.made
}

// stopAt goes to a stage, is cut, and continues. Its plan is that of a run from a state that nothing has
// stopped: the apply before it has left nothing to do.
func (s *stopped) stopAt(to stage, c cut, j journey) {
	s.t.Helper()
	s.begin()
	s.Write(to.hcl)
	fired := s.cut(c)
	r := s.apply()
	when := fmt.Sprintf("write %d (%s), %s", c.write, j.kinds[c.write-1], c.name)
	if !fired() {
		s.t.Fatalf("%s: the run had fewer writes, or failed before: %q", when, r.errors)
	}
	if r.code != 0 && len(r.errors) == 0 {
		s.t.Fatalf("%s: failed without an error:\n%s", when, r.out)
	}
	if !slices.Equal(r.actions, j.actions) {
		s.t.Errorf("%s: the plan has %q, and %q after runs that nothing stops", when, r.actions, j.actions)
	}
	s.completes(when, to, j.actions)
}

// retrying is a realm and two stages to go between with one retry, which waits
// for up to a second.
func retrying(t *testing.T) (s *stopped, ends [2]stage, actions [2][]string) {
	t.Helper()
	s = newStopped(t, "http = { max_concurrency = 1, max_retries = 1 }")
	ends = [2]stage{
		{tftest.CapitalsHCL("a b c") + tftest.UserTypeHCL("educator", "a", "b"), gets{"educator": "a b"}},
		{tftest.ScopesHCL(map[string]string{"a": "A2", "c": "C", "d": "D"}) + tftest.UserTypeHCL("educator", "c", "d"), gets{"educator": "c d"}},
	}
	s.reach(ends[0])
	actions[1] = s.reach(ends[1]).actions
	actions[0] = s.reach(ends[0]).actions
	return s, ends, actions
}

// With retries, a write without a response is sent again if that is safe, and a create without a
// response is read back: the apply completes by itself. If the retry fails too, the next apply continues as
// after any other cut.
func TestAccKeycloakCutAndRetried(t *testing.T) {
	t.Parallel()
	s, ends, actions := retrying(t)
	after := way{action: keycloak.Action{CutAfter: true}}
	k := 0
	for more := true; more; {
		k++
		to := ends[k%2]
		when := fmt.Sprintf("write %d, cut after it", k)
		fired := s.cut(cut{k, after})
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

	s.reach(ends[0])
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
