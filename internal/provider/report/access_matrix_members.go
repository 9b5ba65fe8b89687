package report

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/matrix"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// membersData is one entry of holders.
type membersData struct {
	Groups          types.List `tfsdk:"groups"`
	ServiceAccounts types.List `tfsdk:"service_accounts"`
	Cut             types.Bool `tfsdk:"cut"`
}

// accessMatrixIncludes returns the attributes that add clients, groups and service accounts,
// and planned client roles.
func accessMatrixIncludes() map[string]schema.Attribute {
	flag := func(text string) schema.BoolAttribute {
		return schema.BoolAttribute{Optional: true, MarkdownDescription: text + " Defaults to `false`."}
	}
	const members = " At most 100 of each user type are named, and `not_checked` reports that there may be more. Needs `view-users`; without it, " +
		"they are listed in `not_checked`."
	return map[string]schema.Attribute{
		"planned_client_roles": schema.MapAttribute{
			Optional: true, ElementType: attrs.ClientRolesType(), Validators: []validator.Map{tftypes.RoleSets{}},
			MarkdownDescription: "Map of client ID to a map of client role to the names of all its scopes, as `planned`, on Keycloak. Client roles that are " +
				"not set keep their scopes.",
		},
		"include_clients": flag("Whether to include the clients that have each scope."),
		"include_groups":  flag("Whether to include the groups that have a shown user type directly, on Keycloak." + members),
		"include_service_accounts": flag("Whether to include the service accounts that have a shown user type directly, on Keycloak. " +
			"They are searched in the first 1,000 users of each user type." + members),
	}
}

// readClients reads the clients of the server, if include_clients is set. gaps has the clients
// that the identity may not view.
func (d *accessMatrixDataSource) readClients(
	ctx context.Context, diags *diag.Diagnostics, serverID string, m accessMatrixData, in *matrix.Input,
) (gaps []authz.Gap, ok bool) {
	if d.RejectClientRole(diags, "planned_client_roles", m.PlannedClientRoles == nil) {
		return nil, false
	}
	if !m.IncludeClients.ValueBool() {
		return nil, true
	}
	if _, lists := d.Server.Driver().(authz.ClientLister); !d.RequireCapability(diags, lists, messages.SupportReadClients) {
		return nil, false
	}
	sets, err := d.Server.ListClients(ctx, serverID)
	in.Clients = append([]authz.ClientScopeSet{}, sets...)
	switch {
	case err == nil:
		return nil, true
	case authz.KindOf(err) != authz.Denied:
		d.AddFailure(diags, serverID, check.Finding{Code: messages.FailedListClients}, err)
		return nil, false
	}
	return []authz.Gap{{Subject: "clients and their scopes", Effect: "Other clients may have the scopes, too.", Privilege: messages.Advice(err)}}, true
}

// readMembers reads the groups and service accounts that have the shown user types, if they
// are included.
func (d *accessMatrixDataSource) readMembers(ctx context.Context, diags *diag.Diagnostics, serverID string, m accessMatrixData, is *matrix.Matrix) bool {
	groups, accounts := m.IncludeGroups.ValueBool(), m.IncludeServiceAccounts.ValueBool()
	if !groups && !accounts {
		return true
	}
	lister, lists := d.Server.Driver().(authz.MemberLister)
	if !d.RequireCapability(diags, lists, messages.SupportMembers) {
		return false
	}
	is.Members = map[string]authz.Members{}
	for _, userType := range is.UserTypes {
		members, gap, err := lister.ListMembers(ctx, serverID, userType, groups, accounts)
		switch {
		case err != nil:
			d.AddFailure(diags, serverID, check.Finding{Code: messages.FailedRead}, err)
			return false
		case gap != nil:
			is.AddGaps(*gap)
			return true
		}
		is.AddMembers(userType, members)
	}
	return true
}

func membersOf(is matrix.Matrix) map[string]membersData {
	all := map[string]membersData{}
	for userType, m := range is.Members {
		all[userType] = membersData{tftypes.StringList(m.Groups), tftypes.StringList(m.ServiceAccounts), types.BoolValue(m.Cut)}
	}
	return all
}

func emptyIfNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
