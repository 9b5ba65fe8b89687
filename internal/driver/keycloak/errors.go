package keycloak

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// The roles of client realm-management that calls need.
// https://www.keycloak.org/docs/latest/server_admin/#_per_realm_admin_permissions
const (
	needViewClients   = "view-clients"
	needViewRealm     = "view-realm"
	needViewUsers     = "view-users"
	needManageClients = "manage-clients"
	needManageRealm   = "manage-realm"
	// From 26.4.13, 26.6.4 and 26.7.0 on (CVE-2026-9795) manage-clients alone
	// maps no role.
	needMap = "manage-realm (or, with fine-grained admin permissions, map-role-client-scope on the guard role and on the realm roles concerned)"
)

// statusError keeps the status that an error was made of.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// hasStatus reports whether the call itself was answered so; the status of a
// login that it waited for is not its own.
func hasStatus(err error, status int) bool {
	var e *authz.Error
	if !errors.As(err, &e) {
		return false
	}
	s, own := e.Err.(*statusError) //nolint:errorlint // what is further down is the login's
	return own && s.status == status
}

// timedOut reports whether a call was not answered in time, here or at a gateway.
func timedOut(err error) bool {
	return httpapi.TimedOut(err) || hasStatus(err, http.StatusGatewayTimeout)
}

// answer is the server's answer to one call, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// isJSON reports whether the content type says JSON; a proxy's page does not.
func (a answer) isJSON() bool {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// jwtLike finds what may be a token in a server's words.
var jwtLike = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]*`)

// says is the server's own error text, without secrets; "" when it has none.
func (d *Driver) says(a answer) (code, text string) {
	var body struct {
		Error        string `json:"error"`
		ErrorMessage string `json:"errorMessage"`
		Description  string `json:"error_description"`
	}
	if !a.isJSON() || json.Unmarshal(a.body, &body) != nil {
		return "", ""
	}
	text = body.Error
	for _, more := range []string{body.ErrorMessage, body.Description} {
		if more != "" {
			text = more
		}
	}
	return body.Error, d.clean(text)
}

// clean returns a text of the server without secrets.
func (d *Driver) clean(text string) string {
	return httpapi.Sanitize(jwtLike.ReplaceAllString(text, "***"), d.cfg.secrets()...)
}

// classify makes the error of an answer that is not a success. Statuses are
// alike on all versions, texts differ: only "what is not there" needs a text.
func (d *Driver) classify(c *call, a answer, location string) *authz.Error {
	code, text := d.says(a)
	what := httpapi.Sanitize(httpapi.DescribeBody(a.status, a.header, a.body), d.cfg.secrets()...)
	if text != "" && !c.private {
		what = fmt.Sprintf("%d: %s", a.status, text)
	}
	e := &authz.Error{Kind: authz.Unavailable, Op: c.op, Err: &statusError{a.status, "Keycloak answered " + what}}
	switch {
	case c.login:
		d.classifyLogin(e, c, a, code)
		return e
	case a.status >= 300 && a.status < 400:
		e.Err = &statusError{a.status, fmt.Sprintf("Keycloak answered %d, a redirect to %s", a.status, d.clean(location))}
		e.Advice = authz.ReasonKeycloakRedirect
	case a.status == http.StatusUnauthorized:
		e.Kind = authz.Denied
		e.Advice = authz.ReasonKeycloakAccessToken
	case a.status == http.StatusForbidden:
		e.Kind = authz.Denied
		e.Advice = d.missingRole(c)
	case a.status == http.StatusNotFound:
		d.classifyNotFound(e, c, a, code)
	case a.status == http.StatusConflict:
		e.Kind = authz.Conflict
	case a.status == http.StatusBadRequest || a.status == http.StatusUnprocessableEntity:
		e.Kind = authz.Invalid
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		e.OutcomeUnknown = c.write && a.status >= 500
		e.Advice = d.adviseWait(a)
	}
	return e
}

// adviseWait tells how long Keycloak wants to be left alone, "" for nothing.
func (d *Driver) adviseWait(a answer) string {
	if wait := a.header.Get("Retry-After"); wait != "" {
		return "Keycloak, or a proxy before it, asks to wait (Retry-After): " + d.clean(wait) + " (seconds, or a date)."
	}
	if a.status == http.StatusTooManyRequests {
		return httpapi.AdviceRateLimit
	}
	return ""
}

func (d *Driver) classifyNotFound(e *authz.Error, c *call, a answer, code string) {
	e.Kind = authz.NotFound
	switch {
	case code == "Realm not found.":
		e.Kind, e.ParentGone, e.ParentName = authz.ParentNotFound, true, c.realm
		e.Err = &statusError{a.status, fmt.Sprintf("there is no realm %q on this server", c.realm)}
		e.Advice = authz.ReasonKeycloakRealm
	case code == "", strings.HasPrefix(code, "HTTP 404"), strings.HasPrefix(code, "Unable to find matching"):
		e.Kind = authz.ParentNotFound
		e.Advice = adviceAddress
	}
}

const adviceAddress = authz.ReasonKeycloakAddress

// missingRole says which right a refused call needs.
func (d *Driver) missingRole(c *call) string {
	return "The identity that logs in needs the role " + d.role(c.realm, c.needs) + "."
}

// classifyLogin sorts answers of the token endpoint (RFC 6749, section 5.2).
func (d *Driver) classifyLogin(e *authz.Error, c *call, a answer, code string) {
	realm := d.loginRealm()
	switch {
	case a.status >= 300 && a.status < 400:
		e.Advice = authz.ReasonKeycloakLoginRedirect
	case a.status == http.StatusNotFound && code == "Realm does not exist":
		e.Kind = authz.ParentNotFound
		e.Err = &statusError{a.status, fmt.Sprintf("there is no realm %q to log in to", realm)}
		e.Advice = authz.ReasonKeycloakLoginRealm
		if realm == d.cfg.Realm { // the realm that is managed
			e.Advice = authz.ReasonKeycloakLoginRealmGone
			e.ParentGone, e.ParentName = true, realm
		}
	case a.status == http.StatusNotFound:
		e.Kind = authz.ParentNotFound
		e.Advice = adviceAddress
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		e.Advice = d.adviseWait(a)
	case code == "":
		e.Advice = adviceAddress
	default:
		e.Kind = authz.Denied
		d.adviseLogin(e, c.assertion, code)
	}
}

// adviseLogin sets the advice about a refused login.
func (d *Driver) adviseLogin(e *authz.Error, a assertion, code string) {
	if a.source != "" {
		e.Advice = a.explain(time.Now(), d.issuer())
		return
	}
	e.Args = []string{d.clientID(), d.loginRealm()}
	switch c := d.cfg; {
	case code == "invalid_grant":
		e.Advice = authz.ReasonKeycloakLoginUser
	case c.Username != "":
		e.Advice = authz.ReasonKeycloakLoginDirect
	case c.JWTSigningKey != "":
		e.Advice = authz.ReasonKeycloakLoginKey
	default:
		e.Advice = authz.ReasonKeycloakLoginClient
	}
}

func invalid(op, advice, format string, args ...any) *authz.Error {
	e := authz.Errorf(authz.Invalid, op, format, args...)
	e.Advice = advice
	return e
}
