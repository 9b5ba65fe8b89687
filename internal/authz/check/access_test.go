package check

import (
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

const (
	limited   = authz.AccessUserTypes
	everyone  = authz.AccessEveryone
	unguarded = authz.AccessUnguarded
)

// planned returns the scope "a" with a planned access and a present one.
func planned(want, live authz.Access, change ...func(*AccessScope)) AccessScope {
	s := AccessScope{Want: scope("a", want), Live: scope("a", live), Found: true, Configured: true}
	for _, c := range change {
		c(&s)
	}
	return s
}

// created returns the scope "a", which the server does not have.
func created(want authz.Access) AccessScope {
	return AccessScope{Want: scope("a", want), Configured: true}
}

func builtIn(s *AccessScope)           { s.Live.BuiltIn = true }
func omitted(s *AccessScope)           { s.Configured = false }
func decided(s *AccessScope)           { s.Decided = true }
func unknown(s *AccessScope)           { s.Unknown = true }
func deletedFirst(s *AccessScope)      { s.Found = false }
func onceLimited(s *AccessScope)       { s.Live.LastAppliedAccess = limited }
func heldByChild(s *AccessScope)       { s.Live.UserTypes = []string{"child", "educator"} }
func heldByAll(s *AccessScope)         { s.Live.UserTypes = []string{"all"} }
func heldByGuard(s *AccessScope)       { s.Live.UserTypes = []string{"all", "guard"} }
func heldByClientRoles(s *AccessScope) { s.Live.ClientRoles = []string{"web/x", "web/b"} }
func named(name string) func(*AccessScope) {
	return func(s *AccessScope) { s.Want.Name, s.Live.Name = name, name }
}

func reject(code Code, data any) []Finding {
	return []Finding{{Code: code, Path: "settings.access", Subjects: []string{"a"}, Data: data}}
}

func warn(code Code, data any) []Finding {
	return []Finding{{Code: code, Severity: Warn, Subjects: []string{"a"}, Data: data}}
}

func accessTable() []result {
	builtInChanged := []Finding{{Code: AccessBuiltInChanged, Subjects: []string{"a"}, Data: BuiltInChange{everyone, limited}}}
	rows := slices.Concat(presentTable(), reachTable(), orderTable())
	for _, row := range []struct {
		name string
		in   AccessScope
		want []Finding
	}{
		{"a built-in scope is limited", planned(limited, everyone, builtIn), builtInChanged},
		{"also if a replacement deletes the other scopes first", planned(limited, everyone, builtIn, deletedFirst), nil},
		{
			"a built-in scope without access is open", planned(limited, everyone, builtIn, omitted),
			reject(AccessUndecided, Undecided{BuiltIn: Lines{`a: access = "everyone"`}}),
		},
		{"a built-in scope without access is limited", planned(limited, unguarded, builtIn, omitted), []Finding{
			{Code: AccessBuiltInChanged, Subjects: []string{"a"}, Data: BuiltInChange{unguarded, limited}},
		}},
		{"a built-in scope as it is", planned(everyone, everyone, builtIn), nil},
		{"unguarded is a limited built-in scope too", planned(unguarded, limited, builtIn), nil},
		{"a limited scope is created", created(limited), nil},
		{"an open scope is created", created(everyone), warn(AccessCreatedOpen, nil)},
		{"a new scope under a shared unguarded is limited", AccessScope{Want: scope("a", unguarded), Configured: true, Shared: true}, nil},
		{"an unguarded scope cannot be created", created(unguarded), reject(AccessLeftOpen, nil)},
		{"unknown", planned(limited, everyone, unknown), warn(AccessUnknown, nil)},
	} {
		rows = append(rows, result{row.name, Access(AccessInput{Scopes: []AccessScope{row.in}}), row.want})
	}
	return rows
}

// presentTable is about scopes that the server has.
func presentTable() []result {
	opening := warn(AccessOpening, nil)
	var rows []result
	for _, row := range []struct {
		name string
		in   AccessScope
		want []Finding
	}{
		{"limited as it is", planned(limited, limited, heldByChild), nil},
		{"open as it is", planned(everyone, everyone), nil},
		{"limited, and unguarded until now", planned(limited, unguarded), nil},
		{"unguarded, and limited until now", planned(unguarded, limited), nil},
		{"unguarded as it is", planned(unguarded, unguarded), warn(AccessUnguarded, nil)},
		{"open and not decided", planned(limited, everyone, omitted), reject(AccessUndecided, Undecided{})},
		{"open and unguarded by default", planned(unguarded, everyone, omitted), reject(AccessUndecided, Undecided{})},
		{"open, and decided before", planned(limited, everyone, omitted, decided), warn(AccessClosing, nil)},
		{"open, and limited when it was last applied", planned(limited, everyone, omitted, onceLimited), warn(AccessClosing, nil)},
		{"limited by the configuration", planned(limited, everyone), warn(AccessClosing, nil)},
		{"unguarded would leave it open", planned(unguarded, everyone), reject(AccessLeftOpen, nil)},
		{"unguarded and decided before", planned(unguarded, everyone, decided), warn(AccessClosing, nil)},
		{"unguarded and once limited", planned(unguarded, everyone, onceLimited), warn(AccessClosing, nil)},
		{"opened", planned(everyone, limited), opening},
		{"opened, and unguarded until now", planned(everyone, unguarded), opening},
		{"opened, and mapped to user types", planned(everyone, limited, heldByChild), slices.Concat(opening, warn(AccessUnmapped, Lines{"a: child", "a: educator"}))},
		{
			"opened, and limited by client roles", planned(everyone, limited, heldByClientRoles),
			slices.Concat(reject(AccessClientRoles, Lines{"a: web/x, web/b"}), opening),
		},
	} {
		rows = append(rows, result{row.name, Access(AccessInput{Scopes: []AccessScope{row.in}}), row.want})
	}
	single := Access(AccessInput{Scopes: []AccessScope{planned(limited, everyone, omitted)}, Single: true})
	return append(rows, result{"a resource of one scope", single, reject(AccessUndecided, Undecided{Single: true})})
}

// reachTable is about roles that every user has.
func reachTable() []result {
	l := &authz.Snapshot{UserTypes: []authz.UserType{{Name: "all", Everyone: true}, {Name: "child"}, {Name: "guard", Everyone: true, Guard: true}}}
	reached := warn(AccessHeldByEveryone, Lines{"a: all"})
	var rows []result
	for _, row := range []struct {
		name string
		in   AccessScope
		l    *authz.Snapshot
		want []Finding
	}{
		{"not every user has the role", planned(limited, limited, heldByChild), l, nil},
		{"every user has the role", planned(limited, limited, heldByAll), l, reached},
		{"every user has the guard role", planned(limited, limited, heldByGuard), l, warn(AccessGuardHeld, nil)},
		{"the scope is open", planned(everyone, everyone, heldByAll), l, nil},
		{"a built-in scope", planned(limited, limited, heldByAll, builtIn), l, nil},
		{"a replacement deletes the scope first", planned(limited, limited, heldByAll, deletedFirst), l, reached},
		{"unknown access", planned(limited, limited, heldByAll, unknown), l, warn(AccessUnknown, nil)},
		{"no snapshot", planned(limited, limited, heldByAll), nil, nil},
	} {
		rows = append(rows, result{row.name, Access(AccessInput{Scopes: []AccessScope{row.in}, Snapshot: row.l}), row.want})
	}
	return rows
}

// orderTable is one plan with all findings: rejections first, contradictions last.
func orderTable() []result {
	l := &authz.Snapshot{UserTypes: []authz.UserType{{Name: "all", Everyone: true}, {Name: "child"}, {Name: "guard", Everyone: true, Guard: true}}}
	in := AccessInput{
		Snapshot: l,
		Scopes: []AccessScope{
			planned(limited, everyone, named("b1"), builtIn), planned(limited, everyone, named("b2"), builtIn, omitted),
			planned(everyone, limited, named("b3"), builtIn),
			planned(limited, everyone, named("c")), planned(unguarded, everyone, named("d")), planned(everyone, limited, named("e"), heldByChild),
			planned(everyone, limited, named("f"), heldByClientRoles), planned(limited, everyone, named("g"), unknown), planned(limited, limited, named("h"), heldByAll),
			planned(limited, limited, named("i"), heldByGuard), planned(unguarded, unguarded, named("j")), planned(limited, everyone, named("k"), omitted),
			planned(everyone, limited, named("l"), deletedFirst),
		},
		Conflicts: []walk.Conflict{
			{Kind: walk.RemovedAndKept, Scope: "c"},
			{Kind: walk.OpenAndGranted, Scope: "e", Holder: `user type "child"`},
			{Kind: walk.OpenAndGranted, Scope: "e", Holder: `user type "x"`},
			{Kind: walk.OpenAndGranted, Scope: "f", Holder: `user type "educator"`},
		},
	}
	const access = "settings.access"
	return []result{{"all findings in order", Access(in), []Finding{
		{Code: AccessBuiltInChanged, Subjects: []string{"b1"}, Data: BuiltInChange{everyone, limited}},
		{Code: AccessBuiltInChanged, Subjects: []string{"b3"}, Data: BuiltInChange{limited, everyone}},
		{Code: AccessUndecided, Path: access, Subjects: []string{"b2", "k"}, Data: Undecided{BuiltIn: Lines{`b2: access = "everyone"`}}},
		{Code: AccessLeftOpen, Path: access, Subjects: []string{"d"}},
		{Code: AccessClientRoles, Path: access, Subjects: []string{"f"}, Data: Lines{"f: web/x, web/b"}},
		{Code: AccessUnknown, Severity: Warn, Subjects: []string{"g"}},
		{Code: AccessClosing, Severity: Warn, Subjects: []string{"c"}},
		{Code: AccessOpening, Severity: Warn, Subjects: []string{"e", "f"}},
		{Code: AccessCreatedOpen, Severity: Warn, Subjects: []string{"l"}},
		{Code: AccessHeldByEveryone, Severity: Warn, Subjects: []string{"h"}, Data: Lines{"h: all"}},
		{Code: AccessGuardHeld, Severity: Warn, Subjects: []string{"i"}},
		{Code: AccessUnmapped, Severity: Warn, Subjects: []string{"e"}, Data: Lines{"e: child", "e: educator"}},
		{Code: AccessUnguarded, Severity: Warn, Subjects: []string{"j"}},
		{Code: AccessContradiction, Path: access, Subjects: []string{"e", "f"}, Data: Lines{`e: listed by user type "child"`, `f: listed by user type "educator"`}},
	}}}
}

// A scope whose access is unknown may become limited. A built-in scope counts, although
// the plan is rejected.
func TestOpenScopes(t *testing.T) {
	got := OpenScopes([]AccessScope{
		planned(everyone, limited), planned(everyone, limited, named("b"), builtIn), planned(everyone, limited, named("c"), unknown),
		planned(limited, everyone, named("d")),
	})
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}
