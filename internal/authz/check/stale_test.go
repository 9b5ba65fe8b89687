package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

func staleTable() []result {
	withID := func(s authz.Scope, id string) authz.Scope { s.ID = id; return s }
	builtIn := authz.Scope{Name: "built-in", BuiltIn: true}
	l := &authz.Snapshot{Scopes: []authz.Scope{mapped("a", "child"), builtIn, withID(scope("c", limited), "2"), withID(mapped("d", "x"), "4")}}
	one := func(code Code, name string, data any) []Finding {
		return []Finding{{Code: code, Subjects: []string{name}, Data: data}}
	}
	ids := map[string]string{"c": "1", "d": "3"}
	all := StaleInput{
		Snapshot: l, Planned: []string{"a", "built-in", "d", "e"}, Deletable: []string{"c"}, Seen: []string{"d"}, PlannedID: map[string]string{"e": "9"},
		IDs: ids,
	}
	return []result{
		{
			"nothing has changed",
			Stale(
				StaleInput{
					Snapshot:  l,
					Planned:   []string{"a", "d"},
					Seen:      []string{"a", "d"},
					PlannedID: map[string]string{"d": "4"},
					IDs:       map[string]string{"d": "4"},
				},
			),
			nil,
		},
		{
			"the state is outdated", OutdatedState(Holder{Name: "x"}, []string{"a"}),
			[]Finding{{Code: StaleState, Severity: Warn, Subjects: []string{"a"}, Data: Holder{Name: "x"}}},
		},
		{"the state is up to date", OutdatedState(Holder{}, nil), nil},
		{"a scope appeared", Stale(StaleInput{Snapshot: l, Planned: []string{"a"}}), one(StaleAppeared, "a", Lines{"a (child has it)"})},
		{"a built-in scope existed", Stale(StaleInput{Snapshot: l, Planned: []string{"built-in"}}), nil},
		{"a scope to create is missing", Stale(StaleInput{Snapshot: l, Planned: []string{"e"}}), nil},
		{
			"a scope to keep is missing",
			Stale(StaleInput{Snapshot: l, Planned: []string{"e"}, PlannedID: map[string]string{"e": "9"}}),
			one(StaleDeleted, "e", nil),
		},
		{"a scope to delete is missing", Stale(StaleInput{Snapshot: l, Deletable: []string{"e"}, IDs: map[string]string{"e": "9"}}), nil},
		{"a scope to delete is built in", Stale(StaleInput{Snapshot: l, Deletable: []string{"built-in"}, IDs: map[string]string{"built-in": "9"}}), nil},
		{"a scope to delete was recreated", Stale(StaleInput{Snapshot: l, Deletable: []string{"c"}, IDs: ids}), one(StaleRecreated, "c", Lines{"c"})},
		{
			"a scope to keep was recreated", Stale(StaleInput{Snapshot: l, Planned: []string{"d"}, Seen: []string{"d"}, IDs: ids}),
			one(StaleRecreated, "d", Lines{"d (x has it)"}),
		},
		{"a scope to rename exists", Stale(StaleInput{Snapshot: l, Planned: []string{"new"}, PlannedID: map[string]string{"new": "4"}}), nil},
		{
			"a scope to rename is missing", Stale(StaleInput{Snapshot: l, Planned: []string{"new"}, PlannedID: map[string]string{"new": "9"}}),
			one(StaleDeleted, "new", nil),
		},
		{
			"the new name of a scope to rename exists",
			Stale(StaleInput{Snapshot: l, Planned: []string{"a"}, Seen: []string{"a"}, PlannedID: map[string]string{"a": "4"}}),
			one(StaleAppeared, "a", Lines{"a (child has it)"}),
		},
		{"the state has no ID", Recreated(l.Scopes, nil), nil},
		{"all, in order", Stale(all), []Finding{
			{Code: StaleAppeared, Subjects: []string{"a"}, Data: Lines{"a (child has it)"}},
			{Code: StaleDeleted, Subjects: []string{"e"}},
			{Code: StaleRecreated, Subjects: []string{"c", "d"}, Data: Lines{"d (x has it)", "c"}},
		}},
	}
}
