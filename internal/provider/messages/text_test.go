package messages

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Each kind has advice of its own.
func TestAdviceByKind(t *testing.T) {
	seen := map[string]authz.Kind{}
	for kind := authz.Unavailable; kind <= authz.Unsupported; kind++ {
		text := adviceByKind(kind)
		if other, ok := seen[text]; ok || text == "" {
			t.Errorf("%s has the advice of %s: %q", kind, other, text)
		}
		seen[text] = kind
	}
}

// An interrupt, or the end of a timeout, is no failure of the server.
func TestAdviceAfterInterrupt(t *testing.T) {
	for err, want := range map[error]string{
		authz.Errorf(authz.Unavailable, "write scopes", "interrupted: %w", context.Canceled):         "Run the operation again.",
		fmt.Errorf("wait: %w", context.Canceled):                                                     "Run the operation again.",
		authz.Errorf(authz.Unavailable, "write scopes", "interrupted: %w", context.DeadlineExceeded): "Increase timeouts",
	} {
		if got := Advice(err); !strings.HasPrefix(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestList(t *testing.T) {
	names := make([]string, shown+3)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	if got := List(names[:2]); got != "  - 0\n  - 1" {
		t.Errorf("%q", got)
	}
	got := List(names)
	if strings.Count(got, "\n") != shown || !strings.HasSuffix(got, "\n  … and 3 more") {
		t.Errorf("%q", got)
	}
	if List(nil) != "" || Section("It has:", nil) != "" || Section("It has:", names[:1]) != "\n\nIt has:\n\n  - 0" {
		t.Error("an empty list is not empty")
	}
	for n, want := range map[int]string{0: "0 scopes", 1: "1 scope", 2: "2 scopes"} {
		if got := Count(n, "scope"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := First(names[:3], maxNamed); got != "0, 1, 2" {
		t.Errorf("%q", got)
	}
	if got := First(names[:4], maxNamed); got != "0, 1, 2, …" || names[3] != "3" {
		t.Errorf("%q; the names are now %v", got, names[:4])
	}
	long := strings.Repeat("ä", maxName+1)
	if got := First([]string{long, "b"}, 1); got != long+", …" {
		t.Errorf("%q", got)
	}
	if got := First([]string{long, "b"}, 0); got != long[:2*maxName]+"…" {
		t.Errorf("%q", got)
	}
	if got := First([]string{"a", "b"}, 0); got != "a, …" {
		t.Errorf("%q", got)
	}
}

// A name is the server's, and a terminal obeys what is in it.
func TestListsShowWhatDoesNotShow(t *testing.T) {
	name := "a\x1b[1A\x1b[2K\n```\nNo changes.\u202e\u200bé ."
	const want = `a\x1b[1A\x1b[2K\n` + "```" + `\nNo changes.\u202e\u200bé .`
	if got := List([]string{name}); got != "  - "+want {
		t.Errorf("%q", got)
	}
	if got := First([]string{name, "b"}, maxNamed); got != want+", b" {
		t.Errorf("%q", got)
	}
}
