package pace

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drift"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// paceCheckDataSource is `data "authscopes_pace_check"`.
type paceCheckDataSource struct{ base.DataSource }

var _ datasource.DataSourceWithConfigure = (*paceCheckDataSource)(nil)

func NewCheckDataSource() datasource.DataSource { return &paceCheckDataSource{} }

type paceCheckData struct {
	Scopes        map[string]types.String `tfsdk:"scopes"`
	ResponseLists types.String            `tfsdk:"response_lists"`
	Baseline      map[string]types.String `tfsdk:"baseline"`
	Sources       map[string]types.String `tfsdk:"sources"`
	Timeouts      timeouts.Value          `tfsdk:"timeouts"`

	ServerID      types.String `tfsdk:"server_id"`
	InSync        types.Bool   `tfsdk:"in_sync"`
	Missing       types.List   `tfsdk:"missing"`
	Requested     types.List   `tfsdk:"requested"`
	Returned      types.List   `tfsdk:"returned"`
	OnlyRequested types.List   `tfsdk:"only_requested"`
	OnlyReturned  types.List   `tfsdk:"only_returned"`
	Report        types.String `tfsdk:"report"`
}

func (d *paceCheckDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_pace_check"
}

func (d *paceCheckDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := paceCheckOutputs()
	attributes["timeouts"] = base.ReadTimeoutAttribute(ctx)
	attributes["scopes"] = schema.MapAttribute{
		Required: true, CustomType: tftypes.NewTextMapType(), ElementType: types.StringType,
		Validators: []validator.Map{tftypes.DefinedScopes{Empty: messages.InputNoRequest}},
		MarkdownDescription: "Map of scope name to description, such as `scopes` of `authscopes_definitions`. The request has the names, and the report " +
			"shows the descriptions. " +
			"At least one scope is required.",
	}
	attributes["response_lists"] = schema.StringAttribute{
		Optional: true, Validators: []validator.String{stringvalidator.OneOf(drift.ListsMissing, drift.ListsKnown)},
		MarkdownDescription: "Meaning of the names that PACE returns. Valid values are `" +
			drift.ListsMissing + "` (requested scopes that PACE does not have) and `" + drift.ListsKnown +
			"` (requested scopes that PACE has).",
	}
	attributes["baseline"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Map of scope name to description, as defined before this change. The report then distinguishes scopes that this change adds " +
			"from drift.",
	}
	attributes["sources"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Map of scope name to the place of its definition, such as `places` of `authscopes_definitions`. The report shows it.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Compares the names of defined scopes with the scopes of PACE. PACE compares them itself, with its check-scopes operation, " +
			"which changes nothing.\n\n" +
			"PACE does not publish the meaning of the names that it returns, so `response_lists` specifies it. The plan warns if `in_sync` and `missing` are unknown: " +
			"if `response_lists` is not set, if its value does not fit the response, or if the response has no list.\n\n" +
			"This data source requires the provider block `pace`. For all other servers, use `authscopes_drift`.",
		Attributes: attributes,
	}
}

// paceCheckOutputs returns the computed attributes.
func paceCheckOutputs() map[string]schema.Attribute {
	names := func(text string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: text}
	}
	const noList = " Sorted by name. Null if the response has no list."
	return map[string]schema.Attribute{
		"server_id":      schema.StringAttribute{Computed: true, MarkdownDescription: "Host of the PACE API."},
		"in_sync":        schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether PACE has all defined scopes. Null if that is unknown."},
		"missing":        names("Names of defined scopes that PACE does not have. Sorted by name. Null if they are unknown."),
		"requested":      names("Names in the request. Sorted by name."),
		"returned":       names("Names in the response." + noList),
		"only_requested": names("Names in the request that are not in the response." + noList),
		"only_returned":  names("Names in the response that are not in the request." + noList),
		"report":         schema.StringAttribute{Computed: true, MarkdownDescription: "Result in Markdown, for a comment on a pull request. At most 60,000 bytes."},
	}
}

func (d *paceCheckDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m paceCheckData
	diags := &resp.Diagnostics
	diags.Append(req.Config.Get(ctx, &m)...)
	if diags.HasError() || !d.RequireServer(diags) {
		return
	}
	checker, ok := d.requireChecker(diags)
	if !ok {
		return
	}
	serverID, ok := d.ResolveServerID(diags, types.StringNull(), types.StringNull())
	if !ok {
		return
	}
	ctx, done := base.WithTimeout(ctx, diags, base.OpRead, m.Timeouts.Read)
	defer done()
	in := m.input(d.DescribeServer(serverID))
	returned, err := checker.CheckDefinitions(ctx, authz.Names(in.Definitions))
	if err != nil {
		d.AddFailure(diags, serverID, check.Finding{Code: messages.FailedDefinitions}, err)
		return
	}
	in.Returned = returned
	m.ServerID = types.StringValue(serverID)
	d.fill(diags, &m, drift.ReadCheck(in))
	diags.Append(resp.State.Set(ctx, m)...)
}

// requireChecker adds an error if the server cannot compare definitions itself.
func (d *paceCheckDataSource) requireChecker(diags *diag.Diagnostics) (authz.DefinitionChecker, bool) {
	checker, ok := d.Server.Driver().(authz.DefinitionChecker)
	if ok {
		return checker, true
	}
	d.AddFindings(diags, "", []check.Finding{{Code: messages.SupportDefinitions, Data: d.Caps.ListScopes}})
	return nil, false
}

// input returns the configured comparison, without the response.
func (m *paceCheckData) input(server string) drift.CheckInput {
	in := drift.CheckInput{Server: server, Lists: m.ResponseLists.ValueString(), Baseline: tftypes.Texts(m.Baseline), Sources: tftypes.Texts(m.Sources)}
	for _, name := range slices.Sorted(maps.Keys(m.Scopes)) {
		in.Definitions = append(in.Definitions, authz.Scope{Name: name, Description: m.Scopes[name].ValueString()})
	}
	return in
}

// fill sets the computed attributes. It adds a warning if the missing scopes are unknown.
func (d *paceCheckDataSource) fill(diags *diag.Diagnostics, m *paceCheckData, c drift.Check) {
	m.InSync, m.Missing = types.BoolValue(c.InSync), tftypes.StringList(drift.Names(c.Missing))
	if c.Unknown != "" {
		m.InSync, m.Missing = types.BoolNull(), types.ListNull(types.StringType)
		d.AddFindings(diags, m.ServerID.ValueString(), []check.Finding{{
			Code: messages.FoundUncompared, Severity: check.Warn, Subjects: c.Requested, Data: c.Unknown,
		}})
	}
	m.Requested, m.Returned = tftypes.StringList(c.Requested), tftypes.ListOrNull(c.Returned)
	m.OnlyRequested, m.OnlyReturned = tftypes.ListOrNull(c.OnlyRequested), tftypes.ListOrNull(c.OnlyReturned)
	m.Report = types.StringValue(c.Markdown())
}
