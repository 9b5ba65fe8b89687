package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// What is left of an operation that ran out of time, as the server has it now;
// "" where the server cannot be read.

func (r *serverScopesResource) left(ctx context.Context, m serverScopesModel, deletable []string) string {
	var again diag.Diagnostics
	want, _ := m.want(ctx, &again)
	return r.leftOf(ctx, m.ServerID.ValueString(), want, deletable)
}

func (r *serverScopesResource) leftOf(ctx context.Context, serverID string, want []authz.Scope, deletable []string) string {
	var again diag.Diagnostics
	var c diff.Scopes
	if !r.view(ctx, &again, serverID, func(l *authz.Listing) { c = diff.DiffScopes(want, l, deletable, r.caps.Settings) }) {
		return ""
	}
	return stillToDo(count(len(c.Create), "scope")+" to create", count(len(c.Updates()), "scope")+" to change", count(len(c.Delete), "scope")+" to delete")
}

func (r *serverScopeResource) left(ctx context.Context, serverID, name, id, work string) string {
	var again diag.Diagnostics
	_, found, ok := r.find(ctx, &again, serverID, name, id)
	switch {
	case !ok:
		return ""
	case found:
		return fmt.Sprintf("Scope %q is on the server now; whether all of %s is done, the next plan tells.", name, work)
	}
	return fmt.Sprintf("Scope %q is not on the server now.", name)
}

func (r *userTypeScopesResource) left(ctx context.Context, m, state *userTypeScopesModel, remembered memory) string {
	var again diag.Diagnostics
	var change diff.UserType
	want, userType := m.held(), m.UserType.ValueString()
	if !r.viewUserType(ctx, &again, m.ServerID.ValueString(), userType, state.held(), append(want, state.held()...), func(l *authz.Listing) {
		change = diff.DiffUserType(want, authz.Names(l.ScopesOf(userType)), m.revocable(l, userType, state, &remembered))
	}) {
		return ""
	}
	return stillToDo(count(len(change.Grant), "scope")+" to give", count(len(change.Revoke), "scope")+" to take away")
}

func (r *clientScopesResource) left(ctx context.Context, m, state *clientScopesModel, remembered memory) string {
	var again diag.Diagnostics
	set, ok, missing := r.viewClient(ctx, &again, m.ServerID.ValueString(), m.ClientID.ValueString(), r.server.ViewClientAlone)
	if !ok || missing != nil {
		return ""
	}
	want, _ := m.names()
	change := diff.DiffClient(want, liveNames(set), r.takable(set, m, state, &remembered))
	return stillToDo(count(len(change.Give), "scope")+" to give", count(len(change.Take), "scope")+" to take away")
}
