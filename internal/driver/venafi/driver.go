// Package venafi drives the OAuth management of Palo Alto Networks Trust Protection
// Foundation, formerly Venafi Trust Protection Platform and CyberArk Certificate Manager,
// Self-Hosted: it reads scopes, and gives them to identities and groups by the OAuth rules
// of an application.
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

// Config says where the server is and how to log in: by exactly one of an access
// token, a user's password, a refresh token, a JWT, or the client certificate of the
// HTTP client. The token is asked for with the scope admin, which every call
// needs; the application ClientID must allow it.
type Config struct {
	URL         string // https://tpp.example.com, with or without /vedsdk
	AuthURL     string // of the server that logs in, with or without /vedauth; "" for URL
	AccessToken string // used as it is, never renewed

	ClientID string // of the application (API integration) to log in as
	Username string
	Password string
	// RefreshToken is good for one login, upon which the server hands out its
	// successor. That is kept in memory only, so that a refresh token serves one
	// plan or one apply of a saved plan: the next run needs a new one.
	RefreshToken string
	// JWTToken is a JWT of an issuer that the server has a mapping for, as CI systems issue
	// them. JWTTokenFile is a file that has one, which is read at each login.
	JWTToken, JWTTokenFile string
	// Certificate logs in with the client certificate of the HTTP client.
	Certificate bool
}

// tokenScope is asked for at every login.
const tokenScope = "admin"

// String keeps secrets out of logs.
func (c Config) String() string { return "Venafi configuration" }

// GoString is String.
func (c Config) GoString() string { return c.String() }

// Driver is the Venafi driver.
type Driver struct {
	cfg       Config
	base      string
	loginBase string       // address of the logins
	auth      *http.Client // sends the token
	bare      *http.Client // for the token itself
	// pause waits between two readings that should see an earlier write.
	pause   func(ctx context.Context, d time.Duration) error
	secrets *httpapi.Secrets
	refresh string      // token to be spent next; "" when there is none
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

// New makes a driver on a client of httpapi.New. It makes no request.
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

// baseURL reads an address. The paths that the API begins with are no part of it.
func baseURL(field, configured string) (string, error) {
	base, err := httpapi.BaseURL(field, configured)
	for _, suffix := range []string{"/vedsdk", "/vedauth"} {
		base = strings.TrimSuffix(base, suffix)
	}
	return base, err
}

// check holds the ways to log in against each other.
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

// Capabilities says what Venafi can do. A rule without a scope cannot be: the
// last scope taken away deletes it.
func (d *Driver) Capabilities() authz.Capabilities {
	return authz.Derive(d, authz.Capabilities{
		Server: "Venafi", ProviderBlock: "venafi",
		UserTypeDrift: true, UserTypeRules: true,
		ServerIDRequired: true, ServerIDAllowed: true, ServerIDLabel: "application id",
		UserTypeLabel: "identity or group",
	})
}

// ServerID is an application id, in state as it is configured. None is needed to
// list scopes; user types need one.
func (d *Driver) ServerID(configured string) (string, error) {
	if strings.TrimSpace(configured) != configured {
		return "", authz.Advise(authz.Invalid, "server_id", adviceServerID, "the application id %q begins or ends with a space", configured)
	}
	return configured, nil
}

// String keeps secrets out of logs.
func (d *Driver) String() string { return "Venafi at " + d.base }

// GoString is String.
func (d *Driver) GoString() string { return d.String() }
