package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Findings about scopes that a plan renames.
const (
	RenamesAmbiguous Code = "renames.ambiguous" // Data: Lines, `old: new, new`
	RenamesCircular  Code = "renames.circular"
	RenamesListed    Code = "renames.listed"    // Data: Lines, `old → new`
	RenamesTaken     Code = "renames.taken"     // Data: Lines, `old → new`
	RenamesExcluded  Code = "renames.excluded"  // Data: Lines, `old → new`
	RenamesBuiltIn   Code = "renames.built_in"  // Data: Lines, `old → new`
	RenamesRestored  Code = "renames.restored"  // Data: Lines, `old → new`
	RenamesKept      Code = "renames.kept"      // Data: Lines, `old → new: role, role`
	RenamesRequested Code = "renames.requested" // subjects: clients; Data: Lines, `client: old → new`
	RenamesUnread    Code = "renames.unread"    // Data: Failure
)

func renameCodes() []Code {
	return []Code{
		RenamesAmbiguous, RenamesCircular, RenamesListed, RenamesTaken, RenamesExcluded, RenamesBuiltIn,
		RenamesRestored, RenamesKept, RenamesRequested, RenamesUnread,
	}
}

// previousPath is the attribute that renames scopes.
const previousPath = "previous_names"

// PreviousNames rejects a map of new names to old names that no server makes right: two
// new names for one old name, and names that lead back to themselves.
func PreviousNames(previous map[string]string) []Finding {
	names := map[string][]string{}
	var circular []string
	for _, name := range slices.Sorted(maps.Keys(previous)) {
		names[previous[name]] = append(names[previous[name]], name)
		if leadsBack(previous, name) {
			circular = append(circular, name)
		}
	}
	var ambiguous lines
	for _, old := range slices.Sorted(maps.Keys(names)) {
		if len(names[old]) > 1 {
			ambiguous.add(old, "%s", strings.Join(names[old], ", "))
		}
	}
	var f findings
	f.add(Finding{Code: RenamesAmbiguous, Path: previousPath, Subjects: ambiguous.scopes, Data: ambiguous.text})
	f.add(Finding{Code: RenamesCircular, Path: previousPath, Subjects: circular})
	return f
}

func leadsBack(previous map[string]string, name string) bool {
	at := name
	for range previous {
		next, ok := previous[at]
		if !ok {
			return false
		}
		if at = next; at == name {
			return true
		}
	}
	return false
}

// RenameInput describes the renames of a plan, and the server before it.
type RenameInput struct {
	diff.RenameInput

	Renames  map[string]string // old name => new name
	Applied  map[string]bool   // names that the configuration of the state had
	Snapshot *authz.Snapshot
	Filter   diff.Filter
	BuiltIn  func(name string) bool
}

// Renames rejects entries that contradict the configuration or the server, and reports
// which roles keep a renamed scope.
func Renames(in RenameInput) []Finding {
	var listed, taken, excluded, builtIn lines
	for _, name := range slices.Sorted(maps.Keys(in.Previous)) {
		old := in.Previous[name]
		_, exists := in.Snapshot.Scope(name)
		_, before := in.Origin(name)
		switch {
		case in.BuiltIn(name) || in.BuiltIn(old):
			builtIn.rename(old, name)
		case !in.Planned[name] || in.Applied[name] && in.Exist[name]:
		case exists && before:
			taken.rename(old, name)
		case exists:
		case !in.Filter.Manages(old):
			excluded.rename(old, name)
		case in.Planned[old]:
			listed.rename(old, name)
		}
	}
	var f findings
	f.add(Finding{Code: RenamesListed, Path: previousPath, Subjects: listed.scopes, Data: listed.text})
	f.add(Finding{Code: RenamesTaken, Path: previousPath, Subjects: taken.scopes, Data: taken.text})
	f.add(Finding{Code: RenamesExcluded, Path: previousPath, Subjects: excluded.scopes, Data: excluded.text})
	f.add(Finding{Code: RenamesBuiltIn, Path: previousPath, Subjects: builtIn.scopes, Data: builtIn.text})
	if len(f) > 0 {
		return f
	}
	return renamedScopes(in)
}

// renamedScopes reports the scopes that were renamed outside Terraform, and the roles that
// keep a renamed scope.
func renamedScopes(in RenameInput) []Finding {
	var restored, kept lines
	for _, old := range slices.Sorted(maps.Keys(in.Renames)) {
		name := in.Renames[old]
		if in.Moved[name] == old {
			restored.rename(old, name)
			continue
		}
		live, _ := in.Snapshot.Scope(old)
		if who := holders(live); len(who) > 0 {
			kept.scopes = append(kept.scopes, old)
			kept.text = append(kept.text, fmt.Sprintf("%s → %s: %s", old, name, strings.Join(who, ", ")))
		}
	}
	var f findings
	f.add(Finding{Code: RenamesRestored, Severity: Warn, Subjects: restored.scopes, Data: restored.text})
	f.add(Finding{Code: RenamesKept, Severity: Warn, Subjects: kept.scopes, Data: kept.text})
	return f
}

func (l *lines) rename(old, name string) {
	l.scopes = append(l.scopes, old)
	l.text = append(l.text, old+" → "+name)
}

// RenamedClients reports the clients that request a scope by its old name. Unread is the
// error if clients could not be read.
func RenamedClients(renames map[string]string, in ClientInput) []Finding {
	var f findings
	if unread := cmp.Or(in.Unread, in.Missed); unread != nil {
		f.add(Finding{Code: RenamesUnread, Severity: Warn, Subjects: slices.Collect(maps.Keys(renames)), Data: Failure{unread}})
	}
	var text Lines
	var clients []string
	for _, c := range in.Clients {
		var scopes []string
		for _, s := range slices.Concat(c.Default, c.Optional) {
			scopes = append(scopes, s.Name+" → "+renames[s.Name])
		}
		clients = append(clients, c.ClientID)
		text = append(text, c.ClientID+": "+strings.Join(scopes, ", "))
	}
	f.add(Finding{Code: RenamesRequested, Severity: Warn, Subjects: clients, Data: text})
	return f
}
