package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// againHint ends a sentence: a plan with -refresh=false takes the state for the server.
const againHint = "without -refresh=false."

// refused holds an update against what the server has by now, and refuses what no
// plan has shown: who has a scope that was made since, or made again, or that one
// which was to stay is gone. outside is what the plan saw beyond the state's globs.
func (r *serverScopesResource) refused(ctx context.Context, diags *diag.Diagnostics, m, state serverScopesModel, deletable, outside []string) bool {
	serverID := m.ServerID.ValueString()
	var (
		appeared, gone []string
		there          []authz.Scope
	)
	ok := r.view(ctx, diags, serverID, func(l *authz.Listing) {
		for _, name := range sortedKeys(m.Scopes) {
			live, found := l.Scope(name)
			_, seen := state.Scopes[name]
			switch id := m.IDs[name]; {
			case found && !seen && !live.BuiltIn && !slices.Contains(outside, name):
				appeared = append(appeared, name+inBrackets(holders(live)))
			case found:
				there = append(there, live)
			case !id.IsUnknown() && !id.IsNull(): // the plan promised it
				gone = append(gone, name)
			}
		}
		for _, name := range deletable {
			if live, found := l.Scope(name); found && !live.BuiltIn {
				there = append(there, live)
			}
		}
	})
	at := r.at(serverID)
	if len(appeared) > 0 {
		diags.AddError(fmt.Sprintf("%s made after the plan was made", count(len(appeared), "scope")),
			fmt.Sprintf("The plan shows these as new, and somebody has made them on %s since it read the server:\n\n%s\n\n"+
				"Nothing was changed. Roles that have them keep them: take off what is not meant, then plan again, "+againHint, at, list(appeared)))
	}
	if len(gone) > 0 {
		diags.AddError(fmt.Sprintf("%s deleted after the plan was made", count(len(gone), "scope")),
			fmt.Sprintf("These are gone from %s since it read the server:\n\n%s\n\nNothing was changed. To create them, plan again, "+againHint, at, list(gone)))
	}
	remade := r.remade(diags, serverID, there, state.IDs)
	return !ok || remade || len(appeared)+len(gone) > 0
}

// remade refuses to change, keep or delete what has another id than in the state:
// that one is gone, and the one of its name now was in no plan.
func (d *data) remade(diags *diag.Diagnostics, serverID string, live []authz.Scope, held map[string]types.String) bool {
	var others []string
	for _, s := range live {
		if was := held[s.Name].ValueString(); was != "" && was != s.ID {
			others = append(others, s.Name+inBrackets(holders(s)))
		}
	}
	if len(others) > 0 {
		diags.AddError(fmt.Sprintf("%s made again after the plan was made", count(len(others), "scope")),
			fmt.Sprintf("Somebody has deleted these from %s and made others of the same name since the plan read the server:\n\n%s\n\n"+
				"Nothing was changed. The roles in brackets have the new ones and keep them. To see what is there now, plan again, "+againHint, d.at(serverID), list(others)))
	}
	return len(others) > 0
}
