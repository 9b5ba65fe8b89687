package attrs

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

func objectOf(t *testing.T, m Settings) types.Object {
	t.Helper()
	o, diags := m.Object()
	if diags.HasError() {
		t.Fatal(diags)
	}
	return o
}

// Null, unknown and empty are three things.
func TestPatch(t *testing.T) {
	if p, known := (Settings{}).Patch(); !p.Empty() || !known {
		t.Errorf("nothing said: %+v, %t", p, known)
	}
	full := Settings{
		DisplayOnConsentScreen: types.BoolValue(false), ConsentScreenText: types.StringValue(""), IncludeInTokenScope: types.BoolValue(false),
		IncludeInOpenIDProviderMetadata: types.BoolValue(false), GUIOrder: types.StringValue("3"),
		AssignedType: types.StringValue("optional"), Access: types.StringValue("everyone"),
	}
	p, known := full.Patch()
	want := authz.Settings{GUIOrder: "3", AssignedType: authz.AssignedOptional, Access: authz.AccessEveryone}
	if got := p.Apply(authz.Settings{
		DisplayOnConsentScreen: true, ConsentScreenText: "x", IncludeInTokenScope: true,
		IncludeInOpenIDProviderMetadata: true,
	}); !settings.Equal(got, want) || !known {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := NewSettings(p); !reflect.DeepEqual(got, full) {
		t.Errorf("back again: %+v, want %+v", got, full)
	}
	if got := NewSettings(diff.Override{}); !reflect.DeepEqual(got, Settings{}) {
		t.Errorf("nothing said, back again: %+v", got)
	}
	for i, row := range settings.Rows() {
		var unknown Settings
		switch f := unknown.field(settings.ID(i)).(type) {
		case *types.Bool:
			*f = types.BoolUnknown()
		case *types.String:
			*f = types.StringUnknown()
		case *tftypes.ScopeSet:
			*f = tftypes.ScopeSet{SetValue: types.SetUnknown(types.StringType)}
		}
		if p, known := unknown.Patch(); known || !p.Empty() {
			t.Errorf("%s unknown: %+v, %t", row.Name, p, known)
		}
	}
}

func TestLiveSettings(t *testing.T) {
	live := authz.Settings{DisplayOnConsentScreen: true, AssignedType: authz.AssignedNone, Access: authz.AccessUserTypes}
	got := LiveSettings(live, Settings{})
	if !got.ConsentScreenText.IsNull() || !got.GUIOrder.IsNull() || got.Access.ValueString() != "user_types" ||
		!got.DisplayOnConsentScreen.ValueBool() || got.IncludeInTokenScope.ValueBool() {
		t.Errorf("%+v", got)
	}
	// A configured "unguarded" is as found, but an open scope is not.
	prior := Settings{Access: types.StringValue("unguarded"), ConsentScreenText: types.StringValue("")}
	if got := LiveSettings(live, prior); got.Access.ValueString() != "unguarded" || got.ConsentScreenText.IsNull() {
		t.Errorf("%+v", got)
	}
	live.Access = authz.AccessEveryone
	if got := LiveSettings(live, prior).Access.ValueString(); got != "everyone" {
		t.Errorf("access is %q", got)
	}
}

func TestFillSettings(t *testing.T) {
	ctx := context.Background()
	able := authz.Capabilities{Server: "Able", Settings: true}
	fill := func(caps authz.Capabilities, config types.Object, prior Settings) (types.Object, diag.Diagnostics) {
		var diags diag.Diagnostics
		filled := PlanSettings(ctx, &diags, &base.ProviderData{Caps: caps}, config, prior)
		return filled, diags
	}
	null := types.ObjectNull(SettingsTypes())
	defaults, diags := fill(able, null, Settings{})
	m, _ := DecodeSettings(ctx, defaults)
	if diags.HasError() || m.AssignedType.ValueString() != "none" || m.Access.ValueString() != "user_types" ||
		!m.IncludeInTokenScope.ValueBool() || !m.GUIOrder.IsNull() || !m.ConsentScreenText.IsNull() {
		t.Errorf("%v, %+v", diags, m)
	}
	said := Settings{Access: types.StringValue("everyone"), AssignedType: types.StringUnknown(), IncludeInTokenScope: types.BoolValue(false)}
	filled, _ := fill(able, objectOf(t, said), Settings{GUIOrder: types.StringValue("4"), AssignedType: types.StringValue("default")})
	m, _ = DecodeSettings(ctx, filled)
	if m.Access.ValueString() != "everyone" || !m.AssignedType.IsUnknown() || m.IncludeInTokenScope.ValueBool() ||
		m.GUIOrder.ValueString() != "4" || !m.DisplayOnConsentScreen.ValueBool() {
		t.Errorf("%+v", m)
	}
	if got, _ := fill(able, types.ObjectUnknown(SettingsTypes()), Settings{}); !got.IsUnknown() {
		t.Errorf("unknown became %s", got)
	}
	if got, diags := fill(authz.Capabilities{}, null, Settings{}); !got.IsNull() || diags.HasError() {
		t.Errorf("without settings: %s, %v", got, diags)
	}
	if got, diags := fill(authz.Capabilities{}, defaults, Settings{}); !got.IsNull() || !diags.HasError() {
		t.Errorf("settings where there are none: %s, %v", got, diags)
	}
}

// The fields of the model are the rows of the table, in its order.
func TestSettingsModel(t *testing.T) {
	model, rows := reflect.TypeFor[Settings](), settings.Rows()
	if model.NumField() != len(rows) {
		t.Fatalf("the model has %d fields, the table %d rows", model.NumField(), len(rows))
	}
	for i := range rows {
		row, f := &rows[i], model.Field(i)
		if tag := f.Tag.Get("tfsdk"); tag != row.Name {
			t.Errorf("field %d of the model is %q, row %d of the table %q", i, tag, i, row.Name)
		}
		zero, ok := reflect.Zero(f.Type).Interface().(attr.Value)
		if !ok || !zero.Type(context.Background()).Equal(SettingType(row.Kind)) {
			t.Errorf("%s is a %s in the model, want %s", row.Name, f.Type, SettingType(row.Kind))
		}
		var m Settings
		want := settingstest.Other(row)
		m.setValue(settings.ID(i), want)
		if got, ok := m.value(settings.ID(i)); !ok || !got.Equal(want) {
			t.Errorf("%s: wrote %+v, read %+v (%t)", row.Name, want, got, ok)
		}
	}
}

// Each kind of setting has a type, a field and attributes, also one that no row has yet.
func TestSettingKinds(t *testing.T) {
	ctx := context.Background()
	for _, test := range []struct {
		kind    settings.Kind
		value   settings.Value
		field   any
		unknown any
	}{
		{settings.KindBool, settings.Bool(true), new(types.Bool), to(types.BoolUnknown())},
		{settings.KindText, settings.Text("a"), new(types.String), to(types.StringUnknown())},
		{settings.KindNumber, settings.Text("7"), new(types.String), to(types.StringUnknown())},
		{settings.KindChoice, settings.Text("a"), new(types.String), to(types.StringUnknown())},
		{settings.KindSet, settings.Names([]string{"b", "a"}), new(tftypes.ScopeSet), to(tftypes.ScopeSet{SetValue: types.SetUnknown(types.StringType)})},
		{settings.KindSet, settings.Names([]string{}), new(tftypes.ScopeSet), to(newUnknownElement())},
	} {
		row := settings.Row{Name: "x", Kind: test.kind, Choices: []string{"a", "b"}, Description: "Text.", Reported: "Text."}
		if v, null, unknown := readSetting(test.field); !v.IsZero() || !null || unknown {
			t.Errorf("kind %d: the zero field is %+v, null %t, unknown %t", test.kind, v, null, unknown)
		}
		if v, null, unknown := readSetting(test.unknown); !v.IsZero() || null || !unknown {
			t.Errorf("kind %d: an unknown field is %+v, null %t, unknown %t", test.kind, v, null, unknown)
		}
		zero, err := reflect.ValueOf(test.field).Elem().Interface().(attr.Value).ToTerraformValue(ctx)
		if want := SettingType(test.kind).TerraformType(ctx); err != nil || !zero.IsNull() || !zero.Type().Equal(want) {
			t.Errorf("kind %d: Terraform gets the zero field as %s (%v), want a null %s", test.kind, zero, err, want)
		}
		writeSetting(test.field, test.value)
		if v, null, unknown := readSetting(test.field); !v.Equal(test.value) || v.IsZero() || null || unknown {
			t.Errorf("kind %d: read %+v, null %t, unknown %t, want %+v", test.kind, v, null, unknown, test.value)
		}
		for _, a := range []interface{ GetType() attr.Type }{resourceSetting(&row, true), resourceSetting(&row, false), DataSetting(&row), ReportedSetting(&row)} {
			if !a.GetType().Equal(SettingType(test.kind)) {
				t.Errorf("kind %d: an attribute is %T", test.kind, a)
			}
		}
	}
}

func to[T any](v T) *T { return &v }

// newUnknownElement returns a set with an element that is unknown.
func newUnknownElement() tftypes.ScopeSet {
	return tftypes.ScopeSet{SetValue: types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()})}
}
