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

// ModifyPlan holds the plan against the live server. It runs again in the
// apply, just before the write.
func (r *userTypeScopesResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	diags := &resp.Diagnostics
	if r.data == nil {
		return
	}
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, diags, req.State)
		return
	}
	if !r.can(diags, r.caps.UserTypeScopes, "Scopes of user types cannot be managed") {
		return
	}
	_, addressed := r.planAddress(ctx, diags, req, resp)
	var state *userTypeScopesModel
	if !req.State.Raw.IsNull() {
		state = &userTypeScopesModel{}
		diags.Append(req.State.Get(ctx, state)...)
	}
	if state != nil && !diags.HasError() && r.another(ctx, diags, *state, resp.Plan) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("user_type"))
		r.planReleased(diags, *state, r.warnReleased)
		state = nil // a replacement: of its two plans Terraform shows the warnings of this one only
	}
	setAttribute(ctx, diags, &resp.Plan, path.Root("open_scopes"), types.ListValueMust(types.StringType, []attr.Value{}))
	if diags.HasError() || !globsKnown(ctx, req.Config, diags) {
		return
	}
	var m userTypeScopesModel
	diags.Append(resp.Plan.Get(ctx, &m)...)
	names, known := m.Scopes.names()
	if diags.HasError() || m.UserType.IsUnknown() {
		return
	}
	if !known {
		if addressed && r.known(diags) {
			r.planNamesUnknown(ctx, diags, m, state, req, resp)
		}
		return
	}
	checkFilter(diags, path.Root("scopes"), m.filter(), names)
	if len(names) == 0 && !r.caps.EmptyUserTypes {
		diags.AddAttributeError(path.Root("scopes"), "No scopes", fmt.Sprintf("%s refuses a user type without any scope. Name at least one.", r.caps.Server))
	}
	r.planWhole(diags, m)
	if !diags.HasError() && r.known(diags) && addressed {
		r.planAgainst(ctx, diags, m, state, req, resp)
	}
}

// planNamesUnknown tells what the user type may lose, on creation of what it has now.
func (r *userTypeScopesResource) planNamesUnknown(ctx context.Context, diags *diag.Diagnostics, m userTypeScopesModel, state *userTypeScopesModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	serverID, userType := m.ServerID.ValueString(), m.UserType.ValueString()
	has := state.held()
	if state == nil {
		r.viewUserType(ctx, diags, serverID, userType, nil, nil, func(l *authz.Listing) { has = authz.Names(l.ScopesOf(userType)) })
	}
	r.planUnknown(ctx, diags, serverID, r.holder(m), has, req, resp)
}

// another reports whether a plan is for another user type than the state: one that
// is only spelt otherwise is the same, and is not replaced.
func (r *userTypeScopesResource) another(ctx context.Context, diags *diag.Diagnostics, state userTypeScopesModel, planned tfsdk.Plan) bool {
	var userType types.String
	diags.Append(planned.GetAttribute(ctx, path.Root("user_type"), &userType)...)
	return userType.IsUnknown() || r.userTypeKey(userType.ValueString()) != r.userTypeKey(state.UserType.ValueString())
}

// planWhole refuses globs where a write replaces the whole set: what they leave
// alone would be taken away, or be given to all.
func (r *userTypeScopesResource) planWhole(diags *diag.Diagnostics, m userTypeScopesModel) {
	if !r.caps.UserTypesReplaced {
		return
	}
	globs := map[string][]types.String{"manage": m.Manage, "ignore": m.Ignore}
	for _, name := range sortedKeys(globs) {
		if len(globs[name]) > 0 {
			diags.AddAttributeError(path.Root(name), fmt.Sprintf("%s leaves no scope of a user type alone", r.caps.Server),
				fmt.Sprintf("A write there replaces all scopes of the user type, so %s cannot be kept. Leave it out, and list every scope of user type %q.", name, m.UserType.ValueString()))
		}
	}
}

// planDestroy says where a destroy changes nothing on the server.
func (r *userTypeScopesResource) planDestroy(ctx context.Context, diags *diag.Diagnostics, prior tfsdk.State) {
	var state userTypeScopesModel
	diags.Append(prior.Get(ctx, &state)...)
	if diags.HasError() {
		return
	}
	r.planReleased(diags, state, func(*diag.Diagnostics, holder) {}) // the change shows what goes
}

// planReleased notes what a user type loses with its resource, where the server can
// take it away, and lets tell say so.
func (r *userTypeScopesResource) planReleased(diags *diag.Diagnostics, state userTypeScopesModel, tell func(*diag.Diagnostics, holder)) {
	r.warnKept(diags, state)
	if state.OnDestroy.ValueString() != onDestroyKeep && !r.caps.UserTypesKept {
		tell(diags, r.holder(state))
		r.planTaken(diags, state.ServerID.ValueString(), r.holder(state))
	}
}

func (m *userTypeScopesModel) filter() diff.Filter {
	return diff.NewFilter(stringsOf(m.Manage), stringsOf(m.Ignore))
}

// holder is the user type with what the model holds.
func (r *userTypeScopesResource) holder(m userTypeScopesModel) holder {
	userType := m.UserType.ValueString()
	return holder{check.Holder{Kind: walk.KindUserType, Name: userType, Attribute: "user_type"}, typeUserTypeScopes, r.userTypeKey(userType), m.held(), m.filter()}
}

// warnKept tells that scopes stay, where the configuration does not say so.
func (r *userTypeScopesResource) warnKept(diags *diag.Diagnostics, state userTypeScopesModel) {
	if !r.caps.UserTypesKept || state.OnDestroy.ValueString() == onDestroyKeep {
		return
	}
	diags.AddWarning(fmt.Sprintf("User type %q keeps its scopes on %s", state.UserType.ValueString(), r.caps.Server),
		fmt.Sprintf("%s has no way to take the scopes from a user type. The resource only leaves the state, and these stay as they are:\n\n%s\n\n"+
			"To take some away, apply a smaller set before. on_destroy = \"keep\" says that this is meant.", r.caps.Server, orNone(state.held())))
}

// planAgainst is the part of the plan that needs the live server.
func (r *userTypeScopesResource) planAgainst(ctx context.Context, diags *diag.Diagnostics, m userTypeScopesModel, state *userTypeScopesModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	serverID, userType := m.ServerID.ValueString(), m.UserType.ValueString()
	names, _ := m.Scopes.names()
	remembered, ok := r.planClaim(ctx, diags, serverID, r.holder(m), req, resp)
	if !ok {
		return
	}
	if r.planCheck(ctx, diags, userType, names); diags.HasError() {
		return
	}
	r.viewUserType(ctx, diags, serverID, userType, state.held(), append(slices.Clone(names), state.held()...), func(l *authz.Listing) {
		r.planBuiltIns(diags, m, l)
		u, exists := l.UserType(userType)
		if exists {
			r.planComposite(diags, m, u)
		} else {
			warnNotThere(diags, "user_type", fmt.Sprintf("user type %q", userType), r.at(serverID), didYouMean(userType, userTypeNames(l)))
		}
		r.planRights(diags, l, m, state, &remembered)
	})
	r.planHeld(diags, serverID, r.holder(m), append(state.held(), remembered.Outside...))
	if open := r.walk.GrantScopes(serverID, userType, names); len(open) > 0 {
		diags.AddAttributeError(path.Root("scopes"), fmt.Sprintf("Access of %s is contradictory", count(len(open), "scope")), contradiction(open))
	}
}

// planCheck asks the driver, where it knows what its server takes.
func (r *userTypeScopesResource) planCheck(ctx context.Context, diags *diag.Diagnostics, userType string, names []string) {
	checker, ok := r.server.Driver().(authz.UserTypeChecker)
	if !ok || diags.HasError() {
		return
	}
	listed := ""
	if id, err := r.server.Driver().ServerID(""); err == nil {
		listed = id // scopes are listed for the whole server
	}
	known := &authz.Listing{}
	if checker.NeedsListing() && !r.view(ctx, diags, listed, func(l *authz.Listing) { known.Scopes = slices.Clone(l.Scopes) }) {
		return
	}
	notes, err := checker.CheckUserType(known, userType, names)
	if err != nil {
		addAttributeError(diags, path.Root("scopes"), fmt.Sprintf("%s refuses the scopes of user type %q", r.caps.Server, userType), err)
	}
	for _, n := range notes {
		diags.AddWarning(n.Summary, n.Detail)
	}
}

// planBuiltIns refuses built-in scopes: who gets them is never changed. Those
// that the user type has already can be named with allow_built_in.
func (r *userTypeScopesResource) planBuiltIns(diags *diag.Diagnostics, m userTypeScopesModel, l *authz.Listing) {
	names, _ := m.Scopes.names()
	has := authz.Names(l.ScopesOf(m.UserType.ValueString()))
	builtIn := slices.DeleteFunc(names, func(n string) bool {
		live, _ := l.Scope(n)
		return !r.isBuiltIn(live, n) || m.AllowBuiltIn.ValueBool() && slices.Contains(has, n)
	})
	if len(builtIn) > 0 {
		diags.AddAttributeError(path.Root("scopes"), fmt.Sprintf("%s built in", count(len(builtIn), "scope")),
			fmt.Sprintf("These come with every %s server, and who gets them is never changed: a user type on one takes it from everyone else, whose tokens need its claims:\n\n%s\n\n"+
				"Leave them out. Those that the user type has already can be named with allow_built_in = true.", r.caps.Server, list(builtIn)))
	}
}

// planComposite refuses a user type that gives its scopes to others.
func (r *userTypeScopesResource) planComposite(diags *diag.Diagnostics, m userTypeScopesModel, u authz.UserType) {
	if names, _ := m.Scopes.names(); len(names) == 0 {
		return
	}
	inside := slices.Concat(u.Inside, u.InsideClientRoles)
	switch {
	case u.Everyone:
		why := "is one that every user has."
		if len(inside) > 0 {
			why = "is one that every user has, or contains such:\n\n" + list(inside) + "\n\n"
		}
		diags.AddAttributeError(path.Root("user_type"), fmt.Sprintf("Everyone has user type %q", u.Name),
			fmt.Sprintf("The %s %q %s Its scopes would go to everyone. Use a %s of its own for these scopes; "+
				"for a scope that everyone is to get, say access = \"everyone\".", r.caps.UserTypeWord, u.Name, why, r.caps.UserTypeWord))
	case u.Composite() && !m.AllowComposite.ValueBool():
		diags.AddAttributeError(path.Root("user_type"), fmt.Sprintf("User type %q contains others", u.Name),
			fmt.Sprintf("The %s %q is composite. Whoever has one of these gets its scopes too, also without %q:\n\n%s\n\n"+
				"If that is meant, set allow_composite = true.", r.caps.UserTypeWord, u.Name, u.Name, list(inside)))
	}
}

// planRights tells what the change does not: what a creation replaces, what the
// globs take in or leave out, and whom a first user type takes a scope from.
func (r *userTypeScopesResource) planRights(diags *diag.Diagnostics, l *authz.Listing, m userTypeScopesModel, state *userTypeScopesModel, remembered *memory) {
	names, _ := m.Scopes.names()
	userType, at := m.UserType.ValueString(), r.at(m.ServerID.ValueString())
	live := authz.Names(l.ScopesOf(userType))
	change := diff.DiffUserType(names, live, m.revocable(l, userType, state, remembered))
	if takes := change.Takes(l); len(takes) > 0 {
		diags.AddWarning(fmt.Sprintf("Access: %s taken from everyone but user type %q (%s)", count(len(takes), "scope"), userType, first(takes)),
			fmt.Sprintf("In %s everyone gets these now. The first user type that lists a scope takes it from all who do not have that user type:\n\n%s", at, list(takes)))
	}
	if state == nil {
		if len(live) > 0 && !change.Empty() {
			diags.AddWarning(fmt.Sprintf("User type %q has other scopes now: %d go, %d come (%s)", userType, len(change.Revoke), len(change.Grant), first(append(slices.Clone(change.Revoke), change.Grant...))),
				fmt.Sprintf("The resource replaces what user type %q has in %s.\n\nIt loses:\n\n%s\n\nIt gets:\n\n%s", userType, at, orNone(change.Revoke), orNone(change.Grant)))
		}
		return
	}
	held := state.held()
	kept := slices.DeleteFunc(diff.Without(held, names), m.filter().Manages)
	r.planGlobs(diags, m.ServerID.ValueString(), remembered.Claim, r.holder(m), check.GlobInput{Removed: change.Revoke, State: held, Released: kept})
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "  (none)"
	}
	return list(names)
}
