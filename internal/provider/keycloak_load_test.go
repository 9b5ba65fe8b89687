package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// loadVariable lets TestAccKeycloakUnderLoad take 45 minutes: `make test-load`.
const loadVariable = "AUTHSCOPES_TEST_LOAD"

// A server that limits the rate, that is slow, or that restarts while many scopes are created: the apply
// completes, or the next one does. No scope is created twice. Under heavy load there are 1,000 scopes, and the
// server accepts one request per second, or takes 2 seconds for each response.
func TestAccKeycloakUnderLoad(t *testing.T) { //nolint:tparallel // newLab makes the subtests parallel
	t.Parallel()
	scopes, writes := 12, 8
	cases := map[string]loadCase{"each request is refused once, as too many": {hook: throttled}}
	if os.Getenv(loadVariable) != "" {
		scopes, writes = 1000, 1000
		cases = map[string]loadCase{
			"no fault":                    {hook: func() func(*http.Request) keycloak.Action { return nil }},
			"one request per second":      {hook: func() func(*http.Request) keycloak.Action { return limited(time.Second) }},
			"2 seconds for each response": {hook: func() func(*http.Request) keycloak.Action { return slow(2 * time.Second) }},
		}
	}
	for name, lost := range map[string]bool{"a restart": false, "a restart that loses the responses": true} {
		cases[name] = loadCase{hook: func() func(*http.Request) keycloak.Action { return restarted(writes, lost) }, fails: true}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { underLoad(t, scopes, c) })
	}
}

type loadCase struct {
	hook  func() func(*http.Request) keycloak.Action
	fails bool // the first apply
}

// underLoad applies many scopes, and again if the first apply fails.
func underLoad(t *testing.T, scopes int, c loadCase) {
	t.Helper()
	l := newLab(t)
	b := newBinary(t)
	b.config(l.config(fmt.Sprintf(`
		resource "authscopes_server_scopes" "all" {
			scopes   = { for i in range(%d) : format("a:%%03d", i) => "" }
			timeouts = { create = "3h" }
		}
	`, scopes)))
	l.proxy.SetHook(c.hook())
	began := time.Now()
	r := b.watched(b.apply)
	t.Logf("%d scopes: %d requests in %s", scopes, len(l.proxy.Requests()), time.Since(began).Round(time.Second))
	l.proxy.SetHook(nil)
	if failed := r.code != 0; failed != c.fails {
		t.Errorf("the apply ends with %d: %s", r.code, r.out)
	}
	if c.fails {
		b.apply().ok()
	}
	for scope, n := range l.created() {
		if n != 1 {
			t.Errorf("%q was created %d times", scope, n)
		}
	}
	if n := len(l.created()); n != scopes {
		t.Errorf("%d scopes were created", n)
	}
	for _, scope := range l.Scopes(t) {
		if strings.HasPrefix(scope.Name, "a:") {
			same(t, "the roles of "+scope.Name, l.RolesOf(t, scope), []string{guardRole})
		}
	}
	b.plan().ends(0)
}

// maxLoadMemory bounds the memory of the provider under load, in MiB: the responses that
// wait must not add up.
const maxLoadMemory = 160

// watched runs a command and fails the test if the provider needs too much memory. Where
// /proc does not exist, it checks nothing.
func (b *binary) watched(run func(...string) outcome) outcome {
	b.t.Helper()
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-stop:
				peak <- most
				return
			case <-tick.C:
				most = max(most, b.providerMemory())
			}
		}
	}()
	r := run()
	close(stop)
	most := <-peak
	b.t.Logf("the provider's peak memory: %d MiB", most)
	if most > maxLoadMemory {
		b.t.Errorf("the provider needs %d MiB, more than %d", most, maxLoadMemory)
	}
	return r
}

// providerMemory returns the peak of the resident memory of the provider that runs in the
// folder, in MiB.
func (b *binary) providerMemory() (peak int) {
	folders, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is valid
	for _, folder := range folders {
		status, err := os.ReadFile(filepath.Join(filepath.Dir(folder), "status"))
		if in, linkErr := os.Readlink(folder); err != nil || linkErr != nil || in != b.dir || !strings.HasPrefix(string(status), "Name:\tterraform-provi") {
			continue
		}
		if _, rest, found := strings.Cut(string(status), "VmHWM:"); found {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0]) // proc(5): a number of KiB
			peak = max(peak, kib/1024)
		}
	}
	return peak
}

// created counts the requests that created a scope, also those whose response was lost.
func (l *lab) created() map[string]int {
	l.t.Helper()
	made := map[string]int{}
	for _, r := range l.proxy.APIRequests() {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.Path, "/client-scopes") || r.Status != http.StatusCreated {
			continue
		}
		var scope struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal([]byte(r.Body), &scope); err != nil {
			l.t.Fatal(err)
		}
		made[scope.Name]++
	}
	return made
}

// throttled refuses every request that is sent for the first time with 429.
func throttled() func(*http.Request) keycloak.Action {
	var mu sync.Mutex
	seen := map[string]int{}
	return func(r *http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		what := r.Method + " " + r.URL.String() + string(body)
		if seen[what]++; seen[what]%2 == 1 || err != nil {
			return keycloak.Action{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}}
		}
		return keycloak.Action{}
	}
}

// restarted closes all connections from the k-th write on until the apply has given up.
// lost is true if the k-th write itself is done.
func restarted(k int, lost bool) func(*http.Request) keycloak.Action {
	var mu sync.Mutex
	writes := 0
	return func(r *http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		if isWrite(r) {
			writes++
		}
		switch {
		case writes < k:
			return keycloak.Action{}
		case writes == k && isWrite(r) && lost:
			return keycloak.Action{CutAfter: true}
		}
		return keycloak.Action{CutBefore: true}
	}
}

// limited accepts one request in each interval and refuses all others.
func limited(interval time.Duration) func(*http.Request) keycloak.Action {
	var mu sync.Mutex
	var next time.Time
	return func(*http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		if time.Now().Before(next) {
			return keycloak.Action{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}}
		}
		next = time.Now().Add(interval)
		return keycloak.Action{}
	}
}

// slow holds each request for a time.
func slow(hold time.Duration) func(*http.Request) keycloak.Action {
	return func(r *http.Request) keycloak.Action {
		select {
		case <-time.After(hold):
		case <-r.Context().Done():
		}
		return keycloak.Action{}
	}
}
