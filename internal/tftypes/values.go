package tftypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func Strings(values []types.String) []string {
	names := make([]string, 0, len(values))
	for _, v := range values {
		names = append(names, v.ValueString())
	}
	return names
}

func ListKnown(l types.List) bool {
	return !l.IsUnknown() && !slices.ContainsFunc(l.Elements(), attr.Value.IsUnknown)
}

func ListStrings(l types.List) []string {
	var values []string
	for _, e := range l.Elements() {
		if s, ok := e.(types.String); ok {
			values = append(values, s.ValueString())
		}
	}
	return values
}

func MapKnown(m types.Map) bool {
	for _, e := range m.Elements() {
		if e.IsUnknown() {
			return false
		}
	}
	return !m.IsUnknown()
}

func StringList(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.ListValueMust(types.StringType, elements)
}

// ListOrNull returns a null list for nil.
func ListOrNull(values []string) types.List {
	if values == nil {
		return types.ListNull(types.StringType)
	}
	return StringList(values)
}

// TextOrNull reads an empty text of a server as null, unless the state holds "".
func TextOrNull(live string, prior types.String) types.String {
	if live == "" && (prior.IsNull() || prior.ValueString() != "") {
		return types.StringNull()
	}
	return types.StringValue(live)
}

// Texts converts values to strings. It distinguishes nil from empty, and converts null to "".
func Texts(values map[string]types.String) map[string]string {
	if values == nil {
		return nil
	}
	all := make(map[string]string, len(values))
	for key, v := range values {
		all[key] = v.ValueString()
	}
	return all
}

// ListsKnown reports whether the lists of these attributes are known. It is false, too, if
// there is an error.
func ListsKnown(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics, attributes ...string) bool {
	known := true
	for _, attribute := range attributes {
		var globs types.List
		diags.Append(config.GetAttribute(ctx, path.Root(attribute), &globs)...)
		known = known && ListKnown(globs)
	}
	return known && !diags.HasError()
}
