// Package keycloak drives Keycloak through its Admin REST API: client scopes of
// a realm are the scopes, realm roles are the user types.
//
// Keycloak gives a client scope that has no role mapping to every user. So each limited
// scope is mapped to a guard role that no user has; see guard.go.
//
// https://www.keycloak.org/docs-api/latest/rest-api/index.html
package keycloak

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Nerzal/gocloak/v13"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/progress"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// DefaultGuardRole is the guard's name where none is configured.
const DefaultGuardRole = "authscopes-guard"

// Config is the keycloak block of the provider configuration.
type Config struct {
	URL      string
	AdminURL string // of the admin API if its host is not that of URL; BasePath is added to both
	BasePath string // "/auth" on servers before version 17
	Realm    string // the one managed where a resource names none
	// LoginRealm is where the identity is kept; Realm when "".
	LoginRealm string

	// AccessToken is used as it is. Username logs in by password. Otherwise the client logs
	// in with an assertion (RFC 7523) that JWTSigningKey signs or that JWTToken,
	// JWTTokenFile or OIDC provides, or with ClientSecret.
	AccessToken   string
	Username      string
	Password      string
	ClientID      string // "admin-cli" where Username is set
	ClientSecret  string
	JWTSigningKey string // PEM, or the secret for HS256 and the like
	JWTSigningAlg string // RS256 when ""
	JWTToken      string // a signed JWT
	JWTTokenFile  string // a file that has a signed JWT
	OIDC          *WorkloadIdentity

	GuardRole   string // DefaultGuardRole when ""
	AllowMaster bool   // realm master may be managed
	// SkipGuardHolders is true if the users and groups with the guard role are not read.
	SkipGuardHolders bool
}

// String hides the secrets.
func (c Config) String() string {
	return "keycloak " + httpapi.Sanitize(c.URL, c.secrets()...) + " realm " + c.Realm
}

// GoString hides the secrets.
func (c Config) GoString() string { return c.String() }

func (c Config) secrets() []string {
	secrets := []string{c.AccessToken, c.Password, c.ClientSecret, c.JWTSigningKey, strings.TrimSpace(c.JWTToken)}
	if c.OIDC != nil {
		secrets = append(secrets, c.OIDC.RequestToken, c.OIDC.Token)
	}
	return secrets
}

// Driver is the Keycloak driver. It is safe for concurrent use.
type Driver struct {
	cfg    Config
	named  bool   // the configuration names the guard role
	base   string // URL with BasePath, without a slash at the end
	admin  string // the same of AdminURL
	method jwt.SigningMethod
	key    any

	anonymous *http.Client     // without a token
	client    *http.Client     // with a token
	gocloak   *gocloak.GoCloak // with a token

	clientListTime time.Duration // of a listing of all clients
	compositeTime  time.Duration // of a search for the guard role in composite roles

	// atOnce bounds the goroutines of one operation. It is twice what the transport sends at once,
	// so that a request is ready when another ends.
	atOnce int

	// pause waits between two readings that should see an earlier write.
	pause func(ctx context.Context, d time.Duration) error

	claims atomic.Pointer[accessClaims] // of the newest token

	mu     sync.Mutex
	realms map[string]*realmState
}

var (
	_ authz.Driver           = (*Driver)(nil)
	_ authz.Lister           = (*Driver)(nil)
	_ authz.ScopeWriter      = (*Driver)(nil)
	_ authz.UserTypeScopes   = (*Driver)(nil)
	_ authz.ScopeGranter     = (*Driver)(nil)
	_ authz.UserTypeChecker  = (*Driver)(nil)
	_ authz.UserTypeResolver = (*Driver)(nil)
	_ authz.Preflighter      = (*Driver)(nil)
	_ authz.ClientScopes     = (*Driver)(nil)
	_ authz.ClientLister     = (*Driver)(nil)
	_ authz.BuiltIns         = (*Driver)(nil)
	_ authz.Identifier       = (*Driver)(nil)
)

// New makes a driver that sends its requests through client's Transport. It
// makes no request. A configuration that cannot work is Invalid.
func New(cfg Config, client *http.Client) (*Driver, error) {
	const op = "configure keycloak"
	base, err := baseURL("url", cfg.URL, cfg.BasePath)
	if err != nil {
		return nil, err
	}
	admin := base
	if cfg.AdminURL != "" {
		if admin, err = baseURL("admin_url", cfg.AdminURL, cfg.BasePath); err != nil {
			return nil, err
		}
	}
	named := cfg.GuardRole != ""
	if !named {
		cfg.GuardRole = DefaultGuardRole
	}
	if authz.RealmRoleName(cfg.GuardRole) != cfg.GuardRole {
		return nil, invalid("configure guard_role", authz.ReasonKeycloakGuardRole, "the name %q begins like the name of a client role", cfg.GuardRole)
	}
	d := &Driver{
		cfg: cfg, named: named, base: base, admin: admin, pause: httpapi.Pause, realms: map[string]*realmState{},
		clientListTime: clientListTime, compositeTime: compositeTime, atOnce: 2 * httpapi.Concurrency(client),
	}
	if err := d.checkIdentity(op); err != nil {
		return nil, err
	}
	if cfg.JWTSigningKey != "" {
		if d.method, d.key, err = signer(cfg.JWTSigningKey, cfg.JWTSigningAlg); err != nil {
			return nil, err
		}
	}
	d.anonymous, d.client = httpapi.WithoutRedirects(client), httpapi.WithToken(client, "Bearer", d.login, nil)
	d.gocloak = newGocloak(admin, d.client.Transport)
	return d, nil
}

// baseURL returns the URL of an attribute with base_path, without a slash at the end.
func baseURL(attribute, raw, basePath string) (string, error) {
	if err := CheckURL(attribute, raw); err != nil {
		return "", err
	}
	base, err := httpapi.BaseURL(attribute, raw)
	if err != nil {
		return "", err
	}
	if path := strings.Trim(basePath, "/"); path != "" {
		base += "/" + path
	}
	if u, err := url.Parse(base); err != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", invalid("configure keycloak", authz.ReasonKeycloakBasePath, "base_path is not a path")
	}
	return base, nil
}

// CheckURL rejects the address of a realm or of the admin console, which is easily copied
// from a browser.
func CheckURL(attribute, raw string) error {
	base, err := httpapi.BaseURL(attribute, raw)
	if err != nil {
		return err
	}
	path := "/" + strings.Join(strings.Split(base, "/")[3:], "/") + "/"
	for _, part := range []string{"/realms/", "/admin/"} {
		if before, _, found := strings.Cut(path, part); found {
			return invalid("configure keycloak", authz.ReasonKeycloakURLPath,
				"%s has the path %q, which does not belong to the address of the server", attribute, strings.TrimSuffix(before+part, "/")).With(attribute, part)
		}
	}
	return nil
}

// checkIdentity wants enough to log in with.
func (d *Driver) checkIdentity(op string) error {
	c := d.cfg
	switch {
	case c.AccessToken != "":
		return nil
	case d.loginRealm() == "":
		return invalid(op, authz.ReasonKeycloakLoginRealmUnset, "no realm is configured for the login")
	case c.Username != "" && c.Password == "":
		return invalid(op, authz.ReasonKeycloakPassword, "username is set, and password is not")
	case c.Username != "":
		return nil
	case c.ClientID != "" && (c.ClientSecret != "" || c.JWTSigningKey != ""):
		return nil
	case c.JWTToken != "", c.JWTTokenFile != "", c.OIDC != nil:
		return nil // the claim sub names the client
	}
	return invalid(op, authz.ReasonKeycloakCredentials,
		"no credentials are configured")
}

// String names the server and no secret.
func (d *Driver) String() string { return d.cfg.String() }

// GoString names the server and no secret.
func (d *Driver) GoString() string { return d.cfg.String() }

func (d *Driver) loginRealm() string {
	if d.cfg.LoginRealm != "" {
		return d.cfg.LoginRealm
	}
	return d.cfg.Realm
}

// issuer is the issuer of the realm to log in to: the audience of client assertions.
func (d *Driver) issuer() string { return d.base + "/realms/" + url.PathEscape(d.loginRealm()) }

func (d *Driver) clientID() string {
	if d.cfg.ClientID == "" {
		return "admin-cli"
	}
	return d.cfg.ClientID
}

// Capabilities implements authz.Driver.
func (d *Driver) Capabilities() authz.Capabilities {
	return authz.Derive(d, authz.Capabilities{
		Server: "Keycloak", ProviderBlock: "keycloak",
		Settings:      true,
		UserTypeDrift: true, EmptyUserTypes: true, ClientRoles: true,
		ServerIDAllowed: true, ServerIDLabel: "realm", UserTypeLabel: "realm role",
		ClientDefaults: true, ClientExample: "web-shop",
	})
}

// ServerID implements authz.Driver: the realm.
func (d *Driver) ServerID(configured string) (string, error) {
	const op = "select the realm"
	if configured == "" {
		configured = d.cfg.Realm
	}
	switch {
	case configured == "":
		return "", invalid(op, authz.ReasonKeycloakRealmUnset, "no realm is configured")
	case configured == "." || configured == "..":
		return "", invalid(op, authz.ReasonKeycloakRealmName, "%q is not the name of a realm", configured)
	case configured == "master" && !d.cfg.AllowMaster:
		return "", invalid(op, authz.ReasonKeycloakMaster, "realm \"master\" contains the administrators of all realms and is not managed by default")
	}
	return configured, nil
}

// realm is one realm that is worked on.
type realm struct {
	d     *Driver
	name  string
	state *realmState
}

func (d *Driver) realm(serverID string) (realm, error) {
	name, err := d.ServerID(serverID)
	if err != nil {
		return realm{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	state, ok := d.realms[name]
	if !ok {
		state = newRealmState()
		d.realms[name] = state
	}
	return realm{d: d, name: name, state: state}, nil
}

// esc is a realm, id or name as a segment of a path; gocloak escapes none.
func esc(segment string) string { return url.PathEscape(segment) }

// url is the address of something in the realm.
func (r realm) url(segments ...string) string {
	parts := []string{r.d.admin, "admin", "realms", esc(r.name)}
	for _, s := range segments {
		parts = append(parts, esc(s))
	}
	return strings.Join(parts, "/")
}

// eachCounted is each for many items, which logs how many are done.
func eachCounted[T any](ctx context.Context, limit int, what string, items []T, f func(T) error) error {
	done := progress.Count(ctx, what, len(items))
	return each(ctx, limit, items, func(item T) error {
		defer done()
		return f(item)
	})
}

// each runs f for all items, at most limit at once. After an error none is begun.
func each[T any](ctx context.Context, limit int, items []T, f func(T) error) error {
	group, failed := requests(ctx, limit)
	for _, item := range items {
		group.Go(func() error {
			if failed() {
				return nil
			}
			return f(item)
		})
	}
	return group.Wait()
}

// requests returns a group for requests, of which at most limit run at once. failed reports whether one of
// them has failed: then no further request is begun. What is under way is not cut off, because
// its outcome would be lost.
func requests(ctx context.Context, limit int) (group *errgroup.Group, failed func() bool) {
	group, stop := errgroup.WithContext(context.WithoutCancel(ctx))
	group.SetLimit(limit)
	return group, func() bool { return stop.Err() != nil }
}
