package web

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
)

// asking is a site whose one user, Jane, has an activated phone and can be asked
// through both APIs.
func asking(t *testing.T) (s *console, jane string) {
	t.Helper()
	s = newSite(t)
	app := s.Sim.AddApplication(s.Account.AccountID, duosim.AuthAPI)
	typed := map[string]string{"ownauth_host": s.Account.APIHostname, "ownauth_integration_key": app.IntegrationKey,
		"ownauth_secret_key": app.SecretKey}
	if refused, _, err := s.Setup().SaveKeys(t.Context(), s.Scope(), s.Actor(catalog.Owner),
		setup.OfOrganization(s.Client, store.AuthAPI), typed); err != nil || refused != nil {
		t.Fatal(refused, err)
	}
	jane = s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+12025550143", Type: "Mobile", Platform: "Apple iOS",
		Model: "iPhone 15", Activated: true, LastSeen: s.Clock.Now().Add(-time.Hour), UserIDs: []string{jane}})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+12025550144", Type: "Mobile",
		Platform: "Google Android", Activated: true, UserIDs: []string{jane}})
	s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+12025550145", Type: "Landline",
		UserIDs: []string{jane}})
	return s, jane
}

// answer does with the one push on its way what its owner does.
func (s *console) answer(t *testing.T, how string) duosim.Push {
	t.Helper()
	pushes := s.Sim.Pushes(s.Account.AccountID)
	if len(pushes) != 1 {
		t.Fatalf("%d pushes are on their way", len(pushes))
	}
	if err := s.Sim.AnswerPush(pushes[0].ID, how, ""); err != nil {
		t.Fatal(err)
	}
	return pushes[0]
}

// stream reads a run's events, and hands each to see, until the stream ends.
func (b *browser) stream(address string, see func(liveEvent)) (status int, last liveEvent) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.site.url+address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for answer.StatusCode == http.StatusOK && lines.Scan() {
		text, isEvent := strings.CutPrefix(lines.Text(), "data: ")
		if !isEvent {
			continue
		}
		last = liveEvent{} // what an event leaves out is not what the one before said
		if err := json.Unmarshal([]byte(text), &last); err != nil {
			b.t.Fatal(err, text)
		}
		see(last)
	}
	return answer.StatusCode, last
}

// live finds what the live part of a page says under a name.
func (p *page) live(name string) string {
	for _, n := range p.all(func(n *node) bool { return has(n, "data-events") }) {
		return attribute(n, name)
	}
	return ""
}

func TestVerifyCallerOnTheUsersPage(t *testing.T) {
	t.Parallel()
	for how, said := range map[string]string{
		duosim.Approve: "Verified by push", duosim.Deny: "Push denied", duosim.Fraud: "Push reported as fraud",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s, jane := asking(t)
			b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
			at := s.org("/users/" + jane)
			sheet := b.get(at).wantNot("Verified").click("Verify").want(http.StatusOK, "Verify Jane Roe",
				"+12025550143 · Apple iOS · iPhone 15, last seen", "+12025550144").wantNot("+12025550145").fine()
			f := sheet.form("Send push").set("ticket", "T-77")
			shown := f.post().want(http.StatusOK, "Sent a verification push to +12025550143.", "is not stored").fine()
			push := s.Sim.Pushes(s.Account.AccountID)[0]
			shown.want(http.StatusOK, words.InGroups(push.Code), words.Spoken(push.Code))
			// Without a script the page stays as it is: it says so, and has a link.
			shown.want(http.StatusOK, "Open the answer").wantNot("Waiting for the answer", `http-equiv="refresh"`)
			if left := shown.all(func(n *node) bool {
				return strings.HasPrefix(attribute(n, "class"), "live-left")
			}); len(left) != 1 || !has(left[0], "hidden") {
				t.Error("without a script, the page counts seconds that it does not count")
			}
			if shown.live("data-approved") != "Approved. Did the caller read "+words.InGroups(push.Code)+"?" {
				t.Error("an approval asks nothing: ", shown.live("data-approved"))
			}

			// The same form again, in a second tab: one push, and no code.
			f.post().want(http.StatusOK, "Already sent").wantNot(push.Code, words.InGroups(push.Code))
			b.get(at).want(http.StatusOK, "Verification push sent")
			s.answer(t, how)
			status, last := b.stream(shown.live("data-events"), func(liveEvent) {})
			if status != http.StatusOK || !last.Done ||
				how == duosim.Approve && last.Answer != string(catalog.Approved) {
				t.Errorf("the stream ended with %d %+v", status, last)
			}
			if how == duosim.Approve {
				if last.Text != "Sent a verification push to +12025550143. Approved on +12025550143." {
					t.Error("an approval says ", last.Text)
				}
				b.get(at).want(http.StatusOK, "approved by jroe on +12025550143")
			}
			b.get(shown.live("data-then")).want(http.StatusOK, said, "Jane Roe", last.Text).wantNot(push.Code,
				words.InGroups(push.Code)).fine()
			run := b.get(at).click(said).want(http.StatusOK, "Verify Caller", "T-77", last.Text,
				"For the ticket").wantNot(push.Code, "See the answer")
			if how == duosim.Approve {
				run.wantNot("Record a call back")
			} else { // the page says to call the person back
				run.click("Record a call back").want(http.StatusOK, "Call back Jane Roe", "+12025550143")
			}
			everything := s.everyColumn(t)
			// others hold any six digits by chance
			for _, column := range []string{"input", "subject", "summary", "ticket", "answer"} {
				if strings.Contains(everything["run."+column], push.Code) {
					t.Errorf("%s holds the code", column)
				}
			}
			// A while later it says nothing about the person who calls now.
			s.Clock.Move(16 * time.Minute)
			b.get(at).want(http.StatusOK, "Jane Roe").wantNot(said)
		})
	}
}

func TestVerifyWithoutAnActivatedPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	sheet := s.as(t, s.Owner).get(s.org("/users/"+jane)).click("Verify").want(http.StatusOK,
		"Duo Mobile is not activated on any phone of this user").wantNot("Send push").fine()
	sheet.click("Send Duo Authentication").want(http.StatusOK, "Ask Jane Roe for the second factor", "no Auth API keys")
	sheet.click("Call back").want(http.StatusOK, "Call back Jane Roe")
}

func TestSendDuoAuthenticationLive(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	sheet := b.get(s.org("/actions")).click("Send Duo Authentication").want(http.StatusOK, "Choose a user to ask",
		"Jane Roe").fine().
		click("Choose").want(http.StatusOK, "Duo asks for the second factor", "Account is active", "XXX-XXX-0143",
		"push, SMS, call").fine()
	bad := sheet.form("Ask now").set("ipaddr", "nowhere").set("pushinfo",
		"Service desk").send().want(http.StatusUnprocessableEntity, "This is not an IP address",
		"Write each row as name=value").fine()
	if value, _ := bad.box("pushinfo"); value != "Service desk" {
		t.Error("what was typed is lost: ", value)
	}
	f := bad.form("Ask now").set("ipaddr", "198.51.100.7").set("pushinfo", "Called by=Ana\r\nTicket=T-9").set("type",
		"Help desk").set("display_username", "Jane R.").set("ticket", "T-9")
	page := f.send().want(http.StatusOK, "Send Duo Authentication", "Sending", "jroe", "See the answer").fine()
	if !strings.Contains(page.body, `<noscript><meta http-equiv="refresh" content="3"`) {
		t.Error("without a script, nobody sees the answer")
	}
	var once sync.Once
	var texts []string
	status, last := b.stream(page.live("data-events"), func(e liveEvent) {
		texts = append(texts, e.Text)
		once.Do(func() {
			push := s.answer(t, duosim.Approve)
			if push.Title != "Help desk" || push.ShownName != "Jane R." || push.Info != "Called+by=Ana&Ticket=T-9" {
				t.Errorf("the phone shows %+v", push)
			}
		})
	})
	if status != http.StatusOK || !last.Done || last.Text != "Sent a push. Approved." || len(texts) < 2 {
		t.Errorf("%d: %q, then %+v", status, texts, last)
	}
	b.get(page.live("data-then")).want(http.StatusOK, "Applied", "Sent a push. Approved.",
		"T-9").wantNot("See the answer", `http-equiv="refresh"`).fine()
	f.send().want(http.StatusOK, "Already sent")
	if n := len(s.Sim.Pushes(s.Account.AccountID)); n != 1 {
		t.Errorf("%d pushes", n)
	}

	b.get(s.org("/actions/send-duo-authentication?user_id="+jane)).form("Ask now").set("factor",
		"passcode").set("passcode", "123123").send().want(http.StatusOK, "Send Duo Authentication").wantNot("123123")
	asked := b.get(s.org("/actions/send-duo-authentication/form")).form("Send Duo Authentication").set("user_id",
		"jroe").set("factor", "passcode").set("passcode", "318264").send().want(http.StatusOK, "as typed")
	if strings.Contains(asked.text(), "318264") {
		t.Error("the question shows the passcode")
	}
	bob := s.addUser(t, duosim.UserSpec{Username: "bob", Status: duosim.LockedOut})
	b.get(s.org("/actions/send-duo-authentication?user_id="+bob)).want(http.StatusOK, "Duo refuses this user",
		"Account is locked out").fine()
	carol := s.addUser(t, duosim.UserSpec{Username: "carol", Status: duosim.Bypass})
	b.get(s.org("/actions/send-duo-authentication?user_id="+carol)).want(http.StatusOK,
		"Duo lets this user in without asking").fine()
	dan := s.addUser(t, duosim.UserSpec{Username: "dan"})
	b.get(s.org("/actions/send-duo-authentication?user_id="+dan)).want(http.StatusOK, "enroll first").fine()
}

func TestAskingWithoutKeysOrDuo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	b := s.as(t, s.Owner)
	b.get(s.org("/actions/send-duo-authentication?user_id="+jane)).want(http.StatusOK,
		"no Auth API keys of its own in use", "Connection page").wantNot("Ask now").fine().
		click("Open Connection").want(http.StatusOK, "Auth API")
	for _, role := range []catalog.Role{catalog.Helpdesk, catalog.Technician} {
		p := s.as(t, s.Member(t, s.Workspace, role)).get(s.org("/actions/send-duo-authentication?user_id="+jane)).
			want(http.StatusOK, "no Auth API keys of its own in use",
				"An owner or admin can add them.").wantNot("Connection page").fine()
		if p.leadsTo("/connection") {
			t.Error(role, " is led to a page that is not theirs")
		}
	}

	s, jane = asking(t)
	b = s.as(t, s.Owner)
	f := b.get(s.org("/actions/send-duo-authentication?user_id=" + jane)).form("Ask now")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 30 * time.Second,
		Path: "/auth/"})
	again := f.send().want(http.StatusTooManyRequests, "Duo is limiting", "Try again at ").fine()
	s.Clock.Move(30 * time.Second)
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	again.form("Ask now").send().want(http.StatusBadGateway, "may have been done: check before").fine()
	if n := len(s.Sim.Pushes(s.Account.AccountID)); n != 1 {
		t.Errorf("%d pushes", n)
	}
	b.get(s.org("/runs")).want(http.StatusOK, "Unknown").click("Send Duo Authentication").want(http.StatusOK,
		"Ask them whether a request came")
}

// TestStreamsOfOneOperator opens as many streams as one operator may have, of one
// run in several sessions, and one more.
func TestStreamsOfOneOperator(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	b := s.as(t, s.Owner)
	events := b.get(s.org("/actions/send-duo-authentication?user_id=" +
		jane)).form("Ask now").send().live("data-events")
	opened := make(chan bool, site.MostStreams)
	var all sync.WaitGroup
	for range site.MostStreams {
		all.Go(func() {
			var once sync.Once
			b.stream(events, func(liveEvent) { once.Do(func() { opened <- true }) })
		})
	}
	for range site.MostStreams {
		<-opened
	}
	var once sync.Once // a stream that should not be there would wait for the answer
	if status, _ := s.as(t, s.Owner).stream(events,
		func(liveEvent) { once.Do(func() { s.answer(t, duosim.Approve) }) }); status != http.StatusTooManyRequests {
		t.Errorf("one more stream: status %d", status)
	}
	colleague := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	all.Go(func() {
		if status, last := colleague.stream(events, func(liveEvent) { opened <- true }); status != http.StatusOK ||
			!last.Done {
			t.Errorf("a colleague's: status %d, last %+v", status, last)
		}
	})
	<-opened
	s.answer(t, duosim.Approve)
	all.Wait()
	if status, _ := b.stream(events, func(liveEvent) {}); status != http.StatusOK {
		t.Errorf("after the others have ended: status %d", status)
	}
}

// TestEventsOfOthers: an open run's stream is for those who may see its page, for
// as long as they may.
func TestEventsOfOthers(t *testing.T) {
	t.Parallel()
	s, jane := asking(t)
	b := s.as(t, s.Owner)
	page := b.get(s.org("/actions/send-duo-authentication?user_id=" + jane)).form("Ask now").send()
	events := page.live("data-events")
	workspace, owner := s.DB.Workspace(t)
	elsewhere := "/w/" + workspace.Slug + "/runs/" + events[strings.Index(events, "/runs/")+len("/runs/"):]
	other := s.Map(t, "Other", s.Sim.AddChild(s.Parent.AccountID, "Other"))
	for who, ask := range map[string]struct {
		b       *browser
		address string
	}{
		"the other workspace's owner":      {s.as(t, owner), events},
		"in the other workspace":           {s.as(t, owner), elsewhere},
		"a member of another organization": {s.as(t, s.Member(t, s.Workspace, catalog.Technician, other.ID)), events},
		"in another organization":          {b, s.orgOf(other) + events[strings.Index(events, "/runs/"):]},
		"the workspace of that member": {s.as(t, s.Member(t, s.Workspace, catalog.Administrator, other.ID)),
			s.ws(events[strings.Index(events, "/runs/"):])},
		"a run that is not there":      {b, s.org("/runs/00000000-0000-4000-8000-000000000000/events")},
		"something that cannot be one": {b, s.org("/runs/x/events")},
	} {
		if status, _ := ask.b.stream(ask.address, func(liveEvent) {}); status != http.StatusNotFound {
			t.Errorf("%s: %d", who, status)
		}
	}
	// Two tabs of one operator, and a colleague: all are told. Who signs out is told
	// no more.
	colleague := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	leaver, ended := s.as(t, s.Member(t, s.Workspace, catalog.Auditor)), s.Member(t, s.Workspace, catalog.Auditor)
	changed := s.Member(t, s.Workspace, catalog.Technician)
	opened, gone := make(chan bool, 6), make(chan bool, 3)
	var all sync.WaitGroup
	watch := func(b *browser, address string, wantDone bool) {
		all.Go(func() {
			first := true
			_, last := b.stream(address, func(liveEvent) {
				if first {
					opened <- true
					first = false
				}
			})
			if !wantDone {
				gone <- true
			}
			if last.Done != wantDone {
				t.Errorf("%s ended with %+v, want done %v", address, last, wantDone)
			}
		})
	}
	watch(b, events, true)
	watch(b, s.ws(events[strings.Index(events, "/runs/"):]), true)
	watch(colleague, events, true)
	watch(leaver, events, false)
	watch(s.as(t, ended), events, false)
	watch(s.as(t, changed), events, false)
	for range 6 {
		<-opened
	}
	leaver.get(s.ws("")).form("Sign out").send()
	s.Exec(t, `update membership set disabled_at = now() where workspace_id = $1 and operator_id = $2`,
		s.Workspace.ID, ended.ID)
	// Another role ends the session there, though the new one may see the run too.
	if err := s.InWorkspace(t.Context(), store.WholeWorkspace(s.Workspace.ID), func(tx *store.Tx) error {
		return tx.ChangeMember(t.Context(), changed.ID, wholeGrant(catalog.Auditor))
	}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		<-gone // at the stream's next look, before there is an answer
	}
	s.answer(t, duosim.Approve)
	all.Wait()
}
