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
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

const adviceApp = authz.ReasonOneLoginApp

// app is an OIDC app of an authorization server.
type app struct {
	authServer
	id int64
}

func (d *Driver) app(op, serverID, clientID string) (app, error) {
	s, err := d.server(op, serverID)
	if err != nil {
		return app{}, err
	}
	id, err := parseID(clientID)
	if err != nil {
		err = authz.Advise(authz.Invalid, op, adviceApp, "client_id: %w", err)
	}
	return app{s, id}, err
}

// notFound returns the error for a 404 of the app.
func (a app) notFound(err error) error {
	return authz.Advise(authz.NotFound, a.op, adviceApp, "app %d does not exist: %w", a.id, authz.Cause(err))
}

// attached reads the scopes of the app. It returns false if the app is not attached.
func (a app) attached(ctx context.Context) ([]scopeJSON, bool, error) {
	apps, err := a.clients(ctx)
	i := slices.IndexFunc(apps, func(c clientJSON) bool { return c.AppID == a.id })
	if err != nil || i < 0 {
		return nil, false, err
	}
	return apps[i].Scopes, true, nil
}

// clients reads the attached apps. A list that lacks an app, or has one twice, is an error,
// because an app would seem to have fewer scopes than it has.
// https://developers.onelogin.com/api-docs/2/api-authorization/list-client-apps
func (s authServer) clients(ctx context.Context) (clientsJSON, error) {
	apps, _, err := get[clientsJSON](ctx, s, "clients")
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	for _, c := range apps {
		odd := func(f scopeJSON) bool { return f.ID <= 0 || f.Value == "" }
		switch {
		case c.AppID <= 0 || c.Scopes == nil || slices.ContainsFunc(c.Scopes, odd):
			return nil, s.unreadable("an app without app_id or scopes, or an app with a scope without id or value")
		case seen[c.AppID]:
			return nil, s.unreadable(fmt.Sprintf("the app %d twice", c.AppID))
		}
		seen[c.AppID] = true
	}
	return apps, nil
}

// ReadClientScopes reads the scopes of an authorization server that an OIDC app can request. An
// app that exists and is not attached has no scopes, which is not an error.
// https://developers.onelogin.com/api-docs/2/apps/get-app
func (d *Driver) ReadClientScopes(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	set := authz.ClientScopeSet{ClientID: clientID}
	a, err := d.app("read the scopes of app "+clientID, serverID, clientID)
	if err != nil {
		return set, err
	}
	scopes, attached, err := a.attached(ctx)
	if err != nil || attached {
		set.Optional = sorted(scopes)
		return set, err
	}
	if _, err = d.call(ctx, a.op, http.MethodGet, "apps/"+clientID, nil, nil); authz.IsNotFound(err) {
		err = a.notFound(err)
	}
	return set, err
}

// ListClientScopes reads the scopes of all attached apps. The call is not paged. Apps that are
// not attached have no scopes and are omitted.
// https://developers.onelogin.com/api-docs/2/api-authorization/list-client-apps
func (d *Driver) ListClientScopes(ctx context.Context, serverID string) (authz.ClientSnapshot, error) {
	var listing authz.ClientSnapshot
	s, err := d.server("read the scopes of all apps", serverID)
	if err != nil {
		return listing, err
	}
	apps, err := s.clients(ctx)
	for _, a := range apps {
		listing.Sets = append(listing.Sets, authz.ClientScopeSet{ClientID: strconv.FormatInt(a.AppID, 10), Optional: sorted(a.Scopes)})
	}
	slices.SortFunc(listing.Sets, func(a, b authz.ClientScopeSet) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return listing, err
}

// detachWrite is the number of the write that detaches the app. The next write attaches it. If two
// updates did not remove a scope (lists can lag), no update will.
const detachWrite = 3

// ChangeClientScopes attaches an app, replaces its scopes, or detaches it if no scope remains. It
// reads the scopes after each write, because no API page states whether an update replaces scopes
// or adds them: an app that keeps a scope that it must lose is detached and attached again. A
// write without a response is handled in the same way.
func (d *Driver) ChangeClientScopes(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	op := "change the scopes of app " + want.ClientID
	if len(want.Default) > 0 {
		return authz.Advise(authz.Unsupported, op, authz.ReasonOneLoginOptional,
			"OneLogin has no default scopes of an app")
	}
	a, err := d.app(op, serverID, want.ClientID)
	if err != nil {
		return err
	}
	has, attached, err := a.attached(ctx)
	switch {
	case authz.IsParentGone(err) && len(want.Optional) == 0:
		return nil // no app is attached to the authorization server
	case err != nil:
		return err
	}
	final, err := a.final(ctx, has, live.Optional, want.Optional)
	if err != nil {
		return err
	}
	shows := func() bool { return slices.Equal(ids(has), final) && attached == (len(final) > 0) }
	if shows() {
		return nil
	}
	var wrote error
	writes, failures := 0, 0
	settled, err := httpapi.Settle(ctx, op, append(httpapi.Lag(), 1500*time.Millisecond), d.pause, func() (bool, error) {
		writes++
		// A failed write proves nothing about an update, and must not leave the app detached.
		wrote = a.write(ctx, final, attached, writes == detachWrite && wrote == nil)
		if wrote != nil {
			failures++
		}
		if failures == 2 || wrote != nil && authz.KindOf(wrote) != authz.Conflict && !authz.OutcomeUnknown(wrote) {
			return false, wrote
		}
		has, attached, err = a.attached(ctx)
		return shows(), err
	})
	switch {
	case err != nil || settled:
		return err
	case wrote != nil:
		return wrote
	}
	return authz.Advise(authz.Conflict, op, authz.ReasonOneLoginAppChanged,
		"the app does not have the assigned scopes")
}

// write sends one write towards final. It returns Conflict if the app was attached or detached by
// another writer. https://developers.onelogin.com/api-docs/2/api-authorization/add-client-app
// https://developers.onelogin.com/api-docs/2/api-authorization/update-client-app
// https://developers.onelogin.com/api-docs/2/api-authorization/delete-client-app
func (a app) write(ctx context.Context, final []int64, attached, anew bool) error {
	method, path, body := http.MethodPut, "clients/"+strconv.FormatInt(a.id, 10), any(clientBody{Scopes: final})
	switch {
	case !attached:
		method, path, body = http.MethodPost, "clients", clientBody{AppID: a.id, Scopes: final}
	case anew || len(final) == 0:
		method, body = http.MethodDelete, nil
	}
	_, err := a.call(ctx, method, path, body, nil)
	switch {
	case authz.IsNotFound(err) && !attached:
		return a.notFound(err) // the authorization server was read just before
	case authz.IsNotFound(err):
		return authz.Errorf(authz.Conflict, a.op, "the app was detached at the same time: %w", authz.Cause(err))
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

// final returns the IDs of the scopes after the change: those that the app has, without those of
// live, and with those of want.
func (a app) final(ctx context.Context, has []scopeJSON, live, want []authz.Scope) ([]int64, error) {
	taken, wanted := authz.Names(live), authz.Names(want)
	keep := slices.DeleteFunc(slices.Clone(has), func(s scopeJSON) bool {
		return slices.Contains(taken, s.Value) && !slices.Contains(wanted, s.Value)
	})
	for _, w := range want {
		if slices.ContainsFunc(keep, func(s scopeJSON) bool { return s.Value == w.Name }) {
			continue
		}
		id, err := a.address(ctx, w)
		if err != nil {
			return nil, err
		}
		keep = append(keep, scopeJSON{ID: id})
	}
	return ids(keep), nil
}
