package provider

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func objectOf(t *testing.T, m settingsModel) types.Object {
	t.Helper()
	o, diags := m.object(context.Background())
	if diags.HasError() {
		t.Fatal(diags)
	}
	return o
}

// Null, unknown and empty are three things.
func TestPatch(t *testing.T) {
	if p, known := (settingsModel{}).patch(); p != (diff.Patch{}) || !known {
		t.Errorf("nothing said: %+v, %t", p, known)
	}
	full := settingsModel{
		DisplayOnConsentScreen: types.BoolValue(false), ConsentScreenText: types.StringValue(""), IncludeInTokenScope: types.BoolValue(false),
		IncludeInOpenIDProviderMetadata: types.BoolValue(false), GUIOrder: types.StringValue("3"),
		AssignedType: types.StringValue("optional"), Access: types.StringValue("everyone"),
	}
	p, known := full.patch()
	want := authz.Settings{GUIOrder: "3", AssignedType: authz.AssignedOptional, Access: authz.AccessEveryone}
	if got := p.Over(authz.Settings{DisplayOnConsentScreen: true, ConsentScreenText: "x", IncludeInTokenScope: true, IncludeInOpenIDProviderMetadata: true}); got != want || !known {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := patchModel(p); got != full {
		t.Errorf("back again: %+v, want %+v", got, full)
	}
	if got := patchModel(diff.Patch{}); got != (settingsModel{}) {
		t.Errorf("nothing said, back again: %+v", got)
	}
	for name, unknown := range map[string]settingsModel{
		"display_on_consent_screen": {DisplayOnConsentScreen: types.BoolUnknown()}, "consent_screen_text": {ConsentScreenText: types.StringUnknown()},
		"include_in_token_scope": {IncludeInTokenScope: types.BoolUnknown()}, "include_in_openid_provider_metadata": {IncludeInOpenIDProviderMetadata: types.BoolUnknown()},
		"gui_order": {GUIOrder: types.StringUnknown()}, "assigned_type": {AssignedType: types.StringUnknown()}, "access": {Access: types.StringUnknown()},
	} {
		if p, known := unknown.patch(); known || p != (diff.Patch{}) {
			t.Errorf("%s unknown: %+v, %t", name, p, known)
		}
	}
}

func TestTextOrNull(t *testing.T) {
	for _, test := range []struct {
		live  string
		prior types.String
		want  types.String
	}{
		{"", types.StringNull(), types.StringNull()},
		{"", types.StringValue(""), types.StringValue("")},
		{"", types.StringValue("old"), types.StringNull()},
		{"new", types.StringNull(), types.StringValue("new")},
		{"new", types.StringValue(""), types.StringValue("new")},
	} {
		if got := textOrNull(test.live, test.prior); !got.Equal(test.want) {
			t.Errorf("%q after %s is %s, want %s", test.live, test.prior, got, test.want)
		}
	}
}

func TestLiveSettings(t *testing.T) {
	live := authz.Settings{DisplayOnConsentScreen: true, AssignedType: authz.AssignedNone, Access: authz.AccessUserTypes}
	got := liveSettings(live, settingsModel{})
	if !got.ConsentScreenText.IsNull() || !got.GUIOrder.IsNull() || got.Access.ValueString() != "user_types" || !got.DisplayOnConsentScreen.ValueBool() || got.IncludeInTokenScope.ValueBool() {
		t.Errorf("%+v", got)
	}
	// A configured "unguarded" is as found, but an open scope is not.
	prior := settingsModel{Access: types.StringValue("unguarded"), ConsentScreenText: types.StringValue("")}
	if got := liveSettings(live, prior); got.Access.ValueString() != "unguarded" || got.ConsentScreenText.IsNull() {
		t.Errorf("%+v", got)
	}
	live.Access = authz.AccessEveryone
	if got := liveSettings(live, prior).Access.ValueString(); got != "everyone" {
		t.Errorf("access is %q", got)
	}
}

func TestFillSettings(t *testing.T) {
	ctx := context.Background()
	able := authz.Capabilities{Server: "Able", Settings: true}
	null := types.ObjectNull(settingsTypes())
	defaults, diags := fillSettings(ctx, able, null, types.StringNull())
	m, _ := settingsOf(ctx, defaults)
	if diags.HasError() || m.AssignedType.ValueString() != "none" || m.Access.ValueString() != "user_types" || !m.IncludeInTokenScope.ValueBool() || !m.GUIOrder.IsNull() || !m.ConsentScreenText.IsNull() {
		t.Errorf("%v, %+v", diags, m)
	}
	said := settingsModel{Access: types.StringValue("everyone"), AssignedType: types.StringUnknown(), IncludeInTokenScope: types.BoolValue(false)}
	filled, _ := fillSettings(ctx, able, objectOf(t, said), types.StringValue("4"))
	m, _ = settingsOf(ctx, filled)
	if m.Access.ValueString() != "everyone" || !m.AssignedType.IsUnknown() || m.IncludeInTokenScope.ValueBool() || m.GUIOrder.ValueString() != "4" || !m.DisplayOnConsentScreen.ValueBool() {
		t.Errorf("%+v", m)
	}
	if got, _ := fillSettings(ctx, able, types.ObjectUnknown(settingsTypes()), types.StringNull()); !got.IsUnknown() {
		t.Errorf("unknown became %s", got)
	}
	if got, diags := fillSettings(ctx, authz.Capabilities{}, null, types.StringNull()); !got.IsNull() || diags.HasError() {
		t.Errorf("without settings: %s, %v", got, diags)
	}
	if got, diags := fillSettings(ctx, authz.Capabilities{}, defaults, types.StringNull()); !got.IsNull() || !diags.HasError() {
		t.Errorf("settings where there are none: %s, %v", got, diags)
	}
}

// Every setting is in the model, the types and both schemas.
func TestSettingsAttributes(t *testing.T) {
	if n := len(settingsTypes()); n != len(settingsDrift) {
		t.Errorf("%d types, %d settings", n, len(settingsDrift))
	}
	for _, computed := range []bool{true, false} {
		attributes := settingsAttributes(computed)
		for name, typ := range settingsTypes() {
			a, ok := attributes[name]
			if !ok || !a.GetType().Equal(typ) || !a.IsOptional() || a.IsComputed() != computed {
				t.Errorf("%s (computed: %t): %+v", name, computed, a)
			}
		}
	}
}
