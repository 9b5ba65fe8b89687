package driver_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// configuration matches things of a configuration: attributes, resources and commands.
var configuration = regexp.MustCompile(
	`\b(server_id|client_id|client_secret|access_token|jwt_\w+|token_url|api_version|probe_users|base_path|admin_url|login_realm|guard_role|` +
		`allow_master|request_timeout|max_\w+|requests_per_second|ca_certificate|client_certificate|user_type|depends_on|authscopes_\w+|terraform)\b|` +
		`provider configuration|\bblock\b|state rm|[Pp]lan again|[Aa]pply again|[Ii]mport it`,
)

// A driver words no advice about things of a configuration: it returns a reason, and the
// provider has the text.
func TestDriversReturnReasons(t *testing.T) {
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, e := range adviceIn(n) {
				ast.Inspect(e, func(n ast.Node) bool {
					if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						if text, _ := strconv.Unquote(lit.Value); configuration.MatchString(text) {
							t.Errorf("%s: %s", fset.Position(lit.Pos()), text)
						}
					}
					return true
				})
			}
			return true
		})
	}
}

// adviceIn returns the advice that a node sets.
func adviceIn(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Advise" && len(n.Args) > 2 {
			return n.Args[2:3]
		}
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "invalid" && len(n.Args) > 2 {
			return n.Args[1:2]
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Advice" {
			return []ast.Expr{n.Value}
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if s, ok := to.(*ast.SelectorExpr); ok && s.Sel.Name == "Advice" && i < len(n.Rhs) {
				return n.Rhs[i : i+1]
			}
		}
	case *ast.ValueSpec:
		if strings.HasPrefix(strings.ToLower(n.Names[0].Name), "advice") {
			return n.Values
		}
	case *ast.FuncDecl:
		if strings.HasPrefix(n.Name.Name, "advise") || strings.HasPrefix(n.Name.Name, "advice") {
			return returnedBy(n)
		}
	}
	return nil
}

func returnedBy(f *ast.FuncDecl) (all []ast.Expr) {
	ast.Inspect(f, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok {
			all = append(all, r.Results...)
		}
		return true
	})
	return all
}
