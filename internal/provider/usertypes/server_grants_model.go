package usertypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

type serverGrantsModel struct {
	lifecycle.ServerBinding
	ServerID           types.String   `tfsdk:"server_id"`
	UserTypes          types.Map      `tfsdk:"user_types"`
	ClientRoles        types.Map      `tfsdk:"client_roles"`
	Manage             []types.String `tfsdk:"manage"`
	Ignore             []types.String `tfsdk:"ignore"`
	IgnoreUserTypes    []types.String `tfsdk:"ignore_user_types"`
	CompositeUserTypes []types.String `tfsdk:"composite_user_types"`
	AllowBuiltIn       types.Bool     `tfsdk:"allow_built_in"`
	MaxRevocations     tftypes.Whole  `tfsdk:"max_revocations"`
	OnDestroy          types.String   `tfsdk:"on_destroy"`
	OpenScopes         types.List     `tfsdk:"open_scopes"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

func (m serverGrantsModel) Identity() any          { return lifecycle.ServerIdentity{ServerID: m.ServerID} }
func (m serverGrantsModel) Limits() timeouts.Value { return m.Timeouts }
func (m serverGrantsModel) KeptOnDestroy() bool {
	return m.OnDestroy.ValueString() == attrs.OnDestroyKeep
}
func (m serverGrantsModel) Server() string { return m.ServerID.ValueString() }

// newServerGrantsModel returns the state that an import begins with. Read adds the rest:
// open_scopes is null until then.
func newServerGrantsModel(serverID string) serverGrantsModel {
	return serverGrantsModel{
		ServerID: types.StringValue(serverID), UserTypes: types.MapNull(tftypes.NewScopeSetType()), ClientRoles: types.MapNull(attrs.ClientRolesType()),
		MaxRevocations: tftypes.NewWhole(defaultMaxRevocations), OnDestroy: types.StringValue(attrs.OnDestroyDelete),
		OpenScopes: types.ListNull(types.StringType), Timeouts: base.NoTimeouts(),
	}
}

// eachSet calls do for each set of scopes. known is false if the user types are unknown.
func (m *serverGrantsModel) eachSet(do func(userType string, set tftypes.ScopeSet)) (known bool) {
	each := func(of types.Map, name func(key string) string) {
		for key, element := range of.Elements() {
			if set, ok := element.(tftypes.ScopeSet); ok {
				do(name(key), set)
			}
		}
	}
	each(m.UserTypes, authz.RealmRoleName)
	known = !m.UserTypes.IsUnknown() && !m.ClientRoles.IsUnknown()
	for clientID, element := range m.ClientRoles.Elements() {
		roles, _ := element.(types.Map)
		known = known && !roles.IsUnknown()
		each(roles, func(role string) string { return authz.ClientRoleName(clientID, role) })
	}
	return known
}

// grants returns the listed scopes by user type. known is false if some are unknown.
func (m *serverGrantsModel) grants() (g diff.Grants, known bool) {
	g, known = diff.Grants{}, true
	if m == nil {
		return g, true
	}
	all := m.eachSet(func(userType string, set tftypes.ScopeSet) {
		names, complete := set.Names()
		g[userType], known = names, known && complete
	})
	return g, known && all
}

// scopeNames returns the grants in state.
func (m *serverGrantsModel) scopeNames() diff.Grants {
	g, _ := m.grants()
	return g
}

func (m *serverGrantsModel) filter() diff.GrantFilter {
	return diff.GrantFilter{
		Scopes:    diff.NewFilter(tftypes.Strings(m.Manage), tftypes.Strings(m.Ignore)),
		UserTypes: diff.NewFilter(nil, tftypes.Strings(m.IgnoreUserTypes)),
	}
}

// limit returns max_revocations: nil if it is unknown.
func (m *serverGrantsModel) limit() check.Bound {
	return check.Bound{Attribute: "max_revocations", Allowed: lifecycle.DeletionBound(m.MaxRevocations)}
}

// grantHolder describes a user type. Its findings are at its entry.
func grantHolder(userType string) check.Holder {
	return check.Holder{Kind: walk.KindUserType, Name: userType, Attribute: "user_types", Entry: true}
}

// holder returns a user type with its scopes.
func (r *serverGrantsResource) holder(m *serverGrantsModel, userType string, names []string) lifecycle.Holder {
	return lifecycle.Holder{
		Holder: grantHolder(userType), ServerID: m.ServerID.ValueString(), ResourceType: lifecycle.TypeServerGrants, Key: r.UserTypeKey(userType),
		Names: names, Filter: diff.NewFilter(tftypes.Strings(m.Manage), tftypes.Strings(m.Ignore)), Kept: true, // the bound is that of all user types
	}
}

// intent returns what the resource intends for the user types that it does not list, and
// what its destroy revokes.
func (r *serverGrantsResource) intent(m *serverGrantsModel) walk.Intent {
	f, listed, keys := m.filter(), m.scopeNames(), map[string]bool{}
	for userType := range listed {
		keys[r.UserTypeKey(userType)] = true
	}
	in := walk.Intent{
		Owner: walk.Holder{Server: m.ServerID.ValueString(), Kind: walk.KindUserTypes}, Filter: f.Scopes,
		Covers: func(key string) bool { return !keys[key] && f.UserTypes.Manages(key) },
	}
	in.Destroy.Bound = lifecycle.DeletionBound(m.MaxRevocations)
	if !m.KeptOnDestroy() {
		in.Destroy.Names = listed.Lines()
	}
	return in
}

// Refresh implements operations. A server without grants still is one, so the resource
// always exists.
func (r *serverGrantsResource) Refresh(
	ctx context.Context, diags *diag.Diagnostics, state serverGrantsModel, m *serverGrantsModel, private *lifecycle.PrivateState,
) (found, ok bool) {
	l, ok := r.Report(diags, m.Server()).UserTypes(r.Server.ReadUserTypes(ctx, m.Server(), m.scopeNames(), state.scopeNames()))
	if !ok {
		return true, false
	}
	f, named := m.filter(), m.scopeNames()
	managed, excluded := f.Live(l, named)
	if m.OpenScopes.IsNull() { // an import
		m.fillFromServer(l, managed)
	}
	private.ExcludedGrants = excluded
	private.Reopened = leftOpen(l, private.Released)
	private.RecordUserTypes(l, named)
	m.setGrants(managed, named)
	m.OpenScopes = tftypes.StringList(r.openScopes(m, l))
	return true, true
}

// openScopes returns the managed scopes that every user gets.
func (r *serverGrantsResource) openScopes(m *serverGrantsModel, l *authz.Snapshot) []string {
	if !r.Caps.Settings {
		return nil
	}
	return m.filter().OpenScopes(l)
}

// fillFromServer sets the attributes of an imported resource that are needed for an empty plan.
func (m *serverGrantsModel) fillFromServer(l *authz.Snapshot, managed diff.Grants) {
	for _, userType := range managed.UserTypes() {
		if u, _ := l.UserType(userType); u.Composite() && !u.Everyone {
			m.CompositeUserTypes = append(m.CompositeUserTypes, types.StringValue(userType))
		}
	}
	if m.UserTypes.IsNull() && !slices.ContainsFunc(managed.UserTypes(), authz.IsClientRole) {
		m.UserTypes = types.MapValueMust(tftypes.NewScopeSetType(), map[string]attr.Value{})
	}
}

// setGrants sets what the user types have. An entry without scopes stays if it was one
// before, and so does a map without entries.
func (m *serverGrantsModel) setGrants(managed, named diff.Grants) {
	userTypes, clients := map[string]attr.Value{}, map[string]map[string]attr.Value{}
	for clientID, element := range m.ClientRoles.Elements() {
		if roles, ok := element.(types.Map); ok && len(roles.Elements()) == 0 {
			clients[clientID] = map[string]attr.Value{}
		}
	}
	set := func(userType string, scopes []string) {
		clientID, role := authz.SplitRoleName(userType)
		of := userTypes
		if clientID != "" {
			if clients[clientID] == nil {
				clients[clientID] = map[string]attr.Value{}
			}
			of = clients[clientID]
		}
		of[role] = tftypes.NewScopeSet(scopes)
	}
	for userType, scopes := range named {
		if len(scopes) == 0 {
			set(userType, nil)
		}
	}
	for userType, scopes := range managed.Normalized() {
		set(userType, scopes)
	}
	if len(userTypes) > 0 || !m.UserTypes.IsNull() {
		m.UserTypes = types.MapValueMust(tftypes.NewScopeSetType(), userTypes)
	}
	if len(clients) > 0 || !m.ClientRoles.IsNull() {
		m.ClientRoles = clientRolesValue(clients)
	}
}

// clientRolesValue returns scopes by client ID and role.
func clientRolesValue(clients map[string]map[string]attr.Value) types.Map {
	entries := map[string]attr.Value{}
	for clientID, roles := range clients {
		entries[clientID] = types.MapValueMust(tftypes.NewScopeSetType(), roles)
	}
	return types.MapValueMust(attrs.ClientRolesType(), entries)
}

// RecordRead implements operations.
func (r *serverGrantsResource) RecordRead(state serverGrantsModel, private lifecycle.PrivateState) {
	in := r.intent(&state)
	in.Keep = scopesOfGrants(state.scopeNames())
	r.RecordState(lifecycle.TypeServerGrants, in, private)
}

// ReadWithoutParent implements operations. An import of what does not exist is an error.
func (r *serverGrantsResource) ReadWithoutParent(diags *diag.Diagnostics, m *serverGrantsModel) bool {
	if !m.OpenScopes.IsNull() {
		r.WarnParentGone(diags, m.ServerID.ValueString())
	}
	return false
}
