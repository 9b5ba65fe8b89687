package base

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// A finding becomes a diagnostic of its severity at its attribute, in its order.
func TestFindingsBecomeDiagnostics(t *testing.T) {
	d := &ProviderData{Caps: authz.Capabilities{Server: "Keycloak", ServerIDLabel: "realm"}}
	var diags diag.Diagnostics
	names := []string{"a", "b"}
	d.AddFindings(&diags, "shop", nil)
	d.AddFindings(&diags, "shop", []check.Finding{
		{Code: check.AccessOpening, Severity: check.Warn, Subjects: names},
		{Code: check.AccessClosing, Severity: check.Warn, Subjects: names, Path: "scopes"},
		{Code: check.AccessLeftOpen, Subjects: names, Path: "settings.access"},
		{Code: check.AccessUnguarded, Subjects: names},
	})
	const opening = "These scopes are limited now. After the apply, every user gets them:\n\n  - a\n  - b"
	if diags[0].Summary() != "2 scopes in Keycloak realm \"shop\" will be open to everyone (a, b)" || diags[0].Detail() != opening {
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
