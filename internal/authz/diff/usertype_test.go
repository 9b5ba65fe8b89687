package diff

import (
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestDiffUserType(t *testing.T) {
	for _, test := range []struct {
		what                                   string
		want, live, revocable, grants, revokes string
	}{
		{"nothing", "", "", "", "", ""},
		{"the same", "a b", "b a", "a b", "", ""},
		{"missing", "c a b", "b", "", "a c", ""},
		{"to be taken", "", "c a b", "b c", "", "b c"},
		{"extra, but not shown in the plan", "a", "a b", "", "", ""},
		{"to be taken, but gone", "a", "a", "b", "", ""},
		{"wanted wins", "a b", "a", "a b", "b", ""},
		{"both", "a b", "b c d", "c d", "a", "c d"},
		{"given twice", "a a", "b b", "b b", "a", "b"},
	} {
		c := DiffUserType(strings.Fields(test.want), strings.Fields(test.live), strings.Fields(test.revocable))
		if !slices.Equal(c.Grant, strings.Fields(test.grants)) || !slices.Equal(c.Revoke, strings.Fields(test.revokes)) {
			t.Errorf("%s: %+v, want to grant %q and revoke %q", test.what, c, test.grants, test.revokes)
		}
		if c.Empty() != (test.grants == "" && test.revokes == "") {
			t.Errorf("%s: Empty is %t", test.what, c.Empty())
		}
	}
	if (UserType{Revoke: []string{"a"}}).Empty() || (UserType{Grant: []string{"a"}}).Empty() {
		t.Error("one change passes for none")
	}
}

func TestTakes(t *testing.T) {
	live := listingOf(
		scope("guarded"), scope("open", access(authz.AccessEveryone)), scope("open2", access(authz.AccessEveryone)),
		scope("unguarded", access(authz.AccessUnguarded)),
	)
	for _, test := range []struct{ grant, revoke, want string }{
		{"", "open", ""},
		{"guarded unguarded absent", "", ""},
		{"absent guarded open open2 unguarded", "", "open open2"},
	} {
		c := UserType{Grant: strings.Fields(test.grant), Revoke: strings.Fields(test.revoke)}
		if got := c.Limits(live); !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("granting %q takes %v, want %q", test.grant, got, test.want)
		}
	}
}

func TestWithout(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{"", "", ""},
		{"", "a", ""},
		{"b a", "", "a b"},
		{"c b a b", "b", "a c"},
		{"c a c a", "x", "a c"},
		{"a b", "b a", ""},
	} {
		if got := Difference(strings.Fields(test.a), strings.Fields(test.b)); !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%q without %q: %v, want %q", test.a, test.b, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, test := range []struct{ name, candidates, want string }{
		{"educator", "", ""},
		{"educator", "child parent educators", "educators"},
		{"educator", "educatr educator", "educator"},
		{"Educator", "educator", "educator"},
		{"eductaor", "educator", "educator"},
		{"children:read", "missions:read children:raed", "children:raed"},
		{"abcdef", "abcdxy", "abcdxy"},     // 2 of 6
		{"abcdef", "abcxyz", ""},           // 3 of 6
		{"abcdef", "abcd", "abcd"},         // shorter by 2
		{"abcdef", "abcdefgh", "abcdefgh"}, // longer by 2
		{"abc", "abd xbc", "abd"},          // a tie: the smaller
		{"abc", "xbc abd", "abd"},          // in any order
		{"abc", "xbc abd abc", "abc"},      // what is nearer wins
		{"ab", "ac", ""},                   // too short for any difference
		{"ab", "ab", "ab"},
		{"", "a", ""},
	} {
		if got := Nearest(test.name, strings.Fields(test.candidates)); got != test.want {
			t.Errorf("%q among %q: %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}
