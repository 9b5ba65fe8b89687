package report

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drift"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/serverscopes"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

type driftData struct {
	ServerID  types.String                `tfsdk:"server_id"`
	Scopes    map[string]types.String     `tfsdk:"scopes"`
	Settings  types.Object                `tfsdk:"settings"`
	Overrides map[string]attrs.Settings   `tfsdk:"overrides"`
	UserTypes map[string]tftypes.ScopeSet `tfsdk:"user_types"`
	Manage    []types.String              `tfsdk:"manage"`

	ClientRoles       map[string]map[string]tftypes.ScopeSet `tfsdk:"client_roles"`
	IgnoreUserTypes   []types.String                         `tfsdk:"ignore_user_types"`
	BaselineUserTypes map[string]tftypes.ScopeSet            `tfsdk:"baseline_user_types"`
	BaselineSettings  types.Object                           `tfsdk:"baseline_settings"`
	BaselineOverrides map[string]attrs.Settings              `tfsdk:"baseline_overrides"`

	Ignore   []types.String          `tfsdk:"ignore"`
	Baseline map[string]types.String `tfsdk:"baseline"`
	Sources  map[string]types.String `tfsdk:"sources"`
	Timeouts timeouts.Value          `tfsdk:"timeouts"`

	InSync          types.Bool                   `tfsdk:"in_sync"`
	Missing         types.List                   `tfsdk:"missing"`
	Unexpected      types.List                   `tfsdk:"unexpected"`
	Changed         []changeData                 `tfsdk:"changed"`
	UserTypeDrift   map[string]userTypeDriftData `tfsdk:"user_type_drift"`
	OpenScopes      types.List                   `tfsdk:"open_scopes"`
	Covered         map[string][]string          `tfsdk:"covered"`
	ProtocolMappers types.Int64                  `tfsdk:"protocol_mappers"`
	NotChecked      []attrs.Gap                  `tfsdk:"not_checked"`
	Report          types.String                 `tfsdk:"report"`
}

type changeData struct {
	Name      types.String `tfsdk:"name"`
	Attribute types.String `tfsdk:"attribute"`
	Defined   types.String `tfsdk:"defined"`
	Live      types.String `tfsdk:"live"`
}

type userTypeDriftData struct {
	Missing    types.List `tfsdk:"missing"`
	Unexpected types.List `tfsdk:"unexpected"`
	Exists     types.Bool `tfsdk:"exists"`
}

// scopeSet returns the same configuration as authscopes_server_scopes has.
func (m *driftData) scopeSet() serverscopes.SetModel {
	return serverscopes.SetModel{Scopes: m.Scopes, Settings: m.Settings, Overrides: m.Overrides, Manage: m.Manage, Ignore: m.Ignore}
}

// input returns the configured comparison.
func (m *driftData) input(ctx context.Context, diags *diag.Diagnostics, caps authz.Capabilities) drift.Input {
	set := m.scopeSet()
	definitions, _ := set.Want(ctx, diags) // a data source is read when all is known
	in := drift.Input{
		Definitions: definitions, AccessNotSet: map[string]bool{}, Filter: set.Filter(),
		Descriptions: caps.WriteScopes, Settings: caps.Settings,
		UserTypes: map[string][]string{}, Baseline: tftypes.Texts(m.Baseline), Sources: tftypes.Texts(m.Sources),
	}
	setWide := !attrs.AccessOf(ctx, m.Settings, diags).IsNull()
	for name := range m.Scopes {
		in.AccessNotSet[name] = !setWide && m.Overrides[name].Access.IsNull()
	}
	for userType, scopes := range m.UserTypes {
		if caps.ClientRoles {
			userType = authz.RealmRoleName(userType)
		}
		in.UserTypes[userType], _ = scopes.Names()
	}
	m.addHolders(&in)
	in.BaselineSettings = m.baselineSettings(ctx, diags)
	return in
}

// addClientRoles adds the scopes of client roles to those of user types.
func addClientRoles(to map[string][]string, clients map[string]map[string]tftypes.ScopeSet) {
	for clientID, roles := range clients {
		for role, scopes := range roles {
			to[authz.ClientRoleName(clientID, role)], _ = scopes.Names()
		}
	}
}

// addHolders adds what concerns holders besides user_types.
func (m *driftData) addHolders(in *drift.Input) {
	in.Complete = m.UserTypes != nil || m.ClientRoles != nil
	in.Ignored = diff.NewFilter(nil, tftypes.Strings(m.IgnoreUserTypes))
	addClientRoles(in.UserTypes, m.ClientRoles)
	if m.BaselineUserTypes == nil {
		return
	}
	in.BaselineHolders = map[string][]string{}
	for name, scopes := range m.BaselineUserTypes {
		in.BaselineHolders[name], _ = scopes.Names()
	}
}

// baselineSettings returns the settings of the scopes of the baseline, or nil if they are
// unknown.
func (m *driftData) baselineSettings(ctx context.Context, diags *diag.Diagnostics) map[string]authz.Settings {
	if m.BaselineSettings.IsNull() && m.BaselineOverrides == nil {
		return nil
	}
	before := serverscopes.SetModel{Scopes: m.Baseline, Settings: m.BaselineSettings, Overrides: m.BaselineOverrides}
	scopes, _ := before.Want(ctx, diags)
	all := map[string]authz.Settings{}
	for _, s := range scopes {
		all[s.Name] = s.Settings
	}
	return all
}

// fillResult sets the computed attributes.
func (m *driftData) fillResult(r drift.Result) {
	m.InSync = types.BoolValue(r.InSync)
	m.Missing, m.Unexpected = tftypes.StringList(drift.Names(r.Missing)), tftypes.StringList(drift.Names(r.Unexpected))
	m.OpenScopes = tftypes.StringList(r.OpenNames())
	m.Report, m.NotChecked = types.StringValue(r.Markdown()), attrs.NewGaps(r.NotChecked)
	m.ProtocolMappers, m.Covered = types.Int64Value(int64(r.Mappers)), map[string][]string{}
	for _, c := range r.Covered {
		m.Covered[c.Scope] = c.Names
	}
	m.Changed = []changeData{}
	for _, c := range r.Changed {
		m.Changed = append(m.Changed, changeData{
			Name: types.StringValue(c.Name), Attribute: types.StringValue(c.Attribute),
			Defined: tftypes.TextOrNull(c.Defined, types.StringNull()), Live: tftypes.TextOrNull(c.Live, types.StringNull()),
		})
	}
	m.UserTypeDrift = map[string]userTypeDriftData{}
	for _, u := range r.UserTypes {
		m.UserTypeDrift[u.Name] = userTypeDriftData{
			Missing: tftypes.StringList(u.Missing), Unexpected: tftypes.StringList(u.Unexpected), Exists: types.BoolPointerValue(u.Exists),
		}
	}
}
