package authz

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A user type is a realm role or, on servers with Capabilities.ClientRoles, a role of a client.
// One string names both: a client role is `client/<client ID>/<role>`, with %2F for a slash of
// the client ID. A realm role has its own name, with the prefix `realm/` if the name alone is
// ambiguous.
const (
	clientRolePrefix = "client/"
	realmRolePrefix  = "realm/"
)

// ClientRoleName returns the name of a client role.
func ClientRoleName(clientID, role string) string {
	return clientRolePrefix + strings.NewReplacer("%", "%25", "/", "%2F").Replace(clientID) + "/" + role
}

// RealmRoleName returns the name of a realm role.
func RealmRoleName(role string) string {
	if strings.HasPrefix(role, clientRolePrefix) || strings.HasPrefix(role, realmRolePrefix) {
		return realmRolePrefix + role
	}
	return role
}

// SplitRoleName returns the client ID and the name of the role on the server. The client ID of a
// realm role is "". Only %2F, %2f and %25 are escapes.
func SplitRoleName(name string) (clientID, role string) {
	if rest, is := strings.CutPrefix(name, clientRolePrefix); is {
		if clientID, role, is = strings.Cut(rest, "/"); is && clientID != "" {
			return strings.NewReplacer("%2F", "/", "%2f", "/", "%25", "%").Replace(clientID), role
		}
	}
	return "", strings.TrimPrefix(name, realmRolePrefix)
}

// IsClientRole reports whether a user type is a role of a client.
func IsClientRole(name string) bool {
	rest, is := strings.CutPrefix(name, clientRolePrefix)
	return is && strings.Index(rest, "/") > 0
}

// Indistinct returns those of the user types whose names Terraform cannot distinguish from others of the
// server: it normalizes all strings, and a server can have two names with one normal form.
// https://developer.hashicorp.com/terraform/language/expressions/types#string
func (l *Snapshot) Indistinct(userTypes ...string) []string {
	count := map[string]int{}
	for _, u := range l.ClientRoles {
		count[u.Name]++
	}
	var found []string
	for _, name := range userTypes {
		if count[name] > 1 || !norm.NFC.IsNormalString(name) {
			found = append(found, name)
		}
	}
	return found
}
