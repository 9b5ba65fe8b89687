package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// Types of the resources, as messages name them.
const (
	typeServerScopes   = "authscopes_server_scopes"
	typeServerScope    = "authscopes_server_scope"
	typeUserTypeScopes = "authscopes_user_type_scopes"
	typeClientScopes   = "authscopes_client_scopes"
)

// holder is the user type or the client whose scopes a resource manages.
type holder struct {
	check.Holder

	resourceType string
	key          string // the same for all spellings of the name
	names        []string
	filter       diff.Filter
}

// intent returns what a resource intends that keeps the names of the holder.
func (h holder) intent(serverID string) walk.Intent {
	owner := walk.Holder{Server: serverID, Kind: h.Kind, Name: h.key}
	return walk.Intent{Owner: owner, Title: h.String(), Filter: h.filter, Keep: h.names}
}

// planAddress plans server_id. ok is false when there is an error, or when it is
// not known yet.
func (d *data) planAddress(ctx context.Context, diags *diag.Diagnostics, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (serverID string, ok bool) {
	var configured, inState types.String
	diags.Append(req.Config.GetAttribute(ctx, path.Root("server_id"), &configured)...)
	if !req.State.Raw.IsNull() {
		diags.Append(req.State.GetAttribute(ctx, path.Root("server_id"), &inState)...)
	}
	if serverID, ok = d.address(diags, configured, inState); ok {
		setAttribute(ctx, diags, &resp.Plan, path.Root("server_id"), types.StringValue(serverID))
	}
	return serverID, ok
}

// planIntent records what the resource of a holder intends, and rejects what contradicts
// another resource. ok is false if another resource manages the same scopes.
func (d *data) planIntent(diags *diag.Diagnostics, id string, creates bool, h holder, in walk.Intent) (conflicts []walk.Conflict, ok bool) {
	found := check.ConflictInput{Resource: h.resourceType, Holder: h.Holder}
	if previous, _ := d.walk.Planned(id); creates {
		found.ReleasedAndReplaced = previous.Release
	}
	found.Conflicts = d.walk.Plan(id, in)
	d.addFindings(diags, in.Owner.Server, check.Conflicts(found))
	return found.Conflicts, len(walk.Scopes(found.Conflicts, walk.ManagedTwice)) == 0
}

// planUnknown is what can be planned while it is not known which scopes a holder is
// to have: that nobody else manages what the globs take in, and what may go.
func (d *data) planUnknown(ctx context.Context, diags *diag.Diagnostics, serverID string, h holder, has []string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	remembered := recall(ctx, req.Private, diags)
	remembered.keep(ctx, resp.Private, diags)
	in := h.intent(serverID)
	in.Unknown = true
	_, ok := d.planIntent(diags, remembered.ID, req.State.Raw.IsNull(), h, in)
	lost := managed(authz.NameSet(slices.Concat(has, remembered.Outside)...), h.filter)
	lost = slices.DeleteFunc(lost, func(name string) bool { return d.isBuiltIn(authz.Scope{}, name) })
	if ok {
		d.addFindings(diags, serverID, check.UnknownGrants(h.Holder, lost))
	}
}

// planTaken refuses to take away, with the resource, what another one holds.
func (d *data) planTaken(diags *diag.Diagnostics, serverID string, h holder) {
	in := h.intent(serverID)
	in.Exact, in.Keep, in.Remove, in.Has = true, nil, h.names, h.names
	d.planIntent(diags, walk.NewID(), false, h, in)
}

// warnReleased names what a holder loses because another one takes its place in the
// resource: the diff hides it. Built-in scopes stay.
func (d *data) warnReleased(diags *diag.Diagnostics, serverID string, h holder) {
	lost := slices.DeleteFunc(slices.Clone(h.names), func(name string) bool { return d.server != nil && d.isBuiltIn(authz.Scope{}, name) })
	d.addFindings(diags, serverID, check.LostGrants(h.Holder, lost))
}

// managed returns the names that the filter manages.
func managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.Manages(name) })
}
