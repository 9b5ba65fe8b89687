package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// The matrix shows which clients have a scope, and which groups and service accounts have a user
// type, as far as the identity may view them.
func TestAccKeycloakMatrixHolders(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	l.CreateScopes(t, "a", "b")
	l.MapRoles(t, "a", "educator")
	app := l.CreatePublicClient(t, "app")
	l.CreateClientRole(t, "app", "buyer")
	l.MapClientRole(t, "b", "app", "buyer")
	l.AddClientScope(t, app, "a", keycloak.AssignedDefault)
	l.AddClientScope(t, app, "b", keycloak.AssignedOptional)
	l.CreateGroup(t, "teachers", "educator")
	robot := l.CreateServiceAccount(t, "robot")
	l.GrantRoles(t, l.ServiceAccountUser(t, robot), "educator")
	l.CreateUser(t, "eve", "educator")
	const everything = `include_clients = true
		include_groups = true
		include_service_accounts = true
		planned_client_roles = { app = { buyer = ["a"] } }`
	read := func(login, more string) map[string]any {
		t.Helper()
		b.config(tftest.ProviderHCL(login, "read_only = true"), matrixHCL(more))
		b.apply().ok()
		return b.output("m")
	}
	is := func(what string, got any, want string) {
		t.Helper()
		if text := tftest.JSONText(got); text != want {
			t.Errorf("%s: %s, want %s", what, text, want)
		}
	}
	m := read(l.admin(), everything)
	scopes := m["scopes"].(map[string]any)
	is("clients of a", scopes["a"].(map[string]any)["clients"], `{"app":"default"}`)
	is("clients of b", scopes["b"].(map[string]any)["clients"], `{"app":"optional"}`)
	is("user types of b", scopes["b"].(map[string]any)["user_types"], `{"client/app/buyer":"mapped"}`)
	is("gained", m["gained"], `{"client/app/buyer":["a"]}`)
	is("lost", m["lost"], `{"client/app/buyer":["b"]}`)
	is("holders", m["holders"], `{"client/app/buyer":{"cut":false,"groups":[],"service_accounts":[]},"educator":{"cut":false,"groups":["/teachers"],"service_accounts":["robot"]}}`)
	is("not checked", m["not_checked"], `[]`)
	for _, text := range []string{"| `a` | `app` |  |", "| `b` |  | `app` |", "| `educator` | `/teachers` | `robot` |"} {
		if !strings.Contains(m["markdown"].(string), text) {
			t.Errorf("the report lacks %q:\n%s", text, m["markdown"])
		}
	}
	if l.Server.HidesHolders(t) {
		m = read(l.account("ci", "view-clients", "view-realm"), everything)
		is("holders", m["holders"], `{}`)
		if text := tftest.JSONText(m["not_checked"]); !strings.Contains(text, `"groups and service accounts that have user types"`) ||
			!strings.Contains(text, "view-users") {
			t.Errorf("not checked: %s", text)
		}
	}
	for i := range 101 {
		l.CreateGroup(t, fmt.Sprintf("g%03d", i), "educator")
	}
	m = read(l.admin(), "include_groups = true")
	educator := m["holders"].(map[string]any)["educator"].(map[string]any)
	if n := len(educator["groups"].([]any)); n != 100 || educator["cut"] != true {
		t.Errorf("%d groups, cut: %v", n, educator["cut"])
	}
	if text := tftest.JSONText(m["not_checked"]); !strings.Contains(text, `further groups and service accounts that have user type \"educator\"`) {
		t.Errorf("not checked: %s", text)
	}
}
