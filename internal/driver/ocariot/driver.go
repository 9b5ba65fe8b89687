// Package ocariot drives the ocariot platform (github.com/ocariot): the scopes
// of its six user types, through its API gateway or its account service alone.
// Only account 2.4.0 to 2.6.1 behind gateway 2.9.0 to 2.12.0 has the endpoint.
//
// The server has no scopes of a type: a replace is written once into each user,
// at most the 100 newest. Users created later, and users edited in any way, have
// the type's default scopes.
package ocariot

import (
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// DefaultHost is the Host header that the gateway's route requires. The client of New must send
// it or the configured host_header (httpapi.Config.Host).
const DefaultHost = "localhost"

// Ways to read the scopes of users, for which the API has no call.
const (
	// ReadbackFilter lists users with an undocumented filter by scope: one request per known
	// scope of a type, and more if its users have different scopes. A type has a scope if all of
	// its users have it. Admins have no list: theirs are read from a token of one admin.
	ReadbackFilter = "filter"
	// ReadbackLogin logs in as one user per type and reads the token.
	ReadbackLogin = "login"
	// ReadbackNone cannot read the scopes of users.
	ReadbackNone = "none"
)

// Login is a user's name and password. Types that embed it do not print them either.
type Login struct {
	Username, Password string
}

// String keeps a login out of logs.
func (Login) String() string { return "(login)" }

// GoString implements fmt.GoStringer like String.
func (Login) GoString() string { return "(login)" }

// Config is the provider's ocariot block.
type Config struct {
	URL      string // of the gateway or of the account service, without /v1
	Readback string // "" is ReadbackNone
	// Login is that of an admin. ReadbackFilter requires it through the gateway, but not for the
	// account service alone.
	Login
	// ProbeUsers are users to log in as, by user type. ReadbackLogin cannot read a type without
	// one. ReadbackFilter uses the user of type admin.
	ProbeUsers map[string]Login
}

// Driver is an authz.Driver for one deployment.
type Driver struct {
	base     string // URL without a slash at its end
	host     string
	readback string
	admin    Login
	probes   map[string]Login
	known    map[string][]string // by user type, sorted
	open     *http.Client        // without a token
	reader   *http.Client        // with the admin's token, if there is one
	endpoint endpoint
	// pause waits between two reads that should see an earlier write.
	pause   func(context.Context, time.Duration) error
	secrets *httpapi.Secrets
}

var (
	_ authz.Driver          = (*Driver)(nil)
	_ authz.Lister          = (*Driver)(nil)
	_ authz.UserTypeScopes  = (*Driver)(nil)
	_ authz.UserTypeReader  = (*Driver)(nil)
	_ authz.UserTypeChecker = (*Driver)(nil)
)

// New returns a driver that uses a client of httpapi.New. It makes no request. An invalid field
// of cfg is Invalid, and the error names the argument.
func New(cfg Config, c *http.Client) (*Driver, error) {
	base, err := httpapi.BaseURL("url", cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Readback == "" {
		cfg.Readback = ReadbackNone
	}
	if err := checkLogins(cfg); err != nil {
		return nil, err
	}
	known, err := knownScopes()
	if err != nil {
		return nil, err
	}
	d := &Driver{
		base: base, host: httpapi.Host(base), readback: cfg.Readback,
		admin: cfg.Login, probes: cfg.ProbeUsers, known: known, secrets: httpapi.NewSecrets(cfg.Password),
		open: c, reader: c, pause: httpapi.Pause,
	}
	for _, login := range cfg.ProbeUsers {
		d.secrets.Add(login.Password)
	}
	if cfg.Username != "" {
		d.reader = httpapi.WithToken(c, "Bearer", func(ctx context.Context) (*oauth2.Token, error) {
			t, _, err := d.login(ctx, "log in to ocariot", d.admin)
			return t, err
		}, nil)
	}
	return d, nil
}

func checkLogins(cfg Config) error {
	if !slices.Contains([]string{ReadbackFilter, ReadbackLogin, ReadbackNone}, cfg.Readback) {
		return invalid("readback is %q; valid values are \"filter\", \"login\" and \"none\"", cfg.Readback)
	}
	if (cfg.Username == "") != (cfg.Password == "") {
		return invalid("only one of username and password is set; set both or none")
	}
	if cfg.Readback == ReadbackLogin && len(cfg.ProbeUsers) == 0 {
		return invalid("readback \"login\" logs in as one user of each type; set probe_users")
	}
	for kind, login := range cfg.ProbeUsers {
		if !slices.Contains(userTypes(), kind) {
			return invalid("probe_users has the user type %q; %s", kind, typesAllowed())
		}
		if login.Username == "" || login.Password == "" {
			return invalid("probe_users.%s needs both username and password", kind)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return authz.Errorf(authz.Invalid, "configure ocariot", format, args...)
}

// Capabilities implements authz.Driver.
func (d *Driver) Capabilities() authz.Capabilities {
	var reader authz.Reader
	if d.readback == ReadbackFilter && d.admin.Username != "" {
		reader.UserType = "admin"
		for _, userType := range userTypes()[1:] {
			reader.Scopes = append(reader.Scopes, collection(userType)+":readAll")
		}
		slices.Sort(reader.Scopes)
	}
	return authz.Derive(d, authz.Capabilities{
		Server: "ocariot", ProviderBlock: "ocariot",
		Reader:        reader,
		UserTypeDrift: d.readback != ReadbackNone,
		UserTypeLabel: "user type",
		UserTypesKept: true, UserTypesReplaced: true,
	})
}

// ServerID returns the URL's host, because ocariot has no IDs of its own.
func (d *Driver) ServerID(configured string) (string, error) {
	return authz.HostID("ocariot", d.host, configured)
}

// String keeps passwords out of logs.
func (d *Driver) String() string { return "ocariot at " + d.host }

// GoString implements fmt.GoStringer like String.
func (d *Driver) GoString() string { return d.String() }
