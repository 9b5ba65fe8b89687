package usertypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Write implements operations. A create revokes what the user type has besides, as the
// plan showed.
func (r *userTypeScopesResource) Write(
	ctx context.Context, diags *diag.Diagnostics, state, m *userTypeScopesModel, remembered *lifecycle.PrivateState,
) lifecycle.WriteResult {
	serverID, userType := m.ServerID.ValueString(), m.name()
	want, _ := m.Scopes.Names()
	var trouble diag.Diagnostics
	change, found := r.computeChange(ctx, &trouble, m, state, remembered)
	if !found || trouble.HasError() {
		// Another resource of this run may have created it after the snapshot.
		r.AwaitScopes(ctx, serverID, want)
		r.Server.Invalidate(serverID)
		trouble = nil
		change, found = r.computeChange(ctx, &trouble, m, state, remembered)
	}
	diags.Append(trouble...)
	if diags.HasError() {
		return lifecycle.WriteFailed
	}
	if !found {
		r.RejectMissingUserType(ctx, diags, serverID, userType, path.Root("user_type"))
		return lifecycle.WriteFailed
	}
	// Noted before the write: what it releases is looked after also when it
	// stops half-way.
	remembered.Released = diff.Difference(append(authz.Names(change.Revoke), remembered.Released...), want)
	remembered.UserTypeID = change.UserType.ID
	r.Walk.MarkWritten(r.userTypeHolder(serverID, userType), want...)
	m.OpenScopes = types.ListValueMust(types.StringType, []attr.Value{})
	m.PartialScopes = types.ListValueMust(types.StringType, []attr.Value{})
	change.Rule = attrs.DecodeRule(ctx, m.Rule, diags).Settings()
	if len(change.Grant)+len(change.Revoke)+len(change.Guard) == 0 && change.UserType.Holds(change.Rule) && !r.mustReplace(want, state) {
		return lifecycle.WriteDone
	}
	if err := r.Server.ApplyUserType(ctx, serverID, change); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedWriteUserType, Subjects: []string{userType}}, err)
		return lifecycle.WriteFailed
	}
	lifecycle.LogChange(ctx, r.DescribeServer(serverID), r.holder(*m).String(), len(change.Grant), len(change.Revoke))
	return lifecycle.WriteDone
}

// mustReplace reports whether to write a set that the server seems to have. Where a write
// replaces the scopes of each user, a reading can have missed users, so only an update
// that does not change the set relies on it.
func (r *userTypeScopesResource) mustReplace(want []string, state *userTypeScopesModel) bool {
	return r.Caps.UserTypesReplaced && (state == nil || !slices.Equal(authz.NameSet(want...), authz.NameSet(state.scopeNames()...)))
}

// computeChange reads the server, computes the change, and checks what the plan could not
// check: a user type that another resource of the same apply has created.
func (r *userTypeScopesResource) computeChange(
	ctx context.Context, diags *diag.Diagnostics, m, state *userTypeScopesModel, remembered *lifecycle.PrivateState,
) (change authz.UserTypeChange, found bool) {
	serverID, userType, held := m.ServerID.ValueString(), m.name(), state.scopeNames()
	want, _ := m.Scopes.Names()
	l, ok := r.Report(diags, serverID).Shown(r.Server.RefreshUserType(ctx, serverID, userType, held, slices.Concat(want, held)))
	if !ok {
		return change, false
	}
	u, found := l.UserType(userType)
	if found && !r.rejectRenamed(diags, l, m, *remembered) {
		r.AddFindings(diags, serverID, check.Grantable(r.grants(*m, l)))
		change = r.change(diags, l, u, m, state, remembered)
		r.AddFindings(diags, serverID, r.holder(*m).Bounded(authz.Names(change.Revoke), false))
	}
	return change, found
}

// userTypeHolder returns the holder of the scopes of a user type, which is the same for
// all spellings of its name.
func (r *userTypeResource) userTypeHolder(serverID, userType string) walk.Holder {
	return walk.Holder{Server: serverID, Kind: walk.KindUserType, Name: r.UserTypeKey(userType)}
}

// scopeNames returns the scopes of the state, or nil without a state.
func (m *userTypeScopesModel) scopeNames() []string {
	if m == nil {
		return nil
	}
	names, _ := m.Scopes.Names()
	return names
}

// partialNames returns the scopes that some users have according to the state.
func (m *userTypeScopesModel) partialNames() []string {
	var names []string
	for _, element := range m.PartialScopes.Elements() {
		if name, ok := element.(types.String); ok {
			names = append(names, name.ValueString())
		}
	}
	return names
}

// change returns the change with the scopes of the snapshot. A missing scope is an error with
// the nearest name.
func (r *userTypeScopesResource) change(
	diags *diag.Diagnostics, l *authz.Snapshot, u authz.UserType, m, state *userTypeScopesModel, remembered *lifecycle.PrivateState,
) authz.UserTypeChange {
	want, _ := m.Scopes.Names()
	changed := m.diff(l, want, state, remembered)
	change := authz.UserTypeChange{UserType: u, Want: want}
	var unknown []string
	for _, name := range changed.Grant {
		s, ok := l.Scope(name)
		if !ok {
			unknown = append(unknown, name+diff.DidYouMean(name, authz.Names(l.Scopes)))
			continue
		}
		change.Grant = append(change.Grant, s)
	}
	if len(unknown) > 0 {
		r.AddFindings(diags, m.ServerID.ValueString(), []check.Finding{{
			Code: messages.FoundMissingScopes, Path: "scopes", Subjects: unknown, Data: messages.MissingScopes{Holder: r.holder(*m).String(), Lines: unknown},
		}})
	}
	for _, name := range changed.Revoke {
		if s, ok := l.Scope(name); ok && !s.BuiltIn {
			change.Revoke = append(change.Revoke, s)
		}
	}
	for _, name := range leftOpen(l, remembered.Released) {
		if s, ok := l.Scope(name); ok && !slices.Contains(want, name) {
			change.Guard = append(change.Guard, s)
		}
	}
	return change
}

// diff compares the planned scopes with those that all users have. Scopes of some users
// only are revoked too: a server with such users replaces all scopes of each.
func (m *userTypeScopesModel) diff(l *authz.Snapshot, want []string, state *userTypeScopesModel, remembered *lifecycle.PrivateState) diff.UserType {
	userType := m.name()
	changed := diff.DiffUserType(want, authz.Names(l.ScopesOf(userType)), m.removable(l, userType, state, remembered))
	u, _ := l.UserType(userType)
	changed.Revoke = authz.NameSet(append(changed.Revoke, diff.Difference(u.Partial, want)...)...)
	return changed
}

// scopesOfAnyUser returns the scopes that at least one user of a user type has.
func scopesOfAnyUser(l *authz.Snapshot, userType string) []string {
	u, _ := l.UserType(userType)
	return authz.NameSet(append(authz.Names(l.ScopesOf(userType)), u.Partial...)...)
}

// removable returns the scopes that this write may revoke: those of the state, and those that
// the last read excluded and the glob patterns now match, so that a scope that was granted
// since the last read stays. On create, it returns all scopes that the patterns match, because
// Terraform passes no private state from the plan to a create.
func (m *userTypeScopesModel) removable(l *authz.Snapshot, userType string, state *userTypeScopesModel, remembered *lifecycle.PrivateState) []string {
	var names []string
	if state == nil {
		names = authz.Names(l.ScopesOf(userType))
	} else {
		held, _ := state.Scopes.Names()
		names = slices.Concat(held, remembered.Outside)
	}
	f := m.filter()
	return slices.DeleteFunc(names, func(n string) bool {
		s, ok := l.Scope(n)
		return !f.Manages(n) || ok && s.BuiltIn
	})
}

// Destroy implements operations. A user type that does not exist has nothing to revoke.
func (r *userTypeScopesResource) Destroy(ctx context.Context, diags *diag.Diagnostics, m userTypeScopesModel, remembered lifecycle.PrivateState) {
	if r.Caps.UserTypesKept {
		return
	}
	serverID, userType := m.ServerID.ValueString(), m.name()
	held, _ := m.Scopes.Names()
	l, ok := r.Report(diags, serverID).Shown(r.Server.RefreshUserType(ctx, serverID, userType, held, held))
	if !ok {
		return
	}
	u, exists := l.UserType(userType)
	if exists && r.rejectRenamed(diags, l, &m, remembered) {
		return
	}
	change := authz.UserTypeChange{UserType: u}
	for _, s := range l.ScopesOf(userType) {
		if slices.Contains(held, s.Name) && !s.BuiltIn && !r.Walk.WrittenInThisWalk(r.userTypeHolder(serverID, userType), s.Name) {
			change.Revoke = append(change.Revoke, s)
		}
	}
	found := r.holder(m).Bounded(authz.Names(change.Revoke), false)
	r.AddFindings(diags, serverID, found)
	if len(change.Revoke) == 0 || len(found) > 0 {
		return
	}
	if err := r.Server.ApplyUserType(ctx, serverID, change); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedRevokeUserType, Subjects: []string{userType}}, err)
		return
	}
	lifecycle.LogChange(ctx, r.DescribeServer(serverID), r.holder(m).String(), 0, len(change.Revoke))
}
