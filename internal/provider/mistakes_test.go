package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// mistake is a mistake in a configuration. Its message must have the code of a finding, or a
// constant summary, be at an attribute, and have the values that were found and are allowed.
type mistake struct {
	name    string
	before  string // applied first
	config  string
	code    check.Code
	summary string
	at      string // in the line that the diagnostic points at, or in its address
	values  []string
}

// The summaries of Terraform itself.
const (
	terraformUnsupported = "Unsupported argument"
	terraformMissing     = "Missing required argument"
	terraformType        = "Incorrect attribute value type"
	terraformValue       = "Invalid Attribute Value Match"
	terraformIndex       = "Invalid index"
	terraformReference   = "Reference to undeclared resource"
)

// wrongInputs are mistakes that validation finds.
func wrongInputs() []mistake {
	long := quoted(strings.Repeat("ü", 256))
	set := func(more string) string { return setHCL(`{ "a" = "" }`, more) }
	return []mistake{
		{"misspelled attribute", "", setHCL(`{ "a" = "" }`, `ignored = ["b"]`), "", terraformUnsupported, "ignored", []string{"ignored"}},
		{
			"misspelled resource attribute", "", "resource \"authscopes_user_type_scopes\" \"e\" {\n  user_typ = \"educator\"\n  scopes = []\n}\n",
			"", terraformMissing, "authscopes_user_type_scopes",
			[]string{"user_type"},
		},
		{"no scopes attribute", "", "resource \"authscopes_server_scopes\" \"s\" {\n}\n", "", terraformMissing, "authscopes_server_scopes", []string{"scopes"}},
		{"scopes as a list", "", setHCL(`["a", "b"]`, ""), "", terraformType, "scopes", []string{"map of string required"}},
		{"scopes of objects", "", setHCL(`{ a = { description = "A" } }`, ""), "", terraformType, "scopes", []string{`element "a": string required`}},
		{"bound that is no number", "", set(`max_deletions = "many"`), "", terraformType, "max_deletions", []string{"number is required"}},
		{"settings that are no object", "", set(`settings = "everyone"`), "", terraformType, "settings", []string{"object required"}},
		{"user type's scopes as text", "", typeHCL("educator", `"a"`, ""), "", terraformType, "scopes", []string{"set of string required"}},
		{"name with a space", "", setHCL(`{ "read users" = "" }`, ""), messages.InputScopeName, "", "scopes", []string{`"read users"`, `"read", "users"`}},
		{"name with a quote", "", setHCL(`{ "read\"users" = "" }`, ""), messages.InputScopeName, "", "scopes", []string{"character 5", "RFC 6749"}},
		{"name with a backslash", "", singleHCL(`"read\\users"`, ""), messages.InputScopeName, "", "name", []string{"character 5", "RFC 6749"}},
		{"name that is not ASCII", "", singleHCL(`"read:bücher"`, ""), messages.InputScopeName, "", "name", []string{"'ü'", "printable ASCII"}},
		{"empty name", "", setHCL(`{ "" = "" }`, ""), messages.InputScopeName, "", "scopes", []string{"empty"}},
		{"long name", "", singleHCL(quoted(strings.Repeat("n", 256)), ""), messages.InputScopeName, "", "name", []string{"256", "255"}},
		{"two names in one element", "", typeHCL("educator", `["a b"]`, ""), messages.InputScopeName, "", "scopes", []string{`"a b"`, `"a", "b"`}},
		{"null element", "", typeHCL("educator", `[null]`, ""), messages.InputNullName, "", "scopes", []string{"null"}},
		{
			"name of a data source", "", "data \"authscopes_server_scope\" \"d\" {\n  name = \"read users\"\n}\n",
			messages.InputScopeName, "", "name",
			[]string{`"read users"`},
		},
		{"long description", "", setHCL(`{ "a" = `+long+` }`, ""), messages.InputDescription, "", "scopes", []string{`"a"`, "256", "255"}},
		{"long description of one", "", singleHCL(`"a"`, "description = "+long), messages.InputDescription, "", "description", []string{`"a"`, "256", "255"}},
		{
			"long consent text", "", singleHCL(`"a"`, "settings = { consent_screen_text = "+quoted(strings.Repeat("t", 2049))+" }"), messages.InputConsentText,
			"", "authscopes_server_scope.one",
			[]string{"consent_screen_text", "2049", "2048"},
		},
		{
			"configured and ignored", "", setHCL(`{ "a:1" = "", "a:2" = "", "b:1" = "", "there" = "" }`, "\nignore = [\"a:*\"]"), check.ConfigIgnored, "", "scopes",
			[]string{"ignore", "a:1", "a:2"},
		},
		{
			"outside of manage", "", setHCL(`{ "a:1" = "", "a:2" = "", "b:1" = "", "there" = "" }`, "\nmanage = [\"a:*\"]"), check.ConfigUnmanaged, "", "scopes",
			[]string{"manage", "b:1", "there"},
		},
		{
			"override for no scope", "", setHCL(`{ "there" = "" }`, `overrides = { "their" = { access = "everyone" } }`),
			check.ConfigOverride, "", "overrides",
			[]string{`"their"`, "scopes"},
		},
		{"empty manage", "", set(`manage = []`), messages.InputNoGlobs, "", "manage", []string{"empty", "Add a glob"}},
		{"empty glob", "", set(`ignore = ["x", ""]`), messages.InputEmptyGlob, "", "ignore", []string{"empty"}},
		{"null glob", "", typeHCL("educator", `[]`, `ignore = [null]`), messages.InputEmptyGlob, "", "ignore", []string{"null"}},
		{"null override", "", set(`overrides = { a = null }`), messages.InputNullEntry, "", "overrides", []string{`"a"`}},
		{
			"misspelled setting", "", set(`overrides = { a = { acess = "everyone" } }`), messages.InputNoSetting,
			"", "overrides",
			[]string{`"a"`, "access", "gui_order"},
		},
		{
			"unknown access", "", set(`settings = { access = "all" }`), "", terraformValue, "authscopes_server_scopes.s",
			[]string{"settings.access", `"all"`, `"user_types"`, `"everyone"`, `"unguarded"`},
		},
		{
			"access in upper case", "", singleHCL(`"a"`, `settings = { access = "Everyone" }`), "", terraformValue,
			"authscopes_server_scope.one",
			[]string{"settings.access", `"Everyone"`, `"everyone"`},
		},
		{
			"unknown assigned type", "", set(`overrides = { a = { assigned_type = "always" } }`), "", terraformValue, "authscopes_server_scopes.s",
			[]string{`overrides["a"].assigned_type`, `"always"`, `"none"`, `"default"`, `"optional"`},
		},
		{
			"order that is no number", "", singleHCL(`"a"`, `settings = { gui_order = "first" }`), "", terraformValue,
			"authscopes_server_scope.one",
			[]string{"settings.gui_order", "first", "whole number"},
		},
		{"unknown on_destroy", "", singleHCL(`"a"`, `on_destroy = "forget"`), "", terraformValue, "on_destroy", []string{`"forget"`, `"delete"`, `"keep"`}},
		{
			"order that is not whole", "", singleHCL(`"a"`, `settings = { gui_order = 1.5 }`), "", terraformValue,
			"authscopes_server_scope.one",
			[]string{"settings.gui_order", "1.5", "whole number"},
		},
		{"negative bound", "", set(`max_deletions = -1`), messages.InputWhole, "", "max_deletions", []string{"max_deletions", "is -1", "not negative"}},
		{"bound that is not whole", "", set(`max_deletions = 1.5`), messages.InputWhole, "", "max_deletions", []string{"max_deletions", "is 1.5", "whole number"}},
		{"bound that is no number", "", set(`max_deletions = "many"`), "", "Incorrect attribute value type", "max_deletions", []string{"max_deletions", "number"}},
		{
			"bound of more than 64 bits", "", typeHCL("educator", `["a"]`, `max_revocations = 1e30`), messages.InputWhole,
			"", "max_revocations",
			[]string{"max_revocations", "9223372036854775807"},
		},
		{
			"retries that are not whole", "", "provider \"authscopes\" {\n  keycloak = {}\n  http = { max_retries = 1.5 }\n}\n" + set(""), messages.ProviderValue,
			"", `provider "authscopes"`,
			[]string{"http.max_retries", `"1.5"`, "whole number"},
		},
		{"empty user type", "", typeHCL("", `[]`, ""), "", "Invalid Attribute Value Length", "user_type", []string{"at least 1", "0"}},
		{
			"reference to a missing resource", "", typeHCL("educator", `[authscopes_server_scopes.shop.names["a"]]`, ""), "",
			terraformReference, "scopes",
			[]string{"authscopes_server_scopes", "shop"},
		},
		{
			"two servers", "", "provider \"authscopes\" {\n  keycloak = {}\n  other = {}\n}\n" + set(""),
			messages.ProviderTwoServers, "", "other",
			[]string{"keycloak", "other", "alias"},
		},
		{
			"no server", "", "provider \"authscopes\" {}\n" + set(""), messages.ProviderNoServer, "", "authscopes_server_scopes.s",
			[]string{"keycloak, other, third", "authscopes.<alias>"},
		},
		{
			"url without a scheme", "", "provider \"authscopes\" {\n  keycloak = { url = \"sso.example.com\" }\n}\n" + set(""),
			messages.ProviderRefused, "", `provider "authscopes"`,
			[]string{"keycloak.url", "https://"},
		},
		{
			"url of a realm", "", "provider \"authscopes\" {\n  keycloak = { url = \"https://sso.example.com/realms/shop\" }\n}\n" + set(""),
			messages.ProviderRefused, "", `provider "authscopes"`,
			[]string{`"/realms"`, "realm"},
		},
		{
			"no concurrency", "", "provider \"authscopes\" {\n  keycloak = {}\n  http = { max_concurrency = 0 }\n}\n" + set(""),
			messages.ProviderValue, "", `provider "authscopes"`,
			[]string{`"0"`, "greater than 0"},
		},
		{
			"timeout without a unit", "", "provider \"authscopes\" {\n  keycloak = {}\n  http = { request_timeout = \"30\" }\n}\n" + set(""),
			messages.ProviderValue, "", `provider "authscopes"`,
			[]string{`"30"`, `"30s"`},
		},
		{
			"two ways to log in", "", "provider \"authscopes\" {\n  keycloak = {\n    client_secret = \"s\"\n    jwt_token = \"t\"\n  }\n}\n" + set(""),
			messages.ProviderTwoLogins, "", `provider "authscopes"`,
			[]string{"keycloak.client_secret", "keycloak.jwt_token"},
		},
		{
			"misspelled provider attribute", "", "provider \"authscopes\" {\n  keycloack = {}\n}\n" + set(""), "",
			terraformUnsupported, "keycloack",
			[]string{"keycloack", "keycloak"},
		},
	}
}

// wrongHolderInputs are mistakes in the scopes of user types and clients, and in renames.
func wrongHolderInputs() []mistake {
	set := func(more string) string { return setHCL(`{ "a" = "" }`, more) }
	grants := func(more string) string { return grantsHCL(`{ educator = [] }`, more) }
	roles := func(roles string) string {
		return "resource \"authscopes_server_grants\" \"g\" {\n  client_roles = " + roles + "\n}\n"
	}
	client := func(lines ...string) string { return clientHCL("web", lines...) }
	var all []mistake
	for _, m := range []struct {
		name, config string
		code         check.Code
		at           string
		values       []string
	}{
		{"grants: no map", "resource \"authscopes_server_grants\" \"g\" {\n}\n", "", "authscopes_server_grants.g", []string{"Missing user types"}},
		{"grants: null", grantsHCL("null", ""), "", "authscopes_server_grants.g", []string{"Missing user types"}},
		{"grants: null entry", grantsHCL(`{ educator = null }`, ""), messages.InputNullGrants, "user_types", []string{`"educator"`, "[]"}},
		{"grants: null element", grantsHCL(`{ educator = [null] }`, ""), messages.InputNullName, "user_types", []string{"An element is null"}},
		{"grants: bad name", grantsHCL(`{ educator = ["read users"] }`, ""), messages.InputScopeName, "user_types", []string{"' ' at character 5"}},
		{"grants: empty key", grantsHCL(`{ "" = ["a"] }`, ""), "", "user_types", []string{"Empty key"}},
		{"grants: empty glob", grants(`ignore_user_types = [""]`), messages.InputEmptyGlob, "ignore_user_types", nil},
		{"grants: negative bound", grants(`max_revocations = -1`), messages.InputWhole, "max_revocations", nil},
		{"grants: unknown on_destroy", grants(`on_destroy = "drop"`), "", "on_destroy", nil},
		{"client roles: null client", roles(`{ app = null }`), messages.InputNullRoles, "client_roles", []string{`"app"`, "map of client role"}},
		{"client roles: null role", roles(`{ app = { editor = null } }`), messages.InputNullGrants, "authscopes_server_grants.g", []string{`"editor"`}},
		{"client roles: null element", roles(`{ app = { editor = [null] } }`), messages.InputNullName, "authscopes_server_grants.g", nil},
		{"client roles: empty client", roles(`{ "" = { editor = ["a"] } }`), "", "client_roles", []string{"Empty key", "client ID"}},
		{"client roles: empty role", roles(`{ app = { "" = ["a"] } }`), "", "client_roles", []string{"Empty key"}},
		{"empty client of a user type", roleHCL("", "editor", `["a"]`, ""), "", "client_id", []string{"client_id"}},
		{
			"client: in both sets", client(`default = ["a", "b", "c"]`, `optional = ["c", "d", "b"]`), check.ConfigBothKinds, "optional",
			[]string{"  - b\n  - c\n", "Remove each scope from one set"},
		},
		{"client: bad name", client(`default = ["a b"]`), messages.InputScopeName, "default", []string{`"a b" has ' '`}},
		{"client: null", client(`optional = [null]`), messages.InputNullName, "optional", []string{"An element is null"}},
		{"client: no client", clientHCL(""), "", "client_id", []string{"at least 1"}},
		{"client: ignored", client(`default = ["a"]`, `ignore = ["a*"]`), check.ConfigIgnored, "default", []string{"- a"}},
		{"client: outside of manage", client(`optional = ["a"]`, `manage = ["b*"]`), check.ConfigUnmanaged, "optional", []string{"- a"}},
		{"client: no globs", client(`manage = []`), messages.InputNoGlobs, "manage", nil},
		{"client: unknown on_destroy", client(`on_destroy = "leave"`), "", "on_destroy", []string{`"delete" "keep"`}},
		{"client: negative bound", client(`max_unassignments = -1`), messages.InputWhole, "max_unassignments", nil},
		{"empty audience", singleHCL(`"a"`, `settings = { included_audiences = [""] }`), "", "", []string{"included_audiences"}},
		{"null audience", singleHCL(`"a"`, `settings = { included_audiences = [null] }`), "", "", []string{"null value"}},
		{"invalid old name", set(`previous_names = { a = "a b" }`), messages.InputScopeName, "previous_names", nil},
		{"invalid new name", set(`previous_names = { "a b" = "old" }`), messages.InputScopeName, "previous_names", nil},
		{"two new names", set(`previous_names = { a = "old", b = "old" }`), check.RenamesAmbiguous, "previous_names", []string{"old: a, b"}},
		{"circular names", set(`previous_names = { a = "b", b = "a" }`), check.RenamesCircular, "previous_names", []string{"- a\n  - b"}},
		{"no old name", set(`previous_names = { a = null }`), messages.InputNullOldName, "previous_names", []string{"no old name"}},
		{"timeout that is none", set(`timeouts = { create = "soon" }`), "", "", []string{"soon"}},
	} {
		all = append(all, mistake{name: m.name, config: m.config, code: m.code, at: m.at, values: m.values})
	}
	return all
}

// wrongPlans are mistakes that a plan finds on the server. It has the scope "there", which
// everyone gets, the built-in scope "profile", and the user types child and educator.
func wrongPlans() []mistake {
	all := `{ "a:1" = "", "a:2" = "", "b:1" = "", "there" = "" }`
	limited := `settings = { access = "user_types" }`
	set := setHCL(all, limited)
	named := func(names string) string { return typeHCL("educator", names, "") }
	return []mistake{
		{"user type: ignored", "", typeHCL("educator", `["there"]`, `ignore = ["th*"]`), check.ConfigIgnored, "", "scopes", []string{"ignore", "there"}},
		{
			"no scope at all", setHCL(`{ "a" = "" }`, `ignore = ["there"]`), setHCL(`{}`, `ignore = ["there"]`),
			messages.InputNoScopes, "", "scopes",
			[]string{"empty", "destroy"},
		},
		{"misspelled reference", "", set + named(`[authscopes_server_scopes.s.names["a:3"]]`), "", terraformIndex, `names["a:3"]`, []string{"key"}},
		{
			"user type that does not exist", "", typeHCL("educators", `["there"]`, ""), check.GrantsMissingHolder,
			"", "user_type",
			[]string{`"educators"`, `"educator"`},
		},
		{
			"undecided access", "", setHCL(`{ "there" = "" }`, ""), check.AccessUndecided, "",
			"authscopes_server_scopes.s",
			[]string{"there", "everyone", "user_types"},
		},
		{
			"unguarded, and open", "", setHCL(`{ "there" = "" }`, `settings = { access = "unguarded" }`), check.AccessLeftOpen,
			"", "authscopes_server_scopes.s",
			[]string{"there", "unguarded"},
		},
		{"foreign scopes", "", setHCL(`{ "a:1" = "" }`, ""), check.AdoptionUnlisted, "", "authscopes_server_scopes.s", []string{"there"}},
		{
			"one scope twice", "", setHCL(all, limited) + singleHCL(`"a:1"`, "depends_on = [authscopes_server_scopes.s]"),
			check.ConflictScopeManagedTwice, "", "authscopes_server_scope",
			[]string{"a:1"},
		},
		{
			"all scopes twice", "", setHCL(all, limited) + strings.Replace(setHCL(all, limited), `"s"`, `"t"`, 1),
			check.ConflictScopesManagedTwice, "", "authscopes_server_scopes",
			[]string{"a:1"},
		},
		{
			"user type twice", "", set + typeHCL("child", `["a:1"]`, "depends_on = [authscopes_server_scopes.s]") +
				strings.Replace(typeHCL("child", `["a:1"]`, "depends_on = [authscopes_server_scopes.s]"), `"e"`, `"f"`, 1),
			check.ConflictHolderManagedTwice, "", "authscopes_user_type_scopes",
			[]string{"child"},
		},
		{
			"open and granted", "", setHCL(`{ "there" = "" }`, `settings = { access = "everyone" }`) + named(`[authscopes_server_scopes.s.names["there"]]`),
			check.AccessContradiction, "", "authscopes_",
			[]string{"there", "everyone", "user_types"},
		},
		{
			"deleted and used", set + named(`[authscopes_server_scopes.s.names["a:1"]]`), setHCL(`{ "b:1" = "", "there" = "" }`, limited) + named(`["a:1"]`),
			check.ConflictDeletedAndUsed, "", "authscopes_",
			[]string{"a:1"},
		},
		{
			"too many deletions", setHCL(all, limited), setHCL(`{ "there" = "" }`, limited+"\nmax_deletions = 2"), check.DeletionsExceedLimit,
			"", "authscopes_server_scopes.s",
			[]string{"a:1", "a:2", "b:1", "2"},
		},
		{"built-in in the set", "", setHCL(`{ profile = "", there = "" }`, limited), check.NamesBuiltIn, "", "scopes", []string{"profile", "allow_built_in"}},
		{
			"openid in the set", "", setHCL(`{ openid = "", there = "" }`, limited+"\nallow_built_in = true"),
			check.NamesReserved, "", "scopes",
			[]string{"openid", "OpenID Connect"},
		},
		{"built-in alone", "", singleHCL(`"profile"`, ""), check.NamesBuiltIn, "", "name", []string{"profile", "allow_built_in"}},
		{"built-in for a user type", "", typeHCL("educator", `["profile"]`, ""), check.GrantsBuiltIn, "", "authscopes_user_type_scopes.e", []string{"profile"}},
		{"no such realm", "", setHCL(`{ a = "" }`, `server_id = "gone"`), check.ParentMissing, "", "authscopes_server_scopes.s", []string{`"gone"`}},
		{
			"wrong import ID", "", setHCL(all, limited) + "import {\n  to = authscopes_server_scopes.s\n  id = \"a/b/c\"\n}\n",
			messages.FailedRead, "", "",
			[]string{"a/b/c"},
		},
		{
			"import of what does not exist", "", singleHCL(`"gone"`, "") + "import {\n  to = authscopes_server_scope.one\n  id = \"gone\"\n}\n",
			messages.FoundNoScope, "", "",
			[]string{`"gone"`},
		},
		{"exists already", "", singleHCL(`"there"`, `settings = { access = "everyone" }`), check.NamesExists, "", "name", []string{"there", "import"}},
		{"state of another realm", set, setHCL(all, limited+"\nserver_id = \"other\""), messages.FoundOtherServer, "", "server_id", []string{`"other"`, `"memory"`}},
	}
}

// codeOf returns the code of the message that a diagnostic was made of.
func codeOf(d tftest.Diagnostic) check.Code {
	var code check.Code
	constant := 0
	for _, row := range messages.Rows() {
		text := templateAction.ReplaceAllString(row.Summary+row.Detail, "")
		if len(text) > constant && pattern(row.Summary).MatchString(d.Summary) && pattern(row.Detail).MatchString(d.Detail) {
			code, constant = row.Code, len(text) // the row with the most constant text
		}
	}
	return code
}

// A condition with its text, or one value.
var templateAction = regexp.MustCompile(`(?s)\{\{(?:if|with|range) [^}]*\}\}.*?\{\{end\}\}|\{\{[^}]*\}\}`)

// One of two texts.
var templateChoice = regexp.MustCompile(`(?s)\{\{if [^}]*\}\}((?:[^{]|\{\{[^ei][^}]*\}\})*)\{\{else\}\}((?:[^{]|\{\{[^ei][^}]*\}\})*)\{\{end\}\}`)

// pattern matches what a template can render.
func pattern(template string) *regexp.Regexp {
	return regexp.MustCompile("^(?s:" + rendered(template) + ")$")
}

func rendered(template string) string {
	if at := templateChoice.FindStringSubmatchIndex(template); at != nil {
		return rendered(template[:at[0]]) + "(?:" + rendered(template[at[2]:at[3]]) + "|" + rendered(template[at[4]:at[5]]) + ")" + rendered(template[at[1]:])
	}
	parts := templateAction.Split(template, -1)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return strings.Join(parts, ".*")
}

// TestMemoryMistakes requires the message of each mistake at its attribute. Mistakes of one phase of
// Terraform share its commands, except those in the configuration of the provider.
func TestMemoryMistakes(t *testing.T) {
	t.Parallel()
	var inputs, plans []memRow
	wrong := wrongPlans()
	for i, test := range slices.Concat(wrong, wrongInputs(), wrongHolderInputs()) {
		row := memRow{name: test.name, others: true, server: mistakenServer, steps: []memStep{
			{config: test.before}, {config: test.config, found: []found{{test.code, test.summary, test.at, test.values}}},
		}}
		switch {
		case strings.Contains(test.config, "provider \"authscopes\""):
			t.Run(test.name, func(t *testing.T) {
				m := newMemory()
				mistakenServer(m)
				tf := memoryTerraform(t, m)
				o := tf.Write(test.config).makePlan()
				test.check(t, o.Severity("error"), o.Severity("warning"))
				o.wrote()
			})
		case i < len(wrong):
			plans = append(plans, row)
		default:
			inputs = append(inputs, row)
		}
	}
	if n := len(inputs) + len(plans); n < 60 {
		t.Errorf("%d mistakes", n)
	}
	t.Run("inputs", func(t *testing.T) { runRows(t, inputs...) })
	t.Run("plans", func(t *testing.T) { runRows(t, plans...) })
}

// mistakenServer has the scope "there", which everyone gets, and the built-in scope "profile".
func mistakenServer(m *drivertest.Memory) {
	adds(builtInScope("profile"), scopeOf("there", openScope))(m)
}

// check requires an error or, for a plan that continues, a warning that contains all texts.
func (test mistake) check(t *testing.T, errors, warnings []tftest.Diagnostic) {
	t.Helper()
	if len(errors) == 0 {
		errors = warnings
	}
	if !slices.ContainsFunc(errors, test.matches) {
		for _, d := range errors {
			t.Logf("%s | code %q | summary %q | at %q %s\n%s", test.name, codeOf(d), d.Summary, strings.TrimSpace(d.Snippet.Code), d.Address, d.Detail)
		}
		t.Errorf("no diagnostic has code %q, summary %q, %q and %q", test.code, test.summary, test.at, test.values)
	}
}

func (test mistake) matches(d tftest.Diagnostic) bool {
	text := d.Summary + "\n" + d.Detail
	return codeOf(d) == test.code && (test.summary == "" || d.Summary == test.summary) &&
		strings.Contains(d.Snippet.Code+" "+d.Address, test.at) &&
		!slices.ContainsFunc(test.values, func(v string) bool { return !strings.Contains(text, v) })
}

// TestAccKeycloakMistakes holds the messages about mistakes that a real Keycloak finds, in a
// plan or, for a right to write, in an apply.
func TestAccKeycloakMistakes(t *testing.T) {
	l := newLab(t, "educator")
	reader := l.CreateServiceAccount(t, "reader", "view-clients", "view-realm")
	nothing := l.CreateServiceAccount(t, "nothing")
	l.CreatePublicClient(t, "public")
	l.CreateSAMLClient(t, "saml-app")
	block := func(realm, client, secret, more string) string {
		return tftest.ProviderHCL(fmt.Sprintf("url = %q\nrealm = %q\nclient_id = %q\nclient_secret = %q\n", l.Server.URL, realm, client, secret) + more)
	}
	config := tftest.ScopesHCL(map[string]string{"a": "A"})
	tf := attached(t)
	const at = "authscopes_server_scopes.s"
	for _, test := range []struct {
		mistake
		writes bool
	}{
		{mistake{
			"wrong realm", "", block("nowhere", "reader", reader.Secret, "login_realm = \""+l.Name+"\"\n") + config, check.ParentMissing,
			"", at,
			[]string{`"nowhere"`, "realm in the provider configuration"},
		}, false},
		{mistake{
			"wrong login realm", "", block(l.Name, "reader", reader.Secret, "login_realm = \"nowhere\"\n") + config,
			messages.FailedRead, "", at,
			[]string{`"nowhere"`, "login_realm"},
		}, false},
		{mistake{
			"wrong secret", "", block(l.Name, "reader", "wrong-secret", "") + config, messages.FailedRead,
			"", at,
			[]string{"client_secret", `"reader"`, l.Name},
		}, false},
		{mistake{"wrong client", "", block(l.Name, "raeder", reader.Secret, "") + config, messages.FailedRead, "", at, []string{"client_id", `"raeder"`}}, false},
		{mistake{
			"client without a service account", "", block(l.Name, "public", "secret", "") + config, messages.FailedRead,
			"", at,
			[]string{`"public"`, "Service accounts roles"},
		}, false},
		{mistake{
			"wrong base path", "", block(l.Name, "reader", reader.Secret, "base_path = \"/auth\"\n") + config,
			messages.FailedRead, "", at,
			[]string{"base_path", "url"},
		}, false},
		{mistake{
			"no right to read", "", block(l.Name, "nothing", nothing.Secret, "") + config, messages.FailedRead,
			"", at,
			[]string{"view-clients", "realm-management"},
		}, false},
		{mistake{
			"no right to write", "", block(l.Name, "reader", reader.Secret, "") + config, messages.FailedWriteScopes,
			"", at,
			[]string{"manage-", "realm-management"},
		}, true},
		{mistake{
			"token that is no token", "", tftest.ProviderHCL("url = \""+l.Server.URL+"\"\nrealm = \""+l.Name+"\"\njwt_token = \"secret\"\n") + config,
			messages.FailedRead, "", at,
			[]string{"jwt_token", "signed JWT"},
		}, false},
		{mistake{
			"token of another issuer", "", tftest.ProviderHCL("url = \""+l.Server.URL+"\"\nrealm = \""+l.Name+"\"\njwt_token = \""+jwtSample+"\"\n") + config,
			messages.FailedRead, "", at,
			[]string{"claim exp", "claim aud", l.Server.URL + "/realms/" + l.Name},
		}, false},
		{mistake{
			"user type that does not exist", "", block(l.Name, "reader", reader.Secret, "") + config + tftest.UserTypeHCL("educators", "a"),
			check.GrantsMissingHolder, "", "user_type",
			[]string{`"educators"`, `"educator"`},
		}, false},
		{mistake{
			"SAML client", "", block(l.Name, "reader", reader.Secret, "") + tftest.ClientHCL("saml-app", `optional = ["a"]`),
			messages.FailedChangeClient, "", "client_id",
			[]string{`"saml-app"`, `"saml"`, "OpenID Connect"},
		}, false},
	} {
		tf.Write(test.config)
		var o *memOutcome
		if o = tf.run("plan"); test.writes {
			o = tf.apply()
		}
		test.check(t, o.Severity("error"), o.Severity("warning"))
		for _, d := range o.Diagnostics {
			if strings.Contains(d.Detail, "wrong-secret") || strings.Contains(d.Detail, jwtSample) {
				t.Errorf("%s: a secret in %s", test.name, d.Detail)
			}
		}
	}
}
