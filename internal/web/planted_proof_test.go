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

// TestProofMatrix runs the matrix as the console is, with the people of the workspace who see
// all organizations; the next three with others and with programs.
func TestProofMatrix(t *testing.T) { countMatrix(t, "", colleagues) }

func TestProofMatrixLimited(t *testing.T) { countMatrix(t, "", limited) }

func TestProofMatrixOutsiders(t *testing.T) { countMatrix(t, "", outsiders) }

func TestProofMatrixPrograms(t *testing.T) { countMatrix(t, "", byToken) }

// TestProofMatrixApplication runs it with row-level security out of force.
func TestProofMatrixApplication(t *testing.T) { countMatrix(t, application, "") }

// TestProofMatrixDatabase runs it with an application that lets everybody in.
func TestProofMatrixDatabase(t *testing.T) { countMatrix(t, database, "") }

func countMatrix(t *testing.T, layer, part string) {
	t.Helper()
	binary := plant(t)
	t.Setenv("MATRIX_PART", part)
	began := time.Now()
	out, err := runMatrix(t, binary, "", layer, "^TestMatrix$")
	counted := regexp.MustCompile(`(?m)^matrix, (.*)$`).FindStringSubmatch(out)
	if err != nil || counted == nil {
		t.Fatalf("%v\n%.6000s", err, out)
	}
	fmt.Printf("%-34s %s, in %v\n", t.Name(), counted[1], time.Since(began).Round(time.Second))
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

// notice returns what the matrix has against a bug. It asks the test that noticed the
// bug before, and all tests only if that one does not any more.
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
const everyTest = "^(TestMatrix|TestForeignRun|TestForeignMapping|TestForeignObjects|TestSuggestionsStayInScope|TestProofIsUsedOnce)$"

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
	"a proof is used twice":                                   "TestProofIsUsedOnce",
	"a proof is good for another act":                         "TestProofIsUsedOnce",
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
