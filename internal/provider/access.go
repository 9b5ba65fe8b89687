package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
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

// difference names the attributes in which a live scope is not as wanted.
func difference(want, live authz.Scope, settings bool) string {
	var parts []string
	add := func(name string, differs bool, from, to any) {
		if differs {
			parts = append(parts, fmt.Sprintf("%s %v → %v", name, from, to))
		}
	}
	add("description", want.Description != live.Description, fmt.Sprintf("%q", live.Description), fmt.Sprintf("%q", want.Description))
	if settings {
		w, l := want.Settings, live.Settings
		add("display_on_consent_screen", w.DisplayOnConsentScreen != l.DisplayOnConsentScreen, l.DisplayOnConsentScreen, w.DisplayOnConsentScreen)
		add("consent_screen_text", w.ConsentScreenText != l.ConsentScreenText, fmt.Sprintf("%q", l.ConsentScreenText), fmt.Sprintf("%q", w.ConsentScreenText))
		add("include_in_token_scope", w.IncludeInTokenScope != l.IncludeInTokenScope, l.IncludeInTokenScope, w.IncludeInTokenScope)
		add("include_in_openid_provider_metadata", w.IncludeInOpenIDProviderMetadata != l.IncludeInOpenIDProviderMetadata, l.IncludeInOpenIDProviderMetadata, w.IncludeInOpenIDProviderMetadata)
		add("gui_order", w.GUIOrder != "" && w.GUIOrder != l.GUIOrder, l.GUIOrder, w.GUIOrder)
		add("assigned_type", w.AssignedType != l.AssignedType, l.AssignedType, w.AssignedType)
		add("access", !diff.SameAccess(w.Access, l.Access), l.Access, w.Access)
	}
	return strings.Join(parts, "; ")
}
