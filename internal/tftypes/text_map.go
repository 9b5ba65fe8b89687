package tftypes

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TextMapType is a map of strings that stays as Terraform sent it until its elements are read.
// The framework converts each map several times in a plan, mostly without reading it, and its own
// map type then allocates a value for each element.
type TextMapType struct{ basetypes.MapType }

var _ basetypes.MapTypable = TextMapType{}

func NewTextMapType() TextMapType {
	return TextMapType{basetypes.MapType{ElemType: types.StringType}}
}

// Validate leaves out a walk through the elements: strings have nothing to validate.
func (t TextMapType) Validate(context.Context, tftypes.Value, path.Path) diag.Diagnostics {
	return nil
}

func (t TextMapType) Equal(o attr.Type) bool {
	other, ok := o.(TextMapType)
	return ok && t.MapType.Equal(other.MapType)
}

func (t TextMapType) String() string { return "TextMapType" }

func (t TextMapType) ValueType(context.Context) attr.Value { return TextMap{} }

func (t TextMapType) ValueFromMap(ctx context.Context, in basetypes.MapValue) (basetypes.MapValuable, diag.Diagnostics) {
	raw, err := in.ToTerraformValue(ctx)
	if err != nil {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected map value", err.Error())}
	}
	return TextMap{raw}, nil
}

func (t TextMapType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	if want := t.TerraformType(ctx); in.Type() != nil && !in.Type().Equal(want) {
		return nil, fmt.Errorf("%s where %s is expected", in.Type(), want)
	}
	return TextMap{in}, nil
}

// TextMap is a value of TextMapType. The zero value is null.
type TextMap struct{ raw tftypes.Value }

var _ basetypes.MapValuableWithSemanticEquals = TextMap{}

func (m TextMap) Type(context.Context) attr.Type { return NewTextMapType() }

// IsNull implements attr.Value.
func (m TextMap) IsNull() bool { return m.raw.IsNull() }

// IsUnknown implements attr.Value. An element alone may be unknown, too.
func (m TextMap) IsUnknown() bool { return !m.raw.IsKnown() }

func (m TextMap) String() string { return fmt.Sprintf("<%d strings>", len(m.Elements())) }

// ToTerraformValue implements attr.Value.
func (m TextMap) ToTerraformValue(ctx context.Context) (tftypes.Value, error) {
	if m.raw.Type() == nil {
		return tftypes.NewValue(NewTextMapType().TerraformType(ctx), nil), nil
	}
	return m.raw, nil
}

// ToMapValue implements basetypes.MapValuable.
func (m TextMap) ToMapValue(ctx context.Context) (basetypes.MapValue, diag.Diagnostics) {
	value, err := NewTextMapType().MapType.ValueFromTerraform(ctx, m.raw)
	if err != nil {
		return types.MapNull(types.StringType), diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected map value", err.Error())}
	}
	all, _ := value.(basetypes.MapValue) // of a MapType it is
	return all, nil
}

// Elements returns the entries in Terraform's form; none where the map is null or
// unknown.
func (m TextMap) Elements() map[string]tftypes.Value {
	var all map[string]tftypes.Value
	if m.raw.IsNull() || !m.raw.IsKnown() || m.raw.As(&all) != nil {
		return nil
	}
	return all
}

// Equal compares what is in the maps; null, unknown and "" are three things.
func (m TextMap) Equal(o attr.Value) bool {
	other, ok := o.(TextMap)
	if !ok || m.IsNull() != other.IsNull() || m.IsUnknown() != other.IsUnknown() {
		return false
	}
	mine, theirs := m.Elements(), other.Elements()
	if len(mine) != len(theirs) {
		return false
	}
	for name, a := range mine {
		b, is := theirs[name]
		if !is || !sameText(a, b) {
			return false
		}
	}
	return true
}

func sameText(a, b tftypes.Value) bool {
	if a.IsNull() || b.IsNull() || !a.IsKnown() || !b.IsKnown() {
		return a.IsNull() == b.IsNull() && a.IsKnown() == b.IsKnown()
	}
	var x, y string
	return a.As(&x) == nil && b.As(&y) == nil && x == y
}

// MapSemanticEquals implements basetypes.MapValuableWithSemanticEquals.
func (m TextMap) MapSemanticEquals(_ context.Context, other basetypes.MapValuable) (bool, diag.Diagnostics) {
	return m.Equal(other), nil
}
