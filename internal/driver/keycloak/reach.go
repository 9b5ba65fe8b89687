package keycloak

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// ensureLimited is called immediately before a request that makes a scope
// reachable: an assignment to a client or to the realm's defaults, or a rename.
// Keycloak gives a scope without role mappings to everyone who requests it. A scope
// that its configuration limits may have lost its mappings since the snapshot, or
// may not have got any yet. The guard role is then mapped first.
//
// The scope's own attribute decides, because another state may manage the scope.
// A built-in scope, a scope opened on purpose, and a scope that no configuration
// manages stay as they are. The error is Denied if the caller may not map the guard
// role, NotFound if the scope was deleted, and Invalid for a scope of another protocol, such
// as SAML: Keycloak returns 204 when a client of OpenID Connect gets it, and changes nothing. A caller who
// may not map the guard role relies on the mappings that it reads.
func (r realm) ensureLimited(ctx context.Context, op string, target authz.Scope) error {
	rep, err := get[scopeRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes", target.ID)
	if err != nil {
		if authz.IsNotFound(err) {
			return r.missingScope(ctx, op, target, stillListed(op))
		}
		return err
	}
	if rep.ID != target.ID {
		return authz.Advise(authz.Unavailable, op, adviceAddress, "the response is not the scope %q", target.Name)
	}
	if !rep.issued() {
		return invalid(op, authz.ReasonKeycloakScopeProtocol, "scope %q has the protocol %q, and OpenID Connect clients cannot have it", target.Name, rep.Protocol)
	}
	if builtIn(rep.Name) || rep.Attributes[attrAccess] != string(authz.AccessUserTypes) {
		return nil
	}
	failed := r.limit(ctx, op, target)
	if authz.KindOf(failed) != authz.Denied || hasStatus(failed, http.StatusUnauthorized) {
		return failed // nil: limited
	}
	limited, err := r.isLimited(ctx, op, target)
	if err != nil || limited {
		return err
	}
	return failed
}

// limit maps the guard role to a scope, and verifies the mapping: the guard role may
// have been deleted in between, and its mapping with it.
func (r realm) limit(ctx context.Context, op string, target authz.Scope) error {
	if err := r.guardScope(ctx, op, target); err != nil {
		return err
	}
	limited, err := r.isLimited(ctx, op, target)
	if err == nil && !limited {
		r.state.forget()
		return authz.Errorf(authz.Conflict, op, "scope %q has no role mapping although the guard role was mapped to it", target.Name)
	}
	return err
}

// stayLimited is called after a role was removed from a scope. The guard role may have
// been deleted between its mapping and the removal, which then opened the scope. So the
// guard role is mapped once more, which no outdated response can hide. If it does not
// exist, it is created and mapped, or the error reports the open scope.
func (c *typeChange) stayLimited(ctx context.Context, s authz.Scope) error {
	err := c.guardScope(ctx, c.op, s)
	if err == nil || authz.IsNotFound(err) {
		return err
	}
	if !errors.Is(err, errRoleDeleted) {
		if limited, unread := c.isLimited(ctx, c.op, s); limited || unread != nil {
			return unread
		}
	}
	c.record(s, func(s *authz.Scope) { s.Settings.Access = authz.AccessEveryone })
	if errors.Is(err, errRoleDeleted) {
		err = c.limit(ctx, c.op, s)
	}
	if err != nil {
		if authz.IsNotFound(err) {
			return err
		}
		return &authz.Error{
			Kind: authz.KindOf(err), Op: c.op,
			Err:    fmt.Errorf("scope %q lost its last role mapping, because the guard role was deleted, and is open to everyone: %w", s.Name, err),
			Advice: authz.ReasonKeycloakLimitAgain, OutcomeUnknown: authz.OutcomeUnknown(err),
		}
	}
	c.record(s, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
	return nil
}

// ensureLimitedUnless is ensureLimited, except for a scope that becomes open.
func (r realm) ensureLimitedUnless(ctx context.Context, op string, target, becomes authz.Scope) error {
	if becomes.Settings.Access == authz.AccessEveryone {
		return nil
	}
	return r.ensureLimited(ctx, op, target)
}

// isLimited reports whether any role is mapped to the scope at this moment.
func (r realm) isLimited(ctx context.Context, op string, target authz.Scope) (bool, error) {
	if r.state.noCombined.Load() {
		if roles, err := r.realmMappings(ctx, op, target); err != nil || len(roles) > 0 {
			return err == nil, err
		}
	}
	now, err := r.mappings(ctx, op, target)
	if err != nil {
		return false, err
	}
	return len(now.all()) > 0, nil
}
