package check

import (
	"strconv"
	"strings"
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
)

func conflictCodes() []Code {
	return []Code{
		ConflictReleasedAndReplaced, ConflictScopesManagedTwice, ConflictHolderManagedTwice, ConflictScopeManagedTwice,
		ConflictRenamedAndHeld, ConflictRemovedAndKept, ConflictDeletedAndUsed,
	}
}

// Holder describes the user type or the client whose scopes a resource manages.
type Holder struct {
	Kind      string // such as "user type", or "" for the scopes of a server
	Name      string
	Attribute string // the attribute that contains the name
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

// ConflictInput describes the conflicts of one resource, as package walk reports them.
type ConflictInput struct {
	Resource string // type of the resource, such as "authscopes_user_type_scopes"
	Single   bool   // the resource manages one scope of a server
	Holder   Holder // of the resource
	// ReleasedAndReplaced are scopes that the resource removes from state only, and that
	// its replacement would remove from the server.
	ReleasedAndReplaced []string
	ManagedTwice        []string // managed by another resource too
	Renames             []Rename
	RemovedAndKept      []string // removed by one resource and kept by another
	DeletedAndUsed      []string // deleted, and named by a user type or a client
}

// Rename is the data of ConflictRenamedAndHeld: a rename after which the holders have a
// scope that they do not list.
type Rename struct {
	Old, New string
	Holders  []string
}

// Removal is the data of ConflictRemovedAndKept.
type Removal struct {
	Resource string
	Holder   Holder
}

// Conflicts rejects a plan whose result depends on the order of its resources, or that
// no order makes right.
func Conflicts(in ConflictInput) []Finding {
	var f findings
	f.add(Finding{Code: ConflictReleasedAndReplaced, Subjects: in.ReleasedAndReplaced})
	f.add(managedTwice(in))
	for _, r := range in.Renames {
		if len(r.Holders) > 0 {
			f.add(Finding{Code: ConflictRenamedAndHeld, Subjects: []string{r.Old}, Data: r})
		}
	}
	f.add(Finding{Code: ConflictRemovedAndKept, Subjects: in.RemovedAndKept, Data: Removal{in.Resource, in.Holder}})
	f.add(Finding{Code: ConflictDeletedAndUsed, Subjects: in.DeletedAndUsed})
	return f
}

func managedTwice(in ConflictInput) Finding {
	switch {
	case in.Holder.Kind != "":
		return Finding{Code: ConflictHolderManagedTwice, Path: in.Holder.Attribute, Subjects: in.ManagedTwice, Data: in.Holder}
	case in.Single:
		return Finding{Code: ConflictScopeManagedTwice, Path: "name", Subjects: in.ManagedTwice}
	default:
		return Finding{Code: ConflictScopesManagedTwice, Path: "manage", Subjects: in.ManagedTwice}
	}
}
