package walk

import (
	"maps"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func claimOf(userType string, manage, ignore []string, names ...string) Intent {
	owner := Server("s")
	if userType != "" {
		owner = Holder{Server: "s", Kind: KindUserType, Name: userType}
	}
	return Intent{Owner: owner, Names: names, Filter: diff.NewFilter(manage, ignore)}
}

func TestWalkClaims(t *testing.T) {
	for _, test := range []struct {
		name   string
		first  Intent
		second Intent
		want   []string
	}{
		{"both all", claimOf("", nil, nil, "a"), claimOf("", nil, nil, "b"), []string{"a", "b"}},
		{"apart", claimOf("", []string{"a*"}, nil, "a"), claimOf("", nil, []string{"a*"}, "b"), nil},
		{"one inside the other", claimOf("", nil, nil, "a", "b"), claimOf("", []string{"b"}, nil, "b"), []string{"b"}},
		{"another server", Intent{Owner: Server("other"), Names: []string{"a"}}, claimOf("", nil, nil, "a"), nil},
		{"another user type", claimOf("x", nil, nil, "a"), claimOf("y", nil, nil, "a"), nil},
		{"the same user type", claimOf("x", nil, nil, "a"), claimOf("x", nil, nil), []string{"a"}},
		{"a user type and a set", claimOf("x", nil, nil, "a"), claimOf("", nil, nil, "a"), nil},
	} {
		for _, swapped := range []bool{false, true} {
			one, two := test.first, test.second
			if swapped {
				one, two = two, one
			}
			w := New()
			if _, overlaps := w.RegisterIntent("", one); overlaps != nil {
				t.Errorf("%s: the first overlaps with %v", test.name, overlaps)
			}
			if _, overlaps := w.RegisterIntent("", two); !slices.Equal(overlaps, test.want) {
				t.Errorf("%s: %v, want %v", test.name, overlaps, test.want)
			}
		}
	}
}

// A resource that is planned twice in one walk does not overlap with itself, and
// an id out of the state of an earlier walk is nobody's.
func TestWalkClaimIDs(t *testing.T) {
	w := New()
	id, _ := w.RegisterIntent("", claimOf("", nil, nil, "a"))
	again, overlaps := w.RegisterIntent(id, claimOf("", nil, nil, "a"))
	if again != id || overlaps != nil || !w.IssuedID(id) {
		t.Errorf("%q became %q, overlaps %v", id, again, overlaps)
	}
	other := New()
	if other.IssuedID(id) || other.IssuedID("") {
		t.Error("another walk's id is taken for its own")
	}
	if foreign, _ := other.RegisterIntent(id, claimOf("", nil, nil, "a")); foreign == id {
		t.Error("another walk's id is kept")
	}
}

func TestWalkClaimSingle(t *testing.T) {
	w := New()
	id, taken := w.RegisterScope("", "s", "a")
	if taken != "" {
		t.Errorf("taken: %q", taken)
	}
	if again, taken := w.RegisterScope(id, "s", "a"); again != id || taken != "" {
		t.Errorf("%q, %q: it overlaps with itself", again, taken)
	}
	if _, taken := w.RegisterScope("", "other", "a"); taken != "" {
		t.Error("another server's scope overlaps")
	}
	if _, taken := w.RegisterScope("", "s", "b", "a"); taken != "a" {
		t.Errorf("taken: %q, want a", taken)
	}
	if _, overlaps := w.RegisterIntent("", claimOf("", nil, []string{"b"}, "c")); !slices.Equal(overlaps, []string{"a"}) {
		t.Errorf("%v, want a", overlaps)
	}
	if _, taken := w.RegisterScope("", "s", "d"); taken != "d" {
		t.Errorf("taken: %q, want d, which the set manages", taken)
	}
	if _, taken := New().RegisterScope("", "s", "d"); taken != "" {
		t.Error("another walk's claims are known")
	}
}

func TestWalkContradictions(t *testing.T) {
	w := New()
	if got := w.OpenScopes("s", []string{"a", "b"}); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := w.GrantScopes("s", "child", []string{"b", "c"}); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%v, want b", got)
	}
	if got := w.GrantScopes("other", "child", []string{"a"}); got != nil {
		t.Errorf("another server: %v", got)
	}
	if got := w.OpenScopes("s", []string{"c", "d"}); !maps.Equal(got, map[string]string{"c": "child"}) {
		t.Errorf("%v, want c", got)
	}
}

func TestWalkWritten(t *testing.T) {
	w := New()
	child := Holder{Server: "s", Kind: KindUserType, Name: "child"}
	w.MarkWritten(Server("s"), "a", "b")
	w.MarkWritten(child, "c")
	for _, test := range []struct {
		where Holder
		name  string
		want  bool
	}{
		{Server("s"), "a", true},
		{Server("s"), "b", true},
		{Server("s"), "c", false},
		{Server("other"), "a", false},
		{child, "c", true},
		{child, "a", false},
		{Holder{Server: "s", Kind: KindUserType, Name: "educator"}, "c", false},
		{Holder{Server: "s", Kind: KindClient, Name: "child"}, "c", false},
	} {
		if got := w.WrittenInThisWalk(test.where, test.name); got != test.want {
			t.Errorf("%q %q: %t", test.where, test.name, got)
		}
	}
}
