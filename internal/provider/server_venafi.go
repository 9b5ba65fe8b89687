package provider

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/venafi"
)

func venafiBlock() serverBlock {
	return serverBlock{
		name: "venafi",
		text: "Palo Alto Networks Trust Protection Foundation, formerly Venafi Trust Protection Platform and CyberArk Certificate Manager, Self-Hosted, 22.3 or newer: " +
			"its scopes can be read, and given to an identity or a group on an application " +
			"(`server_id` is the application id). The token needs the scope `admin`. Exactly one way to log in.",
		caps: (*venafi.Driver)(nil).Capabilities(),
		settings: []setting{
			{name: "url", env: "AUTHSCOPES_VENAFI_URL", check: serverURL, text: "URL of the server, such as `https://tpp.example.com`."},
			{name: "auth_url", env: "AUTHSCOPES_VENAFI_AUTH_URL", check: serverURL, text: "URL of the authentication server, if it is another one. Defaults to `url`."},
			{name: "access_token", env: "AUTHSCOPES_VENAFI_ACCESS_TOKEN", secret: true, text: "Access token, used as it is and never renewed."},
			{name: "client_id", env: "AUTHSCOPES_VENAFI_CLIENT_ID", text: "Id of the application (API integration) to log in as. Needed with every other way than `access_token`."},
			{name: "username", env: "AUTHSCOPES_VENAFI_USERNAME", text: "User to log in as."},
			{name: "password", env: "AUTHSCOPES_VENAFI_PASSWORD", secret: true, text: "Password of the user."},
			{name: "refresh_token", env: "AUTHSCOPES_VENAFI_REFRESH_TOKEN", secret: true, text: "Refresh token. It is good for one login: the next run needs a new one."},
			{name: "jwt_token", env: "AUTHSCOPES_VENAFI_JWT_TOKEN", secret: true, text: "JWT of an issuer that the server has a JWT mapping for, such as a CI system (22.4 or newer)."},
			{name: "jwt_token_file", env: "AUTHSCOPES_VENAFI_JWT_TOKEN_FILE", text: "Path of a file that has such a JWT. The file is read at each login."},
			{name: "use_client_certificate", env: "AUTHSCOPES_VENAFI_USE_CLIENT_CERTIFICATE", kind: flagKind, text: "Log in with `http.client_certificate`."},
		},
		transport: func(_ values, cfg *httpapi.Config) { cfg.Renegotiation = true },
		build: func(v values, c *http.Client) (authz.Driver, error) {
			return venafi.New(venafi.Config{
				URL: v.str("url"), AuthURL: v.str("auth_url"), JWTToken: v.str("jwt_token"), JWTTokenFile: v.str("jwt_token_file"), AccessToken: v.str("access_token"), ClientID: v.str("client_id"),
				Username: v.str("username"), Password: v.str("password"),
				RefreshToken: v.str("refresh_token"), Certificate: v.flag("use_client_certificate"),
			}, c)
		},
	}
}
