package messages

import (
	"errors"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

func providerSamples() []check.Finding {
	failed, names := errors.New("no url"), []string{"A", "B"}
	found := []check.Finding{
		{Code: ProviderTwoServers, Data: Two{First: "keycloak", Second: "pace"}},
		{Code: ProviderNoServer, Data: names},
		{Code: ProviderUnknown, Data: "keycloak.url"},
		{Code: ProviderUnknownRead, Data: "keycloak.url"},
		{Code: ProviderInsecure},
		{Code: ProviderRefused, Data: Refusal{Err: failed}},
		{Code: ProviderRefused, Data: Refusal{Err: failed, Variables: names}},
		{Code: ProviderJSON, Data: Variable{Attribute: "http.headers", Name: "A"}},
		{Code: ProviderTwoLogins, Data: Two{First: "a", Second: "b"}},
		{Code: ProviderNoToken, Data: MissingToken{Tokens: names}},
		{Code: ProviderNoToken, Data: MissingToken{Offered: true, Tokens: names, Variables: names}},
		{Code: ProviderTwoTokens, Data: MissingToken{Offered: true, Tokens: names, Variables: names}},
	}
	for _, what := range []Allowed{AllowedFlag, AllowedWhole, AllowedNumber, AllowedDuration, AllowedPositive, AllowedNotNegative} {
		found = append(found, check.Finding{Code: ProviderValue, Data: Value{Label: "a", Given: "b", Allowed: what}})
	}
	return found
}
