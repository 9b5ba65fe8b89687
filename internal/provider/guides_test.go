package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const guidesDir = "../../templates/guides"

// guides are the texts of all guides, by file name.
func guides(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(guidesDir + "/*.md.tmpl")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d guides, %v", len(files), err)
	}
	texts := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(filepath.Base(f), ".md.tmpl")] = string(text)
	}
	return texts
}

var fencedHCL = regexp.MustCompile("(?s)```terraform\n(.*?)```")

// TestGuidesAreValid validates the snippets of the guides except the files of examples/, which
// have tests of their own. It adds the parts that a snippet omits because its page assumes them.
func TestGuidesAreValid(t *testing.T) {
	t.Parallel()
	snippets := 0
	for name, text := range guides(t) {
		for i, m := range fencedHCL.FindAllStringSubmatch(text, -1) {
			snippets++
			t.Run(fmt.Sprintf("%s %d", name, i+1), func(t *testing.T) {
				t.Parallel()
				b := newBinary(t)
				b.Write("rest.tf", restOf(m[1]))
				if strings.HasPrefix(m[1], "list ") { // for terraform query
					b.Write("main.tfquery.hcl", m[1])
					atLeast(t, "1.14.0")
					b.run("validate", "-query", "-json").ok()
					return
				}
				b.Write("main.tf", m[1])
				b.run("validate", "-json").ok()
				b.run("fmt", "-check", "main.tf").ok()
			})
		}
	}
	if snippets < 3 {
		t.Errorf("only %d snippets were found", snippets)
	}
}

var (
	hclImport  = regexp.MustCompile(`(?m)^  to\s*= (authscopes_\w+)\.(\w+)`)
	hclAddress = regexp.MustCompile(`\b(authscopes_\w+)\.(\w+)\b`)
)

// restOf is the provider block and the resources that a snippet takes for there.
func restOf(snippet string) string {
	var b strings.Builder
	if !strings.Contains(snippet, "required_providers") {
		b.WriteString("terraform {\n  required_providers {\n    authscopes = { source = \"authscopes/authscopes\" }\n  }\n}\n")
	}
	if !strings.Contains(snippet, `provider "authscopes"`) {
		b.WriteString("provider \"authscopes\" {\n  keycloak = {}\n}\n")
	}
	bodies := map[string]string{
		"authscopes_server_scopes":    `scopes = { "a:b" = null }`,
		"authscopes_server_scope":     `name = "a:b"`,
		"authscopes_user_type_scopes": "user_type = \"a\"\nscopes = []",
		"authscopes_server_grants":    "user_types = {}",
		"authscopes_client_scopes":    `client_id = "a"`,
	}
	stubbed := map[string]bool{}
	wanted := hclImport.FindAllStringSubmatch(snippet, -1)
	if !strings.Contains(snippet, "moved {") && !strings.Contains(snippet, "removed {") {
		wanted = append(wanted, hclAddress.FindAllStringSubmatch(snippet, -1)...)
	}
	for _, m := range wanted {
		if there := fmt.Sprintf("resource %q %q {", m[1], m[2]); bodies[m[1]] != "" && !stubbed[there] && !strings.Contains(snippet, there) {
			stubbed[there] = true
			fmt.Fprintf(&b, "%s\n%s\n}\n", there, bodies[m[1]])
		}
	}
	return b.String()
}

// TestAccKeycloakTwoTeams plays the guide for teams: two states on one realm and
// one user type, neither of which sees the other's part.
func TestAccKeycloakTwoTeams(t *testing.T) {
	l := newLab(t, "educator")
	team := func(name string) *binary {
		b := example(t, examplesDir+"/complete/teams/"+name)
		for name, value := range map[string]string{
			"KEYCLOAK_URL": l.proxy.URL, "KEYCLOAK_REALM": "master", "KEYCLOAK_USER": l.Server.User,
			"KEYCLOAK_PASSWORD": l.Server.Password, "AUTHSCOPES_KEYCLOAK_REALM": l.Name,
		} {
			b.env[name] = value
		}
		return b
	}
	catalog, billing := team("catalog"), team("billing")
	catalog.apply().ok()
	billing.apply().ok()
	catalog.plan().ends(0)
	educator := []string{guardRole, "educator"}
	mapped := func(want map[string][]string) {
		t.Helper()
		for name, roles := range want {
			same(t, "roles of "+name, l.ScopeRoles(t, name), roles)
		}
	}
	mapped(map[string][]string{"catalog:read": educator, "catalog:write": {guardRole}, "billing:read": educator, "billing:refund": {guardRole}})

	// A change by one team is not drift for the other.
	l.CreateScopes(t, "catalog:debug")
	billing.plan().ends(0)
	catalog.plan().ends(2)
	catalog.requireChanges("authscopes_server_scopes.catalog - scopes.catalog:debug = null")

	// Without manage the others' scopes are in the way, not deleted.
	main := strings.Replace(catalog.read("main.tf"), "  manage = local.mine\n  scopes", "  scopes", 1)
	third := team("catalog")
	third.Write("main.tf", main)
	third.plan().fails([]string{messagestest.Summary(check.AdoptionUnlisted), "billing:read", "billing:refund"})

	l.DeleteScope(t, "catalog:debug")
	catalog.run("destroy", "-auto-approve", "-input=false", "-json").ok()
	billing.plan().ends(0)
	mapped(map[string][]string{"billing:read": educator, "billing:refund": {guardRole}})
	if _, found := l.FindScope(t, "catalog:read"); found {
		t.Error("the scope is still there")
	}
}

// TestAccKeycloakLeastPrivileges holds the table of the guide: these roles are
// enough for the task, and what they are not enough for is refused by name.
func TestAccKeycloakLeastPrivileges(t *testing.T) { //nolint:tparallel // the subtests change the same scopes
	l := newLab(t, "educator")
	l.CreatePublicClient(t, "app")
	open := tftest.ScopesHCL(map[string]string{"open": "O"}, `settings = { access = "everyone" }`, `manage = ["open"]`)
	guarded := tftest.ScopesHCL(map[string]string{"a": "A"}, `manage = ["a"]`) + tftest.UserTypeHCL("educator", "a")
	l.CreateScopes(t, "own")
	for i, test := range []struct {
		name   string
		roles  []string
		config string
		lacks  string // the role that an apply asks for; "" where it succeeds
	}{
		{"scopes can be read", []string{"view-clients"}, `data "authscopes_server_scopes" "all" {}`, ""},
		{"user types can be read", []string{"view-clients", "view-realm"}, `data "authscopes_user_type_scopes" "e" { user_type = "educator" }`, ""},
		{"nothing can be read", nil, `data "authscopes_server_scopes" "all" {}`, "view-clients"},
		{"a reader writes nothing", []string{"view-clients", "view-realm"}, open, "manage-clients"},
		{"open scopes", []string{"manage-clients", "view-realm"}, open, ""},
		{"no guard without manage-realm", []string{"manage-clients", "view-realm"}, strings.ReplaceAll(guarded, `"a"`, `"b"`), "manage-realm"},
		{"guarded scopes and user types", []string{"manage-clients", "manage-realm"}, guarded, ""},
		{"no scopes without manage-clients", []string{"view-clients", "manage-realm"}, strings.ReplaceAll(guarded, `"a"`, `"c"`), "manage-clients"},
		{"scopes of a client", []string{"view-clients", "view-realm", "manage-clients"}, clientHCL("app", `optional = ["own"]`, `manage = ["own"]`), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newAttached(t)
			b.config(tftest.ProviderHCL(l.account(fmt.Sprintf("account%d", i), test.roles...)), test.config)
			if test.lacks != "" {
				b.apply().fails([]string{"The identity that logs in needs the role", test.lacks, "realm-management"})
				return
			}
			b.apply().ok()
			b.plan().ends(0)
			b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
		})
	}
}
