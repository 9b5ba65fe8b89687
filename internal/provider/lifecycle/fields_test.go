package lifecycle

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	packed "github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Fields are set as the framework sets them, also to null and to unknown.
func TestSetFields(t *testing.T) {
	ctx := context.Background()
	type model struct {
		ServerBinding
		Name     types.String `tfsdk:"name"`
		Settings types.Object `tfsdk:"settings"`
		Derived  string       `tfsdk:"-"`
	}
	s := schema.Schema{Attributes: map[string]schema.Attribute{
		"server_uid": schema.StringAttribute{Computed: true},
		"name":       schema.StringAttribute{Required: true},
		"settings": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
			"shown": schema.BoolAttribute{Optional: true},
		}},
	}}
	settings := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"shown": tftypes.Bool}}
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"server_uid": tftypes.String, "name": tftypes.String, "settings": settings}}
	shown := func(v any) map[string]tftypes.Value {
		return map[string]tftypes.Value{"shown": tftypes.NewValue(tftypes.Bool, v)}
	}
	for _, test := range []struct{ uid, name, settings any }{
		{nil, nil, nil},
		{tftypes.UnknownValue, tftypes.UnknownValue, tftypes.UnknownValue},
		{"uid", "", shown(true)},
		{"uid", "name", shown(tftypes.UnknownValue)},
		{nil, "name", shown(nil)},
	} {
		plan := tfsdk.Plan{Schema: s, Raw: tftypes.NewValue(object, map[string]tftypes.Value{
			"server_uid": tftypes.NewValue(tftypes.String, test.uid), "name": tftypes.NewValue(tftypes.String, test.name),
			"settings": tftypes.NewValue(settings, test.settings),
		})}
		var want, got, read model
		if diags := plan.Get(ctx, &want); diags.HasError() {
			t.Fatal(diags)
		}
		for _, from := range []modelGetter{plan, tfsdk.Config(plan), tfsdk.State(plan)} {
			if !setFields(ctx, from, reflect.ValueOf(&got).Elem()) || !reflect.DeepEqual(got, want) {
				t.Errorf("%T of %v: %+v, want %+v", from, test, got, want)
			}
		}
		if GetModel(ctx, plan, &read).HasError() || !reflect.DeepEqual(read, want) {
			t.Errorf("%v: %+v, want %+v", test, read, want)
		}
		var other struct {
			Name types.String `tfsdk:"name"`
		}
		if setFields(ctx, plan, reflect.ValueOf(&other).Elem()) || !GetModel(ctx, plan, &other).HasError() {
			t.Errorf("%v: a model without all attributes has %+v", test, other)
		}
	}
	none := tfsdk.State{Schema: s, Raw: tftypes.NewValue(object, nil)}
	if setFields(ctx, none, reflect.ValueOf(&model{}).Elem()) {
		t.Error("no object has fields")
	}
}

// setter counts how often it is set.
type setter int

func (s *setter) Set(context.Context, any) diag.Diagnostics {
	*s++
	return nil
}

// A model is stored if a value differs, not if equal values differ in memory.
func TestSetChanged(t *testing.T) {
	ctx := context.Background()
	type model struct {
		ServerBinding
		Set   packed.ScopeSet
		Names []string
	}
	// The same set as NewScopeSet makes it, in another order.
	set := packed.ScopeSet{SetValue: types.SetValueMust(types.StringType, []attr.Value{types.StringValue("b"), types.StringValue("a")})}
	was := model{ServerBinding{types.StringValue("uid")}, set, []string{"x"}}
	for _, test := range []struct {
		is   model
		sets setter
	}{
		{was, 0},
		{model{was.ServerBinding, packed.NewScopeSet([]string{"a", "b"}), []string{"x"}}, 0},
		{model{was.ServerBinding, packed.NewScopeSet([]string{"b"}), []string{"x"}}, 1},
		{model{was.ServerBinding, was.Set, []string{"y"}}, 1},
		{model{ServerBinding{types.StringNull()}, was.Set, []string{"x"}}, 1},
	} {
		var sets setter
		if SetChanged(ctx, &diag.Diagnostics{}, &sets, was, test.is); sets != test.sets {
			t.Errorf("%+v is stored %d times, want %d", test.is, sets, test.sets)
		}
	}
}
