package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Findings about scopes that a plan deletes.
const (
	DeletionsExceedLimit    Code = "deletions.exceed_limit"    // Data: Limit
	DeletionsTakeGrants     Code = "deletions.take_grants"     // Data: Lines, `scope: everyone` or `scope: role`
	DeletionsDestroyMappers Code = "deletions.destroy_mappers" // Data: Lines, `scope: mapper (type)`
	DeletionsUnknown        Code = "deletions.unknown"         // Data: Limit; no subjects
	// DeletionsPossible is about scopes that changed globs match, if it is unknown which
	// scopes are configured.
	DeletionsPossible Code = "deletions.possible"

	DeletionsUnreadClients  Code = "deletions.unread_clients"   // Data: Failure
	DeletionsTakeFromClient Code = "deletions.take_from_client" // Data: Lines, `client: scope (default), scope (optional)`
	DeletionsMissedClients  Code = "deletions.missed_clients"   // Data: Failure
)

func deletionCodes() []Code {
	return []Code{
		DeletionsExceedLimit, DeletionsTakeGrants, DeletionsDestroyMappers, DeletionsUnknown, DeletionsPossible,
		DeletionsUnreadClients, DeletionsTakeFromClient, DeletionsMissedClients,
	}
}

// Limit is the data of findings about max_deletions.
type Limit struct {
	Allowed int64
	InState bool // the value of the state counts, because the resource is replaced
}

// Failure is the data of findings about a request that failed.
type Failure struct{ Err error }

// DeletionInput describes the scopes that a plan deletes.
type DeletionInput struct {
	Scopes []authz.Scope // sorted by name, as they are on the server
	Limit  *int64        // nil allows any number
}

// Deletions rejects a plan that deletes more than its limit, and reports who has the
// scopes.
func Deletions(in DeletionInput) []Finding {
	f := findings(DeletionLimit(in.Limit, authz.Names(in.Scopes)))
	var lost lines
	for _, s := range in.Scopes {
		if s.Settings.Access == authz.AccessEveryone {
			lost.add(s.Name, "everyone")
		}
		for _, role := range slices.Concat(s.UserTypes, s.ClientRoles) {
			lost.add(s.Name, "%s", role)
		}
	}
	f.add(Finding{Code: DeletionsTakeGrants, Severity: Warn, Subjects: lost.scopes, Data: lost.text})
	return append(f, destroyedMappers(in.Scopes)...)
}

// destroyedMappers reports the protocol mappers that are deleted with their scopes.
func destroyedMappers(deleted []authz.Scope) []Finding {
	var f findings
	var destroyed lines
	for _, s := range deleted {
		for _, m := range s.Mappers {
			destroyed.add(s.Name, "%s (%s)", m.Name, m.Type)
		}
	}
	f.add(Finding{Code: DeletionsDestroyMappers, Severity: Warn, Subjects: destroyed.scopes, Data: destroyed.text})
	return f
}

// DeletionLimit rejects more deletions than the limit allows. A nil limit allows any
// number.
func DeletionLimit(limit *int64, names []string) []Finding {
	var f findings
	if limit != nil && int64(len(names)) > *limit {
		f.add(Finding{Code: DeletionsExceedLimit, Path: "max_deletions", Subjects: names, Data: Limit{Allowed: *limit}})
	}
	return f
}

// ReplacementLimit rejects a replacement that deletes more scopes than the state allows.
func ReplacementLimit(limit *int64, names []string) []Finding {
	found := DeletionLimit(limit, names)
	for i := range found {
		found[i].Data = Limit{Allowed: *limit, InState: true}
	}
	return found
}

// UnknownDeletions reports that an apply may delete scopes, up to the limit, which the
// plan cannot show.
func UnknownDeletions(limit int64) []Finding {
	return []Finding{{Code: DeletionsUnknown, Severity: Warn, Data: Limit{Allowed: limit}}}
}

// PossibleDeletions reports scopes that changed globs match while the configured scopes
// are unknown.
func PossibleDeletions(names []string) []Finding {
	var f findings
	f.add(Finding{Code: DeletionsPossible, Severity: Warn, Subjects: names})
	return f
}

// ClientInput describes the clients that have deleted scopes.
type ClientInput struct {
	Deleted []string // the names of the scopes
	Clients []authz.ClientScopeSet
	Unread  error // no client could be read
	Missed  error // some clients could not be read
}

// Clients reports the clients that lose scopes. A client that cannot be read may lose
// some too.
func Clients(in ClientInput) []Finding {
	var f findings
	if in.Unread != nil {
		f.add(Finding{Code: DeletionsUnreadClients, Severity: Warn, Subjects: in.Deleted, Data: Failure{in.Unread}})
		return f
	}
	var text Lines
	var lost []string
	for _, c := range in.Clients {
		text = append(text, clientLine(c))
		lost = append(lost, authz.Names(slices.Concat(c.Default, c.Optional))...)
	}
	f.add(Finding{Code: DeletionsTakeFromClient, Severity: Warn, Subjects: lost, Data: text})
	if in.Missed != nil {
		f.add(Finding{Code: DeletionsMissedClients, Severity: Warn, Subjects: in.Deleted, Data: Failure{in.Missed}})
	}
	return f
}

// maxScopesOfClient limits how many scopes the line of one client names.
const maxScopesOfClient = 10

// clientLine returns `web-shop: read:a (default), read:b (optional)`.
func clientLine(c authz.ClientScopeSet) string {
	var scopes []string
	for _, s := range c.Default {
		scopes = append(scopes, s.Name+" (default)")
	}
	for _, s := range c.Optional {
		scopes = append(scopes, s.Name+" (optional)")
	}
	if n := len(scopes); n > maxScopesOfClient {
		scopes = append(scopes[:maxScopesOfClient], fmt.Sprintf("… and %d more", n-maxScopesOfClient))
	}
	return c.ClientID + ": " + strings.Join(scopes, ", ")
}
