package report

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drift"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/serverscopes"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// driftDataSource is `data "authscopes_drift"`.
type driftDataSource struct{ base.DataSource }

var (
	_ datasource.DataSourceWithConfigure      = (*driftDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*driftDataSource)(nil)
)

func NewDriftDataSource() datasource.DataSource { return &driftDataSource{} }

func (d *driftDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_drift"
}

func (d *driftDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := driftOutputs()
	attributes["server_id"] = attrs.DataServerID()
	attributes["timeouts"] = base.ReadTimeoutAttribute(ctx)
	addDriftInputs(attributes)
	addBaselineInputs(attributes)
	resp.Schema = schema.Schema{
		MarkdownDescription: "Compares scope definitions with the server. The result has each difference as data, and a report in Markdown. The data source " +
			"shares its requests with all resources of the same provider configuration.\n\n" +
			"Built-in scopes are not compared unless they are defined. To fail on drift, use a postcondition on `in_sync` in a configuration without " +
			"resources: next to resources, it would stop the apply that fixes the drift.",
		Attributes: attributes,
	}
}

// addDriftInputs adds the definitions to compare.
func addDriftInputs(attributes map[string]schema.Attribute) {
	attributes["scopes"] = schema.MapAttribute{
		Required: true, CustomType: tftypes.NewTextMapType(), ElementType: types.StringType,
		Validators: []validator.Map{tftypes.DefinedScopes{Empty: messages.InputNoDefinitions}},
		MarkdownDescription: "Map of scope name to description, as defined, such as the result of `openapi_scopes`. Set `null` for no description. At least " +
			"one scope is required.",
	}
	attributes["settings"] = schema.SingleNestedAttribute{
		Optional: true, Attributes: attrs.EachSetting(attrs.DataSetting), Validators: []validator.Object{tftypes.CommonSettings{}},
		MarkdownDescription: "Settings of all scopes, on servers with settings. A setting that is not set has its default, as in `authscopes_server_scopes`.",
	}
	attributes["overrides"] = schema.MapNestedAttribute{
		Optional: true, Validators: []validator.Map{tftypes.NoNullEntries{}, tftypes.OverrideEntries{}},
		NestedObject:        schema.NestedAttributeObject{Attributes: attrs.EachSetting(attrs.DataSetting)},
		MarkdownDescription: "Map of scope name to the settings that differ from `settings`.",
	}
	attributes["user_types"] = schema.MapAttribute{
		Optional: true, ElementType: tftypes.NewScopeSetType(),
		MarkdownDescription: "Map of user type to the names of its scopes. The map must be complete: each other user type or client role with a compared " +
			"scope is unexpected, unless `ignore_user_types` matches it. " +
			"If neither `user_types` nor `client_roles` is set, holders are not compared.",
		Validators: []validator.Map{tftypes.ScopeSets{}},
	}
	attributes["client_roles"] = schema.MapAttribute{
		Optional: true, ElementType: attrs.ClientRolesType(), Validators: []validator.Map{tftypes.RoleSets{}},
		MarkdownDescription: "Map of client ID to a map of client role to the names of its scopes, on Keycloak. The map must be complete, as `user_types`.",
	}
	attributes["ignore_user_types"] = schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
		MarkdownDescription: "Glob patterns of user types and client roles that are not compared (`*` matches any characters, `?` one). " + attrs.RoleNotation,
	}
	attributes["manage"] = schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: attrs.Manage().Validators,
		MarkdownDescription: "Glob patterns of compared scope names (`*` matches any characters, `?` one). If not set, all scopes are compared.",
	}
	attributes["ignore"] = schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: attrs.Ignore().Validators,
		MarkdownDescription: "Glob patterns of scope names that are not compared.",
	}
}

// addBaselineInputs adds what only the report uses: the definitions before this change, and
// their places.
func addBaselineInputs(attributes map[string]schema.Attribute) {
	attributes["baseline"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Map of scope name to description, as defined before this change. The report then distinguishes differences of this change from drift.",
	}
	attributes["baseline_user_types"] = schema.MapAttribute{
		Optional: true, ElementType: tftypes.NewScopeSetType(), Validators: []validator.Map{tftypes.ScopeSets{}},
		MarkdownDescription: "Map of user type to the names of its scopes before this change, for the causes in the report. Has no effect without " +
			"`baseline`. " + attrs.RoleNotation,
	}
	attributes["baseline_settings"] = schema.SingleNestedAttribute{
		Optional: true, Attributes: attrs.EachSetting(attrs.DataSetting),
		MarkdownDescription: "`settings` before this change, for the causes in the report. If neither this nor `baseline_overrides` is set, the causes of " +
			"changed settings are unknown. Has no effect without `baseline`.",
	}
	attributes["baseline_overrides"] = schema.MapNestedAttribute{
		Optional: true, Validators: []validator.Map{tftypes.NoNullEntries{}},
		NestedObject:        schema.NestedAttributeObject{Attributes: attrs.EachSetting(attrs.DataSetting)},
		MarkdownDescription: "`overrides` before this change, for the causes in the report. Has no effect without `baseline`.",
	}
	attributes["sources"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Map of scope name to the place of its definition, such as `places` of `authscopes_definitions`. The report shows the places.",
	}
}

// driftOutputs returns the computed attributes.
func driftOutputs() map[string]schema.Attribute {
	names := func(text string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text + " Sorted by name."}
	}
	str := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	return map[string]schema.Attribute{
		"in_sync": schema.BoolAttribute{
			Computed: true, MarkdownDescription: "Whether the server matches the definitions: no difference, `open_scopes` and `covered` are empty, no problem " +
				"blocks writes, and all compared parts were visible. On Keycloak, a guard role with holders blocks writes. Never null.",
		},
		"missing":    names("Names of defined scopes that the server does not have."),
		"unexpected": names("Names of scopes on the server that are not defined."),
		"changed": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "Attributes that differ from the definitions. Sorted by name and attribute.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name": str("Name of the scope."), "attribute": str("Name of the attribute: `description` or a setting."),
				"defined": str("Defined value. Null if there is none."), "live": str("Value on the server. Null if there is none."),
			}},
		},
		"user_type_drift": schema.MapNestedAttribute{
			Computed: true, MarkdownDescription: "Differences of each user type of `user_types`, of each client role of `client_roles`, and of each unexpected " +
				"holder. " + attrs.RoleNotation,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"missing": names("Names of the defined scopes that the user type does not have."), "unexpected": names("Names of the scopes that the user type " +
					"has and that are not defined for it."),
				"exists": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the server has the user type. Null if the server does not report it."},
			}},
		},
		"open_scopes": names("Names of scopes that every user gets, although the definitions do not open them. Such a scope was opened outside Terraform, " +
			"no configuration specifies its access, " +
			"or a user type or client role of every user has it."),
		"covered": schema.MapAttribute{
			Computed: true, ElementType: types.ListType{ElemType: types.StringType},
			MarkdownDescription: "Map of parameterized scope to the names of defined scopes that it adds to tokens of more users. If it has an entry, " +
				"`in_sync` is `false`.",
		},
		"protocol_mappers": schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of protocol mappers of the compared scopes. Protocol mappers " +
			"are not compared."},
		"not_checked": attrs.NotChecked("If an entry has `compared = true`, `in_sync` is `false`, because the entry may hide a difference."),
		"report": str("Result in Markdown, for a comment on a pull request. At most 60,000 bytes. It begins with the parts of `not_checked`, " +
			"followed by the result and the open scopes."),
	}
}

// ValidateConfig checks the keys as authscopes_server_scopes does, and the scopes of user types and
// client roles.
func (d *driftDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	diags := &resp.Diagnostics
	c := serverscopes.ReadSetConfig(ctx, req.Config, diags)
	c.RejectMismatchedKeys(diags)
	var userTypes, clientRoles types.Map
	diags.Append(req.Config.GetAttribute(ctx, path.Root("user_types"), &userTypes)...)
	diags.Append(req.Config.GetAttribute(ctx, path.Root("client_roles"), &clientRoles)...)
	if !tftypes.ListKnown(c.Manage) || !tftypes.ListKnown(c.Ignore) {
		return
	}
	rejectExcluded(diags, path.Root("user_types"), c.Filter(), userTypes)
	for _, clientID := range slices.Sorted(maps.Keys(clientRoles.Elements())) {
		if of, ok := clientRoles.Elements()[clientID].(types.Map); ok {
			rejectExcluded(diags, path.Root("client_roles").AtMapKey(clientID), c.Filter(), of)
		}
	}
}

// rejectExcluded adds an error for each scope of a map of sets that the glob patterns exclude.
func rejectExcluded(diags *diag.Diagnostics, at path.Path, f diff.Filter, sets types.Map) {
	for _, name := range slices.Sorted(maps.Keys(sets.Elements())) {
		if set, ok := sets.Elements()[name].(tftypes.ScopeSet); ok {
			scopes, _ := set.Names()
			attrs.RejectExcluded(diags, at.AtMapKey(name), f, scopes)
		}
	}
}

func (d *driftDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m driftData
	diags := &resp.Diagnostics
	diags.Append(req.Config.Get(ctx, &m)...)
	if diags.HasError() || !d.RequireServer(diags) || !d.requireComparable(ctx, diags, m) {
		return
	}
	serverID, ok := d.resolveServerID(diags, m)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, diags, base.OpRead, m.Timeouts.Read)
	defer done()
	in := m.input(ctx, diags, d.Caps)
	in.Server, in.Key = d.DescribeServer(serverID), d.UserTypeKey
	m.ServerID = types.StringValue(serverID)
	if d.compare(ctx, diags, serverID, in, &m) && !diags.HasError() {
		diags.Append(resp.State.Set(ctx, m)...)
	}
}

// requireComparable adds an error for each attribute that the server does not support.
func (d *driftDataSource) requireComparable(ctx context.Context, diags *diag.Diagnostics, m driftData) bool {
	if !d.RequireCapability(diags, d.Caps.ListScopes, messages.SupportCompareScopes) {
		return false
	}
	attrs.PlanSettings(ctx, diags, d.ProviderData, m.Settings, attrs.Settings{})
	if !d.Caps.Settings && len(m.Overrides) > 0 {
		d.AddFindings(diags, "", []check.Finding{{Code: messages.SupportSettings, Path: "overrides"}})
	}
	d.RejectClientRole(diags, "client_roles", m.ClientRoles == nil)
	if m.UserTypes == nil && m.ClientRoles == nil {
		return !diags.HasError()
	}
	// Whether scopes of user types can be read depends on the configuration of the driver.
	if d.RequireCapability(diags, d.Caps.UserTypeScopes, messages.SupportCompareUserTypes) && !d.Server.Driver().Capabilities().UserTypeDrift {
		d.AddFindings(diags, "", []check.Finding{{Code: messages.SupportReadback, Path: "user_types"}})
	}
	return !diags.HasError()
}

// resolveServerID returns the server ID. It can be missing if only user types need it and none
// is compared.
func (d *driftDataSource) resolveServerID(diags *diag.Diagnostics, m driftData) (string, bool) {
	if m.UserTypes == nil {
		return d.ResolveListServerID(diags, m.ServerID)
	}
	return d.ResolveServerID(diags, m.ServerID, types.StringNull())
}

// compare compares the definitions with the shared snapshot.
func (d *driftDataSource) compare(ctx context.Context, diags *diag.Diagnostics, serverID string, in drift.Input, m *driftData) bool {
	if _, oneByOne := d.Server.Driver().(authz.UserTypeReader); oneByOne {
		in.Held = map[string]authz.UserTypeSet{}
		for _, userType := range slices.Sorted(maps.Keys(in.UserTypes)) {
			l, ok := d.Report(diags, serverID).Snapshot(d.Server.ReadUserType(ctx, serverID, userType, nil))
			if !ok {
				return false
			}
			u, _ := l.UserType(userType)
			in.Held[userType] = authz.UserTypeSet{UserType: u, Scopes: authz.Names(l.ScopesOf(userType))}
		}
	}
	l, ok := d.Report(diags, serverID).Shown(d.Server.ReadForReport(ctx, serverID))
	if !ok {
		return false
	}
	d.rejectReservedNames(diags, in.Definitions, l)
	in.Live = withRestricted(l, in.Definitions)
	m.fillResult(drift.Compute(in))
	return true
}

// withRestricted returns the snapshot with those definitions that consist of the name of a
// scope and one of its restrictions: the server has them, and lists them so. A definition with
// a restriction includes the scope without one, which is not unexpected.
func withRestricted(l *authz.Snapshot, definitions []authz.Scope) *authz.Snapshot {
	all := *l
	all.Scopes = slices.Clone(l.Scopes)
	for _, want := range definitions {
		base, restriction, _ := strings.Cut(want.Name, ":")
		if s, found := l.Scope(base); found && slices.Contains(s.Restrictions, restriction) {
			all.Put(authz.Scope{Name: want.Name})
			if !slices.ContainsFunc(definitions, func(d authz.Scope) bool { return d.Name == base }) {
				all.Remove(base)
			}
		}
	}
	return &all
}

// rejectReservedNames rejects names that are built into this kind of server, or into OpenID
// Connect, and are no scopes of this server.
func (d *driftDataSource) rejectReservedNames(diags *diag.Diagnostics, definitions []authz.Scope, l *authz.Snapshot) {
	var absent []string
	for _, s := range definitions {
		if live, found := l.Scope(s.Name); !found && d.IsBuiltIn(live, s.Name) {
			absent = append(absent, s.Name)
		}
	}
	d.AddFindings(diags, "", check.ReservedNames("scopes", absent))
}
