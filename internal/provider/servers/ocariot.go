package servers

import (
	"cmp"
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/ocariot"
)

func ocariotBlock() Block {
	return Block{
		Name: "ocariot",
		Text: "Connection to ocariot, account service 2.4.0 to 2.6.1, which stores scopes with all users of a type. Without `readback`, a plan does not show drift.",
		Caps: (&ocariot.Driver{}).Capabilities(),
		Settings: []Setting{
			{Name: "url", Env: "AUTHSCOPES_OCARIOT_URL", Check: serverURL, Text: "URL of the API gateway or of the account service, without `/v1`."},
			{Name: "host_header", Env: "AUTHSCOPES_OCARIOT_HOST_HEADER", Text: "Value of the `Host` header, which the route of the gateway requires. Defaults " +
				"to `" + ocariot.DefaultHost + "`."},
			{Name: "readback", Env: "AUTHSCOPES_OCARIOT_READBACK", Text: "Method to read the scopes of users, for which the API has no call. " +
				"Valid values are `filter` (an undocumented filter of the user listings, which compares all users of a type), `login` (one user of each type logs " +
				"in) and `none`. Defaults to `none`. " +
				"With `filter`, the provider sends one empty list of scopes per run, which the server rejects without a change, also with `read_only`."},
			{Name: "username", Env: "AUTHSCOPES_OCARIOT_USERNAME", Text: "Username of an admin, for `filter` through the gateway."},
			{Name: "password", Env: "AUTHSCOPES_OCARIOT_PASSWORD", Secret: true, Text: "Password of the admin."},
			{Name: "probe_users", Env: "AUTHSCOPES_OCARIOT_PROBE_USERS", Kind: LoginsKind, Text: "Map of user type to a user of the type, for `login`."},
			{Name: "ca_certificate", Env: "AUTHSCOPES_OCARIOT_CA_CERTIFICATE", Text: "Certificate authority of the gateway, as PEM text or path of a file. " +
				"Replaces `http.ca_certificate`."},
		},
		Transport: func(v Values, c *httpapi.Config) {
			c.Host = cmp.Or(v.str("host_header"), ocariot.DefaultHost)
			c.CACertificate = cmp.Or(v.str("ca_certificate"), c.CACertificate)
		},
		Build: func(v Values, c *http.Client) (authz.Driver, error) {
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
