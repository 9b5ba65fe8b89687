package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func adoptionMessages() map[check.Code]message {
	return map[check.Code]message{
		check.AdoptionUnlisted: {
			"Create would delete existing scopes",
			"This resource manages all scopes of {{.Server}}. The configuration does not list these scopes of the server, so the apply would delete " +
				"them:\n\n{{list .Subjects}}\n\n" +
				"To see the deletions in a plan first, import the resource:\n\n{{importScopes .ServerID}}\n\n" +
				"To keep the scopes, add them to scopes, or exclude them with ignore.",
		},
		check.AdoptionAdopted: {
			"{{count .Subjects \"existing scope\"}} in {{.Server}} adopted{{with .Data.Changed}}, {{.}} of them changed{{end}} ({{first .Subjects}})",
			"The server has these scopes already. The resource manages them from now on, also where the plan shows them as created:\n\n{{list .Data.Lines}}",
		},
		check.AdoptionFound: {
			"Create of {{count .Subjects \"existing scope\"}} in {{.Server}}{{with .Data.Changed}}, {{.}} of them changed{{end}} ({{first .Subjects}})",
			"The server has these scopes already:\n\n{{list .Data.Lines}}\n\n" +
				"A new resource manages them from now on, also where the plan shows them as created. " +
				"If the resource is tainted, the apply deletes them and creates them again. To find out, plan without -refresh=false.",
		},
		check.AdoptionRecreated: {
			"{{.Server}}: {{count .Subjects \"scope\"}} deleted and created again by this plan ({{first .Subjects}})",
			"The resource is replaced or tainted. The apply deletes these scopes and creates them again:\n\n{{list .Data}}\n\n" +
				"Role mappings, protocol mappers and client assignments that were added outside this resource are lost. " +
				"To keep the scopes, run terraform untaint on the resource. " +
				"If the configuration removes another resource with these scopes from state, and does not destroy it, they are kept.",
		},
	}
}

func staleMessages() map[check.Code]message {
	return map[check.Code]message{
		check.StaleState: {
			"{{.Server}}: this plan does not show changes of {{count .Subjects \"scope\"}} ({{first .Subjects}})",
			"This plan was made without a refresh. {{with .Data.String}}For {{.}}, the{{else}}The{{end}} state differs from {{.Server}} in these scopes, so " +
				"the plan does not show the changes:\n\n{{list .Subjects}}\n\n" +
				"Other resources can differ too. To see all changes, plan without -refresh=false and without -minimal-refresh.",
		},
		check.StaleAppeared: {
			"Scopes were created since the plan",
			"The plan creates these scopes, and {{.Server}} has them now:\n\n{{list .Data}}\n\n" +
				"Nothing was changed. The roles in parentheses keep the scopes: remove unwanted role mappings on the server. Then plan again, without -refresh=false.",
		},
		check.StaleDeleted: {
			"Scopes were deleted since the plan",
			"{{.Server}} does not have these scopes any more:\n\n{{list .Subjects}}\n\n" +
				"Nothing was changed. To create them, plan again, without -refresh=false.",
		},
		check.StaleRecreated: {
			"Scopes were recreated since the plan",
			"In {{.Server}}, these scopes were deleted, and scopes of the same names were created, after the plan read the server:\n\n{{list .Data}}\n\n" +
				"Nothing was changed. The roles in parentheses have the new scopes and keep them. To see the differences, plan again, without -refresh=false. " +
				"If the configuration no longer has the resource, first run terraform apply -refresh-only. " +
				"Terraform destroys a removed resource with its state from before the refresh.",
		},
	}
}
