package keycloak

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// maxMappingReads bounds the requests that read role mappings client by client.
const maxMappingReads = 5000

// mappings reads the roles mapped to one scope. The error is NotFound only if the
// list of all scopes does not have the scope.
func (r realm) mappings(ctx context.Context, op string, target authz.Scope) (mappingsRep, error) {
	return r.mappingsBy(ctx, op, target, func() ([]clientRep, error) { return r.roleClients(ctx, op, 1) })
}

// mappingsBy reads the roles mapped to one scope. The endpoint that returns all of
// them is deprecated. If it is missing, the realm roles are read alone, and then the
// roles of each of the clients. A 404 proves neither that the endpoint is missing nor
// that the scope is: the texts differ between versions.
// https://github.com/keycloak/keycloak/issues/53480
func (r realm) mappingsBy(ctx context.Context, op string, target authz.Scope, clients func() ([]clientRep, error)) (mappingsRep, error) {
	if !r.state.noCombined.Load() {
		current, err := get[mappingsRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes", target.ID, "scope-mappings")
		if !hasStatus(err, http.StatusNotFound) {
			return current, err
		}
	}
	realmRoles, err := r.realmMappings(ctx, op, target)
	if err != nil {
		return mappingsRep{}, err
	}
	r.state.noCombined.Store(true)
	all, err := clients()
	if err != nil {
		return mappingsRep{}, err
	}
	return r.clientMappings(ctx, op, target, mappingsRep{RealmMappings: realmRoles, ClientMappings: map[string]clientMappings{}}, all)
}

// realmMappings reads the realm roles mapped to one scope.
func (r realm) realmMappings(ctx context.Context, op string, target authz.Scope) ([]roleRep, error) {
	roles, err := get[[]roleRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes", target.ID, "scope-mappings", "realm")
	if hasStatus(err, http.StatusNotFound) {
		return nil, r.missingScope(ctx, op, target, stillListed(op))
	}
	return roles, err
}

// clientMappings adds the mapped roles of some clients. A client deleted in the
// meantime has none.
func (r realm) clientMappings(ctx context.Context, op string, target authz.Scope, current mappingsRep, clients []clientRep) (mappingsRep, error) {
	var mu sync.Mutex
	err := each(ctx, r.d.atOnce, clients, func(client clientRep) error {
		c := &call{op: op, needs: needViewClients}
		roles, err := get[[]roleRep](ctx, r, c, nil, "client-scopes", target.ID, "scope-mappings", "clients", client.ID)
		if hasStatus(err, http.StatusNotFound) {
			if listed, err := r.listsClient(ctx, op, client); err != nil || !listed {
				return err
			}
			return r.missingScope(ctx, op, target, stillListed(op))
		}
		if err != nil || len(roles) == 0 {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		current.ClientMappings[client.ClientID] = clientMappings{Mappings: roles}
		return nil
	})
	return current, err
}

// roleClients returns the clients whose roles can be mapped to scopes: those that an
// export names, or all clients that have roles. Denied means that the caller may not
// export the realm, and sees too little or would need too many requests.
func (r realm) roleClients(ctx context.Context, op string, scopes int) ([]clientRep, error) {
	if !r.state.noExport.Load() {
		var out exportRep
		err := r.partialExport(ctx, r.opRead(), needManageRealm, false, &out, &out.Realm)
		if err == nil {
			current, _, err := r.fromExport(out)
			if err != nil {
				return nil, err
			}
			return r.clientsNamed(ctx, slices.Sorted(maps.Keys(current.clients)))
		}
		if !cannotExport(err) {
			return nil, err
		}
		r.state.noExport.Store(true)
	}
	all, cut, err := r.listClients(ctx, op)
	if err != nil {
		return nil, err
	}
	if cut != nil { // any client may have the roles that limit a scope
		return nil, cut
	}
	if !slices.ContainsFunc(all, func(c clientRep) bool { return c.ClientID == r.wellKnownClientID() }) {
		return nil, r.denyView(op, "the identity may not view all clients, and roles of other clients can limit scopes")
	}
	owners, err := r.clientsWithRoles(ctx, op, all)
	if err != nil {
		return nil, err
	}
	if n := len(all) + scopes*len(owners); n > maxMappingReads {
		e := authz.Errorf(authz.Denied, op, "reading the client roles of %d scopes takes %d requests, and at most %d are sent",
			scopes, n, maxMappingReads)
		e.Advice = r.d.missingRole(&call{realm: r.name, needs: needManageRealm}) + " It reads all role mappings with one request."
		return nil, e
	}
	return owners, nil
}

// clientsNamed finds clients by client ID. Clients that were deleted in the meantime are omitted.
func (r realm) clientsNamed(ctx context.Context, ids []string) ([]clientRep, error) {
	var (
		mu    sync.Mutex
		found []clientRep
	)
	err := each(ctx, r.d.atOnce, ids, func(id string) error {
		client, err := r.client(ctx, id)
		if authz.IsNotFound(err) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, client)
		return err
	})
	return found, err
}

// clientsWithRoles returns the clients that have roles of their own.
func (r realm) clientsWithRoles(ctx context.Context, op string, all []clientRep) ([]clientRep, error) {
	var (
		mu     sync.Mutex
		owners []clientRep
	)
	err := each(ctx, r.d.atOnce, all, func(client clientRep) error {
		roles, err := get[[]roleRep](ctx, r, &call{op: op, needs: needViewClients}, map[string]string{"first": "0", "max": "1"}, "clients", client.ID, "roles")
		if authz.IsNotFound(err) { // deleted in the meantime
			return nil
		}
		if err != nil || len(roles) == 0 {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		owners = append(owners, client)
		return nil
	})
	return owners, err
}

// mayHide reports whether roles may limit scopes that look open. From Keycloak 27.0
// on, mappings omit the roles that the caller may not view; an export has all of
// them. rolesErr is why the realm roles could not be read.
func (r realm) mayHide(rolesErr error) bool {
	return hasStatus(rolesErr, http.StatusForbidden) && r.state.noExport.Load()
}

// checkHidden returns Denied if a scope looks open, although its configuration limits
// it.
func (r realm) checkHidden(current reading) error {
	hidden := current.named(func(s scopeRep) bool { return current.isDoubtful(s) && !builtIn(s.Name) })
	if len(hidden) == 0 {
		return nil
	}
	e := authz.Errorf(authz.Denied, r.opRead(), "no role mapping is visible on scopes that their configuration limits (%s), "+
		"and the identity may not read the realm roles: the scopes are open, or roles that are not visible limit them", quoted(authz.NameSet(hidden...)))
	e.Advice = r.d.missingRole(&call{realm: r.name, needs: needViewRealm})
	return e
}

// mayBeLimited reports whether hidden roles may limit a scope that looks open.
func (current reading) mayBeLimited(s scopeRep) bool {
	return current.hides && !builtIn(s.Name) && current.isUnmapped(s)
}

// maybeLimited returns the names of the scopes that hidden roles may limit.
func (current reading) maybeLimited() []string { return current.named(current.mayBeLimited) }

// named returns the names of the scopes that which selects.
func (current reading) named(which func(scopeRep) bool) (names []string) {
	for _, s := range current.scopes {
		if which(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

// rolesGaps returns the gaps of a caller who may not read the realm roles.
func (r realm) rolesGaps(current reading) []authz.Gap {
	gaps := []authz.Gap{r.gap(fmt.Sprintf("realm roles of realm %q", r.name),
		"It is unknown which user types exist, what composite roles contain, and which role every user has.", needViewRealm, true)}
	if hidden := current.maybeLimited(); len(hidden) > 0 {
		gaps = append(gaps, r.gap("role mappings of the scopes "+quoted(authz.NameSet(hidden...)),
			"Each of these scopes is open to every user, or limited by a role that is not visible.", needViewRealm, true))
	}
	return gaps
}

// describeHidden returns the text about scopes without a visible role mapping.
func describeHidden(current reading) string {
	bare := len(current.maybeLimited())
	if bare == 0 {
		return ""
	}
	return fmt.Sprintf("Scopes without a visible role mapping (%d) are reported as open to everyone, "+
		"but roles that the identity may not view may limit them. ", bare)
}
