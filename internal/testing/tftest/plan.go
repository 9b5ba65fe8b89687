package tftest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// EqualPlan compares the changes of a plan, as PlanLines returns them, with the expected lines in any
// order. It ignores indentation and empty lines, so that a raw string can hold them.
func EqualPlan(p *tfjson.Plan, want ...string) error {
	got, lines := PlanLines(p), Lines(want...)
	if slices.Equal(got, lines) {
		return nil
	}
	return fmt.Errorf("the plan changes\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
}

// Lines returns all lines of the texts, sorted, without indentation and without empty lines.
func Lines(texts ...string) []string {
	var lines []string
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// SetChange returns the line of a plan that changes a set of strings.
func SetChange(address, attribute string, before, after []string) string {
	list := func(names []string) string {
		return JSONText(append([]string{}, slices.Sorted(slices.Values(names))...))
	}
	return fmt.Sprintf("%s ~ %s = %s -> %s", address, attribute, list(before), list(after))
}

// uuid is an ID that Keycloak chooses, and that a test cannot know.
var uuid = regexp.MustCompile(`"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`)

// PlanLines returns the changes of a plan, sorted: one line for each changed value, and one for each
// created, deleted or replaced resource. A UUID is shown as ID. It is the only renderer of plans in tests.
func PlanLines(p *tfjson.Plan) []string {
	var lines []string
	for _, r := range p.ResourceChanges {
		if r.Mode == tfjson.DataResourceMode || !strings.HasPrefix(r.Type, "authscopes_") {
			continue
		}
		switch a := r.Change.Actions; {
		case a.NoOp():
		case a.Update():
			for _, line := range valueLines("", r.Change.Before, withUnknown(r.Change.After, r.Change.AfterUnknown)) {
				lines = append(lines, r.Address+" "+uuid.ReplaceAllString(line, "ID"))
			}
		default:
			lines = append(lines, fmt.Sprintf("%s %v", r.Address, a))
		}
	}
	slices.Sort(lines)
	return lines
}

// withUnknown replaces unknown values by "(unknown)".
func withUnknown(after, unknown any) any {
	if u, ok := unknown.(bool); ok && u {
		return "(unknown)"
	}
	known, _ := after.(map[string]any)
	u, ok := unknown.(map[string]any)
	if !ok || known == nil {
		return after
	}
	merged := maps.Clone(known)
	for k, v := range u {
		merged[k] = withUnknown(known[k], v)
	}
	return merged
}

func valueLines(path string, before, after any) []string {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	b, isMap := before.(map[string]any)
	a, stays := after.(map[string]any)
	if isMap || stays {
		if before != nil && after != nil || path == "" {
			return mapLines(path, b, a)
		}
	}
	switch {
	case before == nil:
		return []string{fmt.Sprintf("+ %s = %s", path, JSONText(after))}
	case after == nil:
		return []string{fmt.Sprintf("- %s = %s", path, JSONText(before))}
	}
	return []string{fmt.Sprintf("~ %s = %s -> %s", path, JSONText(before), JSONText(after))}
}

// mapLines distinguishes a null element from a missing one.
func mapLines(path string, before, after map[string]any) []string {
	var lines []string
	keys := maps.Clone(before)
	if keys == nil {
		keys = map[string]any{}
	}
	maps.Copy(keys, after)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		p := strings.TrimPrefix(path+"."+k, ".")
		b, was := before[k]
		a, is := after[k]
		switch {
		case was && !is && b == nil:
			lines = append(lines, "- "+p+" = null")
		case !was && is && a == nil:
			lines = append(lines, "+ "+p+" = null")
		default:
			lines = append(lines, valueLines(p, b, a)...)
		}
	}
	return lines
}

// JSONText returns a value as JSON, without nulls.
func JSONText(v any) string {
	raw, err := json.Marshal(withoutNull(v))
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func withoutNull(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	said := map[string]any{}
	for k, e := range m {
		if e != nil {
			said[k] = withoutNull(e)
		}
	}
	return said
}
