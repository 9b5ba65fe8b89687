package diff

import (
	"maps"
	"reflect"
	"slices"
	"testing"
)

func TestGrants(t *testing.T) {
	g := Grants{"parent": {"b", "a", "a"}, "child": {"c"}, "nobody": nil}
	g.Add("child", "d")
	g.Add("absent")
	if got, want := g.UserTypes(), []string{"child", "nobody", "parent"}; !slices.Equal(got, want) {
		t.Errorf("user types %q, want %q", got, want)
	}
	if got, want := g.Lines(), []string{"child: c", "child: d", "parent: a", "parent: b"}; !slices.Equal(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
	if got := g.Select([]string{"child: c", "parent: a", "parent: x"}); !reflect.DeepEqual(got, Grants{"child": {"c"}, "parent": {"a", "a"}}) {
		t.Errorf("among lines %v", got)
	}
	left := g.Subtract(Grants{"child": {"c", "d", "e"}, "parent": {"b"}})
	if want := (Grants{"parent": {"a"}}); !reflect.DeepEqual(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
}

func TestNormalizedGrants(t *testing.T) {
	got := Grants{"e\u0301": {"a"}, "\u00e9": {"b"}, "child": nil}.Normalized()
	slices.Sort(got["\u00e9"])
	if want := (Grants{"\u00e9": {"a", "b"}, "child": nil}); !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDiffGrants(t *testing.T) {
	got := DiffGrants(
		Grants{"child": {"a", "b"}, "same": {"a"}, "nobody": {}},
		Grants{"child": {"b", "c", "d"}, "same": {"a"}, "foreign": {"a", "b"}},
		Grants{"child": {"b", "c"}, "foreign": {"a"}, "gone": {"a"}},
	)
	want := map[string]UserType{"child": {Grant: []string{"a"}, Revoke: []string{"c"}}, "foreign": {Revoke: []string{"a"}}}
	same := func(a, b UserType) bool { return slices.Equal(a.Grant, b.Grant) && slices.Equal(a.Revoke, b.Revoke) }
	if !maps.EqualFunc(got, want, same) {
		t.Errorf("changes %v, want %v", got, want)
	}
}
