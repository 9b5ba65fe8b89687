package messages

import (
	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

func providerSamples() []check.Finding {
	failed, names := authz.Errorf(authz.Invalid, "configure keycloak", "url is empty"), []string{"KEYCLOAK_CLIENT_ID", "KEYCLOAK_REALM"}
	tokens := []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITLAB_OIDC_TOKEN"}
	found := []check.Finding{
		{Code: ProviderTwoServers, Data: Two{First: "keycloak", Second: "pace"}},
		{Code: ProviderNoServer, Data: []string{"keycloak", "onelogin", "venafi", "ocariot", "pace"}},
		{Code: ProviderUnknown, Data: "keycloak.url"},
		{Code: ProviderUnknownRead, Data: "keycloak.url"},
		{Code: ProviderInsecure},
		{Code: ProviderRefused, Data: Refusal{Err: failed}},
		{Code: ProviderRefused, Data: Refusal{Err: failed, Variables: names}},
		{Code: ProviderJSON, Data: Variable{Attribute: "http.headers", Name: "AUTHSCOPES_HTTP_HEADERS"}},
		{Code: ProviderTwoLogins, Data: Two{First: "keycloak.access_token", Second: "keycloak.password"}},
		{Code: ProviderNoToken, Data: MissingToken{Tokens: tokens}},
		{Code: ProviderNoToken, Data: MissingToken{Offered: true, Tokens: tokens}},
		{Code: ProviderTwoTokens, Data: MissingToken{Offered: true, Tokens: tokens}},
	}
	for _, what := range []Allowed{AllowedFlag, AllowedWhole, AllowedNumber, AllowedDuration, AllowedPositive, AllowedNotNegative} {
		found = append(found, check.Finding{Code: ProviderValue, Data: Value{Label: "http.max_retries", Given: "many", Allowed: what}})
	}
	return found
}
