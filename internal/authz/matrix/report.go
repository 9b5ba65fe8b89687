package matrix

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/markdown"
)

// Markdown returns the matrix for a reviewer: the parts that were not visible, a sentence, the open
// and the unguarded scopes, gains and losses, and the matrix.
func (m Matrix) Markdown() string {
	text := markdown.Text{Sentence: m.summary()}
	if m.Server != "" {
		text.Heading = "Access to scopes of " + markdown.Escape(m.Server)
	}
	return markdown.Report(text, markdown.NotChecked(m.NotChecked),
		markdown.Blocking(m.Blocking), m.everyoneTable(), markdown.Covers(m.Covered), m.unguardedTable(),
		m.changesTable(), m.absentTable(), m.table(), m.clientsTable(), m.membersTable())
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (m Matrix) summary() string {
	text := fmt.Sprintf("%s and %s", count(len(m.Rows), "scope"), count(len(m.UserTypes), "user type"))
	if !m.Planned {
		return text + "."
	}
	var opened, closed, gained, lost int
	for _, r := range m.Rows {
		switch {
		case r.opened():
			opened++
		case r.closed():
			closed++
		}
		for _, name := range m.UserTypes {
			switch {
			case !r.changes(name):
			case r.Gained(name):
				gained++
			default:
				lost++
			}
		}
	}
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("**%d %s**", n, what))
		}
	}
	add(opened, "opened")
	add(closed, "limited")
	add(gained, "gained")
	add(lost, "lost")
	if len(parts) == 0 {
		return text + ". The planned change has no effect on access."
	}
	return text + ". Planned: " + strings.Join(parts, ", ") + "."
}

func (r Row) everyone() bool { return r.Now.Everyone() || r.Planned.Everyone() }
func (r Row) unguarded() bool {
	return slices.Contains([]authz.Access{r.Now.Access, r.Planned.Access}, authz.AccessUnguarded)
}

// changes reports whether a user type itself gains or loses the scope, and not every user.
func (r Row) changes(userType string) bool {
	return r.Gained(userType) && r.Planned.UserTypes[userType] != ReachEveryone || r.Lost(userType) && r.Now.UserTypes[userType] != ReachEveryone
}

func (r Row) opened() bool { return !r.Now.Everyone() && r.Planned.Everyone() }
func (r Row) closed() bool { return r.Now.Everyone() && !r.Planned.Everyone() }

func (m Matrix) everyoneTable() markdown.Table {
	t := markdown.Table{Title: count(len(m.Everyone()), "scope") + " that every user gets", Header: []string{"Scope", "Reason", "Planned"}}
	for _, r := range m.Rows {
		if !r.everyone() {
			continue
		}
		g, then := r.Now, ""
		switch {
		case r.opened():
			g, then = r.Planned, "**opened**"
		case r.closed():
			then = "**limited to user types**"
		}
		reason := "open"
		if g.Through != "" {
			reason = "every user has " + markdown.Code(g.Through)
		}
		t.Add(markdown.Code(r.Scope), reason, then)
	}
	return t
}

func (m Matrix) unguardedTable() markdown.Table {
	t := markdown.Table{
		Title: count(len(m.Unguarded()), "scope") + " without guard role", Header: []string{"Scope", "Planned"},
		Text: "User types limit these scopes now. A scope opens to every user when its last role mapping is removed.",
	}
	for _, r := range m.Rows {
		if r.unguarded() {
			then := ""
			if r.Planned.Access == authz.AccessUserTypes {
				then = "guard role added"
			}
			t.Add(markdown.Code(r.Scope), then)
		}
	}
	return t
}

func (m Matrix) changesTable() markdown.Table {
	t := markdown.Table{Header: []string{"User type", "Scope", "Change"}}
	for _, name := range m.UserTypes {
		for _, r := range m.Rows {
			if r.changes(name) {
				t.Add(markdown.Code(name), markdown.Code(r.Scope), m.cell(r, name))
			}
		}
	}
	t.Title = count(len(t.Rows), "planned change")
	return t
}

func (m Matrix) absentTable() markdown.Table {
	t := markdown.Table{Title: count(len(m.Absent), "planned user type") + " not found", Header: []string{"User type"}}
	for _, name := range m.Absent {
		t.Add(markdown.Code(name))
	}
	return t
}

func (m Matrix) table() markdown.Table {
	t := markdown.Table{
		Title: "All scopes", Header: []string{"Scope", "Access", "Client roles"},
		Text: "`yes`: mapped to the user type. `inherited`: through a composite user type. `everyone`: as every user. Empty: no access.",
	}
	for _, name := range m.UserTypes {
		t.Header = append(t.Header, markdown.Code(name))
	}
	for _, r := range m.Rows {
		access := emphasis(r.Now.Access)
		switch {
		case r.New:
			access = "not on the server"
		case r.Planned.Access != r.Now.Access:
			access = word(r.Now.Access) + " → " + emphasis(r.Planned.Access)
			if r.Planned.Access == authz.AccessUserTypes {
				access += "user types"
			}
		}
		cells := []string{markdown.Code(r.Scope), access, markdown.Codes(r.Now.ClientRoles)}
		for _, name := range m.UserTypes {
			cells = append(cells, m.cell(r, name))
		}
		t.Add(cells...)
	}
	return t
}

// emphasis returns the text for an access that a reviewer must notice, or "".
func emphasis(a authz.Access) string {
	if a == authz.AccessEveryone || a == authz.AccessUnguarded || a == AccessUnknown {
		return "**" + string(a) + "**"
	}
	return ""
}

func word(a authz.Access) string {
	if a == authz.AccessUserTypes {
		return "user types"
	}
	return string(a)
}

// cell returns one cell as markup.
func (m Matrix) cell(r Row, userType string) string {
	now, then := r.Now.UserTypes[userType], r.Planned.UserTypes[userType]
	switch {
	case now == then:
		return reachText(now)
	case now == ReachNone:
		return "**gained**" + describeReach(then)
	case then == ReachNone:
		return "**lost**" + describeReach(now)
	}
	return reachText(now) + " → " + reachText(then)
}

func reachText(r Reach) string {
	if r == ReachMapped {
		return "yes"
	}
	return string(r)
}

func describeReach(r Reach) string {
	if r == ReachMapped {
		return ""
	}
	return " (" + string(r) + ")"
}

// CSV returns the matrix with a header (RFC 4180, lines end in a line feed). Spreadsheets do not
// run any cell as a formula.
func (m Matrix) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	write := func(cells []string) {
		for i := range cells {
			cells[i] = harmless(cells[i])
		}
		_ = w.Write(cells) // a strings.Builder never fails
	}
	header := []string{"scope", "access", "planned access", "client roles"}
	if m.clients != nil {
		header = append(header, "clients")
	}
	write(append(header, m.UserTypes...))
	for _, r := range m.Rows {
		cells := []string{r.Scope, string(r.Now.Access), string(r.Planned.Access), strings.Join(r.Now.ClientRoles, " ")}
		if m.clients != nil {
			cells = append(cells, m.clientsCell(r.Scope))
		}
		for _, name := range m.UserTypes {
			now, then := r.Now.UserTypes[name], r.Planned.UserTypes[name]
			switch {
			case r.Gained(name):
				cells = append(cells, "gained: "+string(then))
			case r.Lost(name):
				cells = append(cells, "lost: "+string(now))
			case now != then:
				cells = append(cells, string(now)+", then "+string(then))
			default:
				cells = append(cells, string(now))
			}
		}
		write(cells)
	}
	w.Flush()
	return b.String()
}

// harmless adds an apostrophe before a text that a spreadsheet would run.
// https://owasp.org/www-community/attacks/CSV_Injection
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
