package onelogin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// List reads the scopes of an authorization server.
// https://github.com/onelogin/onelogin-python-sdk, docs/APIAuthScopesApi.md
func (d *Driver) List(ctx context.Context, serverID string) (*authz.Snapshot, error) {
	s, err := d.server("list the scopes of authorization server "+serverID, serverID)
	if err != nil {
		return nil, err
	}
	found, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	l := &authz.Snapshot{Scopes: sorted(found)}
	if len(l.Scopes) < len(found) { // one of them would be hidden
		return nil, authz.Advise(authz.Unavailable, s.op,
			"If another program renames scopes now, run Terraform again. Otherwise rename or delete one of the scopes.", "two scopes have the same value")
	}
	return l, nil
}

func sorted(found []scopeJSON) []authz.Scope {
	var scopes []authz.Scope
	for _, f := range found {
		scopes = append(scopes, f.scope())
	}
	slices.SortFunc(scopes, authz.ByName)
	return slices.CompactFunc(scopes, func(a, b authz.Scope) bool { return a.Name == b.Name })
}

// list reads every page. No API page states that scopes are paged, but version 2 of the API pages
// in general: the header After-Cursor is followed until it is empty or repeated. A scope on two
// pages counts once, as read last.
// https://developers.onelogin.com/api-docs/2/getting-started/using-query-parameters
func (s authServer) list(ctx context.Context) ([]scopeJSON, error) {
	var (
		found []scopeJSON
		at    = map[int64]int{}
		seen  = map[string]bool{"": true}
		path  = "scopes"
		total string // of the first page
	)
	for {
		page, header, err := get[[]scopeJSON](ctx, s, path)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			if f.ID <= 0 || f.Value == "" {
				return nil, s.unreadable("a scope without id or value")
			}
			if i, ok := at[f.ID]; ok {
				found[i] = f
				continue
			}
			at[f.ID] = len(found)
			found = append(found, f)
		}
		if len(seen) == 1 {
			total = header.Get("Total-Count")
		}
		cursor := header.Get("After-Cursor")
		if seen[cursor] {
			return found, s.complete(total, header.Get("Total-Count"), len(found))
		}
		seen[cursor] = true
		path = "scopes?" + url.Values{"cursor": {cursor}}.Encode()
	}
}

// complete compares the number of scopes with the header Total-Count, if it is sent: a scope that
// the list lacks must not look deleted. If the count changed between the pages, a scope can have
// moved to a page that was already read.
func (s authServer) complete(first, last string, got int) error {
	total, err := strconv.Atoi(last)
	if err != nil || got >= total && first == last {
		return nil //nolint:nilerr // the header is optional
	}
	return authz.Advise(authz.Unavailable, s.op, "The scopes may have changed while they were listed. Run Terraform again.",
		"the list has %d scopes, but its last page reports %s and its first page %s", got, last, first)
}

// lookUp lists the scopes and returns the one that is selected.
func (s authServer) lookUp(ctx context.Context, is func(scopeJSON) bool) (scopeJSON, bool, error) {
	found, err := s.list(ctx)
	i := slices.IndexFunc(found, is)
	if err != nil || i < 0 {
		return scopeJSON{}, false, err
	}
	return found[i], true, nil
}

// writable checks what OneLogin requires of a scope before a request is sent.
func (d *Driver) writable(op, serverID string, want authz.Scope) (authServer, error) {
	s, err := d.server(op, serverID)
	if err == nil {
		err = authz.CheckNames(op, want.Name)
	}
	if err == nil && want.Description == "" {
		err = authz.Advise(authz.Invalid, op, authz.ReasonOneLoginDescription, "the scope %q has no description", want.Name)
	}
	return s, err
}

// CreateScope creates a scope. If no response was received and the server has exactly the sent
// scope, the create counts as done. If the server does not have it, the create is sent once more,
// unless OneLogin returned 500: OneLogin rejects a second scope of the same name.
// https://developers.onelogin.com/api-docs/2/api-authorization/add-scope
func (d *Driver) CreateScope(ctx context.Context, serverID string, want authz.Scope) (authz.Scope, error) {
	s, err := d.writable(fmt.Sprintf("create scope %q", want.Name), serverID, want)
	if err != nil {
		return authz.Scope{}, err
	}
	for try := 1; ; try++ {
		made, failed := s.post(ctx, want)
		taken := try > 1 && authz.KindOf(failed) == authz.Conflict // perhaps created by the try before
		if failed == nil || !taken && !authz.OutcomeUnknown(failed) {
			return made, failed
		}
		var is scopeJSON
		there, err := httpapi.Settle(ctx, s.op, httpapi.Lag(), d.pause, func() (there bool, err error) {
			is, there, err = s.lookUp(ctx, func(f scopeJSON) bool { return f.Value == want.Name })
			return there, err
		})
		switch {
		case there && is.Description == want.Description:
			return is.scope(), nil
		case there:
			e := authz.Advise(authz.Conflict, s.op, authz.ReasonOneLoginImportFound,
				"no response was received (%w), and another program may have created the existing scope %q", authz.Cause(failed), want.Name).With(s.id + "/" + want.Name)
			e.OutcomeUnknown = true
			return authz.Scope{}, e
		case err != nil || try > 1 || httpapi.StatusOf(failed) == http.StatusInternalServerError:
			return authz.Scope{}, failed
		}
	}
}

// post sends one create. Only the ID is certain to be in the response.
func (s authServer) post(ctx context.Context, want authz.Scope) (authz.Scope, error) {
	var made scopeJSON
	_, err := s.call(ctx, http.MethodPost, "scopes", scopeBody{want.Name, want.Description}, &made)
	switch {
	case authz.IsNotFound(err):
		return authz.Scope{}, s.notFound(err)
	case authz.KindOf(err) == authz.Conflict:
		return authz.Scope{}, authz.Advise(authz.Conflict, s.op, authz.ReasonOneLoginImportExisting, "%w", authz.Cause(err)).With(s.id + "/" + want.Name)
	case err != nil:
		return authz.Scope{}, err
	case made.ID <= 0:
		return authz.Scope{}, &authz.Error{Op: s.op, Err: errors.New("the response has no ID, and the scope is not listed"), OutcomeUnknown: true}
	}
	return scopeJSON{made.ID, want.Name, want.Description}.scope(), nil
}

// address returns the ID for a path. If it is unknown, it is looked up by name.
func (s authServer) address(ctx context.Context, live authz.Scope) (int64, error) {
	if live.ID != "" {
		id, err := parseID(live.ID)
		if err != nil {
			err = authz.Errorf(authz.Invalid, s.op, "scope %q: %w", live.Name, err)
		}
		return id, err
	}
	found, ok, err := s.lookUp(ctx, func(f scopeJSON) bool { return f.Value == live.Name })
	if err == nil && !ok {
		err = s.scopeNotFound(live)
	}
	return found.ID, err
}

func (s authServer) scopeNotFound(live authz.Scope) error {
	return authz.Errorf(authz.NotFound, s.op, "authorization server %s has no scope %q (id %q)", s.id, live.Name, live.ID)
}

// change sends one change of a scope. A 404 has the same text for a scope and for the
// authorization server. A list of the scopes decides which of them does not exist.
func (s authServer) change(ctx context.Context, method string, live authz.Scope, body, out any) (id int64, err error) {
	if id, err = s.address(ctx, live); err != nil {
		return 0, err
	}
	_, err = s.call(ctx, method, "scopes/"+strconv.FormatInt(id, 10), body, out)
	if !authz.IsNotFound(err) {
		return id, err
	}
	_, listed, listErr := s.lookUp(ctx, func(f scopeJSON) bool { return f.ID == id })
	switch {
	case listErr != nil:
		return id, listErr
	case listed:
		return id, authz.Advise(authz.Unavailable, s.op, "The listing of OneLogin may be outdated. Run Terraform again.",
			"OneLogin lists the scope, but rejects the request: %w", authz.Cause(err))
	}
	return id, s.scopeNotFound(live)
}

// UpdateScope changes a scope in place, also its name, because apps refer to its ID. Issued
// tokens keep the old name until they expire.
// https://developers.onelogin.com/api-docs/2/api-authorization/update-scope
func (d *Driver) UpdateScope(ctx context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	s, err := d.writable(fmt.Sprintf("update scope %q", live.Name), serverID, want)
	if err != nil {
		return authz.Scope{}, err
	}
	id, err := s.change(ctx, http.MethodPut, live, scopeBody{want.Name, want.Description}, &scopeJSON{})
	if authz.KindOf(err) == authz.Conflict {
		advice := fmt.Sprintf("Another scope of authorization server %s is named %q already. Rename or delete the other scope first.", s.id, want.Name)
		err = authz.Advise(authz.Conflict, s.op, advice, "%w", authz.Cause(err))
	}
	if err != nil {
		return authz.Scope{}, err
	}
	return scopeJSON{id, want.Name, want.Description}.scope(), nil
}

// DeleteScope deletes a scope, also from the apps that can request it. Issued tokens keep it
// until they expire. https://github.com/onelogin/onelogin-python-sdk, docs/APIAuthScopesApi.md
func (d *Driver) DeleteScope(ctx context.Context, serverID string, live authz.Scope) error {
	s, err := d.server(fmt.Sprintf("delete scope %q", live.Name), serverID)
	if err == nil {
		_, err = s.change(ctx, http.MethodDelete, live, nil, nil)
	}
	if authz.IsNotFound(err) || authz.IsParentGone(err) {
		return nil
	}
	return err
}
