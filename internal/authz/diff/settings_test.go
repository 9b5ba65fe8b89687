package diff

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

var accesses = []authz.Access{authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded}

func to[T any](v T) *T { return &v }

// settings are the defaults with changes.
func settings(changes ...func(*authz.Settings)) authz.Settings {
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

// show writes what pointers point to.
func show(p *Patch) string {
	if p == nil {
		return "nil"
	}
	text, v := "{", reflect.ValueOf(*p)
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsNil() {
			text += fmt.Sprintf(" %s:%v", v.Type().Field(i).Name, f.Elem())
		}
	}
	return text + " }"
}

func wantPatch(t *testing.T, what string, got, want *Patch) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %s, want %s", what, show(got), show(want))
	}
}

func TestDefaults(t *testing.T) {
	want := authz.Settings{
		DisplayOnConsentScreen: true, IncludeInTokenScope: true, IncludeInOpenIDProviderMetadata: true,
		AssignedType: authz.AssignedNone, Access: authz.AccessUserTypes,
	}
	if got := Defaults(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// everyField says all, and each differently from the defaults.
func everyField() Patch {
	return Patch{
		DisplayOnConsentScreen: to(false), ConsentScreenText: to("text"), IncludeInTokenScope: to(false),
		IncludeInOpenIDProviderMetadata: to(false), GUIOrder: to("7"), AssignedType: to(authz.AssignedOptional), Access: to(authz.AccessEveryone),
	}
}

// only is the patch with one of its fields.
func only(p Patch, field int) Patch {
	var one Patch
	reflect.ValueOf(&one).Elem().Field(field).Set(reflect.ValueOf(p).Field(field))
	return one
}

func TestOver(t *testing.T) {
	base := Defaults()
	if got := (Patch{}).Over(base); got != base {
		t.Errorf("an empty patch made %+v", got)
	}
	p := everyField()
	want := authz.Settings{ConsentScreenText: "text", GUIOrder: "7", AssignedType: authz.AssignedOptional, Access: authz.AccessEveryone}
	if got := p.Over(base); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for i := range reflect.TypeFor[Patch]().NumField() {
		got, want := reflect.ValueOf(only(p, i).Over(base)), reflect.ValueOf(want)
		for j := range got.NumField() {
			if changed := got.Field(j).Interface() != reflect.ValueOf(base).Field(j).Interface(); changed != (i == j) || i == j && !got.Field(j).Equal(want.Field(j)) {
				t.Errorf("a patch of %s made %s %v", reflect.TypeFor[Patch]().Field(i).Name, got.Type().Field(j).Name, got.Field(j))
			}
		}
	}
	if base != Defaults() {
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
	for i := range reflect.TypeFor[Patch]().NumField() {
		field := reflect.TypeFor[Patch]().Field(i).Name
		other := only(everyField(), i).Over(Defaults())
		if got := SameSettings(Defaults(), other); got != (field == "GUIOrder") {
			t.Errorf("%s differs: %t; only an unset order keeps what is there", field, got)
		}
		if SameSettings(other, Defaults()) {
			t.Errorf("%s is wanted and not there, but same", field)
		}
		if !SameSettings(other, other) {
			t.Errorf("%s: not the same as itself", field)
		}
	}
	if !SameSettings(settings(access(authz.AccessUnguarded)), settings(access(authz.AccessUserTypes))) {
		t.Error("a guarded scope is not what \"as found\" wants")
	}
	if SameSettings(settings(access(authz.AccessUserTypes)), settings(access(authz.AccessUnguarded))) {
		t.Error("an unguarded scope passes for a guarded one")
	}
}

func TestDeviation(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	for _, test := range []struct {
		what       string
		base, live authz.Settings
		prior      *Patch
		want       *Patch
	}{
		{"nothing", settings(), settings(), nil, nil},
		{"nothing, and nothing was said", settings(), settings(), &Patch{}, &Patch{}},
		{"all", settings(order("1")), everyField().Over(settings()), nil, to(everyField())},
		{"one, and another was said", settings(), settings(access(everyone)), &Patch{ConsentScreenText: to("")}, &Patch{ConsentScreenText: to(""), Access: to(everyone)}},
		{"what was said is redundant", settings(), settings(), &Patch{IncludeInTokenScope: to(true), Access: to(users)}, &Patch{IncludeInTokenScope: to(true), Access: to(users)}},
		{"what was said holds", settings(), settings(access(everyone)), &Patch{Access: to(everyone)}, &Patch{Access: to(everyone)}},
		{"what was said is now as for all", settings(), settings(), &Patch{Access: to(everyone)}, &Patch{Access: to(users)}},
		{"what was said is now a third", settings(), settings(access(unguarded)), &Patch{Access: to(everyone)}, &Patch{Access: to(unguarded)}},
		{"all was said", settings(), settings(), to(everyField()), &Patch{
			DisplayOnConsentScreen: to(true), ConsentScreenText: to(""), IncludeInTokenScope: to(true),
			IncludeInOpenIDProviderMetadata: to(true), GUIOrder: to(""), AssignedType: to(authz.AssignedNone), Access: to(users),
		}},
		{"an order nobody asked for", settings(), settings(order("7")), nil, nil},
		{"an order for all", settings(order("1")), settings(order("7")), nil, &Patch{GUIOrder: to("7")}},
		{"the order for all", settings(order("1")), settings(order("1")), nil, nil},
		{"an order for one", settings(), settings(order("7")), &Patch{GUIOrder: to("1")}, &Patch{GUIOrder: to("7")}},
		{"the order for one", settings(), settings(order("1")), &Patch{GUIOrder: to("1")}, &Patch{GUIOrder: to("1")}},
		{"guarded though wanted as found", settings(access(unguarded)), settings(access(users)), nil, nil},
		{"unguarded as found", settings(access(unguarded)), settings(access(unguarded)), nil, nil},
		{"opened though wanted as found", settings(access(unguarded)), settings(access(everyone)), nil, &Patch{Access: to(everyone)}},
		{"unguarded though wanted guarded", settings(), settings(access(unguarded)), nil, &Patch{Access: to(unguarded)}},
		{"one wanted as found, guarded", settings(), settings(access(users)), &Patch{Access: to(unguarded)}, &Patch{Access: to(unguarded)}},
		{"one wanted as found among open ones, guarded", settings(access(everyone)), settings(access(users)), &Patch{Access: to(unguarded)}, &Patch{Access: to(unguarded)}},
		{"one wanted as found, opened", settings(), settings(access(everyone)), &Patch{Access: to(unguarded)}, &Patch{Access: to(everyone)}},
		{"one wanted guarded among as found, unguarded", settings(access(unguarded)), settings(access(unguarded)), &Patch{Access: to(users)}, &Patch{Access: to(unguarded)}},
	} {
		var before Patch
		if test.prior != nil {
			before = *test.prior
		}
		wantPatch(t, test.what, Deviation(test.base, test.live, test.prior), test.want)
		if test.prior != nil && *test.prior != before {
			t.Errorf("%s: the prior patch was changed", test.what)
		}
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomSettings(r *rand.Rand) authz.Settings {
	return authz.Settings{
		DisplayOnConsentScreen: pick(r, true, true, false), ConsentScreenText: pick(r, "", "", "a", "b"), IncludeInTokenScope: pick(r, true, false),
		IncludeInOpenIDProviderMetadata: pick(r, true, false), GUIOrder: pick(r, "", "1", "2"),
		AssignedType: pick(r, authz.AssignedNone, authz.AssignedDefault, authz.AssignedOptional), Access: pick(r, accesses...),
	}
}

// randomPatch says each field half of the time. An order is never said as "":
// a configuration leaves it out.
func randomPatch(r *rand.Rand) Patch {
	s := randomSettings(r)
	s.GUIOrder = pick(r, "1", "2", "3")
	p := Patch{&s.DisplayOnConsentScreen, &s.ConsentScreenText, &s.IncludeInTokenScope, &s.IncludeInOpenIDProviderMetadata, &s.GUIOrder, &s.AssignedType, &s.Access}
	for v, i := reflect.ValueOf(&p).Elem(), 0; i < v.NumField(); i++ {
		if r.IntN(2) == 0 {
			v.Field(i).SetZero()
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
		var prior *Patch
		if r.IntN(3) > 0 {
			prior = to(randomPatch(r))
		}
		d := Deviation(base, live, prior)
		said := Patch{}
		if d != nil {
			said = *d
		}
		if !SameSettings(said.Over(base), live) {
			t.Fatalf("base %+v, live %+v, prior %s: %s over base is not what is live", base, live, show(prior), show(d))
		}
		wantPatch(t, fmt.Sprintf("a second time: base %+v, live %+v, prior %s", base, live, show(prior)), Deviation(base, live, d), d)
		if prior == nil {
			continue
		}
		is := prior.Over(base)
		if is.Access == authz.AccessUnguarded && r.IntN(2) == 0 {
			is.Access = authz.AccessUserTypes
		}
		if is.GUIOrder == "" {
			is.GUIOrder = "9"
		}
		wantPatch(t, fmt.Sprintf("as wanted: base %+v, live %+v", base, is), Deviation(base, is, prior), prior)
		if t.Failed() {
			return
		}
	}
}

func scope(name string, changes ...func(*authz.Settings)) authz.Scope {
	return authz.Scope{Name: name, Settings: settings(changes...)}
}

func TestCommon(t *testing.T) {
	const everyone, unguarded = authz.AccessEveryone, authz.AccessUnguarded
	hidden := func(s *authz.Settings) { s.DisplayOnConsentScreen = false }
	text := func(s *authz.Settings) { s.ConsentScreenText = "text" }
	for _, test := range []struct {
		what       string
		scopes     []authz.Scope
		base       authz.Settings
		exceptions map[string]Patch
	}{
		{"no scopes", nil, settings(), map[string]Patch{}},
		{"one", []authz.Scope{scope("a", access(everyone), hidden)}, settings(hidden), map[string]Patch{"a": {Access: to(everyone)}}},
		{
			"the most, attribute by attribute",
			[]authz.Scope{scope("a", hidden), scope("b", hidden, text), scope("c", access(everyone))},
			settings(hidden),
			map[string]Patch{"b": {ConsentScreenText: to("text")}, "c": {DisplayOnConsentScreen: to(true), Access: to(everyone)}},
		},
		{
			"ties: the smaller value, true before false, the narrower access",
			[]authz.Scope{scope("a", hidden, text), scope("b", access(everyone))},
			settings(),
			map[string]Patch{"a": {DisplayOnConsentScreen: to(false), ConsentScreenText: to("text")}, "b": {Access: to(everyone)}},
		},
		{"orders are left as they are", []authz.Scope{scope("a", order("1")), scope("b", order("1"))}, settings(), map[string]Patch{}},
		{
			"a guarded one among unguarded ones is said",
			[]authz.Scope{scope("a", access(unguarded)), scope("b", access(unguarded)), scope("bb", access(unguarded)), scope("c"), scope("d", hidden)},
			settings(access(unguarded)),
			map[string]Patch{"c": {Access: to(authz.AccessUserTypes)}, "d": {DisplayOnConsentScreen: to(false), Access: to(authz.AccessUserTypes)}},
		},
		{
			"an unguarded one among guarded ones",
			[]authz.Scope{scope("a"), scope("b"), scope("c", access(unguarded))},
			settings(),
			map[string]Patch{"c": {Access: to(unguarded)}},
		},
	} {
		base, exceptions := Common(test.scopes)
		if base != test.base {
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

func TestBoolLess(t *testing.T) {
	for _, test := range []struct {
		a, b bool
		want int
	}{{true, true, 0}, {false, false, 0}, {true, false, -1}, {false, true, 1}} {
		if got := boolLess(test.a, test.b); got != test.want {
			t.Errorf("%t, %t: %d, want %d", test.a, test.b, got, test.want)
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
		base, exceptions := Common(scopes)
		said := map[string]int{}
		for _, s := range scopes {
			p := exceptions[s.Name]
			got, live := p.Over(base), s.Settings
			got.GUIOrder, live.GUIOrder = "", ""
			if got != live {
				t.Fatalf("%+v: the base and %s make %+v", live, show(&p), got)
			}
			for i := range reflect.TypeFor[Patch]().NumField() {
				if one := only(p, i); one != (Patch{}) {
					said[reflect.TypeFor[Patch]().Field(i).Name]++
					if one.Over(base) == base {
						t.Fatalf("%s repeats the base %+v", show(&one), base)
					}
				}
			}
		}
		if base.Access == authz.AccessEveryone {
			t.Fatalf("every scope that is added later would be open: %+v", base)
		}
		delete(said, "Access")
		for field, n := range said {
			values := map[any]int{}
			for _, s := range scopes {
				values[reflect.ValueOf(s.Settings).FieldByName(field).Interface()]++
			}
			if most := slices.Max(slices.Collect(maps.Values(values))); n != len(scopes)-most {
				t.Fatalf("%s is said for %d of %d scopes, though %d have the same", field, n, len(scopes), most)
			}
		}
		r.Shuffle(len(scopes), func(i, j int) { scopes[i], scopes[j] = scopes[j], scopes[i] })
		if again, exceptionsAgain := Common(scopes); again != base || !reflect.DeepEqual(exceptionsAgain, exceptions) {
			t.Fatalf("in another order: %+v %v, was %+v %v", again, exceptionsAgain, base, exceptions)
		}
	}
}
