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

// IsImportByIdentity reports whether an import is by identity, not by ID. An empty ID is an
// import by ID: Terraform then sends a null identity.
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

// SplitImportID splits the import ID of an object: its name or, if a server ID is required,
// `<server id>/<name>` at the first slash.
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

// DescribeImportID returns what a message states about the import ID of an object.
func (r *Resource) DescribeImportID(given string, err error, example string) messages.ImportID {
	return messages.ImportID{Name: messages.Name{Given: given, Err: err}, Example: example, Server: r.Caps.ServerIDRequired, ServerID: r.Caps.ServerIDLabel}
}

// ImportBlock returns the import block of a scope. If an import ID would address the
// provider's own server, the block names the server by identity.
func (r *Resource) ImportBlock(serverID, name string) string {
	if own, err := r.Server.Driver().ServerID(""); !r.Caps.ServerIDRequired && (err != nil || own != serverID) {
		return fmt.Sprintf("import { # Terraform 1.12 or newer\n  to = authscopes_server_scope.<name>\n  identity = {\n    server_id = %q\n    name      = "+
			"%q\n  }\n}", serverID, name)
	}
	return messages.ImportBlock(TypeServerScope, r.importID(serverID, name))
}

func (r *Resource) importID(serverID, name string) string {
	if r.Caps.ServerIDRequired {
		return serverID + "/" + name
	}
	return name
}
