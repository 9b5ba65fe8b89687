package walk

import (
	"fmt"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func userType(name string) Holder { return Holder{Server: "s", Kind: KindUserType, Name: name} }

func client(name string) Holder { return Holder{Server: "s", Kind: KindClient, Name: name} }

// all returns an intent that manages all scopes of its owner.
func all(owner Holder, keep ...string) Intent {
	return Intent{Owner: owner, Title: owner.Kind + " " + owner.Name, Keep: keep}
}

func filtered(owner Holder, manage, ignore []string, keep ...string) Intent {
	in := all(owner, keep...)
	in.Filter = diff.NewFilter(manage, ignore)
	return in
}

// exact returns the intent of a resource that manages only the scopes that it names.
func exact(keep ...string) Intent { return Intent{Owner: Server("s"), Exact: true, Keep: keep} }

func renamed(old, name string) Intent {
	in := exact(name)
	in.Rename = map[string]string{old: name}
	return in
}

func removing(owner Holder, names ...string) Intent {
	return Intent{Owner: owner, Exact: true, Remove: names}
}

func opening(names ...string) Intent {
	in := filtered(Server("s"), []string{"none"}, nil)
	in.Open = names
	return in
}

// has adds the scopes that the owner has now.
func (in Intent) has(names ...string) Intent {
	in.Has = names
	return in
}

func (in Intent) unknown() Intent {
	in.Unknown = true
	return in
}

func conflictsOf(kind Kind, scopes ...string) []Conflict {
	var conflicts []Conflict
	for _, scope := range scopes {
		conflicts = append(conflicts, Conflict{Kind: kind, Scope: scope})
	}
	return conflicts
}

// Each pair of intents has the same conflicts, whichever is planned first.
func TestConflicts(t *testing.T) {
	s, other, child, educator, web := Server("s"), Server("other"), userType("child"), userType("educator"), client("web")
	held := []Conflict{{Kind: RenamedAndHeld, Scope: "old", NewName: "new", Holder: "user type child"}}
	for name, test := range map[string]struct {
		one, two Intent
		want     []Conflict
	}{
		"two sets of all scopes":         {all(s, "a"), all(s, "b"), conflictsOf(ManagedTwice, "a", "b")},
		"disjoint filters":               {filtered(s, []string{"a*"}, nil, "a"), filtered(s, nil, []string{"a*"}, "b"), nil},
		"a set in another set":           {all(s, "a", "b"), filtered(s, []string{"b"}, nil, "b"), conflictsOf(ManagedTwice, "b")},
		"two servers":                    {all(s, "a"), all(other, "a"), nil},
		"two user types":                 {all(child, "a"), all(educator, "a"), nil},
		"a user type twice":              {all(child, "a"), all(child), conflictsOf(ManagedTwice, "a")},
		"a user type and the server":     {all(child, "a"), all(s, "a"), nil},
		"a user type and a client":       {all(child, "a"), all(client("child"), "a"), nil},
		"a scope twice":                  {exact("a"), exact("a"), conflictsOf(ManagedTwice, "a")},
		"two scopes":                     {exact("a"), exact("b"), nil},
		"a scope and a set":              {exact("a"), all(s, "b"), conflictsOf(ManagedTwice, "a")},
		"a scope that the set excludes":  {exact("a"), filtered(s, nil, []string{"a"}, "b"), nil},
		"an old name and a scope":        {renamed("old", "new"), exact("old"), conflictsOf(ManagedTwice, "old")},
		"an unknown set and a scope":     {all(s).unknown(), exact("a"), conflictsOf(ManagedTwice, "a")},
		"removed and kept":               {all(s, "a", "b"), removing(s, "b", "c"), conflictsOf(RemovedAndKept, "b")},
		"revoked and kept":               {all(child, "a"), removing(child, "a"), conflictsOf(RemovedAndKept, "a")},
		"revoked from another user type": {all(child, "a"), removing(educator, "a"), nil},
		"removed on another server":      {all(s, "a"), removing(other, "a"), nil},
		"deleted and listed":             {all(child, "a", "b"), removing(s, "b"), conflictsOf(DeletedAndUsed, "b")},
		"deleted and assigned":           {all(web, "a"), removing(s, "a"), conflictsOf(DeletedAndUsed, "a")},
		"deleted and unknown":            {all(web, "a").unknown(), removing(s, "a"), nil},
		"deleted and held only":          {all(child).has("a"), removing(s, "a"), nil},
		"opened and granted":             {all(child, "a", "b"), opening("b", "c"), []Conflict{{Kind: OpenAndGranted, Scope: "b", Holder: "user type child"}}},
		"opened and assigned":            {all(web, "a"), opening("a"), nil},
		"renamed, new name listed":       {all(child, "new").has("old"), renamed("old", "new"), nil},
		"renamed, no name listed":        {all(child).has("old"), renamed("old", "new"), held},
		"renamed, old name listed":       {all(child, "old"), renamed("old", "new"), held},
		"renamed, both names listed":     {all(child, "old", "new").has("old"), renamed("old", "new"), held},
		"renamed, another scope held":    {all(child).has("other"), renamed("old", "new"), nil},
		"old name excluded, new managed": {filtered(child, nil, []string{"old"}).has("old"), renamed("old", "new"), held},
		"old name excluded, new listed":  {filtered(child, nil, []string{"old"}, "new").has("old"), renamed("old", "new"), nil},
		"both names excluded":            {filtered(child, nil, []string{"old", "new"}).has("old"), renamed("old", "new"), nil},
	} {
		for _, swapped := range []bool{false, true} {
			one, two := test.one, test.two
			if swapped {
				one, two = two, one
			}
			w := New()
			if got := w.Plan("1", one); got != nil {
				t.Errorf("%s: the first intent conflicts: %v", name, got)
			}
			if got := w.Plan("2", two); !slices.Equal(got, test.want) {
				t.Errorf("%s, swapped %t: %v, want %v", name, swapped, got, test.want)
			}
		}
	}
}

// A removal names both resources, whichever is planned first.
func TestRemovedAndKeptNamesBothResources(t *testing.T) {
	single, set := removing(Server("s"), "a"), all(Server("s"), "a")
	single.Resource, set.Resource = "single", "set"
	want := []Conflict{{Kind: RemovedAndKept, Scope: "a", Remover: "single", Keeper: "set"}}
	for _, order := range [][]Intent{{single, set}, {set, single}} {
		w := New()
		w.Plan("1", order[0])
		if got := w.Plan("2", order[1]); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

// A rename has one conflict per holder, and a scope of two user types one per user type.
func TestConflictsAreSorted(t *testing.T) {
	w := New()
	w.Plan("1", all(userType("b")).has("old"))
	w.Plan("2", all(userType("a")).has("old"))
	w.Plan("3", all(client("c"), "old", "x"))
	in := renamed("old", "new")
	in.Remove = []string{"x"}
	want := []Conflict{
		{Kind: DeletedAndUsed, Scope: "x"},
		{Kind: RenamedAndHeld, Scope: "old", NewName: "new", Holder: "client c"},
		{Kind: RenamedAndHeld, Scope: "old", NewName: "new", Holder: "user type a"},
		{Kind: RenamedAndHeld, Scope: "old", NewName: "new", Holder: "user type b"},
	}
	got := w.Plan("4", in)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if names := Scopes(got, RenamedAndHeld); !slices.Equal(names, []string{"old"}) {
		t.Errorf("%q: the scope is repeated", names)
	}
	if Scopes(got, ManagedTwice) != nil {
		t.Error("scopes of another kind")
	}
}

// The second half of a create_before_destroy removes nothing that the walk has written.
func TestWrittenScopesAreNotRemoved(t *testing.T) {
	w := New()
	w.MarkWritten(Server("s"), "a")
	w.Plan("1", all(Server("s"), "a", "b"))
	w.Plan("2", all(client("web"), "a", "b"))
	in := removing(Server("s"), "a", "b")
	want := slices.Concat(conflictsOf(RemovedAndKept, "b"), conflictsOf(DeletedAndUsed, "b"))
	if got := w.Plan("3", in); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !slices.Equal(in.Remove, []string{"a", "b"}) {
		t.Errorf("the caller's names are now %v", in.Remove)
	}
}

func TestWritten(t *testing.T) {
	w := New()
	w.MarkWritten(Server("s"), "a", "b")
	w.MarkWritten(userType("child"), "c")
	for _, test := range []struct {
		where Holder
		name  string
		want  bool
	}{
		{Server("s"), "a", true},
		{Server("s"), "b", true},
		{Server("s"), "c", false},
		{Server("other"), "a", false},
		{userType("child"), "c", true},
		{userType("child"), "a", false},
		{userType("educator"), "c", false},
		{client("child"), "c", false},
	} {
		if got := w.WrittenInThisWalk(test.where, test.name); got != test.want {
			t.Errorf("%q %q: %t", test.where, test.name, got)
		}
	}
}

// A later intent with the same ID replaces the earlier one, whatever they have.
func TestLaterIntentReplacesTheEarlierOne(t *testing.T) {
	first := all(userType("child"), "a").has("old")
	first.Remove, first.Open = []string{"r"}, []string{"o"}
	for name, earlier := range map[string]Intent{"a set": first, "a scope": renamed("a", "old")} {
		w := New()
		w.Plan("id", earlier)
		if got := w.Plan("id", earlier); got != nil {
			t.Errorf("%s conflicts with itself: %v", name, got)
		}
		w.Plan("id", all(userType("educator"), "z"))
		for i, in := range []Intent{
			all(userType("child"), "a"), exact("a", "old"), removing(userType("child"), "a"), removing(Server("s"), "a"), renamed("old", "new"),
			all(userType("x"), "o"), all(userType("child"), "r"),
		} {
			alone := New()
			alone.Plan("id", all(userType("educator"), "z"))
			if got, want := w.Plan("new", in), alone.Plan("new", in); !slices.Equal(got, want) {
				t.Errorf("%s, intent %d: %v, want %v", name, i, got, want)
			}
		}
	}
}

// The second plan of a replacement has no state: it knows what the first one intended.
func TestPlanned(t *testing.T) {
	w := New()
	if _, planned := w.Planned("id"); planned {
		t.Error("an intent before any plan")
	}
	bound := int64(3)
	in := exact("a")
	in.Release, in.Destroy = []string{"b"}, Deletion{Names: []string{"a"}, Bound: &bound}
	w.Plan("id", in)
	got, planned := w.Planned("id")
	if !planned || !slices.Equal(got.Release, in.Release) || !slices.Equal(got.Destroy.Names, in.Destroy.Names) || *got.Destroy.Bound != bound {
		t.Errorf("%v, %t", got, planned)
	}
}

func TestKept(t *testing.T) {
	w := New()
	w.Plan("1", filtered(Server("s"), []string{"a*"}, nil, "a", "ab"))
	w.Plan("2", renamed("old", "new"))
	w.Plan("3", removing(Server("s"), "gone"))
	w.Plan("4", all(Server("other"), "x"))
	w.Plan("5", all(userType("child"), "y"))
	names, may := w.Kept("s")
	if want := []string{"a", "ab", "new"}; !slices.Equal(names, want) || may("ac") {
		t.Errorf("%v, %t", names, may("ac"))
	}
	w.Plan("6", filtered(Server("s"), []string{"b*"}, nil).unknown())
	if _, may = w.Kept("s"); !may("bx") || may("ac") {
		t.Error("scopes of an unknown set")
	}
	w.Plan("1", filtered(Server("s"), []string{"a*"}, nil, "ab"))
	if names, _ = w.Kept("s"); !slices.Equal(names, []string{"ab", "new"}) {
		t.Errorf("%v after a second plan", names)
	}
}

func TestNewID(t *testing.T) {
	if one, two := NewID(), NewID(); one == "" || one == two {
		t.Errorf("%q and %q", one, two)
	}
}

// Cost grows with the number of single scopes, not with its square: a new intent visits
// only the intents that name its scopes.
func BenchmarkSingleScopes(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				w := New()
				for i := range n {
					w.Plan(fmt.Sprint(i), exact(fmt.Sprintf("scope:%d", i)))
				}
			}
		})
	}
}
