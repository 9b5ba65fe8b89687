package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

// Codes of what a server does not support.
const (
	SupportScopes           check.Code = "support.scopes"
	SupportReadScopes       check.Code = "support.read_scopes"
	SupportCompareScopes    check.Code = "support.compare_scopes"
	SupportUserTypes        check.Code = "support.user_types"
	SupportReadUserTypes    check.Code = "support.read_user_types"
	SupportCompareUserTypes check.Code = "support.compare_user_types"
	SupportMatrix           check.Code = "support.matrix"
	SupportClients          check.Code = "support.clients"
	SupportReadClients      check.Code = "support.read_clients"
	SupportMembers          check.Code = "support.members"
	SupportSettings         check.Code = "support.settings"
	SupportRule             check.Code = "support.rule"
	SupportClientRoles      check.Code = "support.client_roles"
	SupportDefaults         check.Code = "support.defaults"
	SupportReadback         check.Code = "support.readback"
	SupportListReadback     check.Code = "support.list_readback"
	SupportAuthServers      check.Code = "support.auth_servers" // Data: string
	SupportDefinitions      check.Code = "support.definitions"  // Data: bool
)

func supportCodes() []check.Code {
	return []check.Code{
		SupportScopes, SupportReadScopes, SupportCompareScopes, SupportUserTypes, SupportReadUserTypes, SupportCompareUserTypes, SupportMatrix,
		SupportClients, SupportReadClients, SupportMembers, SupportSettings, SupportRule, SupportClientRoles, SupportDefaults, SupportReadback, SupportListReadback, SupportAuthServers, SupportDefinitions,
	}
}

func supportMessages() map[check.Code]message {
	const configured = "The provider is configured for {{.Product}}"
	lacks := func(what string) message {
		return message{what + " on {{.Product}}", configured + ". {{alternative .Block}}"}
	}
	return map[check.Code]message{
		SupportScopes:           lacks("Scopes cannot be managed"),
		SupportReadScopes:       lacks("Scopes cannot be read"),
		SupportCompareScopes:    lacks("Scopes cannot be compared"),
		SupportUserTypes:        lacks("Scopes of user types cannot be managed"),
		SupportReadUserTypes:    lacks("Scopes of user types cannot be read"),
		SupportCompareUserTypes: lacks("Scopes of user types cannot be compared"),
		SupportMatrix:           lacks("Who gets which scopes cannot be read"),
		SupportClients:          lacks("Scopes of clients cannot be managed"),
		SupportReadClients:      lacks("Scopes of clients cannot be read"),
		SupportMembers:          lacks("Groups and service accounts cannot be read"),
		SupportSettings:         {"{{.Product}} has no settings of scopes", "Leave {{.Path}} out for {{.Product}}. {{alternative .Block}}"},
		SupportRule: {
			"rule is not supported on {{.Product}}",
			"Only Venafi gives a user type its scopes by a rule that has settings of its own. Remove rule.",
		},
		SupportClientRoles: {
			"{{.Product}} has no client roles",
			"On Keycloak, a role of a client can be a user type. Remove {{.Path}}.",
		},
		SupportDefaults: {
			"{{.Product}} has no default scopes of a client",
			"There a client gets what it asks for. List these as optional:\n\n{{list .Subjects}}",
		},
		SupportReadback: {
			"The scopes of user types cannot be read back from {{.Product}}",
			"As the provider is configured, {{.Product}} does not tell which scopes a user type has. " +
				"Leave user_types out, or change the block {{.Block}} of the provider configuration.",
		},
		SupportListReadback: {
			"{{.Product}} does not tell what a user type has",
			"As the provider is configured, the scopes of a user type cannot be read back. Write scopes yourself in configuration that is generated from this listing.",
		},
		SupportAuthServers: {"{{.Data}} requires OneLogin", configured + ". Use a provider configuration with the block onelogin."},
		SupportDefinitions: {
			"Definitions cannot be checked on {{.Product}}",
			configured + ", and authscopes_pace_check requires PACE. " +
				"{{if .Data}}To compare definitions with {{.Product}}, use the data source authscopes_drift.{{else}}{{alternative .Block}}{{end}}",
		},
	}
}

// alternative returns what a server supports, by the name of its block: the errors about what
// it does not support end with it. Keycloak supports everything.
func alternative(block string) string {
	return map[string]string{
		"onelogin": "OneLogin manages the scopes of an authorization server (authscopes_server_scope, authscopes_server_scopes) and the scopes " +
			"an OIDC app may ask for (authscopes_client_scopes, optional only). It has no call that gives scopes to users or roles, and scopes have no settings.",
		"venafi": "Venafi's scopes are read-only, because it has no call that makes, changes or deletes one: list them with the data source " +
			"authscopes_server_scopes, and give them to an identity or a group on an application with authscopes_user_type_scopes.",
		"ocariot": "ocariot's scopes are fixed by its release; the provider can list them (data source authscopes_server_scopes) " +
			"and replace the scopes of its six user types (authscopes_user_type_scopes)",
		"pace": "PACE compares the names of defined scopes with its own scopes (data source authscopes_pace_check). " +
			"It cannot list or change scopes, and it has no user types.",
	}[block]
}
