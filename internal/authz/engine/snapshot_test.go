package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func listing(names ...string) *authz.Snapshot {
	l := &authz.Snapshot{}
	for _, n := range names {
		l.Put(authz.Scope{Name: n})
	}
	return l
}

func put(name string) func(*authz.Snapshot) {
	return func(l *authz.Snapshot) { l.Put(authz.Scope{Name: name}) }
}

func unexpected(t *testing.T) func(*authz.Snapshot) {
	t.Helper()
	return func(*authz.Snapshot) { t.Error("called without a listing to call it with") }
}

// readNames returns the names that Read returns.
func readNames(t *testing.T, s *snapshotCache) []string {
	t.Helper()
	l, err := s.Read(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return authz.Names(l.Scopes)
}

func wantSeen(t *testing.T, s *snapshotCache, want ...string) {
	t.Helper()
	if got := readNames(t, s); !slices.Equal(got, want) {
		t.Errorf("Read returns %v, want %v", got, want)
	}
}

// counted returns a cache whose reads return the results of read, and the number of reads.
func counted(read func(call int) (*authz.Snapshot, error)) (*snapshotCache, *atomic.Int32) {
	var calls atomic.Int32
	return newSnapshot("", func(context.Context, string) (*authz.Snapshot, error) { return read(int(calls.Add(1))) }), &calls
}

func wantCalls(t *testing.T, calls *atomic.Int32, want int32) {
	t.Helper()
	if got := calls.Load(); got != want {
		t.Errorf("%d listings, want %d", got, want)
	}
}

// Everyone who asks while a listing is under way, and afterwards, has that one.
func TestOneReadForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, calls := counted(func(int) (*authz.Snapshot, error) {
			<-release
			return listing("a", "b"), nil
		})
		wantCalls(t, calls, 0)
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() { wantSeen(t, s, "a", "b") })
		}
		synctest.Wait()
		close(release)
		all.Wait()
		wantSeen(t, s, "a", "b")
		wantCalls(t, calls, 1)
	})
}

// A caller that finds no snapshot, and begins to read when another read has ended, gets the
// result of that read.
func TestLateAskerTakesWhatIsKept(t *testing.T) {
	s, calls := counted(func(int) (*authz.Snapshot, error) { return listing("a"), nil })
	if s.Taken() != nil {
		t.Fatal("a new snapshot has a listing")
	}
	wantSeen(t, s, "a")
	if read, own := s.claimListing(); own || read.listed != s.current || await(t.Context(), read) != nil {
		t.Errorf("claimListing: %v, %t, want what is kept", read, own)
	}
	wantCalls(t, calls, 1)
}

func TestWroteAndDrop(t *testing.T) {
	s, calls := counted(func(call int) (*authz.Snapshot, error) {
		return map[int]*authz.Snapshot{1: listing("a"), 2: listing("a", "c")}[call], nil
	})
	s.Wrote(unexpected(t))
	wantCalls(t, calls, 0)
	wantSeen(t, s, "a")
	s.Wrote(put("b"))
	wantSeen(t, s, "a", "b")
	wantCalls(t, calls, 1)
	s.Drop()
	s.Wrote(unexpected(t))
	wantCalls(t, calls, 1)
	wantSeen(t, s, "a", "c")
	wantSeen(t, s, "a", "c")
	wantCalls(t, calls, 2)
}

// A listing that began before a write may or may not hold it.
func TestReadBeganBeforeWrite(t *testing.T) {
	for name, write := range map[string]func(*testing.T, *snapshotCache){
		"Wrote": func(t *testing.T, s *snapshotCache) {
			t.Helper()
			s.Wrote(unexpected(t))
		},
		"Drop": func(_ *testing.T, s *snapshotCache) { s.Drop() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				s, calls := counted(func(call int) (*authz.Snapshot, error) {
					if call == 1 {
						<-release
						return listing("old"), nil
					}
					return listing("new"), nil
				})
				var before, after sync.WaitGroup
				before.Go(func() { wantSeen(t, s, "new") })
				synctest.Wait()
				write(t, s)
				after.Go(func() { wantSeen(t, s, "new") }) // joins the listing that began before
				synctest.Wait()
				wantCalls(t, calls, 1)
				close(release)
				before.Wait()
				after.Wait()
				wantSeen(t, s, "new")
				wantCalls(t, calls, 2)
			})
		})
	}
}

func TestErrorIsNotKept(t *testing.T) {
	failure := errors.New("down")
	s, calls := counted(func(call int) (*authz.Snapshot, error) {
		if call == 1 {
			return nil, failure
		}
		return listing("a"), nil
	})
	if _, err := s.Read(t.Context(), nil); !errors.Is(err, failure) {
		t.Errorf("%v, want the error of the listing", err)
	}
	wantSeen(t, s, "a")
	wantCalls(t, calls, 2)
}

func TestErrorIsForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failure, release := errors.New("down"), make(chan struct{})
		s, calls := counted(func(int) (*authz.Snapshot, error) {
			<-release
			return nil, failure
		})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := s.Read(t.Context(), nil); !errors.Is(err, failure) {
					t.Errorf("%v, want the error of the listing", err)
				}
			})
		}
		synctest.Wait()
		close(release)
		all.Wait()
		wantCalls(t, calls, 1)
	})
}

// A caller that is interrupted returns at once, even the one that began the read. The read
// continues for the others.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, why := make(chan struct{}), errors.New("the user interrupted")
		var calls atomic.Int32
		s := newSnapshot("", func(ctx context.Context, _ string) (*authz.Snapshot, error) {
			calls.Add(1)
			select {
			case <-release:
			case <-ctx.Done():
			}
			return listing("a"), ctx.Err()
		})
		ctx, giveUp := context.WithCancelCause(t.Context())
		var gaveUp, waits sync.WaitGroup
		view := func() {
			_, err := s.Read(ctx, nil)
			if !errors.Is(err, why) || authz.KindOf(err) != authz.Unavailable || err.Error() != "list scopes: interrupted: the user interrupted" {
				t.Errorf("%v (%s), want it interrupted", err, authz.KindOf(err))
			}
		}
		gaveUp.Go(view)
		synctest.Wait()
		waits.Go(func() { wantSeen(t, s, "a") })
		gaveUp.Go(view)
		synctest.Wait()
		giveUp(why)
		gaveUp.Wait()
		close(release)
		waits.Wait()
		wantSeen(t, s, "a")
		wantCalls(t, &calls, 1)
	})
}

// While others write all the time, Read ends: with a listing that
// began after it was asked for, but is not kept.
func TestWritesGoOn(t *testing.T) {
	var s *snapshotCache
	var calls int
	s = newSnapshot("", func(context.Context, string) (*authz.Snapshot, error) {
		calls++
		s.Wrote(unexpected(t))
		return listing(string(rune('a' + calls))), nil
	})
	wantSeen(t, s, "d")
	if calls != tries {
		t.Errorf("%d listings, want %d", calls, tries)
	}
	wantSeen(t, s, "g")
	if calls != 2*tries {
		t.Errorf("%d listings, want %d: the last must not be kept", calls, 2*tries)
	}
}

// The last try returns what is kept, which has the writes of others, too.
func TestLastTryIsKept(t *testing.T) {
	var s *snapshotCache
	calls := 0
	s = newSnapshot("", func(context.Context, string) (*authz.Snapshot, error) {
		if calls++; calls < tries {
			s.Wrote(unexpected(t))
		}
		return listing("a"), nil
	})
	l, err := s.Read(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if l != s.Taken() || calls != tries {
		t.Errorf("%d listings, want %d, the last of them kept", calls, tries)
	}
}

// A listing that a reader has stays as it is, whatever is written.
func TestSnapshotNeverChanges(t *testing.T) {
	s, _ := counted(func(int) (*authz.Snapshot, error) { return listing("a", "b", "c"), nil })
	before, err := s.Read(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Wrote(func(l *authz.Snapshot) { l.Remove("a") })
	s.Wrote(func(l *authz.Snapshot) { l.Put(authz.Scope{Name: "b", Description: "changed"}) })
	s.Wrote(put("d"))
	wantSeen(t, s, "b", "c", "d")
	if b, _ := before.Scope("b"); !slices.Equal(authz.Names(before.Scopes), []string{"a", "b", "c"}) || b.Description != "" {
		t.Errorf("the first listing is now %+v", before.Scopes)
	}
	if l := s.Taken(); l != s.Taken() {
		t.Error("without a write, the listing is another one")
	}
}

// Concurrent reads, writes and drops: for the race detector, and to verify that each caller sees
// its own earlier writes.
func TestConcurrentUse(t *testing.T) {
	var mu sync.Mutex
	server := listing()
	s := newSnapshot("", func(context.Context, string) (*authz.Snapshot, error) {
		mu.Lock()
		defer mu.Unlock()
		return &authz.Snapshot{Scopes: slices.Clone(server.Scopes)}, nil
	})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 50 {
				name := string(rune('a'+w)) + string(rune('A'+i))
				mu.Lock()
				server.Put(authz.Scope{Name: name})
				mu.Unlock()
				if i%7 == 0 {
					s.Drop()
				} else {
					s.Wrote(put(name))
				}
				if !slices.Contains(readNames(t, s), name) {
					t.Errorf("%s was written and is not listed", name)
				}
			}
		})
	}
	all.Wait()
	if got := len(readNames(t, s)); got != 8*50 {
		t.Errorf("%d scopes at the end, want %d", got, 8*50)
	}
}
