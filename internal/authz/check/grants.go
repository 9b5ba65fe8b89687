package check

import (
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// Findings about the scopes of one user type or client.
const (
	GrantsBuiltIn           Code = "grants.built_in"
	GrantsNone              Code = "grants.none"               // subject: the user type
	GrantsFilterUnsupported Code = "grants.filter_unsupported" // subject: the user type
	GrantsEveryone          Code = "grants.everyone"           // subject: the user type; Data: Lines, what it contains
	GrantsComposite         Code = "grants.composite"          // subject: the user type; Data: Lines, what it contains
	GrantsBeyondMaximum     Code = "grants.beyond_maximum"     // Data: Maximum
	GrantsMaximumLowered    Code = "grants.maximum_lowered"    // Data: Maximum
	GrantsMissingHolder     Code = "grants.missing_holder"     // subject: its name; Data: Missing
	GrantsMissingScopes     Code = "grants.missing_scopes"     // Data: ScopesNotFound
	GrantsLimit             Code = "grants.limit"              // Data: Holder
	GrantsReplace           Code = "grants.replace"            // Data: Replacement
	GrantsReplaceClient     Code = "grants.replace_client"     // Data: Replacement
	GrantsUnknown           Code = "grants.unknown"            // Data: Holder
	GrantsLost              Code = "grants.lost"               // Data: Holder
	GrantsKept              Code = "grants.kept"               // subject: the user type; Data: Lines, its scopes
	GrantsAssignedOpen      Code = "grants.assigned_open"      // Data: Holder
	GrantsAssignedLimited   Code = "grants.assigned_limited"   // Data: Holder
	GrantsOpenedOutside     Code = "grants.opened_outside"     // Data: Holder
)

func grantCodes() []Code {
	return []Code{
		GrantsBuiltIn, GrantsNone, GrantsFilterUnsupported, GrantsEveryone, GrantsComposite, GrantsBeyondMaximum, GrantsMaximumLowered, GrantsMissingHolder,
		GrantsMissingScopes, GrantsLimit, GrantsReplace, GrantsReplaceClient, GrantsUnknown, GrantsLost, GrantsKept,
		GrantsAssignedOpen, GrantsAssignedLimited, GrantsOpenedOutside,
	}
}

// GrantInput describes the planned scopes of one user type, and the server.
type GrantInput struct {
	Holder         Holder
	Snapshot       *authz.Snapshot
	Planned        []string
	BuiltIn        []string // built-in scopes among the planned ones
	AllowBuiltIn   bool     // built-in scopes that the user type has can be planned
	AllowComposite bool
	Creates        bool          // the resource is created
	Change         diff.UserType // from the scopes that the user type has
	Reader         authz.Reader
}

// Missing is the data of GrantsMissingHolder.
type Missing struct {
	Holder  Holder
	Nearest string // the most similar name on the server, or ""
}

// Replacement is the data of GrantsReplace and GrantsReplaceClient.
type Replacement struct {
	Holder  Holder
	Granted []string
	Revoked []string
	Moved   []string // between default and optional
}

// Grants rejects scopes that a user type cannot be granted, and reports what the diff of
// a plan does not show.
func Grants(in GrantInput) []Finding {
	name := in.Holder.Name
	f := findings(builtInGrants(in))
	if !in.Holder.Entry { // AllGrants does this for all entries
		f = append(f, indistinct(in.Snapshot, name)...)
	}
	if u, exists := in.Snapshot.UserType(name); exists {
		f = append(f, composite(in, u)...)
	} else {
		var names []string
		for _, u := range slices.Concat(in.Snapshot.UserTypes, in.Snapshot.ClientRoles) {
			names = append(names, u.Name)
		}
		f = append(f, MissingHolder(in.Holder, names)...)
	}
	f = append(f, readerLosesScopes(in)...)
	f.add(Finding{Code: GrantsLimit, Severity: Warn, Subjects: diff.Difference(in.Change.Limits(in.Snapshot), in.BuiltIn), Data: in.Holder})
	if in.Creates && len(in.Change.Revoke) > 0 {
		f.add(Finding{
			Code: GrantsReplace, Severity: Warn, Subjects: slices.Concat(in.Change.Revoke, in.Change.Grant),
			Data: Replacement{Holder: in.Holder, Granted: in.Change.Grant, Revoked: in.Change.Revoke},
		})
	}
	return f
}

// Grantable rejects scopes that a user type, which exists, cannot be granted.
func Grantable(in GrantInput) []Finding {
	u, _ := in.Snapshot.UserType(in.Holder.Name)
	return append(builtInGrants(in), composite(in, u)...)
}

// builtInGrants rejects built-in scopes, whose access never changes.
func builtInGrants(in GrantInput) []Finding {
	builtIn := in.BuiltIn
	if in.AllowBuiltIn {
		builtIn = diff.Difference(builtIn, authz.Names(in.Snapshot.ScopesOf(in.Holder.Name)))
	}
	var f findings
	f.add(in.Holder.scopes(Finding{Code: GrantsBuiltIn, Subjects: builtIn}))
	return f
}

// composite rejects a user type that passes its scopes on to others.
func composite(in GrantInput, u authz.UserType) []Finding {
	found := in.Holder.atAttribute(Finding{Subjects: []string{u.Name}, Data: Lines(slices.Concat(u.Contains, u.ContainsClientRoles))})
	switch {
	case len(in.Planned) == 0:
		return nil
	case u.Everyone:
		found.Code = GrantsEveryone
	case u.Composite() && !in.AllowComposite && in.Holder.Entry:
		found.Code = AllGrantsComposite
	case u.Composite() && !in.AllowComposite:
		found.Code = GrantsComposite
	default:
		return nil
	}
	return []Finding{found}
}

// MissingHolder reports a user type or a client that the server does not have. Another
// resource of the same apply can create it.
func MissingHolder(h Holder, candidates []string) []Finding {
	missing := Missing{h, diff.Nearest(h.Name, candidates)}
	return []Finding{h.atAttribute(Finding{Code: GrantsMissingHolder, Severity: Warn, Subjects: []string{h.Name}, Data: missing})}
}

// ScopeInput describes the scopes that a holder gets by a plan.
type ScopeInput struct {
	Holder   Holder
	Path     string
	Names    []string
	Snapshot *authz.Snapshot
	Kept     []string               // scopes that planned resources keep or create
	MayKeep  func(name string) bool // a planned resource may create it, which is unknown until apply
}

// ScopesNotFound is the data of GrantsMissingScopes.
type ScopesNotFound struct {
	Holder Holder
	Lines  Lines // `read:user (did you mean "read:users"?)`
}

// MissingScopes reports scopes that the server does not have and that no resource creates
// which was planned before.
func MissingScopes(in ScopeInput) []Finding {
	var missing, candidates []string
	data := ScopesNotFound{Holder: in.Holder}
	for _, name := range diff.Difference(in.Names, in.Kept) {
		if _, exists := in.Snapshot.Scope(name); exists || in.MayKeep(name) {
			continue
		}
		if candidates == nil {
			candidates = slices.Concat(authz.Names(in.Snapshot.Scopes), in.Kept)
		}
		missing = append(missing, name)
		data.Lines = append(data.Lines, name+diff.DidYouMean(name, candidates))
	}
	var f findings
	f.add(Finding{Code: GrantsMissingScopes, Severity: Warn, Path: in.Path, Subjects: missing, Data: data})
	return f
}

// Maximum is the data of findings about the bound of a server: the user type, and the
// names of all scopes that it can have.
type Maximum struct {
	Holder
	Scopes []string
}

// BeyondMaximum rejects planned scopes that no user type of the server can have. held are the
// scopes that the user type still has because the bound was lowered later. maximum is nil if
// there is no bound.
func BeyondMaximum(h Holder, planned, held, maximum []string) []Finding {
	if maximum == nil {
		return nil
	}
	var f findings
	beyond := diff.Difference(planned, maximum)
	f.add(h.scopes(Finding{Code: GrantsBeyondMaximum, Subjects: diff.Difference(beyond, held), Data: Maximum{h, maximum}}))
	kept := diff.Difference(beyond, diff.Difference(beyond, held))
	f.add(h.scopes(Finding{Code: GrantsMaximumLowered, Severity: Warn, Subjects: kept, Data: Maximum{h, maximum}}))
	return f
}

// Filtered rejects globs for a user type if a write replaces all of its scopes.
// attributes are those that have globs.
func Filtered(h Holder, attributes []string) []Finding {
	var f findings
	for _, attribute := range attributes {
		f.add(Finding{Code: GrantsFilterUnsupported, Path: attribute, Subjects: []string{h.Name}})
	}
	return f
}

// NoGrants rejects a user type without scopes.
func NoGrants(h Holder) []Finding {
	return []Finding{h.scopes(Finding{Code: GrantsNone, Subjects: []string{h.Name}})}
}

// OpenGrants rejects scopes of a user type that the same configuration opens to everyone.
func OpenGrants(h Holder, conflicts []walk.Conflict) []Finding {
	names := walk.Scopes(conflicts, walk.OpenAndGranted)
	var f findings
	f.add(h.scopes(Finding{Code: AccessContradiction, Subjects: names, Data: Lines(names)}))
	return f
}

// ReplacedClient reports what the creation of a resource changes for a client that has
// scopes.
func ReplacedClient(h Holder, change diff.Client) []Finding {
	if len(change.Unassign)+len(change.Move) == 0 {
		return nil
	}
	var f findings
	f.add(Finding{
		Code: GrantsReplaceClient, Severity: Warn, Subjects: slices.Concat(change.Unassign, change.Move, change.Assign),
		Data: Replacement{Holder: h, Granted: change.Assign, Revoked: change.Unassign, Moved: change.Move},
	})
	return f
}

// UnknownGrants reports the scopes that a holder may lose if its planned scopes are
// unknown.
func UnknownGrants(h Holder, names []string) []Finding {
	var f findings
	f.add(Finding{Code: GrantsUnknown, Severity: Warn, Subjects: names, Data: h})
	return f
}

// LostGrants reports the scopes that a holder loses because the resource changes to
// another holder.
func LostGrants(h Holder, names []string) []Finding {
	var f findings
	f.add(Finding{Code: GrantsLost, Severity: Warn, Subjects: names, Data: h})
	return f
}

// KeptGrants reports that a user type keeps its scopes, because the server cannot revoke
// all of them.
func KeptGrants(h Holder, names []string) []Finding {
	return []Finding{{Code: GrantsKept, Severity: Warn, Subjects: []string{h.Name}, Data: Lines(names)}}
}

// AssignedScopes reports the open scopes of a client: those that a plan assigns, and those
// that it has and that were limited when they were last applied. names are the planned
// scopes, assigned are those among them that the client does not have. A scope that is
// built in or was applied as open is open on purpose.
func AssignedScopes(h Holder, names, assigned []string, l *authz.Snapshot) []Finding {
	var open, limited, opened []string
	for _, name := range names {
		s, found := l.Scope(name)
		if !found || s.BuiltIn || s.Settings.Access != authz.AccessEveryone || s.LastAppliedAccess == authz.AccessEveryone {
			continue
		}
		switch isNew, wasLimited := slices.Contains(assigned, name), s.LastAppliedAccess == authz.AccessUserTypes; {
		case isNew && wasLimited:
			limited = append(limited, name)
		case isNew:
			open = append(open, name)
		case wasLimited:
			opened = append(opened, name)
		}
	}
	var f findings
	f.add(Finding{Code: GrantsAssignedOpen, Severity: Warn, Subjects: open, Data: h})
	f.add(Finding{Code: GrantsAssignedLimited, Severity: Warn, Subjects: limited, Data: h})
	f.add(Finding{Code: GrantsOpenedOutside, Severity: Warn, Subjects: opened, Data: h})
	return f
}
