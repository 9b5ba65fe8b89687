package keycloak

import (
	"net/http"
)

// Role is a realm role, or a role of a client.
type Role struct {
	ID          string              `json:"id,omitempty"`
	Name        string              `json:"name"`
	Description string              `json:"description,omitempty"`
	Composite   bool                `json:"composite,omitempty"`
	ClientRole  bool                `json:"clientRole,omitempty"`
	ContainerID string              `json:"containerId,omitempty"`
	Attributes  map[string][]string `json:"attributes,omitempty"`
}

func roleName(r Role) string { return r.Name }

// CreateRole creates a realm role and returns it as Keycloak has it.
func (r *Realm) CreateRole(t T, role Role) Role {
	t.Helper()
	r.must(t, http.MethodPost, role, nil, "roles")
	if len(role.Attributes) > 0 {
		// Kept by a POST only since 24.
		r.update(t, map[string]any{"attributes": role.Attributes}, "roles", role.Name)
	}
	return r.Role(t, role.Name)
}

// CreateRoles makes realm roles that have a name and nothing else.
func (r *Realm) CreateRoles(t T, names ...string) {
	t.Helper()
	for _, name := range names {
		r.must(t, http.MethodPost, Role{Name: name}, nil, "roles")
	}
}

// Role returns a realm role, which must exist.
func (r *Realm) Role(t T, name string) Role {
	t.Helper()
	var role Role
	r.must(t, http.MethodGet, nil, &role, "roles", name)
	return role
}

// FindRole returns a realm role, and whether it exists.
func (r *Realm) FindRole(t T, name string) (Role, bool) {
	t.Helper()
	var role Role
	err := r.Do(t.Context(), http.MethodGet, nil, &role, "roles", name)
	if err != nil && !isNotFound(err) {
		t.Fatalf("%v", err)
	}
	return role, err == nil
}

// UpdateRole lays changes, in the API's field names, over a realm role.
func (r *Realm) UpdateRole(t T, name string, changes map[string]any) {
	t.Helper()
	r.update(t, changes, "roles", name)
}

// RenameRole keeps the role's id, mappings and attributes.
func (r *Realm) RenameRole(t T, name, to string) {
	t.Helper()
	r.UpdateRole(t, name, map[string]any{"name": to})
}

// DeleteRole deletes a realm role and with it, silently, its scope mappings.
func (r *Realm) DeleteRole(t T, name string) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "roles", name)
}

// AddComposites puts realm roles inside another: who has it has them too.
func (r *Realm) AddComposites(t T, parent string, children ...string) {
	t.Helper()
	r.must(t, http.MethodPost, r.rolesNamed(t, children), nil, "roles", parent, "composites")
}

// AddClientComposite puts a client's role inside a realm role.
func (r *Realm) AddClientComposite(t T, parent, clientID, role string) {
	t.Helper()
	r.must(t, http.MethodPost, []Role{r.ClientRole(t, clientID, role)}, nil, "roles", parent, "composites")
}

// RemoveComposites takes realm roles out of another.
func (r *Realm) RemoveComposites(t T, parent string, children ...string) {
	t.Helper()
	r.must(t, http.MethodDelete, r.rolesNamed(t, children), nil, "roles", parent, "composites")
}

// Composites returns the names of the roles that a realm role contains, sorted.
func (r *Realm) Composites(t T, parent string) []string {
	t.Helper()
	var roles []Role
	r.must(t, http.MethodGet, nil, &roles, "roles", parent, "composites")
	return sortedNames(roles, roleName)
}

// DefaultRole is the name of the role that every user has.
func (r *Realm) DefaultRole() string { return "default-roles-" + r.Name }

// CreateClientRole makes a role of a client.
func (r *Realm) CreateClientRole(t T, clientID, name string) Role {
	t.Helper()
	r.must(t, http.MethodPost, Role{Name: name}, nil, "clients", r.clientUUID(t, clientID), "roles")
	return r.ClientRole(t, clientID, name)
}

// ClientRole returns a role of a client, which must exist.
func (r *Realm) ClientRole(t T, clientID, name string) Role {
	t.Helper()
	var role Role
	r.must(t, http.MethodGet, nil, &role, "clients", r.clientUUID(t, clientID), "roles", name)
	return role
}

// DeleteClientRole deletes a role of a client and its scope mappings.
func (r *Realm) DeleteClientRole(t T, clientID, name string) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "clients", r.clientUUID(t, clientID), "roles", name)
}

func (r *Realm) rolesNamed(t T, names []string) []Role {
	t.Helper()
	roles := make([]Role, 0, len(names))
	for _, name := range names {
		roles = append(roles, r.Role(t, name))
	}
	return roles
}
