package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// builtInMemory knows built-in names as Keycloak does: `openid` is never there.
type builtInMemory struct{ *drivertest.Memory }

func (builtInMemory) IsBuiltIn(name string) bool {
	return slices.Contains([]string{"openid", "profile", "email"}, name)
}

// badInput is a configuration that a plan refuses with one error.
type badInput struct {
	name   string
	config string
	words  []string
}

func setHCL(scopes, more string) string {
	return tftest.ResourceHCL("server_scopes", "s", "scopes = "+scopes, more)
}

func singleHCL(name, more string) string {
	return tftest.ResourceHCL("server_scope", "one", "name = "+name, more)
}

func typeHCL(name, scopes, more string) string {
	return tftest.ResourceHCL("user_type_scopes", "e", fmt.Sprintf("user_type = %q", name), "scopes = "+scopes, more)
}

// quoted is a name as HCL writes it.
func quoted(name string) string { return fmt.Sprintf("%q", name) }

// badNames are scope names that RFC 6749 does not allow, or servers do not store.
var badNames = []struct {
	what, hcl string
	words     []string
}{
	{"space", `"read users"`, []string{`The scope name "read users" has ' ' at character 5`, `list each name separately: "read", "users"`}},
	{"quote", `"read\"users"`, []string{`has '"' at character 5`, "RFC 6749 (section 3.3)"}},
	{"backslash", `"read\\users"`, []string{`has '\\' at character 5`, "RFC 6749 (section 3.3)"}},
	{"non-ASCII", `"read:bücher"`, []string{`has 'ü' at character 7`, "printable ASCII"}},
	{"empty", `""`, []string{"A scope name is empty."}},
	{"too long", quoted(strings.Repeat("n", 256)), []string{"has 256 characters; at most 255 are allowed"}},
}

func badInputs() []badInput {
	long := quoted(strings.Repeat("ü", 256))
	var all []badInput
	for _, n := range badNames {
		words := append([]string{"Invalid scope name"}, n.words...)
		all = append(all,
			badInput{"name of the set: " + n.what, setHCL("{ ("+n.hcl+") = null }", ""), words},
			badInput{"name of the single: " + n.what, singleHCL(n.hcl, ""), words},
			badInput{"name of a user type's set: " + n.what, typeHCL("educator", "["+n.hcl+"]", ""), words},
			badInput{"name of a data source: " + n.what, "data \"authscopes_server_scope\" \"d\" {\n  name = " + n.hcl + "\n}\n", words},
		)
	}
	return append(all, []badInput{
		{"description of the set", setHCL(`{ "a" = `+long+` }`, ""), []string{"Description too long", `scope "a" has 256 characters; at most 255`}},
		{"description of the single", singleHCL(`"a"`, "description = "+long), []string{"Description too long", `scope "a" has 256 characters; at most 255`}},
		{
			"consent text", singleHCL(`"a"`, "settings = { consent_screen_text = "+quoted(strings.Repeat("ü", 2049))+" }"),
			[]string{"consent_screen_text", "2049", "at most 2048"},
		},
		{"configured and ignored", setHCL(`{ "a:1" = "", "b" = "" }`, `ignore = ["a:*"]`), []string{messagestest.Summary(check.ConfigIgnored), "- a:1"}},
		{
			"outside of manage", setHCL(`{ "a:1" = "", "b" = "", "c" = "" }`, `manage = ["a:*"]`),
			[]string{messagestest.Summary(check.ConfigUnmanaged), "- b\n", "- c", "Add a glob"},
		},
		{"user type: configured and ignored", typeHCL("educator", `["a:1"]`, `ignore = ["a:*"]`), []string{messagestest.Summary(check.ConfigIgnored), "- a:1"}},
		{"user type: outside of manage", typeHCL("educator", `["b"]`, `manage = ["a:*"]`), []string{messagestest.Summary(check.ConfigUnmanaged), "- b"}},
		{
			"override for no scope", setHCL(`{ "read:users" = "" }`, `overrides = { "read:user" = { access = "everyone" } }`),
			[]string{messagestest.Summary(check.ConfigOverride), `entry "read:user"`, `Did you mean "read:users"?`},
		},
		{"empty manage", setHCL(`{ a = "" }`, `manage = []`), []string{messagestest.Summary(messages.InputNoGlobs)}},
		{"empty glob", setHCL(`{ a = "" }`, `ignore = ["x", ""]`), []string{"Empty glob", "Remove the glob"}},
		{"null glob", typeHCL("educator", `[]`, `ignore = [null]`), []string{"Empty glob", "null or empty"}},
		{"null element", typeHCL("educator", `[null]`, ""), []string{"Null scope name", "An element is null"}},
		{"empty user type", typeHCL("", `[]`, ""), []string{"user_type", "at least 1"}},
		{"unknown word of access", setHCL(`{ a = "" }`, `settings = { access = "all" }`), []string{`"user_types"`, `"everyone"`, `"unguarded"`, `"all"`}},
		{
			"unknown assigned type", setHCL(`{ a = "" }`, `overrides = { a = { assigned_type = "always" } }`),
			[]string{`"none"`, `"default"`, `"optional"`, `"always"`},
		},
		{"order that is no number", singleHCL(`"a"`, `settings = { gui_order = "first" }`), []string{"gui_order", "whole number"}},
		{"on_destroy", singleHCL(`"a"`, `on_destroy = "forget"`), []string{`"delete"`, `"keep"`, `"forget"`}},
		{"negative bound", setHCL(`{ a = "" }`, `max_deletions = -1`), []string{"max_deletions", "The minimum is 0"}},
		{
			"openid in the set", setHCL(`{ a = "", openid = "" }`, `allow_built_in = true`),
			[]string{messagestest.Summary(check.NamesReserved), "- openid", "OpenID Connect", "Remove them from the configuration"},
		},
		{
			"openid alone", singleHCL(`"openid"`, `allow_built_in = true`),
			[]string{messagestest.Summary(check.NamesAbsent), "- openid", "Remove them from the configuration"},
		},
		{"openid for a user type", typeHCL("educator", `["openid"]`, `allow_built_in = true`), []string{messagestest.Summary(check.GrantsBuiltIn), "- openid"}},
		{
			"built-in in the set", setHCL(`{ profile = "" }`, `settings = { access = "everyone" }`),
			[]string{messagestest.Summary(check.NamesBuiltIn), "- profile", "allow_built_in = true"},
		},
		{"built-in alone", singleHCL(`"profile"`, ""), []string{messagestest.Summary(check.NamesBuiltIn), "allow_built_in = true"}},
		{"built-in for a user type", typeHCL("educator", `["profile"]`, ""), []string{messagestest.Summary(check.GrantsBuiltIn)}},
		{
			"two servers", "provider \"authscopes\" {\n  keycloak = {}\n  other = {}\n}\n" + setHCL(`{ a = "" }`, ""),
			[]string{"More than one server is configured", "has keycloak and other", messagestest.Summary(messages.ProviderTwoServers)},
		},
		{
			"no server", "provider \"authscopes\" {}\n" + setHCL(`{ a = "" }`, ""),
			[]string{"No server is configured", "exactly one of keycloak, other, third", "keycloak = {}"},
		},
	}...)
}

func TestMemoryBadInput(t *testing.T) {
	t.Parallel()
	for _, test := range badInputs() {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.BuiltIn = true }))
			t.Parallel()
			tf := newTerraform(t, builtInMemory{m}, nil)
			tf.m = m
			tf.Write(test.config).makePlan().refused(test.words...).wrote()
			if got := liveScopes(m); !slices.Equal(got, []string{"profile"}) {
				t.Errorf("the server has %q", got)
			}
		})
	}
}

// At the bound, in characters, all is well.
func TestMemoryLongestInput(t *testing.T) {
	tf := memoryTerraform(t, newMemory())
	name, description := strings.Repeat("n", 255), strings.Repeat("ü", 255)
	tf.applied(setHCL(fmt.Sprintf("{ %q = %q }", name, description), ""))
	tf.Write(setHCL(fmt.Sprintf("{ %q = %q }", "!#[]^~", description), "")).apply().ok().wrote("CreateScope !#[]^~", "DeleteScope "+name)
}

// A mistake that only the server can detect is an error of the apply.
func TestMemoryUnknownAtApply(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:users"))
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `["read:user", "zzz", "read:users"]`, "")).makePlan().ok()
	tf.applyPlan().refused(messagestest.Summary(messages.FoundMissingScopes), `- read:user (did you mean "read:users"?)`,
		"- zzz", "Nothing was changed", "depends_on", `names["read:users"]`).wrote()
	tf.Write(typeHCL("educater", `["read:users"]`, "")).makePlan().ok().warned(messagestest.Summary(check.GrantsMissingHolder), `(did you mean "educator"?)`)
	tf.applyPlan().refused(messagestest.Summary(messages.FoundNoUserType), `"educater"`, `Memory realm "memory" has no role "educater"`,
		`Did you mean "educator"?`, "- child\n", "- educator", "depends_on").wrote()
	if s := tf.state(typeAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
}

func TestMemoryBadImports(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, to, id string
		serverIDs    bool
		words        []string
	}{
		{"name with a space", singleAddress, "read users", false, []string{messagestest.Summary(messages.InputImportID), `"read users"`, `such as "read:users"`}},
		{
			"no such scope", singleAddress, "read:user", false,
			[]string{messagestest.Summary(messages.FoundNoScope), `no scope "read:user"`, `Did you mean "read:users"?`, "case-sensitive"},
		},
		{
			"no such user type", typeAddress, "educater", false,
			[]string{messagestest.Summary(messages.FoundNoUserType), `"educater"`, `Did you mean "educator"?`, "- child"},
		},
		{"no such realm", setAddress, "gone", false, []string{messagestest.Summary(messages.FailedRead), `Memory realm "gone"`, "Check url and server_id"}},
		{
			"no slash", singleAddress, "read:users", true,
			[]string{messagestest.Summary(messages.InputImportID), `The import ID is "read:users"`, `"77/read:users"`, "realm"},
		},
		{"nothing after the slash", singleAddress, "memory/", true, []string{messagestest.Summary(messages.InputImportID), `"77/read:users"`}},
		{"nothing before the slash", typeAddress, "/educator", true, []string{messagestest.Summary(messages.InputImportID), `"77/educator"`}},
		{"bad name after the slash", singleAddress, "memory/read users", true, []string{messagestest.Summary(messages.InputImportID), `"77/read:users"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("read:users"))
			m.Caps.ServerIDRequired = test.serverIDs
			tf := memoryTerraform(t, m)
			id := map[bool]string{true: `server_id = "memory"`}[test.serverIDs]
			config := map[string]string{
				setAddress: setHCL(`{ "read:users" = null }`, id), singleAddress: singleHCL(`"read:users"`, id), typeAddress: typeHCL("educator", `[]`, id),
			}[test.to]
			tf.Write(config + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", test.to, test.id))
			tf.makePlan().refused(test.words...)
		})
	}
}
