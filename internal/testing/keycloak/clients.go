package keycloak

import (
	"net/http"
	"net/url"
)

// Client is an application that asks for tokens.
type Client struct {
	ID       string // Keycloak's own
	ClientID string
	Secret   string // "" for a public client
}

// CreatePublicClient makes a client that users log in to by password (direct
// access grant). It has the realm's default and optional scopes of this moment.
func (r *Realm) CreatePublicClient(t T, clientID string) Client {
	t.Helper()
	return r.CreateClient(t, map[string]any{"clientId": clientID, "publicClient": true, "directAccessGrantsEnabled": true})
}

// CreateServiceAccount makes a client that logs in as itself (client
// credentials), with roles of the realm-management client, as in "view-clients".
func (r *Realm) CreateServiceAccount(t T, clientID string, realmManagement ...string) Client {
	t.Helper()
	c := r.CreateClient(t, map[string]any{"clientId": clientID, "serviceAccountsEnabled": true, "standardFlowEnabled": false})
	var secret struct {
		Value string `json:"value"`
	}
	r.must(t, http.MethodGet, nil, &secret, "clients", c.ID, "client-secret")
	c.Secret = secret.Value
	if len(realmManagement) == 0 {
		return c
	}
	roles := make([]Role, 0, len(realmManagement))
	for _, name := range realmManagement {
		roles = append(roles, r.ClientRole(t, "realm-management", name))
	}
	r.must(t, http.MethodPost, roles, nil, r.managementMappings(t, c)...)
	return c
}

// CreateSAMLClient creates a client of SAML without a key. A key of Keycloak's default length
// takes up to a minute of a busy server.
func (r *Realm) CreateSAMLClient(t T, clientID string) {
	t.Helper()
	r.CreateClient(t, map[string]any{
		"clientId": clientID, "protocol": "saml", "attributes": map[string]string{"saml.client.signature": "false"},
	})
}

// CreateClient makes a client of any representation with a clientId.
func (r *Realm) CreateClient(t T, representation map[string]any) Client {
	t.Helper()
	clientID, _ := representation["clientId"].(string)
	return Client{ID: r.create(t, representation, "clients"), ClientID: clientID}
}

// DeleteClient deletes a client and its roles.
func (r *Realm) DeleteClient(t T, clientID string) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "clients", r.clientUUID(t, clientID))
}

// ServiceAccountUser is the user that a service account logs in as.
func (r *Realm) ServiceAccountUser(t T, c Client) User {
	t.Helper()
	var u struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}
	r.must(t, http.MethodGet, nil, &u, "clients", c.ID, "service-account-user")
	return User{ID: u.ID, Username: u.Username}
}

// AddClientScope gives a client a scope, kind "default" or "optional".
func (r *Realm) AddClientScope(t T, c Client, scope, kind string) {
	t.Helper()
	r.AssignScope(t, c, r.Scope(t, scope), kind)
}

// AssignScope is AddClientScope for a scope that was read before.
func (r *Realm) AssignScope(t T, c Client, scope ClientScope, kind string) {
	t.Helper()
	r.must(t, http.MethodPut, nil, nil, "clients", c.ID, kind+"-client-scopes", scope.ID)
}

// RemoveClientScope takes a scope of that kind from a client.
func (r *Realm) RemoveClientScope(t T, c Client, scope, kind string) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil, "clients", c.ID, kind+"-client-scopes", r.Scope(t, scope).ID)
}

// ClientScopes returns a client's scopes of a kind, sorted.
func (r *Realm) ClientScopes(t T, c Client, kind string) []string {
	t.Helper()
	var scopes []ClientScope
	r.must(t, http.MethodGet, nil, &scopes, "clients", c.ID, kind+"-client-scopes")
	return sortedNames(scopes, scopeName)
}

// clientUUID returns Keycloak's own ID of the client with a client ID.
func (r *Realm) clientUUID(t T, clientID string) string {
	t.Helper()
	var found []struct {
		ID string `json:"id"`
	}
	path := r.path("clients") + "?" + url.Values{"clientId": {clientID}}.Encode()
	if _, err := r.Server.admin.Do(t.Context(), http.MethodGet, path, nil, &found); err != nil {
		t.Fatalf("%v", err)
	}
	if len(found) != 1 {
		t.Fatalf("realm %q has %d clients %q", r.Name, len(found), clientID)
	}
	return found[0].ID
}

// HasClientAuthenticator reports whether clients can authenticate in a way.
func (r *Realm) HasClientAuthenticator(t T, id string) bool {
	t.Helper()
	var found []struct {
		ID string `json:"id"`
	}
	r.must(t, "GET", nil, &found, "authentication", "client-authenticator-providers")
	for _, f := range found {
		if f.ID == id {
			return true
		}
	}
	return false
}

// ManagementRoles returns the roles of realm-management that a service account has by
// itself, sorted.
func (r *Realm) ManagementRoles(t T, c Client) []string {
	t.Helper()
	var roles []Role
	r.must(t, http.MethodGet, nil, &roles, r.managementMappings(t, c)...)
	return sortedNames(roles, func(role Role) string { return role.Name })
}

// GrantManagement gives a service account a role of realm-management.
func (r *Realm) GrantManagement(t T, c Client, role string) {
	t.Helper()
	r.GrantClientRole(t, r.ServiceAccountUser(t, c), "realm-management", role)
}

// RevokeManagement removes a role of realm-management from a service account.
func (r *Realm) RevokeManagement(t T, c Client, role string) {
	t.Helper()
	r.must(t, http.MethodDelete, []Role{r.ClientRole(t, "realm-management", role)}, nil, r.managementMappings(t, c)...)
}

func (r *Realm) managementMappings(t T, c Client) []string {
	t.Helper()
	return []string{"users", r.ServiceAccountUser(t, c).ID, "role-mappings", "clients", r.clientUUID(t, "realm-management")}
}

// Client finds a client by its client ID.
func (r *Realm) Client(t T, clientID string) Client {
	t.Helper()
	return Client{ID: r.clientUUID(t, clientID), ClientID: clientID}
}

// HasIdentityProvider reports whether the server has a kind of identity provider.
func (s *Server) HasIdentityProvider(t T, id string) bool {
	t.Helper()
	var info struct {
		Kinds []struct {
			ID string `json:"id"`
		} `json:"identityProviders"`
	}
	if _, err := s.admin.Do(t.Context(), http.MethodGet, "/admin/serverinfo", nil, &info); err != nil {
		t.Fatalf("read the identity providers of Keycloak: %v", err)
	}
	for _, k := range info.Kinds {
		if k.ID == id {
			return true
		}
	}
	return false
}
