package check

import (
	"fmt"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Findings about the names of scopes.
const (
	NamesBuiltIn  Code = "names.built_in" // Data: BuiltIn
	NamesAbsent   Code = "names.absent"   // built in, and absent; Data: BuiltIn
	NamesReserved Code = "names.reserved"
	NamesTaken    Code = "names.taken"
	NamesExists   Code = "names.exists"  // Data: Import
	NamesRenamed  Code = "names.renamed" // Data: Rename
)

func nameCodes() []Code {
	return []Code{NamesBuiltIn, NamesAbsent, NamesReserved, NamesTaken, NamesExists, NamesRenamed}
}

// BuiltIn is the data of NamesBuiltIn and NamesAbsent.
type BuiltIn struct {
	Single bool // the resource manages one scope
	Absent bool // the server does not have the scopes
}

// Import is the data of NamesExists: the block that imports the scope.
type Import struct{ Block string }

// BuiltInNames rejects built-in scopes.
func BuiltInNames(path string, names []string, data BuiltIn) []Finding {
	code := NamesBuiltIn
	if data.Absent {
		code = NamesAbsent
	}
	var f findings
	f.add(Finding{Code: code, Path: path, Subjects: names, Data: data})
	return f
}

// ReservedNames rejects names of built-in scopes that the server does not have.
func ReservedNames(path string, names []string) []Finding {
	var f findings
	f.add(Finding{Code: NamesReserved, Path: path, Subjects: names})
	return f
}

// TakenNames rejects names that an object of the server has that is no scope.
func TakenNames(path string, names []string, l *authz.Snapshot) []Finding {
	var taken []string
	for _, name := range names {
		if slices.Contains(l.ReservedNames, name) {
			taken = append(taken, name)
		}
	}
	var f findings
	f.add(Finding{Code: NamesTaken, Path: path, Subjects: taken})
	return f
}

// ExistingName rejects the creation of a scope that exists.
func ExistingName(name, importBlock string) []Finding {
	return []Finding{{Code: NamesExists, Path: "name", Subjects: []string{name}, Data: Import{importBlock}}}
}

// RenamedScope reports who keeps a scope under its new name. unread is true if some
// clients could not be read.
func RenamedScope(live authz.Scope, name string, clients []authz.ClientScopeSet, unread bool) []Finding {
	who := holders(live)
	for _, c := range clients {
		who = append(who, fmt.Sprintf("client %q", c.ClientID))
	}
	if unread {
		who = append(who, "clients, of which not all could be read")
	}
	if len(who) == 0 {
		return nil
	}
	return []Finding{{Code: NamesRenamed, Severity: Warn, Subjects: []string{live.Name}, Data: Rename{Old: live.Name, New: name, Holders: who}}}
}

// holders returns who has a scope, except clients: "everyone", `user type "x"`.
func holders(live authz.Scope) []string {
	var all []string
	if live.Settings.Access == authz.AccessEveryone {
		all = append(all, "everyone")
	}
	for _, u := range live.UserTypes {
		all = append(all, fmt.Sprintf("user type %q", u))
	}
	for _, role := range live.ClientRoles {
		all = append(all, fmt.Sprintf("client role %q", role))
	}
	return all
}
