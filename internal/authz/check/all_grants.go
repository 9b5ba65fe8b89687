package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Findings about the scopes of all user types of a server. A subject `child: a` is the
// grant of scope a to user type child.
const (
	AllGrantsUnlisted    Code = "all_grants.unlisted"
	AllGrantsEmptied     Code = "all_grants.emptied"
	AllGrantsIgnored     Code = "all_grants.ignored"     // subjects: user types
	AllGrantsDuplicate   Code = "all_grants.duplicate"   // subjects: `a, b`, spellings of one user type
	AllGrantsStray       Code = "all_grants.stray"       // subjects: user types that no entry is for
	AllGrantsIrrevocable Code = "all_grants.irrevocable" // subjects: user types
	AllGrantsComposite   Code = "all_grants.composite"   // subject: the user type; Data: Lines, what it contains
	AllGrantsRenamed     Code = "all_grants.renamed"     // Data: Rename, of a user type
	AllGrantsUnknown     Code = "all_grants.unknown"     // Data: Bound
	AllGrantsHidden      Code = "all_grants.hidden"      // subjects: parts that are not visible; Data: Lines, the rights
	AllGrantsIndistinct  Code = "all_grants.indistinct"  // subjects: user types
)

func allGrantCodes() []Code {
	return []Code{
		AllGrantsUnlisted, AllGrantsEmptied, AllGrantsIgnored, AllGrantsDuplicate, AllGrantsStray,
		AllGrantsIrrevocable, AllGrantsComposite, AllGrantsRenamed, AllGrantsUnknown, AllGrantsHidden, AllGrantsIndistinct,
	}
}

// AllGrantsInput describes the planned scopes of all user types, and the server.
type AllGrantsInput struct {
	Snapshot *authz.Snapshot
	Filter   diff.GrantFilter
	Planned  diff.Grants
	Creates  bool        // the resource is created, and revokes nothing
	Known    diff.Grants // grants that a creation does not count as unlisted
	Revoked  diff.Grants // by the plan
	// Kept is true if the server cannot revoke all scopes of a user type.
	Kept bool
	// IDs are the server's IDs of the user types that were listed before, by name.
	IDs map[string]string
}

// AllGrants rejects a plan for all user types that would revoke unseen, or what it cannot
// revoke.
func AllGrants(in AllGrantsInput) []Finding {
	live, _ := in.Filter.Live(in.Snapshot, in.Planned)
	f := findings(indistinct(in.Snapshot, append(live.UserTypes(), in.Planned.UserTypes()...)...))
	if in.Creates {
		f.add(Finding{Code: AllGrantsUnlisted, Path: "user_types", Subjects: live.Subtract(in.Planned).Subtract(in.Known).Lines()})
	}
	if len(in.Planned) == 0 {
		f.add(Finding{Code: AllGrantsEmptied, Path: "user_types", Subjects: in.Revoked.Lines()})
	}
	if in.Kept {
		f.add(Finding{Code: AllGrantsIrrevocable, Path: "user_types", Subjects: unlistedUserTypes(in)})
	}
	return append(f, RenamedUserTypes(in.Snapshot, in.Planned, in.IDs)...)
}

// UserTypesVisible rejects a snapshot without the user types of the server: one that is not
// visible can have any scope.
func UserTypesVisible(l *authz.Snapshot) []Finding {
	if l.UserTypes != nil {
		return nil
	}
	found := Finding{Code: AllGrantsHidden, Subjects: []string{"user types"}}
	var rights []string
	for _, gap := range l.Gaps() {
		if gap.Compared {
			found.Subjects = append(found.Subjects, gap.Subject)
			rights = append(rights, gap.Privilege)
		}
	}
	found.Data = Lines(authz.NameSet(rights...))
	var f findings
	f.add(found)
	return f
}

// UserTypesRead rejects user types whose scopes the server does not return. Without a state,
// they would seem to have none.
func UserTypesRead(l *authz.Snapshot) []Finding {
	var hidden []string
	for _, u := range l.UserTypes {
		if u.Unread {
			hidden = append(hidden, fmt.Sprintf("scopes of user type %q", u.Name))
		}
	}
	var f findings
	f.add(Finding{Code: AllGrantsHidden, Subjects: hidden, Data: Lines(nil)})
	return f
}

// indistinct rejects user types that Terraform cannot distinguish from others of the server.
func indistinct(l *authz.Snapshot, userTypes ...string) []Finding {
	var f findings
	f.add(Finding{Code: AllGrantsIndistinct, Subjects: l.Indistinct(userTypes...)})
	return f
}

func unlistedUserTypes(in AllGrantsInput) []string {
	var names []string
	for _, u := range in.Snapshot.UserTypes {
		if _, listed := in.Planned[u.Name]; !listed && in.Filter.UserTypes.Manages(u.Name) {
			names = append(names, u.Name)
		}
	}
	return names
}

// RenamedUserTypes rejects planned user types that have another name on the server now.
// ids are their IDs from before, by name.
func RenamedUserTypes(l *authz.Snapshot, planned diff.Grants, ids map[string]string) []Finding {
	var f findings
	for _, name := range planned.UserTypes() {
		now, found := l.UserTypeByID(ids[name])
		if _, listed := planned[now.Name]; !found || now.Name == name || listed {
			continue
		}
		f.add(Finding{Code: AllGrantsRenamed, Path: "user_types", Keys: []string{name}, Subjects: []string{name}, Data: Rename{Old: name, New: now.Name}})
	}
	return f
}

// UserTypeEntries rejects entries for user types that the globs exclude or that are entries
// twice, and composite user types without an entry. key returns the same for all spellings
// of a user type.
func UserTypeEntries(names, composite []string, f diff.Filter, key func(string) string) []Finding {
	spellings := map[string][]string{}
	var ignored, stray, twice []string
	for _, name := range names {
		spellings[key(name)] = append(spellings[key(name)], name)
		if !f.Manages(name) {
			ignored = append(ignored, name)
		}
	}
	for _, name := range composite {
		if len(spellings[key(name)]) == 0 {
			stray = append(stray, name)
		}
	}
	for _, same := range spellings {
		if len(same) > 1 {
			slices.Sort(same)
			twice = append(twice, strings.Join(same, ", "))
		}
	}
	var all findings
	all.add(Finding{Code: AllGrantsIgnored, Path: "user_types", Subjects: ignored})
	all.add(Finding{Code: AllGrantsDuplicate, Path: "user_types", Subjects: twice})
	all.add(Finding{Code: AllGrantsStray, Path: "composite_user_types", Subjects: stray})
	return all
}

// UnknownRevocations reports the grants that an apply may revoke, up to the limit, because
// the planned scopes are unknown.
func UnknownRevocations(revocable diff.Grants, attribute string, limit *int64) []Finding {
	var f findings
	f.add(Finding{Code: AllGrantsUnknown, Severity: Warn, Subjects: revocable.Lines(), Data: Bound{Attribute: attribute, Allowed: limit}})
	return f
}

// Findings about the bounds of what a plan takes from user types and clients.
const (
	BoundsRevocations   Code = "bounds.revocations"   // Data: Bound
	BoundsUnassignments Code = "bounds.unassignments" // Data: Bound
)

func boundCodes() []Code { return []Code{BoundsRevocations, BoundsUnassignments} }

// Bound is the data of findings about a bound.
type Bound struct {
	Attribute string
	Allowed   *int64 // nil allows any number
	InState   bool   // the value of the state counts
}

// Text returns the allowed number.
func (b Bound) Text() string {
	if b.Allowed == nil {
		return "any number"
	}
	return fmt.Sprint(*b.Allowed)
}

// Bounded rejects a plan that revokes or unassigns more than its bound. code is
// BoundsRevocations or BoundsUnassignments.
func Bounded(code Code, bound Bound, lines []string) []Finding {
	var f findings
	if bound.Allowed != nil && int64(len(lines)) > *bound.Allowed {
		f.add(Finding{Code: code, Path: bound.Attribute, Subjects: lines, Data: bound})
	}
	return f
}
