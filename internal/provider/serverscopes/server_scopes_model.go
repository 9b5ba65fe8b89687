package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// SetModel is `authscopes_server_scopes` with every collection known:
// what may be unknown at plan is in SetConfig.
type SetModel struct {
	lifecycle.ServerBinding
	setMaps
	Scopes       map[string]types.String   `tfsdk:"-"`
	Names        map[string]types.String   `tfsdk:"-"`
	IDs          map[string]types.String   `tfsdk:"-"`
	ServerID     types.String              `tfsdk:"server_id"`
	Settings     types.Object              `tfsdk:"settings"`
	Overrides    map[string]attrs.Settings `tfsdk:"overrides"`
	Manage       []types.String            `tfsdk:"manage"`
	Ignore       []types.String            `tfsdk:"ignore"`
	MaxDeletions tftypes.Whole             `tfsdk:"max_deletions"`
	AllowBuiltIn types.Bool                `tfsdk:"allow_built_in"`
	OnDestroy    types.String              `tfsdk:"on_destroy"`
	OpenScopes   types.List                `tfsdk:"open_scopes"`

	PreviousNames map[string]types.String `tfsdk:"previous_names"`
	Timeouts      timeouts.Value          `tfsdk:"timeouts"`
}

// newServerScopesModel returns the state that an import begins with. If Names is null, Read
// adopts all managed scopes.
func newServerScopesModel(serverID string) SetModel {
	return SetModel{
		ServerID: types.StringValue(serverID), Scopes: map[string]types.String{},
		Settings: types.ObjectNull(attrs.SettingsTypes()), MaxDeletions: tftypes.NewWhole(defaultMaxDeletions),
		OnDestroy: types.StringValue(attrs.OnDestroyDelete), OpenScopes: types.ListNull(types.StringType), Timeouts: base.NoTimeouts(),
	}
}

func (m *SetModel) Filter() diff.Filter {
	return diff.NewFilter(tftypes.Strings(m.Manage), tftypes.Strings(m.Ignore))
}

// manages reports whether the resource manages a scope on the server. A built-in scope is
// managed only if it is configured.
func (m *SetModel) manages(f diff.Filter, s authz.Scope) bool {
	if _, named := m.Names[s.Name]; named {
		return true
	}
	return !s.BuiltIn && f.Manages(s.Name)
}

// intent returns what the resource keeps, and what its destroy deletes.
func (m *SetModel) intent() walk.Intent {
	in := walk.Intent{Owner: walk.Server(m.ServerID.ValueString()), Filter: m.Filter(), Keep: slices.Sorted(maps.Keys(m.Scopes))}
	in.Destroy.Bound = lifecycle.DeletionBound(m.MaxDeletions)
	if m.OnDestroy.ValueString() != attrs.OnDestroyKeep {
		in.Destroy.Names = in.Keep
	}
	return in
}

// excluded returns the scopes on the server that the glob patterns exclude.
func (m *SetModel) excluded(l *authz.Snapshot) []string {
	f := m.Filter()
	var names []string
	for _, s := range l.Scopes {
		if !s.BuiltIn && !f.Manages(s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// Refresh sets the attributes to those of the server. Names has the scopes that were configured
// last, so that a scope that is only on the server appears as one line in scopes.
func (m *SetModel) Refresh(ctx context.Context, diags *diag.Diagnostics, caps authz.Capabilities, l *authz.Snapshot) {
	names := map[string]string{} // of the configuration, by the name on the server
	for name := range m.Names {
		names[name] = name
	}
	for name, live := range m.renamed() {
		names[live] = name
	}
	f := m.Filter()
	var seen []authz.Scope
	for _, s := range l.Scopes {
		if m.manages(f, s) {
			seen = append(seen, s)
		}
	}
	imported := m.Names == nil
	if imported {
		m.fillFromServer(diags, caps, seen)
	} else if caps.Settings {
		m.refreshOverrides(ctx, diags, seen, names)
	}
	scopes, ids := map[string]types.String{}, map[string]types.String{}
	open := []attr.Value{}
	for _, s := range seen {
		scopes[s.Name] = tftypes.TextOrNull(s.Description, m.Scopes[s.Name])
		if _, named := names[s.Name]; !named && !imported {
			continue
		}
		ids[s.Name] = types.StringValue(s.ID)
		if caps.Settings && s.Settings.Access == authz.AccessEveryone {
			open = append(open, types.StringValue(s.Name))
		}
	}
	m.Scopes, m.IDs = scopes, ids
	m.OpenScopes = types.ListValueMust(types.StringType, open)
}

// fillFromServer sets an imported resource: the most common settings, and the exceptions as
// overrides.
func (m *SetModel) fillFromServer(diags *diag.Diagnostics, caps authz.Capabilities, seen []authz.Scope) {
	m.Names = map[string]types.String{}
	for _, s := range seen {
		m.Names[s.Name] = types.StringValue(s.Name)
	}
	if !caps.Settings {
		return
	}
	base, exceptions := diff.MostCommon(seen)
	if clearNullable(&base, seen) {
		exceptions = diff.Exceptions(base, seen)
	}
	object, more := attrs.LiveSettings(base, attrs.Settings{}).Object()
	diags.Append(more...)
	m.Settings = object
	for name, patch := range exceptions {
		if m.Overrides == nil {
			m.Overrides = map[string]attrs.Settings{}
		}
		m.Overrides[name] = attrs.NewSettings(patch)
	}
}

// clearNullable clears a setting of all scopes if a scope has an empty one and
// Terraform holds that as null. -generate-config-out writes "" as null, which would not
// be an exception. It reports whether it cleared one.
func clearNullable(base *authz.Settings, scopes []authz.Scope) bool {
	cleared := false
	rows := settings.Rows()
	for i := range rows {
		row := &rows[i]
		if row.EmptyIsNull() && !row.Get(*base).IsZero() &&
			slices.ContainsFunc(scopes, func(s authz.Scope) bool { return row.Get(s.Settings).IsZero() }) {
			row.Set(base, settings.Value{})
			cleared = true
		}
	}
	return cleared
}

// refreshOverrides sets an override for each difference from the settings in state, and keeps
// redundant overrides of the configuration.
func (m *SetModel) refreshOverrides(ctx context.Context, diags *diag.Diagnostics, seen []authz.Scope, names map[string]string) {
	model, more := attrs.DecodeSettings(ctx, m.Settings)
	diags.Append(more...)
	configured, _ := model.Patch()
	base := configured.Apply(diff.Defaults())
	overrides := maps.Clone(m.Overrides)
	for _, s := range seen {
		name, named := names[s.Name]
		if !named {
			continue
		}
		var prior *diff.Override
		if o, ok := m.Overrides[name]; ok {
			p, _ := o.Patch()
			prior = &p
		}
		d := diff.DiffSettings(base, s.Settings, prior)
		if d == nil {
			continue
		}
		if overrides == nil {
			overrides = map[string]attrs.Settings{}
		}
		overrides[name] = attrs.NewSettings(*d)
	}
	m.Overrides = overrides
}

// Want returns the planned scopes, with the IDs that the plan knows. known is false if a
// setting or a description is unknown until apply.
func (m *SetModel) Want(ctx context.Context, diags *diag.Diagnostics) (scopes []authz.Scope, known bool) {
	model, more := attrs.DecodeSettings(ctx, m.Settings)
	diags.Append(more...)
	set, known := model.Patch()
	known = known && !m.Settings.IsUnknown()
	base := set.Apply(diff.Defaults())
	for _, name := range slices.Sorted(maps.Keys(m.Scopes)) {
		s := authz.Scope{Name: name, ID: m.IDs[name].ValueString(), Description: m.Scopes[name].ValueString(), Settings: base}
		if override, ok := m.Overrides[name]; ok {
			own, ownKnown := override.Patch()
			known = known && ownKnown
			s.Settings = own.Apply(base)
		}
		known = known && !m.Scopes[name].IsUnknown()
		scopes = append(scopes, s)
	}
	return scopes, known
}

// removable returns the scopes that an update may delete: those of the state, and those that
// the last read excluded and the glob patterns now match. A scope that the patterns now
// exclude is only removed from the state.
func (m *SetModel) removable(state SetModel, remembered lifecycle.PrivateState) []string {
	f := m.Filter()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(state.Scopes)) {
		if _, planned := m.Scopes[name]; !planned && f.Manages(name) {
			names = append(names, name)
		}
	}
	for _, name := range remembered.Outside {
		if _, planned := m.Scopes[name]; !planned && f.Manages(name) {
			names = append(names, name)
		}
	}
	return names
}
