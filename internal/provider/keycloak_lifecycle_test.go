package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	tfstate "github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
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

func (l *lab) requireScope(name string, want asKept) resource.TestCheckFunc {
	return func(*tfstate.State) error {
		if got := l.asKept(name); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			return fmt.Errorf("scope %s:\n got %+q\nwant %+q", name, got, want)
		}
		return nil
	}
}

func TestAccKeycloakServerScopes(t *testing.T) {
	l := newLab(t)
	builtIns := l.Scopes(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: inProcess(),
		CheckDestroy: func(*tfstate.State) error {
			same(t, "built-in scopes, before and after everything", l.Scopes(t), builtIns)
			return nil
		},
		Steps: []resource.TestStep{{
			Config: l.config(scopesHCL(map[string]string{"a": "A", "b": "B"})),
			Check: resource.ComposeAggregateTestCheckFunc(
				l.requireScope("a", asKept{"A", "true", "", "true", "true", "", "none", []string{guardRole}}),
				l.requireScope("b", asKept{"B", "true", "", "true", "true", "", "none", []string{guardRole}}),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(liveSet, tfjsonpath.New("server_id"), knownvalue.StringExact(l.Name)),
				statecheck.ExpectKnownValue(liveSet, tfjsonpath.New("open_scopes"), knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue(liveSet, tfjsonpath.New("names").AtMapKey("b"), knownvalue.StringExact("b")),
				statecheck.ExpectKnownValue(liveSet, tfjsonpath.New("ids").AtMapKey("b"), knownvalue.NotNull()),
			},
		}, {
			ResourceName: liveSet, ImportState: true, ImportStateId: l.Name, ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "server_id",
		}, {
			ResourceName: liveSet, ImportState: true, ImportStateId: l.Name, ImportStateKind: resource.ImportBlockWithID,
		}, {
			Config: l.config(scopesHCL(map[string]string{"a": "A2", "c": ""}, `
				settings = { display_on_consent_screen = false, include_in_token_scope = false, assigned_type = "default", gui_order = "4" }
				overrides = { c = { access = "everyone", include_in_openid_provider_metadata = false, assigned_type = "optional", consent_screen_text = "See" } }
			`)),
			Check: resource.ComposeAggregateTestCheckFunc(
				l.requireScope("a", asKept{"A2", "false", "", "false", "true", "4", "default", []string{guardRole}}),
				l.requireScope("c", asKept{"", "false", "See", "false", "false", "4", "optional", []string{}}),
				l.absent("b"),
			),
		}, {
			// default → optional, and optional → default, each in one apply.
			Config: l.config(scopesHCL(map[string]string{"a": "A2", "c": ""}, `
				settings = { assigned_type = "optional" }
				overrides = { c = { assigned_type = "default" } }
			`)),
			Check: resource.ComposeAggregateTestCheckFunc(
				l.requireScope("a", asKept{"A2", "true", "", "true", "true", "4", "optional", []string{guardRole}}),
				l.requireScope("c", asKept{"", "true", "", "true", "true", "4", "default", []string{guardRole}}),
			),
		}, {
			Config:           l.config(),
			ConfigPlanChecks: planned("server_scopes.s delete\n"),
			Check:            resource.ComposeAggregateTestCheckFunc(l.absent("a"), l.absent("c")),
		}},
	})
}

func (l *lab) absent(name string) resource.TestCheckFunc {
	return func(*tfstate.State) error {
		if _, found := l.FindScope(l.t, name); found {
			return fmt.Errorf("scope %q is on the server", name)
		}
		return nil
	}
}

func oneHCL(name, more string) string {
	return fmt.Sprintf("resource \"authscopes_server_scope\" \"one\" {\n  name = %q\n%s\n}\n", name, more)
}

// A rename keeps the scope's id, its mappings, and what clients have of it.
func TestAccKeycloakServerScope(t *testing.T) {
	l := newLab(t, "educator")
	var app keycloak.Client
	var id string
	l.test(
		resource.TestStep{
			Config: l.config(oneHCL("one", `description = "One"`)),
			Check:  l.requireScope("one", asKept{"One", "true", "", "true", "true", "", "none", []string{guardRole}}),
		},
		resource.TestStep{
			ResourceName: liveOne, ImportState: true, ImportStateId: "one", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "name",
		},
		resource.TestStep{
			ResourceName: liveOne, ImportState: true, ImportStateId: "none", ExpectError: regexp.MustCompile(`Scope not found[\s\S]*Did you mean\s+"one"`),
		},
		resource.TestStep{
			ResourceName: liveOne, ImportState: true, ImportStateId: "no scope", ExpectError: regexp.MustCompile(messagestest.Summary(messages.InputImportID)),
		},
		resource.TestStep{
			PreConfig: func() {
				id = l.Scope(t, "one").ID
				l.MapRoles(t, "one", "educator")
				app = l.CreatePublicClient(t, "app")
				l.AddClientScope(t, app, "one", keycloak.AssignedOptional)
			},
			Config: l.config(oneHCL("renamed:one", `description = "One"`)),
			ConfigPlanChecks: planned(`
				server_scope.one update
				  ~ name = "one" -> "renamed:one"
			`),
			Check: func(*tfstate.State) error {
				same(t, "id", l.Scope(t, "renamed:one").ID, id)
				same(t, "roles", l.ScopeRoles(t, "renamed:one"), []string{guardRole, "educator"})
				same(t, "of the client", slices.Contains(l.ClientScopes(t, app, keycloak.AssignedOptional), "renamed:one"), true)
				return nil
			},
		},
		resource.TestStep{
			Config: l.config(oneHCL("renamed:one", `
				settings = { access = "everyone", assigned_type = "default", consent_screen_text = "Read", gui_order = "1", display_on_consent_screen = false
					include_in_token_scope = false, include_in_openid_provider_metadata = false }
			`)),
			ConfigPlanChecks: planned(`
				server_scope.one update
				  - description = "One"
				  ~ settings.access = "user_types" -> "everyone"
				  ~ settings.assigned_type = "none" -> "default"
				  + settings.consent_screen_text = "Read"
				  ~ settings.display_on_consent_screen = true -> false
				  + settings.gui_order = "1"
				  ~ settings.include_in_openid_provider_metadata = true -> false
				  ~ settings.include_in_token_scope = true -> false
			`),
			Check: l.requireScope("renamed:one", asKept{"", "false", "Read", "false", "false", "1", "default", []string{}}),
		},
		resource.TestStep{
			Config: l.config(oneHCL("renamed:one", ``)),
			Check:  l.requireScope("renamed:one", asKept{"", "true", "", "true", "true", "1", "none", []string{guardRole}}),
		},
		resource.TestStep{Config: l.config(), Check: l.absent("renamed:one")},
	)
}

func TestAccKeycloakUserTypeScopes(t *testing.T) {
	l := newLab(t, "educator", "child")
	scopes := scopesHCL(map[string]string{"a": "A", "b": "B"})
	l.test(
		resource.TestStep{
			Config: l.config(scopes, userTypeHCL("educator", "a"), `
				data "authscopes_user_type_scopes" "educator" {
					user_type  = "educator"
					depends_on = [authscopes_user_type_scopes.educator]
				}`),
			Check: l.mapped(map[string][]string{"a": {guardRole, "educator"}, "b": {guardRole}}),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data."+liveType, tfjsonpath.New("scopes"), knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("a")})),
			},
		},
		resource.TestStep{
			ResourceName: liveType, ImportState: true, ImportStateId: "educator", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "user_type",
		},
		resource.TestStep{
			ResourceName: liveType, ImportState: true, ImportStateId: "teacher", ExpectError: regexp.MustCompile(`User type not found[\s\S]*"teacher"[\s\S]*- educator`),
		},
		resource.TestStep{
			Config: l.config(scopes, userTypeHCL("educator", "b")),
			ConfigPlanChecks: planned(`
				user_type_scopes.educator update
				  - scopes[a] = there
				  + scopes[b] = there
			`),
			Check: l.mapped(map[string][]string{"a": {guardRole}, "b": {guardRole, "educator"}}),
		},
		resource.TestStep{
			PreConfig:   func() { l.RenameRole(t, "educator", "teacher") },
			Config:      l.config(scopes, userTypeHCL("educator", "b")),
			ExpectError: regexp.MustCompile(messagestest.Pattern(messages.FoundRenamedUserType)),
		},
		resource.TestStep{
			PreConfig: func() { l.RenameRole(t, "teacher", "educator") },
			Config:    l.config(scopes, userTypeHCL("educator", "b")), ConfigPlanChecks: planned(""),
		},
		resource.TestStep{
			PreConfig:        func() { l.DeleteRole(t, "educator") },
			Config:           l.config(scopes, userTypeHCL("educator", "b")),
			ConfigPlanChecks: planned("user_type_scopes.educator create\n"),
			ExpectError:      regexp.MustCompile(`User type not found[\s\S]*"educator"[\s\S]*- child`),
		},
		resource.TestStep{
			PreConfig: func() { l.CreateRoles(t, "educator") },
			Config:    l.config(scopes, userTypeHCL("educator", "b")), ConfigPlanChecks: planned("user_type_scopes.educator create\n"),
			Check: l.mapped(map[string][]string{"a": {guardRole}, "b": {guardRole, "educator"}}),
		},
		resource.TestStep{
			Config: l.config(scopes, userTypeHCL("child", "b")),
			Check:  l.mapped(map[string][]string{"a": {guardRole}, "b": {guardRole, "child"}}),
		},
		resource.TestStep{
			Config: l.config(scopes, strings.Replace(userTypeHCL("child", "b"), "scopes =", "on_destroy = \"keep\"\n  scopes =", 1)),
		},
		resource.TestStep{
			Config: l.config(scopes), ConfigPlanChecks: planned("user_type_scopes.child delete\n"),
			Check: l.mapped(map[string][]string{"a": {guardRole}, "b": {guardRole, "child"}}),
		},
	)
}

func (l *lab) mapped(want map[string][]string) resource.TestCheckFunc {
	return func(*tfstate.State) error {
		if got := l.roles(); fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("mappings %v, expected %v", got, want)
		}
		return nil
	}
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
				Config: l.config(scopesHCL(map[string]string{"a": "A"}, `ignore = ["one", "two"]`), userTypeHCL("educator", "a"), oneHCL("one", "")),
				ConfigStateChecks: []statecheck.StateCheck{
					identity(liveSet, map[string]knownvalue.Check{"server_id": realm}),
					identity(liveOne, map[string]knownvalue.Check{"server_id": realm, "name": knownvalue.StringExact("one")}),
					identity(liveType, map[string]knownvalue.Check{"server_id": realm, "user_type": knownvalue.StringExact("educator")}),
				},
			},
			byIdentity(liveOne), byIdentity(liveType),
			{
				Config: l.config(scopesHCL(map[string]string{"a": "A"}, `ignore = ["one", "two"]`), userTypeHCL("educator", "a"), oneHCL("two", "")),
				ConfigStateChecks: []statecheck.StateCheck{
					identity(liveOne, map[string]knownvalue.Check{"server_id": realm, "name": knownvalue.StringExact("two")}),
				},
			},
		},
	})
}
