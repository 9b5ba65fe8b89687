package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

func TestMemoryAccessOpenAndClose(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	config := func(access string) string {
		return setHCL(`{ a = "A", b = "B" }`, `overrides = { b = { access = "`+access+`" } }`)
	}
	tf.applied(config("user_types"))
	memEdit(m, "b", mappedTo("child", "educator"))
	tf.Write(config("everyone")).makePlan().ok().
		changes(setAddress+` ~ overrides.b.access = "user_types" -> "everyone"`, setAddress+` ~ open_scopes = [] -> ["b"]`).
		warned(messagestest.Summary(check.AccessOpening), "(b)", "After the apply, every user gets them", "- b").
		warned(messagestest.Summary(check.AccessUnmapped), "(b: child, b: educator)", "- b: child\n", "- b: educator")
	tf.applyPlan().ok().wrote("UpdateScope b")
	tf.settled()
	if s := liveScope(t, m, "b"); s.Settings.Access != authz.AccessEveryone || len(s.UserTypes) != 0 {
		t.Errorf("b is %+v", s)
	}
	tf.Write(config("user_types")).makePlan().ok().
		changes(setAddress+` ~ overrides.b.access = "everyone" -> "user_types"`, setAddress+` ~ open_scopes = ["b"] -> []`).
		warned(messagestest.Summary(check.GrantsLimit), "(b)", messagestest.Summary(check.AccessClosing), "- b")
	tf.applyPlan().ok().wrote("UpdateScope b")
	tf.settled()
}

// A new scope is limited unless the configuration opens it, which the plan reports.
func TestMemoryAccessOfNewScopes(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.Write(setHCL(`{ a = "A", b = "B" }`, `overrides = { b = { access = "everyone" } }`)).makePlan().ok().
		warned(messagestest.Summary(check.AccessCreatedOpen), "(b)", "every user gets them", "- b")
	tf.applyPlan().ok()
	if a, b := liveScope(t, m, "a").Settings.Access, liveScope(t, m, "b").Settings.Access; a != authz.AccessUserTypes || b != authz.AccessEveryone {
		t.Errorf("a is %q, b is %q", a, b)
	}
	if got := tftest.JSONText(tf.state(setAddress)["open_scopes"]); got != `["b"]` {
		t.Errorf("open_scopes is %s", got)
	}
}

func TestMemoryAccessUnguarded(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	const unguarded = `settings = { access = "unguarded" }`
	tf.Write(setHCL(`{ a = "A" }`, `overrides = { a = { access = "unguarded" } }`)).makePlan().refused(messagestest.Summary(check.AccessLeftOpen), "- a")
	tf.Write(singleHCL(`"a"`, unguarded)).makePlan().refused(messagestest.Summary(check.AccessLeftOpen))
	m.AddScope(memRealm, scopeOf("a", unguardedScope, mappedTo("child")))
	tf.Write(setHCL(`{ a = "A" }`, unguarded)+importSet).makePlan().ok().changes().warned(messagestest.Summary(check.AccessUnguarded), "(a)")
	tf.applyPlan().ok().wrote()
	if got := liveScope(t, m, "a").Settings.Access; got != authz.AccessUnguarded {
		t.Errorf("a is %q", got)
	}
	// A change of something else leaves it as found; a guard is no drift.
	tf.Write(setHCL(`{ a = "changed" }`, unguarded)).apply().ok().wrote("UpdateScope a")
	if got := liveScope(t, m, "a").Settings.Access; got != authz.AccessUnguarded {
		t.Errorf("a is %q", got)
	}
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
	tf.makePlan().ok().quiet().changes()
	// Saying user_types guards it.
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.Access = authz.AccessUnguarded })
	tf.Write(setHCL(`{ a = "changed" }`, "")).makePlan().ok().quiet()
	tf.applyPlan().ok().wrote("UpdateScope a")
	tf.settled()
}

func TestMemoryAccessUnguardedDrift(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A" }`, "") + typeHCL("child", "[authscopes_server_scopes.s.names.a]", ""))
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.Access = authz.AccessUnguarded })
	tf.makePlan().ok().quiet().changes(setAddress + ` - overrides = {"a":{"access":"unguarded"}}`)
	tf.applyPlan().ok().wrote("UpdateScope a")
	tf.settled()
}

// A client role limits a scope, and is not ours to take.
func TestMemoryAccessLimitedByClientRoles(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a", func(s *authz.Scope) { s.ClientRoles = []string{"app/admin"} }))
	tf := memoryTerraform(t, m)
	tf.Write(setHCL(`{ a = "A" }`, `settings = { access = "everyone" }`)).makePlan().
		refused(messagestest.Summary(check.AccessClientRoles), "- a: app/admin").wrote()
}

// "everyone" and a user type contradict each other, whichever is planned first.
func TestMemoryAccessContradiction(t *testing.T) {
	t.Parallel()
	words := []string{messagestest.Summary(check.AccessContradiction), "access = \"everyone\"", "- a"}
	for name, config := range map[string]string{
		"the set first": setHCL(`{ a = "A" }`, `settings = { access = "everyone" }`) + typeHCL("child", "[authscopes_server_scopes.s.names.a]", ""),
		"the user type first": setHCL(`{ a = "A" }`,
			"settings = { access = \"everyone\" }\n  depends_on = [authscopes_user_type_scopes.e]") + typeHCL("child", `["a"]`, ""),
		"the single first": singleHCL(`"a"`, `settings = { access = "everyone" }`) + typeHCL("child", "[authscopes_server_scope.one.name]", ""),
		"the single afterward": singleHCL(`"a"`, "settings = { access = \"everyone\" }\n  depends_on = [authscopes_user_type_scopes.e]") + typeHCL("child",
			`["a"]`, ""),
	} {
		t.Run(name, func(t *testing.T) {
			tf := memoryTerraform(t, newMemory())
			tf.Write(config).makePlan().refused(words...).wrote()
		})
	}
}

// Judged on planned values: what is no longer listed, or no longer open, is no
// contradiction.
func TestMemoryAccessTurnedAround(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	limited := setHCL(`{ a = "A", b = "B" }`, "") + typeHCL("child", "[for n in [\"a\", \"b\"] : authscopes_server_scopes.s.names[n]]", "")
	opened := setHCL(`{ a = "A", b = "B" }`, `overrides = { a = { access = "everyone" } }`) + typeHCL("child", "[authscopes_server_scopes.s.names.b]", "")
	tf.applied(limited)
	tf.Write(opened).makePlan().ok().warned(messagestest.Summary(check.AccessOpening), "(a)").warned(messagestest.Summary(check.AccessUnmapped), "(a: child)")
	tf.applyPlan().ok()
	tf.settled()
	if s := liveScope(t, m, "a"); s.Settings.Access != authz.AccessEveryone || len(s.UserTypes) != 0 {
		t.Errorf("a is %+v", s)
	}
	tf.Write(limited).makePlan().ok().warned(messagestest.Summary(check.AccessClosing), "(a)")
	tf.applyPlan().ok()
	tf.settled()
	wantHas(t, m, "child", "a", "b")
}

// A new scope under a set-wide "unguarded" is limited from its creation on.
func TestMemoryUnguardedCreatesLimited(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.AddScope(memRealm, scopeOf("old", unguardedScope, mappedTo("child")))
	const unguarded = `settings = { access = "unguarded" }`
	tf.applied(setHCL(`{ old = "OLD" }`, unguarded) + importSet)
	tf.Write(setHCL(`{ old = "OLD", new = "NEW" }`, unguarded)).makePlan().ok().changes(
		setAddress+` + scopes.new = "NEW"`, setAddress+` + names.new = "new"`, setAddress+` + ids.new = "(unknown)"`)
	tf.applyPlan().ok().wrote("CreateScope new")
	tf.settled()
	for name, want := range map[string]authz.Access{"old": authz.AccessUnguarded, "new": authz.AccessUserTypes} {
		if got := liveScope(t, m, name).Settings.Access; got != want {
			t.Errorf("access of %s is %q, want %q", name, got, want)
		}
	}
}
