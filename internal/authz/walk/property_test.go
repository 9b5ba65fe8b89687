package walk

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Terraform plans resources in any order. The conflicts must not depend on it.
func TestConflictsDoNotDependOnOrder(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		intents := randomIntents(r)
		want := planAll(New(), intents)
		for range 5 {
			r.Shuffle(len(intents), func(i, j int) { intents[i], intents[j] = intents[j], intents[i] })
			if got := planAll(New(), intents); !maps.Equal(got, want) {
				t.Fatalf("seed %d: in one order %v, in another %v", seed, want, got)
			}
		}
	}
}

// Terraform plans again in an apply, and after a refresh that the plan itself needs.
// Resources that had no conflict have none then, also after their scopes were written.
func TestPlanningAgainChangesNothing(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		intents := randomIntents(r)
		w, want := New(), planAll(New(), intents)
		planAll(w, intents)
		r.Shuffle(len(intents), func(i, j int) { intents[i], intents[j] = intents[j], intents[i] })
		if got := planAll(w, intents); !maps.Equal(got, want) {
			t.Fatalf("seed %d: first %v, then %v", seed, want, got)
		}
		for _, p := range intents {
			w.MarkWritten(p.in.Owner, p.in.Keep...)
			for _, c := range w.Plan(p.id, p.in) {
				if !want[c] {
					t.Fatalf("seed %d: %v after a write, before %v", seed, c, want)
				}
			}
		}
	}
}

type planned struct {
	id string
	in Intent
}

// planAll returns the conflicts of all intents, in the order in which they are planned.
func planAll(w *Walk, intents []planned) map[Conflict]bool {
	found := map[Conflict]bool{}
	for _, p := range intents {
		for _, c := range w.Plan(p.id, p.in) {
			found[c] = true
		}
	}
	return found
}

// randomIntents returns intents over few names, so that they conflict often.
func randomIntents(r *rand.Rand) []planned {
	scopes := []string{"a", "b", "c", "d"}
	some := func() []string {
		return slices.DeleteFunc(slices.Clone(scopes), func(string) bool { return r.IntN(2) == 0 })
	}
	owners := []Holder{Server("s"), Server("other"), userType("x"), userType("y"), client("x"), {Server: "s", Kind: KindUserTypes}}
	var intents []planned
	for i := range 2 + r.IntN(4) {
		in := Intent{
			Resource: fmt.Sprintf("type %d", i%2), Owner: owners[r.IntN(len(owners))], Title: fmt.Sprintf("resource %d", i), Exact: r.IntN(3) == 0,
			Unknown: r.IntN(5) == 0,
			Keep:    some(), Has: some(),
		}
		if r.IntN(2) == 0 {
			in.Filter = diff.NewFilter(some(), some())
		}
		if in.Owner.Kind == "" {
			in.Open = some()
			in.Remove = diff.Difference(some(), in.Keep)
		}
		if in.Owner.Kind == KindUserTypes {
			in.Exact, in.Keep, in.Has = false, nil, nil
			in.Covers = func(userType string) bool { return userType == "x" }
		}
		if in.Exact && r.IntN(2) == 0 {
			in.Rename = map[string]string{scopes[r.IntN(len(scopes))]: scopes[r.IntN(len(scopes))]}
		}
		intents = append(intents, planned{fmt.Sprint(i), in})
	}
	return intents
}
