package usertypes

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// planFindings returns the findings about the server.
func (r *serverGrantsResource) planFindings(p grantsPlan, l *authz.Snapshot) []check.Finding {
	revoked := diff.Grants{}
	var found []check.Finding
	for _, userType := range authz.NameSet(slices.Concat(p.want.UserTypes(), p.revocable.UserTypes(), p.held.UserTypes())...) {
		change := p.changes[userType]
		revoked.Add(userType, change.Revoke...)
		in := r.grants(p.m, userType, p.want, l)
		in.Change = change
		if _, listed := p.want[userType]; listed {
			found = append(found, check.Grants(in)...)
			at := "user_types"
			if authz.IsClientRole(userType) {
				at = "client_roles"
			}
			found = append(found, r.CheckMissingScopes(r.holder(p.m, userType, nil), at, p.want[userType], l)...)
		}
		found = append(found, check.Globs(check.GlobInput{Holder: in.Holder, Removed: change.Revoke, State: p.held[userType], Released: p.released[userType]})...)
	}
	if !p.known {
		return append(found, check.UnknownRevocations(revoked, "max_revocations", lifecycle.DeletionBound(p.m.MaxRevocations))...)
	}
	known := r.writtenGrants(p.m.ServerID.ValueString(), p.live)
	if p.replaced != nil {
		replaced := check.Bound{Attribute: "max_revocations", Allowed: p.replaced.Destroy.Bound, InState: true}
		found = append(found, check.Bounded(check.BoundsRevocations, replaced, p.replaced.Destroy.Names)...)
		known = p.live.Select(p.replaced.Destroy.Names)
	}
	found = append(found, check.Bounded(check.BoundsRevocations, p.m.limit(), revoked.Lines())...)
	found = append(found, check.Coverage(l, scopesOfGrants(p.want), nil)...)
	return append(check.AllGrants(check.AllGrantsInput{
		Snapshot: l, Filter: p.m.filter(), Planned: p.want, Creates: p.state == nil, Known: known, Revoked: revoked,
		Kept: r.Caps.UserTypesKept, IDs: p.remembered.UserTypeIDs,
	}), found...)
}

// grants returns what package check needs to know of one user type.
func (r *serverGrantsResource) grants(m *serverGrantsModel, userType string, want diff.Grants, l *authz.Snapshot) check.GrantInput {
	in := r.grantInput(grantHolder(userType), want[userType], l)
	in.AllowBuiltIn, in.AllowComposite = m.AllowBuiltIn.ValueBool(), slices.Contains(tftypes.Strings(m.CompositeUserTypes), userType)
	return in
}

// grantInput returns what package check needs to know of planned scopes of a user type.
func (r *userTypeResource) grantInput(h check.Holder, names []string, l *authz.Snapshot) check.GrantInput {
	builtIn := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		live, _ := l.Scope(n)
		return !r.IsBuiltIn(live, n)
	})
	return check.GrantInput{Holder: h, Snapshot: l, Planned: names, BuiltIn: builtIn, Reader: r.Caps.Reader}
}

// writtenGrants returns the grants that this walk has written.
func (r *userTypeResource) writtenGrants(serverID string, live diff.Grants) diff.Grants {
	written := diff.Grants{}
	for userType, scopes := range live {
		owner := r.userTypeHolder(serverID, userType)
		written.Add(userType, slices.DeleteFunc(slices.Clone(scopes), func(name string) bool { return !r.Walk.WrittenInThisWalk(owner, name) })...)
	}
	return written
}

// removable returns the grants that a plan may revoke: those of the state, and those that the
// last read excluded and the glob patterns now match. A create revokes nothing.
func (m *serverGrantsModel) removable(l *authz.Snapshot, state *serverGrantsModel, remembered lifecycle.PrivateState) diff.Grants {
	if state == nil {
		return nil
	}
	all := state.scopeNames()
	for userType, scopes := range remembered.ExcludedGrants {
		all.Add(userType, scopes...)
	}
	return m.filter().Managed(l, all)
}

func scopesOfGrants(g diff.Grants) []string {
	var names []string
	for _, scopes := range g {
		names = append(names, scopes...)
	}
	return authz.NameSet(names...)
}
