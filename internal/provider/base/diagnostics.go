package base

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// AddFindings adds the messages of findings about a server.
func (d *ProviderData) AddFindings(diags *diag.Diagnostics, serverID string, found []check.Finding) {
	for _, f := range found {
		diagnostics.Add(diags, d.about(serverID, f))
	}
}

// AddFinding adds the message of a finding at an attribute, which is path.Empty() if none
// causes it.
func (d *ProviderData) AddFinding(diags *diag.Diagnostics, at path.Path, serverID string, f check.Finding) {
	diagnostics.AddAt(diags, at, d.about(serverID, f))
}

// AddFailure adds the errors of an operation, which may be joined.
func (d *ProviderData) AddFailure(diags *diag.Diagnostics, serverID string, f check.Finding, err error) {
	diagnostics.AddFailure(diags, d.about(serverID, f), err)
}

// about returns what the text of a finding needs to know of the server.
func (d *ProviderData) about(serverID string, f check.Finding) messages.About {
	return messages.About{
		Finding: f, Server: d.DescribeServer(serverID), ServerID: serverID, Product: d.Caps.Server, Block: d.Caps.ProviderBlock, ServerIDWord: d.Caps.ServerIDLabel,
		UserTypeWord: d.Caps.UserTypeLabel, WholeSets: d.Caps.UserTypesReplaced,
	}
}
