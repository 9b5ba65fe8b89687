package check

import (
	"errors"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func previousTable() []result {
	about := func(code Code, data any, subjects ...string) []Finding {
		return []Finding{{Code: code, Path: "previous_names", Subjects: subjects, Data: data}}
	}
	return []result{
		{"no previous names", PreviousNames(nil), nil},
		{"a chain", PreviousNames(map[string]string{"c": "b", "b": "a"}), nil},
		{"two new names", PreviousNames(map[string]string{"b": "a", "c": "a", "x": "y"}), about(RenamesAmbiguous, Lines{"a: b, c"}, "a")},
		{"itself", PreviousNames(map[string]string{"a": "a"}), about(RenamesCircular, nil, "a")},
		{"a swap", PreviousNames(map[string]string{"a": "b", "b": "a", "c": "a"}), []Finding{
			{Code: RenamesAmbiguous, Path: "previous_names", Subjects: []string{"a"}, Data: Lines{"a: b, c"}},
			{Code: RenamesCircular, Path: "previous_names", Subjects: []string{"a", "b"}},
		}},
	}
}

func renameTable() []result {
	set := func(names ...string) map[string]bool { return setOf(names) }
	live := &authz.Snapshot{Scopes: []authz.Scope{mapped("held", "child"), scope("new", limited), scope("old", limited), scope("open", everyone)}}
	base := RenameInput{
		RenameInput: diff.RenameInput{Previous: map[string]string{"x": "old"}, Planned: set("x"), Exist: set("old")},
		Snapshot:    live, Filter: diff.NewFilter(nil, []string{"legacy:*"}), BuiltIn: func(name string) bool { return name == "profile" },
	}
	with := func(change func(*RenameInput)) []Finding {
		in := base
		change(&in)
		return Renames(in)
	}
	previous := func(name, old string, change func(*RenameInput)) []Finding {
		return with(func(in *RenameInput) {
			in.Previous, in.Planned, in.Exist = map[string]string{name: old}, set(name), set(old)
			change(in)
		})
	}
	none := func(*RenameInput) {}
	one := func(code Code, old, name string) []Finding {
		return []Finding{{Code: code, Path: "previous_names", Subjects: []string{old}, Data: Lines{old + " → " + name}}}
	}
	err := errors.New("403")
	renames := map[string]string{"old": "x"}
	web := []authz.ClientScopeSet{{ClientID: "web", Optional: []authz.Scope{{Name: "old"}}}}
	return slices.Concat(previousTable(), []result{
		{"a rename without effect on holders", with(func(in *RenameInput) { in.Renames = renames }), nil},
		{"still listed", with(func(in *RenameInput) { in.Planned = set("x", "old") }), one(RenamesListed, "old", "x")},
		{"done, and the old name is listed", with(func(in *RenameInput) {
			in.Planned, in.Applied, in.Exist = set("x", "old"), set("x"), set("x")
		}), nil},
		{"not configured", with(func(in *RenameInput) { in.Planned = set("old") }), nil},
		{"both exist", previous("new", "old", func(in *RenameInput) { in.Exist = set("new", "old") }), one(RenamesTaken, "old", "new")},
		{"both exist, and the new one was applied", previous("new", "old", func(in *RenameInput) { in.Exist, in.Applied = set("new", "old"), set("new") }), nil},
		{"only the new one exists", previous("new", "a", func(in *RenameInput) { in.Exist = set("new") }), nil},
		{"excluded", previous("x", "legacy:a", none), one(RenamesExcluded, "legacy:a", "x")},
		{"built in", previous("x", "profile", none), one(RenamesBuiltIn, "profile", "x")},
		{"to a built-in name", previous("profile", "old", none), one(RenamesBuiltIn, "old", "profile")},
		{"renamed outside", with(func(in *RenameInput) {
			in.Previous, in.Moved, in.Renames, in.Planned = nil, map[string]string{"x": "held"}, map[string]string{"held": "x"}, set("x")
		}), []Finding{{Code: RenamesRestored, Severity: Warn, Subjects: []string{"held"}, Data: Lines{"held → x"}}}},
		{"held and open", with(func(in *RenameInput) {
			in.Renames = map[string]string{"open": "y", "held": "x"}
		}), []Finding{{Code: RenamesKept, Severity: Warn, Subjects: []string{"held", "open"}, Data: Lines{`held → x: user type "child"`, "open → y: everyone"}}}},
		{"requested", RenamedClients(renames, ClientInput{Clients: web}), []Finding{
			{Code: RenamesRequested, Severity: Warn, Subjects: []string{"web"}, Data: Lines{"web: old → x"}},
		}},
		{"requested, and some are unread", RenamedClients(renames, ClientInput{Clients: web, Missed: err}), []Finding{
			{Code: RenamesUnread, Severity: Warn, Subjects: []string{"old"}, Data: Failure{err}},
			{Code: RenamesRequested, Severity: Warn, Subjects: []string{"web"}, Data: Lines{"web: old → x"}},
		}},
		{
			"unread", RenamedClients(renames, ClientInput{Unread: err}),
			[]Finding{{Code: RenamesUnread, Severity: Warn, Subjects: []string{"old"}, Data: Failure{err}}},
		},
		{"no client requests it", RenamedClients(renames, ClientInput{}), nil},
	})
}

func TestRejects(t *testing.T) {
	if Rejects(nil) || Rejects([]Finding{{Severity: Warn}}) || !Rejects([]Finding{{Severity: Warn}, {Severity: Reject}}) {
		t.Error("only a finding of severity Reject stops Terraform")
	}
}
