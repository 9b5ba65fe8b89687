package keycloak

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// clientReading is what was read of all clients of a realm, and of the scopes
// that they may have. Secrets of clients stay in the response: the listing of clients
// has them in clear text.
type clientReading struct {
	Realm   string      `json:"realm"` // of an export
	Scopes  []scopeRep  `json:"clientScopes"`
	Clients []clientRep `json:"clients"`
	cut     error       // why the listing ended before all clients were read
	hides   error       // why the listing may lack clients
}

// Clients are listed in pages, and for at most this time.
const (
	clientsPerPage = 100
	clientListTime = 2 * time.Minute
)

// compositeTime bounds the search for the guard role in composite roles that no scope is
// mapped to. Keycloak returns the contents of 5,000 roles in 10 s, 10 at once.
const compositeTime = 30 * time.Second

// ListClientScopes implements authz.ClientLister, for OpenID Connect clients: by two
// listings, the one of clients in pages of 100. If permissions may hide clients, an
// export has all of them. A client that has a scope which is not listed was read while
// scopes were renamed; it is read again, alone. After 2 minutes the result is Partial.
func (d *Driver) ListClientScopes(ctx context.Context, serverID string) (authz.ClientSnapshot, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return authz.ClientSnapshot{}, err
	}
	op := fmt.Sprintf("read the scopes of all clients of realm %q", r.name)
	current, err := r.readClients(ctx, op)
	if err != nil {
		return authz.ClientSnapshot{}, err
	}
	reading, err := newReading(op, current.Scopes, nil, nil)
	if err != nil {
		return authz.ClientSnapshot{}, err
	}
	var (
		listing authz.ClientSnapshot
		again   []clientRep
	)
	torn := func(name string) bool { _, listed := reading.assigned[name]; return !listed }
	for _, c := range current.Clients {
		if c.ID == "" || c.ClientID == "" {
			return authz.ClientSnapshot{}, authz.Advise(authz.Unavailable, op, adviceAddress, "the response has clients without an ID")
		}
		switch {
		case c.Protocol != "" && c.Protocol != protocolOIDC: // it has no OAuth 2.0 scopes
		case c.hidden() || c.empty() && len(current.Scopes) == 0: // every realm has client scopes
			listing.Partial = r.denyView(op, fmt.Sprintf("the scopes of client %q, and perhaps of others, may not be read", c.ClientID))
		case slices.ContainsFunc(c.Defaults, torn) || slices.ContainsFunc(c.Optionals, torn):
			again = append(again, c)
		default:
			listing.Sets = append(listing.Sets, c.set())
		}
	}
	switch {
	case current.cut != nil:
		listing.Partial = current.cut
	case !current.has(r.wellKnownClientID()):
		missing := r.denyView(op, "the identity may not view all clients")
		if len(listing.Sets) == 0 {
			return authz.ClientSnapshot{}, missing
		}
		listing.Partial = missing
	}
	if err := r.readAgain(ctx, again, &listing); err != nil {
		return authz.ClientSnapshot{}, err
	}
	if listing.Partial == nil {
		listing.Partial = current.hides
	}
	slices.SortFunc(listing.Sets, func(a, b authz.ClientScopeSet) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return listing, nil
}

// readClients reads both listings, or takes an export if the listing of clients may lack
// some.
func (r realm) readClients(ctx context.Context, op string) (current clientReading, err error) {
	var group errgroup.Group
	group.Go(func() (err error) {
		current.Scopes, err = get[[]scopeRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes")
		return err
	})
	current.Clients, current.cut, err = r.listClients(ctx, op)
	if err = cmp.Or(err, group.Wait()); err != nil || current.cut != nil || !current.has(r.wellKnownClientID()) {
		return current, err
	}
	if whole, err := r.seesAll(ctx, op, viewClients...); err != nil || whole {
		return current, err
	}
	if exported, err := r.exportClients(ctx, op); err != nil || exported.Clients != nil {
		return exported, err
	}
	current.hides = r.denyView(op, "fine-grained permissions may hide clients")
	return current, nil
}

func (current clientReading) has(clientID string) bool {
	return slices.ContainsFunc(current.Clients, func(c clientRep) bool { return c.ClientID == clientID })
}

// listClients reads clients page by page. cut is why there are more.
func (r realm) listClients(ctx context.Context, op string) (clients []clientRep, cut, failed error) {
	within, cancel := context.WithTimeout(ctx, r.d.clientListTime)
	defer cancel()
	clients, err := pages[clientRep]{
		size: clientsPerPage, id: func(c clientRep) string { return c.ID }, path: "clients",
	}.read(within, r, call{op: op, needs: needViewClients, private: true})
	if err != nil && len(clients) > 0 && within.Err() != nil && ctx.Err() == nil {
		return clients, authz.Errorf(authz.Unavailable, op, "%d clients were read within %s, and the realm has more", len(clients), r.d.clientListTime), nil
	}
	return clients, nil, err
}

// exportClients takes an export with all clients, which permissions do not hide. The
// result is empty if the caller may not take one, or Keycloak cannot in time.
func (r realm) exportClients(ctx context.Context, op string) (current clientReading, err error) {
	if r.state.noExport.Load() || r.state.noClients.Load() {
		return current, nil
	}
	err = r.partialExport(ctx, op, needManageRealm+" and "+needViewClients, true, &current, &current.Realm)
	switch {
	case cannotExport(err):
		r.state.noClients.Store(true)
		return clientReading{}, nil
	case hasStatus(err, http.StatusInternalServerError): // something was created or deleted meanwhile
		return clientReading{}, nil
	}
	return current, err
}

// readAgain reads clients one by one. The result does not have a client that was deleted in
// the meantime.
func (r realm) readAgain(ctx context.Context, clients []clientRep, listing *authz.ClientSnapshot) error {
	var mu sync.Mutex
	group, failed := requests(ctx, r.d.atOnce)
	for _, c := range clients {
		group.Go(func() error {
			if failed() {
				return nil
			}
			now, err := get[clientRep](ctx, r, &call{op: opClient(c.ClientID), needs: needViewClients, private: true}, nil, "clients", c.ID)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case authz.IsNotFound(err):
			case err != nil:
				return err
			case now.ClientID == "" || now.hidden():
				listing.Partial = r.denyView(opClient(c.ClientID), fmt.Sprintf("the scopes of client %q may not be read", c.ClientID))
			default:
				listing.Sets = append(listing.Sets, now.set())
			}
			return nil
		})
	}
	return group.Wait()
}
