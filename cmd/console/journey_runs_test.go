package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// TestRunsAreReadAndTakenAway: a code whose answer was lost is found in the
// record, read, checked in Duo, and the record is taken away as a file.
func TestRunsAreReadAndTakenAway(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	d.connect()
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	users := d.organization("harbourlight-dental-group") + "/users"
	p.open(users + "?q=amara")
	p.follow("#list tbody a[href*='/users/']")
	p.follow("a[href*='create-bypass-code-for-user']")
	p.fill("[name=ticket]", "T-4711")
	d.sim.SetFault("api-5e6f7a8b.duosim.localhost", duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	p.expect("502")
	p.follow("main form button.primary")
	d.someRuns()
	p.open(d.home + "/runs")
	p.contains("Create Bypass Code for User", "Signed in.", "Unknown", "Export")
	p.fitsWidth()
	p.snap("runs")
	p.follow("nav[aria-label='Filter by outcome'] a[href*=unknown]")
	p.contains("1 run", "check in Duo before you repeat it")
	p.lacks("Signed in.")
	p.axe()
	p.snap("runs-unknown")
	p.fill("#f-q", "t-4711")
	p.click("form[role=search].choices button")
	p.waitText("#list", "Searched the last 12 months")
	p.contains("T-4711")
	p.follow("main tbody th a")
	p.contains("Look before you repeat it", "For the ticket", "amara.okonkwo", "T-4711")
	p.fitsWidth()
	p.axe()
	p.snap("run-unknown")
	p.follow("main .warning a.button")
	p.contains("Amara")

	// The file can be asked for again: the button is not left busy.
	p.open(d.home + "/runs?action=create-bypass-code-for-user")
	for _, count := range []string{"Export 1 run", "Export 2 runs"} {
		p.click("form[data-download] button")
		p.until(count, call(`(address, words) => {
			const asking = new XMLHttpRequest();
			asking.open("GET", address, false);
			asking.send();
			return asking.responseText.includes(words);
		}`, d.home+"/runs?action=export-runs", count))
	}

	p.open(d.home + "/runs?q=nobody+at+all")
	p.contains("No run matches")
	p.snap("runs-no-match")
	for name, options := range map[string]pageOptions{"phone": {Width: 390, Height: 844}, "dark": {Width: 1366,
		Height: 768, Dark: true}, "phone-dark": {Width: 390, Height: 844, Dark: true, NoJS: true}} {
		p := newPage(t, options)
		d.signIn(p)
		for _, page := range []string{"/runs", "/runs?outcome=unknown", "/runs?action=map-organization"} {
			p.open(d.home + page)
			p.fitsWidth()
			p.snap(name + strings.NewReplacer("/", "-", "?", "-").Replace(page))
		}
		p.follow("main tbody th a")
		p.fitsWidth()
		p.snap(name + "-run-map")
		p.open(d.home + "/runs?outcome=unknown")
		p.follow("main tbody th a")
		p.fitsWidth()
		p.snap(name + "-run-unknown")
	}
}

// someRuns fills the record of the desk's workspace with a week's work.
func (d *desk) someRuns() {
	d.t.Helper()
	for i, r := range []struct{ action, subject, state, summary string }{
		{"update-user", "Peter Voss", store.Applied, "Changed full name and email."},
		{"delete-user", "x</title><script>alert(1)</script>", store.Refused, "Duo does not permit this to these keys."},
		{"send-activation-url", "+44 20 7946 0123", store.Applied, "Created an activation link, valid for 1 day."},
		{"unlock-user", "Tomás Fry", store.Applied, "Unlocked."},
	} {
		for j := range 20 {
			d.db.Exec(d.t,
				`insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
				select $1, $2, id, 'DA', $3, $4, $5, '{"user_id": "DUAAAAAAAAAAAAAAAAAA"}', '', case when $8::int % 2 = 0 then 'INC-' || $8 else '' end, $6, $7, $9, $9
				from organization where workspace_id = $1 and slug = 'harbourlight-dental-group'`,
				d.ws.ID, uuid.New(), d.owner.ID, r.action, r.subject, r.state, r.summary, 1000+j,
				time.Now().Add(-time.Duration(i+j*7+1)*time.Hour))
		}
	}
}
