package keycloak

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/Nerzal/gocloak/v13"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Attributes that this provider defines.
const (
	// attrAccess is the access that a configuration last gave the client scope.
	attrAccess = "authscopes.access"
	// attrGuard marks the guard role, whatever its name is.
	attrGuard = "authscopes.guard"
)

const (
	protocolOIDC = "openid-connect"
	protocolSAML = "saml"
	// protocolVC is that of verifiable credentials. Clients of OpenID Connect can have
	// its scopes, and get them in their tokens.
	protocolVC = "oid4vc"
)

// scopeRep is a ClientScopeRepresentation. gocloak's own knows three attributes
// and drops the others.
type scopeRep struct {
	ID              string            `json:"id,omitempty"`
	Name            string            `json:"name,omitempty"`
	Description     *string           `json:"description,omitempty"`
	Protocol        string            `json:"protocol,omitempty"`
	Attributes      map[string]string `json:"attributes,omitempty"`
	ProtocolMappers []json.RawMessage `json:"protocolMappers,omitempty"`
}

// issued reports whether tokens of OpenID Connect can have the scope. A realm import
// creates scopes without a protocol, which count as scopes of OpenID Connect.
func (s scopeRep) issued() bool {
	return s.Protocol == "" || s.Protocol == protocolOIDC || s.Protocol == protocolVC
}

// parameterized reports whether a request can add a parameter to the name of the scope.
// Before version 26.7 the attribute had another name. The built-in scope organization
// takes the alias of an organization.
// https://www.keycloak.org/docs/latest/server_admin/#_client_scopes_parameterized
func (s scopeRep) parameterized() bool {
	return s.Name == "organization" || lower(s.Attributes["is.parameterized.scope"]) == "true" || lower(s.Attributes["is.dynamic.scope"]) == "true"
}

// roleRep is a RoleRepresentation, by value: an entry without an id is seen.
type roleRep struct {
	ID          string              `json:"id,omitempty"`
	Name        string              `json:"name,omitempty"`
	Description string              `json:"description,omitempty"`
	Composite   bool                `json:"composite,omitempty"`
	ClientRole  bool                `json:"clientRole,omitempty"`
	ContainerID string              `json:"containerId,omitempty"`
	Attributes  map[string][]string `json:"attributes,omitempty"`
	address     string              // the name as the server has it; Name is normalized
}

func (r roleRep) isGuard() bool { return slices.Contains(r.Attributes[attrGuard], "true") }

func (r roleRep) gocloak() gocloak.Role { return gocloak.Role{ID: &r.ID, Name: &r.Name} }

// mappingsRep is a MappingsRepresentation: the roles mapped to one scope.
type mappingsRep struct {
	RealmMappings  []roleRep                 `json:"realmMappings"`
	ClientMappings map[string]clientMappings `json:"clientMappings"`
}

// clientMappings are the roles of one client that are mapped to a scope.
type clientMappings struct {
	Mappings []roleRep `json:"mappings"`
}

// exportRep has the decoded members of an export, and no more: the response has realm
// attributes in clear text, which may be secrets.
type exportRep struct {
	Realm                       string                     `json:"realm"`
	DefaultRole                 roleRep                    `json:"defaultRole"`
	DefaultGroups               []string                   `json:"defaultGroups"` // paths
	FineGrained                 *bool                      `json:"adminPermissionsEnabled"`
	ClientScopes                []scopeRep                 `json:"clientScopes"`
	ScopeMappings               []exportMapping            `json:"scopeMappings"`
	ClientScopeMappings         map[string][]exportMapping `json:"clientScopeMappings"`
	DefaultDefaultClientScopes  []string                   `json:"defaultDefaultClientScopes"`
	DefaultOptionalClientScopes []string                   `json:"defaultOptionalClientScopes"`
}

// exportMapping maps roles to a client scope, or (ClientScope is "") to a client.
type exportMapping struct {
	ClientScope string   `json:"clientScope"`
	Roles       []string `json:"roles"`
}

// mapped are the roles that limit one scope, by name.
type mapped struct {
	realm  []string
	client []string // by authz.ClientRoleName
}

// all returns the mapped roles of the realm and of clients.
func (m mappingsRep) all() []roleRep {
	all := slices.Clone(m.RealmMappings)
	for _, roles := range m.ClientMappings {
		all = append(all, roles.Mappings...)
	}
	return all
}

func (m mappingsRep) names() mapped {
	var names mapped
	for _, r := range m.RealmMappings {
		names.realm = append(names.realm, r.Name)
	}
	for client, roles := range m.ClientMappings {
		for _, r := range roles.Mappings {
			names.client = append(names.client, authz.ClientRoleName(client, r.Name))
		}
	}
	return names
}

// toScope translates a client scope with its role mappings. guard is the name of the guard
// role, "" if there is none. A run that stops while it opens or limits a scope leaves one that
// is mapped to the guard role and has the attribute of an open scope. Its access is returned
// as unguarded, so that the next plan shows a difference, whichever access is configured.
func toScope(rep scopeRep, roles mapped, assigned authz.AssignedType, guard string) authz.Scope {
	s := authz.Scope{
		Name: scopeName(rep.Name), ID: rep.ID, Description: nfc(gocloak.PString(rep.Description)),
		BuiltIn: builtIn(rep.Name), InitialType: initialType(rep.Name),
		Settings:      storedSettings(rep.Attributes),
		Parameterized: rep.parameterized(), Mappers: mappers(rep.ProtocolMappers),
		UserTypes:   authz.NameSet(roles.realm...),
		ClientRoles: authz.NameSet(normalized(roles.client, nfc)...),
	}
	if rep.Protocol != protocolOIDC {
		s.Protocol = rep.Protocol
	}
	s.Settings.AssignedType, s.Settings.Access = assigned, authz.AccessEveryone
	s.Settings.IncludedAudiences = audiences(mapperReps(rep.ProtocolMappers))
	if len(roles.realm)+len(roles.client) > 0 {
		s.Settings.Access = authz.AccessUnguarded
	}
	if i := slices.Index(s.UserTypes, guard); guard != "" && i >= 0 {
		s.Settings.Access = authz.AccessUserTypes
		s.UserTypes = slices.Delete(s.UserTypes, i, i+1)
	}
	switch a := authz.Access(rep.Attributes[attrAccess]); a {
	case authz.AccessEveryone, authz.AccessUserTypes:
		s.LastAppliedAccess = a
	}
	if s.LastAppliedAccess == authz.AccessEveryone && s.Settings.Access == authz.AccessUserTypes {
		s.Settings.Access = authz.AccessUnguarded
	}
	return s
}

func lower(s string) string { return strings.ToLower(s) }
