package provider

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// A resource that gets another label is a new one and an old one for Terraform.
// Whichever comes last would decide what is left, so the plan is refused until a
// moved block says what is meant.
func TestMemoryRelabelled(t *testing.T) {
	for _, test := range []struct{ kind, config, address, to string }{
		{"authscopes_server_scopes", setHCL(`{ a = "A" }`, ""), `"authscopes_server_scopes" "s"`, `"authscopes_server_scopes" "all"`},
		{"authscopes_server_scope", singleHCL(`"a"`, ""), `"authscopes_server_scope" "one"`, `"authscopes_server_scope" "two"`},
		{"authscopes_user_type_scopes", typeHCL("educator", `["read"]`, ""), `"authscopes_user_type_scopes" "e"`, `"authscopes_user_type_scopes" "f"`},
	} {
		t.Run(test.kind, func(t *testing.T) {
			m := newMemory()
			if strings.Contains(test.kind, "user_type") {
				m.AddScope(memRealm, scopeOf("read"))
			}
			tf := memoryTerraform(t, m)
			tf.applied(test.config)
			renamed := strings.Replace(test.config, test.address, test.to, 1)
			label := func(address string) string {
				return strings.ReplaceAll(strings.ReplaceAll(address, `" "`, "."), `"`, "")
			}
			tf.Write(renamed).makePlan().failed(messagestest.Summary(check.ConflictRemovedAndKept), "moved {", test.kind).wrote()
			tf.applied(renamed + "moved {\n  from = " + label(test.address) + "\n  to = " + label(test.to) + "\n}\n")
		})
	}
}

// A set that adopts a scope while a single resource releases it would lose the scope.
func TestMemorySingleMovesIntoTheSet(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ b = "B" }`, `ignore = ["a"]`) + singleHCL(`"a"`, `on_destroy = "keep"`))
	memEdit(m, "a", mappedTo("educator"))
	tf.Write(setHCL(`{ a = "A", b = "B" }`, "")).makePlan().ok()
	tf.applyPlan().ok()
	if s := liveScope(t, m, "a"); len(s.UserTypes) != 1 {
		t.Errorf("a lost its user types: %+v", s)
	}
	tf.settled()
}

// A moved block cannot move an object to another type of resource, so no message suggests
// it. The suggested removed block works as it is.
func TestMemoryHandoverBetweenTypes(t *testing.T) {
	t.Parallel()
	set, both := setHCL(`{ a = "A", b = "B" }`, ""), setHCL(`{ b = "B" }`, `ignore = ["a"]`)+singleHCL(`"a"`, "")
	for name, test := range map[string]struct {
		from, to, address string
		then              func(*memOutcome, *terraform)
	}{
		"a single scope into the set": {both, set, "authscopes_server_scope.one", func(_ *memOutcome, tf *terraform) { tf.applyPlan().ok() }},
		"a set into single scopes": {
			setHCL(`{ a = "A" }`, ""), singleHCL(`"a"`, ""), "authscopes_server_scopes.s",
			func(planned *memOutcome, _ *terraform) {
				planned.failed(messagestest.Summary(check.NamesExists), "import {")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(test.from)
			memEdit(m, "a", mappedTo("educator"))
			kind, _, _ := strings.Cut(test.address, ".")
			o := tf.Write(test.to).makePlan().failed("removed {\n  from = "+kind+".", "destroy = false").wrote()
			for _, d := range o.Diagnostics {
				if strings.Contains(d.Detail, "\nmoved {") {
					t.Errorf("suggests a moved block:\n%s", d.Detail)
				}
			}
			tf.Write(test.to + "removed {\n  from = " + test.address + "\n  lifecycle {\n    destroy = false\n  }\n}\n")
			test.then(tf.makePlan(), tf)
			if s := liveScope(t, m, "a"); len(s.UserTypes) != 1 {
				t.Errorf("a lost its user types: %+v", s)
			}
		})
	}
}

// A set must not delete a scope that a user type of the same configuration lists.
func TestMemoryDeletedAndStillNamed(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"the set first": "depends_on = [authscopes_server_scopes.s]", "in any order": ""} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(setHCL(`{ a = "A", b = "B" }`, "") + typeHCL("educator", `["b"]`, "depends_on = [authscopes_server_scopes.s]"))
			tf.Write(setHCL(`{ a = "A" }`, "")+typeHCL("educator", `["b"]`, after)).makePlan().failed(messagestest.Summary(check.ConflictDeletedAndUsed), "- b").wrote()
		})
	}
}

// Another user type in the resource is a loss for the old one, which the diff hides.
func TestMemoryOtherUserTypeTellsWhatIsLost(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read"))
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["read"]`, ""))
	tf.Write(typeHCL("child", `["read"]`, "")).makePlan().ok().warned(`User type "educator" in Memory realm "memory": 1 scope will be revoked (read)`)
	tf.applyPlan().ok()
	wantHas(t, m, "educator")
	wantHas(t, m, "child", "read")
	tf.settled()
}

// A misspelled user type first revokes from the old one and then fails: the plan reports it.
func TestMemoryOtherUserTypeThatIsNotThere(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read"))
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["read"]`, ""))
	tf.Write(typeHCL("edukator", `["read"]`, "")).makePlan().ok().
		warned(`User type "educator" in Memory realm "memory": 1 scope will be revoked (read)`).
		warned(messagestest.Summary(check.GrantsMissingHolder), `(did you mean "educator"?)`)
}

// A replacement destroys with the old globs: scopes that the new globs exclude would be deleted.
func TestMemoryReplacedAndLeaving(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", keep = "K" }`, ""))
	tf.Write(setHCL(`{ a = "A" }`, `ignore = ["keep"]`)).makePlan("-replace="+setAddress).
		failed(messagestest.Summary(check.ConflictReleasedAndReplaced), "- keep").wrote()
}

// A stranger's scope that took the old name of a renamed one is not ours.
func TestMemoryRenamedAndNameTaken(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(singleHCL(`"a"`, ""))
	m.Change(memRealm, func(l *authz.Snapshot) {
		ours, _ := l.Scope("a")
		l.Remove("a")
		ours.Name = "b"
		l.Put(ours)
		l.Put(authz.Scope{Name: "a", ID: "of-somebody-else", Settings: ours.Settings})
	})
	tf.makePlan().failed(messagestest.Summary(check.NamesExists))
	tf.Write("").makePlan().ok()
	tf.applyPlan().ok().wrote("DeleteScope b")
	if s := liveScope(t, m, "a"); s.ID != "of-somebody-else" {
		t.Errorf("a is %+v", s)
	}
}

// A user type that was renamed outside Terraform is distinguished from another one that got its
// name.
func TestMemoryUserTypeRenamedAndNameTaken(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read"))
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["read"]`, ""))
	m.Change(memRealm, func(l *authz.Snapshot) {
		for i := range l.UserTypes {
			if l.UserTypes[i].Name == "educator" {
				l.UserTypes[i].Name = "teacher"
			}
		}
	})
	m.AddUserType(memRealm, authz.UserType{Name: "educator"})
	tf.makePlan().failed(messagestest.Summary(messages.FoundRenamedUserType))
}

// The same between plan and apply: neither does another role get what the plan
// gives to this one, nor is it taken from another.
func TestMemoryUserTypeNameTakenBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config string
		args   []string
	}{
		"update":  {typeHCL("educator", `["read", "write"]`, ""), nil},
		"destroy": {"", []string{"-destroy"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("read"))
			m.AddScope(memRealm, scopeOf("write"))
			tf := memoryTerraform(t, m)
			tf.applied(typeHCL("educator", `["read"]`, ""))
			tf.Write(test.config).makePlan(test.args...).ok()
			m.Change(memRealm, func(l *authz.Snapshot) {
				for i := range l.UserTypes {
					if l.UserTypes[i].Name == "educator" {
						l.UserTypes[i].Name = "teacher"
					}
				}
			})
			m.AddUserType(memRealm, authz.UserType{Name: "educator"})
			memEdit(m, "read", mappedTo("educator", "teacher"))
			tf.applyPlan().failed(messagestest.Summary(messages.FoundRenamedUserType)).wrote()
			if tf.state(typeAddress) == nil {
				t.Error("the state was dropped")
			}
		})
	}
}

// max_deletions holds also where the plan could not look at the server.
func TestMemoryMaxDeletionsWithoutAPlan(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B", c = "C" }`, "max_deletions = 1"))
	down := true
	m.Fail(func(call string) error {
		if call == "List" && down {
			down = false
			return errors.New("out of reach for a moment")
		}
		return nil
	})
	tf.makePlan("-destroy", "-refresh=false").failed("out of reach")
	tf.makePlan("-destroy").failed(messagestest.Summary(check.DeletionsExceedLimit)).wrote()
}

// Objects that another resource of the same walk created after the snapshot are read again, and
// checked by the same rules.
func TestMemoryMadeInTheSameRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		made  authz.UserType
		words []string
	}{
		{"a plain one", authz.UserType{ID: "id-late", Name: "late"}, nil},
		{
			"a composite one",
			authz.UserType{ID: "id-late", Name: "late", Contains: []string{"child"}},
			[]string{messagestest.Summary(check.GrantsComposite), "- child"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			m.AddScope(memRealm, scopeOf("read"))
			tf := memoryTerraform(t, m)
			tf.Write(setHCL(`{ read = "READ", more = "M" }`, "") + typeHCL("late", `["read"]`, "depends_on = [authscopes_server_scopes.s]")).makePlan().ok()
			// The user type is created after the first List of the apply.
			m.ChangeOn("CreateScope more", memRealm, func(l *authz.Snapshot) { l.UserTypes = append(l.UserTypes, test.made) })
			o := tf.applyPlan()
			if test.words != nil {
				o.failed(test.words...)
				return
			}
			o.ok()
			wantHas(t, m, "late", "read")
		})
	}
}

// A null entry sets nothing, and the plan rejects it.
func TestMemoryNullOverride(t *testing.T) {
	tf := memoryTerraform(t, newMemory())
	tf.Write(setHCL(`{ a = "A" }`, "overrides = { a = null }")).makePlan().refused("Null entry", `"a"`)
}

// A user type that everyone has, mapped by hand, gives a limited scope to all.
func TestMemoryReachedByEveryone(t *testing.T) {
	m := newMemory()
	m.AddUserType(memRealm, authz.UserType{Name: "all", Everyone: true})
	tf := memoryTerraform(t, m)
	config := setHCL(`{ a = "A" }`, `ignore = ["b"]`) + singleHCL(`"b"`, "")
	tf.applied(config)
	memEdit(m, "a", mappedTo("all"))
	memEdit(m, "b", mappedTo("all"))
	tf.Write(config+"data \"authscopes_server_scopes\" \"d\" {}\noutput \"open\" {\n  value = data.authscopes_server_scopes.d.open_scopes\n}\n").makePlan().ok().
		warned(messagestest.Summary(check.AccessHeldByEveryone), "(a: all)").warned(messagestest.Summary(check.AccessHeldByEveryone), "(b: all)")
	tf.applyPlan().ok()
	if out := strings.TrimSpace(tf.output("output", "-json", "open")); out != `["a","b"]` {
		t.Errorf("open_scopes is %s", out)
	}
}

// The plan refuses to create an existing scope and shows the import block. On a
// server other than the provider's own, the block needs the identity. An import
// by this identity reads the scope of the other server.
func TestMemoryExistsElsewhere(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.AddScope(memRealm, scopeOf("a"))
	m.AddServer("other")
	m.AddScope("other", scopeOf("a", func(s *authz.Scope) { s.Description = "of the other server" }))
	tf.Write(singleHCL(`"a"`, `server_id = "memory"`)).makePlan().refused(messagestest.Summary(check.NamesExists), `id = "a"`)
	tf.Write(singleHCL(`"a"`, `server_id = "other"`)).makePlan().refused(messagestest.Summary(check.NamesExists),
		"identity = {\n    server_id = \"other\"\n    name      = \"a\"\n  }")

	const scope = "authscopes_server_scope"
	s := newMemServer(t, m)
	identity := map[string]string{"server_id": "other", "name": "a"}
	imported := s.importByIdentity(scope, identity)
	read, err := s.s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: scope, CurrentState: imported.State, Private: imported.Private})
	if err != nil || len(read.Diagnostics) > 0 {
		t.Fatal(err, read)
	}
	if got := s.texts(s.identities.IdentitySchemas[scope].ValueType(), read.NewIdentity); !maps.Equal(got, identity) {
		t.Errorf("identity %v, want %v", got, identity)
	}
	state, err := read.NewState.Unmarshal(s.schemas.ResourceSchemas[scope].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	for attribute, want := range map[string]string{"server_id": "other", "name": "a", "description": "of the other server"} {
		var got string
		value, _, err := tftypes.WalkAttributePath(state, tftypes.NewAttributePath().WithAttributeName(attribute))
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := value.(tftypes.Value); !ok || v.As(&got) != nil || got != want {
			t.Errorf("%s is %v, want %q", attribute, value, want)
		}
	}
}

// A holder keeps a renamed scope. If the same apply revoked the scope by its old name after the
// rename, the holder would keep it.
func TestMemoryRenamedAndTakenAway(t *testing.T) {
	t.Parallel()
	refused := messagestest.Summary(check.ConflictRenamedAndHeld)
	after := "depends_on = [authscopes_server_scope.one]"
	for name, to := range map[string]string{
		"taken away":       singleHCL(`"admin"`, "") + typeHCL("educator", `[]`, after),
		"in any order":     singleHCL(`"admin"`, "") + typeHCL("educator", `[]`, ""),
		"destroyed":        singleHCL(`"admin"`, ""),
		"replaced":         singleHCL(`"admin"`, "") + typeHCL("child", `["admin"]`, after),
		"the old name":     singleHCL(`"admin"`, "") + typeHCL("educator", `["read"]`, after),
		"both names":       singleHCL(`"admin"`, "") + typeHCL("educator", `["admin", "read"]`, after),
		"taken from a web": singleHCL(`"admin"`, "") + typeHCL("educator", `["admin"]`, after) + clientHCL("web", after),
		"another than web": singleHCL(`"admin"`, "") + typeHCL("educator", `["admin"]`, after) + clientHCL("app", `optional = ["admin"]`, after),
		"unknown":          unknownUntil(`"admin"`) + singleHCL(`"admin"`, "") + typeHCL("child", `[terraform_data.v.output]`, after),
	} {
		t.Run(name, func(t *testing.T) {
			m := newClients()
			tf := memoryTerraform(t, m)
			before := singleHCL(`"read"`, "") + typeHCL("educator", `["read"]`, after)
			if strings.Contains(name, "web") {
				before += clientHCL("web", `optional = ["read"]`, after)
			}
			tf.applied(before)
			tf.Write(to).makePlan().failed(refused, "and then rename the scope")
		})
	}
}

// A scope outside a user type's globs must not match them after a rename, because the user type
// would have it. Scopes that never match the globs do not matter.
func TestMemoryRenamedIntoGlobs(t *testing.T) {
	t.Parallel()
	for holder, config := range map[string]string{
		"educator": typeHCL("educator", `[]`, `manage = ["x*"]`),
		"web":      clientHCL("web", `manage = ["x*"]`),
	} {
		t.Run(holder, func(t *testing.T) {
			m := newClients()
			m.AddScope(memRealm, scopeOf("y9", mappedTo("educator")))
			m.SetClient(memRealm, "web", nil, []string{"y9"})
			tf := memoryTerraform(t, m)
			one := func(name string) string { return singleHCL(quoted(name), `description = "Y9"`) }
			tf.applied(one("y9") + "import {\n  to = authscopes_server_scope.one\n  id = \"y9\"\n}\n" + config)
			tf.Write(one("x2")+config).makePlan().failed(messagestest.Summary(check.ConflictRenamedAndHeld), holder)
			tf.Write(one("z2") + config).makePlan().ok()
		})
	}
}

// A resource that gives a holder up to another one reports the lost scopes, also while the scopes
// of the other one are unknown.
func TestMemoryLetGo(t *testing.T) {
	t.Parallel()
	for name, configs := range map[string][2]string{
		`User type "educator" in Memory realm "memory": 1 scope will be revoked (a)`: {
			typeHCL("educator", `["a"]`, ""),
			typeHCL("child", `[terraform_data.v.output]`, ""),
		},
		`Client "web" in Memory realm "memory": 1 scope will be unassigned (a)`: {
			clientHCL("web", `optional = ["a"]`),
			clientHCL("app", `optional = [terraform_data.v.output]`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newClients()
			m.SetClient(memRealm, "app", nil, nil)
			tf := memoryTerraform(t, m)
			tf.applied(configs[0])
			tf.Write(unknownUntil(`"a"`) + configs[1]).makePlan().ok().warned(name)
			tf.applyPlan().ok()
			tf.settled()
		})
	}
}

// A rename that is meant goes through, and says to whom it gives the new name.
func TestMemoryRenamedForWhoHasIt(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	config := func(name string) string {
		return singleHCL(quoted(name), "") + typeHCL("educator", `[authscopes_server_scope.one.name]`, "")
	}
	tf.applied(config("read"))
	memEdit(m, "read", mappedTo("child", "educator")) // child is in no configuration
	tf.Write(config("see")).makePlan().ok().warned(messagestest.Summary(check.NamesRenamed), `- user type "child"`)
	tf.applyPlan().ok()
	wantHas(t, m, "educator", "see")
	wantHas(t, m, "child", "see")
	tf.settled()
}
