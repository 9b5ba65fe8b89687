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
	adviceNoEndpoint = "This deployment has no endpoint for the scopes of a user type; nothing is gone. Only the account service 2.4.0 to 2.6.1 " +
		"behind the gateway 2.9.0 to 2.12.0 has it; later releases fix the scopes of each type in their code."
	adviceHost = "The gateway routes this endpoint only for the Host \"localhost\": check host_header. If it is right, " +
		"the gateway is older than 2.9.0 or newer than 2.12.0 and has no such route, or url is not its base URL (without /v1). Nothing is gone."
	adviceDeadField = "No user has the scopes that the listing shows. These releases fix the scopes of each type in their code, and have no endpoint that replaces them. " +
		"To read the scopes that tokens have, set readback = \"login\" with probe_users. Nothing is gone."
	adviceProbeRefused = "Before the first reading, readback \"filter\" sends an empty list of scopes to the endpoint, which refuses it and changes nothing: " +
		"otherwise the listing of a newer release would be taken for the scopes of its tokens. Something in front of the endpoint refused this request. Run where it is let through."
	adviceNoScopes = "ocariot has no users without scopes, so the listing cannot be believed: the account service may be newer than 2.6.1, whose tokens ignore what the listing reads. Nothing is gone."
	adviceFront    = "The endpoint itself wants no credentials: a proxy in front of it refused the request. Run where it is let through."
	adviceTooLarge = "The server takes request bodies of at most 100 kB; list fewer scopes."
	adviceURL      = "Check url: it is the base URL of the gateway or of the account service, without /v1. Nothing is gone."
	adviceAdmin    = "Through the gateway, readback \"filter\" needs username and password of an admin."
	adviceLogin    = "Check username and password in the ocariot block, or those in probe_users."
)

// classify reads the error object of gateway and account service. advise says
// what to do about a status.
func (d *Driver) classify(advise func(status int, said apiError) string) func(int, http.Header, []byte) *authz.Error {
	return func(status int, header http.Header, body []byte) *authz.Error {
		var said apiError
		if json.Unmarshal(body, &said) != nil {
			said = apiError{} // not the services' own, such as HTML
		}
		e := &authz.Error{Err: d.secrets.Refusal(status, header, body, said.Message+" "+said.Description)}
		if strings.Contains(said.Message, "entity too large") {
			status = http.StatusRequestEntityTooLarge // which 500 stands for
		}
		e.Advice = advise(status, said)
		switch status {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			e.Kind = authz.Invalid
		case http.StatusUnauthorized, http.StatusForbidden:
			e.Kind = authz.Denied
		case http.StatusNotFound:
			e.Kind = authz.ParentNotFound // the endpoint, never the users
		default:
			if status < http.StatusInternalServerError || said.Message == "" {
				return nil // neither status nor server explains it: the transport does
			}
		}
		return e
	}
}

// adviseReplace is for the answers to a replace of the scopes sent.
func adviseReplace(sent []string) func(int, apiError) string {
	return func(status int, said apiError) string {
		switch {
		case status == http.StatusNotFound && said.Message == "":
			return adviceHost
		case status == http.StatusNotFound:
			return adviceNoEndpoint
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			return adviceFront
		case status == http.StatusRequestEntityTooLarge:
			return adviceTooLarge
		case status == http.StatusBadRequest:
			return adviseScopes(said.Description, sent)
		}
		return ""
	}
}

// adviseScopes names the scopes that the server refused. It lists them itself
// but garbles some names, so only those are named that were sent.
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
	return fmt.Sprintf("This release of ocariot does not allow these scopes for this user type: remove %s. Nothing was changed.", shown(bad, "%q"))
}

// adviseListing is for the answers of the listings of a type's users.
func adviseListing(userType string) func(int, apiError) string {
	return func(status int, _ apiError) string {
		switch status {
		case http.StatusNotFound:
			return adviceURL
		case http.StatusUnauthorized:
			return adviceAdmin
		case http.StatusForbidden:
			return "The user in the ocariot block needs the scope " + collection(userType) + ":readAll, which admins have by default."
		}
		return ""
	}
}

// adviseLogin is for the answers to a login.
func adviseLogin(status int, _ apiError) string {
	switch status {
	case http.StatusNotFound:
		return adviceURL
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return adviceLogin
	}
	return ""
}

// shown joins what it is given in a format, ten at most.
func shown(parts []string, format string) string {
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
