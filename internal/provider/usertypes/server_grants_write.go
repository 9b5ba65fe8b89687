package usertypes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// grantsWrite is what an apply does.
type grantsWrite struct {
	changes []authz.UserTypeChange
	revoked diff.Grants
	granted diff.Grants
}

// Write implements lifecycle.Operations. A create revokes nothing, because the plan rejects a
// create over unlisted grants.
func (r *serverGrantsResource) Write(
	ctx context.Context, diags *diag.Diagnostics, state, m *serverGrantsModel, private *lifecycle.PrivateState,
) lifecycle.WriteResult {
	serverID := m.ServerID.ValueString()
	want, _ := m.grants()
	var trouble diag.Diagnostics
	w := r.computeChange(ctx, &trouble, m, state, private)
	if trouble.HasError() {
		// Another resource of this walk may have created what is missing.
		r.AwaitScopes(ctx, serverID, scopesOfGrants(want))
		r.Server.Invalidate(serverID)
		trouble = nil
		w = r.computeChange(ctx, &trouble, m, state, private)
	}
	if diags.Append(trouble...); diags.HasError() {
		return lifecycle.WriteRefused
	}
	// Recorded before the write: what it releases is limited again also if it stops half-way.
	private.Released = diff.Difference(append(scopesOfGrants(w.revoked), private.Released...), scopesOfGrants(want))
	for userType, scopes := range want {
		r.Walk.MarkWritten(r.userTypeHolder(serverID, userType), scopes...)
	}
	if err := r.Server.ApplyUserTypes(ctx, serverID, w.changes); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedWriteUserTypes}, err)
		return lifecycle.WriteFailed
	}
	lifecycle.LogChange(ctx, r.DescribeServer(serverID), "all user types", len(w.granted.Lines()), len(w.revoked.Lines()))
	private.Reopened = nil
	if m.OpenScopes.IsUnknown() {
		l, ok := r.Report(diags, serverID).UserTypes(r.Server.ReadUserTypes(ctx, serverID, want, want))
		if !ok {
			return lifecycle.WriteFailed
		}
		private.RecordUserTypes(l, want)
		m.OpenScopes = tftypes.StringList(r.openScopes(m, l))
	}
	return lifecycle.WriteDone
}

// computeChange reads what must be done, and rejects it if the server has changed since the plan
// so that it cannot be done. It writes nothing.
func (r *serverGrantsResource) computeChange(
	ctx context.Context, diags *diag.Diagnostics, m, state *serverGrantsModel, private *lifecycle.PrivateState,
) grantsWrite {
	serverID := m.ServerID.ValueString()
	want, _ := m.grants()
	held := state.scopeNames()
	w := grantsWrite{revoked: diff.Grants{}, granted: diff.Grants{}}
	l, ok := r.Report(diags, serverID).UserTypes(r.Server.ReadUserTypes(ctx, serverID, want, held))
	if !ok {
		return w
	}
	r.AddFindings(diags, serverID, check.RenamedUserTypes(l, want, private.UserTypeIDs))
	live, _ := diff.GrantFilter{}.Live(l, want)
	changes := diff.DiffGrants(want, live, m.removable(l, state, *private))
	missing := diff.Grants{}
	for _, userType := range authz.NameSet(append(want.UserTypes(), slices.Sorted(maps.Keys(changes))...)...) {
		u, found := l.UserType(userType)
		change := authz.UserTypeChange{UserType: u, Want: want[userType]}
		if _, listed := want[userType]; listed {
			r.AddFindings(diags, serverID, check.Grantable(r.grants(m, userType, want, l)))
			if !found && len(want[userType]) > 0 {
				r.RejectMissingUserType(ctx, diags, serverID, userType, entryPath(userType))
			}
		}
		if !found {
			change.UserType.Name = userType
		}
		change.Grant, change.Revoke = scopesNamed(l, userType, changes[userType].Grant, missing), scopesNamed(l, userType, changes[userType].Revoke, nil)
		w.granted.Add(userType, authz.Names(change.Grant)...)
		w.revoked.Add(userType, authz.Names(change.Revoke)...)
		if len(change.Grant)+len(change.Revoke) > 0 || r.mustReplace(want[userType], held, userType) {
			w.changes = append(w.changes, change)
		}
	}
	r.rejectMissingScopes(diags, l, serverID, missing)
	r.AddFindings(diags, serverID, check.Bounded(check.BoundsRevocations, m.limit(), w.revoked.Lines()))
	w.limit(l, diff.Difference(leftOpen(l, private.Released), scopesOfGrants(want)))
	return w
}

// limit adds scopes that must be limited again to the first change.
func (w *grantsWrite) limit(l *authz.Snapshot, names []string) {
	if len(names) == 0 || len(l.UserTypes) == 0 {
		return
	}
	if len(w.changes) == 0 {
		w.changes = []authz.UserTypeChange{{UserType: l.UserTypes[0]}}
	}
	w.changes[0].Guard = scopesNamed(l, "", names, nil)
}

// scopesNamed returns the scopes of a snapshot by name, and adds names without a scope to
// missing.
func scopesNamed(l *authz.Snapshot, userType string, names []string, missing diff.Grants) []authz.Scope {
	var scopes []authz.Scope
	for _, name := range names {
		s, found := l.Scope(name)
		switch {
		case found:
			scopes = append(scopes, s)
		case missing != nil:
			missing.Add(userType, name)
		}
	}
	return scopes
}

// rejectMissingScopes rejects scopes that the server does not have.
func (r *serverGrantsResource) rejectMissingScopes(diags *diag.Diagnostics, l *authz.Snapshot, serverID string, missing diff.Grants) {
	var lines []string
	for _, userType := range missing.UserTypes() {
		for _, name := range missing[userType] {
			lines = append(lines, userType+": "+name+diff.DidYouMean(name, authz.Names(l.Scopes)))
		}
	}
	if len(lines) > 0 {
		r.AddFindings(diags, serverID, []check.Finding{{
			Code: messages.FoundMissingScopes, Path: "user_types", Subjects: scopesOfGrants(missing), Data: messages.MissingScopes{Lines: lines},
		}})
	}
}

// mustReplace reports whether to write a set that the server seems to have. Where a write
// replaces the scopes of each user, a reading can have missed users.
func (r *serverGrantsResource) mustReplace(want []string, held diff.Grants, userType string) bool {
	return r.Caps.UserTypesReplaced && len(want) > 0 && !slices.Equal(authz.NameSet(want...), authz.NameSet(held[userType]...))
}

// Destroy implements operations. It revokes what the plan showed.
func (r *serverGrantsResource) Destroy(ctx context.Context, diags *diag.Diagnostics, m serverGrantsModel, _ lifecycle.PrivateState) {
	if r.Caps.UserTypesKept {
		return
	}
	serverID := m.ServerID.ValueString()
	l, ok := r.Report(diags, serverID).UserTypes(r.Server.ReadUserTypes(ctx, serverID, nil, m.scopeNames()))
	if !ok {
		return
	}
	all := m.destroyed(l)
	revoked := all.Subtract(r.writtenGrants(serverID, all))
	r.AddFindings(diags, serverID, check.Bounded(check.BoundsRevocations, m.limit(), revoked.Lines()))
	if diags.HasError() {
		return
	}
	var changes []authz.UserTypeChange
	for _, userType := range revoked.UserTypes() {
		u, _ := l.UserType(userType)
		changes = append(changes, authz.UserTypeChange{UserType: u, Revoke: scopesNamed(l, userType, revoked[userType], nil)})
	}
	if err := r.Server.ApplyUserTypes(ctx, serverID, changes); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedRevokeUserTypes}, err)
		return
	}
	lifecycle.LogChange(ctx, r.DescribeServer(serverID), "all user types", 0, len(revoked.Lines()))
}
