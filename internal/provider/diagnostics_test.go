package provider

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
		{"advice of the kind", inner, []string{"The server refused the credentials", "\n\ncreate scope \"a\": 403 Forbidden"}},
		{"advice of its own", authz.Advise(authz.Denied, "op", "Do this.", "no"), []string{"Do this.\n\nop: no"}},
		{"wrapped", fmt.Errorf("around: %w", inner), []string{"The server refused the credentials", "\n\naround: create scope \"a\": 403 Forbidden"}},
		{"lost", lost, []string{"The server did not answer", "its answer got lost: whether it was done is not known", "\n\nwrite: reset"}},
		{"lost and unreadable", &unreadable, []string{"The server did not answer", "No plan can show it", "Apply again", "\n\nwrite: reset"}},
		{"foreign", errors.New("bug"), []string{"This is not an answer of the server", "report it", "\n\nbug"}},
	} {
		var diags diag.Diagnostics
		(&data{}).addFailure(&diags, "", check.Finding{Code: messages.FailedAuthServers}, test.err)
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
	for _, test := range []struct{ errs, want int }{{1, 1}, {2, 2}, {listedErrors, listedErrors}, {listedErrors + 5, listedErrors + 1}} {
		var all error
		for i := range test.errs {
			all = errors.Join(all, authz.Errorf(authz.Invalid, "op", "error %d", i))
		}
		var diags diag.Diagnostics
		(&data{}).addFailure(&diags, "", check.Finding{Code: messages.FailedAuthServers}, all)
		if len(diags) != test.want {
			t.Errorf("%d errors make %d diagnostics, want %d", test.errs, len(diags), test.want)
		}
		if test.errs > listedErrors && diags[listedErrors].Summary() != listFailed+" (5 more errors)" {
			t.Errorf("the rest is %q", diags[listedErrors].Summary())
		}
		if test.errs > listedErrors && diags[listedErrors].Detail() != "They are like the ones above, which tell the first 10." {
			t.Errorf("the rest is %q", diags[listedErrors].Detail())
		}
	}
}

func TestAddAttributeFailure(t *testing.T) {
	var diags diag.Diagnostics
	(&data{}).addFailure(&diags, "", check.Finding{Code: messages.FailedAuthServers, Path: "name"}, authz.Errorf(authz.Conflict, "op", "there"))
	d, ok := diags[0].(diag.DiagnosticWithPath)
	if !ok || !d.Path().Equal(path.Root("name")) || !strings.Contains(d.Detail(), "Import it") || !strings.HasSuffix(d.Detail(), "\n\nop: there") {
		t.Errorf("%v", diags)
	}
}

// A finding becomes a diagnostic of its severity at its attribute, in its order.
func TestFindingsBecomeDiagnostics(t *testing.T) {
	d := &data{caps: authz.Capabilities{Server: "Keycloak", ServerIDLabel: "realm"}}
	var diags diag.Diagnostics
	names := []string{"a", "b"}
	d.addFindings(&diags, "shop", nil)
	d.addFindings(&diags, "shop", []check.Finding{
		{Code: check.AccessOpening, Severity: check.Warn, Subjects: names},
		{Code: check.AccessClosing, Severity: check.Warn, Subjects: names, Path: "scopes"},
		{Code: check.AccessLeftOpen, Subjects: names, Path: "settings.access"},
		{Code: check.AccessUnguarded, Subjects: names},
	})
	const opening = "In Keycloak realm \"shop\" these are limited now. From the apply on every user gets them:\n\n  - a\n  - b"
	if diags[0].Summary() != "Access: 2 scopes given to everyone (a, b)" || diags[0].Detail() != opening {
		t.Errorf("%v", diags[0])
	}
	for i, want := range []struct {
		severity diag.Severity
		at       path.Path
	}{
		{diag.SeverityWarning, path.Empty()},
		{diag.SeverityWarning, path.Root("scopes")},
		{diag.SeverityError, path.Root("settings").AtName("access")},
		{diag.SeverityError, path.Empty()},
	} {
		at := path.Empty()
		if with, ok := diags[i].(diag.DiagnosticWithPath); ok {
			at = with.Path()
		}
		if diags[i].Severity() != want.severity || !at.Equal(want.at) {
			t.Errorf("%d: %s at %s, want %s at %s", i, diags[i].Severity(), at, want.severity, want.at)
		}
	}
}
