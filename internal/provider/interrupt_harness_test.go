package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// The tests of interrupted applies use the real terraform, so that plan, apply and state are its
// own. It attaches to a running provider, so that hundreds of applies take minutes.

// stage is a configuration and the scopes that users get by it.
type stage struct {
	hcl  string
	gets gets
}

// gets has the scopes in the tokens of educator, child, buyer (a client role) and a user without
// user type, from a client with all scopes, and the scopes that client app can request.
type gets map[string]string

func getters() []string { return []string{"app", "buyer", "child", "educator", "nobody"} }

func (g gets) has(who, scope string) bool { return slices.Contains(strings.Fields(g[who]), scope) }

// scenario leads from one stage to the other and back. With byHand the scopes a
// and b are made by hand, and lose their guard by hand wherever a user type
// limits them, too: as in a realm that never had a guard.
type scenario struct {
	name     string
	from, to stage
	byHand   bool
}

// stopped is a realm, the people in it, and terraform over a provider that can
// be stopped in the middle.
type stopped struct {
	*lab
	tf     *terraform
	head   string // provider block
	people map[string]keycloak.User
	probe  keycloak.Client
	app    keycloak.Client
	byHand bool                         // see scenario
	at     stage                        // where the realm and the state are
	made   int                          // the number of its scopes that are not built in
	final  map[string]map[string]string // by configuration: what the realm is then
}

func newStopped(t *testing.T, http string) *stopped {
	t.Helper()
	l := &lab{Realm: suite.ForTest(t).NewRealm(t), t: t}
	l.proxy = l.Server.NewProxy(t)
	l.CreateRoles(t, "educator", "child")
	l.CreateClient(t, map[string]any{"clientId": "shop"})
	l.CreateClientRole(t, "shop", "buyer")
	buyer := l.CreateUser(t, "bea")
	l.GrantClientRole(t, buyer, "shop", "buyer")
	s := &stopped{lab: l, people: map[string]keycloak.User{
		"buyer":    buyer,
		"educator": l.CreateUser(t, "eve", "educator"), "child": l.CreateUser(t, "kim", "child"), "nobody": l.CreateUser(t, "nora"),
	}, final: map[string]map[string]string{}}
	s.probe, s.app = l.CreatePublicClient(t, "probe"), l.CreatePublicClient(t, "app")
	s.head = tftest.ProviderHCL(l.account("terraform", "view-clients", "view-realm", "view-users", "manage-clients", "manage-realm"), http)
	s.tf = attached(t)
	return s
}

// attached serves the provider inside of this process until the test ends.
func attached(t *testing.T) *terraform {
	t.Helper()
	return terraformOver(t, map[string]func() tfprotov6.ProviderServer{"hashicorp/authscopes": released})
}

// result is what one command said.
type result struct {
	code     int
	actions  []string // "address action" of each planned change
	tainted  bool     // a change is planned because of a taint
	errors   []string
	warnings []string
	out      string
}

// runTerraform runs a command that writes JSON lines.
func (s *stopped) runTerraform(args ...string) result {
	s.t.Helper()
	r, err := s.try(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// try is does for goroutines.
func (s *stopped) try(args ...string) (result, error) {
	r, err := tftest.Run(s.t.Context(), tftest.Program(s.t), s.tf.dir, s.tf.env, tftest.JSON(args...)...)
	return result{code: r.Code, actions: r.Actions, tainted: r.Tainted, errors: r.Texts("error"), warnings: r.Texts("warning"), out: r.Out}, err
}

func (s *stopped) Write(hcl ...string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.tf.dir, "main.tf"), []byte(s.head+strings.Join(hcl, "\n")), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stopped) apply() result { s.t.Helper(); return s.runTerraform("apply", "-auto-approve") }

// planned plans without keeping the plan; 2 is its code when something is to change.
func (s *stopped) planned() result { s.t.Helper(); return s.runTerraform("plan", "-detailed-exitcode") }

// taints fails the test when the state holds a tainted resource: the next apply
// would destroy it, and take from others what hangs on it.
func (s *stopped) taints(when string) {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.tf.dir, "terraform.tfstate"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(`"tainted"`)) {
		s.t.Errorf("%s: a resource is tainted", when)
	}
}

// sight is what a realm has that its administrator sees in one look.
type sight struct {
	scopes   []keycloak.ClientScope // of one letter
	assigned map[string][]string    // by kind: the scopes that new clients get
	app      map[string][]string    // by kind: the scopes of client app
}

func (s *stopped) look() sight {
	s.t.Helper()
	is := sight{assigned: map[string][]string{}, app: map[string][]string{}}
	is.scopes = slices.DeleteFunc(s.Scopes(s.t), func(scope keycloak.ClientScope) bool { return len(scope.Name) > 1 })
	for _, kind := range []string{keycloak.AssignedDefault, keycloak.AssignedOptional} {
		is.assigned[kind] = ownScopes(s.RealmScopes(s.t, kind))
		is.app[kind] = ownScopes(s.ClientScopes(s.t, s.app, kind))
	}
	return is
}

// tokens logs in all users at a client, and reads the scopes that client app can request. The
// client gets the scopes that new clients get, and if all is true every other one. After a stop,
// all would be too many: a scope that was created and is not limited yet is open, and no client
// has it.
func (s *stopped) tokens(is sight, all bool) gets {
	s.t.Helper()
	has := s.ClientScopes(s.t, s.probe, keycloak.AssignedDefault)
	for _, scope := range is.scopes {
		given := all || slices.Contains(is.assigned[keycloak.AssignedDefault], scope.Name) || slices.Contains(is.assigned[keycloak.AssignedOptional], scope.Name)
		if given && !slices.Contains(has, scope.Name) {
			s.AssignScope(s.t, s.probe, scope, keycloak.AssignedDefault)
		}
	}
	got := gets{"app": strings.Join(append(slices.Clone(is.app[keycloak.AssignedDefault]), is.app[keycloak.AssignedOptional]...), " ")}
	for who, u := range s.people {
		got[who] = strings.Join(ownScopes(s.UserScopes(s.t, s.probe, u)), " ")
	}
	return got
}

// own returns the names of the scopes that are not built in.
func (s *stopped) own() []string {
	s.t.Helper()
	var names []string
	for _, scope := range s.Scopes(s.t) {
		names = append(names, scope.Name)
	}
	return ownScopes(names)
}

// nobodyGains fails the test when a token holds what none of the stages gives.
func (s *stopped) nobodyGains(when string, stages ...stage) {
	s.t.Helper()
	got := s.tokens(s.look(), false)
	for _, who := range getters() {
		for _, scope := range strings.Fields(got[who]) {
			if !slices.ContainsFunc(stages, func(g stage) bool { return g.gets.has(who, scope) }) {
				s.t.Errorf("%s: %s gets %s, which no configuration gives; all get %q", when, who, scope, got)
			}
		}
	}
}

// live is everything of the realm that the provider manages, as text, by name.
func (s *stopped) live(is sight) map[string]string {
	s.t.Helper()
	texts := map[string]string{}
	for kind, names := range is.app {
		texts["client app, "+kind] = strings.Join(names, " ")
	}
	for _, scope := range is.scopes {
		var mappers, assigned []string
		for _, m := range scope.ProtocolMappers {
			mappers = append(mappers, fmt.Sprint(m.Name, m.Config))
		}
		slices.Sort(mappers)
		for kind, names := range is.assigned {
			if slices.Contains(names, scope.Name) {
				assigned = append(assigned, kind)
			}
		}
		texts[scope.Name] = fmt.Sprintf("%s %v %s %v %v", scope.Description, scope.Attributes, assigned, s.RolesOf(s.t, scope), mappers)
	}
	return texts
}

// reach goes to a stage without being stopped, and learns, the first time, what
// the realm is then.
func (s *stopped) reach(to stage) result {
	s.t.Helper()
	s.Write(to.hcl)
	r := s.apply()
	if r.code != 0 {
		s.t.Fatalf("an apply that nothing stops: %q", r.errors)
	}
	s.arrived("without a stop", to)
	return r
}

// arrived fails the test unless all is as the stage says and the plan is empty.
func (s *stopped) arrived(when string, to stage) {
	s.t.Helper()
	s.isAt(when, to)
	if r := s.planned(); r.code != 0 {
		s.t.Fatalf("%s: the plan is not empty: %q %q", when, r.actions, r.errors)
	}
}

// isAt fails the test unless the realm and the tokens are as the stage says.
func (s *stopped) isAt(when string, to stage) {
	s.t.Helper()
	is := s.look()
	s.at, s.made = to, len(is.scopes)
	live := s.live(is)
	if final, ok := s.final[to.hcl]; ok {
		same(s.t, when+": the realm", live, final)
	} else {
		s.final[to.hcl] = live
	}
	got := s.tokens(is, true)
	for _, who := range getters() {
		if got[who] != to.gets[who] {
			s.t.Errorf("%s: %s gets %q, the configuration gives %q", when, who, got[who], to.gets[who])
		}
	}
}

// goesOn verifies the promises after an interrupted apply: no user has gained a scope, nothing is
// tainted, the plan shows the rest, and applying it completes, after which the plan is empty. destroys
// are the changes that may remove a resource.
func (s *stopped) goesOn(when string, to stage, destroys []string) {
	s.t.Helper()
	s.completes(when, to, destroys)
	if r := s.planned(); r.code != 0 {
		s.t.Fatalf("%s, then completed: the plan is not empty: %q %q", when, r.actions, r.errors)
	}
}

// completes is goesOn without the last plan. A plan that does not show the rest leaves the realm as it is:
// then the realm is not as configured.
func (s *stopped) completes(when string, to stage, destroys []string) {
	s.t.Helper()
	s.nobodyGains(when, s.at, to)
	s.taints(when)
	rest := s.apply()
	if rest.tainted {
		s.t.Errorf("%s: the next plan replaces what it calls tainted: %q", when, rest.actions)
	}
	for _, a := range rest.actions {
		if (strings.HasSuffix(a, " delete") || strings.HasSuffix(a, " replace")) && !slices.Contains(destroys, a) {
			s.t.Errorf("%s: the next plan has %q, which was not asked for", when, a)
		}
	}
	if block := pastable(rest.errors); block != "" {
		s.Write(to.hcl, block)
		rest = s.apply()
		s.Write(to.hcl)
	}
	if rest.code != 0 {
		s.t.Fatalf("%s: the next apply does not complete: %q", when, rest.errors)
	}
	s.isAt(when+", then completed", to)
}

// unguard takes the guard off the scopes that were made by hand and that another
// role limits.
func (s *stopped) unguard() {
	s.t.Helper()
	if !s.byHand {
		return
	}
	for _, name := range s.own() {
		if roles := s.ScopeRoles(s.t, name); len(roles) > 1 && slices.Contains(roles, guardRole) {
			s.UnmapRoles(s.t, name, guardRole)
		}
	}
}

// pastable is the import block in the one error that is allowed after a stop:
// that of a single scope which was made before its state could be kept.
func pastable(errs []string) string {
	if len(errs) != 1 || !strings.HasPrefix(errs[0], messagestest.Summary(check.NamesExists)) {
		return ""
	}
	_, rest, _ := strings.Cut(errs[0], "import {")
	block, _, _ := strings.Cut(rest, "\n}")
	return strings.ReplaceAll("import {"+block+"\n}\n", "<name>", "one")
}

// isWrite reports whether a request can change something in a realm.
func isWrite(r *http.Request) bool {
	return r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/admin/") && !strings.HasSuffix(r.URL.Path, "/partial-export")
}

// way is how a write is cut; if dead, no later request gets through.
type way struct {
	name   string
	action keycloak.Action
	dead   bool
}

// deadWays end a run at a write.
func deadWays() []way {
	return []way{
		{"cut before it, and all that follow", keycloak.Action{CutBefore: true}, true},
		{"cut after it, and all that follow", keycloak.Action{CutAfter: true}, true},
	}
}

// aliveWays let the requests after the write through.
func aliveWays() []way {
	return []way{
		{"500 after it", keycloak.Action{Alter: failing}, false},
		{"cut alone, before it", keycloak.Action{CutBefore: true}, false},
		{"cut alone, after it", keycloak.Action{CutAfter: true}, false},
	}
}

// failing returns 500 instead of the server's response.
func failing(resp *http.Response) error {
	const body = `{"error":"unknown_error"}`
	resp.StatusCode, resp.Status = http.StatusInternalServerError, ""
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	resp.Header = http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(body))}}
	return nil
}

// cut cuts a write from now on. The result reports whether there was one.
func (l *lab) cut(c cut) (fired func() bool) {
	var (
		mu sync.Mutex
		n  int
	)
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		if n >= c.write && c.dead {
			return keycloak.Action{CutBefore: true}
		}
		if !isWrite(r) {
			return keycloak.Action{}
		}
		if n++; n == c.write {
			return c.action
		}
		return keycloak.Action{}
	})
	return func() bool {
		l.proxy.SetHook(nil)
		mu.Lock()
		defer mu.Unlock()
		return n >= c.write
	}
}
