package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func nameMessages() map[check.Code]message {
	const reserved = "{{.Product}} or OpenID Connect reserves these names, and they cannot be created as scopes of " +
		"{{.Server}}:\n\n{{list .Subjects}}\n\nRemove them from the configuration."
	return map[check.Code]message{
		check.NamesBuiltIn: {
			"Built-in scopes require allow_built_in = true",
			"These scopes of {{.Server}} are built in:\n\n{{list .Subjects}}\n\n" +
				"Every {{.Product}} server has them, and they are excluded by default. Remove them from the configuration, or set allow_built_in = true to manage them.",
		},
		check.NamesAbsent:   {"Built-in scopes cannot be created", reserved},
		check.NamesReserved: {"Reserved scope names", reserved},
		check.NamesTaken: {
			"Scope names are in use by other objects",
			"{{.Server}} uses these names for objects that are not OAuth 2.0 scopes, such as Keycloak client scopes of the protocol saml:\n\n{{list .Subjects}}\n\n" +
				"A name is unique on the server. Choose another name, or rename or delete the object on the server.",
		},
		check.NamesExists: {
			"Scope already exists",
			"{{.Server}} has a scope {{quote (index .Subjects 0)}}. To manage it, import it:\n\n{{.Data.Block}}\n\nThe plan then shows the differences. " +
				"Scope names are unique, so create_before_destroy does not work for scopes.",
		},
		check.NamesRenamed: {
			"{{.Server}}: {{quote .Data.New}} keeps {{count .Data.Holders \"holder\"}} of {{quote .Data.Old}} ({{first .Data.Holders}})",
			"A rename keeps the holders of a scope, also those that the configuration does not list. " +
				"After the apply, these have {{quote .Data.New}} instead of {{quote .Data.Old}}:\n\n{{list .Data.Holders}}\n\n" +
				"To start without holders, create {{quote .Data.New}} as a new scope and delete the old scope.",
		},
	}
}

func renameMessages() map[check.Code]message {
	return map[check.Code]message{
		check.RenamesAmbiguous: {
			"Two new names for one scope",
			"previous_names has several new names for these old names:\n\n{{list .Data}}\n\nKeep one entry for each old name.",
		},
		check.RenamesCircular: {
			"Circular previous names",
			"The previous names of these scopes lead back to themselves:\n\n{{list .Subjects}}\n\n" +
				"Remove an entry. To swap two names, rename one of the scopes to a third name in an apply of its own.",
		},
		check.RenamesListed: {
			"Renamed scopes are still configured",
			"previous_names renames these scopes of {{.Server}}, and scopes still has the old names:\n\n{{list .Data}}\n\n" +
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
			"manage or ignore excludes the old names of these entries of previous_names, so the resource must not change these scopes of " +
				"{{.Server}}:\n\n{{list .Data}}\n\n" +
				"To rename the scopes, change the globs. To create new scopes, remove the entries.",
		},
		check.RenamesBuiltIn: {
			"Built-in scopes cannot be renamed",
			"Each of these entries of previous_names has the name of a built-in scope:\n\n{{list .Data}}\n\nRemove the entries.",
		},
		check.RenamesRestored: {
			"{{.Server}}: {{count .Subjects \"scope\"}} renamed outside Terraform ({{first .Data}})",
			"These scopes have the IDs in state and other names. The apply restores their names, and keeps role mappings, protocol mappers and assignments to " +
				"clients:\n\n{{list .Data}}\n\n" +
				"To keep a new name, set it in scopes instead of the old name.",
		},
		check.RenamesKept: {
			"Renames in {{.Server}} keep the holders of {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"A rename keeps the holders of a scope, also holders that the configuration does not list. " +
				"After the apply, these have the scope under its new name:\n\n{{list .Data}}",
		},
		check.RenamesRequested: {
			"{{.Server}}: {{count .Subjects \"client\"}} with renamed scopes ({{first .Subjects}})",
			"These clients keep the scopes. A request for the old name is rejected after the apply, and tokens contain the new name:\n\n{{list .Data}}\n\n" +
				"Change the requests of the clients and the names that the resource servers accept.",
		},
		check.RenamesUnread: {
			"Clients with {{count .Subjects \"renamed scope\"}} in {{.Server}} are unknown ({{first .Subjects}})",
			"Not all clients of {{.Server}} could be read, so this plan cannot name those that request a scope by its old " +
				"name:\n\n{{list .Subjects}}\n\n{{advice .Data.Err}}\n\n{{.Data.Err}}",
		},
	}
}
