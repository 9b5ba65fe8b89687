package walk

import "slices"

// State is what the state of a resource holds after its Read. It conflicts with nothing.
// Terraform plans a tainted object once, without its state and its private state: only the
// Read of the same walk knows them.
type State struct {
	Resource string // type of the resource
	Owner    Holder
	ID       string // of the intents of the resource
	Private  any    // private state, which this package does not read
	Names    []string
	Destroy  Deletion
}

// NoteState records what the state of a resource holds.
func (w *Walk) NoteState(s State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.states[s.ID] = s
}

// StateOf returns the noted state of a resource of the type that has the owner and holds a
// scope that the filter matches. The walk has no plan of that resource: either a creation
// with this owner and filter replaces its tainted object, or the configuration removes the
// resource.
func (w *Walk) StateOf(resource string, owner Holder, matches func(name string) bool) (s State, found bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, other := range w.states { // the first ID of several
		_, planned := w.intents[id]
		if !planned && (!found || id < s.ID) && other.Resource == resource && other.Owner == owner && slices.ContainsFunc(other.Names, matches) {
			s, found = other, true
		}
	}
	return s, found
}

// HasRead reports whether the resource with the ID was read in this walk.
func (w *Walk) HasRead(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, read := w.states[id]
	return read
}
