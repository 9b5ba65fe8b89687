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
		text: "Venafi Trust Protection Platform (CyberArk), 22.3 or newer: its scopes can be read, and given to an identity or a group on an application " +
			"(`server_id` is the application id). The token needs the scope `admin`. Exactly one way to log in.",
		caps: (*venafi.Driver)(nil).Capabilities(),
		settings: []setting{
			{name: "url", env: "AUTHSCOPES_VENAFI_URL", check: serverURL, text: "URL of the server, such as `https://tpp.example.com`."},
			{name: "access_token", env: "AUTHSCOPES_VENAFI_ACCESS_TOKEN", secret: true, text: "Access token, used as it is and never renewed."},
			{name: "client_id", env: "AUTHSCOPES_VENAFI_CLIENT_ID", text: "Id of the application (API integration) to log in as. Needed with every other way than `access_token`."},
			{name: "username", env: "AUTHSCOPES_VENAFI_USERNAME", text: "User to log in as."},
			{name: "password", env: "AUTHSCOPES_VENAFI_PASSWORD", secret: true, text: "Password of the user."},
			{name: "refresh_token", env: "AUTHSCOPES_VENAFI_REFRESH_TOKEN", secret: true, text: "Refresh token. It is good for one login: the next run needs a new one."},
			{name: "use_client_certificate", env: "AUTHSCOPES_VENAFI_USE_CLIENT_CERTIFICATE", kind: flagKind, text: "Log in with `http.client_certificate`."},
		},
		transport: func(_ values, cfg *httpapi.Config) { cfg.Renegotiation = true },
		build: func(v values, c *http.Client) (authz.Driver, error) {
			return venafi.New(venafi.Config{
				URL: v.str("url"), AccessToken: v.str("access_token"), ClientID: v.str("client_id"),
				Username: v.str("username"), Password: v.str("password"),
				RefreshToken: v.str("refresh_token"), Certificate: v.flag("use_client_certificate"),
			}, c)
		},
	}
}
