package onelogin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// ReadClientScopes reads what an OIDC app may ask an authorization server for.
// An app that exists and is not attached may ask for nothing, which is no error.
// https://developers.onelogin.com/api-docs/2/api-authorization/list-client-apps
func (d *Driver) ReadClientScopes(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	set := authz.ClientScopeSet{ClientID: clientID}
	op := fmt.Sprintf("read the scopes of app %s", clientID)
	id, app, err := d.appID(op, serverID, clientID)
	if err != nil {
		return set, err
	}
	scopes, attached, err := d.attached(ctx, op, id, app)
	if err != nil {
		return set, err
	}
	if !attached {
		return set, d.appExists(ctx, op, clientID)
	}
	for _, s := range scopes {
		set.Optional = append(set.Optional, fromJSON(s))
	}
	slices.SortFunc(set.Optional, func(a, b authz.Scope) int { return cmp.Compare(a.Name, b.Name) })
	return set, nil
}

func (d *Driver) appID(op, serverID, clientID string) (string, int64, error) {
	id, err := d.ServerID(serverID)
	if err != nil {
		return "", 0, err
	}
	app, err := number(clientID)
	if err != nil {
		return "", 0, authz.Advise(authz.Invalid, op, adviceApp, "client_id: %w", err)
	}
	return id, app, nil
}

// attached reads the scopes of one app; false when it is not attached.
func (d *Driver) attached(ctx context.Context, op, serverID string, app int64) ([]scopeJSON, bool, error) {
	var apps clientsJSON
	_, err := d.do(ctx, op, http.MethodGet, "/api_authorizations/"+serverID+"/clients", nil, nil, &apps)
	switch {
	case authz.IsNotFound(err):
		return nil, false, noServer(op, serverID, err)
	case err != nil:
		return nil, false, err
	case apps == nil:
		return nil, false, unreadable(op, "null in place of an array")
	}
	for _, a := range apps {
		if a.AppID == app {
			return a.Scopes, true, nil
		}
	}
	return nil, false, nil
}

// appExists is NotFound when there is no such app in the account.
// https://developers.onelogin.com/api-docs/2/apps/get-app
func (d *Driver) appExists(ctx context.Context, op, clientID string) error {
	_, err := d.do(ctx, op, http.MethodGet, "/apps/"+clientID, nil, nil, nil)
	if authz.IsNotFound(err) {
		return noApp(op, clientID, err)
	}
	return err
}

const adviceApp = "Set client_id to the id of the OIDC app (not its OpenID Connect client id); it is in the address of its page under Applications."

func noApp(op, clientID string, err error) *authz.Error {
	return authz.Advise(authz.NotFound, op, adviceApp, "there is no app %s: %w", clientID, authz.Cause(err))
}

// rounds is how often ChangeClientScopes writes at most: an update, the same
// once more because listings may lag, and detaching and attaching.
const rounds = 4

// ChangeClientScopes attaches an app, replaces its scopes, or detaches it when
// nothing is left. It reads what is there after each write, because no API page
// says whether an update replaces scopes or adds to them: an app that keeps what
// it should lose is detached and attached anew. A lost answer needs no more.
// https://developers.onelogin.com/api-docs/2/api-authorization/add-client-app
// https://developers.onelogin.com/api-docs/2/api-authorization/update-client-app
// https://developers.onelogin.com/api-docs/2/api-authorization/delete-client-app
func (d *Driver) ChangeClientScopes(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	op := fmt.Sprintf("change the scopes of app %s", want.ClientID)
	if len(want.Default) > 0 {
		return authz.Advise(authz.Unsupported, op, "List the scopes as optional: on OneLogin an app gets those that it asks for.",
			"OneLogin has no default scopes of an app")
	}
	id, app, err := d.appID(op, serverID, want.ClientID)
	if err != nil {
		return err
	}
	has, attached, err := d.attached(ctx, op, id, app)
	if err != nil {
		return err
	}
	final, err := d.final(ctx, op, id, has, live.Optional, want.Optional)
	if err != nil {
		return err
	}
	var wrote error
	for round := 1; !slices.Equal(ids(has), final) || attached != (len(final) > 0); round++ {
		if round > rounds {
			return unsettled(op, wrote)
		}
		anew := round == rounds-1 // what an update did not take away by now, it never will
		wrote = d.writeClient(ctx, op, id, app, final, attached, anew)
		if wrote != nil && authz.KindOf(wrote) != authz.Conflict && !authz.OutcomeUnknown(wrote) {
			return wrote
		}
		if has, attached, err = d.attached(ctx, op, id, app); err != nil {
			return err
		}
		if !slices.Equal(ids(has), final) {
			if err := d.pause(ctx, time.Duration(round)*500*time.Millisecond); err != nil {
				return authz.Errorf(authz.Unavailable, op, "interrupted: %w", err)
			}
		}
	}
	return nil
}

func unsettled(op string, wrote error) error {
	if wrote != nil {
		return wrote
	}
	return authz.Advise(authz.Conflict, op, "Somebody else may have changed them meanwhile. The next plan shows what is there.",
		"the app does not have the scopes that it was given")
}

// writeClient is one write towards final. Conflict: the app was attached or
// detached meanwhile.
func (d *Driver) writeClient(ctx context.Context, op, serverID string, app int64, final []int64, attached, anew bool) error {
	path := "/api_authorizations/" + serverID + "/clients"
	clientID := strconv.FormatInt(app, 10)
	if !attached {
		_, err := d.do(ctx, op, http.MethodPost, path, nil, clientBody{AppID: app, Scopes: final}, nil)
		if authz.IsNotFound(err) {
			return noApp(op, clientID, err) // the authorization server was just read
		}
		return err
	}
	method, body := http.MethodPut, any(clientBody{Scopes: final})
	if anew || len(final) == 0 {
		method, body = http.MethodDelete, nil
	}
	_, err := d.do(ctx, op, method, path+"/"+clientID, nil, body, nil)
	if authz.IsNotFound(err) {
		return authz.Errorf(authz.Conflict, op, "the app was detached meanwhile: %w", authz.Cause(err))
	}
	return err
}

func ids(scopes []scopeJSON) []int64 {
	list := make([]int64, 0, len(scopes))
	for _, s := range scopes {
		list = append(list, s.ID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// final is what the app has, without what the caller takes away, and with what
// it wants; scopes in neither stay.
func (d *Driver) final(ctx context.Context, op, serverID string, has []scopeJSON, live, want []authz.Scope) ([]int64, error) {
	named := func(list []authz.Scope, name string) bool {
		return slices.ContainsFunc(list, func(s authz.Scope) bool { return s.Name == name })
	}
	keep := slices.DeleteFunc(slices.Clone(has), func(s scopeJSON) bool { return named(live, s.Value) && !named(want, s.Value) })
	for _, w := range want {
		if slices.ContainsFunc(keep, func(s scopeJSON) bool { return s.Value == w.Name }) {
			continue
		}
		id, err := d.address(ctx, op, serverID, w)
		if err != nil {
			return nil, err
		}
		n, err := number(id)
		if err != nil {
			return nil, authz.Errorf(authz.Invalid, op, "scope %q: %w", w.Name, err)
		}
		keep = append(keep, scopeJSON{ID: n})
	}
	return ids(keep), nil
}
