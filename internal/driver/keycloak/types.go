package keycloak

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/Nerzal/gocloak/v13"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// The attributes of a client scope that settings are kept in.
// https://www.keycloak.org/docs/latest/server_admin/#protocol
const (
	attrConsent     = "display.on.consent.screen"
	attrConsentText = "consent.screen.text"
	attrInToken     = "include.in.token.scope"
	attrInMetadata  = "include.in.openid.provider.metadata"
	attrOrder       = "gui.order"
	// attrAccess is ours: the access that a configuration last gave the scope.
	attrAccess = "authscopes.access"
	// attrGuard is ours, on a realm role: this is the guard, whatever its name.
	attrGuard = "authscopes.guard"
)

const (
	protocolOIDC = "openid-connect"
	protocolSAML = "saml"
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

// roleRep is a RoleRepresentation, by value: an entry without an id is seen.
type roleRep struct {
	ID          string              `json:"id,omitempty"`
	Name        string              `json:"name,omitempty"`
	Description string              `json:"description,omitempty"`
	Composite   bool                `json:"composite,omitempty"`
	ClientRole  bool                `json:"clientRole,omitempty"`
	ContainerID string              `json:"containerId,omitempty"`
	Attributes  map[string][]string `json:"attributes,omitempty"`
}

func (r roleRep) isGuard() bool { return slices.Contains(r.Attributes[attrGuard], "true") }

func (r roleRep) gocloak() gocloak.Role { return gocloak.Role{ID: &r.ID, Name: &r.Name} }

// mappingsRep is a MappingsRepresentation: the roles mapped to one scope.
type mappingsRep struct {
	RealmMappings  []roleRep `json:"realmMappings"`
	ClientMappings map[string]struct {
		Mappings []roleRep `json:"mappings"`
	} `json:"clientMappings"`
}

// exportRep is what is read of a realm's export, and no more: the answer has
// realm attributes in clear text, which may be anything.
type exportRep struct {
	Realm                       string                     `json:"realm"`
	DefaultRole                 roleRep                    `json:"defaultRole"`
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
	client []string // "client/role"
}

func (m mappingsRep) names() mapped {
	var names mapped
	for _, r := range m.RealmMappings {
		names.realm = append(names.realm, r.Name)
	}
	for client, roles := range m.ClientMappings {
		for _, r := range roles.Mappings {
			names.client = append(names.client, client+"/"+r.Name)
		}
	}
	return names
}

// setting reads a truth value as Keycloak does: absent is true, anything that
// is not "true" is false, also "".
func setting(attributes map[string]string, key string) bool {
	value, ok := attributes[key]
	return !ok || lower(value) == "true"
}

// toScope translates a client scope with what is mapped to it. guard is the
// guard's name, "" while there is none. A guarded scope that is noted as open is
// what a run leaves that stopped while it opened or closed it: it is read as
// unguarded, so that the next plan shows it, whichever of the two is configured.
func toScope(rep scopeRep, roles mapped, assigned authz.AssignedType, guard string) authz.Scope {
	s := authz.Scope{
		Name: rep.Name, ID: rep.ID, Description: gocloak.PString(rep.Description),
		BuiltIn: builtIn(rep.Name),
		Settings: authz.Settings{
			DisplayOnConsentScreen:          setting(rep.Attributes, attrConsent),
			ConsentScreenText:               rep.Attributes[attrConsentText],
			IncludeInTokenScope:             setting(rep.Attributes, attrInToken),
			IncludeInOpenIDProviderMetadata: setting(rep.Attributes, attrInMetadata),
			GUIOrder:                        rep.Attributes[attrOrder],
			AssignedType:                    assigned,
			Access:                          authz.AccessEveryone,
		},
		UserTypes:   authz.NameSet(roles.realm...),
		ClientRoles: authz.NameSet(roles.client...),
	}
	if len(roles.realm)+len(roles.client) > 0 {
		s.Settings.Access = authz.AccessUnguarded
	}
	if i := slices.Index(s.UserTypes, guard); guard != "" && i >= 0 {
		s.Settings.Access = authz.AccessUserTypes
		s.UserTypes = slices.Delete(s.UserTypes, i, i+1)
	}
	switch a := authz.Access(rep.Attributes[attrAccess]); a {
	case authz.AccessEveryone, authz.AccessUserTypes:
		s.Intended = a
	}
	if s.Intended == authz.AccessEveryone && s.Settings.Access == authz.AccessUserTypes {
		s.Settings.Access = authz.AccessUnguarded
	}
	return s
}

// newAttributes are those that a new scope is made with.
func newAttributes(want authz.Scope) map[string]string {
	s := want.Settings
	attributes := map[string]string{
		attrConsent:     strconv.FormatBool(s.DisplayOnConsentScreen),
		attrConsentText: s.ConsentScreenText,
		attrInToken:     strconv.FormatBool(s.IncludeInTokenScope),
		attrInMetadata:  strconv.FormatBool(s.IncludeInOpenIDProviderMetadata),
	}
	if s.GUIOrder != "" {
		attributes[attrOrder] = s.GUIOrder
	}
	if !builtIn(want.Name) {
		attributes[attrAccess] = string(s.Access)
	}
	return attributes
}

// changedAttributes are the attributes to send to turn live into want; what is
// left out of a PUT stays as it is.
func changedAttributes(live, want authz.Scope, intended authz.Access) map[string]string {
	changed := map[string]string{}
	truth := func(key string, is, wanted bool) {
		if is != wanted {
			changed[key] = strconv.FormatBool(wanted)
		}
	}
	l, w := live.Settings, want.Settings
	truth(attrConsent, l.DisplayOnConsentScreen, w.DisplayOnConsentScreen)
	truth(attrInToken, l.IncludeInTokenScope, w.IncludeInTokenScope)
	truth(attrInMetadata, l.IncludeInOpenIDProviderMetadata, w.IncludeInOpenIDProviderMetadata)
	if l.ConsentScreenText != w.ConsentScreenText {
		changed[attrConsentText] = w.ConsentScreenText
	}
	if w.GUIOrder != "" && l.GUIOrder != w.GUIOrder {
		changed[attrOrder] = w.GUIOrder
	}
	if intended != live.Intended {
		changed[attrAccess] = string(intended)
	}
	return changed
}

func lower(s string) string { return strings.ToLower(s) }
