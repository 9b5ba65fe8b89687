package onelogin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// List reads the scopes of an authorization server.
// https://github.com/onelogin/onelogin-python-sdk, docs/APIAuthScopesApi.md
func (d *Driver) List(ctx context.Context, serverID string) (*authz.Listing, error) {
	id, err := d.ServerID(serverID)
	if err != nil {
		return nil, err
	}
	found, err := d.list(ctx, "list the scopes of authorization server "+id, id)
	if err != nil {
		return nil, err
	}
	l := &authz.Listing{}
	names := make(map[string]bool, len(found))
	for _, s := range found {
		l.Scopes = append(l.Scopes, fromJSON(s))
		names[s.Value] = true
	}
	slices.SortFunc(l.Scopes, func(a, b authz.Scope) int { return cmp.Compare(a.Name, b.Name) })
	l.Scopes = slices.CompactFunc(l.Scopes, func(a, b authz.Scope) bool { return a.Name == b.Name })
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listed[id] = names
	return l, nil
}

func fromJSON(s scopeJSON) authz.Scope {
	return authz.Scope{Name: s.Value, ID: strconv.FormatInt(s.ID, 10), Description: s.Description}
}

// list reads every page. Scopes are not paged by any API page, but version 2 of
// the API pages in general: After-Cursor is followed when it is there, and ends
// when it is empty or repeated. A scope on two pages counts once, as read last.
// https://developers.onelogin.com/api-docs/2/getting-started/using-query-parameters
func (d *Driver) list(ctx context.Context, op, serverID string) ([]scopeJSON, error) {
	var (
		found []scopeJSON
		at    = map[int64]int{}
		seen  = map[string]bool{"": true}
		query url.Values
	)
	for {
		var page []scopeJSON
		header, err := d.do(ctx, op, http.MethodGet, "/api_authorizations/"+serverID+"/scopes", query, nil, &page)
		switch {
		case authz.IsNotFound(err):
			return nil, noServer(op, serverID, err)
		case err != nil:
			return nil, err
		case page == nil:
			return nil, unreadable(op, "null in place of an array")
		}
		for _, s := range page {
			if s.ID <= 0 || s.Value == "" {
				return nil, unreadable(op, "a scope without id or value")
			}
			if i, ok := at[s.ID]; ok {
				found[i] = s
				continue
			}
			at[s.ID] = len(found)
			found = append(found, s)
		}
		cursor := header.Get("After-Cursor")
		if seen[cursor] {
			return found, complete(op, header, len(found))
		}
		seen[cursor] = true
		query = url.Values{"cursor": {cursor}}
	}
}

// complete holds what was read against Total-Count where that is sent: what is
// missing from a listing must not look as if it were gone.
func complete(op string, header http.Header, got int) error {
	total, err := strconv.Atoi(header.Get("Total-Count"))
	if err != nil || got >= total {
		return nil
	}
	return authz.Advise(authz.Unavailable, op, "Somebody may have changed the scopes while they were listed: try again.",
		"the listing has %d scopes, and says that there are %d", got, total)
}

func unreadable(op, what string) *authz.Error {
	return authz.Advise(authz.Unavailable, op, adviceURL, "the answer has %s", what)
}

// readings is how often something just written is looked for.
const readings = 3

// find looks for a scope by name until it is there: a listing may lag behind a
// write.
func (d *Driver) find(ctx context.Context, op, serverID, name string) (authz.Scope, bool, error) {
	for try := 1; ; try++ {
		found, err := d.list(ctx, op, serverID)
		if err != nil {
			return authz.Scope{}, false, err
		}
		for _, s := range found {
			if s.Value == name {
				return fromJSON(s), true, nil
			}
		}
		if try == readings {
			return authz.Scope{}, false, nil
		}
		if err := d.pause(ctx, time.Duration(try)*500*time.Millisecond); err != nil {
			return authz.Scope{}, false, authz.Errorf(authz.Unavailable, op, "interrupted: %w", err)
		}
	}
}

// knownAbsent reports whether this driver listed the server and did not find the
// name, or took it away since.
func (d *Driver) knownAbsent(serverID, name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	names, ok := d.listed[serverID]
	return ok && !names[name]
}

// wrote notes what is no longer there, and what is.
func (d *Driver) wrote(serverID, gone, there string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if names, ok := d.listed[serverID]; ok {
		delete(names, gone)
		if there != "" {
			names[there] = true
		}
	}
}

// writable checks what OneLogin requires of a scope, before anything is sent.
func writable(op string, want authz.Scope) error {
	if err := authz.CheckName(want.Name); err != nil {
		return &authz.Error{Kind: authz.Invalid, Op: op, Err: err}
	}
	if want.Description == "" {
		return authz.Advise(authz.Invalid, op, "OneLogin requires a description of every scope: give it one.",
			"the scope %q has no description", want.Name)
	}
	return nil
}

// CreateScope adds a scope. When the answer gets lost, a scope that is there
// exactly as sent, and was not before, is taken for ours. One that is not there
// is sent once more, unless OneLogin answered 500: it refuses a second scope of
// one name.
// https://developers.onelogin.com/api-docs/2/api-authorization/add-scope
func (d *Driver) CreateScope(ctx context.Context, serverID string, want authz.Scope) (authz.Scope, error) {
	op := fmt.Sprintf("create scope %q", want.Name)
	id, err := d.ServerID(serverID)
	if err == nil {
		err = writable(op, want)
	}
	if err != nil {
		return authz.Scope{}, err
	}
	absent := d.knownAbsent(id, want.Name)
	for try := 1; ; try++ {
		made, err := d.post(ctx, op, id, want)
		if err == nil {
			d.wrote(id, "", want.Name)
			return made, nil
		}
		if again := try > 1 && authz.KindOf(err) == authz.Conflict; !again && !authz.OutcomeUnknown(err) {
			return authz.Scope{}, err
		}
		found, ok, readErr := d.find(ctx, op, id, want.Name)
		switch {
		case ok && absent && found.Description == want.Description:
			d.wrote(id, "", want.Name)
			return found, nil
		case ok:
			return authz.Scope{}, notOurs(op, id, want.Name, err)
		case readErr != nil || try > 1 || statusOf(err) == http.StatusInternalServerError:
			return authz.Scope{}, err
		}
		absent = true
	}
}

func importID(serverID, name string) string {
	return fmt.Sprintf("with the id \"%s/%s\".", serverID, name)
}

func notOurs(op, serverID, name string, lost error) *authz.Error {
	e := authz.Advise(authz.Conflict, op, "Look at that scope; if it is right, import it "+importID(serverID, name),
		"the answer got lost (%w), and the scope %q that is there now cannot be shown to be this one", authz.Cause(lost), name)
	e.OutcomeUnknown = true
	return e
}

// post sends one create. The answer has the id, and nothing else for sure.
func (d *Driver) post(ctx context.Context, op, serverID string, want authz.Scope) (authz.Scope, error) {
	var made scopeJSON
	body := scopeBody{Value: want.Name, Description: want.Description}
	_, err := d.do(ctx, op, http.MethodPost, "/api_authorizations/"+serverID+"/scopes", nil, body, &made)
	var e *authz.Error
	switch {
	case authz.IsNotFound(err):
		return authz.Scope{}, noServer(op, serverID, err)
	case errors.As(err, &e) && e.Kind == authz.Conflict:
		e.Advice = "That scope is there already. Import it in place of creating it, " + importID(serverID, want.Name)
		return authz.Scope{}, e
	case err != nil:
		return authz.Scope{}, err
	case made.ID > 0:
		return fromJSON(scopeJSON{ID: made.ID, Value: want.Name, Description: want.Description}), nil
	}
	found, ok, err := d.find(ctx, op, serverID, want.Name)
	if err == nil && !ok {
		err = authz.Advise(authz.Unavailable, op, adviceLost, "the answer has no id, and the scope is not listed")
	}
	return found, err
}

// address is the id to put into a path, looked up by name where it is not known.
func (d *Driver) address(ctx context.Context, op, serverID string, live authz.Scope) (string, error) {
	if live.ID != "" {
		if _, err := number(live.ID); err != nil {
			return "", &authz.Error{Kind: authz.Invalid, Op: op, Err: err}
		}
		return live.ID, nil
	}
	found, err := d.list(ctx, op, serverID)
	if err != nil {
		return "", err
	}
	for _, s := range found {
		if s.Value == live.Name {
			return fromJSON(s).ID, nil
		}
	}
	return "", gone(op, serverID, live)
}

func gone(op, serverID string, live authz.Scope) *authz.Error {
	return authz.Errorf(authz.NotFound, op, "authorization server %s has no scope %q (id %q)", serverID, live.Name, live.ID)
}

// UpdateScope changes a scope in place, its name too: apps refer to its id.
// Tokens that are out keep the old name until they expire.
// https://developers.onelogin.com/api-docs/2/api-authorization/update-scope
func (d *Driver) UpdateScope(ctx context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	op := fmt.Sprintf("update scope %q", live.Name)
	id, err := d.ServerID(serverID)
	if err == nil {
		err = writable(op, want)
	}
	if err != nil {
		return authz.Scope{}, err
	}
	scopeID, err := d.address(ctx, op, id, live)
	if err != nil {
		return authz.Scope{}, err
	}
	body := scopeBody{Value: want.Name, Description: want.Description}
	var is scopeJSON
	_, err = d.do(ctx, op, http.MethodPut, "/api_authorizations/"+id+"/scopes/"+scopeID, nil, body, &is)
	var e *authz.Error
	switch {
	case authz.IsNotFound(err):
		return authz.Scope{}, d.which(ctx, op, id, scopeID, live, err)
	case errors.As(err, &e) && e.Kind == authz.Conflict:
		e.Advice = fmt.Sprintf("Another scope of authorization server %s is named %q already: rename or delete that one first.", id, want.Name)
		return authz.Scope{}, e
	case err != nil:
		return authz.Scope{}, err
	}
	d.wrote(id, live.Name, want.Name)
	return authz.Scope{Name: want.Name, ID: scopeID, Description: want.Description}, nil
}

// DeleteScope removes a scope, from the apps that may ask for it too. Tokens that
// are out keep it until they expire.
// https://github.com/onelogin/onelogin-python-sdk, docs/APIAuthScopesApi.md
func (d *Driver) DeleteScope(ctx context.Context, serverID string, live authz.Scope) error {
	op := fmt.Sprintf("delete scope %q", live.Name)
	id, err := d.ServerID(serverID)
	if err != nil {
		return err
	}
	scopeID, err := d.address(ctx, op, id, live)
	if authz.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = d.do(ctx, op, http.MethodDelete, "/api_authorizations/"+id+"/scopes/"+scopeID, nil, nil, nil)
	if authz.IsNotFound(err) {
		err = d.which(ctx, op, id, scopeID, live, err)
		if authz.IsNotFound(err) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	d.wrote(id, live.Name, "")
	return nil
}

// which tells the 404 of a scope from that of the authorization server: both
// have the same words.
func (d *Driver) which(ctx context.Context, op, serverID, scopeID string, live authz.Scope, refused error) error {
	found, err := d.list(ctx, op, serverID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(found, func(s scopeJSON) bool { return fromJSON(s).ID == scopeID }) {
		return authz.Advise(authz.Unavailable, op, "OneLogin's listing may lag behind: try again.",
			"the scope is listed, and yet: %w", authz.Cause(refused))
	}
	return gone(op, serverID, live)
}
