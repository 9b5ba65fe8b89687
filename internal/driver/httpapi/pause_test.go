package httpapi

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestSettle(t *testing.T) {
	for _, test := range []struct {
		name   string
		from   int // the reading that shows it; 0: none does
		breaks int // the reading that fails
		reads  int
		shows  bool
	}{
		{"at once", 1, 0, 1, true},
		{"later", 2, 0, 2, true},
		{"at last", 3, 0, 3, true},
		{"never", 0, 0, 3, false},
		{"the last reading fails", 0, 3, 3, false},
		{"the first reading fails", 2, 1, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var paused []time.Duration
			pause := func(_ context.Context, d time.Duration) error { paused = append(paused, d); return nil }
			broken, reads := errors.New("broken"), 0
			shows, err := Settle(t.Context(), "op", Lag(), pause, func() (bool, error) {
				if reads++; reads == test.breaks {
					return false, broken
				}
				return reads == test.from, nil
			})
			if shows != test.shows || errors.Is(err, broken) != (test.breaks > 0) || reads != test.reads || !slices.Equal(paused, Lag()[:test.reads-1]) {
				t.Errorf("%t, %v after %d readings and %s", shows, err, reads, paused)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Settle(ctx, "op", Lag(), Pause, func() (bool, error) { cancel(); return false, nil })
	wantText(t, err, "op: interrupted")
	wantKind(t, err, authz.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
