package provider

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

// textMapType is a map of strings that stays as Terraform sent it until somebody
// asks for its elements. The framework makes a value of each map several times in
// a plan, mostly to put it back as it was, and of its own map type that is a value
// for each element.
type textMapType struct{ basetypes.MapType }

var _ basetypes.MapTypable = textMapType{}

func newTextMapType() textMapType {
	return textMapType{basetypes.MapType{ElemType: types.StringType}}
}

// Validate leaves out a walk through the elements: strings have nothing to validate.
func (t textMapType) Validate(context.Context, tftypes.Value, path.Path) diag.Diagnostics {
	return nil
}

func (t textMapType) Equal(o attr.Type) bool {
	other, ok := o.(textMapType)
	return ok && t.MapType.Equal(other.MapType)
}

func (t textMapType) String() string { return "textMapType" }

func (t textMapType) ValueType(context.Context) attr.Value { return textMap{} }

func (t textMapType) ValueFromMap(ctx context.Context, in basetypes.MapValue) (basetypes.MapValuable, diag.Diagnostics) {
	raw, err := in.ToTerraformValue(ctx)
	if err != nil {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected map value", err.Error())}
	}
	return textMap{raw}, nil
}

func (t textMapType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	if want := t.TerraformType(ctx); in.Type() != nil && !in.Type().Equal(want) {
		return nil, fmt.Errorf("%s where %s is expected", in.Type(), want)
	}
	return textMap{in}, nil
}

// textMap is a value of textMapType. The zero value is null.
type textMap struct{ raw tftypes.Value }

var _ basetypes.MapValuableWithSemanticEquals = textMap{}

func (m textMap) Type(context.Context) attr.Type { return newTextMapType() }

// IsNull implements attr.Value.
func (m textMap) IsNull() bool { return m.raw.IsNull() }

// IsUnknown implements attr.Value. An element alone may be unknown, too.
func (m textMap) IsUnknown() bool { return !m.raw.IsKnown() }

func (m textMap) String() string { return fmt.Sprintf("<%d strings>", len(m.elements())) }

// ToTerraformValue implements attr.Value.
func (m textMap) ToTerraformValue(ctx context.Context) (tftypes.Value, error) {
	if m.raw.Type() == nil {
		return tftypes.NewValue(newTextMapType().TerraformType(ctx), nil), nil
	}
	return m.raw, nil
}

// ToMapValue implements basetypes.MapValuable.
func (m textMap) ToMapValue(ctx context.Context) (basetypes.MapValue, diag.Diagnostics) {
	value, err := newTextMapType().MapType.ValueFromTerraform(ctx, m.raw)
	if err != nil {
		return types.MapNull(types.StringType), diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected map value", err.Error())}
	}
	all, _ := value.(basetypes.MapValue) // of a MapType it is
	return all, nil
}

// elements are the entries in Terraform's form; none where the map is null or
// unknown.
func (m textMap) elements() map[string]tftypes.Value {
	var all map[string]tftypes.Value
	if m.raw.IsNull() || !m.raw.IsKnown() || m.raw.As(&all) != nil {
		return nil
	}
	return all
}

// Equal compares what is in the maps; null, unknown and "" are three things.
func (m textMap) Equal(o attr.Value) bool {
	other, ok := o.(textMap)
	if !ok || m.IsNull() != other.IsNull() || m.IsUnknown() != other.IsUnknown() {
		return false
	}
	mine, theirs := m.elements(), other.elements()
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
func (m textMap) MapSemanticEquals(_ context.Context, other basetypes.MapValuable) (bool, diag.Diagnostics) {
	return m.Equal(other), nil
}
