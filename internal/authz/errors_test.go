package authz

import (
	"errors"
	"fmt"
	"testing"
)

func TestKindString(t *testing.T) {
	for kind, want := range map[Kind]string{
		Unavailable: "unavailable", NotFound: "not found", ParentNotFound: "parent not found", Conflict: "conflict",
		Denied: "denied", Invalid: "invalid", Unsupported: "unsupported",
	} {
		if got := kind.String(); got != want {
			t.Errorf("Kind %d: %q, want %q", kind, got, want)
		}
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("the server returned 404")
	for _, test := range []struct {
		err  *Error
		want string
	}{
		{&Error{Kind: NotFound, Op: "read scope", Err: cause}, "read scope: the server returned 404"},
		{&Error{Kind: NotFound, Op: "read scope"}, "read scope: not found"},
		{&Error{Kind: NotFound, Err: cause}, "the server returned 404"},
		{&Error{Kind: Denied}, "denied"},
		{&Error{}, "unavailable"},
		{Errorf(Conflict, "create scope", "%d%%: %w", 50, cause), "create scope: 50%: the server returned 404"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%#v: %q, want %q", test.err, got, test.want)
		}
	}
	if err := Errorf(Conflict, "create", "x: %w", cause); !errors.Is(err, cause) || err.Kind != Conflict || err.Op != "create" || err.Advice != "" ||
		err.OutcomeUnknown {
		t.Errorf("Errorf: %#v", err)
	}
}

func TestKindOf(t *testing.T) {
	bare := errors.New("bare")
	gone := Errorf(NotFound, "read", "gone")
	lost := &Error{Kind: Conflict, Op: "create", OutcomeUnknown: true}
	for _, test := range []struct {
		what              string
		err               error
		kind              Kind
		notFound, unknown bool
	}{
		{"nil", nil, Unavailable, false, false},
		{"an error without a kind", bare, Unavailable, false, false},
		{"itself", gone, NotFound, true, false},
		{"wrapped", fmt.Errorf("around: %w", gone), NotFound, true, false},
		{"joined", errors.Join(bare, gone), NotFound, true, false},
		{"the first of two", errors.Join(lost, gone), Conflict, false, true},
		{"the outer of two", Errorf(ParentNotFound, "read", "%w", gone), ParentNotFound, false, false},
		{"an error around a lost response", fmt.Errorf("around: %w", lost), Conflict, false, true},
	} {
		if got := KindOf(test.err); got != test.kind {
			t.Errorf("%s: KindOf is %s, want %s", test.what, got, test.kind)
		}
		if got := IsNotFound(test.err); got != test.notFound {
			t.Errorf("%s: IsNotFound is %t", test.what, got)
		}
		if got := OutcomeUnknown(test.err); got != test.unknown {
			t.Errorf("%s: OutcomeUnknown is %t", test.what, got)
		}
	}
}
