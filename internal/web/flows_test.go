package web

import (
	"net/http"
	"strings"
	"testing"

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
	p = p.form("Save and go on").set("tags", "legal").set("time_zone", "Europe/London").send().follow()
	if s.Client.ID == s.orgNamed(t, "Birch Legal").ID || !s.orgNamed(t, "Birch Legal").Onboarding {
		t.Fatal("no organization is being onboarded")
	}
	b.get(s.ws("/o")).want(http.StatusOK, "Onboarding")
	p = p.want(http.StatusOK, "Duo account", "New child account").form("Save and go on").send().follow()
	p = p.want(http.StatusOK, "Lockout").form("Save and go on").set("lockout_threshold", "5").send().follow()
	p = p.want(http.StatusOK, "Directory 1").form("Save and go on").set("directory_key.1", "DSAAAAAAAAAAAAAAAAAA").send().follow()
	p = p.form("Save and go on").send().follow()
	p = p.form("Save and review").set("users", "ada, Ada Lovelace, ada@birch.example, +442079460123, sms").send().follow()
	p = p.want(http.StatusOK, "Review", "POST /admin/v1/users", "An SMS is sent to +442079460123")

	s.Sim.SetFault(account.AccountID, duosim.Fault{Kind: duosim.Refuses, Path: "/admin/v1/phones", WritesOnly: true, Code: 40002})
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
		all, _, err := tx.Organizations(t.Context(), store.All, name, 1, 0)
		if len(all) == 1 {
			found = all[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
