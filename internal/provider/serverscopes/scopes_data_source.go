package serverscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// serverScopesDataSource is `data "authscopes_server_scopes"`.
type serverScopesDataSource struct{ base.DataSource }

// serverScopeDataSource is `data "authscopes_server_scope"`.
type serverScopeDataSource struct{ base.DataSource }

var (
	_ datasource.DataSourceWithConfigure = (*serverScopesDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*serverScopeDataSource)(nil)
)

func NewServerScopesDataSource() datasource.DataSource { return &serverScopesDataSource{} }
func NewServerScopeDataSource() datasource.DataSource  { return &serverScopeDataSource{} }

// scopeData is one scope as a data source shows it.
type scopeData struct {
	ID            types.String    `tfsdk:"id"`
	Description   types.String    `tfsdk:"description"`
	BuiltIn       types.Bool      `tfsdk:"built_in"`
	UserTypes     types.List      `tfsdk:"user_types"`
	AlsoReaches   types.List      `tfsdk:"also_reaches"`
	ClientRoles   types.List      `tfsdk:"client_roles"`
	Restrictions  types.List      `tfsdk:"restrictions"`
	Protocol      types.String    `tfsdk:"protocol"`
	Parameterized types.Bool      `tfsdk:"parameterized"`
	Mappers       []attrs.Mapper  `tfsdk:"protocol_mappers"`
	Settings      *attrs.Settings `tfsdk:"settings"`
}

func scopeDataAttributes() map[string]schema.Attribute {
	names := func(text string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text + " Sorted by name."}
	}
	return map[string]schema.Attribute{
		"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the scope on the server. Null if the server has no IDs."},
		"description": schema.StringAttribute{Computed: true, MarkdownDescription: "Description of the scope. Null if it has none."},
		"built_in":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the scope is built in."},
		"user_types":  names("Names of the user types that the scope is mapped to."),
		"also_reaches": names("Names of the user types, and client roles as `client/<client ID>/<role>`, that get the scope because a composite user type " +
			"contains them."),
		"client_roles": names("Client roles that the scope is mapped to, as `client/<client ID>/<role>`, with `%2F` for a slash of the client ID. Client " +
			"roles limit a scope as user types do."),
		"restrictions": names("Restrictions that can follow the name of the scope, on Venafi."),
		"protocol": schema.StringAttribute{Computed: true, MarkdownDescription: "Protocol of the scope if it is not OpenID Connect, such as `oid4vc` on " +
			"Keycloak. Null otherwise."},
		"parameterized": schema.BoolAttribute{
			Computed: true, MarkdownDescription: "Whether a request can add a parameter to the name, as in `name:value`. The token then has that text as a scope.",
		},
		"protocol_mappers": attrs.Mappers(),
		"settings": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: "Settings of the scope. Null if the server has no settings.",
			Attributes: attrs.EachSetting(attrs.ReportedSetting),
		},
	}
}

func newScopeData(caps authz.Capabilities, l *authz.Snapshot, s authz.Scope) scopeData {
	d := scopeData{
		ID: tftypes.TextOrNull(s.ID, types.StringNull()), Description: tftypes.TextOrNull(s.Description, types.StringNull()), BuiltIn: types.BoolValue(s.BuiltIn),
		UserTypes: tftypes.StringList(s.UserTypes), AlsoReaches: tftypes.StringList(l.AlsoReaches(s)),
		ClientRoles: tftypes.StringList(s.ClientRoles), Restrictions: tftypes.StringList(s.Restrictions),
		Protocol: tftypes.TextOrNull(s.Protocol, types.StringNull()), Parameterized: types.BoolValue(s.Parameterized), Mappers: attrs.NewMappers(s.Mappers),
	}
	if caps.Settings {
		settings := attrs.LiveSettings(s.Settings, attrs.Settings{})
		d.Settings = &settings
	}
	return d
}

type serverScopesData struct {
	ServerID       types.String         `tfsdk:"server_id"`
	Filter         []types.String       `tfsdk:"filter"`
	IncludeBuiltIn types.Bool           `tfsdk:"include_built_in"`
	Scopes         map[string]scopeData `tfsdk:"scopes"`
	OpenScopes     types.List           `tfsdk:"open_scopes"`
	RealmDefault   types.List           `tfsdk:"realm_default_scopes"`
	RealmOptional  types.List           `tfsdk:"realm_optional_scopes"`
	Timeouts       timeouts.Value       `tfsdk:"timeouts"`
}

func (d *serverScopesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_scopes"
}

func (d *serverScopesDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about all scopes of an authorization server and their user types.",
		Attributes: map[string]schema.Attribute{
			"server_id": attrs.DataServerID(),
			"filter": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{}},
				MarkdownDescription: "Glob patterns of scopes to read (`*` matches any characters, `?` one). If not set, all scopes are read.",
			},
			"include_built_in": attrs.IncludeBuiltIn(),
			"scopes": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "Map of scope name to its details.",
				NestedObject: schema.NestedAttributeObject{Attributes: scopeDataAttributes()},
			},
			"open_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the scopes that every user gets. Sorted by name.",
			},
			"realm_default_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of all scopes that new clients get as default scopes, including built-in scopes and scopes that `filter` excludes. " +
					"Sorted by name. Empty on servers without such scopes.",
			},
			"realm_optional_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of all scopes that new clients get as optional scopes, including built-in scopes and scopes that `filter` excludes. " +
					"Sorted by name. Empty on servers without such scopes.",
			},
			"timeouts": base.ReadTimeoutAttribute(ctx),
		},
	}
}

func (d *serverScopesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m serverScopesData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.RequireServer(&resp.Diagnostics) ||
		!d.RequireCapability(&resp.Diagnostics, d.Caps.ListScopes, messages.SupportReadScopes) {
		return
	}
	serverID, ok := d.ResolveListServerID(&resp.Diagnostics, m.ServerID)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, m.Timeouts.Read)
	defer done()
	m.ServerID = types.StringValue(serverID)
	f := diff.NewFilter(tftypes.Strings(m.Filter), nil)
	builtIn := m.IncludeBuiltIn.ValueBool()
	l, ok := d.Report(&resp.Diagnostics, serverID).Snapshot(d.Server.ReadSnapshot(ctx, serverID))
	if !ok {
		return
	}
	m.Scopes = map[string]scopeData{}
	var open []string
	assigned := map[authz.AssignedType][]string{}
	for _, s := range l.Scopes {
		assigned[s.Settings.AssignedType] = append(assigned[s.Settings.AssignedType], s.Name)
		if !f.Manages(s.Name) || s.BuiltIn && !builtIn {
			continue
		}
		m.Scopes[s.Name] = newScopeData(d.Caps, l, s)
		if _, all := l.ReachesEveryone(s); d.Caps.Settings && (all || s.Settings.Access == authz.AccessEveryone) {
			open = append(open, s.Name)
		}
	}
	m.OpenScopes = tftypes.StringList(open)
	m.RealmDefault, m.RealmOptional = tftypes.StringList(assigned[authz.AssignedDefault]), tftypes.StringList(assigned[authz.AssignedOptional])
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

type serverScopeData struct {
	ServerID types.String   `tfsdk:"server_id"`
	Name     types.String   `tfsdk:"name"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
	scopeData
}

func (d *serverScopeDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_scope"
}

func (d *serverScopeDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := scopeDataAttributes()
	attributes["server_id"] = attrs.DataServerID()
	attributes["name"] = schema.StringAttribute{Required: true, MarkdownDescription: "Name of the scope.", Validators: []validator.String{tftypes.ScopeName{}}}
	attributes["timeouts"] = base.ReadTimeoutAttribute(ctx)
	resp.Schema = schema.Schema{MarkdownDescription: "Provides details about one scope of an authorization server and its user types.", Attributes: attributes}
}

func (d *serverScopeDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m serverScopeData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.RequireServer(&resp.Diagnostics) ||
		!d.RequireCapability(&resp.Diagnostics, d.Caps.ListScopes, messages.SupportReadScopes) {
		return
	}
	serverID, ok := d.ResolveListServerID(&resp.Diagnostics, m.ServerID)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, &resp.Diagnostics, base.OpRead, m.Timeouts.Read)
	defer done()
	l, ok := d.Report(&resp.Diagnostics, serverID).Snapshot(d.Server.ReadSnapshot(ctx, serverID))
	if !ok {
		return
	}
	s, found := l.Scope(m.Name.ValueString())
	if !found {
		d.RejectMissingScope(ctx, &resp.Diagnostics, serverID, m.Name.ValueString())
		return
	}
	m.ServerID, m.scopeData = types.StringValue(serverID), newScopeData(d.Caps, l, s)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
