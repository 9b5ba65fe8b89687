package provider

import (
	"fmt"
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

func contradiction(lines []string) string {
	return fmt.Sprintf("One resource of this configuration says access = \"everyone\", another lists the scope for a user type, which limits it:\n\n%s\n\nSay access = \"user_types\", or take the scope out of the user type's set.", list(lines))
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
