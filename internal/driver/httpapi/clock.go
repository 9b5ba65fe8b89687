package httpapi

import (
	"context"
	"math/rand/v2"
	"time"
)

// clock is the time that waits go by, so that tests need none.
type clock struct {
	now    func() time.Time
	sleep  func(ctx context.Context, d time.Duration) error
	jitter func() float64 // from 0 up to 1
}

func systemClock() clock {
	return clock{now: time.Now, sleep: sleep, jitter: rand.Float64}
}

// sleep waits for d, or answers with the context's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
