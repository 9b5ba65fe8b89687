package keycloak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/Nerzal/gocloak/v13"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// cleanupTime bounds the requests after the caller gave up.
const cleanupTime = 15 * time.Second

// CreateScope implements authz.ScopeWriter. If a step fails, it deletes the scope.
func (d *Driver) CreateScope(ctx context.Context, serverID string, want authz.Scope) (authz.Scope, error) {
	op := fmt.Sprintf("create scope %q", want.Name)
	r, err := d.realm(serverID)
	if err != nil {
		return authz.Scope{}, err
	}
	if err := creatable(op, want); err != nil {
		return authz.Scope{}, err
	}
	steps := createSteps(want)
	if slices.Contains(steps, stepGuard) {
		if _, err := r.ensureGuard(ctx); err != nil {
			return authz.Scope{}, err
		}
	}
	made := want
	made.BuiltIn, made.UserTypes, made.ClientRoles, made.Restrictions = builtIn(want.Name), nil, nil, nil
	made.Settings.AssignedType = assigned(want)
	if !made.BuiltIn {
		made.LastAppliedAccess = want.Settings.Access
	}
	if made.ID, err = r.postScope(ctx, op, want); err != nil {
		return authz.Scope{}, err
	}
	if err := r.runSteps(ctx, op, made, steps[1:], scopeRep{}, made); err != nil {
		return authz.Scope{}, r.undo(ctx, op, made, err)
	}
	return made, nil
}

func creatable(op string, want authz.Scope) error {
	if err := writable(op, want); err != nil {
		return err
	}
	switch want.Settings.Access {
	case authz.AccessEveryone:
		return nil
	case authz.AccessUserTypes:
		if builtIn(want.Name) {
			return invalid(op, authz.ReasonKeycloakBuiltInAccess, "%q is a built-in scope, and built-in scopes are never limited to user types", want.Name)
		}
		return nil
	}
	return invalid(op, authz.ReasonKeycloakNewAccess, "access is %q, which is for existing scopes, and this scope is new", want.Settings.Access)
}

// writable rejects what Keycloak would accept without an error, or return 500 for.
func writable(op string, want authz.Scope) error {
	if want.Name == notAScope {
		return invalid(op, authz.ReasonKeycloakNotAScope, "%q is not a client scope", notAScope)
	}
	err := errors.Join(authz.CheckName(want.Name), authz.CheckDescription(want.Name, want.Description),
		authz.CheckConsentText(want.Settings.ConsentScreenText))
	if err != nil {
		return &authz.Error{Kind: authz.Invalid, Op: op, Err: err}
	}
	return nil
}

// postScope creates the scope without role mappings and returns its ID. If no response was
// received, or if it lacks the ID, postScope reads the scope back.
func (r realm) postScope(ctx context.Context, op string, want authz.Scope) (string, error) {
	rep := scopeRep{Name: want.Name, Protocol: protocolOIDC, Attributes: newAttributes(want)}
	if want.Description != "" {
		rep.Description = &want.Description
	}
	header, err := r.change(ctx, &call{op: op, needs: needManageClients}, http.MethodPost, rep, "client-scopes")
	id := createdID(header.Get("Location"))
	switch {
	case err == nil && id != "":
		return id, nil
	case err != nil && !authz.OutcomeUnknown(err):
		return "", err
	}
	return r.readBack(ctx, op, rep, err)
}

// readBack finds the scope that a POST may have created. It did not exist before: if it
// exists exactly as it was sent, this POST created it. lost is nil if the server reported
// success.
func (r realm) readBack(ctx context.Context, op string, sent scopeRep, lost error) (string, error) {
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	all, err := get[[]scopeRep](aside, r, &call{op: op, needs: needViewClients}, nil, "client-scopes")
	if err != nil {
		return "", errors.Join(lost, err)
	}
	i := slices.IndexFunc(all, func(s scopeRep) bool { return s.Name == sent.Name })
	switch {
	case i < 0 && lost != nil:
		return "", lost
	case i < 0:
		return "", authz.Errorf(authz.Unavailable, op, "Keycloak reported that the scope was created, but does not list it")
	case !sameRep(all[i], sent):
		return "", &authz.Error{
			Kind: authz.Conflict, Op: op, Advice: authz.ReasonKeycloakCreatedElsewhere,
			Err: errors.New("no response was received, and the server now has a scope of that name with other settings"),
		}
	case ctx.Err() != nil:
		return "", r.undo(ctx, op, authz.Scope{Name: sent.Name, ID: all[i].ID}, lost)
	}
	return all[i].ID, nil
}

func sameRep(current, sent scopeRep) bool {
	return gocloak.PString(current.Description) == gocloak.PString(sent.Description) && current.Protocol == sent.Protocol &&
		maps.Equal(current.Attributes, sent.Attributes) && len(current.ProtocolMappers) == 0
}

// undo deletes a scope whose creation failed, also if the caller gave up.
func (r realm) undo(ctx context.Context, op string, made authz.Scope, why error) error {
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if err := r.delete(aside, op, made); err != nil {
		return &authz.Error{
			Kind: authz.Unavailable, Op: op, Err: errors.Join(why, err), OutcomeUnknown: true,
			Advice: authz.ReasonKeycloakHalfCreated,
		}
	}
	return why
}

// UpdateScope implements authz.ScopeWriter.
func (d *Driver) UpdateScope(ctx context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	op := fmt.Sprintf("update scope %q", live.Name)
	r, err := d.realm(serverID)
	if err != nil {
		return authz.Scope{}, err
	}
	if err := updatable(op, live, want); err != nil {
		return authz.Scope{}, err
	}
	current := want
	current.Settings = settings.AfterWrite(want.Settings, live.Settings)
	current.Mappers, current.Protocol, current.Parameterized = live.Mappers, live.Protocol, live.Parameterized
	current.ID, current.BuiltIn, current.UserTypes, current.ClientRoles, current.Restrictions = live.ID, live.BuiltIn, live.UserTypes, live.ClientRoles, nil
	current.Settings.Access, current.LastAppliedAccess = accessAfter(live, want), intendedAfter(live, want)
	current.Settings.AssignedType = assigned(want)
	// A PUT merges, but without a name it is a 500.
	rep := scopeRep{ID: live.ID, Name: want.Name, Attributes: changedAttributes(live, want, current.LastAppliedAccess)}
	if want.Description != live.Description {
		rep.Description = &want.Description
	}
	put := want.Name != live.Name || rep.Description != nil || len(rep.Attributes) > 0
	if err := r.runSteps(ctx, op, live, updateSteps(live, want, put), rep, current); err != nil {
		return authz.Scope{}, err
	}
	if current.Settings.Access == authz.AccessEveryone {
		current.UserTypes = nil
	}
	return current, nil
}

func updatable(op string, live, want authz.Scope) error {
	if err := writable(op, want); err != nil {
		return err
	}
	switch after := accessAfter(live, want); {
	case isBuiltIn(live) && after != live.Settings.Access:
		return invalid(op, authz.ReasonKeycloakAccess,
			"%q is a built-in scope; its access is never changed, because tokens need its claims", live.Name).With(string(live.Settings.Access))
	case !isBuiltIn(live) && builtIn(want.Name):
		return invalid(op, "Choose another name.", "%q is the name of a built-in scope", want.Name)
	case after == authz.AccessEveryone && len(live.ClientRoles) > 0:
		return limitedByClientRoles(op, live.ClientRoles)
	}
	return nil
}

func limitedByClientRoles(op string, roles []string) error {
	return invalid(op, authz.ReasonKeycloakClientRoles,
		"the scope cannot be opened to everyone, because client roles limit it: %s", quoted(roles))
}

// runSteps carries out steps. target is the scope before the steps, and becomes the scope after them.
func (r realm) runSteps(ctx context.Context, op string, target authz.Scope, steps []step, put scopeRep, becomes authz.Scope) error {
	guarded := false // by a step before
	for _, s := range steps {
		var err error
		switch s {
		case stepPost: // by CreateScope
		case stepGuard:
			err = r.guardScope(ctx, op, target)
			guarded = true
		case stepPut:
			if put.Name != target.Name && !guarded { // clients may request the new name
				err = r.ensureLimitedUnless(ctx, op, target, becomes)
			}
			if err == nil {
				err = r.putScope(ctx, op, target, put)
			}
		case stepAudiences:
			err = r.setAudiences(ctx, op, target, becomes.Settings.IncludedAudiences)
		case stepUnassign:
			err = r.unassign(ctx, op, target, assigned(target))
		case stepAssign:
			if !guarded {
				err = r.ensureLimitedUnless(ctx, op, target, becomes)
			}
			if err == nil {
				err = r.assign(ctx, op, target, assigned(becomes))
			}
		case stepOpen:
			if err = r.open(ctx, op, target); err != nil && !authz.OutcomeUnknown(err) {
				r.rollBackAccess(ctx, op, target, becomes.Name)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rollBackAccess restores the attribute of the access after the server refused to open the
// scope. If that fails, too, the next plan shows the difference.
func (r realm) rollBackAccess(ctx context.Context, op string, target authz.Scope, name string) {
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	_ = r.putScope(aside, op, target, scopeRep{ID: target.ID, Name: name, Attributes: map[string]string{attrAccess: string(target.LastAppliedAccess)}})
}

func (r realm) putScope(ctx context.Context, op string, target authz.Scope, rep scopeRep) error {
	_, err := r.change(ctx, &call{op: op, needs: needManageClients}, http.MethodPut, rep, "client-scopes", target.ID)
	if authz.IsNotFound(err) {
		return r.missingScope(ctx, op, target, stillListed(op))
	}
	return err
}

// assign adds the scope to those that new clients get.
func (r realm) assign(ctx context.Context, op string, target authz.Scope, kind authz.AssignedType) error {
	send := func(method string, kind authz.AssignedType) error {
		_, err := r.change(ctx, &call{op: op, needs: needManageClients}, method, nil, assignedAddress(kind), target.ID)
		return err
	}
	err := send("PUT", kind)
	if authz.KindOf(err) == authz.Conflict && err != nil {
		// The other kind was set in the meantime.
		other := authz.AssignedDefault
		if kind == authz.AssignedDefault {
			other = authz.AssignedOptional
		}
		if err = send("DELETE", other); err == nil {
			err = send("PUT", kind)
		}
	}
	if authz.IsNotFound(err) {
		return r.missingScope(ctx, op, target, stillListed(op))
	}
	return err
}

func (r realm) unassign(ctx context.Context, op string, target authz.Scope, kind authz.AssignedType) error {
	_, err := r.change(ctx, &call{op: op, needs: needManageClients}, http.MethodDelete, nil, assignedAddress(kind), target.ID)
	if authz.IsNotFound(err) {
		return r.missingScope(ctx, op, target, stillListed(op))
	}
	return err
}

func assignedAddress(kind authz.AssignedType) string {
	return "default-" + string(kind) + "-client-scopes"
}

// open removes every realm role from a scope by one request, so that the scope is never
// limited to fewer user types in between.
func (r realm) open(ctx context.Context, op string, target authz.Scope) error {
	now, err := r.mappings(ctx, op, target)
	if err != nil {
		return err
	}
	if names := now.names(); len(names.client) > 0 {
		return limitedByClientRoles(op, authz.NameSet(names.client...))
	}
	if unseen := r.mappedSince(now.RealmMappings, target); len(unseen) > 0 {
		return &authz.Error{
			Kind: authz.Conflict, Op: op, Advice: authz.ReasonKeycloakMappedMeanwhile,
			Err: fmt.Errorf("the scope was mapped to %s after it was read", quoted(unseen)),
		}
	}
	if len(now.RealmMappings) == 0 {
		return nil
	}
	return r.unmapRoles(ctx, op, target, now.RealmMappings...)
}

// mappedSince returns the roles that were mapped to a scope after it was read.
func (r realm) mappedSince(mapped []roleRep, target authz.Scope) []string {
	var names []string
	shown := shownNames(roleNames(mapped), nfc)
	for _, role := range mapped {
		role.Name = authz.RealmRoleName(shown[role.Name])
		if guard := r.state.guard; guard != nil && role.ID == guard.ID || slices.Contains(target.UserTypes, role.Name) || role.Name == r.d.cfg.GuardRole {
			continue
		}
		names = append(names, role.Name)
	}
	return authz.NameSet(names...)
}

// DeleteScope implements authz.ScopeWriter.
func (d *Driver) DeleteScope(ctx context.Context, serverID string, live authz.Scope) error {
	op := fmt.Sprintf("delete scope %q", live.Name)
	r, err := d.realm(serverID)
	if err != nil {
		return err
	}
	if isBuiltIn(live) {
		return invalid(op, "", "%q is a built-in scope, and built-in scopes are never deleted", live.Name)
	}
	return r.delete(ctx, op, live)
}

func (r realm) delete(ctx context.Context, op string, target authz.Scope) error {
	err := r.write(ctx, &call{op: op, needs: needManageClients}, func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
		return g.DeleteClientScope(ctx, "", realm, esc(target.ID))
	})
	switch {
	case authz.IsNotFound(err):
		err = r.missingScope(ctx, op, target, stillListed(op))
	case hasStatus(err, 500): // also the response if the scope is deleted at the same moment
		if gone := r.missingScope(ctx, op, target, err); authz.IsNotFound(gone) {
			err = gone
		}
	}
	if authz.IsNotFound(err) {
		return nil
	}
	return err
}

func stillListed(op string) error {
	return authz.Errorf(authz.Unavailable, op, "Keycloak returned 404 for the scope, but lists it")
}

// mapRoles maps roles, all of the realm or all of one client, to a scope. Repeating it
// changes nothing.
func (r realm) mapRoles(ctx context.Context, op string, target authz.Scope, roles ...roleRep) error {
	post := func() error {
		return r.write(httpapi.RepeatableWrite(ctx), &call{op: op, needs: needsToMap(roles)}, func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			if client := containerOf(roles); client != "" {
				return g.CreateClientScopesScopeMappingsClientRoles(ctx, "", realm, esc(target.ID), esc(client), gocloakRoles(roles))
			}
			return g.CreateClientScopesScopeMappingsRealmRoles(ctx, "", realm, esc(target.ID), gocloakRoles(roles))
		})
	}
	err := post()
	// If two requests map the same role at once, one returns 409, with the role mapped.
	for try := 0; try < 2 && err != nil && authz.KindOf(err) == authz.Conflict; try++ {
		now, readErr := r.mappings(ctx, op, target)
		if readErr != nil {
			return readErr
		}
		if hasAll(now.all(), roles) {
			return nil
		}
		err = post()
	}
	if authz.IsNotFound(err) {
		return r.explainMissing(ctx, op, target, roles, err)
	}
	return err
}

// unmapRoles removes roles from a scope. Never call it for the last role of a scope that must
// stay limited.
func (r realm) unmapRoles(ctx context.Context, op string, target authz.Scope, roles ...roleRep) error {
	err := r.write(ctx, &call{op: op, needs: needsToMap(roles)}, func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
		if client := containerOf(roles); client != "" {
			return g.DeleteClientScopesScopeMappingsClientRoles(ctx, "", realm, esc(target.ID), esc(client), gocloakRoles(roles))
		}
		return g.DeleteClientScopesScopeMappingsRealmRoles(ctx, "", realm, esc(target.ID), gocloakRoles(roles))
	})
	if authz.IsNotFound(err) {
		return r.explainMissing(ctx, op, target, roles, err)
	}
	return err
}

// needsToMap returns what a request needs that maps roles to a scope, or removes them.
func needsToMap(roles []roleRep) string {
	if containerOf(roles) != "" {
		return needManageClients
	}
	return needMap
}

// containerOf returns the ID of the client whose roles they are, "" for realm roles.
func containerOf(roles []roleRep) string {
	if len(roles) > 0 && roles[0].ClientRole {
		return roles[0].ContainerID
	}
	return ""
}

func gocloakRoles(roles []roleRep) []gocloak.Role {
	list := make([]gocloak.Role, len(roles))
	for i, role := range roles {
		list[i] = role.gocloak()
	}
	return list
}

func hasAll(current, roles []roleRep) bool {
	return !slices.ContainsFunc(roles, func(role roleRep) bool {
		return !slices.ContainsFunc(current, func(x roleRep) bool { return x.ID == role.ID })
	})
}
