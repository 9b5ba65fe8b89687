package diff

import "slices"

// ClientNames are the names of the scopes of one client: the default and the optional ones.
type ClientNames struct {
	Default  []string
	Optional []string
}

// All returns the names of both kinds, sorted.
func (c ClientNames) All() []string {
	all := slices.Concat(c.Default, c.Optional)
	slices.Sort(all)
	return slices.Compact(all)
}

// Both returns the names that are in both kinds, sorted. A client can have a scope in one kind
// only.
func (c ClientNames) Both() []string {
	return Difference(c.Default, Difference(c.Default, c.Optional))
}

// Client has the changes to the scopes of one client, each list sorted.
type Client struct {
	Assign   []string
	Move     []string // between default and optional
	Unassign []string
}

// Empty reports whether there is nothing to do.
func (c Client) Empty() bool { return len(c.Assign)+len(c.Move)+len(c.Unassign) == 0 }

// DiffClient compares the planned names with the live ones. Of the live names that are not
// planned, it unassigns only those in removable.
func DiffClient(want, live ClientNames, takable []string) Client {
	moved := slices.Concat(Difference(want.Default, live.Default), Difference(want.Optional, live.Optional))
	return Client{
		Assign:   Difference(want.All(), live.All()),
		Move:     intersect(moved, live.All()),
		Unassign: intersect(Difference(takable, want.All()), live.All()),
	}
}
