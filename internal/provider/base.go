package provider

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

// data is what one provider configuration hands to its resources.
type data struct {
	server *engine.Server // nil while the configuration is not known
	caps   authz.Capabilities
	walk   *walk.Walk

	// noServer lists the blocks of a configuration without a server; nil if it has one.
	noServer []string
	// unknown is the provider attribute that is not known yet, "" when all are.
	unknown string
	warned  sync.Once // of unknown
	noted   sync.Map  // noteKey of each warning that is reported once

	maximums sync.Map // server ID => names of the scopes that user types can have
}

// configured returns what the provider has configured. It returns nil without an error if a
// configuration is only validated.
func configured(providerData any, diags *diag.Diagnostics) *data {
	if providerData == nil {
		return nil
	}
	d, ok := providerData.(*data)
	if !ok {
		diagnostics.AddInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedInternal, Data: fmt.Sprintf("%T", providerData)})
		return nil
	}
	if d.noServer != nil {
		d.addFindings(diags, "", []check.Finding{{Code: messages.ProviderNoServer, Data: d.noServer}})
		return nil
	}
	return d
}

// dataSourceBase is embedded by every data source that needs a server.
type dataSourceBase struct{ *data }

// Configure implements datasource.DataSourceWithConfigure.
func (b *dataSourceBase) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.data = configured(req.ProviderData, &resp.Diagnostics)
}

// ServerKnown answers whether the server can be asked. While the provider's own
// configuration is not known, a plan keeps the state and says so once.
func (d *data) ServerKnown(diags *diag.Diagnostics) bool {
	if d.unknown == "" {
		return true
	}
	d.warned.Do(func() {
		d.addFindings(diags, "", []check.Finding{{Code: messages.ProviderUnknown, Severity: check.Warn, Data: d.unknown}})
	})
	return false
}

// mustKnow is known for a data source or an import, which cannot do without.
func (d *data) mustKnow(diags *diag.Diagnostics) bool {
	if d.unknown == "" {
		return true
	}
	d.addFindings(diags, "", []check.Finding{{Code: messages.ProviderUnknownRead, Data: d.unknown}})
	return false
}

// readSnapshot returns the snapshot of a server, which all resources share, and reports
// its warnings once.
func (d *data) readSnapshot(ctx context.Context, diags *diag.Diagnostics, serverID string) (*authz.Snapshot, bool) {
	l, err := d.server.ReadSnapshot(ctx, serverID)
	if !d.reportSnapshot(diags, serverID, l, err) {
		return nil, false
	}
	d.warnOnce(diags, serverID, check.DifferentUsers(l))
	return l, true
}

// readForReport is readSnapshot for a report, which shows what is unknown.
func (d *data) readForReport(ctx context.Context, diags *diag.Diagnostics, serverID string) (*authz.Snapshot, bool) {
	l, err := d.server.ReadForReport(ctx, serverID)
	return l, d.reportSnapshot(diags, serverID, l, err)
}

// refreshUserType returns a snapshot with the scopes of one user type for a resource; see
// engine.Server.RefreshUserType.
func (d *data) refreshUserType(ctx context.Context, diags *diag.Diagnostics, serverID, userType string, held, known []string) (*authz.Snapshot, bool) {
	l, err := d.server.RefreshUserType(ctx, serverID, userType, held, known)
	return l, d.reportSnapshot(diags, serverID, l, err)
}

// readUserType is refreshUserType without a state: scopes that cannot be read back are an
// error, never an empty set. No diff shows the differences between users.
func (d *data) readUserType(ctx context.Context, diags *diag.Diagnostics, serverID, userType string) (*authz.Snapshot, bool) {
	l, err := d.server.ReadUserType(ctx, serverID, userType, nil)
	if !d.reportSnapshot(diags, serverID, l, err) {
		return nil, false
	}
	d.warnOnce(diags, serverID, check.DifferentUsers(l))
	return l, true
}

// reportSnapshot adds the error of a read, or the warnings that were not reported before.
// It reports whether there is a snapshot.
func (d *data) reportSnapshot(diags *diag.Diagnostics, serverID string, l *authz.Snapshot, err error) bool {
	if err != nil {
		d.addFailure(diags, serverID, check.Finding{Code: messages.FailedRead}, d.explainDenied(serverID, err))
		return false
	}
	for _, n := range l.Warnings {
		if d.firstNote(serverID, n.Summary) {
			d.addFindings(diags, serverID, []check.Finding{{Code: messages.FoundNote, Severity: check.Warn, Data: n}})
		}
	}
	d.warnOnce(diags, serverID, check.Users(l))
	return true
}

// explainDenied adds to a refusal that the provider configuration addresses another server:
// the identity can belong to that one only.
func (d *data) explainDenied(serverID string, err error) error {
	own, none := d.server.Driver().ServerID("")
	var denied *authz.Error
	if none != nil || own == serverID || !errors.As(err, &denied) || denied.Kind != authz.Denied {
		return err
	}
	explained := *denied
	explained.Advice, explained.Args = authz.ReasonOtherServer, []string{d.at(own), d.at(serverID), messages.Advice(denied)}
	return &explained
}

// warnOnce adds findings about a snapshot that were not reported before.
func (d *data) warnOnce(diags *diag.Diagnostics, serverID string, found []check.Finding) {
	for _, f := range found {
		if d.firstNote(serverID, string(f.Code)+" "+strings.Join(f.Subjects, " ")) {
			d.addFindings(diags, serverID, []check.Finding{f})
		}
	}
}

// firstNote reports whether a warning of a server's snapshots is new.
func (d *data) firstNote(serverID, summary string) bool {
	_, reported := d.noted.LoadOrStore(noteKey{serverID, summary}, true)
	return !reported
}

// noteKey identifies a warning of a server's snapshots. A later snapshot can have
// warnings that an earlier one did not have.
type noteKey struct{ serverID, summary string }

// at names a server for messages: `Keycloak realm "shop"`.
func (d *data) at(serverID string) string {
	if serverID == "" { // a listing of the whole server
		return d.caps.Server
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", d.caps.Server, d.caps.ServerIDLabel)) + fmt.Sprintf(" %q", serverID)
}

// address is the server id that a resource addresses: its own server_id, or the
// provider's. It refuses a state that was made for another one: that is never
// drift. ok is false when there is an error or it is not known yet.
func (d *data) address(diags *diag.Diagnostics, configured, inState types.String) (serverID string, ok bool) {
	if configured.IsUnknown() || d.server == nil {
		return "", false
	}
	serverID, err := d.resolve(configured)
	if err != nil {
		f := check.Finding{Code: messages.FailedServerID, Path: "server_id"}
		if configured.IsNull() && !d.caps.ServerIDRequired {
			f.Code = messages.FailedNoServerID
		}
		d.addFailure(diags, "", f, err)
		return "", false
	}
	if was := inState.ValueString(); was != "" && was != serverID {
		d.addFindings(diags, serverID, []check.Finding{{
			Code: messages.FoundOtherServer, Path: "server_id",
			Data: messages.OtherServer{Was: d.at(was), Now: d.at(serverID), WasID: was, ByURL: d.noServerIDs()},
		}})
		return "", false
	}
	return serverID, true
}

// listAddress is address for what only lists scopes: some servers have server
// ids for user types alone.
func (d *data) listAddress(diags *diag.Diagnostics, configured types.String) (string, bool) {
	if configured.ValueString() == "" && !d.caps.WriteScopes && d.caps.ServerIDRequired {
		id, err := d.server.Driver().ServerID("")
		if err == nil {
			return id, true
		}
	}
	return d.address(diags, configured, types.StringNull())
}

func (d *data) resolve(configured types.String) (string, error) {
	id := configured.ValueString()
	own, _ := d.server.Driver().ServerID("") // in state and identity also where a server has no ids
	switch {
	case id == "" && d.caps.ServerIDRequired:
		return "", &authz.Error{
			Kind: authz.Invalid, Err: errors.New("server_id is not set"),
			Advice: authz.ReasonServerIDNeeded, Args: []string{d.caps.Server, d.caps.ServerIDLabel},
		}
	case id != "" && id != own && d.noServerIDs():
		return "", &authz.Error{
			Kind: authz.Invalid, Err: fmt.Errorf("server_id is %q", id),
			Advice: authz.ReasonNoServerIDs, Args: []string{d.caps.Server},
		}
	}
	return d.server.Driver().ServerID(id)
}

// userTypeKey is the same for all spellings of one user type.
func (d *data) userTypeKey(userType string) string {
	if d.server != nil {
		if speller, ok := d.server.Driver().(authz.UserTypeSpeller); ok {
			return speller.UserTypeKey(userType)
		}
	}
	return userType
}

// noServerIDs: the provider configuration alone says which server is meant.
func (d *data) noServerIDs() bool { return !d.caps.ServerIDAllowed && !d.caps.ServerIDRequired }

// requireCapability adds an error if the server lacks a capability. The code is the one of
// the error.
func (d *data) requireCapability(diags *diag.Diagnostics, able bool, code check.Code) bool {
	if !able {
		d.addFindings(diags, "", []check.Finding{{Code: code}})
	}
	return able
}

// isBuiltIn knows built-in scopes also where the server does not have them.
func (d *data) isBuiltIn(live authz.Scope, name string) bool {
	b, ok := d.server.Driver().(authz.BuiltIns)
	return live.BuiltIn || ok && b.IsBuiltIn(name)
}

// rejectClientRole rejects client roles on a server without them. none is true if there are
// none.
func (d *data) rejectClientRole(diags *diag.Diagnostics, attribute string, none bool) bool {
	if !none && !d.caps.ClientRoles {
		d.addFindings(diags, "", []check.Finding{{Code: messages.SupportClientRoles, Path: attribute}})
		return true
	}
	return false
}

// noSuchScope says that a scope is not there, and which is like it.
func (d *data) noSuchScope(ctx context.Context, diags *diag.Diagnostics, serverID, name string) {
	var near string
	if l, ok := d.readSnapshot(ctx, diags, serverID); ok {
		near = diff.Nearest(name, authz.Names(l.Scopes))
	}
	d.addFindings(diags, serverID, []check.Finding{{Code: messages.FoundNoScope, Subjects: []string{name}, Data: near}})
}

// readUserTypes returns a snapshot with the scopes of all user types, and those that are
// planned and held. It is an error if the user types may not be viewed: a hidden one could
// have any scope.
func (d *data) readUserTypes(ctx context.Context, diags *diag.Diagnostics, serverID string, planned, held diff.Grants) (*authz.Snapshot, bool) {
	l, err := d.server.ReadUserTypes(ctx, serverID, planned, held)
	if !d.reportSnapshot(diags, serverID, l, err) {
		return nil, false
	}
	if found := check.UserTypesVisible(l); len(found) > 0 {
		d.addFindings(diags, serverID, found)
		return nil, false
	}
	d.warnOnce(diags, serverID, check.DifferentUsers(l))
	return l, true
}

func userTypeNames(l *authz.Snapshot) []string {
	names := make([]string, len(l.UserTypes))
	for i, u := range l.UserTypes {
		names[i] = u.Name
	}
	return names
}

// noSuchUserType says that a user type is not there, and which are.
func (d *data) noSuchUserType(ctx context.Context, diags *diag.Diagnostics, serverID, userType string, at path.Path) {
	if resolver, ok := d.server.Driver().(authz.UserTypeResolver); ok && authz.IsClientRole(userType) {
		if _, err := resolver.ResolveUserType(ctx, serverID, userType); err != nil {
			d.addFinding(diags, at, serverID, check.Finding{Code: messages.FoundNoClientRole, Subjects: []string{userType}, Data: check.Failure{Err: err}})
			return
		}
	}
	var names []string
	if l, ok := d.readSnapshot(ctx, diags, serverID); ok {
		names = userTypeNames(l)
	}
	d.addFinding(diags, at, serverID, check.Finding{
		Code: messages.FoundNoUserType, Subjects: []string{userType}, Data: messages.Known{Nearest: diff.Nearest(userType, names), Names: names},
	})
}

// clientView is engine.Server.ReadClient or, before a write, ReadClientAlone.
type clientView func(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error)

// viewClient is what the client has on the server. missing is the server's own
// word that there is no such client; ok is false when it cannot be read.
func (d *data) viewClient(ctx context.Context, diags *diag.Diagnostics, serverID, clientID string, view clientView) (set authz.ClientScopeSet, ok bool, missing error) {
	set, err := view(ctx, serverID, clientID)
	switch {
	case authz.IsNotFound(err):
		return set, true, err
	case err != nil:
		d.addFailure(diags, serverID, check.Finding{Code: messages.FailedReadClient, Path: "client_id", Subjects: []string{clientID}}, d.explainDenied(serverID, err))
	}
	return set, err == nil, nil
}

// mustViewClient is viewClient where a client that is not there is an error,
// which says what was looked for.
func (d *data) mustViewClient(ctx context.Context, diags *diag.Diagnostics, serverID, clientID string, view clientView) (authz.ClientScopeSet, bool) {
	set, ok, missing := d.viewClient(ctx, diags, serverID, clientID, view)
	if missing != nil {
		d.addFindings(diags, serverID, []check.Finding{{
			Code: messages.FoundNoClient, Path: "client_id", Subjects: []string{clientID}, Data: check.Failure{Err: missing},
		}})
	}
	return set, ok && missing == nil
}
