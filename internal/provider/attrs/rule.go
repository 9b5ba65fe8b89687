package attrs

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Rule is the attribute rule: the settings of the rule that gives a user type its
// scopes.
type Rule struct {
	Description    types.String  `tfsdk:"description"`
	AccessValidity tftypes.Whole `tfsdk:"access_validity"`
	GrantValidity  tftypes.Whole `tfsdk:"grant_validity"`
	Renewable      types.Bool    `tfsdk:"renewable"`
}

const (
	ruleText           = "Settings of the OAuth rule that grants the scopes, on Venafi."
	accessValidityText = "Lifetime of access tokens, in seconds. `0` if the rule sets none."
	grantValidityText  = "Lifetime of the grant, in seconds. `0` if the rule sets none, and the grant never expires."
)

func RuleAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: ruleText + " A setting that is not set is not managed, and keeps its value on the server. A change outside Terraform to a " +
			"setting that is set appears in the plan.",
		Attributes: map[string]schema.Attribute{
			"description":     schema.StringAttribute{Optional: true, MarkdownDescription: "Description of the rule."},
			"access_validity": wholeAttribute(accessValidityText),
			"grant_validity":  wholeAttribute(grantValidityText),
			"renewable":       schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to issue refresh tokens."},
		},
	}
}

func RuleDataAttribute() dataschema.SingleNestedAttribute {
	return dataschema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: ruleText + " Null if the user type has no rule.",
		Attributes: map[string]dataschema.Attribute{
			"description":     dataschema.StringAttribute{Computed: true, MarkdownDescription: "Description of the rule."},
			"access_validity": dataschema.Int64Attribute{Computed: true, CustomType: tftypes.WholeType{}, MarkdownDescription: accessValidityText},
			"grant_validity":  dataschema.Int64Attribute{Computed: true, CustomType: tftypes.WholeType{}, MarkdownDescription: grantValidityText},
			"renewable": dataschema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the rule issues refresh tokens. Null if the rule does " +
				"not set it."},
		},
	}
}

// RuleTypes returns the types of the attributes of rule.
func RuleTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"description": types.StringType, "access_validity": tftypes.WholeType{}, "grant_validity": tftypes.WholeType{}, "renewable": types.BoolType,
	}
}

func DecodeRule(ctx context.Context, object types.Object, diags *diag.Diagnostics) Rule {
	var m Rule
	if !object.IsNull() && !object.IsUnknown() {
		diags.Append(object.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	}
	return m
}

// Settings returns what the model sets. Null and unknown set nothing.
func (m Rule) Settings() authz.RuleSettings {
	var s authz.RuleSettings
	if d := m.Description; !d.IsNull() && !d.IsUnknown() {
		s.Description = d.ValueStringPointer()
	}
	if a := m.AccessValidity; !a.IsNull() && !a.IsUnknown() {
		s.AccessValidity = a.ValueInt64Pointer()
	}
	if g := m.GrantValidity; !g.IsNull() && !g.IsUnknown() {
		s.GrantValidity = g.ValueInt64Pointer()
	}
	if r := m.Renewable; !r.IsNull() && !r.IsUnknown() {
		s.Renewable = r.ValueBoolPointer()
	}
	return s
}

func LiveRule(live *authz.RuleSettings) Rule {
	if live == nil {
		live = &authz.RuleSettings{}
	}
	return Rule{
		types.StringPointerValue(live.Description), tftypes.NewWholePointer(live.AccessValidity),
		tftypes.NewWholePointer(live.GrantValidity), types.BoolPointerValue(live.Renewable),
	}
}

// RefreshRule returns the rule attribute with what the server has of the settings that
// prior sets.
func RefreshRule(ctx context.Context, prior types.Object, live *authz.RuleSettings, diags *diag.Diagnostics) types.Object {
	if prior.IsNull() {
		return prior
	}
	set, is := DecodeRule(ctx, prior, diags), LiveRule(live)
	if !set.Description.IsNull() {
		set.Description = is.Description
	}
	if !set.AccessValidity.IsNull() {
		set.AccessValidity = is.AccessValidity
	}
	if !set.GrantValidity.IsNull() {
		set.GrantValidity = is.GrantValidity
	}
	if !set.Renewable.IsNull() {
		set.Renewable = is.Renewable
	}
	object, more := types.ObjectValueFrom(ctx, RuleTypes(), set)
	diags.Append(more...)
	return object
}
