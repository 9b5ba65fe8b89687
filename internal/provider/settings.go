package provider

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// settingsModel is `settings`, and one entry of `overrides`.
type settingsModel struct {
	DisplayOnConsentScreen          types.Bool   `tfsdk:"display_on_consent_screen"`
	ConsentScreenText               types.String `tfsdk:"consent_screen_text"`
	IncludeInTokenScope             types.Bool   `tfsdk:"include_in_token_scope"`
	IncludeInOpenIDProviderMetadata types.Bool   `tfsdk:"include_in_openid_provider_metadata"`
	GUIOrder                        types.String `tfsdk:"gui_order"`
	AssignedType                    types.String `tfsdk:"assigned_type"`
	Access                          types.String `tfsdk:"access"`
}

func settingsTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"display_on_consent_screen":           types.BoolType,
		"consent_screen_text":                 types.StringType,
		"include_in_token_scope":              types.BoolType,
		"include_in_openid_provider_metadata": types.BoolType,
		"gui_order":                           types.StringType,
		"assigned_type":                       types.StringType,
		"access":                              types.StringType,
	}
}

// settingsAttributes are computed where what is left out gets the driver's
// default, and optional only where it means "as in settings".
func settingsAttributes(computed bool) map[string]schema.Attribute {
	def := func(text, value string) string {
		if computed {
			return text + " Defaults to " + value + "."
		}
		return text
	}
	return map[string]schema.Attribute{
		"display_on_consent_screen": schema.BoolAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: def("Whether the scope is named on the consent page of clients that ask for consent.", "`true`"),
		},
		"consent_screen_text": schema.StringAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: "Text for the consent page in place of the description; may be a message key such as `${readUsers}`.",
			Validators:          []validator.String{stringvalidator.LengthAtMost(authz.MaxDescriptionLength)},
		},
		"include_in_token_scope": schema.BoolAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: def("Whether the scope's name is in the `scope` claim of access tokens and in introspection.", "`true`"),
		},
		"include_in_openid_provider_metadata": schema.BoolAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: def("Whether the scope is in `scopes_supported` of the OpenID provider metadata.", "`true`"),
		},
		"gui_order": schema.StringAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: "Place among the scopes in the admin console and on the consent page, a whole number. Left out, it is kept as it is.",
			Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[0-9]{1,9}$`),
				"must be a whole number of at most 9 digits, or be left out to keep what is there")},
		},
		"assigned_type": schema.StringAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: def("What clients that are created from now on get: `none`, `default` or `optional`. Existing clients are not changed.", "`none`"),
			Validators: []validator.String{stringvalidator.OneOf(string(authz.AssignedNone),
				string(authz.AssignedDefault), string(authz.AssignedOptional))},
		},
		"access": schema.StringAttribute{
			Optional: true, Computed: computed,
			MarkdownDescription: def("Who gets the scope: `user_types` (only the user types that list it; while none does, nobody) or `everyone`. "+
				"`unguarded` leaves a scope that is limited now, but would open with its last user type, as it was found.",
				"`user_types` for a scope that is created; a scope that is imported or adopted while it is open needs the word"),
			Validators: []validator.String{stringvalidator.OneOf(string(authz.AccessUserTypes),
				string(authz.AccessEveryone), string(authz.AccessUnguarded))},
		},
	}
}

func settingsOf(ctx context.Context, object types.Object) (settingsModel, diag.Diagnostics) {
	var m settingsModel
	if object.IsNull() || object.IsUnknown() {
		return m, nil
	}
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	return m, diags
}

// patch is what is said; known is false when something is not known yet.
func (m settingsModel) patch() (p diff.Patch, known bool) {
	known = true
	p.DisplayOnConsentScreen = pointer(m.DisplayOnConsentScreen, m.DisplayOnConsentScreen.ValueBool(), &known)
	p.ConsentScreenText = pointer(m.ConsentScreenText, m.ConsentScreenText.ValueString(), &known)
	p.IncludeInTokenScope = pointer(m.IncludeInTokenScope, m.IncludeInTokenScope.ValueBool(), &known)
	p.IncludeInOpenIDProviderMetadata = pointer(m.IncludeInOpenIDProviderMetadata, m.IncludeInOpenIDProviderMetadata.ValueBool(), &known)
	p.GUIOrder = pointer(m.GUIOrder, m.GUIOrder.ValueString(), &known)
	p.AssignedType = pointer(m.AssignedType, authz.AssignedType(m.AssignedType.ValueString()), &known)
	p.Access = pointer(m.Access, authz.Access(m.Access.ValueString()), &known)
	return p, known
}

func pointer[T any](v attr.Value, value T, known *bool) *T {
	if v.IsUnknown() {
		*known = false
	}
	if v.IsUnknown() || v.IsNull() {
		return nil
	}
	return &value
}

// patchModel is a patch as one entry of overrides.
func patchModel(p diff.Patch) settingsModel {
	return settingsModel{
		DisplayOnConsentScreen:          types.BoolPointerValue(p.DisplayOnConsentScreen),
		ConsentScreenText:               types.StringPointerValue(p.ConsentScreenText),
		IncludeInTokenScope:             types.BoolPointerValue(p.IncludeInTokenScope),
		IncludeInOpenIDProviderMetadata: types.BoolPointerValue(p.IncludeInOpenIDProviderMetadata),
		GUIOrder:                        types.StringPointerValue(p.GUIOrder),
		AssignedType:                    types.StringPointerValue((*string)(p.AssignedType)),
		Access:                          types.StringPointerValue((*string)(p.Access)),
	}
}

// liveSettings is what a scope has, as `settings`; what prior says decides
// between null and empty.
func liveSettings(s authz.Settings, prior settingsModel) settingsModel {
	return settingsModel{
		DisplayOnConsentScreen:          types.BoolValue(s.DisplayOnConsentScreen),
		ConsentScreenText:               textOrNull(s.ConsentScreenText, prior.ConsentScreenText),
		IncludeInTokenScope:             types.BoolValue(s.IncludeInTokenScope),
		IncludeInOpenIDProviderMetadata: types.BoolValue(s.IncludeInOpenIDProviderMetadata),
		GUIOrder:                        textOrNull(s.GUIOrder, types.StringNull()),
		AssignedType:                    types.StringValue(string(s.AssignedType)),
		Access:                          types.StringValue(string(keepUnguarded(s.Access, prior.Access))),
	}
}

// keepUnguarded keeps a configured "unguarded", which means "as found", for a
// scope that meanwhile has its guard.
func keepUnguarded(live authz.Access, prior types.String) authz.Access {
	if prior.ValueString() == string(authz.AccessUnguarded) && diff.SameAccess(authz.AccessUnguarded, live) {
		return authz.AccessUnguarded
	}
	return live
}

// textOrNull reads an empty text of a server as null, unless the state holds "".
func textOrNull(live string, prior types.String) types.String {
	if live == "" && (prior.IsNull() || prior.ValueString() != "") {
		return types.StringNull()
	}
	return types.StringValue(live)
}

func (m settingsModel) object(ctx context.Context) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, settingsTypes(), m)
}

// fillSettings is the planned `settings`: what the configuration says, and the
// defaults for what it leaves out, so that a setting changed by hand shows.
// They are filled here and not by the schema, which cannot know the server.
func fillSettings(ctx context.Context, caps authz.Capabilities, config types.Object, keptOrder types.String) (types.Object, diag.Diagnostics) {
	var diags diag.Diagnostics
	switch {
	case !caps.Settings:
		if !config.IsNull() {
			noSettings(&diags, caps, "settings")
		}
		return types.ObjectNull(settingsTypes()), diags
	case config.IsUnknown():
		return config, diags
	}
	m, more := settingsOf(ctx, config)
	diags.Append(more...)
	d := diff.Defaults()
	fill(&m.DisplayOnConsentScreen, types.BoolValue(d.DisplayOnConsentScreen))
	fill(&m.IncludeInTokenScope, types.BoolValue(d.IncludeInTokenScope))
	fill(&m.IncludeInOpenIDProviderMetadata, types.BoolValue(d.IncludeInOpenIDProviderMetadata))
	fill(&m.AssignedType, types.StringValue(string(d.AssignedType)))
	fill(&m.Access, types.StringValue(string(d.Access)))
	fill(&m.GUIOrder, keptOrder)
	object, more := m.object(ctx)
	diags.Append(more...)
	return object, diags
}

// noSettings refuses an attribute about settings where the server has none.
func noSettings(diags *diag.Diagnostics, caps authz.Capabilities, attribute string) {
	diags.AddAttributeError(path.Root(attribute), fmt.Sprintf("%s has no settings of scopes", caps.Server),
		fmt.Sprintf("Leave %s out for %s. %s", attribute, caps.Server, caps.Instead))
}

func fill[T attr.Value](to *T, value T) {
	if (*to).IsNull() {
		*to = value
	}
}
