package provider

import (
	"maps"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func claimOf(userType string, manage, ignore []string, names ...string) claim {
	return claim{serverID: "s", userType: userType, names: names, filter: diff.NewFilter(manage, ignore)}
}

func TestRunClaims(t *testing.T) {
	for _, test := range []struct {
		name   string
		first  claim
		second claim
		want   []string
	}{
		{"both all", claimOf("", nil, nil, "a"), claimOf("", nil, nil, "b"), []string{"a", "b"}},
		{"apart", claimOf("", []string{"a*"}, nil, "a"), claimOf("", nil, []string{"a*"}, "b"), nil},
		{"one inside the other", claimOf("", nil, nil, "a", "b"), claimOf("", []string{"b"}, nil, "b"), []string{"b"}},
		{"another server", claim{serverID: "other", names: []string{"a"}}, claimOf("", nil, nil, "a"), nil},
		{"another user type", claimOf("x", nil, nil, "a"), claimOf("y", nil, nil, "a"), nil},
		{"the same user type", claimOf("x", nil, nil, "a"), claimOf("x", nil, nil), []string{"a"}},
		{"a user type and a set", claimOf("x", nil, nil, "a"), claimOf("", nil, nil, "a"), nil},
	} {
		for _, swapped := range []bool{false, true} {
			one, two := test.first, test.second
			if swapped {
				one, two = two, one
			}
			r := newRun()
			if _, overlaps := r.claim("", one); overlaps != nil {
				t.Errorf("%s: the first overlaps with %v", test.name, overlaps)
			}
			if _, overlaps := r.claim("", two); !slices.Equal(overlaps, test.want) {
				t.Errorf("%s: %v, want %v", test.name, overlaps, test.want)
			}
		}
	}
}

// A resource that is planned twice in one walk does not overlap with itself, and
// an id out of the state of an earlier walk is nobody's.
func TestRunClaimIDs(t *testing.T) {
	r := newRun()
	id, _ := r.claim("", claimOf("", nil, nil, "a"))
	again, overlaps := r.claim(id, claimOf("", nil, nil, "a"))
	if again != id || overlaps != nil || !r.isOwn(id) {
		t.Errorf("%q became %q, overlaps %v", id, again, overlaps)
	}
	other := newRun()
	if other.isOwn(id) || other.isOwn("") {
		t.Error("another walk's id is taken for its own")
	}
	if foreign, _ := other.claim(id, claimOf("", nil, nil, "a")); foreign == id {
		t.Error("another walk's id is kept")
	}
}

func TestRunClaimSingle(t *testing.T) {
	r := newRun()
	id, taken := r.claimSingle("", "s", "a")
	if taken != "" {
		t.Errorf("taken: %q", taken)
	}
	if again, taken := r.claimSingle(id, "s", "a"); again != id || taken != "" {
		t.Errorf("%q, %q: it overlaps with itself", again, taken)
	}
	if _, taken := r.claimSingle("", "other", "a"); taken != "" {
		t.Error("another server's scope overlaps")
	}
	if _, taken := r.claimSingle("", "s", "b", "a"); taken != "a" {
		t.Errorf("taken: %q, want a", taken)
	}
	if _, overlaps := r.claim("", claimOf("", nil, []string{"b"}, "c")); !slices.Equal(overlaps, []string{"a"}) {
		t.Errorf("%v, want a", overlaps)
	}
	if _, taken := r.claimSingle("", "s", "d"); taken != "d" {
		t.Errorf("taken: %q, want d, which the set manages", taken)
	}
	if _, taken := newRun().claimSingle("", "s", "d"); taken != "" {
		t.Error("another walk's claims are known")
	}
}

func TestRunContradictions(t *testing.T) {
	r := newRun()
	if got := r.open("s", []string{"a", "b"}); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := r.list("s", "child", []string{"b", "c"}); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%v, want b", got)
	}
	if got := r.list("other", "child", []string{"a"}); got != nil {
		t.Errorf("another server: %v", got)
	}
	if got := r.open("s", []string{"c", "d"}); !maps.Equal(got, map[string]string{"c": "child"}) {
		t.Errorf("%v, want c", got)
	}
}

func TestRunWritten(t *testing.T) {
	r := newRun()
	r.wrote("s", "a", "b")
	r.wrote(grants("s", "child"), "c")
	for _, test := range []struct {
		where, name string
		want        bool
	}{
		{"s", "a", true},
		{"s", "b", true},
		{"s", "c", false},
		{"other", "a", false},
		{grants("s", "child"), "c", true},
		{grants("s", "child"), "a", false},
		{grants("s", "educator"), "c", false},
	} {
		if got := r.hasWritten(test.where, test.name); got != test.want {
			t.Errorf("%q %q: %t", test.where, test.name, got)
		}
	}
}
