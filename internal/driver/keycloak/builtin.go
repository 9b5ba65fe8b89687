package keycloak

import "slices"

// builtInScopes are the client scopes that a new realm has, of any version from
// 22 on. They carry claims that tokens need: without `basic` there is no `sub`.
var builtInScopes = []string{
	"AuthnContextClassRef", "acr", "address", "basic", "email", "microprofile-jwt", "offline_access", "organization",
	"phone", "profile", "role_list", "roles", "saml_organization", "service_account", "web-origins",
}

func builtIn(name string) bool { return slices.Contains(builtInScopes, name) }

// notAScope is the scope value that makes a request an OpenID Connect one.
// Keycloak would create a client scope of that name without a word.
const notAScope = "openid"

// IsBuiltIn implements authz.BuiltIns. `openid` is no client scope at all.
func (d *Driver) IsBuiltIn(name string) bool { return name == notAScope || builtIn(name) }
