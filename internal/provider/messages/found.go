package messages

import (
	"maps"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// Codes of what the state, the configuration and the server have, and should not.
const (
	FoundOtherServer      check.Code = "found.other_server" // Data: OtherServer
	FoundMovedElsewhere   check.Code = "found.moved_elsewhere"
	FoundUnmovable        check.Code = "found.unmovable" // Data: Move
	FoundStrangeScopes    check.Code = "found.strange_scopes"
	FoundNoScope          check.Code = "found.no_scope"       // Data: string
	FoundNoUserType       check.Code = "found.no_user_type"   // Data: Known
	FoundNoClient         check.Code = "found.no_client"      // Data: check.Failure
	FoundNoClientRole     check.Code = "found.no_client_role" // Data: check.Failure
	FoundScopeGone        check.Code = "found.scope_gone"
	FoundMissingScopes    check.Code = "found.missing_scopes"    // Data: MissingScopes
	FoundRenamedUserType  check.Code = "found.renamed_user_type" // Data: string
	FoundPlannedAbsent    check.Code = "found.planned_absent"    // Data: check.Lines
	FoundLimitedList      check.Code = "found.limited_list"      // Data: Limited
	FoundUnlistedEveryone check.Code = "found.unlisted_everyone"
	FoundUnlistedNames    check.Code = "found.unlisted_names"
	FoundUncompared       check.Code = "found.uncompared" // Data: string
	FoundNote             check.Code = "found.note"       // Data: authz.Warning
)

func foundCodes() []check.Code {
	return []check.Code{
		FoundOtherServer, FoundMovedElsewhere, FoundUnmovable, FoundStrangeScopes, FoundNoScope, FoundNoUserType, FoundNoClient, FoundNoClientRole,
		FoundScopeGone, FoundMissingScopes,
		FoundRenamedUserType, FoundPlannedAbsent, FoundLimitedList, FoundUnlistedEveryone, FoundUnlistedNames, FoundUncompared, FoundNote,
	}
}

// OtherServer is the data of a state that belongs to a server, and a configuration that
// addresses another.
type OtherServer struct {
	Was, Now string // as messages name them
	WasID    string
	ByURL    bool // the server has no IDs, so its URL identifies it
}

// Move is the data of FoundUnmovable: where the state of a moved block comes from.
type Move struct {
	Type, Accepted           string
	Provider                 string
	Providers                []string // known ones; nil if the provider is one of them
	Version, AcceptedVersion int64
}

// Known is the data of FoundNoUserType: the user types that exist.
type Known struct {
	Nearest string
	Names   []string
}

// MissingScopes is the data of FoundMissingScopes: whose scopes are not changed, "" for those
// of more than one holder, and a line for each scope.
type MissingScopes struct {
	Holder string
	Lines  []string
}

// Limited is the data of FoundLimitedList.
type Limited struct {
	Limit, All int64
	First      string
}

func foundMessages() map[check.Code]message {
	all := changedMessages()
	maps.Copy(all, missingMessages())
	maps.Copy(all, unlistedMessages())
	return all
}

// changedMessages are about a state that does not fit the server, or the resource.
func changedMessages() map[check.Code]message {
	return map[check.Code]message{
		FoundOtherServer: {
			"State belongs to a different realm or server",
			"The state belongs to {{.Data.Was}}, and the configuration addresses {{.Data.Now}}. A plan cannot move a resource to a different server.\n\n" +
				"To keep the old server, restore {{if .Data.ByURL}}url in the provider configuration{{else}}server_id = {{quote .Data.WasID}}{{end}}. " +
				"To manage the new server, remove the resource from state (terraform state rm) and import it. Nothing was changed.",
		},
		FoundMovedElsewhere: {
			"Moved scope belongs to a different realm or server",
			"The moved block has a scope of {{.Data.Was}}, and this resource addresses {{.Data.Now}}. A move changes the resource, and the scope stays on its " +
				"server.\n\n" +
				"To move the scope into this resource, set server_id = {{quote .Data.WasID}} here or in the provider configuration. " +
				"To manage the scope of {{.Data.Now}}, remove the moved block and import the scope. Nothing was changed.",
		},
		FoundUnmovable: {
			"Unsupported source in moved block",
			"{{with .Data}}" +
				"{{if ne .Type .Accepted}}authscopes_server_scope accepts {{.Accepted}} as source of a move, and the source is {{.Type}}." +
				"{{else if .Providers}}The {{.Accepted}} belongs to provider {{.Provider}}, whose state format is unknown. Supported providers " +
				"are:\n\n{{list .Providers}}" +
				"{{else if ne .Version .AcceptedVersion}}The state of the {{.Accepted}} has schema version {{.Version}}, and the supported version is " +
				"{{.AcceptedVersion}}. A newer version of this provider may support it." +
				"{{else}}The state of the {{.Accepted}} cannot be read. It must contain id, realm_id and name.{{end}}{{end}}" +
				"\n\nTo manage the object, remove the old resource from state without a change on the server " +
				"(removed { from = … lifecycle { destroy = false } }) and import it. The guide \"Move from the Keycloak community provider\" describes the steps. " +
				"Nothing was changed.",
		},
		FoundStrangeScopes: {
			"{{.Server}} has none of the {{count .Subjects \"scope\"}} in state ({{first .Subjects}})",
			"All IDs on the server differ from the IDs in state. Either all scopes were recreated, or the state belongs to a different server.\n\n" +
				"If the address in the provider configuration is wrong, do not apply: the plan would change the wrong server.",
		},
		FoundRenamedUserType: {
			"User type was renamed",
			"In {{.Server}}, the {{.UserTypeWord}} {{quote (index .Subjects 0)}} is now {{quote .Data}} and keeps its scopes.\n\n" +
				"To manage it under the new name, set {{roleArguments .Data}}, remove this resource from state (terraform state rm), and import it as " +
				"{{quote .Data}}. " +
				"Otherwise rename the {{.UserTypeWord}} back.",
		},
	}
}

// missingMessages are about what a server does not have.
func missingMessages() map[check.Code]message {
	const noUserTypes = "The provider does not create user types. If another resource creates the user type, use depends_on."
	return map[check.Code]message{
		FoundNoScope: {
			"Scope not found",
			"{{.Server}} has no scope {{quote (index .Subjects 0)}}.{{with .Data}} Did you mean {{quote .}}?{{end}} Names are case-sensitive.",
		},
		FoundNoUserType: {
			"User type not found",
			"{{.Server}} has no {{.UserTypeWord}} {{quote (roleName (index .Subjects 0))}}.{{with .Data.Nearest}} Did you mean " +
				"{{quote .}}?{{end}}{{section \"The user types of the server are:\" .Data.Names}}\n\n" + noUserTypes +
				"{{if likeClientRole (index .Subjects 0)}}\n\nFor a role of a client, use client_id or client_roles. Its import ID is " +
				"client/<client ID>/<role>.{{end}}",
		},
		FoundNoClientRole: {
			"Client role not found",
			"User type {{quote (index .Subjects 0)}} is a client role, and {{.Server}} does not have it." +
				"{{if slashInRole (index .Subjects 0)}} Write a slash of the client ID as %2F.{{end}}\n\n" + noUserTypes + "\n\n{{.Data.Err}}",
		},
		FoundNoClient: {
			"Client not found",
			"{{.Server}} has no client with the ID {{quote (index .Subjects 0)}}. {{advice .Data.Err}}\n\n" +
				"The provider does not create clients. If another resource creates the client, refer to that resource in client_id, or use depends_on.\n\n{{.Data.Err}}",
		},
		FoundScopeGone: {
			"Scope was deleted since the plan",
			"{{.Server}} does not have scope {{quote (index .Subjects 0)}} any more. Plan again: the new plan creates it.",
		},
		FoundMissingScopes: {
			"Scopes not found",
			"{{.Server}} does not have these scopes:\n\n{{list .Data.Lines}}\n\nNothing was changed{{with .Data.Holder}} for {{.}}{{end}}. If another resource " +
				"of this configuration creates or renames the scopes, refer to it " +
				"(authscopes_server_scopes.<name>.names[\"read:users\"]) or use depends_on, so that it is applied first.",
		},
		FoundPlannedAbsent: {
			"{{.Server}} does not have {{count .Subjects \"planned user type\"}} ({{first .Subjects}})",
			"The planned scopes are for these user types, and {{.Server}} does not have them:\n\n{{list .Data}}\n\nThe matrix shows them as if they existed.",
		},
		FoundUncompared: {
			"{{.Server}}: missing scopes are unknown ({{count .Subjects \"defined scope\"}})",
			"{{.Data}} For this reason, missing and in_sync are null. The attributes requested and returned show the request and the response.",
		},
	}
}

// unlistedMessages are about the results of list blocks, and what drivers report.
func unlistedMessages() map[check.Code]message {
	return map[check.Code]message{
		FoundLimitedList: {
			"List shows {{.Data.Limit}} of {{.Data.All}} results (from {{visible .Data.First}})",
			"The limit of the list block is reached. To see more results, increase limit. To see fewer, use include and exclude.",
		},
		FoundUnlistedEveryone: {
			"{{.Server}}: {{count .Subjects \"user type\"}} of every user omitted ({{first .Subjects}})",
			"Every user has these user types, so every user gets their scopes:\n\n{{list .Subjects}}\n\n" +
				"Remove the scopes from the user types on the server. For scopes that every user must get, set access = \"everyone\".",
		},
		FoundUnlistedNames: {
			"{{.Server}}: {{count .Subjects \"scope\"}} with an invalid name omitted ({{first .Subjects}})",
			"A scope name must be a scope-token (RFC 6749, section 3.3) of at most 255 characters. No client can request these scopes, and they are not " +
				"managed:\n\n{{list .Subjects}}",
		},
		FoundNote: {"{{.Data.Summary}}{{with .Data.Subjects}} ({{first .}}){{end}}", "{{.Data.Detail}}{{with noteAdvice .Data}} {{.}}{{end}}"},
	}
}
