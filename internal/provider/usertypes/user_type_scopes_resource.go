package usertypes

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// userTypeScopesResource is `authscopes_user_type_scopes`: the scopes that one
// user type gets.
type userTypeScopesResource struct {
	userTypeResource
	lifecycle.Lifecycle[userTypeScopesModel]
}

var (
	_ resource.ResourceWithConfigure   = (*userTypeScopesResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*userTypeScopesResource)(nil)
	_ resource.ResourceWithImportState = (*userTypeScopesResource)(nil)
	_ resource.ResourceWithIdentity    = (*userTypeScopesResource)(nil)
)

func NewUserTypeScopesResource() resource.Resource {
	r := &userTypeScopesResource{}
	r.Lifecycle = lifecycle.Of(r)
	return r
}

type userTypeScopesModel struct {
	lifecycle.ServerBinding
	ServerID       types.String     `tfsdk:"server_id"`
	UserType       types.String     `tfsdk:"user_type"`
	ClientID       types.String     `tfsdk:"client_id"`
	Scopes         tftypes.ScopeSet `tfsdk:"scopes"`
	Manage         []types.String   `tfsdk:"manage"`
	Ignore         []types.String   `tfsdk:"ignore"`
	AllowBuiltIn   types.Bool       `tfsdk:"allow_built_in"`
	AllowComposite types.Bool       `tfsdk:"allow_composite"`
	MaxRevocations tftypes.Whole    `tfsdk:"max_revocations"`
	Rule           types.Object     `tfsdk:"rule"`
	OnDestroy      types.String     `tfsdk:"on_destroy"`
	OpenScopes     types.List       `tfsdk:"open_scopes"`
	PartialScopes  types.List       `tfsdk:"partial_scopes"`
	Timeouts       timeouts.Value   `tfsdk:"timeouts"`
}

type userTypeScopesIdentity struct {
	ServerID types.String `tfsdk:"server_id"`
	UserType types.String `tfsdk:"user_type"`
	ClientID types.String `tfsdk:"client_id"`
}

// name returns the name of the user type that a snapshot has.
func (m *userTypeScopesModel) name() string { return userTypeName(m.ClientID, m.UserType) }

// userTypeName returns the name of a user type, of which clientID is null if it is no client
// role.
func userTypeName(clientID, userType types.String) string {
	if clientID.ValueString() != "" {
		return authz.ClientRoleName(clientID.ValueString(), userType.ValueString())
	}
	return authz.RealmRoleName(userType.ValueString())
}

func (m userTypeScopesModel) Identity() any {
	return userTypeScopesIdentity{m.ServerID, m.UserType, m.ClientID}
}
func (m userTypeScopesModel) Limits() timeouts.Value { return m.Timeouts }
func (m userTypeScopesModel) KeptOnDestroy() bool {
	return m.OnDestroy.ValueString() == attrs.OnDestroyKeep
}
func (m userTypeScopesModel) Server() string { return m.ServerID.ValueString() }

func (r *userTypeScopesResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user_type_scopes"
	resp.ResourceBehavior.MutableIdentity = true // the spelling of the user type
}

func (r *userTypeScopesResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server_id": identityschema.StringAttribute{OptionalForImport: true, Description: attrs.ServerIDText},
		"user_type": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the user type."},
		"client_id": identityschema.StringAttribute{OptionalForImport: true, Description: "Client ID, if the user type is a client role."},
	}}
}

func (r *userTypeScopesResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the scopes of one user type. A scope that the user type has on the server and that is not configured appears in the " +
			"plan as a removal.\n\n" +
			"Role mappings of other user types and client roles are not managed. Revoking the last grant of a scope never opens the scope.",
		Attributes: map[string]schema.Attribute{
			"server_id":  attrs.ServerID(),
			"server_uid": lifecycle.ServerUIDAttribute(),
			"user_type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the user type. On Keycloak, a realm role, which must exist. Changing this forces a new resource.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)}, // ModifyPlan requires the replacement
			},
			"client_id": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Client ID, if the user type is a client role on Keycloak. If not set, the user type is a realm role. Changing this forces a " +
					"new resource.",
			},
			"scopes": schema.SetAttribute{
				Required: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the granted scopes. To create the scopes first, refer to `names` of `authscopes_server_scopes`.",
				Validators:          []validator.Set{tftypes.ScopeName{}},
			},
			"manage":         attrs.Manage(),
			"ignore":         attrs.Ignore(),
			"allow_built_in": attrs.AllowBuiltIn(attrs.BuiltInOfUserTypes),
			"allow_composite": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to allow a composite user type. " +
				"A user with one of the roles in it gets the scopes, too. Never allowed if every user has one of these roles. Defaults to `false`."},
			"max_revocations": attrs.Bound("Maximum number of scopes that a plan revokes from the user type."),
			"rule":            attrs.RuleAttribute(),
			"on_destroy":      attrs.OnDestroy("revoke the scopes", "only remove the resource from state"),
			"open_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of scopes that were revoked from this user type and then opened outside Terraform. The next apply limits them again. " +
					"Sorted by name.",
			},
			"partial_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: partialScopesText + " The next apply grants the configured scopes to all users. Empty on servers that do not store scopes " +
					"with each user.",
			},
			"timeouts": base.TimeoutsAttribute(ctx),
		},
	}
}

// partialScopesText describes the scopes that some users of a user type have.
const partialScopesText = "Names of the scopes that only some users of the user type have. `scopes` has only the scopes of all users. Sorted by name."

// Refresh implements operations. Only a user type that the server's own listing does not
// have, neither by its name nor by its ID, does not exist. The scopes in state stay if the
// server does not return those of a user type.
func (r *userTypeScopesResource) Refresh(
	ctx context.Context, diags *diag.Diagnostics, state userTypeScopesModel, m *userTypeScopesModel, remembered *lifecycle.PrivateState,
) (found, ok bool) {
	userType, held := m.name(), state.scopeNames()
	l, ok := r.Report(diags, m.ServerID.ValueString()).Shown(r.Server.RefreshUserType(ctx, m.ServerID.ValueString(), userType, held, held))
	if !ok || r.rejectRenamed(diags, l, m, *remembered) {
		return false, false
	}
	u, found := l.UserType(userType)
	if found {
		remembered.UserTypeID = cmp.Or(u.ID, remembered.UserTypeID)
		m.Refresh(l, remembered)
		m.Rule = attrs.RefreshRule(ctx, m.Rule, u.Rule, diags)
	}
	return found, !diags.HasError()
}

// RecordRead implements operations.
func (r *userTypeScopesResource) RecordRead(state userTypeScopesModel, private lifecycle.PrivateState) {
	r.RecordState(lifecycle.TypeUserTypeScopes, r.holder(state).Intent(), private)
}

// ReadWithoutParent implements operations.
func (r *userTypeScopesResource) ReadWithoutParent(diags *diag.Diagnostics, m *userTypeScopesModel) bool {
	r.WarnParentGone(diags, m.ServerID.ValueString())
	return false
}

// rejectRenamed rejects a user type that was renamed since the last write, because another one
// may have its name now.
func (r *userTypeScopesResource) rejectRenamed(diags *diag.Diagnostics, l *authz.Snapshot, m *userTypeScopesModel, remembered lifecycle.PrivateState) bool {
	userType := m.name()
	now, is := l.UserTypeByID(remembered.UserTypeID)
	if !is || now.Name == userType {
		return false
	}
	r.AddFindings(diags, m.ServerID.ValueString(), []check.Finding{{
		Code: messages.FoundRenamedUserType, Path: "user_type", Subjects: []string{userType}, Data: now.Name,
	}})
	return true
}

func (m *userTypeScopesModel) Refresh(l *authz.Snapshot, remembered *lifecycle.PrivateState) {
	named, _ := m.Scopes.Names()
	f := diff.NewFilter(tftypes.Strings(m.Manage), tftypes.Strings(m.Ignore))
	names := []string{}
	remembered.Outside = nil
	for _, s := range l.ScopesOf(m.name()) {
		switch {
		case f.Manages(s.Name) && (!s.BuiltIn || slices.Contains(named, s.Name)):
			names = append(names, s.Name)
		case !s.BuiltIn:
			remembered.Outside = append(remembered.Outside, s.Name)
		}
	}
	m.Scopes = tftypes.NewScopeSet(names)
	u, _ := l.UserType(m.name())
	m.PartialScopes = tftypes.StringList(u.Partial)
	m.OpenScopes = types.ListValueMust(types.StringType, tftypes.StringValues(leftOpen(l, remembered.Released)))
}

// leftOpen returns the released scopes that are open although no configuration opens them,
// because the role mapping to the guard role was removed outside Terraform.
func leftOpen(l *authz.Snapshot, released []string) []string {
	return slices.DeleteFunc(slices.Clone(released), func(name string) bool {
		s, ok := l.Scope(name)
		return !ok || s.Settings.Access != authz.AccessEveryone || s.LastAppliedAccess == authz.AccessEveryone
	})
}

// roleName returns the name of a role on the server.
func roleName(userType string) string {
	_, role := authz.SplitRoleName(userType)
	return role
}
