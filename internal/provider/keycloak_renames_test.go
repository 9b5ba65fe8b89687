package provider

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// A rename by previous_names keeps ID, protocol mappers, role mappings and assignments to
// clients. Before, during and after it, only holders get the scope.
func TestAccKeycloakRename(t *testing.T) {
	l := newLab(t, "educator", "child")
	b := newAttached(t)
	eve, nora := l.CreateUser(t, "eve", "educator"), l.CreateUser(t, "nora")
	config := func(name, previous string) string {
		return l.config(tftest.ScopesHCL(map[string]string{name: "A", "b": "B"}, previous), tftest.UserTypeHCL("educator", name, "b"),
			clientHCL("app", `default = [authscopes_server_scopes.s.names["`+name+`"]]`, `optional = [authscopes_server_scopes.s.names["b"]]`,
				`depends_on = [authscopes_user_type_scopes.educator]`))
	}
	app := l.CreatePublicClient(t, "app")
	b.config(config("a", ""))
	b.apply().ok()
	before := l.Scope(t, "a")
	l.AddMapper(t, "a", keycloak.ProtocolMapper{
		Name: "audience", Protocol: "openid-connect", ProtocolMapper: "oidc-audience-mapper", Config: map[string]string{"included.custom.audience": "api"},
	})
	roles := l.ScopeRoles(t, "a")
	has := func(when string, want ...string) {
		t.Helper()
		for who, names := range map[string][]string{"eve": want, "nora": nil} {
			user := eve
			if who == "nora" {
				user = nora
			}
			same(t, when+", "+who, ownScopes(l.UserScopes(t, app, user)), ownScopes(slices.Clone(names)))
		}
	}
	has("before", "a")

	b.config(config("c", `previous_names = { c = "a" }`))
	b.plan().ends(2).warns([]string{"keep the holders of 1 scope (", `a → c: user type "educator"`}, []string{"1 client with renamed scopes (app)", "app: a → c"})
	b.requireChanges(`
		authscopes_client_scopes.c ~ default = ["a"] -> ["c"]
		authscopes_server_scopes.s - ids.a = ID
		authscopes_server_scopes.s + ids.c = ID
		authscopes_server_scopes.s - names.a = "a"
		authscopes_server_scopes.s + names.c = "c"
		authscopes_server_scopes.s + previous_names = {"c":"a"}
		authscopes_server_scopes.s - scopes.a = "A"
		authscopes_server_scopes.s + scopes.c = "A"
		authscopes_user_type_scopes.educator ~ scopes = ["a","b"] -> ["b","c"]
	`)
	var writes []string
	l.watch(func(request string) {
		writes = append(writes, strings.Fields(request)[0])
		if strings.HasPrefix(request, http.MethodPut) {
			has("between", "c")
		} else {
			has("while the guard role is mapped", "a")
		}
	})
	b.apply("plan").ok()
	l.proxy.SetHook(nil)
	same(t, "writes", writes, []string{http.MethodPost, http.MethodPut})
	has("after", "c")
	after := l.Scope(t, "c")
	same(t, "ID", after.ID, before.ID)
	same(t, "mappers", len(after.ProtocolMappers), 1)
	same(t, "roles", l.ScopeRoles(t, "c"), roles)
	b.plan().ends(0).warns()

	// By hand, and back.
	l.RenameScope(t, "c", "z")
	b.plan().ends(2).warns([]string{"1 scope renamed outside Terraform (z → c)"}, []string{"1 client with renamed scopes (app)"})
	b.apply("plan").ok()
	has("after a rename by hand", "c")
	same(t, "ID", l.Scope(t, "c").ID, before.ID)
	b.plan().ends(0).warns()
}
