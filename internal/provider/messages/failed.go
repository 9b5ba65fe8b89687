package messages

import (
	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// Codes of operations that failed. The data is check.Failure, and a subject is the name of
// what was read or written.
const (
	FailedRead             check.Code = "failed.read"
	FailedReadClient       check.Code = "failed.read_client"
	FailedList             check.Code = "failed.list"
	FailedListClients      check.Code = "failed.list_clients"
	FailedAuthServers      check.Code = "failed.auth_servers"
	FailedClaims           check.Code = "failed.claims"
	FailedDefinitions      check.Code = "failed.definitions"
	FailedCreateScope      check.Code = "failed.create_scope"
	FailedUpdateScope      check.Code = "failed.update_scope"
	FailedDeleteScope      check.Code = "failed.delete_scope"
	FailedWriteScopes      check.Code = "failed.write_scopes"
	FailedDeleteScopes     check.Code = "failed.delete_scopes"
	FailedWriteUserType    check.Code = "failed.write_user_type"
	FailedRevokeUserType   check.Code = "failed.revoke_user_type"
	FailedWriteUserTypes   check.Code = "failed.write_user_types"
	FailedRevokeUserTypes  check.Code = "failed.revoke_user_types"
	FailedWriteClient      check.Code = "failed.write_client"
	FailedChangeClient     check.Code = "failed.change_client"
	FailedUnassignClient   check.Code = "failed.unassign_client"
	FailedUserTypeRefused  check.Code = "failed.user_type_refused"
	FailedServerID         check.Code = "failed.server_id"
	FailedNoServerID       check.Code = "failed.no_server_id"
	FailedMore             check.Code = "failed.more" // Data: More
	FailedInternal         check.Code = "failed.internal"
	FailedReadPrivateState check.Code = "failed.read_private_state"
	FailedSetPrivateState  check.Code = "failed.set_private_state"
	FailedTimeout          check.Code = "failed.timeout" // Data: Timeout
)

func failedCodes() []check.Code {
	return []check.Code{
		FailedRead, FailedReadClient, FailedList, FailedListClients, FailedAuthServers, FailedClaims, FailedDefinitions, FailedCreateScope, FailedUpdateScope,
		FailedDeleteScope, FailedWriteScopes, FailedDeleteScopes, FailedWriteUserType, FailedRevokeUserType, FailedWriteUserTypes, FailedRevokeUserTypes,
		FailedWriteClient, FailedChangeClient, FailedUnassignClient,
		FailedUserTypeRefused, FailedServerID, FailedNoServerID, FailedMore, FailedInternal, FailedReadPrivateState, FailedSetPrivateState, FailedTimeout,
	}
}

// More is the data of FailedMore: the errors of one operation beyond those that are shown.
type More struct {
	Summary      string
	Shown, Count int
}

// Timeout is the data of FailedTimeout.
type Timeout struct{ Operation, After string }

func failedMessages() map[check.Code]message {
	const (
		subject = "{{quote (index .Subjects 0)}}"
		advice  = "{{advice .Data.Err}}\n\n{{if unnamedParent .Data.Err}}" + AdviseStateRm + "\n\n{{end}}{{.Data.Err}}"
	)
	failed := func(summary, state string) message { return message{summary, state + " " + advice} }
	return map[check.Code]message{
		FailedRead:            failed("Cannot read scopes", "The scopes of {{.Server}} could not be read."),
		FailedReadClient:      failed("Cannot read scopes of the client", "The scopes of client "+subject+" in {{.Server}} could not be read."),
		FailedList:            failed("Cannot list resources", "The objects of {{.Product}} could not be listed."),
		FailedListClients:     failed("Cannot list clients", "The clients of {{.Server}} could not be listed."),
		FailedAuthServers:     failed("Cannot list the authorization servers", "The authorization servers could not be listed."),
		FailedClaims:          failed("Cannot list claims", "The claims of {{.Server}} could not be listed."),
		FailedDefinitions:     failed("Cannot compare definitions", "The definitions could not be compared with {{.Server}}."),
		FailedCreateScope:     failed("Cannot create scope", "Scope "+subject+" could not be created in {{.Server}}."),
		FailedUpdateScope:     failed("Cannot update scope", "Scope "+subject+" could not be updated in {{.Server}}."),
		FailedDeleteScope:     failed("Cannot delete scope", "Scope "+subject+" could not be deleted in {{.Server}}."),
		FailedWriteScopes:     failed("Cannot write all scopes", "Not all scopes of {{.Server}} could be written."),
		FailedDeleteScopes:    failed("Cannot delete all scopes", "Not all scopes of {{.Server}} could be deleted."),
		FailedWriteUserType:   failed("Cannot write all scopes of the user type", "Not all scopes of user type "+subject+" in {{.Server}} could be written."),
		FailedRevokeUserType:  failed("Cannot revoke all scopes of the user type", "Not all scopes of user type "+subject+" in {{.Server}} could be revoked."),
		FailedWriteUserTypes:  failed("Cannot write the scopes of all user types", "Not all scopes of the user types in {{.Server}} could be written."),
		FailedRevokeUserTypes: failed("Cannot revoke the scopes of all user types", "Not all scopes of the user types in {{.Server}} could be revoked."),
		FailedWriteClient:     failed("Cannot write all scopes of the client", "Not all scopes of client "+subject+" in {{.Server}} could be written."),
		FailedChangeClient:    failed("Cannot change the scopes of the client", "The scopes of client "+subject+" in {{.Server}} cannot be changed."),
		FailedUnassignClient:  failed("Cannot unassign all scopes of the client", "Not all scopes of client "+subject+" in {{.Server}} could be unassigned."),
		FailedUserTypeRefused: failed("Server rejects the scopes of the user type", "{{.Product}} rejects the scopes of user type "+subject+"."),
		FailedServerID:        {"Invalid server_id", advice},
		FailedNoServerID:      failed("Missing server_id", "The {{or .ServerIDWord \"server\"}} to manage is not configured."),
		FailedMore: {
			"More errors of the same operation",
			"{{.Data.Summary}}: {{.Data.Count}} more errors. Only the first {{.Data.Shown}} errors are shown.",
		},
		FailedInternal:         {"Unexpected provider data", "Expected *provider.data, got {{.Data}}. Report this as a defect of the provider."},
		FailedReadPrivateState: {"Cannot read the private state of the resource", "A different provider, or a defect, wrote the private state.\n\n{{.Data.Err}}"},
		FailedSetPrivateState:  {"Cannot write the private state of the resource", "Terraform did not accept the private state.\n\n{{.Data.Err}}"},
		FailedTimeout: {
			"Operation timed out",
			"timeouts.{{.Data.Operation}} is {{.Data.After}}, and the operation was stopped after this time. Completed changes remain on the server, nothing " +
				"was removed from state, " +
				"and the next plan shows the remaining changes.\n\n" +
				"To continue, set timeouts = { {{.Data.Operation}} = \"…\" } to more than {{.Data.After}} and apply again. " +
				"If each request is slow, check the server, or increase max_concurrency in the http block of the provider.",
		},
	}
}

// unnamedParent reports whether a parent does not exist, and the advice does not name it.
func unnamedParent(err error) bool { return authz.IsParentGone(err) && authz.ParentName(err) == "" }
