package engine

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// snapshotCache holds one complete read of a server, as a value that never changes. It is
// taken when it is first needed. A write leads to a new value at the next Read, and a
// write with an unknown outcome to a new read of the server.
type snapshotCache struct {
	list func(context.Context) (*authz.Snapshot, error)

	mu         sync.Mutex
	current    *authz.Snapshot
	pending    []func(*authz.Snapshot) // writes that current does not have yet
	generation uint64                  // counts writes: a listing that began before a write is not kept after it

	taking singleflight.Group
}

// newSnapshot returns a snapshot that list fills.
func newSnapshot(list func(context.Context) (*authz.Snapshot, error)) *snapshotCache {
	return &snapshotCache{list: list}
}

// tries bounds how often a listing is repeated because of writes meanwhile.
const tries = 3

// Read returns the listing. The caller must not change it, and no later write does.
// During uninterrupted writes, the newest ones can be missing.
func (s *snapshotCache) Read(ctx context.Context) (*authz.Snapshot, error) {
	var taken *authz.Snapshot
	for range tries {
		if current := s.Taken(); current != nil {
			return current, nil
		}
		var err error
		if taken, err = s.take(ctx); err != nil {
			return nil, err
		}
	}
	if current := s.Taken(); current != nil {
		return current, nil
	}
	return taken, nil
}

// Taken returns the listing with all writes, or nil if there is none. It makes no
// request.
func (s *snapshotCache) Taken() *authz.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) > 0 { // there is a listing, or Wrote would not have kept them
		next := *s.current
		next.Scopes = slices.Clone(next.Scopes)
		for _, change := range s.pending {
			change(&next)
		}
		s.current, s.pending = &next, nil
	}
	return s.current
}

// take lists once for all who wait. Whoever gives up waiting does not end the
// listing for the others.
func (s *snapshotCache) take(ctx context.Context) (*authz.Snapshot, error) {
	taken := s.taking.DoChan("", func() (any, error) {
		if kept := s.Taken(); kept != nil { // by a listing that ended after this caller looked
			return kept, nil
		}
		s.mu.Lock()
		began := s.generation
		s.mu.Unlock()
		listing, err := s.list(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.generation == began {
			s.current = listing
		}
		return listing, nil
	})
	select {
	case result := <-taken:
		listing, _ := result.Val.(*authz.Snapshot)
		return listing, result.Err
	case <-ctx.Done():
		return nil, authz.Errorf(authz.Unavailable, "list scopes", "interrupted: %w", context.Cause(ctx))
	}
}

// Wrote records the effect of a write. change receives a listing of its own at the next
// Read. It is not called if no listing was taken before the write.
func (s *snapshotCache) Wrote(change func(*authz.Snapshot)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	if s.current != nil {
		s.pending = append(s.pending, change)
	}
}

// Drop discards the listing: a write was sent, and its outcome is unknown.
func (s *snapshotCache) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	s.current, s.pending = nil, nil
}
