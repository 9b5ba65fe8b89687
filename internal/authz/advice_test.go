package authz

import (
	"errors"
	"fmt"
	"testing"
)

func TestAdviseAndCause(t *testing.T) {
	inner := errors.New("404")
	e := Advise(NotFound, "read scope", "Look again.", "it is gone: %w", Errorf(NotFound, "get", "%w", inner))
	if e.Kind != NotFound || e.Op != "read scope" || e.Advice != "Look again." || e.Error() != "read scope: it is gone: get: 404" || !errors.Is(e, inner) {
		t.Errorf("%+v", e)
	}
	if got := Cause(fmt.Errorf("around: %w", Errorf(Invalid, "get", "%w", inner))); got.Error() != "404" {
		t.Error(got)
	}
	if got := Cause(inner); got != inner { //nolint:errorlint // the very same
		t.Error(got)
	}
	if got := Cause(&Error{Op: "get"}); got.Error() != "get: unavailable" {
		t.Error(got)
	}
}
