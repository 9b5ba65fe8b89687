package keycloak

import (
	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// step is one change of one scope. Their order ensures that a scope is never open in
// between.
type step int

const (
	stepPost      step = iota // create the scope without role mappings: no token has it before it is assigned
	stepGuard                 // map the guard role
	stepPut                   // name, description, attributes
	stepAudiences             // add and remove audience mappers
	stepUnassign              // remove it from the scopes of new clients
	stepAssign                // add it to the scopes of new clients
	stepOpen                  // remove every mapping
)

// createSteps returns the steps that create a scope.
func createSteps(want authz.Scope) []step {
	steps := []step{stepPost}
	if want.Settings.Access == authz.AccessUserTypes {
		steps = append(steps, stepGuard)
	}
	if len(want.Settings.IncludedAudiences) > 0 {
		steps = append(steps, stepAudiences)
	}
	if assigned(want) != authz.AssignedNone {
		steps = append(steps, stepAssign)
	}
	return steps
}

// updateSteps returns the steps from live to want. A scope is limited first and opened last.
// put is true if the name, the description or an attribute changes, also the attribute of
// the configured access. A run that stops in between leaves a scope that is mapped to the
// guard role and has the attribute of an open one; see toScope.
func updateSteps(live, want authz.Scope, put bool) []step {
	current, becomes := live.Settings.Access, accessAfter(live, want)
	var steps []step
	if becomes == authz.AccessUserTypes && current != authz.AccessUserTypes {
		steps = append(steps, stepGuard)
	}
	if put {
		steps = append(steps, stepPut)
	}
	if row := &settings.Rows()[settings.IncludedAudiences]; !row.Same(row.Get(want.Settings), row.Get(live.Settings)) {
		steps = append(steps, stepAudiences)
	}
	if assigned(live) != assigned(want) {
		// Keycloak returns 409 for the other kind while one is set.
		if assigned(live) != authz.AssignedNone {
			steps = append(steps, stepUnassign)
		}
		if assigned(want) != authz.AssignedNone {
			steps = append(steps, stepAssign)
		}
	}
	if becomes == authz.AccessEveryone && current != authz.AccessEveryone {
		steps = append(steps, stepOpen)
	}
	return steps
}

// accessAfter returns the access after an update. "unguarded" keeps the present access, but
// not an open one, which is not configured. Built-in scopes are never mapped to the guard
// role.
func accessAfter(live, want authz.Scope) authz.Access {
	switch {
	case want.Settings.Access != authz.AccessUnguarded:
		return want.Settings.Access
	case live.Settings.Access == authz.AccessEveryone && !isBuiltIn(live):
		return authz.AccessUserTypes
	}
	return live.Settings.Access
}

// intendedAfter returns the access for the attribute of the scope.
func intendedAfter(live, want authz.Scope) authz.Access {
	switch after := accessAfter(live, want); {
	case isBuiltIn(live) || after == authz.AccessUnguarded:
		return live.LastAppliedAccess
	case want.Settings.Access == authz.AccessUnguarded && after == live.Settings.Access:
		return live.LastAppliedAccess
	default:
		return after
	}
}

func assigned(s authz.Scope) authz.AssignedType {
	if s.Settings.AssignedType == "" {
		return authz.AssignedNone
	}
	return s.Settings.AssignedType
}

func isBuiltIn(s authz.Scope) bool { return s.BuiltIn || builtIn(s.Name) }
