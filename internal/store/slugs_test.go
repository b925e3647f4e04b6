package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
)

// TestStatementsKnowNoAction: which action a statement is about is a value from the
// catalog, so that a slug is written once.
func TestStatementsKnowNoAction(t *testing.T) {
	t.Parallel()
	slugs := []string{catalog.ProvisionAuth().Slug}
	for _, a := range catalog.All() {
		slugs = append(slugs, a.Slug)
	}
	names := func(text string) bool {
		return slices.ContainsFunc(slugs, func(slug string) bool {
			return strings.Contains(text, "'"+slug+"'") || strings.Contains(text, `"`+slug+`"`)
		})
	}
	if !names("`r.action in ('x', 'verify-caller')`") || !names(`"provision-auth-api"`) {
		t.Fatal("a slug is not found")
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if texts++; names(text.Value) {
					t.Errorf("%s: take the slug from the catalog: %s", set.Position(text.Pos()), text.Value)
				}
			}
			return true
		})
	}
	if texts < 200 {
		t.Errorf("only %d texts were seen", texts)
	}
}
