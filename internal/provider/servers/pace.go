package servers

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/pace"
)

func paceBlock() Block {
	return Block{
		Name: "pace",
		Text: "Connection to the PACE User API. Its check-scopes operation compares the names of defined scopes with the scopes of PACE (data source " +
			"`authscopes_pace_check`). " +
			"PACE does not publish whether the operation requires a token: set `access_token`, or `client_id`, `client_secret` and `token_url`, or none of them.",
		Caps: (*pace.Driver)(nil).Capabilities(),
		Settings: []Setting{
			{Name: "url", Env: "AUTHSCOPES_PACE_URL", Check: serverURL, Text: "URL of the API without `/user`, such as `https://api.pace.cloud`."},
			{Name: "api_version", Env: "AUTHSCOPES_PACE_API_VERSION", Text: "Version of the User API. Defaults to `" + pace.DefaultAPIVersion + "`."},
			{Name: "access_token", Env: "AUTHSCOPES_PACE_ACCESS_TOKEN", Secret: true, Text: "Access token, used without a login and never renewed."},
			{Name: "client_id", Env: "AUTHSCOPES_PACE_CLIENT_ID", Text: "Client ID of the login, for the client credentials grant."},
			{Name: "client_secret", Env: "AUTHSCOPES_PACE_CLIENT_SECRET", Secret: true, Text: "Secret of the client."},
			{Name: "token_url", Env: "AUTHSCOPES_PACE_TOKEN_URL", Check: serverURL, Text: "URL of the token endpoint of the client."},
		},
		Build: func(v Values, c *http.Client) (authz.Driver, error) {
			return pace.New(pace.Config{
				URL: v.str("url"), APIVersion: v.str("api_version"), AccessToken: v.str("access_token"),
				ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"), TokenURL: v.str("token_url"),
			}, c)
		},
	}
}
