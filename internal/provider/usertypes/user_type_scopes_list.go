package usertypes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwlist "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

var _ fwlist.ListResourceWithConfigure = (*userTypeScopesResource)(nil)

func NewUserTypeScopesList() fwlist.ListResource { return &userTypeScopesResource{} }

// ListResourceConfigSchema implements list.ListResource.
func (r *userTypeScopesResource) ListResourceConfigSchema(_ context.Context, _ fwlist.ListResourceSchemaRequest, resp *fwlist.ListResourceSchemaResponse) {
	resp.Schema = lifecycle.ListSchema("Lists the user types of a server with their scopes. A user type that every user has is omitted, because no scope "+
		"can be granted to it.",
		"names of user types", map[string]schema.Attribute{
			"server_id":     lifecycle.ListServerID(),
			"include_empty": lifecycle.ListIncludeEmpty("user types"),
		})
}

// List implements list.ListResource.
func (r *userTypeScopesResource) List(ctx context.Context, req fwlist.ListRequest, stream *fwlist.ListResultsStream) {
	stream.Results = lifecycle.List(ctx, req, r.list)
}

func (r *userTypeScopesResource) list(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) []lifecycle.ListResult {
	var m lifecycle.HolderListModel
	diags.Append(config.Get(ctx, &m)...)
	serverID, ok := r.RequireServerID(diags, m.ServerID, r.Caps.UserTypeScopes, messages.SupportUserTypes)
	if !ok {
		return nil
	}
	var names, everyone []string
	f := m.Filter()
	if l, ok := r.Report(diags, serverID).Snapshot(r.Server.ReadSnapshot(ctx, serverID)); ok {
		for _, u := range slices.Concat(userTypesOf(l), l.ClientRoles) {
			held := slices.ContainsFunc(l.ScopesOf(u.Name), func(s authz.Scope) bool { return !s.BuiltIn })
			switch {
			case !f.Manages(u.Name) || !held && !m.IncludeEmpty.ValueBool():
			case u.Guard: // no user type; the warning about it says what to do
			case u.Everyone && held:
				everyone = append(everyone, u.Name)
			case !u.Everyone:
				names = append(names, u.Name)
			}
		}
	}
	if len(everyone) > 0 {
		r.AddFindings(diags, serverID, []check.Finding{{Code: messages.FoundUnlistedEveryone, Severity: check.Warn, Subjects: everyone}})
	}
	if !r.Caps.UserTypeDrift && len(names) > 0 {
		r.AddFindings(diags, serverID, []check.Finding{{Code: messages.SupportListReadback, Severity: check.Warn}})
	}
	slices.Sort(names)
	sets := make([]lifecycle.ListResult, len(names))
	for i, name := range names {
		clientID, role := authz.SplitRoleName(name)
		sets[i] = lifecycle.ListResult{
			Name:     name,
			Identity: userTypeScopesIdentity{types.StringValue(serverID), types.StringValue(role), tftypes.TextOrNull(clientID, types.StringNull())},
			State: func(diags *diag.Diagnostics) any {
				set, _, _ := r.imported(ctx, diags, serverID, name)
				return set
			},
		}
	}
	return sets
}

// userTypesOf returns the user types of a server or, if they cannot be listed, those that its
// scopes name.
func userTypesOf(l *authz.Snapshot) []authz.UserType {
	if l.UserTypes != nil {
		return l.UserTypes
	}
	var names []string
	for _, s := range l.Scopes {
		names = append(names, s.UserTypes...)
	}
	slices.Sort(names)
	var userTypes []authz.UserType
	for _, name := range slices.Compact(names) {
		userTypes = append(userTypes, authz.UserType{Name: name})
	}
	return userTypes
}
