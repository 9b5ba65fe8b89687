// Package walk records what the resources of one Terraform walk intend, and reports
// intents that contradict each other.
package walk

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Walk records what the resources of one Terraform walk (a plan, an apply) must
// know of each other. Terraform starts a new provider for every walk. All methods are
// safe for concurrent use.
type Walk struct {
	mu     sync.Mutex
	nonce  string
	lastID int
	claims map[string]Intent // of authoritative resources, by id
	single map[string]string // server id + scope → id of the claim of a single scope

	opened  map[string]bool              // server id + scope: planned for everyone
	listed  map[string]map[string]string // server id → scope → a user type that lists it
	kept    map[string]bool              // server id (and user type or client) + scope: planned to be there
	dropped map[string]bool              // the same: planned to be taken away
	used    map[string]bool              // server id + scope: named by a user type or a client
	renamed map[string]string            // server id + scope: the name it is planned to get
	holders map[string][]Holding         // server id + scope: who has it or is to have it
	leaving map[string][]string          // claim id: what only leaves the state, as its plan said
	going   map[string]Deletion          // claim id: what a destroy of the resource deletes
	written map[string]bool              // server id (and user type) + scope: made, changed or granted by this walk
}

// Sep occurs in no name of a server, a user type or a scope.
const Sep = "\x00"

// Intent lists what one resource manages.
type Intent struct {
	ServerID string
	UserType string // "" for resources about the scopes themselves
	Names    []string
	Filter   diff.Filter
}

// Holding describes a user type or a client: its planned scopes among those that the
// filter manages.
type Holding struct {
	Title  string // such as `user type "educator"`
	Filter diff.Filter
	Names  []string
}

// keeps reports whether a rename of scope old to name would leave the holder with a
// scope that it does not list. A holder that lists the old name does not mean the renamed
// scope. If the filter excludes the old name, only a managed new name counts.
func (h Holding) keeps(old, name string) bool {
	if !h.Filter.Manages(old) {
		return h.Filter.Manages(name) && !slices.Contains(h.Names, name)
	}
	return slices.Contains(h.Names, old) || !slices.Contains(h.Names, name)
}

// New returns the empty record of a new walk.
func New() *Walk {
	return &Walk{
		nonce: rand.Text(), claims: map[string]Intent{}, single: map[string]string{}, opened: map[string]bool{},
		listed: map[string]map[string]string{}, written: map[string]bool{},
		kept: map[string]bool{}, dropped: map[string]bool{}, used: map[string]bool{}, leaving: map[string][]string{}, going: map[string]Deletion{},
		renamed: map[string]string{}, holders: map[string][]Holding{},
	}
}

// RegisterIntent records what an authoritative resource manages. It returns the ID of
// the intent, and the sorted names that another resource manages too. A resource that is
// planned a second time in the same walk (a replacement) passes the ID of its first
// intent. Any other ID is replaced by a new one.
func (w *Walk) RegisterIntent(id string, c Intent) (string, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id = w.ownID(id)
	var overlaps []string
	for otherID, other := range w.claims {
		if otherID == id || other.ServerID != c.ServerID || other.UserType != c.UserType {
			continue
		}
		overlaps = append(overlaps, managed(c.Names, other.Filter)...)
		overlaps = append(overlaps, managed(other.Names, c.Filter)...)
	}
	for key := range w.single {
		if name, here := strings.CutPrefix(key, c.ServerID+Sep); here && c.UserType == "" && c.Filter.Manages(name) {
			overlaps = append(overlaps, name)
		}
	}
	w.claims[id] = c
	slices.Sort(overlaps)
	return id, slices.Compact(overlaps)
}

// RegisterScope does the same for a resource that manages one scope, by its planned name
// and, if it is renamed, by its present name. It returns the first name that another
// resource manages too, or "".
func (w *Walk) RegisterScope(id, serverID string, names ...string) (claimID, taken string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id = w.ownID(id)
	for _, name := range names {
		key := serverID + Sep + name
		other, is := w.single[key]
		is = is && other != id
		for _, c := range w.claims {
			is = is || c.ServerID == serverID && c.UserType == "" && c.Filter.Manages(name)
		}
		if is && taken == "" {
			taken = name
		}
		w.single[key] = id
	}
	return id, taken
}

// ownID returns id if this walk issued it, and else a new ID. A state can hold the ID of
// an earlier walk.
func (w *Walk) ownID(id string) string {
	if w.IssuedID(id) {
		return id
	}
	w.lastID++
	return fmt.Sprintf("%s-%d", w.nonce, w.lastID)
}

// IssuedID reports whether this walk issued the ID of an intent.
func (w *Walk) IssuedID(id string) bool { return strings.HasPrefix(id, w.nonce+"-") }

func managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !f.Manages(n) })
}

// OpenScopes records scopes that are planned for everyone. It returns those that a user
// type of this walk lists, and that user type.
func (w *Walk) OpenScopes(serverID string, names []string) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	contradictions := map[string]string{}
	for _, n := range names {
		w.opened[serverID+Sep+n] = true
		if userType, ok := w.listed[serverID][n]; ok {
			contradictions[n] = userType
		}
	}
	return contradictions
}

// GrantScopes records the scopes that a user type lists. It returns those that this walk
// plans for everyone.
func (w *Walk) GrantScopes(serverID, userType string, names []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listed[serverID] == nil {
		w.listed[serverID] = map[string]string{}
	}
	var contradictions []string
	for _, n := range names {
		w.listed[serverID][n] = userType
		if w.opened[serverID+Sep+n] {
			contradictions = append(contradictions, n)
		}
	}
	return contradictions
}

// ReleaseScopes records the scopes that a plan removes from state only. If the same
// resource is planned a second time to be replaced, its destroy would delete them.
func (w *Walk) ReleaseScopes(id string, names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leaving[id] = names
}

// ReleasedScopes returns what ReleaseScopes recorded for the intent.
func (w *Walk) ReleasedScopes(id string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leaving[id]
}

// Deletion lists what a destroy of a resource deletes, and its limit.
type Deletion struct {
	Names []string
	Bound *int64 // nil if it is unknown until apply
}

// NoteDeletion records what a destroy of a resource deletes. The plan of its replacement
// has no state to read it from.
func (w *Walk) NoteDeletion(id string, d Deletion) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.going[id] = d
}

// NotedDeletion returns what NoteDeletion recorded for the intent.
func (w *Walk) NotedDeletion(id string) Deletion {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.going[id]
}

// KeepScopes records the scopes that exist on a server, or that a user type or a client
// has, after the apply. It returns those that another resource of this walk removes.
func (w *Walk) KeepScopes(place string, names []string) []string {
	return w.note(w.kept, w.dropped, place, names)
}

// RemoveScopes records the scopes that a resource deletes or revokes. It returns those
// that another resource of this walk keeps. Scopes that this walk has written do not count:
// no Delete of it removes them (the second half of a create_before_destroy).
func (w *Walk) RemoveScopes(place string, names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return w.WrittenInThisWalk(place, n) })
	return w.note(w.dropped, w.kept, place, names)
}

// UseScopes records the scopes that a user type or a client names. It returns those that
// this walk deletes.
func (w *Walk) UseScopes(serverID string, names []string) []string {
	return w.note(w.used, w.dropped, serverID, names)
}

// UsedScopes returns the scopes that a user type or a client of this walk names, except
// those that this walk has written.
func (w *Walk) UsedScopes(serverID string, names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return w.WrittenInThisWalk(serverID, n) })
	return w.note(map[string]bool{}, w.used, serverID, names)
}

// RenameScope records a rename, after which the holders of the scope still have it. It
// returns the sorted titles of the holders that do not list the new name.
func (w *Walk) RenameScope(serverID, old, name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renamed[serverID+Sep+old] = name
	var keep []string
	for _, h := range w.holders[serverID+Sep+old] {
		if h.keeps(old, name) {
			keep = append(keep, h.Title)
		}
	}
	slices.Sort(keep)
	return slices.Compact(keep)
}

// HoldScopes records the present scopes of a holder and its planned ones. It returns the
// renames of this walk that would leave the holder with an unlisted scope, by old name.
func (w *Walk) HoldScopes(serverID string, h Holding, has []string) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	keep := map[string]string{}
	for _, old := range authz.NameSet(slices.Concat(has, h.Names)...) {
		key := serverID + Sep + old
		w.holders[key] = append(w.holders[key], h)
		if name, is := w.renamed[key]; is && h.keeps(old, name) {
			keep[old] = name
		}
	}
	return keep
}

func (w *Walk) note(here, there map[string]bool, place string, names []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var both []string
	for _, n := range names {
		key := place + Sep + n
		here[key] = true
		if there[key] {
			both = append(both, n)
		}
	}
	return both
}

// MarkWritten records scopes that this walk created, changed or granted: no Delete of the
// same walk removes them, as the second half of a create_before_destroy would.
func (w *Walk) MarkWritten(serverID string, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range names {
		w.written[serverID+Sep+n] = true
	}
}

// WrittenInThisWalk reports whether MarkWritten recorded the scope.
func (w *Walk) WrittenInThisWalk(serverID, name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written[serverID+Sep+name]
}
