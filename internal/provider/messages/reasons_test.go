package messages

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Each reason has one text, with the values that it refers to.
func TestReasons(t *testing.T) {
	codes := authz.Reasons()
	slices.Sort(codes)
	if rows := slices.Sorted(maps.Keys(reasons())); !slices.Equal(rows, codes) {
		t.Errorf("the reasons are\n%q\nthe texts are for\n%q", codes, rows)
	}
	inner := authz.Advise(authz.Denied, "", "Ask an administrator.", "403")
	for code, text := range reasons() {
		e := authz.Advise(authz.Invalid, "op", code, "failed: %w", inner).With("first", "second", "third")
		got := Advice(e)
		for _, wrong := range []string{"cannot be shown", "%!", "<no value>", "{{"} {
			if strings.Contains(got, wrong) {
				t.Errorf("%s: %s", code, got)
			}
		}
		if strings.Contains(text, ".Inner") != strings.Contains(got, "Ask an administrator.") {
			t.Errorf("%s: %s", code, got)
		}
		if got == "" || got == code {
			t.Errorf("%s has no text", code)
		}
	}
}

// An advice in the server's own terms is not a reason code: it is shown unchanged.
func TestAdviceOfTheServer(t *testing.T) {
	if got := Advice(authz.Advise(authz.Denied, "op", "Give the user the role Auditor.", "403")); got != "Give the user the role Auditor." {
		t.Errorf("%q", got)
	}
}

// A reason is a code, and never shown.
func TestReasonsAreCodes(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)
	for _, code := range authz.Reasons() {
		if !form.MatchString(code) {
			t.Errorf("%q is no code", code)
		}
	}
}
