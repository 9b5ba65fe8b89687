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

// limited is one scope of a server on which a scope that nothing limits is open
// to everyone, as on Keycloak.
type limited struct {
	scope    authz.Scope     // without access and user types, which follow from limiters
	limiters map[string]bool // user types, and the guard
}

const guard = "(guard)"

func (s *limited) open() bool { return len(s.limiters) == 0 }

func (s *limited) as() authz.Scope {
	is := s.scope
	is.UserTypes = slices.DeleteFunc(slices.Sorted(maps.Keys(s.limiters)), func(l string) bool { return l == guard })
	switch {
	case s.open():
		is.Settings.Access = authz.AccessEveryone
	case s.limiters[guard]:
		is.Settings.Access = authz.AccessUserTypes
	default:
		is.Settings.Access = authz.AccessUnguarded
	}
	return is
}

// model is a server; each change calls observe after each of its steps.
type model struct {
	scopes  map[string]*limited
	observe func(step string)
}

func (m *model) listing() *authz.Snapshot {
	l := &authz.Snapshot{}
	for _, name := range slices.Sorted(maps.Keys(m.scopes)) {
		l.Scopes = append(l.Scopes, m.scopes[name].as())
	}
	return l
}

func (m *model) create(want authz.Scope) {
	s := &limited{scope: want, limiters: map[string]bool{}}
	if want.Settings.Access == authz.AccessUserTypes {
		s.limiters[guard] = true
	}
	m.scopes[want.Name] = s
	m.observe("create " + want.Name)
}

// update is what authz.ScopeWriter says: closing before, opening after,
// everything else. "unguarded" leaves access as it is, but never open.
func (m *model) update(u Update) {
	s, to := m.scopes[u.Live.Name], u.Want.Settings.Access
	if to == authz.AccessUserTypes || to == authz.AccessUnguarded && s.open() {
		s.limiters[guard] = true
		m.observe("close " + u.Live.Name)
	}
	order := s.scope.Settings.GUIOrder
	s.scope.Description, s.scope.Settings = u.Want.Description, u.Want.Settings
	if u.Want.Settings.GUIOrder == "" {
		s.scope.Settings.GUIOrder = order
	}
	m.observe("write " + u.Live.Name)
	if to == authz.AccessEveryone {
		clear(s.limiters)
		m.observe("open " + u.Live.Name)
	}
}

// carryOut is the order that Scopes documents.
func (m *model) carryOut(c Scopes) {
	for _, u := range c.Limit {
		m.update(u)
	}
	for _, s := range c.Create {
		m.create(s)
	}
	for _, u := range c.Change {
		m.update(u)
	}
	for _, s := range c.Delete {
		delete(m.scopes, s.Name)
		m.observe("delete " + s.Name)
	}
	for _, u := range c.Open {
		m.update(u)
	}
}

// carryOutFor is what authz.UserTypeScopes says: grants before revokes, and the
// guard before each of those.
func (m *model) carryOutFor(userType string, c UserType) {
	for _, name := range c.Grant {
		m.scopes[name].limiters[userType] = true
		m.observe("grant " + name)
	}
	for _, name := range c.Revoke {
		m.scopes[name].limiters[guard] = true
		m.observe("guard " + name)
		delete(m.scopes[name].limiters, userType)
		m.observe("revoke " + name)
	}
}

// universe are all names that occur: some ignored, some built in.
func universe() []string {
	var names []string
	for _, prefix := range []string{"a", "b", "legacy", "builtin"} {
		for i := range 6 {
			names = append(names, fmt.Sprintf("%s:%d", prefix, i))
		}
	}
	return names
}

func isBuiltIn(name string) bool { return name[:2] == "bu" }

func randomModel(r *rand.Rand) *model {
	m := &model{scopes: map[string]*limited{}, observe: func(string) {}}
	for _, name := range universe() {
		if r.IntN(3) == 0 {
			continue
		}
		s := &limited{
			scope:    authz.Scope{Name: name, ID: name, Description: pick(r, "", "x", "y"), Settings: randomSettings(r), BuiltIn: isBuiltIn(name)},
			limiters: map[string]bool{},
		}
		for _, limiter := range []string{guard, "child", "educator"} {
			// A built-in scope never gets a guard role.
			if r.IntN(3) == 0 && !(s.scope.BuiltIn && limiter == guard) {
				s.limiters[limiter] = true
			}
		}
		m.scopes[name] = s
	}
	return m
}

// randomWant is what a configuration may say with that server in view.
func randomWant(r *rand.Rand, live *authz.Snapshot, f Filter) []authz.Scope {
	var want []authz.Scope
	for _, name := range universe() {
		l, exists := live.Scope(name)
		if !f.Manages(name) || r.IntN(2) == 0 || isBuiltIn(name) && !exists {
			continue
		}
		w := authz.Scope{Name: name, Description: pick(r, "", "x", "y"), Settings: randomSettings(r)}
		switch {
		case exists && r.IntN(4) == 0: // as it is
			w.Description, w.Settings = l.Description, l.Settings
		case isBuiltIn(name): // drivers refuse another access
			w.Settings.Access = l.Settings.Access
		case !exists && w.Settings.Access == authz.AccessUnguarded: // a scope that does not exist cannot be planned as unguarded
			w.Settings.Access = authz.AccessUserTypes
		}
		want = append(want, w)
	}
	r.Shuffle(len(want), func(i, j int) { want[i], want[j] = want[j], want[i] })
	return want
}

func randomNames(r *rand.Rand, of func(string) bool) []string {
	var names []string
	for _, name := range universe() {
		for of(name) && r.IntN(2) == 0 {
			names = append(names, name) // also twice
		}
	}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// observer verifies the promise after each step: no scope is opened in between, and when a scope
// is opened, all scopes that the plan limits are limited.
type observer struct {
	t         *testing.T
	m         *model
	was       map[string]bool // open at the last step
	mayBeOpen map[string]bool // open before, or to be open
	log       []string
	opened    bool
}

func observe(t *testing.T, m *model, want []authz.Scope) {
	t.Helper()
	o := &observer{t: t, m: m, was: map[string]bool{}, mayBeOpen: map[string]bool{}}
	for name, s := range m.scopes {
		o.was[name], o.mayBeOpen[name] = s.open(), s.open()
	}
	for _, w := range want {
		if w.Settings.Access == authz.AccessEveryone {
			o.mayBeOpen[w.Name] = true
		}
	}
	m.observe = o.step
}

func (o *observer) step(step string) {
	o.log = append(o.log, step)
	for name, s := range o.m.scopes {
		was, existed := o.was[name]
		switch {
		case s.open() && !o.mayBeOpen[name]:
			o.t.Fatalf("after %v: %s is open, which it was not before and must not become", o.log, name)
		case existed && was && !s.open() && o.opened:
			o.t.Fatalf("after %v: %s is closed when something was opened already", o.log, name)
		case existed && !was && s.open():
			o.opened = true
		}
		o.was[name] = s.open()
	}
}

func TestDiffScopesProperties(t *testing.T) {
	r := random(t)
	for range 4000 {
		m := randomModel(r)
		f := NewFilter(pick(r, nil, []string{"a:*", "b*"}, []string{"*:?"}), []string{"legacy:*"})
		before := m.listing()
		want := randomWant(r, before, f)
		deletable := randomNames(r, f.Manages)
		observe(t, m, want)

		c := DiffScopes(want, before, deletable, true)
		m.carryOut(c)
		after := m.listing()
		wantResult(t, before, after, want, deletable, f)
		if again := DiffScopes(want, after, deletable, true); !again.Empty() {
			t.Fatalf("a second time there is still to do: %+v", again)
		}
		r.Shuffle(len(want), func(i, j int) { want[i], want[j] = want[j], want[i] })
		slices.Reverse(deletable)
		if other := DiffScopes(want, before, deletable, true); !reflect.DeepEqual(other, c) {
			t.Fatalf("in another order of inputs:\n%+v, was\n%+v", other, c)
		}
		wantOrder(t, c)
	}
}

// wantResult compares each scope before and after with the plan.
func wantResult(t *testing.T, before, after *authz.Snapshot, want []authz.Scope, deletable []string, f Filter) {
	t.Helper()
	wanted := map[string]authz.Scope{}
	for _, w := range want {
		wanted[w.Name] = w
	}
	for _, name := range universe() {
		was, existed := before.Scope(name)
		is, exists := after.Scope(name)
		w, isWanted := wanted[name]
		switch {
		case isWanted && (!exists || !SameScope(w, is, true)):
			t.Fatalf("%s is %+v, want %+v", name, is, w)
		case isWanted && existed && w.Settings.GUIOrder == "" && is.Settings.GUIOrder != was.Settings.GUIOrder:
			t.Fatalf("%s lost its order", name)
		case isWanted:
		case f.Manages(name) && existed && !was.BuiltIn && slices.Contains(deletable, name):
			if exists {
				t.Fatalf("%s is still there", name)
			}
		case existed != exists || !reflect.DeepEqual(is, was):
			t.Fatalf("%s must not change: %+v, was %+v", name, is, was)
		}
	}
}

// wantOrder verifies that each change is in the right list.
func wantOrder(t *testing.T, c Scopes) {
	t.Helper()
	const everyone = authz.AccessEveryone
	for place, updates := range map[string][]Update{"close": c.Limit, "change": c.Change, "open": c.Open} {
		for _, u := range updates {
			does := "change"
			if is, becomes := u.Live.Settings.Access == everyone, u.Want.Settings.Access == everyone; is && !becomes {
				does = "close"
			} else if !is && becomes {
				does = "open"
			}
			if does != place {
				t.Fatalf("%+v must be %s, and is %s", u, place, does)
			}
		}
		if !slices.IsSortedFunc(updates, func(a, b Update) int { return authz.ByName(a.Live, b.Live) }) {
			t.Fatalf("%s is not sorted: %+v", place, updates)
		}
	}
	if !slices.IsSortedFunc(c.Create, authz.ByName) || !slices.IsSortedFunc(c.Delete, authz.ByName) {
		t.Fatalf("not sorted: %+v, %+v", c.Create, c.Delete)
	}
}

// Without settings nothing is done for their sake.
func TestDiffScopesWithoutSettingsProperties(t *testing.T) {
	r := random(t)
	for range 1000 {
		live := randomModel(r).listing()
		want := randomWant(r, live, Filter{})
		c := DiffScopes(want, live, nil, false)
		if len(c.Limit)+len(c.Open)+len(c.Delete) > 0 {
			t.Fatalf("closes, opens or deletes: %+v", c)
		}
		changed := map[string]bool{}
		for _, u := range c.Change {
			changed[u.Want.Name] = true
		}
		for _, w := range want {
			if l, exists := live.Scope(w.Name); exists && changed[w.Name] != (w.Description != l.Description) {
				t.Fatalf("%+v with %+v there: changed %t", w, l, changed[w.Name])
			}
		}
	}
}

func TestDiffUserTypeProperties(t *testing.T) {
	const userType = "child"
	r := random(t)
	for range 4000 {
		m := randomModel(r)
		before := m.listing()
		exists := func(name string) bool { return m.scopes[name] != nil }
		live := names(before.ScopesOf(userType))
		want, revocable := randomNames(r, exists), randomNames(r, func(string) bool { return true })
		c := DiffUserType(want, live, revocable)

		var takes []string
		for _, name := range c.Grant {
			if m.scopes[name].open() {
				takes = append(takes, name)
			}
		}
		if got := c.Limits(before); !slices.Equal(got, takes) {
			t.Fatalf("Limits: %v, want %v", got, takes)
		}
		observe(t, m, nil)
		m.carryOutFor(userType, c)
		after := m.listing()
		kept := Difference(live, revocable)
		expected := Difference(append(slices.Clone(want), kept...), nil)
		if got := names(after.ScopesOf(userType)); !slices.Equal(got, expected) {
			t.Fatalf("%v, want %v: wanted %v, there %v, revocable %v", got, expected, want, live, revocable)
		}
		if again := DiffUserType(want, names(after.ScopesOf(userType)), revocable); !again.Empty() {
			t.Fatalf("a second time there is still to do: %+v", again)
		}
		for _, s := range before.Scopes {
			if is, _ := after.Scope(s.Name); !slices.Contains(c.Grant, s.Name) && !slices.Contains(c.Revoke, s.Name) && !reflect.DeepEqual(is, s) {
				t.Fatalf("%s must not change: %+v, was %+v", s.Name, is, s)
			}
		}
		if !slices.IsSorted(c.Grant) || !slices.IsSorted(c.Revoke) {
			t.Fatalf("not sorted: %+v", c)
		}
	}
}

func names(scopes []authz.Scope) []string {
	list := make([]string, len(scopes))
	for i, s := range scopes {
		list[i] = s.Name
	}
	return list
}
