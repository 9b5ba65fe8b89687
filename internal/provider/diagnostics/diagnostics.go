// Package diagnostics turns findings and errors into diagnostics of Terraform. Each has the
// text of a row of package messages, and nothing else of the provider makes diagnostics.
package diagnostics

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// maxListed is the maximum number of errors of one operation that are shown. When a server
// stops in the middle of a thousand writes, one error is enough.
const maxListed = 10

// Add adds the message of a finding at the attribute that the finding names.
func Add(diags *diag.Diagnostics, about messages.About) {
	at := attributePath(about.Path)
	for _, key := range about.Keys {
		at = at.AtMapKey(key)
	}
	AddAt(diags, at, about)
}

// AddAt adds the message of a finding at an attribute. For path.Empty(), the message has no
// attribute.
func AddAt(diags *diag.Diagnostics, at path.Path, about messages.About) {
	summary, detail := messages.Text(about)
	at = located(at)
	none := at.Equal(path.Empty())
	switch {
	case about.Severity == check.Warn && none:
		diags.AddWarning(summary, detail)
	case about.Severity == check.Warn:
		diags.AddAttributeWarning(at, summary, detail)
	case none:
		diags.AddError(summary, detail)
	default:
		diags.AddAttributeError(at, summary, detail)
	}
}

// located returns the part of a path that Terraform finds in a configuration: of the keys of
// nested maps the first one. It shows the whole resource for a longer path.
func located(at path.Path) path.Path {
	steps := at.Steps()
	for len(steps) > 2 {
		_, last := steps[len(steps)-1].(path.PathStepElementKeyString)
		_, before := steps[len(steps)-2].(path.PathStepElementKeyString)
		if !last || !before {
			break
		}
		at = at.ParentPath()
		steps = at.Steps()
	}
	return at
}

// AddAll adds the messages of findings about a configuration, which need no server.
func AddAll(diags *diag.Diagnostics, found []check.Finding) {
	for _, f := range found {
		Add(diags, messages.About{Finding: f})
	}
}

// AddInvalid adds the message of a finding about a configuration, which needs no server.
func AddInvalid(diags *diag.Diagnostics, at path.Path, f check.Finding) {
	AddAt(diags, at, messages.About{Finding: f})
}

// AddFailure adds the errors of an operation, which may be joined. An *authz.Error around a
// join stays whole, because its advice applies to all errors in it.
func AddFailure(diags *diag.Diagnostics, about messages.About, err error) {
	all := flatten(err)
	for i, e := range all {
		about.Data = check.Failure{Err: e}
		var one diag.Diagnostics
		if authz.IsParentGone(e) {
			about.Path = ""
		}
		AddAt(&one, attributePath(about.Path), about)
		switch {
		case i == maxListed:
			about.Finding = check.Finding{Code: messages.FailedMore, Data: messages.More{Summary: one[0].Summary(), Shown: maxListed, Count: len(all) - i}}
			AddAt(diags, path.Empty(), about)
			return
		case authz.IsParentGone(e):
			diags.Append(parentGone{diag.NewErrorDiagnostic(one[0].Summary(), one[0].Detail()), e})
		default:
			diags.Append(one...)
		}
	}
}

// flatten returns the errors of an errors.Join.
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
