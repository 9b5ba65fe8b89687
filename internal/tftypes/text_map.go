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

// Validate omits the framework's walk through the elements, because strings need no validation.
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

// IsUnknown implements attr.Value. A single element can be unknown, too.
func (m TextMap) IsUnknown() bool { return !m.raw.IsKnown() }

// String implements attr.Value. The framework calls it only for its log.
func (m TextMap) String() string { return "<map of strings>" }

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
	all, _ := value.(basetypes.MapValue) // a MapType returns no other type
	return all, nil
}

// NewTextMap returns a map with these entries. Nil is null.
func NewTextMap(entries map[string]types.String) TextMap {
	if entries == nil {
		return TextMap{}
	}
	all := make(map[string]tftypes.Value, len(entries))
	for key, text := range entries {
		switch {
		case text.IsUnknown():
			all[key] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		case text.IsNull():
			all[key] = tftypes.NewValue(tftypes.String, nil)
		default:
			all[key] = tftypes.NewValue(tftypes.String, text.ValueString())
		}
	}
	return TextMap{tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, all)}
}

// Elements returns the entries in Terraform's form; none where the map is null or
// unknown.
func (m TextMap) Elements() map[string]tftypes.Value { return Entries(m.raw) }

// Strings returns the entries; nil if the map is null or unknown.
func (m TextMap) Strings() map[string]types.String {
	elements := m.Elements()
	if elements == nil {
		return nil
	}
	all := make(map[string]types.String, len(elements))
	for key, element := range elements {
		var text *string // nil for null
		switch {
		case !element.IsKnown() || element.As(&text) != nil:
			all[key] = types.StringUnknown()
		default:
			all[key] = types.StringPointerValue(text)
		}
	}
	return all
}

// Equal compares the entries. Null, unknown and "" are different.
func (m TextMap) Equal(o attr.Value) bool {
	other, ok := o.(TextMap)
	if !ok || m.IsNull() != other.IsNull() || m.IsUnknown() != other.IsUnknown() {
		return false
	}
	if samePacked(m.raw, other.raw) {
		return true
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

// samePacked reports whether both maps are packed and have the same encoding.
func samePacked(a, b tftypes.Value) bool {
	var x, y map[string]tftypes.Value
	if a.IsNull() || b.IsNull() || !a.IsKnown() || !b.IsKnown() || a.As(&x) != nil || b.As(&y) != nil {
		return false
	}
	first, packed := encoding(x)
	second, both := encoding(y)
	return packed && both && first == second
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
