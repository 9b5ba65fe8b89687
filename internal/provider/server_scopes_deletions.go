package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// planDeletions tells and bounds what an update deletes, and answers with it.
func (r *serverScopesResource) planDeletions(diags *diag.Diagnostics, p scopesPlan, remembered memory, l *authz.Listing) []string {
	at := r.at(p.m.ServerID.ValueString())
	deletions := diff.DiffScopes(nil, l, p.m.deletable(*p.state, remembered), false).Delete
	r.boundDeletions(diags, deletionBound(p.m.MaxDeletions), at, authz.Names(deletions))
	warnLost(diags, at, deletions)
	r.planDropped(diags, p.m.ServerID.ValueString(), "authscopes_server_scopes", authz.Names(deletions))

	shown := func(name string) bool { _, ok := p.state.Scopes[name]; return ok }
	unseen := slices.DeleteFunc(authz.Names(deletions), shown)
	if len(unseen) > 0 {
		diags.AddWarning(fmt.Sprintf("%s deleted because of the changed globs (%s)", count(len(unseen), "scope"), first(unseen)),
			fmt.Sprintf("manage or ignore left these of %s alone until now. They are not in the state, so the plan has no line for them; the apply deletes them:\n\n%s", at, list(unseen)))
	}
	f := p.m.filter()
	var kept []string
	for _, name := range sortedKeys(p.state.Scopes) {
		live, _ := l.Scope(name)
		if _, planned := p.m.Scopes[name]; !planned && (live.BuiltIn || !f.Manages(name)) {
			kept = append(kept, name)
		}
	}
	r.walk.ReleaseScopes(remembered.Claim, kept)
	if len(kept) > 0 {
		diags.AddWarning(fmt.Sprintf("Only leaving the state: %s (%s)", count(len(kept), "scope"), first(kept)),
			fmt.Sprintf("ignore or manage now leaves these out, or they are built in. The plan shows them as removed lines, but they stay on %s as they are:\n\n%s", at, list(kept)))
	}
	return authz.Names(deletions)
}

// planReplacement bounds what -replace deletes to make it again, and refuses what
// the creation after it would be refused for: it comes without the state, and what
// user types and clients had is not made again. Terraform shows only errors of it.
func (r *serverScopesResource) planReplacement(diags *diag.Diagnostics, m serverScopesModel, gone walk.Deletion, l *authz.Listing) {
	deletions := diff.DiffScopes(nil, l, gone.Names, false).Delete
	r.boundDeletions(diags, gone.Bound, r.at(m.ServerID.ValueString()), authz.Names(deletions))
	r.refuseUnlisted(diags, m, gone.Names, l)
}

// deletionBound returns the value of max_deletions: nil if it is unknown, and 0 if it
// is null.
func deletionBound(bound types.Int64) *int64 {
	if bound.IsUnknown() {
		return nil
	}
	return new(bound.ValueInt64())
}

// boundDeletions adds an error if more scopes would be deleted than bound allows. A nil
// bound allows any number.
func (r *serverScopesResource) boundDeletions(diags *diag.Diagnostics, bound *int64, at string, names []string) {
	if bound == nil || int64(len(names)) <= *bound {
		return
	}
	diags.AddAttributeError(path.Root("max_deletions"), fmt.Sprintf("%s would be deleted, max_deletions is %d", count(len(names), "scope"), *bound),
		fmt.Sprintf("The plan would delete these of %s:\n\n%s\n\nIf that is right, set max_deletions = %d or higher (and apply that before a destroy). If not, add them to scopes, or to ignore.", at, list(names), len(names)))
}

// planDropped refuses deletions of what this plan holds or names elsewhere.
func (d *data) planDropped(diags *diag.Diagnostics, serverID, resourceType string, names []string) {
	relabelled(diags, d.at(serverID), resourceType, d.walk.RemoveScopes(walk.Server(serverID), names))
	stillUsed(diags, d.at(serverID), d.walk.UsedScopes(serverID, names))
}

// warnLost names who loses a scope because it is deleted.
func warnLost(diags *diag.Diagnostics, at string, deletions []authz.Scope) {
	var lost []string
	for _, s := range deletions {
		if s.Settings.Access == authz.AccessEveryone {
			lost = append(lost, s.Name+": everyone")
		}
		for _, role := range slices.Concat(s.UserTypes, s.ClientRoles) {
			lost = append(lost, fmt.Sprintf("%s: %s", s.Name, role))
		}
	}
	if len(lost) > 0 {
		diags.AddWarning(fmt.Sprintf("Access: deleting takes %s (%s)", count(len(lost), "right"), first(lost)),
			fmt.Sprintf("These scopes of %s are deleted while somebody has them:\n\n%s", at, list(lost)))
	}
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
		r.boundDeletions(diags, deletionBound(state.MaxDeletions), r.at(serverID), authz.Names(deletions))
		warnLost(diags, r.at(serverID), deletions)
		r.planDropped(diags, serverID, "authscopes_server_scopes", authz.Names(deletions))
	})
	r.warnClientsLose(ctx, diags, serverID, authz.Names(deletions))
}
