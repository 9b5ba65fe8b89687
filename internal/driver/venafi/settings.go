package venafi

import (
	"encoding/json"
	"maps"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// The fields of a rule that a resource can set. Unset fields are absent or null.
const (
	fieldDescription    = "Description"
	fieldAccessValidity = "AccessValidity"
	fieldGrantValidity  = "GrantValidity"
	fieldRenewable      = "Renewable"
)

// settings returns the settings of the rule. Absent texts and numbers are "" and 0.
func (r rule) settings() authz.RuleSettings {
	var s authz.RuleSettings
	description := r.text(fieldDescription)
	var access, grant int64
	_ = json.Unmarshal(r[fieldAccessValidity], &access) // absent or null: 0
	_ = json.Unmarshal(r[fieldGrantValidity], &grant)
	_ = json.Unmarshal(r[fieldRenewable], &s.Renewable)
	s.Description, s.AccessValidity, s.GrantValidity = &description, &access, &grant
	return s
}

// withSettings returns the rule with the settings of s. A validity of 0 becomes null, which means
// no validity: the grant never expires.
func (r rule) withSettings(s authz.RuleSettings) rule {
	changed := maps.Clone(r)
	set := func(field string, value any) {
		encoded, _ := json.Marshal(value) // texts, numbers and booleans can always be encoded
		changed[field] = encoded
	}
	if s.Description != nil {
		set(fieldDescription, *s.Description)
	}
	if s.Renewable != nil {
		set(fieldRenewable, *s.Renewable)
	}
	for field, validity := range map[string]*int64{fieldAccessValidity: s.AccessValidity, fieldGrantValidity: s.GrantValidity} {
		switch {
		case validity == nil:
		case *validity == 0:
			set(field, nil)
		default:
			set(field, *validity)
		}
	}
	return changed
}
