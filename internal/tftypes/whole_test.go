package tftypes

import (
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func bigNumber(t *testing.T, text string) *big.Float {
	t.Helper()
	number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

func TestWholeFromTerraform(t *testing.T) {
	for text, want := range map[string]struct {
		value   int64
		invalid string
	}{
		"0":                    {0, ""},
		"-3":                   {-3, ""},
		"1e3":                  {1000, ""},
		"9223372036854775807":  {9223372036854775807, ""},
		"9223372036854775808":  {0, "9223372036854775808"},
		"-9223372036854775809": {0, "-9223372036854775809"},
		"1.5":                  {0, "1.5"},
		"-0.5":                 {0, "-0.5"},
		"1e400":                {0, "1e+400"},
		"1e-400":               {0, "1e-400"},
	} {
		raw := tftypes.NewValue(tftypes.Number, bigNumber(t, text))
		value, err := WholeType{}.ValueFromTerraform(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		w := value.(Whole)
		if w.IsNull() || w.IsUnknown() || w.ValueInt64() != want.value || w.Invalid() != want.invalid {
			t.Errorf("%s: %d, invalid %q; want %v", text, w.ValueInt64(), w.Invalid(), want)
		}
		if want.invalid != "" && w.String() != want.invalid {
			t.Errorf("%s: the text is %s", text, w)
		}
		if back, err := w.ToTerraformValue(t.Context()); err != nil || !back.Equal(raw) {
			t.Errorf("%s: came back as %s, %v", text, back, err)
		}
	}
}

func TestWholeNullAndUnknown(t *testing.T) {
	for name, raw := range map[string]tftypes.Value{
		"null": tftypes.NewValue(tftypes.Number, nil), "unknown": tftypes.NewValue(tftypes.Number, tftypes.UnknownValue),
	} {
		value, err := WholeType{}.ValueFromTerraform(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		if w := value.(Whole); w.IsNull() != raw.IsNull() || w.IsUnknown() == raw.IsKnown() || w.Invalid() != "" {
			t.Errorf("%s is %s", name, w)
		}
		if back, err := value.ToTerraformValue(t.Context()); err != nil || !back.Equal(raw) {
			t.Errorf("%s came back as %s, %v", name, back, err)
		}
	}
	if value, err := (WholeType{}).ValueFromTerraform(t.Context(), tftypes.NewValue(tftypes.Bool, true)); err == nil {
		t.Errorf("true is taken for %s", value)
	}
}

func TestWholeEqual(t *testing.T) {
	half := Whole{Int64Value: types.Int64Value(0), invalid: bigNumber(t, "0.5")}
	quarter := Whole{Int64Value: types.Int64Value(0), invalid: bigNumber(t, "0.25")}
	five := int64(5)
	for i, test := range []struct {
		a, b  Whole
		equal bool
	}{
		{NewWhole(5), NewWholePointer(&five), true},
		{NewWhole(5), NewWhole(6), false},
		{Whole{}, NewWholePointer(nil), true},
		{Whole{}, NewWhole(0), false},
		{half, half, true},
		{half, quarter, false},
		{half, NewWhole(0), false},
		{NewWhole(0), half, false},
	} {
		if test.a.Equal(test.b) != test.equal {
			t.Errorf("%d: %s and %s: want %t", i, test.a, test.b, test.equal)
		}
	}
	if NewWhole(5).Equal(types.Int64Value(5)) {
		t.Error("a value of another type is equal")
	}
}

func TestWholeType(t *testing.T) {
	typ := WholeType{}
	if !typ.Equal(Whole{}.Type(t.Context())) || typ.Equal(types.Int64Type) || typ.String() != "WholeType" {
		t.Errorf("Equal or String of %s is wrong", typ)
	}
	if _, ok := typ.ValueType(t.Context()).(Whole); !ok {
		t.Errorf("ValueType is %T", typ.ValueType(t.Context()))
	}
	if diags := typ.Validate(t.Context(), tftypes.NewValue(tftypes.Number, 1.5), path.Empty()); diags.HasError() {
		t.Error(diags)
	}
	if value, diags := typ.ValueFromInt64(t.Context(), types.Int64Value(7)); diags.HasError() || !value.Equal(NewWhole(7)) {
		t.Errorf("ValueFromInt64 returns %s, %v", value, diags)
	}
}
