package provider

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// Objects that appear between the plan and the apply are not removed.
func TestAccKeycloakStalePlan(t *testing.T) {
	l, b := guarded(t)
	scopes := map[string]string{"a": "A2", "b": "B", "o": "O"}
	open := `overrides = { o = { access = "everyone" } }`
	b.config(l.config(scopesHCL(scopes, open), userTypeHCL("educator", "a"), userTypeHCL("child", "b")))
	b.plan().ends(2)
	b.requireChanges(`
		server_scopes.s update
		  - ids.c = "` + l.Scope(t, "c").ID + `"
		  - names.c = "c"
		  ~ scopes.a = "A" -> "A2"
		  - scopes.c = "C"
		user_type_scopes.educator update
		  - scopes[b] = there
	`)
	l.CreateScopes(t, "n")
	l.MapRoles(t, "n", "educator")
	l.MapRoles(t, "a", "child")
	l.DeleteRole(t, guardRole)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole, "child", "educator"}, "b": {guardRole, "child"}, "n": {"educator"}, "o": {}})
	b.plan().ends(2).warns([]string{messagestest.Summary(check.DeletionsTakeGrants), "(n: educator)"})
	b.requireChanges(`
		server_scopes.s update
		  - scopes.n = null
		user_type_scopes.child update
		  - scopes[a] = there
		user_type_scopes.educator update
		  - scopes[n] = there
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole, "educator"}, "b": {guardRole, "child"}, "o": {}})
	b.plan().ends(0)
}

// The guard role is deleted during an apply, just before it is mapped to a scope whose only other
// role is revoked: nothing is revoked.
func TestAccKeycloakGuardGoneMeanwhile(t *testing.T) {
	l, b := guarded(t)
	b.config(l.config(scopesHCL(map[string]string{"a": "A", "b": "B", "c": "C", "o": "O"}, `overrides = { o = { access = "everyone" } }`),
		userTypeHCL("educator", "b"), userTypeHCL("child", "b")))
	var once atomic.Bool
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/scope-mappings/realm") && once.CompareAndSwap(false, true) {
			if err := l.Do(t.Context(), http.MethodDelete, nil, nil, "roles", guardRole); err != nil {
				t.Error(err)
			}
		}
		return keycloak.Action{}
	})
	b.apply().fails([]string{messagestest.Summary(messages.FailedWriteUserType), "Nothing was revoked", guardRole})
	l.proxy.SetHook(nil)
	same(t, "mappings", l.roles(), map[string][]string{"a": {"educator"}, "b": {"child", "educator"}, "c": {}, "o": {}})
	b.apply().ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole}, "b": {guardRole, "child", "educator"}, "c": {guardRole}, "o": {}})
	b.plan().ends(0)
}

// Built-in scopes can be named where that is allowed; they are changed as
// written, never guarded, and never deleted.
func TestAccKeycloakBuiltIn(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	before := l.Scope(t, "profile")
	b.config(l.config(scopesHCL(map[string]string{"a": "A", "profile": "mine", "openid": ""})))
	b.plan().fails([]string{messagestest.Summary(check.NamesBuiltIn), "- profile", "allow_built_in"},
		[]string{messagestest.Summary(check.NamesReserved), "- openid"})
	b.config(l.config(oneHCL("email", "")))
	b.plan().fails([]string{messagestest.Summary(check.NamesBuiltIn), "allow_built_in"})

	b.config(l.config(scopesHCL(map[string]string{"a": "A", "profile": "mine"}, "allow_built_in = true")))
	b.plan().fails([]string{messagestest.Summary(check.AccessUndecided), `- profile: access = "everyone"`})

	settings := `allow_built_in = true
		overrides = { profile = { access = "everyone", assigned_type = "default", consent_screen_text = "$${profileScopeConsentText}" } }`
	b.config(l.config(scopesHCL(map[string]string{"a": "A", "profile": "mine"}, settings), userTypeHCL("educator", "a")))
	b.apply().ok()
	b.plan().ends(0)
	same(t, "description", l.Scope(t, "profile").Description, "mine")
	same(t, "mappers", len(l.Scope(t, "profile").ProtocolMappers), len(before.ProtocolMappers))
	same(t, "roles", l.ScopeRoles(t, "profile"), []string{})

	b.config(l.config(scopesHCL(map[string]string{"a": "A", "profile": "mine"}, `allow_built_in = true
		overrides = { profile = { access = "user_types" } }`), userTypeHCL("educator", "a")))
	b.plan().fails([]string{messagestest.Summary(check.AccessBuiltInChanged), "everyone"})
	b.config(l.config(scopesHCL(map[string]string{"a": "A"}),
		"resource \"authscopes_user_type_scopes\" \"more\" {\n  user_type = \"educator\"\n  manage = [\"profile\"]\n  scopes = [\"profile\"]\n}\n"))
	b.plan().fails([]string{messagestest.Summary(check.GrantsBuiltIn)})

	b.config(l.config(scopesHCL(map[string]string{"a": "A"}), userTypeHCL("educator", "a")))
	b.apply().ok()
	b.plan().ends(0)
	after := l.Scope(t, "profile")
	same(t, "id", after.ID, before.ID)
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
	b := newBinary(t)
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
	b.config(providerBlock(l.admin("guard_role = \"Wächter/1 %\"")), config.String())
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

// Two configurations that make the guard of one realm at the same time.
func TestAccKeycloakTwoAtOnce(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	var parts []string
	for _, alias := range []string{"one", "two", "three"} {
		parts = append(parts, strings.Replace(providerBlock(l.admin()), "{", "{\n  alias = \""+alias+"\"", 1))
		for i := range 5 {
			parts = append(parts, fmt.Sprintf("resource \"authscopes_server_scope\" \"%s%d\" {\n  provider = authscopes.%s\n  name = \"%s:%d\"\n}\n",
				alias, i, alias, alias, i))
		}
	}
	b.config(parts...)
	b.apply().ok()
	for _, alias := range []string{"one", "two", "three"} {
		same(t, "roles", l.ScopeRoles(t, alias+":4"), []string{guardRole})
	}
	b.plan().ends(0).warns()
}
