package diff

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// GrantFilter bounds which grants a resource for all user types manages: the grants of scopes
// that Scopes manages to user types that UserTypes manages.
type GrantFilter struct{ Scopes, UserTypes Filter }

// Manages reports whether the resource manages the grant of a scope to a user type.
func (f GrantFilter) Manages(userType, scope string) bool {
	return f.UserTypes.Manages(userType) && f.Scopes.Manages(scope)
}

// Live returns the grants on a server, divided into those that the filter manages and the others.
// A built-in scope is managed only if named has the grant, and is never among the others. The
// guard role is not a user type.
func (f GrantFilter) Live(l *authz.Snapshot, named Grants) (managed, excluded Grants) {
	managed, excluded = Grants{}, Grants{}
	guards := map[string]bool{}
	for _, u := range l.UserTypes {
		guards[u.Name] = u.Guard
	}
	for _, s := range l.Scopes {
		for _, userType := range slices.Concat(s.UserTypes, s.ClientRoles) {
			switch {
			case guards[userType], s.BuiltIn && !slices.Contains(named[userType], s.Name):
			case f.Manages(userType, s.Name):
				managed.Add(userType, s.Name)
			case !s.BuiltIn:
				excluded.Add(userType, s.Name)
			}
		}
	}
	return managed, excluded
}

// AllGrants returns the grants on a server, with those of built-in scopes if builtIn is true.
func AllGrants(l *authz.Snapshot, builtIn bool) Grants {
	named := Grants{}
	for _, s := range l.Scopes {
		for _, userType := range slices.Concat(s.UserTypes, s.ClientRoles) {
			if s.BuiltIn && builtIn {
				named.Add(userType, s.Name)
			}
		}
	}
	all, _ := GrantFilter{}.Live(l, named)
	return all
}

// Managed returns the grants that the filter manages, except those of built-in scopes.
func (f GrantFilter) Managed(l *authz.Snapshot, g Grants) Grants {
	managed := Grants{}
	for userType, scopes := range g {
		for _, name := range scopes {
			if s, _ := l.Scope(name); !s.BuiltIn && f.Manages(userType, name) {
				managed.Add(userType, name)
			}
		}
	}
	return managed
}

// OpenScopes returns the managed scopes that every user gets, sorted.
func (f GrantFilter) OpenScopes(l *authz.Snapshot) []string {
	names := []string{}
	for _, s := range l.Scopes {
		if s.Settings.Access == authz.AccessEveryone && !s.BuiltIn && f.Scopes.Manages(s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}
