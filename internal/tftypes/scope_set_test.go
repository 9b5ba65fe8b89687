package tftypes

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
	withUnknown := ScopeSet{types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()})}
	unknown := ScopeSet{types.SetUnknown(types.StringType)}
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
		{"null element", ScopeSet{types.SetValueMust(types.StringType, []attr.Value{types.StringNull()})}, NewScopeSet([]string{""}), false},
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
	if _, known := (ScopeSet{types.SetUnknown(types.StringType)}).Names(); known {
		t.Error("an unknown set is known")
	}
	mixed := ScopeSet{types.SetValueMust(types.StringType, []attr.Value{types.StringValue("a"), types.StringUnknown(), types.StringNull()})}
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
