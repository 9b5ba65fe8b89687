package servers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

// block is what a configuration says in one block, or for one attribute.
type block = tftypestest.Block

// configOf is a provider configuration; what it does not say is null. A value is
// a string, a bool, a number, a map of texts, a block, or tftypestest.Unknown.
func configOf(t *testing.T, c Config, said block) tfsdk.Config {
	t.Helper()
	ctx := context.Background()
	all := schema.Schema{Attributes: c.Attributes()}
	if d := all.ValidateImplementation(ctx); d.HasError() {
		t.Fatal(d)
	}
	return tfsdk.Config{Schema: all, Raw: tftypestest.Value(all.Type().TerraformType(ctx), said)}
}

func configured(t *testing.T, c Config, said block) (Server, diag.Diagnostics) {
	t.Helper()
	var diags diag.Diagnostics
	s, found := c.Configure(context.Background(), configOf(t, c, said), &diags)
	return s, append(diags, shown(found)...)
}

// shown returns the messages of findings, as the provider makes them.
func shown(found []check.Finding) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, f := range found {
		summary, detail := messages.Text(messages.About{Finding: f})
		var at path.Path
		for i, step := range strings.Split(f.Path, ".") {
			if at = at.AtName(step); i == 0 {
				at = path.Root(step)
			}
		}
		if f.Severity == check.Warn {
			diags.AddAttributeWarning(at, summary, detail)
			continue
		}
		diags.AddAttributeError(at, summary, detail)
	}
	return diags
}

// withEnv is the provider as it is released, with an environment of its own.
func withEnv(env map[string]string) Config {
	return Config{Version: "1.2.3", Env: func(name string) string { return env[name] }, Blocks: All()}
}

// The community provider's names with its meanings, and ours for the rest.
func TestEnvironmentOfKeycloak(t *testing.T) {
	want := map[string]string{
		"url": "KEYCLOAK_URL", "admin_url": "KEYCLOAK_ADMIN_URL", "realm": "AUTHSCOPES_KEYCLOAK_REALM",
		"login_realm": "KEYCLOAK_REALM", "base_path": "AUTHSCOPES_KEYCLOAK_BASE_PATH",
		"client_id": "KEYCLOAK_CLIENT_ID", "client_secret": "KEYCLOAK_CLIENT_SECRET", "username": "KEYCLOAK_USER", "password": "KEYCLOAK_PASSWORD",
		"access_token": "AUTHSCOPES_KEYCLOAK_ACCESS_TOKEN", "jwt_signing_key": "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_KEY",
		"jwt_token": "KEYCLOAK_JWT_TOKEN", "jwt_token_file": "KEYCLOAK_JWT_TOKEN_FILE",
		"use_oidc": "AUTHSCOPES_KEYCLOAK_USE_OIDC", "oidc_audience": "AUTHSCOPES_KEYCLOAK_OIDC_AUDIENCE",
		"oidc_token_variable": "AUTHSCOPES_KEYCLOAK_OIDC_TOKEN_VARIABLE",
		"jwt_signing_alg":     "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_ALG", "guard_role": "AUTHSCOPES_KEYCLOAK_GUARD_ROLE",
		"verify_guard_holders": "AUTHSCOPES_KEYCLOAK_VERIFY_GUARD_HOLDERS", "allow_master": "AUTHSCOPES_KEYCLOAK_ALLOW_MASTER",
	}
	settings := keycloakBlock().Settings
	for _, s := range settings {
		if want[s.Name] != s.Env {
			t.Errorf("%s comes from %s, want %s", s.Name, s.Env, want[s.Name])
		}
	}
	if len(settings) != len(want) {
		t.Errorf("%d settings, want %d", len(settings), len(want))
	}
}

// Each setting has a variable of its own, a description that names it, and
// hides its value when it is a secret.
func TestSettings(t *testing.T) {
	seen := map[string]string{}
	blocks := map[string][]Setting{"http": httpSettings()}
	for _, b := range All() {
		blocks[b.Name] = b.Settings
	}
	for name, settings := range blocks {
		for _, s := range settings {
			where := name + "." + s.Name
			if other, taken := seen[s.Env]; taken || s.Env == "" {
				t.Errorf("%s and %s share the variable %q", where, other, s.Env)
			}
			seen[s.Env] = where
			a := s.attribute()
			if !a.IsOptional() || !strings.Contains(a.GetMarkdownDescription(), "`"+s.Env+"`") {
				t.Errorf("%s: optional %t, description %q", where, a.IsOptional(), a.GetMarkdownDescription())
			}
			if s.Kind != LoginsKind && a.IsSensitive() != s.Secret {
				t.Errorf("%s: sensitive %t, secret %t", where, a.IsSensitive(), s.Secret)
			}
			for _, word := range []string{"secret", "password", "access_token", "refresh_token", "_key", "headers"} {
				if strings.Contains(s.Name, word) && !s.Secret {
					t.Errorf("%s is not a secret", where)
				}
			}
		}
	}
	logins := Setting{Name: "l", Env: "L", Kind: LoginsKind}.attribute().(schema.MapNestedAttribute).NestedObject.Attributes
	if !logins["password"].IsSensitive() {
		t.Error("a login's password is not sensitive")
	}
}

// sample is a value of a kind: in the environment, in a configuration, and what
// the other one is.
func sample(k Kind) (env string, fromEnv any, written, other any) {
	switch k {
	case FlagKind:
		return "true", true, false, false
	case WholeKind:
		return "7", 7, 3, 3
	case NumberKind:
		return "1.5", 1.5, 2.5, 2.5
	case DurationKind:
		return "40s", "40s", "2m0s", "2m0s"
	case TextsKind:
		return `{"X-A":"env"}`, "map[X-A:env]", block{"X-B": "written"}, "map[X-B:written]"
	case LoginsKind:
		return `{"child":{"username":"u","password":"env"}}`, "map[child:{u env}]",
			block{"child": block{"username": "w", "password": "written"}}, "map[child:{w written}]"
	}
	return "from the environment", "from the environment", "written", "written"
}

func read(v Values, s Setting) any {
	switch s.Kind {
	case FlagKind:
		return v.flag(s.Name)
	case WholeKind:
		return v.whole(s.Name)
	case NumberKind:
		return v.number(s.Name)
	case DurationKind:
		return v.duration(s.Name).String()
	case TextsKind:
		return fmt.Sprint(v.texts(s.Name))
	case LoginsKind:
		return fmt.Sprint(v.logins(s.Name))
	}
	return v.str(s.Name)
}

// Every setting comes from its variable, and what is written wins.
func TestEverySettingFromTheEnvironment(t *testing.T) {
	recorded := map[string]any{}
	var found []check.Finding
	record := func(b Block) Block {
		b.Settings = slices.Clone(b.Settings)
		for i := range b.Settings {
			b.Settings[i].Check = nil // the values are samples
		}
		b.Build = func(v Values, _ *http.Client) (authz.Driver, error) {
			for _, s := range b.Settings {
				recorded[s.Name] = read(v, s)
			}
			found = append(found, *v.found...)
			return drivertest.NewMemory("shop"), nil
		}
		return b
	}
	for _, b := range append(All(), Block{Name: "transport", Settings: httpSettings()}) {
		env, said := map[string]string{}, block{}
		for _, s := range b.Settings {
			if b.Name == "ocariot" && s.Name == "ca_certificate" || b.Name == "transport" && (strings.Contains(s.Name, "certificate") || s.Name == "client_key") {
				continue // a file or PEM: see TestConfigurationErrors
			}
			env[s.Env], _, said[s.Name], _ = sample(s.Kind)
		}
		b := record(b)
		p := Config{Env: func(name string) string { return env[name] }, Blocks: []Block{b}}
		for _, written := range []bool{false, true} {
			config := block{}
			if written {
				config = said
			}
			b.Transport = nil
			if _, diags := configured(t, p, block{b.Name: config}); diags.HasError() {
				t.Fatalf("%s: %v", b.Name, diags)
			}
			for _, s := range b.Settings {
				if _, given := said[s.Name]; !given {
					continue
				}
				_, want, _, other := sample(s.Kind)
				if written {
					want = other
				}
				if recorded[s.Name] != want {
					t.Errorf("%s.%s is %v, want %v (written: %t)", b.Name, s.Name, recorded[s.Name], want, written)
				}
			}
		}
	}
	if len(found) > 0 {
		t.Error(found)
	}
}

// An empty block plus the environment is enough, makes no request, and keeps the
// secrets to itself.
func TestConfigureFromTheEnvironment(t *testing.T) {
	d, diags := configured(t, withEnv(map[string]string{
		"KEYCLOAK_URL": "https://sso.invalid", "AUTHSCOPES_KEYCLOAK_REALM": "shop", "KEYCLOAK_CLIENT_ID": "terraform", "KEYCLOAK_CLIENT_SECRET": canary,
	}), block{"keycloak": block{}})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	id, err := d.Driver.ServerID("")
	if id != "shop" || err != nil || d.Caps.Server != "Keycloak" {
		t.Errorf("%q, %v, %q", id, err, d.Caps.Server)
	}
	if text := fmt.Sprintf("%+v %v", d.Driver, d.Caps); strings.Contains(text, canary) {
		t.Errorf("the driver shows its secret: %s", text)
	}
}

// canary is a secret that no message may show.
const canary = "c4n4ry-s3cr3t"

// An invalid value is an error that names the attribute and its variable, and contains no secret.
func TestConfigurationErrors(t *testing.T) {
	good := func(more block) block {
		all := block{"url": "https://sso.invalid", "realm": "shop", "client_id": "c", "client_secret": canary}
		for k, v := range more {
			all[k] = v
		}
		return block{"keycloak": all}
	}
	with := func(http block) block {
		all := good(nil)
		all["http"] = http
		return all
	}
	env := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, test := range []struct {
		name   string
		env    map[string]string
		config block
		words  []string
	}{
		{
			"duration without unit", nil, with(block{"request_timeout": "30"}),
			[]string{`http.request_timeout (or AUTHSCOPES_HTTP_REQUEST_TIMEOUT) is "30"`, `such as "30s"`},
		},
		{
			"duration of the environment", env("AUTHSCOPES_HTTP_REQUEST_TIMEOUT", "soon"), good(nil),
			[]string{`AUTHSCOPES_HTTP_REQUEST_TIMEOUT) is "soon"`, messagestest.Summary(messages.ProviderValue)},
		},
		{"no time", nil, with(block{"request_timeout": "0s"}), []string{"http.request_timeout", "longer than zero"}},
		{"negative time", nil, with(block{"request_timeout": "-1s"}), []string{"http.request_timeout", "longer than zero"}},
		{
			"whole number", env("AUTHSCOPES_HTTP_MAX_RETRIES", "many"), good(nil),
			[]string{`http.max_retries (or AUTHSCOPES_HTTP_MAX_RETRIES) is "many"`, "a whole number"},
		},
		{
			"half a number", env("AUTHSCOPES_HTTP_MAX_CONCURRENCY", "1.5"), good(nil),
			[]string{"http.max_concurrency (or AUTHSCOPES_HTTP_MAX_CONCURRENCY)", "a whole number"},
		},
		{"negative retries", nil, with(block{"max_retries": -1}), []string{"http.max_retries", messagestest.Summary(messages.ProviderValue)}},
		{"negative concurrency", env("AUTHSCOPES_HTTP_MAX_CONCURRENCY", "-3"), good(nil), []string{"http.max_concurrency", `"-3"`, "greater than 0"}},
		{
			"number", env("AUTHSCOPES_HTTP_REQUESTS_PER_SECOND", "fast"), good(nil),
			[]string{`http.requests_per_second (or AUTHSCOPES_HTTP_REQUESTS_PER_SECOND) is "fast"`, "a number"},
		},
		{"negative rate", nil, with(block{"requests_per_second": -1.5}), []string{"http.requests_per_second", "greater than 0"}},
		{
			"no concurrency of the environment", env("AUTHSCOPES_HTTP_MAX_CONCURRENCY", "0"), good(nil),
			[]string{`http.max_concurrency (or AUTHSCOPES_HTTP_MAX_CONCURRENCY) is "0"`, "greater than 0"},
		},
		{
			"url of a realm in the environment", env("KEYCLOAK_URL", "https://sso.invalid/realms/shop"),
			block{"keycloak": block{"realm": "shop", "access_token": canary}},
			[]string{`keycloak.url (or KEYCLOAK_URL) has the path "/realms"`, "realm to the name"},
		},
		{"flag", env("AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY", "yes"), good(nil), []string{`AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY) is "yes"`, "true or false"}},
		{
			"flag of a server", env("AUTHSCOPES_KEYCLOAK_ALLOW_MASTER", "maybe"), good(nil),
			[]string{`keycloak.allow_master (or AUTHSCOPES_KEYCLOAK_ALLOW_MASTER) is "maybe"`, "true or false"},
		},
		{"read_only", env("AUTHSCOPES_READ_ONLY", "on"), good(nil), []string{`provider.read_only (or AUTHSCOPES_READ_ONLY) is "on"`, "true or false"}},
		{
			"JSON", env("AUTHSCOPES_HTTP_HEADERS", `{"Authorization":"`+canary), good(nil),
			[]string{"http.headers comes from AUTHSCOPES_HTTP_HEADERS", messagestest.Summary(messages.ProviderJSON)},
		},
		{
			"JSON of another shape", env("AUTHSCOPES_HTTP_HEADERS", `{"Authorization":["`+canary+`"]}`),
			good(nil),
			[]string{"http.headers comes from AUTHSCOPES_HTTP_HEADERS"},
		},
		{"certificate authority", nil, with(block{"ca_certificate": "/does/not/exist"}), []string{"ca_certificate"}},
		{"client key", nil, with(block{"client_certificate": "/does/not/exist", "client_key": canary}), []string{"client_certificate"}},
		{"header with a line break", nil, with(block{"headers": block{"X-A": canary + "\r\nX-B: c"}}), []string{"headers", "X-A"}},
		{
			"no url", nil,
			block{"keycloak": block{"realm": "shop", "client_id": "c", "client_secret": canary}},
			[]string{"url", "The environment can set further attributes: KEYCLOAK_URL"},
		},
		{
			"no id", nil,
			block{"onelogin": block{"url": "https://a.invalid", "client_secret": canary}},
			[]string{"onelogin.client_id", "The environment can set further attributes: ONELOGIN_CLIENT_ID."},
		},
		{"url with a password", nil, good(block{"url": "https://user:" + canary + "@sso.invalid"}), []string{"url"}},
		{
			"no credentials", nil,
			block{"keycloak": block{"url": "https://sso.invalid", "realm": "shop", "client_secret": canary}},
			[]string{"no credentials are configured", "client_id with client_secret"},
		},
		{"signing key", nil, good(block{"jwt_signing_key": canary}), []string{"jwt_signing_key"}},
	} {
		_, diags := configured(t, withEnv(test.env), test.config)
		errs := diags.Errors()
		if len(errs) != 1 {
			t.Errorf("%s: %d errors: %v", test.name, len(errs), errs)
			continue
		}
		text := errs[0].Summary() + "\n" + errs[0].Detail()
		for _, word := range append(test.words, "Invalid provider configuration") {
			if !strings.Contains(text, word) {
				t.Errorf("%s: no %q in %s", test.name, word, text)
			}
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s: the error shows the secret: %s", test.name, text)
		}
	}
}

// All mistakes are reported at once.
func TestConfigurationErrorsTogether(t *testing.T) {
	_, diags := configured(t, withEnv(map[string]string{"AUTHSCOPES_HTTP_MAX_RETRIES": "x", "AUTHSCOPES_READ_ONLY": "y"}),
		block{"keycloak": block{}, "http": block{"request_timeout": "z"}})
	if len(diags.Errors()) != 3 {
		t.Errorf("%v", diags)
	}
}

func TestConfigureWarnsOfInsecure(t *testing.T) {
	d, diags := configured(t, withEnv(map[string]string{"AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY": "true"}),
		block{"keycloak": block{"url": "https://sso.invalid", "realm": "shop", "access_token": canary}})
	if d.Driver == nil || diags.HasError() || diags.WarningsCount() != 1 || !strings.Contains(diags[0].Detail(), "insecure_skip_verify") {
		t.Errorf("%v", diags)
	}
}

// At most one server, which validation already checks.
func TestAtMostOneServer(t *testing.T) {
	validate := func(said block) diag.Diagnostics {
		p := withEnv(nil)
		var diags diag.Diagnostics
		found := p.Validate(context.Background(), configOf(t, p, said), &diags)
		return append(diags, shown(found)...)
	}
	names := make([]string, 0, len(All()))
	for _, s := range All() {
		names = append(names, s.Name)
		if diags := validate(block{s.Name: block{}}); len(diags) > 0 {
			t.Errorf("%s alone: %v", s.Name, diags)
		}
		if diags := validate(block{s.Name: tftypestest.Unknown{}}); len(diags) > 0 {
			t.Errorf("%s is unknown: %v", s.Name, diags)
		}
	}
	if none := validate(block{"http": block{}}); len(none) > 0 {
		t.Errorf("none: %v", none)
	}
	if len(names) < 2 {
		return
	}
	two := validate(block{names[0]: block{}, names[1]: block{}})
	d, ok := two[0].(diag.DiagnosticWithPath)
	if len(two) != 1 || !ok || !d.Path().Equal(path.Root(names[1])) || !strings.Contains(d.Detail(), names[0]+" and "+names[1]) {
		t.Errorf("two: %v", two)
	}
}

// The first unknown attribute is named, wherever it is.
func TestUnknownConfiguration(t *testing.T) {
	for _, test := range []struct {
		want string
		said block
	}{
		{"", block{"keycloak": block{"url": "https://sso.invalid", "realm": "r", "access_token": "t"}}},
		{"keycloak", block{"keycloak": tftypestest.Unknown{}}},
		{"keycloak.url", block{"keycloak": block{"url": tftypestest.Unknown{}}}},
		{"keycloak.client_secret", block{"keycloak": block{"client_secret": tftypestest.Unknown{}}}},
		{"keycloak.allow_master", block{"keycloak": block{"allow_master": tftypestest.Unknown{}}}},
		{"http", block{"keycloak": block{}, "http": tftypestest.Unknown{}}},
		{"http.headers", block{"keycloak": block{}, "http": block{"headers": tftypestest.Unknown{}}}},
		{"http.headers", block{"keycloak": block{}, "http": block{"headers": block{"X-A": tftypestest.Unknown{}}}}},
		{"http.max_retries", block{"keycloak": block{}, "http": block{"max_retries": tftypestest.Unknown{}}}},
		{"read_only", block{"keycloak": block{}, "read_only": tftypestest.Unknown{}}},
	} {
		d, diags := configured(t, withEnv(nil), test.said)
		if diags.HasError() || d.Block == "" {
			t.Errorf("%s: %v", test.want, diags)
			continue
		}
		if d.Unknown != test.want || (d.Driver == nil) != (test.want != "") {
			t.Errorf("unknown is %q, want %q", d.Unknown, test.want)
		}
	}
}
