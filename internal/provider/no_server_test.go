package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// TestWithoutServer runs what needs no server with a provider block that has none, and holds
// that everything else fails before anything is planned, at the latest in the plan.
func TestWithoutServer(t *testing.T) {
	t.Parallel()
	b := newBinary(t) // a command validates before it configures a new process
	maps.Copy(b.env, map[string]string{
		"KEYCLOAK_URL": "http://127.0.0.1:1", "AUTHSCOPES_KEYCLOAK_REALM": "shop", "KEYCLOAK_CLIENT_ID": "c", "KEYCLOAK_CLIENT_SECRET": canary,
	})
	const document = `{"openapi":"3.1.0","components":{"securitySchemes":{"o":{"type":"oauth2","flows":{"clientCredentials":{"scopes":{"missions:read":"Read missions"}}}}}}}`
	const offline = "data \"authscopes_definitions\" \"api\" {\n  documents = { api = jsonencode(" + document + ") }\n}\n" +
		"output \"both\" {\n  value = [data.authscopes_definitions.api.scopes, provider::authscopes::openapi_scopes({ api = jsonencode(" + document + ") })]\n}\n"
	b.config("provider \"authscopes\" {}\n", offline)
	b.run("validate", "-json").ok()
	b.apply().ok()
	if out := b.run("output", "-json", "both").ok().out; strings.Count(out, "Read missions") != 2 {
		t.Errorf("the output is %s", out)
	}
	parts := tftest.CapitalsHCL("a") + "import {\n  to = authscopes_server_scopes.s\n  id = \"shop\"\n}\n" +
		tftest.OneScopeHCL("a") + tftest.ResourceHCL("server_grants", "g", `user_types = { e = ["a"] }`) +
		tftest.ResourceHCL("user_type_scopes", "e", `user_type = "e"`, `scopes = ["a"]`) + tftest.ClientHCL("c", `optional = ["a"]`) +
		tftest.DataHCL("server_scopes", "a") + tftest.DataHCL("server_scope", "a", `name = "a"`) + tftest.DataHCL("server_grants", "a") +
		tftest.DataHCL("user_type_scopes", "a", `user_type = "a"`) + tftest.DataHCL("client_scopes", "a", `client_id = "a"`) +
		tftest.DriftHCL(`{ a = "A" }`) + tftest.DataHCL("access_matrix", "a") + tftest.DataHCL("pace_check", "a", `scopes = { a = "A" }`)
	for kind, header := range map[string]string{
		"empty block":     "provider \"authscopes\" {}\n",
		"no block":        "",
		"alias forgotten": "provider \"authscopes\" {\n  alias    = \"shop\"\n  keycloak = {}\n}\n",
	} {
		b.config(header, offline, parts)
		b.run("validate", "-json").ok()
		found := b.plan().ends(1).byAddress()
		if len(found) != 13 {
			t.Errorf("%s: errors of %v", kind, slices.Sorted(maps.Keys(found)))
		}
		for address, texts := range found {
			if len(texts) != 1 || !strings.Contains(texts[0], "No server is configured") || !strings.Contains(texts[0], "provider = authscopes.<alias>") {
				t.Errorf("%s: %s: %q", kind, address, texts)
			}
		}
	}
}

// TestOverrideWithoutSetting: Terraform removes a misspelled key before the provider sees
// it, so an entry that is left empty lists the valid keys.
func TestOverrideWithoutSetting(t *testing.T) {
	t.Parallel()
	b := newAttached(t)
	for name, config := range map[string]string{
		"resource": tftest.ScopesHCL(map[string]string{"a": "A"}, `overrides = { a = { acces = "everyone" } }`),
		"data":     "data \"authscopes_drift\" \"d\" {\n  scopes    = { a = \"A\" }\n  overrides = { a = { acces = \"everyone\" } }\n}\n",
		"empty":    tftest.ScopesHCL(map[string]string{"a": "A"}, `overrides = { a = {} }`),
	} {
		b.config("provider \"authscopes\" {\n  keycloak = {}\n}\n", config)
		o := b.run("validate", "-json")
		for _, word := range []string{"Override without a setting", `\"a\"`, "access", "gui_order", "include_in_token_scope"} {
			if !strings.Contains(o.out, word) {
				t.Errorf("%s: no %s in %s", name, word, o.out)
			}
		}
		if o.code != 1 {
			t.Errorf("%s: ended with %d", name, o.code)
		}
	}
	b.config("provider \"authscopes\" {\n  keycloak = {}\n}\n", tftest.ScopesHCL(map[string]string{"a": "A"}, `overrides = { a = { access = "everyone" } }`))
	b.run("validate", "-json").ok()
}
