package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Types of the resources, as messages name them.
const (
	typeServerScopes   = "authscopes_server_scopes"
	typeServerScope    = "authscopes_server_scope"
	typeUserTypeScopes = "authscopes_user_type_scopes"
	typeServerGrants   = "authscopes_server_grants"
	typeClientScopes   = "authscopes_client_scopes"
)

// holder is the user type or the client whose scopes a resource manages.
type holder struct {
	check.Holder

	serverID     string
	resourceType string
	key          string // the same for all spellings of the name
	names        []string
	filter       diff.Filter
	limit        check.Bound // of what a plan revokes or unassigns
	kept         bool        // a destroy of the resource keeps the scopes
}

// intent returns what a resource intends that keeps the names of the holder.
func (h holder) intent() walk.Intent {
	owner := walk.Holder{Server: h.serverID, Kind: h.Kind, Name: h.key}
	in := walk.Intent{Owner: owner, Title: h.String(), Filter: h.filter, Keep: h.names}
	if in.Destroy.Bound = h.limit.Allowed; !h.kept {
		in.Destroy.Names = h.names
	}
	return in
}

// bounded rejects a plan that revokes or unassigns more of the holder's scopes than its
// bound. inState is true if the holder is that of the state, which the plan replaces.
func (h holder) bounded(names []string, inState bool) []check.Finding {
	code, limit := check.BoundsRevocations, h.limit
	if h.Kind == walk.KindClient {
		code = check.BoundsUnassignments
	}
	limit.InState = inState
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = h.Name + ": " + name
	}
	return check.Bounded(code, limit, lines)
}

// replaced bounds what the destroy of a replaced object revokes or unassigns. previous is
// as from loadIntent.
func (h holder) replaced(previous *walk.Intent) []check.Finding {
	if previous == nil {
		return nil
	}
	h.limit.Allowed = previous.Destroy.Bound
	return h.bounded(previous.Destroy.Names, true)
}

// removable returns the scopes of the holder that a destroy removes: built-in ones stay.
func (r *resourceBase) removable(h holder) []string {
	return slices.DeleteFunc(slices.Clone(h.names), func(name string) bool { return r.Server != nil && r.IsBuiltIn(authz.Scope{}, name) })
}

// optionalBound returns a bound that is not set by default: nil allows any number.
func optionalBound(attribute string, value tftypes.Whole) check.Bound {
	bound := check.Bound{Attribute: attribute}
	if !value.IsNull() && !value.IsUnknown() {
		bound.Allowed = value.ValueInt64Pointer()
	}
	return bound
}

// logChange logs how many scopes a write gave to user types or clients, and took from them.
func logChange(ctx context.Context, server, holder string, given, taken int) {
	tflog.Info(ctx, "Changed who has scopes", map[string]any{"server": server, "holder": holder, "given": given, "taken": taken})
}

// planAddress plans server_id. ok is false when there is an error, or when it is
// not known yet.
func (r *resourceBase) planAddress(ctx context.Context, diags *diag.Diagnostics, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (serverID string, ok bool) {
	var configured, inState types.String
	diags.Append(req.Config.GetAttribute(ctx, path.Root("server_id"), &configured)...)
	if !req.State.Raw.IsNull() {
		diags.Append(req.State.GetAttribute(ctx, path.Root("server_id"), &inState)...)
	}
	if serverID, ok = r.ResolveServerID(diags, configured, inState); ok {
		setAttribute(ctx, diags, &resp.Plan, path.Root("server_id"), types.StringValue(serverID))
	}
	return serverID, ok
}

// loadIntent returns the private state of a planned resource. If the plan replaces an
// object, previous is what is known of it: from the first plan of a replacement, or from the
// Read of a tainted object, which Terraform plans without its state and its private state.
func (r *resourceBase) loadIntent(ctx context.Context, diags *diag.Diagnostics, resourceType string, in walk.Intent, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (remembered memory, previous *walk.Intent) {
	remembered = recall(ctx, req.Private, diags)
	if remembered.ID == "" && !req.State.Raw.IsNull() {
		remembered.keep(ctx, resp.Private, diags)
		remembered.ID = nameOfState(resourceType, in)
		return remembered, nil
	}
	remembered.ID = cmp.Or(remembered.ID, walk.NewID())
	defer func() { remembered.keep(ctx, resp.Private, diags) }()
	if !req.State.Raw.IsNull() {
		return remembered, nil
	}
	if first, planned := r.Walk.Planned(remembered.ID); planned {
		return remembered, &first
	}
	matches := in.Filter.Manages
	if in.Exact {
		matches = func(name string) bool { return slices.Contains(in.Keep, name) }
	}
	state, found := r.Walk.StateOf(resourceType, in.Owner, matches)
	if !found {
		return remembered, nil
	}
	remembered, _ = state.Private.(memory)
	return remembered, &walk.Intent{
		Tainted: true, Destroy: state.Destroy, Release: slices.DeleteFunc(diff.Difference(state.Names, in.Keep), matches),
	}
}

// nameOfState identifies the intents of a resource whose private state has no ID, as after
// a provider was killed in an update. A plan with -minimal-refresh plans it twice in one
// walk, both times without the ID.
func nameOfState(resourceType string, in walk.Intent) string {
	text := fmt.Sprintf("%s %q %s", resourceType, []string{in.Owner.Server, in.Owner.Kind, in.Owner.Name}, in.Filter)
	if in.Exact {
		text += fmt.Sprintf(" %q", in.Keep)
	}
	return text
}

// noteState records what the state of a resource holds after a Read.
func (r *resourceBase) noteState(resourceType string, in walk.Intent, remembered memory) {
	r.Walk.NoteState(walk.State{
		Resource: resourceType, Owner: in.Owner, ID: remembered.ID, Private: remembered, Names: in.Keep, Destroy: in.Destroy,
	})
}

// isUnrefreshed reports whether the plan changes nothing and was made without a Read, as
// with -refresh=false and -minimal-refresh. An apply never plans a resource without a change.
func (r *resourceBase) isUnrefreshed(req resource.ModifyPlanRequest, id string) bool {
	return !req.State.Raw.IsNull() && !r.Walk.HasRead(id) && req.Plan.Raw.Equal(req.State.Raw)
}

// warnOutdated reports, once per provider configuration, that the state differs from the
// server in these scopes.
func (r *resourceBase) warnOutdated(diags *diag.Diagnostics, serverID string, h check.Holder, names []string) {
	if found := check.OutdatedState(h, names); len(found) > 0 && r.IsNewWarning("", string(check.StaleState)) {
		r.AddFindings(diags, serverID, found)
	}
}

// planIntent records what a resource intends, and rejects what contradicts
// another resource. ok is false if another resource manages the same scopes. previous is as
// from loadIntent.
func (r *resourceBase) planIntent(diags *diag.Diagnostics, id string, previous *walk.Intent, h holder, in walk.Intent) (conflicts []walk.Conflict, ok bool) {
	found := check.ConflictInput{Single: in.Exact, Holder: h.Holder}
	if previous != nil {
		found.ReleasedAndReplaced = previous.Release
	}
	in.Resource = h.resourceType
	found.Conflicts = r.Walk.Plan(id, in)
	r.AddFindings(diags, in.Owner.Server, check.Conflicts(found))
	return found.Conflicts, len(walk.Scopes(found.Conflicts, walk.ManagedTwice)) == 0
}

// planUnknown is what can be planned while it is not known which scopes a holder is
// to have: that nobody else manages what the globs take in, and what may go.
func (r *resourceBase) planUnknown(ctx context.Context, diags *diag.Diagnostics, h holder, has []string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	in := h.intent()
	in.Unknown = true
	remembered, previous := r.loadIntent(ctx, diags, h.resourceType, in, req, resp)
	_, ok := r.planIntent(diags, remembered.ID, previous, h, in)
	lost := managed(authz.NameSet(slices.Concat(has, remembered.Outside)...), h.filter)
	lost = slices.DeleteFunc(lost, func(name string) bool { return r.IsBuiltIn(authz.Scope{}, name) })
	if ok {
		r.AddFindings(diags, h.serverID, check.UnknownGrants(h.Holder, lost))
	}
}

// planTaken refuses to take away, with the resource, what another one holds.
func (r *resourceBase) planTaken(diags *diag.Diagnostics, h holder) {
	in := h.intent()
	in.Exact, in.Keep, in.Remove, in.Has = true, nil, h.names, h.names
	r.planIntent(diags, walk.NewID(), nil, h, in)
}

// warnReleased names what a holder loses because another one takes its place in the
// resource: the diff hides it. Built-in scopes stay.
func (r *resourceBase) warnReleased(diags *diag.Diagnostics, serverID string, h holder) {
	r.AddFindings(diags, serverID, check.LostGrants(h.Holder, r.removable(h)))
}

// missingScopes reports planned scopes of a holder that do not exist and that no resource
// creates which was planned before.
func (r *resourceBase) missingScopes(h holder, at string, names []string, l *authz.Snapshot) []check.Finding {
	if names = absentFrom(l, names); len(names) == 0 {
		return nil
	}
	kept, mayKeep := r.Walk.Kept(h.serverID)
	return check.MissingScopes(check.ScopeInput{Holder: h.Holder, Path: at, Names: names, Snapshot: l, Kept: kept, MayKeep: mayKeep})
}

// absentFrom returns the names that a listing has no scope of.
func absentFrom(l *authz.Snapshot, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, found := l.Scope(name)
		return found
	})
}

// managed returns the names that the filter manages.
func managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.Manages(name) })
}

// deletionBound returns the value of max_deletions: nil if it is unknown, and 0 if it
// is null.
func deletionBound(bound tftypes.Whole) *int64 {
	if bound.IsUnknown() {
		return nil
	}
	return new(bound.ValueInt64())
}
