package provider

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// backend is one kind of server, with what a configuration for it says.
type backend struct {
	name  string
	block string // of the provider
	// ServerID is a line of a resource, "" where there is no such thing.
	serverID                string
	userType, client, scope string
}

// backends starts one of each, with a scope on it where it can have one. The
// Keycloak is real.
func backends(t *testing.T) map[string]backend {
	t.Helper()
	l := newLab(t, "educator")
	l.CreateScopes(t, "missions:read")
	l.CreatePublicClient(t, "web-shop")
	l.CreatePublicClient(t, "web-api")
	account := onelogin.New(t, onelogin.Options{})
	account.AddAuthServer(77)
	account.AddApp(5, "shop")
	account.Attach(77, 5)
	description := "Read missions"
	account.AddScope(77, "missions:read", &description)
	tpp := venafi.New(t, venafi.Options{})
	tpp.AddApplication("app", "certificate:manage,revoke;ssh")
	platform := ocariot.New(t, ocariot.Options{Direct: true})
	platform.AddUser("educator", "teacher", "pw")
	found := map[string]backend{}
	for _, b := range []backend{
		{"Keycloak", "keycloak = {\n" + l.admin() + "}", "", "educator", "web-shop", "missions:read"},
		{"OneLogin", oneloginBlockHCL(account), `server_id = "77"`, "educator", "5", "missions:read"},
		{"Venafi", venafiBlockHCL(tpp), `server_id = "app"`, "local:{1f1d3a5e-0000-4000-8000-000000000001}", "app", "ssh"},
		{"ocariot", ocariotBlockHCL(platform, `readback = "filter"`), "", "educator", "app", "missions:read"},
		{"PACE", "pace = {\nurl = " + fmt.Sprintf("%q", pace.New(t, pace.Options{}).URL) + "\n}", "", "educator", "app", "missions:read"},
	} {
		found[b.name] = b
	}
	return found
}

func oneloginBlockHCL(s *onelogin.Server) string {
	return fmt.Sprintf("onelogin = {\n  url = %q\n  client_id = \"client-id\"\n  client_secret = \"client-secret\"\n}", s.URL)
}

func venafiBlockHCL(s *venafi.Server) string {
	return fmt.Sprintf("venafi = {\n  url = %q\n  client_id = \"terraform\"\n  username = \"user\"\n  password = \"password\"\n}", s.URL)
}

func ocariotBlockHCL(s *ocariot.Server, more ...string) string {
	return fmt.Sprintf("ocariot = {\n  url = %q\n%s\n}", s.URL, strings.Join(more, "\n"))
}

// serverHCL is the provider configured for one server.
func serverHCL(block string) string { return "provider \"authscopes\" {\n" + block + "\n}\n" }

// cell is one thing that a configuration may ask a server for.
type cell struct {
	address string
	only    string // servers that can do it
	words   string // of the error elsewhere; one of several
	body    func(b backend) string
}

// supportMatrix is what each server can do, as the documentation has it.
func supportMatrix() []cell {
	const (
		scopes  = "Keycloak OneLogin"
		lists   = "Keycloak OneLogin Venafi ocariot"
		types   = "Keycloak Venafi ocariot"
		defined = `scopes = { "new:read" = "Defined" }`
	)
	id := func(lines ...string) func(backend) string {
		return func(b backend) string {
			return strings.NewReplacer("USERTYPE", b.userType, "CLIENT", b.client, "SCOPE", b.scope).Replace(strings.Join(append(lines, b.serverID), "\n"))
		}
	}
	return []cell{
		{"authscopes_server_scope.x", scopes, "Scopes cannot be managed", id(`name = "new:read"`, `description = "New"`)},
		{
			"authscopes_server_scope.settings", "Keycloak", messagestest.Summary(messages.SupportSettings) + "|Scopes cannot be managed",
			id(`name = "new:set"`, `description = "New"`, `settings = { gui_order = "1" }`),
		},
		{"authscopes_server_scopes.x", scopes, "Scopes cannot be managed", id(`scopes = { "all:read" = "All" }`, `manage = ["all:*"]`)},
		{
			"authscopes_server_scopes.overrides", "Keycloak", messagestest.Summary(messages.SupportSettings) + "|Scopes cannot be managed",
			id(`scopes = { "own:read" = "Own" }`, `manage = ["own:*"]`, `overrides = { "own:read" = { gui_order = "1" } }`),
		},
		{"authscopes_user_type_scopes.x", types, "Scopes of user types cannot be managed", id(`user_type = "USERTYPE"`, `scopes = ["SCOPE"]`)},
		{"authscopes_client_scopes.x", scopes, "Scopes of clients cannot be managed", id(`client_id = "CLIENT"`, `optional = ["SCOPE"]`)},
		{
			"authscopes_client_scopes.default", "Keycloak", messagestest.Summary(messages.SupportDefaults) + "|Scopes of clients cannot be managed",
			id(`client_id = "web-api"`, `default = ["SCOPE"]`),
		},
		{"data.authscopes_server_scopes.x", lists, "Scopes cannot be read", id()},
		{"data.authscopes_server_scopes.id", "Keycloak OneLogin Venafi", "has no server IDs|Scopes cannot be read", serverIDLine},
		{"data.authscopes_server_scope.x", lists, "Scopes cannot be read", id(`name = "SCOPE"`)},
		{"data.authscopes_user_type_scopes.x", types, "Scopes of user types cannot be read", id(`user_type = "USERTYPE"`)},
		{"data.authscopes_client_scopes.x", scopes, "Scopes of clients cannot be read", id(`client_id = "CLIENT"`)},
		{"data.authscopes_drift.x", lists, "Scopes cannot be compared", id(defined)},
		{
			"data.authscopes_drift.settings", "Keycloak", messagestest.Summary(messages.SupportSettings) + "|Scopes cannot be compared",
			id(defined, `settings = { gui_order = "1" }`),
		},
		{
			"data.authscopes_drift.types", types, "Scopes of user types cannot be compared|Scopes cannot be compared",
			id(defined, `user_types = { "USERTYPE" = ["SCOPE"] }`),
		},
		{"data.authscopes_pace_check.x", "PACE", messagestest.Summary(messages.SupportDefinitions), func(backend) string { return defined }},
		{"data.authscopes_access_matrix.x", types, messagestest.Summary(messages.SupportMatrix), id(`planned = { "USERTYPE" = ["SCOPE"] }`)},
		{"data.authscopes_definitions.x", lists + " PACE", "", func(backend) string {
			return "documents = {\n  \"a.json\" = <<-END\n" + oneScopeDocument + "\nEND\n}"
		}},
	}
}

const oneScopeDocument = `{"openapi": "3.0.3", "paths": {}, "components": {"securitySchemes": {"o": {"type": "oauth2",
  "flows": {"clientCredentials": {"tokenUrl": "https://sso.example.com/token", "scopes": {"new:read": "New"}}}}}}}`

// serverIDLine names a server id where the server has none.
func serverIDLine(b backend) string {
	if b.serverID == "" && b.name != "Keycloak" {
		return `server_id = "other"`
	}
	return b.serverID
}

func (c cell) text(b backend) string {
	kind, address := "resource", c.address
	if rest, is := strings.CutPrefix(address, "data."); is {
		kind, address = "data", rest
	}
	typ, name, _ := strings.Cut(address, ".")
	return fmt.Sprintf("%s %q %q {\n%s\n}\n", kind, typ, name, c.body(b))
}

// TestAccServers plans every resource and data source on every server: what a
// server cannot do is refused by the plan, with its name and what it can do.
func TestAccServers(t *testing.T) { //nolint:tparallel // backends makes it parallel
	instead := map[string]string{
		"OneLogin": "authscopes_client_scopes",
		"Venafi":   "read-only",
		"ocariot":  "six user types",
		"PACE":     "authscopes_pace_check",
	}
	all := backends(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		server := all[name]
		able, unable := serverHCL(server.block), serverHCL(server.block)
		refused := map[string]string{}
		changes := 0
		for _, c := range supportMatrix() {
			if slices.Contains(strings.Fields(c.only), name) {
				able += c.text(server)
				if !strings.HasPrefix(c.address, "data.") {
					changes = 2
				}
				continue
			}
			unable += c.text(server)
			refused[c.address] = c.words
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAttached(t)
			b.config(able)
			b.plan().ends(changes)
			if len(refused) == 0 {
				return
			}
			b.config(unable)
			found := b.plan().ends(1).byAddress()
			for _, address := range slices.Sorted(maps.Keys(refused)) {
				errs := found[address]
				one := slices.ContainsFunc(strings.Split(refused[address], "|"), func(w string) bool { return len(errs) == 1 && strings.Contains(errs[0], w) })
				helps := one && slices.ContainsFunc([]string{instead[name], "remove server_id", "as optional", "use the data source authscopes_drift"},
					func(w string) bool { return strings.Contains(errs[0], w) })
				if !helps || !strings.Contains(errs[0], name) {
					t.Errorf("%s: %q, want one error with %q that names %s and %q", address, errs, refused[address], name, instead[name])
				}
			}
			if len(found) != len(refused) {
				t.Errorf("errors at %v, want them at %v", slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(refused)))
			}
		})
	}
}

// byAddress are the errors of each resource and data source.
func (o outcome) byAddress() map[string][]string {
	found := map[string][]string{}
	for _, d := range o.Severity("error") {
		found[d.Address] = append(found[d.Address], d.Text())
	}
	return found
}

// TestAccServerSecrets looks for credentials and tokens in the state, and in
// everything that is logged at TRACE.
func TestAccServerSecrets(t *testing.T) {
	t.Parallel()
	const secret, password = "canary-of-the-client", "canary-of-the-user"
	account := onelogin.New(t, onelogin.Options{ClientSecret: secret})
	account.AddAuthServer(77)
	tpp := venafi.New(t, venafi.Options{Password: password})
	tpp.AddApplication("app", "ssh")
	platform := ocariot.New(t, ocariot.Options{})
	platform.AddUser("admin", "root", password)
	platform.AddUser("child", "kid", secret)
	maintenance := pace.New(t, pace.Options{Token: secret})
	without := func(block, line string) string { return serverHCL(strings.Replace(block, line, "", 1)) }
	for _, test := range []struct {
		name, path string
		env        map[string]string
		hcl        string
		headers    func() []http.Header
	}{
		{
			"onelogin", "/scopes",
			map[string]string{"ONELOGIN_CLIENT_SECRET": secret},
			without(oneloginBlockHCL(account), `client_secret = "client-secret"`) + oneScopeHCL("a", "A"),
			func() []http.Header {
				return headersOf(account.Requests(), func(r onelogin.Request) http.Header { return r.Header })
			},
		},
		{
			"venafi", "createrule",
			map[string]string{"AUTHSCOPES_VENAFI_PASSWORD": password},
			without(venafiBlockHCL(tpp), `password = "password"`) + ruleHCL("ssh"),
			func() []http.Header {
				return headersOf(tpp.Requests(), func(r venafi.Request) http.Header { return r.Header })
			},
		},
		{
			"ocariot", "/v1/users/types/child/scopes",
			map[string]string{
				"AUTHSCOPES_OCARIOT_PASSWORD":    password,
				"AUTHSCOPES_OCARIOT_PROBE_USERS": fmt.Sprintf(`{"child": {"username": "kid", "password": %q}}`, secret),
			},
			serverHCL(ocariotBlockHCL(platform, `readback = "filter"`, `username = "root"`)) + kindHCL("child", "children:read"),
			func() []http.Header {
				return headersOf(platform.Requests(), func(r ocariot.Request) http.Header { return r.Header })
			},
		},
		{
			"pace", "/check-scopes",
			map[string]string{"AUTHSCOPES_PACE_ACCESS_TOKEN": secret},
			paceHCL(fmt.Sprintf("url = %q", maintenance.URL)) + paceCheckHCL(`{ a = "A" }`),
			func() []http.Header {
				return headersOf(maintenance.Requests(), func(r pace.Request) http.Header { return r.Header })
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBinary(t)
			maps.Copy(b.env, test.env)
			b.env["TF_LOG"] = "TRACE"
			b.config(test.hcl)
			log := b.run("plan", "-json", "-input=false", "-out=plan").ok().out + b.run("apply", "-json", "plan").ok().out
			canaries := map[string]bool{secret: true, password: true}
			for _, h := range test.headers() {
				if _, token, ok := strings.Cut(h.Get("Authorization"), " "); ok {
					canaries[token] = true
				}
			}
			if len(canaries) < 3 && test.name != "pace" {
				t.Fatal("nothing was sent with a token")
			}
			if !strings.Contains(log, "[TRACE]") || !strings.Contains(log, test.path) {
				t.Errorf("no request to %s is in the log: is it at TRACE?", test.path)
			}
			for name, text := range map[string]string{"log": log, "state": b.read("terraform.tfstate"), "plan": unzip(t, filepath.Join(b.dir, "plan"))} {
				if text == "" {
					t.Errorf("the %s is empty", name)
				}
				for canary := range canaries {
					if i := strings.Index(text, canary); i >= 0 {
						t.Errorf("%q is in the %s: %s", canary, name, text[max(0, i-200):i])
					}
				}
			}
		})
	}
}

func headersOf[R any](requests []R, header func(R) http.Header) []http.Header {
	var all []http.Header
	for _, r := range requests {
		all = append(all, header(r))
	}
	return all
}
