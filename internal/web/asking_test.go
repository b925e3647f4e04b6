package web

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

const askingDuo = "Asking Duo…"

// slow is an estate whose pages say early that Duo is being asked.
func slowEstate(t *testing.T) (*fleet, *browser) {
	e := newFleet(t)
	e.server.AskingAfter = 20 * time.Millisecond
	return e, e.as(t, e.Owner)
}

// TestAPageThatWaitsSaysSo: what waits is one whole document with what was asked for at its end, whatever that is.
func TestAPageThatWaitsSaysSo(t *testing.T) {
	t.Parallel()
	e, b := slowEstate(t)
	org := e.orgOf(e.near.org)
	pages := map[string]string{
		"": "by status", "/users": "CANARY-near Jane", "/users?fresh=1": "CANARY-near Jane", "/phones": "Platform",
		"/bypass-codes": "Uses left", "/users/" + e.near.user: "CANARY-near Jane",
		"/phones/" + e.near.phone: "Last runs", "/settings": "Lockout",
		"/actions/update-user?user_id=" + e.near.user: "Review changes",
		"/users/DU00000000000000NONE":                 "Error 404",
		"/actions/create-bypass-code-for-user/form":   "Create Bypass Code",
	}
	delete(pages, "")
	for address, words := range pages {
		e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: duosim.Slow, Delay: 150 * time.Millisecond})
		e.server.Runner = e.Over(t, e.Transport) // nothing is held
		p := b.get(org+address).want(http.StatusOK, askingDuo, words).fine()
		if n := strings.Count(p.body, "<html") + strings.Count(p.body, "</html>") +
			strings.Count(p.body, "</main>"); n != 3 {
			t.Errorf("%s is no one document:\n%s", address, p.body)
		}
		if strings.Index(p.text(), askingDuo) > strings.Index(p.text(), words) {
			t.Errorf("%s says first what was asked for:\n%s", address, p.text())
		}
		if p.header.Get("Content-Length") != "" {
			t.Errorf("%s has a length", address)
		}
	}
	// What does not wait has nothing of it, and neither has what htmx puts into a page.
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{})
	soon := e.server.AskingAfter
	e.server.AskingAfter = time.Minute // however slow the machine is
	b.get(org+"/users").want(http.StatusOK, "CANARY-near Jane").wantNot(askingDuo)
	e.server.AskingAfter = soon
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: duosim.Slow, Delay: 150 * time.Millisecond})
	e.server.Runner = e.Over(t, e.Transport)
	r, _ := http.NewRequest(http.MethodGet, e.url+org+"/users?q=jane", nil)
	r.Header.Set("HX-Request", "true")
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); strings.Contains(string(body), askingDuo) ||
		!strings.Contains(string(body), "CANARY-near Jane") {
		t.Errorf("%s", body)
	}
}

// TestTheNoteComesBeforeTheAnswer reads a page as it comes: the note, the navigation and the title are there while Duo
// is still being asked.
func TestTheNoteComesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	e, b := slowEstate(t)
	goOn := make(chan struct{})
	e.server.Runner = e.Over(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		<-goOn
		return e.Transport.RoundTrip(r)
	}))
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, e.url+e.orgOf(e.near.org)+"/users", nil)
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var seen strings.Builder
	page := bufio.NewReader(io.TeeReader(answer.Body, &seen))
	for !strings.Contains(seen.String(), askingDuo) {
		if _, err := page.ReadByte(); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"<title>Users · CANARY-near", `aria-current="page">Users</a>`, "Sign out"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("before the answer there is no %q", want)
		}
	}
	close(goOn)
	if _, err := io.Copy(io.Discard, page); err != nil || !strings.Contains(seen.String(), "CANARY-near Jane") ||
		!strings.HasSuffix(strings.TrimSpace(seen.String()), "</html>") {
		t.Errorf("the rest: %v\n%s", err, seen.String())
	}
}

// TestHangingDuo: nobody waits more than ten seconds, after three time-outs nobody waits at all, there is the older
// list with its age, and all is well five seconds after Duo is back.
func TestHangingDuo(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	org := e.orgOf(e.near.org)
	token, _ := e.accessToken(t, e.Workspace, e.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	b.get(org+"/users").want(http.StatusOK, "CANARY-near Jane")
	e.Clock.Move(5 * time.Minute)
	hang := duosim.Fault{Kind: duosim.Slow, Delay: time.Minute}
	e.Sim.SetFault(e.near.account.AccountID, hang)
	const atOnce = 5 * time.Second // on a busy machine; what waits for Duo takes nine
	slowest := func(limit time.Duration, get func()) {
		t.Helper()
		began := time.Now()
		get()
		if took := time.Since(began); took > limit {
			t.Errorf("it took %v, want %v at most", took, limit)
		}
	}
	slowest(10*time.Second+atOnce, func() { // thirty, if nobody gave up
		ended, session := make(chan *page), e.token(t, e.Owner)
		addresses := []string{"/users", "/users/" + e.near.user, "/phones/" + e.near.phone,
			"/actions/assign-phone-to-user?user_id=" + e.near.user}
		for i := range 32 { // twice as many as there are connections to a host, four times those to the database
			another := e.stranger(t)
			another.setCookie(sessionCookie, session)
			go func() { ended <- another.request(http.MethodGet, org+addresses[i%len(addresses)], nil) }()
		}
		slowest(5*time.Second, func() { b.get(e.orgOf(e.far.org)+"/phones").want(http.StatusOK, "Platform") })
		slowest(5*time.Second, func() { b.get(e.ws("")).want(http.StatusOK) })
		for range 32 {
			(<-ended).fine()
		}
	})
	slowest(atOnce, func() {
		b.get(org+"/users").want(http.StatusOK, "An older list", "This is the list as of ",
			"Duo does not answer for this account", "Try again at ", "CANARY-near Jane", "5 min ago").fine()
	})
	slowest(atOnce, func() {
		p := b.get(org+"/phones/"+e.near.phone).want(http.StatusServiceUnavailable,
			"Duo does not answer for this account", "Try again at ").fine()
		if p.header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After is %q", p.header.Get("Retry-After"))
		}
	})
	slowest(atOnce, func() {
		p := e.stranger(t).call(token, http.MethodGet, "/api/v1"+org+"/users", nil)
		p.wantProblem(http.StatusServiceUnavailable, "duo_silent")
		if p.header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After is %q", p.header.Get("Retry-After"))
		}
	})
	// A change is not sent, and says so: nothing is unknown.
	slowest(atOnce, func() {
		body := map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": "new"}}
		got := e.stranger(t).call(token, http.MethodPost, "/api/v1"+org+"/actions/create-user",
			body).wantProblem(http.StatusServiceUnavailable, "duo_silent")
		if got.State != store.Refused || !strings.Contains(got.Detail, "Duo does not answer for this account") {
			t.Errorf("%+v", got)
		}
	})
	slowest(5*time.Second, func() { b.get(e.orgOf(e.far.org)+"/users").want(http.StatusOK, "CANARY-far Jane") })
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{})
	back := time.Now()
	for !strings.Contains(b.get(org+"/phones/"+e.near.phone).body, "Last runs") {
		if time.Since(back) > 5*time.Second+atOnce {
			t.Fatal("not back after five seconds, and five for a busy machine")
		}
	}
	b.get(org+"/users").want(http.StatusOK, "CANARY-near Jane").wantNot("An older list")
}

// TestLimitedAccount: the next visitor has an answer at once, with the older list and when to try.
func TestLimitedAccount(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b := e.as(t, e.Owner)
	org := e.orgOf(e.near.org)
	token, _ := e.accessToken(t, e.Workspace, e.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	for _, tab := range []string{"/users", "/phones", "/bypass-codes", ""} {
		b.get(org+tab).want(http.StatusOK, "read from Duo")
	}
	e.Clock.Move(2 * time.Minute)
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{Kind: duosim.RateLimited, RetryAfter: 65535 * time.Second})
	b.get(org+"/phones/"+e.near.phone).want(http.StatusTooManyRequests, "Duo is limiting requests to this account",
		"Try again at ")
	began, calls := time.Now(), e.Sim.Calls(e.near.account.AccountID)
	for tab, words := range map[string]string{"/users": "CANARY-near Jane", "/phones": "Platform",
		"/bypass-codes": "Uses left", "": "Active"} {
		b.get(org+tab).want(http.StatusOK, "An older list", "This is the list as of ",
			"Duo is limiting requests to this account", words, "2 min ago").fine()
	}
	p := e.stranger(t).call(token, http.MethodGet, "/api/v1"+org+"/users", nil)
	p.wantProblem(http.StatusTooManyRequests, "duo_busy")
	if wait := p.header.Get("Retry-After"); len(wait) != 2 || wait > "60" {
		t.Errorf("Retry-After is %q", wait)
	}
	if took, asked := time.Since(began), e.Sim.Calls(e.near.account.AccountID)-calls; asked > 0 ||
		took > 5*time.Second {
		t.Errorf("%d calls in %v", asked, took)
	}
	b.get(e.orgOf(e.far.org)+"/users").want(http.StatusOK, "CANARY-far Jane")
	// What was changed meanwhile is said, as the list does not show it.
	body := map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"username": "new"}}
	e.stranger(t).call(token, http.MethodPost, "/api/v1"+org+"/actions/create-user",
		body).wantProblem(http.StatusTooManyRequests, "duo_busy")
	b.get(org+"/users").want(http.StatusOK, "before the last change that was made here")
	// The first probe that is answered opens the account, though a minute is not over.
	e.Sim.SetFault(e.near.account.AccountID, duosim.Fault{})
	e.Clock.Move(10 * time.Second)
	b.get(org+"/users").want(http.StatusOK, "CANARY-near Jane").wantNot("An older list")
}
