package httpapi

import (
	"context"
	"time"
)

// Pause waits between two reads that should see an earlier write. It returns the error of the
// context if that ends first.
func Pause(ctx context.Context, d time.Duration) error { return sleep(ctx, d) }

// Settle reads until the result of a write is visible: a server can respond before it is done,
// cache, or consist of several instances. It reads at most once more than there are pauses. shows
// is false if the result never became visible.
func Settle(
	ctx context.Context, op string, pauses []time.Duration, pause func(context.Context, time.Duration) error, read func() (bool, error),
) (shows bool, err error) {
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

// Lag returns the pauses for a server that shows a write after about one second.
func Lag() []time.Duration { return []time.Duration{500 * time.Millisecond, time.Second} }
