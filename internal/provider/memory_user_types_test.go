package provider

import (
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
)

func threeScopes(m *drivertest.Memory) {
	for _, name := range []string{"a", "b", "c"} {
		m.AddScope(memRealm, scopeOf(name))
	}
}

// grantedScopes is what a user type grantedScopes on the server.
func grantedScopes(m *drivertest.Memory, userType string) []string {
	var names []string
	m.Change(memRealm, func(l *authz.Snapshot) { names = authz.Names(l.ScopesOf(userType)) })
	return names
}

func wantHas(t *testing.T, m *drivertest.Memory, userType string, want ...string) {
	t.Helper()
	if got := grantedScopes(m, userType); !slices.Equal(got, want) {
		t.Errorf("%s has %q, want %q", userType, got, want)
	}
}

func TestMemoryUserTypeLifecycle(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	memEdit(m, "b", mappedTo("child"))
	scopes := func(names ...string) statecheck.StateCheck {
		var checks []knownvalue.Check
		for _, n := range names {
			checks = append(checks, knownvalue.StringExact(n))
		}
		return statecheck.ExpectKnownValue(typeAddress, tfjsonpath.New("scopes"), knownvalue.SetExact(checks))
	}
	acceptance(t, m,
		resource.TestStep{
			Config: memHeader + typeHCL("educator", `["a", "b"]`, ""),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(typeAddress, tfjsonpath.New("server_id"), knownvalue.StringExact(memRealm)),
				plancheck.ExpectKnownValue(typeAddress, tfjsonpath.New("open_scopes"), knownvalue.ListSizeExact(0)),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				scopes("a", "b"),
				statecheck.ExpectKnownValue(typeAddress, tfjsonpath.New("on_destroy"), knownvalue.StringExact("delete")),
			},
		},
		resource.TestStep{
			ResourceName: typeAddress, ImportState: true, ImportStateId: "educator",
			ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "user_type",
		},
		resource.TestStep{
			Config:            memHeader + typeHCL("educator", `["b", "c"]`, ""),
			ConfigPlanChecks:  memBefore(typeAddress + ` ~ scopes = ["a","b"] -> ["b","c"]`),
			ConfigStateChecks: []statecheck.StateCheck{scopes("b", "c")},
		},
		resource.TestStep{
			Config:            memHeader + typeHCL("educator", `[]`, ""),
			ConfigPlanChecks:  memBefore(typeAddress + ` ~ scopes = ["b","c"] -> []`),
			ConfigStateChecks: []statecheck.StateCheck{scopes()},
		},
		resource.TestStep{Config: memHeader + typeHCL("educator", `["a"]`, "")},
		// Another user type is another resource.
		resource.TestStep{
			Config:           memHeader + typeHCL("child", `["b"]`, ""),
			ConfigPlanChecks: memBefore(typeAddress + ` [delete create]`),
		},
		resource.TestStep{Config: memHeader},
	)
	wantHas(t, m, "educator")
	wantHas(t, m, "child")
	for _, name := range []string{"a", "b", "c"} {
		if got := liveScope(t, m, name).Settings.Access; got != authz.AccessUserTypes {
			t.Errorf("%s is %q after its last user type was taken away", name, got)
		}
	}
}

func TestMemoryUserTypeDrift(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["a", "b"]`, ""))
	memEdit(m, "c", mappedTo("child", "educator"))
	tf.makePlan().ok().quiet().changes(typeAddress + ` ~ scopes = ["a","b","c"] -> ["a","b"]`)
	tf.applyPlan().ok().wrote("ChangeUserType educator")
	wantHas(t, m, "child", "c")
	memEdit(m, "a", mappedTo())
	tf.makePlan().ok().quiet().changes(typeAddress + ` ~ scopes = ["b"] -> ["a","b"]`)
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "a", "b")
	// A grant that was added after the plan is not revoked.
	tf.Write(typeHCL("educator", `["a"]`, "")).makePlan().ok()
	memEdit(m, "c", mappedTo("educator"))
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "a", "c")
	tf.makePlan().ok().changes(typeAddress + ` ~ scopes = ["a","c"] -> ["a"]`)
	// A scope that is gone is drift, and then an error that names it.
	tf.apply().ok()
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("a") })
	tf.makePlan().ok().changes(typeAddress + ` ~ scopes = [] -> ["a"]`)
	tf.applyPlan().refused(messagestest.Summary(messages.FoundMissingScopes), "- a")
	// Gone from both it is no error.
	tf.Write(typeHCL("educator", `["b"]`, "")).apply().ok()
	tf.Write(typeHCL("educator", `[]`, "")).makePlan().ok()
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("b") })
	tf.applyPlan().ok().wrote()
}

func TestMemoryUserTypeReplacesWhatIsThere(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	memEdit(m, "a", mappedTo("child", "educator"))
	memEdit(m, "b", mappedTo("educator"))
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `["b", "c"]`, "")).makePlan().ok().changes(typeAddress+" [create]").
		warned(`User type "educator" in Memory realm "memory": 1 scope revoked, 1 granted (a, c)`, "Revoked:\n\n  - a\n", "Granted:\n\n  - c")
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "b", "c")
	wantHas(t, m, "child", "a")
	tf.settled()
}

func TestMemoryUserTypeSameAsThere(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	memEdit(m, "a", mappedTo("educator"))
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `["a"]`, "")).makePlan().ok().quiet()
	tf.applyPlan().ok().wrote()
	tf.settled()
}

func TestMemoryUserTypeGone(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["a"]`, ""))
	remove := func() {
		m.Change(memRealm, func(l *authz.Snapshot) {
			l.UserTypes = slices.DeleteFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == "educator" })
			for i := range l.Scopes {
				l.Scopes[i].UserTypes = slices.DeleteFunc(slices.Clone(l.Scopes[i].UserTypes), func(u string) bool { return u == "educator" })
			}
		})
	}
	remove()
	tf.makePlan().ok().changes(typeAddress + " [create]")
	tf.applyPlan().refused(messagestest.Summary(messages.FoundNoUserType), `"educator"`, "- child", "does not create user types").wrote()
	m.AddUserType(memRealm, authz.UserType{Name: "educator"})
	tf.apply().ok()
	tf.settled()
	// Gone with it are its scopes: nothing is left to destroy.
	remove()
	tf.run("destroy", "-auto-approve").ok().wrote()
}

func TestMemoryUserTypeRenamed(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["a"]`, ""))
	m.Change(memRealm, func(l *authz.Snapshot) {
		i := slices.IndexFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == "educator" })
		l.UserTypes[i].Name = "teacher"
	})
	memEdit(m, "a", mappedTo("teacher"))
	tf.makePlan().refused(messagestest.Summary(messages.FoundRenamedUserType), "terraform state rm")
	if tf.state(typeAddress) == nil {
		t.Error("the state was dropped")
	}
}

func TestMemoryUserTypeComposite(t *testing.T) {
	m := newMemory("leader", "all")
	threeScopes(m)
	m.Change(memRealm, func(l *authz.Snapshot) {
		for i := range l.UserTypes {
			switch l.UserTypes[i].Name {
			case "leader":
				l.UserTypes[i].Contains, l.UserTypes[i].ContainsClientRoles = []string{"child", "educator"}, []string{"app/admin"}
			case "all":
				l.UserTypes[i].Contains, l.UserTypes[i].Everyone = []string{"default-roles"}, true
			}
		}
	})
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("leader", `["a"]`, "")).makePlan().
		refused(messagestest.Summary(check.GrantsComposite), "- child\n", "- educator\n", "- app/admin", "allow_composite = true").wrote()
	tf.Write(typeHCL("all", `["a"]`, "allow_composite = true")).makePlan().
		refused(messagestest.Summary(check.GrantsEveryone), "- default-roles", `access = "everyone"`).wrote()
	m.AddUserType(memRealm, authz.UserType{Name: "each", Everyone: true})
	tf.Write(typeHCL("each", `["a"]`, "")).makePlan().refused(messagestest.Summary(check.GrantsEveryone))
	tf.applied(typeHCL("all", `[]`, ""))
	tf.applied(typeHCL("leader", `["a"]`, "allow_composite = true"))
	// It becomes composite after it was applied.
	tf.applied(typeHCL("educator", `["a"]`, ""))
	m.Change(memRealm, func(l *authz.Snapshot) {
		i := slices.IndexFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == "educator" })
		l.UserTypes[i].Contains = []string{"child"}
	})
	tf.makePlan().refused(messagestest.Summary(check.GrantsComposite), "- child")
}

func TestMemoryUserTypeOnOpenScope(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	memEdit(m, "a", openScope)
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `["a", "b"]`, "")).makePlan().ok().
		warned(messagestest.Summary(check.GrantsLimit), `(a)`, "- a")
	tf.applyPlan().ok()
	tf.settled()
}

// A scope that the resource revoked from its user type, and that was opened outside Terraform, is
// limited again. A scope that was opened on purpose is not.
func TestMemoryReleasedScopes(t *testing.T) {
	m := newMemory()
	threeScopes(m)
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["a", "b"]`, ""))
	tf.applied(typeHCL("educator", `["b"]`, ""))
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.Access = authz.AccessEveryone })
	tf.makePlan().ok().changes(typeAddress + ` ~ open_scopes = ["a"] -> []`)
	tf.applyPlan().ok().wrote("ChangeUserType educator")
	if got := liveScope(t, m, "a").Settings.Access; got != authz.AccessUserTypes {
		t.Errorf("a is %q", got)
	}
	tf.settled()
	memEdit(m, "a", func(s *authz.Scope) {
		s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
	})
	tf.settled()
	// A scope that was never this resource's is none of its business.
	memEdit(m, "c", openScope)
	tf.settled()
}

func TestMemoryUserTypeGlobs(t *testing.T) {
	m := newMemory()
	for _, name := range []string{"a", "x:1", "x:2"} {
		m.AddScope(memRealm, scopeOf(name, mappedTo("educator")))
	}
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `["a"]`, `ignore = ["x:*"]`)).makePlan().ok().quiet()
	tf.applyPlan().ok().wrote()
	tf.settled()
	wantHas(t, m, "educator", "a", "x:1", "x:2")
	// If the glob is removed, the grants that the last read found are revoked, and later ones
	// stay.
	m.AddScope(memRealm, scopeOf("x:0", mappedTo("educator")))
	tf.Write(typeHCL("educator", `["a"]`, "")).makePlan().ok().changes(typeAddress+` - ignore = ["x:*"]`).
		warned(messagestest.Summary(check.GlobsRevoke), `(x:0, x:1, x:2)`, "- x:1\n")
	m.AddScope(memRealm, scopeOf("x:3", mappedTo("educator")))
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "a", "x:3")
	// If the glob is added, its grants are removed from state only.
	tf.Write(typeHCL("educator", `["a"]`, `manage = ["a"]`)).makePlan().ok().
		warned(`User type "educator" in `, `: 1 scope removed from state (x:3)`, "keeps them")
	tf.applyPlan().ok().wrote()
	tf.settled()
	// Two teams, one user type.
	tf.applied(typeHCL("educator", `["a"]`, `manage = ["a"]`) + strings.Replace(typeHCL("educator", `["x:1"]`, `manage = ["x:*"]`), `"e"`, `"f"`, 1))
	wantHas(t, m, "educator", "a", "x:1")
	tf.run("destroy", "-auto-approve").ok()
	wantHas(t, m, "educator")
}

func TestMemoryUserTypeBuiltIn(t *testing.T) {
	m := newMemory()
	t.Parallel()
	threeScopes(m)
	m.AddScope(memRealm, scopeOf("profile", mappedTo("educator"), func(s *authz.Scope) { s.BuiltIn = true }))
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	tf.Write(typeHCL("educator", `["a"]`, "")).makePlan().ok()
	tf.applyPlan().ok()
	tf.settled()
	wantHas(t, m, "educator", "a", "profile")
	tf.Write(typeHCL("educator", `["a", "profile"]`, "")).makePlan().refused(messagestest.Summary(check.GrantsBuiltIn), "- profile")
	tf.applied(typeHCL("educator", `["a", "profile"]`, "allow_built_in = true"))
	tf.Write(typeHCL("educator", `["a"]`, "")).apply().ok().wrote()
	tf.settled()
	wantHas(t, m, "educator", "a", "profile")
}

// A server that refuses empty sets.
func TestMemoryUserTypeEmptyRefused(t *testing.T) {
	m := newMemory()
	m.Caps.EmptyUserTypes = false
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `[]`, "")).makePlan().refused(messagestest.Summary(check.GrantsNone), "Memory rejects a user type without scopes").wrote()
}
