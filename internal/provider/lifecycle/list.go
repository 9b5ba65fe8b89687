package lifecycle

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ListGlobs are the globs of every list block.
type ListGlobs struct {
	Include []types.String `tfsdk:"include"`
	Exclude []types.String `tfsdk:"exclude"`
}

func (g ListGlobs) Filter() diff.Filter {
	return diff.NewFilter(tftypes.Strings(g.Include), tftypes.Strings(g.Exclude))
}

// ServerIDs is what the glob patterns of a list of servers match.
const ServerIDs = "server IDs"

// ListSchema returns the schema of a list block: glob patterns over names, and more
// attributes.
func ListSchema(text, over string, more map[string]schema.Attribute) schema.Schema {
	unset := "If not set, all are listed."
	if over == ServerIDs {
		unset = "If neither this nor `exclude` is set, only one server is listed."
	}
	all := map[string]schema.Attribute{
		"include": schema.ListAttribute{
			Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{}},
			MarkdownDescription: fmt.Sprintf("Glob patterns of %s to list (`*` matches any characters, `?` one). %s", over, unset),
		},
		"exclude": schema.ListAttribute{
			Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
			MarkdownDescription: "Glob patterns of results to omit.",
		},
	}
	maps.Copy(all, more)
	return schema.Schema{Attributes: all, MarkdownDescription: text + "\n\nFor `terraform query` (Terraform 1.14 or newer): " +
		"with `-generate-config-out`, Terraform writes resources and `import` blocks whose plan has no changes."}
}

func ListServerID() schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: attrs.ServerIDText}
}

// ListIncludeEmpty returns include_empty for a list of holders, which are named as in
// `clients`.
func ListIncludeEmpty(holders string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional:            true,
		MarkdownDescription: fmt.Sprintf("Whether to include %s without a scope. Built-in scopes do not count. Defaults to `false`.", holders),
	}
}

// ListResult is one result of a list block.
type ListResult struct {
	Name     string
	Identity any
	// State is what an import of it begins with and a read then fills in, so that
	// configuration generated from it plans empty. It is called when it is asked for.
	State func(*diag.Diagnostics) any
}

// List returns the results of a list block: what find returns. Warnings come first, because
// Terraform stops reading at the limit.
func List(ctx context.Context, req fwlist.ListRequest, find func(context.Context, tfsdk.Config, *diag.Diagnostics) []ListResult) iter.Seq[fwlist.ListResult] {
	var diags diag.Diagnostics
	things := find(ctx, req.Config, &diags)
	if all := int64(len(things)); req.Limit > 0 && all > req.Limit {
		things = things[:req.Limit]
		limited := messages.Limited{Limit: req.Limit, All: all, First: things[0].Name}
		diagnostics.AddInvalid(&diags, path.Empty(), check.Finding{Code: messages.FoundLimitedList, Severity: check.Warn, Data: limited})
	}
	return func(push func(fwlist.ListResult) bool) {
		if len(diags) > 0 && !push(fwlist.ListResult{Diagnostics: diags}) || diags.HasError() {
			return
		}
		for _, thing := range things {
			result := req.NewListResult(ctx)
			result.DisplayName = thing.Name
			result.Diagnostics.Append(result.Identity.Set(ctx, thing.Identity)...)
			if req.IncludeResource {
				state := thing.State(&result.Diagnostics)
				if !result.Diagnostics.HasError() {
					result.Diagnostics.Append(result.Resource.Set(ctx, state)...)
				}
			}
			if !push(result) || result.Diagnostics.HasError() || ctx.Err() != nil {
				return
			}
		}
	}
}

type ServerListModel struct {
	ServerID types.String `tfsdk:"server_id"`
	ListGlobs
}

// ReadServerList returns a list block whose results are servers.
func (r *Resource) ReadServerList(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) (m ServerListModel, ok bool) {
	diags.Append(config.Get(ctx, &m)...)
	return m, !diags.HasError() && r.RequireServer(diags)
}

// ListServers returns a result for each server. state returns the state of one.
func (r *Resource) ListServers(
	ctx context.Context, diags *diag.Diagnostics, m ServerListModel, state func(diags *diag.Diagnostics, serverID string) any,
) []ListResult {
	var all []ListResult
	for _, serverID := range r.serverIDs(ctx, diags, m) {
		all = append(all, ListResult{
			Name:     serverID,
			Identity: ServerIdentity{types.StringValue(serverID)},
			State:    func(diags *diag.Diagnostics) any { return state(diags, serverID) },
		})
	}
	return all
}

// serverIDs returns the server IDs that a list block selects.
func (r *Resource) serverIDs(ctx context.Context, diags *diag.Diagnostics, m ServerListModel) []string {
	lister, ok := r.Server.Driver().(authz.ServerLister)
	if !m.ServerID.IsNull() || !ok || len(m.Include)+len(m.Exclude) == 0 {
		serverID, ok := r.ResolveServerID(diags, m.ServerID, types.StringNull())
		if !ok || !m.Filter().Manages(serverID) {
			return nil
		}
		return []string{serverID}
	}
	ids, err := lister.ServerIDs(ctx)
	if err != nil {
		r.AddFailure(diags, "", check.Finding{Code: messages.FailedList}, err)
		return nil
	}
	f := m.Filter()
	return slices.DeleteFunc(ids, func(id string) bool {
		_, err := r.Server.Driver().ServerID(id) // one that must not be managed
		return err != nil || !f.Manages(id)
	})
}

// HolderListModel is a list block over user types or clients.
type HolderListModel struct {
	ServerID types.String `tfsdk:"server_id"`
	ListGlobs
	IncludeEmpty types.Bool `tfsdk:"include_empty"`
}
