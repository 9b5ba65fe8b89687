package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

func userTable() []result {
	l := &authz.Snapshot{UserTypes: []authz.UserType{
		{Name: "admin", Users: &authz.Users{Sampled: true}},
		{Name: "all", Users: &authz.Users{Count: 100, Written: 100}},
		{Name: "child", Users: &authz.Users{Count: 116, Written: 100}, Partial: []string{"a", "b"}},
		{Name: "empty", Users: &authz.Users{}},
		{Name: "role"},
	}}
	about := func(code Code, name string, data any) Finding {
		return Finding{Code: code, Severity: Warn, Subjects: []string{name}, Data: data}
	}
	admin := func(planned ...string) GrantInput {
		return GrantInput{
			Holder: Holder{Kind: "user type", Name: "admin"}, Planned: planned, Snapshot: &authz.Snapshot{},
			Reader: authz.Reader{UserType: "admin", Scopes: []string{"a:readAll", "b:readAll"}},
		}
	}
	loses := func(in GrantInput, names ...string) []Finding {
		return []Finding{{Code: UsersReader, Severity: Warn, Path: "scopes", Subjects: names, Data: in.Holder}}
	}
	other := admin("x")
	other.Reader.UserType = "child"
	none := admin("x")
	none.Reader = authz.Reader{}
	partial := grantsOf("leader", func(in *GrantInput) {
		in.Creates, in.AllowComposite, in.Change.Revoke = true, true, []string{"b"}
		in.Snapshot.UserTypes[3].Partial = []string{"b"}
	})
	return []result{
		{"users", Users(l), []Finding{
			about(UsersSampled, "admin", nil), about(UsersBeyondReach, "child", authz.Users{Count: 116, Written: 100}), about(UsersNone, "empty", nil),
		}},
		{"users differ", DifferentUsers(l), []Finding{{Code: UsersDiffer, Severity: Warn, Subjects: []string{"a", "b"}, Data: "child"}}},
		{"the reader loses all", Grants(admin("x")), loses(admin("x"), "a:readAll", "b:readAll")},
		{"the reader loses one", Grants(admin("b:readAll", "x")), loses(admin("x"), "a:readAll")},
		{"the reader keeps all", Grants(admin("a:readAll", "b:readAll")), nil},
		{"another user type reads", Grants(other), nil},
		{"no user type reads", Grants(none), nil},
		{"a creation replaces scopes of some users", Grants(partial), []Finding{{
			Code: GrantsReplace, Severity: Warn, Subjects: []string{"b"}, Data: Replacement{Holder: partial.Holder, Revoked: []string{"b"}},
		}}},
	}
}
