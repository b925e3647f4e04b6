package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pageTimeout bounds every step of a journey. A step that needs longer is broken for a person too.
const pageTimeout = 10 * time.Second

// chromium is the one browser of this test binary, started by the first test that needs it.
var chromium struct {
	start sync.Once
	ctx   context.Context
	close func()
	err   error
}

// browserNames are what scripts/install-chromium looks for too. The first has the same engine as the second and no
// windows to draw, with which the journeys take a third less time.
var browserNames = []string{
	"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

func startBrowser() {
	names := browserNames
	if chosen := os.Getenv("CHROMIUM"); chosen != "" {
		names = []string{chosen}
	}
	var path string
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		chromium.err = fmt.Errorf(
			"no browser among %q: install Chromium (Debian: apt-get install chromium) or set CHROMIUM to the path of one", names)
		return
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // it needs rights that root and containers do not give; only our own pages are opened
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, closeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	chromium.close = func() { closeBrowser(); closeAllocator() }
	chromium.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		chromium.err = fmt.Errorf("starting %s: %w", path, err)
	}
}

// stopBrowser ends Chromium and removes its profile. TestMain calls it after all tests.
func stopBrowser() {
	if chromium.close != nil {
		chromium.close()
	}
}

// pageOptions says how a person looks at the page. The zero value is a desktop window in light colours.
type pageOptions struct {
	Width, Height int // CSS pixels; 1280 × 800 when zero
	Dark          bool
	NoJS          bool
}

// page is one tab with cookies and storage of its own. Every method fails the test, with a screenshot, when it
// cannot do its work within pageTimeout. CSS selectors mean the first match.
//
// The test also fails at its end for everything that a visitor's developer tools would show in red: console errors,
// uncaught exceptions, violations of the content security policy, failed requests, answers of 500 and above,
// missing images, styles and scripts, and JavaScript dialogs, which our pages never open.
type page struct {
	t   *testing.T
	ctx context.Context
	opt pageOptions

	mu       sync.Mutex
	problems []string
	expected []string
}

// newPage opens a tab that is closed at the end of the test. Start the server that it visits first, so that it ends
// last.
func newPage(t *testing.T, o pageOptions) *page {
	t.Helper()
	chromium.start.Do(startBrowser)
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	if o.Width == 0 || o.Height == 0 {
		o.Width, o.Height = 1280, 800
	}
	p := &page{t: t, opt: o}
	ctx, closeTab := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext(),
		chromedp.WithListener(p.observe))
	p.ctx = ctx
	t.Cleanup(func() {
		p.reportProblems()
		closeTab()
	})
	// The first run binds the tab's life to its context, so it must be the one without a deadline.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	scheme := "light"
	if o.Dark {
		scheme = "dark"
	}
	p.do("prepare the tab",
		chromedp.EmulateViewport(int64(o.Width), int64(o.Height)),
		devtools(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}),
		devtools(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: o.NoJS}),
	)
	return p
}

// devtools makes a step of a protocol command whose result does not matter.
func devtools[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// within runs one action within pageTimeout.
func within[T any](p *page, what string, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, a)
	if err != nil {
		p.fatalf("%s: %v", what, err)
	}
	return value
}

func (p *page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	within(p, what, chromedp.Steps(steps...))
}

// open goes to an address and returns the HTTP status of the page it led to.
func (p *page) open(url string) int {
	p.t.Helper()
	return status(within(p, "open "+url, chromedp.NavigateResponse(url)))
}

// follow clicks a link or a button that leads to a new page, waits until that has loaded, and returns its HTTP status.
func (p *page) follow(css string) int {
	p.t.Helper()
	return p.loads("follow "+css, chromedp.Click(chromedp.CSS(css), chromedp.NodeEnabled))
}

// pressAndFollow presses keys that lead to a new page, such as Enter in a form, and returns its HTTP status.
func (p *page) pressAndFollow(keys string) int {
	p.t.Helper()
	return p.loads(fmt.Sprintf("press %q", keys), chromedp.KeyEvent(keys))
}

func (p *page) loads(what string, step chromedp.Action[chromedp.Void]) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		p.fatalf("%s: %v", what, err)
	}
	return status(response)
}

// status is 0 for a jump within a page, which asks no server.
func status(r *network.Response) int {
	if r == nil {
		return 0
	}
	return int(r.Status)
}

// click clicks what is visible and enabled, and does not wait for what comes of it; follow does.
func (p *page) click(css string) {
	p.t.Helper()
	p.do("click "+css, chromedp.Click(chromedp.CSS(css), chromedp.NodeEnabled))
}

// fill replaces the content of a text box as pasting does.
func (p *page) fill(css, text string) {
	p.t.Helper()
	replace := devtools(input.InsertText, input.InsertTextParams{Text: text})
	if text == "" {
		replace = chromedp.KeyEvent(kb.Backspace)
	}
	p.do("fill "+css,
		chromedp.WaitEnabled(chromedp.CSS(css)),
		chromedp.WaitVisible(chromedp.CSS(css)),
		chromedp.Focus(chromedp.CSS(css)),
		chromedp.Evaluate[chromedp.Void]("document.activeElement.select()"),
		replace,
	)
}

// choose picks the option with that value in a drop-down list.
func (p *page) choose(css, value string) {
	p.t.Helper()
	p.wait(css)
	const pick = `(css, value) => {
		const list = document.querySelector(css);
		if (![...list.options].some(o => o.value === value && !o.disabled)) return false;
		list.value = value;
		list.dispatchEvent(new Event("input", {bubbles: true}));
		list.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	}`
	if !evaluate[bool](p, call(pick, css, value)) {
		p.fatalf("%s has no option with the value %q", css, value)
	}
}

// press types keys where the focus is: text, or the names of package kb such as kb.Tab and kb.Escape.
func (p *page) press(keys string) {
	p.t.Helper()
	p.do(fmt.Sprintf("press %q", keys), chromedp.KeyEvent(keys))
}

// wait waits until an element is visible.
func (p *page) wait(css string) {
	p.t.Helper()
	p.do("wait for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

// waitGone waits until no element matches, or the one that does is hidden.
func (p *page) waitGone(css string) {
	p.t.Helper()
	const gone = `css => ![...document.querySelectorAll(css)].some(e => e.checkVisibility())`
	p.until("wait until "+css+" is gone", call(gone, css))
}

// waitText waits until an element's visible text contains the words.
func (p *page) waitText(css, words string) {
	p.t.Helper()
	const contains = `(css, words) => (document.querySelector(css)?.innerText ?? "").includes(words)`
	p.until(fmt.Sprintf("wait for %q in %s", words, css), call(contains, css, words))
}

// until waits for a JavaScript expression to become true, also across page loads.
func (p *page) until(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		// An error here is a page that is just being replaced.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			p.fatalf("%s: not within %v", what, pageTimeout)
		case <-poll.C:
		}
	}
}

// text returns the text of a visible element as a person reads it, without blanks around.
func (p *page) text(css string) string {
	p.t.Helper()
	return strings.TrimSpace(within(p, "text of "+css, chromedp.Text(chromedp.CSS(css), chromedp.NodeVisible)))
}

// value returns what a form field holds.
func (p *page) value(css string) string {
	p.t.Helper()
	return within(p, "value of "+css, chromedp.Value(chromedp.CSS(css)))
}

// count returns how many visible elements match now, without waiting.
func (p *page) count(css string) int {
	p.t.Helper()
	return evaluate[int](p,
		call(`css => [...document.querySelectorAll(css)].filter(e => e.checkVisibility()).length`, css))
}

// address returns the path and query of the page shown.
func (p *page) address() string {
	p.t.Helper()
	return evaluate[string](p, "location.pathname + location.search")
}

// focused says where the keyboard is, as tag#id[name].
func (p *page) focused() string {
	p.t.Helper()
	return evaluate[string](p,
		`(e => e.localName + (e.id && "#" + e.id) + (e.name ? "[" + e.name + "]" : ""))(document.activeElement)`)
}

// evaluate returns the value of a JavaScript expression; a promise is awaited.
func evaluate[T any](p *page, expression string) T {
	p.t.Helper()
	return within(p, "evaluate "+shorten(expression), chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// call makes the expression that calls a JavaScript function with the arguments.
func call(function string, args ...any) string {
	encoded, err := json.Marshal(append([]any{}, args...)) // no arguments are [], not null
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("(%s)(...%s)", function, encoded)
}

func shorten(s string) string {
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}
