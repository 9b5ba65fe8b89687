package tftypes

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestScopeSetEqual(t *testing.T) {
	withUnknown := ScopeSet{SetValue: types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()})}
	unknown := ScopeSet{SetValue: types.SetUnknown(types.StringType)}
	for _, test := range []struct {
		name string
		a, b attr.Value
		want bool
	}{
		{"same", NewScopeSet([]string{"a", "b"}), NewScopeSet([]string{"b", "a"}), true},
		{"another element", NewScopeSet([]string{"a", "b"}), NewScopeSet([]string{"a", "c"}), false},
		{"one more", NewScopeSet([]string{"a"}), NewScopeSet([]string{"a", "b"}), false},
		{"one less", NewScopeSet([]string{"a", "b"}), NewScopeSet([]string{"a"}), false},
		{"both empty", NewScopeSet(nil), NewScopeSet([]string{}), true},
		{"null and empty", NullScopeSet(), NewScopeSet(nil), false},
		{"both null", NullScopeSet(), NullScopeSet(), true},
		{"both unknown", unknown, unknown, true},
		{"unknown and empty", unknown, NewScopeSet(nil), false},
		{"null element", ScopeSet{SetValue: types.SetValueMust(types.StringType, []attr.Value{types.StringNull()})}, NewScopeSet([]string{""}), false},
		{"unknown element", withUnknown, withUnknown, false},
		{"another type", NewScopeSet(nil), types.SetNull(types.StringType), false},
	} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
	equal, diags := NewScopeSet([]string{"a"}).SetSemanticEquals(context.Background(), NewScopeSet([]string{"a"}))
	if !equal || diags.HasError() {
		t.Error("SetSemanticEquals says that a set differs from itself")
	}
}

func TestScopeSetNames(t *testing.T) {
	names, known := NewScopeSet([]string{"b", "a"}).Names()
	if !slices.Equal(names, []string{"a", "b"}) || !known {
		t.Errorf("%v, %t", names, known)
	}
	if _, known := (ScopeSet{SetValue: types.SetUnknown(types.StringType)}).Names(); known {
		t.Error("an unknown set is known")
	}
	mixed := ScopeSet{SetValue: types.SetValueMust(types.StringType, []attr.Value{types.StringValue("a"), types.StringUnknown(), types.StringNull()})}
	if names, known := mixed.Names(); known || !slices.Equal(names, []string{"a"}) {
		t.Errorf("%v, %t", names, known)
	}
}

func TestScopeSetType(t *testing.T) {
	ctx := context.Background()
	typ := NewScopeSetType()
	if !typ.Equal(NewScopeSetType()) || typ.Equal(types.SetType{ElemType: types.StringType}) {
		t.Error("Equal of the type is wrong")
	}
	if typ.String() != "ScopeSetType" || !NewScopeSet(nil).Type(ctx).Equal(typ) {
		t.Errorf("the type is %s", typ)
	}
	if _, ok := typ.ValueType(ctx).(ScopeSet); !ok {
		t.Errorf("ValueType is %T", typ.ValueType(ctx))
	}
	raw := tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{tftypes.NewValue(tftypes.String, "a")})
	value, err := typ.ValueFromTerraform(ctx, raw)
	if err != nil || !value.Equal(NewScopeSet([]string{"a"})) {
		t.Errorf("%v, %v", value, err)
	}
	if _, err := typ.ValueFromTerraform(ctx, tftypes.NewValue(tftypes.Bool, true)); err == nil {
		t.Error("a bool is a set")
	}
	set, diags := typ.ValueFromSet(ctx, NewScopeSet([]string{"a"}).SetValue)
	if diags.HasError() || !set.(ScopeSet).Equal(NewScopeSet([]string{"a"})) {
		t.Errorf("%v", set)
	}
	if diags := typ.Validate(ctx, raw, path.Empty()); diags.HasError() {
		t.Error(diags)
	}
}

// A packed set has the elements of the plain one, and goes back to the framework as it came.
func TestPackedScopeSet(t *testing.T) {
	ctx := context.Background()
	sets := tftypes.Set{ElementType: tftypes.String}
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"set": sets}}
	set := func(names ...any) (plain, packed ScopeSet, raw tftypes.Value) {
		t.Helper()
		var elements []tftypes.Value
		for _, name := range names {
			elements = append(elements, tftypes.NewValue(tftypes.String, name))
		}
		value := tftypes.NewValue(object, map[string]tftypes.Value{"set": tftypes.NewValue(sets, elements)})
		encoded, err := (Packed{Sets: []string{"set"}}).Pack(encode(t, object, value))
		if err != nil {
			t.Fatal(err)
		}
		seen, err := tfprotov6.DynamicValue{MsgPack: encoded}.Unmarshal(object)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]tftypes.Value
		if err := seen.As(&all); err != nil {
			t.Fatal(err)
		}
		for v, raw := range map[*ScopeSet]tftypes.Value{&plain: tftypes.NewValue(sets, elements), &packed: all["set"]} {
			value, err := NewScopeSetType().ValueFromTerraform(ctx, raw)
			if err != nil {
				t.Fatal(err)
			}
			*v = value.(ScopeSet)
		}
		return plain, packed, all["set"]
	}
	plain, packed, raw := set("b", "a")
	if names, known := packed.Names(); !known || !slices.Equal(names, []string{"a", "b"}) || !packed.Equal(plain) || !plain.Equal(packed) {
		t.Errorf("packed %v, plain %v", packed, plain)
	}
	back, err := packed.ToTerraformValue(ctx)
	if err != nil || !back.Equal(raw) || len(Names(back)) != 2 {
		t.Errorf("%v, %v", back, err)
	}
	var elements []tftypes.Value
	if err := raw.As(&elements); err != nil || len(elements) != 1 {
		t.Errorf("the framework sees %v", raw)
	}
	if _, other, _ := set("a", "c"); other.Equal(packed) {
		t.Error("different sets are equal")
	}
	if plain, packed, _ := set(); !packed.Equal(plain) || packed.IsNull() {
		t.Errorf("empty: %v", packed)
	}
	for _, odd := range []any{nil, tftypes.UnknownValue} {
		_, seen, raw := set("a", odd)
		if names, known := seen.Names(); known != (odd == nil) || !slices.Equal(names, []string{"a"}) || len(Names(raw)) != 2 {
			t.Errorf("%v: %v, %t", odd, names, known)
		}
	}
	for _, none := range []any{nil, tftypes.UnknownValue} {
		if names := Names(tftypes.NewValue(sets, none)); len(names) > 0 {
			t.Errorf("%v has %v", none, names)
		}
	}
}

// The framework's own set takes seconds for this; see the benchmark.
func BenchmarkScopeSetEqual(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("scope:%d", i)
		}
		one, two := NewScopeSet(names), NewScopeSet(names)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if !one.Equal(two) {
					b.Fatal("not equal")
				}
			}
		})
	}
}
