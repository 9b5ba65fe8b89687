package provider

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// Texts in the credentials of these tests, which must not appear anywhere else.
const (
	canarySecret  = "canary-of-the-secret"
	canaryGateway = "canary-of-the-gateway"
)

// struck is a server behind a proxy that goes wrong.
type struck struct {
	name  string // as errors say it
	proxy *keycloak.Proxy
	// block is the server's in the provider configuration.
	block string
	// resources are two configurations; each is an update of the other. The same
	// twice where the server is only read.
	resources [2]string
	writes    func(r *http.Request) bool
	login     string // the end of the path to log in at
	loginOnly bool   // reading is logging in
	// words returns a server's own error response with a text.
	words    func(status int, text string) any
	canaries []string
}

func struckServers() map[string]func(t *testing.T) *struck {
	method := func(r *http.Request) bool {
		return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/partial-export")
	}
	return map[string]func(t *testing.T) *struck{
		"keycloak": func(t *testing.T) *struck {
			t.Helper()
			l := &lab{Realm: suite.ForTest(t).NewRealm(t), t: t}
			l.proxy = l.Server.NewProxy(t)
			l.CreateRoles(t, "educator")
			c := l.CreateServiceAccount(t, "terraform", "manage-clients", "view-clients", "manage-realm", "view-realm", "view-users")
			set := func(d, s string) string {
				return tftest.ScopesHCL(map[string]string{"a": d, "b": "B"}) + tftest.UserTypeHCL("educator", s)
			}
			return &struck{
				name: "Keycloak", proxy: l.proxy, block: "keycloak = {\n" + l.login(c.ClientID, c.Secret) + "}",
				resources: [2]string{set("A", "a"), set("new", "b")}, writes: method, login: "/openid-connect/token", canaries: []string{c.Secret},
				words: func(_ int, text string) any {
					return map[string]string{"error": "invalid_client", "error_description": text}
				},
			}
		},
		"onelogin": func(t *testing.T) *struck {
			t.Helper()
			s := onelogin.New(t, onelogin.Options{ClientSecret: canarySecret})
			s.AddAuthServer(77)
			s.AddApp(5, "shop")
			p := keycloak.NewProxy(t, s.URL)
			set := func(d, scope string) string {
				return tftest.ScopesHCL(map[string]string{"a": d, "b": "B"}, `server_id = "77"`) +
					fmt.Sprintf("resource \"authscopes_client_scopes\" \"c\" {\n  server_id = \"77\"\n  client_id = \"5\"\n"+
						"  optional = [authscopes_server_scopes.s.names[%q]]\n}\n", scope)
			}
			return &struck{
				name: "OneLogin", proxy: p, block: fmt.Sprintf("onelogin = {\nurl = %q\nclient_id = \"client-id\"\nclient_secret = %q\n}", p.URL, canarySecret),
				resources: [2]string{set("A", "a"), set("new", "b")}, writes: method, login: "/token",
				words: func(status int, text string) any {
					return map[string]any{"statusCode": status, "name": "trouble", "message": text}
				},
			}
		},
		"venafi": func(t *testing.T) *struck {
			t.Helper()
			s := venafi.New(t, venafi.Options{Password: canarySecret})
			s.AddApplication("app", "certificate:approve,manage,revoke;ssh:manage;agent")
			p := keycloak.NewProxy(t, s.URL)
			return &struck{
				name: "Venafi", proxy: p,
				block:     fmt.Sprintf("venafi = {\nurl = %q\nclient_id = \"terraform\"\nusername = \"user\"\npassword = %q\n}", p.URL, canarySecret),
				resources: [2]string{ruleHCL("certificate:manage"), ruleHCL("ssh:manage")},
				writes:    func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "rule") }, login: "/authorize/oauth",
				words: func(_ int, text string) any {
					return map[string]string{"error": "invalid_request", "error_description": text}
				},
			}
		},
		"ocariot": func(t *testing.T) *struck {
			t.Helper()
			s := ocariot.New(t, ocariot.Options{Direct: true})
			s.AddUser("child", "kid", canarySecret)
			p := keycloak.NewProxy(t, s.URL)
			return &struck{
				name: "ocariot", proxy: p,
				block: fmt.Sprintf("ocariot = {\nurl = %q\nreadback = \"login\"\nprobe_users = { child = { username = \"kid\", password = %q } }\n}",
					p.URL, canarySecret),
				resources: [2]string{kindHCL("child", "children:read"), kindHCL("child", "missions:read")}, loginOnly: true,
				writes: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/scopes") }, login: "/auth",
				words: func(status int, text string) any {
					return map[string]any{"code": status, "message": text, "description": text}
				},
			}
		},
		"pace": func(t *testing.T) *struck {
			t.Helper()
			s := pace.New(t, pace.Options{ClientID: "client", ClientSecret: canarySecret})
			p := keycloak.NewProxy(t, s.URL)
			check := paceCheckHCL(`{ a = "A" }`) + "resource \"terraform_data\" \"x\" {}\n"
			return &struck{
				name: "PACE", proxy: p,
				block: fmt.Sprintf("pace = {\nurl = %q\nclient_id = \"client\"\nclient_secret = %q\ntoken_url = %q\n}", p.URL, canarySecret,
					p.URL+strings.TrimPrefix(s.TokenURL(), s.URL)),
				resources: [2]string{check, check}, login: "/token",
				words: func(status int, text string) any {
					return map[string]any{"errors": []map[string]string{{"title": text, "status": strconv.Itoa(status)}}}
				},
			}
		},
	}
}

// repeats responds as a server that quotes the whole request in its error.
func (s *struck) repeats(status int) func(*http.Request) keycloak.Action {
	return func(r *http.Request) keycloak.Action {
		body, _ := io.ReadAll(r.Body)
		text := string(body)
		for name, values := range r.Header {
			text += fmt.Sprintf(" %s: %s", name, strings.Join(values, ","))
		}
		answer, err := json.Marshal(s.words(status, text))
		if err != nil {
			return keycloak.Action{CutBefore: true}
		}
		return keycloak.Action{Status: status, Header: http.Header{"Content-Type": {s.mediaType()}}, Body: string(answer)}
	}
}

func (s *struck) mediaType() string {
	if s.name == "PACE" {
		return pace.MediaType
	}
	return "application/json"
}

func acts(a keycloak.Action) func(*http.Request) keycloak.Action {
	return func(*http.Request) keycloak.Action { return a }
}

// done lets the server do the request and replaces the response.
func done(a keycloak.Action) func(*http.Request) keycloak.Action {
	return acts(keycloak.Action{Alter: func(resp *http.Response) error {
		resp.StatusCode, resp.Status, resp.ContentLength = a.Status, "", int64(len(a.Body))
		resp.Header = a.Header.Clone()
		resp.Header.Set("Content-Length", strconv.Itoa(len(a.Body)))
		resp.Body = io.NopCloser(strings.NewReader(a.Body))
		return nil
	}})
}

// Nothing is lost and no secret is disclosed, whatever fails: a failed read does not change the
// state, a failed write stores what the server has, and the next apply continues.
func TestAccFaults(t *testing.T) {
	t.Parallel()
	for name, start := range struckServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			w := newWatched(t, s)
			reading := map[string]func(*http.Request) keycloak.Action{
				"cut":          acts(keycloak.Action{CutBefore: true}),
				"HTML":         acts(keycloak.HTML(200)),
				"HTML 404":     acts(keycloak.HTML(404)),
				"empty":        acts(keycloak.Action{Status: 200}),
				"repeated 401": s.repeats(401),
				"repeated 400": s.repeats(400),
			}
			writing := map[string]func(*http.Request) keycloak.Action{
				"cut after":    acts(keycloak.Action{CutAfter: true}),
				"500, done":    done(keycloak.HTML(500)),
				"HTML, done":   done(keycloak.HTML(200)),
				"repeated 403": s.repeats(403),
				"redirect":     acts(keycloak.Action{Status: 307, Header: http.Header{"Location": {"http://127.0.0.1:1/elsewhere"}}}),
			}
			if s.writes != nil {
				w.config(s.resources[0])
				w.strike(s.writes, s.repeats(403))
				w.apply().ends(1)
				w.strike(nil, nil)
			}
			w.config(s.resources[0])
			w.apply().ok()
			for _, what := range slices.Sorted(maps.Keys(reading)) {
				before := w.resources()
				for _, part := range []string{"login", "api"} {
					if s.loginOnly && part == "api" {
						continue
					}
					w.strike(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, s.login) == (part == "login") }, reading[what])
					w.failed(what+" of "+part, w.run("apply", "-json", "-refresh-only", "-auto-approve", "-input=false"))
					w.plan().ends(1)
				}
				w.strike(nil, nil)
				if after := w.resources(); !reflect.DeepEqual(before, after) {
					t.Errorf("%s while reading changed the state:\n%v\nwas\n%v", what, after, before)
				}
			}
			for i, what := range slices.Sorted(maps.Keys(writing)) {
				if s.writes == nil {
					break
				}
				w.config(s.resources[(i+1)%2])
				w.strike(s.writes, writing[what])
				if o := w.apply(); o.code != 0 {
					w.failed(what, o)
				}
				w.strike(nil, nil)
				stored := w.resources()
				w.run("apply", "-refresh-only", "-auto-approve", "-input=false").ok()
				if is := w.resources(); !reflect.DeepEqual(stored, is) {
					t.Errorf("%s while writing left in the state\n%v\nand the server has\n%v", what, stored, is)
				}
				w.apply().ok()
			}
			w.plan().ends(0)
			w.crash(s)
			w.noSecrets(s)
		})
	}
}

// watched is a folder that keeps everything that Terraform wrote.
type watched struct {
	*binary
	s    *struck
	mu   sync.Mutex
	sent map[string]bool // tokens that were sent
	text strings.Builder
}

func newWatched(t *testing.T, s *struck) *watched {
	t.Helper()
	w := &watched{binary: newBinary(t), s: s, sent: map[string]bool{}}
	w.env["TF_LOG"], w.env["TF_LOG_PROVIDER"] = "TRACE", "TRACE"
	w.strike(nil, nil)
	return w
}

// config writes the provider's configuration, with every credential, and hcl.
func (w *watched) config(hcl string) {
	w.t.Helper()
	cert, key := newAuthority(w.t).issue(w.t, nil)
	lines := strings.Split(strings.TrimSpace(key), "\n")
	w.s.canaries = append(w.s.canaries, lines[1]) // what is between BEGIN and END
	w.binary.config("provider \"authscopes\" {\n"+w.s.block+fmt.Sprintf("\nhttp = {\n  max_retries = 0\n  headers = { X-Gateway = %q, X-Quoted = %q }\n  client_certificate = %q\n  client_key = %q\n}\n}\n",
		canaryGateway, "\""+canaryGateway+`\`, cert, key), hcl)
}

// strike lets the requests that match go wrong.
func (w *watched) strike(match func(*http.Request) bool, how func(*http.Request) keycloak.Action) {
	w.s.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
			w.mu.Lock()
			w.sent[token] = true
			w.mu.Unlock()
		}
		if match == nil || !match(r) {
			return keycloak.Action{}
		}
		return how(r)
	})
}

// run runs a command, and keeps what it wrote.
func (w *watched) run(args ...string) outcome {
	w.t.Helper()
	o := w.binary.run(args...)
	w.text.WriteString(o.out)
	w.text.WriteString(w.read("terraform.tfstate"))
	return o
}

func (w *watched) apply() outcome {
	w.t.Helper()
	return w.run("apply", "-json", "-auto-approve", "-input=false")
}

func (w *watched) plan() outcome {
	w.t.Helper()
	return w.run("plan", "-json", "-input=false", "-detailed-exitcode", "-out=plan")
}

// failed requires errors that name the server and state what to do.
func (w *watched) failed(what string, o outcome) {
	w.t.Helper()
	o.ends(1)
	for _, e := range o.errors {
		_, detail, _ := strings.Cut(e, "\n")
		advice, original, two := strings.Cut(detail, "\n\n")
		if !strings.Contains(advice, w.s.name) || !two || advice == "" || original == "" || strings.Contains(e, "report it as a defect") {
			w.t.Errorf("%s: the error does not name %s, what to do and what happened:\n%s", what, w.s.name, e)
		}
	}
	if len(o.errors) == 0 {
		w.t.Errorf("%s: no error", what)
	}
}

// resources is the state without its serial number.
func (w *watched) resources() any {
	w.t.Helper()
	var state struct {
		Resources []struct {
			Mode, Type, Name string
			Instances        []struct {
				Status     string
				Attributes any
			}
		}
	}
	if text := w.read("terraform.tfstate"); text != "" {
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			w.t.Fatal(err)
		}
	}
	managed := state.Resources[:0]
	for _, r := range state.Resources {
		for _, i := range r.Instances {
			if i.Status != "" {
				w.t.Errorf("%s.%s is %s", r.Type, r.Name, i.Status)
			}
		}
		if r.Mode == "managed" {
			managed = append(managed, r)
		}
	}
	return managed
}

// crash ends the provider, while a request is under way, as a panic does: it
// writes the stacks of all goroutines.
func (w *watched) crash(s *struck) {
	w.t.Helper()
	if runtime.GOOS != "linux" {
		w.t.Log("no crash: the provider's process is found by /proc")
		return
	}
	var once sync.Once
	w.strike(func(*http.Request) bool { return true }, func(r *http.Request) keycloak.Action {
		once.Do(func() {
			for _, p := range w.providers() {
				if err := p.Signal(quit); err != nil {
					w.t.Error(err)
				}
			}
		})
		<-r.Context().Done()
		return keycloak.Action{CutBefore: true}
	})
	o := w.plan()
	w.strike(nil, nil)
	if !strings.Contains(o.out, "goroutine ") {
		w.t.Errorf("the provider of %s did not crash:\n%.2000s", s.name, o.out)
	}
}

// providers are the provider's processes in this folder.
func (w *watched) providers() []*os.Process {
	var found []*os.Process
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		program, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(program, built.dir+"/") {
			continue
		}
		if in, err := os.Readlink(filepath.Join(filepath.Dir(link), "cwd")); err != nil || in != w.dir {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			continue
		}
		if p, err := os.FindProcess(pid); err == nil {
			found = append(found, p)
		}
	}
	return found
}

// noSecrets looks for the credentials, and for tokens, in everything.
func (w *watched) noSecrets(s *struck) {
	w.t.Helper()
	w.plan() // one that can be read
	all := map[string]string{"output or log": w.text.String(), "plan": unzip(w.t, filepath.Join(w.dir, "plan"), "tfconfig/")}
	if !strings.Contains(all["output or log"], "[TRACE]") || !strings.Contains(all["output or log"], "HTTP request") {
		w.t.Error("the log is not at TRACE, or has no request in it")
	}
	canaries := append(slices.Clone(s.canaries), canarySecret, canaryGateway)
	sent := 0
	for token := range w.sent {
		canaries = append(canaries, token)
		sent++
	}
	if sent == 0 && s.name != "ocariot" {
		w.t.Error("nothing was sent with a token")
	}
	for where, text := range all {
		for _, canary := range canaries {
			if i := strings.Index(text, canary); i >= 0 {
				w.t.Errorf("%q is in the %s: %s", canary, where, text[max(0, i-300):i])
			}
		}
	}
}
