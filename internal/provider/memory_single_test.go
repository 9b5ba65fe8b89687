package provider

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

func TestMemoryServerScope(t *testing.T) {
	const optional = `settings = { assigned_type = "optional" }`
	byHand := func(description string) func(*drivertest.Memory) {
		return edits("a", func(s *authz.Scope) { s.Description = description })
	}
	audiences := func(names ...string) func(*drivertest.Memory) {
		return edits("a", func(s *authz.Scope) { s.Settings.IncludedAudiences = names })
	}
	hasAudiences := func(names ...string) func(*testing.T, *memServed) {
		return func(t *testing.T, s *memServed) {
			t.Helper()
			if got := liveScope(t, s.m, "a").Settings.IncludedAudiences; !slices.Equal(got, names) {
				t.Errorf("the audiences are %q, want %q", got, names)
			}
		}
	}
	order := func(want string) func(*testing.T, *memServed) {
		return func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, "gui_order", liveScope(t, s.m, "a").Settings.GUIOrder, want)
		}
	}
	held := func(name string) string {
		return singleHCL(quoted(name), "") + typeHCL("educator", "[authscopes_server_scope.one.name]", "")
	}
	runRows(t, memRow{name: "lifecycle", server: adds(scopeOf("other")), steps: []memStep{
		{config: singleHCL(`"a"`, `description = "A"`), after: func(t *testing.T, s *memServed) {
			t.Helper()
			is := s.state(singleAddress)
			if id, ok := is["id"].(string); !ok || id != liveScope(t, s.m, "a").ID {
				t.Errorf("the ID is %v", is["id"])
			}
			delete(is, "id")
			same(t, "state", tftest.JSONText(is), `{"description":"A","name":"a","on_destroy":"delete","server_id":"memory","settings":{"access":"user_types",`+
				`"assigned_type":"none","display_on_consent_screen":true,"include_in_openid_provider_metadata":true,"include_in_token_scope":true}}`)
		}},
		{
			config: singleHCL(`"a"`, optional), wrote: []string{"UpdateScope a"},
			lines: []string{singleAddress + ` - description = "A"`, singleAddress + ` ~ settings.assigned_type = "none" -> "optional"`},
		},
		{config: singleHCL(`"b"`, optional), lines: []string{singleAddress + ` ~ name = "a" -> "b"`}, wrote: []string{"UpdateScope a"}},
		{config: noResources, wrote: []string{"DeleteScope b"}},
	}}, memRow{name: "drift", steps: []memStep{
		{config: singleHCL(`"a"`, `description = "A"`)},
		{change: byHand(""), lines: []string{singleAddress + ` + description = "A"`}, wrote: []string{"UpdateScope a"}},
		// A scope that was renamed outside Terraform is still the same scope.
		{
			change: edits("a", func(s *authz.Scope) { s.Name = "by:hand" }), lines: []string{singleAddress + ` ~ name = "by:hand" -> "a"`},
			wrote: []string{"UpdateScope by:hand"},
		},
		{change: removes("a"), lines: []string{singleAddress + " [create]"}, wrote: []string{"CreateScope a"}},
		{change: removes("a"), config: noResources, wrote: nothing},
	}}, memRow{name: "a kept order", steps: []memStep{
		{config: singleHCL(`"a"`, `settings = { gui_order = "1" }`)},
		{config: singleHCL(`"a"`, ""), after: order("1")},
		{change: edits("a", func(s *authz.Scope) { s.Settings.GUIOrder = "2" }), lines: nothing},
		{config: singleHCL(`"a"`, `description = "x"`), after: order("2")},
	}}, memRow{name: "a rename keeps grants", steps: []memStep{
		{config: held("a")},
		{
			// The user type child is in no configuration.
			change: edits("a", mappedTo("child", "educator")), config: held("b"), wrote: []string{"UpdateScope a"},
			found: []found{finds(check.NamesRenamed, `- user type "child"`, `- user type "educator"`)},
			lines: []string{singleAddress + ` ~ name = "a" -> "b"`, typeAddress + ` ~ scopes = ["a"] -> ["b"]`},
			after: func(t *testing.T, s *memServed) {
				t.Helper()
				wantHas(t, s.m, "educator", "b")
				wantHas(t, s.m, "child", "b")
			},
		},
	}}, memRow{name: "audiences", steps: []memStep{
		{config: singleHCL(`"a"`, "")},
		// Audiences that are not configured are not managed.
		{change: audiences("x"), lines: nothing},
		{config: singleHCL(`"a"`, `description = "changed"`), after: hasAudiences("x")},
		{config: singleHCL(`"a"`, `settings = { included_audiences = ["y", "x"] }`), after: hasAudiences("x", "y")},
		{change: audiences("z"), lines: []string{singleAddress + ` ~ settings.included_audiences = ["z"] -> ["x","y"]`}, after: hasAudiences("x", "y")},
		{config: singleHCL(`"a"`, ""), after: hasAudiences("x", "y")},
		// An empty set removes all.
		{config: singleHCL(`"a"`, `settings = { included_audiences = [] }`), after: hasAudiences()},
		{change: audiences("x"), lines: []string{singleAddress + ` ~ settings.included_audiences = ["x"] -> []`}},
	}}, memRow{name: "another scope has the name", steps: []memStep{
		{config: singleHCL(`"a"`, "")},
		{change: renameAndTake, config: noResources, wrote: []string{"DeleteScope b"}, after: func(t *testing.T, s *memServed) {
			t.Helper()
			same(t, "ID", liveScope(t, s.m, "a").ID, "of-another")
		}},
	}}, memRow{
		name: "imported from a server with IDs", server: func(m *drivertest.Memory) { m.Caps.ServerIDRequired = true; m.AddScope(memRealm, scopeOf("there")) },
		steps: []memStep{{
			config: singleHCL(`"there"`, "description = \"THERE\"\nserver_id = \"memory\"") + importOne("memory/there") +
				typeHCL("educator", `[]`, `server_id = "memory"`) + "import {\n  to = authscopes_user_type_scopes.e\n  id = \"memory/educator\"\n}\n",
			lines: nothing, wrote: nothing,
		}},
	})
}

// The command import, an import block and an import by identity, which needs Terraform 1.12. A
// renamed scope has another identity.
func TestMemoryImport(t *testing.T) {
	m := newClients()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		m.Change(memRealm, remove(name))
	}
	scopes := setHCL(`{ a = "A", b = null }`, `ignore = ["one", "two"]`)
	others := typeHCL("educator", `[authscopes_server_scopes.s.names.a]`, "") +
		clientHCL("web", `default = [authscopes_server_scopes.s.names.a]`, `optional = [authscopes_server_scopes.s.names.b]`)
	config := memHeader + scopes + singleHCL(`"one"`, "") + others
	block := func(address, id string) resource.TestStep {
		return resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: id, ImportStateKind: resource.ImportBlockWithID,
			ImportPlanChecks: resource.ImportPlanChecks{PreApply: []plancheck.PlanCheck{memPlan(nil)}},
		}
	}
	command := func(address, id, key string, ignored ...string) resource.TestStep {
		return resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateId: id, ImportStateVerify: true,
			ImportStateVerifyIdentifierAttribute: key, ImportStateVerifyIgnore: ignored,
		}
	}
	identity := func(address, key, value string) statecheck.StateCheck {
		all := map[string]knownvalue.Check{"server_id": knownvalue.StringExact(memRealm)}
		if key != "" {
			all[key] = knownvalue.StringExact(value)
		}
		return statecheck.ExpectIdentity(address, all)
	}
	byIdentity := func(address string) resource.TestStep {
		return resource.TestStep{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity}
	}
	t.Parallel()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: memoryFactories(builtInMemory{m}), Steps: []resource.TestStep{
		{Config: config},
		block(singleAddress, "one"), block(typeAddress, "educator"), block(clientAddress, "web"),
		command(singleAddress, "one", "name"), command(typeAddress, "educator", "user_type"), command(clientAddress, "web", "client_id"),
		// An import does not know the globs yet, and so reads the single scope too.
		command(setAddress, memRealm, "server_id", "ignore", "scopes", "names", "ids"),
	}})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: memoryFactories(builtInMemory{m}),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{
				identity(setAddress, "", ""), identity(singleAddress, "name", "one"), identity(typeAddress, "user_type", "educator"),
				identity(clientAddress, "client_id", "web"),
			}},
			byIdentity(singleAddress), byIdentity(typeAddress), byIdentity(clientAddress),
			{
				Config:            memHeader + scopes + singleHCL(`"two"`, "") + others,
				ConfigStateChecks: []statecheck.StateCheck{identity(singleAddress, "name", "two")},
			},
		},
	})
}
