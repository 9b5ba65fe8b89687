package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

func previousNamesAttribute() schema.MapAttribute {
	return schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Map of new scope name to old scope name. Renames the scope in place, so that its ID, role mappings, protocol mappers and " +
			"assignments to clients are kept. " +
			"An entry has an effect only while the old scope exists and the new scope does not. After the rename, it can be removed. " +
			"A rename does not count toward `max_deletions`. `overrides` has the new name as key.",
		Validators: []validator.Map{renameMap{}},
	}
}

// renameMap checks the names in previous_names.
type renameMap struct{}

func (renameMap) Description(context.Context) string { return "keys and values are scope names" }

func (v renameMap) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (renameMap) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for _, name := range slices.Sorted(maps.Keys(req.ConfigValue.Elements())) {
		old, isText := req.ConfigValue.Elements()[name].(types.String)
		switch err := authz.CheckName(name); {
		case err != nil:
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path, tftypes.InvalidName(name, err))
		case !isText || old.IsUnknown():
		case old.IsNull():
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path.AtMapKey(name), check.Finding{Code: messages.InputNullOldName})
		default:
			if err := authz.CheckName(old.ValueString()); err != nil {
				diagnostics.AddInvalid(&resp.Diagnostics, req.Path.AtMapKey(name), tftypes.InvalidName(old.ValueString(), err))
			}
		}
	}
}

// rejectPreviousNames adds an error for entries that no server makes right. It needs no
// server.
func (c SetConfig) rejectPreviousNames(diags *diag.Diagnostics) {
	if diags.HasError() || !tftypes.MapKnown(c.PreviousNames) {
		return
	}
	previous := map[string]string{}
	for name, old := range c.PreviousNames.Elements() {
		if text, ok := old.(types.String); ok {
			previous[name] = text.ValueString()
		}
	}
	diagnostics.AddAll(diags, check.PreviousNames(previous))
}

// scopeRenames are the renames of one plan. The zero value has none.
type scopeRenames struct {
	names map[string]string       // old name => new name
	ids   map[string]types.String // new name => ID
	input check.RenameInput       // without a snapshot
}

// old returns the name of a planned scope before the plan.
func (s scopeRenames) old(name string) string {
	for old, renamed := range s.names {
		if renamed == name {
			return old
		}
	}
	return name
}

// findRenames returns the renames that a plan demands. They come from configuration and
// state, so that the plan of the apply has the same. Only a creation reads the server.
func (r *serverScopesResource) findRenames(ctx context.Context, diags *diag.Diagnostics, p scopesPlan, reads bool) scopeRenames {
	var moved map[string]string
	if p.state != nil {
		moved = p.state.renamed()
	}
	if len(p.m.PreviousNames)+len(moved) == 0 {
		return scopeRenames{}
	}
	s := scopeRenames{ids: map[string]types.String{}}
	s.input.Previous, s.input.Moved = tftypes.Texts(p.m.PreviousNames), moved
	s.input.Planned, s.input.Exist, s.input.Applied = nameSet(p.m.Scopes), map[string]bool{}, map[string]bool{}
	var live *authz.Snapshot
	if reads {
		live, _ = r.Report(diags, p.m.ServerID.ValueString()).Snapshot(r.Server.ReadScopes(ctx, p.m.ServerID.ValueString(), base.NamesOnly))
	}
	switch {
	case p.state != nil:
		s.input.Exist, s.input.Applied = nameSet(p.state.Scopes), nameSet(p.state.Names)
	case live != nil:
		for _, scope := range live.Scopes {
			s.input.Exist[scope.Name] = p.replaced == nil || !slices.Contains(p.replaced.Destroy.Names, scope.Name)
		}
	}
	s.names = diff.Renames(s.input.RenameInput)
	for old, name := range s.names {
		s.ids[name] = types.StringUnknown()
		if p.state != nil && !p.state.IDs[old].IsNull() {
			s.ids[name] = p.state.IDs[old]
		} else if live != nil {
			scope, _ := live.Scope(old) // of a creation, or a scope that the configuration never had
			s.ids[name] = types.StringValue(scope.ID)
		}
	}
	return s
}

// checkRenames returns the findings about the renames of a plan.
func (r *serverScopesResource) checkRenames(ctx context.Context, p scopesPlan, l *authz.Snapshot) []check.Finding {
	in := p.renames.input
	if len(in.Previous)+len(in.Moved) == 0 {
		return nil
	}
	in.Renames, in.Snapshot, in.Filter = p.renames.names, l, p.m.Filter()
	in.BuiltIn = func(name string) bool {
		live, _ := l.Scope(name)
		return r.IsBuiltIn(live, name)
	}
	owner := walk.Server(p.m.ServerID.ValueString())
	in.Applied = maps.Clone(in.Applied)
	for name := range in.Planned {
		if r.Walk.WrittenInThisWalk(owner, name) {
			in.Applied[name], in.Exist[name] = true, true
		}
	}
	found := check.Renames(in)
	if len(in.Renames) == 0 || check.Rejects(found) || !r.Caps.ClientScopes {
		return found
	}
	clients, missed, err := r.Server.ClientsWithScopes(ctx, owner.Server, slices.Sorted(maps.Keys(in.Renames)))
	return append(found, check.RenamedClients(in.Renames, check.ClientInput{Clients: clients, Missed: missed, Unread: err})...)
}

// renamed returns the scopes of a state that were renamed outside Terraform: the configured
// name => the name on the server.
func (m *SetModel) renamed() map[string]string {
	var renamed map[string]string
	for name, live := range m.Names {
		if text := live.ValueString(); text != name && text != "" {
			if renamed == nil {
				renamed = map[string]string{}
			}
			renamed[name] = text
		}
	}
	return renamed
}

// noteRenamed sets names to the names that configured scopes have on the server. A scope
// that was renamed outside Terraform is found by its ID in state. The state alone has to show
// it: Terraform loses the private state if the provider is killed in an update.
func (m *SetModel) noteRenamed(state SetModel, l *authz.Snapshot) {
	var byID map[string]authz.Scope
	names, before, f := map[string]types.String{}, state.renamed(), m.Filter()
	for name := range m.Names {
		names[name] = types.StringValue(name)
		id := state.IDs[name].ValueString()
		if was, ok := before[name]; ok {
			id = state.IDs[was].ValueString()
		}
		if _, found := l.Scope(name); found || id == "" {
			continue
		}
		if byID == nil {
			byID = scopesByID(l)
		}
		live, found := byID[id]
		if _, configured := m.Names[live.Name]; found && !configured && !live.BuiltIn && f.Manages(live.Name) {
			names[name] = types.StringValue(live.Name)
		}
	}
	if m.Names != nil {
		m.Names = names
	}
}

// keepUndoneRenames restores the old names of renames that a failed update has not done, so that
// the next plan renames the scopes again. m is the plan of the update.
func (m *SetModel) keepUndoneRenames(state SetModel, l *authz.Snapshot) {
	olds := map[string]string{} // by ID
	for old, id := range state.IDs {
		olds[id.ValueString()] = old
	}
	var byID map[string]authz.Scope
	for name, id := range m.IDs {
		old := olds[id.ValueString()]
		if _, before := state.Names[name]; before || old == "" || old == name || id.IsUnknown() {
			continue
		}
		if byID == nil {
			byID = scopesByID(l)
			m.Names, m.Overrides = maps.Clone(m.Names), maps.Clone(m.Overrides)
		}
		if byID[id.ValueString()].Name == name {
			continue
		}
		delete(m.Names, name)
		delete(m.Overrides, name)
		m.Names[old] = types.StringValue(old)
		if prior, ok := state.Overrides[old]; ok && m.Overrides != nil {
			m.Overrides[old] = prior
		}
	}
}

func scopesByID(l *authz.Snapshot) map[string]authz.Scope {
	all := make(map[string]authz.Scope, len(l.Scopes))
	for _, s := range l.Scopes {
		all[s.ID] = s
	}
	return all
}

func nameSet[V any](m map[string]V) map[string]bool {
	set := make(map[string]bool, len(m))
	for name := range m {
		set[name] = true
	}
	return set
}
