package servers

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
)

func keycloakBlock() Block {
	return Block{
		Name: "keycloak",
		Text: "Connection to Keycloak, whose scopes are client scopes of a realm, and whose user types are realm roles and client roles.",
		Caps: (*keycloak.Driver)(nil).Capabilities(),
		Settings: []Setting{
			{Name: "url", Env: "KEYCLOAK_URL", Check: keycloakURL, Text: "URL of the server, such as `https://sso.example.com`."},
			{Name: "admin_url", Env: "KEYCLOAK_ADMIN_URL", Check: keycloakURL, Text: "URL of the admin API, if it has another host than `url`. The login uses " +
				"`url`. Defaults to `url`."},
			{Name: "realm", Env: "AUTHSCOPES_KEYCLOAK_REALM", Text: "Name of the managed realm."},
			{Name: "login_realm", Env: "KEYCLOAK_REALM", Text: "Name of the realm of the login. Defaults to `realm`."},
			{Name: "base_path", Env: "AUTHSCOPES_KEYCLOAK_BASE_PATH", Text: "Path of the server, such as `/auth`. Defaults to no path."},
			{Name: "client_id", Env: "KEYCLOAK_CLIENT_ID", Text: "Client ID of the login. Defaults to `admin-cli` if `username` is set."},
			{Name: "client_secret", Env: "KEYCLOAK_CLIENT_SECRET", Secret: true, Text: "Secret of the client, for the client credentials grant."},
			{Name: "username", Env: "KEYCLOAK_USER", Text: "Username of the login, for the password grant."},
			{Name: "password", Env: "KEYCLOAK_PASSWORD", Secret: true, Text: "Password of the user."},
			{Name: "access_token", Env: "AUTHSCOPES_KEYCLOAK_ACCESS_TOKEN", Secret: true, Text: "Access token, used instead of a login."},
			{Name: "jwt_signing_key", Env: "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_KEY", Secret: true, Text: "Private key (PEM) that signs the client assertion (RFC " +
				"7523), instead of `client_secret`."},
			{Name: "jwt_signing_alg", Env: "AUTHSCOPES_KEYCLOAK_JWT_SIGNING_ALG", Text: "Algorithm of `jwt_signing_key`. Defaults to `RS256`."},
			{Name: "jwt_token", Env: "KEYCLOAK_JWT_TOKEN", Secret: true, Text: "Signed JWT that authenticates the client (RFC 7523). The claim `sub` names the " +
				"client, so `client_id` is not used."},
			{Name: "jwt_token_file", Env: "KEYCLOAK_JWT_TOKEN_FILE", Text: "Path of a file with the JWT of `jwt_token`. The provider reads the file at each login."},
			{Name: "use_oidc", Env: "AUTHSCOPES_KEYCLOAK_USE_OIDC", Kind: FlagKind, Text: "Whether to log in with the OpenID Connect token that GitHub " +
				"Actions, GitLab CI/CD or HCP Terraform offers to the job. Defaults to `false`."},
			{Name: "oidc_audience", Env: "AUTHSCOPES_KEYCLOAK_OIDC_AUDIENCE", Text: "Audience of the token that is requested from GitHub Actions. Defaults to " +
				"the issuer of the realm to log in to."},
			{Name: "oidc_token_variable", Env: "AUTHSCOPES_KEYCLOAK_OIDC_TOKEN_VARIABLE", Text: "Name of the environment variable that has the token. Defaults " +
				"to `TFC_WORKLOAD_IDENTITY_TOKEN` (HCP Terraform) or `GITLAB_OIDC_TOKEN` (GitLab `id_tokens`), whichever is set."},
			{Name: "guard_role", Env: "AUTHSCOPES_KEYCLOAK_GUARD_ROLE", Text: "Name of the guard role, a realm role that no user has. It is created when it is " +
				"first required. Defaults to `" + keycloak.DefaultGuardRole + "`."},
			{Name: "verify_guard_holders", Env: "AUTHSCOPES_KEYCLOAK_VERIFY_GUARD_HOLDERS", Kind: FlagKind, Text: "Whether to verify that no user and no group " +
				"has the guard role. Set it to `false` for an identity that may not view users: plans do not warn then, and reports list the holders in " +
				"`not_checked`. Defaults to `true`."},
			{Name: "allow_master", Env: "AUTHSCOPES_KEYCLOAK_ALLOW_MASTER", Kind: FlagKind, Text: "Whether to allow the realm `master`, which the " +
				"administrators of the server log in to. Defaults to `false`."},
		},
		Validate: func(v Values) { loginConflict(v) },
		Build: func(v Values, c *http.Client) (authz.Driver, error) {
			v = v.omit(otherLogins(v)...)
			if loginConflict(v) {
				return nil, nil
			}
			identity, ok := workloadIdentity(v)
			if !ok {
				return nil, nil
			}
			return keycloak.New(keycloak.Config{
				URL: v.str("url"), AdminURL: v.str("admin_url"), BasePath: v.str("base_path"), Realm: v.str("realm"), LoginRealm: v.str("login_realm"),
				ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"),
				Username: v.str("username"), Password: v.str("password"), AccessToken: v.str("access_token"),
				JWTSigningKey: v.str("jwt_signing_key"), JWTSigningAlg: v.str("jwt_signing_alg"),
				JWTToken: v.str("jwt_token"), JWTTokenFile: v.str("jwt_token_file"), OIDC: identity,
				GuardRole: v.str("guard_role"), AllowMaster: v.flag("allow_master"),
				SkipGuardHolders: !v.flagOr("verify_guard_holders", true),
			}, c)
		},
	}
}

// keycloakURL is keycloak.CheckURL for a URL that is set.
func keycloakURL(label, value string) *check.Finding {
	return rejected(value, keycloak.CheckURL(label, value))
}
