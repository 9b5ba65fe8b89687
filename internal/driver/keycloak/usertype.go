package keycloak

import (
	"context"
	"errors"
	"fmt"
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

// typeChange is one ChangeUserType under way.
type typeChange struct {
	realm
	op       string
	userType string // the name that a snapshot has
	role     roleRep

	mu      sync.Mutex
	touched map[string]authz.Scope // by id
}

// ChangeUserType implements authz.UserTypeScopes. It maps the guard role, then grants, then
// revokes. It maps the guard role directly before it removes a role, whatever the listing
// has.
func (d *Driver) ChangeUserType(ctx context.Context, serverID string, change authz.UserTypeChange) ([]authz.Scope, error) {
	op := fmt.Sprintf("change the scopes of %s", describeRole(change.UserType.Name))
	r, err := d.realm(serverID)
	if err != nil {
		return nil, err
	}
	scopes := slices.Concat(change.Grant, change.Revoke, change.Guard)
	if len(scopes) == 0 {
		return nil, nil
	}
	for _, s := range scopes {
		if isBuiltIn(s) {
			return nil, invalid(op, authz.ReasonKeycloakBuiltInGrant,
				"%q is a built-in scope; its access is never changed, because tokens need its claims", s.Name)
		}
	}
	guard, err := r.ensureGuard(ctx)
	if err != nil {
		return nil, err
	}
	c := &typeChange{realm: r, op: op, userType: change.UserType.Name, touched: map[string]authz.Scope{}}
	if change.UserType.ID == guard.ID || c.userType == guard.Name {
		return nil, invalid(op, "Choose another role.", "%q is the guard role, which no user may have", c.userType)
	}
	if c.role, err = r.roleOf(ctx, op, change.UserType); err != nil {
		return nil, err
	}
	err = eachCounted(ctx, r.d.atOnce, "scopes limited", change.Guard, func(s authz.Scope) error { return c.guard(ctx, s) })
	if err == nil {
		err = eachCounted(ctx, r.d.atOnce, "scopes granted", change.Grant, func(s authz.Scope) error { return c.grant(ctx, s, guard) })
	}
	if err == nil {
		err = eachCounted(ctx, r.d.atOnce, "scopes revoked", change.Revoke, func(s authz.Scope) error { return c.revoke(ctx, s) })
	}
	return c.result(), c.classify(ctx, err)
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

// classify returns NotFound if the role of the user type was deleted, not the guard role.
func (c *typeChange) classify(ctx context.Context, err error) error {
	if !errors.Is(err, errRoleDeleted) {
		return err
	}
	_, gone := get[roleRep](ctx, c.realm, &call{op: c.op, needs: needViewRealm}, nil, "roles-by-id", c.role.ID)
	if authz.IsNotFound(gone) {
		return c.roleDeleted(c.op, c.userType, c.role.ID)
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

// grant maps the role. A scope without the guard gets it by the same call, or for a client
// role by a call before: an open one is closed to all others at once, and each stays limited
// when its last role is deleted.
func (c *typeChange) grant(ctx context.Context, s authz.Scope, guard roleRep) error {
	roles := []roleRep{c.role}
	var err error
	switch {
	case s.Settings.Access == authz.AccessUserTypes:
	case c.role.ClientRole:
		if err = c.mapRoles(ctx, c.op, s, guard); err == nil {
			c.record(s, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
		}
	default:
		roles = append(roles, guard)
	}
	if err == nil {
		err = c.mapRoles(ctx, c.op, s, roles...)
	}
	if authz.IsNotFound(err) {
		return &authz.Error{
			Kind: authz.Conflict, Op: c.op, Err: fmt.Errorf("scope %q was deleted in the meantime", s.Name),
			Advice: authz.ReasonKeycloakScopeMissing,
		}
	}
	if err != nil {
		return err
	}
	c.record(s, func(s *authz.Scope) {
		*s = s.WithUserType(c.userType, true)
		s.Settings.Access = authz.AccessUserTypes
	})
	return c.recordLimited(ctx, s)
}

// revoke removes the role, and verifies that the scope is still limited. A scope that
// was deleted is done.
func (c *typeChange) revoke(ctx context.Context, s authz.Scope) error {
	err := c.guardScope(ctx, c.op, s)
	if err == nil {
		c.record(s, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
		if err = c.unmapRoles(ctx, c.op, s, c.role); err == nil {
			c.record(s, func(s *authz.Scope) { *s = s.WithUserType(c.userType, false) })
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
