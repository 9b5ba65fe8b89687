package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

// Codes of what is reported about the configuration of the provider.
const (
	ProviderTwoServers  check.Code = "provider.two_servers"
	ProviderNoServer    check.Code = "provider.no_server"
	ProviderUnknown     check.Code = "provider.unknown"
	ProviderUnknownRead check.Code = "provider.unknown_read"
	ProviderInsecure    check.Code = "provider.insecure"
	ProviderRefused     check.Code = "provider.refused"
	ProviderValue       check.Code = "provider.value"
	ProviderJSON        check.Code = "provider.json"
	ProviderTwoLogins   check.Code = "provider.two_logins"
	ProviderNoToken     check.Code = "provider.no_token"
	ProviderTwoTokens   check.Code = "provider.two_tokens"
)

func providerCodes() []check.Code {
	return []check.Code{
		ProviderTwoServers, ProviderNoServer, ProviderUnknown, ProviderUnknownRead, ProviderInsecure, ProviderRefused, ProviderValue, ProviderJSON,
		ProviderTwoLogins, ProviderNoToken, ProviderTwoTokens,
	}
}

// Value is the data of ProviderValue: the value of an attribute, and what is allowed.
type Value struct {
	Label   string // attribute and environment variable
	Given   string
	Allowed Allowed
}

// Allowed is what a value must be.
type Allowed string

// The values that attributes of the provider can have.
const (
	AllowedFlag        Allowed = "flag"
	AllowedWhole       Allowed = "whole"
	AllowedNumber      Allowed = "number"
	AllowedDuration    Allowed = "duration"
	AllowedPositive    Allowed = "positive"
	AllowedNotNegative Allowed = "not_negative"
)

// Variable is the data of ProviderJSON: an attribute, and the environment variable that its
// value comes from.
type Variable struct{ Attribute, Name string }

// Two is the data of findings about two things that exclude each other.
type Two struct{ First, Second string }

// Refusal is the data of ProviderRefused: the error of a driver, or about a value. For a
// driver, with the environment variables of the attributes that the block does not set.
type Refusal struct {
	Err       error
	Variables []string
}

// MissingToken is the data of ProviderNoToken and ProviderTwoTokens: environment variables
// with tokens, and those of the attributes that the block does not set.
type MissingToken struct {
	Offered   bool // a token is offered, but not completely
	Tokens    []string
	Variables []string
}

// providerMessages are about the configuration of the provider.
func providerMessages() map[check.Code]message {
	const (
		summary   = "The provider cannot be configured"
		notKnown  = "The server is not known yet: {{.Data}}"
		dependent = "The provider attribute {{.Data}} depends on something that is not applied yet, so "
		elsewhere = " What the block leaves out is taken from the environment: {{join . \", \"}}."
		failure   = "{{advice .Data.Err}}{{with .Data.Variables}}" + elsewhere + "{{end}}\n\n{{.Data.Err}}"
	)
	return map[check.Code]message{
		ProviderTwoServers: {
			"More than one server is configured",
			"The provider block has {{.Data.First}} and {{.Data.Second}}. One provider configuration is for one server: use a provider alias for each further one.",
		},
		ProviderNoServer: {
			"No server is configured",
			"The provider configuration that is used here has no server, and this needs one. Environment variables alone configure nothing.\n\n" +
				"Set exactly one of {{join .Data \", \"}} in the provider block; an empty block (keycloak = {}) takes every value from the environment.\n\n" +
				"If the server is in a provider block with an alias, name it here: provider = authscopes.<alias>. " +
				"In a module, pass it: providers = { authscopes = authscopes.<alias> }.",
		},
		ProviderUnknown: {
			notKnown,
			dependent + "this plan could not look at the server. " +
				"What the plan says about scopes is what the state holds. Apply what {{.Data}} depends on first (with -target), then plan again.",
		},
		ProviderUnknownRead: {
			notKnown,
			dependent + "the server cannot be read. Apply what it depends on first: terraform apply -target=<that resource>.",
		},
		ProviderInsecure: {
			"The server's certificate is not verified",
			"insecure_skip_verify is set: whoever is between this machine and the server can read the credentials and change the answers. For tests only.",
		},
		ProviderRefused: {summary, failure},
		ProviderValue:   {summary, "It must be {{allowed .Data.Allowed}}.\n\n{{.Data.Label}} is {{quote .Data.Given}}"},
		ProviderJSON: {
			summary,
			"Give a JSON object in the environment, or write the attribute in the configuration.\n\n" +
				"{{.Data.Attribute}} comes from {{.Data.Name}}, which is no JSON object of the right shape",
		},
		ProviderTwoLogins: {
			summary,
			"There is exactly one way to log in: keep one of the two. " +
				"An attribute of the block takes precedence over the environment variables of other ways to log in.\n\n" +
				"{{.Data.First}} and {{.Data.Second}} are both set",
		},
		ProviderNoToken: {
			summary,
			"GitHub Actions: give the job \"permissions: id-token: write\" (a pull request of a fork never has it). " +
				"GitLab: define GITLAB_OIDC_TOKEN in id_tokens of the job, with the issuer of the realm as aud. " +
				"HCP Terraform: set TFC_WORKLOAD_IDENTITY_AUDIENCE in the workspace. Elsewhere, use another way to log in." +
				"{{with .Data.Variables}}" + elsewhere + "{{end}}\n\n" +
				"use_oidc is true, and {{if not .Data.Offered}}no token is offered: {{end}}{{join .Data.Tokens \", \"}} is not set",
		},
		ProviderTwoTokens: {
			summary,
			"Set oidc_token_variable to the one to use, or unset the other.{{with .Data.Variables}}" + elsewhere + "{{end}}\n\n" +
				"use_oidc is true, and {{join .Data.Tokens \" and \"}} are set",
		},
	}
}

// allowed describes what a value of the provider configuration must be.
func allowed(what Allowed) string {
	return map[Allowed]string{
		AllowedFlag:        "true or false",
		AllowedWhole:       "a whole number",
		AllowedNumber:      "a number",
		AllowedDuration:    "a time longer than zero with its unit, such as \"30s\" or \"2m\"",
		AllowedPositive:    "a number that is greater than 0. Remove it for the default",
		AllowedNotNegative: "a number that is not negative",
	}[what]
}
