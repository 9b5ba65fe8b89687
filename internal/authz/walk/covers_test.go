package walk

import (
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// allUserTypes returns the intent of a resource for the user types that it does not list.
func allUserTypes(filter diff.Filter, except ...string) Intent {
	return Intent{
		Owner: Holder{Server: "s", Kind: KindUserTypes}, Filter: filter,
		Covers: func(userType string) bool { return !slices.Contains(except, userType) },
	}
}

// A resource for all user types contradicts a resource for one of them.
func TestCoveredUserTypes(t *testing.T) {
	other := userType("child")
	other.Server = "other"
	for name, test := range map[string]struct {
		all, one Intent
		want     []string
	}{
		"covered":              {allUserTypes(diff.Filter{}), all(userType("child"), "a", "b"), []string{"a", "b"}},
		"without scopes":       {allUserTypes(diff.Filter{}), all(userType("child")), nil},
		"not covered":          {allUserTypes(diff.Filter{}, "child"), all(userType("child"), "a"), nil},
		"a scope outside":      {allUserTypes(diff.NewFilter(nil, []string{"a"})), all(userType("child"), "a", "b"), []string{"b"}},
		"another server":       {allUserTypes(diff.Filter{}), all(other, "a"), nil},
		"a client":             {allUserTypes(diff.Filter{}), all(client("child"), "a"), nil},
		"a destroyed resource": {allUserTypes(diff.Filter{}), removing(userType("child"), "a"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var want []Conflict
			for _, scope := range test.want {
				want = append(want, Conflict{Kind: ManagedTwice, Scope: scope, Holder: test.one.Title})
			}
			for _, order := range [][]Intent{{test.all, test.one}, {test.one, test.all}} {
				w := New()
				w.Plan("first", order[0])
				if got := w.Plan("second", order[1]); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
}
