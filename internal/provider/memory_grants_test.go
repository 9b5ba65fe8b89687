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
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const grantsAddress = "authscopes_server_grants.g"

// grantsHCL is an authscopes_server_grants "g"; more are further lines.
func grantsHCL(userTypes, more string) string {
	return tftest.ResourceHCL("server_grants", "g", "user_types = "+userTypes, more)
}

const grantsImport = "import {\n  to = authscopes_server_grants.g\n  id = \"memory\"\n}\n"

// grantsMemory is a server with the scopes a, b and c, and the user types child, educator
// and parent.
func grantsMemory() *drivertest.Memory {
	m := newMemory("parent")
	threeScopes(m)
	return m
}

func setOfNames(names ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(names))
	for i, n := range names {
		checks[i] = knownvalue.StringExact(n)
	}
	return knownvalue.SetExact(checks)
}

func TestMemoryGrantsLifecycle(t *testing.T) {
	m := grantsMemory()
	userTypes := func(want map[string]knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(grantsAddress, tfjsonpath.New("user_types"), knownvalue.MapExact(want))
	}
	acceptance(t, m,
		resource.TestStep{
			Config: memHeader + grantsHCL(`{ educator = ["a", "b"], child = ["b"], parent = [] }`, ""),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(grantsAddress, tfjsonpath.New("server_id"), knownvalue.StringExact(memRealm)),
				plancheck.ExpectKnownValue(grantsAddress, tfjsonpath.New("max_revocations"), knownvalue.Int64Exact(10)),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				userTypes(map[string]knownvalue.Check{"educator": setOfNames("a", "b"), "child": setOfNames("b"), "parent": setOfNames()}),
				statecheck.ExpectKnownValue(grantsAddress, tfjsonpath.New("open_scopes"), knownvalue.ListSizeExact(0)),
			},
		},
		resource.TestStep{
			ResourceName: grantsAddress, ImportState: true, ImportStateId: memRealm, ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "server_id",
			ImportStateVerifyIgnore: []string{"user_types.%", "user_types.parent.#"}, // an import cannot know of an empty set
		},
		resource.TestStep{
			Config:           memHeader + grantsHCL(`{ educator = ["c"], child = ["a", "b"], parent = [] }`, ""),
			ConfigPlanChecks: memBefore(grantsAddress+` ~ user_types.child = ["b"] -> ["a","b"]`, grantsAddress+` ~ user_types.educator = ["a","b"] -> ["c"]`),
			ConfigStateChecks: []statecheck.StateCheck{userTypes(map[string]knownvalue.Check{
				"educator": setOfNames("c"),
				"child":    setOfNames("a", "b"), "parent": setOfNames(),
			})},
		},
		// An entry that goes and an entry that becomes empty mean the same.
		resource.TestStep{
			Config: memHeader + grantsHCL(`{ educator = [], parent = ["a"] }`, ""),
			ConfigPlanChecks: memBefore(
				grantsAddress+` - user_types.child = ["a","b"]`, grantsAddress+` ~ user_types.educator = ["c"] -> []`, grantsAddress+` ~ user_types.parent = [] -> ["a"]`),
		},
		resource.TestStep{Config: memHeader},
	)
	for _, userType := range []string{"educator", "child", "parent"} {
		wantHas(t, m, userType)
	}
	for _, name := range []string{"a", "b", "c"} {
		if got := liveScope(t, m, name).Settings.Access; got != authz.AccessUserTypes {
			t.Errorf("%s is %q after its last user type was revoked", name, got)
		}
	}
}

// A foreign holder is one removed line for each scope.
func TestMemoryGrantsForeignHolder(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a"] }`, ""))
	memEdit(m, "b", mappedTo("parent"))
	memEdit(m, "c", mappedTo("educator", "parent"))
	tf.makePlan().ok().quiet().changes(grantsAddress+` - user_types.parent = ["b","c"]`, grantsAddress+` ~ user_types.educator = ["a","c"] -> ["a"]`)
	tf.applyPlan().ok().wrote("ChangeUserType educator", "ChangeUserType parent")
	wantHas(t, m, "parent")
	wantHas(t, m, "educator", "a")
	tf.settled()
	// A grant that was added after the plan is not revoked.
	tf.Write(grantsHCL(`{ educator = ["a", "b"] }`, "")).makePlan().ok()
	memEdit(m, "c", mappedTo("parent"))
	tf.applyPlan().ok().wrote("ChangeUserType educator")
	wantHas(t, m, "parent", "c")
	tf.makePlan().ok().changes(grantsAddress + ` - user_types.parent = ["c"]`)
	tf.applyPlan().ok()
	// A planned grant that was revoked after the plan is granted again.
	memEdit(m, "a", mappedTo())
	tf.makePlan().ok().quiet().changes(grantsAddress + ` ~ user_types.educator = ["b"] -> ["a","b"]`)
	memEdit(m, "b", mappedTo())
	tf.makePlan().ok().quiet().changes(grantsAddress + ` + user_types.educator = ["a","b"]`)
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "a", "b")
	tf.settled()
}

func TestMemoryGrantsOverUnlisted(t *testing.T) {
	m := grantsMemory()
	memEdit(m, "a", mappedTo("parent"))
	memEdit(m, "b", mappedTo("educator"))
	tf := memoryTerraform(t, m)
	config := grantsHCL(`{ educator = ["b", "c"] }`, "")
	tf.Write(config).makePlan().refused("Unlisted grants exist on the server", "- parent: a",
		"import {\n  to = authscopes_server_grants.<name>\n  id = \"memory\"\n}").wrote()
	tf.Write(grantsHCL(`{ educator = ["c"], parent = ["a"] }`, "")).makePlan().refused("Unlisted grants", "- educator: b").wrote()
	// Imported, the plan shows each revocation.
	tf.Write(config+grantsImport).makePlan().ok().
		changes(grantsAddress+` - user_types.parent = ["a"]`, grantsAddress+` ~ user_types.educator = ["b"] -> ["b","c"]`)
	tf.applyPlan().ok()
	wantHas(t, m, "parent")
	wantHas(t, m, "educator", "b", "c")
	tf.settled()
}

// Existing and listed grants are adopted without a write.
func TestMemoryGrantsSameAsThere(t *testing.T) {
	m := grantsMemory()
	memEdit(m, "a", mappedTo("educator", "parent"))
	tf := memoryTerraform(t, m)
	tf.Write(grantsHCL(`{ educator = ["a"], parent = ["a"] }`, "")).makePlan().ok().quiet()
	tf.applyPlan().ok().wrote()
	tf.settled()
}

func TestMemoryGrantsFilters(t *testing.T) {
	m := grantsMemory()
	m.AddUserType(memRealm, authz.UserType{Name: "guard", Everyone: true, Guard: true})
	m.AddScope(memRealm, scopeOf("legacy:a", mappedTo("educator", "parent")))
	memEdit(m, "b", mappedTo("guard", "parent"))
	tf := memoryTerraform(t, m)
	config := grantsHCL
	tf.Write(config(`{ educator = ["a"] }`, `ignore = ["legacy:*"]`+"\n"+`ignore_user_types = ["par*"]`)).makePlan().ok()
	tf.applyPlan().ok().wrote("ChangeUserType educator")
	tf.settled()
	// If an exclusion is removed, the apply revokes the grants that the last read found, and the
	// plan shows it.
	tf.Write(config(`{ educator = ["a"] }`, `ignore = ["legacy:*"]`)).makePlan().ok().changes(grantsAddress+` - ignore_user_types = ["par*"]`).
		warned(messagestest.Summary(check.GlobsRevoke), `(b)`)
	memEdit(m, "c", mappedTo("parent"))
	tf.applyPlan().ok().wrote("ChangeUserType parent")
	wantHas(t, m, "parent", "c", "legacy:a")
	tf.makePlan().ok().changes(grantsAddress + ` - user_types.parent = ["c"]`)
	tf.applyPlan().ok()
	// If an exclusion is added, the line is removed from state only.
	tf.Write(config(`{}`, `ignore = ["legacy:*"]`+"\n"+`ignore_user_types = ["educator"]`)).makePlan().ok().
		warned(`User type "educator" in `, `: 1 scope removed from state (a)`)
	tf.applyPlan().ok().wrote()
	tf.settled()
	wantHas(t, m, "educator", "a", "legacy:a")
	wantHas(t, m, "guard", "b")
}

func TestMemoryGrantsBound(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	all := `{ educator = ["a", "b", "c"], child = ["a"] }`
	tf.applied(grantsHCL(all, "max_revocations = 2"))
	tf.Write(grantsHCL(`{ child = ["a"] }`, "max_revocations = 2")).makePlan().
		refused("Plan revokes more grants than max_revocations", "max_revocations is 2", "3 grants",
			"- educator: a\n  - educator: b\n  - educator: c", "max_revocations = 3").wrote()
	tf.Write(grantsHCL(`{ educator = ["c"], child = ["a"] }`, "max_revocations = 2")).makePlan().ok()
	tf.run("destroy", "-auto-approve").refused("Plan revokes more grants than max_revocations", "4 grants", "- child: a").wrote()
	tf.Write(grantsHCL(all, "max_revocations = 2")).makePlan("-replace="+grantsAddress).
		failed("Plan revokes more grants than max_revocations", "as last applied, because the resource is replaced")
	tf.applied(grantsHCL(all, "max_revocations = 4"))
	tf.makePlan("-replace=" + grantsAddress).ok()
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "a", "b", "c")
	tf.settled()
	tf.run("destroy", "-auto-approve").ok()
	wantHas(t, m, "educator")
	wantHas(t, m, "child")
}

func TestMemoryGrantsKeepOnDestroy(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a"] }`, `on_destroy = "keep"`))
	tf.run("destroy", "-auto-approve").ok().wrote()
	wantHas(t, m, "educator", "a")
}

// No entries at all revoke nothing by mistake.
func TestMemoryGrantsEmptied(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{}`, ""))
	memEdit(m, "a", mappedTo("parent"))
	tf.makePlan().refused("No user type is listed", "- parent: a").wrote()
	tf.applied(grantsHCL(`{ parent = [] }`, ""))
	wantHas(t, m, "parent")
}

// A user type in two resources is an error, in whichever order they are planned.
func TestMemoryGrantsManagedTwice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grants, other string
		words         []string // nil: no error
	}{
		"listed": {
			grantsHCL(`{ educator = ["a"] }`, ""), typeHCL("educator", `["a"]`, ""),
			[]string{messagestest.Summary(check.ConflictHolderManagedTwice), "ignore_user_types"},
		},
		"other scopes": {
			grantsHCL(`{ educator = ["a"] }`, ""), typeHCL("educator", `["b"]`, ""),
			[]string{messagestest.Summary(check.ConflictHolderManagedTwice)},
		},
		"not listed":      {grantsHCL(`{ child = ["a"] }`, ""), typeHCL("educator", `["a"]`, ""), []string{`managed`, "ignore_user_types"}},
		"ignored":         {grantsHCL(`{ child = ["a"] }`, `ignore_user_types = ["educator"]`), typeHCL("educator", `["a"]`, ""), nil},
		"disjoint scopes": {grantsHCL(`{ educator = ["a"] }`, `manage = ["a"]`), typeHCL("educator", `["b"]`, `ignore = ["a"]`), nil},
		"two for all": {
			grantsHCL(`{ child = ["a"] }`, ""), `resource "authscopes_server_grants" "h" { user_types = { child = ["b"] } }`,
			[]string{messagestest.Summary(check.ConflictHolderManagedTwice)},
		},
		"two, disjoint scopes": {
			grantsHCL(`{ child = ["a"] }`, `manage = ["a"]`),
			"resource \"authscopes_server_grants\" \"h\" {\n  user_types = { child = [\"b\"], parent = [\"c\"] }\n  ignore = [\"a\"]\n}\n", nil,
		},
		"two, different owners": {
			grantsHCL(`{ child = ["a"] }`, ""),
			`resource "authscopes_server_grants" "h" { user_types = { parent = ["b"] } }`,
			[]string{"managed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := grantsMemory()
			tf := memoryTerraform(t, m)
			for _, order := range []string{test.grants + test.other, test.grants + "resource \"terraform_data\" \"x\" {}\n" + test.other} {
				o := tf.Write(order).makePlan()
				if test.words == nil {
					o.ok()
				} else {
					o.failed(test.words...)
				}
				o.wrote()
			}
		})
	}
}

func TestMemoryGrantsContradictions(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B", c = "C" }`, "") + grantsHCL(`{ educator = ["a", "b"] }`, ""))
	tf.Write(setHCL(`{ a = "A", b = "B", c = "C" }`, `overrides = { a = { access = "everyone" } }`)+grantsHCL(`{ educator = ["a", "b"] }`, "")).
		makePlan().failed(messagestest.Summary(check.AccessContradiction), "- a").wrote()
	tf.Write(setHCL(`{ a = "A", c = "C" }`, "")+grantsHCL(`{ educator = ["a", "b"] }`, "")).makePlan().
		failed(messagestest.Summary(check.ConflictDeletedAndUsed), "- b").wrote()
	// A resource with another name is an old one and a new one.
	tf.Write(setHCL(`{ a = "A", b = "B", c = "C" }`, "")+`resource "authscopes_server_grants" "h" { user_types = { educator = ["a", "b"] } }`).
		makePlan().failed(messagestest.Summary(check.ConflictRemovedAndKept), "moved {").wrote()
}

func TestMemoryGrantsComposite(t *testing.T) {
	m := newMemory("leader", "all", "parent")
	threeScopes(m)
	m.Change(memRealm, func(l *authz.Snapshot) {
		for i := range l.UserTypes {
			switch l.UserTypes[i].Name {
			case "leader":
				l.UserTypes[i].Contains = []string{"child"}
			case "all":
				l.UserTypes[i].Everyone = true
			}
		}
	})
	tf := memoryTerraform(t, m)
	tf.Write(grantsHCL(`{ leader = ["a"] }`, "")).makePlan().refused(messagestest.Summary(check.AllGrantsComposite), "- child").wrote()
	tf.Write(grantsHCL(`{ all = ["a"] }`, `composite_user_types = ["all"]`)).makePlan().refused(messagestest.Summary(check.GrantsEveryone)).wrote()
	tf.Write(grantsHCL(`{ leader = ["a"] }`, `composite_user_types = ["leader", "lead"]`)).makePlan().
		refused("Composite user types have no entry", "- lead").wrote()
	tf.applied(grantsHCL(`{ leader = ["a"] }`, `composite_user_types = ["leader"]`))
	tf.plain("state", "rm", grantsAddress)
	// An import says which are composite.
	tf.applied(grantsHCL(`{ leader = ["a"] }`, `composite_user_types = ["leader"]`) + grantsImport)
}

func TestMemoryGrantsMissing(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.Write(grantsHCL(`{ edukator = ["a"], child = ["b"] }`, "")).makePlan().ok().
		warned(messagestest.Summary(check.GrantsMissingHolder), `(did you mean "educator"?)`, "remove the entry")
	tf.applyPlan().refused(messagestest.Summary(messages.FoundNoUserType), `"edukator"`, "- child").wrote()
	m.AddScope(memRealm, scopeOf("catalog:read"))
	tf.Write(grantsHCL(`{ educator = ["catalog:raed"], child = ["b"] }`, "")).apply().
		failed(messagestest.Summary(messages.FoundMissingScopes), `- educator: catalog:raed (did you mean "catalog:read"?)`, "Nothing was changed").wrote()
	wantHas(t, m, "child")
	// An empty set for a user type that is gone is already true.
	tf.applied(grantsHCL(`{ educator = ["a"], child = [] }`, ""))
	m.Change(memRealm, func(l *authz.Snapshot) {
		l.UserTypes = slices.DeleteFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == "child" })
	})
	tf.makePlan().ok().changes()
}

func TestMemoryGrantsRenamedUserType(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a"] }`, ""))
	m.Change(memRealm, func(l *authz.Snapshot) {
		i := slices.IndexFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == "educator" })
		l.UserTypes[i].Name = "teacher"
	})
	memEdit(m, "a", mappedTo("teacher"))
	tf.makePlan().failed("User type was renamed on the server", `"educator" is now "teacher"`, "rename the entry").wrote()
	// Another role that takes the old name does not get the scopes.
	m.AddUserType(memRealm, authz.UserType{Name: "educator"})
	tf.makePlan().failed("User type was renamed on the server").wrote()
	tf.applied(grantsHCL(`{ teacher = ["a"] }`, ""))
	wantHas(t, m, "teacher", "a")
	wantHas(t, m, "educator")
}

func TestMemoryGrantsOpenScopes(t *testing.T) {
	m := grantsMemory()
	memEdit(m, "c", openScope)
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a", "b"] }`, ""))
	same(t, "open scopes", fmt.Sprint(tf.state(grantsAddress)["open_scopes"]), "[c]")
	tf.applied(grantsHCL(`{ educator = ["b"] }`, ""))
	// A revoked scope that is opened outside Terraform is limited again.
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.Access = authz.AccessEveryone })
	tf.makePlan().ok().changes(grantsAddress + ` ~ open_scopes = ["a","c"] -> ["c"]`)
	tf.applyPlan().ok()
	if got := liveScope(t, m, "a").Settings.Access; got != authz.AccessUserTypes {
		t.Errorf("a is %q", got)
	}
	tf.settled()
	// A scope that is granted is limited.
	tf.Write(grantsHCL(`{ educator = ["b", "c"] }`, "")).makePlan().ok().
		changes(grantsAddress+` ~ open_scopes = ["c"] -> []`, grantsAddress+` ~ user_types.educator = ["b"] -> ["b","c"]`).
		warned(messagestest.Summary(check.GrantsLimit), `(c)`)
	tf.applyPlan().ok()
	tf.settled()
	// One that is opened on purpose stays open.
	memEdit(m, "a", func(s *authz.Scope) {
		s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
	})
	tf.settled()
}

func TestMemoryGrantsBuiltIn(t *testing.T) {
	m := grantsMemory()
	t.Parallel()
	m.AddScope(memRealm, scopeOf("profile", mappedTo("educator"), func(s *authz.Scope) { s.BuiltIn = true }))
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	tf.applied(grantsHCL(`{ educator = ["a"] }`, ""))
	tf.Write(grantsHCL(`{ educator = ["a", "profile"] }`, "")).makePlan().refused(messagestest.Summary(check.GrantsBuiltIn), "- profile")
	tf.Write(grantsHCL(`{ educator = ["a"], child = ["profile"] }`, "allow_built_in = true")).makePlan().
		refused(messagestest.Summary(check.GrantsBuiltIn), "- profile")
	tf.applied(grantsHCL(`{ educator = ["a", "profile"] }`, "allow_built_in = true"))
	tf.Write(grantsHCL(`{ educator = ["a"] }`, "")).apply().ok().wrote()
	tf.settled()
	tf.run("destroy", "-auto-approve").ok()
	wantHas(t, m, "educator", "profile")
}

func TestMemoryGrantsInput(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hcl   string
		words []string
	}{
		"no map":                    {`resource "authscopes_server_grants" "g" {}`, []string{"Missing user types"}},
		"null":                      {grantsHCL("null", ""), []string{"Missing user types"}},
		"null entry":                {grantsHCL(`{ educator = null }`, ""), []string{"Null entry", `"educator"`, "[]"}},
		"null element":              {grantsHCL(`{ educator = [null] }`, ""), []string{"Null scope name", "An element is null"}},
		"bad name":                  {grantsHCL(`{ educator = ["read users"] }`, ""), []string{"Invalid scope name", "' ' at character 5"}},
		"empty key":                 {grantsHCL(`{ "" = ["a"] }`, ""), []string{"Empty key"}},
		"ignored scope":             {grantsHCL(`{ educator = ["a"] }`, `ignore = ["a"]`), []string{"configured and ignored", "- a"}},
		"scope outside":             {grantsHCL(`{ educator = ["a"] }`, `manage = ["b"]`), []string{"outside of manage", "- a"}},
		"ignored user type":         {grantsHCL(`{ educator = [] }`, `ignore_user_types = ["edu*"]`), []string{"User types are listed and ignored", "- educator"}},
		"empty glob":                {grantsHCL(`{ educator = [] }`, `ignore_user_types = [""]`), []string{"Empty glob"}},
		"negative bound":            {grantsHCL(`{ educator = [] }`, `max_revocations = -1`), []string{"max_revocations"}},
		"unknown value of a choice": {grantsHCL(`{ educator = [] }`, `on_destroy = "drop"`), []string{"on_destroy"}},
	} {
		t.Run(name, func(t *testing.T) {
			memoryTerraform(t, grantsMemory()).Write(test.hcl).makePlan().refused(test.words...).wrote()
		})
	}
}

// While values are unknown, a plan revokes nothing unseen: it names what may go.
func TestMemoryGrantsUnknown(t *testing.T) {
	t.Parallel()
	const later = "resource \"terraform_data\" \"later\" {\n  input = %s\n}\n"
	for name, test := range map[string]struct{ input, userTypes, more string }{
		"the map":     {`{ educator = ["a"] }`, "terraform_data.later.output", ""},
		"an entry":    {`["a"]`, `{ educator = terraform_data.later.output }`, ""},
		"an element":  {`"a"`, `{ educator = [terraform_data.later.output] }`, ""},
		"a glob":      {`"none"`, `{ educator = ["a"] }`, "ignore_user_types = [terraform_data.later.output]"},
		"the globs":   {`["none"]`, `{ educator = ["a"] }`, "ignore = terraform_data.later.output"},
		"a composite": {`[]`, `{ educator = ["a"] }`, "composite_user_types = terraform_data.later.output"},
		"the bound":   {`2`, `{ educator = ["a"] }`, "max_revocations = terraform_data.later.output"},
	} {
		t.Run(name, func(t *testing.T) {
			m := grantsMemory()
			tf := memoryTerraform(t, m)
			tf.applied(grantsHCL(`{ educator = ["b"], parent = ["c"] }`, ""))
			o := tf.Write(fmt.Sprintf(later, test.input) + grantsHCL(test.userTypes, test.more)).makePlan().ok()
			if test.more == "" {
				o.warned("are unknown until apply (educator: b, parent: c)", "at most max_revocations (10) of them")
			}
			tf.applyPlan().ok()
			wantHas(t, m, "educator", "a")
			wantHas(t, m, "parent")
			tf.settled()
			tf.run("destroy", "-auto-approve").ok()
		})
		t.Run(name+", on creation", func(t *testing.T) {
			m := grantsMemory()
			memEdit(m, "b", mappedTo("parent"))
			tf := memoryTerraform(t, m)
			tf.Write(fmt.Sprintf(later, test.input) + grantsHCL(test.userTypes, test.more)).makePlan()
			tf.applyPlan()
			wantHas(t, m, "parent", "b")
			wantHas(t, m, "educator")
		})
	}
}

// The bound also counts what the plan could not show.
func TestMemoryGrantsUnknownBound(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a", "b"], parent = ["c"] }`, "max_revocations = 2"))
	tf.Write("resource \"terraform_data\" \"later\" {\n  input = { parent = [] }\n}\n" + grantsHCL("terraform_data.later.output", "max_revocations = 2")).
		makePlan().ok()
	tf.applyPlan().failed("Plan revokes more grants than max_revocations", "3 grants").wrote()
}

// A failed write is stored as it is on the server, and the next apply does the rest. No
// revocation begins before all is granted.
func TestMemoryGrantsFailures(t *testing.T) {
	t.Parallel()
	for fails := 1; fails <= 4; fails++ {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			m := grantsMemory()
			tf := memoryTerraform(t, m)
			tf.applied(grantsHCL(`{ educator = ["a"], child = ["b"] }`, ""))
			tf.Write(grantsHCL(`{ educator = ["b"], child = ["a"] }`, "")).makePlan().ok()
			n := 0
			m.Fail(func(call string) error {
				if call != "List" {
					if n++; n == fails {
						return authz.Errorf(authz.Unavailable, "write", "cut")
					}
				}
				return nil
			})
			tf.applyPlan().failed("Cannot write the scopes of all user types", "cut")
			m.Fail(nil)
			if fails <= 2 && (!slices.Contains(grantedScopes(m, "educator"), "a") || !slices.Contains(grantedScopes(m, "child"), "b")) {
				t.Errorf("revoked before all was granted: %q, %q", grantedScopes(m, "educator"), grantedScopes(m, "child"))
			}
			tf.apply().ok()
			wantHas(t, m, "educator", "b")
			wantHas(t, m, "child", "a")
			tf.settled()
		})
	}
}

// A plan without a refresh says that the state is outdated.
func TestMemoryGrantsUnrefreshed(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a"] }`, ""))
	memEdit(m, "b", mappedTo("parent"))
	tf.makePlan("-refresh=false").ok().changes().warned(messagestest.Summary(check.StaleState), "- parent: b")
}

func TestMemoryGrantsTainted(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ educator = ["a"] }`, "max_revocations = 1"))
	tf.plain("taint", grantsAddress)
	tf.apply().ok()
	wantHas(t, m, "educator", "a")
	tf.settled()
	tf.applied(grantsHCL(`{ educator = ["a", "b"] }`, "max_revocations = 1"))
	tf.plain("taint", grantsAddress)
	tf.makePlan().failed("Plan revokes more grants than max_revocations", "as last applied")
}

// Grants that appear between plan and apply are refused on creation, and never revoked.
func TestMemoryGrantsAppearBeforeCreate(t *testing.T) {
	m := grantsMemory()
	tf := memoryTerraform(t, m)
	tf.Write(grantsHCL(`{ educator = ["a"] }`, "")).makePlan().ok()
	memEdit(m, "b", mappedTo("parent"))
	tf.applyPlan().failed("Unlisted grants exist on the server", "- parent: b").wrote()
}

func TestMemoryGrantsOtherServer(t *testing.T) {
	m := grantsMemory()
	memEdit(m, "a", mappedTo("parent"))
	tf := memoryTerraform(t, m)
	tf.applied(grantsHCL(`{ parent = ["a"] }`, "") + grantsImport)
	tf.Write(grantsHCL(`{ parent = ["a"] }`, `server_id = "another"`)).makePlan().failed(messagestest.Summary(messages.FoundOtherServer))
}

// A server whose user types are not visible has no complete set.
func TestMemoryGrantsHiddenUserTypes(t *testing.T) {
	m := grantsMemory()
	m.Change(memRealm, func(l *authz.Snapshot) {
		l.UserTypes = nil
		l.NotChecked = []authz.Gap{{Subject: "realm roles", Privilege: "role view-realm", Compared: true}}
	})
	tf := memoryTerraform(t, m)
	tf.Write(grantsHCL(`{ parent = ["a"] }`, "")).makePlan().refused("User types are not visible", "- realm roles", "- role view-realm").wrote()
}

// The guide moves the scopes of each user type to one resource, and writes nothing.
func TestMemoryGrantsGuide(t *testing.T) {
	snippets := fencedHCL.FindAllStringSubmatch(guides(t)["manage-all-user-types"], -1)
	if len(snippets) != 2 {
		t.Fatalf("the guide has %d snippets", len(snippets))
	}
	before, after := snippets[0][1], strings.Replace(snippets[1][1], `"shop" # the realm`, `"memory"`, 1)
	m := newMemory("parent")
	m.AddScope(memRealm, scopeOf("children:read"))
	m.AddScope(memRealm, scopeOf("missions:read"))
	tf := memoryTerraform(t, m)
	tf.applied(before)
	withoutRemoved, _, _ := strings.Cut(after, "removed {")
	tf.Write(withoutRemoved).makePlan().failed("removed {", "children:read").wrote()
	tf.Write(after).makePlan().ok().changes(`authscopes_user_type_scopes.child [forget]`, `authscopes_user_type_scopes.educator [forget]`)
	tf.applyPlan().ok().wrote()
	tf.settled()
	resourceOnly, _, _ := strings.Cut(after, "import {")
	tf.Write(resourceOnly)
	memEdit(m, "children:read", mappedTo("educator", "parent"))
	tf.makePlan().ok().changes(`authscopes_server_grants.shop - user_types.parent = ["children:read"]`)
}
