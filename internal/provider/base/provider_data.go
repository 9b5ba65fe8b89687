package base

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// ProviderData is the configured provider, which all resources and data sources share.
type ProviderData struct {
	Server *engine.Server // nil if the configuration is unknown until apply
	Caps   authz.Capabilities
	Walk   *walk.Walk

	// NoServer lists the blocks of a configuration without a server; nil if it has one.
	NoServer []string
	// UnknownAttribute is the provider attribute that is unknown until apply, or "".
	UnknownAttribute string
	warnedUnknown    sync.Once // of unknown
	warned           sync.Map  // warningKey of each warning that is reported once

	Maximums sync.Map // server ID => names of the scopes that user types can have
}

// Configured returns what the provider has configured. It returns nil without an error if a
// configuration is only validated.
func Configured(providerData any, diags *diag.Diagnostics) *ProviderData {
	if providerData == nil {
		return nil
	}
	d, ok := providerData.(*ProviderData)
	if !ok {
		diagnostics.AddInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedInternal, Data: fmt.Sprintf("%T", providerData)})
		return nil
	}
	if d.NoServer != nil {
		d.AddFindings(diags, "", []check.Finding{{Code: messages.ProviderNoServer, Data: d.NoServer}})
		return nil
	}
	return d
}

// DataSource is embedded by every data source that needs a server.
type DataSource struct{ *ProviderData }

// Configure implements datasource.DataSourceWithConfigure.
func (b *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.ProviderData = Configured(req.ProviderData, &resp.Diagnostics)
}

// ServerKnown reports whether the server configuration is known. If it is unknown until apply,
// a plan keeps the state, and one warning reports it.
func (d *ProviderData) ServerKnown(diags *diag.Diagnostics) bool {
	if d.UnknownAttribute == "" {
		return true
	}
	d.warnedUnknown.Do(func() {
		d.AddFindings(diags, "", []check.Finding{{Code: messages.ProviderUnknown, Severity: check.Warn, Data: d.UnknownAttribute}})
	})
	return false
}

// RequireServer adds an error if the server configuration is unknown until apply. Data sources
// and imports need the server.
func (d *ProviderData) RequireServer(diags *diag.Diagnostics) bool {
	if d.UnknownAttribute == "" {
		return true
	}
	d.AddFindings(diags, "", []check.Finding{{Code: messages.ProviderUnknownRead, Data: d.UnknownAttribute}})
	return false
}

// IsNewWarning reports whether a warning of a server's snapshots is new.
func (d *ProviderData) IsNewWarning(serverID, summary string) bool {
	_, reported := d.warned.LoadOrStore(warningKey{serverID, summary}, true)
	return !reported
}

// warningKey identifies a warning of a server's snapshots. A later snapshot can have
// warnings that an earlier one did not have.
type warningKey struct{ serverID, summary string }

// DescribeServer names a server for messages: `Keycloak realm "shop"`.
func (d *ProviderData) DescribeServer(serverID string) string {
	if serverID == "" { // a listing of the whole server
		return d.Caps.Server
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", d.Caps.Server, d.Caps.ServerIDLabel)) + fmt.Sprintf(" %q", serverID)
}

// ResolveServerID returns the server ID that a resource addresses: its own server_id, or the
// one of the provider. It rejects a state of another server, which is never drift. ok is false
// if there is an error, or if server_id is unknown until apply.
func (d *ProviderData) ResolveServerID(diags *diag.Diagnostics, configured, inState types.String) (serverID string, ok bool) {
	if configured.IsUnknown() || d.Server == nil {
		return "", false
	}
	serverID, err := d.ServerIDFor(configured)
	if err != nil {
		f := check.Finding{Code: messages.FailedServerID, Path: "server_id"}
		if configured.IsNull() && !d.Caps.ServerIDRequired {
			f.Code = messages.FailedNoServerID
		}
		d.AddFailure(diags, "", f, err)
		return "", false
	}
	if was := inState.ValueString(); was != "" && was != serverID {
		d.AddFindings(diags, serverID, []check.Finding{{
			Code: messages.FoundOtherServer, Path: "server_id",
			Data: messages.OtherServer{Was: d.DescribeServer(was), Now: d.DescribeServer(serverID), WasID: was, ByURL: d.noServerIDs()},
		}})
		return "", false
	}
	return serverID, true
}

// RequireServerID is ResolveServerID for data sources, lists and imports, which have no state:
// it needs a configuration without errors, a known server, and a capability of the server,
// whose absence code reports.
func (d *ProviderData) RequireServerID(diags *diag.Diagnostics, configured types.String, able bool, code check.Code) (string, bool) {
	if diags.HasError() || !d.RequireServer(diags) || !d.RequireCapability(diags, able, code) {
		return "", false
	}
	return d.ResolveServerID(diags, configured, types.StringNull())
}

// ResolveListServerID is ResolveServerID for a list of scopes. On some servers, only user
// types have server IDs.
func (d *ProviderData) ResolveListServerID(diags *diag.Diagnostics, configured types.String) (string, bool) {
	if configured.ValueString() == "" && !d.Caps.WriteScopes && d.Caps.ServerIDRequired {
		id, err := d.Server.Driver().ServerID("")
		if err == nil {
			return id, true
		}
	}
	return d.ResolveServerID(diags, configured, types.StringNull())
}

func (d *ProviderData) ServerIDFor(configured types.String) (string, error) {
	id := configured.ValueString()
	own, _ := d.Server.Driver().ServerID("") // in state and identity also where a server has no ids
	switch {
	case id == "" && d.Caps.ServerIDRequired:
		return "", &authz.Error{
			Kind: authz.Invalid, Err: errors.New("server_id is not set"),
			Advice: authz.ReasonServerIDNeeded, Args: []string{d.Caps.Server, d.Caps.ServerIDLabel},
		}
	case id != "" && id != own && d.noServerIDs():
		return "", &authz.Error{
			Kind: authz.Invalid, Err: fmt.Errorf("server_id is %q", id),
			Advice: authz.ReasonNoServerIDs, Args: []string{d.Caps.Server},
		}
	}
	return d.Server.Driver().ServerID(id)
}

// UserTypeKey returns a key that is the same for all spellings of one user type.
func (d *ProviderData) UserTypeKey(userType string) string {
	if d.Server != nil {
		if speller, ok := d.Server.Driver().(authz.UserTypeSpeller); ok {
			return speller.UserTypeKey(userType)
		}
	}
	return userType
}

// noServerIDs reports whether the provider configuration alone determines the server.
func (d *ProviderData) noServerIDs() bool { return !d.Caps.ServerIDAllowed && !d.Caps.ServerIDRequired }

// RequireCapability adds an error if the server lacks a capability. The code is the one of
// the error.
func (d *ProviderData) RequireCapability(diags *diag.Diagnostics, able bool, code check.Code) bool {
	if !able {
		d.AddFindings(diags, "", []check.Finding{{Code: code}})
	}
	return able
}

// IsBuiltIn reports whether a scope is built in, also if the server does not have it.
func (d *ProviderData) IsBuiltIn(live authz.Scope, name string) bool {
	b, ok := d.Server.Driver().(authz.BuiltIns)
	return live.BuiltIn || ok && b.IsBuiltIn(name)
}

// RejectClientRole rejects client roles on a server without them. none is true if there are
// none.
func (d *ProviderData) RejectClientRole(diags *diag.Diagnostics, attribute string, none bool) bool {
	if !none && !d.Caps.ClientRoles {
		d.AddFindings(diags, "", []check.Finding{{Code: messages.SupportClientRoles, Path: attribute}})
		return true
	}
	return false
}

// RejectMissingScope adds an error about a missing scope, with the nearest name.
func (d *ProviderData) RejectMissingScope(ctx context.Context, diags *diag.Diagnostics, serverID, name string) {
	var near string
	if l, ok := d.Report(diags, serverID).Snapshot(d.Server.ReadScopes(ctx, serverID, NamesOnly)); ok {
		near = diff.Nearest(name, authz.Names(l.Scopes))
	}
	d.AddFindings(diags, serverID, []check.Finding{{Code: messages.FoundNoScope, Subjects: []string{name}, Data: near}})
}

func UserTypeNames(l *authz.Snapshot) []string {
	names := make([]string, len(l.UserTypes))
	for i, u := range l.UserTypes {
		names[i] = u.Name
	}
	return names
}

// RejectMissingUserType adds an error about a missing user type, with the names of those that
// exist.
func (d *ProviderData) RejectMissingUserType(ctx context.Context, diags *diag.Diagnostics, serverID, userType string, at path.Path) {
	if resolver, ok := d.Server.Driver().(authz.UserTypeResolver); ok && authz.IsClientRole(userType) {
		if _, err := resolver.ResolveUserType(ctx, serverID, userType); err != nil {
			d.AddFinding(diags, at, serverID, check.Finding{Code: messages.FoundNoClientRole, Subjects: []string{userType}, Data: check.Failure{Err: err}})
			return
		}
	}
	var names []string
	if l, ok := d.Report(diags, serverID).Snapshot(d.Server.ReadSnapshot(ctx, serverID)); ok {
		names = UserTypeNames(l)
	}
	d.AddFinding(diags, at, serverID, check.Finding{
		Code: messages.FoundNoUserType, Subjects: []string{userType}, Data: messages.Known{Nearest: diff.Nearest(userType, names), Names: names},
	})
}
