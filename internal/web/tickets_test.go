package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/web/actions"
)

// TestTicketOnEveryForm opens the forms of all actions that do something: each has one
// box for the ticket, and forms that only read have none.
func TestTicketOnEveryForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	phone := s.Sim.AddPhone(s.Account.AccountID, duosim.PhoneSpec{Number: "+442079460123", Type: "Mobile",
		Platform: "Apple iOS", Activated: true, UserIDs: []string{jane}})
	b := s.as(t, s.Owner)
	for _, a := range catalog.All() {
		at := s.org
		if a.OfWorkspace() {
			at = s.ws
		}
		addresses := []string{at("/actions/" + a.Slug + "/form")}
		if actions.HasOwnSheet(a) && a.Slug != catalog.DeleteBypassCode && !strings.Contains(a.Slug, "group") {
			addresses = append(addresses, at("/actions/"+a.Slug+"?user_id="+jane+"&phone_id="+phone))
		}
		for _, address := range addresses {
			p := b.get(address).want(http.StatusOK)
			boxes := len(p.all(func(n *node) bool { return n.Data == "input" && attribute(n, "name") == "ticket" }))
			asksWhich := p.offers("Open the form")
			for _, n := range p.all(func(n *node) bool { return n.Data == "button" }) {
				asksWhich = asksWhich || strings.Contains(textOf(n), "Open the form")
			}
			posts := len(p.all(func(n *node) bool { return n.Data == "input" && attribute(n, "name") == "run_id" })) > 0
			if want := a.Kind != catalog.Read && !asksWhich && posts; (boxes == 1) != want || boxes > 1 {
				t.Errorf("%s: %d boxes for a ticket, wanted one: %t", address, boxes, want)
			}
		}
	}
}

// TestRequiredTicket: an owner chooses the actions; without a ticket they are not done,
// by a page or by a program, and what was typed stays.
func TestRequiredTicket(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe", Status: duosim.LockedOut})
	owner := s.as(t, s.Owner)
	owner.get(s.ws("/runs")).click("Required tickets").want(http.StatusOK, "Required tickets").fine().
		form("Save required tickets").set(catalog.UpdateUser, "true").set("all Admin API - Bypass Code",
		"true").send().want(http.StatusOK)
	s.as(t, s.Member(t, s.Workspace, catalog.Administrator)).get(s.ws("/tickets")).
		want(http.StatusOK, "Update User", "Admin API - Bypass Code",
			"An owner can change this").wantNot("Save required tickets").fine()
	owner.get(s.ws("/runs")).want(http.StatusOK, "Change required tickets", "Changed which actions require a ticket.")

	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	p := b.get(s.org("/actions/create-bypass-code-for-user?user_id="+jane)).want(http.StatusOK,
		"This workspace requires a ticket for this action.")
	p = p.form("Create code").set("valid_secs", "28800").send().want(http.StatusUnprocessableEntity,
		"1 field needs a change").fine()
	if _, fault := p.box("ticket"); !strings.Contains(fault, "Enter a ticket") {
		t.Error("beside the ticket: ", fault)
	}
	f := p.form("Create code")
	if f.values.Get("valid_secs") != "28800" {
		t.Error("lost what was chosen: ", f.values)
	}
	if n := len(s.Sim.Ledger()); n != 0 {
		t.Errorf("%d effects in Duo without a ticket", n)
	}
	f.set("ticket", "INC-7").send().want(http.StatusOK, "Bypass code for jroe")

	// The review of an edit and what is not in the rule.
	review := b.get(s.org("/actions/update-user?user_id="+jane)).form("Review changes").set("notes",
		"called").set("ticket", " ").send().want(http.StatusOK, "Review changes to Jane Roe")
	p = review.form("Save 1 change").send().want(http.StatusUnprocessableEntity)
	if value, _ := p.box("notes"); value != "called" {
		t.Error("lost what was typed: ", value)
	}
	p.form("Review changes").set("ticket", "INC-8").send().form("Save 1 change").send().want(http.StatusOK, "Changed")
	b.get(s.org("/users/"+jane)).click("Unlock").form("Unlock").send().want(http.StatusOK, "Unlocked")
	b.get(s.ws("/runs?q=INC-8")).want(http.StatusOK, "Update User", "INC-8")

	b = s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	body := map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"user_id": jane}}
	refused := b.call(token, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"),
		body).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
	if len(refused.Errors) != 1 || refused.Errors[0].Field != "ticket" {
		t.Errorf("%+v", refused)
	}
	body["ticket"] = "INC-9"
	wantOutcome(b.call(token, http.MethodPost, s.apiOrg("/actions/create-bypass-code-for-user"), body),
		store.Applied, false)
	// A generic call can send what the rule is about, so any rule is its rule; one that reads needs none.
	codes := len(s.Sim.BypassCodes(s.Account.AccountID, jane))
	body = map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{"method": "post",
		"path": "/admin/v1/users/" + jane + "/bypass_codes", "params": "count=1"}}
	b.call(token, http.MethodPost, s.apiOrg("/actions/admin-api-action"),
		body).wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
	if now := len(s.Sim.BypassCodes(s.Account.AccountID, jane)); now != codes {
		t.Error("a generic call made a code without a ticket")
	}
	body = map[string]any{"run_id": uuid.NewString(),
		"fields": map[string]any{"method": "get", "path": "/admin/v1/users", "params": ""}}
	b.call(token, http.MethodPost, s.apiOrg("/actions/admin-api-action"), body).want(http.StatusOK)
	b.call(token, http.MethodPost, s.apiOrg("/actions/list-users"),
		map[string]any{"run_id": uuid.NewString(), "fields": map[string]any{}}).want(http.StatusOK)
}

// TestRequiredTicketOfProvisioning: the button of a page that acts in Duo says that a ticket is missing, and takes it.
func TestRequiredTicketOfProvisioning(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.get(s.ws("/tickets")).form("Save required tickets").set(catalog.CreateAuthIntegration,
		"true").send().want(http.StatusOK)
	p := b.get(s.org("/connection")).form("Provision").send().
		want(http.StatusUnprocessableEntity,
			"Nothing was done. Enter a ticket. This workspace requires one for this action.").wantNot(
		"Open the run").fine()
	if n := len(s.Sim.Ledger()); n != 0 {
		t.Errorf("%d effects in Duo without a ticket", n)
	}
	p.form("Provision").set("ticket", "INC-40").send().want(http.StatusOK, "The Auth API accepts these keys")
	b.get(s.ws("/runs?q=INC-40")).want(http.StatusOK, "INC-40")
}

// TestTicketOfSetup: what changes the console itself keeps its ticket with the record, what
// was typed survives a refusal, and a ticket that the record cannot hold is refused.
func TestTicketOfSetup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	f := b.get(s.org("/edit")).form("Save organization").set("name", "").set("ticket", "INC-30")
	p := f.send().want(http.StatusUnprocessableEntity)
	if typed, _ := p.box("ticket"); typed != "INC-30" {
		t.Errorf("the ticket that was typed is %q after a refusal", typed)
	}
	p.form("Save organization").set("name", "Acme Dental Group").send().want(http.StatusOK, "Acme Dental Group")
	f = b.get(s.org("/edit")).form("Save organization").set("name", "Acme")
	f.values.Set("ticket", strings.Repeat("x", 101))
	f.send().want(http.StatusBadRequest, "Ticket").fine()
	f.values.Set("ticket", "INC\x0031")
	f.send().want(http.StatusBadRequest)

	b.get(s.ws("/operators/invite")).form("Create invitation").set("email", "new@northwind.example").set("role",
		"technician").set("ticket", "INC-32").send().want(http.StatusOK, "Invitation of")
	for ticket, action := range map[string]string{"INC-30": "Change organization", "INC-32": "Invite operator"} {
		b.get(s.ws("/runs?q="+ticket)).want(http.StatusOK, "1 run", action, ticket)
	}
	b.get(s.org("")).want(http.StatusOK).wantNot(strings.Repeat("x", 101))
}

// TestTicketOfAProgram: what a program sends as the ticket is cleaned as on a form. What shows nothing is no ticket.
func TestTicketOfAProgram(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	s.as(t, s.Owner).get(s.ws("/tickets")).form("Save required tickets").set(catalog.UpdateUser, "true").send().
		want(http.StatusOK)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	b := s.stranger(t)
	call := func(ticket string) (*page, uuid.UUID) {
		id := uuid.New()
		return b.call(token, http.MethodPost, s.apiOrg("/actions/update-user"), map[string]any{"run_id": id,
			"ticket": ticket, "fields": map[string]any{"user_id": jane, "notes": uuid.NewString()}}), id
	}
	for _, unseen := range []string{" ", "\u200b", "\u2060\ufeff", "\u202e\u202c", "\u3164"} {
		p, _ := call(unseen)
		if refused := p.wantProblem(http.StatusUnprocessableEntity, "invalid_fields"); len(refused.Errors) != 1 ||
			refused.Errors[0].Field != "ticket" {
			t.Errorf("%+q: %+v", unseen, refused)
		}
	}
	if n := len(s.Sim.Ledger()); n != 0 {
		t.Errorf("%d effects in Duo without a ticket", n)
	}
	for typed, kept := range map[string]string{" INC-\u200b9 ": "INC-9",
		strings.Repeat("x", 100) + "   ": strings.Repeat("x", 100)} {
		p, id := call(typed)
		wantOutcome(p, store.Applied, false)
		if r := s.Record(t, id); r.Ticket != kept {
			t.Errorf("%q is kept as %q", typed, r.Ticket)
		}
	}
}
