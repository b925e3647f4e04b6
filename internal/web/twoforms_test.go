package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// TestTwoFormsHaveTwoAddresses: an action's own form and the one of its fields are told apart by their addresses. A
// link and a page from when a hidden field did it lead to the address.
func TestTwoFormsHaveTwoAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	own, fields := s.org("/actions/create-bypass-code-for-user"), s.org("/actions/create-bypass-code-for-user/form")
	if f := b.get(own + "?user_id=" + user).form("Create"); f.action != own || f.values.Has("form") {
		t.Errorf("its own form is sent to %s with %v", f.action, f.values)
	}
	for _, address := range []string{own, fields} { // the first names no user
		if f := b.get(address).want(http.StatusOK).form("Create Bypass Code for User"); f.action != fields ||
			f.values.Has("form") {
			t.Errorf("the form of its fields at %s is sent to %s with %v", address, f.action, f.values)
		}
	}
	if p := b.request(http.MethodGet, own+"?form=1&user_id="+user, nil); p.status != http.StatusSeeOther ||
		p.header.Get("Location") != fields+"?user_id="+user {
		t.Errorf("an old link is answered with %d, to %s", p.status, p.header.Get("Location"))
	}
	typed := url.Values{"run_id": {uuid.NewString()}, "user_id": {"jroe"}, "form": {"1"}}
	old := b.request(http.MethodPost, own, typed)
	if old.status != http.StatusTemporaryRedirect || old.header.Get("Location") != fields {
		t.Fatalf("a form from before is answered with %d, to %s", old.status, old.header.Get("Location"))
	}
	b.request(http.MethodPost, fields, typed).want(http.StatusOK, "jroe", "Anyone with one of these codes").
		form("Create Bypass Code for User").send().want(http.StatusOK, "Created 1 bypass code")
	// The form of the only settings is one form, and an action without a form of its own has one, wherever it is sent.
	if f := b.get(s.org("/actions/update-settings/form")).form("Review changes"); f.action != s.org(
		"/actions/update-settings") {
		t.Errorf("the form of the settings is sent to %s", f.action)
	}
	b.request(http.MethodPost, s.org("/actions/delete-group"),
		url.Values{"run_id": {uuid.NewString()}, "group_id": {s.Sim.AddGroup(s.Account.AccountID, "Pilots", "")}}).
		want(http.StatusOK, "Pilots").form("Delete Group").send().want(http.StatusOK, "Deleted group Pilots")
}

// TestBypassLivesAskTheCatalog: which lives a role may choose is the catalog's to say, on the form as when it is sent.
func TestBypassLivesAskTheCatalog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	action, _ := catalog.Lookup(catalog.CreateBypassCodes)
	for _, role := range []catalog.Role{catalog.Helpdesk, catalog.Technician, catalog.Administrator} {
		p := s.as(t, s.Member(t, s.Workspace, role)).get(s.org("/actions/create-bypass-code-for-user?user_id=" +
			user)).want(http.StatusOK)
		lives := p.all(func(n *node) bool {
			return attribute(n, "name") == "valid_secs" && attribute(n, "type") == "radio"
		})
		if len(lives) < len(catalog.BypassLife.Presets) {
			t.Fatalf("%s is offered %d lives", role, len(lives))
		}
		for _, n := range lives[:len(catalog.BypassLife.Presets)] {
			typed := url.Values{"user_id": {"DU00000000000000NONE"}, "valid_secs": {attribute(n, "value")}}
			in, bad := action.Parse(func(name string) (string, bool) { return typed.Get(name), typed.Has(name) })
			if may := role >= action.LeastRole(in); len(bad) > 0 || may == has(n, "disabled") {
				t.Errorf("%s and %s seconds: may %v, disabled %v %v", role, attribute(n, "value"), may,
					has(n, "disabled"), bad)
			}
		}
		if strings.Contains(p.body, `max="100"`) != (role == catalog.Administrator || role == catalog.Technician) {
			t.Errorf("%s: %s", role, p.text())
		}
	}
}
