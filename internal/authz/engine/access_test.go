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

// partial lists scopes of which each is Unread until Complete reads it.
type partial struct {
	names    []string
	listings atomic.Int32
	mu       sync.Mutex
	read     []string
	before   func() // called by Complete, before it reads
	err      error
}

func (p *partial) snapshot() *snapshotCache {
	return newSnapshot("", func(context.Context, string) (*authz.Snapshot, error) {
		p.listings.Add(1)
		l := &authz.Snapshot{Complete: p.complete}
		for _, name := range p.names {
			l.Put(authz.Scope{Name: name, ID: name, Unread: true, Hidden: true})
		}
		return l, nil
	})
}

func (p *partial) complete(_ context.Context, unread []authz.Scope) (func(*authz.Snapshot), error) {
	if p.before != nil {
		p.before()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = append(p.read, authz.Names(unread)...)
	return func(l *authz.Snapshot) {
		for _, s := range unread {
			if now, listed := l.Scope(s.Name); listed && now.Unread {
				l.Put(authz.Scope{Name: s.Name, ID: s.ID, UserTypes: []string{"of " + s.Name}})
			}
		}
	}, p.err
}

func only(names ...string) func(authz.Scope) bool {
	return func(s authz.Scope) bool { return slices.Contains(names, s.Name) }
}

// unreadOf returns the names of the scopes that are Unread.
func unreadOf(l *authz.Snapshot) (names []string) {
	for _, s := range l.Scopes {
		if s.Unread {
			names = append(names, s.Name)
		}
	}
	return names
}

func TestAccessIsReadWhereItIsNeeded(t *testing.T) {
	p := &partial{names: []string{"a", "b", "c", "d"}}
	s := p.snapshot()
	for _, step := range []struct {
		wanted func(authz.Scope) bool
		unread []string
		read   []string // since the step before
	}{
		{only(), []string{"a", "b", "c", "d"}, nil},
		{only("b"), []string{"a", "c", "d"}, []string{"b"}},
		{only("a", "b", "missing"), []string{"c", "d"}, []string{"a"}},
		{nil, nil, []string{"c", "d"}},
		{nil, nil, nil},
	} {
		p.read = nil
		l, err := s.Read(t.Context(), step.wanted)
		if err != nil {
			t.Fatal(err)
		}
		if got := unreadOf(l); !slices.Equal(got, step.unread) || !slices.Equal(p.read, step.read) || len(l.Scopes) != 4 {
			t.Errorf("%v are unread, want %v; %v were read, want %v", got, step.unread, p.read, step.read)
		}
	}
	if n := p.listings.Load(); n != 1 {
		t.Errorf("%d listings", n)
	}
}

// All who need all scopes at the same time share the reads.
func TestAllAccessIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := &partial{names: []string{"a", "b"}, before: func() { <-release }}
		s := p.snapshot()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if l, err := s.Read(t.Context(), nil); err != nil || len(unreadOf(l)) > 0 {
					t.Errorf("%v, %v", l, err)
				}
			})
		}
		synctest.Wait()
		close(release)
		all.Wait()
		if !slices.Equal(p.read, []string{"a", "b"}) {
			t.Errorf("%v were read", p.read)
		}
	})
}

// Callers that need some of the same scopes at the same time read each scope once.
func TestAccessIsReadByOneCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := &partial{names: []string{"a", "b", "c"}, before: func() { <-release }}
		s := p.snapshot()
		var all sync.WaitGroup
		for _, wanted := range []func(authz.Scope) bool{only("a", "b"), only("b", "c"), only("a", "b", "c"), nil, only("c")} {
			all.Go(func() {
				l, err := s.Read(t.Context(), wanted)
				if err != nil {
					t.Error(err)
					return
				}
				for _, scope := range l.Scopes {
					if scope.Unread && (wanted == nil || wanted(scope)) {
						t.Errorf("%s is unread", scope.Name)
					}
				}
			})
			synctest.Wait()
		}
		// A caller that gives up leaves the reads to the others.
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := s.Read(ctx, only("a")); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		all.Wait()
		slices.Sort(p.read)
		if !slices.Equal(p.read, []string{"a", "b", "c"}) {
			t.Errorf("%v were read", p.read)
		}
	})
}

// Access that was read before a write is not kept after it, and the write is.
func TestAccessReadBeforeWrite(t *testing.T) {
	p := &partial{names: []string{"a", "b"}}
	s := p.snapshot()
	wrote := false
	p.before = func() {
		if !wrote {
			wrote = true
			s.Wrote(func(l *authz.Snapshot) { l.Put(authz.Scope{Name: "a", ID: "a", UserTypes: []string{"written"}}) })
		}
	}
	l, err := s.Read(t.Context(), only("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := l.Scope("a"); !slices.Equal(a.UserTypes, []string{"written"}) {
		t.Errorf("the written scope is %+v", a)
	}
	if b, _ := l.Scope("b"); !slices.Equal(b.UserTypes, []string{"of b"}) || len(unreadOf(l)) > 0 {
		t.Errorf("the other scope is %+v", b)
	}
}

// During uninterrupted writes, a read ends, with the access that the caller needs.
func TestAccessDuringWrites(t *testing.T) {
	p := &partial{names: []string{"a", "b"}}
	s := p.snapshot()
	p.before = func() { s.Wrote(func(*authz.Snapshot) {}) }
	l, err := s.Read(t.Context(), only("a"))
	if err != nil || !slices.Equal(unreadOf(l), []string{"b"}) || len(p.read) != tries+1 {
		t.Errorf("%v, %v, %d reads", l, err, len(p.read))
	}
	if kept := s.Taken(); len(unreadOf(kept)) != 2 {
		t.Errorf("the snapshot keeps %+v", kept.Scopes)
	}
}

func TestAccessErrorIsNotKept(t *testing.T) {
	failure := errors.New("down")
	p := &partial{names: []string{"a"}, err: failure}
	s := p.snapshot()
	if _, err := s.Read(t.Context(), only("a")); !errors.Is(err, failure) {
		t.Error(err)
	}
	p.err = nil
	if l, err := s.Read(t.Context(), only("a")); err != nil || len(unreadOf(l)) > 0 {
		t.Errorf("%v, %v", l, err)
	}
}
