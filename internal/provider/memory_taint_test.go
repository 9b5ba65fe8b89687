package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// Terraform plans a tainted object once, without its state and its private state. The plan
// must say what the apply deletes.
func TestMemoryTaintedSet(t *testing.T) {
	m := newMemory("evil")
	tf := memoryTerraform(t, m)
	two := setHCL(`{ a = "A", b = "B" }`, "")
	tf.applied(two)
	memEdit(m, "a", func(s *authz.Scope) { s.UserTypes = []string{"evil"} })
	tf.plain("taint", setAddress)

	tf.makePlan().ok().warned("2 scopes deleted and created again by this plan (a, b)", "- a (evil has it)\n", "terraform untaint")
	for _, w := range tf.makePlan("-refresh=false").ok().warned("2 scopes found on create").Severity("warning") {
		if w.HoldsAll([]string{"adopted"}) {
			t.Errorf("without a refresh: %s", w.Summary)
		}
	}
	tf.Write(setHCL(`{ a = "A" }`, `ignore = ["b"]`)).makePlan().failed(messagestest.Summary(check.ConflictReleasedAndReplaced), "- b")

	tf.Write(two).makePlan().ok()
	tf.applyPlan().ok().wrote("DeleteScope a", "DeleteScope b", "CreateScope a", "CreateScope b")
	tf.settled()
}

// The limit of the state counts, also if the configuration has another one.
func TestMemoryTaintedSetOfMany(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B" }`, "max_deletions = 1"))
	tf.plain("taint", setAddress)
	tf.Write(setHCL(`{ a = "A", b = "B" }`, "max_deletions = 5")).makePlan().
		refused(messagestest.Summary(check.DeletionsExceedLimit), "terraform untaint", "max_deletions = 2")
	tf.plain("untaint", setAddress)
	tf.makePlan().ok()
	tf.applyPlan().ok().wrote()
}

func TestMemoryTaintedScope(t *testing.T) {
	m := newMemory("evil")
	tf := memoryTerraform(t, m)
	tf.applied(singleHCL(`"a"`, ""))
	memEdit(m, "a", func(s *authz.Scope) { s.UserTypes = []string{"evil"} })
	tf.plain("taint", singleAddress)
	tf.makePlan().ok().warned("1 scope deleted and created again by this plan (a)", "- a (evil has it)")
	tf.applyPlan().ok().wrote("DeleteScope a", "CreateScope a")
	tf.settled()
}

// A tainted resource of a user type revokes what changed globs exclude.
func TestMemoryTaintedUserType(t *testing.T) {
	m := newMemory("child")
	for _, name := range []string{"a", "b"} {
		m.AddScope(memRealm, scopeOf(name))
	}
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("child", `["a", "b"]`, ""))
	tf.plain("taint", typeAddress)
	tf.Write(typeHCL("child", `["a"]`, `ignore = ["b"]`)).makePlan().failed(messagestest.Summary(check.ConflictReleasedAndReplaced), "- b")
	tf.Write(typeHCL("child", `["a", "b"]`, "")).makePlan().ok()
	tf.applyPlan().ok()
	tf.settled()
}

// Two sets with disjoint globs are two resources: a new one replaces nothing.
func TestMemoryNewSetBesideAnother(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("b:1"))
	tf := memoryTerraform(t, m)
	first := setHCL(`{ "a:1" = "A" }`, `manage = ["a:*"]`)
	tf.applied(first)
	tf.Write(first + `
		resource "authscopes_server_scopes" "second" {
			scopes = { "b:1" = "B:1" }
			manage = ["b:*"]
		}
	`).makePlan().ok().warned("1 scope found on create (b:1)")
	tf.applyPlan().ok().wrote()
}
