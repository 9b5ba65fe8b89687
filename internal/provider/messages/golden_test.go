package messages

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

var update = flag.Bool("update", false, "write the golden files")

// A change of wording is a change of these files. They have each message with typical data:
// its code, whether it is an error or a warning, its summary and its detail.
func TestGoldenMessages(t *testing.T) {
	found := samples()
	slices.SortStableFunc(found, func(a, b check.Finding) int { return strings.Compare(string(a.Code), string(b.Code)) })
	var b strings.Builder
	for _, f := range found {
		severity := "error"
		if f.Severity == check.Warn {
			severity = "warning"
		}
		summary, detail := Text(about(f))
		fmt.Fprintf(&b, "=== %s (%s)\n%s\n\n%s\n\n", f.Code, severity, summary, detail)
	}
	golden(t, "messages.txt", b.String())
}

// The advice about an error, by its kind and by its reason, and what each server supports.
func TestGoldenAdvice(t *testing.T) {
	var b strings.Builder
	for kind := authz.Unavailable; kind <= authz.Unsupported; kind++ {
		fmt.Fprintf(&b, "=== kind: %s\n%s\n\n", kind, adviceByKind(kind))
	}
	lost := authz.Error{Kind: authz.Unavailable, OutcomeUnknown: true}
	unreadable := lost
	unreadable.Unreadable = true
	fmt.Fprintf(&b, "=== no response to a write\n%s\n\n=== no response to a write that cannot be read back\n%s\n\n", Advice(&lost), Advice(&unreadable))
	fmt.Fprintf(&b, "=== an error of the provider itself\n%s\n\n", Advice(fmt.Errorf("defect")))
	inner := authz.Advise(authz.Denied, "", "(advice about the error that caused this one)", "403")
	for _, code := range slices.Sorted(maps.Keys(reasons())) {
		e := authz.Advise(authz.Invalid, "op", code, "failed: %w", inner).With("{first}", "{second}", "{third}")
		fmt.Fprintf(&b, "=== %s\n%s\n\n", code, Advice(e))
	}
	for _, block := range []string{"onelogin", "venafi", "ocariot", "pace"} {
		fmt.Fprintf(&b, "=== support by %s\n%s\n\n", block, alternative(block))
	}
	golden(t, "advice.txt", b.String())
}

// golden compares a text with a golden file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	is, was := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range is {
		if i >= len(was) || is[i] != was[i] {
			t.Fatalf("%s differs in line %d (write with -update):\n%s", file, i+1, is[i])
		}
	}
	t.Fatalf("%s has %d more lines (write with -update)", file, len(was)-len(is))
}
