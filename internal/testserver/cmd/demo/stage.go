package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// stage lets the test server's helpers be used outside of a test: what fails
// ends the story, and what was made is cleaned up.
type stage struct {
	ctx      context.Context //nolint:containedctx // stands in for a test's
	cleanups []func()
}

type failure struct{ err error }

// Helper implements keycloak.T.
func (s *stage) Helper() {}

// Fatalf implements keycloak.T.
func (s *stage) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// Cleanup implements keycloak.T.
func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Context implements keycloak.T.
func (s *stage) Context() context.Context { return s.ctx }

func (s *stage) must(err error) {
	if err != nil {
		s.Fatalf("%w", err)
	}
}

func (s *stage) play(story func()) (err error) {
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
		story()
	}()
	for _, cleanup := range slices.Backward(s.cleanups) {
		func() {
			defer caught()
			cleanup()
		}()
	}
	return err
}
