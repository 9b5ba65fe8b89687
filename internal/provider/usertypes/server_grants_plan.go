package usertypes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ValidateConfig checks the entries and the glob patterns. It needs no server.
func (r *serverGrantsResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	diags := &resp.Diagnostics
	if !tftypes.ListsKnown(ctx, req.Config, diags, grantGlobs()...) {
		return
	}
	var m serverGrantsModel
	diags.Append(req.Config.Get(ctx, &m)...)
	if diags.HasError() {
		return
	}
	if m.UserTypes.IsNull() && m.ClientRoles.IsNull() {
		diagnostics.AddInvalid(diags, path.Root("user_types"), check.Finding{Code: messages.InputNoUserTypes})
		return
	}
	m.checkEntries(diags)
}

// checkEntries rejects scopes and user types that the glob patterns exclude.
func (m *serverGrantsModel) checkEntries(diags *diag.Diagnostics) {
	f, listed := m.filter(), m.scopeNames()
	for _, userType := range listed.UserTypes() {
		attrs.RejectExcluded(diags, entryPath(userType), f.Scopes, listed[userType])
	}
}

// grantGlobs returns the attributes that bound what is managed.
func grantGlobs() []string {
	return []string{"manage", "ignore", "ignore_user_types", "composite_user_types"}
}

// entryPath returns the path of the entry of a user type.
func entryPath(userType string) path.Path {
	clientID, role := authz.SplitRoleName(userType)
	if clientID == "" {
		return path.Root("user_types").AtMapKey(role)
	}
	return path.Root("client_roles").AtMapKey(clientID).AtMapKey(role)
}

// ModifyPlan compares the plan with the server. The apply runs it again, directly before the
// write.
func (r *serverGrantsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.ProviderData == nil {
		return
	}
	defer r.PlanServerUID(ctx, req, resp, "user_types", "client_roles")
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	defer r.PlanWithoutParent(ctx, req, resp, "open_scopes", types.ListUnknown(types.StringType))
	if !r.RequireCapability(diags, r.Caps.UserTypeScopes, messages.SupportUserTypes) {
		return
	}
	_, addressed := r.PlanServerID(ctx, diags, req, resp)
	var state *serverGrantsModel
	if !req.State.Raw.IsNull() {
		state = &serverGrantsModel{}
		diags.Append(req.State.Get(ctx, state)...)
	}
	if diags.HasError() || !tftypes.ListsKnown(ctx, req.Config, diags, grantGlobs()...) {
		return
	}
	var m serverGrantsModel
	diags.Append(resp.Plan.Get(ctx, &m)...)
	want, known := m.grants()
	if diags.HasError() {
		return
	}
	remembered := lifecycle.LoadPrivateState(ctx, req.Private, diags)
	lifecycle.SetAttribute(ctx, diags, &resp.Plan, path.Root("open_scopes"), plannedOpenScopes(state, want, known, remembered))
	r.rejectEntries(diags, &m, want)
	if diags.HasError() || !r.ServerKnown(diags) || !addressed {
		return
	}
	p := grantsPlan{m: &m, state: state, want: want, known: known}
	r.planWithServer(ctx, diags, p, req, resp)
}

// plannedOpenScopes returns the open scopes of the state, except those that the apply limits.
// It does not use the server, because the apply plans again and must get the same result.
func plannedOpenScopes(state *serverGrantsModel, want diff.Grants, known bool, remembered lifecycle.PrivateState) types.List {
	if state == nil || !known {
		return types.ListUnknown(types.StringType)
	}
	return tftypes.StringList(diff.Difference(tftypes.ListStrings(state.OpenScopes), slices.Concat(remembered.Reopened, scopesOfGrants(want))))
}

// rejectEntries rejects entries that no server of the kind accepts.
func (r *serverGrantsResource) rejectEntries(diags *diag.Diagnostics, m *serverGrantsModel, want diff.Grants) {
	serverID := m.ServerID.ValueString()
	if r.RejectClientRole(diags, "client_roles", m.ClientRoles.IsNull()) {
		return
	}
	r.AddFindings(diags, serverID, check.UserTypeEntries(want.UserTypes(), tftypes.Strings(m.CompositeUserTypes), m.filter().UserTypes, r.UserTypeKey))
	m.eachSet(func(userType string, set tftypes.ScopeSet) {
		if names, known := set.Names(); len(names) == 0 && known && r.Caps.UserTypesKept {
			r.AddFindings(diags, serverID, check.NoGrants(grantHolder(userType)))
		}
	})
	r.rejectFilters(diags, serverID, check.Holder{Kind: walk.KindUserTypes, Name: "*"}, m.Manage, m.Ignore)
}

// grantsPlan is what is configured and planned, and the state (nil on creation).
type grantsPlan struct {
	m, state *serverGrantsModel
	want     diff.Grants
	known    bool // want is complete

	remembered lifecycle.PrivateState
	replaced   *walk.Intent // the object that the plan replaces, or nil; see LoadIntent
	held       diff.Grants  // in state
	live       diff.Grants
	revocable  diff.Grants
	released   diff.Grants // removed from state only
	changes    map[string]diff.UserType
}

// planWithServer is the part of the plan that needs the server.
func (r *serverGrantsResource) planWithServer(
	ctx context.Context, diags *diag.Diagnostics, p grantsPlan, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	in := r.intent(p.m)
	p.remembered, p.replaced = r.LoadIntent(ctx, diags, lifecycle.TypeServerGrants, in, req, resp)
	p.held = p.state.scopeNames()
	for _, userType := range p.want.UserTypes() {
		r.checkUserType(ctx, diags, r.holder(p.m, userType, p.want[userType]), p.held[userType])
	}
	if diags.HasError() {
		return
	}
	l, ok := r.Report(diags, in.Owner.Server).UserTypes(r.Server.ReadUserTypes(ctx, in.Owner.Server, p.want, p.held))
	if !ok {
		return
	}
	p.live, _ = diff.GrantFilter{}.Live(l, p.want)
	p.revocable = p.m.removable(l, p.state, p.remembered)
	p.released = p.held.Subtract(p.want).Subtract(p.revocable)
	p.changes = diff.DiffGrants(p.want, p.live, p.revocable)
	if r.IsUnrefreshed(req, p.remembered.ID) {
		r.warnOutdatedGrants(diags, p, l)
		return
	}
	if r.planIntents(diags, p, in) {
		r.AddFindings(diags, in.Owner.Server, r.planFindings(p, l))
	}
}

// warnOutdatedGrants reports that the state differs from the server, if a plan that
// changes nothing was made without a refresh.
func (r *serverGrantsResource) warnOutdatedGrants(diags *diag.Diagnostics, p grantsPlan, l *authz.Snapshot) {
	managed, _ := p.m.filter().Live(l, p.want)
	lines := slices.Concat(managed.Subtract(p.want).Lines(), p.want.Subtract(managed).Lines())
	r.WarnOutdated(diags, p.m.ServerID.ValueString(), check.Holder{}, lines)
}

// planIntents records what the resource intends for each user type, and for all others. ok
// is false if another resource manages the same scopes.
func (r *serverGrantsResource) planIntents(diags *diag.Diagnostics, p grantsPlan, others walk.Intent) (ok bool) {
	switch {
	case p.state != nil:
		others.Destroy, others.Release = r.intent(p.state).Destroy, p.released.Lines()
	case p.replaced != nil:
		others.Destroy = p.replaced.Destroy
	}
	all := check.Holder{Kind: walk.KindUserTypes, Attribute: "user_types"}
	_, ok = r.RegisterIntent(diags, p.remembered.ID, p.replaced, lifecycle.Holder{Holder: all, ResourceType: lifecycle.TypeServerGrants}, others)
	for _, userType := range authz.NameSet(append(p.want.UserTypes(), slices.Sorted(maps.Keys(p.changes))...)...) {
		h := r.holder(p.m, userType, p.want[userType])
		in := h.Intent()
		in.Unknown, in.Remove, in.Release = !p.known, p.changes[userType].Revoke, p.released[userType]
		in.Has = slices.Concat(p.held[userType], p.live[userType])
		conflicts, alone := r.RegisterIntent(diags, p.remembered.ID+"/"+h.Key, nil, h, in)
		r.AddFindings(diags, h.ServerID, check.OpenGrants(h.Holder, conflicts))
		ok = ok && alone
	}
	return ok
}

// planDestroy limits what a destroy revokes, and rejects revocations of what another resource
// keeps.
func (r *serverGrantsResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state serverGrantsModel
	diags.Append(prior.Get(ctx, &state)...)
	if diags.HasError() || state.KeptOnDestroy() || r.UnknownAttribute != "" {
		return
	}
	serverID, held := state.ServerID.ValueString(), state.scopeNames()
	if r.Caps.UserTypesKept {
		for _, userType := range held.UserTypes() {
			r.AddFindings(diags, serverID, check.KeptGrants(grantHolder(userType), held[userType]))
		}
		return
	}
	defer r.WarnParentGone(diags, serverID)
	l, ok := r.Report(diags, serverID).UserTypes(r.Server.ReadUserTypes(ctx, serverID, nil, held))
	if !ok {
		return
	}
	revoked := state.destroyed(l)
	r.AddFindings(diags, serverID, check.Bounded(check.BoundsRevocations, state.limit(), revoked.Lines()))
	for _, userType := range revoked.UserTypes() {
		r.CheckRevocations(diags, r.holder(&state, userType, revoked[userType]))
	}
}

// destroyed returns the grants in state that a destroy revokes.
func (m *serverGrantsModel) destroyed(l *authz.Snapshot) diff.Grants {
	live, _ := diff.GrantFilter{}.Live(l, nil)
	held := m.scopeNames()
	return held.Subtract(held.Subtract(live))
}
