package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

// schoolServer has everything that a data source can return.
func schoolServer(m *drivertest.Memory) {
	m.AddUserType(memRealm, authz.UserType{
		Name: "leader", Contains: []string{"child", "educator"}, ContainsClientRoles: []string{"client/app/admin"},
	})
	m.AddScope(memRealm, scopeOf("read:a", mappedTo("educator", "leader"), func(s *authz.Scope) {
		s.ClientRoles, s.Restrictions = []string{"client/app/user"}, []string{"r1", "r2"}
		s.Settings.AssignedType, s.Settings.GUIOrder, s.Settings.ConsentScreenText = authz.AssignedDefault, "4", "text"
	}))
	m.AddScope(memRealm, scopeOf("read:b", openScope, func(s *authz.Scope) { s.Description = "" }))
	m.AddScope(memRealm, scopeOf("write:a", unguardedScope, mappedTo("child")))
	m.AddScope(memRealm, builtInScope("profile"))
}

func textList(values ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(values))
	for i, v := range values {
		checks[i] = knownvalue.StringExact(v)
	}
	return knownvalue.ListExact(checks)
}

// readA is what the data sources say of read:a.
func readA() map[string]knownvalue.Check {
	return map[string]knownvalue.Check{
		"id": knownvalue.NotNull(), "description": knownvalue.StringExact("READ:A"), "built_in": knownvalue.Bool(false),
		"user_types": textList("educator", "leader"), "also_reaches": textList("child", "client/app/admin"),
		"client_roles": textList("client/app/user"), "restrictions": textList("r1", "r2"),
		"protocol": knownvalue.Null(), "parameterized": knownvalue.Bool(false), "protocol_mappers": knownvalue.ListExact(nil),
		"settings": knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"display_on_consent_screen": knownvalue.Bool(true), "consent_screen_text": knownvalue.StringExact("text"),
			"include_in_token_scope": knownvalue.Bool(true), "include_in_openid_provider_metadata": knownvalue.Bool(true),
			"gui_order": knownvalue.StringExact("4"), "assigned_type": knownvalue.StringExact("default"), "access": knownvalue.StringExact("user_types"),
		}),
	}
}

func TestMemoryDataSources(t *testing.T) {
	const config = `
data "authscopes_server_scopes" "all" {
  include_built_in = true
}
data "authscopes_server_scopes" "some" {
  filter = ["read:*", "p?ofile", "[x]"]
}
data "authscopes_server_scope" "one" {
  name = "read:a"
}
data "authscopes_server_grants" "all" {}
data "authscopes_server_grants" "with_built_in" {
  include_built_in = true
}
data "authscopes_user_type_scopes" "leader" {
  user_type = "leader"
}
data "authscopes_user_type_scopes" "child" {
  user_type = "child"
}
`
	is := func(address string, at tfjsonpath.Path, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data."+address, at, want)
	}
	const all, some, one = "authscopes_server_scopes.all", "authscopes_server_scopes.some", "authscopes_server_scope.one"
	const grants = "authscopes_server_grants.all"
	const leader, child = "authscopes_user_type_scopes.leader", "authscopes_user_type_scopes.child"
	checks := []statecheck.StateCheck{
		is(all, tfjsonpath.New("server_id"), knownvalue.StringExact(memRealm)),
		is(all, tfjsonpath.New("scopes"), knownvalue.MapSizeExact(4)),
		is(all, tfjsonpath.New("scopes").AtMapKey("read:a"), knownvalue.ObjectExact(readA())),
		is(all, tfjsonpath.New("scopes").AtMapKey("read:b").AtMapKey("description"), knownvalue.Null()),
		is(all, tfjsonpath.New("scopes").AtMapKey("read:b").AtMapKey("settings").AtMapKey("access"), knownvalue.StringExact("everyone")),
		is(all, tfjsonpath.New("scopes").AtMapKey("write:a").AtMapKey("settings").AtMapKey("access"), knownvalue.StringExact("unguarded")),
		is(all, tfjsonpath.New("scopes").AtMapKey("profile").AtMapKey("built_in"), knownvalue.Bool(true)),
		is(all, tfjsonpath.New("open_scopes"), textList("profile", "read:b")),
		is(some, tfjsonpath.New("scopes"), knownvalue.MapSizeExact(2)),
		is(some, tfjsonpath.New("open_scopes"), textList("read:b")),
		is(grants, tfjsonpath.New("server_id"), knownvalue.StringExact(memRealm)),
		is(grants, tfjsonpath.New("user_types"), knownvalue.MapExact(map[string]knownvalue.Check{
			"educator": setOfNames("read:a"), "leader": setOfNames("read:a"), "child": setOfNames("write:a"),
		})),
		is(grants, tfjsonpath.New("client_roles"), knownvalue.MapExact(map[string]knownvalue.Check{
			"app": knownvalue.MapExact(map[string]knownvalue.Check{"user": setOfNames("read:a")}),
		})),
		is(grants, tfjsonpath.New("composite_user_types"), textList("leader")),
		is(grants, tfjsonpath.New("everyone_user_types"), textList()),
		is(grants, tfjsonpath.New("open_scopes"), textList("read:b")),
		is("authscopes_server_grants.with_built_in", tfjsonpath.New("open_scopes"), textList("profile", "read:b")),
		is(leader, tfjsonpath.New("scopes"), knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("read:a")})),
		is(leader, tfjsonpath.New("contains"), textList("child", "client/app/admin", "educator")),
		is(leader, tfjsonpath.New("also_gets"), textList()),
		is(child, tfjsonpath.New("scopes"), knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("write:a")})),
		is(child, tfjsonpath.New("contains"), textList()),
		is(child, tfjsonpath.New("also_gets"), textList("read:a")),
	}
	for name, want := range readA() {
		checks = append(checks, is(one, tfjsonpath.New(name), want))
	}
	m := newMemory()
	schoolServer(m)
	acceptance(t, m, resource.TestStep{Config: memHeader + config, ConfigStateChecks: checks})
}
