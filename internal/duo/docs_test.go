package duo

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEverythingIsDocumented: every exported name says what it is, and every function that takes a
// context which call of the API it makes, or which function it walks.
func TestEverythingIsDocumented(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	d, err := doc.NewFromFiles(files, parsed, "duo")
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile(
		`(?m)^(GET|POST|DELETE) /(admin|accounts|auth)/|See \[Client\.\w+Page\]|[Ee]nds\s+it\s+when`)
	documented := 0
	check := func(name, text string) {
		documented++
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s has no documentation", name)
		}
	}
	functions := func(of string, all []*doc.Func) {
		for _, f := range all {
			check(of+f.Name, f.Doc)
			if of == "Client." && takesContext(f.Decl) &&
				!slices.Contains([]string{"Do", "DoFitting", "DoPages"}, f.Name) && !source.MatchString(f.Doc) {
				t.Errorf("%s does not say which call it makes", f.Name)
			}
		}
	}
	values := func(all []*doc.Value) {
		for _, group := range all {
			for _, spec := range group.Decl.Specs {
				if spec := spec.(*ast.ValueSpec); group.Doc == "" {
					check(spec.Names[0].Name, spec.Doc.Text()+spec.Comment.Text())
				}
			}
		}
	}
	functions("", d.Funcs)
	values(append(d.Consts, d.Vars...))
	for _, kind := range d.Types {
		spec := kind.Decl.Specs[0].(*ast.TypeSpec)
		check(kind.Name, kind.Doc+spec.Doc.Text()+spec.Comment.Text())
		functions("", kind.Funcs)
		functions(kind.Name+".", kind.Methods)
		values(append(kind.Consts, kind.Vars...))
	}
	if documented < 200 {
		t.Errorf("only %d names were looked at", documented)
	}
}

func takesContext(f *ast.FuncDecl) bool {
	for _, parameter := range f.Type.Params.List {
		if selector, ok := parameter.Type.(*ast.SelectorExpr); ok && selector.Sel.Name == "Context" {
			return true
		}
	}
	return false
}
