package clientscopes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// clientHolder returns the holder of the scopes of a client.
func clientHolder(serverID, clientID string) walk.Holder {
	return walk.Holder{Server: serverID, Kind: walk.KindClient, Name: clientID}
}

// Write implements operations. A create revokes what the client has besides, as the plan
// showed.
func (r *clientScopesResource) Write(
	ctx context.Context, diags *diag.Diagnostics, state, m *clientScopesModel, private *lifecycle.PrivateState,
) lifecycle.WriteResult {
	serverID, clientID := m.ServerID.ValueString(), m.ClientID.ValueString()
	set, err := r.Server.ReadClientAlone(ctx, serverID, clientID)
	if !r.Report(diags, serverID).RequiredClient(clientID, err) {
		return lifecycle.WriteFailed
	}
	want, _ := m.names()
	if missing := diff.Difference(want.All(), liveNames(set).All()); len(missing) > 0 && r.AwaitScopes(ctx, serverID, missing) {
		set, err = r.Server.ReadClientAlone(ctx, serverID, clientID)
		if !r.Report(diags, serverID).RequiredClient(clientID, err) {
			return lifecycle.WriteFailed
		}
	}
	change := diff.DiffClient(want, liveNames(set), r.removable(set, m, state, private))
	from, to, ok := r.change(ctx, diags, m, set, change)
	if !ok {
		return lifecycle.WriteFailed
	}
	if found := m.holder().Bounded(change.Unassign, false); len(found) > 0 {
		r.AddFindings(diags, serverID, found)
		return lifecycle.WriteRefused
	}
	private.Outside = r.excluded(set, m.filter())
	r.Walk.MarkWritten(clientHolder(serverID, clientID), want.All()...)
	if change.Empty() {
		return lifecycle.WriteDone
	}
	if err := r.Server.ApplyClient(ctx, serverID, from, to); err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedWriteClient, Subjects: []string{clientID}}, err)
		return lifecycle.WriteFailed
	}
	lifecycle.LogChange(ctx, r.DescribeServer(serverID), m.holder().String(), len(change.Assign), len(change.Unassign))
	return lifecycle.WriteDone
}

// removable returns the scopes that this write may unassign: on create, those that the glob
// patterns match. Later, those of the state, and those that the last read excluded and the
// patterns now match. A scope that was assigned since the last read stays.
func (r *clientScopesResource) removable(set authz.ClientScopeSet, m, state *clientScopesModel, remembered *lifecycle.PrivateState) []string {
	may := liveNames(set).All()
	if state != nil {
		may = append(state.scopeNames(), remembered.Outside...)
	}
	f := m.filter()
	var names []string
	for _, s := range slices.Concat(set.Default, set.Optional) {
		if slices.Contains(may, s.Name) && f.Manages(s.Name) && !r.IsBuiltIn(s, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// change returns the assigned and the planned scopes of the client. A missing scope is an
// error with the nearest name.
func (r *clientScopesResource) change(
	ctx context.Context, diags *diag.Diagnostics, m *clientScopesModel, set authz.ClientScopeSet, change diff.Client,
) (from, to authz.ClientScopeSet, ok bool) {
	want, _ := m.names()
	concerned := append(want.All(), change.Unassign...)
	known := map[string]authz.Scope{}
	pick := func(live []authz.Scope) (list []authz.Scope) {
		for _, s := range live {
			known[s.Name] = s
			if slices.Contains(concerned, s.Name) {
				list = append(list, s)
			}
		}
		return list
	}
	from = authz.ClientScopeSet{ClientID: m.ClientID.ValueString(), Default: pick(set.Default), Optional: pick(set.Optional)}
	if len(change.Assign) > 0 && !r.find(ctx, diags, m, change.Assign, known) {
		return from, to, false
	}
	named := func(names []string) (list []authz.Scope) {
		for _, n := range names {
			list = append(list, known[n])
		}
		return list
	}
	return from, authz.ClientScopeSet{ClientID: from.ClientID, Default: named(want.Default), Optional: named(want.Optional)}, true
}

// find looks up the scopes that the client does not have yet.
func (r *clientScopesResource) find(ctx context.Context, diags *diag.Diagnostics, m *clientScopesModel, names []string, known map[string]authz.Scope) bool {
	serverID, attribute := m.ServerID.ValueString(), "optional"
	want, _ := m.names()
	var unknown []string
	l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, base.NamesOnly))
	if !ok {
		return false
	}
	for _, name := range names {
		s, ok := l.Scope(name)
		if ok {
			known[name] = s
			continue
		}
		if slices.Contains(want.Default, name) {
			attribute = "default"
		}
		unknown = append(unknown, name+diff.DidYouMean(name, authz.Names(l.Scopes)))
	}
	if len(unknown) == 0 {
		return true
	}
	r.AddFindings(diags, serverID, []check.Finding{{
		Code: messages.FoundMissingScopes, Path: attribute, Subjects: unknown, Data: messages.MissingScopes{Holder: m.holder().String(), Lines: unknown},
	}})
	return false
}

// Destroy implements operations. A client that does not exist has nothing to revoke.
func (r *clientScopesResource) Destroy(ctx context.Context, diags *diag.Diagnostics, m clientScopesModel, _ lifecycle.PrivateState) {
	serverID, clientID := m.ServerID.ValueString(), m.ClientID.ValueString()
	set, err := r.Server.ReadClientAlone(ctx, serverID, clientID)
	ok, missing := r.Report(diags, serverID).Client(clientID, err)
	if missing != nil || !ok {
		return
	}
	held := m.scopeNames()
	ours := func(live []authz.Scope) []authz.Scope {
		return slices.DeleteFunc(slices.Clone(live), func(s authz.Scope) bool {
			return !slices.Contains(held, s.Name) || r.IsBuiltIn(s, s.Name) || r.Walk.WrittenInThisWalk(clientHolder(serverID, clientID), s.Name)
		})
	}
	from := authz.ClientScopeSet{ClientID: clientID, Default: ours(set.Default), Optional: ours(set.Optional)}
	taken := liveNames(from).All()
	found := m.holder().Bounded(taken, false)
	r.AddFindings(diags, serverID, found)
	if len(taken) == 0 || len(found) > 0 {
		return
	}
	err = r.Server.ApplyClient(ctx, serverID, from, authz.ClientScopeSet{ClientID: clientID})
	if err != nil && !authz.IsNotFound(err) {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedUnassignClient, Subjects: []string{clientID}}, err)
		return
	}
	lifecycle.LogChange(ctx, r.DescribeServer(serverID), m.holder().String(), 0, len(taken))
}
