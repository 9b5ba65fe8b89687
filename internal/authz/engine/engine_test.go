package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

func TestDriver(t *testing.T) {
	d := newDriver()
	if engine.New(d, 1, false).Driver() != authz.Driver(d) {
		t.Error("Driver is another one")
	}
	wantCalls(t, d)
}

// all are two changes of each sort.
func all() (*driver, diff.Scopes) {
	const users, everyone = authz.AccessUserTypes, authz.AccessEveryone
	d := newDriver()
	update := func(name string, from, to authz.Access) diff.Update {
		u := diff.Update{Live: scope(name, from), Want: scope(name, to)}
		u.Want.Description = "changed"
		d.AddScope(realm, u.Live)
		return u
	}
	c := diff.Scopes{
		Limit:  []diff.Update{update("close1", everyone, users), update("close2", everyone, users)},
		Create: []authz.Scope{guarded("create1"), scope("create2", everyone)},
		Change: []diff.Update{update("change1", users, users), update("change2", everyone, everyone)},
		Delete: []authz.Scope{guarded("delete1"), guarded("delete2")},
		Open:   []diff.Update{update("open1", users, everyone), update("open2", users, everyone)},
	}
	for _, s := range c.Delete {
		d.AddScope(realm, s)
	}
	return d, c
}

var order = []string{
	"UpdateScope close1", "UpdateScope close2", "CreateScope create1", "CreateScope create2", "UpdateScope change1", "UpdateScope change2",
	"DeleteScope delete1", "DeleteScope delete2", "UpdateScope open1", "UpdateScope open2",
}

// wantDone fails the test unless the scopes are those that the calls created or updated,
// with their IDs.
func wantDone(t *testing.T, done []authz.Scope, calls ...string) {
	t.Helper()
	var want []string
	for _, call := range calls {
		if name, deleted := strings.CutPrefix(call, "DeleteScope "); !deleted {
			want = append(want, strings.Fields(name)[1])
		}
	}
	if got := authz.Names(done); !slices.Equal(got, want) {
		t.Errorf("returned %v, want %v", got, want)
	}
	for _, s := range done {
		if s.ID == "" {
			t.Errorf("%s has no ID", s.Name)
		}
	}
}

func TestApplyScopesOrder(t *testing.T) {
	for _, concurrency := range []int{-1, 0, 1} {
		d, c := all()
		done, err := engine.New(d, concurrency, false).ApplyScopes(t.Context(), realm, c)
		if err != nil {
			t.Error(err)
		}
		wantCalls(t, d, order...)
		wantDone(t, done, order...)
	}
}

// A phase begins when the one before it is done, however much may run at once.
func TestApplyScopesPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c := all()
		var mu sync.Mutex
		var begun []string
		proceed := make(chan struct{})
		d.before = func(_ context.Context, call string) {
			mu.Lock()
			begun = append(begun, call)
			mu.Unlock()
			<-proceed
		}
		s := engine.New(d, 8, false)
		done := make(chan error, 1)
		go func() { done <- apply(t.Context(), s, c) }()
		for n := 2; n <= len(order); n += 2 {
			synctest.Wait()
			mu.Lock()
			if got := slices.Sorted(slices.Values(begun)); !slices.Equal(got, slices.Sorted(slices.Values(order[:n]))) {
				t.Errorf("begun %q, want %q and no more", got, order[:n])
			}
			mu.Unlock()
			proceed <- struct{}{}
			synctest.Wait() // one of two is not the whole phase
			mu.Lock()
			if len(begun) != n {
				t.Errorf("begun %q when half a phase was done", begun)
			}
			mu.Unlock()
			proceed <- struct{}{}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		wantAsServer(t, s, d)
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	for _, bound := range []int{1, 3, 7} {
		synctest.Test(t, func(t *testing.T) {
			d := newDriver()
			begun, proceed := make(chan string, 20), make(chan struct{})
			d.before = func(_ context.Context, call string) {
				begun <- call
				<-proceed
			}
			done := make(chan error, 1)
			go func() { done <- apply(t.Context(), engine.New(d, bound, false), creates(numbered(20)...)) }()
			for n := range 20 {
				synctest.Wait()
				if got, want := len(begun), min(n+bound, 20); got != want {
					t.Errorf("with %d done, %d are begun, want %d", n, got, want)
				}
				proceed <- struct{}{}
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// After an error nothing further is begun: of the phase, or of those after it.
func TestFirstErrorStops(t *testing.T) {
	refused := authz.Errorf(authz.Conflict, "write", "refused")
	for i, call := range order {
		d, c := all()
		failing(d, map[string]error{call: refused})
		done, err := engine.New(d, 1, false).ApplyScopes(t.Context(), realm, c)
		if !errors.Is(err, refused) {
			t.Errorf("%s: %v, want the error of the driver", call, err)
		}
		wantCalls(t, d, order[:i+1]...)
		wantDone(t, done, order[:i]...)
	}
}

// When one write fails, the others that have begun are not interrupted, and ApplyScopes waits for
// them.
func TestErrorLetsOthersFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver()
		refused := authz.Errorf(authz.Conflict, "create", "refused")
		failing(d, map[string]error{"CreateScope a": refused})
		begun := make(chan string, 9)
		proceed := map[string]chan struct{}{"CreateScope a": make(chan struct{}), "CreateScope b": make(chan struct{})}
		d.before = func(ctx context.Context, call string) {
			begun <- call
			if wait, ok := proceed[call]; ok {
				<-wait
			}
			if ctx.Err() != nil {
				t.Errorf("%s was interrupted: %v", call, ctx.Err())
			}
		}
		s := engine.New(d, 2, false)
		c := creates("a", "b", "c", "d")
		c.Delete = []authz.Scope{guarded("x")}
		done := make(chan error, 1)
		go func() { done <- apply(t.Context(), s, c) }()
		synctest.Wait()
		close(proceed["CreateScope a"])
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("ended with %v before b did", err)
		default:
		}
		close(proceed["CreateScope b"])
		if err := <-done; !errors.Is(err, refused) {
			t.Errorf("%v, want the error of the driver", err)
		}
		if len(begun) != 2 {
			t.Errorf("%d calls were begun, want a and b", len(begun))
		}
		if got := listed(t, s); !slices.Equal(got, []string{"b"}) {
			t.Errorf("listed %v, want b", got)
		}
	})
}

func TestAllErrorsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver()
		a, b := authz.Errorf(authz.Conflict, "create a", "there"), authz.Errorf(authz.Invalid, "create b", "too long")
		failing(d, map[string]error{"CreateScope a": a, "CreateScope b": b})
		proceed := make(chan struct{})
		d.before = func(context.Context, string) { <-proceed }
		done := make(chan error, 1)
		go func() { done <- apply(t.Context(), engine.New(d, 2, false), creates("a", "b", "c")) }()
		synctest.Wait()
		close(proceed)
		if err := <-done; !errors.Is(err, a) || !errors.Is(err, b) {
			t.Errorf("%v, want both errors", err)
		}
	})
}

func TestInterrupted(t *testing.T) {
	why := errors.New("the user interrupted")
	t.Run("before", func(t *testing.T) {
		d := newDriver()
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		_, err := engine.New(d, 2, false).ApplyScopes(ctx, realm, creates("a"))
		wantKind(t, err, authz.Unavailable, "write scopes: interrupted: the user interrupted")
		if !errors.Is(err, why) {
			t.Errorf("%v does not wrap the cause", err)
		}
		wantCalls(t, d)
	})
	for _, concurrency := range []int{1, 2} {
		t.Run(fmt.Sprint("in the middle of ", concurrency), func(t *testing.T) {
			d := newDriver()
			ctx, cancel := context.WithCancelCause(t.Context())
			var begun sync.WaitGroup
			begun.Add(concurrency)
			d.before = func(context.Context, string) {
				begun.Done()
				begun.Wait()
				cancel(why)
			}
			c := creates(numbered(5)...)
			c.Delete = []authz.Scope{guarded("x")}
			s := engine.New(d, concurrency, false)
			wantKind(t, apply(ctx, s, c), authz.Unavailable, "interrupted: the user interrupted")
			if got := d.Calls(); len(got) != concurrency {
				t.Errorf("calls %q, want the %d that were under way", got, concurrency)
			}
			wantAsServer(t, s, d)
		})
	}
}

func TestReadOnly(t *testing.T) {
	d, c := all()
	checks := 0
	d.check = func(string) error { checks++; return nil }
	s := engine.New(d, 2, true)
	change := authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Grant: c.Delete}
	for what, err := range map[string]error{
		"Writable":      s.EnsureWritable(t.Context(), realm),
		"ApplyScopes":   apply(t.Context(), s, c),
		"ApplyUserType": s.ApplyUserType(t.Context(), realm, change),
	} {
		wantKind(t, err, authz.Denied, "write: the provider is configured with read_only = true")
		var e *authz.Error
		if errors.As(err, &e) && !strings.Contains(drivertest.Advice(e), "No request was sent. To apply, remove read_only") {
			t.Errorf("%s advises %q", what, drivertest.Advice(e))
		}
	}
	if _, err := s.ApplyScopes(t.Context(), realm, diff.Scopes{}); err != nil {
		t.Errorf("no changes are no write: %v", err)
	}
	wantCalls(t, d)
	if checks != 0 {
		t.Errorf("%d checks before writes that are refused", checks)
	}
	if got := listed(t, s); len(got) != 8 {
		t.Errorf("listed %v, want all 8: reading is allowed", got)
	}
}

func TestNothingToDo(t *testing.T) {
	d := newDriver()
	d.check = func(string) error { t.Error("checked before no write"); return nil }
	if _, err := engine.New(d, 1, false).ApplyScopes(t.Context(), realm, diff.Scopes{}); err != nil {
		t.Error(err)
	}
	wantCalls(t, d)
}

func TestPreflightOnce(t *testing.T) {
	var checks []string
	d := newDriver(guarded("a"))
	d.check = func(serverID string) error { checks = append(checks, serverID); return nil }
	s := engine.New(d, 4, false)
	var group sync.WaitGroup
	for _, name := range numbered(20) {
		group.Go(func() {
			if _, err := s.ApplyScopes(t.Context(), realm, creates(name)); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			if err := s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{UserType: authz.UserType{Name: "child"}}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, id := range []string{realm, "other", "other", realm} {
		if err := s.EnsureWritable(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(checks, []string{realm, "other"}) {
		t.Errorf("checked %v, want each server id once", checks)
	}
}

func TestPreflightFails(t *testing.T) {
	held := authz.Errorf(authz.Conflict, "check", "the guard role has a holder")
	checks := 0
	d := newDriver(guarded("a"))
	d.check = func(string) error {
		if checks++; checks < 3 {
			return held
		}
		return nil
	}
	s := engine.New(d, 1, false)
	if _, err := s.ApplyScopes(t.Context(), realm, creates("b")); !errors.Is(err, held) {
		t.Errorf("ApplyScopes: %v", err)
	}
	if err := s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{UserType: authz.UserType{Name: "child"}}); !errors.Is(err, held) {
		t.Errorf("ApplyUserType: %v", err)
	}
	wantCalls(t, d)
	for range 2 {
		if err := s.EnsureWritable(t.Context(), realm); err != nil {
			t.Error(err)
		}
	}
	if checks != 3 {
		t.Errorf("%d checks, want one after each failure and none after the one that passed", checks)
	}
}

func TestUnsupported(t *testing.T) {
	s := engine.New(bare{authz.Capabilities{Server: "PACE"}}, 1, false)
	l, err := s.ReadSnapshot(t.Context(), realm)
	wantKind(t, err, authz.Unsupported, "list scopes: PACE cannot list scopes")
	of, err := s.RefreshUserType(t.Context(), realm, "child", nil, nil)
	wantKind(t, err, authz.Unsupported, "PACE cannot list scopes")
	if l != nil || of != nil {
		t.Error("there is nothing to list")
	}
	wantKind(t, apply(t.Context(), s, creates("a")), authz.Unsupported, "write scopes: PACE cannot write scopes")
	wantKind(t, s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{}), authz.Unsupported, "write the scopes of a user type: PACE cannot do that")
	if err := s.EnsureWritable(t.Context(), realm); err != nil {
		t.Errorf("Writable, with nothing to check: %v", err)
	}
}

// Writes need no snapshot: neither on servers without one, nor if no caller has read it.
func TestWriteWithoutSnapshot(t *testing.T) {
	d := newDriver(guarded("a"))
	for _, driver := range []authz.Driver{d, writeOnly{bare{authz.Capabilities{Server: "writer"}}, d, d}} {
		s := engine.New(driver, 1, false)
		c := creates("b")
		c.Change = []diff.Update{{Live: guarded("a"), Want: guarded("a")}}
		if _, err := s.ApplyScopes(t.Context(), realm, c); err != nil {
			t.Error(err)
		}
		change := authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Grant: []authz.Scope{guarded("a")}}
		if err := s.ApplyUserType(t.Context(), realm, change); err != nil {
			t.Error(err)
		}
		wantCalls(t, d, "CreateScope b", "UpdateScope a", "ChangeUserType child")
		d.Change(realm, func(l *authz.Snapshot) { l.Remove("b") })
	}
}
