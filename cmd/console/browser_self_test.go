package main

import (
	"duodesk/internal/store/storetest"

	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// asCommand makes the test binary the console itself, so that tests can start
// and kill the real program without building it again.
const asCommand = "DUODESK_TEST_AS_CONSOLE"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	code := storetest.Run(m)
	stopBrowser()
	os.Exit(code)
}

// trialSite is a small site for trying the harness itself, with the content security policy of the real one.
func trialSite(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	show := func(path, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Trial</title>`+
				`<meta name="viewport" content="width=device-width"><main><h1>Trial</h1>%s</main>`, body)
		})
	}
	show("GET /{$}", `<form action="/said" method="get"><label>Word <input name="word" value="old"></label>
		<label>Size <select name="size"><option value="s">small<option value="l">large</select></label>
		<button>Send</button></form><details><summary>More</summary><p id="more">more</p></details>`)
	show("GET /tall", `<p id="wide">`+strings.Repeat("line<br>", 300))
	show("GET /unlabelled", `<input name="nameless">`)
	show("GET /scripted", `<script src="/hello.js"></script><p id="greeting"></p>`)
	show("GET /console-error", `<script src="/fault.js"></script>`)
	show("GET /inline-script", `<script>document.title = "broken"</script>`)
	show("GET /missing-image", `<img src="/none.png" alt="">`)
	show("GET /dialog", `<script src="/dialog.js"></script>`)
	mux.HandleFunc("GET /favicon.ico",
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /said", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprintf(w, `<!doctype html><title>Said</title><h1>%s %s</h1>`, r.FormValue("word"), r.FormValue("size"))
	})
	mux.HandleFunc("GET /down",
		func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) })
	for path, script := range map[string]string{
		"hello": `addEventListener("load", () => document.getElementById("greeting").textContent = matchMedia("(prefers-color-scheme: dark)").matches ? "good night" : "good day")`,
		"fault": `console.error("it broke", 7); throw new Error("and threw")`,
		// A page's load waits for the dialog, so it must not open before the load is over.
		"dialog": `addEventListener("load", () => setTimeout(() => alert("boo")))`,
	} {
		mux.HandleFunc("GET /"+path+".js", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write([]byte(script))
		})
	}
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return site
}

func TestHarnessDrivesAForm(t *testing.T) {
	t.Parallel()
	site := trialSite(t)
	for _, noJS := range []bool{false, true} {
		t.Run(fmt.Sprintf("NoJS=%v", noJS), func(t *testing.T) {
			t.Parallel()
			p := newPage(t, pageOptions{NoJS: noJS})
			if got := p.open(site.URL); got != http.StatusOK {
				t.Fatalf("open gave %d", got)
			}
			p.click("summary")
			p.wait("#more")
			p.click("summary")
			p.waitGone("#more")
			if got := p.count("p, button"); got != 1 {
				t.Errorf("%d elements are visible, want the button alone", got)
			}

			p.fill("[name=word]", "žluťoučký")
			p.choose("[name=size]", "l")
			if got := p.follow("button"); got != http.StatusUnprocessableEntity {
				t.Errorf("the form's answer was %d", got)
			}
			if got := p.text("h1"); got != "žluťoučký l" {
				t.Errorf("the page says %q", got)
			}

			p.open(site.URL)
			p.press(kb.Tab)
			if got := p.focused(); got != "input[word]" {
				t.Errorf("after Tab the focus is on %s", got)
			}
			p.fill("[name=word]", "")
			p.press("typed")
			if got := p.value("[name=word]"); got != "typed" {
				t.Errorf("the box holds %q", got)
			}
			p.pressAndFollow(kb.Enter)
			p.waitText("h1", "typed s")
			if got := p.address(); got != "/said?word=typed&size=s" {
				t.Errorf("the address is %s", got)
			}
		})
	}
}

func TestHarnessEmulates(t *testing.T) {
	t.Parallel()
	site := trialSite(t)
	for want, o := range map[string]pageOptions{"good day": {}, "good night": {Dark: true}, "": {NoJS: true}} {
		p := newPage(t, o)
		p.open(site.URL + "/scripted")
		if got := evaluate[string](p, `document.getElementById("greeting").textContent`); got != want {
			t.Errorf("with %+v the script wrote %q, want %q", o, got, want)
		}
	}

	phone := newPage(t, pageOptions{Width: 390, Height: 844})
	phone.open(site.URL + "/tall")
	phone.fitsWidth()
	file := filepath.Join(t.TempDir(), "tall.png")
	phone.screenshot(file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.DecodeConfig(f)
	if err != nil || picture.Width != 390 || picture.Height < 3000 {
		t.Errorf("the screenshot of a tall page on a phone is %d × %d (%v)", picture.Width, picture.Height, err)
	}
}

func TestHarnessCatchesProblems(t *testing.T) {
	t.Parallel()
	site := trialSite(t)
	for path, parts := range map[string][]string{
		"/console-error": {"console.error: it broke 7", "exception: Uncaught Error: and threw"},
		"/inline-script": {"security: ", "Content Security Policy"},
		"/missing-image": {"HTTP 404: " + site.URL + "/none.png"},
		"/down":          {"HTTP 503"},
		"/dialog":        {"dialog: boo"},
	} {
		t.Run(path[1:], func(t *testing.T) {
			t.Parallel()
			p := newPage(t, pageOptions{})
			p.open(site.URL + path)
			p.settle()
			problems, _ := p.unexpected()
			for _, part := range parts {
				if !slices.ContainsFunc(problems, func(s string) bool { return strings.Contains(s, part) }) {
					t.Errorf("%q is not among the problems %q", part, problems)
				}
				p.expect(part)
			}
			if rest, _ := p.unexpected(); len(rest) > 0 {
				t.Errorf("problems that nobody made: %q", rest)
			}
		})
	}
}

func TestHarnessNoticesAnUnmetExpectation(t *testing.T) {
	t.Parallel()
	site := trialSite(t)
	p := newPage(t, pageOptions{})
	p.open(site.URL)
	p.expect("HTTP 503")
	if _, missing := p.unexpected(); len(missing) != 1 {
		t.Error("an expected problem that never came goes unnoticed")
	}
	p.expected = nil
}

func TestHarnessRunsAxe(t *testing.T) {
	t.Parallel()
	site := trialSite(t)
	p := newPage(t, pageOptions{})
	p.open(site.URL)
	p.axe()
	p.open(site.URL + "/unlabelled")
	if found := p.axeFindings(); len(found) != 1 || found[0].ID != "label" {
		t.Errorf("a text box without a label gives %+v", found)
	}
}
