package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

// until reads a page again until it says something.
func (b *browser) until(address, text string) *page {
	b.t.Helper()
	for range 100 {
		if p := b.get(address); strings.Contains(p.text(), text) || p.status != http.StatusOK {
			return p.want(http.StatusOK, text)
		}
	}
	return b.get(address).want(http.StatusOK, text)
}

// TestOnboardThroughForms: a client from nothing, by forms alone. A step fails, another
// operator finds the plan, tries the step again and sees it through.
func TestOnboardThroughForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.Member(t, s.Workspace, catalog.Administrator)
	b := s.as(t, s.Owner)
	account := s.Sim.AddChild(s.Parent.AccountID, "Birch Legal")
	if _, err := s.Setup().RefreshAccounts(t.Context(), s.Scope(), s.Actor(catalog.Owner)); err != nil {
		t.Fatal(err)
	}
	b.get(s.ws("")).want(http.StatusOK, "Onboard a client")
	b.get(s.ws("/o")).click("Onboard a client").want(http.StatusOK, "Nothing changes in Duo before")
	p := b.get(s.ws("/integration")).click("Onboard a client: Birch Legal (" + account.AccountID + ")")
	if name, _ := p.box("name"); name != "Birch Legal" {
		t.Error(name)
	}
	p = p.form("Save and continue").set("tags", "legal").set("time_zone", "Europe/London").send().follow()
	if s.Client.ID == s.orgNamed(t, "Birch Legal").ID || !s.orgNamed(t, "Birch Legal").Onboarding {
		t.Fatal("no organization is being onboarded")
	}
	b.get(s.ws("/o")).want(http.StatusOK, "Onboarding")
	p = p.want(http.StatusOK, "Duo account", "New child account").form("Save and continue").send().follow()
	p = p.want(http.StatusOK, "Lockout").form("Save and continue").set("lockout_threshold", "5").send().follow()
	p = p.want(http.StatusOK, "Directory 1").form("Save and continue").set("directory_key.1",
		"DSAAAAAAAAAAAAAAAAAA").send().follow()
	p = p.form("Save and continue").send().follow()
	p = p.form("Save and review").set("users",
		"ada, Ada Lovelace, ada@birch.example, +442079460123, sms").send().follow()
	p = p.want(http.StatusOK, "Review", " of them in Duo. Nothing is done before you approve", "POST /admin/v1/users",
		"An SMS is sent to +442079460123")

	s.Sim.SetFault(account.AccountID, duosim.Fault{Kind: duosim.Refuses, Path: "/admin/v1/phones", WritesOnly: true,
		Code: 40002})
	p = p.form("Onboard Birch Legal").send().follow()
	at := p.address
	b.until(at, "Paused").want(http.StatusOK, "Not done", "Retry")
	s.Sim.SetFault(account.AccountID, duosim.Fault{})

	other := s.as(t, admin)
	q := other.get(at).want(http.StatusOK, "Paused", s.Owner.Email)
	q.form("Retry step").send().follow()
	q = other.until(at, "Done").wantNot("Not done")
	q.want(http.StatusOK, "Open the user", "Activate Duo Mobile", "Verified")
	if o := s.orgNamed(t, "Birch Legal"); o.Onboarding || o.Kind != store.Child {
		t.Errorf("%+v", o)
	}
}

func (s *console) orgNamed(t testing.TB, name string) (found store.Organization) {
	t.Helper()
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		all, _, err := tx.Organizations(t.Context(), store.Query{Search: name, Limit: 1})
		if len(all.Rows) == 1 {
			found = all.Rows[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestOwnKeysAreNoPartOfTheDraft: the keys that the screen of the Duo account asks for go
// where keys are kept, sealed, and nowhere else; so do those that Duo refuses.
func TestOwnKeysAreNoPartOfTheDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Sim.AddParent("Elsewhere")
	b := s.as(t, s.Owner)
	p := b.get(s.ws("/onboard")).form("Save and continue").set("name", "Elsewhere Ltd").send().follow()
	keys := other.Application(duosim.AdminAPI)
	const canary = "CanarySecretOfOnboarding0000000000000001"
	fill := func(p *page, secret string) *page {
		return p.form("Save and continue").set("how", "own").set("own_host", other.APIHostname).
			set("own_integration_key", keys.IntegrationKey).set("own_secret_key", secret).send().follow()
	}
	p = fill(p, canary).want(http.StatusUnprocessableEntity, "Duo did not accept these keys")
	p.wantNot(canary)
	for _, text := range []string{canary, keys.SecretKey} {
		if found := s.holding(t, text); len(found) > 0 {
			t.Errorf("%s is in %v", text, found)
		}
	}
	fill(p, keys.SecretKey).want(http.StatusOK, "Lockout")
	if o := s.orgNamed(t, "Elsewhere Ltd"); o.Kind != store.Own {
		t.Errorf("%+v", o)
	}
	if found := s.holding(t, keys.SecretKey); len(found) > 0 {
		t.Errorf("the key in use is in %v", found)
	}
	if strings.Contains(s.Log.String(), canary) || strings.Contains(s.Log.String(), keys.SecretKey) {
		t.Error("the log holds a key")
	}
}

// holding names the tables that hold a text in any row, past row-level security.
func (s *console) holding(t testing.TB, text string) (found []string) {
	t.Helper()
	conn := s.Superuser(t)
	rows, err := conn.Query(t.Context(),
		`select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 20 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		var holds bool
		if err := conn.QueryRow(t.Context(), `select exists (select from `+name+
			` x where strpos(to_jsonb(x)::text, $1) > 0)`, text).Scan(&holds); err != nil {
			t.Fatal(name, err)
		}
		if holds {
			found = append(found, name)
		}
	}
	return found
}

// TestFirstSaveTwice: the form that makes the organization, sent twice, makes one with one
// plan; a name that others have, or nearly, takes a tick.
func TestFirstSaveTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	p := b.get(s.ws("/onboard"))
	f := p.form("Save and continue").set("name", "Birch Legal")
	first, again := f.post(), f.post()
	if to := first.header.Get("Location"); to == "" || to != again.header.Get("Location") {
		t.Errorf("%s, then %s", to, again.header.Get("Location"))
	}
	var plans int
	if err := s.Superuser(t).QueryRow(t.Context(), `select count(*) from plan where workspace_id = $1`,
		s.Workspace.ID).Scan(&plans); err != nil || plans != 1 {
		t.Errorf("%d plans (%v)", plans, err)
	}
	p = b.get(s.ws("/onboard"))
	p = p.form("Save and continue").set("name", "Birch  Legal, LLP").send().want(http.StatusUnprocessableEntity,
		"There is a similar name", "Birch Legal")
	p.form("Save and continue").set("similar", "true").send().follow().want(http.StatusOK, "Duo account")
}

// TestTwoOperatorsOnOneDraft: the form of the slower one says what the other changed, keeps
// what was typed, and is taken when it is sent again.
func TestTwoOperatorsOnOneDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, other := s.as(t, s.Owner), s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	p := b.get(s.ws("/onboard")).form("Save and continue").set("name", "Birch Legal").send().follow()
	at := strings.TrimSuffix(p.address, "/account")
	facts := b.get(at+"/facts").form("Save and continue").set("name", "Somebody Else Entirely")
	slow := b.get(at+"/directories").form("Save and continue").set("directory_key.1", "DSAAAAAAAAAAAAAAAAAA")
	other.get(at).want(http.StatusOK, "Draft").wantNot(at + "/account")
	other.get(at+"/users").form("Save and review").set("users", "ada").send().follow().want(http.StatusOK,
		"Create User")
	p = slow.send().want(http.StatusConflict, "First users", "Your changes are not saved yet")
	if key, _ := p.box("directory_key.1"); key != "DSAAAAAAAAAAAAAAAAAA" {
		t.Error("what was typed is gone: ", key)
	}
	p.form("Save and review").send().follow().want(http.StatusOK, "Add directory key", "Create User")
	// The facts are the organization's own: they are not changed either by a form of before.
	facts.send().want(http.StatusConflict, "First users", "Your changes are not saved yet")
	if s.orgNamed(t, "Birch Legal").Name == "" {
		t.Error("the organization was renamed")
	}
	// The preview of before is no approval of this.
	p = b.get(at)
	approve := p.form("Onboard Birch Legal")
	other.get(at+"/users").form("Save and review").set("users", "grace").send().follow()
	approve.send().want(http.StatusConflict, "Nothing was approved")
	b.get(at).want(http.StatusOK, "Draft", "grace")
}

// TestReadingDoesNotDrive: the page of a plan at work goes on with it for those whose role
// reaches for its steps, and for nobody else: not for a HEAD, a prefetch, or a page that
// another site leads to.
func TestReadingDoesNotDrive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	p := b.get(s.ws("/onboard")).form("Save and continue").set("name", "Birch Legal").send().follow()
	at := strings.TrimSuffix(p.address, "/account")
	b.get(at).form("Review the steps").send().follow()
	b.get(at).form("Onboard Birch Legal").post()
	for _, c := range []struct {
		by     *browser
		method string
		header []string
	}{
		{s.as(t, s.Member(t, s.Workspace, catalog.Auditor)), http.MethodGet, nil},
		{s.as(t, s.Member(t, s.Workspace, catalog.Technician)), http.MethodGet, nil},
		{b, http.MethodHead, nil},
		{b, http.MethodGet, []string{"Sec-Fetch-Site", "cross-site"}},
		{b, http.MethodGet, []string{"Sec-Fetch-Site", "same-site"}},
		{b, http.MethodGet, []string{"Sec-Purpose", "prefetch"}},
	} {
		p := c.by.request(c.method, at, nil, c.header...)
		again := c.method == http.MethodHead || strings.Contains(p.body, refreshed)
		if p.status != http.StatusOK || !again || !s.orgNamed(t, "Birch Legal").Onboarding {
			t.Errorf("%s %v: status %d, read again without scripts: %t", c.method, c.header, p.status, again)
		}
	}
	p = b.until(at, "1 of 1 step")
	if strings.Contains(p.body, refreshed) || s.orgNamed(t, "Birch Legal").Onboarding {
		t.Error("it is not done")
	}
}

// refreshed is how a page says that it is read again without scripts.
const refreshed = `<noscript><meta http-equiv="refresh"`

// TestDuoIsAwayWhileOnboarding: what was typed stays, and the page says what Duo said.
func TestDuoIsAwayWhileOnboarding(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	p := b.get(s.ws("/onboard")).form("Save and continue").set("name", "Birch Legal").send().follow()
	s.Sim.SetFault(s.Parent.APIHostname, duosim.Fault{Kind: duosim.Unavailable})
	p = p.form("Save and continue").set("account_name", "Birch Legal in Duo").send()
	if name, _ := p.box("account_name"); name != "Birch Legal in Duo" || p.status < 500 {
		t.Errorf("status %d, the name is %q", p.status, name)
	}
	s.Sim.SetFault(s.Parent.APIHostname, duosim.Fault{})
	p.form("Save and continue").send().follow().want(http.StatusOK, "Lockout")
}

// TestCopySettingsByName: the settings of another organization are found by what it is called, as they are in the list
// that the box offers. A name of two is a choice for a person.
func TestCopySettingsByName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	s.Organizations(t, s.Workspace, "Twin", "twin")
	b.get(s.ws("/onboard")).form("Save and continue").set("name", "Birch Legal").send().follow()
	settings := s.orgOf(s.orgNamed(t, "Birch Legal")) + "/onboarding/settings?from="
	for _, typed := range []string{s.Client.Name, strings.ToUpper(s.Client.Name), s.Client.Slug} {
		p := b.get(settings + url.QueryEscape(typed)).want(http.StatusOK)
		if got, _ := p.box("lockout_threshold"); got != "10" {
			t.Errorf("of %q: %q", typed, got)
		}
	}
	b.get(settings+"Nobody").want(http.StatusOK, "No organization that you see has this name.")
	p := b.get(settings+"Twin").want(http.StatusOK, "2 organizations match; enter the address of one: ")
	if got, _ := p.box("lockout_threshold"); got != "" {
		t.Error("the settings of one of two were taken: ", got)
	}
}
