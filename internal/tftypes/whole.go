package tftypes

import (
	"context"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// WholeType is the type of a whole number of 64 bits. The framework's own type reports any
// other number as an error in the provider, so this type accepts it, and a validator rejects
// it by Whole.Invalid.
type WholeType struct{ basetypes.Int64Type }

var _ basetypes.Int64Typable = WholeType{}

// Validate implements xattr.TypeWithValidate, which basetypes.Int64Typable requires.
func (t WholeType) Validate(context.Context, tftypes.Value, path.Path) diag.Diagnostics { return nil }

// Equal implements attr.Type.
func (t WholeType) Equal(o attr.Type) bool {
	_, ok := o.(WholeType)
	return ok
}

func (t WholeType) String() string { return "WholeType" }

// ValueType implements attr.Type.
func (t WholeType) ValueType(context.Context) attr.Value { return Whole{} }

// ValueFromInt64 implements basetypes.Int64Typable.
func (t WholeType) ValueFromInt64(_ context.Context, in basetypes.Int64Value) (basetypes.Int64Valuable, diag.Diagnostics) {
	return Whole{Int64Value: in}, nil
}

// ValueFromTerraform implements attr.Type.
func (t WholeType) ValueFromTerraform(_ context.Context, in tftypes.Value) (attr.Value, error) {
	if !in.IsKnown() {
		return Whole{Int64Value: types.Int64Unknown()}, nil
	}
	if in.IsNull() {
		return Whole{}, nil
	}
	var number *big.Float
	if err := in.As(&number); err != nil {
		return nil, fmt.Errorf("%s where a number is expected: %w", in.Type(), err)
	}
	whole, accuracy := number.Int64()
	if accuracy != big.Exact {
		return Whole{Int64Value: types.Int64Value(0), invalid: number}, nil
	}
	return NewWhole(whole), nil
}

// Whole is a value of WholeType. The zero value is null. An invalid number has the value 0, so
// that as a limit it allows nothing.
type Whole struct {
	basetypes.Int64Value

	invalid *big.Float
}

var _ basetypes.Int64Valuable = Whole{}

// NewWhole returns a known value.
func NewWhole(n int64) Whole { return Whole{Int64Value: types.Int64Value(n)} }

// NewWholePointer returns a known value, or null for nil.
func NewWholePointer(n *int64) Whole { return Whole{Int64Value: types.Int64PointerValue(n)} }

// Invalid returns the text of a number that is not whole or has more than 64 bits, and ""
// for all other values.
func (w Whole) Invalid() string {
	if w.invalid == nil {
		return ""
	}
	return w.invalid.Text('g', 20)
}

// Type implements attr.Value.
func (w Whole) Type(context.Context) attr.Type { return WholeType{} }

// Equal implements attr.Value.
func (w Whole) Equal(o attr.Value) bool {
	other, ok := o.(Whole)
	if !ok || (w.invalid == nil) != (other.invalid == nil) {
		return false
	}
	return w.Int64Value.Equal(other.Int64Value) && (w.invalid == nil || w.invalid.Cmp(other.invalid) == 0)
}

// String implements attr.Value.
func (w Whole) String() string {
	if w.invalid != nil {
		return w.Invalid()
	}
	return w.Int64Value.String()
}

// ToTerraformValue implements attr.Value.
func (w Whole) ToTerraformValue(ctx context.Context) (tftypes.Value, error) {
	if w.invalid != nil {
		return tftypes.NewValue(tftypes.Number, w.invalid), nil
	}
	return w.Int64Value.ToTerraformValue(ctx)
}
