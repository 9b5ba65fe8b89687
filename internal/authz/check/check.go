// Package check decides what a plan must reject and what it must report. It returns
// findings: a code, the scopes that it is about, and typed data. It writes no text and
// reads no server.
package check

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Code identifies a kind of finding. It is stable: messages and documentation refer to it.
type Code string

// Severity states whether a plan can continue.
type Severity int

const (
	// Reject stops Terraform.
	Reject Severity = iota
	// Warn is reported, and Terraform continues.
	Warn
)

// Finding is one result of a check.
type Finding struct {
	Code     Code
	Severity Severity
	Path     string   // of the attribute that causes it, such as "settings.access", or ""
	Keys     []string // of the entry in the map at Path, or nil
	Subjects []string // sorted names of what the finding is about
	Data     any      // typed, for the message
}

// Lines is the data of findings that list more than names: one line per fact, scope by
// scope, in the order of the server within a scope.
type Lines []string

// Codes returns all codes.
func Codes() []Code {
	return slices.Concat(
		accessCodes(), conflictCodes(), deletionCodes(), globCodes(), adoptionCodes(), staleCodes(), grantCodes(), nameCodes(),
		renameCodes(), userCodes(), parentCodes(), coverageCodes(), serverCodes(), allGrantCodes(), boundCodes(), configCodes(),
	)
}

// Rejects reports whether a finding stops Terraform.
func Rejects(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Severity == Reject })
}

// findings collects the results of one check in the order in which they are reported.
type findings []Finding

// add appends a finding about the subjects, if there are any.
func (f *findings) add(found Finding) {
	if len(found.Subjects) == 0 {
		return
	}
	found.Subjects = authz.NameSet(found.Subjects...)
	*f = append(*f, found)
}
