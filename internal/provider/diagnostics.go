package provider

import (
	"fmt"
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

// addError is the one seam from errors to diagnostics. The summary says what
// failed, the detail what to do about it and then the original error.
func addError(diags *diag.Diagnostics, summary string, err error) {
	all := flatten(err)
	for i, e := range all {
		if i == listedErrors {
			diags.AddError(fmt.Sprintf("%s (%d more errors)", summary, len(all)-i), "They are like the ones above, which tell the first "+fmt.Sprint(listedErrors)+".")
			return
		}
		if authz.IsParentGone(e) {
			text := messages.Advice(e)
			if authz.ParentName(e) == "" { // else the advice is the driver's
				text += "\n\n" + messages.AdviseStateRm
			}
			diags.Append(parentGone{diag.NewErrorDiagnostic(summary, text+"\n\n"+e.Error()), e})
			continue
		}
		diags.AddError(summary, messages.Advice(e)+"\n\n"+e.Error())
	}
}

// addAttributeError is addError for an error that one attribute causes.
func addAttributeError(diags *diag.Diagnostics, p path.Path, summary string, err error) {
	if authz.IsParentGone(err) {
		addError(diags, summary, err)
		return
	}
	diags.AddAttributeError(p, summary, messages.Advice(err)+"\n\n"+err.Error())
}

// flatten takes errors.Join apart. An *authz.Error around a join stays whole: its
// advice is for all of it.
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

// addFindings adds the messages of findings about a server.
func (d *data) addFindings(diags *diag.Diagnostics, serverID string, found []check.Finding) {
	for _, f := range found {
		summary, detail := messages.Text(messages.About{
			Finding: f, Server: d.at(serverID), ServerID: serverID, Product: d.caps.Server, UserTypeWord: d.caps.UserTypeWord, WholeSets: d.caps.UserTypesReplaced,
		})
		addMessage(diags, f, summary, detail)
	}
}

func addMessage(diags *diag.Diagnostics, f check.Finding, summary, detail string) {
	at := attributePath(f.Path)
	for _, key := range f.Keys {
		at = at.AtMapKey(key)
	}
	switch {
	case f.Severity == check.Warn && f.Path == "":
		diags.AddWarning(summary, detail)
	case f.Severity == check.Warn:
		diags.AddAttributeWarning(at, summary, detail)
	case f.Path == "":
		diags.AddError(summary, detail)
	default:
		diags.AddAttributeError(at, summary, detail)
	}
}

// attributePath converts "settings.access".
func attributePath(text string) path.Path {
	root, rest, nested := strings.Cut(text, ".")
	at := path.Root(root)
	for nested {
		var name string
		name, rest, nested = strings.Cut(rest, ".")
		at = at.AtName(name)
	}
	return at
}
