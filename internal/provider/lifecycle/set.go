package lifecycle

import (
	"context"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// modelSetter is a plan or a state.
type modelSetter interface {
	Set(ctx context.Context, model any) diag.Diagnostics
}

// modelGetter is a configuration, a plan or a state.
type modelGetter interface {
	Get(ctx context.Context, model any) diag.Diagnostics
}

// MapModel is a model that decodes and encodes large maps itself; see tftypes.Packed.
type MapModel interface {
	DecodeMaps()
	EncodeMaps()
}

// GetModel reads a model. m is a pointer to it.
func GetModel(ctx context.Context, from modelGetter, m any) diag.Diagnostics {
	var diags diag.Diagnostics
	if !setFields(ctx, from, reflect.ValueOf(m).Elem()) {
		diags = from.Get(ctx, m)
	}
	if maps, ok := m.(MapModel); ok {
		maps.DecodeMaps()
	}
	return diags
}

// SetModel stores a model.
func SetModel[M any](ctx context.Context, to modelSetter, m M) diag.Diagnostics {
	if maps, ok := any(&m).(MapModel); ok {
		maps.EncodeMaps()
	}
	return to.Set(ctx, m)
}

// SetChanged stores a model, unless it is what was read from there: the framework
// takes as long for a Set as for a tenth of a plan.
func SetChanged[M any](ctx context.Context, diags *diag.Diagnostics, to modelSetter, was, is M) {
	if !equalModels(reflect.ValueOf(was), reflect.ValueOf(is)) {
		diags.Append(SetModel(ctx, to, is)...)
	}
}

// equalModels compares the fields of two models. Equal values of the framework can differ in memory.
func equalModels(a, b reflect.Value) bool {
	for _, f := range reflect.VisibleFields(a.Type()) {
		if f.Anonymous {
			continue // its fields follow
		}
		x, y := a.FieldByIndex(f.Index).Interface(), b.FieldByIndex(f.Index).Interface()
		if value, ok := x.(attr.Value); ok {
			if other, ok := y.(attr.Value); !ok || !value.Equal(other) {
				return false
			}
		} else if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

// SetAttribute plans one value, unless it is planned already: the framework processes the
// whole plan for it.
func SetAttribute[V attr.Value](ctx context.Context, diags *diag.Diagnostics, to *tfsdk.Plan, p path.Path, value V) {
	var planned V
	if more := to.GetAttribute(ctx, p, &planned); !more.HasError() && planned.Equal(value) {
		return
	}
	diags.Append(to.SetAttribute(ctx, p, value)...)
}
