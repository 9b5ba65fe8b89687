// Package program lets a program that has no test use the test servers, and run
// Terraform with the provider as it is in this checkout.
package program

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// T replaces a *testing.T: a failure ends the function, and cleanups run at its end.
type T struct {
	ctx      context.Context //nolint:containedctx // stands in for a test's
	cleanups []func()
}

type failure struct{ err error }

// Helper implements keycloak.T.
func (t *T) Helper() {}

// Fatalf implements keycloak.T.
func (t *T) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// Cleanup implements keycloak.T.
func (t *T) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// Context implements keycloak.T.
func (t *T) Context() context.Context { return t.ctx }

// Must ends the function if there is an error.
func (t *T) Must(err error) {
	if err != nil {
		t.Fatalf("%w", err)
	}
}

// Play runs a function with a T and returns its failures.
func Play(ctx context.Context, play func(*T)) (err error) {
	t := &T{ctx: ctx}
	caught := func() {
		switch f := recover().(type) {
		case nil:
		case failure:
			err = errors.Join(err, f.err)
		default:
			panic(f)
		}
	}
	func() {
		defer caught()
		play(t)
	}()
	for _, cleanup := range slices.Backward(t.cleanups) {
		func() {
			defer caught()
			cleanup()
		}()
	}
	return err
}
