package check

import (
	"strconv"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// Findings about resources of one configuration that contradict each other.
const (
	ConflictReleasedAndReplaced Code = "conflict.released_and_replaced"
	ConflictScopesManagedTwice  Code = "conflict.scopes_managed_twice"
	ConflictHolderManagedTwice  Code = "conflict.holder_managed_twice" // Data: Holder
	ConflictScopeManagedTwice   Code = "conflict.scope_managed_twice"
	ConflictRenamedAndHeld      Code = "conflict.renamed_and_held" // Data: Rename
	ConflictRemovedAndKept      Code = "conflict.removed_and_kept" // Data: Removal
	ConflictDeletedAndUsed      Code = "conflict.deleted_and_used"
	// ConflictGrantsManagedTwice is about the grants of user types that another resource
	// manages one by one.
	ConflictGrantsManagedTwice Code = "conflict.grants_managed_twice"
)

func conflictCodes() []Code {
	return []Code{
		ConflictReleasedAndReplaced, ConflictScopesManagedTwice, ConflictHolderManagedTwice, ConflictScopeManagedTwice,
		ConflictRenamedAndHeld, ConflictRemovedAndKept, ConflictDeletedAndUsed, ConflictGrantsManagedTwice,
	}
}

// Holder describes the user type or the client whose scopes a resource manages.
type Holder struct {
	Kind      string // such as "user type", or "" for the scopes of a server
	Name      string
	Attribute string // the attribute that contains the name
	Entry     bool   // the attribute is a map, which has the scopes of the name
}

// scopes returns the finding, located at the scopes of the holder.
func (h Holder) scopes(f Finding) Finding {
	if f.Path = "scopes"; h.Entry {
		return h.atAttribute(f)
	}
	return f
}

// atAttribute returns the finding, located at the name of the holder.
func (h Holder) atAttribute(f Finding) Finding {
	if f.Path = h.Attribute; h.Entry {
		clientID, role := authz.SplitRoleName(h.Name)
		if f.Keys = []string{role}; clientID != "" {
			f.Path, f.Keys = "client_roles", []string{clientID, role}
		}
	}
	return f
}

// String returns the kind and the quoted name, or "".
func (h Holder) String() string {
	if h.Kind == "" {
		return ""
	}
	return h.Kind + " " + strconv.Quote(h.Name)
}

// Title returns String as the beginning of a sentence.
func (h Holder) Title() string {
	text := h.String()
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// ConflictInput describes the conflicts of one resource.
type ConflictInput struct {
	Single bool   // the resource manages one scope of a server
	Holder Holder // of the resource
	// ReleasedAndReplaced are scopes that the resource removes from state only, and that
	// its replacement would remove from the server.
	ReleasedAndReplaced []string
	Conflicts           []walk.Conflict // sorted
}

// Rename is the data of ConflictRenamedAndHeld: a rename after which the holders have a
// scope that they do not list.
type Rename struct {
	Old, New string
	Holders  []string
}

// Removal is the data of ConflictRemovedAndKept: the types of the resource that is
// destroyed and of the one that keeps the scopes, and whose scopes they are.
type Removal struct {
	Remover, Keeper string
	Holder          Holder
}

// SameType reports whether a moved block can hand the object over.
func (r Removal) SameType() bool { return r.Remover == r.Keeper }

// Conflicts rejects a plan whose result depends on the order of its resources, or that
// no order makes right. Package walk finds the conflicts. Access and OpenGrants report an
// open scope that a user type lists. A resource whose scopes another one manages has no
// other finding.
func Conflicts(in ConflictInput) []Finding {
	var f findings
	f.add(Finding{Code: ConflictReleasedAndReplaced, Subjects: in.ReleasedAndReplaced})
	if twice := walk.Scopes(in.Conflicts, walk.ManagedTwice); len(twice) > 0 {
		f.add(managedTwice(in, twice))
		return f
	}
	for _, r := range renames(in.Conflicts) {
		f.add(Finding{Code: ConflictRenamedAndHeld, Subjects: []string{r.Old}, Data: r})
	}
	f = append(f, removals(in)...)
	f.add(Finding{Code: ConflictDeletedAndUsed, Subjects: walk.Scopes(in.Conflicts, walk.DeletedAndUsed)})
	return f
}

// removals returns one finding for each pair of types of resources.
func removals(in ConflictInput) []Finding {
	subjects := map[Removal][]string{}
	var order []Removal
	for _, c := range in.Conflicts {
		if c.Kind != walk.RemovedAndKept {
			continue
		}
		pair := Removal{c.Remover, c.Keeper, in.Holder}
		if subjects[pair] == nil {
			order = append(order, pair)
		}
		subjects[pair] = append(subjects[pair], c.Scope)
	}
	var f findings
	for _, pair := range order {
		f.add(Finding{Code: ConflictRemovedAndKept, Subjects: subjects[pair], Data: pair})
	}
	return f
}

// renames returns each rename that a holder contradicts, with all of these holders.
func renames(conflicts []walk.Conflict) []Rename {
	var all []Rename
	for _, c := range conflicts {
		if c.Kind != walk.RenamedAndHeld {
			continue
		}
		if last := len(all) - 1; last >= 0 && all[last].Old == c.Scope && all[last].New == c.NewName {
			all[last].Holders = append(all[last].Holders, c.Holder)
			continue
		}
		all = append(all, Rename{Old: c.Scope, New: c.NewName, Holders: []string{c.Holder}})
	}
	return all
}

func managedTwice(in ConflictInput, names []string) Finding {
	switch {
	case in.Holder.Kind == walk.KindUserTypes:
		var lines []string
		for _, c := range in.Conflicts {
			lines = append(lines, c.Holder+": "+c.Scope)
		}
		return Finding{Code: ConflictGrantsManagedTwice, Path: in.Holder.Attribute, Subjects: lines}
	case in.Holder.Kind != "":
		return in.Holder.atAttribute(Finding{Code: ConflictHolderManagedTwice, Subjects: names, Data: in.Holder})
	case in.Single:
		return Finding{Code: ConflictScopeManagedTwice, Path: "name", Subjects: names}
	default:
		return Finding{Code: ConflictScopesManagedTwice, Path: "manage", Subjects: names}
	}
}
