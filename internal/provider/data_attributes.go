package provider

import "github.com/hashicorp/terraform-plugin-framework/datasource/schema"

func dataServerID() schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: serverIDText}
}

// includeBuiltInAttribute has the same default in each data source.
func includeBuiltInAttribute() schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to include built-in scopes. Defaults to `false`."}
}
