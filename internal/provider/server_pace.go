package provider

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/pace"
)

func paceBlock() serverBlock {
	return serverBlock{
		name: "pace",
		text: "PACE User API. Its check-scopes operation compares the names of defined scopes with the scopes of PACE (data source `authscopes_pace_check`). " +
			"PACE does not publish whether the operation requires a token: set `access_token`, or `client_id`, `client_secret` and `token_url`, or none of them.",
		caps: (*pace.Driver)(nil).Capabilities(),
		settings: []setting{
			{name: "url", env: "AUTHSCOPES_PACE_URL", check: serverURL, text: "URL of the API without `/user`, such as `https://api.pace.cloud`."},
			{name: "api_version", env: "AUTHSCOPES_PACE_API_VERSION", text: "Version of the User API. Defaults to `" + pace.DefaultAPIVersion + "`."},
			{name: "access_token", env: "AUTHSCOPES_PACE_ACCESS_TOKEN", secret: true, text: "Access token, used as it is and never renewed."},
			{name: "client_id", env: "AUTHSCOPES_PACE_CLIENT_ID", text: "Client to get a token as, by the client credentials grant."},
			{name: "client_secret", env: "AUTHSCOPES_PACE_CLIENT_SECRET", secret: true, text: "Secret of the client."},
			{name: "token_url", env: "AUTHSCOPES_PACE_TOKEN_URL", check: serverURL, text: "Token endpoint for the client."},
		},
		build: func(v values, c *http.Client) (authz.Driver, error) {
			return pace.New(pace.Config{
				URL: v.str("url"), APIVersion: v.str("api_version"), AccessToken: v.str("access_token"),
				ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"), TokenURL: v.str("token_url"),
			}, c)
		},
	}
}
