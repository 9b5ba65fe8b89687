package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// recreatedHCL has one resource of each kind.
func recreatedHCL() string {
	return strings.Join([]string{
		tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"}, `ignore = ["other"]`), otherHCL, tftest.UserTypeHCL("educator", "a", "b"), recreatedAppHCL("a", "b"),
	}, "\n")
}

func recreatedAppHCL(scopes ...string) string {
	return fmt.Sprintf("resource \"authscopes_client_scopes\" \"app\" {\n  client_id = \"app\"\n  optional = [%s]\n"+
		"  depends_on = [authscopes_server_scopes.s]\n}\n", tftest.QuotedHCL(scopes...))
}

const elsewhere = " belongs to a different server"

// recreates applies one resource of each kind, and creates the realm again under the same
// name, with the role and the client.
func recreates(t *testing.T) (*lab, *binary, keycloak.Client) {
	t.Helper()
	l := newLab(t, "educator")
	l.CreatePublicClient(t, "app")
	b := newAttached(t)
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
		authscopes_client_scopes.app + optional = ["a","b"]
		authscopes_server_scopes.s + ids.a = "(unknown)"
		authscopes_server_scopes.s + ids.b = "(unknown)"
		authscopes_server_scopes.s + scopes.a = "A"
		authscopes_server_scopes.s + scopes.b = "B"
		authscopes_user_type_scopes.educator ~ scopes = [] -> ["a","b"]
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

	// The way out: remove the resources from the state, and import them.
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

// The provider addresses another realm now, and logs in to it: the error says that, and not
// only which role the identity lacks.
func TestAccKeycloakStateOfAnotherRealm(t *testing.T) {
	l := newLab(t, "educator")
	l.CreatePublicClient(t, "app")
	// The export of a whole realm has its ID, and so does what is imported from it.
	b := newAttached(t)
	b.config(l.config(recreatedHCL()))
	b.apply().ok()
	exported := l.Export(t)
	l.Delete(t)
	l.Server.NewRealmFrom(t, exported)
	b.plan().ends(0).warns()
	b.run("destroy", "-json", "-auto-approve").ok()

	second := &lab{Realm: l.Server.NewRealm(t), proxy: l.proxy, t: t}
	rights := []string{"view-clients", "view-realm", "view-users", "manage-clients", "manage-realm"}
	login, otherLogin := l.account("terraform", rights...), second.account("terraform-2", rights...)
	resources := tftest.CapitalsHCL("a", `ignore = ["b"]`) + tftest.OneScopeHCL("b") + tftest.UserTypeHCL("educator") + tftest.ClientHCL("app", "optional = []")
	b.config(tftest.ProviderHCL(login), resources)
	b.apply().ok()
	b.config(tftest.ProviderHCL(otherLogin), resources)
	words := []string{
		fmt.Sprintf("The provider configuration addresses Keycloak realm %q, and this is Keycloak realm %q", second.Name, l.Name), "terraform state rm",
	}
	b.plan().fails(words, words, words, words)
}
