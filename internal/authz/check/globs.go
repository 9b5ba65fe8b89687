package check

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Findings about changed globs, whose effects the lines of a plan do not show.
const (
	GlobsDelete  Code = "globs.delete"
	GlobsRelease Code = "globs.release"
	GlobsRevoke  Code = "globs.revoke" // Data: Holder
	GlobsKeep    Code = "globs.keep"   // Data: Holder
)

func globCodes() []Code { return []Code{GlobsDelete, GlobsRelease, GlobsRevoke, GlobsKeep} }

// GlobInput describes what the globs of a resource exclude, and excluded before.
type GlobInput struct {
	Holder   Holder   // whose scopes the resource manages; empty for those of a server
	Removed  []string // deleted or revoked
	State    []string // the scopes in state: the plan has a line for each
	Released []string // removed from state only
}

// Globs reports scopes that are removed without a line in the plan, and lines of the plan
// that remove nothing from the server.
func Globs(in GlobInput) []Finding {
	removed := Finding{Code: GlobsDelete, Severity: Warn, Subjects: diff.Difference(in.Removed, in.State)}
	released := Finding{Code: GlobsRelease, Severity: Warn, Subjects: in.Released}
	if in.Holder.Kind != "" {
		removed.Code, removed.Data = GlobsRevoke, in.Holder
		released.Code, released.Data = GlobsKeep, in.Holder
	}
	var f findings
	f.add(removed)
	f.add(released)
	return f
}

// Released returns the scopes that a plan removes from state only: the filter excludes
// them, or they are built in. state and planned are names of scopes.
func Released(l *authz.Snapshot, f diff.Filter, state, planned []string) []string {
	return slices.DeleteFunc(diff.Difference(state, planned), func(name string) bool {
		live, _ := l.Scope(name)
		return !live.BuiltIn && f.Manages(name)
	})
}
