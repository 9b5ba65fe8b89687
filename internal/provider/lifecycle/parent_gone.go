package lifecycle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// PlanWithoutParent plans a resource whose parent does not exist. The plan cannot fail:
// another resource can create the parent in the same run, and terraform destroy begins with
// the same plan. So it warns. For a resource in state it plans a computed attribute as
// unknown, because the apply must not pass for a success. With the attribute "" it plans no
// update. A plan that moves a resource fails.
func (r *Resource) PlanWithoutParent(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, attribute string, unknown attr.Value,
) {
	if !diagnostics.HasParentGone(resp.Diagnostics) || LoadPrivateState(ctx, req.Private, &resp.Diagnostics).Moved {
		return
	}
	var serverID types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("server_id"), &serverID)...)
	if r.WarnParentGone(&resp.Diagnostics, serverID.ValueString()) && attribute != "" && !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(attribute), unknown)...)
	}
}

// WarnParentOfDestroyed warns if what should hold a destroyed object does not exist. read
// uses the snapshot of the refresh. Terraform plans the destroy of what the configuration
// no longer has before it refreshes it, and shows no warning of that refresh.
func (r *Resource) WarnParentOfDestroyed(diags *diag.Diagnostics, serverID string, read func() error) {
	if r.Server == nil {
		return
	}
	if err := read(); authz.IsParentGone(err) { // the apply reports other errors
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedRead}, err)
		r.WarnParentGone(diags, serverID)
	}
}

// WarnParentGone turns the errors about a missing parent into one warning per parent, because
// they must not stop Terraform: a refresh also comes before a destroy. It reports whether
// there was such an error.
func (r *Resource) WarnParentGone(diags *diag.Diagnostics, serverID string) bool {
	err := diagnostics.TakeParentGone(diags, serverID)
	if err == nil {
		return false
	}
	if r.IsNewWarning(serverID, string(check.ParentMissing)) {
		r.AddFindings(diags, serverID, check.MissingParent(serverID, err))
	}
	return true
}
