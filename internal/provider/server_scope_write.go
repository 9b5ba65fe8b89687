package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// write implements operations.
func (r *serverScopeResource) write(ctx context.Context, diags *diag.Diagnostics, state, m *serverScopeModel, _ *memory) writeResult {
	want := m.want(ctx, diags)
	if diags.HasError() {
		return writeRefused
	}
	if state == nil {
		return r.create(ctx, diags, m, want)
	}
	return r.update(ctx, diags, state, m, want)
}

func (r *serverScopeResource) create(ctx context.Context, diags *diag.Diagnostics, m *serverScopeModel, want authz.Scope) writeResult {
	serverID := m.ServerID.ValueString()
	if !r.absent(ctx, diags, serverID, want.Name, m.AllowBuiltIn.ValueBool()) {
		return writeRefused
	}
	if err := r.server.ApplyScopes(ctx, serverID, diff.Scopes{Create: []authz.Scope{want}}); err != nil {
		addError(diags, fmt.Sprintf("Cannot create scope %q in %s", want.Name, r.at(serverID)), err)
		return writeFailed
	}
	return r.complete(ctx, diags, m, want.Name)
}

func (r *serverScopeResource) update(ctx context.Context, diags *diag.Diagnostics, state, m *serverScopeModel, want authz.Scope) writeResult {
	serverID := m.ServerID.ValueString()
	live, found, ok := r.find(ctx, diags, serverID, state.Name.ValueString(), state.ID.ValueString())
	if !ok {
		return writeRefused
	}
	if !found {
		diags.AddError(fmt.Sprintf("Scope %q is gone from %s", state.Name.ValueString(), r.at(serverID)),
			"Somebody deleted it after the plan was made. Run plan again: it will create it.")
		return writeRefused
	}
	if r.rejectRecreated(diags, serverID, []authz.Scope{live}, map[string]types.String{live.Name: state.ID}) {
		return writeRefused
	}
	changes := diff.DiffUpdate(diff.Update{Live: live, Want: want}, r.caps.Settings)
	if err := r.server.ApplyScopes(ctx, serverID, changes); err != nil {
		addError(diags, fmt.Sprintf("Cannot update scope %q in %s", live.Name, r.at(serverID)), err)
		return writeFailed
	}
	return r.complete(ctx, diags, m, want.Name)
}

// complete sets the ID of a scope that was just written. All else stays as planned.
func (r *serverScopeResource) complete(ctx context.Context, diags *diag.Diagnostics, m *serverScopeModel, name string) writeResult {
	serverID := m.ServerID.ValueString()
	r.walk.MarkWritten(walk.Server(serverID), name)
	ctx, cancel := afterwards(ctx)
	defer cancel()
	live, found, ok := r.find(ctx, diags, serverID, name, "")
	if ok && !found {
		diags.AddError(fmt.Sprintf("Scope %q is gone from %s", name, r.at(serverID)), "Somebody deleted it right after it was written. Run plan again.")
	}
	if !ok || !found {
		return writeFailed
	}
	m.ID = types.StringValue(live.ID)
	return writeDone
}

// destroy implements operations. It leaves a built-in scope, and one that was recreated.
func (r *serverScopeResource) destroy(ctx context.Context, diags *diag.Diagnostics, m serverScopeModel, _ memory) {
	serverID, name := m.ServerID.ValueString(), m.Name.ValueString()
	live, found, ok := r.find(ctx, diags, serverID, name, m.ID.ValueString())
	if !ok || !found || live.BuiltIn || r.walk.WrittenInThisWalk(walk.Server(serverID), name) ||
		r.rejectRecreated(diags, serverID, []authz.Scope{live}, map[string]types.String{live.Name: m.ID}) {
		return
	}
	if err := r.server.ApplyScopes(ctx, serverID, diff.Scopes{Delete: []authz.Scope{live}}); err != nil {
		addError(diags, fmt.Sprintf("Cannot delete scope %q in %s", name, r.at(serverID)), err)
	}
}
