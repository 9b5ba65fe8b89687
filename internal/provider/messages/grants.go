package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func grantErrors() map[check.Code]message {
	return map[check.Code]message{
		check.GrantsBuiltIn: {
			"Built-in scopes cannot be granted",
			"These scopes of {{.Server}} are built in:\n\n{{list .Subjects}}\n\n" +
				"The provider never changes their access: granting one to a user type would revoke it from all other users, whose tokens need its claims. " +
				"Remove the scopes. If the user type has them already, set allow_built_in = true to list them.",
		},
		check.GrantsNone: {
			"Missing scopes",
			"{{.Product}} rejects a user type without scopes. List at least one scope.",
		},
		check.GrantsFilterUnsupported: {
			"manage and ignore are not supported",
			"A write to {{.Server}} replaces all scopes of a user type, so {{.Path}} cannot exclude any. " +
				"Remove {{.Path}}, and list all scopes of {{if eq (index .Subjects 0) \"*\"}}each user type{{else}}user type {{quote (index .Subjects 0)}}{{end}}.",
		},
		check.GrantsBeyondMaximum: {
			"Scopes exceed the maximum of the server",
			"No user type of {{.Server}} can have these scopes:\n\n{{list .Subjects}}\n\n{{with .Data.Scopes}}The maximum has these " +
				"scopes:\n\n{{list .}}{{else}}The maximum has no scope.{{end}}\n\n" +
				"Add the scopes to the maximum on the server first, or remove them from {{.Data.Holder}}.",
		},
		check.GrantsEveryone: {
			"User type is assigned to every user",
			"Every user of {{.Server}} has the {{.UserTypeWord}} {{quote (index .Subjects 0)}}" +
				"{{with .Data}}, or a role that it contains:\n\n{{list .}}\n\n{{else}}. {{end}}Its scopes would be open to every user. Grant these scopes to a " +
				"different {{.UserTypeWord}}. " +
				"To open a scope to every user, set access = \"everyone\".",
		},
		check.GrantsComposite:    composite("Composite user type requires allow_composite = true", "set allow_composite = true"),
		check.AllGrantsComposite: composite("Composite user type requires composite_user_types", "add the user type to composite_user_types"),
	}
}

func composite(summary, allow string) message {
	return message{
		summary,
		"In {{.Server}}, the {{.UserTypeWord}} {{quote (index .Subjects 0)}} contains these roles. " +
			"A user with one of them gets its scopes, also without {{quote (index .Subjects 0)}}:\n\n{{list .Data}}\n\n" +
			"To allow this, " + allow + ".",
	}
}

func grantWarnings() map[check.Code]message {
	const revoked = "{{if eq .Data.Kind \"client\"}}unassigned{{else}}revoked{{end}}"
	return map[check.Code]message{
		check.GrantsMaximumLowered: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} beyond the maximum ({{first .Subjects}})",
			"The maximum of {{.Server}} no longer has these scopes:\n\n{{list .Subjects}}\n\nThe next change of {{.Data.Holder}} fails while the configuration " +
				"lists them. " +
				"Remove the scopes, or add them to the maximum on the server.",
		},
		check.GrantsMissingHolder: {
			"{{.Data.Holder.Title}} does not exist in {{.Server}}{{with .Data.Nearest}} (did you mean {{quote .}}?){{end}}",
			"The apply fails unless a resource that this one depends on creates the {{.Data.Holder.Kind}}. Other changes in this plan are still applied.\n\n" +
				"{{if and (eq .Block \"keycloak\") (eq .Data.Holder.Kind \"client\")}}Set client_id to the client ID (Clients > Settings > Client ID), " +
				"not to a UUID.\n\n{{end}}" +
				"{{if likeClientRole .Data.Holder.Name}}For a role of a client, use client_id or client_roles.\n\n{{end}}" +
				"If the {{.Data.Holder.Kind}} was deleted, {{if .Keys}}remove the entry{{else}}destroy this resource, or remove it from state: " +
				"terraform state rm <address>{{end}}.",
		},
		check.GrantsMissingScopes: {
			"{{.Data.Holder.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} not found ({{first .Data.Lines}})",
			"{{.Server}} does not have these scopes, and no resource that was planned before this one creates them:\n\n{{list .Data.Lines}}\n\n" +
				"If another resource creates them, refer to it (authscopes_server_scopes.<name>.names[\"read:users\"]) or use depends_on, so that they are " +
				"created first. Otherwise the apply fails.",
		},
		check.GrantsLimit: {
			"{{count .Subjects \"scope\"}} in {{.Server}} will be limited to {{.Data}} ({{first .Subjects}})",
			"Every user gets these scopes now. The first user type that lists a scope limits the scope to its users:\n\n{{list .Subjects}}",
		},
		check.GrantsReplace: {
			`{{.Data.Holder.Title}} in {{.Server}}: {{counts "scope" .Data.Revoked "revoked" .Data.Granted "granted"}} ({{first .Data.Revoked .Data.Granted}})`,
			"The new resource replaces the scopes of {{.Data.Holder}}.{{section \"Revoked:\" .Data.Revoked}}{{section \"Granted:\" .Data.Granted}}",
		},
		check.GrantsReplaceClient: {
			`{{.Data.Holder.Title}} in {{.Server}}: {{counts "scope" .Data.Revoked "unassigned" .Data.Granted "assigned" .Data.Moved "moved"}}` +
				" ({{first .Data.Revoked .Data.Moved .Data.Granted}})",
			"The new resource replaces the default and optional scopes of {{.Data.Holder}}." +
				"{{section \"Unassigned:\" .Data.Revoked}}{{section \"Assigned:\" .Data.Granted}}{{section \"Moved between default and optional:\" .Data.Moved}}",
		},
		check.GrantsUnknown: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} may be " + revoked + " ({{first .Subjects}})",
			"The configured scopes have values that are unknown until apply. {{.Data.Title}} has these scopes now, and the apply removes those that are not " +
				"listed:\n\n{{list .Subjects}}\n\n" +
				"To see the changes in a plan, first apply the resources that the scopes refer to, with -target.",
		},
		check.GrantsLost: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} will be " + revoked + " ({{first .Subjects}})",
			"{{.Data.Attribute}} changes, so the resource no longer manages {{.Data}}. " +
				"Unless another resource lists these scopes for it, they are " + revoked + ":\n\n{{list .Subjects}}",
		},
		check.GrantsKept: {
			"User type {{quote (index .Subjects 0)}} keeps its scopes in {{.Server}}",
			"{{.Product}} cannot revoke all scopes of a user type. The resource is only removed from state{{with .Data}}, and the user type keeps these " +
				"scopes:\n\n{{list .}}{{else}}.{{end}}\n\n" +
				"To revoke some of the scopes, first apply a smaller set. To destroy the resource without this warning, apply on_destroy = \"keep\" first.",
		},
	}
}

func assignmentWarnings() map[check.Code]message {
	return map[check.Code]message{
		check.GrantsAssignedOpen: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"open scope\"}} assigned ({{first .Subjects}})",
			"Every user of {{.Data}} gets these scopes, because no role limits them:\n\n{{list .Subjects}}\n\n" +
				"To limit them to user types, manage them with access = \"user_types\". If they are open on purpose, manage them with access = \"everyone\".",
		},
		check.GrantsAssignedLimited: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} limited before assignment ({{first .Subjects}})",
			"These scopes are open in {{.Server}}, although they were limited to user types when they were last applied:\n\n{{list .Subjects}}\n\n" +
				"The apply maps the guard role to them before it assigns them. " +
				"If the provider has no right to map the guard role, the apply fails and assigns nothing.",
		},
		check.GrantsOpenedOutside: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"limited scope\"}} opened outside Terraform ({{first .Subjects}})",
			"Every user of {{.Data}} gets these scopes, although they were limited to user types when they were last applied:\n\n{{list .Subjects}}\n\n" +
				"To limit them again, apply the configuration that manages them. To leave them open, apply access = \"everyone\" there.",
		},
	}
}

func allGrantMessages() map[check.Code]message {
	return map[check.Code]message{
		check.AllGrantsUnlisted: {
			"Unlisted grants exist on the server",
			"User types of {{.Server}} have these scopes, and the resource does not list them:\n\n{{list .Subjects}}\n\n" +
				"To see each revocation in a plan first, import the resource:\n\n{{importGrants .ServerID}}\n\n" +
				"To keep the grants, add them to {{entries .Subjects}}, or exclude them with ignore, manage or ignore_user_types.",
		},
		check.AllGrantsEmptied: {
			"No user type is listed",
			"The plan would revoke every managed grant in {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"To revoke the grants, destroy the resource, or list each user type with []. To keep them, list them in {{entries .Subjects}}. " +
				"If the value of the attribute is computed, check why it is empty.",
		},
		check.AllGrantsIgnored: {
			"User types are listed and ignored",
			"A pattern of ignore_user_types matches entries of {{entries .Subjects}}:\n\n{{list .Subjects}}\n\nRemove the entries, or change the patterns.",
		},
		check.AllGrantsDuplicate: {
			"User types are listed twice",
			"These entries are spellings of one user type of {{.Product}}:\n\n{{list .Subjects}}\n\nKeep one entry of each.",
		},
		check.AllGrantsStray: {
			"Composite user types have no entry",
			"composite_user_types lists user types without an entry:\n\n{{list .Subjects}}\n\nAdd an entry to {{entries .Subjects}}, or remove the name.",
		},
		check.AllGrantsIrrevocable: {
			"Server cannot revoke all scopes of a user type",
			"{{.Product}} cannot revoke all scopes of a user type. {{.Server}} has these user types, and user_types does not list them:\n\n{{list .Subjects}}\n\n" +
				"Add an entry with the scopes that each must have, or add the user type to ignore_user_types.",
		},
		check.AllGrantsRenamed: {
			"User type was renamed on the server",
			"In {{.Server}}, the {{.UserTypeWord}} {{quote .Data.Old}} is now {{quote .Data.New}} and keeps its scopes. " +
				"Nothing was changed.\n\nTo keep the scopes, rename the entry to {{roleEntry .Data.New}}. Otherwise rename the {{.UserTypeWord}} back.",
		},
		check.AllGrantsUnknown: {
			"Revocations in {{.Server}} are unknown until apply ({{first .Subjects}})",
			"The configured grants have values that are unknown until apply. The apply revokes the grants of this list that are not configured" +
				"{{if .Data.Allowed}}, and at most {{.Data.Attribute}} ({{.Data.Text}}) of them{{end}}:\n\n{{list .Subjects}}\n\n" +
				"To see the revocations in a plan, first apply the resources that the grants refer to, with -target.",
		},
		check.AllGrantsIndistinct: {
			"User types have no distinct name in Terraform",
			"Terraform normalizes all strings (Unicode Normalization Form C), so it cannot name these user types of {{.Server}}, or distinguish them from others " +
				"with the same normalized name:\n\n{{list .Subjects}}\n\nOn the server, rename these roles, or remove their scopes.",
		},
		check.AllGrantsHidden: {
			"User types are not visible",
			"The provider cannot view these parts of {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"A user type that is not visible can have any scope." +
				"{{with .Data}} To view the user types, grant these rights to the provider:\n\n{{list .}}{{end}}",
		},
	}
}

func boundMessages() map[check.Code]message {
	const bound = "{{.Data.Attribute}} is {{.Data.Text}}" +
		"{{if .Data.InState}}, as last applied, because the resource is replaced or tainted{{end}}. "
	const raise = "To accept this, set {{.Data.Attribute}} = {{len .Subjects}} or higher{{if .Data.InState}} and apply it first{{else}} (before a " +
		"destroy, apply it first){{end}}. "
	return map[check.Code]message{
		check.BoundsRevocations: {
			"Plan revokes more grants than max_revocations",
			bound + "The plan would revoke {{count .Subjects \"grant\"}} in {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				raise + "To keep the grants, add the scopes to the user types.",
		},
		check.BoundsUnassignments: {
			"Plan unassigns more scopes than max_unassignments",
			bound + "The plan would unassign {{count .Subjects \"scope\"}} in {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				raise + "To keep the scopes, add them to the client.",
		},
	}
}
