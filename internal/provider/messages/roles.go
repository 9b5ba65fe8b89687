package messages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Messages name a user type as authz does: a client role is client/<client ID>/<role>. A
// configuration has the client ID and the role in attributes of their own.

// roleName returns the name of a role on the server.
func roleName(userType string) string {
	_, role := authz.SplitRoleName(userType)
	return role
}

// roleArguments returns the arguments of a resource for one user type.
func roleArguments(userType string) string {
	clientID, role := authz.SplitRoleName(userType)
	if clientID == "" {
		return fmt.Sprintf("user_type = %q", role)
	}
	return fmt.Sprintf("client_id = %q and user_type = %q", clientID, role)
}

// roleEntry describes the entry of a resource for all user types.
func roleEntry(userType string) string {
	clientID, role := authz.SplitRoleName(userType)
	if clientID == "" {
		return fmt.Sprintf("%q", role)
	}
	return fmt.Sprintf("%q of client %q", role, clientID)
}

// likeClientRole reports whether a realm role has a name that a client role has in globs and
// import IDs.
func likeClientRole(userType string) bool {
	return !authz.IsClientRole(userType) && strings.HasPrefix(roleName(userType), "client/")
}

// entries returns the attributes that have entries for user types, or for the user types of grants
// such as `child: children:read`.
func entries(subjects []string) string {
	roles := slices.DeleteFunc(slices.Clone(subjects), func(name string) bool { return !authz.IsClientRole(name) })
	switch len(roles) {
	case 0:
		return "user_types"
	case len(subjects):
		return "client_roles"
	}
	return "user_types and client_roles"
}
