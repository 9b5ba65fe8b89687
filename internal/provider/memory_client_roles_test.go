package provider

import (
	"fmt"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

const editor = "client/app/editor"

// rolesServer has the scopes a, b and c, and client roles.
func rolesServer(m *drivertest.Memory) {
	threeScopes(m)
	for _, name := range []string{editor, "client/app/viewer", "client/https:%2F%2Fweb/editor", "client/other/x"} {
		m.AddClientRole(memRealm, authz.UserType{Name: name})
	}
}

// roleHCL is an authscopes_user_type_scopes "e" for a client role.
func roleHCL(clientID, role, scopes, more string) string {
	return typeHCL(role, scopes, fmt.Sprintf("client_id = %q\n%s", clientID, more))
}
