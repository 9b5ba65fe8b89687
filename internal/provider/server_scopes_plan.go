package provider

import (
	"context"
	"fmt"
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
)

// serverScopesConfig reads the collections that may be unknown at plan.
type serverScopesConfig struct {
	Scopes    textMap
	Settings  types.Object
	Overrides types.Map
	Manage    types.List
	Ignore    types.List
}

type attributeGetter interface {
	GetAttribute(ctx context.Context, p path.Path, target any) diag.Diagnostics
}

func readServerScopesConfig(ctx context.Context, from attributeGetter, diags *diag.Diagnostics) serverScopesConfig {
	var c serverScopesConfig
	diags.Append(from.GetAttribute(ctx, path.Root("scopes"), &c.Scopes)...)
	diags.Append(from.GetAttribute(ctx, path.Root("settings"), &c.Settings)...)
	diags.Append(from.GetAttribute(ctx, path.Root("overrides"), &c.Overrides)...)
	diags.Append(from.GetAttribute(ctx, path.Root("manage"), &c.Manage)...)
	diags.Append(from.GetAttribute(ctx, path.Root("ignore"), &c.Ignore)...)
	return c
}

// shaped reports whether the keys are known: which scopes, which globs.
func (c serverScopesConfig) shaped() bool {
	for _, entry := range c.Overrides.Elements() {
		if entry.IsUnknown() {
			return false
		}
	}
	return !c.Scopes.IsUnknown() && !c.Overrides.IsUnknown() && listKnown(c.Manage) && listKnown(c.Ignore)
}

func listKnown(l types.List) bool {
	return !l.IsUnknown() && !slices.ContainsFunc(l.Elements(), attr.Value.IsUnknown)
}

// ValidateConfig checks the keys of the configuration. It needs no server.
func (r *serverScopesResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	c := readServerScopesConfig(ctx, req.Config, &resp.Diagnostics)
	c.rejectMismatchedKeys(&resp.Diagnostics)
}

// rejectMismatchedKeys adds an error for each scope that the globs exclude and for each
// override of an undefined scope. It checks nothing if a key is unknown, or if diags
// already has an error.
func (c serverScopesConfig) rejectMismatchedKeys(diags *diag.Diagnostics) {
	if diags.HasError() || !c.shaped() {
		return
	}
	names := sortedKeys(c.Scopes.elements())
	checkFilter(diags, path.Root("scopes"), c.filter(), names)
	for _, name := range sortedKeys(c.Overrides.Elements()) {
		if _, ok := c.Scopes.elements()[name]; !ok {
			detail := fmt.Sprintf("overrides has an entry %q, and scopes has no such name.", name)
			if near := diff.Nearest(name, names); near != "" {
				detail += fmt.Sprintf(" Did you mean %q?", near)
			}
			diags.AddAttributeError(path.Root("overrides").AtMapKey(name), "An override for no scope", detail)
		}
	}
}

// filter returns the filter of manage and ignore, which must be known.
func (c serverScopesConfig) filter() diff.Filter {
	return diff.NewFilter(listStrings(c.Manage), listStrings(c.Ignore))
}

// checkFilter refuses names that the globs of the same resource leave out.
func checkFilter(diags *diag.Diagnostics, p path.Path, f diff.Filter, names []string) {
	var ignored, unmanaged []string
	for _, name := range names {
		switch {
		case f.Ignores(name):
			ignored = append(ignored, name)
		case !f.Manages(name):
			unmanaged = append(unmanaged, name)
		}
	}
	if len(ignored) > 0 {
		diags.AddAttributeError(p, fmt.Sprintf("%s configured and ignored", count(len(ignored), "scope")),
			fmt.Sprintf("A glob of ignore matches what is listed here, so it could be neither managed nor left alone:\n\n%s\n\nTake them out of one of the two.", list(ignored)))
	}
	if len(unmanaged) > 0 {
		diags.AddAttributeError(p, fmt.Sprintf("%s outside of manage", count(len(unmanaged), "scope")),
			fmt.Sprintf("No glob of manage matches these:\n\n%s\n\nAdd a glob for them, or take them out.", list(unmanaged)))
	}
}

// ModifyPlan fills in what the configuration leaves out and holds the plan
// against the live server. It runs again in the apply, just before the write;
// planned values come from configuration and state alone, so they stay.
func (r *serverScopesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.data == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	c := readServerScopesConfig(ctx, req.Config, diags)
	if diags.HasError() || !r.can(diags, r.caps.WriteScopes, "Scopes cannot be managed") {
		return
	}
	settings, more := fillSettings(ctx, r.caps, c.Settings, settingsModel{})
	diags.Append(more...)
	setAttribute(ctx, diags, &resp.Plan, path.Root("settings"), settings)
	if !r.caps.Settings && !c.Overrides.IsNull() {
		noSettings(diags, r.caps, "overrides")
	}
	var state *serverScopesModel
	if !req.State.Raw.IsNull() {
		state = &serverScopesModel{}
		diags.Append(req.State.Get(ctx, state)...)
	}
	serverID, addressed := r.planAddress(ctx, diags, req, resp)
	if !c.shaped() {
		if r.warnUnshaped(ctx, diags, state, resp.Plan); addressed && r.known(diags) {
			r.planUnshaped(ctx, diags, serverID, c, req, resp)
		}
		return
	}
	if diags.HasError() {
		return
	}
	proposed := proposedScopes(ctx, diags, &resp.Plan)
	if diags.HasError() {
		return
	}
	m := proposed
	want := r.planComputed(ctx, diags, &m, state)
	setChanged(ctx, diags, &resp.Plan, proposed, m)
	if diags.HasError() || !r.known(diags) || !addressed {
		return
	}
	r.planAgainst(ctx, diags, scopesPlan{c, m, want, state}, req, resp)
}

// proposedScopes reads the plan. What of names and ids is unknown is planned here,
// and null until then.
func proposedScopes(ctx context.Context, diags *diag.Diagnostics, from *tfsdk.Plan) (m serverScopesModel) {
	for _, computed := range []path.Path{path.Root("names"), path.Root("ids")} {
		var v textMap
		diags.Append(from.GetAttribute(ctx, computed, &v)...)
		if v.IsUnknown() {
			diags.Append(from.SetAttribute(ctx, computed, textMap{})...)
		}
	}
	diags.Append(from.Get(ctx, &m)...)
	return m
}

// warnUnshaped says that a plan cannot show what its apply will delete.
func (r *serverScopesResource) warnUnshaped(ctx context.Context, diags *diag.Diagnostics, state *serverScopesModel, planned tfsdk.Plan) {
	if state == nil {
		return
	}
	var bound types.Int64
	diags.Append(planned.GetAttribute(ctx, path.Root("max_deletions"), &bound)...)
	r.addFindings(diags, "", check.UnknownDeletions(bound.ValueInt64()))
}

// planUnshaped is what can be planned while it is not known which scopes there are to
// be: that nobody else manages what the globs take in, and what of it may go.
func (r *serverScopesResource) planUnshaped(ctx context.Context, diags *diag.Diagnostics, serverID string, c serverScopesConfig, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !listKnown(c.Manage) || !listKnown(c.Ignore) {
		return
	}
	f := c.filter()
	remembered, ok := r.claimScopes(ctx, diags, serverID, sortedKeys(c.Scopes.elements()), f, req, resp)
	if ok {
		r.addFindings(diags, serverID, check.PossibleDeletions(managed(remembered.Outside, f)))
	}
}

// claimScopes notes what the resource is to manage, and refuses what another one of
// the configuration manages too.
func (r *serverScopesResource) claimScopes(ctx context.Context, diags *diag.Diagnostics, serverID string, names []string, f diff.Filter, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (remembered memory, ok bool) {
	remembered = recall(ctx, req.Private, diags)
	conflicts := check.ConflictInput{Resource: typeServerScopes}
	remembered.Claim, conflicts.ManagedTwice = r.walk.RegisterIntent(remembered.Claim, walk.Intent{Owner: walk.Server(serverID), Names: names, Filter: f})
	remembered.keep(ctx, resp.Private, diags)
	r.addFindings(diags, serverID, check.Conflicts(conflicts))
	return remembered, len(conflicts.ManagedTwice) == 0
}

// planComputed plans names, ids and open_scopes, and answers with what is wanted.
func (r *serverScopesResource) planComputed(ctx context.Context, diags *diag.Diagnostics, m, state *serverScopesModel) []authz.Scope {
	m.Names, m.IDs = map[string]types.String{}, map[string]types.String{}
	for name := range m.Scopes {
		m.Names[name] = types.StringValue(name)
		m.IDs[name] = types.StringUnknown()
		if state == nil {
			continue
		}
		if id, ok := state.IDs[name]; ok {
			m.IDs[name] = id
		}
	}
	want, known := m.want(ctx, diags)
	if !known {
		m.OpenScopes = types.ListUnknown(types.StringType)
		return want
	}
	open := []attr.Value{}
	for _, s := range want {
		if r.caps.Settings && s.Settings.Access == authz.AccessEveryone {
			open = append(open, types.StringValue(s.Name))
		}
	}
	m.OpenScopes = types.ListValueMust(types.StringType, open)
	for _, s := range want {
		r.requireDescription(diags, path.Root("scopes").AtMapKey(s.Name), s.Name, types.StringValue(s.Description))
	}
	return want
}

// scopesPlan is what is configured, planned and in the state (nil on creation).
type scopesPlan struct {
	config serverScopesConfig
	m      serverScopesModel
	want   []authz.Scope // by m; what is not known yet has its default
	state  *serverScopesModel
}

// planAgainst is the part of the plan that needs the live server.
func (r *serverScopesResource) planAgainst(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	serverID := p.m.ServerID.ValueString()
	replaced := p.state == nil && r.walk.IssuedID(recall(ctx, req.Private, diags).Claim)
	remembered, ok := r.claimScopes(ctx, diags, serverID, sortedKeys(p.m.Scopes), p.m.filter(), req, resp)
	if !ok {
		return
	}
	var gone walk.Deletion
	conflicts := check.ConflictInput{Resource: typeServerScopes}
	if p.state != nil {
		r.walk.NoteDeletion(remembered.Claim, p.state.destroyed())
	} else if replaced {
		gone = r.walk.NotedDeletion(remembered.Claim)
		conflicts.ReleasedAndReplaced = r.walk.ReleasedScopes(remembered.Claim)
	}
	conflicts.RemovedAndKept = r.walk.KeepScopes(walk.Server(serverID), sortedKeys(p.m.Scopes))
	r.addFindings(diags, serverID, check.Conflicts(conflicts))
	var deletions []string
	r.view(ctx, diags, serverID, func(l *authz.Listing) {
		r.planBuiltIns(diags, p.m, l)
		r.taken(diags, path.Root("scopes"), serverID, sortedKeys(p.m.Scopes), l)
		switch {
		case p.state != nil:
			deletions = r.planDeletions(diags, p, remembered, l)
			adopted := check.AdoptionInput{Existing: r.existing(ctx, p, l), Settings: r.caps.Settings}
			r.addFindings(diags, serverID, check.Adoption(adopted))
		case replaced:
			r.planReplacement(diags, p.m, gone, l)
		default:
			adopted := r.creation(p.m, nil, l)
			adopted.Existing = r.existing(ctx, p, l)
			r.addFindings(diags, serverID, check.Adoption(adopted))
		}
		r.planAccess(ctx, diags, p, remembered, gone.Names, l)
	})
	r.warnClientsLose(ctx, diags, serverID, deletions)
}

func (r *serverScopesResource) planBuiltIns(diags *diag.Diagnostics, m serverScopesModel, l *authz.Listing) {
	var there, absent []string
	for _, name := range sortedKeys(m.Scopes) {
		live, found := l.Scope(name)
		switch {
		case !r.isBuiltIn(live, name):
		case !found:
			absent = append(absent, name)
		case !m.AllowBuiltIn.ValueBool():
			there = append(there, name)
		}
	}
	if len(there) > 0 {
		diags.AddAttributeError(path.Root("scopes"), fmt.Sprintf("%s built in", count(len(there), "scope")), r.builtInDetail(there, true))
	}
	if len(absent) > 0 {
		diags.AddAttributeError(path.Root("scopes"), fmt.Sprintf("%s no scope of a server", count(len(absent), "name")), r.builtInDetail(absent, false))
	}
}

// planAccess tells who gets and who loses scopes.
// gone are scopes that a replacement deletes first.
func (r *serverScopesResource) planAccess(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, remembered memory, gone []string, l *authz.Listing) {
	if !r.caps.Settings {
		return
	}
	access := accessOf(ctx, p.m.Settings, diags)
	setWide := !accessOf(ctx, p.config.Settings, diags).IsNull()
	decided := func(name string) bool {
		if p.state == nil || !remembered.Applied {
			return false
		}
		_, ok := p.state.Names[name]
		return ok
	}
	var scopes []check.AccessScope
	for _, w := range p.want {
		live, found := l.Scope(w.Name)
		if r.isBuiltIn(live, w.Name) && !p.m.AllowBuiltIn.ValueBool() {
			continue // refused already, by planBuiltIns
		}
		own := p.m.Overrides[w.Name].Access
		scopes = append(scopes, check.AccessScope{
			Want: w, Live: live, Found: found && (live.BuiltIn || !slices.Contains(gone, w.Name)),
			Configured: setWide || !own.IsNull(),
			Decided:    decided(w.Name),
			Unknown:    own.IsUnknown() || own.IsNull() && (p.m.Settings.IsUnknown() || access.IsUnknown()),
		})
	}
	r.checkAccess(diags, p.m.ServerID.ValueString(), check.AccessInput{Scopes: scopes, Snapshot: l})
}

func listStrings(l types.List) []string {
	var values []string
	for _, e := range l.Elements() {
		if s, ok := e.(types.String); ok {
			values = append(values, s.ValueString())
		}
	}
	return values
}
