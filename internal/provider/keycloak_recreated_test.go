package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// recreatedHCL has one resource of each kind.
func recreatedHCL() string {
	return strings.Join([]string{
		scopesHCL(map[string]string{"a": "A", "b": "B"}, `ignore = ["other"]`), otherHCL, userTypeHCL("educator", "a", "b"), recreatedAppHCL("a", "b"),
	}, "\n")
}

func recreatedAppHCL(scopes ...string) string {
	return fmt.Sprintf("resource \"authscopes_client_scopes\" \"app\" {\n  client_id = \"app\"\n  optional = [%s]\n"+
		"  depends_on = [authscopes_server_scopes.s]\n}\n", quotedAll(scopes))
}

const elsewhere = " belongs to a different server"

// recreates applies one resource of each kind, and creates the realm again under the same
// name, with the role and the client.
func recreates(t *testing.T) (*lab, *binary, keycloak.Client) {
	t.Helper()
	l := newLab(t, "educator")
	l.CreatePublicClient(t, "app")
	b := newBinary(t)
	b.config(l.config(recreatedHCL()))
	b.apply().ok()
	b.plan().ends(0).warns()
	l.Delete(t)
	l.Server.NewRealmNamed(t, l.Name).CreateRoles(t, "educator")
	return l, b, l.CreatePublicClient(t, "app")
}

// A realm that was created again under the same name is another realm: every resource
// warns, and keeps its state.
func TestAccKeycloakRecreatedRealm(t *testing.T) {
	l, b, app := recreates(t)
	warning := []string{elsewhere, "the realm was deleted and created again", "terraform state rm"}
	b.plan().ends(2).warns(warning, warning, warning, warning)
	b.requireChanges(`
		client_scopes.app update
		  + optional[a] = there
		  + optional[b] = there
		server_scopes.s update
		  + ids.a = unknown
		  + ids.b = unknown
		  + scopes.a = "A"
		  + scopes.b = "B"
		user_type_scopes.educator update
		  + scopes[a] = there
		  + scopes[b] = there
	`)
	before := b.state()
	b.apply("-refresh-only").ok()
	same(t, "resources in the state", b.state(), before)

	// Nothing is deleted, revoked or unassigned.
	l.CreateScopes(t, "a", "b", "x")
	l.CreateScope(t, keycloak.ClientScope{Name: "other", Protocol: "openid-connect"})
	l.MapRoles(t, "a", "educator")
	l.MapRoles(t, "b", "educator")
	l.MapRoles(t, "x", "educator")
	l.CreateRoles(t, "somebody")
	l.MapRoles(t, "other", "somebody")
	for _, name := range []string{"a", "b", "x"} {
		l.AddClientScope(t, app, name, keycloak.AssignedOptional)
	}
	removes := []string{elsewhere + "\n", "delete, revoke or unassign", "- x"}
	b.plan().fails(removes) // the set, before what depends on it
	b.config(l.config(strings.Replace(recreatedHCL(), `["other"]`, `["other", "x"]`, 1)))
	b.plan().fails(removes, removes)
	l.DeleteScope(t, "x")
	l.proxy.Reset()
	destroys := []string{elsewhere + "\n", "destroy the resource on a server that the state does not belong to"}
	b.plan("-destroy").fails(destroys, destroys, destroys) // the set comes after them
	b.run("destroy", "-json", "-auto-approve", "-refresh=false").fails(destroys, destroys, destroys)
	b.plan("-destroy", "-target=authscopes_server_scope.other").fails(destroys)

	// An open scope that the plan would limit is revoked from everyone.
	l.UnmapRoles(t, "other", "somebody")
	b.plan("-target=authscopes_server_scope.other").fails([]string{elsewhere + "\n", "- other"})
	same(t, "writes", l.writes(), nil)
}

// The way out of a state of another realm: remove the resources from it, and import them.
func TestAccKeycloakRecreatedRealmImport(t *testing.T) {
	l, b, _ := recreates(t)
	l.CreateScope(t, keycloak.ClientScope{Name: "other", Protocol: "openid-connect"})
	l.MapRoles(t, "other", "educator")
	b.run("state", "rm", "authscopes_server_scopes.s", "authscopes_server_scope.other", "authscopes_user_type_scopes.educator", "authscopes_client_scopes.app").
		ok()
	for address, id := range map[string]string{
		"authscopes_server_scopes.s": l.Name, "authscopes_server_scope.other": "other",
		"authscopes_user_type_scopes.educator": "educator", "authscopes_client_scopes.app": "app",
	} {
		b.run("import", "-input=false", address, id).ok()
	}
	o := b.plan().ends(2)
	for _, text := range o.warnings {
		if strings.Contains(text, elsewhere) {
			t.Error(text)
		}
	}
	b.apply("plan").ok()
	b.plan().ends(0).warns()
}

// The export of a whole realm has its ID, and so does what is imported from it.
func TestAccKeycloakImportedRealmKeepsItsID(t *testing.T) {
	l := newLab(t, "educator")
	l.CreatePublicClient(t, "app")
	b := newBinary(t)
	b.config(l.config(recreatedHCL()))
	b.apply().ok()
	exported := l.Export(t)
	l.Delete(t)
	l.Server.NewRealmFrom(t, exported)
	b.plan().ends(0).warns()
	b.run("destroy", "-json", "-auto-approve").ok()
}

// The provider addresses another realm now, and logs in to it: the error says that, and not
// only which role the identity lacks.
func TestAccKeycloakStateOfAnotherRealm(t *testing.T) {
	l := newLab(t, "educator")
	l.CreatePublicClient(t, "app")
	second := &lab{Realm: l.Server.NewRealm(t), proxy: l.proxy, t: t}
	rights := []string{"view-clients", "view-realm", "view-users", "manage-clients", "manage-realm"}
	login, otherLogin := l.account("terraform", rights...), second.account("terraform-2", rights...)
	for kind, hcl := range map[string]string{
		"set":       scopesHCL(map[string]string{"a": "A"}, `ignore = ["b"]`),
		"single":    "resource \"authscopes_server_scope\" \"other\" {\n  name = \"b\"\n}\n",
		"user type": "resource \"authscopes_user_type_scopes\" \"e\" {\n  user_type = \"educator\"\n  scopes = []\n}\n",
		"client":    "resource \"authscopes_client_scopes\" \"app\" {\n  client_id = \"app\"\n  optional = []\n}\n",
	} {
		b := newBinary(t)
		b.config(providerBlock(login), hcl)
		b.apply().ok()
		b.config(providerBlock(otherLogin), hcl)
		o := b.plan()
		text := strings.Join(o.errors, "\n")
		for _, words := range []string{
			fmt.Sprintf("The provider configuration addresses Keycloak realm %q, and this is Keycloak realm %q", second.Name, l.Name), "terraform state rm",
		} {
			if o.code != 1 || !strings.Contains(text, words) {
				t.Errorf("%s: ended with %d, %q is not in\n%s", kind, o.code, words, text)
			}
		}
	}
}
