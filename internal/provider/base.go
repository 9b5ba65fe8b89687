package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
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

// base is embedded by every resource and data source.
type base struct{ *data }

func (b *base) configure(providerData any, diags *diag.Diagnostics) {
	if providerData == nil {
		return // validation: the provider is not configured
	}
	d, ok := providerData.(*data)
	if !ok {
		addInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedInternal, Data: fmt.Sprintf("%T", providerData)})
		return
	}
	if d.noServer != nil {
		d.addFindings(diags, "", []check.Finding{{Code: messages.ProviderNoServer, Data: d.noServer}})
		return
	}
	b.data = d
}

type resourceBase struct{ base }

func (b *resourceBase) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.configure(req.ProviderData, &resp.Diagnostics)
}

type dataSourceBase struct{ base }

func (b *dataSourceBase) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.configure(req.ProviderData, &resp.Diagnostics)
}

// known answers whether the server can be asked. While the provider's own
// configuration is not known, a plan keeps the state and says so once.
func (d *data) known(diags *diag.Diagnostics) bool {
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

// privateData is the private state of a resource, as the framework hands it out.
type privateData interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// memory is what a resource remembers in its private state.
type memory struct {
	// Applied is set once this provider has written the resource: from then on
	// what its configuration leaves out is decided.
	Applied bool `json:"applied,omitempty"`
	// Outside are the scopes that the last read saw outside of manage and
	// ignore: only these can be deleted when the globs change.
	Outside []string `json:"outside,omitempty"`
	// Released are scopes that the resource took from its user type.
	Released []string `json:"released,omitempty"`
	// UserTypeID tells a renamed user type from one that is gone.
	UserTypeID string `json:"user_type_id,omitempty"`
	// UserTypeIDs is UserTypeID for each of several user types, by name.
	UserTypeIDs map[string]string `json:"user_type_ids,omitempty"`
	// ExcludedGrants are the scopes that user types have and that the globs exclude: only
	// these can be revoked if the globs change.
	ExcludedGrants diff.Grants `json:"excluded_grants,omitempty"`
	// Reopened are the released scopes that are open although no configuration opened them.
	Reopened []string `json:"reopened,omitempty"`
	// Moved is set while the state is as a moved block made it.
	Moved bool `json:"moved,omitempty"`
	// Renamed are scopes that were renamed outside Terraform: the configured name => the
	// name on the server.
	Renamed map[string]string `json:"renamed,omitempty"`
	// ID identifies the intents of the resource in every walk.
	ID string `json:"id,omitempty"`
}

const memoryKey = "authscopes"

// recall reads the memory. A state without one had its provider killed in an
// update, for Terraform then keeps the old state alone, and an import and a move
// leave a memory: what the plan of that update decided is decided. The ID is then empty.
func recall(ctx context.Context, from privateData, diags *diag.Diagnostics) memory {
	raw, more := from.GetKey(ctx, memoryKey)
	diags.Append(more...)
	if len(raw) == 0 {
		return memory{Applied: true}
	}
	var m memory
	if err := json.Unmarshal(raw, &m); err != nil {
		addInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedReadPrivateState, Data: check.Failure{Err: err}})
	}
	return m
}

func (m memory) keep(ctx context.Context, in privateWriter, diags *diag.Diagnostics) {
	m.ID = cmp.Or(m.ID, walk.NewID())
	raw, err := json.Marshal(m)
	if err != nil {
		addInvalid(diags, path.Empty(), check.Finding{Code: messages.FailedSetPrivateState, Data: check.Failure{Err: err}})
		return
	}
	diags.Append(in.SetKey(ctx, memoryKey, raw)...)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func stringsOf(values []types.String) []string {
	names := make([]string, 0, len(values))
	for _, v := range values {
		names = append(names, v.ValueString())
	}
	return names
}
