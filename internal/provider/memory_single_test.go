package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

func TestMemorySingleLifecycle(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("other"))
	value := func(name string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(singleAddress, tfjsonpath.New(name), want)
	}
	acceptance(t, m,
		resource.TestStep{
			Config: memHeader + singleHCL(`"read:a"`, `description = "A"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(singleAddress, tfjsonpath.New("server_id"), knownvalue.StringExact(memRealm)),
				plancheck.ExpectUnknownValue(singleAddress, tfjsonpath.New("id")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				value("server_id", knownvalue.StringExact(memRealm)), value("name", knownvalue.StringExact("read:a")),
				value("description", knownvalue.StringExact("A")), value("on_destroy", knownvalue.StringExact("delete")),
				value("id", knownvalue.NotNull()), value("allow_built_in", knownvalue.Null()),
				value("settings", knownvalue.ObjectPartial(map[string]knownvalue.Check{
					"display_on_consent_screen": knownvalue.Bool(true), "consent_screen_text": knownvalue.Null(),
					"include_in_token_scope": knownvalue.Bool(true), "include_in_openid_provider_metadata": knownvalue.Bool(true),
					"gui_order": knownvalue.Null(), "assigned_type": knownvalue.StringExact("none"), "access": knownvalue.StringExact("user_types"),
				})),
			},
		},
		resource.TestStep{
			ResourceName: singleAddress, ImportState: true, ImportStateId: "read:a",
			ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "name",
		},
		resource.TestStep{
			Config:           memHeader + singleHCL(`"read:a"`, `settings = { assigned_type = "optional" }`),
			ConfigPlanChecks: memBefore(singleAddress+` - description = "A"`, singleAddress+` ~ settings.assigned_type = "none" -> "optional"`),
		},
		resource.TestStep{
			Config:           memHeader + singleHCL(`"read:b"`, `settings = { assigned_type = "optional" }`),
			ConfigPlanChecks: memBefore(singleAddress + ` ~ name = "read:a" -> "read:b"`),
			ConfigStateChecks: []statecheck.StateCheck{
				value("name", knownvalue.StringExact("read:b")),
			},
		},
		resource.TestStep{Config: memHeader},
	)
	if got := liveScopes(m); !slices.Equal(got, []string{"other"}) {
		t.Errorf("the server has %v", got)
	}
}

func TestMemoryImportBlocks(t *testing.T) {
	m := newMemory()
	config := memHeader + setHCL(`{ a = "A", b = null }`, `ignore = ["one"]`) + singleHCL(`"one"`,
		"") + typeHCL("educator", `[authscopes_server_scopes.s.names.a]`, "")
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
	acceptance(t, m,
		resource.TestStep{Config: config},
		block(singleAddress, "one"), block(typeAddress, "educator"),
		command(singleAddress, "one", "name"), command(typeAddress, "educator", "user_type"),
		// An import does not know the globs yet, and so sees the single scope too.
		command(setAddress, memRealm, "server_id", "ignore", "scopes", "names", "ids"),
	)
}

// Import by identity, and identities in the state, need Terraform 1.12.
func TestMemoryIdentity(t *testing.T) {
	t.Parallel()
	m := newMemory()
	config := memHeader + setHCL(`{ a = "A", b = null }`, `ignore = ["one", "two"]`) + singleHCL(`"one"`,
		"") + typeHCL("educator", `[authscopes_server_scopes.s.names.a]`, "")
	identity := func(address string, more map[string]knownvalue.Check) statecheck.StateCheck {
		all := map[string]knownvalue.Check{"server_id": knownvalue.StringExact(memRealm)}
		for k, v := range more {
			all[k] = v
		}
		return statecheck.ExpectIdentity(address, all)
	}
	byIdentity := func(address string) resource.TestStep {
		return resource.TestStep{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: memoryFactories(m),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					identity(setAddress, nil),
					identity(singleAddress, map[string]knownvalue.Check{"name": knownvalue.StringExact("one")}),
					identity(typeAddress, map[string]knownvalue.Check{"user_type": knownvalue.StringExact("educator")}),
				},
			},
			byIdentity(singleAddress), byIdentity(typeAddress),
			{
				Config:            strings.Replace(config, `name = "one"`, `name = "two"`, 1),
				ConfigStateChecks: []statecheck.StateCheck{identity(singleAddress, map[string]knownvalue.Check{"name": knownvalue.StringExact("two")})},
			},
		},
	})
}

func TestMemorySingleDrift(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	kept := ""
	for _, row := range settings.Rows() {
		if row.NullKeeps {
			kept += fmt.Sprintf(" %s = %s\n", row.Name, asPlanned(t, &row, settingstest.Defined(&row)))
		}
	}
	config := singleHCL(`"read:a"`, "description = \"A\"\n  settings = {\n"+kept+"}")
	tf.applied(config)
	id := liveScope(t, m, "read:a").ID
	for _, row := range settings.Rows() {
		value, at := settingstest.Other(&row), singleAddress+" ~ settings."+row.Name+" = "
		memEdit(m, "read:a", func(s *authz.Scope) { row.Set(&s.Settings, value) })
		want := at + asPlanned(t, &row, value) + " -> " + asPlanned(t, &row, settingstest.Defined(&row))
		if row.EmptyIsNull() && !row.NullKeeps {
			want = singleAddress + " - settings." + row.Name + " = " + asPlanned(t, &row, value)
		}
		tf.makePlan().ok().changes(want)
		tf.applyPlan().ok().wrote("UpdateScope read:a")
		tf.settled()
	}
	memEdit(m, "read:a", func(s *authz.Scope) { s.Description = "" })
	tf.makePlan().ok().quiet().changes(singleAddress + ` + description = "A"`)
	tf.applyPlan().ok().wrote("UpdateScope read:a")

	// Renamed by hand it is still the same scope.
	memEdit(m, "read:a", func(s *authz.Scope) { s.Name = "by:hand" })
	tf.makePlan().ok().quiet().changes(singleAddress + ` ~ name = "by:hand" -> "read:a"`)
	tf.applyPlan().ok().wrote("UpdateScope by:hand")
	if got := liveScope(t, m, "read:a").ID; got != id {
		t.Errorf("the id is %q, was %q", got, id)
	}

	// If it was deleted outside Terraform, it is created again.
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("read:a") })
	tf.makePlan().ok().quiet().changes(singleAddress + " [create]")
	tf.applyPlan().ok().wrote("CreateScope read:a")
	// Deleted by hand a destroy has nothing to do.
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("read:a") })
	tf.run("destroy", "-auto-approve").ok().wrote()
}

// A gui_order that the configuration does not set is kept, whether it was configured before or
// changed outside Terraform.
func TestMemorySingleKeepsOrder(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(singleHCL(`"a"`, `settings = { gui_order = "1" }`))
	tf.applied(singleHCL(`"a"`, ""))
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.GUIOrder = "2" })
	tf.settled()
	tf.applied(singleHCL(`"a"`, `description = "x"`))
	if got := liveScope(t, m, "a").Settings.GUIOrder; got != "2" {
		t.Errorf("gui_order is %q", got)
	}
}

func TestMemorySingleRenameKeepsMappings(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	config := func(name string) string {
		return singleHCL(quoted(name), "") + typeHCL("educator", "[authscopes_server_scope.one.name]", "")
	}
	tf.applied(config("a"))
	id := liveScope(t, m, "a").ID
	tf.Write(config("b")).makePlan().ok().warned(messagestest.Summary(check.NamesRenamed), `user type "educator"`).
		changes(singleAddress+` ~ name = "a" -> "b"`, typeAddress+` ~ scopes = ["a"] -> ["b"]`)
	tf.applyPlan().ok().wrote("UpdateScope a")
	tf.settled()
	if s := liveScope(t, m, "b"); s.ID != id || !slices.Equal(s.UserTypes, []string{"educator"}) {
		t.Errorf("after the rename: %+v", s)
	}
}

// A destroy names the holders that lose the scope. With on_destroy = "keep" there are none.
func TestMemorySingleDestroyTellsWhoLoses(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(singleHCL(`"a"`, ""))
	memEdit(m, "a", mappedTo("educator"))
	tf.makePlan("-destroy").ok().warned(messagestest.Summary(check.DeletionsTakeGrants), "(a: educator)")
	tf.applied(singleHCL(`"a"`, `on_destroy = "keep"`))
	tf.makePlan("-destroy").ok().quiet()
}

// A set that takes in the old name would delete it before it is renamed.
func TestMemorySingleRenamedIntoASet(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"the set first": "", "the single first": "depends_on = [authscopes_server_scope.one]"} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(everything)
			renamed := strings.NewReplacer(`name = "one"`, `name = "two"`, `ignore = ["one"]`, "ignore = [\"two\"]\n  "+after).Replace(everything)
			tf.Write(renamed).makePlan().refused("managed by two resources", "one").wrote()
		})
	}
}

func TestMemorySingleExists(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:a"))
	tf := memoryTerraform(t, m)
	tf.Write(singleHCL(`"read:a"`, "")).makePlan().refused(messagestest.Summary(check.NamesExists),
		"import {\n  to = authscopes_server_scope.<name>\n  id = \"read:a\"\n}").wrote()
	// It came after the plan.
	tf.Write(singleHCL(`"read:b"`, "")).makePlan().ok()
	m.AddScope(memRealm, scopeOf("read:b"))
	tf.applyPlan().refused(messagestest.Summary(check.NamesExists), `id = "read:b"`).wrote()
	if s := tf.state(singleAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
	// A rename to a name that is taken.
	tf.applied(singleHCL(`"read:c"`, ""))
	tf.Write(singleHCL(`"read:a"`, "")).makePlan().refused(messagestest.Summary(check.NamesExists)).wrote()
}

// Only the server knows that the scope exists, and rejects the create.
func TestMemorySingleConflict(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.Fail(func(call string) error {
		if call == "CreateScope read:a" {
			return authz.Errorf(authz.Conflict, "create scope", "409 Conflict")
		}
		return nil
	})
	tf.Write(singleHCL(`"read:a"`, "")).apply().
		refused(messagestest.Summary(messages.FailedCreateScope), `Scope "read:a" could not be created in Memory realm "memory"`,
			"The object exists already, or it was changed", "import it", "409 Conflict")
	if s := tf.state(singleAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
	m.Fail(nil)
	tf.applied(singleHCL(`"read:a"`, ""))
}

func TestMemorySingleReplace(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(singleHCL(`"a"`, ""))
	tf.makePlan("-replace=" + singleAddress).ok()
	tf.applyPlan().ok().wrote("CreateScope a", "DeleteScope a")
	tf.settled()
	// A name is unique: create_before_destroy cannot work, and the plan reports it. Nothing is
	// lost.
	tf.applied(singleHCL(`"a"`, "lifecycle {\n    create_before_destroy = true\n  }"))
	tf.makePlan("-replace=" + singleAddress)
	tf.applyPlan().refused(messagestest.Summary(check.NamesExists)).wrote()
	if s := tf.state(singleAddress); s == nil {
		t.Error("the state is lost")
	}
}

func TestMemorySingleBuiltIn(t *testing.T) {
	m := newMemory()
	t.Parallel()
	m.AddScope(memRealm, scopeOf("profile", openScope, func(s *authz.Scope) { s.BuiltIn = true }))
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	config := func(more string) string {
		return singleHCL(`"profile"`, "description = \"changed\"\n  allow_built_in = true\n"+more)
	}
	const importIt = "import {\n  to = authscopes_server_scope.one\n  id = \"profile\"\n}\n"
	tf.Write(config("")).makePlan().refused(messagestest.Summary(check.NamesExists), `id = "profile"`)
	tf.Write(config(`settings = { access = "user_types" }`) + importIt).makePlan().refused(messagestest.Summary(check.AccessBuiltInChanged))
	tf.Write(config(`settings = { access = "everyone" }`) + importIt).apply().ok().wrote("UpdateScope profile")
	tf.settled()
	tf.run("destroy", "-auto-approve").ok().wrote()
	if got := liveScope(t, m, "profile").Description; got != "changed" {
		t.Errorf("the description is %q", got)
	}
}

// A single scope that is imported while it is open needs the word.
func TestMemorySingleImportedOpen(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", openScope))
	tf := memoryTerraform(t, m)
	const importIt = "import {\n  to = authscopes_server_scope.one\n  id = \"a\"\n}\n"
	config := func(more string) string { return singleHCL(`"a"`, "description = \"A\"\n"+more) + importIt }
	tf.Write(config("")).makePlan().refused(messagestest.Summary(check.AccessUndecided), `access = "everyone"`, `access = "user_types"`)
	tf.Write(config(`settings = { access = "everyone" }`)).apply().ok().wrote()
	tf.settled()
	// After one decision, an access that is not set is the default.
	tf.Write(config("")).makePlan().refused(messagestest.Summary(check.AccessUndecided))
	tf.Write(config(`settings = { access = "user_types" }`)).makePlan().ok().
		warned(messagestest.Summary(check.GrantsLimit), "(a)", messagestest.Summary(check.AccessClosing))
	tf.applyPlan().ok()
	tf.applied(config(""))
	memEdit(m, "a", openScope)
	tf.makePlan().ok().changes(singleAddress+` ~ settings.access = "everyone" -> "user_types"`).warned(messagestest.Summary(check.GrantsLimit), "(a)")
}

// A renamed scope stays with those who have it, also with those that are in no
// configuration: they get what its new name stands for.
func TestMemorySingleRenameNamesHolders(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m).applied(singleHCL(`"read:a"`, ""))
	tf.Write(singleHCL(`"read:b"`, "")).makePlan().ok().quiet()
	memEdit(m, "read:a", mappedTo("child", "educator"))
	m.SetClient(memRealm, "web", nil, []string{"read:a"})
	tf.makePlan().ok().warned(`"read:b" keeps 3 holders of "read:a"`, `- user type "child"`, `- user type "educator"`,
		`- client "web"`, `these have "read:b" instead of "read:a"`)
	m.HideClients(errors.New("no right"), "web")
	tf.makePlan().ok().warned(`- user type "educator"`, "- clients, of which not all could be read")
}

// Audiences that are not configured are not managed, also after they were configured, and
// an empty set removes all.
func TestMemorySingleAudiences(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	has := func(audiences ...string) {
		t.Helper()
		if got := liveScope(t, m, "a").Settings.IncludedAudiences; !slices.Equal(got, audiences) {
			t.Errorf("the audiences are %q, want %q", got, audiences)
		}
	}
	by := func(audiences ...string) {
		memEdit(m, "a", func(s *authz.Scope) { s.Settings.IncludedAudiences = audiences })
	}
	tf.applied(singleHCL(`"a"`, ""))
	by("x")
	tf.settled()
	tf.applied(singleHCL(`"a"`, `description = "changed"`))
	has("x")
	tf.applied(singleHCL(`"a"`, `settings = { included_audiences = ["y", "x"] }`))
	has("x", "y")
	by("z")
	tf.makePlan().ok().changes(singleAddress + ` ~ settings.included_audiences = ["z"] -> ["x","y"]`)
	tf.applied(singleHCL(`"a"`, ""))
	has("z")
	tf.applied(singleHCL(`"a"`, `settings = { included_audiences = [] }`))
	has()
	by("x")
	tf.makePlan().ok().changes(singleAddress + ` ~ settings.included_audiences = ["x"] -> []`)

	tf.Write(singleHCL(`"a"`, `settings = { included_audiences = [""] }`)).makePlan().refused("included_audiences")
	tf.Write(singleHCL(`"a"`, `settings = { included_audiences = [null] }`)).makePlan().refused("null value")
}
