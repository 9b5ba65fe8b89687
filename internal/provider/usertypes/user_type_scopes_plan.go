package usertypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
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
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ModifyPlan compares the plan with the server. The apply runs it again, directly before the
// write.
func (r *userTypeScopesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.ProviderData == nil {
		return
	}
	defer r.PlanServerUID(ctx, req, resp, "scopes")
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	defer r.PlanWithoutParent(ctx, req, resp, "open_scopes", types.ListUnknown(types.StringType))
	if !r.RequireCapability(diags, r.Caps.UserTypeScopes, messages.SupportUserTypes) {
		return
	}
	_, addressed := r.PlanServerID(ctx, diags, req, resp)
	var state *userTypeScopesModel
	if !req.State.Raw.IsNull() {
		state = &userTypeScopesModel{}
		diags.Append(req.State.Get(ctx, state)...)
	}
	if state != nil && !diags.HasError() && r.identityChanged(ctx, diags, *state, resp.Plan) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("user_type"), path.Root("client_id"))
		r.planReleased(diags, *state, func(diags *diag.Diagnostics, serverID string, h lifecycle.Holder) {
			r.WarnReleased(diags, serverID, h)
			r.AddFindings(diags, serverID, h.Bounded(r.Removable(h), true))
		})
		state = nil // a replacement: of its two plans Terraform shows the warnings of this one only
	}
	for _, attribute := range []string{"open_scopes", "partial_scopes"} {
		lifecycle.SetAttribute(ctx, diags, &resp.Plan, path.Root(attribute), types.ListValueMust(types.StringType, []attr.Value{}))
	}
	if diags.HasError() || !tftypes.ListsKnown(ctx, req.Config, diags, "manage", "ignore") {
		return
	}
	var m userTypeScopesModel
	diags.Append(resp.Plan.Get(ctx, &m)...)
	names, known := m.Scopes.Names()
	if diags.HasError() || m.UserType.IsUnknown() || m.ClientID.IsUnknown() || r.RejectClientRole(diags, "client_id", m.ClientID.IsNull()) {
		return
	}
	if !known {
		if addressed && r.ServerKnown(diags) {
			r.planNamesUnknown(ctx, diags, m, state, req, resp)
		}
		return
	}
	attrs.RejectExcluded(diags, path.Root("scopes"), m.filter(), names)
	if len(names) == 0 && !r.Caps.EmptyUserTypes {
		r.AddFindings(diags, m.ServerID.ValueString(), check.NoGrants(r.holder(m).Holder))
	}
	r.rejectFilters(diags, m.ServerID.ValueString(), r.holder(m).Holder, m.Manage, m.Ignore)
	r.rejectRule(diags, m.Rule)
	if !diags.HasError() && r.ServerKnown(diags) && addressed {
		r.planWithServer(ctx, diags, m, state, req, resp)
	}
}

// planNamesUnknown reports the scopes that the user type may lose: on create, the scopes that
// it has on the server.
func (r *userTypeScopesResource) planNamesUnknown(
	ctx context.Context, diags *diag.Diagnostics, m userTypeScopesModel, state *userTypeScopesModel,
	req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	serverID, userType := m.ServerID.ValueString(), m.name()
	has := state.scopeNames()
	if state == nil {
		if l, ok := r.Report(diags, serverID).Shown(r.Server.RefreshUserType(ctx, serverID, userType, nil, nil)); ok {
			has = scopesOfAnyUser(l, userType)
		}
	}
	r.PlanUnknown(ctx, diags, r.holder(m), has, req, resp)
}

// identityChanged reports whether a plan is for another user type than the state. Another
// spelling of the same user type is no replacement.
func (r *userTypeScopesResource) identityChanged(ctx context.Context, diags *diag.Diagnostics, state userTypeScopesModel, planned tfsdk.Plan) bool {
	var userType, clientID types.String
	diags.Append(planned.GetAttribute(ctx, path.Root("user_type"), &userType)...)
	diags.Append(planned.GetAttribute(ctx, path.Root("client_id"), &clientID)...)
	return userType.IsUnknown() || clientID.IsUnknown() || r.UserTypeKey(userTypeName(clientID, userType)) != r.UserTypeKey(state.name())
}

// rejectFilters rejects glob patterns on a server where a write replaces the whole set: an
// excluded scope would be revoked, or granted to all users.
func (r *userTypeResource) rejectFilters(diags *diag.Diagnostics, serverID string, h check.Holder, manage, ignore []types.String) {
	if !r.Caps.UserTypesReplaced {
		return
	}
	var attributes []string
	if len(ignore) > 0 {
		attributes = append(attributes, "ignore")
	}
	if len(manage) > 0 {
		attributes = append(attributes, "manage")
	}
	r.AddFindings(diags, serverID, check.Filtered(h, attributes))
}

// planDestroy checks what a destroy revokes, and warns if the server keeps the scopes.
func (r *userTypeScopesResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state userTypeScopesModel
	diags.Append(prior.Get(ctx, &state)...)
	if diags.HasError() {
		return
	}
	r.planReleased(diags, state, func(diags *diag.Diagnostics, serverID string, h lifecycle.Holder) { // the change shows what goes
		r.AddFindings(diags, serverID, h.Bounded(r.Removable(h), false))
	})
	serverID := state.ServerID.ValueString()
	r.WarnParentOfDestroyed(diags, serverID, func() error {
		_, err := r.Server.RefreshUserType(ctx, serverID, state.name(), state.scopeNames(), nil)
		return err
	})
}

// planReleased registers the revocations of a user type that leaves its resource, and calls
// report, if the server can revoke them.
func (r *userTypeScopesResource) planReleased(diags *diag.Diagnostics, state userTypeScopesModel, report func(*diag.Diagnostics, string, lifecycle.Holder)) {
	r.warnCannotRevoke(diags, state)
	if h := r.holder(state); !h.Kept {
		report(diags, h.ServerID, h)
		r.CheckRevocations(diags, h)
	}
}

func (m *userTypeScopesModel) filter() diff.Filter {
	return diff.NewFilter(tftypes.Strings(m.Manage), tftypes.Strings(m.Ignore))
}

// holder returns the user type with the scopes of the model.
func (r *userTypeScopesResource) holder(m userTypeScopesModel) lifecycle.Holder {
	userType := m.name()
	return lifecycle.Holder{
		Holder:   check.Holder{Kind: walk.KindUserType, Name: userType, Attribute: "user_type"},
		ServerID: m.ServerID.ValueString(), ResourceType: lifecycle.TypeUserTypeScopes, Key: r.UserTypeKey(userType), Names: m.scopeNames(), Filter: m.filter(),
		Limit: lifecycle.OptionalBound("max_revocations", m.MaxRevocations), Kept: m.KeptOnDestroy() || r.ProviderData != nil && r.Caps.UserTypesKept,
	}
}

// warnCannotRevoke warns that the scopes stay on the server, unless on_destroy is keep.
func (r *userTypeScopesResource) warnCannotRevoke(diags *diag.Diagnostics, state userTypeScopesModel) {
	if !r.Caps.UserTypesKept || state.OnDestroy.ValueString() == attrs.OnDestroyKeep {
		return
	}
	r.AddFindings(diags, state.ServerID.ValueString(), check.KeptGrants(r.holder(state).Holder, state.scopeNames()))
}

// planWithServer is the part of the plan that needs the server.
func (r *userTypeScopesResource) planWithServer(
	ctx context.Context, diags *diag.Diagnostics, m userTypeScopesModel, state *userTypeScopesModel,
	req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	serverID, userType := m.ServerID.ValueString(), m.name()
	names, _ := m.Scopes.Names()
	in := r.holder(m).Intent()
	remembered, previous := r.LoadIntent(ctx, diags, lifecycle.TypeUserTypeScopes, in, req, resp)
	if r.checkUserType(ctx, diags, r.holder(m), state.scopeNames()); diags.HasError() {
		return
	}
	in.Has = append(state.scopeNames(), remembered.Outside...)
	if state != nil {
		in.Destroy = r.holder(*state).Intent().Destroy
	}
	held := state.scopeNames()
	l, ok := r.Report(diags, serverID).Shown(r.Server.RefreshUserType(ctx, serverID, userType, held, slices.Concat(names, held)))
	if !ok {
		return
	}
	if r.IsUnrefreshed(req, remembered.ID) {
		has := authz.Names(l.ScopesOf(userType))
		change := diff.DiffUserType(names, has, m.removable(l, userType, nil, nil))
		r.WarnOutdated(diags, serverID, r.holder(m).Holder, slices.Concat(change.Grant, change.Revoke))
		return
	}
	found := slices.Concat(
		r.holder(m).Replaced(previous), r.checkGrants(l, m, state, &remembered, &in),
		r.CheckMissingScopes(r.holder(m), "scopes", names, l), check.Coverage(l, names, nil),
	)
	conflicts, ok := r.RegisterIntent(diags, remembered.ID, previous, r.holder(m), in)
	if ok {
		r.AddFindings(diags, serverID, append(found, check.OpenGrants(r.holder(m).Holder, conflicts)...))
	}
}

// grants returns what package check needs to know of the planned scopes.
func (r *userTypeScopesResource) grants(m userTypeScopesModel, l *authz.Snapshot) check.GrantInput {
	names, _ := m.Scopes.Names()
	in := r.grantInput(r.holder(m).Holder, names, l)
	in.AllowBuiltIn, in.AllowComposite = m.AllowBuiltIn.ValueBool(), m.AllowComposite.ValueBool()
	return in
}

// checkGrants checks the planned scopes, and reports what the diff does not show. It
// completes the intent.
func (r *userTypeScopesResource) checkGrants(
	l *authz.Snapshot, m userTypeScopesModel, state *userTypeScopesModel, remembered *lifecycle.PrivateState, intent *walk.Intent,
) []check.Finding {
	in := r.grants(m, l)
	in.Creates = state == nil
	in.Change = m.diff(l, in.Planned, state, remembered)
	found := append(check.Grants(in), r.holder(m).Bounded(in.Change.Revoke, false)...)
	if in.Creates {
		return found
	}
	intent.Release = slices.DeleteFunc(diff.Difference(state.scopeNames(), in.Planned), m.filter().Manages)
	return append(found, check.Globs(check.GlobInput{
		Holder: in.Holder, Removed: in.Change.Revoke, State: append(state.scopeNames(), state.partialNames()...), Released: intent.Release,
	})...)
}

// rejectRule rejects rule on a server that has no rules.
func (r *userTypeScopesResource) rejectRule(diags *diag.Diagnostics, rule types.Object) {
	if !rule.IsNull() && !r.Caps.UserTypeRules {
		r.AddFindings(diags, "", []check.Finding{{Code: messages.SupportRule, Path: "rule"}})
	}
}
