package provider

import (
	"net/http"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
)

func keycloakBlock() serverBlock {
	return serverBlock{
		name: "keycloak",
		text: "Keycloak: client scopes of a realm, and the realm roles that get them.",
		caps: (*keycloak.Driver)(nil).Capabilities(),
		settings: []setting{
			{name: "url", env: "KEYCLOAK_URL", text: "URL of the server, such as `https://sso.example.com`."},
			{name: "realm", env: "AUTHSCOPES_KEYCLOAK_REALM", text: "Realm whose scopes are managed."},
			{name: "login_realm", env: "KEYCLOAK_REALM", text: "Realm to log in to. Defaults to `realm`."},
			{name: "base_path", env: "AUTHSCOPES_KEYCLOAK_BASE_PATH", text: "Path that the server is under, such as `/auth`. None by default."},
			{name: "client_id", env: "KEYCLOAK_CLIENT_ID", text: "Client to log in as. `admin-cli` where a username is given."},
			{name: "client_secret", env: "KEYCLOAK_CLIENT_SECRET", secret: true, text: "Secret of the client, for the client credentials grant."},
			{name: "username", env: "KEYCLOAK_USER", text: "User to log in as, by the password grant."},
			{name: "password", env: "KEYCLOAK_PASSWORD", secret: true, text: "Password of the user."},
			{name: "access_token", env: "AUTHSCOPES_KEYCLOAK_ACCESS_TOKEN", secret: true, text: "Access token, used as it is in place of a login."},
			{name: "jwt_signing_key", env: "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_KEY", secret: true, text: "Private key (PEM) that signs the client's assertion (RFC 7523), in place of `client_secret`."},
			{name: "jwt_signing_alg", env: "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_ALG", text: "Algorithm of `jwt_signing_key`. Defaults to `RS256`."},
			{name: "guard_role", env: "AUTHSCOPES_KEYCLOAK_GUARD_ROLE", text: "Name of the realm role that keeps limited scopes limited. Nobody may have it. Made when first needed. Defaults to `" + keycloak.DefaultGuardRole + "`."},
			{name: "allow_master", env: "AUTHSCOPES_KEYCLOAK_ALLOW_MASTER", kind: flagKind, text: "Allow managing the realm `master`, whose scopes the administrators of the whole server log in with."},
		},
		build: func(v values, c *http.Client) (authz.Driver, error) {
			v = v.without(otherGrants(v)...)
			return keycloak.New(keycloak.Config{
				URL: v.str("url"), BasePath: v.str("base_path"), Realm: v.str("realm"), LoginRealm: v.str("login_realm"),
				ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"),
				Username: v.str("username"), Password: v.str("password"), AccessToken: v.str("access_token"),
				JWTSigningKey: v.str("jwt_signing_key"), JWTSigningAlg: v.str("jwt_signing_alg"),
				GuardRole: v.str("guard_role"), AllowMaster: v.flag("allow_master"),
			}, c)
		},
	}
}

// otherGrants are the settings of the ways to log in that the configuration did
// not choose: what is written wins, so a user in the environment does not take
// the place of a client that is written.
func otherGrants(v values) []string {
	anyWritten := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := v.written(n); return ok })
	}
	switch {
	case anyWritten("access_token"):
		return []string{"username", "password", "client_secret", "jwt_signing_key"}
	case anyWritten("username", "password"):
		return []string{"access_token"}
	case anyWritten("client_secret", "jwt_signing_key"):
		return []string{"access_token", "username", "password"}
	}
	return nil
}
