package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
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
	_, planted := parsedText(t, "package p\nvar _, a, _ = strings.Cut(done.Result.Summary, \"; replaced \")")
	if len(takenApart(planted)) != 1 {
		t.Fatal("a sentence that is taken apart is not found")
	}
	eachSource(t, 200, []string{"cmd", "internal", "views"}, func(set *token.FileSet, _ string, f *ast.File) {
		for _, at := range takenApart(f) {
			t.Errorf("%s: carry the fact as a value", set.Position(at))
		}
	})
}
