// Package messages has the text of everything that the provider reports: one table, from
// the code of a finding to its summary and detail. It decides nothing.
package messages

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// message is the text of a finding: templates over About.
type message struct{ summary, detail string }

// About is a finding and where it was found: what the templates of a message can refer to.
type About struct {
	check.Finding
	Server   string // the server that the finding is about, such as `Keycloak realm "shop"`
	ServerID string
	Product  string // such as `Keycloak`
	Block    string // of the provider configuration, such as `keycloak`

	ServerIDWord string // what the product calls a server ID, such as `realm`
	UserTypeWord string // what the product calls a user type, such as `realm role`
	WholeSets    bool   // a write replaces all scopes of a user type, so that a resource has no globs
}

// messages returns the text of each code.
func messages() map[check.Code]message {
	all := map[check.Code]message{}
	for _, rows := range []map[check.Code]message{
		accessErrors(), accessWarnings(), conflictMessages(), deletionMessages(), globMessages(), adoptionMessages(), grantErrors(), grantWarnings(), nameMessages(), renameMessages(), userMessages(), parentMessages(), coverageMessages(), serverMessages(), providerMessages(), allGrantMessages(), boundMessages(),
		configMessages(), inputMessages(), supportMessages(), failedMessages(), foundMessages(),
	} {
		maps.Copy(all, rows)
	}
	return all
}

func nameMessages() map[check.Code]message {
	const builtIn = "{{if .Data.Single}}Scope {{quote (index .Subjects 0)}} is built in{{else}}{{count .Subjects \"scope\"}} built in{{end}}"
	const reserved = "These are built into {{.Product}} or OpenID Connect, and are not made as scopes of a server:\n\n{{list .Subjects}}\n\nLeave them out."
	return map[check.Code]message{
		check.NamesBuiltIn: {
			builtIn,
			"These come with every {{.Product}} server and are outside of what is managed:\n\n{{list .Subjects}}\n\n" +
				"Leave them out, or set allow_built_in = true to change them here.",
		},
		check.NamesAbsent:   {builtIn, reserved},
		check.NamesReserved: {"{{count .Subjects \"name\"}} no scope of a server", reserved},
		check.NamesTaken: {
			"{{count .Subjects \"name\"}} taken by something else",
			"{{.Server}} has these already, as something that is no OAuth 2.0 scope (on Keycloak a client scope of another protocol, such as saml), and a name is there only once:\n\n{{list .Subjects}}\n\n" +
				"Choose another name, or rename or delete that one there.",
		},
		check.NamesExists: {
			"Scope {{quote (index .Subjects 0)}} exists already",
			"{{.Server}} has a scope {{quote (index .Subjects 0)}}. To manage it here, import it:\n\n{{.Data.Block}}\n\nThe plan then shows what differs. " +
				"(A scope's name is unique, so create_before_destroy cannot work for it.)",
		},
		check.NamesRenamed: {
			"Access: scope {{quote .Data.Old}} becomes {{quote .Data.New}} for all who have it ({{first .Data.Holders}})",
			"A rename in {{.Server}} leaves the scope with those who have it, whether this configuration names them or not. " +
				"From the apply on these get {{quote .Data.New}} in place of {{quote .Data.Old}}:\n\n{{list .Data.Holders}}\n\n" +
				"If {{quote .Data.New}} is to begin with nobody, make it as a scope of its own and delete the old one.",
		},
	}
}

func renameMessages() map[check.Code]message {
	return map[check.Code]message{
		check.RenamesAmbiguous: {
			"Two new names for one scope",
			"previous_names has more than one new name for these old names:\n\n{{list .Data}}\n\nKeep one entry for each old name.",
		},
		check.RenamesCircular: {
			"Circular previous names",
			"The previous names of these scopes lead back to themselves:\n\n{{list .Subjects}}\n\n" +
				"Remove an entry. To swap two names, rename one of the scopes to a third name in an apply of its own.",
		},
		check.RenamesListed: {
			"Renamed scopes are still configured",
			"previous_names renames these scopes, and scopes still contains the old names:\n\n{{list .Data}}\n\n" +
				"To rename a scope, remove the old name from scopes. To have both scopes, remove the entry from previous_names. " +
				"To rename several scopes in a chain, apply one rename after the other.",
		},
		check.RenamesTaken: {
			"Old and new scopes both exist",
			"{{.Server}} has the old and the new scope of these entries of previous_names:\n\n{{list .Data}}\n\n" +
				"To keep the old scope under the new name, delete the new scope on the server first. To keep the new scope, remove the entry.",
		},
		check.RenamesExcluded: {
			"Previous names are excluded",
			"manage or ignore excludes the old names of these entries of previous_names, so the resource must not change these scopes:\n\n{{list .Data}}\n\n" +
				"To rename the scopes, change the globs. To create new scopes, remove the entries.",
		},
		check.RenamesBuiltIn: {
			"Built-in scopes cannot be renamed",
			"One name of each of these entries of previous_names is the name of a built-in scope:\n\n{{list .Data}}\n\nRemove the entries.",
		},
		check.RenamesRestored: {
			"{{.Server}}: {{count .Subjects \"scope\"}} renamed outside Terraform ({{first .Data}})",
			"These scopes have the IDs in state and other names. The apply restores their names, and keeps role mappings, protocol mappers and assignments to clients:\n\n{{list .Data}}\n\n" +
				"To keep a new name, set it in scopes instead of the old name.",
		},
		check.RenamesKept: {
			"{{.Server}}: {{count .Subjects \"scope\"}} renamed and kept by their holders ({{first .Subjects}})",
			"A rename keeps the grants of a scope, also those that the configuration does not list. After the apply, these have the new name:\n\n{{list .Data}}",
		},
		check.RenamesRequested: {
			"{{.Server}}: {{count .Subjects \"client\"}} with renamed scopes ({{first .Subjects}})",
			"These clients keep the scopes. A request for the old name is rejected after the apply, and tokens contain the new name:\n\n{{list .Data}}\n\n" +
				"Change the requests of the clients and the names that the resource servers accept.",
		},
		check.RenamesUnread: {
			"Clients with {{count .Subjects \"renamed scope\"}} in {{.Server}} are unknown ({{first .Subjects}})",
			"Not all clients of {{.Server}} could be read, so this plan cannot name those that request a scope by its old name:\n\n{{list .Subjects}}\n\n{{advice .Data.Err}}\n\n{{.Data.Err}}",
		},
	}
}

func accessErrors() map[check.Code]message {
	return map[check.Code]message{
		check.AccessBuiltInChanged: {
			"Who gets the built-in scope {{quote (index .Subjects 0)}} cannot be changed",
			"It is {{quote .Data.Live}} on the server, and {{quote .Data.Planned}} here. " +
				"Built-in scopes are never limited or opened: say access = {{quote .Data.Live}} for it.",
		},
		check.AccessUndecided: {
			"Who gets {{count .Subjects \"open scope\"}} is not decided",
			"In {{.Server}} everyone gets:\n\n{{list .Subjects}}\n\n" +
				"The configuration does not say whether that is to stay. Say so in settings{{if not .Data.Single}}, or in overrides for single scopes{{end}}:\n" +
				"  access = \"everyone\"     everyone keeps them (they often carry claims that all applications need)\n" +
				"  access = \"user_types\"   only user types that list them get them from now on" +
				"{{with .Data.BuiltIn}}\n\nBuilt-in scopes are never limited or opened, so for these say:\n\n{{list .}}{{end}}",
		},
		check.AccessLeftOpen: {
			"Nothing limits {{count .Subjects \"scope\"}} that access = \"unguarded\" is said for",
			"\"unguarded\" leaves a scope as it was found, limited by the user types it is mapped to. These would be open to everyone:\n\n{{list .Subjects}}\n\n" +
				"Say \"user_types\" or \"everyone\" for them.",
		},
		check.AccessClientRoles: {
			"{{count .Subjects \"scope\"}} cannot be opened",
			"Client roles limit them, and opening a scope removes realm roles only:\n\n{{list .Data}}\n\n" +
				"Take these client roles off the scopes first, or say access = \"user_types\".",
		},
		check.AccessContradiction: {
			"Access of {{count .Data \"scope\"}} is contradictory",
			"One resource of this configuration says access = \"everyone\", another lists the scope for a user type, which limits it:\n\n{{list .Data}}\n\n" +
				"Say access = \"user_types\", or take the scope out of the user type's set.",
		},
	}
}

func accessWarnings() map[check.Code]message {
	return map[check.Code]message{
		check.AccessUnknown: {
			"Access: who gets {{count .Subjects \"scope\"}} is not known yet ({{first .Subjects}})",
			"access depends on something that is not applied yet, so this plan cannot tell. " +
				"The apply may give these to everyone, which takes them off their user types, or take them from everyone:\n\n{{list .Subjects}}\n\n" +
				"To see it first, apply what access depends on (with -target) and plan again.",
		},
		check.AccessClosing: {
			"Access: {{count .Subjects \"scope\"}} taken from everyone ({{first .Subjects}})",
			"In {{.Server}} everyone gets these now. From the apply on only user types that list them do; " +
				"until such a user type is applied, nobody gets them, also later in the same run:\n\n{{list .Subjects}}",
		},
		check.AccessOpening: {
			"Access: {{count .Subjects \"scope\"}} given to everyone ({{first .Subjects}})",
			"In {{.Server}} these are limited now. From the apply on every user gets them:\n\n{{list .Subjects}}",
		},
		check.AccessCreatedOpen: {
			"Access: {{count .Subjects \"scope\"}} created open to everyone ({{first .Subjects}})",
			"access = \"everyone\" holds for these, which {{.Server}} does not have yet. From the apply on every user gets them:\n\n{{list .Subjects}}",
		},
		check.AccessHeldByEveryone: {
			"Access: {{count .Data \"scope\"}} reached by everyone ({{first .Data}})",
			"In {{.Server}} these are limited, but every user has one of the roles that they are limited to. " +
				"No resource here changes that; take the scope from it by hand:\n\n{{list .Data}}",
		},
		check.AccessGuardHeld: {
			"Access: {{count .Subjects \"scope\"}} reached by everyone through the guard role ({{first .Subjects}})",
			"In {{.Server}} the guard role is to keep these limited, and every user has it. Another warning says how that comes: put that right. " +
				"Do not take the guard off the scopes, for one that no other role limits would be open to everyone for good:\n\n{{list .Subjects}}",
		},
		check.AccessUnmapped: {
			"Access: opening removes {{count .Data \"mapping\"}} ({{first .Data}})",
			"A scope is open to everyone only while no user type is mapped to it, so these mappings are removed:\n\n{{list .Data}}",
		},
		check.AccessUnguarded: {
			"Access: {{count .Subjects \"scope\"}} unguarded ({{first .Subjects}})",
			"These are left as they were found: limited by their user types now, but open to everyone as soon as the last of them is taken away by hand. " +
				"Say access = \"user_types\" to guard them:\n\n{{list .Subjects}}",
		},
	}
}

func conflictMessages() map[check.Code]message {
	return map[check.Code]message{
		check.ConflictReleasedAndReplaced: {
			"{{count .Subjects \"scope\"}} left alone from now on, and replaced",
			"The changed globs leave these alone, and the replacement would take them away first:\n\n{{list .Subjects}}\n\n" +
				"Apply the change without replacing the resource (-replace, taint), then replace it.",
		},
		check.ConflictScopesManagedTwice: {
			"{{count .Subjects \"scope\"}} managed twice",
			"Another resource of this configuration manages these of {{.Server}} too:\n\n{{list .Subjects}}\n\n" +
				"Give each resource its own with manage or ignore.",
		},
		check.ConflictHolderManagedTwice: {
			"{{.Data.Title}} is managed twice",
			"Another resource of this configuration manages these scopes of {{.Data}} in {{.Server}} too:\n\n{{list .Subjects}}\n\n" +
				"{{if .WholeSets}}{{.Product}} replaces all scopes of a user type, so only one resource can manage it. Remove one of the two." +
				"{{else}}Give each resource its own with manage or ignore.{{end}}" +
				"{{if eq .Data.Kind \"user type\"}} authscopes_server_grants manages all user types: list the user type only there, or exclude it there with ignore_user_types.{{end}}",
		},
		check.ConflictGrantsManagedTwice: {
			"User types are managed by two resources",
			"authscopes_server_grants manages all user types of {{.Server}}. Other resources of this configuration manage these scopes of user types, too:\n\n{{list .Subjects}}\n\n" +
				"To manage a user type here, add it to user_types and remove the other resource. To leave it to the other resource, add it to ignore_user_types.",
		},
		check.ConflictScopeManagedTwice: {
			"Scope {{quote (index .Subjects 0)}} is managed twice",
			"Another resource of this configuration manages scope {{quote (index .Subjects 0)}} of {{.Server}} too. " +
				"Take it out of one of them, or let the authoritative one leave it alone with ignore or manage.",
		},
		check.ConflictRenamedAndHeld: {
			"Scope {{quote .Data.Old}} is renamed to {{quote .Data.New}} and would stay with who is not to have it",
			"A rename keeps who has the scope. In {{.Server}} these have {{quote .Data.Old}} or name it, and {{quote .Data.New}} is not in their set:\n\n{{list .Data.Holders}}\n\n" +
				"Let them name the new one. If they are to lose it, take {{quote .Data.Old}} from them in an apply of its own, and rename it after that. " +
				"If another scope is meant, make it with a resource of its own. Nothing was changed.",
		},
		check.ConflictRemovedAndKept: {
			"{{count .Subjects \"scope\"}} taken away by one resource and held by another",
			"This plan destroys one {{.Data.Remover}}, which removes these from {{with .Data.Holder.String}}{{.}} in {{end}}{{.Server}}. Another resource ({{.Data.Keeper}}) manages them:\n\n{{list .Subjects}}\n\n" +
				"{{if .Data.SameType}}If the resource was only renamed in the configuration, add:\n\nmoved {\n  from = {{.Data.Remover}}.<old name>\n  to   = {{.Data.Remover}}.<new name>\n}\n\nIf another{{else}}If the other{{end}} " +
				"resource takes over, remove the old one from state without a change on the server:\n\nremoved {\n  from = {{.Data.Remover}}.<old name>\n  lifecycle {\n    destroy = false\n  }\n}\n\n" +
				"Or apply on_destroy = \"keep\" on it first. " +
				"If the plan calls the destroyed one deposed, a create_before_destroy stopped before its end: remove the resource from state (terraform state rm) and import it. Nothing was changed.",
		},
		check.ConflictDeletedAndUsed: {
			"{{count .Subjects \"scope\"}} deleted and still named",
			"This plan deletes these from {{.Server}}, and a user type or a client of the same configuration names them:\n\n{{list .Subjects}}\n\n" +
				"Take them out there too, or keep them. References (authscopes_server_scopes.<name>.names[\"read:users\"]) make this an error of the configuration.",
		},
	}
}

func deletionMessages() map[check.Code]message {
	return map[check.Code]message{
		check.DeletionsExceedLimit: {
			"{{count .Subjects \"scope\"}} would be deleted, max_deletions is {{.Data.Allowed}}",
			"The plan would delete these of {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"{{if .Data.InState}}The resource is replaced or tainted, so these scopes are deleted before they are created again, and the last applied max_deletions counts. " +
				"To keep the scopes, run terraform untaint on the resource, or plan without -replace. To delete them, apply max_deletions = {{len .Subjects}} or higher first." +
				"{{else}}If that is right, set max_deletions = {{len .Subjects}} or higher (and apply that before a destroy). If not, add them to scopes, or to ignore.{{end}}",
		},
		check.DeletionsTakeGrants: {
			"Access: deleting takes {{count .Data \"right\"}} ({{first .Data}})",
			"These scopes of {{.Server}} are deleted while somebody has them:\n\n{{list .Data}}",
		},
		check.DeletionsDestroyMappers: {
			"Deleting scopes in {{.Server}} destroys {{count .Data \"protocol mapper\"}} ({{first .Data}})",
			"These protocol mappers are deleted with their scopes, also if a scope of the same name is created again. " +
				"A rename by previous_names keeps them:\n\n{{list .Data}}",
		},
		check.DeletionsUnknown: {
			"Which scopes are deleted is not known yet",
			"scopes, overrides, manage or ignore depends on something that is not applied yet, so this plan cannot tell which scopes of the state are left out. " +
				"The apply deletes what turns out to be missing, at most max_deletions ({{.Data.Allowed}}) of them. To see it first, apply what they depend on (with -target) and plan again.",
		},
		check.DeletionsPossible: {
			"{{count .Subjects \"scope\"}} taken in by the changed globs, and perhaps deleted ({{first .Subjects}})",
			"manage or ignore left these of {{.Server}} alone until now. They are not in the state, so the plan has no line for them; " +
				"the apply deletes those that turn out not to be in scopes:\n\n{{list .Subjects}}",
		},
		check.DeletionsUnreadClients: {
			"Clients: which ones lose {{count .Subjects \"scope\"}} is not known ({{first .Subjects}})",
			"The clients of {{.Server}} could not be read, so this plan cannot name those that lose a scope. It deletes:\n\n{{list .Subjects}}\n\n" +
				"{{advice .Data.Err}}\n\n{{.Data.Err}}",
		},
		check.DeletionsTakeFromClient: {
			"Clients: deleting takes {{count .Subjects \"scope\"}} from {{count .Data \"client\"}} ({{first .Data}})",
			"These clients of {{.Server}} have scopes that are deleted. " +
				"Their tokens no longer carry them, and a client that asks for one by name may be refused:\n\n{{list .Data}}",
		},
		check.DeletionsMissedClients: {
			"Clients: others may lose {{count .Subjects \"deleted scope\"}} too ({{first .Subjects}})",
			"Not all clients of {{.Server}} could be read. {{advice .Data.Err}}\n\n{{.Data.Err}}",
		},
	}
}

func globMessages() map[check.Code]message {
	return map[check.Code]message{
		check.GlobsDelete: {
			"{{count .Subjects \"scope\"}} deleted because of the changed globs ({{first .Subjects}})",
			"manage or ignore left these of {{.Server}} alone until now. They are not in the state, so the plan has no line for them; the apply deletes them:\n\n{{list .Subjects}}",
		},
		check.GlobsRelease: {
			"Only leaving the state: {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"ignore or manage now leaves these out, or they are built in. The plan shows them as removed lines, but they stay on {{.Server}} as they are:\n\n{{list .Subjects}}",
		},
		check.GlobsRevoke: {
			"{{.Data.Title}} loses {{count .Subjects \"scope\"}} because of the changed globs ({{first .Subjects}})",
			"manage or ignore left these alone until now. They are not in the state, so the plan has no line for them; the apply takes them away:\n\n{{list .Subjects}}",
		},
		check.GlobsKeep: {
			"Only leaving the state: {{count .Subjects \"scope\"}} of {{.Data}} ({{first .Subjects}})",
			"They are built in, or ignore or manage now leaves them out. The plan shows them as removed, but {{.Data}} keeps them:\n\n{{list .Subjects}}",
		},
	}
}

func adoptionMessages() map[check.Code]message {
	return map[check.Code]message{
		check.AdoptionUnlisted: {
			"{{count .Subjects \"scope\"}} on the server that the configuration does not have",
			"This resource manages all scopes of {{.Server}}, and would delete these:\n\n{{list .Subjects}}\n\n" +
				"Import the resource, so that the plan shows them:\n\n{{importScopes .ServerID}}\n\nor add them to scopes, or leave them alone with ignore.",
		},
		check.AdoptionAdopted: {
			"{{count .Subjects \"existing scope\"}} adopted{{with .Data.Changed}}, {{.}} of them changed{{end}} ({{first .Subjects}})",
			"These are on {{.Server}} already and are taken over, also where the plan shows them as created:\n\n{{list .Data.Lines}}",
		},
		check.AdoptionFound: {
			"{{.Server}}: {{count .Subjects \"scope\"}} found on create{{with .Data.Changed}}, {{.}} of them changed{{end}} ({{first .Subjects}})",
			"{{.Server}} has these scopes already:\n\n{{list .Data.Lines}}\n\n" +
				"A new resource manages them from now on, also where the plan shows them as created. " +
				"If the resource is tainted, the apply deletes them and creates them again. To find out, plan without -refresh=false.",
		},
		check.AdoptionRecreated: {
			"{{.Server}}: {{count .Subjects \"scope\"}} deleted and created again by this plan ({{first .Subjects}})",
			"The resource is replaced or tainted. The apply deletes these scopes and creates them again:\n\n{{list .Data}}\n\n" +
				"What other resources or people added to them is lost, such as role mappings, protocol mappers and assignments to clients. " +
				"To keep the scopes, run terraform untaint on the resource. " +
				"If the configuration removes another resource with these scopes from state, and does not destroy it, they are kept.",
		},
		check.StaleState: {
			"{{.Server}} differs from the state in {{count .Subjects \"scope\"}}, not in this plan ({{first .Subjects}})",
			"This plan was made without a refresh. {{with .Data.String}}For {{.}}, the{{else}}The{{end}} state differs from {{.Server}} in these scopes, so the plan does not show the changes:\n\n{{list .Subjects}}\n\n" +
				"Other resources can differ too. To see all changes, plan without -refresh=false and without -minimal-refresh.",
		},
		check.StaleAppeared: {
			"{{count .Data \"scope\"}} made after the plan was made",
			"The plan shows these as new, and somebody has made them on {{.Server}} since it read the server:\n\n{{list .Data}}\n\n" +
				"Nothing was changed. Roles that have them keep them: take off what is not meant, then plan again, without -refresh=false.",
		},
		check.StaleDeleted: {
			"{{count .Subjects \"scope\"}} deleted after the plan was made",
			"These are gone from {{.Server}} since it read the server:\n\n{{list .Subjects}}\n\n" +
				"Nothing was changed. To create them, plan again, without -refresh=false.",
		},
		check.StaleRecreated: {
			"{{count .Data \"scope\"}} made again after the plan was made",
			"Somebody has deleted these from {{.Server}} and made others of the same name since the plan read the server:\n\n{{list .Data}}\n\n" +
				"Nothing was changed. The roles in brackets have the new ones and keep them. To see what is there now, plan again, without -refresh=false.",
		},
	}
}

func grantErrors() map[check.Code]message {
	return map[check.Code]message{
		check.GrantsBuiltIn: {
			"{{count .Subjects \"scope\"}} built in",
			"These come with every {{.Product}} server, and who gets them is never changed: " +
				"a user type on one takes it from everyone else, whose tokens need its claims:\n\n{{list .Subjects}}\n\n" +
				"Leave them out. Those that the user type has already can be named with allow_built_in = true.",
		},
		check.GrantsNone: {
			"No scopes",
			"{{.Product}} refuses a user type without any scope. Name at least one.",
		},
		check.GrantsFilterUnsupported: {
			"{{.Product}} leaves no scope of a user type alone",
			"A write there replaces all scopes of the user type, so {{.Path}} cannot be kept. " +
				"Leave it out, and list every scope of {{if eq (index .Subjects 0) \"*\"}}each user type{{else}}user type {{quote (index .Subjects 0)}}{{end}}.",
		},
		check.GrantsBeyondMaximum: {
			"Scopes exceed the maximum of the server",
			"{{.Server}} lets no user type have these:\n\n{{list .Subjects}}\n\n{{with .Data.Scopes}}It allows:\n\n{{list .}}{{else}}It allows no scope.{{end}}\n\n" +
				"Add the scopes to the maximum on the server first, or remove them from {{.Data.Holder}}.",
		},
		check.GrantsMaximumLowered: {
			"{{.Data.Title}} has {{count .Subjects \"scope\"}} beyond the maximum of {{.Server}} ({{first .Subjects}})",
			"{{.Server}} has a lower maximum now, and the next change of {{.Data.Holder}} fails while its configuration has these:\n\n{{list .Subjects}}\n\n" +
				"Remove them, or add them to the maximum on the server.",
		},
		check.GrantsEveryone: {
			"Everyone has user type {{quote (index .Subjects 0)}}",
			"The {{.UserTypeWord}} {{quote (index .Subjects 0)}} is one that every user has" +
				"{{with .Data}}, or contains such:\n\n{{list .}}\n\n{{else}}.{{end}} Its scopes would go to everyone. Use a {{.UserTypeWord}} of its own for these scopes; " +
				"for a scope that everyone is to get, say access = \"everyone\".",
		},
		check.GrantsComposite: {
			"User type {{quote (index .Subjects 0)}} contains others",
			"The {{.UserTypeWord}} {{quote (index .Subjects 0)}} is composite. " +
				"Whoever has one of these gets its scopes too, also without {{quote (index .Subjects 0)}}:\n\n{{list .Data}}\n\n" +
				"If that is meant, {{if .Keys}}add it to composite_user_types{{else}}set allow_composite = true{{end}}.",
		},
	}
}

func grantWarnings() map[check.Code]message {
	return map[check.Code]message{
		check.GrantsMissingHolder: {
			"There is no {{.Data.Holder}} yet{{with .Data.Nearest}} (did you mean {{quote .}}?){{end}}",
			"{{.Server}} has none. Unless a resource that this one depends on makes it, the apply fails here, and what this plan takes from others is taken all the same. " +
				"If it was deleted, {{if .Keys}}remove the entry{{else}}destroy the resource, or remove it from the state: terraform state rm <address>{{end}}.",
		},
		check.GrantsMissingScopes: {
			"{{.Data.Holder.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} not found ({{first .Data.Lines}})",
			"{{.Server}} does not have these scopes, and no resource that was planned before this one creates them:\n\n{{list .Data.Lines}}\n\n" +
				"If another resource creates them, refer to it (authscopes_server_scopes.<name>.names[\"read:users\"]) or use depends_on, so that they are created first. Otherwise the apply fails.",
		},
		check.GrantsLimit: {
			"Access: {{count .Subjects \"scope\"}} taken from everyone but {{.Data}} ({{first .Subjects}})",
			"In {{.Server}} everyone gets these now. The first user type that lists a scope takes it from all who do not have that user type:\n\n{{list .Subjects}}",
		},
		check.GrantsReplace: {
			`{{.Data.Holder.Title}} has other scopes now: {{counts .Data.Revoked "go" .Data.Granted "come"}} ({{first .Data.Revoked .Data.Granted}})`,
			"The resource replaces what {{.Data.Holder}} has in {{.Server}}.{{section \"It loses:\" .Data.Revoked}}{{section \"It gets:\" .Data.Granted}}",
		},
		check.GrantsReplaceClient: {
			`{{.Data.Holder.Title}} has other scopes now: {{counts .Data.Revoked "go" .Data.Granted "come" .Data.Moved "change between default and optional"}}` +
				" ({{first .Data.Revoked .Data.Moved .Data.Granted}})",
			"The resource replaces what {{.Data.Holder}} may ask for in {{.Server}}." +
				"{{section \"It loses:\" .Data.Revoked}}{{section \"It gets:\" .Data.Granted}}{{section \"Between default and optional change:\" .Data.Moved}}",
		},
		check.GrantsUnknown: {
			"What {{.Data}} is to have is not known yet: {{count .Subjects \"scope\"}} may go ({{first .Subjects}})",
			"It depends on something that is not applied yet. Of these, which {{.Data}} has now, the apply takes away what turns out not to be listed. " +
				"To see it first, apply what it depends on (with -target) and plan again:\n\n{{list .Subjects}}",
		},
		check.GrantsLost: {
			"{{.Data.Title}} loses {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"{{.Data.Attribute}} changes, so the resource lets go of {{.Data}}, which loses these unless another resource gives it them:\n\n{{list .Subjects}}",
		},
		check.GrantsKept: {
			"User type {{quote (index .Subjects 0)}} keeps its scopes on {{.Product}}",
			"{{.Product}} has no way to take the scopes from a user type. The resource only leaves the state{{with .Data}}, and these stay as they are:\n\n{{list .}}{{else}}.{{end}}\n\n" +
				"To take some away, apply a smaller set before. on_destroy = \"keep\" says that this is meant.",
		},
		check.GrantsAssignedOpen: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"open scope\"}} assigned ({{first .Subjects}})",
			"Every user of {{.Data}} gets these scopes, because no role limits them:\n\n{{list .Subjects}}\n\n" +
				"To limit them to user types, manage them with access = \"user_types\". If they are open on purpose, manage them with access = \"everyone\".",
		},
		check.GrantsAssignedLimited: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} limited before assignment ({{first .Subjects}})",
			"These scopes are open in {{.Server}}, although they were limited to user types when they were last applied:\n\n{{list .Subjects}}\n\n" +
				"The apply maps the guard role to them before it assigns them. If it may not do so, it fails and assigns nothing.",
		},
		check.GrantsOpenedOutside: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"limited scope\"}} opened outside Terraform ({{first .Subjects}})",
			"Every user of {{.Data}} gets these scopes, although they were limited to user types when they were last applied:\n\n{{list .Subjects}}\n\n" +
				"To limit them again, apply the configuration that manages them. To leave them open, apply access = \"everyone\" there.",
		},
	}
}

func userMessages() map[check.Code]message {
	return map[check.Code]message{
		check.UsersNone: {
			"{{.Server}} has no user of type {{quote (index .Subjects 0)}}",
			"{{.Product}} keeps scopes with each user, so there is nothing that a write can change, and an apply for this user type fails. " +
				"A user that is created later has the default scopes of its user type.\n\n" +
				"Create the users first, then apply.",
		},
		check.UsersBeyondReach: {
			"{{.Server}} changes only {{.Data.Written}} of {{.Data.Count}} users of type {{quote (index .Subjects 0)}}",
			"A write changes the users that were created last. All others keep the scopes that they have, and a second write reaches the same users. " +
				"A scope counts as granted only if all users have it, so an apply fails unless the other users already have the configured scopes.",
		},
		check.UsersSampled: {
			"Only one user of type {{quote (index .Subjects 0)}} is read from {{.Server}}",
			"The provider logs in as one user of this type and reads the scopes in its token. Other users of the type can have other scopes. " +
				"Neither a plan nor an apply can see them.\n\nThe guide about {{.Product}} lists what else can be read.",
		},
		check.UsersDiffer: {
			"Users of type {{quote .Data}} in {{.Server}} differ in {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"Some users of this type have these scopes, and others do not:\n\n{{list .Subjects}}\n\n" +
				"They do not count as scopes of the user type. To give all of its users the same scopes, apply authscopes_user_type_scopes.",
		},
		check.UsersReader: {
			"{{.Data.Title}} loses {{count .Subjects \"scope\"}} that the provider reads {{.Product}} with ({{first .Subjects}})",
			"The provider logs in to {{.Server}} as a user of this type. To read the scopes of other user types, it needs these scopes, which the configuration does not list:\n\n{{list .Subjects}}\n\n" +
				"After the apply, each plan that reads another user type fails with 403, also if the old scopes are configured again. " +
				"To keep them, add them to scopes. If an apply has revoked them, add them to scopes and apply this resource alone:\n\n" +
				"terraform apply -target=authscopes_user_type_scopes.<name>",
		},
	}
}

func parentMessages() map[check.Code]message {
	return map[check.Code]message{
		check.ParentMissing: {
			"{{.Server}} does not exist",
			"The server reports that it does not exist. Resources in it stay in the state as they are.\n\n" +
				"The apply of a resource in it fails, unless a resource that this one depends on creates it. " +
				"{{if .Data.Named}}" + adviseNamed + "{{else}}" + AdviseStateRm + "{{end}}\n\nIf it was not deleted, check the url, the server_id{{if .Data.Named}}, and the realm of the provider configuration{{end}}.\n\n{{.Data.Err}}",
		},
	}
}

// Codes returns the codes of what no check decides.
func Codes() []check.Code {
	return slices.Concat(providerCodes(), inputCodes(), supportCodes(), failedCodes(), foundCodes())
}

// Row is one row of the table. Summary and Detail are templates (text/template) over About.
type Row struct {
	Code            check.Code
	Summary, Detail string
}

// Rows returns the table, sorted by code.
func Rows() []Row {
	all := messages()
	rows := make([]Row, 0, len(all))
	for _, code := range slices.Sorted(maps.Keys(all)) {
		rows = append(rows, Row{code, all[code].summary, all[code].detail})
	}
	return rows
}

// Text returns the summary and the detail of a finding.
func Text(about About) (summary, detail string) {
	row := messages()[about.Code]
	return render(string(about.Code), row.summary, about), render(string(about.Code), row.detail, about)
}

// render returns the text of a template. A test executes every template, so that an
// error is a defect of the provider.
func render(code, text string, about any) string {
	parsed, err := template.New("").Funcs(functions()).Option("missingkey=error").Parse(text)
	var b strings.Builder
	if err == nil {
		err = parsed.Execute(&b, about)
	}
	if err != nil {
		return fmt.Sprintf("The message %q cannot be shown. Please report this: %s", code, err)
	}
	return b.String()
}

func functions() template.FuncMap {
	return template.FuncMap{
		"alternative":   alternative,
		"advice":        Advice,
		"allowed":       allowed,
		"noteAdvice":    noteAdvice,
		"badName":       badName,
		"unnamedParent": unnamedParent,
		"visible":       Visible,
		"join":          strings.Join,
		"count":         func(names []string, noun string) string { return Count(len(names), noun) },
		"first":         func(names ...[]string) string { return First(slices.Concat(names...)) },
		"list":          List,
		"importScopes":  func(serverID string) string { return ImportBlock("authscopes_server_scopes", serverID) },
		"counts":        counts,
		"section":       Section,
		"importGrants":  func(serverID string) string { return ImportBlock("authscopes_server_grants", serverID) },
		"quote":         func(text any) string { return fmt.Sprintf("%q", text) },
	}
}

// counts returns `2 go, 1 come` for pairs of names and a verb, without zeros.
func counts(pairs ...any) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if names, _ := pairs[i].([]string); len(names) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", len(names), pairs[i+1]))
		}
	}
	return strings.Join(parts, ", ")
}

func coverageMessages() map[check.Code]message {
	return map[check.Code]message{
		check.CoverageCovered: {
			"Parameterized scopes in {{.Server}} cover {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"A client that requests one of these scopes gets it from the parameterized scope, also for users who do not have the scope:\n\n{{list .Data}}\n\n" +
				"Limit the parameterized scope to user types that have all of these scopes, delete it, or rename the scopes.",
		},
	}
}

func serverMessages() map[check.Code]message {
	const wayOut = "{{.Server}} has the ID {{quote .Data.Now}}, and the state belongs to the ID {{quote .Data.Was}}. " +
		"Either the address in the provider configuration is that of another server, or the realm was deleted and created again.\n\n" +
		"If the address is wrong, correct it. To manage the present realm, remove the resource from the state (terraform state rm) and import it. " +
		"The import of a whole realm keeps the ID, if the file has it."
	return map[check.Code]message{
		check.ServerReplaced: {
			"The state belongs to another server than {{.Server}}",
			wayOut,
		},
		check.ServerReplacedRemoves: {
			"The state belongs to another server",
			"The plan would {{if .Subjects}}delete, revoke or unassign scopes{{else if .Data.Missing}}change an object that does not exist{{else}}destroy the resource{{end}} on a server that the state does not belong to. Nothing was changed." +
				"{{with .Subjects}}\n\n{{list .}}{{end}}\n\n" + wayOut,
		},
	}
}
