package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// rejectStalePlan rejects an update if the server changed since the plan or cannot be read. It
// reports whether it rejected. outside has the scopes that the plan saw beyond the glob
// patterns of the state. A create has no state, and adopts what exists.
func (r *serverScopesResource) rejectStalePlan(ctx context.Context, diags *diag.Diagnostics, m SetModel, state *SetModel, deletable, outside []string) bool {
	serverID := m.ServerID.ValueString()
	in := check.StaleInput{
		Planned: slices.Sorted(maps.Keys(m.Scopes)), Deletable: deletable, Seen: outside,
		PlannedID: map[string]string{}, IDs: tftypes.Texts(state.ids()),
	}
	if state != nil {
		in.Seen = append(slices.Sorted(maps.Keys(state.Scopes)), outside...)
	}
	for name, id := range m.IDs { // the plan promised these
		if id.ValueString() != "" {
			in.PlannedID[name] = id.ValueString()
		}
	}
	l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadSnapshot(ctx, serverID))
	if !ok {
		return true
	}
	if state == nil {
		in.Seen = append(in.Seen, authz.Names(l.Scopes)...)
	}
	in.Snapshot = l
	found := check.Stale(in)
	r.AddFindings(diags, serverID, found)
	return len(found) > 0
}

// rejectRecreated rejects a write to scopes that have other IDs than in state, and
// reports whether it did.
func (r *scopeResource) rejectRecreated(diags *diag.Diagnostics, serverID string, live []authz.Scope, ids map[string]types.String) bool {
	found := check.Recreated(live, tftypes.Texts(ids))
	r.AddFindings(diags, serverID, found)
	return len(found) > 0
}
