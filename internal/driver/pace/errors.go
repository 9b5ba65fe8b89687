package pace

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// linkedIdentity is the only documented error code.
const linkedIdentity = "missing-linked-identity"

const (
	adviceIdentity = "The user of the token has no linked identity. The user must also log in to the third party and authorize it. Then run Terraform again."
	adviceNoToken  = authz.ReasonPACENoToken
	adviceToken    = authz.ReasonPACEToken
	adviceScope    = "The token lacks a scope, which the text of the server names. Get a token with this scope."
	adviceEndpoint = authz.ReasonPACEEndpoint
	adviceMedia    = authz.ReasonPACEMediaType
	adviceContent  = "Nothing was changed. The text of the server names the rejected value, and a pointer its position in the request."
	adviceTerms    = "The user of the token must accept the terms of service of PACE first."
	adviceServer   = "The server failed for a reason that does not concern the scopes. PACE documents 501 for this operation as " +
		"\"Internal server error\", so 501 does not prove that the operation is missing. Run Terraform again later."
	adviceResponse = authz.ReasonPACEResponse
	adviceErrors   = "The server reports success and errors in one response, so its list of scopes is not reliable. " +
		"Its text names the problem. Nothing was changed."
	adviceClient = authz.ReasonPACEClient
)

// classify converts the error responses of check-scopes. They are JSON:API, except that a
// rejected token gets plain text. API: https://developer.pace.cloud/doc/user/2024-3 (POST
// /maintenance/check-scopes)
func (d *Driver) classify(status int, header http.Header, body []byte) *authz.Error {
	text, codes := d.errorText(header, body)
	kind, advice := byStatus(status)
	if codes[linkedIdentity] {
		kind, advice = authz.Denied, adviceIdentity
	}
	if advice == "" && text == "" {
		return nil // the transport describes the response
	}
	return &authz.Error{Kind: kind, Advice: d.tokenAdvice(kind, advice), Err: d.secrets.Refusal(status, header, body, text)}
}

// tokenAdvice returns an advice that does not mention a token if none was sent.
func (d *Driver) tokenAdvice(kind authz.Kind, advice string) string {
	if kind == authz.Denied && d.client == d.plain {
		return adviceNoToken
	}
	return advice
}

// contradiction returns the error for a response that reports success and has errors.
func (d *Driver) contradiction(op string, failures []failure) error {
	text, codes := d.describeFailures(failures)
	if codes[linkedIdentity] {
		return authz.Advise(authz.Denied, op, d.tokenAdvice(authz.Denied, adviceIdentity), "%s", text)
	}
	return authz.Advise(authz.Unavailable, op, adviceErrors, "the response reports success and has errors: %s", text)
}

func byStatus(status int) (authz.Kind, string) {
	switch status {
	case http.StatusUnauthorized:
		return authz.Denied, adviceToken
	case http.StatusForbidden:
		return authz.Denied, adviceScope
	case http.StatusUnavailableForLegalReasons:
		return authz.Denied, adviceTerms
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return authz.ParentNotFound, adviceEndpoint
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return authz.Invalid, adviceMedia
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return authz.Invalid, adviceContent
	case http.StatusInternalServerError, http.StatusNotImplemented:
		return authz.Unavailable, adviceServer
	}
	return authz.Unavailable, ""
}

// errorText returns the server's own text, or "" if there is none, and its error codes.
func (d *Driver) errorText(header http.Header, body []byte) (string, map[string]bool) {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type")) // "" matches no case below
	if media == "text/plain" {
		return d.secrets.Sanitize(string(body)), nil
	}
	var doc response
	if json.Unmarshal(body, &doc) != nil {
		return "", nil
	}
	return d.describeFailures(failuresOf(doc.Errors))
}

func (d *Driver) describeFailures(failures []failure) (string, map[string]bool) {
	codes := map[string]bool{}
	var parts []string
	for i, f := range failures {
		codes[f.Code] = true
		if i < maxFailures {
			parts = append(parts, f.text(d.secrets))
		}
	}
	if n := len(failures) - maxFailures; n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more errors", n))
	}
	return strings.Join(parts, "; "), codes
}

// maxFailures is the maximum number of errors of one response that are shown.
const maxFailures = 10

// text returns all members of an error in one line.
func (f failure) text(secrets *httpapi.Secrets) string {
	var parts []string
	for _, m := range []struct{ name, value string }{
		{"title", f.Title},
		{"detail", f.Detail},
		{"code", f.Code},
		{"status", f.Status},
		{"source", f.Source},
		{"pointer", f.Pointer},
		{"parameter", f.Parameter},
		{"links", f.Links},
		{"about", f.About},
		{"meta", f.Meta},
		{"id", f.ID},
	} {
		if text := secrets.Sanitize(m.value); text != "" {
			parts = append(parts, m.name+": "+text)
		}
	}
	return strings.Join(parts, ", ")
}

// classifyToken converts the error responses of the token endpoint.
func (d *Driver) classifyToken(status int, header http.Header, body []byte) *authz.Error {
	var refusal httpapi.TokenError
	if json.Unmarshal(body, &refusal) != nil || refusal.Code == "" {
		refusal = httpapi.TokenError{Description: httpapi.Reason(header)}
	}
	if refusal.Code+refusal.Description == "" || status >= http.StatusInternalServerError {
		if status == http.StatusNotFound {
			return &authz.Error{Kind: authz.ParentNotFound, Advice: adviceClient, Err: errors.New("token_url returned 404 Not Found")}
		}
		return nil
	}
	words := d.secrets.Sanitize(strings.TrimSpace(refusal.Code + " " + refusal.Description))
	return &authz.Error{Kind: authz.Denied, Advice: adviceClient, Err: fmt.Errorf("the token endpoint returned %d: %s", status, words)}
}
