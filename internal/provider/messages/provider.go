package messages

import (
	"maps"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

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
// with tokens.
type MissingToken struct {
	Offered bool // a token is offered, but not completely
	Tokens  []string
}

// providerMessages are about the configuration of the provider.
func providerMessages() map[check.Code]message {
	all := loginMessages()
	const (
		unknown  = "The value of provider attribute {{.Data}} is unknown until apply, so "
		failure  = "{{advice .Data.Err}}{{with .Data.Variables}}" + fromEnvironment + "{{end}}\n\n{{.Data.Err}}"
		unverify = "insecure_skip_verify is true. Any system between this machine and the server can read the credentials and change the responses. Use it " +
			"in tests only."
	)
	maps.Copy(all, map[check.Code]message{
		ProviderTwoServers: {
			"More than one server is configured",
			"The provider block has {{.Data.First}} and {{.Data.Second}}. A provider configuration has one server. For each further server, add a provider " +
				"block with an alias.",
		},
		ProviderNoServer: {
			"No server is configured",
			"The provider configuration has no server. Environment variables alone do not select a server.\n\n" +
				"Set exactly one of {{join .Data \", \"}} in the provider block. An empty block (keycloak = {}) reads all values from the environment.\n\n" +
				"If the server is in a provider block with an alias, name the alias here: provider = authscopes.<alias>. " +
				"In a module, pass it: providers = { authscopes = authscopes.<alias> }.",
		},
		ProviderUnknown: {
			"Provider attribute {{.Data}} is unknown until apply",
			unknown + "this plan could not read the server. The plan shows the scopes of the state.\n\n" +
				"To plan with the scopes of the server, first apply the resources that {{.Data}} refers to, with -target. Then plan again.",
		},
		ProviderUnknownRead: {
			"Provider configuration is unknown until apply",
			unknown + "the server cannot be read.\n\nFirst apply the resource that {{.Data}} refers to: terraform apply -target=<resource>.",
		},
		ProviderInsecure: {"The certificate of the server is not verified", unverify},
		ProviderRefused:  {invalidProvider, failure},
		ProviderValue:    {invalidProvider, "{{.Data.Label}} is {{quote .Data.Given}}. It must be {{allowed .Data.Allowed}}."},
		ProviderJSON: {
			invalidProvider,
			"{{.Data.Attribute}} comes from {{.Data.Name}}, which is not a JSON object of the right type.\n\n" +
				"Set a JSON object in the environment, or set the attribute in the configuration.",
		},
	})
	return all
}

// The summary of most errors in the configuration of the provider, and a sentence about the
// variables that add to it.
const (
	invalidProvider = "Invalid provider configuration"
	fromEnvironment = " The environment can set further attributes: {{join . \", \"}}."
)

// loginMessages are about the ways to log in.
func loginMessages() map[check.Code]message {
	return map[check.Code]message{
		ProviderTwoLogins: {
			invalidProvider,
			"{{.Data.First}} and {{.Data.Second}} are both set, and a provider configuration has one login method.\n\nRemove one of them. " +
				"An attribute of the block takes precedence over the environment variables of other login methods.",
		},
		ProviderNoToken: {
			invalidProvider,
			"use_oidc is true, and {{if not .Data.Offered}}no token is available: {{end}}{{join .Data.Tokens \", \"}} " +
				"{{if eq (len .Data.Tokens) 1}}is{{else}}are{{end}} not set.\n\n" +
				"GitHub Actions: set \"permissions: id-token: write\" for the job (a pull request of a fork never has this permission). " +
				"GitLab: define GITLAB_OIDC_TOKEN in id_tokens of the job, with the issuer of the realm as aud. " +
				"HCP Terraform: set TFC_WORKLOAD_IDENTITY_AUDIENCE in the workspace. Elsewhere, use a different login method.",
		},
		ProviderTwoTokens: {
			invalidProvider,
			"use_oidc is true, and {{join .Data.Tokens \" and \"}} are set.\n\nSet oidc_token_variable to one of them, or unset the other.",
		},
	}
}

// allowed describes what a value of the provider configuration must be.
func allowed(what Allowed) string {
	return map[Allowed]string{
		AllowedFlag:        "true or false",
		AllowedWhole:       "a whole number",
		AllowedNumber:      "a number",
		AllowedDuration:    "a duration longer than zero with a unit, such as \"30s\" or \"2m\"",
		AllowedPositive:    "a number greater than 0. To use the default, remove it",
		AllowedNotNegative: "a number of at least 0",
	}[what]
}
