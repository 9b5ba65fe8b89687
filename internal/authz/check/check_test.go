package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// result is one row of a table: what a check returns, and what it must return.
type result struct {
	name      string
	got, want []Finding
}

// tables returns the rows of all tables.
func tables() []result {
	return slices.Concat(
		accessTable(), conflictTable(), deletionTable(), clientTable(), globTable(), adoptionTable(), staleTable(), nameTable(), renameTable(),
		grantTable(), holderTable(), userTable(), parentTable(), maximumTable(), coverageTable(), serverTable(), allGrantTable(), configTable(),
	)
}

func TestFindings(t *testing.T) {
	for _, row := range tables() {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", row.name, row.got, row.want)
		}
		for _, f := range row.got {
			if !slices.IsSorted(f.Subjects) || len(f.Subjects) == 0 && !slices.Contains([]Code{DeletionsUnknown, ServerReplaced, ServerReplacedRemoves}, f.Code) {
				t.Errorf("%s: %s has the subjects %q", row.name, f.Code, f.Subjects)
			}
		}
	}
}

func TestEveryCodeIsProduced(t *testing.T) {
	produced := map[Code]bool{}
	for _, row := range tables() {
		for _, f := range row.got {
			produced[f.Code] = true
		}
	}
	for _, code := range Codes() {
		if !produced[code] {
			t.Errorf("no row of a table produces %q", code)
		}
	}
}

// Codes is written by hand. It must list each constant of type Code once.
func TestCodesAreComplete(t *testing.T) {
	declared := map[Code]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				addCodes(t, declared, spec)
			}
			return true
		})
	}
	codes := Codes()
	slices.Sort(codes)
	if want := slices.Sorted(maps.Keys(declared)); !slices.Equal(codes, want) {
		t.Errorf("Codes lists %q, the constants are %q", codes, want)
	}
}

func addCodes(t *testing.T, to map[Code]bool, spec *ast.ValueSpec) {
	t.Helper()
	if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
		return
	}
	for _, value := range spec.Values {
		text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, ".") {
			t.Errorf("code %q names no matter", text)
		}
		to[Code(text)] = true
	}
}

// scope returns a scope with an access.
func scope(name string, access authz.Access) authz.Scope {
	return authz.Scope{Name: name, Settings: authz.Settings{Access: access}}
}
