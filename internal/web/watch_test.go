package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// synchronizing is a plan that was approved and of which nothing was done yet.
func synchronizing(t *testing.T) (e *fleet, b *browser, address string) {
	t.Helper()
	e = newFleet(t)
	e.Sim.ChangeDirectory(e.near.account.AccountID, e.near.directory, duosim.Person{Username: "ann"},
		duosim.Person{Username: "bea"}, duosim.Person{Username: "cyd"})
	member := e.Member(t, e.Workspace, catalog.Technician)
	b = e.as(t, member)
	at := b.get(e.orgOf(e.near.org)+"/actions/synchronize-users").form("Synchronize").set("usernames",
		"ann\nbea\ncyd").send().follow().address
	plans, id := plan.New(e.Runner), uuid.MustParse(at[strings.LastIndex(at, "/")+1:])
	p, _, err := plans.Of(t.Context(), e.Scope(), id)
	if err == nil {
		err = e.Proving(t.Context(), t, e.ActorOf(member, catalog.Technician), func(a run.Actor) error {
			return plans.Approve(t.Context(), e.Scope(), a, id, p.Digest)
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return e, b, at
}

// synchronized counts the users that were synchronized.
func (e *fleet) synchronized() (n int) {
	for _, effect := range e.Sim.Ledger() {
		n += strings.Count(effect.Path, "/syncuser")
	}
	return n
}

// TestWatchAPlan: the stream of a plan goes on with it step by step, tells each one, and ends
// with it. Who may only look is told, and does nothing.
func TestWatchAPlan(t *testing.T) {
	t.Parallel()
	e, b, at := synchronizing(t)
	auditor := e.as(t, e.Member(t, e.Workspace, catalog.Auditor))
	opened, seen := make(chan bool), make(chan liveEvent, 1)
	var all sync.WaitGroup
	all.Go(func() {
		var once sync.Once
		_, last := auditor.stream(at+"/events", func(liveEvent) { once.Do(func() { close(opened) }) })
		seen <- last
	})
	<-opened
	if effects := e.synchronized(); effects != 0 {
		t.Errorf("%d effects by looking", effects)
	}
	var texts []string
	status, last := b.stream(at+"/events", func(event liveEvent) { texts = append(texts, event.Text) })
	if status != http.StatusOK || !last.Done || last.Text != "3 of 3 steps" {
		t.Errorf("%d %+v", status, last)
	}
	for _, want := range []string{"1 of 3 steps. Next: Synchronize Users, bea.",
		"2 of 3 steps. Next: Synchronize Users, cyd."} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q: no %q", texts, want)
		}
	}
	all.Wait()
	if last := <-seen; !last.Done || last.Text != "3 of 3 steps" {
		t.Errorf("who looked on was told %+v", last)
	}
	b.get(at).want(http.StatusOK, "Done", "Synchronized user cyd: created.").wantNot("http-equiv=\"refresh\"",
		"Read it again").fine()
}

// TestPageOfAPlanWithoutScripts: the page of a plan at work reads itself again the same way as
// that of a run, and goes on with the plan.
func TestPageOfAPlanWithoutScripts(t *testing.T) {
	t.Parallel()
	e, b, at := synchronizing(t)
	p := e.as(t, e.Member(t, e.Workspace, catalog.Auditor)).get(at).want(http.StatusOK, "0 of 3 steps",
		"Read it again").fine()
	if !strings.Contains(p.body, `<noscript><meta http-equiv="refresh" content="3"`) || p.header.Get("Refresh") != "" {
		t.Error("the page does not read itself again, or in two ways")
	}
	// What a script reads again for the stream, and what another site leads to, does nothing.
	for name, value := range map[string]string{"HX-Request": "true", "Sec-Fetch-Site": "cross-site",
		"Sec-Purpose": "prefetch"} {
		b.request(http.MethodGet, at, nil, name, value).want(http.StatusOK)
	}
	if n := e.synchronized(); n != 0 {
		t.Errorf("%d effects", n)
	}
	b.until(at, "3 of 3 steps").wantNot("Read it again")
}

// TestStreamOfAPlanEnds: with the session, the membership or the sight of its organization,
// and it counts among the streams of an operator.
func TestStreamOfAPlanEnds(t *testing.T) {
	t.Parallel()
	e, _, at := synchronizing(t)
	for name, end := range map[string]func(*browser, store.Operator){
		"signed out": func(b *browser, _ store.Operator) { b.get(e.ws("")).form("Sign out").send() },
		"disabled": func(_ *browser, o store.Operator) {
			e.Exec(t, `update membership set disabled_at = now() where operator_id = $1`, o.ID)
		},
		"not theirs": func(_ *browser, o store.Operator) {
			e.Exec(t, `update membership set every_organization = false where operator_id = $1`, o.ID)
		},
	} {
		operator := e.Member(t, e.Workspace, catalog.Auditor)
		b := e.as(t, operator)
		var once sync.Once
		status, last := b.stream(at+"/events", func(liveEvent) { once.Do(func() { end(b, operator) }) })
		if status != http.StatusOK || last.Done {
			t.Errorf("%s: %d %+v", name, status, last)
		}
	}
	operator := e.Member(t, e.Workspace, catalog.Auditor)
	for range site.MostStreams {
		e.server.Streams.Enter(operator.ID)
	}
	b := e.as(t, operator)
	if status, _ := b.stream(at+"/events", func(liveEvent) {}); status != http.StatusTooManyRequests {
		t.Errorf("one more: %d", status)
	}
	if status, _ := b.stream(e.orgOf(e.near.org)+"/plans/"+uuid.NewString()+"/events",
		func(liveEvent) {}); status != http.StatusNotFound {
		t.Errorf("none: %d", status)
	}
	if n := e.synchronized(); n != 0 {
		t.Errorf("%d effects", n)
	}
}

// TestPlansOfOtherKinds: an onboarding is not found at the addresses of other plans, nor they
// at its own, nor one of an organization or of the workspace in the place of the other.
func TestPlansOfOtherKinds(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	b, org := e.as(t, e.Owner), e.orgOf(e.near.org)
	onboarding := e.onboarding(&e.near, store.PlanDraft).ID.String()
	for _, at := range []string{org + "/plans/" + onboarding, org + "/plans/" + e.near.workplan,
		e.orgOf(e.far.org) + "/plans/" + e.near.plan,
		e.ws("/plans/" + onboarding), e.ws("/plans/" + e.near.plan), org + "/plans/x", e.ws("/plans/x")} {
		for _, what := range []string{"", "/events"} {
			b.get(at + what).want(http.StatusNotFound)
		}
		for _, what := range []string{"/approve", "/pause", "/continue", "/cancel"} {
			b.request(http.MethodPost, at+what, url.Values{"digest": {"00"},
				"plan": {onboarding}}).want(http.StatusNotFound)
		}
	}
	for _, what := range []string{"approve", "pause", "continue", "cancel", "finish", "preview"} {
		for _, id := range []string{e.near.plan, e.near.workplan} {
			form := url.Values{"plan": {id}, "revision": {"1"}, "digest": {"00"}}
			b.request(http.MethodPost, org+"/onboarding/"+what, form).want(http.StatusNotFound)
		}
	}
}
