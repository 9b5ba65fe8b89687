package attrs

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Mapper is one protocol mapper of a scope.
type Mapper struct {
	Name   types.String      `tfsdk:"name"`
	Type   types.String      `tfsdk:"type"`
	Config map[string]string `tfsdk:"config"`
}

func Mappers() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "Protocol mappers of the scope, which put claims into tokens. Sorted by name. Empty on servers that have none.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the mapper."},
			"type": schema.StringAttribute{Computed: true, MarkdownDescription: "Type of the mapper, such as `oidc-audience-mapper`."},
			"config": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Configuration of the mapper. A value that may be a secret is `(not shown)`: every value of an unknown key, scripts, and salts.",
			},
		}},
	}
}

func NewMappers(mappers []authz.Mapper) []Mapper {
	all := make([]Mapper, len(mappers))
	for i, m := range mappers {
		all[i] = Mapper{Name: types.StringValue(m.Name), Type: types.StringValue(m.Type), Config: m.Config}
	}
	return all
}
