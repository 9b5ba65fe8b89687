package onelogin

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// oneloginServersDataSource is `data "authscopes_onelogin_servers"`.
type oneloginServersDataSource struct{ base.DataSource }

// oneloginClaimsDataSource is `data "authscopes_onelogin_claims"`.
type oneloginClaimsDataSource struct{ base.DataSource }

var (
	_ datasource.DataSourceWithConfigure = (*oneloginServersDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*oneloginClaimsDataSource)(nil)
)

func NewServersDataSource() datasource.DataSource { return &oneloginServersDataSource{} }
func NewClaimsDataSource() datasource.DataSource  { return &oneloginClaimsDataSource{} }

type oneloginServersData struct {
	Servers  map[string]oneloginServer `tfsdk:"servers"`
	Timeouts timeouts.Value            `tfsdk:"timeouts"`
}

type oneloginServer struct {
	Name               types.String `tfsdk:"name"`
	Description        types.String `tfsdk:"description"`
	ResourceIdentifier types.String `tfsdk:"resource_identifier"`
	Audiences          types.List   `tfsdk:"audiences"`
}

type oneloginClaimsData struct {
	ServerID types.String             `tfsdk:"server_id"`
	Claims   map[string]oneloginClaim `tfsdk:"claims"`
	Timeouts timeouts.Value           `tfsdk:"timeouts"`
}

type oneloginClaim struct {
	ID              types.String `tfsdk:"id"`
	Label           types.String `tfsdk:"label"`
	Mappings        types.String `tfsdk:"user_attribute_mappings"`
	Transformations types.String `tfsdk:"attributes_transformations"`
}

func (d *oneloginServersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_onelogin_servers"
}

func (d *oneloginClaimsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_onelogin_claims"
}

func computedText(text string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: text}
}

func (d *oneloginServersDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about all authorization servers of a OneLogin account.\n\nThis data source requires the provider block `onelogin`.",
		Attributes: map[string]schema.Attribute{
			"servers": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "Map of authorization server ID, which is the `server_id` of resources, to its details.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name":                computedText("Name of the authorization server."),
					"description":         computedText("Description of the authorization server. Null if it has none."),
					"resource_identifier": computedText("Resource identifier of the API."),
					"audiences": schema.ListAttribute{
						Computed: true, ElementType: types.StringType,
						MarkdownDescription: "Audiences of the tokens. Sorted by name.",
					},
				}},
			},
			"timeouts": base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *oneloginClaimsDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about the claims of a OneLogin authorization server.\n\nThis data source requires the provider block `onelogin`.",
		Attributes: map[string]schema.Attribute{
			"server_id": schema.StringAttribute{Required: true, MarkdownDescription: "ID of the authorization server."},
			"claims": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "Map of claim name to its details.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                         computedText("ID of the claim."),
					"label":                      computedText("Label of the claim. Null if it has none."),
					"user_attribute_mappings":    computedText("User attribute that is the value of the claim. Null if it has none."),
					"attributes_transformations": computedText("Transformation of the value. Null if it has none."),
				}},
			},
			"timeouts": base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *oneloginServersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m oneloginServersData
	diags := &resp.Diagnostics
	diags.Append(req.Config.Get(ctx, &m)...)
	if diags.HasError() {
		return
	}
	reader, ok := requireAuthServers(d.ProviderData, diags, "authscopes_onelogin_servers")
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, diags, base.OpRead, m.Timeouts.Read)
	defer done()
	servers, err := reader.AuthServers(ctx)
	if err != nil {
		d.AddFailure(diags, "", check.Finding{Code: messages.FailedAuthServers}, err)
		return
	}
	m.Servers = map[string]oneloginServer{}
	for _, s := range servers {
		m.Servers[s.ID] = oneloginServer{
			types.StringValue(s.Name), types.StringPointerValue(s.Description), types.StringValue(s.ResourceIdentifier), tftypes.StringList(s.Audiences),
		}
	}
	diags.Append(resp.State.Set(ctx, m)...)
}

func (d *oneloginClaimsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m oneloginClaimsData
	diags := &resp.Diagnostics
	diags.Append(req.Config.Get(ctx, &m)...)
	if diags.HasError() {
		return
	}
	reader, ok := requireAuthServers(d.ProviderData, diags, "authscopes_onelogin_claims")
	if !ok {
		return
	}
	serverID, ok := d.ResolveServerID(diags, m.ServerID, types.StringNull())
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, diags, base.OpRead, m.Timeouts.Read)
	defer done()
	claims, err := reader.Claims(ctx, serverID)
	if err != nil {
		d.AddFailure(diags, serverID, check.Finding{Code: messages.FailedClaims}, err)
		return
	}
	m.Claims = map[string]oneloginClaim{}
	for _, c := range claims {
		m.Claims[c.Name] = oneloginClaim{
			types.StringValue(c.ID), types.StringPointerValue(c.Label),
			types.StringPointerValue(c.UserAttributeMappings), types.StringPointerValue(c.AttributeTransformation),
		}
	}
	diags.Append(resp.State.Set(ctx, m)...)
}

// requireAuthServers adds an error if the server has no authorization servers to read.
func requireAuthServers(d *base.ProviderData, diags *diag.Diagnostics, dataSource string) (authz.AuthServerReader, bool) {
	if !d.RequireServer(diags) {
		return nil, false
	}
	reader, ok := d.Server.Driver().(authz.AuthServerReader)
	if !ok {
		d.AddFindings(diags, "", []check.Finding{{Code: messages.SupportAuthServers, Data: dataSource}})
	}
	return reader, ok
}
