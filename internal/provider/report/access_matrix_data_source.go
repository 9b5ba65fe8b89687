package report

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/matrix"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// accessMatrixDataSource is `data "authscopes_access_matrix"`.
type accessMatrixDataSource struct{ base.DataSource }

var _ datasource.DataSourceWithConfigure = (*accessMatrixDataSource)(nil)

func NewAccessMatrixDataSource() datasource.DataSource { return &accessMatrixDataSource{} }

type accessMatrixData struct {
	ServerID       types.String                 `tfsdk:"server_id"`
	Filter         []types.String               `tfsdk:"filter"`
	UserTypes      []types.String               `tfsdk:"user_types"`
	IncludeBuiltIn types.Bool                   `tfsdk:"include_built_in"`
	Planned        map[string]tftypes.ScopeSet  `tfsdk:"planned"`
	Scopes         map[string]accessMatrixScope `tfsdk:"scopes"`

	PlannedClientRoles     map[string]map[string]tftypes.ScopeSet `tfsdk:"planned_client_roles"`
	IncludeClients         types.Bool                             `tfsdk:"include_clients"`
	IncludeGroups          types.Bool                             `tfsdk:"include_groups"`
	IncludeServiceAccounts types.Bool                             `tfsdk:"include_service_accounts"`
	Holders                map[string]membersData                 `tfsdk:"holders"`

	Gained     map[string][]string `tfsdk:"gained"`
	Lost       map[string][]string `tfsdk:"lost"`
	Everyone   types.List          `tfsdk:"everyone"`
	Unguarded  types.List          `tfsdk:"unguarded"`
	NotChecked []attrs.Gap         `tfsdk:"not_checked"`
	Markdown   types.String        `tfsdk:"markdown"`
	CSV        types.String        `tfsdk:"csv"`
	Timeouts   timeouts.Value      `tfsdk:"timeouts"`
}

type accessMatrixScope struct {
	OnServer         types.Bool        `tfsdk:"on_server"`
	Access           types.String      `tfsdk:"access"`
	PlannedAccess    types.String      `tfsdk:"planned_access"`
	UserTypes        map[string]string `tfsdk:"user_types"`
	PlannedUserTypes map[string]string `tfsdk:"planned_user_types"`
	ClientRoles      types.List        `tfsdk:"client_roles"`
	CoveredBy        types.List        `tfsdk:"covered_by"`
	Clients          map[string]string `tfsdk:"clients"`
}

func (d *accessMatrixDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_matrix"
}

func (d *accessMatrixDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := accessMatrixOutputs()
	attributes["server_id"] = attrs.DataServerID()
	attributes["timeouts"] = base.ReadTimeoutAttribute(ctx)
	attributes["filter"] = schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{}},
		MarkdownDescription: "Glob patterns of scopes to show (`*` matches any characters, `?` one). If not set, all scopes are shown.",
	}
	attributes["user_types"] = schema.ListAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Glob patterns of user types to show. If not set, the user types of `planned` are shown, and all others that have a scope that " +
			"not every user gets.",
		Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
	}
	attributes["include_built_in"] = attrs.IncludeBuiltIn()
	attributes["planned"] = schema.MapAttribute{
		Optional: true, ElementType: tftypes.NewScopeSetType(),
		MarkdownDescription: "Map of user type to the names of all its planned scopes, as `scopes` of `authscopes_user_type_scopes`. " +
			"User types without an entry keep their scopes. Built-in scopes do not change.",
		Validators: []validator.Map{tftypes.ScopeSets{}},
	}
	maps.Copy(attributes, accessMatrixIncludes())
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about the access to scopes: which user types and client roles get each scope, now and, with `planned`, after " +
			"a change.\n\n" +
			"The matrix shows the scopes of a user with one user type, including scopes that the user gets through composite user types and through user types " +
			"of every user.",
		Attributes: attributes,
	}
}

// accessMatrixOutputs returns the computed attributes.
func accessMatrixOutputs() map[string]schema.Attribute {
	str := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	names := func(text string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text + " Sorted by name."}
	}
	reach := func(text string) schema.MapAttribute {
		return schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text}
	}
	changes := func(text string) schema.MapAttribute {
		return schema.MapAttribute{Computed: true, ElementType: types.ListType{ElemType: types.StringType}, MarkdownDescription: text + " Empty without `planned`."}
	}
	return map[string]schema.Attribute{
		"scopes": schema.MapNestedAttribute{
			Computed: true, MarkdownDescription: "Map of scope name to its access.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"on_server": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the server has the scope. `planned` can contain other scopes."},
				"access": str("Access now. Values are `user_types`, `everyone` (open, or mapped to a user type or client role that every user has), " +
					"`unguarded` (limited until the last role mapping is removed) and `unknown` (a role that is not visible can limit the scope). Null if the server " +
					"does not have the scope."),
				"planned_access": str("Access after the planned change. The first user type limits an open scope. Revoking the last grant keeps the scope limited."),
				"user_types": reach("Map of user type that gets the scope now to the reason: `mapped`, `partial` (only some of its users), `inherited` " +
					"(through a composite user type) or `everyone`."),
				"planned_user_types": reach("Map of user type that gets the scope after the planned change to the reason, as `user_types`."),
				"client_roles":       names("Client roles that the scope is mapped to, as `client/<client ID>/<role>`. They get the scope, too."),
				"clients":            reach("Map of client that has the scope to `default` (in each token) or `optional` (on request). Empty without `include_clients`."),
				"covered_by":         names("Parameterized scopes that add the name of the scope to tokens of more users, now or after the planned change."),
			}},
		},
		"holders": schema.MapNestedAttribute{
			Computed: true, MarkdownDescription: "Map of user type to the groups and service accounts that have it directly. Empty without `include_groups` " +
				"and `include_service_accounts`.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"groups":           names("Paths of the groups, at most 100."),
				"service_accounts": names("Client IDs of the service accounts, at most 100."),
				"cut":              schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the lists are incomplete."},
			}},
		},
		"gained":      changes("Map of user type to the names of scopes that it gets only after the planned change."),
		"lost":        changes("Map of user type to the names of scopes that it does not get after the planned change."),
		"everyone":    names("Names of the scopes that every user gets, now or after the planned change."),
		"unguarded":   names("Names of the scopes that are limited only until the last role mapping is removed."),
		"not_checked": attrs.NotChecked("Users may get more or fewer scopes by these parts than the matrix shows."),
		"markdown": str("Matrix in Markdown, for a comment on a pull request. At most 60,000 bytes. It begins with the parts of `not_checked`, followed " +
			"by the result and the open scopes."),
		"csv": str("Complete matrix as CSV with a header. A value that a spreadsheet could interpret as a formula begins with an apostrophe."),
	}
}

func (d *accessMatrixDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	diags := &resp.Diagnostics
	var m accessMatrixData
	diags.Append(req.Config.Get(ctx, &m)...)
	serverID, ok := d.RequireServerID(diags, m.ServerID, d.Caps.ListScopes && d.Caps.UserTypeScopes, messages.SupportMatrix)
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, diags, base.OpRead, m.Timeouts.Read)
	defer done()
	m.ServerID = types.StringValue(serverID)
	in := matrix.Input{
		Server: d.DescribeServer(serverID), Settings: d.Caps.Settings, BuiltIn: m.IncludeBuiltIn.ValueBool(),
		Scopes: diff.NewFilter(tftypes.Strings(m.Filter), nil), UserTypes: diff.NewFilter(tftypes.Strings(m.UserTypes), nil),
	}
	l, ok := d.Report(diags, serverID).Shown(d.Server.ReadForReport(ctx, serverID, m.plannedUserTypes()...))
	if !ok {
		return
	}
	in.Snapshot = &authz.Snapshot{
		Scopes: slices.Clone(l.Scopes), UserTypes: slices.Clone(l.UserTypes),
		ClientRoles: slices.Clone(l.ClientRoles), Warnings: l.Warnings, NotChecked: l.NotChecked,
	}
	in.Planned = d.planned(m, l)
	missing, ok := d.readClients(ctx, diags, serverID, m, &in)
	if !ok {
		return
	}
	if !d.restricted(ctx, diags, serverID, in) {
		return
	}
	is := matrix.Compute(in)
	if !d.readMembers(ctx, diags, serverID, m, &is) {
		return
	}
	is.AddGaps(missing...)
	d.warnAbsentUserTypes(diags, serverID, is.Absent, in.Snapshot)
	m.fill(is)
	diags.Append(resp.State.Set(ctx, m)...)
}

// plannedUserTypes returns the planned user types of a server with client roles.
func (m accessMatrixData) plannedUserTypes() []string {
	planned := map[string][]string{}
	addClientRoles(planned, m.PlannedClientRoles)
	for userType := range m.Planned {
		planned[authz.RealmRoleName(userType)] = nil
	}
	return slices.Sorted(maps.Keys(planned))
}

// planned returns the planned sets by user type, in the spelling of the snapshot.
func (d *accessMatrixDataSource) planned(m accessMatrixData, l *authz.Snapshot) map[string][]string {
	if m.Planned == nil && m.PlannedClientRoles == nil {
		return nil
	}
	planned := map[string][]string{}
	addClientRoles(planned, m.PlannedClientRoles)
	for userType, set := range m.Planned {
		if d.Caps.ClientRoles {
			userType = authz.RealmRoleName(userType)
		}
		same := func(u authz.UserType) bool { return d.UserTypeKey(u.Name) == d.UserTypeKey(userType) }
		if i := slices.IndexFunc(l.UserTypes, same); i >= 0 {
			userType = l.UserTypes[i].Name
		}
		names, _ := set.Names()
		planned[userType] = append(planned[userType], names...)
	}
	return planned
}

// restricted replaces the names that the snapshot shortens with whole names: only the set of
// one user type has the restriction that can follow the name of a scope. A name with a
// restriction includes the name without it.
func (d *accessMatrixDataSource) restricted(ctx context.Context, diags *diag.Diagnostics, serverID string, in matrix.Input) bool {
	l := in.Snapshot
	_, reads := d.Server.Driver().(authz.UserTypeReader)
	if !reads || !slices.ContainsFunc(l.Scopes, func(s authz.Scope) bool { return len(s.Restrictions) > 0 }) {
		return true
	}
	listed := map[string]bool{}
	for i := range l.Scopes {
		l.Scopes[i].UserTypes = nil
		listed[l.Scopes[i].Name] = true
	}
	for _, userType := range slices.Sorted(maps.Keys(in.Planned)) {
		if !slices.ContainsFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == userType }) {
			l.UserTypes = append(l.UserTypes, authz.UserType{Name: userType}) // the server does not report whether the identity exists
		}
		in.Planned[userType] = withBaseNames(in.Planned[userType], listed)
		for _, name := range in.Planned[userType] {
			if _, there := l.Scope(name); !there && listed[withoutRestriction(name)] {
				l.Put(authz.Scope{Name: name})
			}
		}
	}
	slices.SortFunc(l.UserTypes, func(a, b authz.UserType) int { return strings.Compare(a.Name, b.Name) })
	for _, u := range l.UserTypes {
		set, ok := d.Report(diags, serverID).Snapshot(d.Server.ReadUserType(ctx, serverID, u.Name, nil))
		if !ok {
			return false
		}
		for _, name := range withBaseNames(authz.Names(set.ScopesOf(u.Name)), listed) {
			s, _ := l.Scope(name)
			s.Name, s.UserTypes = name, append(slices.Clone(s.UserTypes), u.Name)
			l.Put(s)
		}
	}
	return true
}

// withBaseNames returns the names, and for each name with a restriction the listed name
// without it.
func withBaseNames(names []string, listed map[string]bool) []string {
	all := slices.Clone(names)
	for _, name := range names {
		if base := withoutRestriction(name); listed[base] {
			all = append(all, base)
		}
	}
	return authz.NameSet(all...)
}

func withoutRestriction(name string) string {
	base, _, _ := strings.Cut(name, ":")
	return base
}

// warnAbsentUserTypes warns of planned user types that do not exist.
func (d *accessMatrixDataSource) warnAbsentUserTypes(diags *diag.Diagnostics, serverID string, absent []string, l *authz.Snapshot) {
	if len(absent) == 0 {
		return
	}
	known := base.UserTypeNames(l)
	var lines []string
	for _, name := range absent {
		lines = append(lines, name+diff.DidYouMean(name, known))
	}
	d.AddFindings(diags, serverID, []check.Finding{{
		Code: messages.FoundPlannedAbsent, Severity: check.Warn, Path: "planned", Subjects: absent, Data: check.Lines(lines),
	}})
}

// fill sets the computed attributes.
func (m *accessMatrixData) fill(is matrix.Matrix) {
	m.Scopes = make(map[string]accessMatrixScope, len(is.Rows))
	for _, r := range is.Rows {
		m.Scopes[r.Scope] = accessMatrixScope{
			OnServer: types.BoolValue(!r.New), ClientRoles: tftypes.StringList(r.Now.ClientRoles), CoveredBy: tftypes.StringList(is.CoveredBy(r.Scope)),
			Clients: emptyIfNil(is.ClientsOf(r.Scope)),
			Access:  tftypes.TextOrNull(string(r.Now.Access), types.StringNull()), PlannedAccess: types.StringValue(string(r.Planned.Access)),
			UserTypes: reachOf(r.Now, is.UserTypes), PlannedUserTypes: reachOf(r.Planned, is.UserTypes),
		}
	}
	m.Gained, m.Lost = is.Gained(), is.Lost()
	m.Everyone, m.Unguarded = tftypes.StringList(is.Everyone()), tftypes.StringList(is.Unguarded())
	m.NotChecked, m.Holders = attrs.NewGaps(is.NotChecked), membersOf(is)
	m.Markdown, m.CSV = types.StringValue(is.Markdown()), types.StringValue(is.CSV())
}

// reachOf returns the cells of one row, without user types that are not shown.
func reachOf(g matrix.Grants, shown []string) map[string]string {
	cells := map[string]string{}
	for _, name := range shown {
		if how := g.UserTypes[name]; how != matrix.ReachNone {
			cells[name] = string(how)
		}
	}
	return cells
}
