package diff

import "slices"

// ClientNames are the names of the scopes of one client: what it gets without
// asking, and what it may ask for.
type ClientNames struct {
	Default  []string
	Optional []string
}

// All are the names of both kinds, sorted.
func (c ClientNames) All() []string {
	all := slices.Concat(c.Default, c.Optional)
	slices.Sort(all)
	return slices.Compact(all)
}

// Both are the names that are in both kinds, sorted: a client has a scope once.
func (c ClientNames) Both() []string {
	return Difference(c.Default, Difference(c.Default, c.Optional))
}

// Client are the changes to the scopes of one client, each list sorted.
type Client struct {
	Assign   []string
	Move     []string // from one kind to the other
	Unassign []string
}

// Empty reports whether there is nothing to do.
func (c Client) Empty() bool { return len(c.Assign)+len(c.Move)+len(c.Unassign) == 0 }

// DiffClient holds the wanted names against the live ones. Of the live names
// that are not wanted it takes those in takable and no others.
func DiffClient(want, live ClientNames, takable []string) Client {
	moved := slices.Concat(Difference(want.Default, live.Default), Difference(want.Optional, live.Optional))
	return Client{
		Assign:   Difference(want.All(), live.All()),
		Move:     both(moved, live.All()),
		Unassign: both(Difference(takable, want.All()), live.All()),
	}
}
