package onelogin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

const (
	adviceURL        = authz.ReasonOneLoginURL
	adviceCredential = authz.ReasonOneLoginCredential
	adviceRefused    = authz.ReasonOneLoginRefused
	advicePrivilege  = "Grant the privilege Manage All to the API credential (Developers > API Credentials). OneLogin also requires it to read scopes."
	adviceLimit      = authz.ReasonOneLoginRateLimit
)

// classify converts an error response. A response that has none of OneLogin's own forms proves
// nothing about the object, not even a 404.
func (d *Driver) classify(status int, header http.Header, body []byte) *authz.Error {
	r, known := decodeRefusal(body)
	known = known && (isStatus(r.StatusCode, status) && r.Message+r.Name != "" || r.flat(status) || isStatus(r.Status.Code, status))
	text := "the response was " + httpapi.DescribeBody(status, header, body)
	if known {
		text = fmt.Sprintf("OneLogin returned %d %s: %s", status, cmp.Or(r.Name, r.Type, r.Status.Type), cmp.Or(r.Message, r.Status.Message))
	}
	if id := header.Get("X-Request-Id"); id != "" {
		text += " (x-request-id " + id + ")"
	}
	kind, advice := byStatus(status, known, r.Message)
	return &authz.Error{Kind: kind, Advice: advice, Err: errors.New(d.secrets.Sanitize(text))}
}

// flat reports whether the response has the complete flat form of version 1: gateways have code
// and message, too.
func (r refusal) flat(status int) bool {
	return string(r.Error) == "true" && isStatus(r.Code, status) && r.Message != "" && r.Type != ""
}

func byStatus(status int, known bool, message string) (authz.Kind, string) {
	switch {
	case status == http.StatusTooManyRequests:
		return authz.Unavailable, adviceLimit
	case status == http.StatusUnauthorized:
		return authz.Denied, adviceRefused
	case status == http.StatusForbidden:
		return authz.Denied, advicePrivilege
	case !known && status < http.StatusInternalServerError:
		return authz.Unavailable, adviceURL
	case !known:
		return authz.Unavailable, ""
	case status == http.StatusNotFound:
		return authz.NotFound, ""
	case status == http.StatusConflict || status == http.StatusUnprocessableEntity && strings.Contains(message, "already been taken"):
		return authz.Conflict, ""
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return authz.Invalid, ""
	}
	return authz.Unavailable, ""
}

// classifyToken converts an error response of the token call.
func (d *Driver) classifyToken(status int, header http.Header, body []byte) *authz.Error {
	e := d.classify(status, header, body)
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusBadRequest && e.Kind == authz.Invalid:
		e.Kind, e.Advice = authz.Denied, adviceCredential
	case status == http.StatusNotFound:
		e.Kind, e.Advice = authz.ParentNotFound, adviceURL
	case status == http.StatusInternalServerError:
		e.Advice = "OneLogin also returns 500 for a login if the user who created the API credential was deleted. In that case, create a new credential."
	}
	return e
}
