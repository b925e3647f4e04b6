package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axePath is where npm puts axe-core, seen from this folder.
const axePath = "../../node_modules/axe-core/axe.min.js"

// expect allows one kind of problem, known by a part of its text, such as "HTTP 503". The test fails when it does not
// occur.
func (p *page) expect(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, part)
}

// observe runs on the browser's own goroutine for every event of the tab.
func (p *page) observe(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, arg := range e.Args {
				words = append(words, cmp.Or(arg.Description, strings.Trim(string(arg.Value), `"`)))
			}
			p.problem("console.%s: %s", e.Type, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.problem("exception: %s", text)
	case *log.EventEntryAdded:
		// The network's own entries repeat what the events below tell, and count a refused form as an error.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			p.problem("%s: %s", e.Entry.Source, e.Entry.Text)
		}
	case *network.EventResponseReceived:
		part := e.Type != network.ResourceTypeDocument && e.Type != network.ResourceTypeXHR &&
			e.Type != network.ResourceTypeFetch
		if e.Response.Status >= 500 || part && e.Response.Status >= 400 {
			p.problem("HTTP %d: %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" { // a request given up for a new page
			p.problem("request failed: %s %s %s", e.Type, e.ErrorText, e.BlockedReason)
		}
	case *cdppage.EventJavascriptDialogOpening:
		p.problem("dialog: %s", e.Message)
		// The dialog stops the page until it is answered, and this goroutine must not wait.
		go func() {
			_ = chromedp.Do(p.ctx, devtools(cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{}))
		}()
	}
}

func (p *page) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// unexpected returns the problems that no expectation covers, and the expectations that nothing met.
func (p *page) unexpected() (problems, missing []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		if !slices.ContainsFunc(p.expected, func(part string) bool { return strings.Contains(problem, part) }) {
			problems = append(problems, problem)
		}
	}
	for _, part := range p.expected {
		if !slices.ContainsFunc(p.problems, func(problem string) bool { return strings.Contains(problem, part) }) {
			missing = append(missing, part)
		}
	}
	return problems, missing
}

// settle waits until the browser has delivered the events of everything that has happened on the page so far.
func (p *page) settle() {
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	_, _ = chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done => requestAnimationFrame(() => done(true)))`,
		chromedp.EvalAwaitPromise))
}

func (p *page) reportProblems() {
	if !p.opt.NoJS {
		p.settle()
	}
	problems, missing := p.unexpected()
	for _, problem := range problems {
		p.t.Errorf("the browser reports %s", problem)
	}
	for _, part := range missing {
		p.t.Errorf("the browser should have reported %q and did not", part)
	}
	if len(problems)+len(missing) > 0 {
		p.t.Log(p.evidence())
	}
}

// fatalf ends the test with the message, the address, what the browser complained of and a screenshot.
func (p *page) fatalf(format string, args ...any) {
	p.t.Helper()
	problems, _ := p.unexpected()
	p.t.Fatalf("%s\n%s\nproblems so far: %q", fmt.Sprintf(format, args...), p.evidence(), problems)
}

// evidence saves a screenshot that outlives the test, and says where.
func (p *page) evidence() string {
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	url, _ := chromedp.Run(ctx, chromedp.Location())
	picture, err := chromedp.Run(ctx, wholePage())
	if err != nil {
		return fmt.Sprintf("at %s; no screenshot: %v", url, err)
	}
	dir, err := os.MkdirTemp("", "duodesk-journey-")
	if err != nil {
		return fmt.Sprintf("at %s; no screenshot: %v", url, err)
	}
	file := filepath.Join(dir, regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(p.t.Name(), "-")+".png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		return fmt.Sprintf("at %s; no screenshot: %v", url, err)
	}
	return fmt.Sprintf("at %s; screenshot: %s", url, file)
}

// wholePage takes a PNG of the page from top to bottom.
func wholePage() chromedp.Action[[]byte] { return chromedp.FullScreenshot(100) }

// screenshot saves a PNG of the whole page.
func (p *page) screenshot(file string) {
	p.t.Helper()
	if err := os.WriteFile(file, within(p, "screenshot", wholePage()), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// fitsWidth fails the test when the page must be scrolled sideways.
func (p *page) fitsWidth() {
	p.t.Helper()
	if over := evaluate[int](p,
		"document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		p.t.Errorf("the page is %d px wider than the window\n%s", over, p.evidence())
	}
}

// axeFinding is one rule of axe-core that the page breaks.
type axeFinding struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target         []any
		FailureSummary string
	}
}

// axe fails the test for every accessibility fault that axe-core calls serious or critical. It needs JavaScript.
func (p *page) axe() {
	p.t.Helper()
	for _, f := range p.axeFindings() {
		where, _ := json.Marshal(f.Nodes)
		p.t.Errorf("axe: %s (%s): %s\n%s\n%s", f.ID, f.Impact, f.Help, where, p.evidence())
	}
}

func (p *page) axeFindings() []axeFinding {
	p.t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		p.t.Fatalf("axe-core is missing, run npm ci: %v", err)
	}
	within(p, "load axe", chromedp.Evaluate[chromedp.Void](string(source)))
	findings := evaluate[[]axeFinding](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`)
	return slices.DeleteFunc(findings,
		func(f axeFinding) bool { return f.Impact != "serious" && f.Impact != "critical" })
}
