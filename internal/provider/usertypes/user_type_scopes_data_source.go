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
		MarkdownDescription: "Provides details about the scopes of one user type.",
		Attributes: map[string]schema.Attribute{
			"server_id": attrs.DataServerID(),
			"user_type": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the user type. On Keycloak, a realm role."},
			"client_id": schema.StringAttribute{Optional: true, MarkdownDescription: "Client ID, if the user type is a client role on Keycloak. If not set, " +
				"the user type is a realm role."},
			"scopes": schema.SetAttribute{
				Computed: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the scopes that are mapped to the user type, including built-in scopes. Sorted by name.",
			},
			"partial_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: partialScopesText + " Empty on servers that do not store scopes with each user.",
			},
			"also_gets": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the scopes that the user type gets because a composite user type with these scopes contains it. Scopes that every " +
					"user gets are not included. Sorted by name.",
			},
			"contains": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the user types inside this composite user type, with client roles as `client/<client ID>/<role>`. A user with one " +
					"of them gets its scopes. Sorted by name.",
			},
			"rule":     attrs.RuleDataAttribute(),
			"timeouts": base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *userTypeScopesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m userTypeScopesData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	serverID, ok := d.RequireServerID(&resp.Diagnostics, m.ServerID, d.Caps.UserTypeScopes, messages.SupportReadUserTypes)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, m.Timeouts.Read)
	defer done()
	name := userTypeName(m.ClientID, m.UserType)
	if d.RejectClientRole(&resp.Diagnostics, "client_id", m.ClientID.IsNull()) {
		return
	}
	l, ok := d.Report(&resp.Diagnostics, serverID).Snapshot(d.Server.ReadUserType(ctx, serverID, name, nil))
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
