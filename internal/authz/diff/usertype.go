package diff

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agext/levenshtein"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// UserType has the changes to the scopes of one user type, each list sorted.
type UserType struct {
	Grant  []string
	Revoke []string
}

// Empty reports whether there is nothing to do.
func (c UserType) Empty() bool { return len(c.Grant)+len(c.Revoke) == 0 }

// DiffUserType compares the planned names with the live ones. Of the live names that are not
// planned, it revokes only those in revocable. It is linear for sorted input.
func DiffUserType(want, live, revocable []string) UserType {
	want, live, revocable = sortedNames(want), sortedNames(live), sortedNames(revocable)
	held, has, wanted := cursor(live), cursor(live), cursor(want)
	return UserType{
		Grant:  choose(want, func(name string) bool { return !held.reaches(name) }),
		Revoke: choose(revocable, func(name string) bool { return has.reaches(name) && !wanted.reaches(name) }),
	}
}

// Limits returns the granted scopes that every user gets now. Granting them to a first user type
// limits them.
func (c UserType) Limits(live *authz.Snapshot) []string {
	return slices.DeleteFunc(slices.Clone(c.Grant), func(name string) bool {
		s, ok := live.Scope(name)
		return !ok || s.Settings.Access != authz.AccessEveryone
	})
}

// Difference returns the names of a that are not in b, sorted.
func Difference(a, b []string) []string {
	has := cursor(sortedNames(b))
	return choose(sortedNames(a), func(name string) bool { return !has.reaches(name) })
}

// intersect returns the names of a that are also in b, sorted.
func intersect(a, b []string) []string {
	has := cursor(sortedNames(b))
	return choose(sortedNames(a), has.reaches)
}

// choose returns the sorted names for which want returns true, without duplicates.
func choose(names []string, want func(string) bool) []string {
	var chosen []string
	for i, name := range names {
		if (i == 0 || names[i-1] != name) && want(name) {
			chosen = append(chosen, name)
		}
	}
	return chosen
}

// cursor is the rest of a sorted list during a walk through it.
type cursor []string

// reaches advances to a name and reports whether the list has it. Names must be passed in
// ascending order.
func (c *cursor) reaches(name string) bool {
	for len(*c) > 0 && (*c)[0] < name {
		*c = (*c)[1:]
	}
	return len(*c) > 0 && (*c)[0] == name
}

func sortedNames(names []string) []string { return sortedBy(names, cmp.Compare[string]) }

// Nearest returns the candidate that is most similar to a name, or "" if more than a third of the
// name's characters differ from each candidate.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", len(name)/3+1
	for _, c := range candidates {
		if d := levenshtein.Distance(name, c, nil); d < bestDistance || d == bestDistance && best != "" && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// DidYouMean returns a suffix for a message about a name that does not exist: the nearest
// existing name in parentheses, or "".
func DidYouMean(name string, there []string) string {
	if near := Nearest(name, there); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}
