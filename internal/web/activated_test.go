package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// TestActivationIsSeen: the page with the link says by itself that the phone was activated,
// by a stream and, without a script, by a page that is read again; the link is on neither.
func TestActivationIsSeen(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	shown := b.get(s.org("/users/"+jane)).click("Activate Duo Mobile").form("Create activation link").set("ticket",
		"INC-6").post().
		want(http.StatusOK, "Shown once", "Waiting for the phone: not activated yet.",
			"See whether it is activated").wantNot(`http-equiv="refresh"`).fine()
	link := textOf(shown.byID("link"))
	code := link[strings.LastIndex(link, "/")+1:]
	waiting := b.get(shown.link("See whether it is activated")).want(http.StatusOK,
		"Waiting for the phone: not activated yet.").wantNot(code).fine()
	if !strings.Contains(waiting.body, `http-equiv="refresh"`) {
		t.Error("the page is not read again without a script")
	}
	if shown.live("data-answer") != "activated" || strings.Contains(shown.live("data-events"), code) {
		t.Error("the live part is ", shown.live("data-answer"), shown.live("data-events"))
	}
	events := 0
	status, last := b.stream(shown.live("data-events"), func(e liveEvent) {
		if events++; events == 1 {
			if e.Done {
				t.Error("activated before the phone was: ", e)
			}
			s.Sim.ActivatePhone(s.Account.AccountID, phone)
		}
	})
	if !last.Done || last.Answer != "activated" || strings.Contains(last.Text, code) {
		t.Fatalf("the stream answered %d, and after %d events %+v", status, events, last)
	}
	b.get(shown.link("See whether it is activated")).want(http.StatusOK, "Activated. Duo Mobile works on this phone.").
		wantNot("reads itself again", `http-equiv="refresh"`).fine()
	b.get(shown.live("data-then")).want(http.StatusOK, "Jane Roe", "Ticket: INC-6",
		"Created an activation link").wantNot(code)
	shown.click("Back to the user").want(http.StatusOK, "Ticket: INC-6")
	for column, text := range s.everyColumn(t) {
		if strings.Contains(text, code) {
			t.Errorf("%s holds the link", column)
		}
	}
}

// TestActivationOfBefore: a phone that was activated before the link was made, with Duo
// still saying so, is not taken for activated by it; a link that has expired ends the wait.
func TestActivationOfBefore(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	b := s.as(t, s.Owner)
	b.get(s.org("/phones/"+phone+"/activation")).want(http.StatusOK, "Not activated.").wantNot("reads itself again")
	shown := b.get(s.org("/users/"+jane)).click("Activate Duo Mobile").form("Create activation link").set("valid_secs",
		"3600").post().want(http.StatusOK)
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Unavailable})
	b.get(shown.link("See whether")).want(http.StatusOK,
		"Duo does not say whether the phone is activated. Asking again.").fine()
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	// as if made after
	s.Exec(t, `update run set started_at = started_at + interval '10 minutes'
		where workspace_id = $1 and action = 'send-activation-url'`, s.Workspace.ID)
	s.Sim.ActivatePhone(s.Account.AccountID, phone)
	b.get(shown.link("See whether")).want(http.StatusOK, "not activated yet")
	b.get(s.org("/phones/"+phone+"/activation")).want(http.StatusOK, "Activated. Duo Mobile works on this phone.")
	s.Clock.Move(2 * time.Hour)
	s.as(t, s.Owner).get(shown.link("See whether")).want(http.StatusOK,
		"The link has expired and was not used.").wantNot(`http-equiv="refresh"`)
}

// TestActivationOfOthers: nobody follows what they may not see.
func TestActivationOfOthers(t *testing.T) {
	t.Parallel()
	s, jane, phone := withPhone(t)
	b := s.as(t, s.Owner)
	shown := b.get(s.org("/users/" + jane)).click("Activate Duo Mobile").form("Create activation link").post().want(
		http.StatusOK)
	events := shown.live("data-events")
	_, run, _ := strings.Cut(events, "?run=")
	_, owner := s.DB.Workspace(t)
	other := s.Map(t, "Other", s.Sim.AddChild(s.Parent.AccountID, "Other"))
	for who, ask := range map[string]struct {
		b       *browser
		address string
	}{
		"another workspace's owner":        {s.as(t, owner), events},
		"a member of another organization": {s.as(t, s.Member(t, s.Workspace, catalog.Technician, other.ID)), events},
		"in another organization":          {b, s.orgOf(other) + "/phones/" + phone + "/activation/events?run=" + run},
		"a phone that is none":             {b, s.org("/phones/" + jane + "/activation/events")},
		"another run": {b, s.org("/phones/" + phone +
			"/activation/events?run=00000000-0000-4000-8000-000000000000")},
		"the run of another phone": {b, s.org("/phones/" + jane + "/activation/events?run=" + run)},
	} {
		if status, _ := ask.b.stream(ask.address, func(liveEvent) {}); status != http.StatusNotFound {
			t.Errorf("%s: %d", who, status)
		}
	}
	leaver := s.Member(t, s.Workspace, catalog.Auditor)
	_, last := s.as(t, leaver).stream(events, func(liveEvent) {
		s.Exec(t, `update membership set disabled_at = now() where workspace_id = $1 and operator_id = $2`,
			s.Workspace.ID, leaver.ID)
	})
	if last.Done {
		t.Error("someone who left was told to the end")
	}
}

// TestExpiredWhileDuoIsAway: a link that has expired ends the wait, and is not said to be
// unused while Duo does not say so.
func TestExpiredWhileDuoIsAway(t *testing.T) {
	t.Parallel()
	s, jane, _ := withPhone(t)
	shown := s.as(t, s.Owner).get(s.org("/users/"+jane)).click("Activate Duo Mobile").form(
		"Create activation link").set("valid_secs", "3600").post().want(http.StatusOK)
	s.Clock.Move(2 * time.Hour)
	b := s.as(t, s.Owner) // the session of before is over
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Unavailable})
	b.get(shown.link("See whether")).want(http.StatusOK,
		"The link has expired. Duo does not say whether it was used.").wantNot("was not used",
		`http-equiv="refresh"`).fine()
	_, last := b.stream(shown.live("data-events"), func(liveEvent) {})
	if !last.Done || last.Answer != "" || last.Text != "The link has expired. Duo does not say whether it was used." {
		t.Errorf("%+v", last)
	}
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{})
	b.get(shown.link("See whether")).want(http.StatusOK, "The link has expired and was not used.")
}
