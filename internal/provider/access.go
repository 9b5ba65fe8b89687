package provider

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// checkAccess reports what a plan changes in the access to scopes.
func (d *data) checkAccess(diags *diag.Diagnostics, serverID string, in check.AccessInput) {
	in.Listed = d.walk.OpenScopes(serverID, check.OpenScopes(in.Scopes))
	d.addFindings(diags, serverID, check.Access(in))
}

// first names the first few, to tell one warning from another.
func first(names []string) string {
	const few = 3
	names = slices.Clone(names)
	if len(names) > few {
		names = append(names[:few], "…")
	}
	return visible(strings.Join(names, ", "))
}
