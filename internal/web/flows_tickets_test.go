package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// requireTicket makes some actions of the workspace take a ticket.
func (s *console) requireTicket(t testing.TB, names ...string) {
	t.Helper()
	s.Exec(t, `update workspace set tickets = $2 where id = $1`, s.Workspace.ID, append([]string{}, names...))
}

// ticketsOf are the tickets of the runs of some actions, by the slug.
func (s *console) ticketsOf(t testing.TB, organization store.Organization) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		runs, _, err := tx.FindRuns(t.Context(), store.RunFilter{}, nil, 1000)
		for _, r := range runs {
			if r.OrganizationID == nil || *r.OrganizationID == organization.ID {
				all[r.Action] = r.Ticket
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const ticketMissing = "Enter a ticket. This workspace requires one for this action."

// TestTicketOfAPlan: where a step takes a ticket, a plan is neither approved nor continued
// without one, and each run of its steps has it.
func TestTicketOfAPlan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	at := b.onboarded("Birch Legal")
	o := s.orgNamed(t, "Birch Legal")
	b.get(at + "/account").form("Save and continue").send().follow().want(http.StatusOK)
	f := b.get(at + "/auth").form("Save and continue")
	f.set("provision", "true").send().follow().want(http.StatusOK)
	s.requireTicket(t, catalog.CreateAuthIntegration) // as the application of a client is created by the same request
	p := b.get(at).form("Review the steps").send().follow()
	approve := p.form("Onboard Birch Legal")
	refused := approve.send().want(http.StatusUnprocessableEntity, ticketMissing).fine()
	if s.orgNamed(t, "Birch Legal").Mapped() || len(s.Sim.Ledger()) != 0 {
		t.Error("it went on without a ticket")
	}
	refused.form("Onboard Birch Legal").set("ticket", "INC-51").post().want(http.StatusSeeOther)
	b.until(at, "5 of 5 steps").want(http.StatusOK, "Done")
	tickets := s.ticketsOf(t, o)
	for _, action := range []string{catalog.CreateAccount, catalog.ProvisionAuthAPI, "map-organization",
		"check-own-keys", "approve-plan", "end-onboarding"} {
		if ticket, is := tickets[action]; !is || ticket != "INC-51" {
			t.Errorf("the ticket of %s is %q (on record: %t); %v", action, ticket, is, tickets)
		}
	}
}

// TestTicketOfAPausedPlan: the rule came after the approval. The plan goes on with a ticket,
// which the rest of its runs have.
func TestTicketOfAPausedPlan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	at := b.onboarded("Birch Legal")
	b.get(at + "/account").form("Save and continue").send().follow().want(http.StatusOK)
	b.get(at).form("Review the steps").send().follow().form("Onboard Birch Legal").post().want(http.StatusSeeOther)
	// Nobody looked: nothing was begun yet.
	token := s.as(t, s.Owner)
	pause := token.request(http.MethodPost, at+"/pause", map[string][]string{"plan": {s.planOf(t, "Birch Legal")}})
	p := pause.want(http.StatusSeeOther).follow().want(http.StatusOK, "Paused by an operator")
	s.requireTicket(t, catalog.CreateAccount)
	p = p.form("Continue").send().want(http.StatusUnprocessableEntity, ticketMissing, "Paused").fine()
	if len(s.Sim.Ledger()) != 0 {
		t.Error("it went on without a ticket")
	}
	p.form("Continue").set("ticket", "INC-52").send().follow()
	b.until(at, "3 of 3 steps").want(http.StatusOK, "Done")
	if tickets := s.ticketsOf(t, s.orgNamed(t, "Birch Legal")); tickets[catalog.CreateAccount] != "INC-52" ||
		tickets["end-onboarding"] != "INC-52" {
		t.Error(tickets)
	}
}

// planOf is the id of an organization's onboarding.
func (s *console) planOf(t testing.TB, name string) (id string) {
	t.Helper()
	err := s.Superuser(t).QueryRow(t.Context(), `select id::text from plan where organization_id = $1`,
		s.orgNamed(t, name).ID).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestTicketOfTheProvisionedApplication: the button that creates the Auth API application of a
// client follows the rule of the action that creates one.
func TestTicketOfTheProvisionedApplication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	s.requireTicket(t, catalog.CreateAuthIntegration)
	p := b.get(s.org("/connection")).form("Provision").send().want(http.StatusUnprocessableEntity,
		"Enter a ticket").fine()
	if len(s.Sim.Ledger()) != 0 {
		t.Error("an application was created without a ticket")
	}
	p.form("Provision").set("ticket", "INC-53").send().want(http.StatusOK, "Created the application")
	if tickets := s.ticketsOf(t, s.Client); tickets[catalog.ProvisionAuthAPI] != "INC-53" {
		t.Error(tickets)
	}
}

// TestTicketOfGenericCalls: a call of any API that may change something takes a ticket under
// any rule, since it can send what every other action sends.
func TestTicketOfGenericCalls(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.Setup().ProvisionAuth(t.Context(), s.Scope(), s.Actor(catalog.Owner), s.Client,
		uuid.New()); err != nil {
		t.Fatal(err)
	}
	b := s.stranger(t)
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "owner", EveryOrganization: true})
	generic := 0
	for _, a := range catalog.All() {
		if a.Kind != catalog.Generic {
			continue
		}
		generic++
		at := s.apiOrg
		if a.OfWorkspace() {
			at = s.api
		}
		call := func() *page {
			body := map[string]any{"run_id": uuid.NewString(),
				"fields": map[string]any{"method": "post", "path": pathOf(a), "params": "name=x"}}
			return b.call(token, http.MethodPost, at("/actions/"+a.Slug), body)
		}
		s.requireTicket(t, catalog.SetCredits)
		refused := call().wantProblem(http.StatusUnprocessableEntity, "invalid_fields")
		if len(refused.Errors) != 1 || refused.Errors[0].Field != "ticket" {
			t.Errorf("%s: %+v", a.Slug, refused)
		}
		s.requireTicket(t)
		if p := call(); strings.Contains(p.body, "ticket") && p.status == http.StatusUnprocessableEntity {
			t.Errorf("%s without any rule: %s", a.Slug, p.body)
		}
	}
	if generic != 3 {
		t.Errorf("%d generic actions", generic)
	}
}

// pathOf is a path that an action's API has.
func pathOf(a catalog.Action) string {
	return map[string]string{"admin-api-action": "/admin/v1/groups",
		"accounts-api-action": "/accounts/v1/account/create",
		"auth-api-action":     "/auth/v2/enroll"}[a.Slug]
}
