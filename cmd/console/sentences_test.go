package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ourSentences are the fields that hold sentences of ours, and takingApart the
// functions of package strings that would read facts out of one.
var (
	ourSentences = []string{"Summary", "Cause", "Fix", "Headline", "Doubt", "Looked"}
	takingApart  = regexp.MustCompile(
		`^(Contains|Count|Cut|Fields|HasPrefix|HasSuffix|Index|LastIndex|Replace|Split|TrimPrefix|TrimSuffix)`)
)

// takenApart finds the calls that read facts out of our own sentences.
func takenApart(parsed *ast.File) (found []token.Pos) {
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		of, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !takingApart.MatchString(of.Sel.Name) {
			return true
		}
		if pkg, ok := of.X.(*ast.Ident); !ok || pkg.Name != "strings" {
			return true
		}
		for _, argument := range call.Args {
			if field, ok := argument.(*ast.SelectorExpr); ok && slices.Contains(ourSentences, field.Sel.Name) {
				found = append(found, call.Pos())
			}
		}
		return true
	})
	return found
}

// TestNoSentenceIsTakenApart: a sentence is for people and may be worded otherwise tomorrow. What
// code goes on with is a value, such as in catalog.Facts.
func TestNoSentenceIsTakenApart(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	planted, err := parser.ParseFile(set, "planted.go",
		"package p\nvar _, a, _ = strings.Cut(done.Result.Summary, \"; replaced \")", parser.SkipObjectResolution)
	if err != nil || len(takenApart(planted)) != 1 {
		t.Fatal("a sentence that is taken apart is not found: ", err)
	}
	files := 0
	for _, dir := range []string{"../../cmd", "../../internal", "../../views"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			parsed, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, at := range takenApart(parsed) {
				t.Errorf("%s: carry the fact as a value", set.Position(at))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 200 {
		t.Errorf("only %d files were seen", files)
	}
}
