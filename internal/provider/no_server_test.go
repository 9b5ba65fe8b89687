package provider

import (
	"strings"
	"testing"
)

// TestAccNoServer runs what needs no server with a provider block that has none, and holds
// that everything else fails before anything is planned, at the latest in the plan.
func TestAccNoServer(t *testing.T) {
	t.Parallel()
	b := newBinary(t)
	for name, value := range map[string]string{
		"KEYCLOAK_URL": "http://127.0.0.1:1", "AUTHSCOPES_KEYCLOAK_REALM": "shop",
		"KEYCLOAK_CLIENT_ID": "c", "KEYCLOAK_CLIENT_SECRET": canary,
	} {
		b.env[name] = value
	}
	const document = `{"openapi":"3.1.0","components":{"securitySchemes":{"o":{"type":"oauth2","flows":{"clientCredentials":{"scopes":{"missions:read":"Read missions"}}}}}}}`
	const offline = "data \"authscopes_definitions\" \"api\" {\n  documents = { api = jsonencode(" + document + ") }\n}\n" +
		"output \"both\" {\n  value = [data.authscopes_definitions.api.scopes, provider::authscopes::openapi_scopes({ api = jsonencode(" + document + ") })]\n}\n"
	b.config("provider \"authscopes\" {}\n", offline)
	b.run("validate", "-json").ok()
	b.apply().ok()
	if out := b.run("output", "-json", "both").ok().out; strings.Count(out, "Read missions") != 2 {
		t.Errorf("the output is %s", out)
	}
	for name, part := range map[string]string{
		"server_scopes":         scopesHCL(map[string]string{"a": "A"}),
		"server_scope":          "resource \"authscopes_server_scope\" \"a\" {\n  name = \"a\"\n}\n",
		"server_grants":         "resource \"authscopes_server_grants\" \"g\" {\n  user_types = { e = [\"a\"] }\n}\n",
		"user_type_scopes":      "resource \"authscopes_user_type_scopes\" \"e\" {\n  user_type = \"e\"\n  scopes    = [\"a\"]\n}\n",
		"client_scopes":         "resource \"authscopes_client_scopes\" \"c\" {\n  client_id = \"c\"\n  optional  = [\"a\"]\n}\n",
		"data server_scopes":    "data \"authscopes_server_scopes\" \"a\" {}\n",
		"data server_scope":     "data \"authscopes_server_scope\" \"a\" {\n  name = \"a\"\n}\n",
		"data server_grants":    "data \"authscopes_server_grants\" \"a\" {}\n",
		"data user_type_scopes": "data \"authscopes_user_type_scopes\" \"a\" {\n  user_type = \"a\"\n}\n",
		"data client_scopes":    "data \"authscopes_client_scopes\" \"a\" {\n  client_id = \"a\"\n}\n",
		"data drift":            "data \"authscopes_drift\" \"a\" {\n  scopes = { a = \"A\" }\n}\n",
		"data access_matrix":    "data \"authscopes_access_matrix\" \"a\" {}\n",
		"data pace_check":       "data \"authscopes_pace_check\" \"a\" {\n  scopes = { a = \"A\" }\n}\n",
		"import":                scopesHCL(map[string]string{"a": "A"}) + "import {\n  to = authscopes_server_scopes.s\n  id = \"shop\"\n}\n",
	} {
		for kind, header := range map[string]string{
			"empty block":     "provider \"authscopes\" {}\n",
			"no block":        "",
			"alias forgotten": "provider \"authscopes\" {\n  alias    = \"shop\"\n  keycloak = {}\n}\n",
		} {
			if kind != "empty block" && name != "server_scopes" {
				continue
			}
			b.config(header, offline, part)
			b.run("validate", "-json").ok()
			o := b.plan()
			if len(o.errors) == 0 || o.code != 1 {
				t.Errorf("%s, %s: ended with %d: %s", name, kind, o.code, o.out)
			}
			for _, text := range o.errors {
				if !strings.Contains(text, "No server is configured") || !strings.Contains(text, "provider = authscopes.<alias>") {
					t.Errorf("%s, %s: %s", name, kind, text)
				}
			}
		}
	}
}

// TestAccOverrideWithoutSetting: Terraform removes a misspelled key before the provider sees
// it, so an entry that is left empty lists the valid keys.
func TestAccOverrideWithoutSetting(t *testing.T) {
	t.Parallel()
	b := newBinary(t)
	for name, config := range map[string]string{
		"resource": scopesHCL(map[string]string{"a": "A"}, `overrides = { a = { acces = "everyone" } }`),
		"data":     "data \"authscopes_drift\" \"d\" {\n  scopes    = { a = \"A\" }\n  overrides = { a = { acces = \"everyone\" } }\n}\n",
		"empty":    scopesHCL(map[string]string{"a": "A"}, `overrides = { a = {} }`),
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
	b.config("provider \"authscopes\" {\n  keycloak = {}\n}\n", scopesHCL(map[string]string{"a": "A"}, `overrides = { a = { access = "everyone" } }`))
	b.run("validate", "-json").ok()
}

// TestAccKeycloakAdminURL logs in at url and sends everything else to admin_url.
func TestAccKeycloakAdminURL(t *testing.T) {
	l := newLab(t, "educator")
	admin := l.Server.NewProxy(t)
	b := newBinary(t)
	b.config(providerBlock(l.admin(`admin_url = "`+admin.URL+`"`)), scopesHCL(map[string]string{"a": "A"}), userTypeHCL("educator", "a"))
	b.apply().ok()
	b.plan().ends(0)
	for _, r := range l.proxy.Requests() {
		if !strings.HasSuffix(r.Path, "/protocol/openid-connect/token") {
			t.Errorf("url got %s %s", r.Method, r.Path)
		}
	}
	logins, requests := len(l.proxy.Requests()), admin.Requests()
	for _, r := range requests {
		if !strings.HasPrefix(r.Path, "/admin/realms/") {
			t.Errorf("admin_url got %s %s", r.Method, r.Path)
		}
	}
	if logins == 0 || len(requests) < 8 {
		t.Errorf("%d logins, %d requests", logins, len(requests))
	}
}
