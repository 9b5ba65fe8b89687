package provider

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// goFiles returns the Go files of the provider's packages; tests says which.
func goFiles(t *testing.T, tests bool) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	for _, pattern := range []string{"*.go", "*/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") != tests {
				continue
			}
			if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// Only package diagnostics makes diagnostics: each has the text of a row of the table.
func TestDiagnosticsHaveACode(t *testing.T) {
	makes := regexp.MustCompile(`^(Add(Attribute)?(Error|Warning)|New(Attribute)?(Error|Warning)Diagnostic|WithPath)$`)
	found := 0
	for name, file := range goFiles(t, false) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && makes.MatchString(s.Sel.Name) {
				if found++; filepath.Dir(name) != "diagnostics" {
					t.Errorf("%s calls %s", name, s.Sel.Name)
				}
			}
			return true
		})
	}
	if found < 5 {
		t.Errorf("only %d calls were found", found)
	}
}

// Each code that no check produces is produced by a test of the provider: it names the code,
// or expects a part of the text. Package check has such a test for its own codes.
func TestEveryMessageIsExpected(t *testing.T) {
	names, texts := expectations(t)
	constants := constantsOf(t, filepath.Join("messages", "*.go"))
	fragments := map[check.Code][]string{}
	shared := map[string]int{}
	for _, row := range messages.Rows() {
		for _, part := range append(templateAction.Split(row.Summary, -1), templateAction.Split(row.Detail, -1)...) {
			if part = strings.TrimSpace(part); len(part) >= 8 {
				fragments[row.Code] = append(fragments[row.Code], part)
				shared[part]++
			}
		}
	}
	for _, code := range messages.Codes() {
		if code == messages.FoundNote || slices.Contains(names, constants[code]) {
			continue // the text of a note is the driver's
		}
		if !slices.ContainsFunc(fragments[code], func(part string) bool {
			return shared[part] == 1 && slices.ContainsFunc(texts, func(text string) bool {
				return len(text) >= 8 && strings.Contains(part, text) || strings.Contains(text, part)
			})
		}) {
			t.Errorf("no test of the provider produces %s (%s)", constants[code], code)
		}
	}
}

// expectations returns the constants of package messages and the texts in tests.
func expectations(t *testing.T) (names, texts []string) {
	t.Helper()
	for name, file := range goFiles(t, true) {
		if strings.HasPrefix(name, "messages/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				names = append(names, n.Sel.Name)
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					texts = append(texts, strings.Split(text, "|")...)
				}
			}
			return true
		})
	}
	return names, texts
}

// constantsOf returns the names of the constants with codes.
func constantsOf(t *testing.T, pattern string) map[check.Code]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[check.Code]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					code, _ := strconv.Unquote(lit.Value)
					constants[check.Code(code)] = spec.Names[0].Name
				}
			}
			return true
		})
	}
	return constants
}
