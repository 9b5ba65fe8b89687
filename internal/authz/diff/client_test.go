package diff

import (
	"reflect"
	"slices"
	"testing"
)

func TestDiffClient(t *testing.T) {
	live := ClientNames{Default: []string{"a", "b"}, Optional: []string{"c", "d"}}
	for _, test := range []struct {
		what    string
		want    ClientNames
		takable []string
		diff    Client
	}{
		{"the same", live, []string{"a", "b", "c", "d"}, Client{}},
		{"the same in another order", ClientNames{Default: []string{"b", "a"}, Optional: []string{"d", "c"}}, nil, Client{}},
		{"nothing may be taken", ClientNames{}, nil, Client{}},
		{"all may be taken", ClientNames{}, []string{"d", "c", "b", "a", "a"}, Client{Unassign: []string{"a", "b", "c", "d"}}},
		{"a scope that the client lacks is not unassigned", ClientNames{}, []string{"a", "x"}, Client{Unassign: []string{"a"}}},
		{"what is wanted is not taken", ClientNames{Default: []string{"a"}}, []string{"a", "b"}, Client{Unassign: []string{"b"}}},
		{"given", ClientNames{Default: []string{"x"}, Optional: []string{"y", "w"}}, nil, Client{Assign: []string{"w", "x", "y"}}},
		{
			"moved both ways",
			ClientNames{Default: []string{"c"}, Optional: []string{"b", "a"}},
			[]string{"a", "b", "c", "d"},
			Client{Move: []string{"a", "b", "c"}, Unassign: []string{"d"}},
		},
	} {
		got := DiffClient(test.want, live, test.takable)
		for _, l := range []*[]string{&got.Assign, &got.Move, &got.Unassign} {
			if len(*l) == 0 {
				*l = nil
			}
		}
		if !reflect.DeepEqual(got, test.diff) {
			t.Errorf("%s: %+v, want %+v", test.what, got, test.diff)
		}
		if empty := reflect.DeepEqual(test.diff, Client{}); got.Empty() != empty {
			t.Errorf("%s: Empty is %t", test.what, got.Empty())
		}
	}
	if !slices.Equal(live.Default, []string{"a", "b"}) || !slices.Equal(live.Optional, []string{"c", "d"}) {
		t.Errorf("DiffClient changed its input: %+v", live)
	}
}

// After the changes of a diff, a second diff is empty.
func TestDiffClientSettles(t *testing.T) {
	want := ClientNames{Default: []string{"b", "c"}, Optional: []string{"a", "x"}}
	if d := DiffClient(want, want, want.All()); !d.Empty() {
		t.Errorf("%+v", d)
	}
}

func TestClientNames(t *testing.T) {
	c := ClientNames{Default: []string{"c", "a", "b"}, Optional: []string{"b", "d", "c"}}
	if got := c.All(); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Error(got)
	}
	if got := c.Both(); !slices.Equal(got, []string{"b", "c"}) {
		t.Error(got)
	}
	if got := (ClientNames{Default: []string{"a"}, Optional: []string{"b"}}).Both(); len(got) != 0 {
		t.Error(got)
	}
	if got := c.Default; !slices.Equal(got, []string{"c", "a", "b"}) {
		t.Errorf("changed: %v", got)
	}
}
