package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

var _ fwlist.ListResourceWithConfigure = (*serverScopesResource)(nil)

func newServerScopesList() fwlist.ListResource { return &serverScopesResource{} }

type serverListModel struct {
	ServerID types.String `tfsdk:"server_id"`
	listGlobs
}

// ListResourceConfigSchema implements list.ListResource.
func (r *serverScopesResource) ListResourceConfigSchema(_ context.Context, _ fwlist.ListResourceSchemaRequest, resp *fwlist.ListResourceSchemaResponse) {
	resp.Schema = listSchema("The sets of all scopes, one for each server: on Keycloak the realms, on OneLogin the authorization servers. "+
		"Without `include` and `exclude` it is the one that `server_id`, or the provider, names; with one of them, all that the provider may see are looked at.",
		"server ids", map[string]schema.Attribute{"server_id": listServerID()})
}

// List implements list.ListResource.
func (r *serverScopesResource) List(ctx context.Context, req fwlist.ListRequest, stream *fwlist.ListResultsStream) {
	stream.Results = listing(ctx, req, r.list)
}

func (r *serverScopesResource) list(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []listed {
	m, ok := r.serverList(ctx, config, diags)
	if !ok || !r.requireCapability(diags, r.caps.WriteScopes, messages.SupportScopes) {
		return nil
	}
	return r.listServers(ctx, diags, m, func(diags *diag.Diagnostics, serverID string) any {
		set := newServerScopesModel(serverID)
		r.refresh(ctx, diags, set, &set, &memory{})
		return set
	})
}

// serverList returns a list block whose results are servers.
func (d *data) serverList(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) (m serverListModel, ok bool) {
	diags.Append(config.Get(ctx, &m)...)
	return m, !diags.HasError() && d.mustKnow(diags)
}

// listServers returns a result for each server. state returns the state of one.
func (d *data) listServers(ctx context.Context, diags *diag.Diagnostics, m serverListModel, state func(diags *diag.Diagnostics, serverID string) any) []listed {
	var all []listed
	for _, serverID := range d.serverIDs(ctx, diags, m) {
		all = append(all, listed{
			name:     serverID,
			identity: serverIdentity{types.StringValue(serverID)},
			state:    func(diags *diag.Diagnostics) any { return state(diags, serverID) },
		})
	}
	return all
}

// serverIDs are those that a list block means.
func (d *data) serverIDs(ctx context.Context, diags *diag.Diagnostics, m serverListModel) []string {
	lister, ok := d.server.Driver().(authz.ServerLister)
	if !m.ServerID.IsNull() || !ok || len(m.Include)+len(m.Exclude) == 0 {
		serverID, ok := d.address(diags, m.ServerID, types.StringNull())
		if !ok || !m.filter().Manages(serverID) {
			return nil
		}
		return []string{serverID}
	}
	ids, err := lister.ServerIDs(ctx)
	if err != nil {
		d.addFailure(diags, "", check.Finding{Code: messages.FailedList}, err)
		return nil
	}
	f := m.filter()
	return slices.DeleteFunc(ids, func(id string) bool {
		_, err := d.server.Driver().ServerID(id) // one that must not be managed
		return err != nil || !f.Manages(id)
	})
}
