package servers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// jwtSample has the form of a JWT.
const jwtSample = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjIn0.c2ln"

// loginSamples has a value for each way to log in.
func loginSamples() block {
	return block{
		"access_token": "t", "username": "u", "password": "p", "client_secret": "s", "jwt_signing_key": "k",
		"jwt_token": jwtSample, "jwt_token_file": "/tmp/token", "use_oidc": true,
	}
}

func validated(t *testing.T, said block) diag.Diagnostics {
	t.Helper()
	p := withEnv(nil)
	var diags diag.Diagnostics
	found := p.Validate(context.Background(), configOf(t, p, said), &diags)
	return append(diags, shown(found)...)
}

// Two ways to log in are an error that names both, in the block already at validation, and in
// the environment when it is read.
func TestOneWayToLogIn(t *testing.T) {
	samples := loginSamples()
	pairs := 0
	for i, a := range logins() {
		for _, b := range logins()[i+1:] {
			said := block{"url": "https://sso.invalid", "realm": "shop", "client_id": "c", a: samples[a], b: samples[b]}
			if a == "username" {
				said["password"] = "p"
			}
			diags := validated(t, block{"keycloak": said})
			if loginTogether(a, b) {
				if len(diags) > 0 {
					t.Errorf("%s with %s: %v", a, b, diags)
				}
				continue
			}
			pairs++
			wantError(t, a+" with "+b, diags, path.Root("keycloak").AtName(b), "keycloak."+a, "keycloak."+b, messagestest.Summary(messages.ProviderTwoLogins))
			variables := map[string]string{}
			for _, s := range keycloakBlock().Settings {
				if value, ok := said[s.Name]; ok {
					variables[s.Env] = fmt.Sprint(value)
				}
			}
			_, diags = configured(t, withEnv(variables), block{"keycloak": block{}})
			v := Values{settings: keycloakBlock().Settings}
			wantError(t, a+" with "+b+" in the environment", diags, path.Root("keycloak").AtName(b), a, v.variable(a), b, v.variable(b))
		}
	}
	if pairs != 19 {
		t.Errorf("%d pairs exclude each other", pairs)
	}
	if diags := validated(t, block{"keycloak": block{"client_secret": tftypestest.Unknown{}, "jwt_token": jwtSample}}); len(diags) > 0 {
		t.Errorf("a variable that may be null is rejected: %v", diags)
	}
	if diags := validated(t, block{"keycloak": block{"use_oidc": false, "jwt_token": jwtSample}}); len(diags) > 0 {
		t.Errorf("use_oidc = false excludes: %v", diags)
	}
}

// wantError wants a single error at a path, with words and without a secret.
func wantError(t *testing.T, name string, diags diag.Diagnostics, at path.Path, words ...string) {
	t.Helper()
	if len(diags) != 1 {
		t.Errorf("%s: %d diagnostics: %v", name, len(diags), diags)
		return
	}
	d, ok := diags[0].(diag.DiagnosticWithPath)
	if !ok || !d.Path().Equal(at) || d.Severity() != diag.SeverityError {
		t.Errorf("%s: %v is not an error at %s", name, diags[0], at)
	}
	text := diags[0].Summary() + "\n" + diags[0].Detail()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s: no %q in %s", name, word, text)
		}
	}
	if strings.Contains(text, jwtSample) || strings.Contains(text, canary) {
		t.Errorf("%s: a secret in %s", name, text)
	}
}

// A way to log in that the block sets takes precedence over the variables of every other one.
func TestBlockLoginOverEnvironment(t *testing.T) {
	samples := loginSamples()
	all := map[string]string{}
	for _, s := range keycloakBlock().Settings {
		if value, ok := samples[s.Name]; ok {
			all[s.Env] = fmt.Sprint(value)
		}
	}
	for _, name := range append(logins(), "password") {
		kept := map[string]bool{name: true}
		if name == "username" || name == "password" {
			kept["username"], kept["password"], kept["client_secret"], kept["jwt_signing_key"] = true, true, true, true
		}
		object := valuesOf(t, block{name: samples[name]}, all)
		object = object.omit(otherLogins(object)...)
		for login := range samples {
			if got := object.fromEnv(login) != ""; got != kept[login] {
				t.Errorf("%s is set: the variable of %s counts: %t", name, login, got)
			}
		}
	}
	if others := otherLogins(valuesOf(t, block{"client_id": "c", "use_oidc": false}, all)); others != nil {
		t.Errorf("a block without a login excludes %v", others)
	}
}

// valuesOf are the settings of a keycloak block.
func valuesOf(t *testing.T, said block, env map[string]string) Values {
	t.Helper()
	p := withEnv(env)
	var diags diag.Diagnostics
	g, _ := p.read(context.Background(), configOf(t, p, block{"keycloak": said}), &diags)
	if g.block.Name == "" {
		t.Fatal(diags)
	}
	return p.values("keycloak", g.block.Settings, g.object, new([]check.Finding))
}

// use_oidc decides alone: the variables of a CI system select nothing.
func TestWorkloadIdentity(t *testing.T) {
	github := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://ci.invalid/token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": canary}
	with := func(more map[string]string, drop ...string) map[string]string {
		all := map[string]string{}
		for name, value := range github {
			all[name] = value
		}
		for name, value := range more {
			all[name] = value
		}
		for _, name := range drop {
			delete(all, name)
		}
		return all
	}
	base := func(more block) block {
		all := block{"url": "https://sso.invalid", "realm": "shop"}
		for k, v := range more {
			all[k] = v
		}
		return block{"keycloak": all}
	}
	for _, test := range []struct {
		name  string
		env   map[string]string
		said  block
		words []string // of the error; none: it is right
	}{
		{"GitHub", github, base(block{"use_oidc": true}), nil},
		{"by a variable", with(map[string]string{"AUTHSCOPES_KEYCLOAK_USE_OIDC": "true"}), base(nil), nil},
		{"GitLab", map[string]string{"GITLAB_OIDC_TOKEN": jwtSample}, base(block{"use_oidc": true}), nil},
		{"HCP Terraform", map[string]string{"TFC_WORKLOAD_IDENTITY_TOKEN": jwtSample}, base(block{"use_oidc": true}), nil},
		{"another variable", with(map[string]string{"ID_TOKEN": jwtSample}), base(block{"use_oidc": true, "oidc_token_variable": "ID_TOKEN"}), nil},
		{"variables of CI alone", with(map[string]string{"GITLAB_OIDC_TOKEN": jwtSample}), base(nil), []string{"no credentials", "use_oidc"}},
		{"use_oidc is false", github, base(block{"use_oidc": false}), []string{"no credentials"}},
		{
			"no token", nil, base(block{"use_oidc": true}),
			[]string{
				messagestest.Summary(messages.ProviderNoToken), "ACTIONS_ID_TOKEN_REQUEST_URL", "TFC_WORKLOAD_IDENTITY_TOKEN",
				"GITLAB_OIDC_TOKEN", "id-token: write", "id_tokens",
			},
		},
		{
			"half of GitHub", with(nil, "ACTIONS_ID_TOKEN_REQUEST_TOKEN"), base(block{"use_oidc": true}),
			[]string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set", "id-token: write"},
		},
		{
			"two systems", with(map[string]string{"GITLAB_OIDC_TOKEN": jwtSample}), base(block{"use_oidc": true}),
			[]string{"ACTIONS_ID_TOKEN_REQUEST_URL and GITLAB_OIDC_TOKEN are set", "oidc_token_variable"},
		},
		{"missing variable", github, base(block{"use_oidc": true, "oidc_token_variable": "ID_TOKEN"}), []string{"ID_TOKEN is not set"}},
	} {
		d, diags := configured(t, withEnv(test.env), test.said)
		if len(test.words) == 0 {
			if len(diags) > 0 || d.Driver == nil || strings.Contains(fmt.Sprintf("%+v", d.Driver), canary) {
				t.Errorf("%s: %v", test.name, diags)
			}
			continue
		}
		wantError(t, test.name, diags, path.Root("keycloak"), test.words...)
	}
}

// The request for a token carries nothing that is meant for Keycloak.
func TestWorkloadIdentityRequest(t *testing.T) {
	var mu sync.Mutex
	var ci, keycloak http.Header
	var audiences []string // one per login: requests that are sent together can log in one after the other
	servers := func(to *http.Header) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			*to = r.Header.Clone()
			to.Set("Host", r.Host)
			if audience := r.URL.Query().Get("audience"); audience != "" {
				audiences = append(audiences, audience)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"value":%q}`, jwtSample)
		}))
		t.Cleanup(s.Close)
		return s
	}
	hub, sso := servers(&ci), servers(&keycloak)
	d, diags := configured(t, withEnv(map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL": hub.URL + "/?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request",
		"AUTHSCOPES_HTTP_HEADERS": `{"X-Gateway":"` + canary + `","Host":"gateway.example.com"}`,
	}), block{"keycloak": block{"url": sso.URL + "/sso", "realm": "shop", "login_realm": "ops", "use_oidc": true}, "http": block{"max_retries": 0}})
	if diags.HasError() {
		t.Fatal(diags)
	}
	if _, err := d.Driver.(authz.Lister).List(t.Context(), "shop"); err == nil {
		t.Fatal("a login without an access token succeeds")
	}
	mu.Lock()
	defer mu.Unlock()
	if ci.Get("Authorization") != "Bearer request" || ci.Get("X-Gateway") != "" || ci.Get("Host") != strings.TrimPrefix(hub.URL, "http://") {
		t.Errorf("the request for a token has %v", ci)
	}
	if got := slices.Compact(slices.Clone(audiences)); !slices.Equal(got, []string{sso.URL + "/sso/realms/ops"}) {
		t.Errorf("the audiences are %q", audiences)
	}
	if keycloak.Get("X-Gateway") != canary || keycloak.Get("Host") != "gateway.example.com" {
		t.Errorf("the login has %v", keycloak)
	}
}

// Validation needs no server, and finds what no server can make valid.
func TestValidationWithoutServer(t *testing.T) {
	keycloak := func(more block) block { return block{"keycloak": more} }
	for _, test := range []struct {
		name  string
		said  block
		at    path.Path
		words []string
	}{
		{"url without scheme", keycloak(block{"url": "sso.example.com"}), path.Root("keycloak").AtName("url"), []string{"keycloak.url", "KEYCLOAK_URL", "https://"}},
		{"url of a realm", keycloak(block{"url": "https://sso.example.com/auth/realms/shop"}), path.Root("keycloak").
			AtName("url"), []string{`"/auth/realms"`, "realm to the name", "base_path"}},
		{
			"url of the console", keycloak(block{"url": "https://sso.example.com/admin/shop/console/"}),
			path.Root("keycloak").AtName("url"),
			[]string{`"/admin"`, "realm to the name"},
		},
		{
			"url with a password", keycloak(block{"url": "https://u:" + canary + "@sso.example.com"}),
			path.Root("keycloak").AtName("url"),
			[]string{"user name or password"},
		},
		{"admin_url", keycloak(block{"admin_url": "admin.example.com"}), path.Root("keycloak").AtName("admin_url"), []string{"keycloak.admin_url"}},
		{"url of OneLogin", block{"onelogin": block{"url": "example.onelogin.com"}}, path.Root("onelogin").AtName("url"), []string{"onelogin.url"}},
		{"url of Venafi", block{"venafi": block{"url": "tpp.example.com"}}, path.Root("venafi").AtName("url"), []string{"venafi.url"}},
		{"url of ocariot", block{"ocariot": block{"url": "ftp://example.com"}}, path.Root("ocariot").AtName("url"), []string{"ocariot.url"}},
		{"token_url of PACE", block{"pace": block{"token_url": "example.com"}}, path.Root("pace").AtName("token_url"), []string{"pace.token_url"}},
		{"no concurrency", block{"http": block{"max_concurrency": 0}}, path.Root("http").AtName("max_concurrency"), []string{`"0"`, "greater than 0"}},
		{"no rate", block{"http": block{"requests_per_second": 0}}, path.Root("http").AtName("requests_per_second"), []string{`"0"`, "greater than 0"}},
		{
			"negative retries",
			block{"http": block{"max_retries": -1}},
			path.Root("http").AtName("max_retries"),
			[]string{`"-1"`, messagestest.Summary(messages.ProviderValue)},
		},
		{"timeout without a unit", block{"http": block{"request_timeout": "30"}}, path.Root("http").AtName("request_timeout"), []string{`"30"`, `"30s"`}},
	} {
		wantError(t, test.name, validated(t, test.said), test.at, append(test.words, "Invalid provider configuration")...)
	}
	for name, said := range map[string]block{
		"nothing":     {},
		"unknown":     {"keycloak": block{"url": tftypestest.Unknown{}}, "http": block{"max_concurrency": tftypestest.Unknown{}}},
		"a good one":  {"keycloak": block{"url": "https://sso.example.com/auth"}, "http": block{"max_retries": 0, "max_concurrency": 1, "request_timeout": "5s"}},
		"environment": {"keycloak": block{}},
	} {
		if diags := validated(t, said); len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
