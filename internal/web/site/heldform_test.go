package site

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/run/setup"
)

// Every box for a password or a key that a page has is left out.
func TestSecretInputsAreNotHeld(t *testing.T) {
	t.Parallel()
	var goldens []string
	for _, folder := range []string{"../../../views", "../../../views/*"} {
		found, err := filepath.Glob(folder + "/testdata/*.html")
		if err != nil {
			t.Fatal(err)
		}
		goldens = append(goldens, found...)
	}
	if len(goldens) < 100 {
		t.Fatal(goldens)
	}
	input := regexp.MustCompile(`<input[^>]*>`)
	name := regexp.MustCompile(` name="([^"]*)"`)
	found := 0
	for _, golden := range goldens {
		text, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		for _, box := range input.FindAllString(string(text), -1) {
			if !strings.Contains(box, ` type="password"`) {
				continue
			}
			found++
			if m := name.FindStringSubmatch(box); m == nil || !secretInput(m[1]) {
				t.Errorf("%s: %s would be held", filepath.Base(golden), box)
			}
		}
	}
	for _, name := range []string{setup.Nine().Paste(), "own_paste", "ownauth_paste"} {
		if !secretInput(name) {
			t.Errorf("%s would be held", name)
		}
	}
	if found < 5 {
		t.Errorf("only %d boxes for passwords were found", found)
	}
}

func TestRefill(t *testing.T) {
	t.Parallel()
	page := `<html><body><main><form method="post" action="/w/a/x"><input type="hidden" name="id" value="1"><input name="n" value="old"></form>
		<form id="f" method="post" action="/w/a/x?y"><input type="hidden" name="id" value="2"><input name="n" value="old">
		<input type="checkbox" name="c" value="1" checked><input type="checkbox" name="d"><input type="radio" name="r" value="a" checked><input type="radio" name="r" value="b">
		<select name="s"><option value="p" selected>P</option><option value="q">Q</option></select><input type="password" name="p"></form>
		<textarea name="t" form="f">old</textarea></main></body></html>`
	values := url.Values{"id": {"2"}, "n": {`"><script>`}, "d": {"on"}, "r": {"b"}, "s": {"q"}, "p": {"secret"},
		"t": {"\nnew</textarea>"}, "gone": {"kept <b>"}, "was.n": {"old"}, "run_id": {"7"}}
	filled, err := refill([]byte(page), "/w/a/x", values)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`name="id" value="1"/><input name="n" value="old"/>`,
		`name="id" value="2"/><input name="n" value="&#34;&gt;&lt;script&gt;"/>`,
		`name="c" value="1"/>`, `name="d" checked=""/>`, `value="a"/>`, `value="b" checked=""/>`, `<option value="p">`,
		`<option value="q" selected="">`,
		`<input type="password" name="p"/>`, "<textarea name=\"t\" form=\"f\">\n\nnew&lt;/textarea&gt;</textarea>",
		"<dt>gone</dt><dd>kept &lt;b&gt;</dd>",
	} {
		if !strings.Contains(string(filled), want) {
			t.Errorf("%s is missing in\n%s", want, filled)
		}
	}
	if strings.Contains(string(filled), "secret") ||
		slices.Contains([]bool{strings.Contains(string(filled), "<dt>was.n"),
			strings.Contains(string(filled), "<dt>run_id")}, true) {
		t.Errorf("%s", filled)
	}
}

// TestRefillOfButtonForms: a form whose buttons have the addresses gets its text back too, wherever they are.
func TestRefillOfButtonForms(t *testing.T) {
	t.Parallel()
	const page = `<form method="post" id="f"><input name="ticket"></form><button form="f" formaction="/w/a/x" name="token" value="1">Go</button>`
	filled, err := refill([]byte(page), "/w/a/x", url.Values{"ticket": {"INC-1"}, "token": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(filled); !strings.Contains(text, `<input name="ticket" value="INC-1"/>`) ||
		strings.Contains(text, "no box for") {
		t.Error(text)
	}
}
