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

// SetChanged stores a model, unless it is what was read from there: the framework
// takes as long for a Set as for a tenth of a plan.
func SetChanged[M any](ctx context.Context, diags *diag.Diagnostics, to modelSetter, was, is M) {
	if !reflect.DeepEqual(was, is) {
		diags.Append(to.Set(ctx, is)...)
	}
}

// SetAttribute plans one value, unless it is planned already: the framework goes
// through the whole plan for it.
func SetAttribute[V attr.Value](ctx context.Context, diags *diag.Diagnostics, to *tfsdk.Plan, p path.Path, value V) {
	var planned V
	if more := to.GetAttribute(ctx, p, &planned); !more.HasError() && planned.Equal(value) {
		return
	}
	diags.Append(to.SetAttribute(ctx, p, value)...)
}
