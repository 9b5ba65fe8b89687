// Package language has the test of the project's language: comments, messages and documents
// are in plain technical English.
package language

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../../.."

// The kinds of text that the test reads.
const (
	comments  = "Go comments"
	messages  = "Go strings with a space, outside tests" // texts that users see
	tests     = "Go strings with a space, in tests"      // names of cases, and failures
	documents = "documents"
)

// limits are the highest numbers of uses of the rejected expressions.
func limits() map[string]int {
	return map[string]int{comments: 10, messages: 0, tests: 0, documents: 0}
}

// rule rejects an expression, and names words to use instead.
type rule struct {
	pattern *regexp.Regexp
	instead string
}

func rules() []rule {
	var all []rule
	for _, r := range []struct{ pattern, instead string }{
		{`(?i)\banswer(s|ed|ing)?\b`, "return, respond, response"},
		{`(?i)\b(tells?|told)\b|\b(is|are|was|be) said\b|\bsay (so|access)\b|\bsays? (so|nothing)\b`, "report, state, specify"},
		{`(?i)\b(is|are|was|were) (not )?to (be|have|get|hold|stay|lose|keep|show|give|limit)\b`, "must, will, planned"},
		{`(?i)\b(somebody|everybody|nobody|whoever)\b|\bwho gets\b`, "the name of the actor; access"},
		{
			`(?i)\b(take[ns]?|taking|took) [^.]{0,25}\baway\b|\b(leav(e|es|ing)|left) the state\b`,
			"revoke, delete, remove from state",
		},
		{`(?i)\b(held|holds?|holding) [^.]{0,40}\bagainst\b`, "compare, check"},
		{`(?i)\b(left|leaves?|leaving) [^.]{0,30}\balone\b|\bleft out\b`, "not managed, not set"},
		{
			`(?i)\b(made|makes?) ((it|them) )?(again|anew)\b|\bremade\b|\b(takes?|taken|took) over\b|\btaken in by\b`,
			"recreate, adopt, match",
		},
		{`(?i)\b(is|are|was|were) (not |all )?there\b`, "exist"},
		{`(?i)\bnot known\b|\b(gets?|got) lost\b`, "unknown; no response was received"},
		{
			`(?i)\bbut for\b|\bfor want of\b|\bfor good\b|\bin place of\b|\ball the same\b|\bcommonest\b|\blast counts\b`,
			"except, instead of",
		},
		{`(?i)\bput(s|ting)? [^.]{0,20}\bright\b|\bmend(s|ed)?\b|\bgo(es)? on\b`, "fix, continue"},
		{`(^|[.;:!] )(What|Whoever|Who) [a-z][^?#]*$`, "the subject of the sentence"},
	} {
		all = append(all, rule{regexp.MustCompile(r.pattern), r.instead})
	}
	return all
}

// allowed are uses that have no better words, by a part of the text.
func allowed() map[string]string {
	return map[string]string{}
}

// use is one use of a rejected expression.
type use struct{ place, expression, instead string }

func (u use) String() string { return fmt.Sprintf("%s: %q; use: %s", u.place, u.expression, u.instead) }

// audit reads files and collects the uses of rejected expressions by kind of text.
type audit struct {
	rules   []rule
	allowed map[string]string
	found   map[string][]use
	read    map[string]int // files by kind of text
}

func newAudit() *audit {
	return &audit{rules: rules(), allowed: allowed(), found: map[string][]use{}, read: map[string]int{}}
}

// add adds the uses in a text.
func (a *audit) add(kind, place, text string) {
	for part := range a.allowed {
		if strings.Contains(text, part) {
			return
		}
	}
	for _, r := range a.rules {
		for _, expression := range r.pattern.FindAllString(text, -1) {
			a.found[kind] = append(a.found[kind], use{place, expression, r.instead})
		}
	}
}

// TestLanguage fails if comments, messages or documents have more uses than the limits.
func TestLanguage(t *testing.T) {
	t.Parallel()
	a := newAudit()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch name = filepath.ToSlash(name); {
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".github":
			return fs.SkipDir
		case entry.IsDir():
		case strings.HasSuffix(name, ".go"):
			a.read[comments]++
			return a.goFile(path, name)
		case isDocument(name):
			a.read[documents]++
			return a.document(path, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.read[comments] < 300 || a.read[documents] < 50 {
		t.Fatalf("only %v were read", a.read)
	}
	limit := limits()
	for _, kind := range []string{comments, messages, tests, documents} {
		if n := len(a.found[kind]); n > limit[kind] {
			t.Errorf("%s: %d uses, at most %d are allowed:", kind, n, limit[kind])
			for _, u := range a.found[kind] {
				t.Log(u)
			}
		}
	}
}

// isDocument reports whether a file is text for users or contributors that is not generated.
func isDocument(name string) bool {
	if !strings.Contains(name, "/") {
		return strings.HasSuffix(name, ".md") || name == "GNUmakefile"
	}
	first, _, _ := strings.Cut(name, "/")
	return slices.Contains([]string{"examples", "templates", ".github"}, first)
}

func (a *audit) document(path, name string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(text), "\n") {
		a.add(documents, fmt.Sprintf("%s:%d", name, i+1), line)
	}
	return nil
}

// goFile reads the comments of a Go file, and its strings. The patterns of this test, and those for
// schema descriptions, contain the rejected words.
func (a *audit) goFile(path, name string) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	place := func(p token.Pos) string { return fmt.Sprintf("%s:%d", name, files.Position(p).Line) }
	for _, group := range file.Comments {
		a.add(comments, place(group.Pos()), strings.Join(strings.Fields(group.Text()), " "))
	}
	kind := messages
	switch {
	case strings.HasPrefix(name, "internal/testing/language/"), name == "internal/provider/descriptions_test.go":
		return nil
	case strings.HasSuffix(name, "_test.go"), strings.HasPrefix(name, "internal/testing/"):
		kind = tests
	}
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err == nil && strings.Contains(text, " ") {
			a.add(kind, place(literal.Pos()), text)
		}
		return true
	})
	return nil
}

// Each rule finds an example, so that a changed pattern does not pass unnoticed.
func TestRules(t *testing.T) {
	t.Parallel()
	examples := []string{
		"RoundTrip answers with a response.", "It is told when it ends.", "the scopes that it is to have", "Somebody deleted it.",
		"The plan takes a scope away.", "It is held against the server.", "The rest is left alone.", "a scope is made again",
		"if it is not there", "The response got lost.", "all but for one", "The next plan puts it right.", "What limits it stays.",
	}
	all := rules()
	if len(examples) != len(all) {
		t.Fatalf("%d examples for %d rules", len(examples), len(all))
	}
	for i, r := range all {
		if !r.pattern.MatchString(examples[i]) {
			t.Errorf("%s does not match %q", r.pattern, examples[i])
		}
	}
	const plain = "The resource keeps other role mappings. A missing scope is an error. What is it?"
	a := newAudit()
	if a.add(comments, "", plain); len(a.found) > 0 {
		t.Errorf("%q has %v", plain, a.found)
	}
}
