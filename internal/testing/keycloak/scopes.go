package keycloak

import (
	"net/http"
	"slices"
)

// ClientScope is a client scope. Attributes hold Keycloak's settings as text,
// as in "include.in.token.scope": "true".
type ClientScope struct {
	ID              string            `json:"id,omitempty"`
	Name            string            `json:"name"`
	Description     string            `json:"description,omitempty"`
	Protocol        string            `json:"protocol,omitempty"` // "" is created as openid-connect
	Attributes      map[string]string `json:"attributes,omitempty"`
	ProtocolMappers []ProtocolMapper  `json:"protocolMappers,omitempty"`
}

// ProtocolMapper puts claims into tokens.
type ProtocolMapper struct {
	ID             string            `json:"id,omitempty"`
	Name           string            `json:"name"`
	Protocol       string            `json:"protocol"`
	ProtocolMapper string            `json:"protocolMapper"`
	Config         map[string]string `json:"config,omitempty"`
}

func scopeName(s ClientScope) string { return s.Name }

// Kinds of assignment of a scope to new clients.
const (
	AssignedNone     = "none"
	AssignedDefault  = "default"
	AssignedOptional = "optional"
)

// CreateScope creates a client scope and returns it as Keycloak has it. It has no role mappings:
// it is open to everyone.
func (r *Realm) CreateScope(t T, scope ClientScope) ClientScope {
	t.Helper()
	if scope.Protocol == "" {
		scope.Protocol = "openid-connect"
	}
	id := r.create(t, scope, "client-scopes")
	var live ClientScope
	r.must(t, http.MethodGet, nil, &live, "client-scopes", id)
	return live
}

// CreateScopes makes client scopes that have a name and nothing else.
func (r *Realm) CreateScopes(t T, names ...string) {
	t.Helper()
	for _, name := range names {
		r.CreateScope(t, ClientScope{Name: name})
	}
}

// Scopes returns all client scopes, sorted by name, with the built-in ones.
func (r *Realm) Scopes(t T) []ClientScope {
	t.Helper()
	var scopes []ClientScope
	r.must(t, http.MethodGet, nil, &scopes, "client-scopes")
	slices.SortFunc(scopes, func(a, b ClientScope) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return scopes
}

// FindScope returns a client scope, and whether it exists.
func (r *Realm) FindScope(t T, name string) (ClientScope, bool) {
	t.Helper()
	scopes := r.Scopes(t)
	i := slices.IndexFunc(scopes, func(s ClientScope) bool { return s.Name == name })
	if i < 0 {
		return ClientScope{}, false
	}
	return scopes[i], true
}

// Scope returns a client scope, which must exist.
func (r *Realm) Scope(t T, name string) ClientScope {
	t.Helper()
	s, ok := r.FindScope(t, name)
	if !ok {
		t.Fatalf("realm %q has no client scope %q, but %q", r.Name, name, sortedNames(r.Scopes(t), scopeName))
	}
	return s
}

// UpdateScope merges changes, in the API's field names, into a client scope. Keycloak keeps
// attributes that are omitted.
func (r *Realm) UpdateScope(t T, name string, changes map[string]any) {
	t.Helper()
	r.update(t, changes, "client-scopes", r.Scope(t, name).ID)
}

// RenameScope keeps the scope's id, mappings and assignments.
func (r *Realm) RenameScope(t T, name, to string) {
	t.Helper()
	r.UpdateScope(t, name, map[string]any{"name": to})
}

// DeleteScope deletes a client scope.
func (r *Realm) DeleteScope(t T, name string) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "client-scopes", r.Scope(t, name).ID)
}

// ScopeRoles returns the realm roles that a scope is mapped to, sorted. Without any, the scope is
// open to everyone, unless a client role is mapped.
func (r *Realm) ScopeRoles(t T, scope string) []string {
	t.Helper()
	return r.RolesOf(t, r.Scope(t, scope))
}

// RolesOf is ScopeRoles for a scope that was read before.
func (r *Realm) RolesOf(t T, scope ClientScope) []string {
	t.Helper()
	var roles []Role
	r.must(t, http.MethodGet, nil, &roles, "client-scopes", scope.ID, "scope-mappings", "realm")
	return sortedNames(roles, roleName)
}

// ScopeClientRoles returns the client roles that a scope is mapped to, by client ID.
func (r *Realm) ScopeClientRoles(t T, scope string) map[string][]string {
	t.Helper()
	var all struct {
		ClientMappings map[string]struct {
			Client   string `json:"client"`
			Mappings []Role `json:"mappings"`
		} `json:"clientMappings"`
	}
	r.must(t, http.MethodGet, nil, &all, "client-scopes", r.Scope(t, scope).ID, "scope-mappings")
	roles := make(map[string][]string, len(all.ClientMappings))
	for _, m := range all.ClientMappings {
		roles[m.Client] = sortedNames(m.Mappings, roleName)
	}
	return roles
}

// MapRoles maps realm roles to a scope: from the first on, only who has one of
// them gets the scope.
func (r *Realm) MapRoles(t T, scope string, roles ...string) {
	t.Helper()
	r.must(t, http.MethodPost, r.rolesNamed(t, roles), nil, "client-scopes", r.Scope(t, scope).ID, "scope-mappings", "realm")
}

// UnmapRoles removes mappings. Without the last one the scope is open.
func (r *Realm) UnmapRoles(t T, scope string, roles ...string) {
	t.Helper()
	r.must(t, http.MethodDelete, r.rolesNamed(t, roles), nil, "client-scopes", r.Scope(t, scope).ID, "scope-mappings", "realm")
}

// MapClientRole maps a client's role to a scope.
func (r *Realm) MapClientRole(t T, scope, clientID, role string) {
	t.Helper()
	r.clientRoleMapping(t, http.MethodPost, scope, clientID, role)
}

// UnmapClientRole removes that mapping.
func (r *Realm) UnmapClientRole(t T, scope, clientID, role string) {
	t.Helper()
	r.clientRoleMapping(t, http.MethodDelete, scope, clientID, role)
}

func (r *Realm) clientRoleMapping(t T, method, scope, clientID, role string) {
	t.Helper()
	roles := []Role{r.ClientRole(t, clientID, role)}
	r.must(t, method, roles, nil, "client-scopes", r.Scope(t, scope).ID, "scope-mappings", "clients", r.clientUUID(t, clientID))
}

// AssignedType returns how the scope is assigned to new clients: "default", "optional" or "none".
func (r *Realm) AssignedType(t T, scope string) string {
	t.Helper()
	for _, kind := range []string{AssignedDefault, AssignedOptional} {
		if slices.Contains(r.RealmScopes(t, kind), scope) {
			return kind
		}
	}
	return AssignedNone
}

// RealmScopes returns the names of the realm's "default" or "optional" scopes.
func (r *Realm) RealmScopes(t T, kind string) []string {
	t.Helper()
	var scopes []ClientScope
	r.must(t, http.MethodGet, nil, &scopes, "default-"+kind+"-client-scopes")
	return sortedNames(scopes, scopeName)
}

// SetAssignedType makes it "default", "optional" or "none".
func (r *Realm) SetAssignedType(t T, scope, kind string) {
	t.Helper()
	id := r.Scope(t, scope).ID
	old := r.AssignedType(t, scope)
	if old == kind {
		return // a second PUT is 409
	}
	if old != AssignedNone {
		r.must(t, http.MethodDelete, nil, nil, "default-"+old+"-client-scopes", id)
	}
	if kind != AssignedNone {
		r.must(t, http.MethodPut, nil, nil, "default-"+kind+"-client-scopes", id)
	}
}

// AddMapper adds a protocol mapper to a client scope.
func (r *Realm) AddMapper(t T, scope string, m ProtocolMapper) {
	t.Helper()
	r.must(t, "POST", m, nil, "client-scopes", r.Scope(t, scope).ID, "protocol-mappers", "models")
}

// ChangeMapper replaces a protocol mapper of a client scope.
func (r *Realm) ChangeMapper(t T, scope string, m ProtocolMapper) {
	t.Helper()
	r.must(t, "PUT", m, nil, "client-scopes", r.Scope(t, scope).ID, "protocol-mappers", "models", m.ID)
}
