package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"duodesk/internal/store/storetest"
)

// Every statement about rows of a workspace says which workspace it means, so
// that it keeps to it even where row-level security is not in force.
func TestEveryStatementNamesItsWorkspace(t *testing.T) {
	t.Parallel()
	su := storetest.Open(t).Superuser(t)
	var names []string
	for _, tb := range tenantTables(t, su) {
		names = append(names, tb.name)
	}
	reads := regexp.MustCompile(`(?i)\b(?:from|join|update)\s+(?:` + strings.Join(names, "|") + `)\b`)
	keeps := regexp.MustCompile(
		`\{(?:inWorkspace|inScope|\w+InScope|organizationOnRecord)\}|\bworkspace_id = \$|\boperator_id = \$`)
	var parsed []*ast.File
	sources, _ := filepath.Glob("*.go")
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	statements := 0
	fragments := map[string]bool{} // constants that are a part of statements
	check := func(n ast.Node) bool {
		expression, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		sql := flatten(expression)
		if sql == "" {
			return true
		}
		for name := range fragments {
			sql = strings.ReplaceAll(sql, "{"+name+"}", "from run")
		}
		if reads.MatchString(sql) {
			statements++
			if !keeps.MatchString(sql) {
				t.Errorf("add inScope or inWorkspace to the WHERE of: %s", sql)
			}
		}
		return false
	}
	for _, f := range parsed {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, s := range g.Specs {
					for i, v := range s.(*ast.ValueSpec).Values {
						if reads.MatchString(flatten(v)) {
							fragments[s.(*ast.ValueSpec).Names[i].Name] = true
						}
					}
				}
			}
		}
	}
	for _, f := range parsed {
		for _, d := range f.Decls {
			if body, ok := d.(*ast.FuncDecl); ok {
				ast.Inspect(body, check)
			}
		}
	}
	if statements < 20 || len(fragments) < 2 {
		t.Errorf("only %d statements and %d fragments were found", statements, len(fragments))
	}
}

// flatten writes a concatenation of strings as one, its names in braces; empty
// for anything else.
func flatten(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.Ident:
		return "{" + e.Name + "}"
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return flatten(e.X) + flatten(e.Y)
		}
	}
	return ""
}
