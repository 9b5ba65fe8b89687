package clientscopes

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

var _ fwlist.ListResourceWithConfigure = (*clientScopesResource)(nil)

func NewClientScopesList() fwlist.ListResource { return &clientScopesResource{} }

// ListResourceConfigSchema implements list.ListResource.
func (r *clientScopesResource) ListResourceConfigSchema(_ context.Context, _ fwlist.ListResourceSchemaRequest, resp *fwlist.ListResourceSchemaResponse) {
	resp.Schema = lifecycle.ListSchema("Lists the clients of a server with their default and optional scopes.",
		"client IDs", map[string]schema.Attribute{
			"server_id":     lifecycle.ListServerID(),
			"include_empty": lifecycle.ListIncludeEmpty("clients"),
		})
}

// List implements list.ListResource.
func (r *clientScopesResource) List(ctx context.Context, req fwlist.ListRequest, stream *fwlist.ListResultsStream) {
	stream.Results = lifecycle.List(ctx, req, r.list)
}

func (r *clientScopesResource) list(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []lifecycle.ListResult {
	var m lifecycle.HolderListModel
	diags.Append(config.Get(ctx, &m)...)
	serverID, ok := r.RequireServerID(diags, m.ServerID, r.Caps.ClientScopes, messages.SupportClients)
	if !ok {
		return nil
	}
	all, err := r.Server.ListClients(ctx, serverID)
	if err != nil {
		r.AddFailure(diags, serverID, check.Finding{Code: messages.FailedListClients}, err)
		return nil
	}
	var sets []lifecycle.ListResult
	f := m.Filter()
	for _, set := range all {
		if f.Manages(set.ClientID) && (m.IncludeEmpty.ValueBool() || r.clientHolds(set)) {
			sets = append(sets, r.listed(serverID, set))
		}
	}
	return sets
}

// clientHolds reports whether a client has a scope that is not built in.
func (r *clientScopesResource) clientHolds(set authz.ClientScopeSet) bool {
	for _, scopes := range [][]authz.Scope{set.Default, set.Optional} {
		for _, s := range scopes {
			if !r.IsBuiltIn(s, s.Name) {
				return true
			}
		}
	}
	return false
}

func (r *clientScopesResource) listed(serverID string, set authz.ClientScopeSet) lifecycle.ListResult {
	return lifecycle.ListResult{
		Name:     set.ClientID,
		Identity: clientScopesIdentity{types.StringValue(serverID), types.StringValue(set.ClientID)},
		State:    func(*diag.Diagnostics) any { return r.imported(serverID, set.ClientID, set) },
	}
}
