package usertypes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

var _ fwlist.ListResourceWithConfigure = (*serverGrantsResource)(nil)

func NewServerGrantsList() fwlist.ListResource { return &serverGrantsResource{} }

// ListResourceConfigSchema implements list.ListResource.
func (r *serverGrantsResource) ListResourceConfigSchema(_ context.Context, _ fwlist.ListResourceSchemaRequest, resp *fwlist.ListResourceSchemaResponse) {
	resp.Schema = lifecycle.ListSchema("Lists the grants of servers, one result for each server: on Keycloak the realms. "+
		"Without `include` and `exclude`, the result is the server of `server_id` or of the provider. With one of them, all visible servers are listed.",
		lifecycle.ServerIDs, map[string]schema.Attribute{"server_id": lifecycle.ListServerID()})
}

// List implements list.ListResource.
func (r *serverGrantsResource) List(ctx context.Context, req fwlist.ListRequest, stream *fwlist.ListResultsStream) {
	stream.Results = lifecycle.List(ctx, req, r.list)
}

func (r *serverGrantsResource) list(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []lifecycle.ListResult {
	m, ok := r.ReadServerList(ctx, config, diags)
	if !ok || !r.RequireCapability(diags, r.Caps.UserTypeScopes, messages.SupportUserTypes) {
		return nil
	}
	return r.ListServers(ctx, diags, m, func(diags *diag.Diagnostics, serverID string) any {
		grants := newServerGrantsModel(serverID)
		r.Refresh(ctx, diags, grants, &grants, &lifecycle.PrivateState{})
		return grants
	})
}
