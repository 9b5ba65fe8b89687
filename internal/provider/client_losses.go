package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// warnClientsLose names the clients that lose scopes because they are deleted.
// Only a plan that deletes asks for clients. What cannot be read is told, and is
// never "none".
func (d *data) warnClientsLose(ctx context.Context, diags *diag.Diagnostics, serverID string, deleted []string) {
	if len(deleted) == 0 || !d.caps.ClientScopes || diags.HasError() {
		return
	}
	clients, missed, err := d.server.ClientsWithScopes(ctx, serverID, deleted)
	d.addFindings(diags, serverID, check.Clients(check.ClientInput{Deleted: deleted, Clients: clients, Unread: err, Missed: missed}))
}
