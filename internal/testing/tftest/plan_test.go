package tftest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

func planned(t *testing.T, address string, actions tfjson.Actions, before, after, unknown string) *tfjson.ResourceChange {
	t.Helper()
	values := make([]any, 3)
	for i, text := range []string{before, after, unknown} {
		if err := json.Unmarshal([]byte(text), &values[i]); err != nil {
			t.Fatal(err)
		}
	}
	kind, _, _ := strings.Cut(address, ".")
	return &tfjson.ResourceChange{
		Address: address, Mode: tfjson.ManagedResourceMode, Type: kind,
		Change: &tfjson.Change{Actions: actions, Before: values[0], After: values[1], AfterUnknown: values[2]},
	}
}

func TestPlanLines(t *testing.T) {
	t.Parallel()
	update := tfjson.Actions{tfjson.ActionUpdate}
	p := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		planned(
			t, "authscopes_b.x", update,
			`{"same":1,"id":"0a1b2c3d-0000-4000-8000-0123456789ab","text":"A","set":["a"],"gone":{"k":"v","n":null},"map":{"n":null,"o":"O"}}`,
			`{"same":1,"id":null,"text":"B","set":["a","b"],"gone":null,"map":{"o":"O2","p":null}}`, `{"id":true}`,
		),
		planned(t, "authscopes_a.x", tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}, `{"a":1}`, `{"a":2}`, `{}`),
		planned(t, "authscopes_c.x", tfjson.Actions{tfjson.ActionNoop}, `{"a":1}`, `{"a":1}`, `{}`),
		planned(t, "other_c.x", update, `{"a":1}`, `{"a":2}`, `{}`),
	}}
	want := `
		authscopes_a.x [delete create]
		authscopes_b.x ~ id = ID -> "(unknown)"
		authscopes_b.x ~ text = "A" -> "B"
		authscopes_b.x - gone = {"k":"v"}
		authscopes_b.x - map.n = null
		authscopes_b.x ~ map.o = "O" -> "O2"
		authscopes_b.x + map.p = null
	`
	if err := EqualPlan(p, want, SetChange("authscopes_b.x", "set", []string{"a"}, []string{"b", "a"})); err != nil {
		t.Error(err)
	}
	if err := EqualPlan(p, want); err == nil || !strings.Contains(err.Error(), "set = ") {
		t.Errorf("a missing line: %v", err)
	}
	if lines := PlanLines(p); !slices.IsSorted(lines) {
		t.Errorf("not sorted: %q", lines)
	}
}
