package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

// Findings about a server that has changed since the plan read it.
const (
	StaleAppeared  Code = "stale.appeared" // Data: Lines, `scope (child has it)`
	StaleDeleted   Code = "stale.deleted"
	StaleRecreated Code = "stale.recreated" // Data: Lines, `scope (child has it)`
	StaleState     Code = "stale.state"     // Data: Holder
)

func staleCodes() []Code { return []Code{StaleAppeared, StaleDeleted, StaleRecreated, StaleState} }

// StaleInput describes an update and the server as it is when the update begins.
type StaleInput struct {
	Snapshot  *authz.Snapshot
	Planned   []string          // sorted
	Deletable []string          // scopes that the update may delete
	Seen      []string          // scopes that the plan had read
	PlannedID map[string]string // IDs that the plan has promised: the scope with the ID, whatever its name
	IDs       map[string]string // of the scopes in state
}

// Stale rejects an update that no plan has shown: a scope to create exists, a scope to
// change or delete was replaced by another one of its name, a scope to keep is missing, or
// the new name of a scope to rename exists.
func Stale(in StaleInput) []Finding {
	seen, byID := setOf(in.Seen), map[string]authz.Scope{}
	for _, s := range in.Snapshot.Scopes {
		byID[s.ID] = s
	}
	var appeared lines
	var missing []string
	var there []authz.Scope
	for _, name := range in.Planned {
		live, found := in.Snapshot.Scope(name)
		promised, exists := byID[in.PlannedID[name]]
		renames := exists && promised.ID != "" && promised.Name != name
		switch {
		case found && (renames || !seen[name] && !live.BuiltIn):
			appeared.describe(live)
		case found:
			there = append(there, live)
		case in.PlannedID[name] != "" && !renames:
			missing = append(missing, name)
		}
	}
	for _, name := range in.Deletable {
		if live, found := in.Snapshot.Scope(name); found && !live.BuiltIn {
			there = append(there, live)
		}
	}
	var f findings
	f.add(Finding{Code: StaleAppeared, Subjects: appeared.scopes, Data: appeared.text})
	f.add(Finding{Code: StaleDeleted, Subjects: missing})
	return append(f, Recreated(there, in.IDs)...)
}

// Recreated rejects a write to scopes whose ID is not the ID in state: the scope of the
// state was deleted, and no plan has shown the new one.
func Recreated(live []authz.Scope, ids map[string]string) []Finding {
	var recreated lines
	for _, s := range live {
		if id := ids[s.Name]; id != "" && id != s.ID {
			recreated.describe(s)
		}
	}
	var f findings
	f.add(Finding{Code: StaleRecreated, Subjects: recreated.scopes, Data: recreated.text})
	return f
}

// describe adds the line of a scope and its holders.
func (l *lines) describe(s authz.Scope) {
	l.scopes = append(l.scopes, s.Name)
	l.text = append(l.text, s.Name+inParens(describeHolders(s)))
}

// OutdatedState reports the scopes in which the state differs from the server, if a plan
// that changes nothing was made without a refresh.
func OutdatedState(h Holder, names []string) []Finding {
	var f findings
	f.add(Finding{Code: StaleState, Severity: Warn, Subjects: names, Data: h})
	return f
}
