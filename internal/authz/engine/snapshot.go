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

	taking  singleflight.Group
	reading map[string]<-chan struct{} // by name of a scope: closed after a caller has read who has it
}

// newSnapshot returns an empty cache. list reads the server.
func newSnapshot(list func(context.Context) (*authz.Snapshot, error)) *snapshotCache {
	return &snapshotCache{list: list, reading: map[string]<-chan struct{}{}}
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

// ReadAccess returns the listing with who has the scopes that wanted selects, all scopes if
// it is nil. Other scopes can be Unread. As with Read, writes in the meantime can be missing.
func (s *snapshotCache) ReadAccess(ctx context.Context, wanted func(authz.Scope) bool) (*authz.Snapshot, error) {
	if wanted != nil {
		return s.complete(ctx, wanted)
	}
	if l := s.Taken(); l != nil && l.Complete == nil {
		return l, nil
	}
	// Once for all who wait.
	all := s.taking.DoChan("all", func() (any, error) {
		return s.complete(context.WithoutCancel(ctx), func(authz.Scope) bool { return true })
	})
	return await(ctx, all)
}

func (s *snapshotCache) complete(ctx context.Context, wanted func(authz.Scope) bool) (*authz.Snapshot, error) {
	for try := 1; ; try++ {
		began := s.writes()
		l, err := s.Read(ctx)
		if err != nil || l.Complete == nil {
			return l, err
		}
		var unread []authz.Scope
		for _, scope := range l.Scopes {
			if scope.Unread && wanted(scope) {
				unread = append(unread, scope)
			}
		}
		if len(unread) == 0 {
			return l, nil
		}
		if try > tries { // there are writes all the time
			add, err := l.Complete(ctx, unread)
			if err != nil {
				return nil, err
			}
			own := *l
			own.Scopes = slices.Clone(l.Scopes)
			add(&own)
			return &own, nil
		}
		if err := s.readMissing(ctx, l, unread, began); err != nil {
			return nil, err
		}
	}
}

// readMissing reads scopes that no other caller reads at this moment, and waits for the
// other callers.
func (s *snapshotCache) readMissing(ctx context.Context, l *authz.Snapshot, unread []authz.Scope, began uint64) error {
	mine, others, done := s.claim(unread)
	defer done()
	if len(mine) > 0 {
		add, err := l.Complete(ctx, mine)
		if err != nil {
			return err
		}
		s.learned(began, add)
		done()
	}
	for _, other := range others {
		select {
		case <-other:
		case <-ctx.Done():
			return authz.Errorf(authz.Unavailable, "list scopes", "interrupted: %w", context.Cause(ctx))
		}
	}
	return nil
}

// claim divides scopes into those that the caller must read, and those that others read
// until a channel is closed. The caller calls done after its reads.
func (s *snapshotCache) claim(unread []authz.Scope) (mine []authz.Scope, others []<-chan struct{}, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read := make(chan struct{})
	for _, scope := range unread {
		if other, claimed := s.reading[scope.Name]; claimed {
			others = append(others, other)
			continue
		}
		s.reading[scope.Name] = read
		mine = append(mine, scope)
	}
	return mine, others, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, scope := range mine {
			delete(s.reading, scope.Name)
		}
		close(read)
	})
}

// writes counts the writes.
func (s *snapshotCache) writes() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation
}

// learned adds to the listing what was read in addition, unless there was a write since:
// the addition may lack it.
func (s *snapshotCache) learned(began uint64, add func(*authz.Snapshot)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation == began && s.current != nil {
		s.pending = append(s.pending, add)
	}
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
	return await(ctx, taken)
}

// await returns the listing that another caller may take at this moment.
func await(ctx context.Context, taken <-chan singleflight.Result) (*authz.Snapshot, error) {
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
