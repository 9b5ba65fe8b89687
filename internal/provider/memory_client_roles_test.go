package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

const editor = "client/app/editor"

// rolesMemory is a server with the scopes a, b and c, the user types child and educator, and
// client roles.
func rolesMemory() *drivertest.Memory {
	m := newMemory()
	threeScopes(m)
	for _, name := range []string{editor, "client/app/viewer", "client/https:%2F%2Fweb/editor", "client/other/x"} {
		m.AddClientRole(memRealm, authz.UserType{Name: name})
	}
	return m
}

// roleHCL is an authscopes_user_type_scopes "e" for a client role.
func roleHCL(clientID, role, scopes, more string) string {
	return typeHCL(role, scopes, fmt.Sprintf("client_id = %q\n%s", clientID, more))
}

func TestMemoryClientRole(t *testing.T) {
	m := rolesMemory()
	tf := memoryTerraform(t, m)
	tf.applied(roleHCL("app", "editor", `["a", "b"]`, ""))
	wantHas(t, m, editor, "a", "b")
	wantHas(t, m, "editor")
	memEdit(m, "c", func(s *authz.Scope) { s.ClientRoles = []string{editor, "client/app/viewer"} })
	tf.makePlan().ok().quiet().changes(typeAddress + ` ~ scopes = ["a","b","c"] -> ["a","b"]`)
	tf.applyPlan().ok()
	// One of two mapped roles goes, the other stays.
	wantHas(t, m, "client/app/viewer", "c")
	wantHas(t, m, editor, "a", "b")
	// A realm role of the same name, and a role of another client, are other user types.
	tf.Write(roleHCL("https://web", "editor", `["a"]`, "")).makePlan().ok().changes(typeAddress + " [delete create]").
		warned(`User type "client/app/editor" in Memory realm "memory": 2 scopes will be revoked`)
	tf.applyPlan().ok()
	wantHas(t, m, editor)
	wantHas(t, m, "client/https:%2F%2Fweb/editor", "a")
	tf.settled()
	// A role that is deleted is one that does not exist.
	m.DeleteClientRole(memRealm, "client/https:%2F%2Fweb/editor")
	tf.makePlan().ok().changes(typeAddress + " [create]").warned(`User type "client/https:%2F%2Fweb/editor" does not exist in `)
	tf.applyPlan().refused(`User type "client/https:%2F%2Fweb/editor"`)
}

func TestMemoryClientRoleChecks(t *testing.T) {
	m := rolesMemory()
	m.AddClientRole(memRealm, authz.UserType{Name: "client/app/lead", ContainsClientRoles: []string{editor}})
	m.AddClientRole(memRealm, authz.UserType{Name: "client/app/all", Everyone: true})
	tf := memoryTerraform(t, m)
	tf.Write(roleHCL("app", "lead", `["a"]`, "")).makePlan().refused(messagestest.Summary(check.GrantsComposite), "- "+editor, "allow_composite")
	tf.Write(roleHCL("app", "all", `["a"]`, "allow_composite = true")).makePlan().refused(messagestest.Summary(check.GrantsEveryone))
	tf.Write(grantsHCL(`{}`, `client_roles = { app = { lead = ["a"] } }`)).makePlan().
		refused(messagestest.Summary(check.AllGrantsComposite), "composite_user_types")
	tf.applied(grantsHCL(`{}`, `client_roles = { app = { lead = ["a"] } }`+"\n"+`composite_user_types = ["client/app/lead"]`))
	tf.Write(roleHCL("", "editor", `["a"]`, "")).makePlan().refused("client_id")
	m.Caps.ClientRoles = false
	tf.Write(roleHCL("app", "editor", `["a"]`, "")).makePlan().failed("Memory has no client roles", "Remove client_id")
	tf.Write(grantsHCL(`{}`, `client_roles = { app = { editor = ["a"] } }`)).makePlan().failed("Memory has no client roles", "Remove client_roles")
}

// A renamed client role is recognized by its ID.
func TestMemoryClientRoleRenamed(t *testing.T) {
	t.Parallel()
	for name, hcl := range map[string]string{
		"one": roleHCL("app", "editor", `["a"]`, ""), "all": grantsHCL(`{}`, `client_roles = { app = { editor = ["a"] } }`),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			threeScopes(m)
			m.AddClientRole(memRealm, authz.UserType{Name: editor, ID: "7"})
			tf := memoryTerraform(t, m)
			tf.applied(hcl)
			m.DeleteClientRole(memRealm, editor)
			m.AddClientRole(memRealm, authz.UserType{Name: "client/app/author", ID: "7"})
			memEdit(m, "a", func(s *authz.Scope) { s.ClientRoles = []string{"client/app/author"} })
			tf.makePlan().failed("renamed", `"client/app/author"`).wrote()
		})
	}
}

// An import ID names a realm role by its name, and a client role by client/.
func TestMemoryClientRoleImport(t *testing.T) {
	t.Parallel()
	m := rolesMemory()
	for _, role := range []string{"a/b", "realm/client/app/editor", "realm/realm/x", "client-x"} { // as a snapshot has them
		m.AddUserType(memRealm, authz.UserType{Name: role})
	}
	for id, want := range map[string][2]string{
		"educator":                      {"educator", "<nil>"},
		"realm/educator":                {"educator", "<nil>"},
		"a/b":                           {"a/b", "<nil>"},
		"client-x":                      {"client-x", "<nil>"},
		"client/app/editor":             {"editor", "app"},
		"client/https:%2F%2Fweb/editor": {"editor", "https://web"},
		"realm/client/app/editor":       {"client/app/editor", "<nil>"},
		"realm/realm/x":                 {"realm/x", "<nil>"},
		"realm/x":                       {"realm/x", "<nil>"},
	} {
		t.Run(id, func(t *testing.T) {
			tf := memoryTerraform(t, m)
			clientID := ""
			if want[1] != "<nil>" {
				clientID = fmt.Sprintf("client_id = %q", want[1])
			}
			tf.applied(typeHCL(want[0], `[]`, clientID) + fmt.Sprintf("import {\n  to = authscopes_user_type_scopes.e\n  id = %q\n}\n", id))
			state := tf.state(typeAddress)
			if got := [2]string{fmt.Sprint(state["user_type"]), fmt.Sprint(state["client_id"])}; got != want {
				t.Errorf("imported %q, want %q", got, want)
			}
		})
	}
	t.Run("composite, with another spelling", func(t *testing.T) {
		m.AddClientRole(memRealm, authz.UserType{Name: "client/https:%2F%2Fweb/lead", ContainsClientRoles: []string{editor}})
		memEdit(m, "a", func(s *authz.Scope) { s.ClientRoles = []string{"client/https:%2F%2Fweb/lead"} })
		tf := memoryTerraform(t, m)
		tf.Write(roleHCL("https://web", "lead", `["a"]`, "allow_composite = true") +
			"import {\n  to = authscopes_user_type_scopes.e\n  id = \"client/https:%2f%2fweb/lead\"\n}\n").makePlan().ok().changes()
	})
	t.Run("absent", func(t *testing.T) {
		tf := memoryTerraform(t, m)
		tf.Write(typeHCL("author", `[]`, `client_id = "app"`)+"import {\n  to = authscopes_user_type_scopes.e\n  id = \"client/app/author\"\n}\n").
			makePlan().failed(messagestest.Summary(messages.FoundNoClientRole), `"client/app/author"`, "there is no such role")
	})
}

func TestMemoryGrantsOfClientRoles(t *testing.T) {
	m := rolesMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a"] }`, `client_roles = { app = { editor = ["a", "b"], viewer = [] }, "https://web" = { editor = ["b"] } }`))
	wantHas(t, m, editor, "a", "b")
	wantHas(t, m, "client/https:%2F%2Fweb/editor", "b")
	wantHas(t, m, "educator", "a")
	memEdit(m, "c", func(s *authz.Scope) { s.ClientRoles = []string{"client/app/viewer", "client/other/x"} })
	tf.makePlan().ok().quiet().changes(grantsAddress+` - client_roles.other = {"x":["c"]}`, grantsAddress+` ~ client_roles.app.viewer = ["c"] -> []`)
	tf.applyPlan().ok()
	wantHas(t, m, "client/other/x")
	tf.settled()
	// Ignored by the same notation.
	memEdit(m, "c", func(s *authz.Scope) { s.ClientRoles = []string{"client/other/x"} })
	tf.applied(grantsHCL(`{ educator = ["a"] }`,
		`client_roles = { app = { editor = ["a"] } }`+"\n"+`ignore_user_types = ["client/other/*", "client/https:%2F%2Fweb/*"]`))
	wantHas(t, m, "client/other/x", "c")
	wantHas(t, m, "client/https:%2F%2Fweb/editor", "b")
	wantHas(t, m, editor, "a")
	// Client roles alone.
	tf.applied("resource \"authscopes_server_grants\" \"g\" {\n  client_roles = { app = { viewer = [\"a\"] } }\n" +
		"  ignore_user_types = [\"client/other/*\", \"client/https*\"]\n}\n")
	wantHas(t, m, "educator")
	wantHas(t, m, editor)
	// An import fills both maps.
	memEdit(m, "b", func(s *authz.Scope) { s.UserTypes, s.ClientRoles = []string{"child"}, nil })
	memEdit(m, "c", func(s *authz.Scope) { s.ClientRoles = nil })
	tf.plain("state", "rm", grantsAddress)
	tf.applied(grantsHCL(`{ child = ["b"] }`, `client_roles = { app = { viewer = ["a"] } }`) + grantsImport)
}

func TestMemoryClientRolesManagedTwice(t *testing.T) {
	m := rolesMemory()
	tf := memoryTerraform(t, m)
	all := `client_roles = { app = { editor = ["a"] } }`
	tf.Write(grantsHCL(`{}`, all) + roleHCL("app", "editor", `["a"]`, "")).makePlan().failed(messagestest.Summary(check.ConflictHolderManagedTwice)).wrote()
	tf.Write(grantsHCL(`{}`, all) + roleHCL("app", "viewer", `["a"]`, "")).makePlan().failed("managed").wrote()
	tf.applied(grantsHCL(`{}`, all+"\n"+`ignore_user_types = ["client/app/viewer"]`) + roleHCL("app", "viewer", `["a"]`, ""))
}

func TestMemoryClientRolesInput(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roles string
		words []string
	}{
		"null client":  {`{ app = null }`, []string{messagestest.Summary(messages.InputNullRoles), `"app"`, "map of client role"}},
		"null role":    {`{ app = { editor = null } }`, []string{"Null entry", `"editor"`}},
		"null element": {`{ app = { editor = [null] } }`, []string{"Null scope name"}},
		"empty client": {`{ "" = { editor = ["a"] } }`, []string{"Empty key", "client ID"}},
		"empty role":   {`{ app = { "" = ["a"] } }`, []string{"Empty key"}},
		"ignored":      {`{ app = { editor = ["a"] } }` + "\nignore_user_types = [\"client/app/*\"]", []string{"listed and ignored", "- " + editor}},
	} {
		t.Run(name, func(t *testing.T) {
			memoryTerraform(t, rolesMemory()).Write("resource \"authscopes_server_grants\" \"g\" {\n  client_roles = " + test.roles + "\n}\n").
				makePlan().refused(test.words...).wrote()
		})
	}
}

// A client role that does not exist is a warning at plan and an error at apply.
func TestMemoryClientRolesUnknown(t *testing.T) {
	m := rolesMemory()
	tf := memoryTerraform(t, m)
	o := tf.Write(grantsHCL(`{}`, `client_roles = { app = { edtor = ["a"] }, web = { x = ["a"] } }`)).makePlan().ok()
	o.warned("client/app/edtor", messagestest.Summary(check.GrantsMissingHolder))
	o.warned("client/web/x", messagestest.Summary(check.GrantsMissingHolder))
	if o := tf.applyPlan(); !strings.Contains(showAll(o.Severity("error")), "client/web/x") {
		t.Errorf("errors %s", showAll(o.Severity("error")))
	}
	wantHas(t, m, "client/app/edtor")
}

// Configuration that Terraform generates from an import plans empty.
func TestMemoryGrantsGeneratedConfig(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*drivertest.Memory){
		"nothing":    func(*drivertest.Memory) {},
		"user types": func(m *drivertest.Memory) { memEdit(m, "a", mappedTo("child", "educator")) },
		"client roles": func(m *drivertest.Memory) {
			memEdit(m, "a", func(s *authz.Scope) { s.ClientRoles = []string{editor, "client/https:%2F%2Fweb/editor"} })
		},
		"both, with a composite one": func(m *drivertest.Memory) {
			m.AddUserType(memRealm, authz.UserType{Name: "leader", Contains: []string{"child"}})
			m.AddClientRole(memRealm, authz.UserType{Name: "client/app/lead", Contains: []string{"child"}})
			memEdit(m, "a", func(s *authz.Scope) { s.UserTypes, s.ClientRoles = []string{"leader"}, []string{"client/app/lead"} })
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := rolesMemory()
			change(m)
			tf := memoryTerraform(t, m)
			tf.Write(grantsImport).run("plan", "-generate-config-out=generated.tf").ok()
			tf.makePlan().ok().quiet().changes()
			tf.applyPlan().ok().wrote()
			tf.settled()
		})
	}
}

// A list of user types has the client roles that have a scope.
func TestMemoryListClientRoles(t *testing.T) {
	t.Parallel()
	m := rolesMemory()
	memEdit(m, "a", func(s *authz.Scope) { s.UserTypes, s.ClientRoles = []string{"child"}, []string{editor} })
	s := newMemServer(t, m)
	f := s.find("authscopes_user_type_scopes", block{}, 10, true)
	same(t, "names", f.names, []string{"child", editor})
	same(t, "identities", f.ids, []map[string]string{
		{"server_id": memRealm, "user_type": "child", "client_id": ""}, {"server_id": memRealm, "user_type": "editor", "client_id": "app"},
	})
	same(t, "filtered", s.find("authscopes_user_type_scopes", block{"include": listOf("client/app/*")}, 10, false).names, []string{editor})
	f = s.find("authscopes_server_grants", block{}, 10, true)
	if got := f.states[0]["client_roles"].String(); !strings.Contains(got, `"editor"`) || !strings.Contains(got, `"a"`) {
		t.Errorf("client_roles %s", got)
	}
}
