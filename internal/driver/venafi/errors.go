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
	adviceLogin = "Set exactly one of venafi.access_token; client_id with username and password; client_id with refresh_token; " +
		"client_id with jwt_token or jwt_token_file; client_id with the client certificate of the http block."
	adviceServerID = "Set server_id to the id of the application (API integration) whose rules are meant, which is its client_id."
	adviceToken    = "The access token is not valid any more, or not of this server. Give venafi.access_token a new one, or configure a login (client_id with username and password, for one)."
	adviceIssued   = "The login succeeded, so its credentials are right: Venafi does not accept the token that it issued. Try again, because another run may have revoked it. If that does not help, check that venafi.url and the address of the login are of one installation."
	adviceScope    = "Log in with a token that has the scope admin: the application of venafi.client_id must allow the scope admin, and so must a rule for the user."
	adviceRole     = "Give the user behind the token an OAuth role: Auditor to read the rules of every application; Owner of the application, or Admin, to change its rules. " +
		"Any role is enough to list scopes."
	adviceRefused = "Venafi does not say what is missing. Where the request is right, it may be a right. " + adviceScope + " " + adviceRole
	adviceVersion = "The server must be version 22.3 or later; older ones have no OAuth management. If it is, check venafi.url: it is https://<host>, without a path."
	adviceURL     = "Check venafi.url: it is https://<host>, without a path. A proxy or a login page may have answered in its place."
	adviceSpent   = "A refresh token is good for one login. Get a new one, or configure another way to log in. The successor of a refresh token is kept in memory only, so one serves one plan, or one apply of a saved plan; an apply without one logs in twice."
	adviceRerun   = "Somebody else changes rules too. Plan again."
)

// Results of the OAuth calls that mean something here.
// "OAuth result codes", linked from each call's page.
const (
	resultNoApplication = 2
	resultNoRule        = 4
	resultRuleExists    = 20
	resultDeadlock      = -1 // no result: the words of a 500
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
	17:                  {"InvalidScope", authz.Invalid, "Check the scopes against the data source authscopes_server_scopes and the application's own."},
	18:                  {"RemoteIdentityRequired", authz.Invalid, "Check user_type: this application takes identities of a directory only."},
	resultRuleExists:    {"RuleAlreadyExists", authz.Conflict, adviceRerun},
	23:                  {"ScopeMismatch", authz.Invalid, "A rule cannot give more than the maximum scope of the application: add the scope to the application first, or take it out here."},
}

// answered is an error that the server, or what stands before it, answered with.
type answered struct {
	result int // 0 for none
	text   string
}

func (e *answered) Error() string { return e.text }

// resultOf is the result code an error came with, 0 when there was none.
func resultOf(err error) int {
	var a *answered
	if errors.As(err, &a) {
		return a.result
	}
	return 0
}

// classify reads an HTTP error of a management call.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getscopes.php
func (d *Driver) classify(status int, header http.Header, body []byte) *authz.Error {
	e, r := d.answer(status, header, body)
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

// classifyLogin reads an HTTP error of a login (RFC 6749, section 5.2). A 400 refuses
// the login whatever its body: some servers have their words in the reason phrase only.
func (d *Driver) classifyLogin(status int, header http.Header, body []byte) *authz.Error {
	e, r := d.answer(status, header, body)
	switch {
	case status == http.StatusTooManyRequests: // says nothing of the credentials
	case r.Code == "invalid_scope":
		e.Kind, e.Advice = authz.Denied, adviceScope
	case d.cfg.RefreshToken != "" && (r.Code == "invalid_grant" || r.Code == "" && status == http.StatusBadRequest):
		e.Kind, e.Advice = authz.Denied, adviceSpent
	case status == http.StatusBadRequest || r.Code != "" && status < http.StatusInternalServerError:
		e.Kind, e.Advice = authz.Denied, d.adviseLogin()
	case status == http.StatusNotFound:
		e.Kind, e.Advice = authz.ParentNotFound, adviceURL
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Kind, e.Advice = authz.Denied, "Check venafi.client_id and its credentials; a proxy may have answered in the server's place."
	}
	return e
}

// adviseLogin returns the advice for a login that the server refuses.
func (d *Driver) adviseLogin() string {
	if d.cfg.JWTToken+d.cfg.JWTTokenFile != "" {
		return "Check venafi.client_id, and that the server has a JWT mapping for the issuer, the audience and the claims of the JWT. The JWT of a CI job is valid for a short time only."
	}
	return "Check venafi.client_id, and the password, refresh token or client certificate that goes with it."
}

// adviseToken returns the advice for a token that the server does not accept.
func (d *Driver) adviseToken() string {
	if d.cfg.AccessToken == "" {
		return adviceIssued
	}
	return adviceToken
}

func (d *Driver) answer(status int, header http.Header, body []byte) (*authz.Error, httpapi.Fault) {
	var r httpapi.Fault // the pages print Error and Error_description, which decode as well
	reason := httpapi.Reason(header)
	text := "the answer was " + httpapi.Foreign(status, header, body)
	if json.Unmarshal(body, &r) == nil && r.Code != "" {
		text = strings.TrimSuffix(fmt.Sprintf("Venafi answered %d %s: %s", status, r.Code, cmp.Or(r.Description, reason)), ": ")
	}
	a := &answered{text: d.secrets.Text(text)}
	// The words are those of the database; nothing was done then.
	if status == http.StatusInternalServerError && strings.Contains(strings.ToLower(reason+"\n"+string(body)), "rerun the transaction") {
		a.result = resultDeadlock
	}
	return &authz.Error{Err: a}, r
}

// check reads Success and Result, which say whether a 200 is a success.
func (d *Driver) check(c httpapi.Call, e *envelope) error {
	switch {
	case e.Success == nil || e.Result == nil:
		unsaid := authz.Advise(authz.Unavailable, c.Op, adviceURL, "the answer has no Success or no Result")
		unsaid.OutcomeUnknown = !c.Repeatable
		return unsaid
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
	text := fmt.Sprintf("Venafi answered Success %t, Result %d (%s)", *e.Success, *e.Result, known.name)
	if e.Error != "" {
		text += ": " + e.Error
	}
	return &authz.Error{
		Kind: known.kind, Op: c.Op, Advice: cmp.Or(known.advice, adviceRefused), Err: &answered{result: *e.Result, text: d.secrets.Text(text)},
		ParentGone: *e.Result == resultNoApplication,
	}
}
