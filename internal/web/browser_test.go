package web

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"

	"duodesk/internal/run/runtest"
	"duodesk/views"
)

// browser does what a browser does as far as the console can tell: it keeps
// cookies, follows redirects, says where a form comes from, and sends the fields
// that a form really has.
type browser struct {
	t      testing.TB
	site   *console
	client *http.Client
	ip     string  // from which it asks
	seen   []*page // every answer, those of redirects included
	byHand bool    // the second factor is not given by itself
}

// node is a part of a parsed page.
type node = html.Node

var browsers atomic.Uint32

func (s *console) stranger(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Each browser has an address of its own, since sign-ins are slowed down per
	// address: all of 127.0.0.0/8 is this machine.
	n := browsers.Add(1)
	ip := net.IPv4(127, 1, byte(n>>8), byte(n))
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: ip}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	b := &browser{t: t, site: s, ip: ip.String()}
	b.client = &http.Client{Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

func (b *browser) setCookie(name, value string) {
	u, _ := url.Parse(b.site.url)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (b *browser) cookie(name string) string {
	u, _ := url.Parse(b.site.url)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// page is an answer, parsed.
type page struct {
	b       *browser
	address string // path and query
	status  int
	header  http.Header
	body    string
	doc     *node
}

// request sends one request and does not follow redirects. A form that acts on a
// connection names the one of now, as if its page had been opened a moment ago.
func (b *browser) request(method, address string, form url.Values, header ...string) *page {
	b.t.Helper()
	if method == http.MethodPost && form != nil {
		form = b.site.bind(b.t, address, form)
	}
	return b.send(method, address, form, header...)
}

// send sends one request with the fields that it is given.
func (b *browser) send(method, address string, form url.Values, header ...string) *page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site.url+address, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.site.server.PublicURL.String())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	p := b.do(r)
	if !b.byHand && method == http.MethodPost && p.header.Get("Location") == views.SecondFactor() {
		return b.secondFactor(header...)
	}
	if !b.byHand && method == http.MethodPost && !strings.HasSuffix(address, "proof=1") &&
		strings.Contains(p.body, "Confirm that it is you") {
		return b.prove(p, header...)
	}
	return p
}

// prove gives the second factor that a page asks for again.
func (b *browser) prove(asked *page, header ...string) *page {
	b.t.Helper()
	session, err := b.site.Store.FindSession(b.t.Context(), hashOfToken(b.cookie(sessionCookie)), b.site.Clock.Now(),
		testIdle)
	if err != nil {
		b.t.Fatal("no session asks: ", err)
	}
	f := asked.form("Continue")
	f.values.Set("code", runtest.Code(b.t, b.site.DB, session.Operator, b.site.Clock.Now()))
	return b.send(http.MethodPost, f.action, f.values, header...)
}

// secondFactor completes the sign-in that a browser has begun.
func (b *browser) secondFactor(header ...string) *page {
	b.t.Helper()
	in, err := b.site.Store.FindSignIn(b.t.Context(), hashOfToken(b.cookie("signin")), b.site.Clock.Now())
	if err != nil {
		b.t.Fatal("no sign-in waits: ", err)
	}
	code := runtest.Code(b.t, b.site.DB, in.Operator, b.site.Clock.Now())
	return b.request(http.MethodPost, views.SecondFactorCode(), url.Values{"code": {code}}, header...)
}

func (b *browser) do(r *http.Request) *page {
	b.t.Helper()
	if r.Host == r.URL.Host {
		r.Host = b.site.server.PublicURL.Host
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &page{b: b, address: r.URL.RequestURI(), status: answer.StatusCode, header: answer.Header, body: string(body)}
	if p.doc, err = html.Parse(strings.NewReader(p.body)); err != nil {
		b.t.Fatal(err)
	}
	b.seen = append(b.seen, p)
	return p
}

// get opens an address and follows redirects.
func (b *browser) get(address string) *page {
	b.t.Helper()
	return b.request(http.MethodGet, address, nil).follow()
}

// follow goes on to where an answer redirects.
func (p *page) follow() *page {
	p.b.t.Helper()
	for range 5 {
		to := p.header.Get("Location")
		if p.status != http.StatusSeeOther || to == "" {
			return p
		}
		to, _, _ = strings.Cut(to, "#")
		p = p.b.request(http.MethodGet, to, nil)
	}
	p.b.t.Fatal("redirects without end at ", p.address)
	return nil
}

// want stops the test unless the page has a status and shows these words.
func (p *page) want(status int, words ...string) *page {
	p.b.t.Helper()
	if p.status != status {
		p.b.t.Fatalf("%s: status %d, want %d\n%s", p.address, p.status, status, p.text())
	}
	text := p.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.b.t.Fatalf("%s does not say %q:\n%s", p.address, w, text)
		}
	}
	return p
}

// wantNot stops the test if the document holds any of these texts.
func (p *page) wantNot(words ...string) *page {
	p.b.t.Helper()
	for _, w := range words {
		if strings.Contains(p.body, w) {
			p.b.t.Fatalf("%s holds %q", p.address, w)
		}
	}
	return p
}

// text is what a person reads, blanks collapsed.
func (p *page) text() string { return textOf(p.doc) }

func textOf(n *node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && (c.Parent == nil || c.Parent.Data != "script" && c.Parent.Data != "style") {
			b.WriteString(c.Data)
			if c.NextSibling == nil || c.NextSibling.Data != "wbr" {
				b.WriteString(" ")
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// all returns the elements that fit, in the order of the page.
func (p *page) all(fits func(*node) bool) []*node {
	var found []*node
	for n := range p.doc.Descendants() {
		if n.Type == html.ElementNode && fits(n) {
			found = append(found, n)
		}
	}
	return found
}

func (p *page) byID(id string) *node {
	p.b.t.Helper()
	found := p.all(func(n *node) bool { return attribute(n, "id") == id })
	if len(found) != 1 {
		p.b.t.Fatalf("%s: %d elements with id %q", p.address, len(found), id)
	}
	return found[0]
}

// link returns the address of the first link that starts with text.
func (p *page) link(text string) string {
	p.b.t.Helper()
	for _, n := range p.all(func(n *node) bool { return n.Data == "a" }) {
		if strings.HasPrefix(textOf(n), text) {
			return attribute(n, "href")
		}
	}
	p.b.t.Fatalf("%s has no link %q:\n%s", p.address, text, p.text())
	return ""
}

// click follows a link.
func (p *page) click(text string) *page {
	p.b.t.Helper()
	to, _, _ := strings.Cut(p.link(text), "#")
	return p.b.get(to)
}

// offers reports whether the page has a link that starts with text.
func (p *page) offers(text string) bool {
	return len(p.all(func(n *node) bool { return n.Data == "a" && strings.HasPrefix(textOf(n), text) })) > 0
}
