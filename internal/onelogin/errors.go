package onelogin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/httpapi"
)

const (
	adviceURL        = "Check onelogin.url: it is the account's own address, https://<subdomain>.onelogin.com. A proxy or a login page may have answered in its place."
	adviceCredential = "Check onelogin.client_id and onelogin.client_secret against Developers > API Credentials."
	advicePrivilege  = "Give the API credential the privilege Manage All (Developers > API Credentials); OneLogin wants it for reading scopes too."
	adviceLimit      = "OneLogin's rate limit is reached. Wait, or lower requests_per_second and max_concurrency in the provider configuration."
	adviceLost       = "OneLogin may or may not have done it. The next plan shows what is there."
)

// answered is an error that OneLogin, or what stands before it, answered with.
type answered struct {
	status int
	text   string
}

func (e *answered) Error() string { return e.text }

// statusOf is the status an error came with, 0 when there was no answer.
func statusOf(err error) int {
	var a *answered
	if errors.As(err, &a) {
		return a.status
	}
	return 0
}

// classify reads an error answer. What is not in one of OneLogin's own
// envelopes says nothing about the thing asked for, a 404 least of all.
func (d *Driver) classify(status int, header http.Header, body []byte) *authz.Error {
	var r refusal
	known := json.Unmarshal(body, &r) == nil && (r.StatusCode == status && r.Message+r.Name != "" || r.Status.Code == status)
	e := &authz.Error{Err: &answered{status: status, text: d.text(status, header, body, r, known)}}
	switch {
	case status == http.StatusTooManyRequests:
		e.Kind, e.Advice = authz.Unavailable, limitAdvice(header)
	case status == http.StatusUnauthorized:
		e.Kind, e.Advice = authz.Denied, adviceCredential+" "+advicePrivilege
	case status == http.StatusForbidden:
		e.Kind, e.Advice = authz.Denied, advicePrivilege
	case !known && status >= 500:
		e.Kind = authz.Unavailable
	case !known:
		e.Kind, e.Advice = authz.Unavailable, adviceURL
	case status == http.StatusNotFound:
		e.Kind = authz.NotFound
	case status == http.StatusConflict || status == http.StatusUnprocessableEntity && taken(r.Message):
		e.Kind = authz.Conflict
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		e.Kind = authz.Invalid
	default:
		e.Kind = authz.Unavailable
	}
	return e
}

func taken(message string) bool { return strings.Contains(message, "already been taken") }

func (d *Driver) text(status int, header http.Header, body []byte, r refusal, known bool) string {
	text := "the answer was " + httpapi.Foreign(status, header, body)
	if known {
		message, name := r.Message, r.Name
		if message == "" {
			message, name = r.Status.Message, r.Status.Type
		}
		text = fmt.Sprintf("OneLogin answered %d %s: %s", status, name, message)
	}
	if id := header.Get("X-Request-Id"); id != "" {
		text += " (x-request-id " + id + ")"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return httpapi.Text(text, d.cfg.ClientSecret, d.token)
}

// limitAdvice tells how long OneLogin asks to wait. X-RateLimit-Reset is in
// seconds from now.
// https://developers.onelogin.com/api-docs/2/oauth20-tokens/get-rate-limit
func limitAdvice(header http.Header) string {
	if after := header.Get("Retry-After"); after != "" {
		return adviceLimit + " It asks to wait (Retry-After): " + httpapi.Text(after) + "."
	}
	if reset := header.Get("X-RateLimit-Reset"); reset != "" {
		return adviceLimit + " The limit is lifted in " + httpapi.Text(reset) + " s."
	}
	return adviceLimit
}

// noServer is the error for a 404 of the authorization server itself.
func noServer(op, serverID string, err error) *authz.Error {
	return authz.Advise(authz.ParentNotFound, op,
		"Check server_id and onelogin.url: authorization servers belong to one account, and are listed under Developers > API Authorization.",
		"there is no authorization server %s: %w", serverID, authz.Cause(err))
}
