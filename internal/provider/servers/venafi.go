package servers

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/venafi"
)

func venafiBlock() Block {
	return Block{
		Name: "venafi",
		Text: "Connection to Palo Alto Networks Trust Protection Foundation, formerly Venafi Trust Protection Platform and CyberArk Certificate Manager, " +
			"Self-Hosted, 22.3 or newer. " +
			"The provider reads its scopes, and grants them to an identity or a group on an application. " +
			"`server_id` is the ID of the application. The token must have the scope `admin`. Set exactly one login method.",
		Caps: (*venafi.Driver)(nil).Capabilities(),
		Settings: []Setting{
			{Name: "url", Env: "AUTHSCOPES_VENAFI_URL", Check: serverURL, Text: "URL of the server, such as `https://tpp.example.com`."},
			{Name: "auth_url", Env: "AUTHSCOPES_VENAFI_AUTH_URL", Check: serverURL, Text: "URL of the authentication server, if it differs from `url`. " +
				"Defaults to `url`."},
			{Name: "access_token", Env: "AUTHSCOPES_VENAFI_ACCESS_TOKEN", Secret: true, Text: "Access token, used without a login and never renewed."},
			{Name: "client_id", Env: "AUTHSCOPES_VENAFI_CLIENT_ID", Text: "ID of the application (API integration) of the login. Required for each login " +
				"method except `access_token`."},
			{Name: "username", Env: "AUTHSCOPES_VENAFI_USERNAME", Text: "Username of the login."},
			{Name: "password", Env: "AUTHSCOPES_VENAFI_PASSWORD", Secret: true, Text: "Password of the user."},
			{Name: "refresh_token", Env: "AUTHSCOPES_VENAFI_REFRESH_TOKEN", Secret: true, Text: "Refresh token. It is valid for one login, so each run " +
				"requires a new token."},
			{Name: "jwt_token", Env: "AUTHSCOPES_VENAFI_JWT_TOKEN", Secret: true, Text: "JWT of an issuer with a JWT mapping on the server, such as a CI " +
				"system (22.4 or newer)."},
			{Name: "jwt_token_file", Env: "AUTHSCOPES_VENAFI_JWT_TOKEN_FILE", Text: "Path of a file with the JWT of `jwt_token`. The provider reads the file " +
				"at each login."},
			{Name: "use_client_certificate", Env: "AUTHSCOPES_VENAFI_USE_CLIENT_CERTIFICATE", Kind: FlagKind, Text: "Whether to log in with " +
				"`http.client_certificate`. Defaults to `false`."},
		},
		Transport: func(_ Values, cfg *httpapi.Config) { cfg.Renegotiation = true },
		Build: func(v Values, c *http.Client) (authz.Driver, error) {
			return venafi.New(venafi.Config{
				URL: v.str("url"), AuthURL: v.str("auth_url"), JWTToken: v.str("jwt_token"), JWTTokenFile: v.str("jwt_token_file"),
				AccessToken: v.str("access_token"), ClientID: v.str("client_id"),
				Username: v.str("username"), Password: v.str("password"),
				RefreshToken: v.str("refresh_token"), Certificate: v.flag("use_client_certificate"),
			}, c)
		},
	}
}
