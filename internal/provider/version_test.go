package provider

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The binary reports the version that it was built with.
func TestVersionOfTheBinary(t *testing.T) {
	t.Parallel()
	dir, err := built.provider()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "terraform-provider-authscopes"), "--version").CombinedOutput()
	if want := "terraform-provider-authscopes " + builtVersion + "\n"; err != nil || string(out) != want {
		t.Errorf("--version says %q, %v, want %q", out, err, want)
	}
}

// agents collects who sent requests.
type agents struct {
	mu    sync.Mutex
	found map[string][]string // User-Agent → requests
}

func (a *agents) note(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.found == nil {
		a.found = map[string][]string{}
	}
	agent := r.Header.Get("User-Agent")
	a.found[agent] = append(a.found[agent], r.Method+" "+r.URL.Path)
}

// before returns the URL of a proxy in front of a stand-in.
func (a *agents) before(t *testing.T, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.note(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// check wants the version in every request, the login included.
func (a *agents) check(t *testing.T, login string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	want := "terraform-provider-authscopes/" + builtVersion
	for agent, requests := range a.found {
		if agent != want {
			t.Errorf("User-Agent %q, want %q, in %v", agent, want, requests)
		}
	}
	if all := strings.Join(a.found[want], "\n"); len(a.found[want]) < 2 && login != "" || !strings.Contains(all, login) {
		t.Errorf("too few requests were seen, or no login: %s", all)
	}
}
