// Package onelogin drives the API Authorization of OneLogin: the scopes of authorization servers,
// and the scopes that OIDC apps can request.
package onelogin

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// Config has the address of the account and its credentials. The API credential must have the
// privilege Manage All, also for reading.
type Config struct {
	URL          string // https://<subdomain>.onelogin.com
	ClientID     string
	ClientSecret string
}

// String keeps secrets out of logs.
func (c Config) String() string { return "OneLogin configuration" }

// GoString implements fmt.GoStringer like String.
func (c Config) GoString() string { return c.String() }

// Driver is the OneLogin driver.
type Driver struct {
	cfg  Config
	base string
	auth *http.Client // sends the token
	bare *http.Client // requests the token
	// pause waits between two reads that should see an earlier write.
	pause   func(ctx context.Context, d time.Duration) error
	secrets *httpapi.Secrets
}

var (
	_ authz.Driver       = (*Driver)(nil)
	_ authz.Lister       = (*Driver)(nil)
	_ authz.ScopeWriter  = (*Driver)(nil)
	_ authz.ClientScopes = (*Driver)(nil)
	_ authz.ClientLister = (*Driver)(nil)
)

// New returns a driver that uses a client of httpapi.New. It makes no request.
func New(cfg Config, c *http.Client) (*Driver, error) {
	base, err := httpapi.BaseURL("onelogin.url", cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.ClientID == "" || cfg.ClientSecret == "" {
		return nil, authz.Advise(authz.Invalid, "configure onelogin",
			"Set both to the values of an API credential with the privilege Manage All (Developers > API Credentials).",
			"onelogin.client_id or onelogin.client_secret is empty")
	}
	d := &Driver{cfg: cfg, base: base, bare: c, pause: httpapi.Pause, secrets: httpapi.NewSecrets(cfg.ClientSecret)}
	d.auth = httpapi.WithToken(c, "bearer", d.fetchToken, nil)
	return d, nil
}

// Capabilities implements authz.Driver.
func (d *Driver) Capabilities() authz.Capabilities {
	return authz.Derive(d, authz.Capabilities{
		Server: "OneLogin", ProviderBlock: "onelogin",
		DescriptionRequired: true, ClientExample: "1234",
		ServerIDRequired: true, ServerIDAllowed: true, ServerIDLabel: "authorization server id",
	})
}

// ServerID returns the ID of an authorization server, which is a whole number.
func (d *Driver) ServerID(configured string) (string, error) {
	if _, err := parseID(configured); err != nil {
		return "", authz.Advise(authz.Invalid, "server_id",
			authz.ReasonOneLoginServerID,
			"%q is not the ID of an authorization server, which is a whole number", configured)
	}
	return configured, nil
}

// parseID parses an ID. An empty or invalid ID in a path would address another object.
func parseID(id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != id {
		return 0, fmt.Errorf("%q is not an ID, which is a whole number", id)
	}
	return n, nil
}

// String keeps secrets out of logs.
func (d *Driver) String() string { return "OneLogin at " + d.base }

// GoString implements fmt.GoStringer like String.
func (d *Driver) GoString() string { return d.String() }
