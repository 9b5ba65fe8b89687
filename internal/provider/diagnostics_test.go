package provider

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// The summary says what failed, the detail what to do and then the original.
func TestAddError(t *testing.T) {
	inner := authz.Errorf(authz.Denied, "create scope \"a\"", "403 Forbidden")
	lost := &authz.Error{Kind: authz.Unavailable, Op: "write", Err: errors.New("reset"), OutcomeUnknown: true}
	unreadable := *lost
	unreadable.Unreadable = true
	for _, test := range []struct {
		name string
		err  error
		want []string // details begin and end so, in this order
	}{
		{"advice of the kind", inner, []string{"The server refused the credentials", "\n\ncreate scope \"a\": 403 Forbidden"}},
		{"advice of its own", authz.Advise(authz.Denied, "op", "Do this.", "no"), []string{"Do this.\n\nop: no"}},
		{"wrapped", fmt.Errorf("around: %w", inner), []string{"The server refused the credentials", "\n\naround: create scope \"a\": 403 Forbidden"}},
		{"lost", lost, []string{"The server did not answer", "its answer got lost: whether it was done is not known", "\n\nwrite: reset"}},
		{"lost and unreadable", &unreadable, []string{"The server did not answer", "No plan can show it", "Apply again", "\n\nwrite: reset"}},
		{"foreign", errors.New("bug"), []string{"This is not an answer of the server", "report it", "\n\nbug"}},
	} {
		var diags diag.Diagnostics
		addError(&diags, "It failed", test.err)
		if len(diags) != 1 || diags[0].Summary() != "It failed" || diags[0].Severity() != diag.SeverityError {
			t.Fatalf("%s: %v", test.name, diags)
		}
		rest := diags[0].Detail()
		for _, want := range test.want {
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Errorf("%s: the detail %q does not hold %q in its place", test.name, diags[0].Detail(), want)
			}
			rest = after
		}
		if rest != "" && test.name != "wrapped" && !strings.HasSuffix(diags[0].Detail(), test.want[len(test.want)-1]) {
			t.Errorf("%s: the detail ends %q", test.name, rest)
		}
	}
}

func TestAddErrorJoined(t *testing.T) {
	for _, test := range []struct{ errs, want int }{{1, 1}, {2, 2}, {listedErrors, listedErrors}, {listedErrors + 5, listedErrors + 1}} {
		var all error
		for i := range test.errs {
			all = errors.Join(all, authz.Errorf(authz.Invalid, "op", "error %d", i))
		}
		var diags diag.Diagnostics
		addError(&diags, "Failed", all)
		if len(diags) != test.want {
			t.Errorf("%d errors make %d diagnostics, want %d", test.errs, len(diags), test.want)
		}
		if test.errs > listedErrors && diags[listedErrors].Summary() != "Failed (5 more errors)" {
			t.Errorf("the rest is %q", diags[listedErrors].Summary())
		}
	}
}

func TestAddAttributeError(t *testing.T) {
	var diags diag.Diagnostics
	addAttributeError(&diags, path.Root("name"), "Failed", authz.Errorf(authz.Conflict, "op", "there"))
	d, ok := diags[0].(diag.DiagnosticWithPath)
	if !ok || !d.Path().Equal(path.Root("name")) || !strings.Contains(d.Detail(), "Import it") || !strings.HasSuffix(d.Detail(), "\n\nop: there") {
		t.Errorf("%v", diags)
	}
}

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

func TestList(t *testing.T) {
	names := make([]string, shown+3)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	if got := list(names[:2]); got != "  - 0\n  - 1" {
		t.Errorf("%q", got)
	}
	got := list(names)
	if strings.Count(got, "\n") != shown || !strings.HasSuffix(got, "\n  … and 3 more") {
		t.Errorf("%q", got)
	}
	if list(nil) != "" || orNone(nil) != "  (none)" || orNone(names[:1]) != "  - 0" {
		t.Error("an empty list is not empty")
	}
	for n, want := range map[int]string{0: "0 scopes", 1: "1 scope", 2: "2 scopes"} {
		if got := count(n, "scope"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := first(names[:3]); got != "0, 1, 2" {
		t.Errorf("%q", got)
	}
	if got := first(names[:4]); got != "0, 1, 2, …" || names[3] != "3" {
		t.Errorf("%q; the names are now %v", got, names[:4])
	}
}

// A name is the server's, and a terminal obeys what is in it.
func TestListsShowWhatDoesNotShow(t *testing.T) {
	name := "a\x1b[1A\x1b[2K\n```\nNo changes.\u202e\u200bé ."
	const want = `a\x1b[1A\x1b[2K\n` + "```" + `\nNo changes.\u202e\u200bé .`
	if got := list([]string{name}); got != "  - "+want {
		t.Errorf("%q", got)
	}
	if got := first([]string{name, "b"}); got != want+", b" {
		t.Errorf("%q", got)
	}
}
