package plan

import (
	"cmp"
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
	return UserType{Grant: Without(want, live), Revoke: Without(both(revocable, live), want)}
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
func Without(a, b []string) []string { return choose(a, b, false) }

// both lists, sorted, the names of a that are in b too.
func both(a, b []string) []string { return choose(a, b, true) }

// choose lists, sorted and each once, the names of a that are in b, or are not. It
// walks both in their order, side by side: sorted input makes it linear.
func choose(a, b []string, in bool) []string {
	a, b = sortedBy(a, cmp.Compare[string]), sortedBy(b, cmp.Compare[string])
	var picked []string
	for i, name := range a {
		if i > 0 && a[i-1] == name {
			continue
		}
		for len(b) > 0 && b[0] < name {
			b = b[1:]
		}
		if in == (len(b) > 0 && b[0] == name) {
			picked = append(picked, name)
		}
	}
	return picked
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
