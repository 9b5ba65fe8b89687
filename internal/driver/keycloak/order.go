package keycloak

import (
	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// step is one change of one scope. The order of steps is what keeps a scope from
// being open in between.
type step int

const (
	stepPost      step = iota // make the scope, bare: nothing can hand it out before it is assigned
	stepGuard                 // map the guard
	stepPut                   // name, description, attributes
	stepAudiences             // add and remove audience mappers
	stepUnassign              // take it off the realm's defaults
	stepAssign                // put it on the realm's defaults
	stepOpen                  // remove every mapping
)

// createSteps make a scope.
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

// updateSteps turn live into want: closing comes first, opening last. put tells
// whether name, description or an attribute changes: also the note of what is
// meant, which is right before a scope opens and after it is closed. In between
// a stopped run leaves a guarded scope that is noted as open; see toScope.
func updateSteps(live, want authz.Scope, put bool) []step {
	is, becomes := live.Settings.Access, accessAfter(live, want)
	var steps []step
	if becomes == authz.AccessUserTypes && is != authz.AccessUserTypes {
		steps = append(steps, stepGuard)
	}
	if put {
		steps = append(steps, stepPut)
	}
	if row := &settings.Rows()[settings.IncludedAudiences]; !row.Same(row.Get(want.Settings), row.Get(live.Settings)) {
		steps = append(steps, stepAudiences)
	}
	if assigned(live) != assigned(want) {
		// Keycloak answers 409 to the other kind while one is set.
		if assigned(live) != authz.AssignedNone {
			steps = append(steps, stepUnassign)
		}
		if assigned(want) != authz.AssignedNone {
			steps = append(steps, stepAssign)
		}
	}
	if becomes == authz.AccessEveryone && is != authz.AccessEveryone {
		steps = append(steps, stepOpen)
	}
	return steps
}

// accessAfter is the access that an update leads to. "unguarded" leaves it as it
// is, but never open: nobody asked for that. Built-in scopes are never guarded.
func accessAfter(live, want authz.Scope) authz.Access {
	switch {
	case want.Settings.Access != authz.AccessUnguarded:
		return want.Settings.Access
	case live.Settings.Access == authz.AccessEveryone && !isBuiltIn(live):
		return authz.AccessUserTypes
	}
	return live.Settings.Access
}

// intendedAfter is the access to note on the scope.
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
