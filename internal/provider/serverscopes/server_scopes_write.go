package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Write implements lifecycle.Operations. A create deletes nothing, because the plan rejects a
// create over other scopes.
func (r *serverScopesResource) Write(ctx context.Context, diags *diag.Diagnostics, state, m *SetModel, private *lifecycle.PrivateState) lifecycle.WriteResult {
	r.Walk.Begin(walk.Server(m.ServerID.ValueString()), slices.Sorted(maps.Keys(m.Scopes))...)
	defer r.Walk.Finish(walk.Server(m.ServerID.ValueString()), slices.Sorted(maps.Keys(m.Scopes))...)
	var removable []string
	if state != nil {
		removable = m.removable(*state, *private)
	}
	if r.rejectStalePlan(ctx, diags, *m, state, removable, private.Outside) {
		return lifecycle.WriteRefused
	}
	want, _ := m.Want(ctx, diags)
	if diags.HasError() {
		return lifecycle.WriteFailed
	}
	serverID := m.ServerID.ValueString()
	listed, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadSnapshot(ctx, serverID))
	if !ok {
		return lifecycle.WriteFailed
	}
	r.Walk.MarkWritten(walk.Server(serverID), authz.Names(want)...)
	changes := diff.DiffScopes(want, listed, removable, r.Caps.Settings)
	limitNew(changes.Create, m.Overrides)
	done, err := r.Server.ApplyScopes(ctx, serverID, changes)
	if err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedWriteScopes}, err)
		return lifecycle.WriteFailed
	}
	private.Outside = m.excluded(listed)
	m.setIDs(append(slices.Clone(listed.Scopes), done...))
	return lifecycle.WriteDone
}

// limitNew limits new scopes under a set-wide "unguarded", which describes scopes that
// exist: a new scope has no role mapping, and would be open.
func limitNew(created []authz.Scope, overrides map[string]attrs.Settings) {
	for i := range created {
		if s := &created[i]; s.Settings.Access == authz.AccessUnguarded && overrides[s.Name].Access.IsNull() {
			s.Settings.Access = authz.AccessUserTypes
		}
	}
}

// setIDs sets the IDs that the plan did not know. All other attributes stay as planned: a
// change outside Terraform appears in the next plan.
func (m *SetModel) setIDs(scopes []authz.Scope) {
	for _, s := range scopes {
		if id, planned := m.IDs[s.Name]; planned && id.IsUnknown() {
			m.IDs[s.Name] = types.StringValue(s.ID)
		}
	}
}

// Destroy implements operations. It deletes what the plan showed.
func (r *serverScopesResource) Destroy(ctx context.Context, diags *diag.Diagnostics, m SetModel, _ lifecycle.PrivateState) {
	serverID := m.ServerID.ValueString()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.Scopes)) {
		if !r.Walk.WrittenInThisWalk(walk.Server(serverID), name) {
			names = append(names, name)
		}
	}
	l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, m.needs()))
	if !ok {
		return
	}
	changes := diff.DiffScopes(nil, l, names, r.Caps.Settings)
	// The plan has rejected this, unless it could not read the server.
	r.AddFindings(diags, serverID, check.DeletionLimit(lifecycle.DeletionBound(m.MaxDeletions), authz.Names(changes.Delete)))
	if r.rejectRecreated(diags, serverID, changes.Delete, m.IDs) || diags.HasError() {
		return
	}
	if _, err := r.Server.ApplyScopes(ctx, serverID, changes); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedDeleteScopes}, err)
	}
}
