package httpapi

import (
	"context"
	"math/rand/v2"
	"time"
)

// clock provides the time, so that tests do not wait.
type clock struct {
	now    func() time.Time
	sleep  func(ctx context.Context, d time.Duration) error
	jitter func() float64 // from 0 to 1
}

func systemClock() clock {
	return clock{now: time.Now, sleep: sleep, jitter: rand.Float64}
}

// sleep waits for d, or returns the error of the context if that ends first.
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
