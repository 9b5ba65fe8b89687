package diagnostics

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// parentGone is an error about a parent that does not exist, as the server itself reports:
// a realm, an authorization server, or an application. A refresh keeps the state. A plan
// warns and shows a creation, or an update whose apply fails. A destroy has nothing left to
// delete, unless another server can have the parent.
type parentGone struct {
	diag.ErrorDiagnostic

	err error
}

// Equal implements diag.Diagnostic.
func (e parentGone) Equal(other diag.Diagnostic) bool {
	o, ok := other.(parentGone)
	return ok && e.ErrorDiagnostic.Equal(o.ErrorDiagnostic)
}

// HasParentGone reports whether an error is about a missing parent.
func HasParentGone(diags diag.Diagnostics) bool {
	return slices.ContainsFunc(diags, func(e diag.Diagnostic) bool {
		_, is := e.(parentGone)
		return is
	})
}

// TakeParentGone removes the errors about the missing parent with the server ID, and returns
// the cause of the first one, or nil. A login can miss another parent.
func TakeParentGone(diags *diag.Diagnostics, serverID string) error {
	var first error
	*diags = slices.DeleteFunc(*diags, func(e diag.Diagnostic) bool {
		gone, is := e.(parentGone)
		name := authz.ParentName(gone.err)
		if !is || name != "" && name != serverID {
			return false
		}
		if first == nil {
			first = gone.err
		}
		return true
	})
	return first
}

// DropParentGone removes the errors about a missing parent that no other server can have.
func DropParentGone(diags *diag.Diagnostics) {
	*diags = slices.DeleteFunc(*diags, func(e diag.Diagnostic) bool {
		gone, is := e.(parentGone)
		return is && authz.ParentName(gone.err) == ""
	})
}
