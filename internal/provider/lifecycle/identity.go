package lifecycle

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

// SetIdentity sets the identity where Terraform has one (1.12 and newer). Every
// Create, Read and Update must, also before the resource is removed.
func SetIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, value any, diags *diag.Diagnostics) {
	if identity != nil {
		diags.Append(identity.Set(ctx, value)...)
	}
}

// IsImportByIdentity tells an import by identity from one by an id, also by an empty one:
// Terraform then hands over an identity that is null.
func IsImportByIdentity(req resource.ImportStateRequest) bool {
	return req.ID == "" && req.Identity != nil && !req.Identity.Raw.IsNull()
}

// ServerIdentity is the identity of a resource of which a server has one.
type ServerIdentity struct {
	ServerID types.String `tfsdk:"server_id"`
}

func ServerIdentitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server_id": identityschema.StringAttribute{OptionalForImport: true, Description: attrs.ServerIDText},
	}}
}

// ImportedServerID returns the server ID of an import by ID or by identity.
func ImportedServerID(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics) types.String {
	id := ServerIdentity{ServerID: types.StringValue(req.ID)}
	if IsImportByIdentity(req) {
		diags.Append(req.Identity.Get(ctx, &id)...)
	}
	return id.ServerID
}

// SplitImportID splits the import id of a thing on a server: its name, or, where
// a server id is required, `<server id>/<name>` at the first slash.
func (r *Resource) SplitImportID(id, example string, diags *diag.Diagnostics) (serverID, name types.String) {
	if r.Caps.ServerIDRequired {
		server, rest, ok := strings.Cut(id, "/")
		if !ok || server == "" || rest == "" {
			r.AddFindings(diags, "", []check.Finding{{Code: messages.InputImportID, Data: r.DescribeImportID(id, nil, example)}})
			return types.StringNull(), types.StringNull()
		}
		return types.StringValue(server), types.StringValue(rest)
	}
	if id == "" {
		r.AddFindings(diags, "", []check.Finding{{Code: messages.InputImportID, Data: r.DescribeImportID(id, nil, example)}})
	}
	return types.StringNull(), types.StringValue(id)
}

// DescribeImportID returns what a message says about the import ID of a thing.
func (r *Resource) DescribeImportID(given string, err error, example string) messages.ImportID {
	return messages.ImportID{Name: messages.Name{Given: given, Err: err}, Example: example, Server: r.Caps.ServerIDRequired, ServerID: r.Caps.ServerIDLabel}
}

// ImportBlock is the import block of a scope. Where the import id alone would
// mean the provider's own server, it names the server by the identity.
func (r *Resource) ImportBlock(serverID, name string) string {
	if own, err := r.Server.Driver().ServerID(""); !r.Caps.ServerIDRequired && (err != nil || own != serverID) {
		return fmt.Sprintf("import { # Terraform 1.12 or newer\n  to = authscopes_server_scope.<name>\n  identity = {\n    server_id = %q\n    name      = %q\n  }\n}", serverID, name)
	}
	return messages.ImportBlock(TypeServerScope, r.importID(serverID, name))
}

func (r *Resource) importID(serverID, name string) string {
	if r.Caps.ServerIDRequired {
		return serverID + "/" + name
	}
	return name
}
