package serverscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

var _ fwlist.ListResourceWithConfigure = (*serverScopeResource)(nil)

func NewServerScopeList() fwlist.ListResource { return &serverScopeResource{} }

type serverScopeListModel struct {
	ServerID types.String `tfsdk:"server_id"`
	lifecycle.ListGlobs
	IncludeBuiltIn types.Bool `tfsdk:"include_built_in"`
}

// ListResourceConfigSchema implements list.ListResource.
func (r *serverScopeResource) ListResourceConfigSchema(_ context.Context, _ fwlist.ListResourceSchemaRequest, resp *fwlist.ListResourceSchemaResponse) {
	resp.Schema = lifecycle.ListSchema("Lists the scopes of a server, to import them one by one.", "scope names", map[string]schema.Attribute{
		"server_id":        lifecycle.ListServerID(),
		"include_built_in": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to include built-in scopes. Defaults to `false`."},
	})
}

// List implements list.ListResource.
func (r *serverScopeResource) List(ctx context.Context, req fwlist.ListRequest, stream *fwlist.ListResultsStream) {
	stream.Results = lifecycle.List(ctx, req, r.list)
}

func (r *serverScopeResource) list(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []lifecycle.ListResult {
	var m serverScopeListModel
	diags.Append(config.Get(ctx, &m)...)
	serverID, ok := r.RequireServerID(diags, m.ServerID, r.Caps.WriteScopes, messages.SupportScopes)
	if !ok {
		return nil
	}
	var scopes []lifecycle.ListResult
	var odd []string
	f := m.Filter()
	if l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadSnapshot(ctx, serverID)); ok {
		for _, s := range l.Scopes {
			switch {
			case !f.Manages(s.Name) || s.BuiltIn && !m.IncludeBuiltIn.ValueBool():
			case authz.CheckName(s.Name) != nil:
				odd = append(odd, s.Name)
			default:
				scopes = append(scopes, r.listed(ctx, serverID, s))
			}
		}
	}
	if len(odd) > 0 {
		r.AddFindings(diags, serverID, []check.Finding{{Code: messages.FoundUnlistedNames, Severity: check.Warn, Subjects: odd}})
	}
	return scopes
}

func (r *serverScopeResource) listed(ctx context.Context, serverID string, s authz.Scope) lifecycle.ListResult {
	return lifecycle.ListResult{
		Name:     s.Name,
		Identity: serverScopeIdentity{types.StringValue(serverID), types.StringValue(s.Name)},
		State: func(diags *diag.Diagnostics) any {
			m := importedScope(serverID, s)
			diags.Append(m.Refresh(ctx, r.Caps, s)...)
			return m
		},
	}
}
