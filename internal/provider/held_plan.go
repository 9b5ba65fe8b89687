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

// owner returns the holder as the walk records it.
func (h holder) owner(serverID string) walk.Holder {
	return walk.Holder{Server: serverID, Kind: h.Kind, Name: h.key}
}

// conflicts returns the input of check.Conflicts without any conflict.
func (h holder) conflicts() check.ConflictInput {
	return check.ConflictInput{Resource: h.resourceType, Holder: h.Holder}
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

// planClaim notes what the resource is to manage, and refuses what another one of
// the configuration manages too.
func (d *data) planClaim(ctx context.Context, diags *diag.Diagnostics, serverID string, h holder, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (remembered memory, ok bool) {
	remembered = recall(ctx, req.Private, diags)
	conflicts := h.conflicts()
	if req.State.Raw.IsNull() {
		conflicts.ReleasedAndReplaced = d.walk.ReleasedScopes(remembered.Claim)
	}
	remembered.Claim, conflicts.ManagedTwice = d.walk.RegisterIntent(remembered.Claim, walk.Intent{Owner: h.owner(serverID), Names: h.names, Filter: h.filter})
	remembered.keep(ctx, resp.Private, diags)
	d.addFindings(diags, serverID, check.Conflicts(conflicts))
	return remembered, len(conflicts.ManagedTwice) == 0
}

// planUnknown is what can be planned while it is not known which scopes a holder is
// to have: that nobody else manages what the globs take in, and what may go.
func (d *data) planUnknown(ctx context.Context, diags *diag.Diagnostics, serverID string, h holder, has []string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	remembered, ok := d.planClaim(ctx, diags, serverID, h, req, resp)
	lost := managed(authz.NameSet(slices.Concat(has, remembered.Outside)...), h.filter)
	lost = slices.DeleteFunc(lost, func(name string) bool { return d.isBuiltIn(authz.Scope{}, name) })
	if ok {
		d.addFindings(diags, serverID, check.UnknownGrants(h.Holder, lost))
	}
}

// planHeld refuses what another resource of the plan takes away, deletes or
// renames. has is what the state holds, and what is outside of the globs.
func (d *data) planHeld(diags *diag.Diagnostics, serverID string, h holder, has []string) {
	conflicts := h.conflicts()
	conflicts.Renames = d.keptByRename(serverID, h, has, h.names)
	conflicts.RemovedAndKept = d.walk.KeepScopes(h.owner(serverID), h.names)
	conflicts.DeletedAndUsed = d.walk.UseScopes(serverID, h.names)
	d.addFindings(diags, serverID, check.Conflicts(conflicts))
}

// planTaken refuses to take away, with the resource, what another one holds.
func (d *data) planTaken(diags *diag.Diagnostics, serverID string, h holder) {
	conflicts := h.conflicts()
	conflicts.Renames = d.keptByRename(serverID, h, h.names, nil)
	conflicts.RemovedAndKept = d.walk.RemoveScopes(h.owner(serverID), h.names)
	d.addFindings(diags, serverID, check.Conflicts(conflicts))
}

// warnReleased names what a holder loses because another one takes its place in the
// resource: the diff hides it. Built-in scopes stay.
func (d *data) warnReleased(diags *diag.Diagnostics, serverID string, h holder) {
	lost := slices.DeleteFunc(slices.Clone(h.names), func(name string) bool { return d.server != nil && d.isBuiltIn(authz.Scope{}, name) })
	d.addFindings(diags, serverID, check.LostGrants(h.Holder, lost))
}

// keptByRename returns the renames of this plan after which the holder would have a
// scope that it does not list. has are its present scopes, names the planned ones.
func (d *data) keptByRename(serverID string, h holder, has, names []string) []check.Rename {
	renamed := d.walk.HoldScopes(serverID, walk.Holding{Title: h.String(), Filter: h.filter, Names: names}, has)
	var renames []check.Rename
	for _, old := range sortedKeys(renamed) {
		renames = append(renames, check.Rename{Old: old, New: renamed[old], Holders: []string{h.String()}})
	}
	return renames
}

// planGlobs records and reports what changed globs do to the scopes of a holder.
func (d *data) planGlobs(diags *diag.Diagnostics, serverID, claimID string, h holder, in check.GlobInput) {
	d.walk.ReleaseScopes(claimID, in.Released)
	in.Holder = h.Holder
	d.addFindings(diags, serverID, check.Globs(in))
}

// managed returns the names that the filter manages.
func managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.Manages(name) })
}
