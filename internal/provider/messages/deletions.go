package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

// noLine explains why a plan has no line for scopes that changed globs match.
const noLine = "manage or ignore excluded these scopes until now. They are not in the state, so the plan has no line for them. "

func deletionMessages() map[check.Code]message {
	const failure = "\n\n{{advice .Data.Err}}\n\n{{.Data.Err}}"
	return map[check.Code]message{
		check.DeletionsExceedLimit: {
			"Plan deletes more scopes than max_deletions",
			"max_deletions is {{.Data.Allowed}}{{if .Data.InState}}, as last applied{{end}}. The plan would delete {{count .Subjects \"scope\"}} of " +
				"{{.Server}}:\n\n{{list .Subjects}}\n\n" +
				"{{if .Data.InState}}The resource is replaced or tainted, so the scopes are deleted before they are created again. " +
				"To keep the scopes, run terraform untaint on the resource, or plan without -replace. To delete them, apply max_deletions = {{len .Subjects}} or " +
				"higher first." +
				"{{else}}To delete the scopes, set max_deletions = {{len .Subjects}} or higher (before a destroy, apply it first). To keep them, add them to " +
				"scopes or to ignore.{{end}}",
		},
		check.DeletionsTakeGrants: {
			"Deleting scopes in {{.Server}} revokes {{count .Data \"grant\"}} ({{first .Data}})",
			"The plan deletes these scopes. The user types behind the colon lose them (everyone: every user has the scope now):\n\n{{list .Data}}",
		},
		check.DeletionsDestroyMappers: {
			"Deleting scopes in {{.Server}} destroys {{count .Data \"protocol mapper\"}} ({{first .Data}})",
			"These protocol mappers are deleted with their scopes, also if a scope of the same name is created again:\n\n{{list .Data}}\n\n" +
				"To keep the protocol mappers, rename the scope with previous_names.",
		},
		check.DeletionsUnknown: {
			"Deletions in {{.Server}} are unknown until apply (at most {{.Data.Allowed}})",
			"scopes, overrides, manage or ignore has values that are unknown until apply. " +
				"The apply deletes the scopes of the state that are not configured, and at most max_deletions ({{.Data.Allowed}}) of them.\n\n" +
				"To see the deletions in a plan, first apply the resources that these attributes refer to, with -target.",
		},
		check.DeletionsPossible: {
			"Changed globs may delete {{count .Subjects \"scope\"}} in {{.Server}} ({{first .Subjects}})",
			noLine + "The apply deletes those that are not in scopes, which is unknown until apply:\n\n{{list .Subjects}}",
		},
		check.DeletionsUnreadClients: {
			"Clients with {{count .Subjects \"deleted scope\"}} in {{.Server}} are unknown ({{first .Subjects}})",
			"The clients could not be read, so this plan cannot name those that lose a scope. It deletes these scopes:\n\n{{list .Subjects}}" + failure,
		},
		check.DeletionsTakeFromClient: {
			"Deleting {{count .Subjects \"scope\"}} in {{.Server}} affects {{count .Data \"client\"}} ({{first .Data}})",
			"These clients have scopes that the plan deletes. " +
				"Their tokens no longer contain the scopes, and a request for a deleted scope can be rejected:\n\n{{list .Data}}",
		},
		check.DeletionsMissedClients: {
			"More clients may have {{count .Subjects \"deleted scope\"}} in {{.Server}} ({{first .Subjects}})",
			"Not all clients could be read, so this plan cannot name all clients that lose a scope." + failure,
		},
	}
}

func globMessages() map[check.Code]message {
	return map[check.Code]message{
		check.GlobsDelete: {
			"Changed globs delete {{count .Subjects \"scope\"}} in {{.Server}} ({{first .Subjects}})",
			noLine + "The apply deletes them:\n\n{{list .Subjects}}",
		},
		check.GlobsRelease: {
			"{{count .Subjects \"scope\"}} in {{.Server}} will be removed from state only ({{first .Subjects}})",
			"manage or ignore excludes these scopes now, or they are built in. The plan shows them as removed lines, and the server keeps them:\n\n{{list .Subjects}}",
		},
		check.GlobsRevoke: {
			"{{.Data.Title}} in {{.Server}}: changed globs remove {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			noLine + "The apply removes them from {{.Data}}:\n\n{{list .Subjects}}",
		},
		check.GlobsKeep: {
			"{{.Data.Title}} in {{.Server}}: {{count .Subjects \"scope\"}} removed from state ({{first .Subjects}})",
			"manage or ignore excludes these scopes now, or they are built in. The plan shows them as removed, and {{.Data}} keeps them:\n\n{{list .Subjects}}",
		},
	}
}
