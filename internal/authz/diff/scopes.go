package diff

import (
	"cmp"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Update is one scope before and after a change.
type Update struct {
	Live, Want authz.Scope
}

// Scopes has the changes to a server's scopes, each list sorted by name. They are executed in the
// order of the fields: scopes are limited first and opened last.
type Scopes struct {
	Limit  []Update // limits scopes that every user gets now
	Create []authz.Scope
	Change []Update // neither limits nor opens
	Delete []authz.Scope
	Open   []Update // opens limited scopes to every user
}

// Empty reports whether there is nothing to do.
func (c Scopes) Empty() bool {
	return len(c.Limit)+len(c.Create)+len(c.Change)+len(c.Delete)+len(c.Open) == 0
}

// Names returns the sorted names of the scopes that change.
func (c Scopes) Names() []string {
	names := authz.Names(slices.Concat(c.Create, c.Delete))
	for _, u := range c.Updates() {
		names = append(names, u.Want.Name)
	}
	return authz.NameSet(names...)
}

// Updates returns all changes to scopes that exist before and after, sorted by name.
func (c Scopes) Updates() []Update {
	all := slices.Concat(c.Limit, c.Change, c.Open)
	slices.SortFunc(all, func(a, b Update) int { return cmp.Compare(a.Live.Name, b.Live.Name) })
	return all
}

// DiffScopes compares the planned scopes with the live ones. Of the live scopes that are not
// planned, it deletes only those in deletable, which the plan has shown. Built-in scopes are
// never deleted. If withSettings is false, the server has no settings, and they are not compared.
// A planned scope with an ID is the live scope with that ID, which is renamed if it has another
// name.
//
// It reads the three lists in the order of names at the same time, so that it is linear for
// sorted input. No name is planned twice.
func DiffScopes(want []authz.Scope, live *authz.Snapshot, deletable []string, withSettings bool) Scopes {
	want, deletable = sortedBy(want, authz.ByName), sortedNames(deletable)
	var c Scopes
	if renamed := renamedLive(want, live); len(renamed) > 0 {
		want = c.rename(want, renamed, withSettings)
		deletable = Difference(deletable, oldNames(renamed))
	}
	at := 0
	for i := range live.Scopes {
		l := &live.Scopes[i]
		for len(want) > 0 && want[0].Name < l.Name {
			c.Create, want = append(c.Create, want[0]), want[1:]
		}
		for at < len(deletable) && deletable[at] < l.Name {
			at++
		}
		switch {
		case len(want) > 0 && want[0].Name == l.Name:
			if !SameScope(want[0], *l, withSettings) {
				c.add(Update{Live: *l, Want: want[0]}, withSettings)
			}
			want = want[1:]
		case at < len(deletable) && deletable[at] == l.Name && !l.BuiltIn:
			c.Delete = append(c.Delete, *l)
		}
	}
	c.Create = append(c.Create, want...)
	return c
}

// rename adds the updates of renamed scopes, and returns the other planned scopes.
func (c *Scopes) rename(want []authz.Scope, renamed map[string]authz.Scope, withSettings bool) (others []authz.Scope) {
	for i := range want {
		if live, is := renamed[want[i].Name]; is {
			c.add(Update{Live: live, Want: want[i]}, withSettings)
		} else {
			others = append(others, want[i])
		}
	}
	return others
}

// sortedBy returns the elements in order. It returns all itself if it is sorted.
func sortedBy[T any](all []T, compare func(a, b T) int) []T {
	if slices.IsSortedFunc(all, compare) {
		return all
	}
	return slices.SortedFunc(slices.Values(all), compare)
}

// DiffUpdate returns the change of one scope, in the list where it belongs.
func DiffUpdate(u Update, withSettings bool) Scopes {
	var c Scopes
	if !SameScope(u.Want, u.Live, withSettings) {
		c.add(u, withSettings)
	}
	return c
}

// SameScope reports whether a live scope needs no change.
func SameScope(want, live authz.Scope, withSettings bool) bool {
	return want.Name == live.Name && want.Description == live.Description &&
		(!withSettings || SameSettings(want.Settings, live.Settings))
}

// Opens reports whether an update opens a limited scope to every user.
func (u Update) Opens() bool {
	return u.Want.Settings.Access == authz.AccessEveryone && u.Live.Settings.Access != authz.AccessEveryone
}

// Limits reports whether an update limits a scope that every user gets.
func (u Update) Limits() bool {
	return u.Want.Settings.Access != authz.AccessEveryone && u.Live.Settings.Access == authz.AccessEveryone
}

func (c *Scopes) add(u Update, withSettings bool) {
	switch {
	case withSettings && u.Opens():
		c.Open = append(c.Open, u)
	case withSettings && u.Limits():
		c.Limit = append(c.Limit, u)
	default:
		c.Change = append(c.Change, u)
	}
}
