package attrs

import "github.com/hashicorp/terraform-plugin-framework/datasource/schema"

func DataServerID() schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: ServerIDText}
}

// IncludeBuiltIn has the same default in each data source.
func IncludeBuiltIn() schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to include built-in scopes. Defaults to `false`."}
}
