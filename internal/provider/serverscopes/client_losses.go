package serverscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
)

// scopeResource is embedded by the resources that manage scopes of a server.
type scopeResource struct{ lifecycle.Resource }

// warnLosingClients reports the clients that lose deleted scopes. Only a plan that deletes
// reads the clients. Clients that cannot be read are reported as unknown.
func (r *scopeResource) warnLosingClients(ctx context.Context, diags *diag.Diagnostics, serverID string, deleted []string) {
	if len(deleted) == 0 || !r.Caps.ClientScopes || diags.HasError() {
		return
	}
	clients, missed, err := r.Server.ClientsWithScopes(ctx, serverID, deleted)
	r.AddFindings(diags, serverID, check.Clients(check.ClientInput{Deleted: deleted, Clients: clients, Unread: err, Missed: missed}))
}
