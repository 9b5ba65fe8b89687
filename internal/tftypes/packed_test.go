package tftypes

import (
	"bytes"
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// packedObject is an object with two maps of strings and a text.
func packedObject() tftypes.Object {
	texts := tftypes.Map{ElementType: tftypes.String}
	return tftypes.Object{AttributeTypes: map[string]tftypes.Type{"scopes": texts, "other": texts, "name": tftypes.String}}
}

func encode(t *testing.T, typ tftypes.Type, v tftypes.Value) []byte {
	t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(typ, v)
	if err != nil {
		t.Fatal(err)
	}
	return encoded.MsgPack
}

func attributesOf(t *testing.T, encoded []byte) map[string]tftypes.Value {
	t.Helper()
	value, err := tfprotov6.DynamicValue{MsgPack: encoded}.Unmarshal(packedObject())
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]tftypes.Value
	if err := value.As(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// The framework sees one element of a packed map, and TextMap sees all. Nothing is lost.
func TestPack(t *testing.T) {
	texts := tftypes.Map{ElementType: tftypes.String}
	null, unknown := tftypes.NewValue(texts, nil), tftypes.NewValue(texts, tftypes.UnknownValue)
	for _, test := range []struct {
		name   string
		scopes tftypes.Value
		visits int // elements that the framework sees
	}{
		{"null", null, 0},
		{"unknown", unknown, 0},
		{"empty", textMapOf(nil).raw, 1},
		{"one", textMapOf(map[string]any{"a": "x"}).raw, 1},
		{"null, unknown and empty", textMapOf(map[string]any{"a": nil, "b": tftypes.UnknownValue, "c": "", "d": "ü"}).raw, 1},
		{"a key like that of a packed map", textMapOf(map[string]any{packedKey: "x"}).raw, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			object := tftypes.NewValue(packedObject(), map[string]tftypes.Value{
				"scopes": test.scopes, "other": textMapOf(map[string]any{"x": "1", "y": "2"}).raw, "name": tftypes.NewValue(tftypes.String, "all"),
			})
			encoded := encode(t, packedObject(), object)
			packed, err := Pack(encoded, []string{"scopes"})
			if err != nil {
				t.Fatal(err)
			}
			all := attributesOf(t, packed)
			var visible map[string]tftypes.Value
			if test.scopes.IsKnown() && !test.scopes.IsNull() {
				if err := all["scopes"].As(&visible); err != nil {
					t.Fatal(err)
				}
			}
			if len(visible) != test.visits || !all["other"].Equal(textMapOf(map[string]any{"x": "1", "y": "2"}).raw) {
				t.Errorf("%v, %v", visible, all["other"])
			}
			plain, seen := TextMap{test.scopes}, TextMap{all["scopes"]}
			_, hasPackedKey := visible[packedKey]
			hasPackedKey = hasPackedKey && test.name == "a key like that of a packed map"
			if !hasPackedKey && (!seen.Equal(plain) || !plain.Equal(seen)) {
				t.Errorf("%v where %v is expected", seen.Elements(), plain.Elements())
			}
			if seen.IsNull() != plain.IsNull() || seen.IsUnknown() != plain.IsUnknown() {
				t.Errorf("null: %t, unknown: %t", seen.IsNull(), seen.IsUnknown())
			}
			unpacked, err := Unpack(packed, []string{"scopes"})
			if err != nil || !bytes.Equal(unpacked, encoded) {
				t.Errorf("%v: unpacked, %v is not %v", err, unpacked, encoded)
			}
			again, err := Unpack(encoded, []string{"scopes"})
			if err != nil || !hasPackedKey && !bytes.Equal(again, encoded) {
				t.Errorf("%v: %v is not packed, and not as before: %v", err, encoded, again)
			}
		})
	}
}

// A difference between packed maps stays one.
func TestPackedMapsDiffer(t *testing.T) {
	packed := func(v any) TextMap {
		object := tftypes.NewValue(packedObject(), map[string]tftypes.Value{
			"scopes": textMapOf(map[string]any{"a": v}).raw, "other": textMapOf(nil).raw, "name": tftypes.NewValue(tftypes.String, nil),
		})
		encoded, err := Pack(encode(t, packedObject(), object), []string{"scopes"})
		if err != nil {
			t.Fatal(err)
		}
		return TextMap{attributesOf(t, encoded)["scopes"]}
	}
	values := []any{"x", "y", "", nil, tftypes.UnknownValue}
	for i, a := range values {
		for j, b := range values {
			if got := packed(a).Equal(packed(b)); got != (i == j) {
				t.Errorf("%v and %v: equal is %t", a, b, got)
			}
		}
	}
	ctx := context.Background()
	framework, diags := packed("x").ToMapValue(ctx)
	if diags.HasError() {
		t.Fatal(diags)
	}
	again, diags := NewTextMapType().ValueFromMap(ctx, framework)
	if diags.HasError() || !again.Equal(packed("x")) {
		t.Errorf("%v: %v", diags, again)
	}
}

// A value that is not a map of strings stays for the framework, which reports it.
func TestPackOtherValues(t *testing.T) {
	number := tftypes.Map{ElementType: tftypes.Number}
	typ := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"scopes": number}}
	numbers := encode(t, typ, tftypes.NewValue(typ, map[string]tftypes.Value{
		"scopes": tftypes.NewValue(number, map[string]tftypes.Value{"a": tftypes.NewValue(tftypes.Number, 1)}),
	}))
	for name, encoded := range map[string][]byte{
		"numbers": numbers, "null": encode(t, packedObject(), tftypes.NewValue(packedObject(), nil)),
	} {
		if packed, err := Pack(encoded, []string{"scopes"}); err != nil || !bytes.Equal(packed, encoded) {
			t.Errorf("%s: %v, %v", name, packed, err)
		}
	}
	for _, broken := range [][]byte{{}, {0x81}, {0x81, 0xa6}, numbers[:len(numbers)-1]} {
		if packed, err := Pack(broken, []string{"scopes"}); err == nil || !bytes.Equal(packed, broken) {
			t.Errorf("%v: %v, %v", broken, packed, err)
		}
	}
}

func TestTextMapStrings(t *testing.T) {
	all := map[string]types.String{"a": types.StringValue("x"), "b": types.StringNull(), "c": types.StringUnknown(), "d": types.StringValue("")}
	got := NewTextMap(all).Strings()
	for key, want := range all {
		if !got[key].Equal(want) {
			t.Errorf("%s is %s, want %s", key, got[key], want)
		}
	}
	if len(got) != len(all) || NewTextMap(nil).Strings() != nil || !NewTextMap(nil).IsNull() {
		t.Errorf("%v", got)
	}
	if empty := NewTextMap(map[string]types.String{}); empty.IsNull() || empty.Strings() == nil {
		t.Error("an empty map is null")
	}
}
