package drivertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Canary is part of every secret of a driver's tests. No error may contain it.
const Canary = "canary"

// Advice returns the text of an error's advice, or "" if only the usual advice of its kind
// applies.
func Advice(err error) string {
	var e *authz.Error
	if !errors.As(err, &e) || e.Advice == "" {
		return ""
	}
	return messages.Advice(e)
}

// CheckError checks an error's kind, a part of its text and a part of its advice, and that both
// contain no secret.
func CheckError(t testing.TB, err error, kind authz.Kind, says, advises string) *authz.Error {
	t.Helper()
	var e *authz.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *authz.Error, want %s", err, kind)
	}
	if e.Kind != kind || !strings.Contains(err.Error(), says) || !strings.Contains(Advice(e), advises) {
		t.Errorf("kind %s, error %q, advice %q;\nwant %s, %q, %q", e.Kind, err, Advice(e), kind, says, advises)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %s", err, e, Advice(e)), Canary) {
		t.Errorf("a secret is in %q or %q", err, Advice(e))
	}
	return e
}
