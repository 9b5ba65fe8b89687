package usertypes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// serverGrantsDataSource is `data "authscopes_server_grants"`.
type serverGrantsDataSource struct{ base.DataSource }

var _ datasource.DataSourceWithConfigure = (*serverGrantsDataSource)(nil)

func NewServerGrantsDataSource() datasource.DataSource { return &serverGrantsDataSource{} }

type serverGrantsData struct {
	ServerID           types.String   `tfsdk:"server_id"`
	IncludeBuiltIn     types.Bool     `tfsdk:"include_built_in"`
	UserTypes          types.Map      `tfsdk:"user_types"`
	ClientRoles        types.Map      `tfsdk:"client_roles"`
	CompositeUserTypes types.List     `tfsdk:"composite_user_types"`
	EveryoneUserTypes  types.List     `tfsdk:"everyone_user_types"`
	OpenScopes         types.List     `tfsdk:"open_scopes"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

func (d *serverGrantsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_grants"
}

func (d *serverGrantsDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	names := func(text string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text + " Sorted by name."}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about the scopes of all user types of an authorization server. " +
			"A scope that is open to every user is in `open_scopes`, and not in the sets of the user types.",
		Attributes: map[string]schema.Attribute{
			"server_id":        attrs.DataServerID(),
			"include_built_in": attrs.IncludeBuiltIn(),
			"user_types": schema.MapAttribute{
				Computed: true, ElementType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Map of user type to the names of its scopes, for each user type that has a scope. The guard role is not included.",
			},
			"client_roles": schema.MapAttribute{
				Computed: true, ElementType: attrs.ClientRolesType(),
				MarkdownDescription: "Map of client ID to a map of client role to the names of its scopes, for each client role that has a scope.",
			},
			"composite_user_types": names("Names of the user types that have a scope and are composite, with client roles as `client/<client ID>/<role>`. " +
				"Their scopes are also granted to users with a role inside them."),
			"everyone_user_types": names("Names of the user types that have a scope and that every user has."),
			"open_scopes":         names("Names of the scopes that every user gets."),
			"timeouts":            base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *serverGrantsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m serverGrantsData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	serverID, ok := d.RequireServerID(&resp.Diagnostics, m.ServerID, d.Caps.UserTypeScopes, messages.SupportReadUserTypes)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, m.Timeouts.Read)
	defer done()
	l, ok := d.Report(&resp.Diagnostics, serverID).UserTypes(d.Server.ReadUserTypes(ctx, serverID, nil, nil))
	if !ok {
		return
	}
	if found := check.UserTypesRead(l); len(found) > 0 {
		d.AddFindings(&resp.Diagnostics, serverID, found)
		return
	}
	m.ServerID = types.StringValue(serverID)
	m.fill(l, d.Caps.Settings)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// fill sets what a server has. open is true if the server has open scopes.
func (m *serverGrantsData) fill(l *authz.Snapshot, open bool) {
	var composite, everyone, openScopes []string
	all := diff.AllGrants(l, m.IncludeBuiltIn.ValueBool())
	for userType := range all {
		u, _ := l.UserType(userType)
		if u.Composite() {
			composite = append(composite, userType)
		}
		if u.Everyone {
			everyone = append(everyone, userType)
		}
	}
	for _, s := range l.Scopes {
		if open && s.Settings.Access == authz.AccessEveryone && (!s.BuiltIn || m.IncludeBuiltIn.ValueBool()) {
			openScopes = append(openScopes, s.Name)
		}
	}
	var sets serverGrantsModel
	sets.UserTypes, sets.ClientRoles = types.MapValueMust(tftypes.NewScopeSetType(), nil), types.MapValueMust(attrs.ClientRolesType(), nil)
	sets.setGrants(all, nil)
	m.UserTypes, m.ClientRoles = sets.UserTypes, sets.ClientRoles
	m.CompositeUserTypes, m.EveryoneUserTypes = tftypes.StringList(authz.NameSet(composite...)), tftypes.StringList(authz.NameSet(everyone...))
	m.OpenScopes = tftypes.StringList(openScopes)
}
