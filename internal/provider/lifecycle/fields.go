package lifecycle

import (
	"context"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// setFields sets the fields of a model as the framework does, which compiles a regular
// expression for each field. It reports whether it set all of them. It returns false for
// models with Go slices and maps, and for values that validate themselves.
func setFields(ctx context.Context, from modelGetter, model reflect.Value) bool {
	raw, typ := contentOf(from)
	object, ok := typ.(attr.TypeWithAttributeTypes)
	var values map[string]tftypes.Value
	if !ok || model.Kind() != reflect.Struct || !raw.IsKnown() || raw.IsNull() || raw.As(&values) != nil {
		return false
	}
	types, set := object.AttributeTypes(), 0
	for _, f := range reflect.VisibleFields(model.Type()) {
		name := f.Tag.Get("tfsdk")
		if name == "" || name == "-" {
			continue
		}
		if types[name] == nil || !f.Type.Implements(reflect.TypeFor[attr.Value]()) {
			return false
		}
		value, err := types[name].ValueFromTerraform(ctx, values[name])
		_, validates := value.(xattr.ValidateableAttribute)
		if err != nil || validates || reflect.TypeOf(value) != f.Type {
			return false
		}
		model.FieldByIndex(f.Index).Set(reflect.ValueOf(value))
		set++
	}
	return set == len(types)
}

// contentOf returns the value and the type of a configuration, a plan or a state.
func contentOf(from modelGetter) (tftypes.Value, attr.Type) {
	switch f := from.(type) {
	case tfsdk.Config:
		return f.Raw, f.Schema.Type()
	case tfsdk.Plan:
		return f.Raw, f.Schema.Type()
	case tfsdk.State:
		return f.Raw, f.Schema.Type()
	}
	return tftypes.Value{}, nil
}
