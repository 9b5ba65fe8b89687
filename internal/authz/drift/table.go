package drift

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// table is one section of a report. Its cells are markup already.
type table struct {
	title, text string
	header      []string
	rows        [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// visibleRows of a table are shown; more of them are folded.
const visibleRows = 20

// render puts a report together: within MaxReport, tables that are long give
// way to those that are short.
func (a about) render(head []table, summary string, tail []table) string {
	var title string
	if a.server != "" {
		title = "## Scopes of " + escape(a.server) + "\n\n"
	}
	all := slices.DeleteFunc(slices.Concat(head, tail), func(t table) bool { return len(t.rows) == 0 })
	for i := range all {
		all[i].dropEmptyColumns()
	}
	parts := fit(all, MaxReport-len(title)-len(summary)-1)
	heads := 0
	for _, t := range head {
		if len(t.rows) > 0 {
			parts[heads] = strings.TrimPrefix(parts[heads], "\n") + "\n"
			heads++
		}
	}
	return title + strings.Join(parts[:heads], "") + summary + "\n" + strings.Join(parts[heads:], "")
}

// fit renders tables within a number of bytes. Each may have an equal share,
// and what the short ones leave goes to the long ones.
func fit(all []table, bytes int) []string {
	parts := make([]string, len(all))
	order := make([]int, len(all))
	for i, t := range all {
		parts[i] = t.markdown(len(t.rows))
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(parts[a]) - len(parts[b]) })
	for done, i := range order {
		if share := bytes / (len(order) - done); len(parts[i]) > share {
			t := all[i]
			rows := sort.Search(len(t.rows), func(n int) bool { return len(t.markdown(n+1)) > share })
			parts[i] = t.markdown(rows)
		}
		bytes -= len(parts[i])
	}
	return parts
}

// dropEmptyColumns leaves out columns that have nothing in them.
func (t *table) dropEmptyColumns() {
	for column := len(t.header) - 1; column >= 0; column-- {
		if slices.ContainsFunc(t.rows, func(cells []string) bool { return cells[column] != "" }) {
			continue
		}
		t.header = slices.Delete(t.header, column, column+1)
		for i := range t.rows {
			t.rows[i] = slices.Delete(t.rows[i], column, column+1)
		}
	}
}

// markdown is the table with its first n rows, after an empty line; it says how
// many are cut off.
func (t table) markdown(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", t.title)
	if t.text != "" {
		b.WriteString(t.text + "\n\n")
	}
	visible := min(n, visibleRows)
	t.write(&b, t.rows[:visible])
	if folded := t.rows[visible:n]; len(folded) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>%d more</summary>\n\n", len(folded))
		t.write(&b, folded)
		b.WriteString("\n</details>\n")
	}
	if cut := len(t.rows) - n; cut > 0 {
		fmt.Fprintf(&b, "\n… and %d more, left out: a report has at most %d bytes.\n", cut, MaxReport)
	}
	return b.String()
}

func (t table) write(b *strings.Builder, rows [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.header)
	line(slices.Repeat([]string{"---"}, len(t.header)))
	for _, cells := range rows {
		line(cells)
	}
}

// maxCell bounds a cell, in bytes of markup.
const maxCell = 600

// code is a name in the face of code. In it, no mention is read.
func code(name string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":._/-", r)
	}
	if name != "" && len(name) <= maxCell && !strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return "`" + name + "`"
	}
	return "<code>" + strings.ReplaceAll(escape(name), zeroWidth, "") + "</code>"
}

// codes are names in one cell.
func codes(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if b.Len() > maxCell {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(code(n))
	}
	return b.String()
}

// zeroWidth parts a sign from what follows. GitHub looks for mentions and
// references in the text after markup is read, so an entity alone is none.
const zeroWidth = "&#8203;"

// escape makes a text one that means nothing in a cell of a table, at most
// maxCell bytes long. Characters that do not show, or turn others round, are
// replaced.
func escape(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, r := range text {
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
		case strings.ContainsRune("|`*_[]\\~$", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
