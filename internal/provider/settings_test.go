package provider

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
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
	if p, known := (settingsModel{}).patch(); !p.Empty() || !known {
		t.Errorf("nothing said: %+v, %t", p, known)
	}
	full := settingsModel{
		DisplayOnConsentScreen: types.BoolValue(false), ConsentScreenText: types.StringValue(""), IncludeInTokenScope: types.BoolValue(false),
		IncludeInOpenIDProviderMetadata: types.BoolValue(false), GUIOrder: types.StringValue("3"),
		AssignedType: types.StringValue("optional"), Access: types.StringValue("everyone"),
	}
	p, known := full.patch()
	want := authz.Settings{GUIOrder: "3", AssignedType: authz.AssignedOptional, Access: authz.AccessEveryone}
	if got := p.Apply(authz.Settings{DisplayOnConsentScreen: true, ConsentScreenText: "x", IncludeInTokenScope: true, IncludeInOpenIDProviderMetadata: true}); !settings.Equal(got, want) || !known {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := patchModel(p); !reflect.DeepEqual(got, full) {
		t.Errorf("back again: %+v, want %+v", got, full)
	}
	if got := patchModel(diff.Override{}); !reflect.DeepEqual(got, settingsModel{}) {
		t.Errorf("nothing said, back again: %+v", got)
	}
	for i, row := range settings.Rows() {
		var unknown settingsModel
		switch f := unknown.field(settings.ID(i)).(type) {
		case *types.Bool:
			*f = types.BoolUnknown()
		case *types.String:
			*f = types.StringUnknown()
		case *tftypes.ScopeSet:
			*f = tftypes.ScopeSet{SetValue: types.SetUnknown(types.StringType)}
		}
		if p, known := unknown.patch(); known || !p.Empty() {
			t.Errorf("%s unknown: %+v, %t", row.Name, p, known)
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
	fill := func(caps authz.Capabilities, config types.Object, prior settingsModel) (types.Object, diag.Diagnostics) {
		var diags diag.Diagnostics
		filled := (&data{caps: caps}).fillSettings(ctx, &diags, config, prior)
		return filled, diags
	}
	null := types.ObjectNull(settingsTypes())
	defaults, diags := fill(able, null, settingsModel{})
	m, _ := settingsOf(ctx, defaults)
	if diags.HasError() || m.AssignedType.ValueString() != "none" || m.Access.ValueString() != "user_types" || !m.IncludeInTokenScope.ValueBool() || !m.GUIOrder.IsNull() || !m.ConsentScreenText.IsNull() {
		t.Errorf("%v, %+v", diags, m)
	}
	said := settingsModel{Access: types.StringValue("everyone"), AssignedType: types.StringUnknown(), IncludeInTokenScope: types.BoolValue(false)}
	filled, _ := fill(able, objectOf(t, said), settingsModel{GUIOrder: types.StringValue("4"), AssignedType: types.StringValue("default")})
	m, _ = settingsOf(ctx, filled)
	if m.Access.ValueString() != "everyone" || !m.AssignedType.IsUnknown() || m.IncludeInTokenScope.ValueBool() || m.GUIOrder.ValueString() != "4" || !m.DisplayOnConsentScreen.ValueBool() {
		t.Errorf("%+v", m)
	}
	if got, _ := fill(able, types.ObjectUnknown(settingsTypes()), settingsModel{}); !got.IsUnknown() {
		t.Errorf("unknown became %s", got)
	}
	if got, diags := fill(authz.Capabilities{}, null, settingsModel{}); !got.IsNull() || diags.HasError() {
		t.Errorf("without settings: %s, %v", got, diags)
	}
	if got, diags := fill(authz.Capabilities{}, defaults, settingsModel{}); !got.IsNull() || !diags.HasError() {
		t.Errorf("settings where there are none: %s, %v", got, diags)
	}
}

// asPlanned returns a value as a plan shows it.
func asPlanned(t *testing.T, row *settings.Row, v settings.Value) string {
	t.Helper()
	var value any = v.Text()
	switch row.Kind {
	case settings.KindBool:
		value = v.Bool()
	case settings.KindSet:
		value = v.Names()
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The fields of the model are the rows of the table, in its order.
func TestSettingsModel(t *testing.T) {
	model, rows := reflect.TypeFor[settingsModel](), settings.Rows()
	if model.NumField() != len(rows) {
		t.Fatalf("the model has %d fields, the table %d rows", model.NumField(), len(rows))
	}
	for i := range rows {
		row, f := &rows[i], model.Field(i)
		if tag := f.Tag.Get("tfsdk"); tag != row.Name {
			t.Errorf("field %d of the model is %q, row %d of the table %q", i, tag, i, row.Name)
		}
		zero, ok := reflect.Zero(f.Type).Interface().(attr.Value)
		if !ok || !zero.Type(context.Background()).Equal(settingType(row.Kind)) {
			t.Errorf("%s is a %s in the model, want %s", row.Name, f.Type, settingType(row.Kind))
		}
		var m settingsModel
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
		if want := settingType(test.kind).TerraformType(ctx); err != nil || !zero.IsNull() || !zero.Type().Equal(want) {
			t.Errorf("kind %d: Terraform gets the zero field as %s (%v), want a null %s", test.kind, zero, err, want)
		}
		writeSetting(test.field, test.value)
		if v, null, unknown := readSetting(test.field); !v.Equal(test.value) || v.IsZero() || null || unknown {
			t.Errorf("kind %d: read %+v, null %t, unknown %t, want %+v", test.kind, v, null, unknown, test.value)
		}
		for _, a := range []attribute{resourceSetting(&row, true), resourceSetting(&row, false), dataSetting(&row), reportedSetting(&row)} {
			if !a.GetType().Equal(settingType(test.kind)) {
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

// attribute is what the attributes of resources and of data sources have in common.
type attribute interface {
	GetType() attr.Type
	GetMarkdownDescription() string
	IsOptional() bool
	IsComputed() bool
}

func attributesOf[T attribute](all map[string]T) map[string]attribute {
	attributes := map[string]attribute{}
	for name, a := range all {
		attributes[name] = a
	}
	return attributes
}

// nested returns the attributes that an attribute contains.
func nested(a attribute) map[string]attribute {
	switch a := a.(type) {
	case resourceschema.SingleNestedAttribute:
		return attributesOf(a.Attributes)
	case resourceschema.MapNestedAttribute:
		return attributesOf(a.NestedObject.Attributes)
	case dataschema.SingleNestedAttribute:
		return attributesOf(a.Attributes)
	case dataschema.MapNestedAttribute:
		return attributesOf(a.NestedObject.Attributes)
	}
	return nil
}

func resourceAttributes(r resource.Resource) map[string]attribute {
	var resp resource.SchemaResponse
	r.Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return attributesOf(resp.Schema.Attributes)
}

func dataAttributes(d datasource.DataSource) map[string]attribute {
	var resp datasource.SchemaResponse
	d.Schema(context.Background(), datasource.SchemaRequest{}, &resp)
	return attributesOf(resp.Schema.Attributes)
}

// Each schema that has settings has an attribute for each row, and no other, and the
// page about it has the attribute as well.
func TestSettingsSchema(t *testing.T) {
	set, single := resourceAttributes(newServerScopesResource()), resourceAttributes(newServerScopeResource())
	driftData := dataAttributes(newDriftDataSource())
	scopes, scope := dataAttributes(newServerScopesDataSource()), dataAttributes(newServerScopeDataSource())
	for _, place := range []struct {
		page, attribute    string
		attributes         map[string]attribute
		optional, computed bool
	}{
		{"resources/server_scopes", "settings", nested(set["settings"]), true, true},
		{"resources/server_scopes", "overrides", nested(set["overrides"]), true, false},
		{"resources/server_scope", "settings", nested(single["settings"]), true, true},
		{"data-sources/drift", "settings", nested(driftData["settings"]), true, false},
		{"data-sources/drift", "overrides", nested(driftData["overrides"]), true, false},
		{"data-sources/server_scopes", "scopes.settings", nested(nested(scopes["scopes"])["settings"]), false, true},
		{"data-sources/server_scope", "settings", nested(scope["settings"]), false, true},
	} {
		at := place.page + ", " + place.attribute
		if n := len(settings.Rows()); len(place.attributes) != n {
			t.Errorf("%s has %d settings, want %d", at, len(place.attributes), n)
		}
		page := documented(t, place.page, strings.ReplaceAll(place.attribute, ".", "--"))
		for i, row := range settings.Rows() {
			a, ok := place.attributes[row.Name]
			if !ok {
				t.Errorf("%s lacks %s", at, row.Name)
				continue
			}
			text := row.Description
			if !place.optional {
				text = row.Reported
			}
			if got := a.GetMarkdownDescription(); text == "" || !strings.HasPrefix(got, text) {
				t.Errorf("%s: %s is described as %q, want %q", at, row.Name, got, text)
			}
			if !a.GetType().Equal(settingType(row.Kind)) || a.IsOptional() != place.optional || a.IsComputed() != place.computed {
				t.Errorf("%s: %s is %+v (row %d)", at, row.Name, a, i)
			}
			if !strings.Contains(page, "- `"+row.Name+"` (") || !strings.Contains(page, ") "+a.GetMarkdownDescription()+"\n") {
				t.Errorf("%s: the page lacks %s with its description", at, row.Name)
			}
		}
	}
}

// documented returns the section of a page that is about an attribute.
func documented(t *testing.T, page, attribute string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page + ".md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "<a id=\"nestedatt--"+attribute+"\"></a>")
	if !ok {
		t.Fatalf("%s has no section about %s", page, attribute)
	}
	section, _, _ = strings.Cut(section, "<a id=")
	return section
}

// A misspelled setting leaves an empty object, because Terraform removes unknown keys.
func TestSettingsThatSetNothing(t *testing.T) {
	const summary = "settings sets nothing"
	for name, test := range map[string]struct {
		hcl   string
		warns bool
	}{
		"set, misspelled":    {setHCL(`{ a = "" }`, `settings = { acces = "everyone" }`), true},
		"single, misspelled": {singleHCL(`"a"`, `settings = { acces = "everyone" }`), true},
		"drift, misspelled":  {driftHCL(`{ a = "" }`, `settings = { acces = "everyone" }`), true},
		"empty":              {setHCL(`{ a = "" }`, `settings = {}`), true},
		"all null":           {setHCL(`{ a = "" }`, `settings = { access = null }`), true},
		"one set":            {setHCL(`{ a = "" }`, `settings = { access = "everyone", acces = "everyone" }`), false},
		"unknown":            {"resource \"terraform_data\" \"t\" {\n  input = \"everyone\"\n}\n" + setHCL(`{ a = "" }`, `settings = { access = terraform_data.t.output }`), false},
	} {
		t.Run(name, func(t *testing.T) {
			o := memoryTerraform(t, newMemory()).write(test.hcl).makePlan()
			if o.plan == nil {
				t.Fatal(o.diags)
			}
			warned := slices.ContainsFunc(o.severity("warning"), func(d memDiagnostic) bool {
				return d.Summary == summary && strings.Contains(d.Detail, "display_on_consent_screen")
			})
			if warned != test.warns {
				t.Errorf("warned: %t, diagnostics %v", warned, o.diags)
			}
		})
	}
}
