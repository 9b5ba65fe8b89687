package serverscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

var _ fwlist.ListResourceWithConfigure = (*serverScopesResource)(nil)

func NewServerScopesList() fwlist.ListResource { return &serverScopesResource{} }

// ListResourceConfigSchema implements list.ListResource.
func (r *serverScopesResource) ListResourceConfigSchema(_ context.Context, _ fwlist.ListResourceSchemaRequest, resp *fwlist.ListResourceSchemaResponse) {
	resp.Schema = lifecycle.ListSchema("Lists the sets of all scopes, one result for each server. A server is a realm on Keycloak and an authorization "+
		"server on OneLogin. "+
		"Without `include` and `exclude`, the result is the server of `server_id` or of the provider configuration. "+
		"With one of them, all visible servers are listed.",
		lifecycle.ServerIDs, map[string]schema.Attribute{"server_id": lifecycle.ListServerID()})
}

// List implements list.ListResource.
func (r *serverScopesResource) List(ctx context.Context, req fwlist.ListRequest, stream *fwlist.ListResultsStream) {
	stream.Results = lifecycle.List(ctx, req, r.list)
}

func (r *serverScopesResource) list(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []lifecycle.ListResult {
	m, ok := r.ReadServerList(ctx, config, diags)
	if !ok || !r.RequireCapability(diags, r.Caps.WriteScopes, messages.SupportScopes) {
		return nil
	}
	return r.ListServers(ctx, diags, m, func(diags *diag.Diagnostics, serverID string) any {
		set := newServerScopesModel(serverID)
		r.Refresh(ctx, diags, set, &set, &lifecycle.PrivateState{})
		set.EncodeMaps()
		return set
	})
}
