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
		FailedDeleteScope, FailedWriteScopes, FailedDeleteScopes, FailedWriteUserType, FailedRevokeUserType, FailedWriteUserTypes, FailedRevokeUserTypes, FailedWriteClient, FailedUnassignClient,
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
	failed := func(summary string) message {
		return message{summary, "{{advice .Data.Err}}\n\n{{if unnamedParent .Data.Err}}" + AdviseStateRm + "\n\n{{end}}{{.Data.Err}}"}
	}
	return map[check.Code]message{
		FailedRead:            failed("Cannot read the scopes of {{.Server}}"),
		FailedReadClient:      failed("Cannot read the scopes of client {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedList:            failed("Cannot list what {{.Product}} has"),
		FailedListClients:     failed("Cannot list the clients of {{.Server}}"),
		FailedAuthServers:     failed("Cannot list the authorization servers"),
		FailedClaims:          failed("Cannot list the claims of {{.Server}}"),
		FailedDefinitions:     failed("Cannot compare scopes with {{.Server}}"),
		FailedCreateScope:     failed("Cannot create scope {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedUpdateScope:     failed("Cannot update scope {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedDeleteScope:     failed("Cannot delete scope {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedWriteScopes:     failed("Cannot write all scopes of {{.Server}}"),
		FailedDeleteScopes:    failed("Cannot delete all scopes of {{.Server}}"),
		FailedWriteUserType:   failed("Cannot write all scopes of user type {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedRevokeUserType:  failed("Cannot take all scopes from user type {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedWriteUserTypes:  failed("Cannot write all scopes of the user types in {{.Server}}"),
		FailedRevokeUserTypes: failed("Cannot revoke all scopes of the user types in {{.Server}}"),
		FailedWriteClient:     failed("Cannot write all scopes of client {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedUnassignClient:  failed("Cannot take all scopes from client {{quote (index .Subjects 0)}} in {{.Server}}"),
		FailedUserTypeRefused: failed("{{.Product}} refuses the scopes of user type {{quote (index .Subjects 0)}}"),
		FailedServerID:        failed("Invalid server_id"),
		FailedNoServerID:      failed("There is no {{or .ServerIDWord \"server\"}} to manage"),
		FailedMore: {
			"{{.Data.Summary}} ({{.Data.Count}} more errors)",
			"They are like the ones above, which tell the first {{.Data.Shown}}.",
		},
		FailedInternal:         {"Unexpected provider data", "Expected *provider.data, got {{.Data}}. Please report this."},
		FailedReadPrivateState: {"The private state of this resource cannot be read", "It was not written by this provider: {{.Data.Err}}"},
		FailedSetPrivateState:  {"The private state of this resource cannot be written", "{{.Data.Err}}"},
		FailedTimeout: {
			"The time of timeouts.{{.Data.Operation}} ran out: {{.Data.After}}",
			"The operation was stopped after {{.Data.After}}, and nothing further was begun. " +
				"Set timeouts = { {{.Data.Operation}} = \"…\" } to more than {{.Data.After}}, then run again: it goes on from there. " +
				"If every request is slow, see whether the server is well, or raise max_concurrency in the block http of the provider. " +
				"What was done stays done, and nothing was dropped from the state. The next plan shows what is left to do.",
		},
	}
}

// unnamedParent reports whether a parent does not exist, and the advice does not name it.
func unnamedParent(err error) bool { return authz.IsParentGone(err) && authz.ParentName(err) == "" }
