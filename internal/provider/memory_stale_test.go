package provider

import (
	"errors"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// anotherOne deletes a scope, and creates another one of its name.
func anotherOne(name string, change ...func(*authz.Scope)) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		m.Change(memRealm, func(l *authz.Snapshot) { l.Remove(name) })
		m.AddScope(memRealm, scopeOf(name, append([]func(*authz.Scope){func(s *authz.Scope) { s.Description = "another" }}, change...)...))
	}
}

// The server changes between the plan and the apply: an apply never does what no plan has shown.
func TestMemoryChangedAfterPlan(t *testing.T) {
	runRows(t, slices.Concat(recreatedRows(), appearedRows(), createdInTheRunRows())...)
}

func recreatedRows() []memRow {
	set := func(description string) string { return setHCL(`{ a = "A", b = "`+description+`" }`, "") }
	single := func(description string) string { return singleHCL(`"b"`, `description = "`+description+`"`) }
	stale := []found{finds(check.StaleRecreated, "- b", "Nothing was changed")}
	held := []found{finds(check.StaleRecreated, "- b (evil has it)", "Nothing was changed")}
	evil := func(m *drivertest.Memory) { m.AddUserType(memRealm, authz.UserType{Name: "evil"}) }
	row := func(name, before, config string, failed []found, again memStep) memRow {
		between := anotherOne("b")
		if failed[0].values[0] == held[0].values[0] {
			between = anotherOne("b", mappedTo("evil"))
		}
		return memRow{name: name, server: evil, others: true, steps: []memStep{
			{config: before}, {config: config, between: between, failed: failed, wrote: nothing}, again,
		}}
	}
	updated := memStep{wrote: []string{"UpdateScope b"}}
	return []memRow{
		row("deleted by a set", set("B"), setHCL(`{ a = "A" }`, ""), stale, memStep{
			lines: []string{setAddress + ` - scopes.b = "another"`, setAddress + ` - names.b = "b"`, setAddress + ` - ids.b = "id-6"`},
			wrote: []string{"DeleteScope b"},
		}),
		row("changed by a set", set("B"), set("B2"), held, updated),
		row("changed as a single scope", single("B"), single("B2"), held, updated),
		row("kept in a set", set("B"), setHCL(`{ a = "A2", b = "B" }`, ""), stale, memStep{}),
		row("destroyed with a set", set("B"), noResources, stale, memStep{config: set("B"), wrote: []string{"UpdateScope b"}}),
		row("destroyed as a single scope", single("B"), noResources, stale, memStep{config: single("B"), wrote: []string{"UpdateScope b"}}),
	}
}

func appearedRows() []memRow {
	evil := func(m *drivertest.Memory) { m.AddUserType(memRealm, authz.UserType{Name: "evil"}) }
	rename := setHCL(afterRename, previousNames)
	read := func(m *drivertest.Memory) { adds(scopeOf("read"), scopeOf("write"))(m) }
	taken := func(m *drivertest.Memory) {
		renameAndTakeType(m)
		memEdit(m, "read", mappedTo("educator", "teacher"))
	}
	returned := func(m *drivertest.Memory) {
		removeType("educator")(m)
		renameType("teacher", "educator")(m)
	}
	both := func(a, one string) string {
		return setHCL(`{ a = "`+a+`", b = "B" }`, `ignore = ["one"]`) + singleHCL(`"one"`, one)
	}
	return []memRow{
		{name: "deleted", steps: []memStep{
			{config: both("A", "")},
			{
				config: both("A2", `description = "new"`), wrote: nothing, between: func(m *drivertest.Memory) {
					removes("a")(m)
					removes("one")(m)
					adds(scopeOf("extra"))(m)
				},
				failed: []found{finds(messages.FoundScopeGone, `scope "one"`), finds(check.StaleDeleted, "- a", "plan again")},
			},
			{},
		}},
		// A name that a plan shows as new, and that another scope gets, is not adopted: no plan has
		// shown the holders of that scope.
		{name: "appeared", server: evil, steps: []memStep{
			{config: setHCL(`{ a = "A" }`, `ignore = ["known"]`)},
			{
				change: adds(scopeOf("known", mappedTo("evil"))), config: setHCL(`{ a = "A2", known = "K", new = "N" }`, ""),
				found:   []found{finds(check.AdoptionAdopted, "(known)", `known (changed: description "KNOWN" → "K"; evil has it)`)},
				between: adds(scopeOf("new", mappedTo("evil"))), wrote: nothing,
				failed: []found{finds(check.StaleAppeared, "- new (evil has it)", "Nothing was changed", "plan again")},
			},
			// The state did not change, so the next plan shows all of it, and both existing scopes.
			{
				found: []found{finds(check.AdoptionAdopted, "(known, new)", `new (changed: description "NEW" → "N"; evil has it)`)},
				lines: []string{
					setAddress + ` - ignore = ["known"]`, setAddress + ` ~ scopes.a = "A" -> "A2"`, setAddress + ` + scopes.known = "K"`,
					setAddress + ` ~ scopes.new = "NEW" -> "N"`, setAddress + ` + names.known = "known"`, setAddress + ` + names.new = "new"`,
					setAddress + ` + ids.known = "(unknown)"`, setAddress + ` + ids.new = "(unknown)"`,
				},
			},
		}},
		{name: "a single scope appeared", steps: []memStep{
			{}, {
				config: singleHCL(`"b"`, ""), between: adds(scopeOf("b")), failed: []found{finds(check.NamesExists, `id = "b"`)}, wrote: nothing,
				after: func(t *testing.T, s *memServed) {
					t.Helper()
					if is := s.state(singleAddress); is != nil {
						t.Errorf("the state holds %v", is)
					}
				},
			}, {config: noResources},
		}},
		{name: "a renamed scope is deleted", steps: []memStep{
			{config: setHCL(beforeRename, "")},
			{
				config: rename, between: anotherOne("old", mappedTo("child")), wrote: nothing,
				failed: []found{finds(check.StaleDeleted, "- new"), finds(check.StaleRecreated, "- old (child has it)")},
			},
			{config: setHCL(beforeRename, ""), wrote: []string{"UpdateScope old"}},
		}, others: true},
		{name: "the new name of a rename appeared", steps: []memStep{
			{config: setHCL(beforeRename, "")},
			{config: rename, between: adds(scopeOf("new")), failed: []found{finds(check.RenamesTaken)}, wrote: nothing},
			{config: noResources},
		}, others: true},
		{name: "grants appeared", server: grantsServer, steps: []memStep{
			{}, {
				config: grantsHCL(`{ educator = ["a"] }`, ""), between: edits("b", mappedTo("parent")), wrote: nothing,
				failed: []found{finds(check.AllGrantsUnlisted, "- parent: b")},
			}, {config: noResources},
		}},
		// Another role neither gets the planned scopes, nor loses them.
		{name: "the name of a user type was taken", server: read, steps: []memStep{
			{config: typeHCL("educator", `["read"]`, "")},
			{config: typeHCL("educator", `["read", "write"]`, ""), between: taken, failed: []found{finds(messages.FoundRenamedUserType)}, wrote: nothing},
			{change: returned, config: noResources},
		}, others: true},
		{name: "the name of a user type was taken before a destroy", server: read, steps: []memStep{
			{config: typeHCL("educator", `["read"]`, "")},
			{config: noResources, between: taken, failed: []found{finds(messages.FoundRenamedUserType)}, wrote: nothing, after: func(t *testing.T, s *memServed) {
				t.Helper()
				if s.state(typeAddress) == nil {
					t.Error("the state was dropped")
				}
			}},
			{change: returned},
		}, others: true},
		// A scope that was assigned after the plan is not unassigned, and a planned scope that was
		// unassigned is assigned again.
		{name: "the scopes of a client changed", server: clientServer, steps: []memStep{
			{config: clientHCL("web", `optional = ["a", "b", "e"]`)},
			{
				config: clientHCL("web", `optional = ["a", "c"]`), between: setsClient([]string{"d"}, []string{"b", "e"}),
				wrote: gave("web: none b", "web: none e", "web: optional a", "web: optional c"), after: clientHasScopes("d | a c"),
			},
			{lines: []string{clientAddress + ` - default = ["d"]`}},
		}},
	}
}

// createdInTheRunRows have objects that another resource of the same walk creates, or does not.
func createdInTheRunRows() (rows []memRow) {
	// Objects that appear after the first List of the apply are read again, and checked by the same rules.
	late := func(userType authz.UserType, failed ...found) memRow {
		return memRow{name: "created in the same run: " + userType.Name, server: adds(scopeOf("read")), others: true, steps: []memStep{{}, {
			config: setHCL(`{ read = "READ", more = "M" }`, "") + typeHCL(userType.Name, `["read"]`, "depends_on = [authscopes_server_scopes.s]"),
			between: func(m *drivertest.Memory) {
				m.ChangeOn("CreateScope more", memRealm, func(l *authz.Snapshot) { l.UserTypes = append(l.UserTypes, userType) })
			}, failed: failed,
		}, {config: noResources}}}
	}
	rows = append(rows, late(authz.UserType{ID: "id-late", Name: "plain"}),
		late(authz.UserType{ID: "id-late", Name: "composite", Contains: []string{"child"}}, finds(check.GrantsComposite, "- child")))
	// Terraform does not write a resource whose plan in the apply has no change. No other
	// resource waits for its write.
	gone := &authz.Error{Kind: authz.ParentNotFound, ParentGone: true, Err: errors.New("there is no realm")}
	for kind, hcl := range map[string]string{"set": setHCL(`{ a = "A" }`, ""), "single": singleHCL(`"a"`, `description = "A"`)} {
		rows = append(rows, memRow{
			name: "not written: " + kind, others: true, server: func(m *drivertest.Memory) { m.SetClient(memRealm, "app", nil, nil) },
			steps: []memStep{{config: hcl}, {
				change:  func(m *drivertest.Memory) { m.Fail(fails("List", gone)) },
				config:  hcl + clientHCL("app", `optional = ["a"]`, "timeouts = { create = \"30s\" }"),
				between: func(m *drivertest.Memory) { m.Fail(nil); removes("a")(m) },
				failed:  []found{finds(messages.FoundMissingScopes, "- a")},
			}, {config: noResources}},
		})
	}
	// A realm that does not exist may be created by the same run.
	const in = `server_id = "new"`
	missing := finds(check.ParentMissing, `Memory realm "new" does not exist`, "unless a resource that it depends on creates")
	for kind, hcl := range map[string]string{
		"set": setHCL(`{ a = "A" }`, in), "single": singleHCL(`"a"`, in), "user type": typeHCL("educator", `["c"]`, in),
		"user types": grantsHCL(`{ educator = ["c"] }`, in), "client": clientHCL("app", in, `optional = ["c"]`),
	} {
		create := func(m *drivertest.Memory) {
			m.AddServer("new")
			m.AddUserType("new", authz.UserType{Name: "educator"})
			m.SetClient("new", "app", nil, nil)
			if kind != "set" && kind != "single" {
				m.AddScope("new", scopeOf("c"))
			}
		}
		rows = append(rows, memRow{name: "a realm for a " + kind, steps: []memStep{
			{config: hcl, found: []found{missing}, failed: []found{{values: []string{`there is no realm "new"`}}}},
			{found: []found{missing}, between: create},
			{lines: nothing},
		}})
	}
	return rows
}

// Terraform destroys a resource that is no longer configured with its state from before the refresh, so
// that each apply is outdated until the state is refreshed.
func TestMemoryRecreatedAndRemoved(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.Write(singleHCL(`"b"`, "")).apply().ok()
	anotherOne("b")(m)
	tf.Write(noResources).apply().refused(messagestest.Summary(check.StaleRecreated), "terraform apply -refresh-only").wrote()
	tf.apply("-refresh-only").ok()
	tf.apply().ok().wrote("DeleteScope b")
}
