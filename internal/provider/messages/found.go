package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

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
	FoundNote             check.Code = "found.note"       // Data: authz.Note
)

func foundCodes() []check.Code {
	return []check.Code{
		FoundOtherServer, FoundMovedElsewhere, FoundUnmovable, FoundStrangeScopes, FoundNoScope, FoundNoUserType, FoundNoClient, FoundNoClientRole, FoundScopeGone, FoundMissingScopes,
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
	return map[check.Code]message{
		FoundOtherServer: {
			"The state belongs to another {{or .ServerIDWord \"server\"}}",
			"This resource was made for {{.Data.Was}}, and the configuration now addresses {{.Data.Now}}. They are different servers, so this is not a change that can be planned.\n\n" +
				"Put the old one back ({{if .Data.ByURL}}the url of the provider configuration says it{{else}}server_id = {{quote .Data.WasID}} says it here{{end}}), " +
				"or, to manage the new one, take the resource out of the state (terraform state rm) and import it from there. Nothing was changed.",
		},
		FoundMovedElsewhere: {
			"The scope was moved from another {{or .ServerIDWord \"server\"}}",
			"The moved block brings a scope of {{.Data.Was}}, and this resource addresses {{.Data.Now}}. A move only hands a resource over; it stays on its server.\n\n" +
				"Set server_id = {{quote .Data.WasID}} here (or in the provider configuration), or take the moved block away and import the scope of {{.Data.Now}}. Nothing was changed.",
		},
		FoundUnmovable: {
			"The resource cannot be moved here",
			"{{with .Data}}" +
				"{{if ne .Type .Accepted}}authscopes_server_scope takes over a {{.Accepted}}, and this is a {{.Type}}." +
				"{{else if .Providers}}The {{.Accepted}} is from the provider {{.Provider}}, and what that keeps in its state is not known. Known are:\n\n{{list .Providers}}" +
				"{{else if ne .Version .AcceptedVersion}}The state of the {{.Accepted}} has schema version {{.Version}}, and known is {{.AcceptedVersion}}. A newer version of this provider may know it." +
				"{{else}}The state of the {{.Accepted}} cannot be read: id, realm_id and name are expected in it.{{end}}{{end}}" +
				"\n\nFor everything else, let go of the old resource without touching the server " +
				"(removed { from = … lifecycle { destroy = false } }) and import it: see the guide \"Move from the Keycloak community provider\". Nothing was changed.",
		},
		FoundStrangeScopes: {
			"None of the {{count .Subjects \"scope\"}} in the state is on {{.Server}}",
			"The server's ids of all of them are others than in the state. Either all were made anew, or this is another server than the state was made for: " +
				"then do not apply, for the plan would make this server like the other one. See the address in the provider configuration.",
		},
		FoundNoScope: {
			"There is no scope {{quote (index .Subjects 0)}}",
			"{{.Server}} has no scope {{quote (index .Subjects 0)}}.{{with .Data}} Did you mean {{quote .}}?{{end}} Names are case-sensitive.",
		},
		FoundNoUserType: {
			"There is no user type {{quote (index .Subjects 0)}}",
			"{{.Server}} has no {{.UserTypeWord}} {{quote (index .Subjects 0)}}.{{with .Data.Nearest}} Did you mean {{quote .}}?{{end}}{{section \"It has:\" .Data.Names}}\n\n" +
				"User types are not made by this provider. If another resource makes it, use depends_on.",
		},
		FoundNoClientRole: {
			"There is no user type {{quote (index .Subjects 0)}}",
			"The user type is a client role, which {{.Server}} does not have.\n\n" +
				"User types are not made by this provider. If another resource makes it, use depends_on.\n\n{{.Data.Err}}",
		},
		FoundNoClient: {
			"There is no client {{quote (index .Subjects 0)}}",
			"{{.Server}} has no client with the id {{quote (index .Subjects 0)}}. {{advice .Data.Err}}\n\n" +
				"Clients are not made by this provider. If another resource makes it, take client_id from that resource, or use depends_on.\n\n{{.Data.Err}}",
		},
		FoundScopeGone: {
			"Scope {{quote (index .Subjects 0)}} is gone from {{.Server}}",
			"Somebody deleted it after the plan was made. Run plan again: it will create it.",
		},
		FoundMissingScopes: {
			"{{count .Subjects \"scope\"}} not found",
			"{{.Server}} has no such scope:\n\n{{list .Data.Lines}}\n\nNothing was changed{{with .Data.Holder}} for {{.}}{{end}}. If another resource of this configuration makes them, refer to it " +
				"(authscopes_server_scopes.<name>.names[\"read:users\"]) or use depends_on, so that they are made first.",
		},
		FoundRenamedUserType: {
			"User type {{quote (index .Subjects 0)}} was renamed to {{quote .Data}}",
			"In {{.Server}} the {{.UserTypeWord}} {{quote (index .Subjects 0)}} is called {{quote .Data}} now and keeps its scopes. Write the new name as user_type " +
				"and take this resource out of the state (terraform state rm), then import it as {{quote .Data}}; or rename it back.",
		},
		FoundPlannedAbsent: {
			"{{count .Subjects \"user type\"}} planned and not on the server ({{first .Subjects}})",
			"{{.Server}} has no such {{.UserTypeWord}}:\n\n{{list .Data}}\n\nThe matrix shows them as if they were there.",
		},
		FoundLimitedList: {
			"Only {{.Data.Limit}} of {{.Data.All}} are listed ({{visible .Data.First}} and on)",
			"The list block's limit is reached. Set limit in it to see more, or narrow it with include and exclude.",
		},
		FoundUnlistedEveryone: {
			"{{count .Subjects \"user type\"}} left out: everyone has it ({{first .Subjects}})",
			"In {{.Server}} every user has these, so whoever logs in gets their scopes:\n\n{{list .Subjects}}\n\n" +
				"Take the scopes from them by hand, and say access = \"everyone\" for what everyone is to get.",
		},
		FoundUnlistedNames: {
			"{{count .Subjects \"scope\"}} left out: no scope-token ({{first .Subjects}})",
			"Names of these are no scope-token (RFC 6749, section 3.3) of at most 255 characters, so no token can ask for them, and they are not managed:\n\n{{list .Subjects}}",
		},
		FoundUncompared: {
			"Whether {{.Server}} has {{count .Subjects \"defined scope\"}} is not known",
			"{{.Data}} So missing and in_sync are null. The attributes requested and returned show the request and the response.",
		},
		FoundNote: {"{{.Data.Summary}}", "{{.Data.Detail}}{{with noteAdvice .Data}} {{.}}{{end}}"},
	}
}
