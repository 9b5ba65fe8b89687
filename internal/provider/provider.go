// Package provider is the Terraform side: schemas, plans, and one seam from
// errors to diagnostics. It alone knows the plugin framework.
package provider

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// scopesProvider is the provider.
type scopesProvider struct {
	version string
	env     func(string) string
	blocks  []serverBlock // the servers it can be configured for
}

var (
	_ provider.Provider                   = (*scopesProvider)(nil)
	_ provider.ProviderWithValidateConfig = (*scopesProvider)(nil)
	_ provider.ProviderWithFunctions      = (*scopesProvider)(nil)
	_ provider.ProviderWithListResources  = (*scopesProvider)(nil)
)

// New makes the provider; version goes into its User-Agent.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &scopesProvider{version: version, env: os.Getenv, blocks: servers()} }
}

func (p *scopesProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "authscopes", p.version
}

func (p *scopesProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	all := map[string]schema.Attribute{
		"http": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "The transport. A proxy is taken from the usual environment (`HTTPS_PROXY`, `NO_PROXY`).",
			Attributes: attributes(httpSettings()),
		},
		"read_only": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Plan and read only: every write is refused before the first request of it. Environment: `AUTHSCOPES_READ_ONLY`.",
		},
	}
	for _, s := range p.blocks {
		all[s.name] = schema.SingleNestedAttribute{Optional: true, MarkdownDescription: s.text, Attributes: attributes(s.settings)}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Authorization scopes as code: which scopes an authorization server knows, and which user types get them.",
		Attributes:          all,
	}
}

// ValidateConfig rejects a second server, and values that no server can make valid. The
// environment is not part of it: it may be another one when the configuration is applied.
func (p *scopesProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	block, object, ok := p.chosen(ctx, req.Config, &resp.Diagnostics)
	var transport types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("http"), &transport)...)
	var errs []error
	shared := p.values("http", httpSettings(), transport, &errs).configured()
	shared.validate()
	if ok {
		own := p.values(block.name, block.settings, object, &errs).configured()
		own.validate()
		if block.validate != nil {
			block.validate(own)
		}
	}
	addSettingErrors(&resp.Diagnostics, errs)
}

// chosen returns the one server block of the configuration. ok is false if there is none,
// or an error.
func (p *scopesProvider) chosen(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) (serverBlock, types.Object, bool) {
	var written []serverBlock
	var object types.Object
	for _, s := range p.blocks {
		var o types.Object
		diags.Append(config.GetAttribute(ctx, path.Root(s.name), &o)...)
		if !o.IsNull() {
			written = append(written, s)
			object = o
		}
	}
	switch {
	case diags.HasError(), len(written) == 0:
	case len(written) > 1:
		for _, s := range written[1:] {
			diags.AddAttributeError(path.Root(s.name), summaryTwoServers,
				fmt.Sprintf("The provider block has %s and %s. One provider configuration is for one server: use a provider alias for each further one.", written[0].name, s.name))
		}
	default:
		return written[0], object, true
	}
	return serverBlock{}, object, false
}

// Configure builds the driver. It makes no request: the login waits for the
// first thing that is asked for.
func (p *scopesProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	block, object, ok := p.chosen(ctx, req.Config, &resp.Diagnostics)
	var transport types.Object
	var readOnly types.Bool
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("http"), &transport)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("read_only"), &readOnly)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !ok {
		none := &data{walk: walk.New(), noServer: p.noServer()}
		resp.ResourceData, resp.DataSourceData, resp.ListResourceData = none, none, none
		return
	}
	d := &data{caps: block.caps, walk: walk.New()}
	d.unknown = p.unknown(block, object, transport, readOnly)
	if d.unknown == "" {
		d.server = p.build(block, object, transport, readOnly, &resp.Diagnostics)
	}
	if d.server != nil {
		d.caps = d.server.Driver().Capabilities() // some depend on the configuration
	}
	if !resp.Diagnostics.HasError() {
		resp.ResourceData, resp.DataSourceData, resp.ListResourceData = d, d, d
	}
}

// noServer returns the error of what needs a server, in a configuration that has none.
func (p *scopesProvider) noServer() string {
	names := make([]string, 0, len(p.blocks))
	for _, s := range p.blocks {
		names = append(names, s.name)
	}
	return fmt.Sprintf("The provider configuration that is used here has no server, and this needs one. Environment variables alone configure nothing.\n\n"+
		"Set exactly one of %s in the provider block; an empty block (keycloak = {}) takes every value from the environment.\n\n"+
		"If the server is in a provider block with an alias, name it here: provider = authscopes.<alias>. "+
		"In a module, pass it: providers = { authscopes = authscopes.<alias> }.", strings.Join(names, ", "))
}

// unknown names the first attribute that depends on something not yet applied.
func (p *scopesProvider) unknown(block serverBlock, object, transport types.Object, readOnly types.Bool) string {
	switch {
	case object.IsUnknown():
		return block.name
	case transport.IsUnknown():
		return "http"
	case readOnly.IsUnknown():
		return "read_only"
	}
	if name := p.values(block.name, block.settings, object, nil).unknown(); name != "" {
		return name
	}
	return p.values("http", httpSettings(), transport, nil).unknown()
}

func (p *scopesProvider) values(block string, settings []setting, object types.Object, errs *[]error) values {
	return values{block: block, settings: settings, object: object.Attributes(), env: p.env, errs: errs}
}

const (
	summaryConfiguration = "The provider cannot be configured"
	summaryTwoServers    = "More than one server is configured"
)

// defaultConcurrency is max_concurrency where it is not given.
const defaultConcurrency = 10

func (p *scopesProvider) build(block serverBlock, object, transport types.Object, readOnly types.Bool, diags *diag.Diagnostics) *engine.Server {
	var errs []error
	shared := p.values("http", httpSettings(), transport, &errs)
	own := p.values(block.name, block.settings, object, &errs)
	config := httpConfig(shared, p.version)
	config.Log = func(ctx context.Context, msg string, fields map[string]any) { tflog.Debug(ctx, msg, fields) }
	if block.transport != nil {
		block.transport(own, &config)
	}
	if config.InsecureSkipVerify {
		diags.AddAttributeWarning(path.Root("http").AtName("insecure_skip_verify"), "The server's certificate is not verified",
			"insecure_skip_verify is set: whoever is between this machine and the server can read the credentials and change the answers. For tests only.")
	}
	client, err := httpapi.New(config)
	if err != nil {
		errs = append(errs, err)
	}
	only := p.readOnly(readOnly, &errs)
	own.plain, err = plainClient(config)
	if err != nil && len(errs) == 0 {
		errs = append(errs, err)
	}
	if addSettingErrors(diags, errs); len(errs) > 0 {
		return nil
	}
	driver, err := block.build(own, client)
	if addSettingErrors(diags, errs); err != nil && len(errs) == 0 {
		diags.AddAttributeError(path.Root(block.name), summaryConfiguration, messages.Advice(err)+own.fromElsewhere()+"\n\n"+err.Error())
	}
	if diags.HasError() {
		return nil
	}
	concurrency := config.MaxConcurrency
	if concurrency == 0 {
		concurrency = defaultConcurrency
	}
	return engine.New(driver, concurrency, only)
}

func (p *scopesProvider) readOnly(written types.Bool, errs *[]error) bool {
	v := values{block: "provider", settings: []setting{{name: "read_only", env: "AUTHSCOPES_READ_ONLY"}}, object: nil, env: p.env, errs: errs}
	if !written.IsNull() {
		return written.ValueBool()
	}
	return v.flag("read_only")
}

func (p *scopesProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newServerScopeResource, newServerScopesResource, newUserTypeScopesResource, newClientScopesResource}
}

func (p *scopesProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newServerScopeDataSource, newServerScopesDataSource, newUserTypeScopesDataSource, newClientScopesDataSource,
		newDefinitionsDataSource, newDriftDataSource, newPaceCheckDataSource, newOneLoginServersDataSource, newOneLoginClaimsDataSource, newAccessMatrixDataSource,
	}
}

// ListResources implements provider.ProviderWithListResources. Terraform before
// 1.14 does not ask for them.
func (p *scopesProvider) ListResources(context.Context) []func() fwlist.ListResource {
	return []func() fwlist.ListResource{newServerScopeList, newServerScopesList, newUserTypeScopesList, newClientScopesList}
}

// Functions implements provider.ProviderWithFunctions.
func (p *scopesProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newOpenapiScopesFunction}
}
