package attrs

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Gap is one entry of not_checked.
type Gap struct {
	Subject  types.String `tfsdk:"subject"`
	Effect   types.String `tfsdk:"effect"`
	Right    types.String `tfsdk:"right"`
	Compared types.Bool   `tfsdk:"compared"`
}

// NotChecked returns the attribute not_checked: the parts of the server that a report could
// not read.
func NotChecked(meaning string) schema.ListNestedAttribute {
	str := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "Parts of the server that were not read, such as those that the identity may not view. " + meaning + " Sorted by " +
			"`compared` and `subject`. Empty if everything was read.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"subject": str("Name of the part, such as `holders of the guard role \"authscopes-guard\"`."),
			"effect":  str("Effect of the part on the access to scopes."),
			"right":   str("Right or setting with which the part is read. Empty if there is none."),
			"compared": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether reports compare the part. On Keycloak, default groups and holders of the guard role are not compared.",
			},
		}},
	}
}

func NewGaps(gaps []authz.Gap) []Gap {
	all := make([]Gap, len(gaps))
	for i, g := range gaps {
		all[i] = Gap{
			Subject: types.StringValue(g.Subject), Effect: types.StringValue(g.Effect),
			Right: types.StringValue(g.Privilege), Compared: types.BoolValue(g.Compared),
		}
	}
	return all
}
