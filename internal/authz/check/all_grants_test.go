package check

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

func allGrantTable() []result {
	l := &authz.Snapshot{
		Scopes:    []authz.Scope{mapped("a", "child", "own:x"), mapped("b", "parent")},
		UserTypes: []authz.UserType{{Name: "child", ID: "1"}, {Name: "own:x"}, {Name: "parent", ID: "2"}},
	}
	f := diff.GrantFilter{UserTypes: diff.NewFilter(nil, []string{"own:*"})}
	in := func(change func(*AllGrantsInput)) []Finding {
		all := AllGrantsInput{Snapshot: l, Filter: f, Planned: diff.Grants{"child": {"a"}}}
		change(&all)
		return AllGrants(all)
	}
	one := func(code Code, path string, data any, subjects ...string) []Finding {
		return []Finding{{Code: code, Path: path, Subjects: subjects, Data: data}}
	}
	renamed := one(AllGrantsRenamed, "user_types", Rename{Old: "teacher", New: "parent"}, "teacher")
	renamed[0].Keys = []string{"teacher"}
	entries := func(composite ...string) []Finding {
		return UserTypeEntries([]string{"A", "a", "b", "own:y"}, composite, f.UserTypes, strings.ToLower)
	}
	limit := int64(1)
	bound := Bound{Attribute: "max_revocations", Allowed: &limit}
	unknown := one(AllGrantsUnknown, "", bound, "child: a")
	unknown[0].Severity = Warn
	gaps := &authz.Snapshot{NotChecked: []authz.Gap{{Subject: "realm roles", Privilege: "view-realm", Compared: true}, {Subject: "other"}}}
	covered := []walk.Conflict{{Kind: walk.ManagedTwice, Scope: "a", Holder: `user type "child"`}}
	return []result{
		{"an update that revokes", in(func(in *AllGrantsInput) { in.Revoked = diff.Grants{"parent": {"b"}} }), nil},
		{"unlisted grants", in(func(in *AllGrantsInput) { in.Creates = true }), one(AllGrantsUnlisted, "user_types", nil, "parent: b", "web/x: a")},
		{"known grants", in(func(in *AllGrantsInput) { in.Creates, in.Known = true, diff.Grants{"parent": {"b"}, "web/x": {"a"}} }), nil},
		{
			"no entries", in(func(in *AllGrantsInput) { in.Planned, in.Revoked = diff.Grants{}, diff.Grants{"child": {"a"}} }),
			one(AllGrantsEmptied, "user_types", nil, "child: a"),
		},
		{"no entries, and nothing is revoked", in(func(in *AllGrantsInput) { in.Planned = diff.Grants{} }), nil},
		{"unlisted user types that keep their scopes", in(func(in *AllGrantsInput) { in.Kept = true }), one(AllGrantsIrrevocable, "user_types", nil, "parent")},
		{"a renamed user type", in(func(in *AllGrantsInput) {
			in.Planned, in.IDs = diff.Grants{"child": nil, "teacher": nil}, map[string]string{"child": "1", "teacher": "2"}
		}), renamed},
		{"a renamed user type with an entry", in(func(in *AllGrantsInput) {
			in.Planned, in.IDs = diff.Grants{"parent": nil, "teacher": nil}, map[string]string{"teacher": "2"}
		}), nil},
		{"entries", entries("b", "c"), []Finding{
			{Code: AllGrantsIgnored, Path: "user_types", Subjects: []string{"own:y"}},
			{Code: AllGrantsDuplicate, Path: "user_types", Subjects: []string{"A, a"}},
			{Code: AllGrantsStray, Path: "composite_user_types", Subjects: []string{"c"}},
		}},
		{"unknown revocations", UnknownRevocations(diff.Grants{"child": {"a"}}, "max_revocations", &limit), unknown},
		{"no unknown revocations", UnknownRevocations(nil, "max_revocations", nil), nil},
		{
			"names that differ in their Unicode form", AllGrants(AllGrantsInput{
				Snapshot: &authz.Snapshot{Scopes: []authz.Scope{mapped("a", "e\u0301", "child"), mapped("b", "\u00e9")}}, Planned: diff.Grants{"child": nil},
			}), one(AllGrantsIndistinct, "", nil, "e\u0301"),
		},
		{
			"two client roles of one name", Grants(GrantInput{
				Holder: Holder{Name: "client/app/x"}, Snapshot: &authz.Snapshot{ClientRoles: []authz.UserType{{Name: "client/app/x"}, {Name: "client/app/x"}}},
			}), one(AllGrantsIndistinct, "", nil, "client/app/x"),
		},
		{"visible user types", UserTypesVisible(l), nil},
		{"hidden user types", UserTypesVisible(gaps), one(AllGrantsHidden, "", Lines{"view-realm"}, "realm roles", "user types")},
		{
			"unread user types", UserTypesRead(&authz.Snapshot{UserTypes: []authz.UserType{{Name: "a"}, {Name: "b", Unread: true}}}),
			one(AllGrantsHidden, "", Lines(nil), `scopes of user type "b"`),
		},
		{"more than the bound", Bounded(BoundsRevocations, bound, []string{"b", "a"}), one(BoundsRevocations, "max_revocations", bound, "a", "b")},
		{"more unassignments than the bound", Bounded(BoundsUnassignments, bound, []string{"b", "a"}), one(BoundsUnassignments, "max_revocations", bound, "a", "b")},
		{"as many as the bound", Bounded(BoundsRevocations, bound, []string{"a"}), nil},
		{"no bound", Bounded(BoundsRevocations, Bound{}, []string{"a"}), nil},
		{
			"covered user types", Conflicts(ConflictInput{Holder: Holder{Kind: walk.KindUserTypes, Attribute: "user_types"}, Conflicts: covered}),
			one(ConflictGrantsManagedTwice, "user_types", nil, `user type "child": a`),
		},
		{"a client role", NoGrants(Holder{Name: "client/a%2Fb/c", Attribute: "user_types", Entry: true}), []Finding{
			{Code: GrantsNone, Path: "client_roles", Keys: []string{"a/b", "c"}, Subjects: []string{"client/a%2Fb/c"}},
		}},
		{"an entry", OpenGrants(Holder{Name: "child", Attribute: "user_types", Entry: true}, []walk.Conflict{{Kind: walk.OpenAndGranted, Scope: "a"}}), []Finding{
			{Code: AccessContradiction, Path: "user_types", Keys: []string{"child"}, Subjects: []string{"a"}, Data: Lines{"a"}},
		}},
	}
}

func TestBoundText(t *testing.T) {
	limit := int64(3)
	if got := (Bound{Allowed: &limit}).Text() + ", " + (Bound{}).Text(); got != "3, any number" {
		t.Error(got)
	}
}
