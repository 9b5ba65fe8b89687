package keycloak

import (
	"encoding/json"
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
	// maps no realm role.
	needMap = "manage-clients and manage-realm (or, with fine-grained admin permissions, map-role-client-scope on the guard role " +
		"and on the realm roles concerned)"
)

// hasStatus reports whether the response to the request itself has the status. The status of
// the login before it does not count.
func hasStatus(err error, status int) bool { return httpapi.OwnStatus(err) == status }

// timedOut reports whether no response was received in time, here or at a gateway.
func timedOut(err error) bool {
	return httpapi.TimedOut(err) || hasStatus(err, http.StatusGatewayTimeout)
}

// response is the server's response to one call, read to its end.
type response struct {
	status int
	header http.Header
	body   []byte
}

// isJSON reports whether the content type is JSON. That of a proxy's page is not.
func (a response) isJSON() bool {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// jwtLike matches text of the server that may be a token.
var jwtLike = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]*`)

// errorText returns the server's own error text without secrets, or "" if there is none.
func (d *Driver) errorText(a response) (code, text string) {
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

// classify returns the error of a response that is not a success. The statuses are the same
// on all versions, and the texts differ: only 404 needs a text.
func (d *Driver) classify(c *call, a response) *authz.Error {
	code, text := d.errorText(a)
	what := httpapi.Sanitize(httpapi.DescribeBody(a.status, a.header, a.body), d.cfg.secrets()...)
	if text != "" && !c.private {
		what = fmt.Sprintf("%d: %s", a.status, text)
	}
	e := authz.Errorf(authz.Unavailable, c.op, "Keycloak returned %s", what)
	switch {
	case c.login:
		d.classifyLogin(e, c, a, code)
	case a.status == http.StatusUnauthorized:
		e.Kind, e.Advice = authz.Denied, authz.ReasonKeycloakAccessToken
	case a.status == http.StatusForbidden:
		e.Kind, e.Advice = authz.Denied, d.missingRole(c)
	case a.status == http.StatusNotFound:
		d.classifyNotFound(e, c, code)
	case a.status == http.StatusConflict:
		e.Kind = authz.Conflict
	case a.status == http.StatusBadRequest || a.status == http.StatusUnprocessableEntity:
		e.Kind = authz.Invalid
	}
	return e
}

func (d *Driver) classifyNotFound(e *authz.Error, c *call, code string) {
	e.Kind = authz.NotFound
	switch {
	case code == "Realm not found.":
		e.Kind, e.ParentGone, e.ParentName = authz.ParentNotFound, true, c.realm
		e.Err = fmt.Errorf("there is no realm %q on this server", c.realm)
		e.Advice = authz.ReasonKeycloakRealm
	case code == "", strings.HasPrefix(code, "HTTP 404"), strings.HasPrefix(code, "Unable to find matching"):
		e.Kind = authz.ParentNotFound
		e.Advice = adviceAddress
	}
}

const adviceAddress = authz.ReasonKeycloakAddress

// missingRole returns the advice about the role that a refused call needs.
func (d *Driver) missingRole(c *call) string {
	return "The identity that logs in needs the role " + d.role(c.realm, c.needs) + "."
}

// classifyLogin classifies error responses of the token endpoint (RFC 6749, section 5.2).
func (d *Driver) classifyLogin(e *authz.Error, c *call, a response, code string) {
	realm := d.loginRealm()
	switch {
	case a.status == http.StatusNotFound && code == "Realm does not exist":
		e.Kind = authz.ParentNotFound
		e.Err = fmt.Errorf("there is no realm %q to log in to", realm)
		e.Advice = authz.ReasonKeycloakLoginRealm
		if realm == d.cfg.Realm { // the realm that is managed
			e.Advice = authz.ReasonKeycloakLoginRealmGone
			e.ParentGone, e.ParentName = true, realm
		}
	case a.status == http.StatusNotFound:
		e.Kind = authz.ParentNotFound
		e.Advice = adviceAddress
	case a.status == http.StatusTooManyRequests || a.status >= 500:
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
