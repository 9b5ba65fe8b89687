package lifecycle

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	packed "github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ServerUID returns the server's own ID of a server, or "" if it is unknown.
func (r *Resource) ServerUID(ctx context.Context, serverID string) string {
	if r.Server == nil || serverID == "" {
		return ""
	}
	return r.Server.UID(ctx, serverID)
}

// OtherServer reports whether a state belongs to another server than the present one.
func (r *Resource) OtherServer(ctx context.Context, serverID, uid string) (now string, other bool) {
	if uid == "" {
		return "", false
	}
	now = r.ServerUID(ctx, serverID)
	return now, now != "" && now != uid
}

// PlanServerUID reports a state that belongs to another server. A plan that removes
// something from the server is rejected then: sets names the attributes whose removed
// entries are deleted or revoked. It is deferred by ModifyPlan.
func (r *Resource) PlanServerUID(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, sets ...string) {
	if r.ProviderData == nil || r.UnknownAttribute != "" || req.State.Raw.IsNull() {
		return
	}
	var was, serverID, onDestroy types.String
	var ignored diag.Diagnostics // ModifyPlan itself reports what is wrong with the state
	ignored.Append(req.State.GetAttribute(ctx, path.Root("server_uid"), &was)...)
	ignored.Append(req.State.GetAttribute(ctx, path.Root("server_id"), &serverID)...)
	ignored.Append(req.State.GetAttribute(ctx, path.Root("on_destroy"), &onDestroy)...)
	now, other := r.OtherServer(ctx, serverID.ValueString(), was.ValueString())
	if ignored.HasError() || !other {
		return
	}
	in := check.ServerInput{Was: was.ValueString(), Now: now, Destroys: req.Plan.Raw.IsNull() || len(resp.RequiresReplace) > 0}
	in.Destroys = in.Destroys && onDestroy.ValueString() != attrs.OnDestroyKeep
	if !req.Plan.Raw.IsNull() {
		in.Removed = r.removed(req.State.Raw, resp.Plan.Raw, append(sets, "open_scopes"))
	}
	r.AddFindings(&resp.Diagnostics, serverID.ValueString(), check.Server(in))
}

// removed returns the scopes that a plan deletes, revokes, unassigns or limits. The sets are
// attributes. A built-in or excluded scope is only removed from the state.
func (r *Resource) removed(state, planned tftypes.Value, sets []string) []string {
	var names []string
	for _, attribute := range sets {
		names = append(names, removedEntries(state, planned, attribute)...)
	}
	if accessIn(state) == string(authz.AccessEveryone) && accessIn(planned) != string(authz.AccessEveryone) {
		names = append(names, attributeNames(state, "name")...) // of a single scope
	}
	f := diff.NewFilter(attributeNames(planned, "manage"), attributeNames(planned, "ignore"))
	return slices.DeleteFunc(names, func(entry string) bool {
		name := entry[strings.LastIndex(entry, " ")+1:] // behind the user type
		return !f.Manages(name) || r.IsBuiltIn(authz.Scope{}, name)
	})
}

// removedEntries returns the keys of a map, or the elements of a set, that are in the
// state and not in the plan. An unknown plan may remove all of them. A text is a set of one.
func removedEntries(state, planned tftypes.Value, attribute string) []string {
	kept := attributeNames(planned, attribute)
	return slices.DeleteFunc(attributeNames(state, attribute), func(name string) bool { return slices.Contains(kept, name) })
}

// accessIn returns the access in the settings of a resource, or "".
func accessIn(object tftypes.Value) (access string) {
	var attributes, settings map[string]tftypes.Value
	if object.As(&attributes) == nil && attributes["settings"].IsKnown() && attributes["settings"].As(&settings) == nil && settings["access"].IsKnown() {
		_ = settings["access"].As(&access) // "" if it is null
	}
	return access
}

func attributeNames(object tftypes.Value, attribute string) []string {
	var attributes map[string]tftypes.Value
	var text string
	switch {
	case object.As(&attributes) != nil || !attributes[attribute].IsKnown() || attributes[attribute].IsNull():
		return nil
	case attributes[attribute].As(&text) == nil:
		return []string{text}
	}
	return namesIn(attributes[attribute])
}

// namesIn returns the keys of a map of strings, the elements of a set, and `key: element`
// for a map of sets.
func namesIn(value tftypes.Value) []string {
	var names []string
	if keys := packed.Entries(value); keys != nil {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if keys[key].Type().Is(tftypes.String) {
				names = append(names, key)
			}
			for _, name := range namesIn(keys[key]) {
				names = append(names, key+": "+name)
			}
		}
		return names
	}
	for _, e := range packed.Names(value) {
		var name string
		if e.IsKnown() && e.As(&name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// RejectOtherServer adds an error if the state of a resource that is destroyed belongs to
// another server. A tainted resource is deleted without a plan of its own.
func (r *Resource) RejectOtherServer(ctx context.Context, diags *diag.Diagnostics, serverID, uid string) bool {
	return r.RejectServer(ctx, diags, serverID, check.ServerInput{Was: uid, Destroys: true})
}

// RejectServer adds an error if a state belongs to another server.
func (r *Resource) RejectServer(ctx context.Context, diags *diag.Diagnostics, serverID string, in check.ServerInput) bool {
	now, other := r.OtherServer(ctx, serverID, in.Was)
	if other {
		in.Now = now
		r.AddFindings(diags, serverID, check.Server(in))
	}
	return other
}
