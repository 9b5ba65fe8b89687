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
)

// parentGone is an error about a parent that does not exist, as the server itself reports:
// a realm, an authorization server, or an application. A refresh keeps the state. A plan
// warns and shows an update, whose apply fails. A destroy has nothing left to delete.
type parentGone struct {
	diag.ErrorDiagnostic

	err error
}

// Equal implements diag.Diagnostic.
func (e parentGone) Equal(other diag.Diagnostic) bool {
	o, ok := other.(parentGone)
	return ok && e.ErrorDiagnostic.Equal(o.ErrorDiagnostic)
}

// takeParentGone removes the errors about a missing parent from diags and returns the
// first one's cause, or nil.
func takeParentGone(diags *diag.Diagnostics) error {
	i := slices.IndexFunc(*diags, isParentGone)
	if i < 0 {
		return nil
	}
	first, _ := (*diags)[i].(parentGone)
	dropParentGone(diags)
	return first.err
}

// dropParentGone removes the errors about a missing parent from diags.
func dropParentGone(diags *diag.Diagnostics) { *diags = slices.DeleteFunc(*diags, isParentGone) }

// planWithoutParent plans an update of a resource in state whose parent does not exist.
// The plan cannot fail: terraform destroy begins with the same plan, and must succeed. So
// it warns, and plans a computed attribute as unknown, because the apply must not pass for
// a success. With the attribute "" it plans no update. A plan that moves a resource fails.
func (d *data) planWithoutParent(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, attribute string, unknown attr.Value) {
	if req.State.Raw.IsNull() || !slices.ContainsFunc(resp.Diagnostics, isParentGone) || recall(ctx, req.Private, &resp.Diagnostics).Moved {
		return
	}
	var serverID types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("server_id"), &serverID)...)
	d.warnParentGone(&resp.Diagnostics, serverID.ValueString())
	if attribute != "" {
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
		addError(diags, "", err)
		d.warnParentGone(diags, serverID)
	}
}

// warnParentGone turns the errors about a missing parent into a warning, where they must
// not stop Terraform: a refresh comes before a destroy, too. Each parent is reported once.
func (d *data) warnParentGone(diags *diag.Diagnostics, serverID string) {
	err := takeParentGone(diags)
	if err == nil {
		return
	}
	if d.firstNote(serverID, string(check.ParentMissing)) {
		d.addFindings(diags, serverID, check.MissingParent(serverID, err))
	}
}
