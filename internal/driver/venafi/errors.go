package venafi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

const (
	adviceLogin    = authz.ReasonVenafiLogin
	adviceServerID = authz.ReasonVenafiServerID
	adviceToken    = authz.ReasonVenafiToken
	adviceIssued   = authz.ReasonVenafiIssued
	adviceScope    = authz.ReasonVenafiScope
	adviceRole     = "Assign an OAuth role to the user of the token. Auditor can read the rules of every application. " +
		"Owner of the application, or Admin, can change its rules. Any role can list scopes."
	adviceMaximum = "A rule cannot grant more than the maximum scope of the application. " +
		"Add the scope to the application first, or remove it from the configuration."
	adviceRefused = authz.ReasonVenafiRefused
	adviceVersion = authz.ReasonVenafiVersion
	adviceURL     = authz.ReasonVenafiURL
	adviceSpent   = authz.ReasonVenafiSpent
	adviceRerun   = authz.ReasonVenafiRerun
)

// Results of the OAuth calls that the driver uses. "OAuth result codes", linked from each call's
// page.
const (
	resultNoApplication = 2
	resultNoRule        = 4
	resultRuleExists    = 20
	resultDeadlock      = -1 // no result code: derived from the text of a 500
)

var results = map[int]struct {
	name   string
	kind   authz.Kind
	advice string
}{
	resultNoApplication: {"ApplicationNotFound", authz.ParentNotFound, adviceServerID},
	resultNoRule:        {"RuleNotFound", authz.NotFound, ""},
	6:                   {"InvalidParameters", authz.Invalid, ""},
	9:                   {"InsufficientPrivileges", authz.Denied, adviceRole},
	10:                  {"ObjectInvalid", authz.Invalid, ""},
	11:                  {"AccessTokenExpired", authz.Denied, adviceToken},
	12:                  {"AuthenticationMissing", authz.Denied, adviceToken},
	13:                  {"AuthenticationInvalid", authz.Denied, adviceToken},
	16:                  {"RightsAssignmentError", authz.Denied, adviceRole},
	17:                  {"InvalidScope", authz.Invalid, authz.ReasonVenafiInvalidScope},
	18:                  {"RemoteIdentityRequired", authz.Invalid, authz.ReasonVenafiDirectory},
	resultRuleExists:    {"RuleAlreadyExists", authz.Conflict, adviceRerun},
	23:                  {"ScopeMismatch", authz.Invalid, adviceMaximum},
}

// responseError is an error response of the server or of a proxy.
type responseError struct {
	result int // 0 if there is none
	text   string
}

func (e *responseError) Error() string { return e.text }

// resultOf returns the result code of an error, or 0 if there is none.
func resultOf(err error) int {
	var a *responseError
	if errors.As(err, &a) {
		return a.result
	}
	return 0
}

// classify converts an HTTP error of a management call.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getscopes.php
func (d *Driver) classify(status int, header http.Header, body []byte) *authz.Error {
	e, r := d.decodeError(status, header, body)
	switch {
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		e.Kind, e.Advice = authz.ParentNotFound, adviceVersion
	case r.Code == "insufficient_rights":
		e.Kind, e.Advice = authz.Denied, adviceRole
	case r.Code == "insufficient_scope" || status == http.StatusForbidden:
		e.Kind, e.Advice = authz.Denied, adviceScope
	case status == http.StatusUnauthorized:
		e.Kind, e.Advice = authz.Denied, d.adviseToken()
	case r.Code == "invalid_request":
		e.Kind, e.Advice = authz.Invalid, adviceRefused
	case status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
		e.Advice = adviceURL
	}
	return e
}

// classifyLogin converts an HTTP error of a login (RFC 6749, section 5.2). A 400 rejects the
// login whatever its body, because some servers have their text only in the reason phrase.
func (d *Driver) classifyLogin(status int, header http.Header, body []byte) *authz.Error {
	e, r := d.decodeError(status, header, body)
	switch {
	case status == http.StatusTooManyRequests: // proves nothing about the credentials
	case r.Code == "invalid_scope":
		e.Kind, e.Advice = authz.Denied, adviceScope
	case d.cfg.RefreshToken != "" && (r.Code == "invalid_grant" || r.Code == "" && status == http.StatusBadRequest):
		e.Kind, e.Advice = authz.Denied, adviceSpent
	case status == http.StatusBadRequest || r.Code != "" && status < http.StatusInternalServerError:
		e.Kind, e.Advice = authz.Denied, d.adviseLogin()
	case status == http.StatusNotFound:
		e.Kind, e.Advice = authz.ParentNotFound, adviceURL
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Kind, e.Advice = authz.Denied, authz.ReasonVenafiClient
	}
	return e
}

// adviseLogin returns the advice for a login that the server rejects.
func (d *Driver) adviseLogin() string {
	if d.cfg.JWTToken+d.cfg.JWTTokenFile != "" {
		return authz.ReasonVenafiJWT
	}
	return authz.ReasonVenafiCredentials
}

// adviseToken returns the advice for a token that the server does not accept.
func (d *Driver) adviseToken() string {
	if d.cfg.AccessToken == "" {
		return adviceIssued
	}
	return adviceToken
}

func (d *Driver) decodeError(status int, header http.Header, body []byte) (*authz.Error, httpapi.TokenError) {
	var r httpapi.TokenError // the pages print Error and Error_description, which decode as well
	reason := httpapi.Reason(header)
	text := "the response was " + httpapi.DescribeBody(status, header, body)
	if json.Unmarshal(body, &r) == nil && r.Code != "" {
		text = strings.TrimSuffix(fmt.Sprintf("Venafi returned %d %s: %s", status, r.Code, cmp.Or(r.Description, reason)), ": ")
	}
	a := &responseError{text: d.secrets.Sanitize(text)}
	// The text is that of the database, which then did nothing.
	if status == http.StatusInternalServerError && strings.Contains(strings.ToLower(reason+"\n"+string(body)), "rerun the transaction") {
		a.result = resultDeadlock
	}
	return &authz.Error{Err: a}, r
}

// check reads Success and Result, which decide whether a 200 is a success.
func (d *Driver) check(c httpapi.Call, e *envelope) error {
	switch {
	case e.Success == nil || e.Result == nil:
		missing := authz.Advise(authz.Unavailable, c.Op, adviceURL, "the response has no Success or no Result")
		missing.OutcomeUnknown = !c.Repeatable
		return missing
	case *e.Success && *e.Result == 0:
		return nil
	}
	known, ok := results[*e.Result]
	if !ok {
		known.name, known.kind = "a failure", authz.Unavailable
	}
	if known.advice == adviceToken {
		known.advice = d.adviseToken()
	}
	text := fmt.Sprintf("Venafi returned Success %t, Result %d (%s)", *e.Success, *e.Result, known.name)
	if e.Error != "" {
		text += ": " + e.Error
	}
	return &authz.Error{
		Kind: known.kind, Op: c.Op, Advice: cmp.Or(known.advice, adviceRefused), Err: &responseError{result: *e.Result, text: d.secrets.Sanitize(text)},
		ParentGone: *e.Result == resultNoApplication,
	}
}
