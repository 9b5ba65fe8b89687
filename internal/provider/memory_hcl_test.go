package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// builtInMemory knows built-in names as Keycloak does: the server never has `openid`.
type builtInMemory struct{ *drivertest.Memory }

func (builtInMemory) IsBuiltIn(name string) bool {
	return slices.Contains([]string{"openid", "profile", "email"}, name)
}

func setHCL(scopes, more string) string {
	return tftest.ResourceHCL("server_scopes", "s", "scopes = "+scopes, more)
}

func singleHCL(name, more string) string {
	return tftest.ResourceHCL("server_scope", "one", "name = "+name, more)
}

func typeHCL(name, scopes, more string) string {
	return tftest.ResourceHCL("user_type_scopes", "e", fmt.Sprintf("user_type = %q", name), "scopes = "+scopes, more)
}

// quoted is a name as HCL writes it.
func quoted(name string) string { return fmt.Sprintf("%q", name) }

// longText is a text of many characters that are no ASCII.
func longText(length int) string { return strings.Repeat("ü", length) }

// everything is a configuration with each resource.
var everything = setHCL(`{ a = "A", b = "B" }`, `ignore = ["one"]`) + singleHCL(`"one"`, "") + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", "")
