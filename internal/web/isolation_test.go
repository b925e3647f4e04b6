package web

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// TestEveryAddress asks every row of the route table as everybody, about what is
// theirs, what is another's and what is not there.
func TestEveryAddress(t *testing.T) {
	t.Parallel()
	for _, v := range visitors() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			e := newFleet(t)
			e.server.RefusalWindow = time.Nanosecond // it is refused thousands of times
			b := e.stranger(t)
			var operator store.Operator
			if v.operator != nil {
				operator = v.operator(t, e)
				b = e.as(t, operator)
			}
			w := &walk{t: t, e: e, v: v, b: b, operator: operator, answers: map[string]string{}}
			w.unchanged("GET", func() { w.all(http.MethodGet, true); w.all(http.MethodGet, false) })
			w.unchanged("POST to what is not theirs", func() { w.all(http.MethodPost, false) })
			w.onlyOwn(func() { w.all(http.MethodPost, true) })
			if w.allowed < 5 && v.role != 0 {
				t.Errorf("only %d addresses answered: this test shows nothing", w.allowed)
			}
		})
	}
}

// walk is one visitor's way through the route table.
type walk struct {
	t        *testing.T
	e        *fleet
	v        visitorCase
	b        *browser
	operator store.Operator
	token    string            // by which a program asks
	answers  map[string]string // to what is not there, by route and slot
	asked    int
	allowed  int
	brief    bool // the first fault will do, no matter who finds it
	failed   *atomic.Bool
	lenient  bool // the application lets everybody in: only what is told and done counts
	every    bool // ask about every action what is asked about one of its kind otherwise
	odd      bool // ask with what is malformed and of another kind, no matter who asks
}

// likeAnother reports whether what goes wrong with an address would go wrong with
// that of another action too: all actions have two handlers, and what tells them
// apart is asked about each of them.
func likeAnother(k knownRoute) bool {
	return k.action != "" && !slices.Contains([]string{"get-user", "list-users", "admin-api-action",
		"create-bypass-code-for-user", "update-user", "send-activation-by-sms", "list-accounts"}, k.action)
}

func (w *walk) all(method string, allowed bool) {
	routes := routes(w.e.server)
	// Putting keys to use that do not work closes what comes after, and so does another password.
	late := func(r site.Route) int {
		return strings.Count(r.Path, ":api/activate") + 2*strings.Count(r.Path, "/connection/own/") +
			strings.Count(r.Path, "/account/password") + strings.Count(r.Path, "/connection/auth/activate")
	}
	slices.SortStableFunc(routes, func(a, b site.Route) int { return cmp.Compare(late(a), late(b)) })
	for _, r := range routes {
		if r.Method != method || w.v.program && !w.v.pages && !r.Policy.Token {
			continue
		}
		known := knownRoutes(r.Method + " " + r.Path)
		if len(known) == 0 {
			w.t.Errorf("%s %s: this test does not know how to ask it", r.Method, r.Path)
		}
		for _, k := range known {
			if likeAnother(k) && (w.brief || !w.every && (w.v.gone || w.v.over)) {
				continue // who may do nothing may not do what is alike
			}
			targets := w.e.targets(r.Path, w.oddityOf(k))
			if !w.every && likeAnother(k) {
				targets = targets[:1]
			}
			for _, at := range targets {
				status, slot := w.e.expect(w.v, r.Method, k, r.Path, at)
				if (status == k.ok) == allowed {
					w.ask(r, k, at, status, slot)
				}
			}
		}
	}
}

// oddityOf says how odd the visitor asks about an address. What is wrong with the
// address of one action is wrong with those of all.
func (w *walk) oddityOf(k knownRoute) oddity {
	switch {
	case w.brief || w.every && !w.odd || likeAnother(k):
		return nothingOdd
	case w.v.over:
		return nothingOdd
	case w.odd && (w.v.role == catalog.Owner || !w.v.whole), w.v.name == "stranger",
		w.v.name == "technician of the far organization":
		return everythingOdd
	case w.odd, w.v.name == "owner":
		return someOdd
	}
	return nothingOdd
}

func (w *walk) ask(r site.Route, k knownRoute, at target, status int, slot string) {
	w.t.Helper()
	if w.brief && (w.t.Failed() || w.failed.Load()) {
		w.failed.Store(true)
		return
	}
	address := addressOf(r, k, at)
	var form url.Values
	if k.query != nil {
		address += "?" + k.query(at.of).Encode()
	}
	if r.Method == http.MethodPost {
		form = url.Values{}
		if k.form != nil {
			form = k.form(w.e, at.of, status == k.ok)
		}
	}
	b := w.b
	if strings.HasSuffix(r.Path, "/signout") && w.v.role != 0 && !w.v.program {
		b = w.e.as(w.t, w.operator)
	}
	p := w.request(b, r, k, address, form)
	w.asked++
	if r.Path == "/account/signout" && w.v.role != 0 && !w.v.program {
		w.b.setCookie(sessionCookie, w.e.token(w.t, w.operator))
	}
	if p.status != status && !(w.lenient && status != k.ok) {
		w.t.Errorf("%s %s: status %d, want %d\n%.600s", r.Method, address, p.status, status, p.text())
		return
	}
	if faults := headerFaults(p.header, r.Path == "/static/*"); len(faults) > 0 {
		w.t.Errorf("%s %s: %v", r.Method, address, faults)
	}
	if status == k.ok && !k.public && w.v.role != 0 {
		w.allowed++
	}
	w.tellsNothing(r, p)
	if slot == "" || slot == "role" || w.lenient {
		return
	}
	// The answer about another's things is the one about nothing, byte for byte.
	key := r.Method + " " + r.Path + " " + k.action + " " + slot
	if slot != "workspace" && slot != "org" {
		key += " in " + at.slots["ws"] + " " + at.slots["org"] // whose names the page bears
	}
	if before, known := w.answers[key]; !known {
		w.answers[key] = withoutToken(p)
	} else if plain := withoutToken(p); before != plain { // hardly ever
		if before, plain = withoutRest(before), withoutRest(plain); before != plain {
			w.t.Errorf("%s %s: the answer gives away that it exists%s", r.Method, address, difference(before, plain))
		}
	}
}

// request asks as a person, or as a program with a body of JSON.
func (w *walk) request(b *browser, r site.Route, k knownRoute, address string, form url.Values) *page {
	w.t.Helper()
	if !w.v.program {
		return b.request(r.Method, address, form)
	}
	w.e.Clock.Move(site.PaceEvery)
	if !k.token {
		return b.request(r.Method, address, form, "Authorization", "Bearer "+w.token)
	}
	return b.call(w.token, r.Method, address, bodyOf(k.action, form))
}

func addressOf(r site.Route, k knownRoute, at target) string {
	return slotName.ReplaceAllStringFunc(strings.Replace(r.Path, "*", strings.TrimPrefix(staticFile, "/static/"), 1),
		func(slot string) string {
			return cmp.Or(at.slots[slot[1:]], map[string]string{":api": k.api, ":action": k.action}[slot])
		})
}

// tellsNothing fails if an answer holds anything of what the visitor does not
// see, but for what was asked.
func (w *walk) tellsNothing(r site.Route, p *page) {
	w.t.Helper()
	// Taking out what echoes is slow, and hardly an answer holds such a text at all.
	whole := strings.ToLower(headOf(p.header) + p.body)
	plain := sync.OnceValue(func() string {
		plain := strings.ToLower(withoutEcho(p))
		if w.lenient {
			// Who lets everybody in draws the address that was asked for.
			plain = organizationAddress.ReplaceAllString(plain, "")
		}
		return plain
	})
	holds := func(text string) bool {
		text = strings.ToLower(text)
		return strings.Contains(whole, text) && strings.Contains(plain(), text)
	}
	for _, n := range []tenant{w.e.near, w.e.far, w.e.foreign} {
		if !slices.Contains(w.v.sees, n.canary) && holds(n.canary) {
			w.t.Errorf("%s %s tells of %s", r.Method, p.address, n.canary)
		}
	}
	hidden := []string{"CANARY-draft"} // typed by somebody else
	if !w.v.both {
		other, owner := w.e.otherParent, w.e.otherOwner
		if w.v.foreign {
			other, owner = w.e.Parent, w.e.Owner
		}
		hidden = append(hidden, owner.Email, other.APIHostname)
		for _, api := range []string{duosim.AuthAPI, duosim.AccountsAPI, duosim.AdminAPI} {
			hidden = append(hidden, other.Application(api).IntegrationKey)
		}
	}
	for _, text := range hidden {
		if text != w.operator.Email && holds(text) {
			w.t.Errorf("%s %s holds %s, of somebody else", r.Method, p.address, text)
		}
	}
}

var organizationAddress = regexp.MustCompile(`/o/canary-[a-z]+|-canary-[a-z]+(?:-[0-9-]+)?\.csv`)

var (
	formToken = regexp.MustCompile(`name="token" value="[^"]*"`)
	echoed    = regexp.MustCompile(
		`datetime="[^"]*"|\d+ s ago|just now|\d+ (?:seconds?|minutes?) at most|\d\d:\d\d UTC|name="next" value="[^"]*"|signin\?next=[^"]*|"request_id":"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}`)
)

// withoutEcho is an answer without what differs from request to request: its
// number, the time, and the address that was asked for.
func withoutEcho(p *page) string { return withoutRest(withoutToken(p)) }

// withoutToken is an answer without the token of its forms, which is another in
// every answer. The rest is slow to look for.
func withoutToken(p *page) string {
	return formToken.ReplaceAllString(headOf(p.header)+p.body, "")
}

func withoutRest(answer string) string { return echoed.ReplaceAllString(answer, "") }

// headOf is a header but for what is another in each answer. Of a session that was renewed
// it leaves the cookie's name.
func headOf(h http.Header) string {
	var b strings.Builder
	_ = h.WriteSubset(&b, map[string]bool{"X-Request-Id": true, "Date": true, "Content-Length": true})
	return renewedCookie.ReplaceAllString(b.String(), "$1$2")
}

var renewedCookie = regexp.MustCompile(`(Set-Cookie: session=)[^;]+(; Path=/; Expires=)[^;]+`)

func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(0, i-40):min(len(s), i+60)] }
	return "\n…" + around(a) + "…\n…" + around(b) + "…"
}

// unchanged runs ask and fails if any row or anything in Duo has changed.
func (w *walk) unchanged(what string, ask func()) {
	w.t.Helper()
	ours, theirs, ledger := w.e.rows(w.t, w.e.Workspace), w.e.rows(w.t, w.e.foreign.workspace), len(w.e.Sim.Ledger())
	w.onlyOwn(ask)
	if tables := append(changed(ours, w.e.rows(w.t, w.e.Workspace)),
		changed(theirs, w.e.rows(w.t, w.e.foreign.workspace))...); len(tables) > 0 {
		w.t.Errorf("%s changed %s", what, strings.Join(tables, ", "))
	}
	if done := w.e.Sim.Ledger()[ledger:]; len(done) > 0 {
		w.t.Errorf("%s changed something in Duo: %+v", what, done)
	}
}

// onlyOwn runs ask and fails if Duo was asked about accounts that the visitor
// does not see, or rows of the workspace they do not belong to have changed.
func (w *walk) onlyOwn(ask func()) {
	w.t.Helper()
	calls, ledger := map[string]int{}, len(w.e.Sim.Ledger())
	hidden := slices.DeleteFunc([]tenant{w.e.near, w.e.far, w.e.foreign},
		func(n tenant) bool { return slices.Contains(w.v.sees, n.canary) })
	for _, n := range hidden {
		calls[n.account.AccountID] = w.e.Sim.Calls(n.account.AccountID)
	}
	other := w.e.foreign.workspace
	if w.v.foreign {
		other = w.e.Workspace
	}
	rows := w.e.rows(w.t, other)
	ask()
	for id, before := range calls {
		if now := w.e.Sim.Calls(id); now != before {
			w.t.Errorf("Duo was asked %d times about an account of somebody else", now-before)
		}
		for _, effect := range w.e.Sim.Ledger()[ledger:] {
			if effect.AccountID == id {
				w.t.Errorf("changed in the account of somebody else: %+v", effect)
			}
		}
	}
	if tables := changed(rows, w.e.rows(w.t, other)); len(tables) > 0 {
		w.t.Errorf("rows of the other workspace have changed: %s", strings.Join(tables, ", "))
	}
}
