package keycloak

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// roleOf returns the role of a user type.
func (r realm) roleOf(ctx context.Context, op string, u authz.UserType) (roleRep, error) {
	switch clientID, name := authz.SplitRoleName(u.Name); {
	case clientID == "" && u.ID != "":
		return roleRep{ID: u.ID, Name: name}, nil
	case clientID == "":
		return r.roleByName(ctx, op, name)
	case u.ID == "":
		return r.clientRole(ctx, op, clientID, name)
	default: // it has the ID of the client
		role, err := get[roleRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "roles-by-id", u.ID)
		if authz.IsNotFound(err) {
			err = r.roleDeleted(op, u.Name, u.ID)
		}
		return role, err
	}
}

// roleDeleted returns the error about a role that existed before.
func (r realm) roleDeleted(op, userType, id string) error {
	return authz.Errorf(authz.NotFound, op, "there is no %s (id %s) in realm %q any more", describeRole(userType), id, r.name)
}

// rolesOf lists the roles of a client.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_roles
func (r realm) rolesOf(ctx context.Context, op string, client clientRep) ([]roleRep, error) {
	roles, err := get[[]roleRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "clients", client.ID, "roles")
	if authz.IsNotFound(err) { // the client was deleted after it was found
		err = r.noClient(op, client.ClientID)
	}
	return roles, err
}

// clientRole finds a role of a client by name.
func (r realm) clientRole(ctx context.Context, op, clientID, name string) (roleRep, error) {
	client, err := r.client(ctx, clientID)
	if err != nil {
		return roleRep{}, err
	}
	all, err := r.rolesOf(ctx, op, client)
	if err != nil {
		return roleRep{}, err
	}
	for _, normal := range []func(string) string{strings.Clone, nfc} { // the very name first
		if i := slices.IndexFunc(all, func(role roleRep) bool { return role.ID != "" && normal(role.Name) == name }); i >= 0 {
			return all[i], nil
		}
	}
	detail := "it has no roles"
	if len(all) > 0 {
		detail = "it has " + quoted(authz.NameSet(normalized(roleNames(all), nfc)...))
	}
	return roleRep{}, authz.Errorf(authz.NotFound, op, "client %q of realm %q has no role %q: %s", clientID, r.name, name, detail)
}

// ResolveUserType implements authz.UserTypeResolver. It takes two requests, and those for
// what the role contains.
func (d *Driver) ResolveUserType(ctx context.Context, serverID, userType string) (authz.UserType, error) {
	op := "find " + describeRole(userType)
	r, err := d.realm(serverID)
	if err != nil {
		return authz.UserType{}, err
	}
	clientID, name := authz.SplitRoleName(userType)
	var role roleRep
	if clientID == "" {
		role, err = r.roleByName(ctx, op, name)
	} else {
		role, err = r.clientRole(ctx, op, clientID, name)
	}
	if err != nil {
		return authz.UserType{}, err
	}
	listed := r.state.roles.Load()
	if listed == nil { // the caller may not view realm roles
		return authz.UserType{Name: userType, ID: role.ID}, nil
	}
	roles := *listed
	roles.contents, roles.clients = maps.Clone(roles.contents), maps.Clone(roles.clients)
	if role.ClientRole {
		roles.clients[role.ContainerID] = clientID
	}
	if err := r.readContents(ctx, &roles, []roleRep{role}); err != nil {
		return authz.UserType{}, err
	}
	if err := r.readClientNames(ctx, &roles, []roleRep{role}); err != nil {
		return authz.UserType{}, err
	}
	return roles.userType(userType, role), nil
}

// describeRole returns `realm role "a"` or `role "a" of client "b"`.
func describeRole(userType string) string {
	clientID, name := authz.SplitRoleName(userType)
	if clientID == "" {
		return fmt.Sprintf("realm role %q", name)
	}
	return fmt.Sprintf("role %q of client %q", name, clientID)
}
