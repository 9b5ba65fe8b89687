package httpapi

import (
	"context"
	"time"
)

// Pause waits between two readings that should see an earlier write, or answers
// with the context's error when that ends first.
func Pause(ctx context.Context, d time.Duration) error { return sleep(ctx, d) }

// Settle reads until what was written shows: a server may answer before it is
// done, cache, or be several. It reads at most as often as there are pauses, and
// once more. shows is false when it never did.
func Settle(ctx context.Context, op string, pauses []time.Duration, pause func(context.Context, time.Duration) error, read func() (bool, error)) (shows bool, err error) {
	for _, d := range pauses {
		if shows, err = read(); shows || err != nil {
			return shows, err
		}
		if err := pause(ctx, d); err != nil {
			return false, Error(op, err)
		}
	}
	return read()
}

// Lag is the pauses for a server that shows a write after a second or so.
func Lag() []time.Duration { return []time.Duration{500 * time.Millisecond, time.Second} }
