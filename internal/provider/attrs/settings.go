package attrs

import (
	"context"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Settings is `settings`, and one entry of `overrides`. Its fields are the rows of
// the settings table, in the same order.
type Settings struct {
	DisplayOnConsentScreen          types.Bool   `tfsdk:"display_on_consent_screen"`
	ConsentScreenText               types.String `tfsdk:"consent_screen_text"`
	IncludeInTokenScope             types.Bool   `tfsdk:"include_in_token_scope"`
	IncludeInOpenIDProviderMetadata types.Bool   `tfsdk:"include_in_openid_provider_metadata"`
	GUIOrder                        types.String `tfsdk:"gui_order"`
	AssignedType                    types.String `tfsdk:"assigned_type"`
	Access                          types.String `tfsdk:"access"`

	IncludedAudiences tftypes.ScopeSet `tfsdk:"included_audiences"`
}

// field returns a pointer to the field of a setting. The fields of the model are in
// the order of the table.
func (m *Settings) field(id settings.ID) any {
	return reflect.ValueOf(m).Elem().Field(int(id)).Addr().Interface()
}

// value returns the value of a setting. It is not ok if the value is null or unknown.
func (m *Settings) value(id settings.ID) (v settings.Value, ok bool) {
	v, null, unknown := readSetting(m.field(id))
	return v, !null && !unknown
}

func (m *Settings) setValue(id settings.ID, v settings.Value) { writeSetting(m.field(id), v) }

// DecodeSettings returns the settings of an object. The framework's own conversion compiles a
// regular expression for each field.
func DecodeSettings(ctx context.Context, object types.Object) (Settings, diag.Diagnostics) {
	var m Settings
	if object.IsNull() || object.IsUnknown() {
		return m, nil
	}
	all := object.Attributes()
	rows := settings.Rows()
	for i := range rows {
		if !setField(m.field(settings.ID(i)), all[rows[i].Name]) {
			diags := object.As(ctx, &m, basetypes.ObjectAsOptions{}) // reports the cause
			return m, diags
		}
	}
	return m, nil
}

// Patch returns the settings that are set. They are not all known if one is unknown.
func (m Settings) Patch() (p diff.Override, known bool) {
	known = true
	for i := range settings.Rows() {
		id := settings.ID(i)
		switch v, null, unknown := readSetting(m.field(id)); {
		case unknown:
			known = false
		case !null:
			p.Set(id, v)
		}
	}
	return p, known
}

// NewSettings returns a patch as one entry of overrides.
func NewSettings(p diff.Override) Settings {
	var m Settings
	for i := range settings.Rows() {
		if v, ok := p.Get(settings.ID(i)); ok {
			m.setValue(settings.ID(i), v)
		}
	}
	return m
}

// LiveSettings returns the settings of a scope on the server as `settings`. A prior value
// stays if it matches the server: a configured "unguarded" also matches a scope with its guard
// role.
func LiveSettings(s authz.Settings, prior Settings) Settings {
	var m Settings
	rows := settings.Rows()
	for i := range rows {
		row, id := &rows[i], settings.ID(i)
		is := row.Get(s)
		if was, ok := prior.value(id); ok && row.Fits(was, is) {
			m.setValue(id, was)
		} else if !row.EmptyIsNull() || !is.IsZero() {
			m.setValue(id, is)
		}
	}
	return m
}

// Managed returns the settings without those that are not managed, because prior does not
// have them.
func (m Settings) Managed(prior Settings) Settings {
	var none Settings
	rows := settings.Rows()
	for i := range rows {
		id := settings.ID(i)
		if _, null, _ := readSetting(prior.field(id)); null && rows[i].NullUnread {
			reflect.ValueOf(m.field(id)).Elem().Set(reflect.ValueOf(none.field(id)).Elem())
		}
	}
	return m
}

// Object returns the settings as an object. Null has the form that the framework reads.
func (m Settings) Object() (types.Object, diag.Diagnostics) {
	if m.IncludedAudiences.IsNull() {
		m.IncludedAudiences = tftypes.NullScopeSet()
	}
	all := map[string]attr.Value{}
	rows := settings.Rows()
	for i := range rows {
		all[rows[i].Name] = fieldValue(m.field(settings.ID(i)))
	}
	return types.ObjectValue(SettingsTypes(), all)
}

// PlanSettings returns the planned `settings`: the configured ones, and defaults for the
// others, so that the plan shows a setting that was changed outside Terraform. A setting that
// keeps the value of the server has the prior value. The schema cannot set the defaults,
// because it does not know the server.
func PlanSettings(ctx context.Context, diags *diag.Diagnostics, d *base.ProviderData, config types.Object, prior Settings) types.Object {
	switch {
	case !d.Caps.Settings:
		if !config.IsNull() {
			d.AddFindings(diags, "", []check.Finding{{Code: messages.SupportSettings, Path: "settings"}})
		}
		return types.ObjectNull(SettingsTypes())
	case config.IsUnknown():
		return config
	}
	m, more := DecodeSettings(ctx, config)
	diags.Append(more...)
	m.fillNull(prior)
	object, more := m.Object()
	diags.Append(more...)
	return object
}

// fillNull sets the settings that are null.
func (m *Settings) fillNull(prior Settings) {
	rows := settings.Rows()
	for i := range rows {
		row, id := &rows[i], settings.ID(i)
		if _, null, _ := readSetting(m.field(id)); !null {
			continue
		}
		if row.NullUnread {
			continue
		}
		if row.NullKeeps {
			if was, ok := prior.value(id); ok {
				m.setValue(id, was)
			}
		} else if !row.EmptyIsNull() {
			m.setValue(id, row.Default)
		}
	}
}

func AccessOf(ctx context.Context, settings types.Object, diags *diag.Diagnostics) types.String {
	m, more := DecodeSettings(ctx, settings)
	diags.Append(more...)
	return m.Access
}
