package walk

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what two intents disagree about.
type Kind int

// Kinds of conflicts.
const (
	ManagedTwice   Kind = iota // two resources manage the scope
	RemovedAndKept             // one resource deletes or revokes the scope, another keeps it
	DeletedAndUsed             // one resource deletes the scope, a user type or client lists it
	RenamedAndHeld             // one resource renames the scope, a holder keeps it without listing the new name
	OpenAndGranted             // one resource opens the scope to everyone, a user type lists it
)

// Conflict is a contradiction between the intents of two resources.
type Conflict struct {
	Kind    Kind
	Scope   string
	NewName string // of a rename
	Holder  string // title of the holder, for RenamedAndHeld, OpenAndGranted and a covered user type
	// Remover and Keeper are the types of the two resources, for RemovedAndKept.
	Remover, Keeper string
}

func (c Conflict) compare(d Conflict) int {
	return cmp.Or(cmp.Compare(c.Kind, d.Kind), strings.Compare(c.Scope, d.Scope), strings.Compare(c.NewName, d.NewName), strings.Compare(c.Holder, d.Holder),
		strings.Compare(c.Remover, d.Remover), strings.Compare(c.Keeper, d.Keeper))
}

// Scopes returns the sorted scopes of the conflicts of one kind.
func Scopes(conflicts []Conflict, kind Kind) []string {
	var names []string
	for _, c := range conflicts {
		if c.Kind == kind {
			names = append(names, c.Scope)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// scopeKey identifies one scope of a holder.
type scopeKey struct {
	Holder
	scope string
}

// effect is what the intent with the ID does to one scope.
type effect struct {
	id   string
	kind effectKind
}

type effectKind int

// Effects on the scopes of the owner (keeps, removes), and on those of the server.
const (
	keeps   effectKind = iota // the owner has the scope after the apply
	removes                   // the apply deletes or revokes it
	uses                      // a client lists it
	grants                    // a user type lists it
	holds                     // a user type or client has it or lists it
	renames
	opens
)

// eachEffect calls do for each scope that the intent has an effect on. An incomplete
// intent has no effects.
func (in Intent) eachEffect(do func(scopeKey, effectKind)) {
	if in.Unknown {
		return
	}
	all := func(owner Holder, kind effectKind, names []string) {
		for _, name := range names {
			do(scopeKey{owner, name}, kind)
		}
	}
	server := Server(in.Owner.Server)
	all(in.Owner, keeps, in.Keep)
	all(in.Owner, removes, in.Remove)
	all(server, opens, in.Open)
	for old := range in.Rename {
		do(scopeKey{server, old}, renames)
	}
	switch in.Owner.Kind {
	case KindUserType:
		all(server, grants, in.Keep)
	case KindClient:
		all(server, uses, in.Keep)
	default:
		return
	}
	all(server, holds, in.Keep)
	all(server, holds, in.Has)
}

// conflicts returns the conflicts of a new intent with the recorded ones.
func (w *Walk) conflicts(in Intent) []Conflict {
	found := append(w.managedTwice(in), w.coveredTwice(in)...)
	in.eachEffect(func(key scopeKey, kind effectKind) {
		for _, other := range w.effects[key] {
			there := w.intents[other.id]
			if c, is := contradiction(key.scope, kind, in, other.kind, there); is {
				found = append(found, c)
			} else if c, is := contradiction(key.scope, other.kind, there, kind, in); is {
				found = append(found, c)
			}
		}
	})
	return found
}

// contradiction reports whether an effect of one intent on a scope contradicts an effect
// of another intent. It knows each pair in one order only.
func contradiction(scope string, kind effectKind, in Intent, other effectKind, there Intent) (Conflict, bool) {
	switch {
	case kind == keeps && other == removes:
		return Conflict{Kind: RemovedAndKept, Scope: scope, Remover: there.Resource, Keeper: in.Resource}, true
	case (kind == uses || kind == grants) && other == removes:
		return Conflict{Kind: DeletedAndUsed, Scope: scope}, true
	case kind == holds && other == renames && in.keepsRenamed(scope, there.Rename[scope]):
		return Conflict{Kind: RenamedAndHeld, Scope: scope, NewName: there.Rename[scope], Holder: in.Title}, true
	case kind == grants && other == opens:
		return Conflict{Kind: OpenAndGranted, Scope: scope, Holder: in.Title}, true
	}
	return Conflict{}, false
}

// coveredTwice returns the scopes of user types that one of the new intent and a recorded
// one lists, and that the other one manages with all user types.
func (w *Walk) coveredTwice(in Intent) []Conflict {
	var found []Conflict
	compare := func(all, one Intent) {
		if one.Owner.Kind != KindUserType || one.Owner.Server != all.Owner.Server || !all.Covers(one.Owner.Name) {
			return
		}
		for _, name := range one.names() {
			if all.Filter.Manages(name) {
				found = append(found, Conflict{Kind: ManagedTwice, Scope: name, Holder: one.Title})
			}
		}
	}
	switch in.Owner.Kind {
	case KindUserTypes:
		for _, one := range w.intents {
			compare(in, one)
		}
	case KindUserType:
		for _, id := range w.filters[Holder{Server: in.Owner.Server, Kind: KindUserTypes}] {
			compare(w.intents[id], in)
		}
	}
	return found
}

// managedTwice returns the scopes that the new intent and a recorded one manage.
func (w *Walk) managedTwice(in Intent) []Conflict {
	var found []Conflict
	add := func(names []string, managed func(string) bool) {
		for _, name := range names {
			if managed(name) {
				found = append(found, Conflict{Kind: ManagedTwice, Scope: name})
			}
		}
	}
	for _, id := range w.filters[in.Owner] {
		other := w.intents[id]
		add(in.names(), other.Filter.Manages)
		if !in.Exact {
			add(other.names(), in.Filter.Manages)
		}
	}
	if in.Exact {
		add(in.names(), func(name string) bool { return len(w.exact[in.Owner][name]) > 0 })
		return found
	}
	for name, ids := range w.exact[in.Owner] {
		if len(ids) > 0 && in.Filter.Manages(name) {
			found = append(found, Conflict{Kind: ManagedTwice, Scope: name})
		}
	}
	return found
}
