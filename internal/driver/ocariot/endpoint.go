package ocariot

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// endpoint states whether the account service has the endpoint that replaces the scopes
// of a user type. Releases without it store no scopes: their tokens have constants, while
// the listings still filter by what an earlier release stored.
type endpoint struct {
	mu     sync.Mutex
	exists bool
}

// found records that the endpoint exists.
func (e *endpoint) found() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exists = true
}

// requireEndpoint returns an error if the lists filter by a field that tokens ignore. It sends an
// empty list of scopes, which the endpoint rejects with 400 before it changes anything, once for
// each driver. Source:
// https://github.com/ocariot/account/blob/2.6.1/src/application/service/user.service.ts
// (replaceScopes)
func (d *Driver) requireEndpoint(ctx context.Context, op, userType string) error {
	d.endpoint.mu.Lock()
	defer d.endpoint.mu.Unlock()
	if d.endpoint.exists {
		return nil
	}
	_, err := httpapi.Do(ctx, d.open, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.scopesURL(userType), Body: scopesBody{Scopes: []string{}},
		Repeatable: true, Classify: func(status int, header http.Header, body []byte) *authz.Error {
			d.endpoint.exists = refusedByService(status, header, body)
			return d.classifyProbe(status, header, body)
		},
	}, nil)
	switch {
	case d.endpoint.exists:
		return nil
	case err == nil:
		return authz.Advise(authz.Unavailable, op, adviceURL, "the server accepted an empty list of scopes, which the account service refuses")
	}
	return err
}

// refusedByService reports whether an error response is the account service's own about
// the empty list of scopes.
func refusedByService(status int, header http.Header, body []byte) bool {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type")) // "" matches no type
	var refused apiError
	return status == http.StatusBadRequest && media == "application/json" && json.Unmarshal(body, &refused) == nil && refused.Code == status
}

// classifyProbe converts the error responses to an empty list of scopes.
func (d *Driver) classifyProbe(status int, header http.Header, body []byte) *authz.Error {
	e := d.classify(adviseProbe)(status, header, body)
	var refusal apiError
	switch {
	case status == http.StatusNotFound && json.Unmarshal(body, &refusal) == nil && refusal.Message != "":
		return authz.Advise(authz.ParentNotFound, "", adviceDeadField,
			"the account service is release 2.6.2 or later, where the filter of the user listings reads a field that tokens ignore: %w", e.Err)
	case status == http.StatusBadRequest:
		e.Kind = authz.Unavailable // proves nothing about the scopes
	}
	return e
}

func adviseProbe(status int, refusal apiError) string {
	switch {
	case status == http.StatusNotFound && refusal.Message == "":
		return adviceHost
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return adviceProbeRefused
	case status == http.StatusBadRequest:
		return adviceURL
	}
	return ""
}
