package keycloak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// errRoleDeleted marks errors about a role that a mapping needs and that was deleted.
var errRoleDeleted = errors.New("Keycloak does not have the role any more")

// explainMissing finds out which object a role mapping lacks after a response 404. The error
// is NotFound if the scope was deleted, and a Conflict with errRoleDeleted if a role was. The
// texts of responses do not decide, because they differ between versions.
func (r realm) explainMissing(ctx context.Context, op string, target authz.Scope, roles []roleRep, absent error) error {
	err := r.missingScope(ctx, op, target, errRoleDeleted)
	if !errors.Is(err, errRoleDeleted) {
		return err
	}
	for _, role := range roles {
		_, err := get[roleRep](ctx, r, &call{op: op, needs: needViewRealm}, nil, "roles-by-id", role.ID)
		if !authz.IsNotFound(err) {
			if err != nil {
				return err
			}
			continue
		}
		r.state.forget() // it may be the guard
		return &authz.Error{
			Kind: authz.Conflict, Op: op, Advice: authz.ReasonKeycloakHolderChanged,
			Err: fmt.Errorf("role %q (id %s) was deleted in the meantime: %w", role.Name, role.ID, errRoleDeleted),
		}
	}
	return &authz.Error{Kind: authz.Conflict, Op: op, Err: fmt.Errorf("the scope and its roles exist, but Keycloak returned: %w", absent)}
}

// CheckUserType implements authz.UserTypeChecker: the guard role is not a user type.
func (d *Driver) CheckUserType(_ *authz.Snapshot, userType string, _ []string) ([]authz.Warning, error) {
	if userType == d.cfg.GuardRole {
		return nil, invalid("check user type", authz.ReasonKeycloakGuardNamed,
			"realm role %q is the guard role: it limits scopes to user types because no user has it", userType)
	}
	return nil, nil
}

// NeedsSnapshot implements authz.UserTypeChecker: the name is enough.
func (d *Driver) NeedsSnapshot() bool { return false }

// guardScope maps the guard to a scope.
func (r realm) guardScope(ctx context.Context, op string, target authz.Scope) error {
	guard, err := r.ensureGuard(ctx)
	if err != nil {
		return err
	}
	return r.mapRoles(ctx, op, target, guard)
}

// typeChange is a change of the scopes of user types under way.
type typeChange struct {
	realm
	op        string
	guardRole roleRep
	roles     []grantedRole

	mu      sync.Mutex
	touched map[string]authz.Scope // by id
}

// grantedRole is the role of a user type.
type grantedRole struct {
	roleRep
	userType string // the name that a snapshot has
}

// ChangeUserType implements authz.UserTypeScopes. It maps the guard role, then grants, then
// revokes. It maps the guard role directly before it removes a role, whatever the listing
// has.
func (d *Driver) ChangeUserType(ctx context.Context, serverID string, change authz.UserTypeChange) ([]authz.Scope, error) {
	c, err := d.changeOf(ctx, serverID, []authz.UserTypeChange{change})
	if err != nil || c == nil {
		return nil, err
	}
	err = eachCounted(ctx, d.atOnce, "scopes limited", change.Guard, func(s authz.Scope) error { return c.guard(ctx, s) })
	if err == nil {
		err = c.grantAll(ctx, []authz.UserTypeChange{change})
	}
	if err == nil {
		err = eachCounted(ctx, d.atOnce, "scopes revoked", change.Revoke, func(s authz.Scope) error { return c.revoke(ctx, s, c.roles[0]) })
	}
	return c.result(), c.classify(ctx, err)
}

// GrantScopes implements authz.ScopeGranter. One request maps the realm roles of all user
// types to a scope, and one more for each client the roles of this client.
func (d *Driver) GrantScopes(ctx context.Context, serverID string, changes []authz.UserTypeChange) ([]authz.Scope, error) {
	c, err := d.changeOf(ctx, serverID, changes)
	if err != nil || c == nil {
		return nil, err
	}
	err = c.grantAll(ctx, changes)
	return c.result(), c.classify(ctx, err)
}

// changeOf looks up the roles that changes need. It returns nil if there is nothing to change.
func (d *Driver) changeOf(ctx context.Context, serverID string, changes []authz.UserTypeChange) (*typeChange, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return nil, err
	}
	c := &typeChange{realm: r, op: describeChange(changes), roles: make([]grantedRole, len(changes)), touched: map[string]authz.Scope{}}
	n := 0
	for _, change := range changes {
		scopes := slices.Concat(change.Grant, change.Revoke, change.Guard)
		if i := slices.IndexFunc(scopes, isBuiltIn); i >= 0 {
			return nil, invalid(c.op, authz.ReasonKeycloakBuiltInGrant,
				"%q is a built-in scope; its access is never changed, because tokens need its claims", scopes[i].Name)
		}
		n += len(scopes)
	}
	if n == 0 {
		return nil, nil //nolint:nilnil // as documented
	}
	if c.guardRole, err = r.ensureGuard(ctx); err != nil {
		return nil, err
	}
	var lookups []func() error
	for i, change := range changes {
		lookups = append(lookups, func() (err error) {
			c.roles[i], err = c.find(ctx, change.UserType)
			return err
		})
	}
	return c, each(ctx, d.atOnce, lookups, func(lookup func() error) error { return lookup() })
}

// find looks up the role of a user type.
func (c *typeChange) find(ctx context.Context, u authz.UserType) (grantedRole, error) {
	if u.ID == c.guardRole.ID || u.Name == c.guardRole.Name {
		return grantedRole{}, invalid(c.op, "Choose another role.", "%q is the guard role, which no user may have", u.Name)
	}
	role, err := c.roleOf(ctx, c.op, u)
	return grantedRole{role, u.Name}, err
}

// describeChange returns the operation that errors name.
func describeChange(changes []authz.UserTypeChange) string {
	if len(changes) == 1 {
		return "change the scopes of " + describeRole(changes[0].UserType.Name)
	}
	return fmt.Sprintf("grant scopes to %d user types", len(changes))
}

func (r realm) roleByName(ctx context.Context, op, name string) (roleRep, error) {
	for _, spelling := range spellings(name) {
		role, err := get[roleRep](ctx, r, &call{op: op, needs: needViewRealm}, nil, "roles", spelling)
		if !authz.IsNotFound(err) {
			role.Name = name
			return role, err
		}
	}
	return roleRep{}, authz.Errorf(authz.NotFound, op, "there is no realm role %q in realm %q", name, r.name)
}

// classify returns NotFound if the role of a user type was deleted, not the guard role.
func (c *typeChange) classify(ctx context.Context, err error) error {
	if !errors.Is(err, errRoleDeleted) {
		return err
	}
	for _, role := range c.roles {
		_, gone := get[roleRep](ctx, c.realm, &call{op: c.op, needs: needViewRealm}, nil, "roles-by-id", role.ID)
		if authz.IsNotFound(gone) {
			return c.roleDeleted(c.op, role.userType, role.ID)
		}
	}
	return err
}

// result returns the changed scopes, sorted.
func (c *typeChange) result() []authz.Scope {
	list := make([]authz.Scope, 0, len(c.touched))
	for _, s := range c.touched {
		list = append(list, s)
	}
	slices.SortFunc(list, authz.ByName)
	return list
}

// record records a change to a scope that was s before.
func (c *typeChange) record(s authz.Scope, change func(*authz.Scope)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, ok := c.touched[s.ID]; ok {
		s = before
	}
	s.UserTypes = slices.Clone(s.UserTypes)
	change(&s)
	c.touched[s.ID] = s
}

func (c *typeChange) guard(ctx context.Context, s authz.Scope) error {
	err := c.guardScope(ctx, c.op, s)
	if authz.IsNotFound(err) {
		return nil // it was deleted: there is nothing to limit
	}
	if err != nil {
		return err
	}
	c.record(s, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
	return c.recordLimited(ctx, s)
}

// scopeGrant is a scope to map roles to.
type scopeGrant struct {
	scope authz.Scope
	roles []grantedRole
}

// grantAll grants each scope to all user types that get it.
func (c *typeChange) grantAll(ctx context.Context, changes []authz.UserTypeChange) error {
	var grants []*scopeGrant
	byID := map[string]*scopeGrant{}
	for i, change := range changes {
		for _, s := range change.Grant {
			g, ok := byID[s.ID]
			if !ok {
				g = &scopeGrant{scope: s}
				byID[s.ID] = g
				grants = append(grants, g)
			}
			g.roles = append(g.roles, c.roles[i])
		}
	}
	return eachCounted(ctx, c.d.atOnce, "scopes granted", grants, func(g *scopeGrant) error { return c.grant(ctx, *g) })
}

// grant maps the roles. A scope without the guard gets it by the first request: an open one
// is closed to all others at once, and stays limited when its last role is deleted.
func (c *typeChange) grant(ctx context.Context, g scopeGrant) error {
	op := c.describeGrant(g)
	for _, roles := range c.mappingsOf(g) {
		err := c.mapRoles(ctx, op, g.scope, roles...)
		if authz.IsNotFound(err) {
			return &authz.Error{
				Kind: authz.Conflict, Op: op, Err: fmt.Errorf("scope %q was deleted in the meantime", g.scope.Name),
				Advice: authz.ReasonKeycloakScopeMissing,
			}
		}
		if err != nil {
			return err
		}
		c.record(g.scope, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
	}
	c.record(g.scope, func(s *authz.Scope) {
		for _, role := range g.roles {
			*s = s.WithUserType(role.userType, true)
		}
	})
	return c.recordLimited(ctx, g.scope)
}

// describeGrant returns the operation that errors name.
func (c *typeChange) describeGrant(g scopeGrant) string {
	if len(c.roles) == 1 {
		return c.op
	}
	var names []string
	for _, role := range g.roles {
		names = append(names, role.userType)
	}
	return fmt.Sprintf("grant scope %q to %s", g.scope.Name, quotedFirst(names))
}

// mappingsOf returns the roles of each request: the realm roles, with the guard role for a scope
// that is not limited, then those of each client.
func (c *typeChange) mappingsOf(g scopeGrant) (requests [][]roleRep) {
	var first []roleRep
	clients := map[string][]roleRep{}
	for _, role := range g.roles {
		if role.ClientRole {
			clients[role.ContainerID] = append(clients[role.ContainerID], role.roleRep)
		} else {
			first = append(first, role.roleRep)
		}
	}
	if g.scope.Settings.Access != authz.AccessUserTypes {
		first = append(first, c.guardRole)
	}
	if len(first) > 0 {
		requests = append(requests, first)
	}
	for _, id := range slices.Sorted(maps.Keys(clients)) {
		requests = append(requests, clients[id])
	}
	return requests
}

// revoke removes the role, and verifies that the scope is still limited. A scope that
// was deleted is done.
func (c *typeChange) revoke(ctx context.Context, s authz.Scope, role grantedRole) error {
	err := c.guardScope(ctx, c.op, s)
	if err == nil {
		c.record(s, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
		if err = c.unmapRoles(ctx, c.op, s, role.roleRep); err == nil {
			c.record(s, func(s *authz.Scope) { *s = s.WithUserType(role.userType, false) })
			if err = c.stayLimited(ctx, s); err == nil {
				return nil
			}
		}
	}
	if hasStatus(err, 500) { // also the response if the scope is deleted at the same moment
		if gone := c.missingScope(ctx, c.op, s, err); authz.IsNotFound(gone) {
			err = gone
		}
	}
	if authz.IsNotFound(err) {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.touched, s.ID)
		return nil
	}
	return err
}

// recordLimited replaces the attribute of a configuration that opened the scope.
func (c *typeChange) recordLimited(ctx context.Context, s authz.Scope) error {
	if s.LastAppliedAccess != authz.AccessEveryone || s.Settings.Access != authz.AccessEveryone {
		return nil
	}
	rep := scopeRep{ID: s.ID, Name: s.Name, Attributes: map[string]string{attrAccess: string(authz.AccessUserTypes)}}
	if err := c.putScope(ctx, c.op, s, rep); err != nil && !authz.IsNotFound(err) {
		return err
	}
	c.record(s, func(s *authz.Scope) { s.LastAppliedAccess = authz.AccessUserTypes })
	return nil
}

// createdID is the last segment of a Location, "" where it has none.
func createdID(location string) string {
	if id := path.Base(location); id != "." && id != "/" && id != "client-scopes" {
		return id
	}
	return ""
}
