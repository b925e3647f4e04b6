package web

import (
	"net/http"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/plan"
	"duodesk/internal/store"
)

// onboarded saves the first form of an onboarding, and returns the address of the plan.
func (b *browser) onboarded(name string, pairs ...string) (at string) {
	b.t.Helper()
	f := b.get(b.site.ws("/onboard")).form("Save and continue").set("name", name)
	for i := 0; i < len(pairs); i += 2 {
		f.values.Set(pairs[i], pairs[i+1])
	}
	return strings.TrimSuffix(f.send().follow().want(http.StatusOK, "Duo account").address, "/account")
}

// draftHolds reports whether the stored plans of the workspace hold a text.
func (s *console) draftHolds(t testing.TB, text string) (holds bool) {
	t.Helper()
	err := s.Superuser(t).QueryRow(t.Context(), `
		select exists (select from plan p left join plan_step s on s.workspace_id = p.workspace_id and s.plan_id = p.id
			where p.workspace_id = $1 and strpos(to_jsonb(p)::text || coalesce(to_jsonb(s)::text, ''), $2) > 0)`,
		s.Workspace.ID, text).Scan(&holds)
	if err != nil {
		t.Fatal(err)
	}
	return holds
}

// TestPlanNamesNoOtherOrganization: who sees the organization of a plan, and not another one
// that its steps or forms are also about, never reads the name of that.
func TestPlanNamesNoOtherOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const hidden = "Canary Cedar Homes"
	far := s.Map(t, hidden, s.Sim.AddChild(s.Parent.AccountID, "In Duo"))
	free := s.Sim.AddChild(s.Parent.AccountID, "Free for a while")
	b := s.as(t, s.Owner)
	at := b.onboarded("Canary Cedar Home", "similar", "true")
	near := s.orgNamed(t, "Canary Cedar Home")
	if near.ID == far.ID {
		t.Fatal("found the other organization")
	}
	reader := s.as(t, s.Member(t, s.Workspace, catalog.Administrator, near.ID))
	quiet := func(what string, addresses ...string) {
		t.Helper()
		for _, address := range addresses {
			reader.get(address).want(http.StatusOK).wantNot(hidden, far.Slug)
		}
		if s.draftHolds(t, hidden) {
			t.Errorf("%s: the plan holds the name", what)
		}
	}
	screens := []string{at, at + "/facts", at + "/settings", at + "/directories", at + "/auth", at + "/users"}

	// A similar name, confirmed by someone who may see it.
	p := b.get(at+"/facts").form("Save and continue").send().want(http.StatusUnprocessableEntity, hidden)
	p.form("Save and continue").set("similar", "true").send().follow().want(http.StatusOK)
	quiet("a similar name", screens...)
	reader.get(at + "/facts").form("Save and continue").send().follow().want(http.StatusOK).wantNot(hidden)

	// Settings that were copied from it.
	f := b.get(at + "/settings?from=" + far.Slug).want(http.StatusOK).form("Save and continue")
	f.values.Set("from", hidden) // as a form of before would send it
	f.send().follow().want(http.StatusOK)
	quiet("copied settings", screens...)
	reader.get(at+"/settings?from="+far.Slug).want(http.StatusOK,
		"No organization that you see has this name").wantNot(hidden)

	// An account that it got after the approval.
	b.get(at+"/account").form("Save and continue").set("how", plan.ExistingAccount).set("account",
		free.AccountID).send().follow().want(http.StatusOK)
	b.get(at).form("Review the steps").send().follow()
	b.get(at).form("Onboard Canary").post().want(http.StatusSeeOther)
	if bad, err := s.Setup().Connect(t.Context(), s.Scope(), s.Actor(catalog.Owner), far, store.Child,
		free.AccountID); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	b.until(at, "Paused").want(http.StatusOK, "Another organization has this account")
	quiet("an account that it has", at)
	reader.get(at).click("Open the run").want(http.StatusOK,
		"Another organization has this account").wantNot(hidden, far.Slug)
}

// TestPlanNamesNoOtherAccount: an account of the same name may be another client's. The review says that there is one,
// and not which.
func TestPlanNamesNoOtherAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Sim.AddChild(s.Parent.AccountID, "Canary Twins")
	s.Map(t, "Somebody else", other)
	b := s.as(t, s.Owner)
	at := b.onboarded("Canary", "similar", "true")
	f := b.get(at+"/account").form("Save and continue").set("how", plan.NewAccount).set("account_name", other.Name)
	p := f.send().want(http.StatusUnprocessableEntity, other.AccountID)
	p.form("Save and continue").set("similar", "true").send().follow().want(http.StatusOK)
	b.get(at).form("Review the steps").send().follow().want(http.StatusOK, "Duo already has an account with this name")
	reader := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk, s.orgNamed(t, "Canary").ID))
	reader.get(at).want(http.StatusOK, "Duo already has an account with this name").wantNot(other.AccountID)
	if s.draftHolds(t, other.AccountID) {
		t.Error("the plan holds the account")
	}
}
