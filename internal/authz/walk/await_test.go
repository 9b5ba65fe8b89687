package walk

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func TestAwait(t *testing.T) {
	owner := Server("shop")
	in := Intent{Owner: owner, Filter: diff.NewFilter(nil, nil), Keep: []string{"a"}}
	for _, test := range []struct {
		name string
		do   func(w *Walk, cancel func(), impatient func())
	}{
		{"finished", func(w *Walk, _ func(), _ func()) { w.Finish(owner, "a") }},
		{"planned and finished", func(w *Walk, _ func(), _ func()) { w.Plan("1", in); w.Finish(owner, "a") }},
		{"no patience", func(_ *Walk, _ func(), impatient func()) { impatient() }},
		{"interrupted", func(w *Walk, cancel func(), _ func()) { w.Plan("1", in); cancel() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, returned, patience := New(), false, make(chan struct{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					w.Await(ctx, owner, "a", patience, nil)
					returned = true
				}()
				w.Finish(owner, "other")
				synctest.Wait()
				if returned {
					t.Fatal("it did not wait")
				}
				test.do(w, cancel, func() { close(patience) })
				synctest.Wait()
				if !returned {
					t.Error("it still waits")
				}
			})
		})
	}
}

// A write that has begun is awaited without a limit, and a planned one for longer than one
// that is not planned.
func TestAwaitPlanned(t *testing.T) {
	for begins, waits := range map[bool]bool{true: true, false: false} {
		synctest.Test(t, func(t *testing.T) {
			w, returned, unplanned, unwritten := New(), false, make(chan struct{}), make(chan struct{})
			w.Plan("1", Intent{Owner: Server("shop"), Exact: true, Keep: []string{"a"}})
			close(unplanned)
			go func() {
				w.Await(t.Context(), Server("shop"), "a", unplanned, unwritten)
				returned = true
			}()
			synctest.Wait()
			if returned {
				t.Error("it did not wait for the planned write")
			}
			if begins {
				w.Begin(Server("shop"), "a")
			}
			close(unwritten)
			synctest.Wait()
			if returned == waits {
				t.Errorf("begun %t: it waits %t", begins, !returned)
			}
			w.Finish(Server("shop"), "a")
		})
	}
}
