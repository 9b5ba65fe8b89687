package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// planAdoption refuses to create over scopes that nobody wrote down, and says
// what is adopted.
func (r *serverScopesResource) planAdoption(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, l *authz.Listing) {
	r.refuseUnlisted(diags, p.m, nil, l)
	r.warnAdopted(ctx, diags, p, l)
}

// refuseUnlisted refuses a creation over scopes that nobody wrote down, but for those
// that are gone by then.
func (r *serverScopesResource) refuseUnlisted(diags *diag.Diagnostics, m serverScopesModel, gone []string, l *authz.Listing) {
	f, serverID := m.filter(), m.ServerID.ValueString()
	var unlisted []string
	for _, s := range l.Scopes {
		if _, planned := m.Scopes[s.Name]; !planned && !s.BuiltIn && f.Manages(s.Name) && !slices.Contains(gone, s.Name) && !r.walk.WrittenInThisWalk(walk.Server(serverID), s.Name) {
			unlisted = append(unlisted, s.Name)
		}
	}
	if len(unlisted) > 0 {
		diags.AddAttributeError(path.Root("scopes"), fmt.Sprintf("%s on the server that the configuration does not have", count(len(unlisted), "scope")),
			fmt.Sprintf("This resource manages all scopes of %s, and would delete these:\n\n%s\n\n"+
				"Import the resource, so that the plan shows them:\n\n%s\n\nor add them to scopes, or leave them alone with ignore.", r.at(serverID), list(unlisted), importBlock("authscopes_server_scopes", serverID)))
	}
}

// warnAdopted tells of scopes that the configuration has not had so far and that are
// there: what is changed, and who has them and keeps them.
func (r *serverScopesResource) warnAdopted(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, l *authz.Listing) {
	serverID := p.m.ServerID.ValueString()
	var seen map[string]types.String
	if p.state != nil {
		seen = p.state.Names
	}
	settings, _ := settingsOf(ctx, p.m.Settings) // an error of it is told with want
	base, _ := settings.patch()
	var names, adopted []string
	changed := 0
	for _, w := range p.want {
		live, found := l.Scope(w.Name)
		if _, is := seen[w.Name]; is || !found || r.walk.WrittenInThisWalk(walk.Server(serverID), w.Name) {
			continue
		}
		// What is not known yet is no change.
		under := base.Over(live.Settings)
		own, known := p.m.Overrides[w.Name].patch()
		if !known { // what it leaves out and what is unknown look alike
			under = live.Settings
		}
		w.Settings = own.Over(under)
		if p.m.Scopes[w.Name].IsUnknown() {
			w.Description = live.Description
		}
		var about []string
		if !diff.SameScope(w, live, r.caps.Settings) {
			about, changed = append(about, "changed: "+difference(w, live, r.caps.Settings)), changed+1
		}
		names, adopted = append(names, w.Name), append(adopted, w.Name+inBrackets(append(about, holders(live)...)))
	}
	if len(adopted) > 0 {
		diags.AddWarning(fmt.Sprintf("%s adopted, %d of them changed (%s)", count(len(adopted), "existing scope"), changed, first(names)),
			fmt.Sprintf("These are on %s already and are taken over, also where the plan shows them as created:\n\n%s", r.at(serverID), list(adopted)))
	}
}

// holders tells which roles a scope is mapped to, whoever gave it to them.
func holders(live authz.Scope) []string {
	switch has := slices.Concat(live.UserTypes, live.ClientRoles); len(has) {
	case 0:
		return nil
	case 1:
		return []string{has[0] + " has it"}
	default:
		return []string{strings.Join(has, ", ") + " have it"}
	}
}

func inBrackets(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}
