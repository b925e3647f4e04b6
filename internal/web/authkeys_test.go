package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

func TestOwnAuthKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Administrator, s.Client.ID))
	app := s.Sim.AddApplication(s.Account.AccountID, duosim.AuthAPI)
	open := func() *page { return b.get(s.org("/connection")).want(http.StatusOK, "Auth API").fine() }
	text := "Integration key " + app.IntegrationKey + " Copy\r\nSecret key " + app.SecretKey + "Copy\r\nAPI hostname " +
		s.Account.APIHostname
	open().form("Fill in : Auth API").set("ownauth_paste", text).send().want(http.StatusOK,
		"✓ Secret key of 40 characters, found").wantNot(app.SecretKey).fine().
		form("Save Auth API keys").set("ownauth_secret_key", strings.Repeat("W", 40)).send().want(http.StatusOK,
		"Duo did not accept the Auth API keys", "Unverified", "does not belong").fine()
	open().form("Discard").send().want(http.StatusOK)
	open().form("Save Auth API keys").set("ownauth_host", s.Parent.APIHostname).set("ownauth_integration_key",
		app.IntegrationKey).set("ownauth_secret_key", app.SecretKey).send().
		want(http.StatusUnprocessableEntity, "This is the host of another Duo account").wantNot(app.SecretKey).fine()
	open().form("Save Auth API keys").set("ownauth_host", s.Account.APIHostname).set("ownauth_integration_key",
		app.IntegrationKey).set("ownauth_secret_key", app.SecretKey).send().
		want(http.StatusOK, "Saved. Duo accepts the Auth API keys.",
			"The Auth API accepts these keys").wantNot(app.SecretKey).fine()
	b.get(s.org("/actions/check-auth-api-credentials")).form("Check Auth API Credentials").send().want(http.StatusOK,
		"The Auth API keys work.")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Revoked, Path: "/auth/"})
	open().form("Check again : Auth API").send().want(http.StatusOK,
		"Duo does not know this integration key on this host")
	b.get(s.org("/actions/check-auth-api-credentials")).form("Check Auth API Credentials").send().want(
		http.StatusUnprocessableEntity, "this organization's own Auth API keys: ")
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	told := s.stranger(t).call(token, http.MethodPost, s.apiOrg("/actions/check-auth-api-credentials"),
		map[string]any{"run_id": uuid.NewString()}).wantProblem(http.StatusUnprocessableEntity, "duo_refused")
	if !strings.Contains(told.Detail, "this organization's own Auth API keys: ") {
		t.Error("a program is told: ", told.Detail)
	}
	b.get(s.org("/runs")).want(http.StatusOK, "Own Auth API keys", "Check own credentials")
}

func TestProvisionOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	open := func() *page { return b.get(s.org("/connection")) }
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.PermissionRemoved, Grant: "adminapi_integrations"})
	open().form("Provision").send().want(http.StatusUnprocessableEntity, "Grant applications",
		"enter Auth API keys yourself").fine()
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.AnswerLost, Times: 1})
	open().form("Provision").send().want(http.StatusBadGateway, "Duo may have done this.").fine().
		click("Open the run").want(http.StatusOK, "Unknown", "Provision again",
		"not created twice").click("Open the connection").
		form("Provision").send().want(http.StatusOK, "Found the application Duodesk Auth API.",
		"The Auth API accepts these keys").fine()
	f := open().form("Provision")
	f.send().want(http.StatusOK, "Found the application")
	f.send().want(http.StatusOK, "Found the application")
	b.get(s.org("/runs")).want(http.StatusOK, "Provision Auth API", "Duodesk Auth API")
	b.get(s.ws("/runs?action=provision-auth-api")).want(http.StatusOK, "Found the application")
	s.Sim.SetFault(s.Account.AccountID, duosim.Fault{Kind: duosim.Down})
	open().form("Provision").send().want(http.StatusBadGateway, "Duo cannot be reached").fine()
}

func TestAuthKeysGrid(t *testing.T) {
	t.Parallel()
	s, _ := asking(t)
	b := s.as(t, s.Owner)
	broken := s.Map(t, "Broken Bones", s.Sim.AddChild(s.Parent.AccountID, "Broken Bones"))
	if _, err := s.Setup().ProvisionAuth(t.Context(), s.Scope(), s.Actor(catalog.Owner), broken,
		uuid.New()); err != nil {
		t.Fatal(err)
	}
	s.Map(t, "Keyless", s.Sim.AddChild(s.Parent.AccountID, "Keyless"))
	grid := b.get(s.ws("/integration")).click("See which keys work").want(http.StatusOK, "Acme Dental", "Broken Bones",
		"Keyless", "Work", "None", "Check all 2 on this page").fine()
	s.Sim.SetFault(broken.AccountID, duosim.Fault{Kind: duosim.Revoked})
	checks := grid.form("Check all")
	done := checks.send().follow()
	done = b.until(done.address, "2 of 2 steps").want(http.StatusOK, "Done", "Acme Dental", "Work",
		"Broken Bones", "Fail",
		"Duo does not know this integration key on this host.", "Retry").wantNot("Not done").fine()
	done.click("Open the run of step 1").want(http.StatusOK, "Check own credentials")
	// The same form again leads to the same results: nothing is checked again.
	calls := s.Sim.Calls(s.Account.AccountID)
	if again := checks.send().follow(); again.address != done.address || s.Sim.Calls(s.Account.AccountID) != calls {
		t.Errorf("%s, then %s", done.address, again.address)
	}
	b.get(s.ws("/auth")).want(http.StatusOK,
		"Duo does not know this integration key on this host.").wantNot("Checked 2.")
	b.get(s.ws("/auth?checked=99&left=0")).want(http.StatusBadRequest)
	listed := func(address, want string) *page {
		t.Helper()
		p := b.get(s.ws(address)).want(http.StatusOK).fine()
		var names []string
		for _, n := range p.all(func(n *node) bool { return n.Data == "th" && attribute(n, "scope") == "row" }) {
			names = append(names, textOf(n))
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s lists %q, want %q", address, got, want)
		}
		return p
	}
	listed("/auth?show=fails", "Broken Bones").form("Check").send().follow().want(http.StatusOK, "1 of 1 step",
		"Broken Bones", "Fail")
	listed("/auth?show=none", "Keyless")
	listed("/auth?show=works", "Acme Dental")
	listed("/auth?show=unchecked", "")
	listed("/auth?q=acme", "Acme Dental")
	listed("/auth?q=nobody", "").want(http.StatusOK, "No organization matches")
	s.Sim.SetFault(broken.AccountID, duosim.Fault{})
	for range 2 {
		s.Clock.Move(2 * time.Hour)
		b = s.as(t, s.Owner) // sessions have ended
		b.get(s.ws("/auth?q=broken")).form("Check").send().follow().want(http.StatusOK, "1 of 1 step", "Work")
	}
	b.get(s.ws("/auth?q=broken")).want(http.StatusOK, "Work", "2 h ago", "just now") // since, and the last check

	// Who sees one organization sees one, and who may not check has no button.
	limited := s.as(t, s.Member(t, s.Workspace, catalog.Auditor, broken.ID))
	limited.get(s.ws("/auth")).want(http.StatusOK, "Broken Bones").wantNot("Acme Dental", "Keyless", "Check all").fine()
	// Of the results they see those of theirs, and can do nothing about the others.
	limited.get(done.address).want(http.StatusOK, "1 of 1 step", "Broken Bones").wantNot("Acme Dental", "Retry").fine()
	part := s.as(t, s.Member(t, s.Workspace, catalog.Administrator, broken.ID))
	part.get(done.address).want(http.StatusOK, "Broken Bones").wantNot("Acme Dental", "Retry").fine()
	for _, act := range []string{"approve", "pause", "continue", "cancel"} {
		part.request(http.MethodPost, done.address+"/"+act,
			url.Values{"digest": {"00"}, "retry": {uuid.NewString()}}).want(http.StatusNotFound)
	}
	s.as(t, s.Member(t, s.Workspace, catalog.Administrator,
		s.orgNamed(t, "Keyless").ID)).get(done.address).want(http.StatusNotFound)
}

// TestCheckOfAPartOfTheWorkspace: who may see two organizations checks these, whatever the
// form names; and not the keys of the workspace, which serve its own account.
func TestCheckOfAPartOfTheWorkspace(t *testing.T) {
	t.Parallel()
	s, _ := asking(t)
	other := s.Map(t, "Other Client", s.Sim.AddChild(s.Parent.AccountID, "Other Client"))
	hidden := s.Map(t, "Hidden Client", s.Sim.AddChild(s.Parent.AccountID, "Hidden Client"))
	for _, o := range []store.Organization{other, hidden} {
		if _, err := s.Setup().ProvisionAuth(t.Context(), s.Scope(), s.Actor(catalog.Owner), o,
			uuid.New()); err != nil {
			t.Fatal(err)
		}
	}
	member := s.Member(t, s.Workspace, catalog.Administrator, s.Client.ID, other.ID)
	b, calls := s.as(t, member), s.Sim.Calls(hidden.AccountID)
	form := url.Values{"run_id": {uuid.NewString()},
		"organizations": {s.Client.ID.String() + "," + hidden.ID.String() + "," + other.ID.String()}}
	p := b.request(http.MethodPost, s.ws("/auth/check"), form).follow()
	p = b.until(p.address, "2 of 2 steps").want(http.StatusOK, "Acme Dental", "Other Client",
		"Done").wantNot("Hidden Client").fine()
	if s.Sim.Calls(hidden.AccountID) != calls {
		t.Error("an organization out of reach was checked")
	}
	// With one organization less they see less, and can do nothing more with it.
	s.Exec(t, `delete from membership_organization where operator_id = $1 and organization_id = $2`,
		member.ID, other.ID)
	b.get(p.address).want(http.StatusOK, "1 of 1 step", "Acme Dental").wantNot("Other Client").fine()
	form.Set("organizations", hidden.ID.String())
	form.Set("run_id", uuid.NewString())
	if p := b.request(http.MethodPost, s.ws("/auth/check"), form).follow().want(http.StatusOK,
		"One organization’s keys are never used for another"); p.address != s.ws("/auth") ||
		s.Sim.Calls(hidden.AccountID) != calls {
		t.Error("a check of nothing leads to ", p.address)
	}
}

// TestPreviewOfAKeyCheck: a check is approved as it is begun. Where its row says that it waits for an approval, its
// page asks for one; a kind of plan that this version does not know can only be looked at.
func TestPreviewOfAKeyCheck(t *testing.T) {
	t.Parallel()
	s, _ := asking(t)
	b := s.as(t, s.Owner)
	at := b.request(http.MethodPost, s.ws("/auth/check"), url.Values{"organizations": {s.Client.ID.String()},
		"run_id": {uuid.NewString()}}).header.Get("Location")
	s.Exec(t, `update plan set state = 'previewed', approved_by = null, approved_at = null, approved_epoch = null
		where workspace_id = $1`, s.Workspace.ID)
	preview := b.get(at).want(http.StatusOK, "Check Auth API keys", "Acme Dental", "Check 1 organization").fine()
	s.Exec(t, `update plan set kind = 'later' where workspace_id = $1`, s.Workspace.ID)
	b.get(at).want(http.StatusOK, "does not know this kind of plan",
		"Acme Dental").wantNot("Check 1 organization").fine()
	s.Exec(t, `update plan set kind = 'check-keys' where workspace_id = $1`, s.Workspace.ID)
	preview.form("Check 1 organization").send().follow().want(http.StatusOK, "1 of 1 step", "Work")
}

// TestOneConflictLeavesTheOtherChecks: one organization's keys cannot be put to
// use, as another has the same by now.
func TestOneConflictLeavesTheOtherChecks(t *testing.T) {
	t.Parallel()
	s, _ := asking(t)
	late := s.Map(t, "Late Again", s.Sim.AddChild(s.Parent.AccountID, "Late Again"))
	app := s.Sim.AddApplication(late.AccountID, duosim.AuthAPI)
	s.Sim.SetFault(late.AccountID, duosim.Fault{Kind: duosim.Down})
	typed := map[string]string{"ownauth_host": late.APIHostname, "ownauth_integration_key": app.IntegrationKey,
		"ownauth_secret_key": app.SecretKey}
	if refused, _, err := s.Setup().SaveKeys(t.Context(), s.Scope(), s.Actor(catalog.Owner),
		setup.OfOrganization(late, store.AuthAPI), typed); err != nil || refused != nil {
		t.Fatal(refused, err)
	}
	s.Sim.SetFault(late.AccountID, duosim.Fault{})
	s.Exec(t, `update integration_secret set integration_key = $1 where organization_id = $2`, app.IntegrationKey,
		s.Client.ID)
	s.as(t, s.Owner).get(s.ws("/auth")).form("Check all 2").send().follow().
		want(http.StatusOK, "2 of 2 steps", "Done", "Fail", "Open the run of step 1",
			"Another organization has the same Auth API keys.").fine()
}
