package main

import (
	"encoding/csv"
	"encoding/json"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ours says which of our packages each package may import. What is not listed
// may import none.
var ours = map[string][]string{
	"internal/duo":         {"internal/task", "internal/text"},
	"internal/duo/catalog": {"internal/duo", "internal/text"},
	"internal/duo/duosim":  {"internal/task", "internal/text"},
	"internal/devpg":       {"internal/task"},
	"internal/run/plan": {"internal/run", "internal/store", "internal/duo", "internal/duo/catalog",
		"internal/text"},
	"internal/run/index": {"internal/run", "internal/store", "internal/duo", "internal/duo/catalog", "internal/text"},
	"internal/run/setup": {"internal/run", "internal/run/plan", "internal/store", "internal/duo",
		"internal/duo/catalog", "internal/secret", "internal/task", "internal/text"},
	"internal/run/factors": {"internal/secret", "internal/store", "internal/text"},
	"internal/run/signon":  {"internal/duo", "internal/duo/catalog", "internal/store", "internal/text"},
	"internal/run/members": {"internal/run", "internal/store", "internal/duo", "internal/duo/catalog",
		"internal/secret", "internal/text"},
	"internal/mail":          {"internal/secret", "internal/task", "internal/text"},
	"internal/mail/mailtest": {"internal/task"},
	"internal/run": {"internal/mail", "internal/store", "internal/duo", "internal/duo/catalog", "internal/secret",
		"internal/task", "internal/text"},
	"internal/store": {"internal/secret", "migrations", "internal/text"},
	"internal/web":   append(rooms, "internal/web/site"),
	"internal/web/site": {"internal/web/words", "internal/run", "internal/run/factors", "internal/run/plan",
		"internal/run/setup", "internal/run/signon", "internal/run/members", "internal/store", "internal/duo", "internal/duo/catalog",
		"internal/secret",
		"internal/task", "views", "static", "internal/text"},
	"internal/web/table": {"internal/web/site", "internal/store", "views"},
	"internal/web/words": {"internal/run", "internal/store", "internal/duo", "internal/duo/catalog", "views",
		"internal/text"},
	"views":        {"static"},
	"views/sample": {"views"},
	"views/gallery": {"views", "views/sample", "views/actions", "views/api", "views/estate", "views/flows",
		"views/operators", "views/records", "views/setup", "views/signin"},
	"cmd/console": {"deploy", "internal/devpg", "internal/mail", "internal/duo", "internal/duo/catalog",
		"internal/duo/duosim", "internal/run", "internal/run/factors", "internal/run/setup", "internal/run/members",
		"internal/secret",
		"internal/store", "internal/task", "internal/web", "internal/web/site", "static", "internal/text"},
	"internal/store/storetest": {"internal/devpg", "internal/duo/catalog", "internal/secret", "internal/store"},
	"internal/run/runtest": {"internal/duo", "internal/duo/catalog", "internal/duo/duosim", "internal/run",
		"internal/run/factors",
		"internal/run/setup", "internal/run/members", "internal/store", "internal/store/storetest"},
}

// rooms are the packages that answer requests. None knows another; the table of internal/web joins them.
var rooms = []string{"internal/web/actions", "internal/web/api", "internal/web/estate", "internal/web/flows",
	"internal/web/operators", "internal/web/records", "internal/web/setup", "internal/web/signin"}

// fromRooms is what each of them may import of ours.
var fromRooms = []string{"internal/web/site", "internal/web/table", "internal/web/words", "internal/run",
	"internal/run/factors", "internal/run/plan", "internal/run/setup", "internal/run/signon", "internal/run/members",
	"internal/store",
	"internal/duo", "internal/duo/catalog", "internal/secret", "internal/task", "views", "internal/text"}

// fenced says which of our packages may import another's module, itself or a
// package below it.
var fenced = map[string][]string{
	"github.com/labstack/echo": append(rooms, "internal/web/site"),
	"github.com/gorilla":       {"internal/web/site"},
	"github.com/boombuler":     {"internal/web/words"},
	"github.com/go-webauthn":   {"internal/run/factors"},
	"github.com/pquerna":       {"internal/run/factors"},
	"github.com/coreos":        {"internal/run/signon"},
	"golang.org/x/oauth2":      {"internal/run/signon"},
	"github.com/zitadel":       {"internal/run/signon/signontest"},
	"github.com/go-jose":       {"internal/run/signon/signontest"},
	"github.com/trustelem":     {"internal/web/site"},
	"github.com/jackc":         {"internal/store", "internal/store/storetest"},
	"github.com/pressly":       {"internal/store"},
	"github.com/a-h/templ": {"views", "views/actions", "views/api", "views/estate", "views/flows",
		"views/operators", "views/records", "views/setup", "views/signin"},
	"github.com/tink-crypto":           {"internal/secret"},
	"golang.org/x/crypto":              {"internal/secret"},
	"github.com/gosimple":              {"internal/store"},
	"github.com/nyaruka":               {"internal/duo/catalog"},
	"github.com/prometheus":            {"cmd/console"},
	"github.com/wneessen":              {"internal/mail"},
	"github.com/chromedp":              {},
	"golang.org/x/sync/errgroup":       {}, // task.Group
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
		may := ours[from]
		if slices.Contains(rooms, from) { // and the pages of its name
			may = append(fromRooms, "views/"+strings.TrimPrefix(from, "internal/web/"))
		}
		if slices.Contains(rooms, "internal/web/"+strings.TrimPrefix(from, "views/")) {
			may = []string{"views", "views/sample"}
		}
		for _, imported := range p.Imports {
			if to, own := strings.CutPrefix(imported, "duodesk/"); own && !slices.Contains(may, to) {
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

// TestGoroutinesAreGuarded: a panic in a goroutine ends the process unless it is recovered there, so only
// internal/task starts any. What others start for us and run our code in counts too.
func TestGoroutinesAreGuarded(t *testing.T) {
	t.Parallel()
	starters := []string{"sync.WaitGroup", "time.AfterFunc", "context.AfterFunc"}
	started := 0
	folders := []string{"cmd", "internal", "views", "static", "migrations", "deploy"}
	eachSource(t, 200, folders, func(set *token.FileSet, path string, f *ast.File) {
		if ofTests.MatchString(path) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.GoStmt:
				what = "a go statement"
			case *ast.SelectorExpr:
				if of, ok := n.X.(*ast.Ident); ok && slices.Contains(starters, of.Name+"."+n.Sel.Name) {
					what = of.Name + "." + n.Sel.Name
				}
			}
			switch {
			case what == "":
			case strings.HasPrefix(path, "internal/task/"):
				started++
			default:
				t.Errorf("%s: %s; use internal/task", set.Position(n.Pos()), what)
			}
			return true
		})
	})
	if started == 0 {
		t.Error("no goroutine of internal/task was seen")
	}
}

// ofTests matches the sources that only tests use.
var ofTests = regexp.MustCompile(`/(testdata|runtest|storetest)/`)

// declaredTests are the names of all tests.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	for _, dir := range []string{"../../cmd", "../../internal", "../../views"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`).FindAllSubmatch(text, -1) {
				tests[string(found[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return tests
}

// TestSecurityNamesItsTests: each promise of SECURITY.md names a test that shows it,
// and there is one of that name.
func TestSecurityNamesItsTests(t *testing.T) {
	t.Parallel()
	tests := declaredTests(t)
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	promises := 0
	for line := range strings.Lines(string(text)) {
		named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(line, -1)
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("SECURITY.md names %s, and there is no such test", name[1])
			}
		}
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| promise") {
			promises++
			if len(named) == 0 {
				t.Errorf("no test shows: %s", line)
			}
		}
	}
	if promises < 30 {
		t.Errorf("only %d promises were read", promises)
	}
}

// TestASVSNamesItsTests: each requirement of docs/asvs.csv is met, with tests that show it, or
// open, with the reason.
func TestASVSNamesItsTests(t *testing.T) {
	t.Parallel()
	tests, seen := declaredTests(t), map[string]bool{}
	file, err := os.Open("../../docs/asvs.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	read := csv.NewReader(file)
	rows, err := read.ReadAll() // all of the head's length
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		number, level, state, shown, reason := row[0], row[1], row[3], strings.Fields(row[4]), row[5]
		switch {
		case seen[number]:
			t.Error("twice: ", number)
		case level != "1" && level != "2" || row[2] == "":
			t.Errorf("%s: level %q, %q", number, level, row[2])
		case state == "met" && len(shown) == 0:
			t.Errorf("%s is met, and no test shows it", number)
		case state == "open" && reason == "":
			t.Errorf("%s is open without a reason", number)
		case state != "met" && state != "open":
			t.Errorf("%s is %q", number, state)
		}
		seen[number] = true
		for _, name := range shown {
			if !tests[name] {
				t.Errorf("%s names %s, and there is no such test", number, name)
			}
		}
	}
	if len(seen) < 70 {
		t.Errorf("only %d requirements were read", len(seen))
	}
}
