package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// limit sets how much of a quota a role may use in the workspace.
func (s *console) limit(t testing.TB, q catalog.Quota, role catalog.Role, most int) {
	t.Helper()
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		return tx.SetLimits(t.Context(), []store.Limit{{Quota: q.Slug, Role: role.String(), Most: most}},
			store.Record{Event: store.QuotasSet, Operator: s.Owner.ID, At: s.Clock.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// usedOf is how much of a quota an operator used in the last day, counted by the database.
func (s *console) usedOf(t testing.TB, ws store.Workspace, o store.Operator, q catalog.Quota) (n int) {
	t.Helper()
	err := s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		n, err = tx.UsedSince(t.Context(), o.ID, q.Slug, s.Clock.Now().Add(-24*time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestQuotaIsSaid: above a quota the form comes back as it was typed and says until when, a
// program gets a problem of its own, pages and tokens of an operator count together, nothing
// reaches Duo, and owners see it on Home.
func TestQuotaIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	tom := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, tom)
	token, _ := s.accessToken(t, s.Workspace, tom, store.Grant{Role: "helpdesk", EveryOrganization: true})
	s.limit(t, catalog.BypassCodeQuota, catalog.Technician, 4)
	s.limit(t, catalog.BypassCodeQuota, catalog.Helpdesk, 3)
	form := func(count int) *page {
		return b.get(s.org("/actions/create-bypass-code-for-user?user_id="+jane)).form("Create code").
			set("count", strconv.Itoa(count)).set("ticket", "T-77").send()
	}
	call := func() *page {
		return s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"),
			map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": jane}})
	}
	first := s.Clock.Now().Add(time.Hour + time.Minute).UTC()
	form(2).want(http.StatusOK, "Valid until")
	wantOutcome(call(), store.Applied, false)
	last := s.Clock.Now().Add(time.Hour + time.Minute).UTC()
	p := form(2).want(http.StatusTooManyRequests, "Nothing was done in Duo",
		"in the Technician role, your quota of bypass codes is 4 in 1 hour",
		"you have used 3", "This needs 2", "Try again at").fine()
	if got := p.form("Create code").values; got.Get("count") != "2" || got.Get("ticket") != "T-77" {
		t.Errorf("the form holds %v", got)
	}
	if text := p.text(); !strings.Contains(text, "Try again at "+first.Format("15:04")) &&
		!strings.Contains(text, "Try again at "+last.Format("15:04")) {
		t.Errorf("not until %s: %s", first, text)
	}
	refused := call() // the help desk's limit of the token counts, which its operator has used up by page
	if got := refused.wantProblem(http.StatusTooManyRequests, "quota_reached"); !strings.Contains(got.Detail,
		"Help Desk") {
		t.Errorf("%+v", got)
	}
	for _, p := range []*page{p, refused} {
		if n, _ := strconv.Atoi(p.header.Get("Retry-After")); n < 3500 || n > 3600 {
			t.Errorf("Retry-After is %q", p.header.Get("Retry-After"))
		}
	}
	if n := len(s.Sim.BypassCodes(s.Account.AccountID, jane)); n != 3 || len(s.Sim.Ledger()) != 2 {
		t.Errorf("%d codes in Duo, %d changes", n, len(s.Sim.Ledger()))
	}
	form(1).want(http.StatusOK, "Valid until") // the fourth
	home := s.as(t, s.Owner).get(s.ws("")).want(http.StatusOK).fine()
	if got := home.section("look-title"); !strings.Contains(got, "Quota reached") ||
		!strings.Contains(got, tom.Email+" reached the quota of bypass codes.") {
		t.Error(got)
	}
	home.click("Open the runs of "+tom.Email).want(http.StatusOK, "Quota reached",
		"the quota of bypass codes is 4 in 1 hour")
	for _, role := range []catalog.Role{catalog.Technician, catalog.Administrator} {
		s.as(t, s.Member(t, s.Workspace, role)).get(s.ws("")).want(http.StatusOK).wantNot("Quota reached",
			tom.Email+" reached")
	}
}

// TestOtherQuotas: messages and activations are counted, a message with an installation link
// twice, and a generic call like the actions that it stands for.
func TestOtherQuotas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		slug string
		form url.Values
		want map[string]int
	}{
		{"send-passcode-by-sms", url.Values{"phone_id": {"P"}}, map[string]int{"sms": 1}},
		{"send-installation-by-sms", url.Values{"phone_id": {"P"}}, map[string]int{"sms": 1}},
		{"send-activation-by-sms", url.Values{"phone_id": {"P"}}, map[string]int{"sms": 1, "activations": 1}},
		{"send-activation-by-sms", url.Values{"phone_id": {"P"}, "install": {"true"}},
			map[string]int{"sms": 2, "activations": 1}},
		{"send-activation-url", url.Values{"phone_id": {"P"}}, map[string]int{"activations": 1}},
		{"enroll-user", url.Values{"username": {"a"}, "email": {"a@b.example"}}, map[string]int{"activations": 1}},
		{"auth-enroll-user", url.Values{"bypass_codes": {"4"}}, map[string]int{"activations": 1, "bypass-codes": 4}},
		{"send-duo-authentication", url.Values{"username": {"a"}, "factor": {"sms"}}, map[string]int{"sms": 1}},
		{"send-duo-authentication", url.Values{"username": {"a"}, "factor": {"push"}}, map[string]int{}},
		{"create-bypass-code-for-user", url.Values{"user_id": {"U"}, "count": {"7"}},
			map[string]int{"bypass-codes": 7}},
		{"create-bypass-code-for-user", url.Values{"user_id": {"U"}}, map[string]int{"bypass-codes": 1}},
		{"update-user", url.Values{"user_id": {"U"}}, map[string]int{}},
	} {
		a, _ := catalog.Lookup(c.slug)
		in, _ := a.Parse(func(name string) (string, bool) { return c.form.Get(name), c.form.Has(name) })
		wantUses(t, c.slug+" "+c.form.Encode(), a.UsesOf(in), c.want)
	}
	const codes, user = "/admin/v1/users/DU0000000000000000AA/bypass_codes", "/admin/v1/users/DU0000000000000000AA"
	for _, c := range []struct {
		slug, path, params string
		want               map[string]int
	}{
		{"admin-api-action", codes, "", map[string]int{"bypass-codes": 10}},
		{"admin-api-action", codes, "count=3", map[string]int{"bypass-codes": 3}},
		{"admin-api-action", codes, `{"count": 3}`, map[string]int{"bypass-codes": 3}},
		{"admin-api-action", codes, `{"count": 3e0}`, map[string]int{"bypass-codes": 10}},
		{"admin-api-action", codes, "count=1\ncount=9", map[string]int{"bypass-codes": 10}},
		{"admin-api-action", codes, "count=-5", map[string]int{"bypass-codes": 10}},
		{"admin-api-action", codes, "codes=123456,234567", map[string]int{"bypass-codes": 2}},
		{"admin-api-action", codes, "codes=\ncount=9", map[string]int{"bypass-codes": 9}},
		{"admin-api-action", codes, "codes=", map[string]int{"bypass-codes": 10}},
		{"admin-api-action", codes, "codes=123456\ncount=9", map[string]int{"bypass-codes": 9}},
		{"admin-api-action", codes, "codes=123456,234567\ncount=1", map[string]int{"bypass-codes": 2}},
		{"admin-api-action", codes, `{"codes": [], "count": 7}`, map[string]int{"bypass-codes": 7}},
		{"admin-api-action", codes, `{"codes": ["123456", "234567"]}`, map[string]int{"bypass-codes": 2}},
		{"admin-api-action", user, "notes=x", map[string]int{}},
		{"admin-api-action", "/admin/v1/phones/DP0000000000000000AA/send_sms_activation", "install=1",
			map[string]int{"sms": 2, "activations": 1}},
		{"admin-api-action", "/admin/v1/bulk", `{"operations": [{"method": "POST", "path": "` + codes +
			`", "body": {"count": 4}},
			{"method": "POST", "path": "` + codes + `", "body": {}}, {"method": "POST", "path": "` + user +
			`", "body": {}}]}`,
			map[string]int{"bypass-codes": 14}},
		{"auth-api-action", "/auth/v2/enroll", "bypass_codes=2", map[string]int{"activations": 1, "bypass-codes": 2}},
	} {
		a, _ := catalog.Lookup(c.slug)
		typed := map[string]string{"method": "post", "path": c.path, "params": c.params}
		in, _ := a.Parse(func(name string) (string, bool) { text, given := typed[name]; return text, given })
		wantUses(t, c.path+" "+c.params, a.UsesOf(in), c.want)
	}
}

func wantUses(t *testing.T, what string, got []catalog.Use, want map[string]int) {
	t.Helper()
	all := map[string]int{}
	for _, u := range got {
		all[u.Quota.Slug] += u.Amount
	}
	if fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("%s uses %v, want %v", what, all, want)
	}
}

// TestOwnersSetQuotas: lowering takes a recent factor, raising one for the act and these
// values; both are on record with before and after, and count at once.
func TestOwnersSetQuotas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, s.Owner)
	owner.byHand = true
	form := func() *formOfPage {
		return owner.get(s.ws("/runs")).click("Quotas").want(http.StatusOK,
			"Bypass codes in 1 hour").fine().form("Save quotas")
	}
	most := func(q catalog.Quota, role catalog.Role) int {
		t.Helper()
		found, err := s.server.Members.Quotas(t.Context(), s.Scope())
		if err != nil {
			t.Fatal(err)
		}
		return found.Most(q, role)
	}
	before := len(s.recordOf(t, s.Workspace, s.Owner))
	form().send().want(http.StatusOK) // nothing is different
	if n := len(s.recordOf(t, s.Workspace, s.Owner)); n != before {
		t.Errorf("%d records of no change", n-before)
	}
	for _, typed := range []string{"0", "10001", "", "ten", "-1", "1.5"} {
		p := form().set("sms.helpdesk", typed).set("sms.owner", "7").post().want(http.StatusUnprocessableEntity,
			"SMS messages, Help Desk: Enter a whole number from 1 to 10000.").fine()
		if got := p.form("Save quotas").values; got.Get("sms.helpdesk") != typed || got.Get("sms.owner") != "7" {
			t.Errorf("the form holds %v", got)
		}
	}
	form().set("sms.helpdesk", "5").set("ticket", "T-5").send().want(http.StatusOK)
	if most(catalog.SMSQuota, catalog.Helpdesk) != 5 || most(catalog.SMSQuota, catalog.Technician) != 30 {
		t.Error("the limit was not lowered, or another was")
	}
	asked := form().set("sms.helpdesk", "6").set("bypass-codes.helpdesk", "9").post().asksProof("Raising quotas",
		"takes a second factor each time")
	if most(catalog.SMSQuota, catalog.Helpdesk) != 5 {
		t.Error("raised without a factor")
	}
	s.limit(t, catalog.SMSQuota, catalog.Helpdesk, 2) // someone lowers it meanwhile: that is another act
	stale := asked.set("code", s.codeOf(t, owner)).post().asksProof("Raising quotas")
	stale.set("code", s.codeOf(t, owner)).send().want(http.StatusOK)
	if most(catalog.SMSQuota, catalog.Helpdesk) != 6 || most(catalog.BypassCodeQuota, catalog.Helpdesk) != 9 {
		t.Error("not raised with the factor")
	}
	r := s.recordOf(t, s.Workspace, s.Owner)[0]
	if got := fmt.Sprint(r.Action, " ", r.Input); got !=
		"set-quotas map[Bypass codes, Help Desk:10 to 9 SMS messages, Help Desk:2 to 6]" {
		t.Error(got)
	}
	owner.get(s.ws("/runs")).want(http.StatusOK, "Change quotas", "quota of bypass codes", "T-5")
	s.Clock.Move(run.RecentProof)
	form().set("sms.owner", "3").post().asksProof("Lowering quotas")
	admin := s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	admin.get(s.ws("/quotas")).want(http.StatusOK, "Help Desk: 6",
		"An owner can change this").wantNot("Save quotas").fine()
	admin.request(http.MethodPost, s.ws("/quotas"), url.Values{"sms.admin": {"9000"}}).want(http.StatusNotFound)
	if most(catalog.SMSQuota, catalog.Administrator) != 30 || most(catalog.SMSQuota, catalog.Owner) != 30 {
		t.Error("someone else changed a limit")
	}
}

// TestPushQuotaByRole: owners set how often a person may be asked, for each role.
func TestPushQuotaByRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+12485550100", UserIDs: []string{user}})
	s.Sim.ActivatePhone(s.Account.AccountID, phone)
	s.limit(t, catalog.PushQuota, catalog.Helpdesk, 1)
	push := func(role catalog.Role) error {
		q := s.Request(t, role, catalog.VerifyCaller, map[string]string{"user_id": user, "phone_id": phone})
		_, err := s.Do(t, q)
		if err == nil {
			pushes := s.Sim.Pushes(s.Account.AccountID)
			err = s.Sim.AnswerPush(pushes[len(pushes)-1].ID, duosim.Deny, "")
			s.Closed(t, q.ID)
		}
		return err
	}
	var many *run.TooManyPushes
	if err := push(catalog.Helpdesk); err != nil {
		t.Fatal(err)
	}
	if err := push(catalog.Helpdesk); !errors.As(err, &many) || many.Most != 1 || many.Wait < 9*time.Minute {
		t.Errorf("a second: %v", err)
	}
	for range 2 {
		if err := push(catalog.Technician); err != nil {
			t.Error(err)
		}
	}
	if err := push(catalog.Owner); !errors.As(err, &many) || many.Count != 3 {
		t.Errorf("a fourth: %v", err)
	}
	s.as(t, s.Owner).get(s.ws("")).want(http.StatusOK, "reached the quota of pushes to one user")
}

// TestLargeFiles: files about several organizations, or with more than 500 rows, are counted
// exactly, also at the same moment; small files of one organization are not.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	auditor := s.Member(t, s.Workspace, catalog.Auditor)
	b := s.as(t, auditor)
	export := func(at string) *page { return b.request(http.MethodPost, at, url.Values{}) }
	for range 3 {
		export(s.org("/runs.csv")).want(http.StatusOK)
	}
	if n := s.usedOf(t, s.Workspace, auditor, catalog.FileQuota); n != 0 {
		t.Errorf("small files count: %d", n)
	}
	s.limit(t, catalog.FileQuota, catalog.Auditor, 5)
	export(s.ws("/export/organizations")).want(http.StatusOK) // takes a factor each time
	statuses := make(chan int, 12)
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() { statuses <- export(s.ws("/runs.csv")).status })
	}
	all.Wait()
	close(statuses)
	got := map[int]int{}
	for status := range statuses {
		got[status]++
	}
	if got[http.StatusOK] != 4 || got[http.StatusTooManyRequests] != 8 {
		t.Errorf("%v", got)
	}
	export(s.ws("/runs.csv")).want(http.StatusTooManyRequests, "Quota reached", "quota of large files is 5 in",
		"Try again at").fine()
	export(s.org("/runs.csv")).want(http.StatusOK)
	// More than 500 rows of one organization.
	s.limit(t, catalog.FileQuota, catalog.Technician, 1)
	for i := range 501 {
		s.Sim.AddUser(s.Account.AccountID, duosim.UserSpec{Username: fmt.Sprintf("user%d", i)})
	}
	technician := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	users := func(offset string) *page {
		return technician.request(http.MethodPost, s.org("/actions/list-users/form"),
			url.Values{"run_id": {uuid.NewString()}, "as": {"csv"}, "limit": {"300"}, "offset": {offset}})
	}
	for _, offset := range []string{"0", "0", "300"} {
		if p := users(offset).want(http.StatusOK); !strings.HasPrefix(p.header.Get("Content-Type"), "text/csv") {
			t.Fatal(p.header)
		}
	}
	users("300").want(http.StatusTooManyRequests, "Quota reached")
	users("0").want(http.StatusOK)
	// A log is read on by marks: no part of it passes for a small file.
	s.limit(t, catalog.FileQuota, catalog.Helpdesk, 1)
	reader := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	log := func(limit, mark string) *page {
		return reader.request(http.MethodPost, s.org("/actions/read-activity-log/form"), url.Values{
			"run_id": {uuid.NewString()}, "as": {"csv"}, "limit": {limit}, "next_offset": {mark}})
	}
	for range 5 {
		s.Sim.AddActivity(s.Account.AccountID, "user_update", "DU0000000000000000AA", "jroe")
	}
	log("1000", "").want(http.StatusOK) // the whole
	log("2", "").want(http.StatusOK)
	log("2", "").want(http.StatusTooManyRequests, "Quota reached")
	s.Clock.Move(24*time.Hour + time.Second)
	s.as(t, auditor).request(http.MethodPost, s.ws("/runs.csv"), url.Values{}).want(http.StatusOK)
}

// TestPlanAboveTheQuotaByPage: the page of a plan says who can approve it instead, and shows
// the steps again; another administrator approves it there, and Home says who reached the quota.
func TestPlanAboveTheQuotaByPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	at := b.onboarded("Birch Legal")
	b.get(at + "/account").form("Save and continue").send().follow().want(http.StatusOK)
	b.get(at+"/users").form("Save and review").set("users",
		"ada, Ada, ada@birch.example, , email\nbob, Bob, bob@birch.example, , email").
		send().follow().want(http.StatusOK, "Review")
	for _, role := range []catalog.Role{catalog.Administrator, catalog.Owner} {
		s.limit(t, catalog.ActivationQuota, role, 1)
	}
	refused := b.get(at).form("Onboard Birch Legal").send().want(http.StatusTooManyRequests, "Nothing was done in Duo",
		"in the Owner role, your quota of activation and enrollment links is 1 in 1 hour", "This needs 2",
		"anyone but "+s.Owner.Email).fine()
	refused.form("Onboard Birch Legal")
	if refused.header.Get("Retry-After") == "" || len(s.Sim.Ledger()) != 0 {
		t.Errorf("%v, %d changes", refused.header, len(s.Sim.Ledger()))
	}
	admin := s.as(t, s.Member(t, s.Workspace, catalog.Administrator))
	admin.get(at).form("Onboard Birch Legal").send()
	admin.until(at, "Done").want(http.StatusOK)
	admin.get(s.ws("/runs")).want(http.StatusOK, "Above the quota: Activations.")
	b.get(s.ws("")).want(http.StatusOK, s.Owner.Email+" reached the quota of activation and enrollment links.")
}
