package ocariot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

const (
	adviceNoEndpoint = "This deployment has no endpoint for the scopes of a user type. Nothing was removed from state. Only the account service 2.4.0 to 2.6.1 " +
		"behind the gateway 2.9.0 to 2.12.0 has the endpoint. Later releases fix the scopes of each type in their code."
	adviceHost         = authz.ReasonOcariotHost
	adviceDeadField    = authz.ReasonOcariotDeadField
	adviceProbeRefused = authz.ReasonOcariotProbeRefused
	adviceNoScopes     = authz.ReasonOcariotNoScopes
	adviceFront        = "The endpoint requires no credentials, so a proxy in front of it rejected the request. Run Terraform where the proxy allows the request."
	adviceTooLarge     = "The server accepts request bodies of at most 100 kB. List fewer scopes."
	adviceURL          = authz.ReasonOcariotURL
	adviceAdmin        = authz.ReasonOcariotAdmin
	adviceLogin        = authz.ReasonOcariotLogin
)

// classify converts the error object of gateway and account service. advise returns the advice
// for a status; args are the values of the advice.
func (d *Driver) classify(advise func(status int, refusal apiError) string, args ...string) func(int, http.Header, []byte) *authz.Error {
	return func(status int, header http.Header, body []byte) *authz.Error {
		var refusal apiError
		if json.Unmarshal(body, &refusal) != nil {
			refusal = apiError{} // not an error of the services, such as HTML
		}
		e := &authz.Error{Err: d.secrets.Refusal(status, header, body, refusal.Message+" "+refusal.Description)}
		if strings.Contains(refusal.Message, "entity too large") {
			status = http.StatusRequestEntityTooLarge // the services return 500 for it
		}
		e.Advice, e.Args = advise(status, refusal), args
		switch status {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			e.Kind = authz.Invalid
		case http.StatusUnauthorized, http.StatusForbidden:
			e.Kind = authz.Denied
		case http.StatusNotFound:
			e.Kind = authz.ParentNotFound // the endpoint, never the users
		default:
			if status < http.StatusInternalServerError || refusal.Message == "" {
				return nil // the transport describes the response
			}
		}
		return e
	}
}

// adviseReplace returns the advice for error responses to a replace of the sent scopes.
func adviseReplace(sent []string) func(int, apiError) string {
	return func(status int, refusal apiError) string {
		switch {
		case status == http.StatusNotFound && refusal.Message == "":
			return adviceHost
		case status == http.StatusNotFound:
			return adviceNoEndpoint
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			return adviceFront
		case status == http.StatusRequestEntityTooLarge:
			return adviceTooLarge
		case status == http.StatusBadRequest:
			return adviseScopes(refusal.Description, sent)
		}
		return ""
	}
}

// adviseScopes names the scopes that the server rejected. The server lists them, but garbles some
// names, so that only names that were sent are repeated.
func adviseScopes(description string, sent []string) string {
	list, _, found := strings.Cut(description, " are not valid scopes for ")
	if !found {
		return ""
	}
	refused := strings.Split(list, ", ")
	bad := slices.DeleteFunc(slices.Clone(sent), func(n string) bool { return !slices.Contains(refused, n) })
	if len(bad) == 0 {
		return "This release of ocariot does not allow some of the scopes for this user type. Nothing was changed."
	}
	return fmt.Sprintf("This release of ocariot does not allow these scopes for this user type: remove %s. Nothing was changed.", formatParts(bad, "%q"))
}

// adviseListing returns the advice for error responses to a list of a type's users.
func adviseListing(status int, _ apiError) string {
	switch status {
	case http.StatusNotFound:
		return adviceURL
	case http.StatusUnauthorized:
		return adviceAdmin
	case http.StatusForbidden:
		return authz.ReasonOcariotReader
	}
	return ""
}

// adviseLogin returns the advice for error responses to a login.
func adviseLogin(status int, _ apiError) string {
	switch status {
	case http.StatusNotFound:
		return adviceURL
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return adviceLogin
	}
	return ""
}

// formatParts joins formatted parts, at most ten.
func formatParts(parts []string, format string) string {
	const most = 10
	var text []string
	for _, p := range parts[:min(most, len(parts))] {
		text = append(text, fmt.Sprintf(format, p))
	}
	if n := len(parts) - most; n > 0 {
		text = append(text, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(text, ", ")
}
