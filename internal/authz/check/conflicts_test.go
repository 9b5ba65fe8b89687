package check

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

func conflictTable() []result {
	child := Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	twice := []walk.Conflict{{Kind: walk.ManagedTwice, Scope: "a"}, {Kind: walk.ManagedTwice, Scope: "b"}, {Kind: walk.DeletedAndUsed, Scope: "c"}}
	names := []string{"a", "b"}
	var rows []result
	for _, row := range []struct {
		name string
		in   ConflictInput
		want []Finding
	}{
		{"none", ConflictInput{Single: true, Holder: child}, nil},
		{"a set of scopes is managed twice", ConflictInput{Conflicts: twice}, []Finding{{Code: ConflictScopesManagedTwice, Path: "manage", Subjects: names}}},
		{
			"one scope is managed twice",
			ConflictInput{Single: true, Conflicts: twice[:1]},
			[]Finding{{Code: ConflictScopeManagedTwice, Path: "name", Subjects: names[:1]}},
		},
		{"a user type is managed twice", ConflictInput{Holder: child, ReleasedAndReplaced: []string{"r"}, Conflicts: twice}, []Finding{
			{Code: ConflictReleasedAndReplaced, Subjects: []string{"r"}},
			{Code: ConflictHolderManagedTwice, Path: "user_type", Subjects: names, Data: child},
		}},
		{"all others, in order", ConflictInput{
			Holder: child, ReleasedAndReplaced: []string{"r"},
			Conflicts: []walk.Conflict{
				{Kind: walk.RemovedAndKept, Scope: "c", Remover: "x", Keeper: "x"},
				{Kind: walk.RemovedAndKept, Scope: "d", Remover: "x", Keeper: "y"},
				{Kind: walk.RemovedAndKept, Scope: "f", Remover: "x", Keeper: "x"},
				{Kind: walk.DeletedAndUsed, Scope: "d"},
				{Kind: walk.DeletedAndUsed, Scope: "e"},
				{Kind: walk.RenamedAndHeld, Scope: "old", NewName: "new", Holder: "client c"},
				{Kind: walk.RenamedAndHeld, Scope: "old", NewName: "new", Holder: "user type u"},
				{Kind: walk.RenamedAndHeld, Scope: "old", NewName: "other", Holder: "client c"},
				{Kind: walk.OpenAndGranted, Scope: "o", Holder: "user type u"},
			},
		}, []Finding{
			{Code: ConflictReleasedAndReplaced, Subjects: []string{"r"}},
			{Code: ConflictRenamedAndHeld, Subjects: []string{"old"}, Data: Rename{"old", "new", []string{"client c", "user type u"}}},
			{Code: ConflictRenamedAndHeld, Subjects: []string{"old"}, Data: Rename{"old", "other", []string{"client c"}}},
			{Code: ConflictRemovedAndKept, Subjects: []string{"c", "f"}, Data: Removal{"x", "x", child}},
			{Code: ConflictRemovedAndKept, Subjects: []string{"d"}, Data: Removal{"x", "y", child}},
			{Code: ConflictDeletedAndUsed, Subjects: []string{"d", "e"}},
		}},
	} {
		rows = append(rows, result{row.name, Conflicts(row.in), row.want})
	}
	return rows
}

func TestHolder(t *testing.T) {
	h := Holder{Kind: "client", Name: "a\"b"}
	if h.String() != `client "a\"b"` || h.Title() != `Client "a\"b"` {
		t.Errorf("%s, %s", h, h.Title())
	}
	if (Holder{}).String() != "" || (Holder{}).Title() != "" {
		t.Error("the scopes of a server have a holder")
	}
}
