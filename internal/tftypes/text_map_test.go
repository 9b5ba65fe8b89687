package tftypes

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// textMapOf makes a map of strings; nil is a null element, tftypes.UnknownValue
// an unknown one.
func textMapOf(entries map[string]any) TextMap {
	all := map[string]tftypes.Value{}
	for name, v := range entries {
		all[name] = tftypes.NewValue(tftypes.String, v)
	}
	return TextMap{tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, all)}
}

func TestTextMapEqual(t *testing.T) {
	null := TextMap{tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, nil)}
	unknown := TextMap{tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue)}
	one := func(v any) TextMap { return textMapOf(map[string]any{"a": v}) }
	for _, test := range []struct {
		name string
		a, b attr.Value
		want bool
	}{
		{"same", textMapOf(map[string]any{"a": "x", "b": "y"}), textMapOf(map[string]any{"b": "y", "a": "x"}), true},
		{"another value", one("x"), one("y"), false},
		{"another key", one("x"), textMapOf(map[string]any{"b": "x"}), false},
		{"one more", one("x"), textMapOf(map[string]any{"a": "x", "b": "y"}), false},
		{"one less", textMapOf(map[string]any{"a": "x", "b": "y"}), one("x"), false},
		{"both empty", textMapOf(nil), textMapOf(nil), true},
		{"null and empty", null, textMapOf(nil), false},
		{"empty and null", textMapOf(nil), null, false},
		{"both null", null, null, true},
		{"null and zero", null, TextMap{}, true},
		{"both unknown", unknown, unknown, true},
		{"unknown and null", unknown, null, false},
		{"unknown and empty", unknown, textMapOf(nil), false},
		{"null element and empty text", one(nil), one(""), false},
		{"null elements", one(nil), one(nil), true},
		{"unknown element and text", one(tftypes.UnknownValue), one("x"), false},
		{"text and unknown element", one("x"), one(tftypes.UnknownValue), false},
		{"unknown element and null", one(tftypes.UnknownValue), one(nil), false},
		{"unknown elements", one(tftypes.UnknownValue), one(tftypes.UnknownValue), true},
		{"another type", null, types.MapNull(types.StringType), false},
	} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
	for want, other := range map[bool]TextMap{true: one("x"), false: one("y")} {
		if equal, diags := one("x").MapSemanticEquals(context.Background(), other); equal != want || diags.HasError() {
			t.Errorf("MapSemanticEquals: %t, want %t; %v", equal, want, diags)
		}
	}
}

func TestTextMapType(t *testing.T) {
	ctx := context.Background()
	typ := NewTextMapType()
	if !typ.Equal(NewTextMapType()) || typ.Equal(types.MapType{ElemType: types.StringType}) {
		t.Error("Equal of the type is wrong")
	}
	if typ.String() != "TextMapType" || !(TextMap{}).Type(ctx).Equal(typ) {
		t.Errorf("the type is %s", typ)
	}
	if _, ok := typ.ValueType(ctx).(TextMap); !ok {
		t.Errorf("ValueType is %T", typ.ValueType(ctx))
	}
	for _, wrong := range []tftypes.Value{
		tftypes.NewValue(tftypes.Bool, true),
		tftypes.NewValue(tftypes.Map{ElementType: tftypes.Bool}, nil),
	} {
		if value, err := typ.ValueFromTerraform(ctx, wrong); err == nil {
			t.Errorf("%s is taken for %s", wrong, value)
		}
	}
	if diags := typ.Validate(ctx, textMapOf(map[string]any{"a": "x"}).raw, path.Empty()); diags.HasError() {
		t.Error(diags)
	}
}

// Whatever Terraform sends comes back as it was, by way of the framework's own
// map, too.
func TestTextMapThereAndBack(t *testing.T) {
	ctx := context.Background()
	typ := NewTextMapType()
	for name, raw := range map[string]tftypes.Value{
		"elements": textMapOf(map[string]any{"a": "x", "empty": "", "null": nil, "unknown": tftypes.UnknownValue}).raw,
		"empty":    textMapOf(nil).raw,
		"null":     tftypes.NewValue(typ.TerraformType(ctx), nil),
		"unknown":  tftypes.NewValue(typ.TerraformType(ctx), tftypes.UnknownValue),
	} {
		value, err := typ.ValueFromTerraform(ctx, raw)
		if err != nil {
			t.Fatal(err)
		}
		m := value.(TextMap)
		if m.IsNull() != raw.IsNull() || m.IsUnknown() == raw.IsKnown() {
			t.Errorf("%s: null %t, unknown %t", name, m.IsNull(), m.IsUnknown())
		}
		if back, err := m.ToTerraformValue(ctx); err != nil || !back.Equal(raw) {
			t.Errorf("%s: came back as %s, %v", name, back, err)
		}
		own, diags := m.ToMapValue(ctx)
		if diags.HasError() {
			t.Fatal(diags)
		}
		again, diags := typ.ValueFromMap(ctx, own)
		if diags.HasError() || !again.Equal(m) {
			t.Errorf("%s: by way of a map it is %s, %v", name, again, diags)
		}
	}
	zero, err := TextMap{}.ToTerraformValue(ctx)
	if err != nil || !zero.IsNull() || !zero.Type().Equal(typ.TerraformType(ctx)) {
		t.Errorf("the zero value is %s, %v", zero, err)
	}
	if own, diags := (TextMap{}).ToMapValue(ctx); diags.HasError() || !own.IsNull() {
		t.Errorf("the zero value is the map %s, %v", own, diags)
	}
	if text := textMapOf(map[string]any{"a": "x"}).String(); text != "<map of strings>" {
		t.Error(text)
	}
}
