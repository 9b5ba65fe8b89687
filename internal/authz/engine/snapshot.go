package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// snapshotCache holds one complete read of a server, as a value that never changes. The first
// call of Read reads the server. After a write, the next Read returns a new value. After a write
// with an unknown outcome, the next Read reads the server again.
type snapshotCache struct {
	serverID string
	lister   func(ctx context.Context, serverID string) (*authz.Snapshot, error)

	mu         sync.Mutex
	current    *authz.Snapshot
	pending    []func(*authz.Snapshot) // writes that current does not have yet
	generation uint64                  // counts writes: a read that began before a write is not kept after it

	listing *sharedRead            // nil if the server is not listed at this moment
	reading map[string]*sharedRead // by name of a scope
}

// sharedRead is one read of the server for all callers that need it: a listing, or who has some
// scopes. A caller that stops waiting does not end it for the others.
type sharedRead struct {
	began  uint64        // the generation
	scopes []authz.Scope // none for a listing
	done   chan struct{}

	// Valid after done is closed:
	listed *authz.Snapshot
	err    error
}

// newSnapshot returns an empty cache. lister reads the server.
func newSnapshot(serverID string, lister func(context.Context, string) (*authz.Snapshot, error)) *snapshotCache {
	return &snapshotCache{serverID: serverID, lister: lister, reading: map[string]*sharedRead{}}
}

// tries is the maximum number of reads of the server in one Read, if writes keep outdating them.
const tries = 3

// Read returns the snapshot with who has the scopes that wanted selects, all scopes if it is nil.
// Other scopes can be Unread. The caller must not change the snapshot, and later writes do not
// change it. During uninterrupted writes, the newest ones can be missing.
func (s *snapshotCache) Read(ctx context.Context, wanted func(authz.Scope) bool) (*authz.Snapshot, error) {
	var listed *authz.Snapshot
	for listings, accessReads := 0, 0; ; {
		l, began := s.latest()
		if l == nil && listings < tries {
			listings++
			read, own := s.claimListing()
			if own {
				go s.list(context.WithoutCancel(ctx), read)
			}
			if err := await(ctx, read); err != nil {
				return nil, err
			}
			listed = read.listed
			continue
		}
		kept := l != nil
		if !kept {
			l = listed
		}
		unread := unreadScopes(l, wanted)
		if len(unread) == 0 {
			return l, nil
		}
		if accessReads == tries || !kept { // there are writes all the time
			return withAccess(ctx, l, unread)
		}
		accessReads++
		own, all := s.claim(unread, began)
		if own != nil {
			go s.readAccess(context.WithoutCancel(ctx), l, own)
		}
		if err := await(ctx, all...); err != nil {
			return nil, err
		}
	}
}

// unreadScopes returns the scopes that a caller needs and the snapshot does not have yet.
func unreadScopes(l *authz.Snapshot, wanted func(authz.Scope) bool) (unread []authz.Scope) {
	if l.Complete == nil {
		return nil
	}
	for _, scope := range l.Scopes {
		if scope.Unread && (wanted == nil || wanted(scope)) {
			unread = append(unread, scope)
		}
	}
	return unread
}

// withAccess returns a copy of a snapshot that is not kept.
func withAccess(ctx context.Context, l *authz.Snapshot, unread []authz.Scope) (*authz.Snapshot, error) {
	add, err := l.Complete(ctx, unread)
	if err != nil {
		return nil, err
	}
	own := *l
	own.Scopes = slices.Clone(l.Scopes)
	add(&own)
	return &own, nil
}

// claimListing returns the listing that is under way. If there is none, it returns a new one,
// which the caller starts.
func (s *snapshotCache) claimListing() (read *sharedRead, own bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil { // another listing has ended since the caller looked
		ended := &sharedRead{listed: s.current, done: make(chan struct{})}
		close(ended.done)
		return ended, false
	}
	if s.listing == nil {
		s.listing, own = &sharedRead{began: s.generation, done: make(chan struct{})}, true
	}
	return s.listing, own
}

// list reads the server. The snapshot is kept, unless there was a write since: it may lack it.
func (s *snapshotCache) list(ctx context.Context, read *sharedRead) {
	listed, err := s.lister(ctx, s.serverID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.generation == read.began {
		s.current = listed
	}
	s.listing, read.listed, read.err = nil, listed, err
	close(read.done)
}

// claim returns the reads that have all of the scopes: those under way, and own for the scopes
// that no other caller reads. The caller starts own, which is nil if there are none.
func (s *snapshotCache) claim(unread []authz.Scope, began uint64) (own *sharedRead, all []*sharedRead) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, scope := range unread {
		read := s.reading[scope.Name]
		if read == nil {
			if own == nil {
				own = &sharedRead{began: began, done: make(chan struct{})}
			}
			read = own
			s.reading[scope.Name] = own
			own.scopes = append(own.scopes, scope)
		}
		if !slices.Contains(all, read) {
			all = append(all, read)
		}
	}
	return own, all
}

// readAccess reads who has some scopes, and adds it to the snapshot, unless there was a write
// since: the addition may lack it.
func (s *snapshotCache) readAccess(ctx context.Context, l *authz.Snapshot, read *sharedRead) {
	add, err := l.Complete(ctx, read.scopes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.generation == read.began && s.current != nil {
		s.pending = append(s.pending, add)
	}
	for _, scope := range read.scopes {
		delete(s.reading, scope.Name)
	}
	read.err = err
	close(read.done)
}

// await waits for reads, and returns the first error.
func await(ctx context.Context, reads ...*sharedRead) error {
	for _, read := range reads {
		select {
		case <-read.done:
			if read.err != nil {
				return read.err
			}
		case <-ctx.Done():
			return interrupted(ctx)
		}
	}
	return nil
}

func interrupted(ctx context.Context) error {
	return authz.Errorf(authz.Unavailable, "list scopes", "interrupted: %w", context.Cause(ctx))
}

// Taken returns the snapshot with all writes, or nil if there is none. It makes no request.
func (s *snapshotCache) Taken() *authz.Snapshot {
	l, _ := s.latest()
	return l
}

// latest returns the snapshot of Taken and its generation.
func (s *snapshotCache) latest() (*authz.Snapshot, uint64) {
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
	return s.current, s.generation
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
