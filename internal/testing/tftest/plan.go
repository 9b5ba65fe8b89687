package tftest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Changes renders a plan: one line for each resource and for each value that differs. Nulls are
// omitted except in `scopes`.
func Changes(p *tfjson.Plan) string {
	var b strings.Builder
	for _, rc := range p.ResourceChanges {
		if rc.Mode != tfjson.ManagedResourceMode || rc.Change.Actions.NoOp() || rc.Change.Actions.Read() {
			continue
		}
		actions := make([]string, len(rc.Change.Actions))
		for i, a := range rc.Change.Actions {
			actions[i] = string(a)
		}
		fmt.Fprintf(&b, "%s %s\n", strings.TrimPrefix(rc.Address, "authscopes_"), strings.Join(actions, "+"))
		if rc.Change.Actions.Delete() || rc.Change.Actions.Create() {
			continue
		}
		before, after := map[string]string{}, map[string]string{}
		flattenTo(before, "", rc.Change.Before, nil)
		flattenTo(after, "", rc.Change.After, rc.Change.AfterUnknown)
		paths := maps.Clone(before)
		maps.Copy(paths, after)
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			was, had := before[path]
			is, has := after[path]
			switch {
			case !had:
				fmt.Fprintf(&b, "  + %s = %s\n", path, is)
			case !has:
				fmt.Fprintf(&b, "  - %s = %s\n", path, was)
			case was != is:
				fmt.Fprintf(&b, "  ~ %s = %s -> %s\n", path, was, is)
			}
		}
	}
	return b.String()
}

func flattenTo(to map[string]string, path string, value, unknown any) {
	if u, ok := unknown.(bool); ok && u {
		to[path] = "unknown"
		return
	}
	switch v := value.(type) {
	case map[string]any:
		us, _ := unknown.(map[string]any)
		keys := maps.Clone(v)
		if keys == nil {
			keys = map[string]any{}
		}
		maps.Copy(keys, us)
		for key := range keys {
			at := key
			if path != "" {
				at = path + "." + key
			}
			flattenTo(to, at, v[key], us[key])
		}
	case []any:
		for _, e := range v {
			to[fmt.Sprintf("%s[%v]", path, e)] = "there"
		}
	case nil:
		if strings.HasPrefix(path, "scopes.") {
			to[path] = "null"
		}
	default:
		text, _ := json.Marshal(v)
		to[path] = string(text)
	}
}

// Unindent removes the tabs of the Go source and the lines around the text.
func Unindent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimLeft(line, "\t"); strings.TrimSpace(line) != "" {
			b.WriteString(strings.TrimRight(line, "\n") + "\n")
		}
	}
	return b.String()
}

// PlanLines returns the changes of a plan, one line for each changed value, and one for each
// created, deleted or replaced resource.
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
				lines = append(lines, r.Address+" "+line)
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
