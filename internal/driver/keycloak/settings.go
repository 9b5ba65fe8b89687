package keycloak

import (
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// The attributes of a client scope that hold settings.
// https://www.keycloak.org/docs/latest/server_admin/#protocol
const (
	attrConsent     = "display.on.consent.screen"
	attrConsentText = "consent.screen.text"
	attrInToken     = "include.in.token.scope"
	attrInMetadata  = "include.in.openid.provider.metadata"
	attrOrder       = "gui.order"
)

// encoding is the form in which Keycloak stores a setting.
type encoding int

const (
	undeclared encoding = iota
	asTruth             // an attribute, true if it is absent
	asText              // an attribute, empty if it is absent
	byRequests          // not an attribute: requests of its own read and write the setting, see updateSteps
)

// stored declares how Keycloak stores a setting.
type stored struct {
	encoding  encoding
	attribute string
}

// storage declares how Keycloak stores each setting. It is read only.
var storage = [settings.Count]stored{
	settings.DisplayOnConsentScreen:          {asTruth, attrConsent},
	settings.ConsentScreenText:               {asText, attrConsentText},
	settings.IncludeInTokenScope:             {asTruth, attrInToken},
	settings.IncludeInOpenIDProviderMetadata: {asTruth, attrInMetadata},
	settings.GUIOrder:                        {asText, attrOrder},
	settings.AssignedType:                    {byRequests, ""}, // default and optional client scopes of the realm
	settings.Access:                          {byRequests, ""}, // role mappings
	settings.IncludedAudiences:               {byRequests, ""}, // protocol mappers
}

// read returns the setting that attributes hold. Keycloak reads every truth value that
// is not "true" as false, also an empty one.
func (s stored) read(attributes map[string]string) settings.Value {
	value, ok := attributes[s.attribute]
	if s.encoding == asTruth {
		return settings.Bool(!ok || lower(value) == "true")
	}
	return settings.Text(nfc(value))
}

// write returns the content of the attribute.
func (s stored) write(v settings.Value) string {
	if s.encoding == asTruth {
		return strconv.FormatBool(v.Bool())
	}
	return v.Text()
}

// storedSettings returns the settings that the attributes of a client scope hold.
func storedSettings(attributes map[string]string) authz.Settings {
	var s authz.Settings
	rows := settings.Rows()
	for id, target := range storage {
		if target.attribute != "" {
			rows[id].Set(&s, target.read(attributes))
		}
	}
	return s
}

// newAttributes returns the attributes of a new client scope.
func newAttributes(want authz.Scope) map[string]string {
	attributes := map[string]string{}
	rows := settings.Rows()
	for id, target := range storage {
		if v := rows[id].Get(want.Settings); target.attribute != "" && !rows[id].Keeps(v) {
			attributes[target.attribute] = target.write(v)
		}
	}
	if !builtIn(want.Name) {
		attributes[attrAccess] = string(want.Settings.Access)
	}
	return attributes
}

// changedAttributes returns the attributes that differ between live and want. A PUT
// keeps the attributes that it does not contain.
func changedAttributes(live, want authz.Scope, intended authz.Access) map[string]string {
	changed := map[string]string{}
	rows := settings.Rows()
	for id, target := range storage {
		row := &rows[id]
		if v := row.Get(want.Settings); target.attribute != "" && !row.Same(v, row.Get(live.Settings)) {
			changed[target.attribute] = target.write(v)
		}
	}
	if intended != live.LastAppliedAccess {
		changed[attrAccess] = string(intended)
	}
	return changed
}
