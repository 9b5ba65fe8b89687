package walk

import (
	"context"
	"slices"
)

// Begin records that a write of scopes has begun.
func (w *Walk) Begin(owner Holder, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range names {
		w.begun[scopeKey{owner, n}] = true
	}
	w.announce()
}

// Finish records that no resource of the walk is about to write the scopes any more: their
// write ended, well or not, or their plan was rejected.
func (w *Walk) Finish(owner Holder, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range names {
		w.finished[scopeKey{owner, n}] = true
	}
	w.announce()
}

// announce wakes all waiting callers. The caller holds the lock.
func (w *Walk) announce() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Await waits for the resource of this walk that creates or renames a scope, on behalf of a
// resource that does not refer to it: Terraform then starts both in any order. It returns when
// the write has ended. Until such a resource is planned, it waits until unplanned is closed.
// Until its write begins, it waits until unwritten is closed: Terraform writes nothing if the
// repeated plan of the apply has no change, or a different change.
func (w *Walk) Await(ctx context.Context, owner Holder, name string, unplanned, unwritten <-chan struct{}) {
	for {
		s := w.awaited(owner, name)
		limit := unplanned
		switch {
		case s.finished:
			return
		case s.begun:
			limit = nil
		case s.planned:
			limit = unwritten
		}
		select {
		case <-s.changed:
		case <-limit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// progress is how far the write of a scope is. changed is closed when that changes.
type progress struct {
	changed                  <-chan struct{}
	planned, begun, finished bool
}

func (w *Walk) awaited(owner Holder, name string) progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := scopeKey{owner, name}
	planned := slices.ContainsFunc(w.effects[key], func(e effect) bool { return e.kind == keeps })
	return progress{w.changed, planned, w.begun[key], w.finished[key]}
}
