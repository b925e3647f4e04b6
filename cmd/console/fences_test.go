package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// ours says which of our packages each package may import. What is not listed
// may import none.
var ours = map[string][]string{
	"internal/duo/catalog":     {"internal/duo"},
	"internal/run":             {"internal/store", "internal/duo", "internal/duo/catalog", "internal/secret"},
	"internal/store":           {"internal/secret", "migrations"},
	"internal/web":             {"internal/run", "internal/store", "internal/duo", "internal/duo/catalog", "internal/secret", "views", "static"},
	"views":                    {"static"},
	"cmd/console":              {"deploy", "internal/devpg", "internal/duo", "internal/duo/catalog", "internal/duo/duosim", "internal/run", "internal/secret", "internal/store", "internal/web", "static"},
	"internal/store/storetest": {"internal/devpg", "internal/duo/catalog", "internal/secret", "internal/store"},
	"internal/run/runtest":     {"internal/duo", "internal/duo/catalog", "internal/duo/duosim", "internal/run", "internal/store", "internal/store/storetest"},
}

// fenced says which of our packages may import another's module, itself or a
// package below it.
var fenced = map[string][]string{
	"github.com/labstack/echo":         {"internal/web"},
	"github.com/gorilla":               {"internal/web"},
	"github.com/boombuler":             {"internal/web"},
	"github.com/jackc":                 {"internal/store", "internal/store/storetest"},
	"github.com/pressly":               {"internal/store"},
	"github.com/a-h/templ":             {"views"},
	"github.com/tink-crypto":           {"internal/secret"},
	"golang.org/x/crypto":              {"internal/secret"},
	"github.com/prometheus":            {"cmd/console"},
	"github.com/chromedp":              {},
	"github.com/pb33f":                 {},
	"duodesk/internal/store/storetest": {"internal/run/runtest"},
	"duodesk/internal/run/runtest":     {},
}

// Without fences every package comes to know every other, and a library that has
// to be replaced is found everywhere.
func TestImportFences(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "duodesk/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for decoder.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		seen++
		from := strings.TrimPrefix(p.ImportPath, "duodesk/")
		for _, imported := range p.Imports {
			if to, own := strings.CutPrefix(imported, "duodesk/"); own && !slices.Contains(ours[from], to) {
				t.Errorf("%s must not import %s", from, to)
			}
			for module, allowed := range fenced {
				if (imported == module || strings.HasPrefix(imported, module+"/")) && !slices.Contains(allowed, from) {
					t.Errorf("%s must not import %s", from, imported)
				}
			}
		}
	}
	if seen < len(ours) {
		t.Errorf("only %d packages were seen", seen)
	}
}
