package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
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

// splitImportID splits the import id of a thing on a server: its name, or, where
// a server id is required, `<server id>/<name>` at the first slash.
func (d *data) splitImportID(id, example string, diags *diag.Diagnostics) (serverID, name types.String) {
	if d.caps.ServerIDRequired {
		server, rest, ok := strings.Cut(id, "/")
		if !ok || server == "" || rest == "" {
			diags.AddError("Malformed import id", fmt.Sprintf("Got %q. %s", id, d.importForm(example)))
			return types.StringNull(), types.StringNull()
		}
		return types.StringValue(server), types.StringValue(rest)
	}
	if id == "" {
		diags.AddError("Malformed import id", "The id is empty. "+d.importForm(example))
	}
	return types.StringNull(), types.StringValue(id)
}

// importForm says what an import id looks like.
func (d *data) importForm(example string) string {
	if d.caps.ServerIDRequired {
		return fmt.Sprintf("On %s the import id is the %s, a slash, and what is to be imported, such as \"77/%s\".", d.caps.Server, d.caps.ServerIDWord, example)
	}
	return fmt.Sprintf("The id is the name, such as %q.", example)
}

// noSuchScope says that a scope is not there, and which is like it.
func (d *data) noSuchScope(ctx context.Context, diags *diag.Diagnostics, serverID, name string) {
	detail := fmt.Sprintf("%s has no scope %q.", d.at(serverID), name)
	if l, ok := d.readSnapshot(ctx, diags, serverID); ok {
		if near := diff.Nearest(name, authz.Names(l.Scopes)); near != "" {
			detail += fmt.Sprintf(" Did you mean %q?", near)
		}
	}
	diags.AddError(fmt.Sprintf("There is no scope %q", name), detail+" Names are case-sensitive.")
}

// importScope is the import block of a scope. Where the import id alone would
// mean the provider's own server, it names the server by the identity.
func (d *data) importScope(serverID, name string) string {
	if own, err := d.server.Driver().ServerID(""); !d.caps.ServerIDRequired && (err != nil || own != serverID) {
		return fmt.Sprintf("import { # Terraform 1.12 or newer\n  to = authscopes_server_scope.<name>\n  identity = {\n    server_id = %q\n    name      = %q\n  }\n}", serverID, name)
	}
	return messages.ImportBlock(typeServerScope, d.importID(serverID, name))
}

func (d *data) importID(serverID, name string) string {
	if d.caps.ServerIDRequired {
		return serverID + "/" + name
	}
	return name
}
