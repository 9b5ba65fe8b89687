// Package provider is the Terraform provider: its configuration, and the lists of its resources,
// data sources and functions, which the packages below it have. Its tests run all of it.
package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/clientscopes"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/definitions"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/protocol"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/report"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/servers"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/serverscopes"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/usertypes"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// scopesProvider is the provider.
type scopesProvider struct{ servers.Config }

var (
	_ provider.Provider                   = (*scopesProvider)(nil)
	_ provider.ProviderWithValidateConfig = (*scopesProvider)(nil)
	_ provider.ProviderWithFunctions      = (*scopesProvider)(nil)
	_ provider.ProviderWithListResources  = (*scopesProvider)(nil)
)

// New returns the provider. The version is part of its User-Agent.
func New(version string) func() provider.Provider {
	return func() provider.Provider {
		return &scopesProvider{servers.Config{Version: version, Env: os.Getenv, Blocks: servers.All()}}
	}
}

// NewServer returns a function that serves a provider to Terraform.
func NewServer(p provider.Provider) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		server := providerserver.NewProtocol6(p)()
		if framework, ok := server.(protocol.Framework); ok {
			return protocol.New(framework, packed())
		}
		return server
	}
}

// packed returns the attributes that can have thousands of elements, by type of resource.
func packed() map[string]tftypes.Packed {
	return map[string]tftypes.Packed{
		lifecycle.TypeServerScopes:   {Maps: []string{"scopes", "names", "ids"}},
		lifecycle.TypeServerGrants:   {Sets: []string{"user_types", "client_roles"}},
		lifecycle.TypeUserTypeScopes: {Sets: []string{"scopes"}},
		lifecycle.TypeClientScopes:   {Sets: []string{"default", "optional"}},
	}
}

// Metadata implements provider.Provider.
func (p *scopesProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "authscopes", p.Version
}

// Schema implements provider.Provider.
func (p *scopesProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages OAuth 2.0 scopes, and the user types and clients that get them, on authorization servers.",
		Attributes:          p.Attributes(),
	}
}

// ValidateConfig implements provider.ProviderWithValidateConfig.
func (p *scopesProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	diagnostics.AddAll(&resp.Diagnostics, p.Validate(ctx, req.Config, &resp.Diagnostics))
}

// Configure implements provider.Provider. It makes no request.
func (p *scopesProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	s, found := p.Config.Configure(ctx, req.Config, &resp.Diagnostics)
	d := &base.ProviderData{Caps: s.Caps, UnknownAttribute: s.Unknown, Walk: walk.New()}
	d.AddFindings(&resp.Diagnostics, "", found)
	if resp.Diagnostics.HasError() {
		return
	}
	if s.Block == "" {
		d.NoServer = p.Names()
	}
	if s.Driver != nil {
		d.Server = engine.New(s.Driver, s.Concurrency, s.ReadOnly)
	}
	resp.ResourceData, resp.DataSourceData, resp.ListResourceData = d, d, d
}

func (p *scopesProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		serverscopes.NewServerScopeResource, serverscopes.NewServerScopesResource,
		usertypes.NewUserTypeScopesResource, usertypes.NewServerGrantsResource, clientscopes.NewClientScopesResource,
	}
}

func (p *scopesProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		serverscopes.NewServerScopeDataSource, serverscopes.NewServerScopesDataSource,
		usertypes.NewUserTypeScopesDataSource, usertypes.NewServerGrantsDataSource, clientscopes.NewClientScopesDataSource,
		definitions.NewDataSource, report.NewDriftDataSource, report.NewAccessMatrixDataSource,
		pace.NewCheckDataSource, onelogin.NewServersDataSource, onelogin.NewClaimsDataSource,
	}
}

// ListResources implements provider.ProviderWithListResources. Terraform before
// 1.14 does not ask for them.
func (p *scopesProvider) ListResources(context.Context) []func() fwlist.ListResource {
	return []func() fwlist.ListResource{
		serverscopes.NewServerScopeList, serverscopes.NewServerScopesList,
		usertypes.NewUserTypeScopesList, usertypes.NewServerGrantsList, clientscopes.NewClientScopesList,
	}
}

// Functions implements provider.ProviderWithFunctions.
func (p *scopesProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{definitions.NewFunction}
}
