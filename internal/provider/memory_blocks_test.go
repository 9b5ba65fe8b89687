package provider

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// typesHCL gives `read` to user types by count or for_each.
func typesHCL(by, userType string) string {
	return fmt.Sprintf("resource \"authscopes_user_type_scopes\" \"e\" {\n  %s\n  user_type = %s\n  scopes = [\"read\"]\n}\n", by, userType)
}

// Moves of resources by count, for_each or an exchange: one resource releases a scope that
// another one keeps, so that the order would decide.
func TestMemoryShifted(t *testing.T) {
	t.Parallel()
	byCount := func(names string) string { return typesHCL("count = length("+names+")", names+"[count.index]") }
	byKey := func(types string) string { return typesHCL("for_each = "+types, "each.value") }
	pair := func(e, f string) string {
		return typeHCL(e, `["read"]`, "") + strings.Replace(typeHCL(f, `["read"]`, ""), `"e"`, `"f"`, 1)
	}
	for name, test := range map[string]struct{ from, to string }{
		"the first of three taken out":  {byCount(`["child", "educator", "staff"]`), byCount(`["educator", "staff"]`)},
		"the second of three taken out": {byCount(`["child", "educator", "staff"]`), byCount(`["child", "staff"]`)},
		"one put in front":              {byCount(`["child", "educator"]`), byCount(`["staff", "child", "educator"]`)},
		"another key":                   {byKey(`{ e = "educator" }`), byKey(`{ teacher = "educator" }`)},
		"exchanged":                     {pair("child", "educator"), pair("educator", "child")},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory("staff")
			m.AddScope(memRealm, scopeOf("read"))
			tf := memoryTerraform(t, m)
			tf.applied(test.from)
			tf.Write(test.to).makePlan().failed(messagestest.Summary(check.ConflictRemovedAndKept))
		})
	}
}

// A scope that was created outside Terraform is open. If the plan ignores its line, its access is
// still undecided, and it does not stay open without a warning.
func TestMemoryIgnoreChanges(t *testing.T) {
	t.Parallel()
	const hand = `1 scope in Memory realm "memory" will be limited to`
	set := func(ignore string) string {
		return setHCL(`{ a = "A" }`, "lifecycle {\n    ignore_changes = "+ignore+"\n  }")
	}
	for ignore, refused := range map[string]bool{"[scopes]": true, "all": false} {
		t.Run(ignore, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(set(ignore))
			m.AddScope(memRealm, scopeOf("hand", openScope))
			tf.Write(set(ignore))
			o := tf.makePlan()
			if refused {
				o.refused(messagestest.Summary(check.AccessUndecided), "- hand")
				return
			}
			o.ok().warned(hand)
			tf.applyPlan().ok()
			if s := liveScope(t, m, "hand"); s.Settings.Access != authz.AccessUserTypes {
				t.Errorf("hand is %+v", s)
			}
			tf.settled()
		})
	}
}

// Two states contradict each other about one scope: the second limits the scope that the first
// opened, and the first reports the change that would open it again.
func TestMemoryTwoStatesOneScope(t *testing.T) {
	m := newMemory()
	first := memoryTerraform(t, m)
	first.applied(setHCL(`{ a = "A" }`, `settings = { access = "everyone" }`))
	second := newTerraform(t, m, nil)
	second.m = m
	second.Write(typeHCL("child", `["a"]`, "")).makePlan().ok().warned(messagestest.Summary(check.GrantsLimit), `(a)`)
	second.applyPlan().ok()
	wantHas(t, m, "child", "a")
	first.makePlan().ok().warned(messagestest.Summary(check.AccessOpening), "(a)").warned(messagestest.Summary(check.AccessUnmapped), "(a: child)").
		changes(setAddress+` ~ open_scopes = [] -> ["a"]`, setAddress+` - overrides = {"a":{"access":"user_types"}}`)
}

// A replacement deletes first. The plan rejects it if the creation after it would be rejected,
// and excluded scopes are not counted as deleted.
func TestMemoryReplaceRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after, address string
		says                   string // "": it goes through
	}{
		"unguarded in a set": {setHCL(`{ a = "A" }`, `overrides = { a = { access = "unguarded" } }`), "", setAddress, messagestest.Summary(check.AccessLeftOpen)},
		"unguarded alone":    {singleHCL(`"a"`, `settings = { access = "unguarded" }`), "", singleAddress, messagestest.Summary(check.AccessLeftOpen)},
		"globs that take in": {setHCL(`{ a = "A" }`, `ignore = ["x"]`), setHCL(`{ a = "A" }`, ""), setAddress, messagestest.Summary(check.AdoptionUnlisted)},
		"a set kept, one out": {
			setHCL(`{ a = "A", b = "B" }`, `on_destroy = "keep"`), setHCL(`{ a = "A" }`, `on_destroy = "keep"`),
			setAddress, messagestest.Summary(check.AdoptionUnlisted),
		},
		"a single scope kept": {singleHCL(`"a"`, `on_destroy = "keep"`), "", singleAddress, messagestest.Summary(check.NamesExists)},
		"a set kept":          {setHCL(`{ a = "A" }`, "max_deletions = 0\n  on_destroy = \"keep\""), "", setAddress, ""},
		"the bound that is set": {
			setHCL(`{ a = "A", b = "B" }`, "max_deletions = 1"), setHCL(`{ a = "A", b = "B" }`, "max_deletions = 5"),
			setAddress, messagestest.Summary(check.DeletionsExceedLimit),
		},
		"one key out of a set": {setHCL(`{ a = "A", b = "B" }`, ""), setHCL(`{ a = "A" }`, ""), setAddress, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("x"))
			tf := memoryTerraform(t, m)
			before, after := test.before, cmp.Or(test.after, test.before)
			if !strings.Contains(before, `"x"`) {
				m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("x") })
			}
			if strings.Contains(before, "unguarded") {
				m.AddScope(memRealm, scopeOf("a", unguardedScope))
				tf.Write(before + "import {\n  to = " + test.address + "\n  id = " + map[bool]string{
					true:  `"memory"`,
					false: `"a"`,
				}[test.address == setAddress] + "\n}\n").makePlan().ok()
				tf.applyPlan().ok()
			} else {
				tf.applied(before)
			}
			o := tf.Write(after).makePlan("-replace=" + test.address)
			if test.says != "" {
				o.failed(test.says)
				return
			}
			o.ok()
			tf.applyPlan().ok()
			tf.settled()
		})
	}
}
