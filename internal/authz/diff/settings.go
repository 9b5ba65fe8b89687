package diff

import (
	"cmp"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// Override is a part of the settings of a scope. The zero Override sets nothing.
type Override struct {
	sets   [settings.Count]bool
	values authz.Settings // zero if sets is false
}

// Set adds the value of one setting.
func (p *Override) Set(id settings.ID, v settings.Value) {
	p.sets[id] = true
	settings.Rows()[id].Set(&p.values, v)
}

// Get returns the value of one setting, and whether the override sets it.
func (p *Override) Get(id settings.ID) (v settings.Value, ok bool) {
	if !p.sets[id] {
		return settings.Value{}, false
	}
	return settings.Rows()[id].Get(p.values), true
}

// Empty reports whether the override sets nothing.
func (p *Override) Empty() bool { return p.sets == [settings.Count]bool{} }

// Defaults returns the settings of a scope whose configuration sets none.
func Defaults() authz.Settings { return settings.Defaults() }

// Apply returns base with the settings of the override.
func (p Override) Apply(base authz.Settings) authz.Settings {
	if p.Empty() {
		return base
	}
	changed, rows := base, settings.Rows()
	for id := range rows {
		if p.sets[id] {
			rows[id].Set(&changed, rows[id].Get(p.values))
		}
	}
	return changed
}

// SameAccess reports whether a live access satisfies a configured access. A configured
// "unguarded" accepts a limited scope with or without its guard role.
func SameAccess(want, live authz.Access) bool { return settings.SameAccess(want, live) }

// SameSettings reports whether live settings need no change.
func SameSettings(want, live authz.Settings) bool { return settings.Same(want, live) }

// DiffSettings returns the settings that differ from base, or nil if none differs. A setting of
// the prior override is in the result with the live value, so that a redundant entry of a
// configuration is not a difference. For the same reason, the result is not nil if there is a
// prior override, even an empty one.
func DiffSettings(base, live authz.Settings, prior *Override) *Override {
	var d *Override
	if prior != nil {
		d = &Override{}
	}
	rows := settings.Rows()
	for i := range rows {
		row, id := &rows[i], settings.ID(i)
		is := row.Get(live)
		if prior != nil && prior.sets[id] {
			if was := row.Get(prior.values); row.Fits(was, is) {
				is = was
			}
		} else if row.Same(row.Get(base), is) {
			continue
		}
		if d == nil {
			d = &Override{}
		}
		d.Set(id, is)
	}
	return d
}

// MostCommon returns the most frequent value of each setting, and the exceptions by the name of
// the scope. Without scopes, it returns the defaults. A setting that can keep the live value is
// not part of the result. Access is never "everyone" for all scopes.
func MostCommon(scopes []authz.Scope) (authz.Settings, map[string]Override) {
	base := Defaults()
	if len(scopes) > 0 {
		base = authz.Settings{}
		rows := settings.Rows()
		for i := range rows {
			if !rows[i].NullKeeps {
				rows[i].Set(&base, mostCommon(&rows[i], scopes))
			}
		}
	}
	return base, Exceptions(base, scopes)
}

// Exceptions returns the settings of scopes that differ from base, by name. It includes a
// difference even if base accepts the live value: a limited scope with its guard role is an
// exception if base is "unguarded".
func Exceptions(base authz.Settings, scopes []authz.Scope) map[string]Override {
	exceptions := map[string]Override{}
	for i := range scopes {
		if d := exception(base, scopes[i].Settings); d != nil {
			exceptions[scopes[i].Name] = *d
		}
	}
	return exceptions
}

func exception(base, live authz.Settings) *Override {
	var d *Override
	rows := settings.Rows()
	for i := range rows {
		row := &rows[i]
		if b, is := row.Get(base), row.Get(live); !row.Keeps(b) && !b.Equal(is) {
			if d == nil {
				d = &Override{}
			}
			d.Set(settings.ID(i), is)
		}
	}
	return d
}

// mostCommon returns the most frequent value of a setting. Of several, it returns the first one
// in the order of the row, so that the result does not depend on the order of the scopes.
func mostCommon(row *settings.Row, scopes []authz.Scope) settings.Value {
	type run struct {
		value settings.Value
		count int
	}
	values := make([]settings.Value, len(scopes))
	for i := range scopes {
		values[i] = row.Shared(row.Get(scopes[i].Settings))
	}
	slices.SortFunc(values, row.Compare)
	var runs []run
	for _, v := range values {
		if n := len(runs); n > 0 && runs[n-1].value.Equal(v) {
			runs[n-1].count++
			continue
		}
		runs = append(runs, run{v, 1})
	}
	// The runs are sorted, and MinFunc returns the first of several minimal elements.
	return slices.MinFunc(runs, func(a, b run) int { return cmp.Compare(b.count, a.count) }).value
}
