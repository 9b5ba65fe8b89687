// Package markdown writes reports for reviewers: tables of a bounded size in bytes. No text of a
// server is rendered as markup or as a mention.
package markdown

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Table is one section of a report. Its cells are markup.
type Table struct {
	Title, Text string
	Header      []string
	Rows        [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Blocking returns a table of the conditions that must be fixed before a write.
func Blocking(notes []authz.Warning) Table {
	t := Table{Title: "Fix first", Header: []string{"Problem", "Effect"}, Text: "The provider writes nothing to the server until these problems are fixed."}
	for _, n := range notes {
		t.Add(Escape(n.Summary), Escape(n.Detail))
	}
	return t
}

// NotChecked returns a table of the parts that the caller could not read.
func NotChecked(gaps []authz.Gap) Table {
	t := Table{Title: "Not checked", Header: []string{"Part of the server", "Effect", "Required"}, Text: "The provider did not read these parts of the server."}
	for _, g := range gaps {
		subject := Escape(g.Subject)
		if g.Compared {
			subject = "**" + subject + "**"
		}
		t.Add(subject, Escape(g.Effect), Escape(g.Privilege))
	}
	return t
}

// Covers returns a table of the parameterized scopes that grant other scopes to more users.
func Covers(covers []authz.Cover) Table {
	t := Table{
		Title: "Scopes that parameterized scopes cover", Header: []string{"Parameterized scope", "Covered scopes"},
		Text: "A client that requests a covered scope gets it from the parameterized scope, also for users who do not have the covered scope.",
	}
	for _, c := range covers {
		t.Add(Code(c.Scope), Codes(c.Names))
	}
	return t
}

// VisibleRows is the number of rows of a table that are visible. Longer tables are collapsed.
const VisibleRows = 20

// MaxReport is the maximum size of a report, in bytes. GitHub accepts comments of 65,536
// characters.
const MaxReport = 60_000

// Text is the text of a report around its tables.
type Text struct {
	Heading  string // "" for none
	Sentence string
	Last     string // last line, "" for none
}

// Report returns a report in GitHub Flavored Markdown, which GitLab renders too: the heading, the
// parts that were not visible, the sentence, the tables, and the last line. If the report exceeds
// MaxReport, long tables are cut before short ones. Tables without rows are omitted.
func Report(text Text, notChecked Table, tables ...Table) string {
	heading, sentence, last := "", text.Sentence+"\n", ""
	if text.Heading != "" {
		heading = "## " + text.Heading + "\n\n"
	}
	if text.Last != "" {
		last = "\n" + text.Last + "\n"
	}
	all := slices.DeleteFunc(append([]Table{notChecked}, tables...), func(t Table) bool { return len(t.Rows) == 0 })
	for i := range all {
		all[i].dropEmptyColumns()
	}
	parts := fit(all, MaxReport-len(heading)-len(sentence)-len(last)-1)
	if len(notChecked.Rows) > 0 {
		sentence, parts = strings.TrimPrefix(parts[0], "\n")+"\n"+sentence, parts[1:]
	}
	return heading + sentence + strings.Join(parts, "") + last
}

// fit renders tables within a number of bytes. Each table gets an equal share. Long tables also
// get the bytes that short ones do not need.
func fit(all []Table, bytes int) []string {
	parts := make([]string, len(all))
	order := make([]int, len(all))
	for i, t := range all {
		parts[i] = t.markdown(len(t.Rows))
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(parts[a]) - len(parts[b]) })
	for done, i := range order {
		if share := bytes / (len(order) - done); len(parts[i]) > share {
			t := all[i]
			rows := sort.Search(len(t.Rows), func(n int) bool { return len(t.markdown(n+1)) > share })
			parts[i] = t.markdown(rows)
		}
		bytes -= len(parts[i])
	}
	return parts
}

// dropEmptyColumns removes columns whose cells are all empty.
func (t *Table) dropEmptyColumns() {
	for column := len(t.Header) - 1; column >= 0; column-- {
		if slices.ContainsFunc(t.Rows, func(cells []string) bool { return cells[column] != "" }) {
			continue
		}
		t.Header = slices.Delete(t.Header, column, column+1)
		for i := range t.Rows {
			t.Rows[i] = slices.Delete(t.Rows[i], column, column+1)
		}
	}
}

// markdown returns the table with its first n rows, after an empty line, and the number of
// omitted rows.
func (t Table) markdown(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", t.Title)
	if t.Text != "" {
		b.WriteString(t.Text + "\n\n")
	}
	visible := min(n, VisibleRows)
	t.write(&b, t.Rows[:visible])
	if folded := t.Rows[visible:n]; len(folded) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>%d more</summary>\n\n", len(folded))
		t.write(&b, folded)
		b.WriteString("\n</details>\n")
	}
	if cut := len(t.Rows) - n; cut > 0 {
		fmt.Fprintf(&b, "\n… and %d more, omitted: a report has at most %d bytes.\n", cut, MaxReport)
	}
	return b.String()
}

func (t Table) write(b *strings.Builder, rows [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.Header)
	line(slices.Repeat([]string{"---"}, len(t.Header)))
	for _, cells := range rows {
		line(cells)
	}
}

// maxCell is the maximum size of a cell, in bytes of markup.
const maxCell = 600

// Code returns a name formatted as code, in which mentions are not rendered.
func Code(name string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":._/-", r)
	}
	if name != "" && len(name) <= maxCell && !strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return "`" + name + "`"
	}
	return "<code>" + strings.ReplaceAll(Escape(name), zeroWidth, "") + "</code>"
}

// Codes returns names formatted as code, for one cell.
func Codes(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if b.Len() > maxCell {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Code(n))
	}
	return b.String()
}

// zeroWidth separates a character from its neighbors. GitHub and GitLab look for mentions,
// references and addresses after they parse the markup, so an entity alone does not prevent a
// link. https://github.github.com/gfm/#autolinks-extension-
const zeroWidth = "&#8203;"

// Escape returns a text without markup, for a cell of a table, in at most maxCell bytes.
// Addresses do not become links. Invisible characters, and those that change the direction of the
// text, are replaced.
func Escape(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for i, r := range text {
		if b.Len() > maxCell {
			b.WriteString("…")
			break
		}
		switch {
		case r == '\n':
			b.WriteString("<br>")
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;%s", r, zeroWidth)
		case r == ':' && strings.HasPrefix(text[i:], "://"):
			b.WriteString("&#58;" + zeroWidth)
		case r == '.' && i >= 3 && strings.EqualFold(text[i-3:i], "www"):
			b.WriteString(zeroWidth + "&#46;")
		case strings.ContainsRune("|`*_[]\\~$", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
