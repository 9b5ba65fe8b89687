package provider

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
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

func TestAccKeycloakUserAgent(t *testing.T) {
	l := newLab(t, "educator")
	var a agents
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		a.note(r)
		return keycloak.Action{}
	})
	b := newBinary(t)
	b.config(l.config(scopesHCL(map[string]string{"a": "A"}), userTypeHCL("educator", "a")))
	b.apply().ok()
	a.check(t, "/protocol/openid-connect/token")
}

func TestAccUserAgentOfServers(t *testing.T) {
	t.Parallel()
	apply := func(t *testing.T, name string, env map[string]string) {
		t.Helper()
		b := example(t, examplesDir+"/complete/"+name)
		maps.Copy(b.env, env)
		if name == "pace" {
			b.Write("main.tf", strings.Replace(b.read("main.tf"), "https://api.pace.cloud", env["PACE_URL"], 1))
		}
		b.run("apply", "-auto-approve", "-input=false", "-json").ok()
	}
	t.Run("onelogin", func(t *testing.T) {
		var a agents
		apply(t, "onelogin", map[string]string{
			"ONELOGIN_API_URL": a.before(t, newAccount(t).URL), "ONELOGIN_CLIENT_ID": "client-id", "ONELOGIN_CLIENT_SECRET": "client-secret",
			"TF_VAR_server_id": "77", "TF_VAR_app_id": "5",
		})
		a.check(t, "token")
	})
	t.Run("venafi", func(t *testing.T) {
		var a agents
		s := newTPP(t, venafi.Options{})
		s.AddApplication("app", "certificate:manage,revoke;ssh")
		apply(t, "venafi", map[string]string{
			"AUTHSCOPES_VENAFI_URL": a.before(t, s.URL), "AUTHSCOPES_VENAFI_CLIENT_ID": "terraform", "AUTHSCOPES_VENAFI_USERNAME": "user",
			"AUTHSCOPES_VENAFI_PASSWORD": "password", "TF_VAR_application_id": "app", "TF_VAR_group": trustee,
		})
		a.check(t, "uthorize")
	})
	t.Run("ocariot", func(t *testing.T) {
		var a agents
		apply(t, "ocariot", map[string]string{
			"AUTHSCOPES_OCARIOT_URL": a.before(t, newPlatform(t).URL), "AUTHSCOPES_OCARIOT_USERNAME": "root", "AUTHSCOPES_OCARIOT_PASSWORD": "pw",
		})
		a.check(t, "auth")
	})
	t.Run("pace", func(t *testing.T) {
		var a agents
		apply(t, "pace", map[string]string{"PACE_URL": a.before(t, pace.New(t, pace.Options{}).URL)})
		a.check(t, "")
	})
}
