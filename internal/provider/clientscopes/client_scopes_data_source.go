package clientscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// clientScopesDataSource is `data "authscopes_client_scopes"`.
type clientScopesDataSource struct{ base.DataSource }

var _ datasource.DataSourceWithConfigure = (*clientScopesDataSource)(nil)

func NewClientScopesDataSource() datasource.DataSource { return &clientScopesDataSource{} }

type clientScopesData struct {
	ServerID types.String     `tfsdk:"server_id"`
	ClientID types.String     `tfsdk:"client_id"`
	Default  tftypes.ScopeSet `tfsdk:"default"`
	Optional tftypes.ScopeSet `tfsdk:"optional"`
	Timeouts timeouts.Value   `tfsdk:"timeouts"`
}

func (d *clientScopesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_client_scopes"
}

func (d *clientScopesDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about the default and optional scopes of one client.",
		Attributes: map[string]schema.Attribute{
			"server_id": attrs.DataServerID(),
			"client_id": schema.StringAttribute{Required: true, MarkdownDescription: clientIDText},
			"default": schema.SetAttribute{
				Computed: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the default client scopes, including built-in scopes. Sorted by name. Empty on servers without default client scopes.",
			},
			"optional": schema.SetAttribute{
				Computed: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the optional client scopes, including built-in scopes. Sorted by name.",
			},
			"timeouts": base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *clientScopesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m clientScopesData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	serverID, ok := d.RequireServerID(&resp.Diagnostics, m.ServerID, d.Caps.ClientScopes, messages.SupportReadClients)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, m.Timeouts.Read)
	defer done()
	set, err := d.Server.ReadClient(ctx, serverID, m.ClientID.ValueString())
	if !d.Report(&resp.Diagnostics, serverID).RequiredClient(m.ClientID.ValueString(), err) {
		return
	}
	m.ServerID = types.StringValue(serverID)
	m.Default, m.Optional = tftypes.NewScopeSet(authz.Names(set.Default)), tftypes.NewScopeSet(authz.Names(set.Optional))
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
