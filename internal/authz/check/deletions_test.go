package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func deletionTable() []result {
	one, two := int64(1), int64(2)
	a, b := scope("a", limited), scope("b", everyone)
	a.UserTypes, a.ClientRoles, b.UserTypes = []string{"y", "z"}, []string{"c/x"}, []string{"child"}
	exceeded := Finding{Code: DeletionsExceedLimit, Path: "max_deletions", Subjects: []string{"a", "b"}, Data: Limit{Allowed: 1}}
	granted := Finding{Code: DeletionsTakeGrants, Severity: Warn, Subjects: []string{"a", "b"}, Data: Lines{"a: y", "a: z", "a: c/x", "b: everyone", "b: child"}}
	mapping := scope("a", limited)
	mapping.Mappers = []authz.Mapper{{Name: "audience", Type: "oidc-audience-mapper"}, {Name: "name", Type: "oidc-hardcoded"}}
	both, free := []authz.Scope{a, b}, []authz.Scope{scope("a", limited), scope("b", unguarded)}
	return []result{
		{"nothing is deleted", Deletions(DeletionInput{Limit: new(int64)}), nil},
		{"no holder, no limit", Deletions(DeletionInput{Scopes: free}), nil},
		{"as many as the limit", Deletions(DeletionInput{Scopes: free, Limit: &two}), nil},
		{"more than the limit", Deletions(DeletionInput{Scopes: free, Limit: &one}), []Finding{exceeded}},
		{"holders", Deletions(DeletionInput{Scopes: both, Limit: &two}), []Finding{granted}},
		{"the limit comes first", Deletions(DeletionInput{Scopes: both, Limit: &one}), []Finding{exceeded, granted}},
		{"protocol mappers", Deletions(DeletionInput{Scopes: []authz.Scope{mapping, scope("b", unguarded)}}), []Finding{
			{Code: DeletionsDestroyMappers, Severity: Warn, Subjects: []string{"a"}, Data: Lines{"a: audience (oidc-audience-mapper)", "a: name (oidc-hardcoded)"}},
		}},
		{"at apply", DeletionLimit(&one, []string{"a", "b"}), []Finding{exceeded}},
		{"a replacement deletes too many", ReplacementLimit(new(int64(1)), []string{"a", "b"}), []Finding{
			{Code: DeletionsExceedLimit, Path: "max_deletions", Subjects: []string{"a", "b"}, Data: Limit{Allowed: 1, InState: true}},
		}},
		{"a replacement within its limit", ReplacementLimit(new(int64(2)), []string{"a", "b"}), nil},
		{"unknown scopes", UnknownDeletions(5), []Finding{{Code: DeletionsUnknown, Severity: Warn, Data: Limit{Allowed: 5}}}},
		{"unknown scopes, changed globs", PossibleDeletions([]string{"a"}), []Finding{{Code: DeletionsPossible, Severity: Warn, Subjects: []string{"a"}}}},
		{"unknown scopes, same globs", PossibleDeletions(nil), nil},
	}
}

func clientTable() []result {
	fails, deleted := errors.New("fails"), []string{"a", "b", "c"}
	scopes := func(names ...string) (list []authz.Scope) {
		for _, n := range names {
			list = append(list, authz.Scope{Name: n})
		}
		return list
	}
	clients := []authz.ClientScopeSet{{ClientID: "app", Default: scopes("b")}, {ClientID: "web", Default: scopes("b"), Optional: scopes("a")}}
	lost := Finding{Code: DeletionsTakeFromClient, Severity: Warn, Subjects: []string{"a", "b"}, Data: Lines{"app: b (default)", "web: b (default), a (optional)"}}
	missed := Finding{Code: DeletionsMissedClients, Severity: Warn, Subjects: deleted, Data: Failure{fails}}
	return []result{
		{"no client has them", Clients(ClientInput{Deleted: deleted}), nil},
		{"clients have them", Clients(ClientInput{Deleted: deleted, Clients: clients}), []Finding{lost}},
		{"some could not be read", Clients(ClientInput{Deleted: deleted, Clients: clients, Missed: fails}), []Finding{lost, missed}},
		{
			"none could be read", Clients(ClientInput{Deleted: deleted, Unread: fails}),
			[]Finding{{Code: DeletionsUnreadClients, Severity: Warn, Subjects: deleted, Data: Failure{fails}}},
		},
	}
}

func TestLineOfClientIsShort(t *testing.T) {
	var c authz.ClientScopeSet
	for i := range maxScopesOfClient {
		c.Optional = append(c.Optional, authz.Scope{Name: fmt.Sprint(i)})
	}
	if line := clientLine(c); strings.Contains(line, "more") || !strings.Contains(line, "9 (optional)") {
		t.Error(line)
	}
	c.Default = []authz.Scope{{Name: "x"}, {Name: "y"}}
	if line := clientLine(c); !strings.HasSuffix(line, ", 7 (optional), … and 2 more") {
		t.Error(line)
	}
}

func globTable() []result {
	child := Holder{Kind: "user type", Name: "child"}
	in := GlobInput{Removed: []string{"a", "b"}, State: []string{"b", "c"}, Released: []string{"c"}}
	of := in
	of.Holder = child
	a, c := []string{"a"}, []string{"c"}
	return []result{
		{"a line for each", Globs(GlobInput{Removed: c, State: c}), nil},
		{"scopes of a server", Globs(in), []Finding{{Code: GlobsDelete, Severity: Warn, Subjects: a}, {Code: GlobsRelease, Severity: Warn, Subjects: c}}},
		{
			"scopes of a user type", Globs(of),
			[]Finding{{Code: GlobsRevoke, Severity: Warn, Subjects: a, Data: child}, {Code: GlobsKeep, Severity: Warn, Subjects: c, Data: child}},
		},
	}
}

func TestReleased(t *testing.T) {
	l := &authz.Snapshot{Scopes: []authz.Scope{{Name: "built-in", BuiltIn: true}, {Name: "excluded"}, {Name: "managed"}, {Name: "planned", BuiltIn: true}}}
	state := []string{"built-in", "excluded", "excluded-and-missing", "managed", "missing", "planned"}
	got := Released(l, diff.NewFilter(nil, []string{"excluded*"}), state, []string{"planned"})
	if want := []string{"built-in", "excluded", "excluded-and-missing"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
