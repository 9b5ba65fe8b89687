package provider

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/onelogin"
)

func oneloginBlock() serverBlock {
	return serverBlock{
		name: "onelogin",
		text: "OneLogin API Authorization: scopes of an authorization server (`server_id` is its id).",
		caps: (*onelogin.Driver)(nil).Capabilities(),
		settings: []setting{
			{name: "url", env: "ONELOGIN_API_URL", check: serverURL, text: "URL of the account, such as `https://example.onelogin.com`."},
			{name: "client_id", env: "ONELOGIN_CLIENT_ID", text: "Client id of an API credential with the privilege *Manage All*."},
			{name: "client_secret", env: "ONELOGIN_CLIENT_SECRET", secret: true, text: "Client secret of the API credential."},
		},
		build: func(v values, c *http.Client) (authz.Driver, error) {
			return onelogin.New(onelogin.Config{
				URL: v.str("url"), ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"),
			}, c)
		},
	}
}
