package keycloak

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// mapperRep is a ProtocolMapperRepresentation.
type mapperRep struct {
	ID       string            `json:"id,omitempty"`
	Name     string            `json:"name"`
	Protocol string            `json:"protocol"`
	Mapper   string            `json:"protocolMapper"`
	Config   map[string]string `json:"config"`
}

// hiddenValue stands for a value of a mapper's configuration that may be a secret.
const hiddenValue = "(not shown)"

// mapperKeys are the configuration keys of Keycloak's own mappers that hold no secret.
// Keys of other mappers are the choice of their authors, so their values stay hidden,
// and so do scripts and the salt of pairwise subject identifiers.
// https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
var mapperKeys = []string{
	"access.token.claim", "access.tokenResponse.claim", "addOrganizationAttributes", "addOrganizationId", "aggregate.attrs",
	"attribute.name", "attribute.nameformat", "claim.name", "claim.value", "friendly.name", "full.path", "id.token.claim",
	"included.client.audience", "included.custom.audience", "introspection.token.claim", "jsonType.label", "lightweight.claim",
	"multivalued", "new.role.name", "role", "sectorIdentifierUri", "single", "subjectProperty", "userAttribute", "userinfo.token.claim",
}

// shownMapperKey reports whether the value of a configuration key is shown.
func shownMapperKey(key string) bool {
	return slices.Contains(mapperKeys, key) || strings.HasPrefix(key, "user.attribute") || strings.HasPrefix(key, "usermodel.") || key == "user.session.note"
}

// mappers translates the protocol mappers of a scope, without secrets. A mapper of another
// form than expected is listed without a name, so that it counts.
func mappers(raw []json.RawMessage) []authz.Mapper {
	var all []authz.Mapper
	for _, text := range raw {
		var rep mapperRep
		_ = json.Unmarshal(text, &rep) // members of the expected form are decoded in any case
		m := authz.Mapper{Name: nfc(rep.Name), Type: rep.Mapper, Config: map[string]string{}}
		for key, value := range rep.Config {
			if m.Config[key] = nfc(value); !shownMapperKey(key) {
				m.Config[key] = hiddenValue
			}
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b authz.Mapper) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type)) })
	return all
}
