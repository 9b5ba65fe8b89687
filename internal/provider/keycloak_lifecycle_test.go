package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const (
	liveSet  = "authscopes_server_scopes.s"
	liveOne  = "authscopes_server_scope.one"
	liveType = "authscopes_user_type_scopes.educator"
)

// asKept is what a test compares of a scope on the server.
type asKept struct {
	Description, Consent, Text, InToken, Metadata, Order, Assigned string
	Roles                                                          []string
}

func (l *lab) asKept(name string) asKept {
	l.t.Helper()
	s := l.Scope(l.t, name)
	return asKept{
		s.Description, s.Attributes[attrConsent], s.Attributes[attrText], s.Attributes[attrInToken], s.Attributes[attrMetadata], s.Attributes[attrOrder],
		l.AssignedType(l.t, name), l.ScopeRoles(l.t, name),
	}
}

// keeps fails the test unless the server has scopes like these.
func (l *lab) keeps(when string, want map[string]asKept) {
	l.t.Helper()
	for name, kept := range want {
		same(l.t, when+": "+name, l.asKept(name), kept)
	}
}

// absent fails the test if the server has one of the scopes.
func (l *lab) absent(names ...string) {
	l.t.Helper()
	for _, name := range names {
		if _, found := l.FindScope(l.t, name); found {
			l.t.Errorf("scope %q is on the server", name)
		}
	}
}

// imported removes a resource from the state and imports it: the configuration of before changes nothing.
func (tf *terraform) imported(address, id, hcl string) {
	tf.t.Helper()
	tf.plain("state", "rm", address)
	tf.Write(hcl + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id))
	tf.makePlan().ok().changes()
	tf.applyPlan().ok()
	tf.Write(hcl).unchanged()
}

func TestAccKeycloakServerScopes(t *testing.T) {
	l := newLab(t)
	builtIns := l.Scopes(t)
	tf := attached(t)
	apply := func(hcl string) {
		t.Helper()
		tf.Write(hcl).apply().ok()
		tf.unchanged()
	}
	limited := []string{guardRole}
	two := l.config(tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"}))
	apply(two)
	l.keeps("created", map[string]asKept{
		"a": {"A", "true", "", "true", "true", "", "none", limited}, "b": {"B", "true", "", "true", "true", "", "none", limited},
	})
	state := tf.state(liveSet)
	same(t, "state", tftest.JSONText([]any{state["server_id"], state["names"], state["open_scopes"]}), fmt.Sprintf(`[%q,{"a":"a","b":"b"},[]]`, l.Name))
	same(t, "ID", state["ids"].(map[string]any)["b"], any(l.Scope(t, "b").ID))
	tf.imported(liveSet, l.Name, two)

	apply(l.config(tftest.ScopesHCL(map[string]string{"a": "A2", "c": ""}, `
		settings = { display_on_consent_screen = false, include_in_token_scope = false, assigned_type = "default", gui_order = "4" }
		overrides = { c = { access = "everyone", include_in_openid_provider_metadata = false, assigned_type = "optional", consent_screen_text = "See" } }
	`)))
	l.keeps("changed", map[string]asKept{
		"a": {"A2", "false", "", "false", "true", "4", "default", limited}, "c": {"", "false", "See", "false", "false", "4", "optional", []string{}},
	})
	l.absent("b")

	// default → optional, and optional → default, each in one apply.
	apply(l.config(tftest.ScopesHCL(map[string]string{"a": "A2", "c": ""}, `
		settings = { assigned_type = "optional" }
		overrides = { c = { assigned_type = "default" } }
	`)))
	l.keeps("exchanged", map[string]asKept{
		"a": {"A2", "true", "", "true", "true", "4", "optional", limited}, "c": {"", "true", "", "true", "true", "4", "default", limited},
	})
	tf.Write(l.config()).makePlan().ok().changes(liveSet + " [delete]")
	tf.applyPlan().ok()
	l.absent("a", "c")
	same(t, "built-in scopes, before and after everything", l.Scopes(t), builtIns)
}

// A rename keeps the scope's id, its mappings, and what clients have of it.
func TestAccKeycloakServerScope(t *testing.T) {
	l := newLab(t, "educator")
	tf := attached(t)
	changed := func(hcl string, lines ...string) {
		t.Helper()
		tf.Write(hcl).makePlan().ok().changes(lines...)
		tf.applyPlan().ok()
		tf.unchanged()
	}
	one := l.config(tftest.OneScopeHCL("one", `description = "One"`))
	changed(one, liveOne+" [create]")
	l.keeps("created", map[string]asKept{"one": {"One", "true", "", "true", "true", "", "none", []string{guardRole}}})
	tf.imported(liveOne, "one", one)

	id := l.Scope(t, "one").ID
	l.MapRoles(t, "one", "educator")
	app := l.CreatePublicClient(t, "app")
	l.AddClientScope(t, app, "one", keycloak.AssignedOptional)
	changed(l.config(tftest.OneScopeHCL("renamed:one", `description = "One"`)), liveOne+` ~ name = "one" -> "renamed:one"`)
	same(t, "id", l.Scope(t, "renamed:one").ID, id)
	same(t, "roles", l.ScopeRoles(t, "renamed:one"), []string{guardRole, "educator"})
	same(t, "of the client", slices.Contains(l.ClientScopes(t, app, keycloak.AssignedOptional), "renamed:one"), true)

	changed(l.config(tftest.OneScopeHCL("renamed:one", `
		settings = { access = "everyone", assigned_type = "default", consent_screen_text = "Read", gui_order = "1", display_on_consent_screen = false
			include_in_token_scope = false, include_in_openid_provider_metadata = false }
	`)), `
		authscopes_server_scope.one - description = "One"
		authscopes_server_scope.one ~ settings.access = "user_types" -> "everyone"
		authscopes_server_scope.one ~ settings.assigned_type = "none" -> "default"
		authscopes_server_scope.one + settings.consent_screen_text = "Read"
		authscopes_server_scope.one ~ settings.display_on_consent_screen = true -> false
		authscopes_server_scope.one + settings.gui_order = "1"
		authscopes_server_scope.one ~ settings.include_in_openid_provider_metadata = true -> false
		authscopes_server_scope.one ~ settings.include_in_token_scope = true -> false
	`)
	l.keeps("opened", map[string]asKept{"renamed:one": {"", "false", "Read", "false", "false", "1", "default", []string{}}})
	tf.Write(l.config(tftest.OneScopeHCL("renamed:one"))).apply().ok()
	tf.unchanged()
	l.keeps("and back", map[string]asKept{"renamed:one": {"", "true", "", "true", "true", "1", "none", []string{guardRole}}})
	changed(l.config(), liveOne+" [delete]")
	l.absent("renamed:one")
}

// A user type that is renamed, deleted and created again outside Terraform.
func TestAccKeycloakUserTypeScopes(t *testing.T) {
	l := newLab(t, "educator", "child")
	tf := attached(t)
	scopes := tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"})
	changed := func(hcl, line string, want map[string][]string) {
		t.Helper()
		tf.Write(hcl).makePlan().ok().changes(line)
		tf.applyPlan().ok()
		tf.unchanged()
		same(t, "mappings", l.roles(), want)
	}
	tf.Write(l.config(scopes, tftest.UserTypeHCL("educator", "a"), `
		data "authscopes_user_type_scopes" "educator" {
			user_type  = "educator"
			depends_on = [authscopes_user_type_scopes.educator]
		}
	`)).apply().ok()
	same(t, "data source", tftest.JSONText(tf.state("data." + liveType)["scopes"]), `["a"]`)
	same(t, "mappings", l.roles(), map[string][]string{"a": {guardRole, "educator"}, "b": {guardRole}})
	tf.imported(liveType, "educator", l.config(scopes, tftest.UserTypeHCL("educator", "a")))

	onlyB := l.config(scopes, tftest.UserTypeHCL("educator", "b"))
	after := map[string][]string{"a": {guardRole}, "b": {guardRole, "educator"}}
	changed(onlyB, liveType+` ~ scopes = ["a"] -> ["b"]`, after)
	l.RenameRole(t, "educator", "teacher")
	tf.makePlan().failed(messagestest.Summary(messages.FoundRenamedUserType))
	l.RenameRole(t, "teacher", "educator")
	tf.unchanged()
	l.DeleteRole(t, "educator")
	tf.makePlan().ok().changes(liveType + " [create]")
	tf.applyPlan().refused("User type not found", `"educator"`, "- child")
	l.CreateRoles(t, "educator")
	changed(onlyB, liveType+" [create]", after)

	tf.Write(l.config(scopes, tftest.UserTypeHCL("child", "b"))).apply().ok()
	kept := map[string][]string{"a": {guardRole}, "b": {guardRole, "child"}}
	same(t, "mappings", l.roles(), kept)
	tf.Write(l.config(scopes, strings.Replace(tftest.UserTypeHCL("child", "b"), "scopes =", "on_destroy = \"keep\"\n  scopes =", 1))).apply().ok()
	changed(l.config(scopes), "authscopes_user_type_scopes.child [delete]", kept)
}

func TestAccKeycloakIdentity(t *testing.T) {
	l := newLab(t, "educator")
	byIdentity := func(address string) resource.TestStep {
		return resource.TestStep{
			ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity,
			ImportPlanChecks: resource.ImportPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop)}},
		}
	}
	identity := statecheck.ExpectIdentity
	realm := knownvalue.StringExact(l.Name)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: inProcess(),
		Steps: []resource.TestStep{
			{
				Config: l.config(tftest.CapitalsHCL("a", `ignore = ["one", "two"]`), tftest.UserTypeHCL("educator", "a"), tftest.OneScopeHCL("one")),
				ConfigStateChecks: []statecheck.StateCheck{
					identity(liveSet, map[string]knownvalue.Check{"server_id": realm}),
					identity(liveOne, map[string]knownvalue.Check{"server_id": realm, "name": knownvalue.StringExact("one")}),
					identity(liveType, map[string]knownvalue.Check{"server_id": realm, "user_type": knownvalue.StringExact("educator")}),
				},
			},
			byIdentity(liveOne), byIdentity(liveType),
			{
				Config: l.config(tftest.CapitalsHCL("a", `ignore = ["one", "two"]`), tftest.UserTypeHCL("educator", "a"), tftest.OneScopeHCL("two")),
				ConfigStateChecks: []statecheck.StateCheck{
					identity(liveOne, map[string]knownvalue.Check{"server_id": realm, "name": knownvalue.StringExact("two")}),
				},
			},
		},
	})
}
