package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// Findings about the access to scopes.
const (
	AccessBuiltInChanged Code = "access.built_in_changed" // Data: BuiltInChange
	AccessUndecided      Code = "access.undecided"        // Data: Undecided
	AccessLeftOpen       Code = "access.left_open"
	AccessClientRoles    Code = "access.client_roles" // Data: Lines, `scope: client role, client role`
	AccessUnknown        Code = "access.unknown"
	AccessClosing        Code = "access.closing"
	AccessOpening        Code = "access.opening"
	AccessCreatedOpen    Code = "access.created_open"
	AccessHeldByEveryone Code = "access.held_by_everyone" // Data: Lines, `scope: role`
	AccessGuardHeld      Code = "access.guard_held"
	AccessUnmapped       Code = "access.unmapped" // Data: Lines, `scope: user type`
	AccessUnguarded      Code = "access.unguarded"
	AccessContradiction  Code = "access.contradiction" // Data: Lines, `scope: listed by user type "x"`
)

func accessCodes() []Code {
	return []Code{
		AccessBuiltInChanged, AccessUndecided, AccessLeftOpen, AccessClientRoles, AccessUnknown, AccessClosing, AccessOpening,
		AccessCreatedOpen, AccessHeldByEveryone, AccessGuardHeld, AccessUnmapped, AccessUnguarded, AccessContradiction,
	}
}

// accessPath is the attribute that sets the access of scopes.
const accessPath = "settings.access"

// AccessInput describes the planned scopes of one resource.
type AccessInput struct {
	Scopes   []AccessScope   // sorted by name
	Single   bool            // the resource manages one scope, so it has no overrides
	Snapshot *authz.Snapshot // nil if it could not be read
	// Conflicts are those of the resource. A user type can list a scope that is planned
	// for everyone.
	Conflicts []walk.Conflict
}

// AccessScope is one planned scope.
type AccessScope struct {
	Want  authz.Scope
	Live  authz.Scope // the scope on the server, also if it is deleted before it is created
	Found bool        // the scope exists when it is written
	// Configured is true if the configuration states an access.
	Configured bool
	// Decided is true if this provider has written the scope: an access that the
	// configuration omits was decided before.
	Decided bool
	// Unknown is true if the access is unknown until apply.
	Unknown bool
	// Shared is true if the access is that of all scopes of the resource.
	Shared bool
}

// BuiltInChange is the data of AccessBuiltInChanged.
type BuiltInChange struct{ Live, Planned authz.Access }

// Undecided is the data of AccessUndecided.
type Undecided struct {
	BuiltIn Lines // of the built-in scopes: `scope: access = "x"`
	Single  bool  // the resource has no overrides
}

// OpenScopes returns the names of the scopes that are planned for everyone.
func OpenScopes(scopes []AccessScope) []string {
	var names []string
	for _, s := range scopes {
		if !s.Unknown && s.Want.Settings.Access == authz.AccessEveryone {
			names = append(names, s.Want.Name)
		}
	}
	return names
}

// Access returns what a plan changes in the access to scopes, and rejects an access that
// is undecided or impossible.
func Access(in AccessInput) []Finding {
	var c accessCheck
	for _, s := range in.Scopes {
		if s.Unknown {
			c.unknown = append(c.unknown, s.Want.Name)
			continue
		}
		c.compare(s)
		c.reach(in.Snapshot, s)
	}
	return c.report(in)
}

// accessCheck collects the scopes of each finding.
type accessCheck struct {
	findings // of built-in scopes, one per scope

	undecided, leftOpen, unknown, closing, opening, createdOpen, guarded, unguarded []string

	builtIn, clientRoles, heldByEveryone, unmapped lines
}

// lines collects lines and the scopes that they are about.
type lines struct {
	scopes []string
	text   Lines
}

func (l *lines) add(scope, format string, args ...any) {
	l.scopes = append(l.scopes, scope)
	l.text = append(l.text, scope+": "+fmt.Sprintf(format, args...))
}

// compare compares the planned access of a scope with its present access.
func (c *accessCheck) compare(s AccessScope) {
	name, planned, live := s.Want.Name, s.Want.Settings.Access, s.Live.Settings.Access
	switch {
	case s.Live.BuiltIn && s.Found && !diff.SameAccess(planned, live):
		if s.Configured || live != authz.AccessEveryone { // a limited scope is not an open one without a decision
			c.add(Finding{Code: AccessBuiltInChanged, Subjects: []string{name}, Data: BuiltInChange{live, planned}})
			return
		}
		c.undecided = append(c.undecided, name)
		c.builtIn.add(name, "access = %q", live)
	case !s.Found && planned == authz.AccessUnguarded && s.Shared: // created as "user_types"
	case !s.Found && planned == authz.AccessUnguarded:
		c.leftOpen = append(c.leftOpen, name)
	case !s.Found && planned == authz.AccessEveryone:
		c.createdOpen = append(c.createdOpen, name)
	case !s.Found:
	case live == authz.AccessEveryone && planned != authz.AccessEveryone:
		c.close(s)
	case planned == authz.AccessEveryone && live != authz.AccessEveryone:
		c.open(s)
	case planned == authz.AccessUnguarded && live == authz.AccessUnguarded:
		c.unguarded = append(c.unguarded, name)
	}
}

// close decides about an open scope that is planned to be limited. A scope whose last
// applied access was limited was opened outside Terraform.
func (c *accessCheck) close(s AccessScope) {
	decided := s.Decided || s.Live.LastAppliedAccess == authz.AccessUserTypes
	switch {
	case !s.Configured && !decided:
		c.undecided = append(c.undecided, s.Want.Name)
	case s.Want.Settings.Access == authz.AccessUnguarded && !decided:
		c.leftOpen = append(c.leftOpen, s.Want.Name)
	default:
		c.closing = append(c.closing, s.Want.Name)
	}
}

func (c *accessCheck) open(s AccessScope) {
	c.opening = append(c.opening, s.Want.Name)
	for _, userType := range s.Live.UserTypes {
		c.unmapped.add(s.Want.Name, "%s", userType)
	}
	if len(s.Live.ClientRoles) > 0 {
		c.clientRoles.add(s.Want.Name, "%s", strings.Join(s.Live.ClientRoles, ", "))
	}
}

// reach finds a limited scope that every user gets through a role that all users have.
func (c *accessCheck) reach(l *authz.Snapshot, s AccessScope) {
	if l == nil || s.Want.Settings.Access == authz.AccessEveryone || s.Live.BuiltIn {
		return
	}
	switch through, all := l.ReachesEveryone(s.Live); {
	case all && through.Guard:
		c.guarded = append(c.guarded, s.Want.Name)
	case all:
		c.heldByEveryone.add(s.Want.Name, "%s", through.Name)
	}
}

// report returns the rejections first, then the warnings, and the contradictions last.
func (c *accessCheck) report(in AccessInput) []Finding {
	c.add(Finding{Code: AccessUndecided, Path: accessPath, Subjects: c.undecided, Data: Undecided{c.builtIn.text, in.Single}})
	c.add(Finding{Code: AccessLeftOpen, Path: accessPath, Subjects: c.leftOpen})
	c.add(Finding{Code: AccessClientRoles, Path: accessPath, Subjects: c.clientRoles.scopes, Data: c.clientRoles.text})

	c.add(Finding{Code: AccessUnknown, Severity: Warn, Subjects: c.unknown})
	c.add(Finding{Code: AccessClosing, Severity: Warn, Subjects: c.closing})
	c.add(Finding{Code: AccessOpening, Severity: Warn, Subjects: c.opening})
	c.add(Finding{Code: AccessCreatedOpen, Severity: Warn, Subjects: c.createdOpen})
	c.add(Finding{Code: AccessHeldByEveryone, Severity: Warn, Subjects: c.heldByEveryone.scopes, Data: c.heldByEveryone.text})
	c.add(Finding{Code: AccessGuardHeld, Severity: Warn, Subjects: c.guarded})
	c.add(Finding{Code: AccessUnmapped, Severity: Warn, Subjects: c.unmapped.scopes, Data: c.unmapped.text})
	c.add(Finding{Code: AccessUnguarded, Severity: Warn, Subjects: c.unguarded})

	var listed lines
	for _, conflict := range in.Conflicts {
		if conflict.Kind == walk.OpenAndGranted && !slices.Contains(listed.scopes, conflict.Scope) {
			listed.add(conflict.Scope, "listed by %s", conflict.Holder)
		}
	}
	c.add(Finding{Code: AccessContradiction, Path: accessPath, Subjects: listed.scopes, Data: listed.text})
	return c.findings
}
