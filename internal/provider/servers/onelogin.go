package servers

import (
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/onelogin"
)

func oneloginBlock() Block {
	return Block{
		Name: "onelogin",
		Text: "Connection to OneLogin API Authorization, which has scopes of authorization servers. `server_id` is the ID of an authorization server.",
		Caps: (*onelogin.Driver)(nil).Capabilities(),
		Settings: []Setting{
			{Name: "url", Env: "ONELOGIN_API_URL", Check: serverURL, Text: "URL of the account, such as `https://example.onelogin.com`."},
			{Name: "client_id", Env: "ONELOGIN_CLIENT_ID", Text: "Client ID of an API credential with the privilege *Manage All*."},
			{Name: "client_secret", Env: "ONELOGIN_CLIENT_SECRET", Secret: true, Text: "Client secret of the API credential."},
		},
		Build: func(v Values, c *http.Client) (authz.Driver, error) {
			return onelogin.New(onelogin.Config{
				URL: v.str("url"), ClientID: v.str("client_id"), ClientSecret: v.str("client_secret"),
			}, c)
		},
	}
}
