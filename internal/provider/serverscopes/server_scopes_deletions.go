package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
)

// checkReplacement limits what a replacement deletes to create it again, and rejects what
// would reject the create after it: the create has no state, and does not restore the grants
// and assignments. Terraform shows only the errors of a replacement, but also the warnings of
// the replacement of a tainted object.
func (r *serverScopesResource) checkReplacement(p scopesPlan, deletions []authz.Scope, l *authz.Snapshot) []check.Finding {
	found := check.ReplacementLimit(p.replaced.Destroy.Bound, authz.Names(deletions))
	found = append(found, check.Recreation(deletions)...)
	return append(found, check.Adoption(r.creation(p, p.replaced.Destroy.Names, l))...)
}

// rejectDeletedAndUsed rejects deletions of scopes that another resource of this plan keeps or
// uses.
func (r *scopeResource) rejectDeletedAndUsed(diags *diag.Diagnostics, serverID, resourceType string, names []string) {
	in := walk.Intent{Owner: walk.Server(serverID), Exact: true, Remove: names}
	r.RegisterIntent(diags, walk.NewID(), nil, lifecycle.Holder{ResourceType: resourceType}, in)
}

// planDestroy limits the number of scopes that a destroy deletes, and reports what it keeps.
func (r *serverScopesResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state SetModel
	diags.Append(lifecycle.GetModel(ctx, prior, &state)...)
	if diags.HasError() || state.OnDestroy.ValueString() == attrs.OnDestroyKeep || r.UnknownAttribute != "" {
		return
	}
	serverID := state.ServerID.ValueString()
	defer r.WarnParentGone(diags, serverID)
	l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, state.needs()))
	if !ok {
		return
	}
	deletions := diff.DiffScopes(nil, l, slices.Collect(maps.Keys(state.Scopes)), false).Delete
	r.AddFindings(diags, serverID, check.Deletions(check.DeletionInput{Scopes: deletions, Limit: lifecycle.DeletionBound(state.MaxDeletions)}))
	r.rejectDeletedAndUsed(diags, serverID, lifecycle.TypeServerScopes, authz.Names(deletions))
	r.warnLosingClients(ctx, diags, serverID, authz.Names(deletions))
}
