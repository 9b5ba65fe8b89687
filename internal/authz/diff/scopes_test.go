package diff

import (
	"reflect"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func listingOf(scopes ...authz.Scope) *authz.Snapshot {
	l := &authz.Snapshot{}
	for _, s := range scopes {
		l.Put(s)
	}
	return l
}

// described is a guarded scope with a description.
func described(name, description string) authz.Scope {
	s := scope(name)
	s.Description = description
	return s
}

func builtIn(name string) authz.Scope {
	s := scope(name, access(authz.AccessEveryone))
	s.BuiltIn = true
	return s
}

func TestDiffScopes(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	withID := described("a", "live")
	withID.ID, withID.UserTypes, withID.LastAppliedAccess = "1", []string{"child"}, users
	for _, test := range []struct {
		what      string
		want      []authz.Scope
		live      *authz.Snapshot
		deletable []string
		expected  Scopes
	}{
		{"nothing at all", nil, listingOf(), nil, Scopes{}},
		{"all there", []authz.Scope{scope("a")}, listingOf(scope("a")), []string{"a"}, Scopes{}},
		{"missing", []authz.Scope{scope("b"), scope("a")}, listingOf(), nil, Scopes{Create: []authz.Scope{scope("a"), scope("b")}}},
		{"an extra one that may go", nil, listingOf(scope("a"), scope("b"), scope("c")), []string{"c", "a"}, Scopes{Delete: []authz.Scope{scope("a"), scope("c")}}},
		{"an extra scope that is not listed", nil, listingOf(scope("a")), nil, Scopes{}},
		{"one to go that is gone", nil, listingOf(), []string{"a"}, Scopes{}},
		{"one to go, named twice", nil, listingOf(scope("a")), []string{"a", "a"}, Scopes{Delete: []authz.Scope{scope("a")}}},
		{"a built-in one to go", nil, listingOf(builtIn("profile")), []string{"profile"}, Scopes{}},
		{"wanted wins over deletable", []authz.Scope{scope("a")}, listingOf(), []string{"a"}, Scopes{Create: []authz.Scope{scope("a")}}},
		{
			"names differ in case",
			[]authz.Scope{scope("A")},
			listingOf(scope("a")),
			[]string{"a"},
			Scopes{Create: []authz.Scope{scope("A")}, Delete: []authz.Scope{scope("a")}},
		},
		{
			"another description",
			[]authz.Scope{described("a", "want")},
			listingOf(withID), nil,
			Scopes{Change: []Update{{Live: withID, Want: described("a", "want")}}},
		},
		{
			"a description to be removed",
			[]authz.Scope{scope("a")},
			listingOf(described("a", "x")), nil,
			Scopes{Change: []Update{{Live: described("a", "x"), Want: scope("a")}}},
		},
		{
			"each in its place, sorted",
			[]authz.Scope{
				scope("open2", access(everyone)), scope("open1", access(everyone)), scope("new2"), scope("new1", access(everyone)),
				scope("guard2"), scope("guard1"), scope("close3", access(unguarded)), scope("close2"), scope("close1"), scope("same", access(everyone)),
			},
			listingOf(
				scope("open1"), scope("open2", access(unguarded)), scope("guard1", access(unguarded)),
				scope("guard2", order("1"), func(s *authz.Settings) { s.IncludeInTokenScope = false }),
				scope("close1", access(everyone)), scope("close2", access(everyone)), scope("close3", access(everyone)), scope("gone2"),
				scope("gone1", access(everyone)), scope("same", access(everyone)),
			),
			[]string{"gone2", "gone1"},
			Scopes{
				Limit: []Update{
					{scope("close1", access(everyone)), scope("close1")},
					{scope("close2", access(everyone)), scope("close2")},
					{scope("close3", access(everyone)), scope("close3", access(unguarded))},
				},
				Create: []authz.Scope{scope("new1", access(everyone)), scope("new2")},
				Change: []Update{
					{scope("guard1", access(unguarded)), scope("guard1")},
					{scope("guard2", order("1"), func(s *authz.Settings) { s.IncludeInTokenScope = false }), scope("guard2")},
				},
				Delete: []authz.Scope{scope("gone1", access(everyone)), scope("gone2")},
				Open: []Update{
					{scope("open1"), scope("open1", access(everyone))},
					{scope("open2", access(unguarded)), scope("open2", access(everyone))},
				},
			},
		},
		{"guarded though wanted as found", []authz.Scope{scope("a", access(unguarded))}, listingOf(scope("a")), nil, Scopes{}},
	} {
		got := DiffScopes(test.want, test.live, test.deletable, true)
		if !reflect.DeepEqual(got, test.expected) {
			t.Errorf("%s:\n%+v, want\n%+v", test.what, got, test.expected)
		}
		if got.Empty() != reflect.DeepEqual(test.expected, Scopes{}) {
			t.Errorf("%s: Empty is %t", test.what, got.Empty())
		}
	}
}

// A server without settings has no access to compare, open or close.
func TestDiffScopesWithoutSettings(t *testing.T) {
	bare := func(name, description string) authz.Scope { return authz.Scope{Name: name, Description: description} }
	open := described("b", "want")
	open.Settings.Access = authz.AccessEveryone
	got := DiffScopes([]authz.Scope{described("a", ""), open}, listingOf(bare("a", ""), bare("b", "live")), nil, false)
	if want := (Scopes{Change: []Update{{bare("b", "live"), open}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestEmptyAndUpdates(t *testing.T) {
	a, b, c := Update{Live: scope("a"), Want: scope("z")}, Update{Live: scope("b")}, Update{Live: scope("c")}
	for _, full := range []Scopes{
		{Limit: []Update{a}},
		{Create: []authz.Scope{scope("a")}},
		{Change: []Update{a}},
		{Delete: []authz.Scope{scope("a")}},
		{Open: []Update{a}},
	} {
		if full.Empty() {
			t.Errorf("%+v passes for empty", full)
		}
	}
	if !(Scopes{}).Empty() || len((Scopes{}).Updates()) != 0 {
		t.Error("no changes are not empty")
	}
	s := Scopes{Limit: []Update{c}, Change: []Update{b}, Open: []Update{a}, Create: []authz.Scope{scope("d")}, Delete: []authz.Scope{scope("e")}}
	if got := s.Updates(); !reflect.DeepEqual(got, []Update{a, b, c}) {
		t.Errorf("Updates: %+v", got)
	}
	s.Change[0].Want.Name = "b"
	s.Limit[0].Want.Name = "c"
	if got := s.Names(); !slices.Equal(got, []string{"b", "c", "d", "e", "z"}) {
		t.Errorf("Names: %q", got)
	}
	if s.Limit[0].Live.Name != "c" || s.Change[0].Live.Name != "b" {
		t.Error("Updates changed the changes")
	}
}

func TestDiffUpdate(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	place := func(c Scopes) string {
		switch {
		case len(c.Limit) == 1 && len(c.Updates()) == 1:
			return "close"
		case len(c.Change) == 1 && len(c.Updates()) == 1:
			return "change"
		case len(c.Open) == 1 && len(c.Updates()) == 1:
			return "open"
		case c.Empty():
			return "none"
		}
		return "several"
	}
	for _, test := range []struct {
		live, want      authz.Access
		place           string
		opens, closes   bool
		withoutSettings string
	}{
		{users, users, "none", false, false, "none"},
		{everyone, everyone, "none", false, false, "none"},
		{unguarded, unguarded, "none", false, false, "none"},
		{users, everyone, "open", true, false, "none"},
		{unguarded, everyone, "open", true, false, "none"},
		{everyone, users, "close", false, true, "none"},
		{everyone, unguarded, "close", false, true, "none"},
		{unguarded, users, "change", false, false, "none"},
		{users, unguarded, "none", false, false, "none"},
	} {
		u := Update{Live: scope("a", access(test.live)), Want: scope("a", access(test.want))}
		if got := place(DiffUpdate(u, true)); got != test.place {
			t.Errorf("%s to %s: %s, want %s", test.live, test.want, got, test.place)
		}
		if u.Opens() != test.opens || u.Limits() != test.closes {
			t.Errorf("%s to %s: opens %t, closes %t", test.live, test.want, u.Opens(), u.Limits())
		}
		if got := place(DiffUpdate(u, false)); got != test.withoutSettings {
			t.Errorf("%s to %s without settings: %s, want %s", test.live, test.want, got, test.withoutSettings)
		}
		u.Want.Name = "b" // a rename as well: the place is that of what it does to access
		expected := test.place
		if expected == "none" {
			expected = "change"
		}
		if got := place(DiffUpdate(u, true)); got != expected {
			t.Errorf("%s to %s with a rename: %s, want %s", test.live, test.want, got, expected)
		}
		if got := place(DiffUpdate(u, false)); got != "change" {
			t.Errorf("%s to %s with a rename, without settings: %s", test.live, test.want, got)
		}
	}
}

// Fields that only a snapshot sets are not compared.
func TestSameScope(t *testing.T) {
	live := described("a", "x")
	live.ID, live.BuiltIn, live.UserTypes, live.ClientRoles, live.Restrictions = "1", true, []string{"u"}, []string{"c/r"}, []string{"r"}
	live.LastAppliedAccess, live.Settings.GUIOrder = authz.AccessEveryone, "7"
	hidden := described("a", "x")
	hidden.Settings.DisplayOnConsentScreen = false
	for _, test := range []struct {
		what               string
		want               authz.Scope
		with, withSettings bool
	}{
		{"the same", described("a", "x"), true, true},
		{"another name", described("b", "x"), false, false},
		{"another description", described("a", ""), false, false},
		{"another setting", hidden, true, false},
	} {
		if got := SameScope(test.want, live, false); got != test.with {
			t.Errorf("%s, without settings: %t", test.what, got)
		}
		if got := SameScope(test.want, live, true); got != test.withSettings {
			t.Errorf("%s, with settings: %t", test.what, got)
		}
	}
}

func TestInputsAreUnchanged(t *testing.T) {
	want := []authz.Scope{scope("c"), scope("a", access(authz.AccessEveryone)), scope("b")}
	deletable := []string{"y", "x"}
	live := listingOf(scope("a"), scope("x"), scope("y"))
	wantBefore, deletableBefore, liveBefore := slices.Clone(want), slices.Clone(deletable), slices.Clone(live.Scopes)
	DiffScopes(want, live, deletable, true)
	names, others, has := []string{"c", "a", "b"}, []string{"b"}, []string{"x", "a"}
	DiffUserType(names, has, names)
	Difference(names, others)
	UserType{Grant: names}.Limits(live)
	if !reflect.DeepEqual(want, wantBefore) || !slices.Equal(deletable, deletableBefore) || !reflect.DeepEqual(live.Scopes, liveBefore) ||
		!slices.Equal(names, []string{"c", "a", "b"}) || !slices.Equal(others, []string{"b"}) || !slices.Equal(has, []string{"x", "a"}) {
		t.Error("an input was changed")
	}
}
