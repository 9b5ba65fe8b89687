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

	intents map[Holder]map[string]Intent // of authoritative resources, by ID
	owners  map[string]Holder            // owner of an intent, by ID
	singles map[scopeKey]string          // ID of the resource that manages one scope

	open    map[scopeKey]bool      // planned for everyone
	granted map[scopeKey]string    // a user type that lists the scope
	kept    map[scopeKey]bool      // exists, or is held, after the apply
	removed map[scopeKey]bool      // deleted or revoked
	used    map[scopeKey]bool      // named by a user type or a client
	renamed map[scopeKey]string    // the new name
	holders map[scopeKey][]Holding // has the scope, or lists it
	written map[scopeKey]bool      // created, changed or granted by this walk

	released  map[string][]string // by ID: removed from state only
	deletions map[string]Deletion // by ID: deleted by a destroy
}

// Holder identifies a set of scopes: the scopes of a server, or those that one user type
// or client of it has.
type Holder struct {
	Server string
	Kind   string // KindUserType, KindClient, or "" for the scopes of the server itself
	Name   string
}

// Kinds of holders.
const (
	KindUserType = "user type"
	KindClient   = "client"
)

// Server returns the holder of all scopes of a server.
func Server(id string) Holder { return Holder{Server: id} }

// scopeKey identifies one scope of a holder.
type scopeKey struct {
	Holder
	scope string
}

func (h Holder) key(scope string) scopeKey { return scopeKey{h, scope} }

// Intent lists what one resource manages.
type Intent struct {
	Owner  Holder
	Names  []string
	Filter diff.Filter
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
		nonce:   rand.Text(),
		intents: map[Holder]map[string]Intent{}, owners: map[string]Holder{}, singles: map[scopeKey]string{},
		open: map[scopeKey]bool{}, granted: map[scopeKey]string{}, kept: map[scopeKey]bool{}, removed: map[scopeKey]bool{}, used: map[scopeKey]bool{},
		renamed: map[scopeKey]string{}, holders: map[scopeKey][]Holding{}, written: map[scopeKey]bool{},
		released: map[string][]string{}, deletions: map[string]Deletion{},
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
	delete(w.intents[w.owners[id]], id) // a later plan of the same resource replaces the earlier one
	w.owners[id] = c.Owner
	var overlaps []string
	for _, other := range w.intents[c.Owner] {
		overlaps = append(overlaps, managed(c.Names, other.Filter)...)
		overlaps = append(overlaps, managed(other.Names, c.Filter)...)
	}
	for key := range w.singles {
		if key.Holder == c.Owner && c.Filter.Manages(key.scope) {
			overlaps = append(overlaps, key.scope)
		}
	}
	if w.intents[c.Owner] == nil {
		w.intents[c.Owner] = map[string]Intent{}
	}
	w.intents[c.Owner][id] = c
	slices.Sort(overlaps)
	return id, slices.Compact(overlaps)
}

// RegisterScope does the same for a resource that manages one scope, by its planned name
// and, if it is renamed, by its present name. It returns the first name that another
// resource manages too, or "".
func (w *Walk) RegisterScope(id, serverID string, names ...string) (ownID, taken string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id = w.ownID(id)
	for _, name := range names {
		key := Server(serverID).key(name)
		other, is := w.singles[key]
		is = is && other != id
		for _, intent := range w.intents[key.Holder] {
			is = is || intent.Filter.Manages(name)
		}
		if is && taken == "" {
			taken = name
		}
		w.singles[key] = id
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
		key := Server(serverID).key(n)
		w.open[key] = true
		if userType, ok := w.granted[key]; ok {
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
	var contradictions []string
	for _, n := range names {
		key := Server(serverID).key(n)
		w.granted[key] = userType
		if w.open[key] {
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
	w.released[id] = names
}

// ReleasedScopes returns what ReleaseScopes recorded for the intent.
func (w *Walk) ReleasedScopes(id string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.released[id]
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
	w.deletions[id] = d
}

// NotedDeletion returns what NoteDeletion recorded for the intent.
func (w *Walk) NotedDeletion(id string) Deletion {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deletions[id]
}

// KeepScopes records the scopes that exist on a server, or that a user type or a client
// has, after the apply. It returns those that another resource of this walk removes.
func (w *Walk) KeepScopes(owner Holder, names []string) []string {
	return w.note(w.kept, w.removed, owner, names)
}

// RemoveScopes records the scopes that a resource deletes or revokes. It returns those
// that another resource of this walk keeps. Scopes that this walk has written do not count:
// no Delete of it removes them (the second half of a create_before_destroy).
func (w *Walk) RemoveScopes(owner Holder, names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return w.WrittenInThisWalk(owner, n) })
	return w.note(w.removed, w.kept, owner, names)
}

// UseScopes records the scopes that a user type or a client names. It returns those that
// this walk deletes.
func (w *Walk) UseScopes(serverID string, names []string) []string {
	return w.note(w.used, w.removed, Server(serverID), names)
}

// UsedScopes returns the scopes that a user type or a client of this walk names, except
// those that this walk has written.
func (w *Walk) UsedScopes(serverID string, names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return w.WrittenInThisWalk(Server(serverID), n) })
	return w.note(map[scopeKey]bool{}, w.used, Server(serverID), names)
}

// RenameScope records a rename, after which the holders of the scope still have it. It
// returns the sorted titles of the holders that do not list the new name.
func (w *Walk) RenameScope(serverID, old, name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := Server(serverID).key(old)
	w.renamed[key] = name
	var keep []string
	for _, h := range w.holders[key] {
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
		key := Server(serverID).key(old)
		w.holders[key] = append(w.holders[key], h)
		if name, is := w.renamed[key]; is && h.keeps(old, name) {
			keep[old] = name
		}
	}
	return keep
}

func (w *Walk) note(here, there map[scopeKey]bool, owner Holder, names []string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var both []string
	for _, n := range names {
		key := owner.key(n)
		here[key] = true
		if there[key] {
			both = append(both, n)
		}
	}
	return both
}

// MarkWritten records scopes that this walk created, changed or granted: no Delete of the
// same walk removes them, as the second half of a create_before_destroy would.
func (w *Walk) MarkWritten(owner Holder, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range names {
		w.written[owner.key(n)] = true
	}
}

// WrittenInThisWalk reports whether MarkWritten recorded the scope.
func (w *Walk) WrittenInThisWalk(owner Holder, name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written[owner.key(name)]
}
