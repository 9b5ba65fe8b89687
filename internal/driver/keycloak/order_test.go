package keycloak

import (
	"fmt"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

var allAccess = []authz.Access{authz.AccessEveryone, authz.AccessUserTypes, authz.AccessUnguarded}

// model has the roles that one scope is mapped to, with Keycloak's rule: no role is
// everyone.
type model struct {
	there, guard, role, assigned bool
}

func (m model) open() bool { return m.there && !m.guard && !m.role }

func (m *model) apply(s step) {
	switch s {
	case stepPost:
		m.there = true
	case stepGuard:
		m.guard = true
	case stepAssign:
		m.assigned = true
	case stepUnassign:
		m.assigned = false
	case stepOpen:
		m.guard, m.role = false, false
	}
}

func modelOf(a authz.Access) model {
	return model{there: true, guard: a == authz.AccessUserTypes, role: a == authz.AccessUnguarded}
}

// No prefix of the steps may open a scope that is not wanted open, nor put one
// that is not yet limited where clients get it.
func TestUpdateOrder(t *testing.T) {
	kinds := []authz.AssignedType{"", authz.AssignedNone, authz.AssignedDefault, authz.AssignedOptional}
	for _, current := range allAccess {
		for _, wanted := range allAccess {
			for _, from := range kinds {
				for _, to := range kinds {
					live, want := scope("a"), scope("a")
					live.Settings.Access, want.Settings.Access = current, wanted
					live.Settings.AssignedType, want.Settings.AssignedType = from, to
					name := fmt.Sprintf("%s→%s, %s→%s", current, wanted, from, to)
					steps := updateSteps(live, want, true)
					m := modelOf(current)
					for i, s := range steps {
						wasOpen := m.open()
						m.apply(s)
						if m.open() && !wasOpen && (wanted != authz.AccessEveryone || i != len(steps)-1) {
							t.Errorf("%s: step %d of %v opens it", name, i, steps)
						}
						if s == stepPut && m.open() && current != authz.AccessEveryone {
							t.Errorf("%s: step %d of %v notes that it is open after it is", name, i, steps)
						}
						if m.open() && wanted != authz.AccessEveryone {
							t.Errorf("%s: after step %d of %v it is open", name, i, steps)
						}
					}
					if got := accessAfter(live, want); m.open() != (got == authz.AccessEveryone) || m.guard != (got == authz.AccessUserTypes) {
						t.Errorf("%s: %v ends with %+v, announced as %s", name, steps, m, got)
					}
					if from == to && slices.Contains(steps, stepAssign) {
						t.Errorf("%s: %v", name, steps)
					}
					if from != to && (from == authz.AssignedDefault || from == authz.AssignedOptional) && !slices.Contains(steps, stepUnassign) {
						t.Errorf("%s: %v leaves the other kind set", name, steps)
					}
					if i, j := slices.Index(steps, stepUnassign), slices.Index(steps, stepAssign); i >= 0 && j >= 0 && i > j {
						t.Errorf("%s: %v assigns before it unassigns", name, steps)
					}
				}
			}
		}
	}
}

func TestCreateOrder(t *testing.T) {
	for _, kind := range []authz.AssignedType{"", authz.AssignedNone, authz.AssignedDefault, authz.AssignedOptional} {
		want := scope("a")
		want.Settings.AssignedType = kind
		var m model
		for _, s := range createSteps(want) {
			m.apply(s)
			if m.assigned && m.open() {
				t.Errorf("%s: assigned while open", kind)
			}
		}
		if m.open() || !m.there || m.assigned != (kind == authz.AssignedDefault || kind == authz.AssignedOptional) {
			t.Errorf("%s: ends with %+v", kind, m)
		}
		want.Settings.Access = authz.AccessEveryone
		if slices.Contains(createSteps(want), stepGuard) {
			t.Error("an open scope is guarded")
		}
	}
}

func TestBuiltInIsNeverGuarded(t *testing.T) {
	live := scope("basic")
	live.Settings.Access = authz.AccessEveryone
	for _, wanted := range allAccess {
		want := live
		want.Settings.Access = wanted
		err := updatable("op", live, want)
		if (err == nil) != (wanted != authz.AccessUserTypes) {
			t.Errorf("%s: %v", wanted, err)
		}
		if err == nil && slices.Contains(updateSteps(live, want, true), stepGuard) {
			t.Errorf("%s: guarded", wanted)
		}
	}
}
