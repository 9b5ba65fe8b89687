package engine

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// snapshotCache holds one complete read of a server, as a value that never changes. The first
// call of Read reads the server. After a write, the next Read returns a new value. After a write
// with an unknown outcome, the next Read reads the server again.
type snapshotCache struct {
	list func(context.Context) (*authz.Snapshot, error)

	mu         sync.Mutex
	current    *authz.Snapshot
	pending    []func(*authz.Snapshot) // writes that current does not have yet
	generation uint64                  // counts writes: a read that began before a write is not kept after it

	taking singleflight.Group
}

// newSnapshot returns an empty cache. list reads the server.
func newSnapshot(list func(context.Context) (*authz.Snapshot, error)) *snapshotCache {
	return &snapshotCache{list: list}
}

// tries is the maximum number of reads of the server in one Read, if writes keep outdating them.
const tries = 3

// Read returns the snapshot. The caller must not change it, and later writes do not change it.
// During uninterrupted writes, the newest ones can be missing.
func (s *snapshotCache) Read(ctx context.Context) (*authz.Snapshot, error) {
	var taken *authz.Snapshot
	for range tries {
		if current := s.Taken(); current != nil {
			return current, nil
		}
		var err error
		if taken, err = s.fetch(ctx); err != nil {
			return nil, err
		}
	}
	if current := s.Taken(); current != nil {
		return current, nil
	}
	return taken, nil
}

// Taken returns the snapshot with all writes, or nil if there is none. It makes no request.
func (s *snapshotCache) Taken() *authz.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) > 0 { // Wrote keeps writes only if there is a snapshot
		next := *s.current
		next.Scopes = slices.Clone(next.Scopes)
		for _, change := range s.pending {
			change(&next)
		}
		s.current, s.pending = &next, nil
	}
	return s.current
}

// fetch reads the server once for all waiting callers. A caller that stops waiting does not end
// the read for the others.
func (s *snapshotCache) fetch(ctx context.Context) (*authz.Snapshot, error) {
	taken := s.taking.DoChan("", func() (any, error) {
		if kept := s.Taken(); kept != nil { // another read has ended since the caller looked
			return kept, nil
		}
		s.mu.Lock()
		began := s.generation
		s.mu.Unlock()
		snapshot, err := s.list(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.generation == began {
			s.current = snapshot
		}
		return snapshot, nil
	})
	select {
	case result := <-taken:
		snapshot, _ := result.Val.(*authz.Snapshot)
		return snapshot, result.Err
	case <-ctx.Done():
		return nil, authz.Errorf(authz.Unavailable, "list scopes", "interrupted: %w", context.Cause(ctx))
	}
}

// Wrote records the effect of a write. change receives a copy of the snapshot at the next Read.
// It is not called if there was no snapshot before the write.
func (s *snapshotCache) Wrote(change func(*authz.Snapshot)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	if s.current != nil {
		s.pending = append(s.pending, change)
	}
}

// Drop discards the snapshot: a write was sent, and its outcome is unknown.
func (s *snapshotCache) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	s.current, s.pending = nil, nil
}
