package lifecycle

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
	TypeServerScopes   = "authscopes_server_scopes"
	TypeServerScope    = "authscopes_server_scope"
	TypeUserTypeScopes = "authscopes_user_type_scopes"
	TypeServerGrants   = "authscopes_server_grants"
	TypeClientScopes   = "authscopes_client_scopes"
)

// Holder is the user type or the client whose scopes a resource manages.
type Holder struct {
	check.Holder

	ServerID     string
	ResourceType string
	Key          string // the same for all spellings of the name
	Names        []string
	Filter       diff.Filter
	Limit        check.Bound // of what a plan revokes or unassigns
	Kept         bool        // a destroy of the resource keeps the scopes
}

// Intent returns what a resource intends that keeps the names of the holder.
func (h Holder) Intent() walk.Intent {
	owner := walk.Holder{Server: h.ServerID, Kind: h.Kind, Name: h.Key}
	in := walk.Intent{Owner: owner, Title: h.String(), Filter: h.Filter, Keep: h.Names}
	if in.Destroy.Bound = h.Limit.Allowed; !h.Kept {
		in.Destroy.Names = h.Names
	}
	return in
}

// Bounded rejects a plan that revokes or unassigns more of the holder's scopes than its
// bound. inState is true if the holder is that of the state, which the plan replaces.
func (h Holder) Bounded(names []string, inState bool) []check.Finding {
	code, limit := check.BoundsRevocations, h.Limit
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

// Replaced limits what the destroy of a replaced object revokes or unassigns. previous is as
// from LoadIntent.
func (h Holder) Replaced(previous *walk.Intent) []check.Finding {
	if previous == nil {
		return nil
	}
	h.Limit.Allowed = previous.Destroy.Bound
	return h.Bounded(previous.Destroy.Names, true)
}

// Removable returns the scopes of the holder that a destroy removes: built-in ones stay.
func (r *Resource) Removable(h Holder) []string {
	return slices.DeleteFunc(slices.Clone(h.Names), func(name string) bool { return r.Server != nil && r.IsBuiltIn(authz.Scope{}, name) })
}

// OptionalBound returns a bound that is not set by default: nil allows any number.
func OptionalBound(attribute string, value tftypes.Whole) check.Bound {
	bound := check.Bound{Attribute: attribute}
	if !value.IsNull() && !value.IsUnknown() {
		bound.Allowed = value.ValueInt64Pointer()
	}
	return bound
}

// LogChange logs how many scopes a write gave to user types or clients, and took from them.
func LogChange(ctx context.Context, server, holder string, given, taken int) {
	tflog.Info(ctx, "Changed who has scopes", map[string]any{"server": server, "holder": holder, "given": given, "taken": taken})
}

// PlanServerID plans server_id. ok is false if there is an error, or if server_id is unknown
// until apply.
func (r *Resource) PlanServerID(
	ctx context.Context, diags *diag.Diagnostics, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) (serverID string, ok bool) {
	var configured, inState types.String
	diags.Append(req.Config.GetAttribute(ctx, path.Root("server_id"), &configured)...)
	if !req.State.Raw.IsNull() {
		diags.Append(req.State.GetAttribute(ctx, path.Root("server_id"), &inState)...)
	}
	if serverID, ok = r.ResolveServerID(diags, configured, inState); ok {
		SetAttribute(ctx, diags, &resp.Plan, path.Root("server_id"), types.StringValue(serverID))
	}
	return serverID, ok
}

// LoadIntent returns the private state of a planned resource. If the plan replaces an
// object, previous is what is known of it: from the first plan of a replacement, or from the
// Read of a tainted object, which Terraform plans without its state and its private state.
func (r *Resource) LoadIntent(
	ctx context.Context, diags *diag.Diagnostics, resourceType string, in walk.Intent, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) (remembered PrivateState, previous *walk.Intent) {
	remembered = LoadPrivateState(ctx, req.Private, diags)
	if remembered.ID == "" && !req.State.Raw.IsNull() {
		remembered.Save(ctx, resp.Private, diags)
		remembered.ID = nameOfState(resourceType, in)
		return remembered, nil
	}
	remembered.ID = cmp.Or(remembered.ID, walk.NewID())
	defer func() { remembered.Save(ctx, resp.Private, diags) }()
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
	remembered, _ = state.Private.(PrivateState)
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

// RecordState records what the state of a resource holds after a Read.
func (r *Resource) RecordState(resourceType string, in walk.Intent, remembered PrivateState) {
	r.Walk.NoteState(walk.State{
		Resource: resourceType, Owner: in.Owner, ID: remembered.ID, Private: remembered, Names: in.Keep, Destroy: in.Destroy,
	})
}

// IsUnrefreshed reports whether the plan changes nothing and was made without a Read, as
// with -refresh=false and -minimal-refresh. An apply never plans a resource without a change.
func (r *Resource) IsUnrefreshed(req resource.ModifyPlanRequest, id string) bool {
	return !req.State.Raw.IsNull() && !r.Walk.HasRead(id) && req.Plan.Raw.Equal(req.State.Raw)
}

// WarnOutdated reports, once per provider configuration, that the state differs from the
// server in these scopes.
func (r *Resource) WarnOutdated(diags *diag.Diagnostics, serverID string, h check.Holder, names []string) {
	if found := check.OutdatedState(h, names); len(found) > 0 && r.IsNewWarning("", string(check.StaleState)) {
		r.AddFindings(diags, serverID, found)
	}
}

// RegisterIntent records what a resource intends, and rejects what contradicts
// another resource. ok is false if another resource manages the same scopes. previous is as
// from LoadIntent.
func (r *Resource) RegisterIntent(diags *diag.Diagnostics, id string, previous *walk.Intent, h Holder, in walk.Intent) (conflicts []walk.Conflict, ok bool) {
	found := check.ConflictInput{Single: in.Exact, Holder: h.Holder}
	if previous != nil {
		found.ReleasedAndReplaced = previous.Release
	}
	in.Resource = h.ResourceType
	found.Conflicts = r.Walk.Plan(id, in)
	r.AddFindings(diags, in.Owner.Server, check.Conflicts(found))
	return found.Conflicts, len(walk.Scopes(found.Conflicts, walk.ManagedTwice)) == 0
}

// PlanUnknown checks the plan of scopes that are unknown until apply: that no other resource
// manages what the glob patterns match, and which scopes the holder may lose.
func (r *Resource) PlanUnknown(
	ctx context.Context, diags *diag.Diagnostics, h Holder, has []string, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	in := h.Intent()
	in.Unknown = true
	remembered, previous := r.LoadIntent(ctx, diags, h.ResourceType, in, req, resp)
	_, ok := r.RegisterIntent(diags, remembered.ID, previous, h, in)
	lost := Managed(authz.NameSet(slices.Concat(has, remembered.Outside)...), h.Filter)
	lost = slices.DeleteFunc(lost, func(name string) bool { return r.IsBuiltIn(authz.Scope{}, name) })
	if ok {
		r.AddFindings(diags, h.ServerID, check.UnknownGrants(h.Holder, lost))
	}
}

// CheckRevocations rejects the destroy of a resource if another resource needs its scopes.
func (r *Resource) CheckRevocations(diags *diag.Diagnostics, h Holder) {
	in := h.Intent()
	in.Exact, in.Keep, in.Remove, in.Has = true, nil, h.Names, h.Names
	r.RegisterIntent(diags, walk.NewID(), nil, h, in)
}

// WarnReleased reports the scopes that a holder loses because another holder replaces it in
// the resource, which the diff does not show. Built-in scopes stay.
func (r *Resource) WarnReleased(diags *diag.Diagnostics, serverID string, h Holder) {
	r.AddFindings(diags, serverID, check.LostGrants(h.Holder, r.Removable(h)))
}

// CheckMissingScopes reports planned scopes of a holder that do not exist and that no resource
// creates which was planned before.
func (r *Resource) CheckMissingScopes(h Holder, at string, names []string, l *authz.Snapshot) []check.Finding {
	if names = absentFrom(l, names); len(names) == 0 {
		return nil
	}
	kept, mayKeep := r.Walk.Kept(h.ServerID)
	return check.MissingScopes(check.ScopeInput{Holder: h.Holder, Path: at, Names: names, Snapshot: l, Kept: kept, MayKeep: mayKeep})
}

// absentFrom returns the names that the snapshot has no scope of.
func absentFrom(l *authz.Snapshot, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, found := l.Scope(name)
		return found
	})
}

// Managed returns the names that the filter manages.
func Managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !f.Manages(name) })
}

// DeletionBound returns the value of max_deletions: nil if it is unknown, and 0 if it
// is null.
func DeletionBound(bound tftypes.Whole) *int64 {
	if bound.IsUnknown() {
		return nil
	}
	return new(bound.ValueInt64())
}
