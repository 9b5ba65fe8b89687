package diagnostics

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// listFailed is the summary of messages.FailedAuthServers.
const listFailed = "Cannot list the authorization servers"

// The summary says what failed, the detail what to do and then the original.
func TestAddFailure(t *testing.T) {
	inner := authz.Errorf(authz.Denied, "create scope \"a\"", "403 Forbidden")
	lost := &authz.Error{Kind: authz.Unavailable, Op: "write", Err: errors.New("reset"), OutcomeUnknown: true}
	unreadable := *lost
	unreadable.Unreadable = true
	for _, test := range []struct {
		name string
		err  error
		want []string // details begin and end so, in this order
	}{
		{"advice of the kind", inner, []string{"The server rejected the credentials", "\n\ncreate scope \"a\": 403 Forbidden"}},
		{"advice of its own", authz.Advise(authz.Denied, "op", "Do this.", "no"), []string{"Do this.\n\nop: no"}},
		{"wrapped", fmt.Errorf("around: %w", inner), []string{"The server rejected the credentials", "\n\naround: create scope \"a\": 403 Forbidden"}},
		{"lost", lost, []string{"No valid response was received", "The outcome of the write is unknown. Plan again", "\n\nwrite: reset"}},
		{"lost and unreadable", &unreadable, []string{"No valid response was received", "No plan can show it", "Apply again", "\n\nwrite: reset"}},
		{"foreign", errors.New("bug"), []string{"The server did not report this error", "report it", "\n\nbug"}},
	} {
		var diags diag.Diagnostics
		AddFailure(&diags, messages.About{Finding: check.Finding{Code: messages.FailedAuthServers}}, test.err)
		if len(diags) != 1 || diags[0].Summary() != listFailed || diags[0].Severity() != diag.SeverityError {
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

func TestAddJoinedFailures(t *testing.T) {
	for _, test := range []struct{ errs, want int }{{1, 1}, {2, 2}, {maxListed, maxListed}, {maxListed + 5, maxListed + 1}} {
		var all error
		for i := range test.errs {
			all = errors.Join(all, authz.Errorf(authz.Invalid, "op", "error %d", i))
		}
		var diags diag.Diagnostics
		AddFailure(&diags, messages.About{Finding: check.Finding{Code: messages.FailedAuthServers}}, all)
		if len(diags) != test.want {
			t.Errorf("%d errors make %d diagnostics, want %d", test.errs, len(diags), test.want)
		}
		if test.errs > maxListed && diags[maxListed].Summary() != "More errors of the same operation" {
			t.Errorf("the rest is %q", diags[maxListed].Summary())
		}
		if test.errs > maxListed && diags[maxListed].Detail() != listFailed+": 5 more errors. Only the first 10 errors are shown." {
			t.Errorf("the rest is %q", diags[maxListed].Detail())
		}
	}
}

func TestAddAttributeFailure(t *testing.T) {
	var diags diag.Diagnostics
	AddFailure(&diags, messages.About{Finding: check.Finding{Code: messages.FailedAuthServers, Path: "name"}}, authz.Errorf(authz.Conflict, "op", "there"))
	d, ok := diags[0].(diag.DiagnosticWithPath)
	if !ok || !d.Path().Equal(path.Root("name")) || !strings.Contains(d.Detail(), "import it") || !strings.HasSuffix(d.Detail(), "\n\nop: there") {
		t.Errorf("%v", diags)
	}
}
