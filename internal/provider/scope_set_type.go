package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// scopeSetType is a set of strings that is compared by hash. The framework's
// own set compares its elements pairwise, which takes minutes for the sets of
// a large server.
type scopeSetType struct{ basetypes.SetType }

var _ basetypes.SetTypable = scopeSetType{}

func newScopeSetType() scopeSetType {
	return scopeSetType{basetypes.SetType{ElemType: types.StringType}}
}

// Validate leaves out the framework's pairwise search for duplicates: Terraform
// hands sets over without any.
func (t scopeSetType) Validate(context.Context, tftypes.Value, path.Path) diag.Diagnostics {
	return nil
}

func (t scopeSetType) Equal(o attr.Type) bool {
	other, ok := o.(scopeSetType)
	return ok && t.SetType.Equal(other.SetType)
}

func (t scopeSetType) String() string { return "scopeSetType" }

func (t scopeSetType) ValueType(context.Context) attr.Value { return scopeSet{} }

func (t scopeSetType) ValueFromSet(_ context.Context, in basetypes.SetValue) (basetypes.SetValuable, diag.Diagnostics) {
	return scopeSet{in}, nil
}

func (t scopeSetType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.SetType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	set, ok := value.(basetypes.SetValue)
	if !ok {
		return nil, fmt.Errorf("unexpected value type %T", value)
	}
	return scopeSet{set}, nil
}

// scopeSet is a value of scopeSetType.
type scopeSet struct{ basetypes.SetValue }

var (
	_ basetypes.SetValuableWithSemanticEquals = scopeSet{}
	_ attr.Value                              = scopeSet{}
)

// newScopeSet makes a set of names, in a stable order.
func newScopeSet(names []string) scopeSet {
	return scopeSet{types.SetValueMust(types.StringType, stringValues(names))}
}

func nullScopeSet() scopeSet { return scopeSet{types.SetNull(types.StringType)} }

func stringValues(names []string) []attr.Value {
	sorted := slices.Sorted(slices.Values(names))
	values := make([]attr.Value, len(sorted))
	for i, n := range sorted {
		values[i] = types.StringValue(n)
	}
	return values
}

func (s scopeSet) Type(context.Context) attr.Type { return newScopeSetType() }

// ToTerraformValue makes the zero value, which has no element type, a null set.
func (s scopeSet) ToTerraformValue(ctx context.Context) (tftypes.Value, error) {
	if s.IsNull() {
		return nullScopeSet().SetValue.ToTerraformValue(ctx)
	}
	return s.SetValue.ToTerraformValue(ctx)
}

// names are the known elements, sorted; known is false when the set or one of
// its elements is unknown.
func (s scopeSet) names() (names []string, known bool) {
	known = !s.IsUnknown()
	for _, e := range s.Elements() {
		value, ok := e.(types.String)
		switch {
		case !ok || value.IsUnknown():
			known = false
		case !value.IsNull():
			names = append(names, value.ValueString())
		}
	}
	slices.Sort(names)
	return names, known
}

// Equal compares by hash. A set with an unknown element equals no other.
func (s scopeSet) Equal(o attr.Value) bool {
	other, ok := o.(scopeSet)
	if !ok || s.IsNull() != other.IsNull() || s.IsUnknown() != other.IsUnknown() {
		return false
	}
	mine, theirs := s.Elements(), other.Elements()
	if len(mine) != len(theirs) {
		return false
	}
	has := make(map[attr.Value]bool, len(mine))
	for _, e := range mine {
		if e.IsUnknown() {
			return false
		}
		has[e] = true
	}
	for _, e := range theirs {
		if !has[e] {
			return false
		}
	}
	return true
}

// SetSemanticEquals implements basetypes.SetValuableWithSemanticEquals.
func (s scopeSet) SetSemanticEquals(_ context.Context, other basetypes.SetValuable) (bool, diag.Diagnostics) {
	return s.Equal(other), nil
}
