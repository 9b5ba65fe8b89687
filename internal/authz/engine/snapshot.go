package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Snapshot holds one listing. It is taken when first asked for, changed by what
// is written, and dropped only when the outcome of a write is not known.
type Snapshot struct {
	list func(context.Context) (*authz.Listing, error)

	mu         sync.RWMutex
	current    *authz.Listing
	generation uint64 // counts writes: a listing that began before one is not kept after it

	taking singleflight.Group
}

// newSnapshot makes a snapshot that list fills.
func newSnapshot(list func(context.Context) (*authz.Listing, error)) *Snapshot {
	return &Snapshot{list: list}
}

// tries bounds how often a listing is taken again because of writes meanwhile.
const tries = 3

// View lets see read the listing. see must not keep or change it. While others
// write all the time, it may see one that their newest writes are not in.
func (s *Snapshot) View(ctx context.Context, see func(*authz.Listing)) error {
	var taken *authz.Listing
	for range tries {
		if s.viewCurrent(see) {
			return nil
		}
		var err error
		if taken, err = s.take(ctx); err != nil {
			return err
		}
	}
	// What was kept is changed by writes: it is read under the lock.
	if !s.viewCurrent(see) {
		see(taken)
	}
	return nil
}

// ViewTaken is View where there is a listing already; it takes none.
func (s *Snapshot) ViewTaken(see func(*authz.Listing)) { s.viewCurrent(see) }

func (s *Snapshot) viewCurrent(see func(*authz.Listing)) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.current == nil {
		return false
	}
	see(s.current)
	return true
}

// take lists once for all who wait. Whoever gives up waiting does not end the
// listing for the others.
func (s *Snapshot) take(ctx context.Context) (*authz.Listing, error) {
	taken := s.taking.DoChan("", func() (any, error) {
		s.mu.RLock()
		began, kept := s.generation, s.current
		s.mu.RUnlock()
		if kept != nil { // by a listing that ended after this caller looked
			return kept, nil
		}
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
		listing, _ := result.Val.(*authz.Listing)
		return listing, result.Err
	case <-ctx.Done():
		return nil, authz.Errorf(authz.Unavailable, "list scopes", "interrupted: %w", context.Cause(ctx))
	}
}

// Wrote tells what a write did. change must not keep the listing; it is not
// called when there is none yet.
func (s *Snapshot) Wrote(change func(*authz.Listing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	if s.current != nil {
		change(s.current)
	}
}

// Drop forgets the listing: a write was sent and nobody knows what it did.
func (s *Snapshot) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	s.current = nil
}
