package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// write implements operations. A create deletes nothing: the plan refused to create over
// other scopes.
func (r *serverScopesResource) write(ctx context.Context, diags *diag.Diagnostics, state, m *serverScopesModel, private *memory) writeResult {
	var removable []string
	if state != nil {
		removable = m.deletable(*state, *private)
		if r.refused(ctx, diags, *m, *state, removable, private.Outside) {
			return writeRefused
		}
	}
	if !r.apply(ctx, diags, m, removable) || !r.complete(ctx, diags, m, private) {
		return writeFailed
	}
	return writeDone
}

// apply makes the server match the plan. Of the scopes that are not planned it deletes
// those in deletable only.
func (r *serverScopesResource) apply(ctx context.Context, diags *diag.Diagnostics, m *serverScopesModel, deletable []string) bool {
	want, _ := m.want(ctx, diags)
	if diags.HasError() {
		return false
	}
	serverID := m.ServerID.ValueString()
	var changes diff.Scopes
	if !r.view(ctx, diags, serverID, func(l *authz.Listing) {
		changes = diff.DiffScopes(want, l, deletable, r.caps.Settings)
	}) {
		return false
	}
	r.walk.MarkWritten(walk.Server(serverID), authz.Names(want)...)
	if err := r.server.ApplyScopes(ctx, serverID, changes); err != nil {
		addError(diags, fmt.Sprintf("Cannot write all scopes of %s", r.at(serverID)), err)
		return false
	}
	return true
}

// complete sets what the plan could not know. All else stays as planned: a change that
// somebody else made meanwhile appears in the next plan.
func (r *serverScopesResource) complete(ctx context.Context, diags *diag.Diagnostics, m *serverScopesModel, remembered *memory) bool {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return r.view(ctx, diags, m.ServerID.ValueString(), func(l *authz.Listing) {
		remembered.Outside = m.outside(l)
		for name, id := range m.IDs {
			if live, ok := l.Scope(name); ok && id.IsUnknown() {
				m.IDs[name] = types.StringValue(live.ID)
			} else if id.IsUnknown() {
				m.IDs[name] = types.StringNull() // somebody deleted it just now
			}
		}
	})
}

// destroy implements operations. It deletes what the plan showed.
func (r *serverScopesResource) destroy(ctx context.Context, diags *diag.Diagnostics, m serverScopesModel, _ memory) {
	serverID := m.ServerID.ValueString()
	var names []string
	for _, name := range sortedKeys(m.Scopes) {
		if !r.walk.WrittenInThisWalk(walk.Server(serverID), name) {
			names = append(names, name)
		}
	}
	var changes diff.Scopes
	if !r.view(ctx, diags, serverID, func(l *authz.Listing) {
		changes = diff.DiffScopes(nil, l, names, r.caps.Settings)
	}) {
		return
	}
	// The plan has refused this, unless it could not look at the server.
	r.addFindings(diags, serverID, check.DeletionLimit(deletionBound(m.MaxDeletions), authz.Names(changes.Delete)))
	if r.rejectRecreated(diags, serverID, changes.Delete, m.IDs) || diags.HasError() {
		return
	}
	if err := r.server.ApplyScopes(ctx, serverID, changes); err != nil {
		addError(diags, fmt.Sprintf("Cannot delete all scopes of %s", r.at(serverID)), err)
	}
}
