package keycloak

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/progress"
)

func (r realm) opRoles() string { return fmt.Sprintf("read the realm roles of %q", r.name) }

// manyComposites is how many composite roles of a realm are read for each snapshot.
const manyComposites = 500

// readRoles reads all realm roles, what the composite ones contain, which role every user has
// and, at the same time, who has the guard role. exported returns the reading of the scopes.
//
// In a realm with many composite roles, it first reads those that decide who has a scope: what
// every user has, the guard role and the roles that scopes are mapped to. It reads the others for
// a limited time, because any may contain the guard role: Keycloak has no listing of the roles
// that contain one.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_roles
func (r realm) readRoles(ctx context.Context, exported func() *reading) (roleSet, error) {
	roles, err := r.listRoles(ctx)
	if err != nil {
		return roleSet{}, err
	}
	var group sync.WaitGroup
	defer group.Wait()
	guard, held := roles.guard, r.guardHoldings(roles.guard)
	for i := range held {
		group.Go(func() { r.readHolders(ctx, guard, &held[i]) })
	}
	composites := slices.DeleteFunc(slices.Clone(roles.realm), func(role roleRep) bool { return !role.Composite })
	many := len(composites) > manyComposites
	if !many {
		if err := r.readContents(ctx, &roles, slices.Clone(composites)); err != nil {
			return roleSet{}, err
		}
	}
	current := exported()
	if roles.given, err = r.userDefaults(ctx, current.defaults); err != nil {
		return roleSet{}, err
	}
	roles.defaults = []string{roles.given.role.ID}
	if many {
		if err := r.readContents(ctx, &roles, roles.deciding(*current, composites)); err != nil {
			return roleSet{}, err
		}
		within, cancel := context.WithTimeout(ctx, r.d.compositeTime)
		defer cancel()
		if err := r.readContents(within, &roles, composites); err != nil && (within.Err() == nil || ctx.Err() != nil) {
			return roleSet{}, err
		}
	}
	if err := r.readClientNames(ctx, &roles, roles.realm); err != nil {
		return roleSet{}, err
	}
	group.Wait()
	roles.held, roles.heldErr = r.reportHolders(guard, held)
	roles.known = maps.Clone(roles.contents)
	return roles, nil
}

// listRoles lists the realm roles, sorted, and finds the guard role.
func (r realm) listRoles(ctx context.Context) (roleSet, error) {
	all, err := r.realmRoles().read(ctx, r, call{op: r.opRoles(), needs: needViewRealm})
	if err == nil {
		err = checkRoles(r.opRoles(), all)
	}
	if err != nil {
		return roleSet{}, err
	}
	r.state.recordRealm(all)
	roles := roleSet{realm: all, contents: map[string][]roleRep{}, clients: map[string]string{}, names: shownNames(roleNames(all), nfc)}
	roles.normalize(all)
	slices.SortFunc(all, func(a, b roleRep) int { return cmp.Compare(a.Name, b.Name) })
	roles.findGuard(r.d.cfg.GuardRole)
	return roles, nil
}

// realmRoles is the listing of all realm roles with their attributes, which a brief one lacks.
func (r realm) realmRoles() pages[roleRep] {
	return pages[roleRep]{
		size: 500, id: func(role roleRep) string { return role.ID }, path: "roles",
		query: map[string]string{"briefRepresentation": "false"},
	}
}

func roleNames(roles []roleRep) []string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = role.Name
	}
	return names
}

// checkRoles rejects a listing that no realm has, and a role without a name: the API can
// create one, but user types have names.
func checkRoles(op string, all []roleRep) error {
	if len(all) == 0 {
		return authz.Advise(authz.Unavailable, op, adviceAddress, "the response has no realm roles, and every realm has some")
	}
	for _, role := range all {
		if role.ID == "" {
			return authz.Advise(authz.Unavailable, op, adviceAddress, "the response has roles without an id")
		}
		if role.Name == "" {
			return authz.Advise(authz.Unavailable, op, "Give that role a name, or delete it: DELETE /admin/realms/{realm}/roles-by-id/"+url.PathEscape(role.ID),
				"there is a realm role without a name (id %s)", role.ID)
		}
	}
	return nil
}

// userDefaults returns what every user of the realm has: exported, or what the realm
// itself reports. The name of a role proves nothing. A renamed realm keeps the old name
// of its default role, and a realm imported without a default role has another role as
// default-roles-<realm>.
func (r realm) userDefaults(ctx context.Context, exported *userDefaults) (userDefaults, error) {
	if exported != nil {
		return *exported, nil
	}
	current, err := r.readRealm(ctx, r.opRoles())
	if err != nil {
		return userDefaults{}, err
	}
	if current.DefaultRole.ID == "" {
		return userDefaults{}, authz.Advise(authz.Unavailable, r.opRoles(), adviceAddress, "the response has no default role of the realm")
	}
	return userDefaults{role: current.DefaultRole, groups: current.Groups}, nil
}

// readContents reads what composite roles contain, level by level. Client roles count: one
// that every user has may contain a user type, or the guard role.
func (r realm) readContents(ctx context.Context, roles *roleSet, some []roleRep) error {
	var mu sync.Mutex
	for next := some; len(next) > 0; {
		level := slices.DeleteFunc(next, roles.isRead)
		done := progress.Count(ctx, "composite roles read", len(level))
		group, failed := requests(ctx, r.d.atOnce)
		for _, role := range level {
			group.Go(func() error {
				if failed() {
					return nil
				}
				defer done()
				inside, err := get[[]roleRep](ctx, r, &call{op: r.opRoles(), needs: needViewRealm + " and " + needViewClients}, nil,
					"roles-by-id", role.ID, "composites")
				if err != nil && !authz.IsNotFound(err) { // it was deleted in the meantime
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				roles.normalize(inside)
				roles.contents[role.ID] = inside
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		next = roles.inside(level)
	}
	return nil
}

// readClientNames reads the client ids of the client roles that some roles
// contain, or that contain the guard. A client that may not be read stays named
// by its UUID.
func (r realm) readClientNames(ctx context.Context, roles *roleSet, some []roleRep) error {
	var uuids []string
	for _, role := range some {
		all := roles.everyone(role.ID)
		for _, inside := range roles.expand(role.ID) {
			if _, known := roles.clients[inside.ContainerID]; inside.ClientRole && !known && (!all || roles.hasGuard(inside.ID)) {
				uuids = append(uuids, inside.ContainerID)
			}
		}
	}
	var mu sync.Mutex
	group, failed := requests(ctx, r.d.atOnce)
	for _, uuid := range authz.NameSet(uuids...) {
		group.Go(func() error {
			if failed() {
				return nil
			}
			client, err := get[clientRep](ctx, r, &call{op: r.opRoles(), needs: needViewClients}, nil, "clients", uuid)
			if err != nil && !authz.IsNotFound(err) && !hasStatus(err, 403) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			roles.clients[uuid] = cmp.Or(client.ClientID, uuid)
			return nil
		})
	}
	return group.Wait()
}

// readMappedRoles reads the client roles that scopes are mapped to, and what is
// inside of them. It takes two requests for each client that has some.
func (r realm) readMappedRoles(ctx context.Context, current reading, roles *roleSet) ([]authz.Warning, error) {
	mapped := current.clientRoles()
	var (
		mu    sync.Mutex
		notes []authz.Warning
	)
	group, failed := requests(ctx, r.d.atOnce)
	for _, clientID := range slices.Sorted(maps.Keys(current.clients)) {
		group.Go(func() error {
			if failed() {
				return nil
			}
			var listed []roleRep
			client, err := r.client(ctx, clientID)
			if err == nil {
				listed, err = r.rolesOf(ctx, r.opRoles(), client)
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case authz.IsNotFound(err): // it was deleted in the meantime
				return nil
			case authz.KindOf(err) == authz.Denied && !hasStatus(err, 401):
				roles.gaps = append(roles.gaps, r.unreadRolesGap(clientID))
				notes = append(notes, r.unreadRoles(clientID, err))
				return nil
			}
			for _, role := range listed {
				if mapped[authz.ClientRoleName(clientID, role.Name)] {
					roles.mapped = append(roles.mapped, role)
					roles.clients[role.ContainerID] = clientID
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(notes, func(a, b authz.Warning) int { return cmp.Compare(a.Summary, b.Summary) })
	if err := r.readContents(ctx, roles, slices.Clone(roles.mapped)); err != nil {
		return nil, err
	}
	return notes, r.readClientNames(ctx, roles, roles.mapped)
}

// clientRoles returns the client roles that scopes are mapped to, by authz.ClientRoleName.
func (current reading) clientRoles() map[string]bool {
	mapped := map[string]bool{}
	for _, m := range current.mapped {
		for _, name := range m.client {
			mapped[name] = true
		}
	}
	return mapped
}

// unreadRolesGap is the gap for a client whose roles limit scopes and may not be read.
func (r realm) unreadRolesGap(clientID string) authz.Gap {
	return r.gap(fmt.Sprintf("roles of client %q", clientID),
		"These roles limit scopes. It is unknown whether every user has one of them, and which roles they contain.", needViewClients, true)
}

// unreadRoles is the warning about such a client.
func (r realm) unreadRoles(clientID string, err error) authz.Warning {
	return authz.Warning{
		Summary: fmt.Sprintf("Roles of client %q in %s could not be read", clientID, r.title()),
		Detail:  "Some of these roles limit scopes. It is unknown whether every user has one of them, and which roles they contain. " + adviceOf(err),
	}
}
