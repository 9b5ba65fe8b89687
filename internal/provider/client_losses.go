package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// warnClientsLose names the clients that lose scopes because they are deleted.
// Only a plan that deletes asks for clients. What cannot be read is told, and is
// never "none".
func (d *data) warnClientsLose(ctx context.Context, diags *diag.Diagnostics, serverID string, deleted []string) {
	if len(deleted) == 0 || !d.caps.ClientScopes || diags.HasError() {
		return
	}
	clients, partial, err := d.server.ClientsOf(ctx, serverID, deleted)
	if err != nil {
		diags.AddWarning(fmt.Sprintf("Clients: which ones lose %s is not known (%s)", count(len(deleted), "scope"), first(deleted)),
			fmt.Sprintf("The clients of %s could not be read, so this plan cannot name those that lose a scope. It deletes:\n\n%s\n\n%s\n\n%s", d.at(serverID), list(deleted), advice(err), err))
		return
	}
	var lines []string
	lost := map[string]bool{}
	for _, c := range clients {
		lines = append(lines, clientLine(c))
		for _, s := range slices.Concat(c.Default, c.Optional) {
			lost[s.Name] = true
		}
	}
	if len(lines) > 0 {
		diags.AddWarning(fmt.Sprintf("Clients: deleting takes %s from %s (%s)", count(len(lost), "scope"), count(len(lines), "client"), first(lines)),
			fmt.Sprintf("These clients of %s have scopes that are deleted. Their tokens no longer carry them, and a client that asks for one by name may be refused:\n\n%s", d.at(serverID), list(lines)))
	}
	if partial != nil {
		diags.AddWarning(fmt.Sprintf("Clients: others may lose %s too (%s)", count(len(deleted), "deleted scope"), first(deleted)),
			fmt.Sprintf("Not all clients of %s could be read. %s\n\n%s", d.at(serverID), advice(partial), partial))
	}
}

// shownOfClient bounds how many scopes the line of one client names.
const shownOfClient = 10

// clientLine is `web-shop: read:a (default), read:b (optional)`.
func clientLine(c authz.ClientScopeSet) string {
	var scopes []string
	for _, s := range c.Default {
		scopes = append(scopes, s.Name+" (default)")
	}
	for _, s := range c.Optional {
		scopes = append(scopes, s.Name+" (optional)")
	}
	if n := len(scopes); n > shownOfClient {
		scopes = append(scopes[:shownOfClient], fmt.Sprintf("… and %d more", n-shownOfClient))
	}
	return c.ClientID + ": " + strings.Join(scopes, ", ")
}
