package usertypes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// serverGrantsResource is `authscopes_server_grants`: the scopes of all user types of a
// server.
type serverGrantsResource struct {
	userTypeResource
	lifecycle.Lifecycle[serverGrantsModel]
}

var (
	_ resource.ResourceWithConfigure      = (*serverGrantsResource)(nil)
	_ resource.ResourceWithValidateConfig = (*serverGrantsResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*serverGrantsResource)(nil)
	_ resource.ResourceWithImportState    = (*serverGrantsResource)(nil)
	_ resource.ResourceWithIdentity       = (*serverGrantsResource)(nil)
)

func NewServerGrantsResource() resource.Resource {
	r := &serverGrantsResource{}
	r.Lifecycle = lifecycle.Of(r)
	return r
}

// defaultMaxRevocations is how many grants a plan may revoke unless configured.
const defaultMaxRevocations = 10

func (r *serverGrantsResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_grants"
}

func (r *serverGrantsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = lifecycle.ServerIdentitySchema()
}

func (r *serverGrantsResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the scopes of all user types of an authorization server. " +
			"A user type that has a managed scope on the server and is not listed appears in the plan as a removal, with one line for each scope.\n\n" +
			"`manage` and `ignore` limit the managed scopes, and `ignore_user_types` the managed user types. Built-in scopes and the guard role are never managed. " +
			"A user type without an entry and a user type with an empty set mean the same: it has none of the managed scopes.\n\n" +
			"The apply grants scopes before it revokes others, and revokes only what the plan shows. Revoking the last grant of a scope never opens the scope.\n\n" +
			"The time of a plan grows with the square of the number of scopes of one user type: hundreds are fast, thousands are not.",
		Attributes: map[string]schema.Attribute{
			"server_id":  attrs.ServerID(),
			"server_uid": lifecycle.ServerUIDAttribute(),
			"user_types": schema.MapAttribute{
				Optional: true, ElementType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Map of user type to the names of its scopes. On Keycloak, a user type is a realm role, which must exist. " +
					"To create scopes first, refer to `names` of `authscopes_server_scopes`. An empty map is only accepted if it revokes nothing.",
				Validators: []validator.Map{tftypes.ScopeSets{}},
			},
			"client_roles": schema.MapAttribute{
				Optional: true, ElementType: attrs.ClientRolesType(), Validators: []validator.Map{tftypes.RoleSets{}},
				MarkdownDescription: "Map of client ID to a map of client role to the names of its scopes, on Keycloak. Clients and roles must exist.",
			},
			"manage": attrs.Manage(),
			"ignore": attrs.Ignore(),
			"ignore_user_types": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
				MarkdownDescription: "Glob patterns of user types that the resource does not manage (`*` matches any characters, `?` one). " + attrs.RoleNotation,
			},
			"composite_user_types": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
				MarkdownDescription: "Names of the user types that may be composite roles. " + attrs.RoleNotation + " The scopes of a composite role are also " +
					"granted to each user with a role inside it. " +
					"A role that every user has is never allowed.",
			},
			"allow_built_in": attrs.AllowBuiltIn(attrs.BuiltInOfUserTypes),
			"max_revocations": attrs.DefaultWholeAttribute(
				"Maximum revocations per plan, also of a destroy. One scope of one user type counts as one. Defaults to `10`.", defaultMaxRevocations,
			),
			"on_destroy": attrs.OnDestroy("revoke the scopes", "only remove the resource from state"),
			"open_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the managed scopes that are open to every user, in addition to the configured user types. Sorted by name.",
			},
			"timeouts": base.TimeoutsAttribute(ctx),
		},
	}
}

// ImportState accepts the server ID, on Keycloak the realm. Read adds the rest.
func (r *serverGrantsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := lifecycle.ImportedServerID(ctx, req, &resp.Diagnostics)
	serverID, ok := r.RequireServerID(&resp.Diagnostics, id, r.Caps.UserTypeScopes, messages.SupportUserTypes)
	if !ok {
		return
	}
	m := newServerGrantsModel(serverID)
	lifecycle.PrivateState{Applied: true}.Save(ctx, resp.Private, &resp.Diagnostics)
	lifecycle.SetIdentity(ctx, resp.Identity, m.Identity(), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
