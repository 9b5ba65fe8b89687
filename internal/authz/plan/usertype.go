package plan

import (
	"slices"

	"github.com/agext/levenshtein"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// UserType are the changes to the scopes of one user type, each list sorted.
type UserType struct {
	Grant  []string
	Revoke []string
}

// Empty reports whether there is nothing to do.
func (c UserType) Empty() bool { return len(c.Grant)+len(c.Revoke) == 0 }

// DiffUserType holds the wanted names against the live ones. Of the live names
// that are not wanted it revokes those in revocable and no others.
func DiffUserType(want, live, revocable []string) UserType {
	wanted, has := setOf(want), setOf(live)
	var c UserType
	for name := range wanted {
		if !has[name] {
			c.Grant = append(c.Grant, name)
		}
	}
	for name := range setOf(revocable) {
		if has[name] && !wanted[name] {
			c.Revoke = append(c.Revoke, name)
		}
	}
	slices.Sort(c.Grant)
	slices.Sort(c.Revoke)
	return c
}

// Takes lists those of the granted scopes that everyone gets now: the first
// user type takes them from everyone else.
func (c UserType) Takes(live *authz.Listing) []string {
	return slices.DeleteFunc(slices.Clone(c.Grant), func(name string) bool {
		s, ok := live.Scope(name)
		return !ok || s.Settings.Access != authz.AccessEveryone
	})
}

// Without lists, sorted, the names of a that are not in b.
func Without(a, b []string) []string {
	not := setOf(b)
	rest := slices.DeleteFunc(slices.Clone(a), func(n string) bool { return not[n] })
	slices.Sort(rest)
	return slices.Compact(rest)
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// Nearest finds the candidate that is most like a name, "" when none is like
// it: at most a third of the name's characters differ.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", len(name)/3+1
	for _, c := range candidates {
		if d := levenshtein.Distance(name, c, nil); d < bestDistance || d == bestDistance && best != "" && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}
