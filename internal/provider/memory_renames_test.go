package provider

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

const (
	beforeRename  = `{ old = "OLD", keep = "KEEP" }`
	afterRename   = `{ new = "OLD", keep = "KEEP" }`
	previousNames = `previous_names = { new = "old" }`
)

// withOld has the scope "old" with the ID that isRenamed expects.
func withOld(m *drivertest.Memory) {
	m.AddScope(memRealm, scopeOf("old", func(s *authz.Scope) { s.ID = "id-old" }))
	m.AddScope(memRealm, scopeOf("keep"))
}

// isRenamed requires that a scope is the one that was "old".
func isRenamed(name string, userTypes ...string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		if is := liveScope(t, s.m, name); is.ID != "id-old" || !slices.Equal(is.UserTypes, userTypes) {
			t.Errorf("%s: the scope is %+v", s.name, is)
		}
	}
}

// renamesScope renames scopes outside Terraform.
func renamesScope(pairs ...string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) {
		for i := 0; i < len(pairs); i += 2 {
			memEdit(m, pairs[i], func(s *authz.Scope) { s.Name = pairs[i+1] })
		}
	}
}

// renameRow begins with an imported set.
func renameRow(name string, more string, steps ...memStep) memRow {
	return memRow{name: name, server: withOld, steps: append([]memStep{{config: setHCL(beforeRename, more) + importSet}}, steps...)}
}

// A rename keeps the ID and the grants, is one line removed and one line added with the same
// ID, and has no effect after that.
func TestMemoryRenames(t *testing.T) {
	runRows(t, slices.Concat(renameRows(), renamedOutsideRows(), renameFailureRows())...)
}

func renameRows() []memRow {
	lines := func(more ...string) []string {
		for i := range more {
			more[i] = setAddress + " " + more[i]
		}
		return more
	}
	kept := finds(check.RenamesKept, "keep the holders of 1 scope (old)", `old → new: user type "child"`)
	rows := []memRow{
		renameRow("renamed", "max_deletions = 0", memStep{
			change: func(m *drivertest.Memory) {
				memEdit(m, "old", mappedTo("child"))
				m.SetClient(memRealm, "web", nil, []string{"old"})
			},
			config: setHCL(afterRename, "max_deletions = 0\n"+previousNames), wrote: []string{"UpdateScope old"}, after: isRenamed("new", "child"),
			found: []found{kept, finds(check.RenamesRequested, "1 client with renamed scopes (web)", "web: old → new")},
			lines: lines(`+ scopes.new = "OLD"`, `- scopes.old = "OLD"`, `+ previous_names = {"new":"old"}`, `+ ids.new = "id-old"`, `- ids.old = "id-old"`,
				`+ names.new = "new"`, `- names.old = "old"`),
		},
			// An entry that is done is harmless: a new scope has the old name, or an extra one is deleted.
			memStep{config: setHCL(`{ new = "OLD", keep = "KEEP", old = "other" }`, previousNames)},
			memStep{config: setHCL(afterRename, previousNames)},
			memStep{change: adds(scopeOf("old")), lines: lines(`- scopes.old = "OLD"`), wrote: []string{"DeleteScope old"}},
			memStep{config: setHCL(afterRename, "")}),
		renameRow("renamed and changed", "", memStep{
			config: setHCL(`{ new = "changed", keep = "KEEP" }`, previousNames+"\noverrides = { new = { access = \"everyone\", consent_screen_text = \"x\" } }"),
			found:  []found{finds(check.AccessOpening)}, wrote: []string{"UpdateScope old"}, after: func(t *testing.T, s *memServed) {
				t.Helper()
				isRenamed("new")(t, s)
				is := liveScope(t, s.m, "new")
				same(t, "scope", fmt.Sprint(is.Description, is.Settings.Access, is.Settings.ConsentScreenText), "changedeveryonex")
			},
		}),
		// A scope that the configuration never had, and a chain to the scope that exists.
		renameRow("others", "", memStep{
			change: adds(scopeOf("extra")), wrote: []string{"UpdateScope old", "UpdateScope extra"}, after: isRenamed("last"),
			config: setHCL(`{ last = "OLD", keep = "KEEP", e = "EXTRA" }`, `previous_names = { last = "new", new = "old", e = "extra" }`),
		}),
		{name: "renamed on create", server: func(m *drivertest.Memory) { withOld(m); memEdit(m, "old", mappedTo("child")) }, steps: []memStep{{
			config: setHCL(`{ new = "OLD", keep = "KEEP" }`, previousNames), found: []found{kept, finds(check.AdoptionFound)},
			wrote: []string{"UpdateScope old"}, after: isRenamed("new", "child"),
		}}},
		renameRow("an unknown name", "", memStep{
			config: unknownUntil(`"old"`) + setHCL(afterRename, `previous_names = { new = terraform_data.v.output }`), wrote: []string{"UpdateScope old"},
			after: isRenamed("new"),
		}),
	}
	rows[4].others = true
	for _, reference := range []string{`authscopes_server_scopes.s.names["%s"]`, `"%s"`} {
		for kind, holder := range map[string]func(scope, more string) string{
			"a user type":    func(scope, more string) string { return typeHCL("educator", "["+scope+"]", more) },
			"all user types": func(scope, more string) string { return grantsHCL("{ educator = ["+scope+"] }", more) },
		} {
			rows = append(rows, memRow{name: fmt.Sprintf("granted by %s to %s", reference, kind), server: withOld, others: true, steps: []memStep{
				{config: setHCL(beforeRename, "") + importSet + holder(fmt.Sprintf(reference, "old"), "depends_on = [authscopes_server_scopes.s]")},
				{config: setHCL(afterRename, previousNames) + holder(fmt.Sprintf(reference, "new"), ""), after: isRenamed("new", "educator")},
			}})
		}
	}
	return rows
}

// renamedOutsideRows have a scope that was renamed outside Terraform: it is the scope with its ID.
func renamedOutsideRows() []memRow {
	return []memRow{
		renameRow("outside, and back with its settings", "", memStep{
			change: edits("old", func(s *authz.Scope) { s.Name, s.Settings.ConsentScreenText = "z", "x" }), wrote: []string{"UpdateScope z"},
			found: []found{finds(check.RenamesRestored, "1 scope renamed outside Terraform (z → old)")},
			lines: []string{
				setAddress + ` ~ names.old = "z" -> "old"`, setAddress + ` + scopes.old = "OLD"`, setAddress + ` - scopes.z = "OLD"`,
				setAddress + ` + ids.old = "id-old"`, setAddress + ` - ids.z = "id-old"`, setAddress + ` - overrides = {"old":{"consent_screen_text":"x"}}`,
			}, after: isRenamed("old"),
		}),
		renameRow("outside, and adopted", "", memStep{
			change: renamesScope("old", "z"), config: setHCL(`{ z = "OLD", keep = "KEEP" }`, ""), wrote: nothing, after: isRenamed("z"),
			lines: []string{setAddress + ` - names.old = "z"`, setAddress + ` + names.z = "z"`},
		}),
		renameRow("outside, and then here", "", memStep{
			change: renamesScope("old", "z"), config: setHCL(afterRename, previousNames), wrote: []string{"UpdateScope z"}, after: isRenamed("new"),
		}),
		renameRow("outside, and recreated", "", memStep{
			change: func(m *drivertest.Memory) { renamesScope("old", "z")(m); m.AddScope(memRealm, scopeOf("old")) },
			lines:  []string{setAddress + ` - scopes.z = "OLD"`},
		}),
		renameRow("outside, and excluded", `ignore = ["z"]`, memStep{change: renamesScope("old", "z"), wrote: []string{"CreateScope old"}}),
		renameRow("outside, to the new name of a rename", "", memStep{ // as after a kill
			change: renamesScope("old", "new"), config: setHCL(afterRename, previousNames), wrote: nothing, after: isRenamed("new"),
			lines: []string{setAddress + ` + previous_names = {"new":"old"}`, setAddress + ` - names.old = "new"`, setAddress + ` + names.new = "new"`},
		}),
	}
}

// renameFailureRows have an apply that fails: the state keeps the old name of a rename that was not done.
func renameFailureRows() []memRow {
	broken := errors.New("connection reset")
	fail := func(call string) func(*drivertest.Memory) {
		return func(m *drivertest.Memory) { m.Fail(fails(call, broken)) }
	}
	failed := []found{finds(messages.FailedWriteScopes, "connection reset")}
	mend := func(m *drivertest.Memory) { m.Fail(nil) }
	return []memRow{
		renameRow("a rename fails", `overrides = { old = { assigned_type = "optional" } }`, memStep{
			change: fail("UpdateScope old"), failed: failed, after: func(t *testing.T, s *memServed) {
				t.Helper()
				names := s.state(setAddress)["names"].(map[string]any)
				same(t, "names in state", slices.Sorted(maps.Keys(names)), []string{"keep", "old"})
			},
			config: setHCL(`{ new = "OLD", keep = "changed" }`, previousNames+"\noverrides = { new = { assigned_type = \"optional\" } }"),
		}, memStep{change: mend, after: isRenamed("new")}),
		renameRow("another write fails", "", memStep{
			change: fail("UpdateScope keep"), failed: failed, config: setHCL(`{ new = "OLD", keep = "again" }`, previousNames),
		}, memStep{change: mend, after: isRenamed("new")}),
		renameRow("a rename back fails", "", memStep{
			change: func(m *drivertest.Memory) { renamesScope("old", "z")(m); fail("UpdateScope z")(m) }, failed: failed,
			found: []found{finds(check.RenamesRestored)},
		}, memStep{change: mend, wrote: []string{"UpdateScope z"}, after: isRenamed("old"), found: []found{finds(check.RenamesRestored)}}),
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

// A scope that was renamed outside Terraform, and whose new name is in state.
func TestMemoryRenamedInState(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second []string // renames before and after a refresh
		killed        bool     // after the refresh
		warning       string   // of the next plan
		wrote         []string
	}{
		"twice": {[]string{"old", "y"}, []string{"y", "z"}, false, "(z → old)", []string{"UpdateScope z"}},
		"killed in the update": {
			[]string{"old", "z", "keep", "y"},
			nil, true, "2 scopes renamed outside Terraform (y → keep, z → old)",
			[]string{"UpdateScope y", "UpdateScope z"},
		},
		"killed after the update ": {[]string{"old", "z"}, []string{"z", "old"}, true, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			withOld(m)
			tf := memoryTerraform(t, m)
			tf.Write(setHCL(beforeRename, "") + importSet).apply().ok()
			renamesScope(test.first...)(m)
			tf.apply("-refresh-only").ok()
			if test.killed {
				dropPrivate(t, tf)
			}
			renamesScope(test.second...)(m)
			o := tf.makePlan().ok()
			if test.warning == "" {
				o.quiet().changes()
			} else {
				o.warned(test.warning)
			}
			tf.applyPlan().ok().wrote(test.wrote...)
			tf.settled()
			same(t, "ID", liveScope(t, m, "old").ID, "id-old")
		})
	}
}
