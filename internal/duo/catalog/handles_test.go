package catalog

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHandlesAreFields reads this package's source: a handle that an action
// reads and does not list among its fields would always be empty, silently.
func TestHandlesAreFields(t *testing.T) {
	t.Parallel()
	functions := packageFunctions(t)
	actions := 0
	for name, body := range functions {
		listed, isAction := listedFields(body)
		if !isAction {
			continue
		}
		actions++
		for _, handle := range handlesRead(functions, body, map[string]bool{name: true}) {
			if !slices.Contains(listed, handle) {
				t.Errorf("%s reads %s, which is not among its fields %v", name, handle, listed)
			}
		}
	}
	if actions != len(all) {
		t.Errorf("saw %d functions that make an action; the catalogue has %d", actions, len(all))
	}
}

func packageFunctions(t *testing.T) map[string]*ast.BlockStmt {
	t.Helper()
	found := map[string]*ast.BlockStmt{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				found[f.Name.Name] = f.Body
			}
		}
	}
	return found
}

// listedFields are the names in the []Field of a function; a function without
// one makes no action.
func listedFields(body *ast.BlockStmt) (names []string, isAction bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		list, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		array, ok := list.Type.(*ast.ArrayType)
		if !ok {
			return true
		}
		if element, ok := array.Elt.(*ast.Ident); !ok || element.Name != "Field" {
			return true
		}
		isAction = true
		for _, e := range list.Elts {
			if id, ok := e.(*ast.Ident); ok {
				names = append(names, id.Name)
			}
		}
		return true
	})
	return names, isAction
}

// handlesRead are the handles whose value a function asks for, itself or in the
// functions it names.
func handlesRead(functions map[string]*ast.BlockStmt, body *ast.BlockStmt, seen map[string]bool) []string {
	var read []string
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if handle, ok := n.X.(*ast.Ident); ok && (n.Sel.Name == "Of" || n.Sel.Name == "Given") &&
				strings.ToLower(handle.Name) != "in" {
				read = append(read, handle.Name)
			}
		case *ast.Ident:
			if called := functions[n.Name]; called != nil && !seen[n.Name] {
				seen[n.Name] = true
				read = append(read, handlesRead(functions, called, seen)...)
			}
		}
		return true
	})
	return read
}
