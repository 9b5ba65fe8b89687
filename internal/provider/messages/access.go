package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func accessErrors() map[check.Code]message {
	return map[check.Code]message{
		check.AccessBuiltInChanged: {
			"Access of a built-in scope cannot be changed",
			"Built-in scope {{quote (index .Subjects 0)}} of {{.Server}} has access = {{quote .Data.Live}}, and the configuration sets access = " +
				"{{quote .Data.Planned}}.\n\n" +
				"Built-in scopes are never limited or opened. Set access = {{quote .Data.Live}} for this scope.",
		},
		check.AccessUndecided: {
			"Missing access for open scopes",
			"In {{.Server}}, every user gets these scopes, and the configuration does not set their access:\n\n{{list .Subjects}}\n\n" +
				"Set access in settings{{if not .Data.Single}}, or in overrides for single scopes{{end}}:\n" +
				"  access = \"everyone\"     every user keeps the scopes (open scopes often contain claims that all applications need)\n" +
				"  access = \"user_types\"   only users of the user types that list a scope get it" +
				"{{with .Data.BuiltIn}}\n\nBuilt-in scopes are never limited or opened. Set for these:\n\n{{list .}}{{end}}",
		},
		check.AccessLeftOpen: {
			"access = \"unguarded\" would leave scopes open",
			"With \"unguarded\", a scope of {{.Server}} is limited by its role mappings only. These scopes have none, so every user would get " +
				"them:\n\n{{list .Subjects}}\n\n" +
				"To limit the scopes to user types, set access = \"user_types\". To open them to every user, set access = \"everyone\".",
		},
		check.AccessClientRoles: {
			"Client roles limit scopes with access = \"everyone\"",
			"In {{.Server}}, these client roles limit scopes that the configuration opens to every user:\n\n{{list .Data}}\n\n" +
				"Opening a scope removes its realm roles only. To open the scopes, first remove these client roles from them on the server. " +
				"To keep the scopes limited, set access = \"user_types\".",
		},
		check.AccessContradiction: {
			"Scopes are both open and granted to user types",
			"In {{.Server}}, one resource of this configuration opens these scopes with access = \"everyone\". Another resource grants them to a user type, " +
				"which limits them:\n\n{{list .Data}}\n\n" +
				"To limit the scopes, set access = \"user_types\". To open them, remove them from the user type.",
		},
	}
}

func accessWarnings() map[check.Code]message {
	return map[check.Code]message{
		check.AccessUnknown: {
			"Access of {{count .Subjects \"scope\"}} in {{.Server}} is unknown until apply ({{first .Subjects}})",
			"access has a value that is unknown until apply. The apply can open these scopes to every user, which removes their role mappings, or limit them " +
				"to user types:\n\n{{list .Subjects}}\n\n" +
				"To see the changes in a plan, first apply the resources that access refers to, with -target.",
		},
		check.AccessClosing: {
			"{{count .Subjects \"scope\"}} in {{.Server}} will be limited to user types ({{first .Subjects}})",
			"Every user gets these scopes now. After the apply, only users of the user types that list a scope get it:\n\n{{list .Subjects}}\n\n" +
				"Until such a user type is applied, no user gets the scope, also later in the same apply.",
		},
		check.AccessOpening: {
			"{{count .Subjects \"scope\"}} in {{.Server}} will be open to everyone ({{first .Subjects}})",
			"These scopes are limited now. After the apply, every user gets them:\n\n{{list .Subjects}}",
		},
		check.AccessCreatedOpen: {
			"{{count .Subjects \"new scope\"}} in {{.Server}} will be open to everyone ({{first .Subjects}})",
			"The server does not have these scopes, and the configuration creates them with access = \"everyone\". After the apply, every user gets " +
				"them:\n\n{{list .Subjects}}",
		},
		check.AccessHeldByEveryone: {
			"Every user gets {{count .Data \"limited scope\"}} in {{.Server}} through a role ({{first .Data}})",
			"These scopes are limited, but every user has the role behind the colon:\n\n{{list .Data}}\n\n" +
				"No resource of this configuration changes that. To limit the scopes, remove them from the role on the server.",
		},
		check.AccessGuardHeld: {
			"The guard role opens {{count .Subjects \"limited scope\"}} in {{.Server}} ({{first .Subjects}})",
			"The guard role limits these scopes, but every user has it:\n\n{{list .Subjects}}\n\n" +
				"See the other warning for the cause, and fix it first. " +
				"Do not remove the guard role from the scopes: every user would get each scope that no other role limits.",
		},
		check.AccessUnmapped: {
			"Opening scopes in {{.Server}} removes {{count .Data \"role mapping\"}} ({{first .Data}})",
			"A scope is open only if no user type is mapped to it. The apply removes these role mappings:\n\n{{list .Data}}",
		},
		check.AccessUnguarded: {
			"{{count .Subjects \"scope\"}} in {{.Server}} without guard role ({{first .Subjects}})",
			"access = \"unguarded\" keeps these scopes as they are. Their user types limit them now, but removing the last role mapping opens them to every " +
				"user:\n\n{{list .Subjects}}\n\n" +
				"To limit them permanently, set access = \"user_types\".",
		},
	}
}
