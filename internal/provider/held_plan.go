package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// holder is whose scopes a resource manages: a user type, or a client.
type holder struct {
	resourceType string
	attribute    string // which names it
	kind         string // of walk.Holder: `user type`
	name         string
	key          string // the same for all spellings of the name
	names        []string
	filter       diff.Filter
}

// owner returns the holder as the walk records it.
func (h holder) owner(serverID string) walk.Holder {
	return walk.Holder{Server: serverID, Kind: h.kind, Name: h.key}
}

func (h holder) String() string { return fmt.Sprintf("%s %q", h.kind, h.name) }

// title is the holder at the beginning of a sentence.
func (h holder) title() string { text := h.String(); return string(text[0]-'a'+'A') + text[1:] }

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
	if req.State.Raw.IsNull() {
		replacedAndLeaving(diags, d.walk.ReleasedScopes(remembered.Claim))
	}
	var overlaps []string
	remembered.Claim, overlaps = d.walk.RegisterIntent(remembered.Claim, walk.Intent{Owner: h.owner(serverID), Names: h.names, Filter: h.filter})
	remembered.keep(ctx, resp.Private, diags)
	if len(overlaps) > 0 {
		diags.AddAttributeError(path.Root(h.attribute), fmt.Sprintf("%s is managed twice", h.title()),
			fmt.Sprintf("Another resource of this configuration manages these scopes of %s in %s too:\n\n%s\n\nGive each resource its own with manage or ignore.", h, d.at(serverID), list(overlaps)))
	}
	return remembered, len(overlaps) == 0
}

// planUnknown is what can be planned while it is not known which scopes a holder is
// to have: that nobody else manages what the globs take in, and what may go.
func (d *data) planUnknown(ctx context.Context, diags *diag.Diagnostics, serverID string, h holder, has []string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	remembered, ok := d.planClaim(ctx, diags, serverID, h, req, resp)
	lost := managed(authz.NameSet(slices.Concat(has, remembered.Outside)...), h.filter)
	lost = slices.DeleteFunc(lost, func(name string) bool { return d.isBuiltIn(authz.Scope{}, name) })
	if ok && len(lost) > 0 {
		diags.AddWarning(fmt.Sprintf("What %s is to have is not known yet: %s may go (%s)", h, count(len(lost), "scope"), first(lost)),
			fmt.Sprintf("It depends on something that is not applied yet. Of these, which %s has now, the apply takes away what turns out not to be listed. "+
				"To see it first, apply what it depends on (with -target) and plan again:\n\n%s", h, list(lost)))
	}
}

// planHeld refuses what another resource of the plan takes away, deletes or
// renames. has is what the state holds, and what is outside of the globs.
func (d *data) planHeld(diags *diag.Diagnostics, serverID string, h holder, has []string) {
	d.planKept(diags, serverID, h, has, h.names)
	relabelled(diags, fmt.Sprintf("%s in %s", h, d.at(serverID)), h.resourceType, d.walk.KeepScopes(h.owner(serverID), h.names))
	stillUsed(diags, d.at(serverID), d.walk.UseScopes(serverID, h.names))
}

// planTaken refuses to take away, with the resource, what another one holds.
func (d *data) planTaken(diags *diag.Diagnostics, serverID string, h holder) {
	d.planKept(diags, serverID, h, h.names, nil)
	relabelled(diags, fmt.Sprintf("%s in %s", h, d.at(serverID)), h.resourceType, d.walk.RemoveScopes(h.owner(serverID), h.names))
}

// warnReleased names what a holder loses because another one takes its place in the
// resource: the diff hides it. Built-in scopes stay.
func (d *data) warnReleased(diags *diag.Diagnostics, h holder) {
	lost := slices.DeleteFunc(slices.Clone(h.names), func(name string) bool { return d.server != nil && d.isBuiltIn(authz.Scope{}, name) })
	if len(lost) > 0 {
		diags.AddWarning(fmt.Sprintf("%s loses %s (%s)", h.title(), count(len(lost), "scope"), first(lost)),
			fmt.Sprintf("%s changes, so the resource lets go of %s, which loses these unless another resource gives it them:\n\n%s", h.attribute, h, list(lost)))
	}
}

// planKept refuses to take a scope away that the same plan renames: it would stay,
// by its new name.
func (d *data) planKept(diags *diag.Diagnostics, serverID string, h holder, has, names []string) {
	renamed := d.walk.HoldScopes(serverID, walk.Holding{Title: h.String(), Filter: h.filter, Names: names}, has)
	for _, old := range sortedKeys(renamed) {
		keptByRename(diags, d.at(serverID), old, renamed[old], []string{h.String()})
	}
}

// warnNotThere tells what only the apply refuses: until then the same run may make
// it. hint is that of didYouMean, or "".
func warnNotThere(diags *diag.Diagnostics, attribute, what, at, hint string) {
	diags.AddAttributeWarning(path.Root(attribute), fmt.Sprintf("There is no %s yet%s", what, hint),
		fmt.Sprintf("%s has none. Unless a resource that this one depends on makes it, the apply fails here, and what this plan takes from others is taken all the same.", at))
}

// planGlobs tells what changed globs do and the diff does not show: what they take
// in, and what they leave out.
func (d *data) planGlobs(diags *diag.Diagnostics, h holder, claimID string, unseen, kept []string) {
	if len(unseen) > 0 {
		diags.AddWarning(fmt.Sprintf("%s loses %s because of the changed globs (%s)", h.title(), count(len(unseen), "scope"), first(unseen)),
			fmt.Sprintf("manage or ignore left these alone until now. They are not in the state, so the plan has no line for them; the apply takes them away:\n\n%s", list(unseen)))
	}
	d.walk.ReleaseScopes(claimID, kept)
	if len(kept) > 0 {
		diags.AddWarning(fmt.Sprintf("Only leaving the state: %s of %s (%s)", count(len(kept), "scope"), h, first(kept)),
			fmt.Sprintf("They are built in, or ignore or manage now leaves them out. The plan shows them as removed, but %s keeps them:\n\n%s", h, list(kept)))
	}
}

// managed returns the names that the filter manages.
func managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.Manages(name) })
}
