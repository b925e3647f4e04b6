//go:build proof

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/views"
)

// How many addresses of one kind are visited: pages of one object for each of the
// payloads, forms about one for every sixteenth payload, others a few times.
var (
	mostObjects = len(payloads) + 5
	mostForms   = len(payloads) / 16
	mostOthers  = 4
)

// crawl visits pages in a browser, as narrow as a phone, and notes everything that
// a page must not do.
type crawl struct {
	s    *proofSite
	page *page
	rows []row
	kind map[string]int // addresses taken of each kind
	seen map[string]bool
	next []string

	searched map[row]bool
	reached  map[row]int
	faults   []string
	told     map[string]int // faults of the browser, by kind

	mu      sync.Mutex
	stray   []string // requests that no page may cause
	sending string   // the path of the form that is sent
}

func newCrawl(s *proofSite) *crawl {
	c := &crawl{s: s, page: newPage(s.t, pageOptions{Width: 390, Height: 844}), rows: routeTable(s.t),
		kind: map[string]int{}, seen: map[string]bool{}, searched: map[row]bool{}, reached: map[row]int{},
		told: map[string]int{}}
	if err := chromedp.Listen(c.page.ctx, c.observe); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// observe notes requests that are neither a page of ours nor a part of one.
func (c *crawl) observe(event any) {
	e, ok := event.(*network.EventRequestWillBeSent)
	if !ok || strings.HasPrefix(e.Request.URL, "data:") && e.Type == network.ResourceTypeImage ||
		e.Request.URL == c.s.url+"/favicon.ico" {
		return
	}
	path, ours := strings.CutPrefix(e.Request.URL, c.s.url)
	path, _, _ = strings.Cut(path, "?")
	r, known := rowOf(c.rows, e.Request.Method, path)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ours && e.Request.Method == http.MethodPost && path == c.sending {
		c.sending = ""
		return
	}
	if !ours || !known || r.method != http.MethodGet ||
		e.Type != network.ResourceTypeDocument && r.pattern != "/static/*" {
		c.stray = append(c.stray, fmt.Sprintf("a request: %s %s (%s)", e.Request.Method,
			shorten(e.Request.URL), e.Type))
		return
	}
	c.reached[r]++
}

// signIn signs in with the browser.
func (c *crawl) signIn(operator store.Operator) {
	c.page.open(c.s.url + "/signin")
	c.page.fill("[name=email]", operator.Email)
	c.page.fill("[name=password]", storetest.Password)
	c.page.follow("main form button")
	c.page.fill("[name=code]", runtest.Code(c.s.t, c.s.db, operator, c.s.db.Now()))
	c.page.follow("main form[action='/signin/factor/code'] button")
	if c.s.url+c.page.address() != c.s.home() {
		c.s.t.Fatal("signing in led to ", c.page.address())
	}
	c.page.settle()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stray = nil // the form that was sent
}

// add puts an address on the list unless enough of its kind are.
func (c *crawl) add(address string) {
	address, _, _ = strings.Cut(address, "#")
	path, ours := strings.CutPrefix(address, c.s.url)
	if !ours || c.seen[address] {
		return
	}
	c.seen[address] = true
	if kind, most := c.kindOf(path); c.kind[kind] < most {
		c.kind[kind]++
		c.next = append(c.next, address)
	}
}

// kindOf is the row of an address, the action it names, and what it asks for;
// and how many of the kind are enough.
func (c *crawl) kindOf(address string) (kind string, most int) {
	path, query, _ := strings.Cut(address, "?")
	r, _ := rowOf(c.rows, http.MethodGet, path)
	values, _ := url.ParseQuery(query)
	names := []string{r.pattern}
	if strings.HasSuffix(r.pattern, ":action") {
		names = append(names, path[strings.LastIndex(path, "/"):])
	}
	switch last := r.pattern[strings.LastIndex(r.pattern, "/")+1:]; {
	case last == ":action":
		most = mostForms
	case strings.HasPrefix(last, ":"):
		most = mostObjects
	default:
		most = mostOthers
	}
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " "), most
}

// searchesEach is how many of the payloads each search form is sent with: others
// for each row, so that all of them are sent.
const searchesEach = 8

// search opens the search forms of a row once with some payloads.
func (c *crawl) search(address string, found []string) {
	path, _, _ := strings.Cut(strings.TrimPrefix(address, c.s.url), "?")
	r, _ := rowOf(c.rows, http.MethodGet, path)
	if len(found) == 0 || c.searched[r] {
		return
	}
	c.searched[r] = true
	for _, to := range found {
		if !c.seen[to] {
			c.seen[to] = true
			c.next = append(c.next, to)
		}
	}
}

// all visits everything that links and search forms lead to.
func (c *crawl) all() (visited int) {
	for len(c.next) > 0 {
		address := c.next[0]
		c.next = c.next[1:]
		c.visit(address)
		visited++
	}
	return visited
}

// leads tells where a page leads: its links, its search boxes filled with each
// of the texts, and what on it is none of ours.
const leads = `(texts) => {
	const fault = [], searches = [];
	for (const a of document.querySelectorAll("[href],[src],[action],[formaction],[ping],[xlink\\:href]"))
		for (const name of ["href", "src", "action", "formaction", "ping", "xlink:href"])
			if (a.hasAttribute(name) && !/^(https?|mailto|tel|data:image):?/.test(new URL(a.getAttribute(name), location).href)) fault.push(name + " " + a.getAttribute(name));
	for (const e of document.querySelectorAll("script:not([src]),style,iframe,object,embed,base,meta[http-equiv],template,math"))
		fault.push("an element " + e.localName);
	for (const e of document.querySelectorAll("*"))
		for (const a of e.attributes) if (/^on|^style$|^srcdoc$/.test(a.name)) fault.push("an attribute " + a.name + " of " + e.localName);
	const edge = document.documentElement.clientWidth, over = document.documentElement.scrollWidth - edge;
	if (over > 0) {
		const widest = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > edge).pop();
		fault.push(over + " px wider than the window: " + (widest?.outerHTML ?? "some text"));
	}
	for (const f of document.querySelectorAll("form[method=get],form:not([method])"))
		for (const text of texts) {
			const values = new FormData(f);
			for (const box of f.querySelectorAll("input[type=search],input[type=text],input:not([type])")) values.set(box.name, text);
			searches.push(new URL(f.getAttribute("action") ?? "", location).href.split(/[?#]/)[0] + "?" + new URLSearchParams(values));
		}
	return {to: [...document.links].map(a => a.href), searches, fault};
}`

// visit opens one address, notes what is wrong and what it leads to.
func (c *crawl) visit(address string) {
	ctx, cancel := context.WithTimeout(c.page.ctx, pageTimeout)
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(address))
	cancel()
	switch {
	case err == nil && response == nil:
		c.fault(address, "no answer")
	case err != nil && strings.Contains(err.Error(), "ERR_ABORTED"):
		c.download(address)
	case err != nil:
		c.fault(address, err.Error())
	case status(response) >= 400 && !c.seeksNothing(address, status(response)):
		c.fault(address, fmt.Sprintf("status %d", status(response)))
	case strings.HasPrefix(response.MimeType, "text/html"):
		c.search(address, c.read(address))
	}
	c.judge(address)
}

// seeksNothing reports whether a page says that there is no workspace of the name that the
// crawl looked for, which is right, and looked at like any other.
func (c *crawl) seeksNothing(address string, status int) bool {
	return status == http.StatusNotFound && strings.HasPrefix(address, c.s.url+views.SignOnChoice("")+"?")
}

// amidSignIns are pages that nothing leads to in a session that is not signing in, or has no
// form that waits. TestHostileStrings, TestHostileAnswers and the tests of single sign-on
// fill them.
var amidSignIns = []string{"/w/:ws/proof", "/signin/sso/:workspace", "/signin/sso/:workspace/start",
	"/signin/sso/:workspace/back", "/signin/setup"}

// read notes what is wrong with the page that is open and what it leads to, and
// returns the addresses of its searches.
func (c *crawl) read(address string) (searches []string) {
	ctx, cancel := context.WithTimeout(c.page.ctx, pageTimeout)
	defer cancel()
	var some []string
	for i := range searchesEach {
		some = append(some, payloads[(len(c.searched)+i*len(payloads)/searchesEach)%len(payloads)])
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[struct{ To, Searches, Fault []string }](call(leads, some)))
	if err != nil { // such as a page that leads away by itself
		c.fault(address, err.Error())
	}
	for _, f := range found.Fault {
		c.fault(address, f)
	}
	for _, to := range found.To {
		c.add(to)
	}
	return found.Searches
}

// download fetches what the browser saves instead of showing it.
func (c *crawl) download(address string) {
	client := c.s.browser(c.s.owner)
	defer client.CloseIdleConnections()
	answer, err := client.Get(address)
	if err != nil {
		c.fault(address, err.Error())
		return
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		c.fault(address, err.Error())
	}
	if !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
		c.fault(address, "the browser gave up, and it is no download")
	}
}

// judge takes over what the browser has complained of since the last time.
func (c *crawl) judge(address string) {
	c.page.settle()
	c.mu.Lock()
	found := c.stray
	c.stray = nil
	c.mu.Unlock()
	c.page.mu.Lock()
	found = append(found, c.page.problems...)
	c.page.problems = nil
	c.page.mu.Unlock()
	for _, f := range found {
		// The browser's own idea, on a page of plain text.
		if !strings.HasSuffix(f, c.s.url+"/favicon.ico") {
			c.fault(address, f)
			kind, _, _ := strings.Cut(f, ":")
			kind, _, _ = strings.Cut(kind, ".")
			c.told[kind]++
		}
	}
}

func (c *crawl) fault(address, what string) {
	c.faults = append(c.faults, fmt.Sprintf("%s: %s", shorten(strings.TrimPrefix(address, c.s.url)), shorten(what)))
}

// missed are the rows for GET that nothing led to.
func (c *crawl) missed() []string {
	var missed []string
	for _, r := range c.rows {
		// Programs and scripts are answered with JSON, which no browser shows.
		forScripts := strings.HasPrefix(r.pattern, apiHome) || strings.HasSuffix(r.pattern, "/events")
		if r.method == http.MethodGet && c.reached[r] == 0 && !forScripts && !slices.Contains(amidSignIns, r.pattern) {
			missed = append(missed, r.pattern)
		}
	}
	return missed
}

// TestProofHostileStrings: whatever stands in a client's Duo and in our own
// tables, no page runs it, asks for it, or breaks by it.
func TestProofHostileStrings(t *testing.T) {
	t.Parallel()
	s, h := startHostileSite(t)
	// First the same eyes on a page that is at fault.
	faulty := s.serve(planted(t))
	bad := newCrawl(s)
	bad.signIn(s.owner)
	bad.rows = append(bad.rows, row{http.MethodGet, "/w/:ws/o/:org" + plantedRaw})
	bad.visit(s.hostileHome() + plantedRaw)
	bad.page.open("about:blank") // it leads away by itself, to where nothing answers
	bad.judge(s.hostileHome() + plantedRaw)
	faulty.stop()
	if len(bad.faults) == 0 {
		t.Fatal("a planted templ.Raw was not found")
	}

	console := s.serve("")
	s.makeHostileRuns()
	s.leaveEverything(s.hostileOrganization(), payloads)
	plans := s.leaveHostilePlans()
	if err := s.db.AskFactorReset(t.Context(), s.db.Member(t, s.ws, catalog.Technician), store.Origin{},
		s.db.Now()); err != nil {
		t.Fatal(err)
	}
	texts := s.makeTablesHostile()
	c := newCrawl(s)
	c.visit(s.url + "/signin")
	c.signIn(s.owner)
	for _, start := range []string{s.hostileHome(), s.hostileHome() + "/actions/create-user/form",
		s.home() + "/actions/create-account/form", s.url + "/", s.url + "/invitation", s.home() + "/o/import/preview",
		s.home() + "/o/import/faults", s.url + "/healthz", s.url + "/readyz"} {
		c.add(start)
	}
	// A plan's page and an activation's are where a form leads that nobody sends here.
	for _, page := range append(plans, views.Activation(s.ws.Slug, s.hostileOrganization().Slug,
		h.things[catalog.OfPhone][0], "")) {
		c.add(s.url + page)
	}
	visited := c.all()
	results := c.readEverything(h)
	for _, f := range c.faults[:min(len(c.faults), 40)] {
		t.Error(f)
	}
	if missed := c.missed(); len(missed) > 0 {
		t.Errorf("nothing leads to %q: these pages were not tried", missed)
	}
	reports := len(console.lines("a browser reports a breach of the content security policy"))
	if reports > 0 || len(console.lines("panic"))+len(console.lines("request failed")) > 0 {
		t.Errorf("%d reports of the content security policy; %s", reports, console.tail())
	}
	console.stop()

	tell(t,
		"%d pages of %d rows and %d results of actions, %d payloads in %d texts in Duo and %d in our tables; dialogs %d, requests %d, policy reports %d, console errors %d, other faults %d; planted templ.Raw: %d faults",
		visited, len(c.reached), results, len(payloads), h.texts, texts, c.told["dialog"], c.told["a request"], reports,
		c.told["console"]+c.told["exception"],
		len(c.faults)-c.told["dialog"]-c.told["a request"]-c.told["console"]-c.told["exception"], len(bad.faults))
}
