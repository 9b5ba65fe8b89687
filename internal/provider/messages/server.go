package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func parentMessages() map[check.Code]message {
	return map[check.Code]message{
		check.ParentMissing: {
			"{{.Server}} does not exist",
			"The server itself reports this. The resources in {{.Server}} stay in state.\n\n" +
				"The apply of such a resource fails, unless a resource that it depends on creates {{.Server}}. " +
				"{{if .Data.Named}}" + adviseNamed + "{{else}}" + AdviseStateRm + "{{end}}\n\nIf it exists, check url and server_id{{if .Data.Named}}, and realm " +
				"in the provider configuration{{end}}.\n\n{{.Data.Err}}",
		},
	}
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
	const wayOut = "{{.Server}} has the ID {{quote .Data.Now}}, and the state belongs to a server with the ID {{quote .Data.Was}}. " +
		"Either the provider configuration has the address of a different server, or the realm was deleted and created again.\n\n" +
		"If the address is wrong, correct it. To manage the current realm, remove the resource from state (terraform state rm) and import it. " +
		"An import of a whole realm into Keycloak keeps the ID if the file has the ID."
	return map[check.Code]message{
		check.ServerReplaced: {
			"State belongs to a different server than {{.Server}}",
			wayOut,
		},
		check.ServerReplacedRemoves: {
			"State belongs to a different server",
			"The plan would {{if .Subjects}}delete, revoke or unassign scopes{{else if .Data.Missing}}change an object that does not exist{{else}}destroy the " +
				"resource{{end}} on a server that the state does not belong to. Nothing was changed." +
				"{{with .Subjects}}\n\n{{list .}}{{end}}\n\n" + wayOut,
		},
	}
}
