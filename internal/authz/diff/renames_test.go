package diff

import (
	"maps"
	"reflect"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func nameSet(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		set[n] = true
	}
	return set
}

func TestRenames(t *testing.T) {
	type names = map[string]string
	for _, test := range []struct {
		name            string
		previous, moved names
		planned, exist  map[string]bool
		want            names
	}{
		{"a rename", names{"new": "old"}, nil, nameSet("new", "a"), nameSet("old", "a"), names{"old": "new"}},
		{"done", names{"new": "old"}, nil, nameSet("new"), nameSet("new"), nil},
		{"done, and the old name is a new scope", names{"new": "old"}, nil, nameSet("new", "old"), nameSet("new"), nil},
		{"both exist", names{"new": "old"}, nil, nameSet("new"), nameSet("new", "old"), nil},
		{"the new name is not configured", names{"new": "old"}, nil, nameSet("a"), nameSet("old"), nil},
		{"the old name is still configured", names{"new": "old"}, nil, nameSet("new", "old"), nameSet("old"), nil},
		{"nothing exists", names{"new": "old"}, nil, nameSet("new"), nil, nil},
		{"a chain, of which the middle never existed here", names{"c": "b", "b": "a"}, nil, nameSet("c"), nameSet("a"), names{"a": "c"}},
		{"a chain of which the middle exists", names{"c": "b", "b": "a"}, nil, nameSet("c"), nameSet("a", "b"), names{"b": "c"}},
		{"a chain of scopes that all exist", names{"c": "b", "b": "a"}, nil, nameSet("b", "c"), nameSet("a", "b"), nil},
		{"a cycle", names{"a": "b", "b": "a"}, nil, nameSet("a"), nil, nil},
		{"a swap", names{"a": "b", "b": "a"}, nil, nameSet("a", "b"), nameSet("a", "b"), nil},
		{"renamed outside", nil, names{"a": "z"}, nameSet("a"), nameSet("z"), names{"z": "a"}},
		{"renamed outside, and configured", nil, names{"a": "z"}, nameSet("a", "z"), nameSet("z"), nil},
		{"renamed outside, and then here", names{"new": "a"}, names{"a": "z"}, nameSet("new"), nameSet("z"), names{"z": "new"}},
		{"renamed outside, after a rename here", names{"a": "old"}, names{"a": "z"}, nameSet("a"), nameSet("z"), names{"z": "a"}},
	} {
		got := Renames(RenameInput{Previous: test.previous, Moved: test.moved, Planned: test.planned, Exist: test.exist})
		if !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// A wanted scope with an ID is the live scope with that ID.
func TestDiffScopesByID(t *testing.T) {
	scope := func(name, id string) authz.Scope { return authz.Scope{Name: name, ID: id} }
	live := &authz.Snapshot{Scopes: []authz.Scope{scope("a", "1"), scope("old", "2"), scope("z", "3")}}
	got := DiffScopes([]authz.Scope{scope("a", "1"), scope("b", ""), scope("new", "2"), scope("y", "9")}, live, []string{"old", "z"}, false)
	want := Scopes{
		Create: []authz.Scope{scope("b", ""), scope("y", "9")},
		Change: []Update{{Live: scope("old", "2"), Want: scope("new", "2")}},
		Delete: []authz.Scope{scope("z", "3")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if all := DiffScopes([]authz.Scope{scope("a", "1"), scope("old", "2"), scope("z", "3")}, live, nil, false); !all.Empty() {
		t.Errorf("unchanged: %+v", all)
	}
}
