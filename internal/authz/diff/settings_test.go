package diff

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
)

var accesses = []authz.Access{authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded}

func to[T any](v T) *T { return &v }

// changedDefaults returns the defaults changedDefaults changes.
func changedDefaults(changes ...func(*authz.Settings)) authz.Settings {
	s := Defaults()
	for _, change := range changes {
		change(&s)
	}
	return s
}

func access(a authz.Access) func(*authz.Settings) {
	return func(s *authz.Settings) { s.Access = a }
}

func order(o string) func(*authz.Settings) {
	return func(s *authz.Settings) { s.GUIOrder = o }
}

// entry is one setting of a patch.
type entry struct {
	id    settings.ID
	value settings.Value
}

func yes(id settings.ID) entry { return entry{id, settings.Bool(true)} }
func no(id settings.ID) entry  { return entry{id, settings.Bool(false)} }

func text[T ~string](id settings.ID, v T) entry { return entry{id, settings.Text(string(v))} }

// sets returns a patch of the entries.
func sets(entries ...entry) *Override {
	var p Override
	for _, e := range entries {
		p.Set(e.id, e.value)
	}
	return &p
}

func show(p *Override) string {
	if p == nil {
		return "nil"
	}
	line := "{"
	for id, row := range settings.Rows() {
		if v, ok := p.Get(settings.ID(id)); ok {
			line += fmt.Sprintf(" %s:%q", row.Name, row.Format(v))
		}
	}
	return line + " }"
}

func wantPatch(t *testing.T, what string, got, want *Override) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %s, want %s", what, show(got), show(want))
	}
}

func TestDefaults(t *testing.T) {
	got := Defaults()
	want := got
	want.DisplayOnConsentScreen, want.IncludeInTokenScope, want.IncludeInOpenIDProviderMetadata = true, true, true
	want.ConsentScreenText, want.GUIOrder, want.AssignedType, want.Access = "", "", authz.AssignedNone, authz.AccessUserTypes
	if !settings.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// each returns a patch with a value of every setting.
func each(value func(*settings.Row) settings.Value) Override {
	var p Override
	for id, row := range settings.Rows() {
		p.Set(settings.ID(id), value(&row))
	}
	return p
}

// allSettings sets every setting, and each differently from the defaults.
func allSettings() Override { return each(settingstest.Other) }

// only returns the patch with one of its settings.
func only(p Override, id int) Override {
	v, _ := p.Get(settings.ID(id))
	return *sets(entry{settings.ID(id), v})
}

func TestOver(t *testing.T) {
	base := Defaults()
	if got := (Override{}).Apply(base); !settings.Equal(got, base) {
		t.Errorf("an empty patch made %+v", got)
	}
	p := allSettings()
	var want authz.Settings
	for _, row := range settings.Rows() {
		row.Set(&want, settingstest.Other(&row))
	}
	if got := p.Apply(base); !settings.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for i, row := range settings.Rows() {
		got := only(p, i).Apply(base)
		for j, field := range settings.Rows() {
			expected := base
			if i == j {
				expected = want
			}
			if !field.Get(got).Equal(field.Get(expected)) {
				t.Errorf("a patch of %s made %s %q", row.Name, field.Name, field.Format(field.Get(got)))
			}
		}
	}
	if !settings.Equal(base, Defaults()) {
		t.Error("Over changed its base")
	}
}

func TestSameAccess(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	same := map[[2]authz.Access]bool{
		{users, users}: true, {everyone, everyone}: true, {unguarded, unguarded}: true,
		{unguarded, users}: true, // as found
		{users, unguarded}: false, {unguarded, everyone}: false, {everyone, unguarded}: false, {users, everyone}: false, {everyone, users}: false,
	}
	for _, want := range accesses {
		for _, live := range accesses {
			expected, listed := same[[2]authz.Access{want, live}]
			if got := SameAccess(want, live); !listed || got != expected {
				t.Errorf("want %s, live %s: %t (listed: %t)", want, live, got, listed)
			}
		}
	}
}

func TestSameSettings(t *testing.T) {
	for i, row := range settings.Rows() {
		changed := only(allSettings(), i).Apply(Defaults())
		if got := SameSettings(Defaults(), changed); got != row.NullKeeps {
			t.Errorf("%s differs: %t; only an unset order keeps the live value", row.Name, got)
		}
		if SameSettings(changed, Defaults()) {
			t.Errorf("%s is wanted and differs, but is the same", row.Name)
		}
		if !SameSettings(changed, changed) {
			t.Errorf("%s: not the same as itself", row.Name)
		}
	}
	if !SameSettings(changedDefaults(access(authz.AccessUnguarded)), changedDefaults(access(authz.AccessUserTypes))) {
		t.Error("a guarded scope is not what \"as found\" wants")
	}
	if SameSettings(changedDefaults(access(authz.AccessUserTypes)), changedDefaults(access(authz.AccessUnguarded))) {
		t.Error("an unguarded scope passes for a guarded one")
	}
}

func TestDeviation(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	for _, test := range []struct {
		what       string
		base, live authz.Settings
		prior      *Override
		want       *Override
	}{
		{"nothing", changedDefaults(), changedDefaults(), nil, nil},
		{"nothing, and nothing was configured", changedDefaults(), changedDefaults(), sets(), sets()},
		{"all", each(settingstest.Defined).Apply(changedDefaults()), allSettings().Apply(changedDefaults()), nil, to(allSettings())},
		{
			"one value, and another was configured", changedDefaults(), changedDefaults(access(everyone)), sets(text(settings.ConsentScreenText, "")),
			sets(text(settings.ConsentScreenText, ""), text(settings.Access, everyone)),
		},
		{
			"a configured value is redundant", changedDefaults(), changedDefaults(), sets(yes(settings.IncludeInTokenScope), text(settings.Access, users)),
			sets(yes(settings.IncludeInTokenScope), text(settings.Access, users)),
		},
		{"configured and live", changedDefaults(), changedDefaults(access(everyone)), sets(text(settings.Access, everyone)), sets(text(settings.Access, everyone))},
		{"the configured value is now as for all", changedDefaults(), changedDefaults(), sets(text(settings.Access, everyone)), sets(text(settings.Access, users))},
		{
			"the configured value is now a third value", changedDefaults(), changedDefaults(access(unguarded)),
			sets(text(settings.Access, everyone)), sets(text(settings.Access, unguarded)),
		},
		{"all was configured", changedDefaults(), changedDefaults(), to(allSettings()), to(each(func(row *settings.Row) settings.Value { return row.Default }))},
		{"an order that is not configured", changedDefaults(), changedDefaults(order("7")), nil, nil},
		{"an order for all", changedDefaults(order("1")), changedDefaults(order("7")), nil, sets(text(settings.GUIOrder, "7"))},
		{"the order for all", changedDefaults(order("1")), changedDefaults(order("1")), nil, nil},
		{"an order for one", changedDefaults(), changedDefaults(order("7")), sets(text(settings.GUIOrder, "1")), sets(text(settings.GUIOrder, "7"))},
		{"the order for one", changedDefaults(), changedDefaults(order("1")), sets(text(settings.GUIOrder, "1")), sets(text(settings.GUIOrder, "1"))},
		{"guarded though wanted as found", changedDefaults(access(unguarded)), changedDefaults(access(users)), nil, nil},
		{"unguarded as found", changedDefaults(access(unguarded)), changedDefaults(access(unguarded)), nil, nil},
		{"opened though wanted as found", changedDefaults(access(unguarded)), changedDefaults(access(everyone)), nil, sets(text(settings.Access, everyone))},
		{"unguarded though wanted guarded", changedDefaults(), changedDefaults(access(unguarded)), nil, sets(text(settings.Access, unguarded))},
		{
			"one wanted as found, guarded", changedDefaults(), changedDefaults(access(users)),
			sets(text(settings.Access, unguarded)), sets(text(settings.Access, unguarded)),
		},
		{
			"one wanted as found among open ones, guarded", changedDefaults(access(everyone)), changedDefaults(access(users)), sets(text(settings.Access, unguarded)),
			sets(text(settings.Access, unguarded)),
		},
		{
			"one wanted as found, opened", changedDefaults(), changedDefaults(access(everyone)),
			sets(text(settings.Access, unguarded)), sets(text(settings.Access, everyone)),
		},
		{
			"one wanted guarded among as found, unguarded", changedDefaults(access(unguarded)), changedDefaults(access(unguarded)), sets(text(settings.Access, users)),
			sets(text(settings.Access, unguarded)),
		},
	} {
		var before Override
		if test.prior != nil {
			before = *test.prior
		}
		wantPatch(t, test.what, DiffSettings(test.base, test.live, test.prior), test.want)
		if test.prior != nil && !reflect.DeepEqual(*test.prior, before) {
			t.Errorf("%s: the prior patch was changed", test.what)
		}
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// candidates returns the values that a live setting may have.
func candidates(row *settings.Row) []settings.Value {
	values := append(settingstest.Samples(row), row.Default)
	if row.Kind == settings.KindBool || row.Kind == settings.KindChoice {
		return values
	}
	return append(values, settings.Value{})
}

func randomSettings(r *rand.Rand) (s authz.Settings) {
	for _, row := range settings.Rows() {
		row.Set(&s, pick(r, candidates(&row)...))
	}
	return s
}

// randomPatch sets each setting half of the time. It never sets one to the value that
// keeps the live one: a configuration leaves the setting out.
func randomPatch(r *rand.Rand) Override {
	var p Override
	for id, row := range settings.Rows() {
		if v := pick(r, candidates(&row)...); r.IntN(2) == 0 && !row.Keeps(v) {
			p.Set(settings.ID(id), v)
		}
	}
	return p
}

// random is seeded anew in every run; the seed is in the log of a failed test.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func TestDeviationProperties(t *testing.T) {
	r := random(t)
	for range 5000 {
		base, live := randomSettings(r), randomSettings(r)
		var prior *Override
		if r.IntN(3) > 0 {
			prior = to(randomPatch(r))
		}
		d := DiffSettings(base, live, prior)
		said := Override{}
		if d != nil {
			said = *d
		}
		if !SameSettings(said.Apply(base), live) {
			t.Fatalf("base %+v, live %+v, prior %s: %s over base is not what is live", base, live, show(prior), show(d))
		}
		wantPatch(t, fmt.Sprintf("a second time: base %+v, live %+v, prior %s", base, live, show(prior)), DiffSettings(base, live, d), d)
		if prior == nil {
			continue
		}
		is := prior.Apply(base)
		if is.Access == authz.AccessUnguarded && r.IntN(2) == 0 {
			is.Access = authz.AccessUserTypes
		}
		if is.GUIOrder == "" {
			is.GUIOrder = "9"
		}
		wantPatch(t, fmt.Sprintf("as wanted: base %+v, live %+v", base, is), DiffSettings(base, is, prior), prior)
		if t.Failed() {
			return
		}
	}
}

func scope(name string, changes ...func(*authz.Settings)) authz.Scope {
	return authz.Scope{Name: name, Settings: changedDefaults(changes...)}
}

func TestCommon(t *testing.T) {
	const everyone, unguarded = authz.AccessEveryone, authz.AccessUnguarded
	hidden := func(s *authz.Settings) { s.DisplayOnConsentScreen = false }
	captioned := func(s *authz.Settings) { s.ConsentScreenText = "text" }
	for _, test := range []struct {
		what       string
		scopes     []authz.Scope
		base       authz.Settings
		exceptions map[string]Override
	}{
		{"no scopes", nil, changedDefaults(), map[string]Override{}},
		{"one", []authz.Scope{scope("a", access(everyone), hidden)}, changedDefaults(hidden), map[string]Override{"a": *sets(text(settings.Access, everyone))}},
		{
			"the most, attribute by attribute",
			[]authz.Scope{scope("a", hidden), scope("b", hidden, captioned), scope("c", access(everyone))},
			changedDefaults(hidden),
			map[string]Override{"b": *sets(text(settings.ConsentScreenText, "text")), "c": *sets(yes(settings.DisplayOnConsentScreen), text(settings.Access, everyone))},
		},
		{
			"ties: the smaller value, true before false, the narrower access",
			[]authz.Scope{scope("a", hidden, captioned), scope("b", access(everyone))},
			changedDefaults(),
			map[string]Override{"a": *sets(no(settings.DisplayOnConsentScreen), text(settings.ConsentScreenText, "text")), "b": *sets(text(settings.Access, everyone))},
		},
		{"orders are left as they are", []authz.Scope{scope("a", order("1")), scope("b", order("1"))}, changedDefaults(), map[string]Override{}},
		{
			"a guarded scope among unguarded scopes is an override",
			[]authz.Scope{scope("a", access(unguarded)), scope("b", access(unguarded)), scope("bb", access(unguarded)), scope("c"), scope("d", hidden)},
			changedDefaults(access(unguarded)),
			map[string]Override{
				"c": *sets(text(settings.Access, authz.AccessUserTypes)),
				"d": *sets(no(settings.DisplayOnConsentScreen), text(settings.Access, authz.AccessUserTypes)),
			},
		},
		{
			"an unguarded one among guarded ones",
			[]authz.Scope{scope("a"), scope("b"), scope("c", access(unguarded))},
			changedDefaults(),
			map[string]Override{"c": *sets(text(settings.Access, unguarded))},
		},
	} {
		base, exceptions := MostCommon(test.scopes)
		if !settings.Equal(base, test.base) {
			t.Errorf("%s: base %+v, want %+v", test.what, base, test.base)
		}
		if got, want := slices.Sorted(maps.Keys(exceptions)), slices.Sorted(maps.Keys(test.exceptions)); !slices.Equal(got, want) {
			t.Errorf("%s: exceptions for %v, want %v", test.what, got, want)
		}
		for name, want := range test.exceptions {
			wantPatch(t, test.what+": "+name, to(exceptions[name]), &want)
		}
	}
}

// What Common says is what is live, word for word, whatever the order of the
// scopes; no exception repeats the base; it opens nothing for all; and no other
// base has fewer of any other field.
func TestCommonProperties(t *testing.T) {
	r := random(t)
	for range 2000 {
		scopes := make([]authz.Scope, 1+r.IntN(12))
		for i := range scopes {
			scopes[i] = authz.Scope{Name: fmt.Sprint(i), Settings: randomSettings(r)}
		}
		base, exceptions := MostCommon(scopes)
		said := map[settings.ID]int{}
		for _, s := range scopes {
			p := exceptions[s.Name]
			got, live := p.Apply(base), s.Settings
			for _, row := range settings.Rows() {
				if row.NullKeeps {
					row.Set(&got, settings.Value{})
					row.Set(&live, settings.Value{})
				}
			}
			if !settings.Equal(got, live) {
				t.Fatalf("%+v: the base and %s make %+v", live, show(&p), got)
			}
			for id := range settings.Rows() {
				v, ok := p.Get(settings.ID(id))
				if !ok {
					continue
				}
				said[settings.ID(id)]++
				if one := sets(entry{settings.ID(id), v}); settings.Equal(one.Apply(base), base) {
					t.Fatalf("%s repeats the base %+v", show(one), base)
				}
			}
		}
		if base.Access == authz.AccessEveryone {
			t.Fatalf("every scope that is added later would be open: %+v", base)
		}
		delete(said, settings.Access)
		for id, n := range said {
			row, values := settings.Rows()[id], map[string]int{}
			for _, s := range scopes {
				values[row.Format(row.Get(s.Settings))]++
			}
			if most := slices.Max(slices.Collect(maps.Values(values))); n != len(scopes)-most {
				t.Fatalf("%s is an override of %d of %d scopes, and %d have the same", row.Name, n, len(scopes), most)
			}
		}
		r.Shuffle(len(scopes), func(i, j int) { scopes[i], scopes[j] = scopes[j], scopes[i] })
		if again, exceptionsAgain := MostCommon(scopes); !settings.Equal(again, base) || !reflect.DeepEqual(exceptionsAgain, exceptions) {
			t.Fatalf("in another order: %+v %v, was %+v %v", again, exceptionsAgain, base, exceptions)
		}
	}
}
