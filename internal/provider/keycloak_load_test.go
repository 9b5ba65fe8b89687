package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// A server that limits the rate, that is slow, or that restarts while many scopes are
// created: the apply completes, or the next one does. No scope is created twice.
func TestAccKeycloakUnderLoad(t *testing.T) {
	t.Parallel()
	const scopes = 40
	for name, test := range map[string]struct {
		hook  func() func(*http.Request) keycloak.Action
		fails bool // the first apply
	}{
		"each request is refused once, as too many": {hook: throttled},
		"a restart after 12 writes":                 {hook: func() func(*http.Request) keycloak.Action { return restarted(12, false) }, fails: true},
		"a restart that loses the responses":        {hook: func() func(*http.Request) keycloak.Action { return restarted(12, true) }, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			b := newBinary(t)
			b.config(l.config(fmt.Sprintf(`
				resource "authscopes_server_scopes" "all" {
					scopes = { for i in range(%d) : format("a:%%03d", i) => "" }
				}
			`, scopes)))
			l.proxy.SetHook(test.hook())
			r := b.apply()
			l.proxy.SetHook(nil)
			if failed := r.code != 0; failed != test.fails {
				t.Errorf("the apply ends with %d: %s", r.code, r.out)
			}
			if test.fails {
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
			for i := range scopes {
				same(t, "the roles of a scope", l.ScopeRoles(t, fmt.Sprintf("a:%03d", i)), []string{guardRole})
			}
			b.plan().ends(0)
		})
	}
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
