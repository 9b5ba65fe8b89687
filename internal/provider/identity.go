package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// setIdentity sets the identity where Terraform has one (1.12 and newer). Every
// Create, Read and Update must, also before the resource is removed.
func setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, value any, diags *diag.Diagnostics) {
	if identity != nil {
		diags.Append(identity.Set(ctx, value)...)
	}
}

// identified tells an import by identity from one by an id, also by an empty one:
// Terraform then hands over an identity that is null.
func identified(req resource.ImportStateRequest) bool {
	return req.ID == "" && req.Identity != nil && !req.Identity.Raw.IsNull()
}

// serverIdentity is the identity of a resource of which a server has one.
type serverIdentity struct {
	ServerID types.String `tfsdk:"server_id"`
}

func serverIdentitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server_id": identityschema.StringAttribute{OptionalForImport: true, Description: attrs.ServerIDText},
	}}
}

// importedServer returns the server ID of an import by ID or by identity.
func importedServer(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) types.String {
	id := serverIdentity{ServerID: types.StringValue(req.ID)}
	if identified(req) {
		diags.Append(req.Identity.Get(ctx, &id)...)
	}
	return id.ServerID
}

// splitImportID splits the import id of a thing on a server: its name, or, where
// a server id is required, `<server id>/<name>` at the first slash.
func (r *resourceBase) splitImportID(id, example string, diags *diag.Diagnostics) (serverID, name types.String) {
	if r.Caps.ServerIDRequired {
		server, rest, ok := strings.Cut(id, "/")
		if !ok || server == "" || rest == "" {
			r.AddFindings(diags, "", []check.Finding{{Code: messages.InputImportID, Data: r.importForm(id, nil, example)}})
			return types.StringNull(), types.StringNull()
		}
		return types.StringValue(server), types.StringValue(rest)
	}
	if id == "" {
		r.AddFindings(diags, "", []check.Finding{{Code: messages.InputImportID, Data: r.importForm(id, nil, example)}})
	}
	return types.StringNull(), types.StringValue(id)
}

// importForm returns what a message says about the import ID of a thing.
func (r *resourceBase) importForm(given string, err error, example string) messages.ImportID {
	return messages.ImportID{Name: messages.Name{Given: given, Err: err}, Example: example, Server: r.Caps.ServerIDRequired, ServerID: r.Caps.ServerIDLabel}
}

// importScope is the import block of a scope. Where the import id alone would
// mean the provider's own server, it names the server by the identity.
func (r *resourceBase) importScope(serverID, name string) string {
	if own, err := r.Server.Driver().ServerID(""); !r.Caps.ServerIDRequired && (err != nil || own != serverID) {
		return fmt.Sprintf("import { # Terraform 1.12 or newer\n  to = authscopes_server_scope.<name>\n  identity = {\n    server_id = %q\n    name      = %q\n  }\n}", serverID, name)
	}
	return messages.ImportBlock(typeServerScope, r.importID(serverID, name))
}

func (r *resourceBase) importID(serverID, name string) string {
	if r.Caps.ServerIDRequired {
		return serverID + "/" + name
	}
	return name
}
