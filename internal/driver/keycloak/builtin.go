package keycloak

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// builtInScopes are the client scopes that a new realm has, of any version from
// 22 on. They carry claims that tokens need: without `basic` there is no `sub`.
var builtInScopes = []string{
	"AuthnContextClassRef", "acr", "address", "basic", "delegation", "delegation:client", "delegation:user", "email",
	"microprofile-jwt", "offline_access", "oid4vc_natural_person_jwt", "oid4vc_natural_person_sd", "organization",
	"phone", "profile", "role_list", "roles", "saml_organization", "service_account", "web-origins",
}

// builtIn reports whether a scope is built in. The name alone decides: anyone who
// may edit a scope can set its attributes. `openid` is no client scope of a new
// realm, but a realm may have one that was created manually.
func builtIn(name string) bool { return name == notAScope || slices.Contains(builtInScopes, name) }

// initialType returns what a new realm assigns a built-in scope as, or "" if it differs
// between versions.
func initialType(name string) authz.AssignedType {
	switch name {
	case "acr", "basic", "email", "profile", "roles", "web-origins":
		return authz.AssignedDefault
	case "address", "microprofile-jwt", "offline_access", "organization", "phone":
		return authz.AssignedOptional
	case "service_account":
		return authz.AssignedNone
	}
	return ""
}

// notAScope is the scope value that makes a request an OpenID Connect one.
// Keycloak would create a client scope of that name without an error.
const notAScope = "openid"

// IsBuiltIn implements authz.BuiltIns.
func (d *Driver) IsBuiltIn(name string) bool { return builtIn(name) }
