package check

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// grantsOf returns scopes that are planned for a user type.
func grantsOf(name string, change ...func(*GrantInput)) GrantInput {
	in := GrantInput{Holder: Holder{Kind: "user type", Name: name, Attribute: "user_type"}, Planned: []string{"a"}, Snapshot: &authz.Snapshot{
		Scopes: []authz.Scope{mapped("has", "child"), scope("open", everyone)},
		UserTypes: []authz.UserType{
			{Name: "all", Everyone: true},
			{Name: "child"},
			{Name: "each", Everyone: true, Contains: []string{"all"}, ContainsClientRoles: []string{"web/x"}},
			{Name: "leader", Contains: []string{"child"}, ContainsClientRoles: []string{"web/x"}},
		},
	}}
	for _, c := range change {
		c(&in)
	}
	return in
}

func grantTable() []result {
	child := grantsOf("child").Holder
	grants := func(names ...string) func(*GrantInput) {
		return func(in *GrantInput) { in.Planned, in.Change.Grant = names, names }
	}
	creates := func(in *GrantInput) { in.Creates = true }
	revokes := func(in *GrantInput) { in.Change.Revoke = []string{"has"} }
	none := func(in *GrantInput) { in.Planned = nil }
	composite := func(in *GrantInput) { in.AllowComposite = true }
	entry := func(in *GrantInput) { in.Holder.Attribute, in.Holder.Entry = "user_types", true }
	builtIn := func(in *GrantInput) { in.BuiltIn = []string{"has", "other"} }
	allowed := func(in *GrantInput) { in.AllowBuiltIn = true }
	unlisted := func(in *GrantInput) { in.Snapshot.UserTypes = nil }
	inside := Lines{"child", "web/x"}
	rejects := func(code Code, path string, data any, subjects ...string) Finding {
		return Finding{Code: code, Path: path, Subjects: subjects, Data: data}
	}
	warns := func(code Code, data any, subjects ...string) Finding {
		return Finding{Code: code, Severity: Warn, Subjects: subjects, Data: data}
	}
	missing := func(name, nearest string) Finding {
		h := Holder{Kind: "user type", Name: name, Attribute: "user_type"}
		return Finding{Code: GrantsMissingHolder, Severity: Warn, Path: "user_type", Subjects: []string{name}, Data: Missing{h, nearest}}
	}
	var rows []result
	for _, row := range []struct {
		name string
		in   GrantInput
		want []Finding
	}{
		{"nothing to report", grantsOf("child", grants("a")), nil},
		{
			"an open built-in scope", grantsOf("child", grants("open"), func(in *GrantInput) { in.BuiltIn = []string{"open"} }),
			[]Finding{rejects(GrantsBuiltIn, "scopes", nil, "open")},
		},
		{"built-in scopes", grantsOf("child", builtIn), []Finding{rejects(GrantsBuiltIn, "scopes", nil, "has", "other")}},
		{"built-in scopes are allowed if the user type has them", grantsOf("child", builtIn, allowed), []Finding{rejects(GrantsBuiltIn, "scopes", nil, "other")}},
		{"every user has it", grantsOf("all"), []Finding{rejects(GrantsEveryone, "user_type", Lines(nil), "all")}},
		{"every user has what it contains", grantsOf("each", composite), []Finding{rejects(GrantsEveryone, "user_type", Lines{"all", "web/x"}, "each")}},
		{"every user has it, and it gets nothing", grantsOf("all", none), nil},
		{"composite", grantsOf("leader"), []Finding{rejects(GrantsComposite, "user_type", inside, "leader")}},
		{"composite entry", grantsOf("leader", entry), []Finding{
			{Code: AllGrantsComposite, Path: "user_types", Keys: []string{"leader"}, Subjects: []string{"leader"}, Data: inside},
		}},
		{"composite and allowed", grantsOf("leader", composite), nil},
		{"missing", grantsOf("nobody"), []Finding{missing("nobody", "")}},
		{"missing and similar", grantsOf("childs"), []Finding{missing("childs", "child")}},
		{"user types cannot be listed", grantsOf("nobody", unlisted), nil},
		{"the first user type limits a scope", grantsOf("child", grants("open")), []Finding{warns(GrantsLimit, child, "open")}},
		{"a creation replaces scopes", grantsOf("child", creates, revokes, grants("a")), []Finding{
			warns(GrantsReplace, Replacement{Holder: child, Granted: []string{"a"}, Revoked: []string{"has"}}, "a", "has"),
		}},
		{"a creation changes nothing", grantsOf("child", creates), nil},
		{"a creation only grants", grantsOf("child", creates, grants("a")), nil},
		{"a creation for a user type without scopes", grantsOf("leader", creates, composite, grants("a")), nil},
		{"an update revokes", grantsOf("child", revokes), nil},
		{"all, in order", grantsOf("child", creates, builtIn, revokes, grants("open")), []Finding{
			rejects(GrantsBuiltIn, "scopes", nil, "has", "other"), warns(GrantsLimit, child, "open"),
			warns(GrantsReplace, Replacement{Holder: child, Granted: []string{"open"}, Revoked: []string{"has"}}, "has", "open"),
		}},
	} {
		rows = append(rows, result{row.name, Grants(row.in), row.want})
	}
	atApply := Grantable(grantsOf("leader", builtIn, creates, revokes, grants("open")))
	return append(
		rows,
		result{"at apply", atApply, []Finding{rejects(GrantsBuiltIn, "scopes", nil, "has", "other"), rejects(GrantsComposite, "user_type", inside, "leader")}},
	)
}

// holderTable is about the other findings of one holder.
func holderTable() []result {
	return slices.Concat(holderRows(), assignedTable(), missingScopesTable())
}

// missingScopesTable is about misspelled scopes.
func missingScopesTable() []result {
	h := Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	find := func(names ...string) []Finding {
		return MissingScopes(ScopeInput{
			Holder: h, Path: "scopes", Names: names, Snapshot: &authz.Snapshot{Scopes: []authz.Scope{{Name: "read:users"}}},
			Kept: []string{"write:users"}, MayKeep: func(name string) bool { return name == "later" },
		})
	}
	missing := func(lines Lines, names ...string) []Finding {
		return []Finding{{Code: GrantsMissingScopes, Severity: Warn, Path: "scopes", Subjects: names, Data: ScopesNotFound{h, lines}}}
	}
	return []result{
		{"no scope", find(), nil},
		{"scopes exist, or are created", find("read:users", "write:users", "later"), nil},
		{"a scope is misspelled", find("read:user", "read:users"), missing(Lines{`read:user (did you mean "read:users"?)`}, "read:user")},
		{"a created scope is misspelled", find("write:user"), missing(Lines{`write:user (did you mean "write:users"?)`}, "write:user")},
		{"scopes are missing", find("zzz", "aaaaaaaa"), missing(Lines{"aaaaaaaa", "zzz"}, "aaaaaaaa", "zzz")},
	}
}

// assignedTable is about open scopes of a client.
func assignedTable() []result {
	h := Holder{Kind: "client", Name: "web", Attribute: "client_id"}
	names := []string{"built in", "missing", "mapped", "noted", "on purpose", "open", "unguarded"}
	scope := func(name string, access, intended authz.Access) authz.Scope {
		return authz.Scope{Name: name, Settings: authz.Settings{Access: access}, LastAppliedAccess: intended}
	}
	l := &authz.Snapshot{Scopes: []authz.Scope{
		{Name: "built in", BuiltIn: true, Settings: authz.Settings{Access: everyone}},
		scope("mapped", limited, limited),
		scope("noted", everyone, limited), scope("on purpose", everyone, everyone), scope("open", everyone, ""), scope("unguarded", unguarded, ""),
	}}
	warns := func(code Code, name string) Finding {
		return Finding{Code: code, Severity: Warn, Subjects: []string{name}, Data: h}
	}
	return []result{
		{"all are assigned", AssignedScopes(h, names, names, l), []Finding{warns(GrantsAssignedOpen, "open"), warns(GrantsAssignedLimited, "noted")}},
		{"none is assigned", AssignedScopes(h, names, nil, l), []Finding{warns(GrantsOpenedOutside, "noted")}},
		{"none is planned", AssignedScopes(h, nil, nil, l), nil},
	}
}

// holderRows is about the other findings.
func holderRows() []result {
	web := Holder{Kind: "client", Name: "web", Attribute: "client_id"}
	names, name := []string{"a", "b"}, []string{"web"}
	open := []walk.Conflict{
		{Kind: walk.ManagedTwice, Scope: "x"}, {Kind: walk.OpenAndGranted, Scope: "a", Holder: "h"}, {Kind: walk.OpenAndGranted, Scope: "b", Holder: "h"},
	}
	change := diff.Client{Assign: []string{"c"}, Move: []string{"b"}, Unassign: []string{"a"}}
	moved := diff.Client{Move: []string{"b"}}
	replaced := func(c diff.Client) []Finding {
		return []Finding{
			{
				Code:     GrantsReplaceClient,
				Severity: Warn,
				Subjects: authz.NameSet(slices.Concat(c.Assign, c.Move, c.Unassign)...),
				Data:     Replacement{web, c.Assign, c.Unassign, c.Move},
			},
		}
	}
	filtered := []Finding{{Code: GrantsFilterUnsupported, Path: "ignore", Subjects: name}, {Code: GrantsFilterUnsupported, Path: "manage", Subjects: name}}
	return []result{
		{
			"a client is missing", MissingHolder(web, nil),
			[]Finding{{Code: GrantsMissingHolder, Severity: Warn, Path: "client_id", Subjects: name, Data: Missing{web, ""}}},
		},
		{"globs are not supported", Filtered(web, []string{"ignore", "manage"}), filtered},
		{"no globs", Filtered(web, nil), nil},
		{"no scopes", NoGrants(web), []Finding{{Code: GrantsNone, Path: "scopes", Subjects: name}}},
		{"granted and open", OpenGrants(Holder{}, open), []Finding{{Code: AccessContradiction, Path: "scopes", Subjects: names, Data: Lines(names)}}},
		{"granted, and none is open", OpenGrants(Holder{}, nil), nil},
		{"a client gets scopes", ReplacedClient(web, diff.Client{Assign: names}), nil},
		{"a scope of a client is moved", ReplacedClient(web, moved), replaced(moved)},
		{"scopes of a client change", ReplacedClient(web, change), replaced(change)},
		{"unknown scopes", UnknownGrants(web, names), []Finding{{Code: GrantsUnknown, Severity: Warn, Subjects: names, Data: web}}},
		{"another holder", LostGrants(web, names), []Finding{{Code: GrantsLost, Severity: Warn, Subjects: names, Data: web}}},
		{"the server keeps scopes", KeptGrants(web, names), []Finding{{Code: GrantsKept, Severity: Warn, Subjects: name, Data: Lines(names)}}},
		{"the server keeps no scope", KeptGrants(web, nil), []Finding{{Code: GrantsKept, Severity: Warn, Subjects: name, Data: Lines(nil)}}},
	}
}
