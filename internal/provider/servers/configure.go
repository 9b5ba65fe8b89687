package servers

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Config makes drivers of provider configurations.
type Config struct {
	Version string // goes into the User-Agent
	Env     func(string) string
	Blocks  []Block // the servers that the provider can be configured for
}

// Server is what a provider configuration is made into.
type Server struct {
	Block  string // name of its block; "" if the configuration has none
	Driver authz.Driver
	Caps   authz.Capabilities
	// Unknown is the attribute that is unknown until apply; "" if all are known. There is no
	// driver then.
	Unknown     string
	Concurrency int
	ReadOnly    bool
}

// defaultConcurrency is max_concurrency if it is not set.
const defaultConcurrency = 10

// Attributes returns the schema of the provider.
func (c Config) Attributes() map[string]schema.Attribute {
	all := map[string]schema.Attribute{
		"http": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "HTTP settings. The environment variables `HTTPS_PROXY` and `NO_PROXY` configure a proxy.",
			Attributes: attributes(httpSettings()),
		},
		"read_only": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Whether to reject each write before its first request. Defaults to `false`. Can also be set with the " +
				"`AUTHSCOPES_READ_ONLY` environment variable.",
		},
	}
	for _, s := range c.Blocks {
		all[s.Name] = schema.SingleNestedAttribute{Optional: true, MarkdownDescription: s.Text, Attributes: attributes(s.Settings)}
	}
	return all
}

// Names returns the names of the blocks.
func (c Config) Names() []string {
	names := make([]string, len(c.Blocks))
	for i, s := range c.Blocks {
		names[i] = s.Name
	}
	return names
}

// given is a provider configuration: its one block, and what all blocks share.
type given struct {
	block     Block
	object    types.Object
	transport types.Object
	readOnly  types.Bool
}

// read returns the one server block of a configuration. The name of the block is "" if there
// is none, or an error.
func (c Config) read(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) (given, []check.Finding) {
	var g given
	diags.Append(config.GetAttribute(ctx, path.Root("http"), &g.transport)...)
	diags.Append(config.GetAttribute(ctx, path.Root("read_only"), &g.readOnly)...)
	var written []Block
	for _, s := range c.Blocks {
		var o types.Object
		diags.Append(config.GetAttribute(ctx, path.Root(s.Name), &o)...)
		if !o.IsNull() {
			written = append(written, s)
			g.object = o
		}
	}
	if diags.HasError() || len(written) == 0 {
		return g, nil
	}
	var found []check.Finding
	for _, s := range written[1:] {
		found = append(found, check.Finding{Code: messages.ProviderTwoServers, Path: s.Name, Data: messages.Two{First: written[0].Name, Second: s.Name}})
	}
	if len(found) == 0 {
		g.block = written[0]
	}
	return g, found
}

// Validate rejects a second server, and values that no server can make valid. The
// environment is not part of it: it may be another one when the configuration is applied.
func (c Config) Validate(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []check.Finding {
	g, found := c.read(ctx, config, diags)
	c.values("http", httpSettings(), g.transport, &found).configured().validate()
	if g.block.Name != "" {
		own := c.values(g.block.Name, g.block.Settings, g.object, &found).configured()
		own.validate()
		if g.block.Validate != nil {
			g.block.Validate(own)
		}
	}
	return found
}

// Configure returns the driver. It sends no request: the first request logs in.
func (c Config) Configure(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) (Server, []check.Finding) {
	g, found := c.read(ctx, config, diags)
	if diags.HasError() || len(found) > 0 || g.block.Name == "" {
		return Server{}, found
	}
	s := Server{Block: g.block.Name, Caps: g.block.Caps, Unknown: c.unknown(g)}
	if s.Unknown == "" {
		found = c.build(&s, g)
	}
	return s, found
}

// unknown names the first attribute that is unknown until apply.
func (c Config) unknown(g given) string {
	switch {
	case g.object.IsUnknown():
		return g.block.Name
	case g.transport.IsUnknown():
		return "http"
	case g.readOnly.IsUnknown():
		return "read_only"
	}
	if name := c.values(g.block.Name, g.block.Settings, g.object, nil).unknown(); name != "" {
		return name
	}
	return c.values("http", httpSettings(), g.transport, nil).unknown()
}

func (c Config) values(block string, settings []Setting, object types.Object, found *[]check.Finding) Values {
	return Values{block: block, settings: settings, object: object.Attributes(), env: c.Env, found: found}
}

// build sets the driver. Findings about the configuration come with it: without one if there
// is an error.
func (c Config) build(s *Server, g given) []check.Finding {
	var warnings, found []check.Finding
	shared := c.values("http", httpSettings(), g.transport, &found)
	own := c.values(g.block.Name, g.block.Settings, g.object, &found)
	config := httpConfig(shared, c.Version)
	config.Log = func(ctx context.Context, msg string, fields map[string]any) { tflog.Debug(ctx, msg, fields) }
	if g.block.Transport != nil {
		g.block.Transport(own, &config)
	}
	if config.InsecureSkipVerify {
		warnings = append(warnings, check.Finding{Code: messages.ProviderInsecure, Severity: check.Warn, Path: "http.insecure_skip_verify"})
	}
	client, err := httpapi.New(config)
	if err != nil {
		found = append(found, check.Finding{Code: messages.ProviderRefused, Data: messages.Refusal{Err: err}})
	}
	s.ReadOnly = c.readOnly(g.readOnly, &found)
	if own.plain, err = plainClient(config); err != nil && len(found) == 0 {
		found = append(found, check.Finding{Code: messages.ProviderRefused, Data: messages.Refusal{Err: err}})
	}
	if len(found) == 0 {
		s.Driver = makeDriver(g.block, own, client)
	}
	if s.Concurrency = config.MaxConcurrency; s.Concurrency == 0 {
		s.Concurrency = defaultConcurrency
	}
	if s.Driver != nil {
		s.Caps = s.Driver.Capabilities() // some depend on the configuration
	}
	return append(warnings, found...)
}

// makeDriver returns nil if the configuration of the block is wrong.
func makeDriver(block Block, own Values, client *http.Client) authz.Driver {
	driver, err := block.Build(own, client)
	if err != nil && len(*own.found) == 0 {
		own.fail("", check.Finding{Code: messages.ProviderRefused, Data: messages.Refusal{Err: err, Variables: own.variables()}})
	}
	if len(*own.found) > 0 {
		return nil
	}
	return driver
}

func (c Config) readOnly(written types.Bool, found *[]check.Finding) bool {
	if !written.IsNull() {
		return written.ValueBool()
	}
	settings := []Setting{{Name: "read_only", Env: "AUTHSCOPES_READ_ONLY"}}
	return Values{block: "provider", settings: settings, env: c.Env, found: found}.flag("read_only")
}
