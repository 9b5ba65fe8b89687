// Package pace drives the only operation of the PACE User API (developer.pace.cloud/doc/user)
// about scopes: it compares the names of defined scopes with those of PACE's own Keycloak. It
// changes nothing.
package pace

import (
	"context"
	"net/http"
	"regexp"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// DefaultAPIVersion is the published version of the User API.
const DefaultAPIVersion = "2024-3"

// Config is the provider's pace block. The token is optional, because PACE does not document
// whether the operation requires one.
type Config struct {
	URL          string // without /user
	APIVersion   string // a segment of the path; "" is DefaultAPIVersion
	AccessToken  string // or the next three fields
	ClientID     string
	ClientSecret string
	TokenURL     string
}

// String keeps secrets out of logs.
func (c Config) String() string { return "PACE configuration" }

// GoString implements fmt.GoStringer like String.
func (c Config) GoString() string { return c.String() }

// Driver is an authz.Driver for one deployment.
type Driver struct {
	cfg    Config
	host   string
	plain  *http.Client // for the token endpoint
	client *http.Client // sends the token, if there is one

	secrets *httpapi.Secrets
}

var (
	_ authz.Driver            = (*Driver)(nil)
	_ authz.DefinitionChecker = (*Driver)(nil)
)

// New returns a driver that uses a client of httpapi.New. It makes no request. An invalid field
// of cfg is Invalid, and the error names the argument.
func New(cfg Config, c *http.Client) (*Driver, error) {
	base, err := httpapi.BaseURL("url", cfg.URL)
	if err != nil {
		return nil, err
	}
	cfg.URL = base
	if cfg.APIVersion == "" {
		cfg.APIVersion = DefaultAPIVersion
	}
	if err := checkConfig(cfg); err != nil {
		return nil, err
	}
	secrets := httpapi.NewSecrets(append(httpapi.HeaderSecrets(c), cfg.AccessToken, cfg.ClientSecret)...)
	d := &Driver{cfg: cfg, host: httpapi.Host(base), plain: c, client: c, secrets: secrets}
	switch {
	case cfg.AccessToken != "":
		token := &oauth2.Token{AccessToken: cfg.AccessToken}
		never := func(int, http.Header, []byte) bool { return false } // there is no other token
		d.client = httpapi.WithToken(c, "Bearer", func(context.Context) (*oauth2.Token, error) { return token, nil }, never)
	case cfg.ClientID != "":
		d.client = httpapi.WithToken(c, "Bearer", d.fetchToken, nil)
	}
	return d, nil
}

func checkConfig(cfg Config) error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`).MatchString(cfg.APIVersion) {
		return invalid("api_version is %q; it must be one segment of a path, such as %q", cfg.APIVersion, DefaultAPIVersion)
	}
	some := cfg.ClientID != "" || cfg.ClientSecret != "" || cfg.TokenURL != ""
	all := cfg.ClientID != "" && cfg.ClientSecret != "" && cfg.TokenURL != ""
	switch {
	case some && cfg.AccessToken != "":
		return invalid("access_token is set together with client_id, client_secret or token_url; set access_token, or the other three, or none")
	case some && !all:
		return invalid("only some of client_id, client_secret and token_url are set; set all three, or none")
	case some:
		_, err := httpapi.BaseURL("token_url", cfg.TokenURL)
		return err
	}
	return nil
}

func invalid(format string, args ...any) error {
	return authz.Errorf(authz.Invalid, "configure pace", format, args...)
}

// Capabilities implements authz.Driver.
func (d *Driver) Capabilities() authz.Capabilities {
	return authz.Derive(d, authz.Capabilities{
		Server: "PACE", ProviderBlock: "pace",
	})
}

// ServerID returns the URL's host, because PACE has no IDs of its own.
func (d *Driver) ServerID(configured string) (string, error) {
	return authz.HostID("PACE", d.host, configured)
}

// String keeps secrets out of logs.
func (d *Driver) String() string { return "PACE at " + d.host }

// GoString implements fmt.GoStringer like String.
func (d *Driver) GoString() string { return d.String() }
