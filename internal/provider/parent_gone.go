package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
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

// isGone reports whether an error is about the missing parent with the server ID. A login
// can miss another one.
func isGone(e diag.Diagnostic, serverID string) bool {
	gone, is := e.(parentGone)
	name := authz.ParentName(gone.err)
	return is && (name == "" || name == serverID)
}

// dropParentGone removes the errors about a missing parent that no other server can have.
func dropParentGone(diags *diag.Diagnostics) {
	*diags = slices.DeleteFunc(*diags, func(e diag.Diagnostic) bool {
		gone, is := e.(parentGone)
		return is && authz.ParentName(gone.err) == ""
	})
}

// planWithoutParent plans a resource whose parent does not exist. The plan cannot fail:
// another resource can create the parent in the same run, and terraform destroy begins with
// the same plan. So it warns. For a resource in state it plans a computed attribute as
// unknown, because the apply must not pass for a success. With the attribute "" it plans no
// update. A plan that moves a resource fails.
func (d *data) planWithoutParent(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, attribute string, unknown attr.Value) {
	if !slices.ContainsFunc(resp.Diagnostics, isParentGone) || recall(ctx, req.Private, &resp.Diagnostics).Moved {
		return
	}
	var serverID types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("server_id"), &serverID)...)
	if d.warnParentGone(&resp.Diagnostics, serverID.ValueString()) && attribute != "" && !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(attribute), unknown)...)
	}
}

func isParentGone(d diag.Diagnostic) bool {
	_, ok := d.(parentGone)
	return ok
}

// warnParentOfDestroyed warns if what should hold a destroyed object does not exist. read
// uses the snapshot of the refresh. Terraform plans the destroy of what the configuration
// no longer has before it refreshes it, and shows no warning of that refresh.
func (d *data) warnParentOfDestroyed(diags *diag.Diagnostics, serverID string, read func() error) {
	if d.server == nil {
		return
	}
	if err := read(); authz.IsParentGone(err) { // the apply reports other errors
		d.addFailure(diags, serverID, check.Finding{Code: messages.FailedRead}, err)
		d.warnParentGone(diags, serverID)
	}
}

// warnParentGone turns the errors about a missing parent into a warning, where they must
// not stop Terraform: a refresh comes before a destroy, too. Each parent is reported once.
// It reports whether there was such an error.
func (d *data) warnParentGone(diags *diag.Diagnostics, serverID string) bool {
	i := slices.IndexFunc(*diags, func(e diag.Diagnostic) bool { return isGone(e, serverID) })
	if i < 0 {
		return false
	}
	first, _ := (*diags)[i].(parentGone)
	*diags = slices.DeleteFunc(*diags, func(e diag.Diagnostic) bool { return isGone(e, serverID) })
	if d.firstNote(serverID, string(check.ParentMissing)) {
		d.addFindings(diags, serverID, check.MissingParent(serverID, first.err))
	}
	return true
}
