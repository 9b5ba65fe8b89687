package authz

import "errors"

// Advise returns an Error of a kind, with an advice. A %w in format wraps the original error.
func Advise(kind Kind, op, advice, format string, args ...any) *Error {
	e := Errorf(kind, op, format, args...)
	e.Advice = advice
	return e
}

// With sets the values that the text of the reason needs, and returns e.
func (e *Error) With(args ...string) *Error {
	e.Args = args
	return e
}

// Cause returns the original error of the first Error in the chain, without its operation, so
// that an error around it does not repeat the operation. Without an Error it returns err.
func Cause(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err
	}
	return err
}
