package provider

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

const (
	beforeRename  = `{ old = "OLD", keep = "KEEP" }`
	afterRename   = `{ new = "OLD", keep = "KEEP" }`
	previousNames = `previous_names = { new = "old" }`
)

// renamed returns a server and a state with the scopes of beforeRename.
func renamed(t *testing.T, more string) (*drivertest.Memory, *terraform, string) {
	t.Helper()
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(beforeRename, more))
	return m, tf, liveScope(t, m, "old").ID
}

// A rename keeps the ID and the grants, is one line removed and one line added with the same
// ID, and has no effect after that.
func TestMemoryRename(t *testing.T) {
	m, tf, id := renamed(t, "max_deletions = 0")
	memEdit(m, "old", mappedTo("child"))
	m.SetClient(memRealm, "web", nil, []string{"old"})
	tf.Write(setHCL(afterRename, "max_deletions = 0\n"+previousNames)).makePlan().ok().
		warned("1 scope renamed and kept by their holders (old)", `old → new: user type "child"`).
		warned("1 client with renamed scopes (web)", "web: old → new").
		changes(
			setAddress+` + scopes.new = "OLD"`, setAddress+` - scopes.old = "OLD"`, setAddress+` + previous_names = {"new":"old"}`,
			setAddress+` + ids.new = "`+id+`"`, setAddress+` - ids.old = "`+id+`"`, setAddress+` + names.new = "new"`, setAddress+` - names.old = "old"`)
	tf.applyPlan().ok().wrote("UpdateScope old")
	tf.makePlan().ok().quiet().changes()
	if s := liveScope(t, m, "new"); s.ID != id || !slices.Equal(s.UserTypes, []string{"child"}) {
		t.Errorf("after the rename the scope is %+v", s)
	}

	// An entry that is done is harmless: a new scope has the old name, or an extra one is deleted.
	tf.applied(setHCL(`{ new = "OLD", keep = "KEEP", old = "other" }`, previousNames))
	tf.applied(setHCL(afterRename, previousNames))
	m.AddScope(memRealm, scopeOf("old"))
	tf.makePlan().ok().quiet().changes(setAddress + ` - scopes.old = "OLD"`)
	tf.applyPlan().ok().wrote("DeleteScope old")
	tf.applied(setHCL(afterRename, ""))
}

// A rename can change description, settings and access in the same apply.
func TestMemoryRenameAndChange(t *testing.T) {
	m, tf, id := renamed(t, "")
	tf.Write(setHCL(`{ new = "changed", keep = "KEEP" }`, previousNames+`
		overrides = { new = { access = "everyone", consent_screen_text = "x" } }`)).apply().ok().wrote("UpdateScope old")
	tf.settled()
	if s := liveScope(t, m, "new"); s.ID != id || s.Description != "changed" || s.Settings.Access != authz.AccessEveryone || s.Settings.ConsentScreenText != "x" {
		t.Errorf("after the rename the scope is %+v", s)
	}
}

func TestMemoryRenameRefused(t *testing.T) {
	for _, test := range []struct {
		name, scopes, more string
		prepare            func(*drivertest.Memory)
		words              []string
	}{
		{
			"two new names", `{ new = null, other = null }`, `previous_names = { new = "old", other = "old" }`,
			nil,
			[]string{"Two new names for one scope", "old: new, other"},
		},
		{"a swap", beforeRename, `previous_names = { old = "keep", keep = "old" }`, nil, []string{"Circular previous names", "- keep\n  - old"}},
		{"itself", beforeRename, `previous_names = { old = "old" }`, nil, []string{"Circular previous names"}},
		{"the old name is configured", `{ new = null, old = "OLD" }`, previousNames, nil, []string{"Renamed scopes are still configured", "old → new"}},
		{
			"a chain", `{ old = "OLD", new = null }`, `previous_names = { old = "keep", new = "old" }`, nil,
			[]string{"Renamed scopes are still configured", "one rename after the other"},
		},
		{"excluded", afterRename, previousNames + "\nignore = [\"old\"]", nil, []string{"Previous names are excluded", "old → new"}},
		{"not managed", afterRename, previousNames + "\nmanage = [\"new\", \"keep\"]", nil, []string{"Previous names are excluded"}},
		{
			"the new one was made by hand", afterRename, previousNames, func(m *drivertest.Memory) { m.AddScope(memRealm, scopeOf("new")) },
			[]string{"Old and new scopes both exist", "old → new"},
		},
		{"built in", `{ new = null, keep = "KEEP", old = "OLD" }`, `previous_names = { new = "profile" }`, func(m *drivertest.Memory) {
			m.AddScope(memRealm, authz.Scope{Name: "profile", BuiltIn: true})
		}, []string{"Built-in scopes cannot be renamed", "profile → new"}},
		{"an invalid old name", afterRename, `previous_names = { new = "a b" }`, nil, []string{"Invalid scope name"}},
		{"an invalid new name", afterRename, `previous_names = { "a b" = "old" }`, nil, []string{"Invalid scope name"}},
		{"no old name", afterRename, `previous_names = { new = null }`, nil, []string{"Null entry", "no old name"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, tf, _ := renamed(t, "")
			if test.prepare != nil {
				test.prepare(m)
			}
			tf.Write(setHCL(test.scopes, test.more)).makePlan().refused(test.words...).wrote()
		})
	}
}

// A rename must not leave a scope with a user type or a client that does not list it.
func TestMemoryRenameHeld(t *testing.T) {
	refused := messagestest.Summary(check.ConflictRenamedAndHeld)
	for _, holder := range []string{
		typeHCL("educator", `["old"]`, ""),
		typeHCL("educator", `["keep"]`, ""),
		clientHCL("web", `optional = ["old"]`),
	} {
		t.Run(holder, func(t *testing.T) {
			m, tf, _ := renamed(t, "")
			m.SetClient(memRealm, "web", nil, nil)
			before := strings.Replace(strings.Replace(holder, "keep", "old", 1), "\n}\n", "\n  depends_on = [authscopes_server_scopes.s]\n}\n", 1)
			tf.applied(setHCL(beforeRename, "") + before)
			tf.Write(setHCL(afterRename, previousNames) + holder).makePlan().failed(refused)
		})
	}
}

// A user type that lists the new name gets it, with a reference and without.
func TestMemoryRenameGranted(t *testing.T) {
	for _, scopes := range []string{`[authscopes_server_scopes.s.names["new"]]`, `["new"]`} {
		t.Run(scopes, func(t *testing.T) {
			m, tf, _ := renamed(t, "")
			tf.applied(setHCL(beforeRename, "") + typeHCL("educator", `[authscopes_server_scopes.s.names["old"]]`, ""))
			tf.applied(setHCL(afterRename, previousNames) + typeHCL("educator", scopes, ""))
			if s := liveScope(t, m, "new"); !slices.Equal(s.UserTypes, []string{"educator"}) {
				t.Errorf("the scope is %+v", s)
			}
		})
	}
}

// A failed update keeps the old name of a rename that was not done.
func TestMemoryRenameFails(t *testing.T) {
	m, tf, id := renamed(t, `overrides = { old = { assigned_type = "optional" } }`)
	config := setHCL(`{ new = "OLD", keep = "changed" }`, previousNames+"\noverrides = { new = { assigned_type = \"optional\" } }")
	m.Fail(fails("UpdateScope old", errors.New("connection reset")))
	tf.Write(config).apply().refused("connection reset")
	m.Fail(nil)
	if names := tf.state(setAddress)["names"]; !slices.Equal(slices.Sorted(maps.Keys(names.(map[string]any))), []string{"keep", "old"}) {
		t.Errorf("names in state: %v", names)
	}
	tf.makePlan().ok()
	tf.applyPlan().ok()
	tf.settled()
	if s := liveScope(t, m, "new"); s.ID != id {
		t.Errorf("the scope was deleted and created: %+v", s)
	}

	// The rename is done, and another write fails.
	m.Fail(fails("UpdateScope keep", errors.New("connection reset")))
	tf.Write(setHCL(`{ last = "OLD", keep = "again" }`, `previous_names = { last = "new" }`)).apply().failed("connection reset")
	m.Fail(nil)
	tf.apply().ok()
	tf.settled()
	if s := liveScope(t, m, "last"); s.ID != id {
		t.Errorf("the scope was deleted and created: %+v", s)
	}
}

// dropPrivate removes the private state, as Terraform does if the provider is killed in an
// update.
func dropPrivate(t *testing.T, tf *terraform) {
	t.Helper()
	path := filepath.Join(tf.dir, "terraform.tfstate")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	private := regexp.MustCompile(`(?m)^\s*"private": "[^"]+",?\n`)
	if !private.Match(raw) {
		t.Fatalf("no private state in %s", raw)
	}
	raw = regexp.MustCompile(`,(\s*\})`).ReplaceAll(private.ReplaceAll(raw, nil), []byte("$1"))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A scope that was renamed outside Terraform is the scope with its ID.
func TestMemoryRenamedOutside(t *testing.T) {
	rename := func(m *drivertest.Memory, from, to string) { memEdit(m, from, func(s *authz.Scope) { s.Name = to }) }
	t.Run("and back, with its settings", func(t *testing.T) {
		m, tf, id := renamed(t, "")
		memEdit(m, "old", func(s *authz.Scope) { s.Name, s.Settings.ConsentScreenText = "z", "x" })
		tf.apply("-refresh-only").ok()
		tf.makePlan().ok().warned("1 scope renamed outside Terraform (z → old)").changes(
			setAddress+` ~ names.old = "z" -> "old"`, setAddress+` + scopes.old = "OLD"`, setAddress+` - scopes.z = "OLD"`,
			setAddress+` + ids.old = "`+id+`"`, setAddress+` - ids.z = "`+id+`"`,
			setAddress+` - overrides = {"old":{"consent_screen_text":"x"}}`)
		tf.applyPlan().ok().wrote("UpdateScope z")
		tf.settled()
	})
	t.Run("twice", func(t *testing.T) {
		m, tf, _ := renamed(t, "")
		rename(m, "old", "y")
		tf.apply("-refresh-only").ok()
		rename(m, "y", "z")
		tf.makePlan().ok().warned("(z → old)")
		tf.applyPlan().ok().wrote("UpdateScope z")
		tf.settled()
	})
	t.Run("and adopted", func(t *testing.T) {
		m, tf, id := renamed(t, "")
		rename(m, "old", "z")
		tf.Write(setHCL(`{ z = "OLD", keep = "KEEP" }`, "")).makePlan().ok().quiet().changes(setAddress+` - names.old = "z"`, setAddress+` + names.z = "z"`)
		tf.applyPlan().ok().wrote()
		tf.settled()
		if got := tf.state(setAddress)["ids"].(map[string]any)["z"]; got != id {
			t.Errorf("the ID in state is %v", got)
		}
	})
	t.Run("and then here", func(t *testing.T) {
		m, tf, id := renamed(t, "")
		rename(m, "old", "z")
		tf.Write(setHCL(afterRename, previousNames)).apply().ok().wrote("UpdateScope z")
		tf.settled()
		if s := liveScope(t, m, "new"); s.ID != id {
			t.Errorf("the scope is %+v", s)
		}
	})
	t.Run("and recreated", func(t *testing.T) {
		m, tf, _ := renamed(t, "")
		rename(m, "old", "z")
		m.AddScope(memRealm, scopeOf("old"))
		tf.makePlan().ok().changes(setAddress + ` - scopes.z = "OLD"`)
	})
	t.Run("and excluded", func(t *testing.T) {
		m, tf, _ := renamed(t, `ignore = ["z"]`)
		rename(m, "old", "z")
		tf.apply().ok().wrote("CreateScope old")
	})
	t.Run("and the update fails", func(t *testing.T) {
		m, tf, id := renamed(t, "")
		rename(m, "old", "z")
		m.Fail(fails("UpdateScope z", errors.New("connection reset")))
		tf.apply().refused("connection reset")
		m.Fail(nil)
		tf.apply().ok().wrote("UpdateScope z")
		tf.settled()
		if s := liveScope(t, m, "old"); s.ID != id {
			t.Errorf("the scope is %+v", s)
		}
	})
	t.Run("and the provider is killed in the update", func(t *testing.T) {
		m, tf, id := renamed(t, "")
		keep := liveScope(t, m, "keep").ID
		rename(m, "old", "z")
		rename(m, "keep", "y")
		tf.apply("-refresh-only").ok()
		dropPrivate(t, tf)
		tf.makePlan().ok().warned("2 scopes renamed outside Terraform (y → keep, z → old)")
		tf.applyPlan().ok().wrote("UpdateScope y", "UpdateScope z")
		tf.settled()
		if s, k := liveScope(t, m, "old"), liveScope(t, m, "keep"); s.ID != id || k.ID != keep {
			t.Errorf("the scopes are %+v and %+v", s, k)
		}
	})
	t.Run("and the provider is killed after the update", func(t *testing.T) {
		m, tf, id := renamed(t, "")
		rename(m, "old", "z")
		tf.apply("-refresh-only").ok()
		dropPrivate(t, tf)
		rename(m, "z", "old")
		tf.makePlan().ok().quiet().changes()
		tf.settled()
		if s := liveScope(t, m, "old"); s.ID != id {
			t.Errorf("the scope is %+v", s)
		}
	})
	t.Run("to the new name of a rename", func(t *testing.T) { // as after a kill
		m, tf, _ := renamed(t, "")
		rename(m, "old", "new")
		tf.Write(setHCL(afterRename, previousNames)).makePlan().ok().quiet().changes(
			setAddress+` + previous_names = {"new":"old"}`, setAddress+` - names.old = "new"`, setAddress+` + names.new = "new"`)
		tf.applyPlan().ok().wrote()
		tf.settled()
	})
}

// A scope that the configuration never had can be renamed too, and a chain leads to the
// scope that exists.
func TestMemoryRenameOthers(t *testing.T) {
	m, tf, id := renamed(t, "")
	m.AddScope(memRealm, scopeOf("extra"))
	extra := liveScope(t, m, "extra").ID
	tf.Write(setHCL(`{ last = "OLD", keep = "KEEP", e = "EXTRA" }`, `previous_names = { last = "new", new = "old", e = "extra" }`)).
		apply().ok().wrote("UpdateScope old", "UpdateScope extra")
	tf.settled()
	if last, e := liveScope(t, m, "last"), liveScope(t, m, "e"); last.ID != id || e.ID != extra {
		t.Errorf("the scopes are %+v and %+v", last, e)
	}
}

// A set that is created renames instead of refusing.
func TestMemoryRenameOnCreate(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.AddScope(memRealm, scopeOf("old", mappedTo("child")))
	id := liveScope(t, m, "old").ID
	tf.Write(setHCL(`{ new = "OLD" }`, previousNames)).makePlan().ok().warned("renamed and kept", "old → new")
	tf.applyPlan().ok().wrote("UpdateScope old")
	tf.settled()
	if s := liveScope(t, m, "new"); s.ID != id {
		t.Errorf("the scope is %+v", s)
	}

	// Not over what the plan has not seen.
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("new") })
	tf.run("destroy", "-auto-approve").ok()
	m.AddScope(memRealm, scopeOf("old"))
	m.AddScope(memRealm, scopeOf("new"))
	tf.makePlan().refused("Old and new scopes both exist").wrote()
}

// The apply renames the scope that the plan has shown, or nothing.
func TestMemoryRenameStale(t *testing.T) {
	m, tf, _ := renamed(t, "")
	tf.Write(setHCL(afterRename, previousNames)).makePlan().ok()
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("old") })
	m.AddScope(memRealm, scopeOf("old", mappedTo("child")))
	tf.applyPlan().failed(messagestest.Summary(check.StaleDeleted), "- new").wrote()
	tf.makePlan().ok()
	m.AddScope(memRealm, scopeOf("new"))
	tf.applyPlan().failed("Old and new scopes both exist").wrote()
}

// Names that are unknown until apply rename nothing in the plan, and the scope in the apply.
func TestMemoryRenameUnknown(t *testing.T) {
	m, tf, id := renamed(t, "")
	tf.Write(`resource "terraform_data" "name" { input = "old" }
` + setHCL(afterRename, `previous_names = { new = terraform_data.name.output }`)).apply().ok().wrote("UpdateScope old")
	tf.settled()
	if s := liveScope(t, m, "new"); s.ID != id {
		t.Errorf("the scope is %+v", s)
	}
}

// A replacement deletes the old scope before it creates the new one.
func TestMemoryRenameReplaced(t *testing.T) {
	_, tf, _ := renamed(t, "")
	tf.Write(setHCL(afterRename, previousNames)).makePlan("-replace=" + setAddress).ok()
	tf.applyPlan().ok().wrote("CreateScope keep", "CreateScope new", "DeleteScope keep", "DeleteScope old")
	tf.settled()
}

// A resource for all user types gets the new name too, and is refused if it would keep a
// scope that it does not list.
func TestMemoryRenameServerGrants(t *testing.T) {
	grants := func(scopes string) string {
		return "resource \"authscopes_server_grants\" \"g\" {\n  user_types = { educator = " + scopes + " }\n}\n"
	}
	for _, scopes := range []string{`[authscopes_server_scopes.s.names["new"]]`, `["new"]`} {
		t.Run(scopes, func(t *testing.T) {
			m, tf, id := renamed(t, "")
			tf.applied(setHCL(beforeRename, "") + grants(`[authscopes_server_scopes.s.names["old"]]`))
			tf.applied(setHCL(afterRename, previousNames) + grants(scopes))
			if s := liveScope(t, m, "new"); s.ID != id || !slices.Equal(s.UserTypes, []string{"educator"}) {
				t.Errorf("the scope is %+v", s)
			}
		})
	}
	t.Run("held", func(t *testing.T) {
		_, tf, _ := renamed(t, "")
		tf.applied(setHCL(beforeRename, "") + grants(`[authscopes_server_scopes.s.names["old"]]`))
		tf.Write(setHCL(afterRename, previousNames) + grants(`[authscopes_server_scopes.s.names["keep"]]`)).
			makePlan().failed(messagestest.Summary(check.ConflictRenamedAndHeld)).wrote()
	})
}
