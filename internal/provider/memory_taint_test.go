package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// Terraform plans a tainted object once, without its state and its private state. The plan
// must report what the apply deletes, and the bound of the state counts.
func TestMemoryTainted(t *testing.T) {
	t.Parallel()
	two := setHCL(`{ a = "A", b = "B" }`, "")
	exceeded, released := messagestest.Summary(check.DeletionsExceedLimit), messagestest.Summary(check.ConflictReleasedAndReplaced)
	for name, test := range map[string]struct {
		address, applied string
		rejected         string   // a configuration that the plan rejects
		words            []string // of its error
		warned           []string // of the plan of the applied configuration, unless it is rejected
		wrote            []string
	}{
		"set": {
			setAddress, two, setHCL(`{ a = "A" }`, `ignore = ["b"]`),
			[]string{released, "- b"},
			[]string{"2 scopes deleted and created again by this plan (a, b)", "- a (evil has it)\n", "terraform untaint"},
			[]string{"DeleteScope a", "DeleteScope b", "CreateScope a", "CreateScope b"},
		},
		"set with a bound": {
			setAddress, setHCL(`{ a = "A", b = "B" }`, "max_deletions = 1"), setHCL(`{ a = "A", b = "B" }`, "max_deletions = 5"),
			[]string{exceeded, "terraform untaint", "max_deletions = 2"},
			nil, nil,
		},
		"single scope": {
			singleAddress, singleHCL(`"a"`, ""), "", nil,
			[]string{"1 scope deleted and created again by this plan (a)", "- a (evil has it)"},
			[]string{"DeleteScope a", "CreateScope a"},
		},
		"user type": {
			typeAddress, typeHCL("child", `["a", "b"]`, ""), typeHCL("child", `["a"]`, `ignore = ["b"]`),
			[]string{released, "- b"},
			nil,
			[]string{"ChangeUserType child", "ChangeUserType child"},
		},
		"user type with a bound": {
			typeAddress, typeHCL("child", `["a", "b"]`, "max_revocations = 1"), typeHCL("child", `["a", "b"]`, ""),
			[]string{messagestest.Summary(check.BoundsRevocations), "as last applied"},
			nil, nil,
		},
		"grants": {
			grantsAddress, grantsHCL(`{ child = ["a"] }`, "max_revocations = 1"), "", nil, nil, []string{"ChangeUserType child", "ChangeUserType child"},
		},
		"grants with a bound": {
			grantsAddress, grantsHCL(`{ child = ["a", "b"] }`, "max_revocations = 1"), grantsHCL(`{ child = ["a", "b"] }`, ""),
			[]string{messagestest.Summary(check.BoundsRevocations), "as last applied"},
			nil, nil,
		},
		"client with a bound": {
			clientAddress, clientHCL("web", `optional = ["a", "b"]`, "max_unassignments = 1"), clientHCL("web", `optional = ["a", "b"]`),
			[]string{messagestest.Summary(check.BoundsUnassignments), "as last applied"},
			nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory("evil")
			if test.address != setAddress && test.address != singleAddress {
				threeScopes(m)
				m.SetClient(memRealm, "web", nil, nil)
			}
			tf := memoryTerraform(t, m)
			tf.Write(test.applied).apply().ok()
			if test.warned != nil {
				memEdit(m, "a", mappedTo("evil"))
			}
			tf.plain("taint", test.address)
			if test.rejected != "" {
				tf.Write(test.rejected).makePlan().failed(test.words...).wrote()
			}
			if test.wrote == nil {
				return
			}
			o := tf.Write(test.applied).makePlan().ok()
			if test.warned != nil {
				o.warned(test.warned...)
			}
			tf.applyPlan().ok().wrote(test.wrote...)
			tf.unchanged()
		})
	}
	t.Run("without a refresh", func(t *testing.T) {
		tf := memoryTerraform(t, newMemory())
		tf.Write(two).apply().ok()
		tf.plain("taint", setAddress)
		for _, w := range tf.makePlan("-refresh=false").ok().warned("Create of 2 existing scopes").Severity("warning") {
			if w.HoldsAll([]string{"adopted"}) {
				t.Errorf("without a refresh: %s", w.Summary)
			}
		}
	})
	// A tainted resource is deleted without a plan of the destroy.
	t.Run("of another server", func(t *testing.T) {
		m := newMemory()
		m.SetUID("1")
		tf := memoryTerraform(t, m)
		tf.Write(two).apply().ok()
		m.SetUID("2")
		tf.plain("taint", setAddress)
		tf.run("apply", "-auto-approve").failed(otherServer)
		same(t, "scopes", liveScopes(m), []string{"a", "b"})
	})
}

const otherServer = " belongs to a different server"

// A state is bound to one server: a plan for another one with the same ID warns, and is rejected
// if it would remove something.
func TestMemoryServerUID(t *testing.T) {
	grants := func(scopes string) string { return grantsHCL(`{ educator = [`+scopes+`] }`, "") }
	user := func(scopes string) string { return typeHCL("educator", "["+scopes+"]", "") }
	client := func(optional string) string { return clientHCL("web", `default = ["c"]`, "optional = ["+optional+"]") }
	warns := found{values: []string{otherServer, `"1"`, `"2"`, "terraform state rm"}}
	uid := func(id string) func(*drivertest.Memory) { return func(m *drivertest.Memory) { m.SetUID(id) } }
	rejects := func(words string) []found { return []found{{values: []string{otherServer, words}}} }
	var rows []memRow
	for kind, r := range map[string]struct{ address, hcl, less string }{
		"set":            {setAddress, setHCL(`{ a = "A", b = "B" }`, `manage = ["a", "b"]`), setHCL(`{ a = "A" }`, `manage = ["a", "b"]`)},
		"single":         {singleAddress, singleHCL(`"a"`, `description = "A"`), ""},
		"user type":      {typeAddress, user(`"c", "d"`), user(`"c"`)},
		"all user types": {grantsAddress, grants(`"c", "d"`), grants(`"c"`)},
		"client":         {clientAddress, client(`"d"`), client("")},
	} {
		less := memStep{config: r.less, found: rejects("delete, revoke or unassign")}
		if r.less == "" {
			less = memStep{found: []found{warns}}
		}
		rows = append(rows, memRow{name: kind, server: func(m *drivertest.Memory) {
			m.SetUID("1")
			adds(scopeOf("c"), scopeOf("d"))(m)
			m.SetClient(memRealm, "web", nil, nil)
		}, steps: []memStep{
			{config: r.hcl, after: inState(r.address, "server_uid", `"1"`)},
			// A read never replaces the ID.
			{change: uid("2"), found: []found{warns}, after: inState(r.address, "server_uid", `"1"`)},
			{config: noResources, found: rejects("destroy the resource")},
			less,
			{config: r.hcl, change: uid(""), after: inState(r.address, "server_uid", `"1"`)}, // the identity may not read the ID
		}})
	}
	// A state without the ID gets it at the next read, without a warning.
	rows = append(rows, memRow{name: "a state without the ID", steps: []memStep{
		{config: setHCL(`{ a = "A" }`, ""), after: inState(setAddress, "server_uid", "null")},
		{change: uid("1"), config: setHCL(`{ a = "A2" }`, ""), after: inState(setAddress, "server_uid", `"1"`)},
	}})
	runRows(t, rows...)
}

// A plan without a refresh compares the state with the server. It reports that it does not
// show the changes, and nothing of what an apply of them would do.
func TestMemoryUnrefreshed(t *testing.T) {
	args := []string{"-refresh=false"}
	set := setHCL(`{ x = "X", y = "Y" }`, `manage = ["x", "y"]`)
	stale := func(name, config string, change func(*drivertest.Memory), values ...string) memRow {
		return memRow{name: name, server: clientServer, steps: []memStep{
			{config: config},
			{args: args},
			{
				args: args, change: change, lines: nothing, between: func(*drivertest.Memory) {},
				found: []found{finds(check.StaleState, append(values, "-minimal-refresh")...)},
			},
		}}
	}
	runRows(t,
		stale("a scope was opened", set, edits("x", openScope), "changes of 1 scope", "(x)"),
		stale("a scope was deleted", set, removes("y"), "changes of 1 scope", "(y)"),
		stale("one scope was opened", singleHCL(`"x"`, ""), edits("x", openScope), "changes of 1 scope", "(x)"),
		stale("one scope was deleted", singleHCL(`"x"`, ""), removes("x"), "changes of 1 scope", "(x)"),
		stale("a scope was revoked", typeHCL("child", `["a"]`, ""), edits("a", mappedTo()), "changes of 1 scope", `For user type "child"`),
		stale("another scope was mapped", typeHCL("child", `["a"]`, ""), edits("b", mappedTo("child")), "changes of 1 scope", "(b)"),
		stale("grants of another user type", grantsHCL(`{ educator = ["a"] }`, ""), edits("b", mappedTo("child")), "- child: b"),
		stale("a client lost a scope", clientHCL("web", `default = ["a"]`), setsClient([]string{"profile"}, []string{"email"}), `For client "web"`, "(a)"),
		// An apply deletes nothing that the plan does not show.
		memRow{name: "deletes nothing unseen", others: true, steps: []memStep{
			{config: setHCL(`{ a = "A", b = "B" }`, "") + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", "")},
			{args: args},
			{
				args: args, change: func(m *drivertest.Memory) {
					m.AddScope(memRealm, scopeOf("extra", mappedTo("educator")))
					memEdit(m, "b", func(s *authz.Scope) { s.Description = "by hand" })
				},
				config:  setHCL(`{ a = "A2", b = "B" }`, "") + typeHCL("educator", "[authscopes_server_scopes.s.names.b]", ""),
				lines:   []string{setAddress + ` ~ scopes.a = "A" -> "A2"`, typeAddress + ` ~ scopes = ["a"] -> ["b"]`},
				between: func(*drivertest.Memory) {}, after: granted("educator", "b", "extra"),
			},
		}},
	)
}
