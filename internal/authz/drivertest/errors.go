package drivertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Canary is in every secret of a driver's tests, and may be in no error.
const Canary = "canary"

// CheckError holds a driver's error against its kind, a part of its text and a
// part of its advice, and looks for secrets in both.
func CheckError(t testing.TB, err error, kind authz.Kind, says, advises string) *authz.Error {
	t.Helper()
	var e *authz.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *authz.Error, want %s", err, kind)
	}
	if e.Kind != kind || !strings.Contains(err.Error(), says) || !strings.Contains(e.Advice, advises) {
		t.Errorf("kind %s, error %q, advice %q;\nwant %s, %q, %q", e.Kind, err, e.Advice, kind, says, advises)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", err, e), Canary) {
		t.Errorf("a secret is in %q or %q", err, e.Advice)
	}
	return e
}
