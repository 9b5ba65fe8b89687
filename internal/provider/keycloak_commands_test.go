package provider

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// Deleting a scope deletes its role mappings, and the next plan shows it. With create_before_destroy,
// the destroy deletes nothing that the create has just adopted.
func TestAccKeycloakReplace(t *testing.T) {
	l, b := guarded(t)
	b.run("apply", "-auto-approve", "-replace=authscopes_server_scopes.s").ok()
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole}, "b": {guardRole}, "c": {guardRole}, "o": {}})
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_user_type_scopes.child ~ scopes = [] -> ["b"]
		authscopes_user_type_scopes.educator ~ scopes = [] -> ["a","b"]
	`)
	b.apply("plan").ok()
	b.run("apply", "-auto-approve", "-replace=authscopes_user_type_scopes.educator").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	b.plan().ends(0)

	head, resources, _ := strings.Cut(l.guardedConfig(), "\nresource")
	b.config(head, strings.ReplaceAll("resource"+resources, "\n}\n", "\n  lifecycle { create_before_destroy = true }\n}\n"))
	ids := map[string]string{}
	for name := range guardedRoles {
		ids[name] = l.Scope(t, name).ID
	}
	b.plan("-replace=authscopes_server_scopes.s", "-replace=authscopes_user_type_scopes.educator").ends(2)
	b.requireChanges(`
		authscopes_server_scopes.s [create delete]
		authscopes_user_type_scopes.educator [create delete]
	`)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	for name, id := range ids {
		same(t, "id of "+name, l.Scope(t, name).ID, id)
	}
	b.plan().ends(0)
}

// Two aliases are two servers.
func TestAccKeycloakAliases(t *testing.T) {
	l := newLab(t, "educator")
	other := &lab{Realm: l.Server.NewRealm(t), proxy: l.Server.NewProxy(t), t: t}
	other.CreateRoles(t, "educator")
	b := newBinary(t) // a process for each alias
	second := func(hcl string) string {
		hcl = strings.ReplaceAll(hcl, "\"s\" {", "\"s2\" {\n  provider = authscopes.other")
		hcl = strings.ReplaceAll(hcl, "\"educator\" {", "\"educator2\" {\n  provider = authscopes.other")
		return strings.ReplaceAll(hcl, "server_scopes.s.", "server_scopes.s2.")
	}
	b.config(
		l.config(tftest.ScopesHCL(map[string]string{"a": "A", "shared": "here"}), tftest.UserTypeHCL("educator", "a")),
		strings.Replace(tftest.ProviderHCL(other.admin()), "{", "{\n  alias = \"other\"", 1),
		second(tftest.ScopesHCL(map[string]string{"b": "B", "shared": "there"})+tftest.UserTypeHCL("educator", "shared")),
	)
	b.apply().ok()
	same(t, "here", l.ScopeRoles(t, "a"), []string{guardRole, "educator"})
	same(t, "here", l.Scope(t, "shared").Description, "here")
	same(t, "there", other.ScopeRoles(t, "shared"), []string{guardRole, "educator"})
	same(t, "there", other.Scope(t, "shared").Description, "there")
	for _, w := range []*lab{l, other} {
		for _, r := range w.proxy.APIRequests() {
			if !strings.HasPrefix(r.Path+"/", "/admin/realms/"+w.Name+"/") {
				t.Errorf("%s %s went to the server of realm %s", r.Method, r.Path, w.Name)
			}
		}
	}
	other.CreateScopes(t, "extra")
	b.plan().ends(2)
	b.requireChanges(`
		authscopes_server_scopes.s2 - scopes.extra = null
	`)
}

// Adopting a realm that others have made: refused without an import, and what
// generate-config-out writes plans empty.
func TestAccKeycloakAdopt(t *testing.T) {
	l := newLab(t, "educator", "child")
	b := newAttached(t)
	one, two := "open:1", "open:2"
	if strings.HasPrefix(filepath.Base(b.program), "tofu") { // https://github.com/opentofu/opentofu/issues/3978
		one, two = "open-1", "open-2"
	}
	for _, name := range []string{one, two, "unguarded", "single"} {
		l.CreateScope(t, keycloak.ClientScope{Name: name, Description: name, Attributes: map[string]string{
			attrConsent: "true", attrText: "", attrInToken: "false", attrMetadata: "true", attrOrder: "",
		}})
	}
	l.SetAssignedType(t, one, keycloak.AssignedOptional)
	l.MapRoles(t, "unguarded", "educator", "child")
	l.MapClientRole(t, "unguarded", "account", "view-profile")
	before := fmt.Sprint(l.Scopes(t))

	b.config(l.config(tftest.ScopesHCL(map[string]string{one: one, "mine": ""}, `ignore = ["single"]`)))
	b.plan().fails(
		[]string{
			messagestest.Summary(check.AdoptionUnlisted), "- " + two, "- unguarded",
			"import {\n  to = authscopes_server_scopes.<name>\n  id = \"" + l.Name + "\"\n}",
		},
		[]string{messagestest.Summary(check.AccessUndecided), "- " + one, `access = "everyone"`, `access = "user_types"`},
	)
	b.config(l.config(tftest.OneScopeHCL("single", "")))
	b.plan().fails([]string{messagestest.Summary(check.NamesExists), "import {\n  to = authscopes_server_scope.<name>\n  id = \"single\"\n}"})

	b.config(l.config(fmt.Sprintf("import {\n  to = authscopes_server_scopes.s\n  id = %q\n}\nimport {\n  to = authscopes_user_type_scopes.educator\n  id = \"educator\"\n}\n", l.Name)))
	b.run("plan", "-generate-config-out=generated.tf").ok()
	generated := b.read("generated.tf")
	for _, words := range []string{`"` + one + `"`, `"unguarded"`, `assigned_type`, `user_type`} {
		if !strings.Contains(generated, words) {
			t.Errorf("%s is not in the generated configuration:\n%s", words, generated)
		}
	}
	b.plan().warns([]string{messagestest.Summary(check.AccessHeldByEveryone), "- unguarded: client/account/view-profile"},
		[]string{messagestest.Summary(check.AccessUnguarded), "(unguarded)"})
	b.requireChanges("")
	b.apply("plan").ok()
	b.plan().ends(0)
	same(t, "the realm, untouched by adoption", fmt.Sprint(l.Scopes(t)), before)
	same(t, "roles", l.ScopeRoles(t, "unguarded"), []string{"child", "educator"})

	// Closing what was unguarded leaves what others mapped to it.
	b.Write("generated.tf", strings.ReplaceAll(generated, `"unguarded"
`, `"user_types"
`))
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "unguarded"), []string{guardRole, "child", "educator"})
	same(t, "client roles", l.ScopeClientRoles(t, "unguarded"), map[string][]string{"account": {"view-profile"}})

	// The single resource, adopted the same way.
	b = newAttached(t)
	l.UpdateScope(t, "single", map[string]any{"attributes": map[string]string{attrInToken: "", attrOrder: "2"}})
	b.config(l.config("import {\n  to = authscopes_server_scope.one\n  id = \"single\"\n}\nimport {\n  to = authscopes_server_scope.profile\n" +
		"  id = \"profile\"\n}\n"))
	b.run("plan", "-generate-config-out=generated.tf").ok()
	b.plan()
	b.requireChanges("")
	b.apply("plan").ok()
	b.plan().ends(0).warns()
	same(t, "roles", l.ScopeRoles(t, "single"), []string{})

	b.config(l.config())
	b.Write("generated.tf", "")
	b.apply().ok()
	if _, found := l.FindScope(t, "single"); found {
		t.Error("the scope is still there")
	}
	if _, found := l.FindScope(t, "profile"); !found {
		t.Error("a built-in scope was deleted")
	}
}

// Objects without configuration survive every update: foreign roles, client roles, attributes,
// protocol mappers.
func TestAccKeycloakLeavesTheRestAlone(t *testing.T) {
	l, b := guarded(t)
	builtIns := func() string {
		var all []keycloak.ClientScope
		for _, s := range l.Scopes(t) {
			if len(s.Name) > 1 {
				all = append(all, s)
			}
		}
		return fmt.Sprintf("%+v %v %v", all, l.RealmScopes(t, keycloak.AssignedDefault), l.ScopeRoles(t, "offline_access"))
	}
	before := builtIns()
	l.CreateRoles(t, "foreign")
	l.MapRoles(t, "b", "foreign")
	l.MapClientRole(t, "b", "account", "view-profile")
	mapper := keycloak.ProtocolMapper{
		Name: "fixed", Protocol: "openid-connect", ProtocolMapper: "oidc-hardcoded-claim-mapper",
		Config: map[string]string{"claim.name": "fixed", "claim.value": "1", "access.token.claim": "true"},
	}
	if err := l.Do(t.Context(), "POST", mapper, nil, "client-scopes", l.Scope(t, "b").ID, "protocol-mappers", "models"); err != nil {
		t.Fatal(err)
	}
	l.set("b", "theirs", "kept")()
	b.plan().ends(0)

	b.config(l.config(tftest.ScopesHCL(map[string]string{"a": "A", "b": "new", "c": "C", "o": "O"},
		`settings = { include_in_token_scope = false, assigned_type = "default" }`, `overrides = { o = { access = "everyone" } }`),
		tftest.UserTypeHCL("educator", "a"), tftest.UserTypeHCL("child")))
	b.apply().ok()
	b.plan().ends(0)
	s := l.Scope(t, "b")
	same(t, "description", s.Description, "new")
	same(t, "attribute", s.Attributes["theirs"], "kept")
	same(t, "mappers", len(s.ProtocolMappers), 1)
	same(t, "roles", l.ScopeRoles(t, "b"), []string{guardRole, "foreign"})
	same(t, "client roles", l.ScopeClientRoles(t, "b"), map[string][]string{"account": {"view-profile"}})
	same(t, "roles", l.ScopeRoles(t, "a"), []string{guardRole, "educator"})

	b.config(l.config(tftest.ScopesHCL(map[string]string{"a": "A", "b": "new", "c": "C", "o": "O"}, `settings = { access = "everyone" }`)))
	b.plan().fails([]string{messagestest.Summary(check.AccessClientRoles), "b: client/account/view-profile"})

	b.config(l.guardedConfig())
	b.run("destroy", "-auto-approve").ok()
	same(t, "built-in scopes and defaults", builtIns(), before)

	// One resource at a time, and all destroyed by a saved plan.
	l.DeleteRole(t, "foreign")
	b.config(l.guardedConfig())
	b.apply("-target=authscopes_user_type_scopes.educator").ok()
	same(t, "state", b.state(), []string{"authscopes_server_scopes.s", "authscopes_user_type_scopes.educator"})
	b.plan("-target=authscopes_user_type_scopes.child").ends(2)
	b.requireChanges("authscopes_user_type_scopes.child [create]")
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	b.plan().ends(0)

	b.plan("-destroy").ends(2)
	b.requireChanges(`
		authscopes_server_scopes.s [delete]
		authscopes_user_type_scopes.child [delete]
		authscopes_user_type_scopes.educator [delete]
	`)
	b.apply("plan").ok()
	same(t, "scopes", l.roles(), map[string][]string{})
	same(t, "built-in scopes and defaults", builtIns(), before)
	if _, found := l.FindRole(t, guardRole); !found {
		t.Error("the guard role was deleted")
	}
	same(t, "state", b.state(), []string{})
}

// No secret gets into the log at TRACE, the state, or the plan.
func TestAccKeycloakSecrets(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	const secret, password = "canary-of-the-client", "canary-of-the-user"
	l.CreateClient(t, map[string]any{"clientId": "terraform", "secret": secret, "directAccessGrantsEnabled": true})
	admin := l.CreateUser(t, "admin")
	if err := l.Do(t.Context(), "PUT", map[string]any{"type": "password", "value": password}, nil, "users", admin.ID, "reset-password"); err != nil {
		t.Fatal(err)
	}
	var clients []struct {
		ID string `json:"id"`
	}
	if err := l.Do(t.Context(), "GET", nil, &clients, "clients"); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		var roles []keycloak.Role
		path := []string{"users", admin.ID, "role-mappings", "clients", c.ID}
		if err := l.Do(t.Context(), "GET", nil, &roles, append(path, "available")...); err != nil {
			t.Fatal(err)
		}
		if len(roles) > 0 {
			if err := l.Do(t.Context(), "POST", roles, nil, path...); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.env["TF_LOG"] = "TRACE"
	b.env["TF_LOG_PATH"] = filepath.Join(b.dir, "trace.log")
	b.env["KEYCLOAK_CLIENT_SECRET"], b.env["KEYCLOAK_PASSWORD"] = secret, password
	b.config(tftest.ProviderHCL(fmt.Sprintf("url = %q\nrealm = %q\nclient_id = \"terraform\"\nusername = \"admin\"\n", l.proxy.URL, l.Name)),
		tftest.ScopesHCL(map[string]string{"a": "A"}), tftest.UserTypeHCL("educator", "a"), `data "authscopes_server_scopes" "all" {}`)
	b.plan().ends(2)
	b.apply("plan").ok()
	b.config(tftest.ProviderHCL(fmt.Sprintf("url = %q\nrealm = %q\nclient_id = \"terraform\"\nusername = \"admin\"\n", l.proxy.URL, l.Name)),
		tftest.ScopesHCL(map[string]string{"a": "A2"}), tftest.UserTypeHCL("educator", "a"), `data "authscopes_server_scopes" "all" {}`)
	b.plan().ends(2)
	sent := strings.Builder{}
	for _, r := range l.proxy.Requests() {
		sent.WriteString(r.Body)
	}
	if !strings.Contains(sent.String(), secret) || !strings.Contains(sent.String(), password) {
		t.Fatal("the secrets were not used")
	}
	log := b.read("trace.log")
	if !strings.Contains(log, "/client-scopes") {
		t.Error("the log has no requests in it: is it at TRACE?")
	}
	token := regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.`)
	for name, text := range map[string]string{
		"log": log, "state": b.read("terraform.tfstate"),
		"backup": b.read("terraform.tfstate.backup"), "plan": unzip(t, filepath.Join(b.dir, "plan")),
	} {
		if text == "" && name != "backup" {
			t.Errorf("%s is empty", name)
		}
		for _, canary := range []string{secret, password} {
			if i := strings.Index(text, canary); i >= 0 {
				t.Errorf("%q is in the %s: %s", canary, name, text[max(0, i-200):min(len(text), i+50)])
			}
		}
		if i := token.FindStringIndex(text); i != nil {
			t.Errorf("a token is in the %s: %s", name, text[max(0, i[0]-200):i[1]])
		}
	}

	// With view-clients alone Keycloak lists clients with their secrets.
	const canaryOfClient = "canary-of-a-client"
	l.manyClients(4, "a")
	l.CreateClient(t, map[string]any{"clientId": "app-004", "secret": canaryOfClient})
	b = newBinary(t)
	b.env["TF_LOG"] = "TRACE"
	b.config(tftest.ProviderHCL(l.account("reader", "view-clients")), `
		data "authscopes_client_scopes" "all" {
			for_each  = toset([for i in range(5) : format("app-%03d", i)])
			client_id = each.key
		}
	`)
	var seen atomic.Bool
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		return keycloak.Action{Alter: func(resp *http.Response) error {
			body, err := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(bytes.NewReader(body))
			if strings.HasSuffix(r.URL.Path, "/clients") && bytes.Contains(body, []byte(canaryOfClient)) {
				seen.Store(true)
			}
			return err
		}}
	})
	log = b.plan("-out=plan").ok().out + b.apply("plan").ok().out
	if !seen.Load() || !strings.Contains(log, "[TRACE]") {
		t.Errorf("the secret was sent: %t", seen.Load())
	}
	for name, text := range map[string]string{"log": log, "state": b.read("terraform.tfstate"), "plan": unzip(t, filepath.Join(b.dir, "plan"))} {
		if text == "" || strings.Contains(text, canaryOfClient) {
			t.Errorf("the secret is in the %s, or that is empty", name)
		}
	}
}

// unzip returns all files of a zip file, which a plan is, except those that begin with one of the
// omitted names.
func unzip(t *testing.T, path string, leftOut ...string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var all strings.Builder
	for _, f := range z.File {
		if slices.ContainsFunc(leftOut, func(name string) bool { return strings.HasPrefix(f.Name, name) }) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return all.String()
}
