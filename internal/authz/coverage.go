package authz

import (
	"slices"
	"strings"
)

// Mapper is a protocol mapper of a scope. It adds claims to tokens.
type Mapper struct {
	Name   string
	Type   string
	Config map[string]string // without secrets
}

// Prefix returns the beginning of all names that a parameterized scope puts into tokens, or ""
// for any other scope.
func (s Scope) Prefix() string {
	if !s.Parameterized {
		return ""
	}
	return s.Name + ":"
}

// Cover is a parameterized scope that puts the names of other scopes into tokens. A client that
// requests one of these names gets it from the parameterized scope, also for users who do not
// have the scope of that name.
type Cover struct {
	Scope string   // name of the parameterized scope
	Names []string // sorted
}

// Covers returns the parameterized scopes that grant some of the names to users who do not have
// the scope of that name, sorted. A name that the server does not have counts as a scope that no
// user has.
func (l *Snapshot) Covers(names []string) []Cover {
	var covers []Cover
	for _, s := range l.Scopes {
		prefix := s.Prefix()
		if prefix == "" {
			continue
		}
		var covered []string
		for _, name := range NameSet(names...) {
			if len(name) > len(prefix) && strings.HasPrefix(name, prefix) && l.widens(s, name) {
				covered = append(covered, name)
			}
		}
		if len(covered) > 0 {
			covers = append(covers, Cover{Scope: s.Name, Names: covered})
		}
	}
	return covers
}

// widens reports whether users who do not have the scope with the name get it from cover.
func (l *Snapshot) widens(cover Scope, name string) bool {
	s, _ := l.Scope(name)
	if l.open(s) {
		return false
	}
	return cover.Hidden || l.open(cover) || len(removeNames(cover.UserTypes, s.UserTypes))+len(removeNames(cover.ClientRoles, s.ClientRoles)) > 0
}

// open reports whether every user has a scope.
func (l *Snapshot) open(s Scope) bool {
	_, all := l.ReachesEveryone(s)
	return all || s.Settings.Access == AccessEveryone
}

func removeNames(names, removed []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(removed, n) })
}
