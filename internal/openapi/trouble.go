package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	maxTroubles = 50 // in one document, and in one message
	maxQuoted   = 80 // characters of a document's text in a message
)

// Trouble is one mistake in one document.
type Trouble struct {
	Document string // "" if it concerns all documents
	Line     int    // 0 if it concerns the whole document
	Text     string // the mistake and its correction, for users
}

func (t Trouble) String() string {
	if p := place(t.Document, t.Line); p != "" {
		return p + ": " + t.Text
	}
	return t.Text
}

// Error has all mistakes, sorted by document name and line, at most 50 per document.
type Error struct {
	Troubles []Trouble
}

// Error returns one line for each mistake, at most 50.
func (e *Error) Error() string {
	var lines []string
	for i, t := range e.Troubles {
		if i == maxTroubles {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Troubles)-i))
			break
		}
		lines = append(lines, t.String())
	}
	return strings.Join(lines, "\n")
}

func newError(troubles []Trouble) *Error {
	slices.SortStableFunc(troubles, func(a, b Trouble) int {
		return cmp.Or(comparePlaces(a.Document, a.Line, b.Document, b.Line), strings.Compare(a.Text, b.Text))
	})
	return &Error{Troubles: troubles}
}

func comparePlaces(documentA string, lineA int, documentB string, lineB int) int {
	return cmp.Or(strings.Compare(documentA, documentB), cmp.Compare(lineA, lineB))
}

func place(document string, line int) string {
	if line == 0 {
		return document
	}
	return fmt.Sprintf("%s:%d", document, line)
}

// clip quotes a text of a document for a message.
func clip(text string) string {
	if runes := []rune(text[:min(len(text), 4*maxQuoted)]); len(runes) > maxQuoted || len(text) > 4*maxQuoted {
		return fmt.Sprintf("%q…", string(runes[:min(len(runes), maxQuoted)]))
	}
	return fmt.Sprintf("%q", text)
}

// list quotes names for a message, ten at most.
func list(names []string) string {
	const most = 10
	quoted := make([]string, 0, most+1)
	for i, n := range names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		quoted = append(quoted, clip(n))
	}
	return strings.Join(quoted, ", ")
}
