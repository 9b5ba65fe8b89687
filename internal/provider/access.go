package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// accessCheck collects, scope by scope, what a plan does to who gets a scope,
// and then reports it: what gives or takes rights is told in warnings besides
// the diff, and what nobody decided is an error.
type accessCheck struct {
	*data
	serverID string
	single   bool // one scope: `settings` is where access is written

	// decided: an access that the configuration leaves out was decided before,
	// because this provider has written the scope.
	decided func(name string) bool
	// configured: the configuration says an access.
	configured func(name string) bool

	undecided, builtIn, bare, born, reaching, guarded, limited, closing, opening, unmapped, unguarded, opened, unknown []string
}

// scope takes one wanted scope in; live is meaningless unless found.
func (c *accessCheck) scope(diags *diag.Diagnostics, want, live authz.Scope, found bool) {
	access := want.Settings.Access
	if access == authz.AccessEveryone {
		c.opened = append(c.opened, want.Name)
	}
	switch {
	case live.BuiltIn && found && !diff.SameAccess(access, live.Settings.Access):
		if c.configured(want.Name) {
			diags.AddError(fmt.Sprintf("Who gets the built-in scope %q cannot be changed", want.Name),
				fmt.Sprintf("It is %q on the server, and %q here. Built-in scopes are never limited or opened: say access = %q for it.", live.Settings.Access, access, live.Settings.Access))
			return
		}
		c.undecided = append(c.undecided, want.Name)
		c.builtIn = append(c.builtIn, fmt.Sprintf("%s: access = %q", want.Name, live.Settings.Access))
	case !found:
		switch access {
		case authz.AccessUnguarded:
			c.bare = append(c.bare, want.Name)
		case authz.AccessEveryone:
			c.born = append(c.born, want.Name)
		}
	case live.Settings.Access == authz.AccessEveryone && access != authz.AccessEveryone:
		c.close(want, live)
	case access == authz.AccessEveryone && live.Settings.Access != authz.AccessEveryone:
		c.open(want, live)
	case access == authz.AccessUnguarded && live.Settings.Access == authz.AccessUnguarded:
		c.unguarded = append(c.unguarded, want.Name)
	}
}

// reach notes a scope that everyone gets through a user type, or a client role,
// that everyone has.
func (c *accessCheck) reach(l *authz.Listing, want, live authz.Scope) {
	through, all := l.ReachesEveryone(live)
	switch {
	case !all || want.Settings.Access == authz.AccessEveryone || live.BuiltIn:
	case through.Guard:
		c.guarded = append(c.guarded, want.Name)
	default:
		c.reaching = append(c.reaching, fmt.Sprintf("%s: %s", want.Name, through.Name))
	}
}

func (c *accessCheck) close(want, live authz.Scope) {
	closedBefore := live.Intended == authz.AccessUserTypes
	switch {
	case !c.configured(want.Name) && !c.decided(want.Name) && !closedBefore:
		c.undecided = append(c.undecided, want.Name)
	case want.Settings.Access == authz.AccessUnguarded && !c.decided(want.Name) && !closedBefore:
		c.bare = append(c.bare, want.Name)
	default:
		c.closing = append(c.closing, want.Name)
	}
}

func (c *accessCheck) open(want, live authz.Scope) {
	c.opening = append(c.opening, want.Name)
	for _, userType := range live.UserTypes {
		c.unmapped = append(c.unmapped, fmt.Sprintf("%s: %s", want.Name, userType))
	}
	if len(live.ClientRoles) > 0 {
		c.limited = append(c.limited, fmt.Sprintf("%s: %s", want.Name, strings.Join(live.ClientRoles, ", ")))
	}
}

func (c *accessCheck) attribute() path.Path { return path.Root("settings").AtName("access") }

// report writes what was collected as diagnostics.
func (c *accessCheck) report(diags *diag.Diagnostics) {
	at := c.at(c.serverID)
	where := "in settings, or in overrides for single scopes"
	if c.single {
		where = "in settings"
	}
	if n := len(c.undecided); n > 0 {
		detail := fmt.Sprintf("In %s everyone gets:\n\n%s\n\nThe configuration does not say whether that is to stay. Say so %s:\n"+
			"  access = \"everyone\"     everyone keeps them (they often carry claims that all applications need)\n"+
			"  access = \"user_types\"   only user types that list them get them from now on", at, list(c.undecided), where)
		if len(c.builtIn) > 0 {
			detail += "\n\nBuilt-in scopes are never limited or opened, so for these say:\n\n" + list(c.builtIn)
		}
		diags.AddAttributeError(c.attribute(), fmt.Sprintf("Who gets %s is not decided", count(n, "open scope")), detail)
	}
	if n := len(c.bare); n > 0 {
		diags.AddAttributeError(c.attribute(), fmt.Sprintf("Nothing limits %s that access = \"unguarded\" is said for", count(n, "scope")),
			fmt.Sprintf("\"unguarded\" leaves a scope as it was found, limited by the user types it is mapped to. These would be open to everyone:\n\n%s\n\nSay \"user_types\" or \"everyone\" for them.", list(c.bare)))
	}
	if n := len(c.limited); n > 0 {
		diags.AddAttributeError(c.attribute(), fmt.Sprintf("%s cannot be opened", count(n, "scope")),
			fmt.Sprintf("Client roles limit them, which this provider leaves alone:\n\n%s\n\nTake these client roles off the scopes first, or say access = \"user_types\".", list(c.limited)))
	}
	c.reportRights(diags, at)
	c.contradictions(diags)
}

// reportRights warns of what gives or takes rights. Summaries differ from
// resource to resource, or Terraform folds them.
func (c *accessCheck) reportRights(diags *diag.Diagnostics, at string) {
	if n := len(c.unknown); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: who gets %s is not known yet (%s)", count(n, "scope"), first(c.unknown)),
			fmt.Sprintf("access depends on something that is not applied yet, so this plan cannot tell. The apply may give these to everyone, which takes them off their user types, or take them from everyone:\n\n%s\n\n"+
				"To see it first, apply what access depends on (with -target) and plan again.", list(c.unknown)))
	}
	if n := len(c.closing); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s taken from everyone (%s)", count(n, "scope"), first(c.closing)),
			fmt.Sprintf("In %s everyone gets these now. From the apply on only user types that list them do; until such a user type is applied, nobody gets them, also later in the same run:\n\n%s", at, list(c.closing)))
	}
	if n := len(c.opening); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s given to everyone (%s)", count(n, "scope"), first(c.opening)),
			fmt.Sprintf("In %s these are limited now. From the apply on every user gets them:\n\n%s", at, list(c.opening)))
	}
	if n := len(c.born); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s created open to everyone (%s)", count(n, "scope"), first(c.born)),
			fmt.Sprintf("access = \"everyone\" holds for these, which %s does not have yet. From the apply on every user gets them:\n\n%s", at, list(c.born)))
	}
	if n := len(c.reaching); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s reached by everyone (%s)", count(n, "scope"), first(c.reaching)),
			fmt.Sprintf("In %s these are limited, but every user has one of the roles that they are limited to. No resource here changes that; take the scope from it by hand:\n\n%s", at, list(c.reaching)))
	}
	if n := len(c.guarded); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s reached by everyone through the guard role (%s)", count(n, "scope"), first(c.guarded)),
			fmt.Sprintf("In %s the guard role is to keep these limited, and every user has it. Another warning says how that comes: put that right. "+
				"Do not take the guard off the scopes, for one that no other role limits would be open to everyone for good:\n\n%s", at, list(c.guarded)))
	}
	if n := len(c.unmapped); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: opening removes %s (%s)", count(n, "mapping"), first(c.unmapped)),
			fmt.Sprintf("A scope is open to everyone only while no user type is mapped to it, so these mappings are removed:\n\n%s", list(c.unmapped)))
	}
	if n := len(c.unguarded); n > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s unguarded (%s)", count(n, "scope"), first(c.unguarded)),
			fmt.Sprintf("These are left as they were found: limited by their user types now, but open to everyone as soon as the last of them is taken away by hand. Say access = \"user_types\" to guard them:\n\n%s", list(c.unguarded)))
	}
}

// contradictions refuses "everyone" for what a user type of this run lists.
func (c *accessCheck) contradictions(diags *diag.Diagnostics) {
	listed := c.walk.OpenScopes(c.serverID, c.opened)
	if len(listed) == 0 {
		return
	}
	var lines []string
	for _, name := range sortedKeys(listed) {
		lines = append(lines, fmt.Sprintf("%s: listed by user type %q", name, listed[name]))
	}
	diags.AddAttributeError(c.attribute(), fmt.Sprintf("Access of %s is contradictory", count(len(listed), "scope")), contradiction(lines))
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
