package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// addFindings adds the messages of findings about a server.
func (d *data) addFindings(diags *diag.Diagnostics, serverID string, found []check.Finding) {
	for _, f := range found {
		diagnostics.Add(diags, d.about(serverID, f))
	}
}

// addFinding adds the message of a finding at an attribute, which is path.Empty() if none
// causes it.
func (d *data) addFinding(diags *diag.Diagnostics, at path.Path, serverID string, f check.Finding) {
	diagnostics.AddAt(diags, at, d.about(serverID, f))
}

// addFailure adds the errors of an operation, which may be joined.
func (d *data) addFailure(diags *diag.Diagnostics, serverID string, f check.Finding, err error) {
	diagnostics.AddFailure(diags, d.about(serverID, f), err)
}

// about returns what the text of a finding needs to know of the server.
func (d *data) about(serverID string, f check.Finding) messages.About {
	return messages.About{
		Finding: f, Server: d.at(serverID), ServerID: serverID, Product: d.caps.Server, Block: d.caps.ProviderBlock, ServerIDWord: d.caps.ServerIDLabel,
		UserTypeWord: d.caps.UserTypeLabel, WholeSets: d.caps.UserTypesReplaced,
	}
}
