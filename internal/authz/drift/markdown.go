package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/markdown"
)

// Markdown returns the report for a reviewer, in GitHub Flavored Markdown, which GitLab renders
// too: first the open scopes, then a summary, and a table for each kind of difference. No text of
// a server or a definition is rendered as markup or as a mention.
func (r Result) Markdown() string {
	return r.about.report(
		[]markdown.Table{markdown.NotChecked(r.NotChecked), markdown.Blocking(r.Blocking), r.openTable(), markdown.Covers(r.Covered), r.unguardedTable()},
		r.summary(),
		[]markdown.Table{r.about.missingTable(r.Missing), r.unexpectedTable(), r.changedTable(), r.userTypeTable(), r.reassignedTable()},
	)
}

func (a about) report(head []markdown.Table, summary string, tail []markdown.Table) string {
	var heading string
	if a.server != "" {
		heading = "Scopes of " + markdown.Escape(a.server)
	}
	return markdown.Report(heading, head, summary, tail)
}

func theScopes(n int) string {
	if n == 1 {
		return "the 1 defined scope"
	}
	return fmt.Sprintf("the %d defined scopes", n)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (r Result) summary() string {
	var parts []string
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, text)
		}
	}
	changed := map[string]bool{}
	for _, c := range r.Changed {
		changed[c.Name] = true
	}
	types := len(slices.DeleteFunc(slices.Clone(r.UserTypes), UserType.InSync))
	add(len(r.Blocking), count(len(r.Blocking), "problem")+" to put right first")
	add(len(r.Open), fmt.Sprintf("%d open to everyone", len(r.Open)))
	covered := map[string]bool{}
	for _, c := range r.Covered {
		for _, name := range c.Names {
			covered[name] = true
		}
	}
	add(len(covered), fmt.Sprintf("%d covered by parameterized scopes", len(covered)))
	add(len(r.Missing), r.about.withOrigins(len(r.Missing), "missing", origins(r.Missing), missingWords))
	add(len(r.Unexpected), r.about.withOrigins(len(r.Unexpected), "unexpected", origins(r.Unexpected), unexpectedWords))
	add(len(changed), fmt.Sprintf("%d changed", len(changed)))
	add(types, fmt.Sprintf("%d of %s not as defined", types, count(len(r.UserTypes), "user type")))

	add(r.unseen(), count(r.unseen(), "compared part")+" not visible")
	text := "**Out of sync** with " + theScopes(r.about.defined) + ": " + strings.Join(parts, ", ") + "."
	if r.onlyFromChange() {
		text = "**In sync apart from this change** to " + theScopes(r.about.defined) + ": " + strings.Join(parts, ", ") + "."
	}
	if !r.differs() {
		text = "**Not known to be in sync** with " + theScopes(r.about.defined) + ": " + strings.Join(parts, ", ") + ". No difference is visible."
	}
	if r.InSync {
		text = "**In sync.** The server has " + theScopes(r.about.defined)
		if n := len(r.UserTypes); n > 0 {
			text += ", and " + count(n, "user type") + ","
		}
		text += " as defined."
	}
	var left []string
	if n := r.about.outside; n > 0 {
		left = append(left, count(n, "scope")+" outside of manage and ignore")
	}
	if n := r.about.builtIn; n > 0 {
		left = append(left, count(n, "built-in scope"))
	}
	if r.Mappers > 0 {
		text += " The compared scopes have " + count(r.Mappers, "protocol mapper") + ", which are not compared."
	}
	if len(left) > 0 {
		text += " Not compared: " + strings.Join(left, ", ") + "."
	}
	return text
}

// originWords maps the two origins to words.
type originWords map[Origin]string

var (
	missingWords    = originWords{OriginChange: "new with this change", OriginDrift: "drifted"}
	unexpectedWords = originWords{OriginChange: "removed with this change", OriginDrift: "not defined before either"}
	changedWords    = originWords{OriginChange: "this change", OriginDrift: "drifted"}
)

func origins(found []Found) map[Origin]int {
	counts := map[Origin]int{}
	for _, f := range found {
		counts[f.Origin]++
	}
	return counts
}

// withOrigins returns a text such as `3 missing (1 new with this change, 2 drifted)`.
func (a about) withOrigins(n int, what string, counts map[Origin]int, words originWords) string {
	text := fmt.Sprintf("%d %s", n, what)
	if !a.baseline {
		return text
	}
	var parts []string
	for _, o := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[o], words[o]))
	}
	return text + " (" + strings.Join(parts, ", ") + ")"
}

// source returns the place of a definition, or "" if it is unknown.
func (a about) source(name string) string {
	if a.sources[name] == "" {
		return ""
	}
	return markdown.Code(a.sources[name])
}

func (r Result) openTable() markdown.Table {
	t := markdown.Table{Title: count(len(r.Open), "scope") + " open to everyone, and not by the definitions", Header: []string{"Scope", "Why", "Defined in"}}
	why := map[Reason]string{
		ReasonOpened:     "limited to user types by configuration, and open on the server",
		ReasonUndecided:  "no configuration ever said who gets it",
		ReasonConfigured: "an earlier or another configuration opened it; these definitions do not",
	}
	for _, o := range r.Open {
		text := why[o.Reason]
		if o.Reason == ReasonUserType {
			text = "everyone has " + markdown.Code(o.UserType)
		}
		t.Add(markdown.Code(o.Name), text, r.about.source(o.Name))
	}
	return t
}

func (r Result) unguardedTable() markdown.Table {
	t := r.about.namesTable("%s unguarded", r.Unguarded)
	t.Text = "Limited by user types now, but open to everyone as soon as the last of them is taken away."
	return t
}

func (a about) namesTable(title string, names []string) markdown.Table {
	t := markdown.Table{Title: fmt.Sprintf(title, count(len(names), "scope")), Header: []string{"Scope", "Defined in"}}
	for _, name := range names {
		t.Add(markdown.Code(name), a.source(name))
	}
	return t
}

func (a about) missingTable(missing []Found) markdown.Table {
	t := markdown.Table{Title: count(len(missing), "scope") + " missing on the server", Header: []string{"Scope", "Description", "Cause", "Defined in"}}
	for _, f := range missing {
		t.Add(markdown.Code(f.Name), markdown.Escape(f.Description), missingWords[f.Origin], a.source(f.Name))
	}
	return t
}

func (r Result) unexpectedTable() markdown.Table {
	t := markdown.Table{Title: count(len(r.Unexpected), "scope") + " on the server and not defined", Header: []string{"Scope", "Description", "Who gets it", "Cause"}}
	for _, f := range r.Unexpected {
		who := markdown.Codes(append(slices.Clone(f.UserTypes), f.ClientRoles...))
		switch {
		case f.Hidden:
			who = "unknown"
		case f.Settings.Access == authz.AccessEveryone:
			who = "everyone"
		}
		t.Add(markdown.Code(f.Name), markdown.Escape(f.Description), who, unexpectedWords[f.Origin])
	}
	return t
}

func (r Result) changedTable() markdown.Table {
	t := markdown.Table{Title: count(len(r.Changed), "attribute") + " not as defined", Header: []string{"Scope", "Attribute", "Defined", "On the server", "Cause", "Defined in"}}
	for _, c := range r.Changed {
		t.Add(markdown.Code(c.Name), markdown.Code(c.Attribute), c.text(c.Defined), c.text(c.Live), changedWords[c.Origin], r.about.source(c.Name))
	}
	return t
}

func (r Result) reassignedTable() markdown.Table {
	t := markdown.Table{
		Title: count(len(r.Reassigned), "built-in scope") + " not assigned to new clients as on a new server", Header: []string{"Scope", "On a new server", "Here"},
		Text: "Existing clients are not affected. This is not counted as a difference.",
	}
	for _, s := range r.Reassigned {
		t.Add(markdown.Code(s.Name), string(s.Initial), string(s.Live))
	}
	return t
}

// text returns a value of the attribute, formatted as code unless it is prose.
func (c Change) text(value string) string {
	switch {
	case value == "":
		return "(none)"
	case c.Attribute == "description" || c.Attribute == "consent_screen_text":
		return markdown.Escape(value)
	}
	return markdown.Code(value)
}

func (r Result) userTypeTable() markdown.Table {
	t := markdown.Table{Header: []string{"User type", "Scope", "Difference", "Cause"}}
	n := 0
	for _, u := range r.UserTypes {
		if u.InSync() {
			continue
		}
		n++
		if u.Exists != nil && !*u.Exists {
			text := "there is no such user type; " + count(len(u.Missing), "scope") + " defined for it"
			if u.Nearest != "" {
				text += "; did you mean " + markdown.Code(u.Nearest) + "?"
			}
			t.Add(markdown.Code(u.Name), "", text, "")
			continue
		}
		for _, name := range u.Missing {
			t.Add(markdown.Code(u.Name), markdown.Code(name), "missing: defined, and not given on the server", missingWords[u.Origins[name]])
		}
		for _, name := range u.Unexpected {
			t.Add(markdown.Code(u.Name), markdown.Code(name), "unexpected: given on the server, and not defined", unexpectedWords[u.Origins[name]])
		}
	}
	t.Title = count(n, "user type") + " not as defined"
	return t
}
