// Package progress logs how much of a long read or write is done.
package progress

import (
	"context"
	"fmt"
	"sync/atomic"
)

// least is the minimum number of objects for which progress is logged.
const least = 100

type logKey struct{}

// With returns a context in which Count logs with the function.
func With(ctx context.Context, log func(ctx context.Context, line string)) context.Context {
	return context.WithValue(ctx, logKey{}, log)
}

// Count returns a function to call after each of n objects. It logs a line such as
// "scopes written: 300 of 1000" after each tenth of n. Fewer than 100 objects are not
// logged.
func Count(ctx context.Context, what string, n int) func() {
	log, ok := ctx.Value(logKey{}).(func(context.Context, string))
	if !ok || n < least {
		return func() {}
	}
	var done atomic.Int64
	return func() {
		i := int(done.Add(1))
		if i*10/n != (i-1)*10/n {
			log(ctx, fmt.Sprintf("%s: %d of %d", what, i, n))
		}
	}
}
