package authz

import (
	"errors"
	"fmt"
)

// Kind sorts errors by what the user has to do about them.
type Kind int

const (
	// Unavailable: the server did not answer, or not in a way that can be read.
	// It is the zero value: what nobody classified says nothing about the thing
	// asked for.
	Unavailable Kind = iota
	// NotFound: the thing asked for is not there, and the server said so.
	NotFound
	// ParentNotFound: what should hold it (realm, authorization server,
	// application, the endpoint itself) is not there. Never means "gone".
	ParentNotFound
	// Conflict: it exists already, or somebody else changed it meanwhile.
	Conflict
	// Denied: the credentials are refused, or lack a right.
	Denied
	// Invalid: the server refused what was sent.
	Invalid
	// Unsupported: this server cannot do that at all.
	Unsupported
)

func (k Kind) String() string {
	return [...]string{"unavailable", "not found", "parent not found", "conflict", "denied", "invalid", "unsupported"}[k]
}

// Error is what every driver answers with.
type Error struct {
	Kind Kind
	Op   string // what was being done: `create scope "read:users"`
	// Advice is what to do about it: a reason (see Reasons), or a text in the server's own
	// terms. "" stands for the usual advice of the kind.
	Advice string
	Args   []string // values that the text of a reason needs
	Err    error    // the original error; never holds a secret
	// OutcomeUnknown is true when a write was sent and its answer got lost, so that
	// nobody knows whether it was done.
	OutcomeUnknown bool
	// Unreadable is true if the outcome of a write stays unknown, because no reading
	// shows what was written.
	Unreadable bool
	// ParentGone is true if the kind is ParentNotFound and the server itself, in words of
	// its own, reports that the parent does not exist: nothing in it is left to delete.
	ParentGone bool
	// ParentName is the name of the missing parent if another server can have a parent of
	// this name. A wrong address then looks like a deleted parent, so that a destroy must not
	// rely on the report.
	ParentName string
}

func (e *Error) Error() string {
	what := e.Kind.String()
	if e.Err != nil {
		what = e.Err.Error()
	}
	if e.Op == "" {
		return what
	}
	return e.Op + ": " + what
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of a kind.
func Errorf(kind Kind, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Err: fmt.Errorf(format, args...)}
}

// KindOf is the kind of the first Error in the chain, Unavailable without one.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unavailable
}

// IsNotFound reports whether the server itself said that the thing is not there.
func IsNotFound(err error) bool { return err != nil && KindOf(err) == NotFound }

// IsParentGone reports whether the server itself reported that what should hold the
// object does not exist.
func IsParentGone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.ParentGone
}

// ParentName returns the name of a missing parent that another server can have, or "".
func ParentName(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.ParentName
	}
	return ""
}

// OutcomeUnknown reports whether a write may or may not have been done.
func OutcomeUnknown(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.OutcomeUnknown
}
