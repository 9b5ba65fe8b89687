package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// clientScopesDataSource is `data "authscopes_client_scopes"`.
type clientScopesDataSource struct{ dataSourceBase }

var _ datasource.DataSourceWithConfigure = (*clientScopesDataSource)(nil)

func newClientScopesDataSource() datasource.DataSource { return &clientScopesDataSource{} }

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
		MarkdownDescription: "The scopes that one client application may ask for.",
		Attributes: map[string]schema.Attribute{
			"server_id": dataServerID(),
			"client_id": schema.StringAttribute{Required: true, MarkdownDescription: clientIDText},
			"default": schema.SetAttribute{
				Computed: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the scopes that its tokens carry without being asked for, built-in ones too. Empty on servers without the difference.",
			},
			"optional": schema.SetAttribute{
				Computed: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
				MarkdownDescription: "Names of the scopes that its tokens carry when it asks for them, built-in ones too.",
			},
			"timeouts": readTimeoutAttribute(ctx),
		},
	}
}

func (d *clientScopesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m clientScopesData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.mustKnow(&resp.Diagnostics) || !d.requireCapability(&resp.Diagnostics, d.caps.ClientScopes, messages.SupportReadClients) {
		return
	}
	serverID, ok := d.address(&resp.Diagnostics, m.ServerID, types.StringNull())
	if !ok {
		return
	}
	ctx, done := timed(ctx, &resp.Diagnostics, opRead, m.Timeouts.Read)
	defer done()
	set, ok := d.mustViewClient(ctx, &resp.Diagnostics, serverID, m.ClientID.ValueString(), d.server.ReadClient)
	if !ok {
		return
	}
	m.ServerID = types.StringValue(serverID)
	m.Default, m.Optional = tftypes.NewScopeSet(authz.Names(set.Default)), tftypes.NewScopeSet(authz.Names(set.Optional))
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
