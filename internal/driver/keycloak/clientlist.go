package keycloak

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// clientReading is what was read of all clients of a realm, and of the scopes
// that they may have. Secrets of clients stay in the answer: an export masks
// them, the listing of clients has them in clear text.
type clientReading struct {
	Realm   string      `json:"realm"` // of an export
	Scopes  []scopeRep  `json:"clientScopes"`
	Clients []clientRep `json:"clients"`
}

// ListClientScopes implements authz.ClientLister, for OpenID Connect clients: by
// one export, else by two listings. A client that has a scope which is not listed
// was read while scopes were renamed; it is read again, alone.
func (d *Driver) ListClientScopes(ctx context.Context, serverID string) (authz.ClientListing, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return authz.ClientListing{}, err
	}
	op := fmt.Sprintf("read the scopes of all clients of realm %q", r.name)
	is, exported, err := r.readClients(ctx, op)
	if err != nil {
		return authz.ClientListing{}, err
	}
	reading, err := newReading(op, is.Scopes, nil, nil)
	if err != nil {
		return authz.ClientListing{}, err
	}
	var (
		listing authz.ClientListing
		again   []clientRep
		seen    bool
	)
	torn := func(name string) bool { _, listed := reading.assigned[name]; return !listed }
	for _, c := range is.Clients {
		if c.ID == "" || c.ClientID == "" {
			return authz.ClientListing{}, authz.Advise(authz.Unavailable, op, adviceAddress, "the response has clients without an ID")
		}
		seen = seen || c.ClientID == r.everywhere()
		switch {
		case c.Protocol != "" && c.Protocol != protocolOIDC: // it has no OAuth 2.0 scopes
		case c.hidden() || c.empty() && len(is.Scopes) == 0: // every realm has client scopes
			listing.Partial = r.noView(op, fmt.Sprintf("the scopes of client %q, and perhaps of others, may not be read", c.ClientID))
		case slices.ContainsFunc(c.Defaults, torn) || slices.ContainsFunc(c.Optionals, torn):
			again = append(again, c)
		default:
			listing.Sets = append(listing.Sets, c.set())
		}
	}
	if !seen {
		missing := r.noView(op, "there is no right to view all clients")
		if len(listing.Sets) == 0 {
			return authz.ClientListing{}, missing
		}
		listing.Partial = missing
	}
	if err := r.readAgain(ctx, again, &listing); err != nil {
		return authz.ClientListing{}, err
	}
	if listing.Partial == nil && !exported {
		if listing.Partial, err = r.mayHideClients(ctx, op); err != nil {
			return authz.ClientListing{}, err
		}
	}
	slices.SortFunc(listing.Sets, func(a, b authz.ClientScopeSet) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return listing, nil
}

// mayHideClients returns the reason why a listing may lack clients, or nil.
func (r realm) mayHideClients(ctx context.Context, op string) (partial, failed error) {
	whole, err := r.seesAll(ctx, op, viewClients...)
	if err != nil || whole {
		return nil, err
	}
	return r.noView(op, "fine-grained permissions may hide clients"), nil
}

// readClients reads by one call, which changes nothing though it is a POST, or if that
// is refused by two, which leave out what is hidden.
func (r realm) readClients(ctx context.Context, op string) (is clientReading, exported bool, err error) {
	if !r.state.noExport.Load() && !r.state.noClients.Load() {
		err := r.partialExport(ctx, op, needManageRealm+" and "+needViewClients, true, &is, &is.Realm)
		switch {
		case hasStatus(err, http.StatusForbidden):
			r.state.noClients.Store(true)
		case !hasStatus(err, http.StatusInternalServerError): // 500: something was created or deleted meanwhile
			return is, true, err
		}
	}
	var group errgroup.Group
	group.Go(func() (err error) {
		is.Clients, err = get[[]clientRep](ctx, r, &call{op: op, needs: needViewClients, private: true}, nil, "clients")
		return err
	})
	group.Go(func() (err error) {
		is.Scopes, err = get[[]scopeRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes")
		return err
	})
	return is, false, group.Wait()
}

// readAgain reads clients one by one. One that is gone meanwhile is left out.
func (r realm) readAgain(ctx context.Context, clients []clientRep, listing *authz.ClientListing) error {
	var mu sync.Mutex
	return each(clients, func(c clientRep) error {
		now, err := get[clientRep](ctx, r, &call{op: opClient(c.ClientID), needs: needViewClients, private: true}, nil, "clients", c.ID)
		if authz.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if now.ClientID == "" || now.hidden() {
			listing.Partial = r.noView(opClient(c.ClientID), fmt.Sprintf("the scopes of client %q may not be read", c.ClientID))
			return nil
		}
		listing.Sets = append(listing.Sets, now.set())
		return nil
	})
}
