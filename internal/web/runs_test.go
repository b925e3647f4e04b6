package web

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// addRuns writes n closed runs of an operator, the latest a minute before at, one
// a minute.
func (s *console) addRuns(t testing.TB, n int, by store.Operator, organization *uuid.UUID, action, state, subject,
	ticket string, at time.Time) {
	t.Helper()
	s.Exec(t, `
		insert into run (workspace_id, id, organization_id, account_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at, finished_at)
		select $1, gen_random_uuid(), $2, 'DA', $3, $4, $5 || ' ' || i, '{"username": "made-up"}', '', $6, $7, 'Summary ' || i, $8::timestamptz - i * interval '1 minute', $8
		from generate_series(1, $9::int) i`, s.Workspace.ID, organization, by.ID, action, subject, ticket, state, at, n)
}

var runRowID = regexp.MustCompile(`<tr id="run-([0-9a-f-]{36})"`)

func rowsOn(p *page) []string {
	var ids []string
	for _, m := range runRowID.FindAllStringSubmatch(p.body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// TestPagesOfRunsAreStable walks through 120 runs while others come in: each is
// seen once, latest first.
func TestPagesOfRunsAreStable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	now := s.Clock.Now()
	s.addRuns(t, 60, s.Owner, nil, "update-user", store.Applied, "Walk", "", now.Add(-time.Hour))
	s.addRuns(t, 60, s.Owner, nil, "update-user", store.Applied, "Walk", "", now.Add(-time.Hour)) // at the same moments
	b := s.as(t, s.Owner)
	p := b.get(s.ws("/runs?q=walk")).want(http.StatusOK, "120 runs", "Searched the last 12 months")
	seen := rowsOn(p)
	for strings.Contains(p.body, `rel="next"`) {
		s.addRuns(t, 3, s.Owner, nil, "update-user", store.Applied, "Walk in between", "", s.Clock.Now())
		p = p.click("Older").want(http.StatusOK)
		seen = append(seen, rowsOn(p)...)
	}
	if len(seen) != 120 {
		t.Errorf("%d rows were seen, want 120", len(seen))
	}
	slices.Sort(seen)
	if n := len(slices.Compact(seen)); n != 120 {
		t.Errorf("%d different runs were seen, want 120", n)
	}
	// And back: the same, without those that came in meanwhile after the first page.
	var back []string
	for strings.Contains(p.body, `rel="prev"`) {
		p = p.click("Newer").want(http.StatusOK)
		back = append(back, rowsOn(p)...)
	}
	slices.Sort(back)
	if n := len(slices.Compact(back)); n != len(back) || n != 126-20 {
		t.Errorf("on the way back %d rows were seen, %d of them different, want 106", len(back), n)
	}
	b.get(s.ws("/runs?q=walk")).want(http.StatusOK, "126 runs", "Walk in between 1")
	if p = b.get(s.ws("/runs?q=walk")).click("When").want(http.StatusOK); !strings.Contains(p.body,
		`aria-sort="ascending"`) || strings.Contains(p.body, "in between") {
		t.Error("not from the oldest on")
	}
}

func TestRunsAreFiltered(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	tom := e.Member(t, e.Workspace, catalog.Technician)
	now := e.Clock.Now()
	e.addRuns(t, 2, tom, &e.far.org.ID, "delete-user", store.Refused, "Ögüz %_'\"", "INC-77", now.Add(-time.Hour))
	e.addRuns(t, 1, tom, &e.near.org.ID, "update-user", store.Unknown, "It is not known", "", now.Add(-50*24*time.Hour))
	e.addRuns(t, 1, e.Owner, nil, "sign-in", store.Applied, "Yesteryear", "", now.Add(-3*366*24*time.Hour))
	// Cut off by a crash: nobody closed it.
	e.Exec(t,
		`insert into run (workspace_id, id, organization_id, operator_id, action, subject, input, input_mac, ticket, state, summary, started_at)
		values ($1, gen_random_uuid(), $2, $3, 'restore-user', 'Cut off', '{}', '', '', 'sending', '', $4)`,
		e.Workspace.ID, e.near.org.ID, tom.ID, now.Add(-4*time.Minute))
	b := e.as(t, e.Owner)
	day := func(before time.Duration) string { return now.UTC().Add(-before).Format(site.DayLayout) }
	for query, want := range map[string]struct {
		rows  int
		words []string
	}{
		"q=öGÜZ":                       {2, []string{"Ögüz %_'\" 1", "2 runs"}},
		"q=%25_'":                      {2, nil},
		"q=inc-77&outcome=refused":     {2, nil},
		"q=inc-77&outcome=applied":     {0, []string{"No run matches"}},
		"q=yesteryear":                 {0, []string{"No run matches", "Searched the last 12 months"}},
		"q=yesteryear&from=2020-01-01": {1, []string{"Yesteryear"}},
		"outcome=unknown":              {1, []string{"It is not known", "heck in Duo"}},
		"outcome=sending&action=restore-user": {1,
			[]string{"Cut off", "The process that sent this was last heard of at"}},
		"operator=" + tom.ID.String():                                                     {4, []string{"4 runs"}},
		"operator=" + e.otherOwner.ID.String():                                            {0, nil},
		"operator=" + tom.ID.String() + "&organization=" + e.far.org.Slug:                 {2, nil},
		"organization=" + e.foreign.org.Slug:                                              {0, nil},
		"action=sign-in&to=" + day(0):                                                     {1, nil},
		"action=delete-user&from=" + day(2*time.Hour):                                     {2, nil},
		"action=delete-user&to=" + day(48*time.Hour):                                      {0, nil},
		"action=update-user&from=" + day(51*24*time.Hour) + "&to=" + day(49*24*time.Hour): {1, nil},
		"from=2026-05-05&to=2026-05-04":                                                   {0, nil},
	} {
		p := b.get(e.ws("/runs?"+strings.ReplaceAll(query, " ", "+"))).want(http.StatusOK,
			want.words...).wantNot("CANARY-foreign")
		if n := len(rowsOn(p)); n != want.rows {
			t.Errorf("%s: %d rows, want %d", query, n, want.rows)
		}
	}
	for _, query := range []string{"operator=x", "action=nothing", "from=yesterday", "to=2026-02-30", "from=0000-00-00",
		"organization=%ff", "organization=%00", "after=x", "after=AAAA", "after=" + strings.Repeat("A", 32),
		"after=" + strings.Repeat("_", 32)} {
		b.get(e.ws("/runs?"+query)).want(http.StatusBadRequest, "Bad request", " not ")
	}
	b.get(e.ws("/runs?outcome=lost")).want(http.StatusBadRequest, "sending, applied, refused or unknown")
	// The filters of today count by outcome, and lead there.
	b.get(e.ws("/runs?action=delete-user")).click("Refused 2").want(http.StatusOK, "2 runs").click("Today")
	// The organization's page has no box for organizations, and refuses one: a list of others than were asked for
	// misleads.
	b.get(e.orgOf(e.near.org)+"/runs").want(http.StatusOK, "Cut off").wantNot("Ögüz", `name="organization"`)
	b.get(e.orgOf(e.near.org)+"/runs?organization="+e.far.org.Slug).want(http.StatusBadRequest,
		"no parameter organization")
	// A part of a name chooses the one organization that has it, and else offers those that do.
	if n := len(rowsOn(b.get(e.ws("/runs?q=inc-77&organization=" +
		url.QueryEscape(e.far.org.Name))).want(http.StatusOK))); n != 2 {
		t.Errorf("by the organization's name %d runs are found", n)
	}
	several := b.get(e.ws("/runs?organization=canary")).want(http.StatusOK, "No run matches", e.near.org.Name,
		e.far.org.Name).wantNot("CANARY-foreign")
	for _, o := range []store.Organization{e.near.org, e.far.org} {
		if !strings.Contains(several.body, `href="`+e.ws("/runs?organization="+o.Slug)+`"`) {
			t.Errorf("%s is not offered", o.Name)
		}
	}
	b.request(http.MethodPost, e.ws("/runs.csv"), url.Values{"organization": {"canary"}}).want(http.StatusBadRequest,
		"Several organizations")
	b.get(e.ws("/runs?organization=nobody-at-all")).want(http.StatusOK, "No run matches")
}

// forged is the mark of a page's link, with another row's id and key in it.
func forged(t *testing.T, p *page, link string, id uuid.UUID, key string) string {
	t.Helper()
	at, err := url.Parse(p.link(link))
	if err != nil {
		t.Fatal(err)
	}
	mark, err := base64.RawURLEncoding.DecodeString(at.Query().Get("after"))
	if err != nil || len(mark) < 20 {
		t.Fatal(at, err)
	}
	return base64.RawURLEncoding.EncodeToString(slices.Concat(mark[:4], id[:], []byte(key)))
}

// TestMarkOfAnotherWorkspace: a place in someone else's list is a moment and no
// more.
func TestMarkOfAnotherWorkspace(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	e.addRuns(t, 60, e.Owner, nil, "update-user", store.Applied, "Walk", "", e.Clock.Now().Add(-24*time.Hour))
	e.addRuns(t, 60, e.Owner, &e.far.org.ID, "update-user", store.Applied, "Walk", "", e.Clock.Now().Add(-24*time.Hour))
	for _, b := range []*browser{e.as(t, e.Owner), e.as(t, e.Member(t, e.Workspace, catalog.Auditor, e.far.org.ID))} {
		first := b.get(e.ws("/runs"))
		foreign := forged(t, first, "Older", uuid.MustParse(e.foreign.run),
			e.Clock.Now().Add(time.Hour).Format(time.RFC3339Nano))
		b.get(e.ws("/runs?after="+foreign)).want(http.StatusOK, "CANARY-far").wantNot("CANARY-foreign")
		b.get(e.ws("/runs?before=" + foreign)).want(http.StatusOK).wantNot("CANARY-foreign")
		// A mark of the organization's list is none of the workspace's, and the other way round.
		b.get(e.orgOf(e.far.org)+"/runs?after="+foreign).want(http.StatusBadRequest, "does not belong to this list")
	}
}

func TestPageOfARun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	b := s.as(t, s.Owner)
	f := b.get(s.org("/users/"+jane)).click("Edit").form("Review changes").set("notes", "<b>first line</b>")
	save := f.send().form("Save 1 change")
	save.values.Set("ticket", "INC-9")
	done := save.send().want(http.StatusOK, "Changed notes")
	p := done.click("Open the run").want(http.StatusOK, "Update User", "Applied", "jroe", "Acme Dental", s.Owner.Email,
		"INC-9", "Requested", "<b>first line</b>", s.Account.AccountID, "UTC", "after ", "For the ticket").
		wantNot("Look before you repeat it")
	if text := textOf(p.byID("ticket")); !strings.Contains(text,
		"Update User: jroe, Acme Dental Applied. Changed notes.") || !strings.Contains(text, "Ticket: INC-9") ||
		!strings.Contains(text, "by "+s.Owner.Email) {
		t.Errorf("for the ticket: %s", text)
	}
	p.click("All runs").want(http.StatusOK, "Changed notes")

	lost := b.get(s.org("/users/" + jane)).click("Create bypass code").form("Create code")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	lost.send().want(http.StatusBadGateway)
	b.get(s.ws("/runs?outcome=unknown")).click("Create Bypass Code for User").
		want(http.StatusOK, "Unknown", "Look before you repeat it",
			"its digits are lost").click("Open the user").want(http.StatusOK, "Jane Roe")
	lost.send().want(http.StatusOK, "Already sent").click("Open the run").want(http.StatusOK,
		"Look before you repeat it")
	b.get(s.ws("/runs?action=map-organization")).click("Map organization").want(http.StatusOK,
		"Mapped to Acme Dental, Inc.", "Before", "none", "After")
	b.get(s.org("/runs/nothing")).want(http.StatusNotFound)
}

const runColumns = "started_at finished_at operator access_token action action_title organization organization_name duo_account_id " +
	"subject input ticket outcome summary run_id reason after_fraud access_token_id"

func TestRunsExport(t *testing.T) {
	t.Parallel()
	e := newFleet(t)
	now := e.Clock.Now()
	e.addRuns(t, 2300, e.Owner, &e.near.org.ID, "update-user", store.Applied, "=cmd|' /C calc'!A0", "@SUM(1)",
		now.Add(-time.Hour))
	export := func(b *browser, address string, filter url.Values) [][]string {
		t.Helper()
		p := b.request(http.MethodPost, address, filter).want(http.StatusOK)
		if kind, name := p.header.Get("Content-Type"),
			p.header.Get("Content-Disposition"); kind != "text/csv; charset=utf-8" ||
			!strings.HasPrefix(name, `attachment; filename=runs-test-`) {
			t.Errorf("%s %s", kind, name)
		}
		text, marked := strings.CutPrefix(p.body, "\ufeff")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || !marked || strings.Join(rows[0], " ") != runColumns {
			t.Fatal(marked, err, rows[0])
		}
		return rows[1:]
	}
	auditor := e.Member(t, e.Workspace, catalog.Auditor)
	b := e.as(t, auditor)
	rows := export(b, e.ws("/runs.csv"), url.Values{"q": {"calc"}, "action": {"update-user"}})
	seen := map[string]bool{}
	for _, row := range rows {
		seen[row[14]] = true
		if !strings.HasPrefix(row[9], "'=cmd") || row[11] != "'@SUM(1)" || row[6] != e.near.org.Slug ||
			row[2] != e.Owner.Email || row[12] != "applied" {
			t.Fatalf("row %q", row)
		}
		if _, err := time.Parse(time.RFC3339, row[0]); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows) != 2300 || len(seen) != 2300 {
		t.Errorf("%d rows, %d different, want 2300", len(rows), len(seen))
	}
	record := e.recordOf(t, e.Workspace, auditor)
	if len(record) != 1 || record[0].Action != "export-runs" || record[0].Summary != "Export of 2300 runs started." ||
		fmt.Sprint(record[0].Input) != "map[action:update-user q:calc]" {
		t.Errorf("recorded %+v", record)
	}
	// Who sees a part exports that part, and nothing of it is in a page's list of others.
	scoped := e.as(t, e.Member(t, e.Workspace, catalog.Auditor, e.far.org.ID))
	for _, address := range []string{e.ws("/runs.csv"), e.orgOf(e.far.org) + "/runs.csv"} {
		for _, row := range export(scoped, address, url.Values{}) {
			if row[6] != e.far.org.Slug {
				t.Errorf("%s tells of %q", address, row)
			}
		}
	}
	// The form of the page asks for what the page shows.
	owner := e.as(t, e.Owner)
	form := owner.get(e.ws("/runs?action=create-organization")).want(http.StatusOK).form("Export 2 runs")
	if rows := export(owner, form.action, form.values); len(rows) != 2 || rows[0][4] != "create-organization" {
		t.Errorf("exported %q", rows)
	}
	owner.request(http.MethodPost, e.ws("/runs.csv"), url.Values{"outcome": {"lost"}}).want(http.StatusBadRequest)
	e.RefuseRecords(t, e.Workspace)
	if p := owner.request(http.MethodPost, e.ws("/runs.csv"),
		url.Values{}).want(http.StatusInternalServerError); strings.HasPrefix(p.header.Get("Content-Type"),
		"text/csv") {
		t.Error("exported off the record")
	}
}
