package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
)

// creation returns what check.Adoption needs to know of a create. gone has the scopes that the
// plan deletes first.
func (r *serverScopesResource) creation(p scopesPlan, gone []string, l *authz.Snapshot) check.AdoptionInput {
	owner := walk.Server(p.m.ServerID.ValueString())
	written := slices.DeleteFunc(authz.Names(l.Scopes), func(name string) bool { return !r.Walk.WrittenInThisWalk(owner, name) })
	return check.AdoptionInput{
		Creates: true, Live: l.Scopes, Filter: p.m.Filter(), Planned: append(slices.Sorted(maps.Keys(p.m.Scopes)), slices.Sorted(maps.Keys(p.renames.names))...),
		Deleted: gone, Written: written, Settings: r.Caps.Settings,
	}
}

// existingScopes returns the planned scopes that the server has and the configuration has not
// had so far, except those that this walk has written.
func (r *serverScopesResource) existingScopes(ctx context.Context, p scopesPlan, l *authz.Snapshot) []check.ExistingScope {
	owner := walk.Server(p.m.ServerID.ValueString())
	seen := map[string]types.String{}
	if p.state != nil {
		maps.Copy(seen, p.state.IDs) // also of scopes that were renamed outside Terraform
		maps.Copy(seen, p.state.Names)
	}
	settings, _ := attrs.DecodeSettings(ctx, p.m.Settings) // Want reports its errors
	base, _ := settings.Patch()
	var existing []check.ExistingScope
	for _, w := range p.want {
		live, found := l.Scope(w.Name)
		if _, is := seen[w.Name]; is || !found || r.Walk.WrittenInThisWalk(owner, w.Name) {
			continue
		}
		// A value that is unknown until apply is no change.
		under := base.Apply(live.Settings)
		own, known := p.m.Overrides[w.Name].Patch()
		if !known { // what it leaves out and what is unknown look alike
			under = live.Settings
		}
		w.Settings = own.Apply(under)
		if p.m.Scopes[w.Name].IsUnknown() {
			w.Description = live.Description
		}
		existing = append(existing, check.ExistingScope{Want: w, Live: live})
	}
	return existing
}
