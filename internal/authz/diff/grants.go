package diff

import (
	"maps"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Grants maps user types to the names of their scopes.
type Grants map[string][]string

// UserTypes returns the user types, sorted.
func (g Grants) UserTypes() []string { return slices.Sorted(maps.Keys(g)) }

// Lines returns one line `user type: scope` for each grant, sorted.
func (g Grants) Lines() []string {
	var lines []string
	for userType, scopes := range g {
		for _, name := range scopes {
			lines = append(lines, grantLine(userType, name))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func grantLine(userType, scope string) string { return userType + ": " + scope }

// Select returns the grants that have one of the lines.
func (g Grants) Select(lines []string) Grants {
	has := map[string]bool{}
	for _, line := range lines {
		has[line] = true
	}
	found := Grants{}
	for userType, scopes := range g {
		for _, name := range scopes {
			if has[grantLine(userType, name)] {
				found.Add(userType, name)
			}
		}
	}
	return found
}

// Add grants scopes to a user type.
func (g Grants) Add(userType string, scopes ...string) {
	if len(scopes) > 0 {
		g[userType] = append(g[userType], scopes...)
	}
}

// Subtract returns the grants that other does not have, without user types that have no scopes.
func (g Grants) Subtract(other Grants) Grants {
	left := Grants{}
	for userType, scopes := range g {
		left.Add(userType, Difference(scopes, other[userType])...)
	}
	return left
}

// Normalized returns the grants by the names that Terraform stores. It merges those of user types
// with one normal form.
func (g Grants) Normalized() Grants {
	all := Grants{}
	for userType, scopes := range g {
		name := norm.NFC.String(userType)
		all[name] = append(all[name], scopes...)
	}
	return all
}

// DiffGrants compares planned with live grants, and returns the changes of each user type that
// has any. Of the live grants that are not planned, it revokes only those in revocable.
func DiffGrants(want, live, revocable Grants) map[string]UserType {
	changes := map[string]UserType{}
	for _, userType := range authz.NameSet(slices.Concat(want.UserTypes(), revocable.UserTypes())...) {
		if change := DiffUserType(want[userType], live[userType], revocable[userType]); !change.Empty() {
			changes[userType] = change
		}
	}
	return changes
}
