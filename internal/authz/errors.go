package authz

import (
	"errors"
	"fmt"
)

// Kind sorts errors by what the user has to do about them.
type Kind int

const (
	// Unavailable means that the server returned no response, or an unreadable one. It is the
	// zero value, because an error of unknown kind proves nothing about the object.
	Unavailable Kind = iota
	// NotFound means that the server itself reported that the object does not exist.
	NotFound
	// ParentNotFound means that the parent (realm, authorization server, application, or the
	// endpoint itself) was not found. It never proves that the object was deleted.
	ParentNotFound
	// Conflict means that the object exists already, or was changed by another writer.
	Conflict
	// Denied means that the credentials are wrong or lack a privilege.
	Denied
	// Invalid means that the server rejected the request.
	Invalid
	// Unsupported means that this kind of server cannot do it.
	Unsupported
)

func (k Kind) String() string {
	return [...]string{"unavailable", "not found", "parent not found", "conflict", "denied", "invalid", "unsupported"}[k]
}

// Error is the error type of all drivers.
type Error struct {
	Kind Kind
	Op   string // the attempted operation: `create scope "read:users"`
	// Advice states what to do: a reason (see Reasons), or a text in the server's own terms. If
	// it is "", the usual advice of the kind applies.
	Advice string
	Args   []string // values that the text of a reason needs
	Err    error    // the original error; never holds a secret
	// OutcomeUnknown is true if a write was sent and no response was received, so that it may or
	// may not have been done.
	OutcomeUnknown bool
	// Unreadable is true if the outcome of a write stays unknown, because no read shows what was
	// written.
	Unreadable bool
	// ParentGone is true if the kind is ParentNotFound and the server itself, in its own words,
	// reports that the parent does not exist: nothing in it is left to delete.
	ParentGone bool
	// ParentName is the name of the missing parent if another server can have a parent of this
	// name. A wrong address then looks like a deleted parent, so that a destroy must not rely on
	// the report.
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

// Errorf returns an Error of a kind.
func Errorf(kind Kind, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Err: fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the first Error in the chain, or Unavailable if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unavailable
}

// IsNotFound reports whether the server itself reported that the object does not exist.
func IsNotFound(err error) bool { return err != nil && KindOf(err) == NotFound }

// IsParentGone reports whether the server itself reported that the parent of the object does not
// exist.
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
