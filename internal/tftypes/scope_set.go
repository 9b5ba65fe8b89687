package tftypes

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

// ScopeSetType is a set of strings that is compared by hash. The framework's own set compares its
// elements pairwise, which needs minutes for the sets of a large server.
type ScopeSetType struct{ basetypes.SetType }

var _ basetypes.SetTypable = ScopeSetType{}

func NewScopeSetType() ScopeSetType {
	return ScopeSetType{basetypes.SetType{ElemType: types.StringType}}
}

// Validate omits the framework's pairwise search for duplicates, because Terraform's sets have
// none.
func (t ScopeSetType) Validate(context.Context, tftypes.Value, path.Path) diag.Diagnostics {
	return nil
}

func (t ScopeSetType) Equal(o attr.Type) bool {
	other, ok := o.(ScopeSetType)
	return ok && t.SetType.Equal(other.SetType)
}

func (t ScopeSetType) String() string { return "ScopeSetType" }

func (t ScopeSetType) ValueType(context.Context) attr.Value { return ScopeSet{} }

func (t ScopeSetType) ValueFromSet(_ context.Context, in basetypes.SetValue) (basetypes.SetValuable, diag.Diagnostics) {
	return ScopeSet{SetValue: in}, nil
}

func (t ScopeSetType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	plain, packed := plainSet(in)
	value, err := t.SetType.ValueFromTerraform(ctx, plain)
	if err != nil {
		return nil, err
	}
	set, ok := value.(basetypes.SetValue)
	if !ok {
		return nil, fmt.Errorf("unexpected value type %T", value)
	}
	if packed {
		return ScopeSet{set, in}, nil
	}
	return ScopeSet{SetValue: set}, nil
}

// ScopeSet is a value of ScopeSetType.
type ScopeSet struct {
	basetypes.SetValue
	packed tftypes.Value // as the framework has it, see Pack
}

var (
	_ basetypes.SetValuableWithSemanticEquals = ScopeSet{}
	_ attr.Value                              = ScopeSet{}
)

// NewScopeSet returns a set of names, in a stable order.
func NewScopeSet(names []string) ScopeSet {
	return ScopeSet{SetValue: types.SetValueMust(types.StringType, StringValues(names))}
}

func NullScopeSet() ScopeSet { return ScopeSet{SetValue: types.SetNull(types.StringType)} }

func StringValues(names []string) []attr.Value {
	sorted := slices.Sorted(slices.Values(names))
	values := make([]attr.Value, len(sorted))
	for i, n := range sorted {
		values[i] = types.StringValue(n)
	}
	return values
}

func (s ScopeSet) Type(context.Context) attr.Type { return NewScopeSetType() }

// ToTerraformValue converts the zero value, which has no element type, into a null set.
func (s ScopeSet) ToTerraformValue(ctx context.Context) (tftypes.Value, error) {
	if s.packed.Type() != nil {
		return s.packed, nil
	}
	if s.IsNull() {
		return NullScopeSet().SetValue.ToTerraformValue(ctx)
	}
	return s.SetValue.ToTerraformValue(ctx)
}

// Names returns the known elements, sorted. known is false if the set or one of its elements is
// unknown.
func (s ScopeSet) Names() (names []string, known bool) {
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
func (s ScopeSet) Equal(o attr.Value) bool {
	other, ok := o.(ScopeSet)
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
func (s ScopeSet) SetSemanticEquals(_ context.Context, other basetypes.SetValuable) (bool, diag.Diagnostics) {
	return s.Equal(other), nil
}
