package serverscopes

import (
	"context"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

var _ resource.ResourceWithMoveState = (*serverScopeResource)(nil)

// The source of a moved block: the client scope of the community provider, which has had two
// names. Its schema has only had this version.
const (
	communityScope        = "keycloak_openid_client_scope"
	communityScopeVersion = 0
)

// shortAddress is the source address that OpenTofu reports before 1.11.12 and 1.12.4
// (https://github.com/opentofu/opentofu/issues/4352).
const shortAddress = "keycloak"

func communityProviders() []string {
	return []string{
		"registry.terraform.io/keycloak/keycloak", "registry.terraform.io/mrparkers/keycloak",
		"registry.opentofu.org/keycloak/keycloak", "registry.opentofu.org/mrparkers/keycloak",
	}
}

// communityScopeModel has the attributes of the source that are used. An attribute that an
// older version lacks is null.
type communityScopeModel struct {
	ID                              types.String `tfsdk:"id"`
	RealmID                         types.String `tfsdk:"realm_id"`
	Name                            types.String `tfsdk:"name"`
	Description                     types.String `tfsdk:"description"`
	ConsentScreenText               types.String `tfsdk:"consent_screen_text"`
	IncludeInTokenScope             types.Bool   `tfsdk:"include_in_token_scope"`
	IncludeInOpenIDProviderMetadata types.Bool   `tfsdk:"include_in_openid_provider_metadata"`
	GUIOrder                        types.Int64  `tfsdk:"gui_order"`
}

func communityScopeSchema() *schema.Schema {
	return &schema.Schema{Version: communityScopeVersion, Attributes: map[string]schema.Attribute{
		"id":                                  schema.StringAttribute{Computed: true},
		"realm_id":                            schema.StringAttribute{Required: true},
		"name":                                schema.StringAttribute{Required: true},
		"description":                         schema.StringAttribute{Optional: true},
		"consent_screen_text":                 schema.StringAttribute{Optional: true},
		"include_in_token_scope":              schema.BoolAttribute{Optional: true},
		"include_in_openid_provider_metadata": schema.BoolAttribute{Optional: true},
		"gui_order":                           schema.Int64Attribute{Optional: true},
	}}
}

// MoveState implements resource.ResourceWithMoveState. Terraform calls it before it configures
// the provider. The plan checks the realm and the access, after Read has set what the source
// does not have.
func (r *serverScopeResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{SourceSchema: communityScopeSchema(), StateMover: moveScope}}
}

func moveScope(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	from := decodeSource(ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	settings := attrs.Settings{
		// There, a scope is shown on the consent page if it has a text for it.
		DisplayOnConsentScreen:          types.BoolValue(from.ConsentScreenText.ValueString() != ""),
		ConsentScreenText:               tftypes.TextOrNull(from.ConsentScreenText.ValueString(), types.StringNull()),
		IncludeInTokenScope:             from.IncludeInTokenScope,
		IncludeInOpenIDProviderMetadata: from.IncludeInOpenIDProviderMetadata,
	}
	if order := from.GUIOrder.ValueInt64(); order != 0 {
		settings.GUIOrder = types.StringValue(strconv.FormatInt(order, 10))
	}
	object, diags := settings.Object()
	resp.Diagnostics.Append(diags...)
	m := serverScopeModel{
		ServerID: from.RealmID, Name: from.Name, ID: from.ID, Settings: object,
		Description: tftypes.TextOrNull(from.Description.ValueString(), types.StringNull()),
		OnDestroy:   types.StringValue(attrs.OnDestroyDelete), Timeouts: base.NoTimeouts(),
	}
	lifecycle.PrivateState{Moved: true}.Save(ctx, resp.TargetPrivate, &resp.Diagnostics)
	lifecycle.SetIdentity(ctx, resp.TargetIdentity, serverScopeIdentity{m.ServerID, m.Name}, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.TargetState.Set(ctx, m)...)
}

// decodeSource returns the source. It rejects an unsupported source, and names the supported
// ones.
func decodeSource(ctx context.Context, req resource.MoveStateRequest, diags *diag.Diagnostics) (from communityScopeModel) {
	source := messages.Move{
		Type: req.SourceTypeName, Accepted: communityScope, Provider: req.SourceProviderAddress,
		Version: req.SourceSchemaVersion, AcceptedVersion: communityScopeVersion,
	}
	reject := func() {
		diagnostics.AddInvalid(diags, path.Empty(), check.Finding{Code: messages.FoundUnmovable, Data: source})
	}
	switch {
	case req.SourceTypeName != communityScope:
		reject()
	case !slices.Contains(communityProviders(), req.SourceProviderAddress) && req.SourceProviderAddress != shortAddress:
		source.Providers = communityProviders()
		reject()
	case req.SourceSchemaVersion != communityScopeVersion:
		reject()
	default:
		if req.SourceState != nil {
			diags.Append(req.SourceState.Get(ctx, &from)...)
		}
		if from.ID.ValueString() == "" || from.RealmID.ValueString() == "" || from.Name.ValueString() == "" {
			reject()
		}
	}
	return from
}

// movedFromElsewhere reports whether a moved block brought a scope from another server than
// the provider's own. If such a scope cannot be read, the plan has the better error, because
// it knows the addressed server.
func (r *serverScopeResource) movedFromElsewhere(private lifecycle.PrivateState, inState types.String) bool {
	own, err := r.ServerIDFor(types.StringNull())
	return private.Moved && (err != nil || own != inState.ValueString())
}

// rejectMovedFromElsewhere rejects a scope that a moved block brings from another realm.
func (r *serverScopeResource) rejectMovedFromElsewhere(diags *diag.Diagnostics, configured, inState types.String) bool {
	if configured.IsUnknown() || r.Server == nil {
		return true
	}
	serverID, err := r.ServerIDFor(configured)
	if was := inState.ValueString(); err == nil && was != serverID {
		r.AddFindings(diags, serverID, []check.Finding{{
			Code: messages.FoundMovedElsewhere, Path: "server_id", Data: messages.OtherServer{Was: r.DescribeServer(was), Now: r.DescribeServer(serverID), WasID: was},
		}})
		return false
	}
	return true
}
