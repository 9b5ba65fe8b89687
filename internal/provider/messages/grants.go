package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func allGrantMessages() map[check.Code]message {
	return map[check.Code]message{
		check.AllGrantsUnlisted: {
			"Unlisted grants exist on the server",
			"User types of {{.Server}} have these scopes, and user_types does not list them:\n\n{{list .Subjects}}\n\n" +
				"A new resource revokes nothing unseen. To see each revocation in a plan first, import the resource:\n\n{{importGrants .ServerID}}\n\n" +
				"To keep the grants, add them to user_types, or exclude them with ignore, manage or ignore_user_types.",
		},
		check.AllGrantsEmptied: {
			"user_types is empty",
			"The plan would revoke every managed grant in {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"If that is right, destroy the resource, or list each user type with []. If user_types is computed, check why it is empty.",
		},
		check.AllGrantsIgnored: {
			"User types are listed and ignored",
			"A pattern of ignore_user_types matches entries of user_types:\n\n{{list .Subjects}}\n\nRemove the entries, or change the patterns.",
		},
		check.AllGrantsDuplicate: {
			"User types are listed twice",
			"These entries are spellings of one user type of {{.Product}}:\n\n{{list .Subjects}}\n\nKeep one entry of each.",
		},
		check.AllGrantsStray: {
			"Composite user types have no entry",
			"composite_user_types lists user types without an entry in user_types:\n\n{{list .Subjects}}\n\nAdd an entry, or remove the name.",
		},
		check.AllGrantsIrrevocable: {
			"{{.Product}} cannot revoke all scopes of a user type",
			"{{.Server}} has these user types, which user_types does not list:\n\n{{list .Subjects}}\n\n" +
				"Add an entry with the scopes that each must have, or add the user type to ignore_user_types.",
		},
		check.AllGrantsRenamed: {
			"User type was renamed on the server",
			"In {{.Server}}, the {{.UserTypeWord}} {{quote .Data.Old}} is now {{quote .Data.New}} and keeps its scopes. " +
				"Nothing was changed.\n\nTo keep the scopes, rename the entry to {{quote .Data.New}}. Otherwise rename the {{.UserTypeWord}} back.",
		},
		check.AllGrantsUnknown: {
			"Which grants are revoked in {{.Server}} is unknown until apply ({{first .Subjects}})",
			"user_types has values that are unknown until apply. The apply revokes those of these grants that are not listed, and at most {{.Data.Text}}:\n\n{{list .Subjects}}\n\n" +
				"To see them in a plan, apply the resources that user_types refers to first, with -target.",
		},
		check.AllGrantsHidden: {
			"User types are not visible",
			"The identity of the provider may not view these parts of {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"A user type that is not visible can have any scope." +
				"{{with .Data}} These rights show them:\n\n{{list .}}{{end}}",
		},
	}
}

func boundMessages() map[check.Code]message {
	const bound = "The value that counts is {{.Data.Attribute}} = {{.Data.Text}}" +
		"{{if .Data.InState}}, as last applied, because the resource is replaced or tainted{{end}}. "
	const raise = "If that is right, set {{.Data.Attribute}} = {{len .Subjects}} or higher{{if .Data.InState}} and apply it first{{else}} (before a destroy, apply it first){{end}}. "
	return map[check.Code]message{
		check.BoundsRevocations: {
			"Plan revokes more grants than max_revocations",
			bound + "The plan would revoke {{count .Subjects \"grant\"}} in {{.Server}}:\n\n{{list .Subjects}}\n\n" + raise + "If not, add the scopes to the user types.",
		},
		check.BoundsUnassignments: {
			"Plan unassigns more scopes than max_unassignments",
			bound + "The plan would unassign {{count .Subjects \"scope\"}} in {{.Server}}:\n\n{{list .Subjects}}\n\n" + raise + "If not, add the scopes to the client.",
		},
	}
}
