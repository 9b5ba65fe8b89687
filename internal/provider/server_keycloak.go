package provider

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
)

func keycloakBlock() serverBlock {
	return serverBlock{
		name: "keycloak",
		text: "Keycloak: client scopes of a realm, and the realm roles that get them.",
		caps: (*keycloak.Driver)(nil).Capabilities(),
		settings: []setting{
			{name: "url", env: "KEYCLOAK_URL", check: keycloakURL, text: "URL of the server, such as `https://sso.example.com`."},
			{name: "admin_url", env: "KEYCLOAK_ADMIN_URL", check: keycloakURL, text: "URL of the admin API, if it has another host than `url`. The login uses `url`. Defaults to `url`."},
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
			{name: "jwt_token", env: "KEYCLOAK_JWT_TOKEN", secret: true, text: "Signed JWT that authenticates the client (RFC 7523). The claim `sub` names the client, so `client_id` is not used."},
			{name: "jwt_token_file", env: "KEYCLOAK_JWT_TOKEN_FILE", text: "Path of a file that has such a JWT. The file is read at each login."},
			{name: "use_oidc", env: "AUTHSCOPES_KEYCLOAK_USE_OIDC", kind: flagKind, text: "Whether to log in with the OpenID Connect token that GitHub Actions, GitLab CI/CD or HCP Terraform offers to the job. Defaults to `false`."},
			{name: "oidc_audience", env: "AUTHSCOPES_KEYCLOAK_OIDC_AUDIENCE", text: "Audience of the token that is requested from GitHub Actions. Defaults to the issuer of the realm to log in to."},
			{name: "oidc_token_variable", env: "AUTHSCOPES_KEYCLOAK_OIDC_TOKEN_VARIABLE", text: "Name of the environment variable that has the token. Defaults to `TFC_WORKLOAD_IDENTITY_TOKEN` (HCP Terraform) or `GITLAB_OIDC_TOKEN` (GitLab `id_tokens`), whichever is set."},
			{name: "guard_role", env: "AUTHSCOPES_KEYCLOAK_GUARD_ROLE", text: "Name of the realm role that keeps limited scopes limited. Nobody may have it. Made when first needed. Defaults to `" + keycloak.DefaultGuardRole + "`."},
			{name: "allow_master", env: "AUTHSCOPES_KEYCLOAK_ALLOW_MASTER", kind: flagKind, text: "Allow managing the realm `master`, whose scopes the administrators of the whole server log in with."},
		},
		validate: func(v values) { loginConflict(v) },
		build: func(v values, c *http.Client) (authz.Driver, error) {
			v = v.without(otherLogins(v)...)
			if loginConflict(v) {
				return nil, nil
			}
			identity, err := workloadIdentity(v)
			if err != nil {
				return nil, err
			}
			return keycloak.New(keycloak.Config{
				URL: v.str("url"), AdminURL: v.str("admin_url"), BasePath: v.str("base_path"), Realm: v.str("realm"), LoginRealm: v.str("login_realm"),
				ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"),
				Username: v.str("username"), Password: v.str("password"), AccessToken: v.str("access_token"),
				JWTSigningKey: v.str("jwt_signing_key"), JWTSigningAlg: v.str("jwt_signing_alg"),
				JWTToken: v.str("jwt_token"), JWTTokenFile: v.str("jwt_token_file"), OIDC: identity,
				GuardRole: v.str("guard_role"), AllowMaster: v.flag("allow_master"),
			}, c)
		},
	}
}

// keycloakURL is keycloak.CheckURL for a URL that is set.
func keycloakURL(label, value string) error {
	if value == "" {
		return nil
	}
	return keycloak.CheckURL(label, value)
}
