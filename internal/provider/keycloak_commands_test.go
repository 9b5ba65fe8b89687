package provider

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

func TestAccKeycloakReplace(t *testing.T) {
	l, b := guarded(t)
	l.proxy.Reset()
	b.run("apply", "-auto-approve", "-replace=authscopes_server_scopes.s").ok()
	// Deleting a scope deletes its role mappings: the next plan shows it.
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole}, "b": {guardRole}, "c": {guardRole}, "o": {}})
	b.plan().ends(2)
	b.requireChanges(`
		user_type_scopes.child update
		  + scopes[b] = there
		user_type_scopes.educator update
		  + scopes[a] = there
		  + scopes[b] = there
	`)
	b.apply("plan").ok()
	b.plan().ends(0)

	b.run("apply", "-auto-approve", "-replace=authscopes_user_type_scopes.educator").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	b.plan().ends(0)
}

// With create_before_destroy, the destroy deletes nothing that the create has just adopted.
func TestAccKeycloakCreateBeforeDestroy(t *testing.T) {
	l, b := guarded(t)
	head, resources, _ := strings.Cut(l.guardedConfig(), "\nresource")
	b.config(head, strings.ReplaceAll("resource"+resources, "\n}\n", "\n  lifecycle { create_before_destroy = true }\n}\n"))
	ids := map[string]string{}
	for name := range guardedRoles {
		ids[name] = l.Scope(t, name).ID
	}
	uid := l.Role(t, guardRole).ContainerID
	b.plan("-replace=authscopes_server_scopes.s", "-replace=authscopes_user_type_scopes.educator").ends(2)
	b.requireChanges(fmt.Sprintf(`
		server_scopes.s create+delete
		  ~ ids.a = %q -> unknown
		  ~ ids.b = %q -> unknown
		  ~ ids.c = %q -> unknown
		  ~ ids.o = %q -> unknown
		  ~ server_uid = %q -> unknown
		user_type_scopes.educator create+delete
		  ~ server_uid = %q -> unknown
	`, ids["a"], ids["b"], ids["c"], ids["o"], uid, uid))
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	for name, id := range ids {
		same(t, "id of "+name, l.Scope(t, name).ID, id)
	}
	b.plan().ends(0)
}

func TestAccKeycloakTargetAndDestroy(t *testing.T) {
	l := newLab(t, "educator", "child")
	b := newBinary(t)
	b.config(l.guardedConfig())
	b.apply("-target=authscopes_user_type_scopes.educator").ok()
	same(t, "state", b.state(), []string{"authscopes_server_scopes.s", "authscopes_user_type_scopes.educator"})
	b.plan("-target=authscopes_user_type_scopes.child").ends(2)
	b.requireChanges("user_type_scopes.child create\n")
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	b.plan().ends(0)

	builtIns := len(l.Scopes(t)) - len(guardedRoles)
	b.plan("-destroy").ends(2)
	b.requireChanges(`
		server_scopes.s delete
		user_type_scopes.child delete
		user_type_scopes.educator delete
	`)
	b.apply("plan").ok()
	same(t, "scopes", l.roles(), map[string][]string{})
	same(t, "built-in scopes", len(l.Scopes(t)), builtIns)
	if _, found := l.FindRole(t, guardRole); !found {
		t.Error("the guard role was deleted")
	}
	same(t, "state", b.state(), []string{})
}

// Two aliases are two servers.
func TestAccKeycloakAliases(t *testing.T) {
	l := newLab(t, "educator")
	other := &lab{Realm: l.Server.NewRealm(t), proxy: l.Server.NewProxy(t), t: t}
	other.CreateRoles(t, "educator")
	b := newBinary(t)
	second := func(hcl string) string {
		hcl = strings.ReplaceAll(hcl, "\"s\" {", "\"s2\" {\n  provider = authscopes.other")
		hcl = strings.ReplaceAll(hcl, "\"educator\" {", "\"educator2\" {\n  provider = authscopes.other")
		return strings.ReplaceAll(hcl, "server_scopes.s.", "server_scopes.s2.")
	}
	b.config(
		l.config(scopesHCL(map[string]string{"a": "A", "shared": "here"}), userTypeHCL("educator", "a")),
		strings.Replace(providerBlock(other.admin()), "{", "{\n  alias = \"other\"", 1),
		second(scopesHCL(map[string]string{"b": "B", "shared": "there"})+userTypeHCL("educator", "shared")),
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
		server_scopes.s2 update
		  - scopes.extra = null
	`)
}

// Adopting a realm that others have made: refused without an import, and what
// generate-config-out writes plans empty.
func TestAccKeycloakAdopt(t *testing.T) {
	l := newLab(t, "educator", "child")
	b := newBinary(t)
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

	b.config(l.config(scopesHCL(map[string]string{one: one, "mine": ""}, `ignore = ["single"]`)))
	b.plan().fails(
		[]string{
			messagestest.Summary(check.AdoptionUnlisted), "- " + two, "- unguarded",
			"import {\n  to = authscopes_server_scopes.<name>\n  id = \"" + l.Name + "\"\n}",
		},
		[]string{messagestest.Summary(check.AccessUndecided), "- " + one, `access = "everyone"`, `access = "user_types"`},
	)
	b.config(l.config(oneHCL("single", "")))
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
}

// The single resource, adopted the same way.
func TestAccKeycloakAdoptOne(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	l.CreateScope(t, keycloak.ClientScope{Name: "single", Attributes: map[string]string{attrConsent: "true", attrText: "", attrInToken: "", attrOrder: "2"}})
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

	b.config(l.config(scopesHCL(map[string]string{"a": "A", "b": "new", "c": "C", "o": "O"},
		`settings = { include_in_token_scope = false, assigned_type = "default" }`, `overrides = { o = { access = "everyone" } }`),
		userTypeHCL("educator", "a"), userTypeHCL("child")))
	b.apply().ok()
	b.plan().ends(0)
	s := l.Scope(t, "b")
	same(t, "description", s.Description, "new")
	same(t, "attribute", s.Attributes["theirs"], "kept")
	same(t, "mappers", len(s.ProtocolMappers), 1)
	same(t, "roles", l.ScopeRoles(t, "b"), []string{guardRole, "foreign"})
	same(t, "client roles", l.ScopeClientRoles(t, "b"), map[string][]string{"account": {"view-profile"}})
	same(t, "roles", l.ScopeRoles(t, "a"), []string{guardRole, "educator"})

	b.config(l.config(scopesHCL(map[string]string{"a": "A", "b": "new", "c": "C", "o": "O"}, `settings = { access = "everyone" }`)))
	b.plan().fails([]string{messagestest.Summary(check.AccessClientRoles), "b: client/account/view-profile"})

	b.config(l.guardedConfig())
	b.run("destroy", "-auto-approve").ok()
	same(t, "built-in scopes and defaults", builtIns(), before)
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
	b.config(providerBlock(fmt.Sprintf("url = %q\nrealm = %q\nclient_id = \"terraform\"\nusername = \"admin\"\n", l.proxy.URL, l.Name)),
		scopesHCL(map[string]string{"a": "A"}), userTypeHCL("educator", "a"), `data "authscopes_server_scopes" "all" {}`)
	b.plan().ends(2)
	b.apply("plan").ok()
	b.config(providerBlock(fmt.Sprintf("url = %q\nrealm = %q\nclient_id = \"terraform\"\nusername = \"admin\"\n", l.proxy.URL, l.Name)),
		scopesHCL(map[string]string{"a": "A2"}), userTypeHCL("educator", "a"), `data "authscopes_server_scopes" "all" {}`)
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
