package check

import "testing"

func conflictTable() []result {
	child := Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	names := []string{"a", "b"}
	kept := Rename{Old: "old", New: "new", Holders: []string{child.String()}}
	var rows []result
	for _, row := range []struct {
		name string
		in   ConflictInput
		want []Finding
	}{
		{"none", ConflictInput{Resource: "x", Single: true, Holder: child, Renames: []Rename{{Old: "old", New: "new"}}}, nil},
		{"a set of scopes is managed twice", ConflictInput{ManagedTwice: names}, []Finding{{Code: ConflictScopesManagedTwice, Path: "manage", Subjects: names}}},
		{"one scope is managed twice", ConflictInput{Single: true, ManagedTwice: names[:1]}, []Finding{{Code: ConflictScopeManagedTwice, Path: "name", Subjects: names[:1]}}},
		{"all of a user type, in order", ConflictInput{
			Resource: "x", Holder: child, ReleasedAndReplaced: []string{"r"}, ManagedTwice: names, Renames: []Rename{kept, {Old: "other", New: "new"}},
			RemovedAndKept: []string{"c"}, DeletedAndUsed: []string{"e", "d"},
		}, []Finding{
			{Code: ConflictReleasedAndReplaced, Subjects: []string{"r"}},
			{Code: ConflictHolderManagedTwice, Path: "user_type", Subjects: names, Data: child},
			{Code: ConflictRenamedAndHeld, Subjects: []string{"old"}, Data: kept},
			{Code: ConflictRemovedAndKept, Subjects: []string{"c"}, Data: Removal{"x", child}},
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
