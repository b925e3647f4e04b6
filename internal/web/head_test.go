package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

// TestHeadIsGetWithoutBody asks every row of the route table that has a GET by HEAD
// and by GET, as people and programs who may and may not: status and headers are the
// same, HEAD has no body, and changes no more than GET.
func TestHeadIsGetWithoutBody(t *testing.T) {
	t.Parallel()
	some := slices.DeleteFunc(slices.Concat(visitors(), programs()), func(v visitorCase) bool {
		return !slices.Contains([]string{"stranger", "auditor", "owner", "technician of the far organization",
			"owner's token", "helpdesk token of an administrator", "token that was revoked"}, v.name)
	})
	if len(some) != 7 {
		t.Fatal(len(some), "visitors")
	}
	for _, v := range some {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			e := newFleet(t)
			e.server.RefusalWindow = time.Nanosecond // it is refused many times
			w := &walk{t: t, e: e, v: v, b: e.stranger(t), answers: map[string]string{}}
			if v.operator != nil {
				w.operator = v.operator(t, e)
				if w.b = e.as(t, w.operator); v.program {
					w.b, w.token = e.stranger(t), v.token(t, e, w.operator)
				}
			}
			w.unchanged("HEAD", func() { w.heads(http.MethodHead) })
			if rows := e.readingRows(t); rows != 0 {
				t.Errorf("HEAD counted as reading %d rows", rows)
			}
			asked := w.heads(http.MethodGet)
			answered := w.heads(http.MethodHead)
			if len(asked) < 60 && !v.program || len(asked) < 9 {
				t.Errorf("only %d addresses were asked", len(asked))
			}
			for address, get := range asked {
				head := answered[address]
				if head.status != get.status || head.body != "" {
					t.Errorf("HEAD %s: status %d with %d bytes, and GET has %d", address, head.status,
						len(head.body), get.status)
				}
				if a, b := headOf(head.header), headOf(get.header); a != b {
					t.Errorf("HEAD %s: the headers differ%s", address, difference(b, a))
				}
				// How long ago something was has more or fewer digits as time goes by. The length of nothing is
				// net/http's own, and of what is compressed it is not known.
				length, got := get.header.Get("Content-Length"), head.header.Get("Content-Length")
				html := strings.HasPrefix(get.header.Get("Content-Type"), "text/html")
				if length != "" && length != "0" && (got == "" || got != length && !html) {
					t.Errorf("HEAD %s: length %q, and GET has %q", address, got, length)
				}
			}
		})
	}
}

// heads asks every row that has a GET about what is near and what is another's.
func (w *walk) heads(method string) map[string]*page {
	w.t.Helper()
	answers := map[string]*page{}
	for _, r := range routes(w.e.server) {
		if r.Method != http.MethodGet || strings.HasSuffix(r.Path, "/events") && method == http.MethodGet {
			continue
		}
		for _, k := range knownRoutes("GET " + r.Path) {
			if likeAnother(k) {
				continue
			}
			for _, at := range []target{targetOf(&w.e.near), targetOf(&w.e.foreign)} {
				address := addressOf(r, k, at)
				if k.query != nil {
					address += "?" + k.query(at.of).Encode()
				}
				w.e.Clock.Move(site.PaceEvery)
				if k.token {
					answers[address] = w.b.call(w.token, method, address, nil)
				} else {
					answers[address] = w.b.request(method, address, nil)
				}
			}
		}
	}
	return answers
}

func (e *fleet) readingRows(t testing.TB) (rows int) {
	t.Helper()
	err := e.InWorkspace(t.Context(), e.Scope(), func(tx *store.Tx) error {
		found, err := tx.Readings(t.Context(), store.Query{Limit: 100})
		for _, r := range found.Rows {
			rows += r.Rows
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestHeadOfAStreamEnds: the headers of a stream of events come at once, and the
// stream goes on for others.
func TestHeadOfAStreamEnds(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	b := s.as(t, s.Owner)
	shown := b.get(s.org("/users/" + jane)).click("Verify").form("Send push").post().want(http.StatusOK)
	events := shown.live("data-events")
	began := time.Now()
	for range site.MostStreams + 1 { // none is counted as open
		p := b.request(http.MethodHead, events, nil).want(http.StatusOK)
		if p.header.Get("Content-Type") != "text/event-stream; charset=utf-8" || p.body != "" {
			t.Fatal(p.header, p.body)
		}
	}
	if took := time.Since(began); took > site.LookAgain*site.MostStreams {
		t.Errorf("the headers took %v", took)
	}
	s.stranger(t).request(http.MethodHead, events, nil).want(http.StatusSeeOther)
	s.answer(t, duosim.Approve)
	if status, last := b.stream(events, func(liveEvent) {}); status != http.StatusOK || !last.Done {
		t.Error(status, last)
	}
}

// TestHeadTakesNothing: what one GET uses up is still there after a HEAD, and where
// too much was read a HEAD is told so too.
func TestHeadTakesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	b.signIn(s.Owner, storetest.Password).want(http.StatusSeeOther)
	form := s.typedUser(b)
	s.Clock.Move(testIdle + time.Minute)
	signIn := form.post("Referer", s.url+s.org("/actions/create-user")).want(http.StatusUnauthorized).form("Sign in")
	back := b.request(http.MethodPost, "/signin", url.Values{"email": {s.Owner.Email}, "password": {storetest.Password},
		"held": {signIn.values.Get("held")}, "next": {signIn.values.Get("next")}}).want(http.StatusSeeOther)
	address := back.header.Get("Location")
	if !strings.Contains(address, "held=1") {
		t.Fatal(address)
	}
	head := b.request(http.MethodHead, address, nil).want(http.StatusOK)
	get := b.request(http.MethodGet, address, nil)
	if s.wantTyped(t, get); head.header.Get("Content-Length") != get.header.Get("Content-Length") {
		t.Error(head.header, get.header)
	}

	token, _ := s.accessToken(t, s.Workspace, s.Owner,
		store.Grant{Role: catalog.Auditor.String(), EveryOrganization: true})
	program := s.stranger(t)
	s.addUser(t, duosim.UserSpec{Username: uuid.NewString()})
	limit := func(rows int) { s.Exec(t, `update workspace set rows_a_day = $2 where id = $1`, s.Workspace.ID, rows) }
	ask := func(method string, status int) *page {
		t.Helper()
		return program.call(token, method, s.apiOrg("/users"), nil).want(status)
	}
	limit(store.LeastRowsADay)
	s.Exec(t,
		`insert into reading (workspace_id, operator_id, token, list, hour, rows) values ($1, $2, '', 'users', date_trunc('hour', now()), $3)`, s.Workspace.ID, s.Owner.ID, store.LeastRowsADay-1)
	for range 3 {
		ask(http.MethodHead, http.StatusOK)
	}
	ask(http.MethodGet, http.StatusOK)
	over := []*page{ask(http.MethodHead, http.StatusTooManyRequests), ask(http.MethodGet, http.StatusTooManyRequests)}
	for _, p := range over {
		maps.DeleteFunc(p.header,
			func(name string, _ []string) bool { return name == "X-Request-Id" || name == "Date" })
	}
	if !maps.EqualFunc(over[0].header, over[1].header, slices.Equal) {
		t.Error(over[0].header, over[1].header)
	}
}

// TestAllowNamesHead: where a method is refused, the answer names those that are not.
func TestAllowNamesHead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, address := range []string{"/signin", s.ws(""), s.api("/runs"), "/api/v1/openapi.json", "/static/x"} {
		p := s.stranger(t).call("", http.MethodPut, address, nil, "Origin", s.url)
		if allow := p.header.Get("Allow"); p.status != http.StatusMethodNotAllowed ||
			!strings.Contains(allow, "HEAD") || !strings.Contains(allow, "GET") {
			t.Errorf("%s: %d, Allow: %q", address, p.status, allow)
		}
	}
	// Where there is no GET, a HEAD is refused too.
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		s.as(t, s.Owner).request(method, "/signout", nil).want(http.StatusMethodNotAllowed)
	}
}
