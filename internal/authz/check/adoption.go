package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// Findings about scopes that exist before a resource manages them.
const (
	AdoptionUnlisted Code = "adoption.unlisted"
	AdoptionAdopted  Code = "adoption.adopted" // Data: Adopted
	AdoptionFound    Code = "adoption.found"   // Data: Adopted
	// AdoptionRecreated is about scopes that a replacement deletes and creates again.
	AdoptionRecreated Code = "adoption.recreated" // Data: Lines, `scope (child has it)`
)

func adoptionCodes() []Code {
	return []Code{AdoptionUnlisted, AdoptionAdopted, AdoptionFound, AdoptionRecreated}
}

// AdoptionInput describes what a server has when a resource starts to manage scopes.
type AdoptionInput struct {
	Creates  bool // the resource is created, so that it would delete unlisted scopes
	Live     []authz.Scope
	Filter   diff.Filter
	Planned  []string
	Deleted  []string // by the destroy that precedes the creation of a replacement
	Written  []string // by this walk
	Existing []ExistingScope
	Settings bool // the server has settings of scopes
}

// ExistingScope is a planned scope that the server has and the state does not. Fields of Want
// that are unknown until apply have the values of the server.
type ExistingScope struct{ Want, Live authz.Scope }

// Adopted is the data of AdoptionAdopted.
type Adopted struct {
	Changed int   // how many scopes are changed
	Lines   Lines // `scope (changed: description "a" → "b"; child has it)`
}

// Adoption rejects the creation of a resource over scopes that its configuration does not
// have, and reports the scopes that it adopts.
func Adoption(in AdoptionInput) []Finding {
	var f findings
	if in.Creates {
		f.add(Finding{Code: AdoptionUnlisted, Path: "scopes", Subjects: unlisted(in)})
	}
	var names []string
	var adopted Adopted
	for _, s := range in.Existing {
		var about []string
		if !diff.SameScope(s.Want, s.Live, in.Settings) {
			about = append(about, "changed: "+describeChanges(s.Want, s.Live, in.Settings))
			adopted.Changed++
		}
		names = append(names, s.Want.Name)
		adopted.Lines = append(adopted.Lines, s.Want.Name+inParens(append(about, describeHolders(s.Live)...)))
	}
	code := AdoptionAdopted
	if in.Creates { // or a tainted object is replaced, which not every plan can detect
		code = AdoptionFound
	}
	f.add(Finding{Code: code, Severity: Warn, Subjects: names, Data: adopted})
	return f
}

// Recreation reports the scopes that a replacement deletes and creates again, with the
// roles that they are mapped to, and the protocol mappers that it destroys.
func Recreation(deleted []authz.Scope) []Finding {
	var all lines
	for _, s := range deleted {
		all.scopes = append(all.scopes, s.Name)
		all.text = append(all.text, s.Name+inParens(describeHolders(s)))
	}
	var f findings
	f.add(Finding{Code: AdoptionRecreated, Severity: Warn, Subjects: all.scopes, Data: all.text})
	return append(f, destroyedMappers(deleted)...)
}

func unlisted(in AdoptionInput) []string {
	listed := setOf(in.Planned, in.Deleted, in.Written)
	var names []string
	for _, s := range in.Live {
		if !listed[s.Name] && !s.BuiltIn && in.Filter.Manages(s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

func setOf(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, name := range slices.Concat(lists...) {
		set[name] = true
	}
	return set
}

// describeHolders names the roles that a scope is mapped to.
func describeHolders(live authz.Scope) []string {
	switch has := slices.Concat(live.UserTypes, live.ClientRoles); len(has) {
	case 0:
		return nil
	case 1:
		return []string{has[0] + " has it"}
	default:
		return []string{strings.Join(has, ", ") + " have it"}
	}
}

func inParens(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// describeChanges names the attributes in which a scope on the server differs from the
// planned one.
func describeChanges(want, live authz.Scope, withSettings bool) string {
	var parts []string
	add := func(name, from, to string) { parts = append(parts, fmt.Sprintf("%s %s → %s", name, from, to)) }
	if want.Description != live.Description {
		add("description", strconv.Quote(live.Description), strconv.Quote(want.Description))
	}
	if !withSettings {
		return strings.Join(parts, "; ")
	}
	rows := settings.Rows()
	for i := range rows {
		row := &rows[i]
		if w, l := row.Get(want.Settings), row.Get(live.Settings); !row.Same(w, l) {
			add(row.Name, row.Quote(l), row.Quote(w))
		}
	}
	return strings.Join(parts, "; ")
}
