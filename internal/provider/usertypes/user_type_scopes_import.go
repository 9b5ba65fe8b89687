package usertypes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// ImportState imports by the name of the user type or, if a server ID is required, by `<server
// id>/<name>`. A client role is client/<client ID>/<role>, and a realm role with such a name
// is realm/<role>.
func (r *userTypeScopesResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := userTypeScopesIdentity{}
	if lifecycle.IsImportByIdentity(req) {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	} else {
		id.ServerID, id.UserType = r.SplitImportID(req.ID, "educator", &resp.Diagnostics)
	}
	serverID, ok := r.RequireServerID(&resp.Diagnostics, id.ServerID, r.Caps.UserTypeScopes, messages.SupportUserTypes)
	if !ok {
		return
	}
	name := userTypeName(id.ClientID, id.UserType)
	if req.ID != "" && r.Caps.ClientRoles {
		name = r.importedName(ctx, &resp.Diagnostics, serverID, id.UserType.ValueString())
	}
	if resp.Diagnostics.HasError() || r.RejectClientRole(&resp.Diagnostics, "client_id", !authz.IsClientRole(name)) {
		return
	}
	m, found, ok := r.imported(ctx, &resp.Diagnostics, serverID, name)
	if ok && !found {
		r.RejectMissingUserType(ctx, &resp.Diagnostics, serverID, name, path.Root("user_type"))
	}
	if !ok || !found {
		return
	}
	lifecycle.SetIdentity(ctx, resp.Identity, m.Identity(), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// importedName returns the name of the user type of an import ID. A realm role whose name
// begins with realm/ can also be imported by its name.
func (r *userTypeScopesResource) importedName(ctx context.Context, diags *diag.Diagnostics, serverID, id string) string {
	if authz.IsClientRole(id) {
		return authz.ClientRoleName(authz.SplitRoleName(id))
	}
	name := authz.RealmRoleName(roleName(id))
	if l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadSnapshot(ctx, serverID)); ok {
		if _, found := l.UserType(name); !found {
			if _, found := l.UserType(authz.RealmRoleName(id)); found {
				return authz.RealmRoleName(id)
			}
		}
	}
	return name
}

// imported returns the present state of a user type. For a composite role, it sets
// allow_composite, so that generated configuration has it.
func (r *userTypeScopesResource) imported(ctx context.Context, diags *diag.Diagnostics, serverID, userType string) (m userTypeScopesModel, found, ok bool) {
	clientID, role := authz.SplitRoleName(userType)
	m = userTypeScopesModel{
		ServerID: types.StringValue(serverID), UserType: types.StringValue(role),
		ClientID: tftypes.TextOrNull(clientID, types.StringNull()), Scopes: tftypes.NullScopeSet(),
		OnDestroy: types.StringValue(attrs.OnDestroyDelete), OpenScopes: types.ListNull(types.StringType),
		PartialScopes: types.ListNull(types.StringType), Timeouts: base.NoTimeouts(),
		Rule: types.ObjectNull(attrs.RuleTypes()),
	}
	found, ok = r.Refresh(ctx, diags, m, &m, &lifecycle.PrivateState{})
	if !ok || !found || len(m.Scopes.Elements()) == 0 {
		return m, found, ok
	}
	if _, reads := r.Server.Driver().(authz.UserTypeReader); reads {
		return m, found, ok
	}
	l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadSnapshot(ctx, serverID))
	if !ok {
		return m, found, false
	}
	if u, is := l.UserType(userType); is && u.Composite() && !u.Everyone {
		m.AllowComposite = types.BoolValue(true)
	}
	return m, found, true
}
