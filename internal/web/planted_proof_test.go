//go:build proof

package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// bug is a fault that the matrix has to notice. Its patches are put into a copy
// of the sources when the proof is built; the sources themselves hold no switch.
type bug struct {
	name    string
	layer   string // that must notice: of MATRIX; empty: both together
	patches []patch
	sql     string // or a change of the schema
}

// patch replaces a text that a file, named from the root of the module, holds
// exactly once.
type patch struct{ file, right, wrong string }

// broken is the expression in wrong that is true while the bug is planted.
const broken = "PLANTED"

// noApplication takes away what the application decides: who may enter, and the
// WHERE of each statement. Row-level security is then alone.
var noApplication = bug{name: "no application", patches: []patch{
	{"internal/web/site/auth.go",
		`return s.Store.Enter(c.Request().Context(), v.Operator.ID, ws, organization, switcherSize)`,
		`granted := func(organization string) (store.Access, error) { return s.Store.Enter(c.Request().Context(), v.Operator.ID, ws, organization, switcherSize) }
		return either(PLANTED, EverythingAllowed, asGranted)(c.Request().Context(), s, ws, organization, granted)`},
	{"internal/web/site/token.go", `return s.Store.AccessBy(r.Context(), token, ws, organization)`,
		`granted := func(organization string) (store.Access, error) { return s.Store.AccessBy(r.Context(), token, ws, organization) }
		return either(PLANTED, EverythingAllowed, asGranted)(r.Context(), s, ws, organization, granted)`},
	{"internal/store/store.go", "const (\n\tinWorkspace = `workspace_id",
		"var (\n\tinWorkspace = either(PLANTED, `workspace_id is not null`, `workspace_id"},
	{"internal/store/store.go", "= (select app.workspace())`\n\tinScope     = inWorkspace + `",
		"= (select app.workspace())`)\n\tinScope     = inWorkspace + either(PLANTED, ``, `"},
	{"internal/store/store.go", " or organization_id = any ((select app.organizations())::uuid[]))`\n",
		" or organization_id = any ((select app.organizations())::uuid[]))`)\n"},
	{"internal/store/store.go", "organizationOnRecord = `o.` + inWorkspace + `",
		"organizationOnRecord = `o.` + inWorkspace + either(PLANTED, ``, `"},
	{"internal/store/store.go", " or o.id = any ((select app.organizations())::uuid[]))`\n",
		" or o.id = any ((select app.organizations())::uuid[]))`)\n"},
	{"internal/store/store.go", "runInScope           = `r.` + inWorkspace + `",
		"runInScope           = `r.` + inWorkspace + either(PLANTED, ``, `"},
	{"internal/store/store.go", " or r.organization_id = any ((select app.organizations())::uuid[]))`\n",
		" or r.organization_id = any ((select app.organizations())::uuid[]))`)\n"},
	{"internal/store/integration.go",
		"const keysInScope = inWorkspace + ` and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))`",
		"var keysInScope = inWorkspace + either(PLANTED, ``, ` and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))`)"},
}}

const database, application = "database", "application"

// in makes a bug of one patch.
func in(file, name, layer, right, wrong string) bug {
	return bug{name: name, layer: layer, patches: []patch{{"internal/" + file, right, wrong}}}
}

func unlocked(table string) bug {
	return bug{name: "row-level security off: " + table, layer: database,
		sql: "alter table " + table + " disable row level security"}
}

// beyond is a bug that lets a handler see the whole workspace instead of the
// visitor's part of it.
func beyond(file, what, door string) bug {
	scope := "v.Scope"
	if strings.Contains(door, "v.Membership") {
		scope = "v.Membership"
	}
	return in("web/"+file, what+" of the whole workspace", "", door,
		strings.Replace(door, scope, "either(PLANTED, store.WholeWorkspace(v.Workspace.ID), "+scope+")", 1))
}

// weaker is a bug in a row of the route table.
func weaker(row, policy, instead string) bug {
	right := `site.` + row + `, site.` + policy + `,`
	return in("web/setup/routes.go", "anybody may: "+row, "", right,
		`site.`+row+`, either(PLANTED, site.`+instead+`, site.`+policy+`),`)
}

// unscoped is a bug in a statement, which row-level security hides.
func unscoped(file, what, statement, predicate string) bug {
	return in("store/"+file, "no WHERE: "+what, application, statement,
		strings.Replace(statement, predicate, "either(PLANTED, `true`, "+predicate+")", 1))
}

// bugs are all that are planted, one at a time.
var bugs = []bug{
	in("web/site/auth.go", "the least role is not asked for", "", `v.Role < p.Role ||`,
		`!PLANTED && v.Role < p.Role ||`),
	in("web/site/auth.go", "the whole workspace is not asked for", "", `p.whole && !v.Membership.Every()`,
		`!PLANTED && p.whole && !v.Membership.Every()`),
	in("web/site/auth.go", "a refusal says that there is something", "", `return nil, ErrBeyondRole`,
		`return nil, either(PLANTED, run.ErrForbidden, ErrBeyondRole)`),
	in("web/site/auth.go", "a token acts in the role of its operator", "",
		`v.Role = min(catalog.ParseRole(found.Role), most)`,
		`v.Role = min(catalog.ParseRole(found.Role), either(PLANTED, catalog.Owner, most))`),
	in("store/tokens.go", "a token reaches all that its operator does", "", `a.Membership = a.Membership.within(token)`,
		`a.Membership = either(PLANTED, a.Membership, a.Membership.within(token))`),
	in("store/tokens.go", "a token is good in every workspace of its operator", "",
		`a.Workspace.ID != token.WorkspaceID ||`, `!PLANTED && a.Workspace.ID != token.WorkspaceID ||`),
	in("store/tokens.go", "a token never ends", "", "and k.token_hash = $1 and k.expires_at > $2 and",
		"and k.token_hash = $1 and (k.expires_at > $2 or `+either(PLANTED, `true`, `false`)+`) and"),
	in("store/access.go", "somebody else's membership will do", application,
		"m.operator_id = $2 and m.disabled_at is null`, workspace, operator).",
		"(m.operator_id = $2 or `+either(PLANTED, `true`, `false`)+`) and m.disabled_at is null`, workspace, operator)."),
	unscoped("access.go", "the organization of an address",
		"organizationQuery+` where `+organizationOnRecord+` and o.slug = $1`", "organizationOnRecord"),
	in("store/access.go", "every membership holds every organization", "",
		`a.Membership = Scope{workspace: a.Workspace.ID, every: every,`,
		`a.Membership = Scope{workspace: a.Workspace.ID, every: every || PLANTED,`),

	unscoped("organizationlist.go", "organizations",
		"organizationQuery+` where `+organizationInScope+` and `+chosen, organizationOrders", "organizationInScope"),
	in("store/organizations.go", "no WHERE: Duo accounts", application, "where a.`+inWorkspace+`\n\t\torder by",
		"where `+either(PLANTED, `true`, `a.`+inWorkspace)+`\n\t\torder by"),
	in("store/organizations.go", "no WHERE: forgetting Duo accounts", application,
		"delete from duo_account where ` + inWorkspace",
		"delete from duo_account where ` + either(PLANTED, `true`, inWorkspace)"),
	in("store/integration.go", "no WHERE: integration", application,
		"where `+keysInScope+` and s.organization_id is not distinct from $1 and s.state <> 'retired'",
		"where `+either(PLANTED, `true`, keysInScope)+` and s.organization_id is not distinct from $1 and s.state <> 'retired'"),
	in("store/integration.go", "no WHERE: keys in use", application,
		"where `+keysInScope+` and s.organization_id is not distinct from $1 and s.api = $2 and s.state = 'active'`",
		"where `+either(PLANTED, `true`, keysInScope)+` and s.organization_id is not distinct from $1 and s.api = $2 and s.state = 'active'`"),
	{name: "no WHERE: runs", layer: application, patches: []patch{
		{"internal/store/runs.go", "select r.id from run r where `+runInScope+c.sql+`",
			"select r.id from run r where `+either(PLANTED, `true`, runInScope)+c.sql+`"},
		{"internal/store/runs.go", "runQuery+` where `+runInScope+` and r.id = any (array(`+latest+`))",
			"runQuery+` where `+either(PLANTED, `true`, runInScope)+` and r.id = any (array(`+latest+`))"},
	}},
	unscoped("runsearch.go", "runs that fit", "runQuery+` where `+runInScope+c.sql+order+`limit $`", "runInScope"),
	{name: "no WHERE: who is on record", layer: application, patches: []patch{
		{"internal/store/runsearch.go", "(select r.operator_id from run r where `+runInScope+c.sql+` order by",
			"(select r.operator_id from run r where `+either(PLANTED, `true`, runInScope)+c.sql+` order by"},
		{"internal/store/runsearch.go",
			"(select r.operator_id from run r where `+runInScope+c.sql+` and r.operator_id >",
			"(select r.operator_id from run r where `+either(PLANTED, `true`, runInScope)+c.sql+` and r.operator_id >"},
	}},
	unscoped("details.go", "tags", "where `+organizationInScope+` group by u.tag", "organizationInScope"),
	unscoped("runs.go", "one run", "runQuery+` where `+runInScope+` and r.id = $1`", "runInScope"),

	unscoped("access.go", "the switcher",
		"from organization o where `+organizationInScope+` and o.id not in (select id from recent)",
		"organizationInScope"),
	beyond("site/ticket.go", "what was just done",
		"err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {"),
	beyond("estate/home.go", "the home page", "s.Store.InWorkspace(ctx, v.Scope,"),
	beyond("setup/organizations.go", "the list of organizations",
		"err = s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {\n\t\tif found, counts,"),
	beyond("records/runs.go", "the record", "s.Store.InWorkspace(ctx, v.Scope,"),
	beyond("site/reads.go", "a run's page", "s.Store.InWorkspace(c.Request().Context(), v.Scope,"),
	beyond("setup/mapping.go", "the mapping", "s.Store.InWorkspace(ctx, v.Membership,"),

	weaker(`Post("/w/:ws/integration/mapping"`, "WholeWorkspace", "InWorkspace"),
	weaker(`Get("/w/:ws/o/new"`, "WholeWorkspace", "InWorkspace"),
	weaker(`Post("/w/:ws/o"`, "WholeWorkspace", "AdminWorkspace"),
	weaker(`Post("/w/:ws/integration/accounts/refresh"`, "WholeWorkspace", "AdminWorkspace"),
	weaker(`Get("/w/:ws/integration"`, "InWorkspace", "Signed"),

	in("run/lists.go", "lists are held by workspace alone", "", "\treturn listKey{sc.Workspace(), o.ID, ",
		"\tif PLANTED {\n\t\treturn listKey{workspace: sc.Workspace()}\n\t}\n\treturn listKey{sc.Workspace(), o.ID, "),
	in("run/lists.go", "lists are held for everybody", "",
		"func listKeyOf(sc store.Scope, o store.Organization) listKey {\n",
		"func listKeyOf(sc store.Scope, o store.Organization) listKey {\n\tif PLANTED {\n\t\treturn listKey{}\n\t}\n"),
	in("run/client.go", "the parent's account in the child's place", "", `c = c.ForAccount(`,
		`if PLANTED { return c, nil }; c = c.ForAccount(`),

	unlocked("organization"), unlocked("run"), unlocked("duo_account"), unlocked("integration_secret"),
}

// TestProofMatrix runs the matrix as the console is.
func TestProofMatrix(t *testing.T) { countMatrix(t, plant(t), "") }

// TestProofMatrixLayers runs it with row-level security out of force, and with an
// application that lets everybody in.
func TestProofMatrixLayers(t *testing.T) {
	binary := plant(t)
	for _, layer := range []string{application, database} {
		t.Run(layer, func(t *testing.T) { countMatrix(t, binary, layer) })
	}
}

func countMatrix(t *testing.T, binary, layer string) {
	t.Helper()
	began := time.Now()
	out, err := runMatrix(t, binary, "", layer, "^TestMatrix$")
	counted := regexp.MustCompile(`(?m)^matrix, (.*)$`).FindStringSubmatch(out)
	if err != nil || counted == nil {
		t.Fatalf("%v\n%.6000s", err, out)
	}
	fmt.Printf("%-34s %s, in %v\n", "TestProofMatrix", counted[1], time.Since(began).Round(time.Second))
}

// TestProofPlanted plants each bug in a process of its own, where the matrix must
// fail.
func TestProofPlanted(t *testing.T) {
	binary := plant(t)
	began := time.Now()
	var caught atomic.Int64
	asked := map[[2]string]bool{}
	t.Run("planted", func(t *testing.T) {
		for _, b := range bugs {
			asked[[2]string{askedFirst(b), b.layer}] = true
			t.Run(b.name, func(t *testing.T) {
				t.Parallel()
				if why := notice(t, binary, b); why != "" {
					caught.Add(1)
					t.Log(why)
				}
			})
		}
	})
	// Who complains of nothing where nothing is planted has noticed the bugs.
	t.Run("control", func(t *testing.T) {
		for by := range asked {
			t.Run(by[0]+" "+by[1], func(t *testing.T) {
				t.Parallel()
				if out, err := runMatrix(t, binary, "nothing", by[1], by[0]); err != nil {
					t.Errorf("%v\n%.2000s", err, out)
				}
			})
		}
	})
	fmt.Printf("%-34s planted bugs caught: %d of %d, in %v\n", "TestProofPlanted", caught.Load(), len(bugs),
		time.Since(began).Round(time.Second))
	if len(bugs) < 25 {
		t.Errorf("only %d bugs are planted", len(bugs))
	}
}

// notice returns what the matrix has against a bug. It asks whoever noticed the
// bug before, and everybody only if those do not any more.
func notice(t *testing.T, binary string, b bug) string {
	t.Helper()
	everyTest := everyTest
	if b.layer == database { // the others take the application for what it is
		everyTest = "^TestMatrix$"
	}
	for _, by := range []string{askedFirst(b), everyTest} {
		out, err := runMatrix(t, binary, b.name, b.layer, by)
		why, noticed := firstFault(out)
		switch {
		case err != nil && noticed:
			if by == everyTest {
				fmt.Printf("%-34s %q: was noticed by %q\n", "TestProofPlanted", b.name,
					failedTests.FindAllString(out, 3))
			}
			return why
		case err != nil: // it broke instead of failing
			t.Errorf("%v\n%.2000s", err, out)
			return ""
		}
	}
	t.Error("not noticed")
	return ""
}

var failedTests = regexp.MustCompile(`(?m)--- FAIL: \S+`)

// everyTest is all that is against planted bugs.
const everyTest = "^(TestMatrix|TestForeignRun|TestForeignMapping|TestForeignObjects|TestSuggestionsStayInScope)$"

// noticedBy has who notices a bug, or which other test, if it is somebody else than
// byFar. One is asked first, since all take minutes.
var noticedBy = map[string]string{
	"the least role is not asked for":                         "auditor",
	"the whole workspace is not asked for":                    "admin of the far organization",
	"a refusal says that there is something":                  "auditor",
	"a token acts in the role of its operator":                "auditor's token of an owner",
	"a token reaches all that its operator does":              "technician's token of an owner for the far organization",
	"a token is good in every workspace of its operator":      "owner's token of the other workspace, of an owner of both",
	"a token never ends":                                      "token that has run out",
	"somebody else's membership will do":                      byForeign,
	"no WHERE: Duo accounts":                                  byForeign,
	"no WHERE: forgetting Duo accounts":                       byForeign,
	"no WHERE: integration":                                   byForeign,
	"no WHERE: keys in use":                                   byForeign,
	"no WHERE: runs that fit":                                 "owner's token",
	"no WHERE: who is on record":                              "admin of the other workspace",
	"no WHERE: runs":                                          "admin of the other workspace",
	"row-level security off: duo_account":                     "admin",
	"row-level security off: integration_secret":              byForeign,
	`anybody may: Post("/w/:ws/integration/mapping"`:          "auditor",
	`anybody may: Get("/w/:ws/o/new"`:                         "auditor",
	`anybody may: Post("/w/:ws/o"`:                            "admin of the far organization",
	`anybody may: Post("/w/:ws/integration/accounts/refresh"`: "admin of the far organization",
	`anybody may: Get("/w/:ws/integration"`:                   byForeign,
	"the parent's account in the child's place":               "technician",
	"what was just done of the whole workspace":               "TestForeignRun",
}

// askedFirst is the test that noticed a bug before, or that of the visitor who did.
func askedFirst(b bug) string {
	by := cmp.Or(noticedBy[b.name], byFar)
	if strings.HasPrefix(by, "Test") {
		return "^" + by + "$"
	}
	return visitorTest(by)
}

const (
	byFar     = "technician of the far organization"
	byForeign = "owner of the other workspace"
)

// visitorTest is what go test's -run takes for one visitor.
func visitorTest(name string) string {
	return "^TestMatrix$/^" + regexp.QuoteMeta(strings.ReplaceAll(name, " ", "_")) + "$"
}

// runMatrix runs tests of the binary with one of its bugs, or none.
func runMatrix(t *testing.T, binary, bug, layer, tests string) (out string, err error) {
	t.Helper()
	run := exec.CommandContext(t.Context(), binary, "-test.run", tests, "-test.timeout", "15m", "-test.parallel", "6")
	run.Env = append(os.Environ(), "PLANTED="+bug, "MATRIX="+layer, "GOGC=300")
	said, err := run.CombinedOutput()
	return string(said), err
}

// firstFault is the first thing that a test has complained of.
func firstFault(out string) (what string, found bool) {
	if strings.Contains(out, "panic: ") {
		return "", false
	}
	for line := range strings.Lines(out) {
		if _, rest, cut := strings.Cut(line, "_test.go:"); cut {
			_, what, _ = strings.Cut(rest, ": ")
			what = strings.TrimSpace(what[:min(len(what), 110)])
			return what, what != ""
		}
	}
	return "", false
}

// anyBreaks matches a text wherever its lines are broken.
func anyBreaks(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = strings.ReplaceAll(regexp.QuoteMeta(word), `\+`, `\s*\+\s*`)
	}
	pattern := strings.Join(words, `\s+`)
	if strings.HasSuffix(text, "\n") {
		pattern += `\n`
	}
	return regexp.MustCompile(pattern)
}

// plant builds the tests of this package with every bug in it, each asleep.
func plant(t *testing.T) (binary string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced, contents := map[string]string{}, map[string]string{}
	for _, b := range append([]bug{noApplication}, bugs...) {
		for _, p := range b.patches {
			path := filepath.Join(root, p.file)
			text, known := contents[path]
			if !known {
				read, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				text = string(read)
			}
			found := anyBreaks(p.right).FindAllStringIndex(text, -1)
			if len(found) != 1 {
				t.Errorf("%s: %s holds %d times: %s", b.name, p.file, len(found), p.right)
				continue
			}
			contents[path] = text[:found[0][0]] + strings.ReplaceAll(p.wrong, broken,
				fmt.Sprintf("planted(%q)", b.name)) + text[found[0][1]:]
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	packages := map[string]bool{}
	for path := range contents {
		packages[filepath.Dir(path)] = true
	}
	contents[filepath.Join(root, "internal/web/site/planted_access.go")] = accessInSite
	contents[filepath.Join(root, "internal/web/planted_access_test.go")] = accessInTests
	for folder := range packages {
		contents[filepath.Join(folder, "planted.go")] = "package " + filepath.Base(folder) + sleeping
	}
	for i, path := range sortedKeys(contents) {
		copied := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(copied, []byte(contents[path]), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[path] = copied
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "planted.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-tags", "proof", "-overlay",
		filepath.Join(dir, "overlay.json"), "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the planted bugs do not compile: %s", bytes.TrimSpace(out))
	}
	return binary
}

// sleeping is what a package with bugs gets besides: planted is true for the bug
// of this process, and for the missing application where that is the layer.
const sleeping = `

import "os"

func planted(name string) bool {
	return os.Getenv("PLANTED") == name || name == "no application" && os.Getenv("MATRIX") == "database"
}

func either[T any](wrong bool, a, b T) T {
	if wrong {
		return a
	}
	return b
}

var _ = either[int]
`

// accessInSite and accessInTests let the tests decide who may enter, where the console does not.
const (
	accessInSite = `package site

import (
	"context"

	"duodesk/internal/store"
)

type access = func(ctx context.Context, s *Site, workspace, organization string, granted func(organization string) (store.Access, error)) (store.Access, error)

var EverythingAllowed access

func asGranted(_ context.Context, _ *Site, _, organization string, granted func(organization string) (store.Access, error)) (store.Access, error) {
	return granted(organization)
}
`
	accessInTests = `package web

import "duodesk/internal/web/site"

func init() { site.EverythingAllowed = everythingAllowed }
`
)

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
