package httpapi

import (
	"context"
	"time"
)

// Pause waits between two readings that should see an earlier write, or answers
// with the context's error when that ends first.
func Pause(ctx context.Context, d time.Duration) error { return sleep(ctx, d) }
