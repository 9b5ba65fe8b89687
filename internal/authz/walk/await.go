package walk

import (
	"context"
	"slices"
)

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

// announce wakes whoever waits. The caller holds the lock.
func (w *Walk) announce() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Await waits for the resource of this walk that creates or renames a scope, for a resource
// that does not refer to it: Terraform then starts both in any order. It returns when the
// write has ended. Until such a resource is planned, it waits until patience is closed.
func (w *Walk) Await(ctx context.Context, owner Holder, name string, patience <-chan struct{}) {
	for {
		changed, planned, finished := w.awaited(owner, name)
		if finished {
			return
		}
		limit := patience
		if planned {
			limit = nil
		}
		select {
		case <-changed:
		case <-limit:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (w *Walk) awaited(owner Holder, name string) (changed <-chan struct{}, planned, finished bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := scopeKey{owner, name}
	planned = slices.ContainsFunc(w.effects[key], func(e effect) bool { return e.kind == keeps })
	return w.changed, planned, w.finished[key]
}
