package walk

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func userType(name string) Holder { return Holder{Server: "s", Kind: KindUserType, Name: name} }

func TestKeptAndRemoved(t *testing.T) {
	for name, test := range map[string]struct {
		keeper, remover Holder
		want            []string
	}{
		"one holder":             {userType("child"), userType("child"), []string{"b"}},
		"two user types":         {userType("child"), userType("educator"), nil},
		"two servers":            {Server("s"), Server("other"), nil},
		"a server and its type":  {Server("s"), userType("child"), nil},
		"a user type, a client":  {userType("x"), Holder{Server: "s", Kind: KindClient, Name: "x"}, nil},
		"the scopes of a server": {Server("s"), Server("s"), []string{"b"}},
	} {
		w := New()
		if got := w.KeepScopes(test.keeper, []string{"a", "b"}); got != nil {
			t.Errorf("%s: nothing is removed yet, got %v", name, got)
		}
		if got := w.RemoveScopes(test.remover, []string{"b", "c"}); !slices.Equal(got, test.want) {
			t.Errorf("%s: removed after kept: %v, want %v", name, got, test.want)
		}
		w = New()
		w.RemoveScopes(test.remover, []string{"b", "c"})
		if got := w.KeepScopes(test.keeper, []string{"a", "b"}); !slices.Equal(got, test.want) {
			t.Errorf("%s: kept after removed: %v, want %v", name, got, test.want)
		}
	}
}

func TestDeletedAndUsed(t *testing.T) {
	w := New()
	if got := w.UseScopes("s", []string{"a", "b"}); got != nil {
		t.Errorf("nothing is deleted yet, got %v", got)
	}
	if got := w.UsedScopes("s", []string{"b", "c"}); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%v, want b", got)
	}
	if got := w.UsedScopes("other", []string{"b"}); got != nil {
		t.Errorf("another server: %v", got)
	}
	w.RemoveScopes(Server("s"), []string{"c"})
	if got := w.UseScopes("s", []string{"c", "d"}); !slices.Equal(got, []string{"c"}) {
		t.Errorf("%v, want c", got)
	}
	if got := w.UsedScopes("s", []string{"d", "e"}); !slices.Equal(got, []string{"d"}) {
		t.Errorf("%v, want d: a query records no use", got)
	}
}

// The second half of a create_before_destroy removes nothing that the walk has written.
func TestWrittenScopesAreNotRemoved(t *testing.T) {
	w := New()
	w.MarkWritten(Server("s"), "a")
	w.KeepScopes(Server("s"), []string{"a", "b"})
	w.UseScopes("s", []string{"a", "b"})
	names := []string{"a", "b"}
	if got := w.RemoveScopes(Server("s"), names); !slices.Equal(got, []string{"b"}) {
		t.Errorf("kept and removed: %v, want b", got)
	}
	if got := w.UsedScopes("s", names); !slices.Equal(got, []string{"b"}) {
		t.Errorf("used: %v, want b", got)
	}
	if !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("the caller's names are now %v", names)
	}
}

func TestRenamedAndHeld(t *testing.T) {
	all, noOld, noNew := diff.NewFilter(nil, nil), diff.NewFilter(nil, []string{"old"}), diff.NewFilter(nil, []string{"old", "new"})
	for name, test := range map[string]struct {
		holding  Holding
		has      []string
		conflict bool
	}{
		"lists the new name": {Holding{"h", all, []string{"new"}}, []string{"old"}, false},
		"lists neither":      {Holding{"h", all, nil}, []string{"old"}, true},
		"lists the old name": {Holding{"h", all, []string{"old"}}, nil, true},
		"lists both":         {Holding{"h", all, []string{"old", "new"}}, []string{"old"}, true},
		"has another scope":  {Holding{"h", all, nil}, []string{"other"}, false},
		"old excluded, new managed and not listed": {Holding{"h", noOld, nil}, []string{"old"}, true},
		"old excluded, new managed and listed":     {Holding{"h", noOld, []string{"new"}}, []string{"old"}, false},
		"both excluded":                            {Holding{"h", noNew, nil}, []string{"old"}, false},
	} {
		var holders []string
		renames := map[string]string{}
		if test.conflict {
			holders, renames["old"] = []string{"h"}, "new"
		}
		w := New()
		if got := w.HoldScopes("s", test.holding, test.has); len(got) != 0 {
			t.Errorf("%s: nothing is renamed yet, got %v", name, got)
		}
		w.HoldScopes("s", test.holding, test.has)
		if got := w.RenameScope("other", "old", "new"); got != nil {
			t.Errorf("%s: another server: %v", name, got)
		}
		if got := w.RenameScope("s", "old", "new"); !slices.Equal(got, holders) {
			t.Errorf("%s: renamed after held: %v, want %v", name, got, holders)
		}
		w = New()
		w.RenameScope("s", "old", "new")
		if got := w.HoldScopes("s", test.holding, test.has); !maps.Equal(got, renames) {
			t.Errorf("%s: held after renamed: %v, want %v", name, got, renames)
		}
	}
}

// A replacement is planned a second time, without its state.
func TestNotesOfTheFirstPlan(t *testing.T) {
	w := New()
	id, _ := w.RegisterIntent("", claimOf("", nil, nil, "a"))
	if w.ReleasedScopes(id) != nil || w.NotedDeletion(id).Names != nil || w.NotedDeletion(id).Bound != nil {
		t.Error("a new intent has notes")
	}
	bound := int64(3)
	w.ReleaseScopes(id, []string{"b"})
	w.NoteDeletion(id, Deletion{Names: []string{"a"}, Bound: &bound})
	if got := w.ReleasedScopes(id); !slices.Equal(got, []string{"b"}) {
		t.Errorf("released: %v", got)
	}
	if got := w.NotedDeletion(id); !slices.Equal(got.Names, []string{"a"}) || *got.Bound != 3 {
		t.Errorf("deletion: %+v", got)
	}
	w.ReleaseScopes(id, nil)
	if w.ReleasedScopes(id) != nil || w.ReleasedScopes("another") != nil {
		t.Error("the later plan does not replace the earlier one")
	}
}

// A resource whose owner changes while it is planned again leaves its old owner.
func TestLaterIntentReplacesTheEarlierOne(t *testing.T) {
	w := New()
	id, _ := w.RegisterIntent("", claimOf("child", nil, nil, "a"))
	if again, overlaps := w.RegisterIntent(id, claimOf("educator", nil, nil, "a")); again != id || overlaps != nil {
		t.Errorf("%q, %v", again, overlaps)
	}
	if _, overlaps := w.RegisterIntent("", claimOf("child", nil, nil, "a")); overlaps != nil {
		t.Errorf("the old owner still has the intent: %v", overlaps)
	}
	if _, overlaps := w.RegisterIntent("", claimOf("educator", nil, nil, "a")); !slices.Equal(overlaps, []string{"a"}) {
		t.Errorf("%v, want a", overlaps)
	}
}

// planned is what one resource records when it is planned, and the conflicts that it
// is given.
type planned func(w *Walk, found map[string]bool)

// Terraform plans resources in any order. The conflicts must not depend on it.
func TestConflictsDoNotDependOnOrder(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		resources := randomResources(r)
		want := conflicts(resources)
		for range 5 {
			r.Shuffle(len(resources), func(i, j int) { resources[i], resources[j] = resources[j], resources[i] })
			if got := conflicts(resources); !maps.Equal(got, want) {
				t.Fatalf("seed %d: in one order %v, in another %v", seed, sorted(want), sorted(got))
			}
		}
	}
}

func conflicts(resources []planned) map[string]bool {
	w, found := New(), map[string]bool{}
	for _, resource := range resources {
		resource(w, found)
	}
	return found
}

func sorted(found map[string]bool) []string { return slices.Sorted(maps.Keys(found)) }

// randomResources returns resources over few names, so that they conflict often. A scope
// is renamed once at most, as a scope has one single resource.
func randomResources(r *rand.Rand) []planned {
	scopes := []string{"a", "b", "c", "d"}
	some := func() []string {
		return slices.DeleteFunc(slices.Clone(scopes), func(string) bool { return r.IntN(2) == 0 })
	}
	filter := func() diff.Filter {
		if r.IntN(2) == 0 {
			return diff.NewFilter(nil, nil)
		}
		return diff.NewFilter(some(), some())
	}
	var resources []planned
	for i := range 2 + r.IntN(4) {
		server := []string{"s", "other"}[r.IntN(2)]
		switch r.IntN(3) {
		case 0:
			resources = append(resources, setOfScopes(server, some(), some(), some(), filter()))
		case 1:
			name := fmt.Sprintf("type%d", r.IntN(2))
			resources = append(resources, scopesOfUserType(server, name, fmt.Sprintf("%s in resource %d", name, i), some(), some(), filter()))
		case 2:
			if i < len(scopes) {
				resources = append(resources, renamedScope(server, scopes[i], scopes[r.IntN(len(scopes))]))
			}
		}
	}
	return resources
}

func setOfScopes(server string, keeps, removes, opens []string, f diff.Filter) planned {
	return func(w *Walk, found map[string]bool) {
		_, overlaps := w.RegisterIntent("", Intent{Owner: Server(server), Names: keeps, Filter: f})
		note(found, "managed twice "+server, overlaps)
		note(found, "removed and kept "+server, w.KeepScopes(Server(server), keeps))
		note(found, "removed and kept "+server, w.RemoveScopes(Server(server), removes))
		note(found, "deleted and used "+server, w.UsedScopes(server, removes))
		note(found, "open and granted "+server, sortedKeys(w.OpenScopes(server, opens)))
	}
}

func scopesOfUserType(server, name, title string, lists, has []string, f diff.Filter) planned {
	return func(w *Walk, found map[string]bool) {
		owner := Holder{Server: server, Kind: KindUserType, Name: name}
		_, overlaps := w.RegisterIntent("", Intent{Owner: owner, Names: lists, Filter: f})
		note(found, "managed twice "+server+name, overlaps)
		note(found, "removed and kept "+server+name, w.KeepScopes(owner, lists))
		note(found, "removed and kept "+server+name, w.RemoveScopes(owner, has))
		note(found, "deleted and used "+server, w.UseScopes(server, lists))
		note(found, "open and granted "+server, w.GrantScopes(server, name, lists))
		for old := range w.HoldScopes(server, Holding{Title: title, Filter: f, Names: lists}, has) {
			note(found, "renamed and held "+server+old, []string{title})
		}
	}
}

func renamedScope(server, old, name string) planned {
	return func(w *Walk, found map[string]bool) {
		note(found, "renamed and held "+server+old, w.RenameScope(server, old, name))
	}
}

func note(found map[string]bool, kind string, names []string) {
	for _, name := range names {
		found[kind+" "+name] = true
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
