package provider

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

const examplesDir = "../../examples"

// byIdentity needs Terraform 1.12, and what it imports.
const byIdentity = "import-by-identity.tf"

// exampleFolders are the folders of examples/ that hold a configuration.
func exampleFolders(t *testing.T) []string {
	t.Helper()
	var folders []string
	err := filepath.WalkDir(examplesDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".tf") {
			folders = append(folders, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	folders = slices.Compact(slices.Sorted(slices.Values(folders)))
	folders = slices.DeleteFunc(folders, func(f string) bool { return slices.Contains(examplesWithKeycloakProvider(), f) })
	if len(folders) < 8 {
		t.Fatalf("only %d folders with examples were found: %v", len(folders), folders)
	}
	return folders
}

// example copies one into a folder of its own, with the provider block that the
// snippets of the documentation leave out.
func example(t *testing.T, folder string) *binary {
	t.Helper()
	b := newBinary(t)
	if err := os.CopyFS(b.dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b.dir, byIdentity)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(b.dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	whole := false
	for _, f := range files {
		whole = whole || strings.Contains(b.read(filepath.Base(f)), "required_providers")
	}
	if !whole {
		b.Write("provider.tf", "terraform {\n  required_providers {\n    authscopes = { source = \"authscopes/authscopes\" }\n  }\n}\n\n"+
			"provider \"authscopes\" {\n  keycloak = {}\n}\n")
	}
	return b
}

func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, folder := range exampleFolders(t) {
		t.Run(strings.TrimPrefix(folder, examplesDir+"/"), func(t *testing.T) {
			t.Parallel()
			if root, part, inside := strings.Cut(folder, "/complete/keycloak/"); inside { // a root beside another
				example(t, root+"/complete/keycloak").run("-chdir="+part, "validate", "-json").ok()
				return
			}
			example(t, folder).run("validate", "-json").ok()
		})
	}
}

// List blocks, and imports by identity, can be read only by a newer Terraform.
func TestExamplesForNewTerraformAreValid(t *testing.T) {
	atLeast(t, "1.14.0")
	t.Parallel()
	lists, err := filepath.Glob(examplesDir + "/list-resources/*/*.tfquery.hcl")
	if err != nil || len(lists) != 5 {
		t.Fatalf("%d files with list blocks: %v", len(lists), err)
	}
	for _, file := range lists {
		b := example(t, filepath.Dir(file))
		b.run("validate", "-query", "-json").ok()
	}
	imports, err := filepath.Glob(examplesDir + "/resources/*/" + byIdentity)
	if err != nil || len(imports) != 5 {
		t.Fatalf("%d files with imports by identity: %v", len(imports), err)
	}
	for _, file := range imports {
		b := example(t, filepath.Dir(file))
		b.Write(byIdentity, (&binary{t: t, dir: filepath.Dir(file)}).read(byIdentity))
		b.run("validate", "-json").ok()
	}
}

// The generator of docs/ is given what Terraform itself says of the provider.
func TestSchemaForDocs(t *testing.T) {
	atLeast(t, "1.14.0")
	t.Parallel()
	b := newBinary(t)
	b.config()
	theirs := b.run("providers", "schema", "-json").ok().out
	ours, err := exec.Command("go", "run", "./cmd/schema", "registry.terraform.io/authscopes/authscopes").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if json.Unmarshal([]byte(theirs), &want) != nil || json.Unmarshal(ours, &got) != nil {
		t.Fatalf("no JSON: %.200s\n%.200s", theirs, ours)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the schema for docs/ is not what Terraform says:\n%.2000s\nwant\n%.2000s", ours, theirs)
	}
}

// TestAccDriftRecipe plays the drift check of examples/complete/keycloak: a root module of its
// own fails with the report, only reports on a pull request, and passes after the apply of the
// saved plan. A baseline shows the effects of the change.
func TestAccDriftRecipe(t *testing.T) {
	l := newLab(t, "child", "educator", "healthprofessional")
	b := example(t, examplesDir+"/complete/keycloak")
	reader := l.CreateServiceAccount(t, "reader", "view-clients", "view-realm")
	writer := l.CreateServiceAccount(t, "writer", "manage-clients", "manage-realm")
	as := func(c keycloak.Client) {
		for name, value := range map[string]string{
			"KEYCLOAK_URL": l.proxy.URL, "KEYCLOAK_CLIENT_ID": c.ClientID,
			"KEYCLOAK_CLIENT_SECRET": c.Secret, "AUTHSCOPES_KEYCLOAK_REALM": l.Name,
		} {
			b.env[name] = value
		}
	}
	as(writer)
	b.run("apply", "-auto-approve", "-input=false", "-json").ok()
	as(reader)
	b.run("-chdir=report", "plan", "-input=false", "-json").ok()

	l.CreateScopes(t, "debug:all")
	l.proxy.Reset()
	b.run("-chdir=report", "plan", "-input=false", "-json").ends(1).fails([]string{"debug:all", "1 undefined scope on the server"})
	if err := os.CopyFS(filepath.Join(b.dir, "base"), os.DirFS(filepath.Join(b.dir, "api"))); err != nil {
		t.Fatal(err)
	}
	api := filepath.Join("api", "missions.yaml")
	b.Write(api, strings.Replace(b.read(api), `"missions:create": Create missions`, `"missions:create": Create missions
            "missions:delete": Delete missions`, 1))
	b.run("-chdir=report", "apply", "-auto-approve", "-input=false", "-var=fail_on_drift=false", "-var=baseline_dir=../base", "-json").ok()
	report := b.run("-chdir=report", "output", "-raw", "report").ok().out
	for _, words := range []string{"`missions:delete`", "new with this change", "api/missions.yaml:"} {
		if !strings.Contains(report, words) {
			t.Errorf("the report lacks %q:\n%s", words, report)
		}
	}
	userTypes := b.read("user_types.yaml")
	b.Write(filepath.Join("base", "user_types.yaml"), userTypes)
	userTypes, _, _ = strings.Cut(userTypes, "healthprofessional:") // taken out: its resource is destroyed
	b.Write("user_types.yaml", strings.Replace(userTypes, "child:\n", "child:\n  - missions:create\n", 1))
	b.run("-chdir=report", "apply", "-auto-approve", "-input=false", "-var=fail_on_drift=false", "-var=baseline_user_types=../base/user_types.yaml", "-json").ok()
	who := b.run("-chdir=report", "output", "-raw", "who_gets_what").ok().out
	for _, words := range []string{
		"1 scope that every user gets", "| `debug:all` | open |", "| `child` | `missions:create` | **gained** |",
		"| `healthprofessional` | `measurements:read` | **lost** |",
	} {
		if !strings.Contains(who, words) {
			t.Errorf("the matrix lacks %q:\n%s", words, who)
		}
	}
	if writes := l.writes(); len(writes) > 0 {
		t.Errorf("the report wrote: %v", writes)
	}

	as(writer)
	b.run("plan", "-detailed-exitcode", "-input=false", "-out=changes.tfplan", "-json").ends(2)
	b.run("apply", "-input=false", "-json", "changes.tfplan").ok()
	as(reader)
	b.run("-chdir=report", "plan", "-input=false", "-json").ok()
}

// notForKeycloak are the examples that are for another server, or need more
// than a realm; each has a test of its own, or is only validated.
func notForKeycloak(folder string) bool {
	return strings.HasSuffix(folder, "/provider") || strings.HasSuffix(folder, "/report") || strings.HasSuffix(folder, "_drift") ||
		slices.ContainsFunc([]string{"onelogin", "venafi", "ocariot", "pace", "two-servers", "/ci/", "module-test"}, func(server string) bool {
			return strings.Contains(folder, server)
		})
}

// TestAccExamples applies those for Keycloak, one after the other on one realm, plans empty, and destroys.
func TestAccExamples(t *testing.T) { //nolint:tparallel // the subtests share a realm
	l := newLab(t, "child", "educator", "healthprofessional")
	l.CreateClient(t, map[string]any{"clientId": "web-shop", "publicClient": true})
	l.CreateClientRole(t, "web-shop", "editor")
	env := map[string]string{
		"KEYCLOAK_URL": l.proxy.URL, "KEYCLOAK_REALM": "master", "KEYCLOAK_USER": l.Server.User,
		"KEYCLOAK_PASSWORD": l.Server.Password, "AUTHSCOPES_KEYCLOAK_REALM": l.Name,
	}
	provider := serve(t, map[string]func() tfprotov6.ProviderServer{"authscopes/authscopes": NewServer(releasedProvider(env))})
	builtIns := map[string]bool{}
	for _, scope := range l.Scopes(t) {
		builtIns[scope.Name] = true
	}
	for _, folder := range exampleFolders(t) {
		if notForKeycloak(folder) {
			continue
		}
		t.Run(strings.TrimPrefix(folder, examplesDir+"/"), func(t *testing.T) {
			for _, scope := range l.Scopes(t) { // those made by hand, and those that an example keeps
				if !builtIns[scope.Name] {
					l.DeleteScope(t, scope.Name)
				}
			}
			byHand := ""
			if strings.Contains(folder, "data-sources") {
				byHand = "missions:read"
			}
			if strings.HasSuffix(folder, "complete/rename") {
				byHand = "missions:create"
			}
			if byHand != "" {
				l.CreateScope(t, keycloak.ClientScope{Name: byHand, Description: "Read missions"})
				l.MapRoles(t, byHand, "educator")
			}
			b := example(t, folder)
			if maps.Copy(b.env, env); !strings.HasSuffix(folder, "_definitions") { // whose paths begin in the folder of the process
				b.env["TF_REATTACH_PROVIDERS"] = provider
			}
			b.run("apply", "-auto-approve", "-input=false", "-json").ok()
			b.run("plan", "-detailed-exitcode", "-input=false", "-json").ok()
			b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
		})
	}
}

// TestAccExamplesOfServers applies those for other servers on their stand-ins,
// as they are written, plans empty, and destroys. The one for two servers has a
// realm of the real Keycloak beside OneLogin. All requests name the version.
func TestAccExamplesOfServers(t *testing.T) {
	t.Parallel()
	applies := func(t *testing.T, name string, env map[string]string) *binary {
		t.Helper()
		b := example(t, examplesDir+"/complete/"+name)
		maps.Copy(b.env, env)
		b.run("apply", "-auto-approve", "-input=false", "-json").ok()
		b.run("plan", "-detailed-exitcode", "-input=false", "-json").ok()
		return b
	}
	oneLogin := func(a account) map[string]string {
		return map[string]string{"ONELOGIN_API_URL": a.URL, "ONELOGIN_CLIENT_ID": "client-id", "ONELOGIN_CLIENT_SECRET": "client-secret"}
	}
	invoices := map[string]string{"invoices:read": "Read invoices", "invoices:write": "Create and change invoices"}
	t.Run("onelogin", func(t *testing.T) {
		a := newAccount(t)
		env := oneLogin(a)
		var agents agents
		env["ONELOGIN_API_URL"] = agents.before(t, a.URL)
		env["TF_VAR_server_id"], env["TF_VAR_app_id"] = "77", "5"
		b := applies(t, "onelogin", env)
		a.requireScopes(invoices)
		if err := a.has("invoices:read")(nil); err != nil {
			t.Error(err)
		}
		b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
		a.requireScopes(map[string]string{})
		agents.check(t, "token")
	})
	t.Run("venafi", func(t *testing.T) {
		s := newTPP(t, venafi.Options{})
		s.AddApplication("app", "certificate:manage,revoke;ssh")
		var agents agents
		b := applies(t, "venafi", map[string]string{
			"AUTHSCOPES_VENAFI_URL": agents.before(t, s.URL), "AUTHSCOPES_VENAFI_CLIENT_ID": "terraform", "AUTHSCOPES_VENAFI_USERNAME": "user",
			"AUTHSCOPES_VENAFI_PASSWORD": "password", "TF_VAR_application_id": "app", "TF_VAR_group": trustee,
		})
		if got := ruleOf(s); got != "certificate:manage,revoke;ssh" {
			t.Errorf("the rule is %q", got)
		}
		b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
		if n := s.Rules(); n != 0 {
			t.Errorf("%d rules are left", n)
		}
		agents.check(t, "uthorize")
	})
	t.Run("ocariot", func(t *testing.T) {
		s := newPlatform(t)
		var agents agents
		url := agents.before(t, s.URL)
		b := applies(t, "ocariot", map[string]string{"AUTHSCOPES_OCARIOT_URL": url, "AUTHSCOPES_OCARIOT_USERNAME": "root", "AUTHSCOPES_OCARIOT_PASSWORD": "pw"})
		b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
		if got := s.Scopes("kid"); !slices.Equal(got, []string{"children:read", "missions:read", "sleep:read"}) {
			t.Errorf("the user has %q", got)
		}
		agents.check(t, "auth")
	})
	t.Run("pace", func(t *testing.T) {
		t.Parallel()
		s := pace.New(t, pace.Options{})
		var agents agents
		b := example(t, examplesDir+"/complete/pace")
		b.Write("main.tf", strings.Replace(b.read("main.tf"), "https://api.pace.cloud", agents.before(t, s.URL), 1))
		b.run("apply", "-auto-approve", "-input=false", "-json").ok()
		missing := func() string { return strings.TrimSpace(b.run("output", "-json", "missing").ok().out) }
		if got := missing(); got != `["user:callbacks:password-reset"]` {
			t.Errorf("missing: %s", got)
		}
		s.SetKnown("user:callbacks:password-reset")
		b.run("apply", "-auto-approve", "-input=false", "-json").ok()
		if got := missing(); got != `[]` {
			t.Errorf("missing, when PACE has it: %s", got)
		}
		agents.check(t, "")
	})
	t.Run("two-servers", func(t *testing.T) {
		l := newLab(t)
		a := account{onelogin.New(t, onelogin.Options{}), t}
		a.AddAuthServer(77)
		env := oneLogin(a)
		maps.Copy(env, map[string]string{
			"KEYCLOAK_URL": l.proxy.URL, "KEYCLOAK_REALM": "master", "KEYCLOAK_USER": l.Server.User,
			"KEYCLOAK_PASSWORD": l.Server.Password, "AUTHSCOPES_KEYCLOAK_REALM": l.Name, "TF_VAR_onelogin_server_id": "77",
		})
		b := applies(t, "two-servers", env)
		a.requireScopes(invoices)
		a.RemoveScope(77, "invoices:read")
		l.UpdateScope(t, "invoices:write", map[string]any{"description": "by hand"})
		b.plan().ends(2)
		b.requireChanges(`
			authscopes_server_scopes.partners + ids.invoices:read = "(unknown)"
			authscopes_server_scopes.partners + scopes.invoices:read = "Read invoices"
			authscopes_server_scopes.staff ~ scopes.invoices:write = "by hand" -> "Create and change invoices"
		`)
		b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
		a.requireScopes(map[string]string{})
	})
}
