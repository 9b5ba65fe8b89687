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
			packed, err := (Packed{Maps: []string{"scopes"}}).Pack(encoded)
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
			unpacked, err := (Packed{Maps: []string{"scopes"}}).Unpack(packed)
			if err != nil || !bytes.Equal(unpacked, encoded) {
				t.Errorf("%v: unpacked, %v is not %v", err, unpacked, encoded)
			}
			again, err := (Packed{Maps: []string{"scopes"}}).Unpack(encoded)
			if err != nil || !hasPackedKey && !bytes.Equal(again, encoded) {
				t.Errorf("%v: %v is not packed, and not as before: %v", err, encoded, again)
			}
		})
	}
}

// Sets of strings are packed wherever they are in a map, except with an element that is null or
// unknown.
func TestPackSets(t *testing.T) {
	set := tftypes.Set{ElementType: tftypes.String}
	roles := tftypes.Map{ElementType: set}
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"set": set, "roles": roles, "clients": tftypes.Map{ElementType: roles}}}
	text := func(v any) tftypes.Value { return tftypes.NewValue(tftypes.String, v) }
	sets := map[string]tftypes.Value{
		"none": tftypes.NewValue(set, nil), "unknown": tftypes.NewValue(set, tftypes.UnknownValue), "empty": tftypes.NewValue(set, []tftypes.Value{}),
		"one": tftypes.NewValue(set, []tftypes.Value{text("x")}), "two": tftypes.NewValue(set, []tftypes.Value{text("x"), text("y")}),
		"with null":    tftypes.NewValue(set, []tftypes.Value{text("x"), text(nil)}),
		"with unknown": tftypes.NewValue(set, []tftypes.Value{text("x"), text(tftypes.UnknownValue)}),
	}
	seen := map[string]int{"none": 0, "unknown": 0, "empty": 1, "one": 1, "two": 1, "with null": 2, "with unknown": 2}
	value := func(s tftypes.Value) tftypes.Value {
		return tftypes.NewValue(object, map[string]tftypes.Value{
			"set": s, "roles": tftypes.NewValue(roles, sets),
			"clients": tftypes.NewValue(tftypes.Map{ElementType: roles}, map[string]tftypes.Value{"shop": tftypes.NewValue(roles, sets)}),
		})
	}
	attributes := Packed{Sets: []string{"set", "roles", "clients"}}
	for name, s := range sets {
		encoded := encode(t, object, value(s))
		packed, err := attributes.Pack(encoded)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := attributes.Unpack(packed)
		if err != nil || !bytes.Equal(unpacked, encoded) {
			t.Errorf("%s: %v: unpacked, %q is not %q", name, err, unpacked, encoded)
		}
		again, err := attributes.Unpack(encoded)
		if err != nil || !bytes.Equal(again, encoded) {
			t.Errorf("%s: %v: %q is not packed, and not as before: %q", name, err, encoded, again)
		}
		decoded, err := tfprotov6.DynamicValue{MsgPack: packed}.Unmarshal(object)
		if err != nil {
			t.Fatal(err)
		}
		var all, of, clients map[string]tftypes.Value
		if decoded.As(&all) != nil || all["roles"].As(&of) != nil || all["clients"].As(&clients) != nil {
			t.Fatal(decoded)
		}
		for at, got := range map[string]tftypes.Value{"set": all["set"], "roles": of[name], "clients": entry(t, clients["shop"], name)} {
			var elements []tftypes.Value
			if got.IsKnown() {
				_ = got.As(&elements)
			}
			if len(elements) != seen[name] || len(Names(got)) != len(Names(s)) {
				t.Errorf("%s in %s: the framework sees %v", name, at, got)
			}
		}
	}
}

func entry(t *testing.T, of tftypes.Value, key string) tftypes.Value {
	t.Helper()
	var all map[string]tftypes.Value
	if err := of.As(&all); err != nil {
		t.Fatal(err)
	}
	return all[key]
}

// A difference between packed maps stays one.
func TestPackedMapsDiffer(t *testing.T) {
	packed := func(v any) TextMap {
		object := tftypes.NewValue(packedObject(), map[string]tftypes.Value{
			"scopes": textMapOf(map[string]any{"a": v}).raw, "other": textMapOf(nil).raw, "name": tftypes.NewValue(tftypes.String, nil),
		})
		encoded, err := (Packed{Maps: []string{"scopes"}}).Pack(encode(t, packedObject(), object))
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

// What cannot be decoded stays for the framework, which reports it.
func TestPackOtherValues(t *testing.T) {
	both := Packed{Maps: []string{"scopes"}, Sets: []string{"other"}}
	null := encode(t, packedObject(), tftypes.NewValue(packedObject(), nil))
	if packed, err := both.Pack(null); err != nil || !bytes.Equal(packed, null) {
		t.Errorf("null: %v, %v", packed, err)
	}
	sets := []byte{0x81, 0xa5, 'o', 't', 'h', 'e', 'r', 0x92, 0xa1, 'a', 0xa1, 'b'}
	if packed, err := both.Pack(sets); err != nil || bytes.Equal(packed, sets) {
		t.Errorf("%v, %v", packed, err)
	}
	for _, broken := range [][]byte{{}, {0x81}, {0x81, 0xa6}, sets[:len(sets)-1]} {
		if packed, err := both.Pack(broken); err == nil || !bytes.Equal(packed, broken) {
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
