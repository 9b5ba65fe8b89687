package diff

import (
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// RenameInput describes the scopes of a configuration and those that exist before it.
type RenameInput struct {
	Previous map[string]string // new name => old name, as configured
	// Moved are the scopes that were renamed outside Terraform: the configured name => the name
	// on the server. It has precedence over Previous, because the ID was compared.
	Moved   map[string]string
	Planned map[string]bool // the configured names
	Exist   map[string]bool // the names in state, or on the server for a creation
}

// Renames returns the scopes that are renamed, old name => new name. An entry has an effect
// only if the new name is configured and does not exist, and the old name exists and is
// not configured. The old name of an entry can be the new name of another one: the first
// name that exists counts.
func Renames(in RenameInput) map[string]string {
	renames := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(in.Planned)) {
		if old, found := in.Origin(name); found && !in.Exist[name] {
			renames[old] = name
		}
	}
	return renames
}

// Origin returns the nearest previous name of a scope that exists and is not configured.
func (in RenameInput) Origin(name string) (old string, found bool) {
	old = name
	for range len(in.Previous) + len(in.Moved) {
		next, ok := in.Moved[old]
		if !ok {
			next, ok = in.Previous[old]
		}
		if !ok || in.Planned[next] {
			return "", false
		}
		if old = next; in.Exist[old] {
			return old, true
		}
	}
	return "", false
}

// renamedLive returns the live scopes that have another name in want, by the name in want. A
// scope in want with an ID is the live scope with that ID, whatever its name.
func renamedLive(want []authz.Scope, live *authz.Snapshot) map[string]authz.Scope {
	var names map[string]string // by ID
	for i := range want {
		if want[i].ID == "" {
			continue
		}
		if l, found := live.Scope(want[i].Name); found && l.ID == want[i].ID {
			continue
		}
		if names == nil {
			names = map[string]string{}
		}
		names[want[i].ID] = want[i].Name
	}
	if names == nil {
		return nil
	}
	renamed := map[string]authz.Scope{}
	for _, l := range live.Scopes {
		if name, ok := names[l.ID]; ok {
			renamed[name] = l
		}
	}
	return renamed
}

// oldNames returns the names of renamed scopes on the server.
func oldNames(renamed map[string]authz.Scope) []string {
	return authz.Names(slices.Collect(maps.Values(renamed)))
}
