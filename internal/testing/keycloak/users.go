package keycloak

import "net/http"

// User is a user that can log in.
type User struct {
	ID       string
	Username string
	Password string
}

// CreateUser makes a user who can log in and has these realm roles besides the
// realm's default roles.
func (r *Realm) CreateUser(t T, username string, roles ...string) User {
	t.Helper()
	u := User{Username: username, Password: "password-of-" + username}
	// A user without names and address would first have to fill in a profile.
	u.ID = r.create(t, map[string]any{
		"username": username, "enabled": true, "emailVerified": true,
		"email": username + "@example.test", "firstName": username, "lastName": "Test",
		"credentials": []map[string]any{{"type": "password", "value": u.Password}},
	}, "users")
	r.GrantRoles(t, u, roles...)
	return u
}

// DeleteUser deletes a user.
func (r *Realm) DeleteUser(t T, u User) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "users", u.ID)
}

// GrantRoles gives a user realm roles.
func (r *Realm) GrantRoles(t T, u User, roles ...string) {
	t.Helper()
	if len(roles) > 0 {
		r.must(t, http.MethodPost, r.rolesNamed(t, roles), nil, "users", u.ID, "role-mappings", "realm")
	}
}

// GrantClientRole gives a user a role of a client.
func (r *Realm) GrantClientRole(t T, u User, clientID, role string) {
	t.Helper()
	r.must(t, http.MethodPost, []Role{r.ClientRole(t, clientID, role)}, nil, "users", u.ID, "role-mappings", "clients", r.clientUUID(t, clientID))
}

// RevokeRoles takes realm roles from a user.
func (r *Realm) RevokeRoles(t T, u User, roles ...string) {
	t.Helper()
	r.must(t, http.MethodDelete, r.rolesNamed(t, roles), nil, "users", u.ID, "role-mappings", "realm")
}

// Group is a group of users, who have its roles.
type Group struct{ ID, Name string }

// CreateGroup makes a group with realm roles.
func (r *Realm) CreateGroup(t T, name string, roles ...string) Group {
	t.Helper()
	g := Group{ID: r.create(t, map[string]any{"name": name}, "groups"), Name: name}
	if len(roles) > 0 {
		r.GrantGroupRoles(t, g, roles...)
	}
	return g
}

// GrantGroupRoles gives a group realm roles.
func (r *Realm) GrantGroupRoles(t T, g Group, roles ...string) {
	t.Helper()
	r.must(t, http.MethodPost, r.rolesNamed(t, roles), nil, "groups", g.ID, "role-mappings", "realm")
}

// RevokeGroupRoles takes realm roles from a group.
func (r *Realm) RevokeGroupRoles(t T, g Group, roles ...string) {
	t.Helper()
	r.must(t, http.MethodDelete, r.rolesNamed(t, roles), nil, "groups", g.ID, "role-mappings", "realm")
}

// JoinGroup puts a user into a group.
func (r *Realm) JoinGroup(t T, u User, g Group) {
	t.Helper()
	r.must(t, http.MethodPut, nil, nil, "users", u.ID, "groups", g.ID)
}

// LeaveGroup takes a user out of a group.
func (r *Realm) LeaveGroup(t T, u User, g Group) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "users", u.ID, "groups", g.ID)
}
