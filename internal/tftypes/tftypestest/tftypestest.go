// Package tftypestest creates Terraform values for tests.
package tftypestest

import "github.com/hashicorp/terraform-plugin-go/tftypes"

// Block is the content of a block, or of a map.
type Block = map[string]any

// Unknown represents an unknown value.
type Unknown struct{}

// Value returns a value of a type: v is a string, a bool, a number, a Block, []string for a set,
// or Unknown. Nil is
// null.
func Value(typ tftypes.Type, v any) tftypes.Value {
	if _, ok := v.(Unknown); ok {
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	}
	m, _ := v.(Block)
	switch typ := typ.(type) {
	case tftypes.Object:
		if v == nil {
			return tftypes.NewValue(typ, nil)
		}
		attributes := map[string]tftypes.Value{}
		for name, t := range typ.AttributeTypes {
			attributes[name] = Value(t, m[name])
		}
		return tftypes.NewValue(typ, attributes)
	case tftypes.Map:
		if v == nil {
			return tftypes.NewValue(typ, nil)
		}
		elements := map[string]tftypes.Value{}
		for name, e := range m {
			elements[name] = Value(typ.ElementType, e)
		}
		return tftypes.NewValue(typ, elements)
	case tftypes.Set:
		names, ok := v.([]string)
		if !ok {
			return tftypes.NewValue(typ, v)
		}
		elements := make([]tftypes.Value, len(names))
		for i, name := range names {
			elements[i] = Value(typ.ElementType, name)
		}
		return tftypes.NewValue(typ, elements)
	}
	return tftypes.NewValue(typ, v)
}
