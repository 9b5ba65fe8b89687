package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// Built-in scopes can be named where that is allowed; they are changed as
// written, never guarded, and never deleted.
func TestAccKeycloakBuiltIn(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	before := l.Scope(t, "profile")
	set := map[string]string{"a": "A", "profile": "mine"}
	b.config(l.config(tftest.ScopesHCL(set)))
	b.plan().fails([]string{messagestest.Summary(check.NamesBuiltIn), "- profile", "allow_built_in"})
	b.config(l.config(tftest.ScopesHCL(set, "allow_built_in = true")))
	b.plan().fails([]string{messagestest.Summary(check.AccessUndecided), `- profile: access = "everyone"`})

	settings := `allow_built_in = true
		overrides = { profile = { access = "everyone", assigned_type = "default", consent_screen_text = "$${profileScopeConsentText}" } }`
	b.config(l.config(tftest.ScopesHCL(set, settings), tftest.UserTypeHCL("educator", "a")))
	b.apply().ok()
	b.plan().ends(0)
	same(t, "description", l.Scope(t, "profile").Description, "mine")
	same(t, "mappers", len(l.Scope(t, "profile").ProtocolMappers), len(before.ProtocolMappers))
	same(t, "roles", l.ScopeRoles(t, "profile"), []string{})

	b.config(l.config(tftest.CapitalsHCL("a"), tftest.UserTypeHCL("educator", "a")))
	b.apply().ok()
	b.plan().ends(0)
	same(t, "id", l.Scope(t, "profile").ID, before.ID)
	same(t, "assigned", l.AssignedType(t, "profile"), "default")
}

// Names that need escaping somewhere on their way.
func TestAccKeycloakOddNames(t *testing.T) {
	t.Parallel()
	s := suite.ForTest(t)
	l := &lab{Realm: s.NewRealmNamed(t, keycloak.RealmPrefix+"Ödd realm of "+t.Name()), proxy: s.NewProxy(t), t: t}
	names := map[string]string{
		"https://api.example.com/read?x=1&y=%2F#z": `a "quoted" description \ with ${dollars} and 日本語`, "[*]!$'()+,;:@~|{}^`<>": "", "%20": "percent", "..": "dots",
	}
	roles := []string{"Grüße/an alle?", "100% & more", "default-roles-x"}
	l.CreateRoles(t, roles...)
	b := newAttached(t)
	var config strings.Builder
	config.WriteString("resource \"authscopes_server_scopes\" \"s\" {\n  scopes = jsondecode(file(\"scopes.json\"))\n}\n")
	for i, role := range roles {
		fmt.Fprintf(&config, "resource \"authscopes_user_type_scopes\" \"r%d\" {\n  user_type = %q\n  scopes = values(authscopes_server_scopes.s.names)\n}\n",
			i, role)
	}
	var scopes strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&scopes, ",%q:%q", name, names[name])
	}
	b.Write("scopes.json", "{"+scopes.String()[1:]+"}")
	b.config(tftest.ProviderHCL(l.admin("guard_role = \"Wächter/1 %\"")), config.String())
	b.apply().ok()
	b.plan().ends(0).warns()
	for name, description := range names {
		same(t, "description of "+name, l.Scope(t, name).Description, description)
		same(t, "roles of "+name, len(l.ScopeRoles(t, name)), 4)
	}
	b.run("destroy", "-auto-approve").ok()
	for name := range names {
		if _, found := l.FindScope(t, name); found {
			t.Errorf("%q is still there", name)
		}
	}
}
