package serverscopes

import (
	"context"
	"slices"
	"strings"

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
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// ModifyPlan sets what is not configured, and compares the plan with the server. The apply
// runs it again, directly before the write.
func (r *serverScopeResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.ProviderData == nil {
		return
	}
	defer r.FinishUnwritten(ctx, req, resp, "name")
	defer r.PlanServerUID(ctx, req, resp, "name")
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	defer r.PlanWithoutParent(ctx, req, resp, "id", types.StringUnknown())
	var config, m, state serverScopeModel
	diags.Append(lifecycle.GetModel(ctx, req.Config, &config)...)
	diags.Append(lifecycle.GetModel(ctx, req.Plan, &m)...)
	hasState := !req.State.Raw.IsNull()
	if hasState {
		diags.Append(lifecycle.GetModel(ctx, req.State, &state)...)
	}
	if diags.HasError() || !r.RequireCapability(diags, r.Caps.WriteScopes, messages.SupportScopes) {
		return
	}
	if hasState && lifecycle.LoadPrivateState(ctx, req.Private, diags).Moved && !r.rejectMovedFromElsewhere(diags, config.ServerID, state.ServerID) {
		return
	}
	proposed := m
	prior, more := attrs.DecodeSettings(ctx, state.Settings)
	diags.Append(more...)
	m.Settings = attrs.PlanSettings(ctx, diags, r.ProviderData, config.Settings, prior)
	if !hasState || !state.Name.Equal(config.Name) || state.Description.ValueString() != "" {
		r.requireDescription(diags, path.Root("description"), config.Name.ValueString(), config.Description)
	}
	serverID, addressed := r.ResolveServerID(diags, config.ServerID, state.ServerID)
	if addressed {
		m.ServerID = types.StringValue(serverID)
	}
	if hasState {
		m.ID = state.ID
	}
	lifecycle.SetChanged(ctx, diags, &resp.Plan, proposed, m)
	if diags.HasError() || !r.ServerKnown(diags) || !addressed || config.Name.IsUnknown() {
		return
	}
	r.planWithServer(ctx, diags, scopePlan{config, m, state}, req, resp)
}

// planDestroy names the user types and the clients that lose the scope.
func (r *serverScopeResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state serverScopeModel
	diags.Append(lifecycle.GetModel(ctx, prior, &state)...)
	if diags.HasError() || state.OnDestroy.ValueString() == attrs.OnDestroyKeep || r.UnknownAttribute != "" {
		return
	}
	serverID := state.ServerID.ValueString()
	defer r.WarnParentGone(diags, serverID)
	key := state.key()
	live, found, ok := key.in(r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, key.is)))
	if ok && found && !live.BuiltIn {
		r.AddFindings(diags, serverID, check.Deletions(check.DeletionInput{Scopes: []authz.Scope{live}}))
		r.rejectDeletedAndUsed(diags, serverID, lifecycle.TypeServerScope, []string{live.Name})
		r.warnLosingClients(ctx, diags, serverID, []string{live.Name})
	}
}

// scopePlan is what is configured, planned and in the state, which is empty on creation.
type scopePlan struct{ config, m, state serverScopeModel }

// planWithServer is the part of the plan that needs the server.
func (r *serverScopeResource) planWithServer(
	ctx context.Context, diags *diag.Diagnostics, p scopePlan, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	serverID, name := p.m.ServerID.ValueString(), p.m.Name.ValueString()
	old, creates := oldOrName(p.state.Name, name), req.State.Raw.IsNull()
	in := p.m.intent()
	remembered, previous := r.LoadIntent(ctx, diags, lifecycle.TypeServerScope, in, req, resp)
	replaced := previous != nil && slices.Contains(previous.Destroy.Names, name)
	key := scopeKey{old, p.state.ID.ValueString()}
	live, found, ok := key.in(r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, key.is)))
	if !ok {
		return
	}
	scope := check.AccessScope{
		Want: p.m.want(ctx, diags), Live: live, Found: found && !replaced,
		Configured: !attrs.AccessOf(ctx, p.config.Settings, diags).IsNull(),
		Decided:    remembered.Applied && (replaced || !creates),
		Unknown:    p.m.Settings.IsUnknown() || attrs.AccessOf(ctx, p.m.Settings, diags).IsUnknown(),
	}
	in = r.completeIntent(in, p, scope, previous)
	conflicts, ok := r.RegisterIntent(diags, remembered.ID, previous, lifecycle.Holder{ResourceType: lifecycle.TypeServerScope}, in)
	switch {
	case !ok:
		return
	case r.IsUnrefreshed(req, remembered.ID):
		if !found || !diff.DiffUpdate(diff.Update{Live: live, Want: scope.Want}, r.Caps.Settings).Empty() {
			r.WarnOutdated(diags, serverID, check.Holder{}, []string{name})
		}
		return
	case !found && !creates:
		return // the apply reports that it is gone
	case replaced && found && previous.Tainted:
		r.AddFindings(diags, serverID, check.Recreation([]authz.Scope{live}))
		r.warnLosingClients(ctx, diags, serverID, []string{live.Name})
	case creates && !replaced && !r.Walk.WrittenInThisWalk(in.Owner, name):
		r.requireAbsent(ctx, diags, serverID, name, p.m.AllowBuiltIn.ValueBool())
	}
	if old != name {
		r.requireAbsent(ctx, diags, serverID, name, false)
	}
	if !creates && found && name != live.Name {
		r.warnRenamed(ctx, diags, serverID, live, name)
	}
	if !diags.HasError() && r.Caps.Settings {
		r.reportAccess(ctx, diags, serverID, check.AccessInput{Scopes: []check.AccessScope{scope}, Single: true, Conflicts: conflicts})
	}
}

// completeIntent adds what the plan opens and renames, and what a destroy deletes: by its
// name on the server, and nothing on creation, unless an object is replaced.
func (r *serverScopeResource) completeIntent(in walk.Intent, p scopePlan, scope check.AccessScope, previous *walk.Intent) walk.Intent {
	name := scope.Want.Name
	if r.Caps.Settings {
		in.Open = check.OpenScopes([]check.AccessScope{scope})
	}
	if old := oldOrName(p.state.Name, name); old != name {
		in.Rename = map[string]string{old: name}
	}
	in.Destroy = walk.Deletion{}
	switch {
	case previous != nil:
		in.Destroy = previous.Destroy
	case !p.state.Name.IsNull() && p.state.OnDestroy.ValueString() != attrs.OnDestroyKeep:
		in.Destroy.Names = []string{scope.Live.Name}
	}
	return in
}

// reportAccess reports the changes of the access to the scope. Without a snapshot, it does not
// report what only a snapshot shows.
func (r *serverScopeResource) reportAccess(ctx context.Context, diags *diag.Diagnostics, serverID string, in check.AccessInput) {
	if !in.Scopes[0].Unknown {
		in.Snapshot, _ = r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, base.WithNames(in.Scopes[0].Want.Name, in.Scopes[0].Live.Name)))
		if in.Snapshot != nil {
			r.AddFindings(diags, serverID, check.Coverage(in.Snapshot, []string{in.Scopes[0].Want.Name}, nil))
		}
	}
	r.AddFindings(diags, serverID, check.Access(in))
}

// warnRenamed reports who keeps a scope under its new name.
func (r *serverScopeResource) warnRenamed(ctx context.Context, diags *diag.Diagnostics, serverID string, live authz.Scope, name string) {
	clients, partial, err := r.Server.ClientsWithScopes(ctx, serverID, []string{live.Name})
	r.AddFindings(diags, serverID, check.RenamedScope(live, name, clients, err != nil || partial != nil))
}

// requireAbsent rejects the name of an existing scope, and a name that must not be created.
func (r *serverScopeResource) requireAbsent(ctx context.Context, diags *diag.Diagnostics, serverID, name string, allowBuiltIn bool) bool {
	l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, base.NamesOnly))
	if !ok {
		return false
	}
	live, found := l.Scope(name)
	rejected := check.TakenNames("name", []string{name}, l)
	switch {
	case len(rejected) > 0:
	case r.IsBuiltIn(live, name) && !(allowBuiltIn && found):
		rejected = check.BuiltInNames("name", []string{name}, check.BuiltIn{Single: true, Absent: !found})
	case found:
		rejected = check.ExistingName(name, r.ImportBlock(serverID, name))
	}
	r.AddFindings(diags, serverID, rejected)
	return len(rejected) == 0
}

// requireDescription rejects a scope without a description if the server requires one. A scope
// without a description on the server, such as an imported one, can stay so.
func (r *scopeResource) requireDescription(diags *diag.Diagnostics, p path.Path, name string, description types.String) {
	if r.Caps.DescriptionRequired && !description.IsUnknown() && strings.TrimSpace(description.ValueString()) == "" {
		r.AddFinding(diags, p, "", check.Finding{Code: messages.InputNoDescription, Subjects: []string{name}})
	}
}

func oldOrName(old types.String, name string) string {
	if old.IsNull() || old.IsUnknown() {
		return name
	}
	return old.ValueString()
}

func setIfNull[T attr.Value](to *T, value T) {
	if (*to).IsNull() {
		*to = value
	}
}
