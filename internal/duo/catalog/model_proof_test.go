//go:build proof

package catalog_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestProofModel walks through the model as deep as four minutes allow.
func TestProofModel(t *testing.T) {
	began := time.Now()
	e := explore(t, 1000, began.Add(220*time.Second))
	if e.grown != "" || e.deep < 5 && e.left > 0 {
		t.Error(e, e.grown)
	}
	fmt.Printf("%-34s %v, in %v\n", t.Name(), e, time.Since(began).Round(time.Second))
}

// TestProofModelNotices takes guards out of a copy of the sources, one at a time: the model finds
// what they keep from happening.
func TestProofModelNotices(t *testing.T) {
	for _, guard := range []struct {
		name    string
		patches [][2]string // of a text that bypass.go and the like hold exactly once, and what takes its place
	}{
		{"nobody edits a user in the trash, and the trash counts", [][2]string{
			{"bypass.go", "if u.Status != duo.StatusPendingDeletion {\n\t\treturn \"\"\n\t}"},
			{"", "if true {\n\t\treturn \"\"\n\t}"},
			{"bypass.go", "\t\treturn \"the trash hides the earlier status\"\n"}, {"", ""},
		}},
		{"a group that is disabled counts",
			[][2]string{{"bypass.go", "if g.Status != duo.GroupActive {\n\t\t\treturn \"the group"},
				{"", "if g.Status == duo.GroupBypass {\n\t\t\treturn \"the group"}}},
		{"unlocking asks for the groups", [][2]string{{"users.go", "if err := MayUnlock(in.role, user); err != nil {"},
			{"", "if err := editable(user); err != nil {"}}},
		{"enabling asks for the groups", [][2]string{{"users.go", `case named == "" && (status == "" || disabling),`},
			{"", `case named == "" && (status == "" || disabling || true),`}}},
		{"restoring asks for the record, and ends what comes back", [][2]string{
			{"trash.go", "if in.role < Administrator {"}, {"", "if false {"},
			{"trash.go", "said, err := withoutBypass(ctx, d, user)"}, {"", "said, err := \"\", error(nil)"},
		}},
		{"a user in bypass keeps their names", [][2]string{
			{"users.go", `case named != "" && inBypass(after):`}, {"", `case named != "" && false:`},
			{"users.go", "return mayLeave(in.role, before, after)"}, {"", "return editable(before)"},
		}},
	} {
		t.Run(guard.name, func(t *testing.T) {
			said, err := withoutGuard(t, guard.patches)
			found := regexp.MustCompile(
				`explore_test\.go:\d+: (.* passes without a second factor.*)`).FindStringSubmatch(said)
			if err == nil || found == nil {
				t.Fatalf("not noticed: %v\n%.2000s", err, said)
			}
			fmt.Printf("%-34s without %q: %s\n", "TestProofModelNotices", guard.name, found[1])
		})
	}
}

// withoutGuard runs the model's test with patches in the sources of this package, which are given in
// pairs: a file with the text it holds, and the text in its place.
func withoutGuard(t *testing.T, patches [][2]string) (said string, err error) {
	t.Helper()
	dir, contents, replaced := t.TempDir(), map[string]string{}, map[string]string{}
	for i := 0; i < len(patches); i += 2 {
		file, right, wrong := patches[i][0], patches[i][1], patches[i+1][1]
		if contents[file] == "" {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			contents[file] = string(text)
		}
		if n := strings.Count(contents[file], right); n != 1 {
			t.Fatalf("%s holds %d times: %s", file, n, right)
		}
		contents[file] = strings.Replace(contents[file], right, wrong, 1)
	}
	for file, text := range contents {
		whole, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		replaced[whole] = filepath.Join(dir, file)
		if err := os.WriteFile(replaced[whole], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-overlay", file, "-run",
		"^TestNobodyComesToPassWithoutASecondFactor$", ".")
	out, err := run.CombinedOutput()
	return string(out), err
}
