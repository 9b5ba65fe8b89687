package clientscopes

import (
	"context"
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
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ValidateConfig compares the sets with each other and with the glob patterns. It needs no
// server.
func (r *clientScopesResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if !tftypes.ListsKnown(ctx, req.Config, &resp.Diagnostics, "manage", "ignore") {
		return
	}
	var m clientScopesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	names, _ := m.names() // those that are known
	if resp.Diagnostics.HasError() {
		return
	}
	diagnostics.AddAll(&resp.Diagnostics, check.BothKinds(names.Both()))
	attrs.RejectExcluded(&resp.Diagnostics, path.Root("default"), m.filter(), names.Default)
	attrs.RejectExcluded(&resp.Diagnostics, path.Root("optional"), m.filter(), names.Optional)
}

// ModifyPlan compares the plan with the server. The apply runs it again, directly before the
// write.
func (r *clientScopesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.ProviderData == nil {
		return
	}
	defer r.PlanServerUID(ctx, req, resp, "default", "optional")
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	defer r.PlanWithoutParent(ctx, req, resp, "", nil)
	if !r.RequireCapability(diags, r.Caps.ClientScopes, messages.SupportClients) {
		return
	}
	_, addressed := r.PlanServerID(ctx, diags, req, resp)
	var state *clientScopesModel
	if !req.State.Raw.IsNull() {
		state = &clientScopesModel{}
		diags.Append(req.State.Get(ctx, state)...)
	}
	if diags.HasError() {
		return
	}
	if state != nil && r.identityChanged(ctx, diags, *state, resp.Plan) {
		r.planReleased(diags, *state)
		state = nil // a replacement: of its two plans Terraform shows the warnings of this one only
	}
	if !tftypes.ListsKnown(ctx, req.Config, diags, "manage", "ignore") {
		return
	}
	var m clientScopesModel
	diags.Append(resp.Plan.Get(ctx, &m)...)
	names, known := m.names()
	if len(names.Default) > 0 && !r.Caps.ClientDefaults {
		r.AddFindings(diags, "", []check.Finding{{Code: messages.SupportDefaults, Path: "default", Subjects: names.Default}})
	}
	if diags.HasError() || m.ClientID.IsUnknown() || !addressed || !r.ServerKnown(diags) {
		return
	}
	if !known {
		r.planNamesUnknown(ctx, diags, m, state, req, resp)
		return
	}
	r.planWithServer(ctx, diags, m, state, req, resp)
}

// planNamesUnknown reports the scopes that the client may lose: on create, the scopes that it
// has on the server.
func (r *clientScopesResource) planNamesUnknown(
	ctx context.Context, diags *diag.Diagnostics, m clientScopesModel, state *clientScopesModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	has := state.scopeNames()
	if state == nil {
		set, err := r.Server.ReadClient(ctx, m.ServerID.ValueString(), m.ClientID.ValueString())
		if ok, missing := r.Report(diags, m.ServerID.ValueString()).Client(m.ClientID.ValueString(), err); ok && missing == nil {
			has = liveNames(set).All()
		}
	}
	r.PlanUnknown(ctx, diags, m.holder(), has, req, resp)
}

// planReleased reports the scopes that a client loses because another client replaces it in
// the resource. It rejects the plan if another resource assigns the same scopes to it, because
// the order of the two would decide.
func (r *clientScopesResource) planReleased(diags *diag.Diagnostics, state clientScopesModel) {
	if state.OnDestroy.ValueString() != attrs.OnDestroyKeep {
		h := state.holder()
		r.WarnReleased(diags, h.ServerID, h)
		r.AddFindings(diags, h.ServerID, h.Bounded(r.Removable(h), true))
		r.CheckRevocations(diags, h)
	}
}

// identityChanged reports whether a plan is for another client than the state.
func (r *clientScopesResource) identityChanged(ctx context.Context, diags *diag.Diagnostics, state clientScopesModel, planned tfsdk.Plan) bool {
	var clientID types.String
	diags.Append(planned.GetAttribute(ctx, path.Root("client_id"), &clientID)...)
	return !clientID.Equal(state.ClientID)
}

// planWithServer is the part of the plan that needs the server. The same apply may create a
// missing client, so only the apply rejects it.
func (r *clientScopesResource) planWithServer(
	ctx context.Context, diags *diag.Diagnostics, m clientScopesModel, state *clientScopesModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	serverID, clientID := m.ServerID.ValueString(), m.ClientID.ValueString()
	in := m.holder().Intent()
	remembered, previous := r.LoadIntent(ctx, diags, lifecycle.TypeClientScopes, in, req, resp)
	r.rejectBuiltIns(ctx, diags, m)
	names, _ := m.names()
	set, err := r.Server.ReadClient(ctx, serverID, clientID)
	ok, missing := r.Report(diags, serverID).Client(clientID, err)
	if !ok && missing == nil {
		return
	}
	in.Has = append(state.scopeNames(), remembered.Outside...)
	if state != nil {
		in.Destroy = state.holder().Intent().Destroy
	}
	var found []check.Finding
	if missing != nil {
		found = append(check.MissingHolder(m.holder().Holder, nil), r.planAssigned(ctx, diags, m, names.All())...)
	} else {
		change := diff.DiffClient(names, liveNames(set), r.removable(set, &m, state, &remembered))
		if r.IsUnrefreshed(req, remembered.ID) {
			change = diff.DiffClient(names, liveNames(set), r.removable(set, &m, nil, nil))
			r.WarnOutdated(diags, serverID, m.holder().Holder, slices.Concat(change.Assign, change.Unassign, change.Move))
			return
		}
		r.rejectUnassignable(diags, serverID, set, !change.Empty())
		found = append(r.planLosses(set, m, state, change, &in), r.planAssigned(ctx, diags, m, change.Assign)...)
	}
	if _, ok = r.RegisterIntent(diags, remembered.ID, previous, m.holder(), in); ok {
		r.AddFindings(diags, serverID, append(m.holder().Replaced(previous), found...))
	}
}

// planDestroy checks what a destroy unassigns.
func (r *clientScopesResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state clientScopesModel
	diags.Append(prior.Get(ctx, &state)...)
	if diags.HasError() || state.OnDestroy.ValueString() == attrs.OnDestroyKeep {
		return
	}
	serverID, h := state.ServerID.ValueString(), state.holder()
	r.AddFindings(diags, serverID, h.Bounded(r.Removable(h), false))
	r.CheckRevocations(diags, h)
	r.WarnParentOfDestroyed(diags, serverID, func() error {
		set, err := r.Server.ReadClient(ctx, serverID, state.ClientID.ValueString())
		loses := len(diff.Difference(h.Names, liveNames(set).All())) < len(h.Names)
		r.rejectUnassignable(diags, serverID, set, loses)
		return err
	})
}

// rejectUnassignable rejects a change of a client that cannot have the scopes.
func (r *clientScopesResource) rejectUnassignable(diags *diag.Diagnostics, serverID string, set authz.ClientScopeSet, changes bool) {
	if changes && set.Unassignable != nil {
		f := check.Finding{Code: messages.FailedChangeClient, Path: "client_id", Subjects: []string{set.ClientID}}
		r.AddFailure(diags, serverID, f, set.Unassignable)
	}
}

// holder returns the client with the scopes of the model.
func (m *clientScopesModel) holder() lifecycle.Holder {
	clientID := m.ClientID.ValueString()
	return lifecycle.Holder{
		Holder:   check.Holder{Kind: walk.KindClient, Name: clientID, Attribute: "client_id"},
		ServerID: m.ServerID.ValueString(), ResourceType: lifecycle.TypeClientScopes, Key: clientID, Names: m.scopeNames(), Filter: m.filter(),
		Limit: lifecycle.OptionalBound("max_unassignments", m.MaxUnassignments), Kept: m.KeptOnDestroy(),
	}
}

// rejectBuiltIns rejects built-in scopes. It reads the server only if built-in scopes are
// configured and allowed.
func (r *clientScopesResource) rejectBuiltIns(ctx context.Context, diags *diag.Diagnostics, m clientScopesModel) {
	names, _ := m.names()
	builtIn := slices.DeleteFunc(names.All(), func(n string) bool { return !r.IsBuiltIn(authz.Scope{}, n) })
	absent := false
	if m.AllowBuiltIn.ValueBool() && len(builtIn) > 0 {
		absent = true
		l, ok := r.Report(diags, m.ServerID.ValueString()).Snapshot(r.Server.ReadScopes(ctx, m.ServerID.ValueString(), base.NamesOnly))
		if !ok {
			return
		}
		builtIn = diff.Difference(builtIn, authz.Names(l.Scopes))
	}
	r.AddFindings(diags, m.ServerID.ValueString(), check.BuiltInNames("", builtIn, check.BuiltIn{Absent: absent}))
}

// planLosses reports what the diff does not show: what a create unassigns or moves, and the
// effects of changed glob patterns. It completes the intent.
func (r *clientScopesResource) planLosses(
	set authz.ClientScopeSet, m clientScopesModel, state *clientScopesModel, change diff.Client, intent *walk.Intent,
) []check.Finding {
	h := m.holder().Holder
	found := m.holder().Bounded(change.Unassign, false)
	if state == nil {
		return append(found, check.ReplacedClient(h, change)...)
	}
	held := state.scopeNames()
	intent.Release = slices.DeleteFunc(diff.Difference(held, intent.Keep), func(n string) bool {
		return !slices.Contains(liveNames(set).All(), n) || slices.Contains(change.Unassign, n)
	})
	return append(found, check.Globs(check.GlobInput{Holder: h, Removed: change.Unassign, State: held, Released: intent.Release})...)
}

// planAssigned reports scopes that do not exist, and the open scopes of the client. It reads
// the snapshot, whose warnings include a missing guard role, if the plan assigns scopes or if
// the snapshot costs the same for any number of scopes. A caller that may not read it cannot
// assign a scope either.
func (r *clientScopesResource) planAssigned(ctx context.Context, diags *diag.Diagnostics, m clientScopesModel, assigned []string) []check.Finding {
	coster, is := r.Server.Driver().(authz.SnapshotCoster)
	if len(assigned) == 0 && (!r.Caps.Settings || is && !coster.SnapshotCostFixed(m.ServerID.ValueString())) {
		return nil
	}
	names, _ := m.names()
	l, err := r.Server.ReadScopes(ctx, m.ServerID.ValueString(), base.WithNames(names.All()...))
	if authz.KindOf(err) == authz.Denied {
		return nil
	}
	if _, ok := r.Report(diags, m.ServerID.ValueString()).Shown(l, err); !ok {
		return nil
	}
	at := "optional"
	if slices.ContainsFunc(assigned, func(name string) bool { return slices.Contains(names.Default, name) }) {
		at = "default"
	}
	found := r.CheckMissingScopes(m.holder(), at, assigned, l)
	if r.Caps.Settings {
		found = append(found, check.AssignedScopes(m.holder().Holder, names.All(), assigned, l)...)
	}
	return found
}
