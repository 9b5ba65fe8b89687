package provider

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// planDeletions tells and bounds what an update deletes, and answers with it.
func (r *serverScopesResource) planDeletions(diags *diag.Diagnostics, p scopesPlan, remembered memory, l *authz.Listing) []string {
	serverID := p.m.ServerID.ValueString()
	deletions := diff.DiffScopes(nil, l, p.m.deletable(*p.state, remembered), false).Delete
	names, state := authz.Names(deletions), sortedKeys(p.state.Scopes)
	r.addFindings(diags, serverID, check.Deletions(check.DeletionInput{Scopes: deletions, Limit: deletionBound(p.m.MaxDeletions)}))
	r.planDropped(diags, serverID, typeServerScopes, names)

	released := check.Released(l, p.m.filter(), state, sortedKeys(p.m.Scopes))
	r.walk.ReleaseScopes(remembered.Claim, released)
	r.addFindings(diags, serverID, check.Globs(check.GlobInput{Removed: names, State: state, Released: released}))
	return names
}

// planReplacement bounds what -replace deletes to make it again, and refuses what
// the creation after it would be refused for: it comes without the state, and what
// user types and clients had is not made again. Terraform shows only errors of it.
func (r *serverScopesResource) planReplacement(diags *diag.Diagnostics, m serverScopesModel, gone walk.Deletion, l *authz.Listing) {
	deletions := diff.DiffScopes(nil, l, gone.Names, false).Delete
	serverID := m.ServerID.ValueString()
	r.addFindings(diags, serverID, check.DeletionLimit(gone.Bound, authz.Names(deletions)))
	r.addFindings(diags, serverID, check.Adoption(r.creation(m, gone.Names, l)))
}

// deletionBound returns the value of max_deletions: nil if it is unknown, and 0 if it
// is null.
func deletionBound(bound types.Int64) *int64 {
	if bound.IsUnknown() {
		return nil
	}
	return new(bound.ValueInt64())
}

// planDropped refuses deletions of what this plan holds or names elsewhere.
func (d *data) planDropped(diags *diag.Diagnostics, serverID, resourceType string, names []string) {
	d.addFindings(diags, serverID, check.Conflicts(check.ConflictInput{
		Resource:       resourceType,
		RemovedAndKept: d.walk.RemoveScopes(walk.Server(serverID), names),
		DeletedAndUsed: d.walk.UsedScopes(serverID, names),
	}))
}

// planDestroy bounds what a destroy deletes, and says what it leaves.
func (r *serverScopesResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state serverScopesModel
	diags.Append(prior.Get(ctx, &state)...)
	if diags.HasError() || state.OnDestroy.ValueString() == onDestroyKeep || r.unknown != "" {
		return
	}
	serverID := state.ServerID.ValueString()
	var deletions []authz.Scope
	r.view(ctx, diags, serverID, func(l *authz.Listing) {
		deletions = diff.DiffScopes(nil, l, slices.Collect(maps.Keys(state.Scopes)), false).Delete
		r.addFindings(diags, serverID, check.Deletions(check.DeletionInput{Scopes: deletions, Limit: deletionBound(state.MaxDeletions)}))
		r.planDropped(diags, serverID, typeServerScopes, authz.Names(deletions))
	})
	r.warnClientsLose(ctx, diags, serverID, authz.Names(deletions))
}
