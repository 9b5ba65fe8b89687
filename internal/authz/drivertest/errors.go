package drivertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Canary is in every secret of a driver's tests, and may be in no error.
const Canary = "canary"

// Advice returns the advice of an error as the provider words it, or "" if it has only the
// usual one of its kind.
func Advice(err error) string {
	var e *authz.Error
	if !errors.As(err, &e) || e.Advice == "" {
		return ""
	}
	return messages.Advice(e)
}

// CheckError holds a driver's error against its kind, a part of its text and a
// part of its advice, and looks for secrets in both.
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
