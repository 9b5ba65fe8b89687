package provider

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// block is what a configuration says in one block, or for one attribute.
type block = map[string]any

// configOf is a provider configuration; what it does not say is null. A value is
// a string, a bool, a number, a map of texts, a block, or unknownValue.
func configOf(t *testing.T, p *scopesProvider, said block) tfsdk.Config {
	t.Helper()
	ctx := context.Background()
	var resp provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &resp)
	if d := resp.Schema.ValidateImplementation(ctx); d.HasError() {
		t.Fatal(d)
	}
	return tfsdk.Config{Schema: resp.Schema, Raw: valueOf(resp.Schema.Type().TerraformType(ctx), said)}
}

// unknownValue stands for what is not known yet.
type unknownValue struct{}

func valueOf(typ tftypes.Type, v any) tftypes.Value {
	if _, ok := v.(unknownValue); ok {
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	}
	m, _ := v.(block)
	switch typ := typ.(type) {
	case tftypes.Object:
		if v == nil {
			return tftypes.NewValue(typ, nil)
		}
		attributes := map[string]tftypes.Value{}
		for name, t := range typ.AttributeTypes {
			attributes[name] = valueOf(t, m[name])
		}
		return tftypes.NewValue(typ, attributes)
	case tftypes.Map:
		if v == nil {
			return tftypes.NewValue(typ, nil)
		}
		elements := map[string]tftypes.Value{}
		for name, e := range m {
			elements[name] = valueOf(typ.ElementType, e)
		}
		return tftypes.NewValue(typ, elements)
	}
	return tftypes.NewValue(typ, v)
}

func configured(t *testing.T, p *scopesProvider, said block) (*data, diag.Diagnostics) {
	t.Helper()
	var resp provider.ConfigureResponse
	p.Configure(context.Background(), provider.ConfigureRequest{Config: configOf(t, p, said)}, &resp)
	d, _ := resp.ResourceData.(*data)
	return d, resp.Diagnostics
}

// withEnv is the provider as it is released, with an environment of its own.
func withEnv(env map[string]string) *scopesProvider {
	return &scopesProvider{version: "1.2.3", env: func(name string) string { return env[name] }, blocks: servers()}
}

// The community provider's names with its meanings, and ours for the rest.
func TestEnvironmentOfKeycloak(t *testing.T) {
	want := map[string]string{
		"url": "KEYCLOAK_URL", "admin_url": "KEYCLOAK_ADMIN_URL", "realm": "AUTHSCOPES_KEYCLOAK_REALM", "login_realm": "KEYCLOAK_REALM", "base_path": "AUTHSCOPES_KEYCLOAK_BASE_PATH",
		"client_id": "KEYCLOAK_CLIENT_ID", "client_secret": "KEYCLOAK_CLIENT_SECRET", "username": "KEYCLOAK_USER", "password": "KEYCLOAK_PASSWORD",
		"access_token": "AUTHSCOPES_KEYCLOAK_ACCESS_TOKEN", "jwt_signing_key": "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_KEY",
		"jwt_token": "KEYCLOAK_JWT_TOKEN", "jwt_token_file": "KEYCLOAK_JWT_TOKEN_FILE",
		"use_oidc": "AUTHSCOPES_KEYCLOAK_USE_OIDC", "oidc_audience": "AUTHSCOPES_KEYCLOAK_OIDC_AUDIENCE", "oidc_token_variable": "AUTHSCOPES_KEYCLOAK_OIDC_TOKEN_VARIABLE",
		"jwt_signing_alg": "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_ALG", "guard_role": "AUTHSCOPES_KEYCLOAK_GUARD_ROLE", "allow_master": "AUTHSCOPES_KEYCLOAK_ALLOW_MASTER",
	}
	settings := keycloakBlock().settings
	for _, s := range settings {
		if want[s.name] != s.env {
			t.Errorf("%s comes from %s, want %s", s.name, s.env, want[s.name])
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
	blocks := map[string][]setting{"http": httpSettings()}
	for _, b := range servers() {
		blocks[b.name] = b.settings
	}
	for name, settings := range blocks {
		for _, s := range settings {
			where := name + "." + s.name
			if other, taken := seen[s.env]; taken || s.env == "" {
				t.Errorf("%s and %s share the variable %q", where, other, s.env)
			}
			seen[s.env] = where
			a := s.attribute()
			if !a.IsOptional() || !strings.Contains(a.GetMarkdownDescription(), "`"+s.env+"`") {
				t.Errorf("%s: optional %t, description %q", where, a.IsOptional(), a.GetMarkdownDescription())
			}
			if s.kind != loginsKind && a.IsSensitive() != s.secret {
				t.Errorf("%s: sensitive %t, secret %t", where, a.IsSensitive(), s.secret)
			}
			for _, word := range []string{"secret", "password", "access_token", "refresh_token", "_key", "headers"} {
				if strings.Contains(s.name, word) && !s.secret {
					t.Errorf("%s is not a secret", where)
				}
			}
		}
	}
	logins := setting{name: "l", env: "L", kind: loginsKind}.attribute().(schema.MapNestedAttribute).NestedObject.Attributes
	if !logins["password"].IsSensitive() {
		t.Error("a login's password is not sensitive")
	}
}

// sample is a value of a kind: in the environment, in a configuration, and what
// the other one is.
func sample(k kind) (env string, fromEnv any, written, other any) {
	switch k {
	case flagKind:
		return "true", true, false, false
	case wholeKind:
		return "7", 7, 3, 3
	case numberKind:
		return "1.5", 1.5, 2.5, 2.5
	case durationKind:
		return "40s", "40s", "2m0s", "2m0s"
	case textsKind:
		return `{"X-A":"env"}`, "map[X-A:env]", block{"X-B": "written"}, "map[X-B:written]"
	case loginsKind:
		return `{"child":{"username":"u","password":"env"}}`, "map[child:{u env}]", block{"child": block{"username": "w", "password": "written"}}, "map[child:{w written}]"
	}
	return "from the environment", "from the environment", "written", "written"
}

func read(v values, s setting) any {
	switch s.kind {
	case flagKind:
		return v.flag(s.name)
	case wholeKind:
		return v.whole(s.name)
	case numberKind:
		return v.number(s.name)
	case durationKind:
		return v.duration(s.name).String()
	case textsKind:
		return fmt.Sprint(v.texts(s.name))
	case loginsKind:
		return fmt.Sprint(v.logins(s.name))
	}
	return v.str(s.name)
}

// Every setting comes from its variable, and what is written wins.
func TestEverySettingFromTheEnvironment(t *testing.T) {
	recorded := map[string]any{}
	var errs []error
	record := func(b serverBlock) serverBlock {
		b.settings = slices.Clone(b.settings)
		for i := range b.settings {
			b.settings[i].check = nil // the values are samples
		}
		b.build = func(v values, _ *http.Client) (authz.Driver, error) {
			for _, s := range b.settings {
				recorded[s.name] = read(v, s)
			}
			errs = append(errs, *v.errs...)
			return newMemory(), nil
		}
		return b
	}
	for _, b := range append(servers(), serverBlock{name: "transport", settings: httpSettings()}) {
		env, said := map[string]string{}, block{}
		for _, s := range b.settings {
			if b.name == "ocariot" && s.name == "ca_certificate" || b.name == "transport" && (strings.Contains(s.name, "certificate") || s.name == "client_key") {
				continue // a file or PEM: see TestConfigurationErrors
			}
			env[s.env], _, said[s.name], _ = sample(s.kind)
		}
		b := record(b)
		p := &scopesProvider{env: func(name string) string { return env[name] }, blocks: []serverBlock{b}}
		for _, written := range []bool{false, true} {
			config := block{}
			if written {
				config = said
			}
			b.transport = nil
			if _, diags := configured(t, p, block{b.name: config}); diags.HasError() {
				t.Fatalf("%s: %v", b.name, diags)
			}
			for _, s := range b.settings {
				if _, given := said[s.name]; !given {
					continue
				}
				_, want, _, other := sample(s.kind)
				if written {
					want = other
				}
				if recorded[s.name] != want {
					t.Errorf("%s.%s is %v, want %v (written: %t)", b.name, s.name, recorded[s.name], want, written)
				}
			}
		}
	}
	if len(errs) > 0 {
		t.Error(errs)
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
	id, err := d.server.Driver().ServerID("")
	if id != "shop" || err != nil || d.caps.Server != "Keycloak" {
		t.Errorf("%q, %v, %q", id, err, d.caps.Server)
	}
	if text := fmt.Sprintf("%+v %v", d.server.Driver(), d.caps); strings.Contains(text, canary) {
		t.Errorf("the driver shows its secret: %s", text)
	}
}

// canary is a secret that no message may show.
const canary = "c4n4ry-s3cr3t"

// What cannot be read names the attribute and its variable, and no secret.
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
		{"duration without unit", nil, with(block{"request_timeout": "30"}), []string{`http.request_timeout (or AUTHSCOPES_HTTP_REQUEST_TIMEOUT) is "30"`, `such as "30s"`}},
		{"duration of the environment", env("AUTHSCOPES_HTTP_REQUEST_TIMEOUT", "soon"), good(nil), []string{`AUTHSCOPES_HTTP_REQUEST_TIMEOUT) is "soon"`, "with its unit"}},
		{"no time", nil, with(block{"request_timeout": "0s"}), []string{"http.request_timeout", "longer than zero"}},
		{"negative time", nil, with(block{"request_timeout": "-1s"}), []string{"http.request_timeout", "longer than zero"}},
		{"whole number", env("AUTHSCOPES_HTTP_MAX_RETRIES", "many"), good(nil), []string{`http.max_retries (or AUTHSCOPES_HTTP_MAX_RETRIES) is "many"`, "a whole number"}},
		{"half a number", env("AUTHSCOPES_HTTP_MAX_CONCURRENCY", "1.5"), good(nil), []string{"http.max_concurrency (or AUTHSCOPES_HTTP_MAX_CONCURRENCY)", "a whole number"}},
		{"negative retries", nil, with(block{"max_retries": -1}), []string{"http.max_retries", "not negative"}},
		{"negative concurrency", env("AUTHSCOPES_HTTP_MAX_CONCURRENCY", "-3"), good(nil), []string{"http.max_concurrency", `"-3"`, "greater than 0"}},
		{"number", env("AUTHSCOPES_HTTP_REQUESTS_PER_SECOND", "fast"), good(nil), []string{`http.requests_per_second (or AUTHSCOPES_HTTP_REQUESTS_PER_SECOND) is "fast"`, "a number"}},
		{"negative rate", nil, with(block{"requests_per_second": -1.5}), []string{"http.requests_per_second", "greater than 0"}},
		{"no concurrency of the environment", env("AUTHSCOPES_HTTP_MAX_CONCURRENCY", "0"), good(nil), []string{`http.max_concurrency (or AUTHSCOPES_HTTP_MAX_CONCURRENCY) is "0"`, "greater than 0"}},
		{"url of a realm in the environment", env("KEYCLOAK_URL", "https://sso.invalid/realms/shop"), block{"keycloak": block{"realm": "shop", "access_token": canary}}, []string{`keycloak.url (or KEYCLOAK_URL) has the path "/realms"`, "realm to the name"}},
		{"flag", env("AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY", "yes"), good(nil), []string{`AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY) is "yes"`, "true or false"}},
		{"flag of a server", env("AUTHSCOPES_KEYCLOAK_ALLOW_MASTER", "maybe"), good(nil), []string{`keycloak.allow_master (or AUTHSCOPES_KEYCLOAK_ALLOW_MASTER) is "maybe"`, "true or false"}},
		{"read_only", env("AUTHSCOPES_READ_ONLY", "on"), good(nil), []string{`provider.read_only (or AUTHSCOPES_READ_ONLY) is "on"`, "true or false"}},
		{"JSON", env("AUTHSCOPES_HTTP_HEADERS", `{"Authorization":"`+canary), good(nil), []string{"http.headers comes from AUTHSCOPES_HTTP_HEADERS", "no JSON object"}},
		{"JSON of another shape", env("AUTHSCOPES_HTTP_HEADERS", `{"Authorization":["`+canary+`"]}`), good(nil), []string{"http.headers comes from AUTHSCOPES_HTTP_HEADERS"}},
		{"certificate authority", nil, with(block{"ca_certificate": "/does/not/exist"}), []string{"ca_certificate"}},
		{"client key", nil, with(block{"client_certificate": "/does/not/exist", "client_key": canary}), []string{"client_certificate"}},
		{"header with a line break", nil, with(block{"headers": block{"X-A": canary + "\r\nX-B: c"}}), []string{"headers", "X-A"}},
		{"no url", nil, block{"keycloak": block{"realm": "shop", "client_id": "c", "client_secret": canary}}, []string{"url", "taken from the environment: KEYCLOAK_URL"}},
		{"no id", nil, block{"onelogin": block{"url": "https://a.invalid", "client_secret": canary}}, []string{"onelogin.client_id", "taken from the environment: ONELOGIN_CLIENT_ID."}},
		{"url with a password", nil, good(block{"url": "https://user:" + canary + "@sso.invalid"}), []string{"url"}},
		{"no credentials", nil, block{"keycloak": block{"url": "https://sso.invalid", "realm": "shop", "client_secret": canary}}, []string{"no credentials to log in with", "client_id with client_secret"}},
		{"signing key", nil, good(block{"jwt_signing_key": canary}), []string{"jwt_signing_key"}},
	} {
		_, diags := configured(t, withEnv(test.env), test.config)
		errs := diags.Errors()
		if len(errs) != 1 {
			t.Errorf("%s: %d errors: %v", test.name, len(errs), errs)
			continue
		}
		text := errs[0].Summary() + "\n" + errs[0].Detail()
		for _, word := range append(test.words, "The provider cannot be configured") {
			if !strings.Contains(text, word) {
				t.Errorf("%s: no %q in %s", test.name, word, text)
			}
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s: the error shows the secret: %s", test.name, text)
		}
	}
}

// All that is wrong is told at once.
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
	if d == nil || diags.HasError() || diags.WarningsCount() != 1 || !strings.Contains(diags[0].Detail(), "insecure_skip_verify") {
		t.Errorf("%v", diags)
	}
}

// At most one server, which validation already checks.
func TestAtMostOneServer(t *testing.T) {
	validate := func(said block) diag.Diagnostics {
		p := withEnv(nil)
		var resp provider.ValidateConfigResponse
		p.ValidateConfig(context.Background(), provider.ValidateConfigRequest{Config: configOf(t, p, said)}, &resp)
		return resp.Diagnostics
	}
	names := make([]string, 0, len(servers()))
	for _, s := range servers() {
		names = append(names, s.name)
		if diags := validate(block{s.name: block{}}); len(diags) > 0 {
			t.Errorf("%s alone: %v", s.name, diags)
		}
		if diags := validate(block{s.name: unknownValue{}}); len(diags) > 0 {
			t.Errorf("%s not known yet: %v", s.name, diags)
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

// The first attribute that is not known yet is named, wherever it is.
func TestUnknownConfiguration(t *testing.T) {
	for _, test := range []struct {
		want string
		said block
	}{
		{"", block{"keycloak": block{"url": "https://sso.invalid", "realm": "r", "access_token": "t"}}},
		{"keycloak", block{"keycloak": unknownValue{}}},
		{"keycloak.url", block{"keycloak": block{"url": unknownValue{}}}},
		{"keycloak.client_secret", block{"keycloak": block{"client_secret": unknownValue{}}}},
		{"keycloak.allow_master", block{"keycloak": block{"allow_master": unknownValue{}}}},
		{"http", block{"keycloak": block{}, "http": unknownValue{}}},
		{"http.headers", block{"keycloak": block{}, "http": block{"headers": unknownValue{}}}},
		{"http.headers", block{"keycloak": block{}, "http": block{"headers": block{"X-A": unknownValue{}}}}},
		{"http.max_retries", block{"keycloak": block{}, "http": block{"max_retries": unknownValue{}}}},
		{"read_only", block{"keycloak": block{}, "read_only": unknownValue{}}},
	} {
		d, diags := configured(t, withEnv(nil), test.said)
		if diags.HasError() || d == nil {
			t.Errorf("%s: %v", test.want, diags)
			continue
		}
		if d.unknown != test.want || (d.server == nil) != (test.want != "") {
			t.Errorf("unknown is %q, want %q", d.unknown, test.want)
		}
	}
}

// A resource that is asked before the provider is configured, or with another
// provider's data, does not crash.
func TestProviderData(t *testing.T) {
	var b base
	var diags diag.Diagnostics
	b.configure(nil, &diags)
	if len(diags) > 0 || b.data != nil {
		t.Errorf("%v", diags)
	}
	b.configure("other", &diags)
	if !diags.HasError() {
		t.Error("other data is taken")
	}
}
