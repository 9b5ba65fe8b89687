package provider

import (
	"cmp"
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/ocariot"
)

func ocariotBlock() serverBlock {
	return serverBlock{
		name: "ocariot",
		text: "ocariot, account service 2.4.0 to 2.6.1: the scopes of all users of a type. Without `readback`, a plan cannot see drift.",
		caps: (&ocariot.Driver{}).Capabilities(),
		settings: []setting{
			{name: "url", env: "AUTHSCOPES_OCARIOT_URL", check: serverURL, text: "URL of the API gateway or of the account service, without `/v1`."},
			{name: "host_header", env: "AUTHSCOPES_OCARIOT_HOST_HEADER", text: "`Host` header to send; the gateway's route wants `" + ocariot.DefaultHost + "`, which is the default."},
			{name: "readback", env: "AUTHSCOPES_OCARIOT_READBACK", text: "How to read the scopes that users have, for which the API has no call. " +
				"Valid values are `filter` (an undocumented filter of the user listings, which compares all users of a type), `login` (one user of each type logs in) and `none`. Defaults to `none`. " +
				"With `filter`, the provider sends one empty list of scopes per run, which the server refuses without a change, also with `read_only`."},
			{name: "username", env: "AUTHSCOPES_OCARIOT_USERNAME", text: "An admin, for `filter` through the gateway."},
			{name: "password", env: "AUTHSCOPES_OCARIOT_PASSWORD", secret: true, text: "Password of the admin."},
			{name: "probe_users", env: "AUTHSCOPES_OCARIOT_PROBE_USERS", kind: loginsKind, text: "User type => a user of that type, for `login`."},
			{name: "ca_certificate", env: "AUTHSCOPES_OCARIOT_CA_CERTIFICATE", text: "Certificate authority of the gateway: PEM, or a file's path. In place of `http.ca_certificate`."},
		},
		transport: func(v values, c *httpapi.Config) {
			c.Host = cmp.Or(v.str("host_header"), ocariot.DefaultHost)
			c.CACertificate = cmp.Or(v.str("ca_certificate"), c.CACertificate)
		},
		build: func(v values, c *http.Client) (authz.Driver, error) {
			probes := map[string]ocariot.Login{}
			for userType, l := range v.logins("probe_users") {
				probes[userType] = ocariot.Login{Username: l.Username, Password: l.Password}
			}
			return ocariot.New(ocariot.Config{
				URL: v.str("url"), Readback: v.str("readback"),
				Login:      ocariot.Login{Username: v.str("username"), Password: v.str("password")},
				ProbeUsers: probes,
			}, c)
		},
	}
}
