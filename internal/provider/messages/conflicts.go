package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func conflictMessages() map[check.Code]message {
	const byGlobs = "Set manage or ignore so that each scope is managed by one resource."
	return map[check.Code]message{
		check.ConflictReleasedAndReplaced: {
			"Replacement would delete excluded scopes",
			"The plan replaces the resource, and the changed globs exclude these scopes of {{.Server}}. The replacement would remove them before the globs " +
				"apply:\n\n{{list .Subjects}}\n\n" +
				"Apply the changed globs first, without -replace (for a tainted resource, run terraform untaint). Then replace the resource.",
		},
		check.ConflictScopesManagedTwice: {
			"Scopes are managed by two resources",
			"Another resource of this configuration also manages these scopes of {{.Server}}:\n\n{{list .Subjects}}\n\n" + byGlobs,
		},
		check.ConflictHolderManagedTwice: {
			"User type or client is managed by two resources",
			"Another resource of this configuration also manages these scopes of {{.Data}} in {{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"{{if .WholeSets}}{{.Product}} replaces all scopes of a user type, so only one resource can manage it. Remove one of the two resources." +
				"{{else}}" + byGlobs + "{{end}}" +
				"{{if eq .Data.Kind \"user type\"}} authscopes_server_grants manages all user types: list the user type only there, or exclude it there with " +
				"ignore_user_types.{{end}}",
		},
		check.ConflictGrantsManagedTwice: {
			"User types are managed by two resources",
			"authscopes_server_grants manages all user types of {{.Server}}. Other resources of this configuration also manage these scopes of user " +
				"types:\n\n{{list .Subjects}}\n\n" +
				"To manage a user type here, list it here and remove the other resource. To manage it with the other resource, add it to ignore_user_types.",
		},
		check.ConflictScopeManagedTwice: {
			"Scope is managed by two resources",
			"Another resource of this configuration also manages scope {{quote (index .Subjects 0)}} of {{.Server}}.\n\n" +
				"Remove the scope from one of the two resources, or exclude it from the authoritative resource with ignore or manage.",
		},
		check.ConflictRenamedAndHeld: {
			"Rename would grant an unlisted scope",
			"The plan renames scope {{quote .Data.Old}} of {{.Server}} to {{quote .Data.New}}. A rename keeps the holders of a scope. " +
				"These holders have or list {{quote .Data.Old}}, and do not list {{quote .Data.New}}:\n\n{{list .Data.Holders}}\n\n" +
				"To keep the scope, list {{quote .Data.New}} for these holders. To revoke it, remove {{quote .Data.Old}} from the holders, apply, and then rename " +
				"the scope. " +
				"To have a different scope, add a resource for it. Nothing was changed.",
		},
		check.ConflictRemovedAndKept: {
			"Scopes are removed by one resource and kept by another",
			"This plan destroys one {{.Data.Remover}}, which removes these scopes from {{with .Data.Holder.String}}{{.}} in {{end}}{{.Server}}. Another " +
				"resource ({{.Data.Keeper}}) manages them:\n\n{{list .Subjects}}\n\n" +
				"{{if .Data.SameType}}If the resource was only renamed in the configuration, add:\n\nmoved {\n  from = {{.Data.Remover}}.<old name>\n  to   = " +
				"{{.Data.Remover}}.<new name>\n}\n\nIf another{{else}}If the other{{end}} " +
				"resource manages the scopes from now on, remove the old resource from state without a change on the server:\n\nremoved {\n  from = " +
				"{{.Data.Remover}}.<old name>\n  lifecycle {\n    destroy = false\n  }\n}\n\n" +
				"Or first apply on_destroy = \"keep\" to the old resource. " +
				"If the plan calls the destroyed resource deposed, an apply with create_before_destroy was stopped: remove the resource from state (terraform " +
				"state rm) and import it. Nothing was changed.",
		},
		check.ConflictDeletedAndUsed: {
			"Deleted scopes are still in use",
			"This plan deletes these scopes of {{.Server}}, and a user type or a client of this configuration lists them:\n\n{{list .Subjects}}\n\n" +
				"Remove the scopes from the user type or the client, or keep the scopes. " +
				"With references (authscopes_server_scopes.<name>.names[\"read:users\"]), a plan reports the line of each deleted scope.",
		},
	}
}
