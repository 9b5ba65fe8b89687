package tftest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The builders return blocks of configurations. Further lines of a block follow its required attributes.

// ProviderHCL returns a provider block with the lines of its keycloak block. More are lines beside it.
func ProviderHCL(keycloak string, more ...string) string {
	return "provider \"authscopes\" {\n  keycloak = {\n" + keycloak + "  }\n" + strings.Join(more, "\n") + "\n}\n"
}

// ResourceHCL returns a resource block.
func ResourceHCL(kind, name string, lines ...string) string {
	return block("resource", kind, name, lines)
}

// DataHCL returns a data block.
func DataHCL(kind, name string, lines ...string) string { return block("data", kind, name, lines) }

func block(word, kind, name string, lines []string) string {
	return fmt.Sprintf("%s \"authscopes_%s\" %q {\n  %s\n}\n", word, kind, name, strings.Join(lines, "\n  "))
}

// ScopesHCL returns an authscopes_server_scopes "s" with scopes and their descriptions.
func ScopesHCL(scopes map[string]string, more ...string) string {
	lines := []string{"scopes = {"}
	for _, name := range slices.Sorted(maps.Keys(scopes)) {
		lines = append(lines, fmt.Sprintf("  %q = %q", name, scopes[name]))
	}
	return ResourceHCL("server_scopes", "s", append(append(lines, "}"), more...)...)
}

// Capitals returns scopes whose description is the name in capitals.
func Capitals(names string) map[string]string {
	scopes := map[string]string{}
	for _, name := range strings.Fields(names) {
		scopes[name] = strings.ToUpper(name)
	}
	return scopes
}

// CapitalsHCL is ScopesHCL for Capitals.
func CapitalsHCL(names string, more ...string) string { return ScopesHCL(Capitals(names), more...) }

// OneScopeHCL returns an authscopes_server_scope "one".
func OneScopeHCL(name string, more ...string) string {
	return ResourceHCL("server_scope", "one", append([]string{fmt.Sprintf("name = %q", name)}, more...)...)
}

// UserTypeHCL returns an authscopes_user_type_scopes that is named as its user type, with scopes of
// authscopes_server_scopes.s.
func UserTypeHCL(userType string, scopes ...string) string {
	return ResourceHCL("user_type_scopes", userType, fmt.Sprintf("user_type = %q", userType), "scopes = ["+ReferencesHCL(scopes...)+"]")
}

// GrantsHCL returns an authscopes_server_grants "g", with scopes of authscopes_server_scopes.s, such as "a b",
// for each user type.
func GrantsHCL(userTypes map[string]string, more ...string) string {
	lines := []string{"user_types = {"}
	for _, userType := range slices.Sorted(maps.Keys(userTypes)) {
		lines = append(lines, fmt.Sprintf("  %q = [%s]", userType, ReferencesHCL(strings.Fields(userTypes[userType])...)))
	}
	return ResourceHCL("server_grants", "g", append(append(lines, "}"), more...)...)
}

// ClientHCL returns an authscopes_client_scopes "c".
func ClientHCL(clientID string, lines ...string) string {
	return ResourceHCL("client_scopes", "c", append([]string{fmt.Sprintf("client_id = %q", clientID)}, lines...)...)
}

// DriftHCL returns an authscopes_drift "d". Its scopes are an expression.
func DriftHCL(scopes string, more ...string) string {
	return DataHCL("drift", "d", append([]string{"scopes = " + scopes}, more...)...)
}

// MatrixHCL returns an authscopes_access_matrix "m" and an output that holds it.
func MatrixHCL(lines ...string) string {
	return DataHCL("access_matrix", "m", lines...) + "output \"m\" {\n  value = data.authscopes_access_matrix.m\n}\n"
}

// ReferencesHCL returns the elements of a list of references to scopes of authscopes_server_scopes.s.
func ReferencesHCL(scopes ...string) string {
	references := make([]string, len(scopes))
	for i, name := range scopes {
		references[i] = fmt.Sprintf("authscopes_server_scopes.s.names[%q]", name)
	}
	return strings.Join(references, ", ")
}

// QuotedHCL returns the elements of a list of strings.
func QuotedHCL(names ...string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}
