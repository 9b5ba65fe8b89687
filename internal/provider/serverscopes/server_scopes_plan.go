package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// readConfig returns the configuration of the resource; that of authscopes_drift has no
// previous_names.
func (r *serverScopesResource) readConfig(ctx context.Context, from attributeGetter, diags *diag.Diagnostics) SetConfig {
	c := ReadSetConfig(ctx, from, diags)
	diags.Append(from.GetAttribute(ctx, path.Root("previous_names"), &c.PreviousNames)...)
	return c
}

// SetConfig reads the collections that may be unknown at plan.
type SetConfig struct {
	Scopes    tftypes.TextMap
	Settings  types.Object
	Overrides types.Map
	Manage    types.List
	Ignore    types.List

	PreviousNames types.Map
}

type attributeGetter interface {
	GetAttribute(ctx context.Context, p path.Path, target any) diag.Diagnostics
}

func ReadSetConfig(ctx context.Context, from attributeGetter, diags *diag.Diagnostics) SetConfig {
	var c SetConfig
	diags.Append(from.GetAttribute(ctx, path.Root("scopes"), &c.Scopes)...)
	diags.Append(from.GetAttribute(ctx, path.Root("settings"), &c.Settings)...)
	diags.Append(from.GetAttribute(ctx, path.Root("overrides"), &c.Overrides)...)
	diags.Append(from.GetAttribute(ctx, path.Root("manage"), &c.Manage)...)
	diags.Append(from.GetAttribute(ctx, path.Root("ignore"), &c.Ignore)...)
	return c
}

// keysKnown reports whether all map keys and glob patterns are known.
func (c SetConfig) keysKnown() bool {
	return !c.Scopes.IsUnknown() && tftypes.MapKnown(c.Overrides) && tftypes.MapKnown(c.PreviousNames) &&
		tftypes.ListKnown(c.Manage) && tftypes.ListKnown(c.Ignore)
}

// ValidateConfig checks the keys of the configuration. It needs no server.
func (r *serverScopesResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	c := r.readConfig(ctx, req.Config, &resp.Diagnostics)
	c.RejectMismatchedKeys(&resp.Diagnostics)
	c.rejectPreviousNames(&resp.Diagnostics)
}

// RejectMismatchedKeys adds an error for each scope that the glob patterns exclude and for
// each override of an undefined scope. It checks nothing if a key is unknown, or if diags
// already has an error.
func (c SetConfig) RejectMismatchedKeys(diags *diag.Diagnostics) {
	if diags.HasError() || !c.keysKnown() {
		return
	}
	names := slices.Sorted(maps.Keys(c.Scopes.Elements()))
	attrs.RejectExcluded(diags, path.Root("scopes"), c.Filter(), names)
	for _, name := range slices.Sorted(maps.Keys(c.Overrides.Elements())) {
		if _, ok := c.Scopes.Elements()[name]; !ok {
			diagnostics.AddInvalid(diags, path.Root("overrides").AtMapKey(name), check.StrayOverride(name, names))
		}
	}
}

// Filter returns the filter of manage and ignore, which must be known.
func (c SetConfig) Filter() diff.Filter {
	return diff.NewFilter(tftypes.ListStrings(c.Manage), tftypes.ListStrings(c.Ignore))
}

// ModifyPlan sets what is not configured, and compares the plan with the server. The apply
// runs it again, directly before the write. Planned values depend only on configuration and
// state, so they stay.
func (r *serverScopesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.ProviderData == nil {
		return
	}
	defer r.FinishUnwritten(ctx, req, resp, "scopes")
	defer r.PlanServerUID(ctx, req, resp, "scopes")
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	defer r.PlanWithoutParent(ctx, req, resp, "open_scopes", types.ListUnknown(types.StringType))
	c := r.readConfig(ctx, req.Config, diags)
	if diags.HasError() || !r.RequireCapability(diags, r.Caps.WriteScopes, messages.SupportScopes) {
		return
	}
	settings := attrs.PlanSettings(ctx, diags, r.ProviderData, c.Settings, attrs.Settings{})
	lifecycle.SetAttribute(ctx, diags, &resp.Plan, path.Root("settings"), settings)
	if !r.Caps.Settings && !c.Overrides.IsNull() {
		r.AddFindings(diags, "", []check.Finding{{Code: messages.SupportSettings, Path: "overrides"}})
	}
	var state *SetModel
	if !req.State.Raw.IsNull() {
		state = &SetModel{}
		diags.Append(lifecycle.GetModel(ctx, req.State, state)...)
	}
	serverID, addressed := r.PlanServerID(ctx, diags, req, resp)
	if !c.keysKnown() {
		if r.warnUnknownKeys(ctx, diags, state, resp.Plan); addressed && r.ServerKnown(diags) {
			r.planUnknownKeys(ctx, diags, serverID, c, req, resp)
		}
		return
	}
	if diags.HasError() {
		return
	}
	var proposed SetModel // planComputed plans names and ids, which can be unknown
	diags.Append(lifecycle.GetModel(ctx, resp.Plan, &proposed)...)
	if diags.HasError() {
		return
	}
	p := scopesPlan{config: c, m: proposed, state: state}
	if reads := addressed && r.UnknownAttribute == ""; reads {
		p.remembered, p.replaced = r.LoadIntent(ctx, diags, lifecycle.TypeServerScopes, p.m.intent(), req, resp)
		p.renames = r.findRenames(ctx, diags, p, reads)
	} else if state != nil {
		p.remembered = lifecycle.LoadPrivateState(ctx, req.Private, diags)
		p.renames = r.findRenames(ctx, diags, p, reads)
	}
	p.want = r.planComputed(ctx, diags, &p)
	lifecycle.SetChanged(ctx, diags, &resp.Plan, proposed, p.m)
	if diags.HasError() || !r.ServerKnown(diags) || !addressed {
		return
	}
	p.unrefreshed = r.IsUnrefreshed(req, p.remembered.ID)
	r.planWithServer(ctx, diags, p)
}

// warnUnknownKeys warns that the plan cannot show what its apply deletes.
func (r *serverScopesResource) warnUnknownKeys(ctx context.Context, diags *diag.Diagnostics, state *SetModel, planned tfsdk.Plan) {
	if state == nil {
		return
	}
	var bound tftypes.Whole
	diags.Append(planned.GetAttribute(ctx, path.Root("max_deletions"), &bound)...)
	r.AddFindings(diags, "", check.UnknownDeletions(bound.ValueInt64()))
}

// planUnknownKeys checks a plan whose scopes are unknown until apply: that no other resource
// manages what the glob patterns match, and which scopes the apply may delete.
func (r *serverScopesResource) planUnknownKeys(
	ctx context.Context, diags *diag.Diagnostics, serverID string, c SetConfig, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if !tftypes.ListKnown(c.Manage) || !tftypes.ListKnown(c.Ignore) {
		return
	}
	in := walk.Intent{Owner: walk.Server(serverID), Filter: c.Filter(), Keep: slices.Sorted(maps.Keys(c.Scopes.Elements())), Unknown: true}
	remembered, previous := r.LoadIntent(ctx, diags, lifecycle.TypeServerScopes, in, req, resp)
	if _, ok := r.RegisterIntent(diags, remembered.ID, previous, lifecycle.Holder{ResourceType: lifecycle.TypeServerScopes}, in); ok {
		r.AddFindings(diags, serverID, check.PossibleDeletions(lifecycle.Managed(remembered.Outside, in.Filter)))
	}
}

// planComputed plans names, ids and open_scopes. It returns the planned scopes.
func (r *serverScopesResource) planComputed(ctx context.Context, diags *diag.Diagnostics, p *scopesPlan) []authz.Scope {
	m, state := &p.m, p.state
	m.Names, m.IDs = map[string]types.String{}, map[string]types.String{}
	for name := range m.Scopes {
		m.Names[name] = types.StringValue(name)
		m.IDs[name] = types.StringUnknown()
		if id, renamed := p.renames.ids[name]; renamed {
			m.IDs[name] = id
		} else if id, ok := state.ids()[name]; ok {
			m.IDs[name] = id
		}
	}
	want, known := m.Want(ctx, diags)
	if !known {
		m.OpenScopes = types.ListUnknown(types.StringType)
		return want
	}
	open := []attr.Value{}
	for _, s := range want {
		if r.Caps.Settings && s.Settings.Access == authz.AccessEveryone {
			open = append(open, types.StringValue(s.Name))
		}
	}
	m.OpenScopes = types.ListValueMust(types.StringType, open)
	for _, s := range want {
		if state != nil {
			if found, listed := state.Scopes[p.renames.old(s.Name)]; listed && found.ValueString() == "" {
				continue
			}
		}
		r.requireDescription(diags, path.Root("scopes").AtMapKey(s.Name), s.Name, types.StringValue(s.Description))
	}
	return want
}

// scopesPlan is what is configured, planned and in the state (nil on creation).
type scopesPlan struct {
	config SetConfig
	m      SetModel
	want   []authz.Scope // by m; a value that is unknown until apply has its default
	state  *SetModel

	renames     scopeRenames
	remembered  lifecycle.PrivateState
	unrefreshed bool         // see IsUnrefreshed
	replaced    *walk.Intent // the object that the plan replaces, or nil; see LoadIntent
}

// removable returns the scopes that an update may delete. A renamed scope stays.
func (p scopesPlan) removable() []string {
	return diff.Difference(p.m.removable(*p.state, p.remembered), slices.Sorted(maps.Keys(p.renames.names)))
}

// ids returns the IDs in state, none without a state.
func (m *SetModel) ids() map[string]types.String {
	if m == nil {
		return nil
	}
	return m.IDs
}

// planWithServer is the part of the plan that needs the server.
func (r *serverScopesResource) planWithServer(ctx context.Context, diags *diag.Diagnostics, p scopesPlan) {
	serverID := p.m.ServerID.ValueString()
	if l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, p.needs())); ok {
		r.warnLosingClients(ctx, diags, serverID, r.planLive(ctx, diags, p, l))
	}
}

// planLive compares the plan with the snapshot, and returns the scopes that it deletes.
func (r *serverScopesResource) planLive(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, l *authz.Snapshot) []string {
	serverID := p.m.ServerID.ValueString()
	access := r.accessScopes(ctx, diags, p, l)
	in := p.m.intent()
	in.Open, in.Rename = check.OpenScopes(access), p.renames.names
	var deletions []authz.Scope
	switch {
	case p.state != nil:
		deletions = diff.DiffScopes(nil, l, p.removable(), false).Delete
		in.Remove, in.Destroy = authz.Names(deletions), p.state.intent().Destroy
		in.Release = check.Released(l, in.Filter, slices.Sorted(maps.Keys(p.state.Scopes)), in.Keep)
	case p.replaced != nil:
		deletions = diff.DiffScopes(nil, l, p.replaced.Destroy.Names, false).Delete
		in.Destroy = p.replaced.Destroy
	}
	conflicts, ok := r.RegisterIntent(diags, p.remembered.ID, p.replaced, lifecycle.Holder{ResourceType: lifecycle.TypeServerScopes}, in)
	if !ok {
		return nil
	}
	if p.unrefreshed {
		changes := diff.DiffScopes(p.want, l, lifecycle.Managed(authz.Names(l.Scopes), in.Filter), r.Caps.Settings)
		r.WarnOutdated(diags, serverID, check.Holder{}, changes.Names())
		return nil
	}
	if len(p.m.Scopes) == 0 && len(deletions) > 0 {
		r.AddFindings(diags, serverID, []check.Finding{{Code: messages.InputNoScopes, Path: "scopes"}})
	}
	r.rejectBuiltIns(diags, p.m, l)
	r.AddFindings(diags, serverID, check.TakenNames("scopes", in.Keep, l))
	found := r.checkRenames(ctx, p, l)
	if !check.Rejects(found) {
		found = slices.Concat(found, r.checkChanges(ctx, p, in, deletions, l), check.Coverage(l, in.Keep, in.Remove))
	}
	r.AddFindings(diags, serverID, found)
	if r.Caps.Settings {
		r.AddFindings(diags, serverID, check.Access(check.AccessInput{Scopes: access, Snapshot: l, Conflicts: conflicts}))
	}
	if p.replaced != nil && !p.replaced.Tainted {
		return nil // Terraform shows no warning of it, so no client is read
	}
	return authz.Names(deletions)
}

// checkChanges returns the findings about what the plan deletes and adopts.
func (r *serverScopesResource) checkChanges(ctx context.Context, p scopesPlan, in walk.Intent, deletions []authz.Scope, l *authz.Snapshot) []check.Finding {
	switch {
	case p.state != nil:
		found := check.Deletions(check.DeletionInput{Scopes: deletions, Limit: lifecycle.DeletionBound(p.m.MaxDeletions)})
		found = append(found, check.Globs(check.GlobInput{Removed: in.Remove, State: slices.Sorted(maps.Keys(p.state.Scopes)), Released: in.Release})...)
		return append(found, check.Adoption(check.AdoptionInput{Existing: r.existingScopes(ctx, p, l), Settings: r.Caps.Settings})...)
	case p.replaced != nil:
		return r.checkReplacement(p, deletions, l)
	default:
		adopted := r.creation(p, nil, l)
		adopted.Existing = r.existingScopes(ctx, p, l)
		return check.Adoption(adopted)
	}
}

func (r *serverScopesResource) rejectBuiltIns(diags *diag.Diagnostics, m SetModel, l *authz.Snapshot) {
	var there, absent []string
	for _, name := range slices.Sorted(maps.Keys(m.Scopes)) {
		live, found := l.Scope(name)
		switch {
		case !r.IsBuiltIn(live, name):
		case !found:
			absent = append(absent, name)
		case !m.AllowBuiltIn.ValueBool():
			there = append(there, name)
		}
	}
	serverID := m.ServerID.ValueString()
	r.AddFindings(diags, serverID, check.BuiltInNames("scopes", there, check.BuiltIn{}))
	r.AddFindings(diags, serverID, check.ReservedNames("scopes", absent))
}

// accessScopes returns what check.Access needs to know of the planned scopes.
func (r *serverScopesResource) accessScopes(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, l *authz.Snapshot) []check.AccessScope {
	if !r.Caps.Settings {
		return nil
	}
	access := attrs.AccessOf(ctx, p.m.Settings, diags)
	setWide := !attrs.AccessOf(ctx, p.config.Settings, diags).IsNull()
	decided := func(name string) bool {
		if p.state == nil || !p.remembered.Applied {
			return false
		}
		_, configured := p.state.Names[p.renames.old(name)]
		_, ours := p.state.IDs[p.renames.old(name)] // also if a rename outside Terraform is adopted
		return configured || ours
	}
	deletedFirst := func(name string) bool { return p.replaced != nil && slices.Contains(p.replaced.Destroy.Names, name) }
	var scopes []check.AccessScope
	for _, w := range p.want {
		live, found := l.Scope(p.renames.old(w.Name))
		if r.IsBuiltIn(live, w.Name) && !p.m.AllowBuiltIn.ValueBool() {
			continue // refused already, by rejectBuiltIns
		}
		own := p.m.Overrides[w.Name].Access
		scopes = append(scopes, check.AccessScope{
			Want: w, Live: live, Found: found && (live.BuiltIn || !deletedFirst(w.Name)),
			Configured: setWide || !own.IsNull(), Shared: own.IsNull(),
			Decided: decided(w.Name),
			Unknown: own.IsUnknown() || own.IsNull() && (p.m.Settings.IsUnknown() || access.IsUnknown()),
		})
	}
	return scopes
}
