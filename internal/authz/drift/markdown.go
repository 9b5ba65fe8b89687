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
// too: the parts that were not visible, a sentence, and a table for each kind of difference. No
// text of a server or a definition is rendered as markup or as a mention.
func (r Result) Markdown() string {
	return markdown.Report(r.about.text(r.summary(), r.notCompared()), markdown.NotChecked(r.NotChecked),
		markdown.Blocking(r.Blocking), r.openTable(), markdown.Covers(r.Covered), r.unguardedTable(),
		r.about.missingTable(r.Missing), r.unexpectedTable(), r.changedTable(), r.userTypeTable(), r.reassignedTable())
}

func (a about) text(sentence, last string) markdown.Text {
	text := markdown.Text{Sentence: sentence, Last: last}
	if a.server != "" {
		text.Heading = "Scopes of " + markdown.Escape(a.server)
	}
	return text
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
	add(len(r.Blocking), count(len(r.Blocking), "problem")+" to fix first")
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
		text = "**Sync is unknown** for " + theScopes(r.about.defined) + ": " + strings.Join(parts, ", ") + ", no visible difference."
	}
	if r.InSync {
		text = "**In sync.** The server has " + theScopes(r.about.defined)
		if n := len(r.UserTypes); n > 0 {
			text += " and " + count(n, "user type")
		}
		text += " as defined."
	}
	return text
}

// notCompared returns a line about what the report does not compare, or "".
func (r Result) notCompared() string {
	var parts []string
	if n := r.about.outside; n > 0 {
		parts = append(parts, count(n, "scope")+" that manage or ignore excludes")
	}
	if n := r.about.builtIn; n > 0 {
		parts = append(parts, count(n, "built-in scope"))
	}
	if r.Mappers > 0 {
		parts = append(parts, count(r.Mappers, "protocol mapper")+" of compared scopes")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not compared: " + strings.Join(parts, ", ") + "."
}

// originWords maps the two origins to words.
type originWords map[Origin]string

var (
	missingWords    = originWords{OriginChange: "new with this change", OriginDrift: "drifted"}
	unexpectedWords = originWords{OriginChange: "removed with this change", OriginDrift: "not defined before"}
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
	t := markdown.Table{Title: count(len(r.Open), "open scope") + " that the definitions do not open", Header: []string{"Scope", "Reason", "Defined in"}}
	reasons := map[Reason]string{
		ReasonOpened:     "limited by the configuration, and open on the server",
		ReasonUndecided:  "no configuration sets its access",
		ReasonConfigured: "opened by an earlier or a different configuration",
	}
	for _, o := range r.Open {
		text := reasons[o.Reason]
		if o.Reason == ReasonUserType {
			text = "every user has " + markdown.Code(o.UserType)
		}
		t.Add(markdown.Code(o.Name), text, r.about.source(o.Name))
	}
	return t
}

func (r Result) unguardedTable() markdown.Table {
	t := r.about.namesTable("%s without guard role", r.Unguarded)
	t.Text = "User types limit these scopes now. A scope opens to every user when its last role mapping is removed."
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
	t := markdown.Table{Title: count(len(r.Unexpected), "undefined scope") + " on the server", Header: []string{"Scope", "Description", "Access", "Cause"}}
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
	t := markdown.Table{
		Title:  count(len(r.Changed), "attribute") + " not as defined",
		Header: []string{"Scope", "Attribute", "Defined", "On the server", "Cause", "Defined in"},
	}
	for _, c := range r.Changed {
		t.Add(markdown.Code(c.Name), markdown.Code(c.Attribute), c.text(c.Defined), c.text(c.Live), changedWords[c.Origin], r.about.source(c.Name))
	}
	return t
}

func (r Result) reassignedTable() markdown.Table {
	t := markdown.Table{
		Title:  count(len(r.Reassigned), "built-in scope") + " with a changed assignment to new clients",
		Header: []string{"Scope", "On a new server", "On this server"},
		Text:   "Existing clients are not affected. The sentence above does not count these scopes.",
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
			text := "user type not found"
			if n := len(u.Missing); n > 0 {
				text += "; " + count(n, "scope") + " defined for it"
			}
			if u.Nearest != "" {
				text += "; did you mean " + markdown.Code(u.Nearest) + "?"
			}
			t.Add(markdown.Code(u.Name), "", text, "")
			continue
		}
		for _, name := range u.Missing {
			t.Add(markdown.Code(u.Name), markdown.Code(name), "missing: defined, and not granted on the server", missingWords[u.Origins[name]])
		}
		for _, name := range u.Unexpected {
			t.Add(markdown.Code(u.Name), markdown.Code(name), "unexpected: granted on the server, and not defined", unexpectedWords[u.Origins[name]])
		}
	}
	t.Title = count(n, "user type") + " not as defined"
	return t
}
