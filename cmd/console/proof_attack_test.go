//go:build proof

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/store"
)

// manyTokens are enough for a hundred requests a second: each is paced. An operator has twenty at most.
const manyTokens = 16

// attack serves probes to sqlmap, which knows neither forms nor sessions: the probe n has the address /n, with a
// parameter for each of its places. Every request finds the console, and Duo, in the same state.
type attack struct {
	s       *proofSite
	restore func()
	cookies []*http.Cookie
	tokens  []string
	server  *httptest.Server

	probes []probe
	sent   atomic.Uint32

	state sync.RWMutex // held for good by a request that may change it
	mu    sync.Mutex
	seen  []answers // of each probe
}

// answers count what a probe was answered with, by status.
type answers struct{ asItIs, tried map[int]int }

// newAttack prepares to attack a site with the session of its owner's client, and tokens. The present state is the one
// that every request finds.
func (s *proofSite) newAttack(client *http.Client) *attack {
	s.t.Helper()
	a := &attack{s: s, cookies: client.Jar.Cookies(mustParse(s.url))}
	for n := range manyTokens {
		text, _, err := members.New(s.runner()).MakeToken(s.t.Context(), s.ws.ID,
			run.Actor{Operator: s.owner.ID, Role: catalog.Owner},
			store.Token{ID: uuid.New(), Name: fmt.Sprint(n), Role: catalog.Owner.String(), Every: true, Acts: catalog.Acts(),
				ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			s.t.Fatal(err)
		}
		a.tokens = append(a.tokens, text)
	}
	a.restore = s.keepState()
	a.server = httptest.NewServer(a)
	s.t.Cleanup(a.server.Close)
	return a
}

// add takes probes on and returns their addresses for sqlmap.
func (a *attack) add(probes ...probe) (addresses []string) {
	for _, p := range probes {
		query := url.Values{}
		for n := range p.places {
			query.Set(parameter(n), a.value(p, p.places[n]))
		}
		asked := strings.ReplaceAll(query.Encode(), "+", "%20") // beside an ampersand sqlmap would read a plus
		addresses = append(addresses, fmt.Sprintf("%s/%d?%s", a.server.URL, len(a.probes), asked))
		a.probes = append(a.probes, p)
		a.seen = append(a.seen, answers{map[int]int{}, map[int]int{}})
	}
	return addresses
}

// number is which probe an address of sqlmap's is of; the first for what is none.
func (a *attack) number(path string) int {
	n, _ := strconv.Atoi(strings.Trim(path, "/"))
	return min(max(n, 0), len(a.probes)-1)
}

// parameter is the name of a probe's place for sqlmap, which passes over names like those of sessions and tokens.
func parameter(place int) string { return fmt.Sprintf("p%02d", place) }

// ServeHTTP sends the request of a probe with the values that sqlmap has chosen for its places.
func (a *attack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := a.number(r.URL.Path)
	p, seen, values := a.probes[n], a.seen[n].asItIs, []string(nil)
	for i, of := range p.places {
		values = append(values, r.URL.Query().Get(parameter(i)))
		if values[i] != a.value(p, of) {
			seen = a.seen[n].tried
		}
	}
	status, kind, body := a.send(p, values)
	a.mu.Lock()
	seen[status]++
	a.mu.Unlock()
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	w.Write(body)
}

// send sends a probe's request with these values in its places. What it has changed is brought back before another one
// is sent.
func (a *attack) send(p probe, values []string) (status int, kind string, body []byte) {
	if p.method == http.MethodGet {
		a.state.RLock()
		defer a.state.RUnlock()
	} else {
		a.state.Lock()
		defer a.state.Unlock()
		defer a.restore()
	}
	answer, err := a.s.send(http.DefaultTransport.RoundTrip, a.s.owner, a.request(p, values))
	if err != nil {
		a.s.t.Errorf("%s %s: %v", p.method, p.address, err)
		return http.StatusBadGateway, "", nil
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err != nil {
		a.s.t.Errorf("%s %s: %v", p.method, p.address, err)
	}
	return answer.StatusCode, answer.Header.Get("Content-Type"), body
}

// sendAsTheyAre complains of every probe whose request is not taken as it was found.
func (a *attack) sendAsTheyAre(probes []probe) {
	for _, p := range probes {
		p.places = nil
		if status, _, body := a.send(p, nil); status >= 400 {
			a.s.t.Errorf("%s %s is answered with %d as it is: %v %s", p.method, p.address, status, p.form, textOf(body))
		}
	}
}

// value is what a place of a probe holds as the probe was found.
func (a *attack) value(p probe, of place) string {
	switch of.in {
	case inPath:
		part, _ := url.PathUnescape(strings.Split(mustParse(p.address).EscapedPath(), "/")[p.row.part(of)])
		return part
	case inQuery:
		return mustParse(p.address).Query().Get(of.name)
	case inCookie:
		for _, c := range a.cookies {
			if c.Name == of.name {
				return c.Value
			}
		}
		return ""
	}
	return p.form.Get(of.name)
}

// part is which part of a row's path a place is.
func (r row) part(of place) int { return slices.Index(strings.Split(r.pattern, "/"), of.name) }

// request is a probe's request with these values in its places.
func (a *attack) request(p probe, values []string) *http.Request {
	path, query, _ := strings.Cut(p.address, "?")
	parts, asked, form, cookies := strings.Split(path, "/"), mustParse("?"+query).Query(), maps.Clone(p.form),
		slices.Clone(a.cookies)
	for i, of := range p.places {
		switch of.in {
		case inPath:
			parts[p.row.part(of)] = url.PathEscape(values[i])
		case inQuery:
			asked.Set(of.name, values[i])
		case inForm:
			form.Set(of.name, values[i])
		case inCookie:
			n := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == of.name })
			cookies[n] = &http.Cookie{Name: of.name, Value: values[i]}
		}
	}
	address, n := a.s.url+strings.Join(parts, "/"), a.sent.Add(1)
	if len(asked) > 0 {
		address += "?" + asked.Encode()
	}
	r := a.s.post(a.s.t.Context(), address, form)
	switch {
	case strings.HasPrefix(p.row.pattern, apiHome):
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+a.tokens[n%manyTokens])
		body := jsonOf(form)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	case !slices.ContainsFunc(strangers, func(page string) bool { return strings.HasPrefix(p.row.pattern, page) }):
		for _, c := range cookies { // as sqlmap has it: a browser's would be cleaned
			r.Header.Add("Cookie", c.Name+"="+c.Value)
		}
	}
	if r.Method = p.method; p.method == http.MethodGet {
		r.Body, r.ContentLength = nil, 0
	}
	// each address is paced
	r.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)}).String())
	return r
}

// jsonOf is a form as a program sends it.
func jsonOf(form url.Values) []byte {
	body, fields := map[string]any{}, map[string]string{}
	for name := range form {
		if slices.Contains(besideFields, name) {
			body[name] = form.Get(name)
		} else {
			fields[name] = form.Get(name)
		}
	}
	body["fields"] = fields
	text, _ := json.Marshal(body)
	return text
}

// unreached are complaints of probes that did not come to their handler: the request as it was found has to be taken,
// and a request with other values in its places may be refused for them, but not for who sends it or how often.
func (a *attack) unreached() (complaints []string) {
	for n, p := range a.probes {
		asItIs, tried := a.seen[n].asItIs, a.seen[n].tried
		refused := len(asItIs) == 0
		for status := range asItIs {
			refused = refused || status >= 400
		}
		for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusBadGateway,
			http.StatusServiceUnavailable} {
			refused = refused || tried[status] > 0
		}
		if refused {
			complaints = append(complaints,
				fmt.Sprintf("%s %s (%v): answered %v as it is, and %v with what sqlmap tried", p.method, p.address,
					p.places, asItIs, tried))
		}
	}
	return complaints
}

// answered are the requests sent so far, in all and by status.
func (a *attack) answered() (requests int, by map[int]int) {
	by = map[int]int{}
	for _, seen := range a.seen {
		for _, counted := range []map[int]int{seen.asItIs, seen.tried} {
			for status, n := range counted {
				by[status] += n
				requests += n
			}
		}
	}
	return requests, by
}

// textOf is what the main part of a page says.
func textOf(body []byte) string {
	page, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return string(body)
	}
	var said []string
	for n := range page.Descendants() {
		if text := strings.TrimSpace(n.Data); n.Type == html.TextNode && text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, " ")
}
