package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

func nameTable() []result {
	live := mapped("old", "child", "educator")
	open := scope("old", everyone)
	renamed := func(holders ...string) []Finding {
		return []Finding{{Code: NamesRenamed, Severity: Warn, Subjects: []string{"old"}, Data: Rename{"old", "new", holders}}}
	}
	web := []authz.ClientScopeSet{{ClientID: "web"}}
	return []result{
		{"built in", BuiltInNames("scopes", []string{"b", "a"}, BuiltIn{Single: true}), []Finding{
			{Code: NamesBuiltIn, Path: "scopes", Subjects: []string{"a", "b"}, Data: BuiltIn{Single: true}},
		}},
		{
			"built in and absent", BuiltInNames("", []string{"a"}, BuiltIn{Absent: true}),
			[]Finding{{Code: NamesAbsent, Subjects: []string{"a"}, Data: BuiltIn{Absent: true}}},
		},
		{"none is built in", BuiltInNames("scopes", nil, BuiltIn{}), nil},
		{"reserved", ReservedNames("scopes", []string{"a"}), []Finding{{Code: NamesReserved, Path: "scopes", Subjects: []string{"a"}}}},
		{"none is reserved", ReservedNames("scopes", nil), nil},
		{
			"taken", TakenNames("name", []string{"a", "b"}, &authz.Snapshot{ReservedNames: []string{"b", "c"}}),
			[]Finding{{Code: NamesTaken, Path: "name", Subjects: []string{"b"}}},
		},
		{"none is taken", TakenNames("name", []string{"a"}, &authz.Snapshot{}), nil},
		{"exists", ExistingName("a", "import {}"), []Finding{{Code: NamesExists, Path: "name", Subjects: []string{"a"}, Data: Import{"import {}"}}}},
		{"renamed and held", RenamedScope(live, "new", web, true), renamed(
			`user type "child"`, `user type "educator"`, `client role "web/x"`, `client "web"`, "clients, of which not all could be read")},
		{"renamed and open", RenamedScope(open, "new", nil, false), renamed("everyone")},
		{"renamed, without holders", RenamedScope(scope("old", limited), "new", nil, false), nil},
	}
}
