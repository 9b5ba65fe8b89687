package diff

import (
	"cmp"
	"fmt"
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
//
// Sorted input makes it linear.
func DiffUserType(want, live, revocable []string) UserType {
	want, live, revocable = sortedNames(want), sortedNames(live), sortedNames(revocable)
	held, has, wanted := cursor(live), cursor(live), cursor(want)
	return UserType{
		Grant:  choose(want, func(name string) bool { return !held.reaches(name) }),
		Revoke: choose(revocable, func(name string) bool { return has.reaches(name) && !wanted.reaches(name) }),
	}
}

// Limits lists those of the granted scopes that everyone gets now: the first
// user type takes them from everyone else.
func (c UserType) Limits(live *authz.Snapshot) []string {
	return slices.DeleteFunc(slices.Clone(c.Grant), func(name string) bool {
		s, ok := live.Scope(name)
		return !ok || s.Settings.Access != authz.AccessEveryone
	})
}

// Difference lists, sorted, the names of a that are not in b.
func Difference(a, b []string) []string {
	has := cursor(sortedNames(b))
	return choose(sortedNames(a), func(name string) bool { return !has.reaches(name) })
}

// both lists, sorted, the names of a that are in b too.
func both(a, b []string) []string {
	has := cursor(sortedNames(b))
	return choose(sortedNames(a), has.reaches)
}

// choose lists, each once, those of the sorted names that are wanted.
func choose(names []string, want func(string) bool) []string {
	var chosen []string
	for i, name := range names {
		if (i == 0 || names[i-1] != name) && want(name) {
			chosen = append(chosen, name)
		}
	}
	return chosen
}

// cursor is what is left of a sorted list while one walks beside it.
type cursor []string

// reaches goes on to a name, which is none before the last one asked for, and
// reports whether it is in the list.
func (c *cursor) reaches(name string) bool {
	for len(*c) > 0 && (*c)[0] < name {
		*c = (*c)[1:]
	}
	return len(*c) > 0 && (*c)[0] == name
}

func sortedNames(names []string) []string { return sortedBy(names, cmp.Compare[string]) }

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

// DidYouMean returns the text that follows a name that does not exist: the nearest of those
// that exist, in parentheses, or nothing.
func DidYouMean(name string, there []string) string {
	if near := Nearest(name, there); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}
