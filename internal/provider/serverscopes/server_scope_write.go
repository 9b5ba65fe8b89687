package serverscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Write implements operations.
func (r *serverScopeResource) Write(ctx context.Context, diags *diag.Diagnostics, state, m *serverScopeModel, _ *lifecycle.PrivateState) lifecycle.WriteResult {
	r.Walk.Begin(walk.Server(m.ServerID.ValueString()), m.Name.ValueString())
	defer r.Walk.Finish(walk.Server(m.ServerID.ValueString()), m.Name.ValueString())
	want := m.want(ctx, diags)
	if diags.HasError() {
		return lifecycle.WriteRefused
	}
	if state == nil {
		return r.create(ctx, diags, m, want)
	}
	return r.update(ctx, diags, state, m, want)
}

func (r *serverScopeResource) create(ctx context.Context, diags *diag.Diagnostics, m *serverScopeModel, want authz.Scope) lifecycle.WriteResult {
	serverID := m.ServerID.ValueString()
	if !r.requireAbsent(ctx, diags, serverID, want.Name, m.AllowBuiltIn.ValueBool()) {
		return lifecycle.WriteRefused
	}
	done, err := r.Server.ApplyScopes(ctx, serverID, diff.Scopes{Create: []authz.Scope{want}})
	if err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedCreateScope, Subjects: []string{want.Name}}, err)
		return lifecycle.WriteFailed
	}
	r.fillComputed(m, want, done)
	return lifecycle.WriteDone
}

func (r *serverScopeResource) update(ctx context.Context, diags *diag.Diagnostics, state, m *serverScopeModel, want authz.Scope) lifecycle.WriteResult {
	serverID := m.ServerID.ValueString()
	key := state.key()
	live, found, ok := key.in(r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, key.is)))
	if !ok {
		return lifecycle.WriteRefused
	}
	if !found && r.RejectServer(ctx, diags, serverID, check.ServerInput{Was: state.UID(), Missing: true}) {
		return lifecycle.WriteRefused
	}
	if !found {
		r.AddFindings(diags, serverID, []check.Finding{{Code: messages.FoundScopeGone, Subjects: []string{state.Name.ValueString()}}})
		return lifecycle.WriteRefused
	}
	if r.rejectRecreated(diags, serverID, []authz.Scope{live}, map[string]types.String{live.Name: state.ID}) {
		return lifecycle.WriteRefused
	}
	changes := diff.DiffUpdate(diff.Update{Live: live, Want: want}, r.Caps.Settings)
	done, err := r.Server.ApplyScopes(ctx, serverID, changes)
	if err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedUpdateScope, Subjects: []string{live.Name}}, err)
		return lifecycle.WriteFailed
	}
	r.fillComputed(m, want, append(done, live))
	return lifecycle.WriteDone
}

// fillComputed sets the ID of a scope that was just written: the first one of the list. All
// else stays as planned.
func (r *serverScopeResource) fillComputed(m *serverScopeModel, want authz.Scope, done []authz.Scope) {
	r.Walk.MarkWritten(walk.Server(m.ServerID.ValueString()), want.Name)
	m.ID = types.StringValue(done[0].ID)
}

// Destroy implements lifecycle.Operations. It keeps a built-in scope, and a scope that was
// recreated.
func (r *serverScopeResource) Destroy(ctx context.Context, diags *diag.Diagnostics, m serverScopeModel, _ lifecycle.PrivateState) {
	serverID, name := m.ServerID.ValueString(), m.Name.ValueString()
	key := m.key()
	live, found, ok := key.in(r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, key.is)))
	if !ok || !found || live.BuiltIn || r.Walk.WrittenInThisWalk(walk.Server(serverID), name) ||
		r.rejectRecreated(diags, serverID, []authz.Scope{live}, map[string]types.String{live.Name: m.ID}) {
		return
	}
	if _, err := r.Server.ApplyScopes(ctx, serverID, diff.Scopes{Delete: []authz.Scope{live}}); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedDeleteScope, Subjects: []string{name}}, err)
	}
}
