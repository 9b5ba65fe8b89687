package authz

import "errors"

// Advise makes an Error of a kind that says what to do about it. A %w keeps
// what was answered.
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

// Cause is what the first Error in the chain is about, without its operation, so
// that an error around it does not say the operation twice.
func Cause(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err
	}
	return err
}
