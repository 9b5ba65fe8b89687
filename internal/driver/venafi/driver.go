// Package venafi drives the OAuth management of Palo Alto Networks Trust Protection Foundation,
// formerly Venafi Trust Protection Platform and CyberArk Certificate Manager, Self-Hosted: it
// reads scopes, and grants them to identities and groups with the OAuth rules of an application.
package venafi

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// Config has the address of the server and exactly one way to log in: an access token, a user's
// password, a refresh token, a JWT, or the client certificate of the HTTP client. The token has
// the scope admin, which every call requires and which the application ClientID must allow.
type Config struct {
	URL         string // https://tpp.example.com, with or without /vedsdk
	AuthURL     string // address for logins, with or without /vedauth; "" means URL
	AccessToken string // never renewed

	ClientID string // ID of the application (API integration) to log in as
	Username string
	Password string
	// RefreshToken is valid for one login, which returns its successor. The successor is kept in
	// memory only, so that a refresh token serves one plan, or one apply of a saved plan.
	RefreshToken string
	// JWTToken is a JWT of an issuer that the server has a mapping for, such as a CI system.
	// JWTTokenFile is the path of a file with a JWT, which is read at each login.
	JWTToken, JWTTokenFile string
	// Certificate logs in with the client certificate of the HTTP client.
	Certificate bool
}

// tokenScope is the requested scope of every login.
const tokenScope = "admin"

// String keeps secrets out of logs.
func (c Config) String() string { return "Venafi configuration" }

// GoString implements fmt.GoStringer like String.
func (c Config) GoString() string { return c.String() }

// Driver is the Venafi driver.
type Driver struct {
	cfg       Config
	base      string
	loginBase string       // address of the logins
	auth      *http.Client // sends the token
	bare      *http.Client // requests the token
	// pause waits between two reads that should see an earlier write.
	pause   func(ctx context.Context, d time.Duration) error
	secrets *httpapi.Secrets
	refresh string      // next token to use; "" if there is none
	blind   atomic.Bool // the token cannot look up identities
}

var (
	_ authz.Driver          = (*Driver)(nil)
	_ authz.Lister          = (*Driver)(nil)
	_ authz.UserTypeScopes  = (*Driver)(nil)
	_ authz.UserTypeReader  = (*Driver)(nil)
	_ authz.UserTypeChecker = (*Driver)(nil)
	_ authz.UserTypeFinder  = (*Driver)(nil)
	_ authz.UserTypeLimiter = (*Driver)(nil)
	_ authz.UserTypeSpeller = (*Driver)(nil)
)

// New returns a driver that uses a client of httpapi.New. It makes no request.
func New(cfg Config, c *http.Client) (*Driver, error) {
	base, err := baseURL("venafi.url", cfg.URL)
	if err != nil {
		return nil, err
	}
	login := base
	if cfg.AuthURL != "" {
		if login, err = baseURL("venafi.auth_url", cfg.AuthURL); err != nil {
			return nil, err
		}
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	d := &Driver{
		cfg: cfg, base: base, loginBase: login, bare: c, pause: httpapi.Pause, refresh: cfg.RefreshToken,
		secrets: httpapi.NewSecrets(append(httpapi.HeaderSecrets(c), cfg.Password, cfg.AccessToken, cfg.RefreshToken, cfg.JWTToken)...),
	}
	d.auth = httpapi.WithToken(c, "Bearer", d.fetchToken, d.renews)
	return d, nil
}

// baseURL parses an address and removes the first segment of the API's paths.
func baseURL(field, configured string) (string, error) {
	base, err := httpapi.BaseURL(field, configured)
	for _, suffix := range []string{"/vedsdk", "/vedauth"} {
		base = strings.TrimSuffix(base, suffix)
	}
	return base, err
}

// check verifies that the configuration has exactly one way to log in.
func (c Config) check() error {
	ways := 0
	for _, way := range []bool{c.AccessToken != "", c.Username+c.Password != "", c.RefreshToken != "", c.JWTToken != "", c.JWTTokenFile != "", c.Certificate} {
		if way {
			ways++
		}
	}
	const op = "configure venafi"
	switch {
	case ways != 1:
		return authz.Advise(authz.Invalid, op, adviceLogin, "%d ways to log in are configured, and it must be one", ways)
	case c.AccessToken == "" && c.ClientID == "":
		return authz.Advise(authz.Invalid, op, adviceLogin, "venafi.client_id is empty")
	case (c.Username == "") != (c.Password == ""):
		return authz.Advise(authz.Invalid, op, adviceLogin, "venafi.username and venafi.password go together, and one is empty")
	}
	return nil
}

// Capabilities implements authz.Driver. A rule without scopes cannot exist: revoking the last
// scope deletes it.
func (d *Driver) Capabilities() authz.Capabilities {
	return authz.Derive(d, authz.Capabilities{
		Server: "Venafi", ProviderBlock: "venafi",
		UserTypeDrift: true, UserTypeRules: true,
		ServerIDRequired: true, ServerIDAllowed: true, ServerIDLabel: "application id",
		UserTypeLabel: "identity or group",
	})
}

// ServerID returns an application ID unchanged. Listing scopes requires none, but user types do.
func (d *Driver) ServerID(configured string) (string, error) {
	if strings.TrimSpace(configured) != configured {
		return "", authz.Advise(authz.Invalid, "server_id", adviceServerID, "the application id %q begins or ends with a space", configured)
	}
	return configured, nil
}

// String keeps secrets out of logs.
func (d *Driver) String() string { return "Venafi at " + d.base }

// GoString implements fmt.GoStringer like String.
func (d *Driver) GoString() string { return d.String() }
