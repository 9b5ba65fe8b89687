package usertypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// userTypeScopesDataSource is `data "authscopes_user_type_scopes"`.
type userTypeScopesDataSource struct{ base.DataSource }

var _ datasource.DataSourceWithConfigure = (*userTypeScopesDataSource)(nil)

func NewUserTypeScopesDataSource() datasource.DataSource { return &userTypeScopesDataSource{} }

type userTypeScopesData struct {
	ServerID types.String     `tfsdk:"server_id"`
	UserType types.String     `tfsdk:"user_type"`
	ClientID types.String     `tfsdk:"client_id"`
	Scopes   tftypes.ScopeSet `tfsdk:"scopes"`
	Partial  types.List       `tfsdk:"partial_scopes"`
	AlsoGets types.List       `tfsdk:"also_gets"`
	Contains types.List       `tfsdk:"contains"`
	Rule     types.Object     `tfsdk:"rule"`
	Timeouts timeouts.Value   `tfsdk:"timeouts"`
}

func (d *userTypeScopesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user_type_scopes"
}

func (d *userTypeScopesDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The scopes that one user type has on the server.",
		Attributes: map[string]schema.Attribute{
			"server_id": attrs.DataServerID(),
			"user_type": schema.StringAttribute{Required: true, MarkdownDescription: "The user type: on Keycloak the name of a realm role."},
			"client_id": schema.StringAttribute{Optional: true, MarkdownDescription: "Client ID of the client whose role the user type is, on Keycloak. A realm role if not set."},
			"scopes": schema.SetAttribute{
				Computed: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the scopes that are mapped to it, built-in ones too.",
			},
			"partial_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: partialScopesText + " Empty on servers that do not keep scopes with each user.",
			},
			"also_gets": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Scopes that it gets without being mapped to them, because it is inside of a user type that is. Sorted. What everyone gets is not among them.",
			},
			"contains": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "What is inside of it (a composite role's roles; client roles as `client/<client ID>/<role>`): whoever has one of these gets its scopes. Sorted.",
			},
			"rule":     attrs.RuleDataAttribute(),
			"timeouts": base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *userTypeScopesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m userTypeScopesData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.RequireServer(&resp.Diagnostics) ||
		!d.RequireCapability(&resp.Diagnostics, d.Caps.UserTypeScopes, messages.SupportReadUserTypes) {
		return
	}
	serverID, ok := d.ResolveServerID(&resp.Diagnostics, m.ServerID, types.StringNull())
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, m.Timeouts.Read)
	defer done()
	name := userTypeName(m.ClientID, m.UserType)
	if d.RejectClientRole(&resp.Diagnostics, "client_id", m.ClientID.IsNull()) {
		return
	}
	l, ok := d.ReadUserType(ctx, &resp.Diagnostics, serverID, name)
	if !ok {
		return
	}
	u, found := l.UserType(name)
	if !found {
		d.RejectMissingUserType(ctx, &resp.Diagnostics, serverID, name, path.Root("user_type"))
		return
	}
	m.ServerID = types.StringValue(serverID)
	m.fill(l, u)
	if m.Rule = types.ObjectNull(attrs.RuleTypes()); u.Rule != nil {
		object, more := types.ObjectValueFrom(ctx, attrs.RuleTypes(), attrs.LiveRule(u.Rule))
		m.Rule = object
		resp.Diagnostics.Append(more...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// fill sets what a server has.
func (m *userTypeScopesData) fill(l *authz.Snapshot, u authz.UserType) {
	m.Scopes, m.Partial = tftypes.NewScopeSet(authz.Names(l.ScopesOf(u.Name))), tftypes.StringList(u.Partial)
	m.Contains = tftypes.StringList(slices.Sorted(slices.Values(slices.Concat(u.Contains, u.ContainsClientRoles))))
	var gets []string
	for _, s := range l.Scopes {
		if slices.Contains(l.AlsoReaches(s), u.Name) {
			gets = append(gets, s.Name)
		}
	}
	m.AlsoGets = tftypes.StringList(gets)
}
