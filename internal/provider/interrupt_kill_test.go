package provider

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// seedVariable repeats a random test: it holds the seed that the test printed.
const seedVariable = "AUTHSCOPES_TEST_SEED"

const killPoints = 12

// mortal is the built provider as a process of its own, which a test can kill:
// Terraform attaches to it.
type mortal struct {
	t        *testing.T
	cmd      *exec.Cmd
	reattach string
	once     *sync.Once
}

func newMortal(t *testing.T) *mortal {
	t.Helper()
	dir, err := built.provider()
	if err != nil {
		t.Fatal(err)
	}
	name := "terraform-provider-authscopes"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	m := &mortal{t: t, cmd: exec.Command(filepath.Join(dir, name), "-debug"), once: &sync.Once{}}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "KEYCLOAK_") && !strings.HasPrefix(e, "AUTHSCOPES_") && !strings.HasPrefix(e, "TF_") {
			m.cmd.Env = append(m.cmd.Env, e)
		}
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.kill)
	for lines := bufio.NewScanner(out); m.reattach == "" && lines.Scan(); {
		if _, text, ok := strings.Cut(lines.Text(), "TF_REATTACH_PROVIDERS="); ok {
			m.reattach = text[strings.Index(text, "{") : strings.LastIndex(text, "}")+1]
		}
	}
	if m.reattach == "" {
		t.Fatal("the provider does not say how to attach to it")
	}
	return m
}

// kill ends the process without a word (SIGKILL) and returns when it is gone.
func (m *mortal) kill() {
	m.once.Do(func() {
		if err := m.cmd.Process.Kill(); err != nil {
			m.t.Errorf("kill: %v", err)
		}
		_ = m.cmd.Wait() // the error is that it was killed
	})
}

// revive lets terraform run with a new process of the provider.
func (s *stopped) revive() *mortal {
	s.t.Helper()
	m := newMortal(s.t)
	s.tf.env = attachedTo(m.reattach)
	return m
}

// killAt kills the provider at the n-th request, counted from the first write on (0: never):
// before the server receives it, or after the server's response. The result is the number of
// requests.
func (s *stopped) killAt(n int, before bool, m *mortal) (count func() int) {
	return s.killWhen(n, before, m, func(seen int, r *http.Request) bool { return seen > 0 || isWrite(r) })
}

// killWhen does so at the n-th request that counts, by how many were seen.
func (s *stopped) killWhen(n int, before bool, m *mortal, counts func(seen int, r *http.Request) bool) (count func() int) {
	var (
		mu   sync.Mutex
		seen int
	)
	s.proxy.SetHook(func(r *http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		if !counts(seen, r) {
			return keycloak.Action{}
		}
		// Requests that have begun when the process dies are completed: only then the effect on
		// the server is known.
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		context.AfterFunc(s.t.Context(), cancel)
		*r = *r.WithContext(ctx)
		if seen++; seen != n {
			return keycloak.Action{}
		}
		if before {
			m.kill()
			return keycloak.Action{CutBefore: true}
		}
		return keycloak.Action{Alter: func(*http.Response) error { m.kill(); return nil }}
	})
	return func() int {
		s.proxy.Idle()
		s.proxy.SetHook(nil)
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// killStages are nothing, and two configurations in which all differs.
func killStages() []stage {
	one := func(description string) string {
		return fmt.Sprintf("resource \"authscopes_server_scope\" \"one\" {\n  name = \"x\"\n  description = %q\n}\n", description)
	}
	const ignore = `ignore = ["x"]`
	return []stage{
		{},
		{
			tftest.ScopesHCL(tftest.Capitals("a b c d o"), ignore, openO) + one("X") + tftest.UserTypeHCL("educator", "a", "b") + tftest.UserTypeHCL("child", "b", "c") +
				clientHCL("app", `default = [authscopes_server_scopes.s.names["a"]]`, `optional = [authscopes_server_scopes.s.names["b"]]`),
			gets{"app": "a b", "educator": "a b o", "child": "b c o", "nobody": "o", "buyer": "o"},
		},
		{
			tftest.ScopesHCL(map[string]string{"a": "other", "b": "", "c": "C", "e": "new", "o": "O"}, ignore,
				`overrides = { b = { access = "everyone", assigned_type = "optional" }, e = { assigned_type = "default" } }`) +
				one("other") + tftest.UserTypeHCL("educator", "c", "o") + tftest.UserTypeHCL("child", "a", "e") +
				clientHCL("app", `default = [authscopes_server_scopes.s.names["b"]]`, `optional = [authscopes_server_scopes.s.names["a"]]`),
			gets{"app": "b a", "educator": "b c o", "child": "a b e", "nobody": "b", "buyer": "b"},
		},
	}
}

// leg is the way from one of the stages to another, by their numbers.
type leg struct{ from, to int }

// killAtRandom kills the provider in the middle of applies, at random requests.
func killAtRandom(t *testing.T) {
	t.Helper()
	random := seeded(t)
	s := newStopped(t, "")
	s.head = "terraform {\n  required_providers {\n    authscopes = { source = \"authscopes/authscopes\" }\n  }\n}\n" + s.head
	m := s.revive()
	stages := killStages()
	actions, requests := s.survey(stages, m)
	for at, kills := 0, 0; kills < killPoints; {
		to := (at + 1 + random.IntN(len(stages)-1)) % len(stages)
		way := leg{at, to}
		n, before := 1+random.IntN(requests[way]), random.IntN(2) == 0
		when := fmt.Sprintf("kill %d, from %d to %d, at request %d of about %d, before it is done: %t", kills+1, at, to, n, requests[way], before)
		count := s.killAt(n, before, m)
		s.Write(stages[to].hcl)
		s.forgetGuard()
		r := s.apply()
		at = to
		if count() < n {
			// Concurrent runs differ in what they read: this one read less.
			s.arrived(when+" (not reached)", stages[to])
			continue
		}
		kills++
		t.Log(when)
		if r.code == 0 {
			t.Errorf("%s: the provider is dead, and the apply went well", when)
		}
		m = s.revive()
		s.goesOn(when, stages[to], actions[way])
	}
}

// The provider is killed at random requests, and at every write of what has no random kill: audiences, all
// grants with client roles, and renames.
func TestAccKeycloakKill(t *testing.T) {
	t.Parallel()
	t.Run("at random", func(t *testing.T) {
		t.Parallel()
		killAtRandom(t)
	})
	audiences := func(settings string) stage {
		return stage{tftest.CapitalsHCL("a", settings) + tftest.UserTypeHCL("educator", "a"), gets{"educator": "a"}}
	}
	for name, stages := range map[string][2]stage{
		"audiences": {audiences(`settings = { included_audiences = ["x", "y"] }`), audiences(`settings = { included_audiences = ["z"] }`)},
		"all grants": {
			{tftest.CapitalsHCL("a b") + grantsStage("a", "b", ""), gets{"educator": "a", "child": "b"}},
			{tftest.CapitalsHCL("a b") + grantsStage("b", "", "a"), gets{"educator": "b", "buyer": "a"}},
		},
		"a rename": {renamedSet("a", "e"), renamedSet("e", "a")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStopped(t, "")
			s.head = "terraform {\n  required_providers {\n    authscopes = { source = \"authscopes/authscopes\" }\n  }\n}\n" + s.head
			m := s.revive()
			s.reach(stages[1])
			s.reach(stages[0])
			at, kills := 0, 0
			for n, reached := 1, true; reached; n++ {
				for _, before := range []bool{n%2 == 1, n%2 == 0} {
					to := 1 - at
					when := fmt.Sprintf("kill at write %d on the way to %d, before it is done: %t", n, to, before)
					count := s.killWhen(n, before, m, func(_ int, r *http.Request) bool { return isWrite(r) })
					s.Write(stages[to].hcl)
					r := s.apply()
					at = to
					if reached = count() >= n; !reached {
						s.arrived(when+" (not reached)", stages[to])
						continue
					}
					kills++
					if r.code == 0 {
						t.Errorf("%s: the provider is dead, and the apply went well", when)
					}
					m = s.revive()
					s.goesOn(when, stages[to], nil)
				}
			}
			if kills < 2 {
				t.Errorf("%d kills", kills)
			}
		})
	}
}

// seeded is a source of random numbers, which the printed seed repeats.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("%s=%d repeats this", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// survey goes every way between three stages, from the first to the first,
// without a kill, and learns what is planned and how many requests it takes from
// the first write on.
func (s *stopped) survey(stages []stage, m *mortal) (actions map[leg][]string, requests map[leg]int) {
	s.t.Helper()
	actions, requests = map[leg][]string{}, map[leg]int{}
	s.reach(stages[0])
	at := 0
	for _, to := range []int{1, 2, 1, 0, 2, 0} {
		count := s.killAt(0, false, m)
		s.Write(stages[to].hcl)
		s.forgetGuard()
		r := s.apply()
		if r.code != 0 {
			s.t.Fatalf("nothing is killed, and yet: %q", r.errors)
		}
		actions[leg{at, to}], requests[leg{at, to}] = r.actions, count()
		s.arrived("without a kill", stages[to])
		at = to
	}
	return actions, requests
}

// forgetGuard deletes the guard role if no scope needs it, so that the next apply creates it
// again.
func (s *stopped) forgetGuard() {
	s.t.Helper()
	if len(s.own()) > 0 {
		return
	}
	if _, found := s.FindRole(s.t, guardRole); found {
		s.DeleteRole(s.t, guardRole)
	}
}
