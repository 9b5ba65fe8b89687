package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// listedErrors bounds how many errors of one operation are shown: when a server
// goes away in the middle of a thousand writes, one of them says it all.
const listedErrors = 10

// addFindings adds the messages of findings about a server.
func (d *data) addFindings(diags *diag.Diagnostics, serverID string, found []check.Finding) {
	for _, f := range found {
		at := attributePath(f.Path)
		for _, key := range f.Keys {
			at = at.AtMapKey(key)
		}
		d.addFinding(diags, at, serverID, f)
	}
}

// addFinding adds the message of a finding at an attribute, which is path.Empty() if none
// causes it.
func (d *data) addFinding(diags *diag.Diagnostics, at path.Path, serverID string, f check.Finding) {
	summary, detail := messages.Text(messages.About{
		Finding: f, Server: d.at(serverID), ServerID: serverID, Product: d.caps.Server, Block: d.caps.ProviderBlock, ServerIDWord: d.caps.ServerIDLabel,
		UserTypeWord: d.caps.UserTypeLabel, WholeSets: d.caps.UserTypesReplaced,
	})
	none := at.Equal(path.Empty())
	switch {
	case f.Severity == check.Warn && none:
		diags.AddWarning(summary, detail)
	case f.Severity == check.Warn:
		diags.AddAttributeWarning(at, summary, detail)
	case none:
		diags.AddError(summary, detail)
	default:
		diags.AddAttributeError(at, summary, detail)
	}
}

// addInvalid adds the error about a value of a configuration, which needs no server.
func addInvalid(diags *diag.Diagnostics, at path.Path, f check.Finding) {
	(&data{}).addFinding(diags, at, "", f)
}

// addFailure adds the errors of an operation, which may be joined. An *authz.Error around a
// join stays whole: its advice is for all of it.
func (d *data) addFailure(diags *diag.Diagnostics, serverID string, f check.Finding, err error) {
	all := flatten(err)
	for i, e := range all {
		f.Data = check.Failure{Err: e}
		var one diag.Diagnostics
		if authz.IsParentGone(e) {
			f.Path = ""
		}
		d.addFinding(&one, attributePath(f.Path), serverID, f)
		switch {
		case i == listedErrors:
			d.addFinding(diags, path.Empty(), serverID, check.Finding{
				Code: messages.FailedMore, Data: messages.More{Summary: one[0].Summary(), Shown: listedErrors, Count: len(all) - i},
			})
			return
		case authz.IsParentGone(e):
			diags.Append(parentGone{diag.NewErrorDiagnostic(one[0].Summary(), one[0].Detail()), e})
		default:
			diags.Append(one...)
		}
	}
}

// flatten takes errors.Join apart.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) // the error itself, not what it wraps
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

// attributePath converts "settings.access".
func attributePath(text string) path.Path {
	if text == "" {
		return path.Empty()
	}
	root, rest, nested := strings.Cut(text, ".")
	at := path.Root(root)
	for nested {
		var name string
		name, rest, nested = strings.Cut(rest, ".")
		at = at.AtName(name)
	}
	return at
}
