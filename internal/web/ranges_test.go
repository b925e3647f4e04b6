package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// admitOnly has a workspace admit only certain addresses, behind the form's back.
func (s *console) admitOnly(t testing.TB, ranges ...string) {
	t.Helper()
	s.Exec(t, `update workspace set ranges = $2::cidr[] where id = $1`, s.Workspace.ID, "{"+strings.Join(ranges, ",")+"}")
}

// limitedToken makes an access token of the owner that works from certain addresses.
func (s *console) limitedToken(t testing.TB, ranges ...string) string {
	t.Helper()
	var parsed store.Ranges
	for _, r := range ranges {
		parsed = append(parsed, netip.MustParsePrefix(r))
	}
	text, _, err := s.Members().MakeToken(t.Context(), s.Workspace.ID,
		run.Actor{Operator: s.Owner.ID, Epoch: s.today(t, s.Owner).Epoch}, store.Token{ID: uuid.New(),
			Name: "limited " + uuid.NewString(), Role: "owner", Every: true, Ranges: parsed,
			ExpiresAt: s.Clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withoutID is a problem without what differs from request to request.
func (p *page) withoutID() string {
	p.b.t.Helper()
	all := map[string]any{}
	if err := json.Unmarshal([]byte(p.body), &all); err != nil {
		p.b.t.Fatal(err, p.body)
	}
	delete(all, "request_id")
	text, _ := json.Marshal(all)
	return http.StatusText(p.status) + " " + p.header.Get("WWW-Authenticate") + " " + string(text)
}

// TestTokenFromElsewhere: a token that is used from an address outside of its ranges, or of its
// workspace's, is answered like one that was revoked, after the same statements. Its operator sees
// from where it was used.
func TestTokenFromElsewhere(t *testing.T) {
	t.Parallel()
	s, sent := traced(t)
	inside, outside := s.stranger(t), s.stranger(t)
	token := s.limitedToken(t, "198.51.100.0/24", inside.ip+"/32")
	revoked := s.limitedToken(t)
	s.Exec(t, `delete from api_token where operator_id = $1 and ranges = '{}'`, s.Owner.ID)
	ask := func(b *browser, token string) *page {
		return b.call(token, http.MethodGet, s.api("/organizations"), nil)
	}
	ask(inside, token).want(http.StatusOK)
	sent.take()
	gone := ask(s.stranger(t), revoked)
	gone.wantProblem(http.StatusUnauthorized, "unauthorized")
	statements := sent.take()
	refused := ask(outside, token)
	waitUntil(t, "it is noted", func() bool {
		return slices.ContainsFunc(sent.peek(), func(sql string) bool { return strings.HasPrefix(sql, "update api_token") })
	})
	if got, want := refused.withoutID(), gone.withoutID(); got != want {
		t.Errorf("a token from elsewhere is answered with\n%s, one that does not exist with\n%s", got, want)
	}
	// The note begins a transaction of its own, after these.
	if got := sent.take(); len(got) < len(statements) || !slices.Equal(got[:len(statements)], statements) {
		t.Errorf("a token from elsewhere costs\n%q, one that does not exist\n%q", got, statements)
	}
	ask(inside, token).want(http.StatusOK)
	owner := s.as(t, s.Owner)
	waitUntil(t, "the owner sees it", func() bool {
		return strings.Contains(owner.get("/account/tokens").text(), "Refused from "+outside.ip)
	})
	owner.get("/account/tokens").want(http.StatusOK, "Only from", "198.51.100.0/24, "+inside.ip+"/32").fine()

	// However often it is used elsewhere: it is noted once a minute, and works where it may.
	sent.take()
	for range 40 {
		ask(outside, token).wantProblem(http.StatusUnauthorized, "unauthorized")
	}
	ask(inside, token).want(http.StatusOK)
	for _, sql := range sent.take() {
		if strings.HasPrefix(sql, "update api_token set refused_at") {
			t.Error("it was noted again within a minute")
		}
	}

	// The workspace's ranges count besides.
	free := s.limitedToken(t)
	ask(outside, free).want(http.StatusOK)
	s.admitOnly(t, inside.ip+"/32")
	if got := ask(outside, free).withoutID(); got != gone.withoutID() {
		t.Errorf("a token from outside of its workspace's ranges is answered with %s", got)
	}
	ask(inside, free).want(http.StatusOK)
}

// peek is what was sent until now.
func (s *statements) peek() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// TestWorkspaceFromElsewhere: a session is good for nothing in a workspace that does not admit its
// address, not even to find out what exists there, and a refused change is on record.
func TestWorkspaceFromElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	inside, outside := s.as(t, s.Owner), s.as(t, s.Owner)
	stranger, otherOwner := s.DB.Workspace(t)
	foreign := s.as(t, otherOwner)
	nothing := foreign.get(s.ws("/nowhere")).want(http.StatusNotFound, "Nothing here")
	s.admitOnly(t, "203.0.113.0/24", inside.ip+"/32")
	inside.get(s.ws("")).want(http.StatusOK)
	for _, path := range []string{"", "/o/" + s.Client.Slug, "/o/nowhere", "/o/" + s.Client.Slug + "/users", "/operators",
		"/runs", "/addresses", "/notices"} {
		outside.get(s.ws(path)).want(http.StatusNotFound, "Not from your address").
			wantNot("203.0.113.0", inside.ip, s.Client.Name, "Nothing here")
		foreign.get(s.ws(path)).want(http.StatusNotFound, "Nothing here").wantNot("Not from your address")
	}
	if !strings.Contains(nothing.text(), "Nothing here") {
		t.Error("the foreign owner sees something")
	}
	before := len(s.recordOf(t, s.Workspace, s.Owner))
	outside.request(http.MethodPost, s.ws("/tickets"), url.Values{}).want(http.StatusNotFound, "Not from your address")
	record := s.recordOf(t, s.Workspace, s.Owner)
	if len(record) != before+1 || !strings.Contains(record[0].Summary, "does not admit the address "+outside.ip) {
		t.Errorf("on record is %+v", record[0])
	}
	// Who works in several workspaces sees which is not open, and its tokens are not shown.
	s.limitedToken(t)
	if _, err := store.AddOperator(t.Context(), s.OwnerURL, store.NewOperator{Workspace: stranger.Name,
		Email: s.Owner.Email, Role: "auditor"}); err != nil {
		t.Fatal(err)
	}
	outside.get("/").want(http.StatusOK, "Not open from your address")
	inside.get("/").want(http.StatusOK).wantNot("Not open from your address")
	outside.get("/account/tokens").want(http.StatusOK, "is not open from your address").wantNot("limited ")
	inside.get("/account/tokens").want(http.StatusOK, "limited ")
}

// TestRangesInFlight: what was on its way when the ranges changed does not happen.
func TestRangesInFlight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	actor := s.Actor(catalog.Owner)
	actor.From = store.Origin{Address: b.ip}
	change := func(a run.Actor) error {
		return s.Members().SetTicketRule(t.Context(), store.WholeWorkspace(s.Workspace.ID), a, []string{catalog.UpdateUser})
	}
	s.admitOnly(t, "203.0.113.0/24")
	if err := change(actor); !errors.Is(err, store.ErrElsewhere) {
		t.Error("a change from elsewhere ends with ", err)
	}
	if _, _, err := s.Members().MakeToken(t.Context(), s.Workspace.ID, actor, store.Token{ID: uuid.New(), Name: "x",
		Role: "auditor", Every: true, ExpiresAt: s.Clock.Now().Add(time.Hour)}); !errors.Is(err, store.ErrElsewhere) {
		t.Error("a token made from elsewhere ends with ", err)
	}
	actor.From = store.Origin{} // a plan that was approved
	if err := change(actor); err != nil {
		t.Error("work without an address ends with ", err)
	}
}

// TestStreamFromElsewhere: an open stream ends when the workspace does not admit its address any more,
// and so does a file.
func TestStreamFromElsewhere(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	b := s.as(t, s.Owner)
	events := b.get(s.org("/actions/send-duo-authentication?user_id=" + jane)).form("Ask now").send().live("data-events")
	inside := s.as(t, s.Owner)
	limited := false
	_, last := b.stream(events, func(liveEvent) {
		if !limited {
			limited = true
			s.admitOnly(t, inside.ip+"/32")
		}
	})
	if !limited || last.Done {
		t.Errorf("the stream ended with %+v", last)
	}
	inside.get(s.ws("")).want(http.StatusOK)
}

func TestFileFromElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addLongRuns(t)
	auditor := s.Member(t, s.Workspace, catalog.Auditor)
	body := s.beginFile(t, s.token(t, auditor))
	s.admitOnly(t, "203.0.113.0/24")
	var text bytes.Buffer
	if _, err := io.Copy(&text, body); err == nil {
		t.Errorf("a file of %d bytes passes for the whole", text.Len())
	}
}

// TestAddressRanges: an owner limits the workspace with a second factor, on record, and cannot be
// locked out by it.
func TestAddressRanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.byHand = true
	form := func(ranges string) *formOfPage {
		return b.get(s.ws("/operators")).click("Address ranges").want(http.StatusOK, "You come from "+b.ip).fine().
			form("Save address ranges").set("ranges", ranges)
	}
	save := func(ranges string) *page {
		return form(ranges).set("ticket", "INC-7").post().asksProof("Address ranges").set("code", s.codeOf(t, b)).post()
	}
	save("203.0.113.7/24").want(http.StatusUnprocessableEntity, "The range would be 203.0.113.0/24.").fine()
	s.Clock.Move(time.Minute) // each code counts once
	locked := save("203.0.113.0/24").want(http.StatusUnprocessableEntity, "This would lock you out: you come from "+b.ip)
	if value, _ := locked.fine().box("ranges"); value != "203.0.113.0/24" {
		t.Errorf("what was typed is lost: %q", value)
	}
	s.Clock.Move(time.Minute)
	if p := save("203.0.113.0/24\n" + b.ip); p.status != http.StatusSeeOther {
		t.Fatal("saving is answered with ", p.status, p.text())
	}
	b.get(s.ws("/addresses")).want(http.StatusOK, "203.0.113.0/24", b.ip+"/32")
	record := s.recordOf(t, s.Workspace, s.Owner)[0]
	if record.Action != store.RangesSet.Slug || record.Input["from"] != "every address" ||
		record.Input["to"] != "203.0.113.0/24, "+b.ip+"/32" || record.Ticket != "INC-7" {
		t.Errorf("on record is %+v", record)
	}
	s.as(t, s.Member(t, s.Workspace, catalog.Auditor)).get(s.ws("")).want(http.StatusNotFound, "Not from your address")
	s.Clock.Move(time.Minute)
	if p := save(""); p.status != http.StatusSeeOther {
		t.Error("opening it again is answered with ", p.status)
	}
	if record := s.recordOf(t, s.Workspace, s.Owner)[0]; record.Input["to"] != "every address" {
		t.Errorf("on record is %+v", record)
	}
	s.as(t, s.Member(t, s.Workspace, catalog.Auditor)).get(s.ws("")).want(http.StatusOK)
}

// TestTokenFormRanges: the form of an access token takes ranges, refuses them in words, and keeps what was
// ticked and typed.
func TestTokenFormRanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	open := b.get("/account/tokens/" + s.Workspace.Slug)
	f := open.form("Create token").set("name", "ticket system").set("days", "30").
		set("ranges", "office").set("act."+catalog.DeleteUser, "true")
	refused := f.send().want(http.StatusUnprocessableEntity, "“office” is not an address range.").fine()
	again := refused.form("Create token")
	if again.values.Get("act."+catalog.DeleteUser) != "true" || again.values.Get("ranges") != "office" {
		t.Errorf("what was typed is lost: %v", again.values)
	}
	again.set("ranges", "::ffff:203.0.113.0/120, 2001:db8::/32").set("password", storetest.Password).send().
		want(http.StatusOK, "Shown once", "Only from", "203.0.113.0/24, 2001:db8::/32", "Names Delete User").fine()
	b.get("/account/tokens").want(http.StatusOK, "Only from", "203.0.113.0/24, 2001:db8::/32", "Names Delete User")
	record := s.recordOf(t, s.Workspace, s.Owner)[0]
	if record.Action != store.TokenMade.Slug || record.Input["addresses"] != "203.0.113.0/24, 2001:db8::/32" {
		t.Errorf("on record is %+v", record)
	}
}

// TestForwardedForOpensNoRange: the address that ranges are compared with is that of the peer, or the last that a
// trusted proxy saw; a client cannot write it.
func TestForwardedForOpensNoRange(t *testing.T) {
	t.Parallel()
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for name, test := range map[string]struct {
		proxies []netip.Prefix
		header  string
		opens   bool
	}{
		"no proxy":                          {nil, "203.0.113.7", false},
		"another proxy":                     {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "203.0.113.7", false},
		"the proxy saw it":                  {[]netip.Prefix{loopback}, "203.0.113.7", true},
		"written as IPv6":                   {[]netip.Prefix{loopback}, "[::ffff:203.0.113.7]:4711", true},
		"the proxy saw another":             {[]netip.Prefix{loopback}, "198.51.100.9", false},
		"written before what the proxy saw": {[]netip.Prefix{loopback}, "203.0.113.7, 198.51.100.9", false},
		"no address":                        {[]netip.Prefix{loopback}, "203.0.113.7, nonsense", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveAt(t, runtest.Unconnected(t), "", test.proxies...)
			token, session := s.limitedToken(t, "203.0.113.0/24"), s.as(t, s.Owner)
			s.admitOnly(t, "203.0.113.0/24")
			page := session.request(http.MethodGet, s.ws(""), nil, "X-Forwarded-For", test.header)
			api := s.stranger(t).call(token, http.MethodGet, s.api(""), nil, "X-Forwarded-For", test.header)
			if opens := page.status == http.StatusOK; opens != test.opens || opens != (api.status == http.StatusOK) {
				t.Errorf("the page is answered with %d, the API with %d", page.status, api.status)
			}
			if !test.opens && (page.status != http.StatusNotFound || api.status != http.StatusUnauthorized) {
				t.Errorf("the page is answered with %d, the API with %d", page.status, api.status)
			}
		})
	}
}
