package provider

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestScopeSetEqual(t *testing.T) {
	withUnknown := scopeSet{types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()})}
	unknown := scopeSet{types.SetUnknown(types.StringType)}
	for _, test := range []struct {
		name string
		a, b attr.Value
		want bool
	}{
		{"same", newScopeSet([]string{"a", "b"}), newScopeSet([]string{"b", "a"}), true},
		{"another element", newScopeSet([]string{"a", "b"}), newScopeSet([]string{"a", "c"}), false},
		{"one more", newScopeSet([]string{"a"}), newScopeSet([]string{"a", "b"}), false},
		{"one less", newScopeSet([]string{"a", "b"}), newScopeSet([]string{"a"}), false},
		{"both empty", newScopeSet(nil), newScopeSet([]string{}), true},
		{"null and empty", nullScopeSet(), newScopeSet(nil), false},
		{"both null", nullScopeSet(), nullScopeSet(), true},
		{"both unknown", unknown, unknown, true},
		{"unknown and empty", unknown, newScopeSet(nil), false},
		{"null element", scopeSet{types.SetValueMust(types.StringType, []attr.Value{types.StringNull()})}, newScopeSet([]string{""}), false},
		{"unknown element", withUnknown, withUnknown, false},
		{"another type", newScopeSet(nil), types.SetNull(types.StringType), false},
	} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
	equal, diags := newScopeSet([]string{"a"}).SetSemanticEquals(context.Background(), newScopeSet([]string{"a"}))
	if !equal || diags.HasError() {
		t.Error("SetSemanticEquals says that a set differs from itself")
	}
}

func TestScopeSetNames(t *testing.T) {
	names, known := newScopeSet([]string{"b", "a"}).names()
	if !slices.Equal(names, []string{"a", "b"}) || !known {
		t.Errorf("%v, %t", names, known)
	}
	if _, known := (scopeSet{types.SetUnknown(types.StringType)}).names(); known {
		t.Error("an unknown set is known")
	}
	mixed := scopeSet{types.SetValueMust(types.StringType, []attr.Value{types.StringValue("a"), types.StringUnknown(), types.StringNull()})}
	if names, known := mixed.names(); known || !slices.Equal(names, []string{"a"}) {
		t.Errorf("%v, %t", names, known)
	}
}

func TestScopeSetType(t *testing.T) {
	ctx := context.Background()
	typ := newScopeSetType()
	if !typ.Equal(newScopeSetType()) || typ.Equal(types.SetType{ElemType: types.StringType}) {
		t.Error("Equal of the type is wrong")
	}
	if typ.String() != "scopeSetType" || !newScopeSet(nil).Type(ctx).Equal(typ) {
		t.Errorf("the type is %s", typ)
	}
	if _, ok := typ.ValueType(ctx).(scopeSet); !ok {
		t.Errorf("ValueType is %T", typ.ValueType(ctx))
	}
	raw := tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{tftypes.NewValue(tftypes.String, "a")})
	value, err := typ.ValueFromTerraform(ctx, raw)
	if err != nil || !value.Equal(newScopeSet([]string{"a"})) {
		t.Errorf("%v, %v", value, err)
	}
	if _, err := typ.ValueFromTerraform(ctx, tftypes.NewValue(tftypes.Bool, true)); err == nil {
		t.Error("a bool is a set")
	}
	set, diags := typ.ValueFromSet(ctx, newScopeSet([]string{"a"}).SetValue)
	if diags.HasError() || !set.(scopeSet).Equal(newScopeSet([]string{"a"})) {
		t.Errorf("%v", set)
	}
	if diags := typ.Validate(ctx, raw, path.Empty()); diags.HasError() {
		t.Error(diags)
	}
}

// The framework's own set takes seconds for this; see the benchmark.
func BenchmarkScopeSetEqual(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("scope:%d", i)
		}
		one, two := newScopeSet(names), newScopeSet(names)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if !one.Equal(two) {
					b.Fatal("not equal")
				}
			}
		})
	}
}
