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
		SupportClients, SupportReadClients, SupportMembers, SupportSettings, SupportRule, SupportClientRoles, SupportDefaults, SupportReadback,
		SupportListReadback, SupportAuthServers, SupportDefinitions,
	}
}

func supportMessages() map[check.Code]message {
	const (
		configured = "The provider is configured for {{.Product}}"
		notRead    = "With this provider configuration, the scopes of a user type cannot be read from {{.Product}}. "
	)
	lacks := func(summary string) message { return message{summary, configured + ". {{alternative .Block}}"} }
	return map[check.Code]message{
		SupportScopes:           lacks("Scopes cannot be managed on this server"),
		SupportReadScopes:       lacks("Scopes cannot be read from this server"),
		SupportCompareScopes:    lacks("Scopes cannot be compared with this server"),
		SupportUserTypes:        lacks("Scopes of user types cannot be managed on this server"),
		SupportReadUserTypes:    lacks("Scopes of user types cannot be read from this server"),
		SupportCompareUserTypes: lacks("Scopes of user types cannot be compared with this server"),
		SupportMatrix:           lacks("Access to scopes cannot be read from this server"),
		SupportClients:          lacks("Scopes of clients cannot be managed on this server"),
		SupportReadClients:      lacks("Scopes of clients cannot be read from this server"),
		SupportMembers:          lacks("Groups and service accounts cannot be read"),
		SupportSettings:         {"Settings of scopes are not supported", "Scopes of {{.Product}} have no settings. Remove {{.Path}}. {{alternative .Block}}"},
		SupportRule: {
			"rule is not supported on this server",
			configured + ". Only Venafi grants scopes to a user type by a rule with settings. Remove rule.",
		},
		SupportClientRoles: {
			"Client roles are not supported",
			"{{.Product}} has no client roles. Remove {{.Path}}. On Keycloak, a role of a client can be a user type.",
		},
		SupportDefaults: {
			"Default client scopes are not supported",
			"A client of {{.Product}} gets the scopes that it requests. Set these as optional scopes:\n\n{{list .Subjects}}",
		},
		SupportReadback: {
			"Scopes of user types cannot be read back",
			notRead + "Remove user_types, or change the block {{.Block}} of the provider configuration.",
		},
		SupportListReadback: {
			"Scopes of user types in {{.Server}} are unknown",
			notRead + "If you generate configuration from this list, set scopes yourself.",
		},
		SupportAuthServers: {"Data source requires OneLogin", configured + ", and {{.Data}} requires OneLogin. Use a provider configuration with the block " +
			"onelogin."},
		SupportDefinitions: {
			"Data source requires PACE",
			configured + ", and authscopes_pace_check requires PACE. " +
				"{{if .Data}}To compare definitions with {{.Product}}, use the data source authscopes_drift.{{else}}{{alternative .Block}}{{end}}",
		},
	}
}

// alternative returns what a server supports, by the name of its block: the errors about what
// it does not support end with it. Keycloak supports everything.
func alternative(block string) string {
	return map[string]string{
		"onelogin": "On OneLogin, the provider manages the scopes of an authorization server (authscopes_server_scope, authscopes_server_scopes) and the " +
			"optional scopes " +
			"of an OIDC app (authscopes_client_scopes). OneLogin has no API that grants scopes to users or roles, and its scopes have no settings.",
		"venafi": "Scopes of Venafi are read-only, because it has no API that creates, changes or deletes scopes. To list them, use the data source " +
			"authscopes_server_scopes. To grant them to an identity or a group on an application, use authscopes_user_type_scopes.",
		"ocariot": "The scopes of ocariot are fixed by its release. To list them, use the data source authscopes_server_scopes. " +
			"To replace the scopes of one of its six user types, use authscopes_user_type_scopes.",
		"pace": "PACE compares the names of defined scopes with its own scopes (data source authscopes_pace_check). " +
			"It cannot list or change scopes, and it has no user types.",
	}[block]
}
