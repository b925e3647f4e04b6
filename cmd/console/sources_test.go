package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// eachSource parses the Go files below folders of the module, without tests, and calls look with each and its path in
// the module. It fails if there are fewer than least: a folder that moved would be searched in vain.
func eachSource(t *testing.T, least int, folders []string, look func(set *token.FileSet, path string, f *ast.File)) {
	t.Helper()
	set, files := token.NewFileSet(), 0
	for _, folder := range folders {
		err := filepath.WalkDir("../../"+folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			files++
			look(set, strings.TrimPrefix(filepath.ToSlash(path), "../../"), parsed)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < least {
		t.Errorf("only %d files were seen", files)
	}
}

// parsedText parses the text of a file that a test plants.
func parsedText(t *testing.T, text string) (*token.FileSet, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, "planted.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return set, parsed
}
