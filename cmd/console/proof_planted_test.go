//go:build proof

package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A proof that finds nothing proves nothing unless it finds what is there: the
// faults of testdata/planted are built into a console of their own, over the
// tree and never in it.

const (
	plantedSearch = "/planted" // below a workspace
	plantedRaw    = "/planted" // below an organization
)

var plantedConsole struct {
	once sync.Once
	path string
	err  error
}

// planted returns the path of a console with the planted faults.
func planted(t *testing.T) string {
	t.Helper()
	p := &plantedConsole
	p.once.Do(func() { p.path, p.err = buildPlanted() })
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.path
}

func buildPlanted() (string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "duodesk-planted-")
	if err != nil {
		return "", err
	}
	routes, err := os.ReadFile(filepath.Join(root, "internal/web/estate/routes.go"))
	if err != nil {
		return "", err
	}
	const table = "return []site.Route{\n"
	const rows = table + `site.Get("/w/:ws` + plantedSearch +
		`", site.InWorkspace, s.getPlantedSearch), site.Get("/w/:ws/o/:org` + plantedRaw +
		`", site.InOrganization, s.getPlantedRaw),` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "routes.go"), []byte(strings.Replace(string(routes), table, rows, 1)),
		0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(root, "internal/web/estate/routes.go"): filepath.Join(dir, "routes.go"),
		filepath.Join(root, "internal/web/estate/planted.go"): filepath.Join(root,
			"cmd/console/testdata/planted/web.go"),
		filepath.Join(root, "internal/store/planted.go"): filepath.Join(root,
			"cmd/console/testdata/planted/store.go"),
	}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o",
		filepath.Join(dir, "console"), ".")
	build.Stderr = os.Stderr
	return filepath.Join(dir, "console"), build.Run()
}

// row is one address of the route table.
type row struct {
	method  string
	pattern string
}

// routeTable reads the rows of the console's table from its golden.
func routeTable(t *testing.T) []row {
	t.Helper()
	golden, err := os.ReadFile("../../internal/web/testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for line := range strings.Lines(string(golden)) {
		parts := strings.Fields(line)
		rows = append(rows, row{parts[0], parts[1]})
	}
	if len(rows) < 100 {
		t.Fatalf("only %d rows of the route table were found", len(rows))
	}
	return rows
}

// inspectWeb shows every node of the source of internal/web and the packages below it.
func inspectWeb(t *testing.T, see func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob("../../internal/web/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if n != nil {
				see(n)
			}
			return true
		})
	}
}

// fits returns how many parts of a path the row's pattern leaves open, or -1
// when the path is not one of the row's.
func (r row) fits(path string) int {
	open := 0
	parts, wanted := strings.Split(path, "/"), strings.Split(r.pattern, "/")
	for i, w := range wanted {
		switch {
		case w == "*":
			return open + 100
		case i >= len(parts):
			return -1
		case strings.HasPrefix(w, ":") && parts[i] != "":
			open++
		case w != parts[i]:
			return -1
		}
	}
	if len(parts) != len(wanted) {
		return -1
	}
	return open
}

// rowOf finds the row that answers a path: of those that fit, the one that says most.
func rowOf(rows []row, method, path string) (row, bool) {
	fitting := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.method != method || r.fits(path) < 0 })
	if len(fitting) == 0 {
		return row{}, false
	}
	return slices.MinFunc(fitting, func(a, b row) int { return a.fits(path) - b.fits(path) }), true
}
