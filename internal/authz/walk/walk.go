// Package walk records what the resources of one Terraform walk intend, and reports
// intents that contradict each other.
package walk

import (
	"crypto/rand"
	"maps"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Holder identifies a set of scopes: the scopes of a server, or those that one user type
// or client of it has.
type Holder struct {
	Server string
	Kind   string // KindUserType, KindUserTypes, KindClient, or "" for the scopes of the server itself
	Name   string
}

// Kinds of holders.
const (
	KindUserType  = "user type"
	KindUserTypes = "user types" // all that Intent.Covers returns true for
	KindClient    = "client"
)

// Server returns the holder of all scopes of a server.
func Server(id string) Holder { return Holder{Server: id} }

// Intent lists the planned effects of one resource on the scopes of its owner.
type Intent struct {
	Resource string // type of the resource, for messages
	Owner    Holder
	Title    string      // the owner in messages, such as `user type "educator"`
	Filter   diff.Filter // the scopes of which the resource manages all
	// Exact is true if the resource manages only the scopes that Keep and Rename name,
	// whatever the filter. A destroy manages none.
	Exact  bool
	Keep   []string          // scopes that the owner has after the apply
	Remove []string          // scopes that the apply deletes or revokes
	Has    []string          // scopes that a user type or client has now
	Rename map[string]string // old name => new name
	Open   []string          // scopes that are planned for everyone
	// Covers reports, for an owner of KindUserTypes, whether the resource manages the scopes
	// of a user type without an intent of its own for it.
	Covers func(userType string) bool
	// Unknown is true if Keep is incomplete until apply. The intent then conflicts only
	// with intents that manage the same scopes.
	Unknown bool

	// The fields below are for a later plan of the same resource in the same walk, which has no
	// state because the resource is planned to be replaced.
	Release []string // scopes that are removed from state only
	Destroy Deletion
	// Tainted is true if the object is known from its Read only. Terraform shows the
	// warnings of its plan, as it does not for the second plan of a replacement.
	Tainted bool
}

// Deletion lists what a destroy of a resource deletes, and its limit.
type Deletion struct {
	Names []string
	Bound *int64 // nil if it is unknown until apply
}

// names returns the scopes that the intent manages by name.
func (in Intent) names() []string {
	if len(in.Rename) == 0 {
		return in.Keep
	}
	return slices.AppendSeq(slices.Clone(in.Keep), maps.Keys(in.Rename))
}

// keepsRenamed reports whether a rename of scope old to name leaves the owner with a
// scope that the intent does not list. An intent that lists the old name does not mean the
// renamed scope. If the filter excludes the old name, only a managed new name counts.
func (in Intent) keepsRenamed(old, name string) bool {
	if !in.Filter.Manages(old) {
		return in.Filter.Manages(name) && !slices.Contains(in.Keep, name)
	}
	return slices.Contains(in.Keep, old) || !slices.Contains(in.Keep, name)
}

// Walk records the intents of the resources of one Terraform walk (a plan, an apply).
// Terraform starts a new provider for every walk. All methods are safe for concurrent use.
type Walk struct {
	mu      sync.Mutex
	intents map[string]Intent // by ID
	effects map[scopeKey][]effect
	filters map[Holder][]string            // IDs of the intents that have a filter
	exact   map[Holder]map[string][]string // IDs of the exact intents, by scope
	written map[scopeKey]bool              // created, changed or granted by this walk
	states  map[string]State               // what was read in this walk, by ID

	begun    map[scopeKey]bool // their write has begun
	finished map[scopeKey]bool // nothing in this walk is about to write the scope any more
	changed  chan struct{}     // closed when a resource is planned or finished
}

// New returns the empty record of a new walk.
func New() *Walk {
	return &Walk{
		intents: map[string]Intent{}, effects: map[scopeKey][]effect{},
		filters: map[Holder][]string{}, exact: map[Holder]map[string][]string{}, written: map[scopeKey]bool{}, states: map[string]State{},
		begun: map[scopeKey]bool{}, finished: map[scopeKey]bool{}, changed: make(chan struct{}),
	}
}

// NewID returns an ID for the intents of a new resource.
func NewID() string { return rand.Text() }

// Planned returns the intent of an earlier plan of the resource in this walk.
func (w *Walk) Planned(id string) (in Intent, planned bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in, planned = w.intents[id]
	return in, planned
}

// Plan records the intent of a resource, and returns its sorted conflicts with the intents
// of other resources. An earlier intent with the same ID is replaced: Terraform plans a
// resource a second time to replace it, and after a refresh that the plan itself needs.
func (w *Walk) Plan(id string, in Intent) []Conflict {
	w.mu.Lock()
	defer w.mu.Unlock()
	in.Remove = slices.DeleteFunc(slices.Clone(in.Remove), func(name string) bool { return w.written[scopeKey{in.Owner, name}] })
	w.forget(id)
	conflicts := w.conflicts(in)
	w.record(id, in)
	w.announce()
	slices.SortFunc(conflicts, Conflict.compare)
	return slices.Compact(conflicts)
}

// record adds the intent to the indexes.
func (w *Walk) record(id string, in Intent) {
	w.intents[id] = in
	if in.Exact {
		if w.exact[in.Owner] == nil {
			w.exact[in.Owner] = map[string][]string{}
		}
		for _, name := range in.names() {
			w.exact[in.Owner][name] = append(w.exact[in.Owner][name], id)
		}
	} else {
		w.filters[in.Owner] = append(w.filters[in.Owner], id)
	}
	in.eachEffect(func(key scopeKey, kind effectKind) { w.effects[key] = append(w.effects[key], effect{id, kind}) })
}

// forget removes what record added.
func (w *Walk) forget(id string) {
	in, planned := w.intents[id]
	if !planned {
		return
	}
	same := func(other string) bool { return other == id }
	w.filters[in.Owner] = slices.DeleteFunc(w.filters[in.Owner], same)
	for _, name := range in.names() {
		if ids := w.exact[in.Owner][name]; ids != nil {
			w.exact[in.Owner][name] = slices.DeleteFunc(ids, same)
		}
	}
	in.eachEffect(func(key scopeKey, _ effectKind) {
		w.effects[key] = slices.DeleteFunc(w.effects[key], func(e effect) bool { return e.id == id })
	})
	delete(w.intents, id)
}

// Kept returns the scopes that planned resources keep or create on a server, sorted, and
// reports whether one may also keep or create others with a name, because its scopes are
// unknown until apply.
func (w *Walk) Kept(server string) (names []string, mayKeep func(name string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	owner := Server(server)
	var unknown []diff.Filter
	for _, in := range w.intents {
		if in.Owner != owner {
			continue
		}
		names = append(names, in.Keep...)
		if in.Unknown && !in.Exact {
			unknown = append(unknown, in.Filter)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), func(name string) bool {
		return slices.ContainsFunc(unknown, func(f diff.Filter) bool { return f.Manages(name) })
	}
}

// MarkWritten records scopes that this walk created, changed or granted. No Delete of the
// same walk removes them, as the second half of a create_before_destroy would.
func (w *Walk) MarkWritten(owner Holder, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range names {
		w.written[scopeKey{owner, n}] = true
	}
}

// WrittenInThisWalk reports whether MarkWritten recorded the scope.
func (w *Walk) WrittenInThisWalk(owner Holder, name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written[scopeKey{owner, name}]
}
