package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// The audiences of tokens are those of the configuration. A change by hand is drift where
// they are configured, and is kept where they are not.
func TestAccKeycloakAudiences(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	eve, app := l.CreateUser(t, "eve", "educator"), l.CreatePublicClient(t, "app")
	config := func(settings, overrides string) string {
		return l.config(tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"}, settings, overrides), tftest.UserTypeHCL("educator", "a", "b"))
	}
	apply := func(settings, overrides string) {
		t.Helper()
		b.config(config(settings, overrides))
		b.apply().ok()
		b.plan().ends(0)
	}
	aud := func(when string, want ...string) {
		t.Helper()
		claims, err := l.PasswordToken(t, app, eve).Claims()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		switch a := claims["aud"].(type) {
		case string:
			got = []string{a}
		case []any:
			for _, e := range a {
				got = append(got, e.(string))
			}
		}
		got = slices.DeleteFunc(got, func(a string) bool { return a == "account" })
		slices.Sort(got)
		same(t, when, append([]string{}, got...), append([]string{}, want...))
	}
	mapper := func(scope, audience string) {
		l.AddMapper(t, scope, keycloak.ProtocolMapper{
			Name: "by hand " + audience, Protocol: "openid-connect", ProtocolMapper: "oidc-audience-mapper",
			Config: map[string]string{"included.custom.audience": audience, "access.token.claim": "true"},
		})
	}
	apply("", "")
	l.AddClientScope(t, app, "a", keycloak.AssignedDefault)
	l.AddClientScope(t, app, "b", keycloak.AssignedDefault)
	aud("before")
	mapper("a", "x")
	b.plan().ends(0)
	aud("not managed", "x")

	b.config(config(`settings = { included_audiences = ["api"] }`, `overrides = { b = { included_audiences = ["api", "shop"] } }`))
	b.plan().ends(2)
	b.apply("plan").ok()
	b.plan().ends(0)
	aud("configured", "api", "shop")

	mapper("a", "x")
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_server_scopes.s - overrides.a = {"included_audiences":["api","x"]}
	`)
	aud("changed by hand", "api", "shop", "x")
	b.apply("plan").ok()
	aud("and back", "api", "shop")

	apply(`settings = { included_audiences = [] }`, "")
	aud("none")
	apply(`settings = { included_audiences = ["api"] }`, "")
	apply("", "")
	aud("not managed any more", "api")

	// An import changes no audience, whether the configuration sets them or is generated.
	const overrides = `overrides = { b = { included_audiences = ["api", "shop"] } }`
	managed := tftest.ScopesHCL(map[string]string{"a": "A", "b": "B", "c": "C"}, `settings = { included_audiences = ["api"] }`, overrides)
	b.config(l.config(managed))
	b.apply().ok()
	mappers := func() string {
		var all []string
		for _, s := range l.Scopes(t) {
			if len(s.Name) > 1 {
				continue
			}
			for _, m := range s.ProtocolMappers {
				all = append(all, fmt.Sprint(s.Name, m))
			}
		}
		slices.Sort(all)
		return strings.Join(all, "\n")
	}
	before := mappers()
	if strings.Count(before, "api") < 3 || !strings.Contains(before, "shop") {
		t.Fatalf("the mappers are %s", before)
	}
	block := fmt.Sprintf("import {\n  to = authscopes_server_scopes.s\n  id = %q\n}\n", l.Name)
	b.run("state", "rm", "authscopes_server_scopes.s").ok()
	b.config(l.config(managed, block))
	b.apply().ok()
	b.plan().ends(0)
	same(t, "after an import", mappers(), before)

	b.run("state", "rm", "authscopes_server_scopes.s").ok()
	b.config(l.config(block))
	b.run("plan", "-generate-config-out=generated.tf").ok()
	b.plan()
	b.requireChanges("")
	b.apply("plan").ok()
	b.plan().ends(0)
	same(t, "after an import with generated configuration", mappers(), before)
	l.AddMapper(t, "a", keycloak.ProtocolMapper{
		Name: "by hand", Protocol: "openid-connect", ProtocolMapper: "oidc-audience-mapper",
		Config: map[string]string{"included.custom.audience": "x", "access.token.claim": "true"},
	})
	generated := b.read("generated.tf")
	want := 0
	if strings.Contains(generated, `"api"`) {
		want = 2 // what is configured shows drift
	}
	b.plan().ends(want)
}
