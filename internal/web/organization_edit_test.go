package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

func TestEditOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	form := b.get(s.org("")).click("Edit").form("Save organization")
	p := form.set("name", "Acme Dental Group").set("aliases",
		"AD\r\nThe Dentists\r\nad\r\nacme dental group").set("tags", " VIP, dental;vip ").set("time_zone",
		"Asia/Kolkata").set("color", "9").send()
	p.want(http.StatusOK, "Acme Dental Group", "AD, The Dentists", "dental, vip", "Asia/Kolkata")
	if p.address != s.org("") {
		t.Error("the address changed with the name: ", p.address)
	}
	form.send().want(http.StatusOK, "The Dentists") // sent twice, saved once
	b.get(s.ws("/o?q=the+dent")).want(http.StatusOK, "Acme Dental Group", "AD, The Dentists")
	b.get(s.ws("/o?show=tag:vip")).want(http.StatusOK, "Acme Dental Group", "vip 1")
	b.get(s.ws("/o?show=tag:none")).want(http.StatusOK, "No organization matches")
	b.get(s.org("/runs")).want(http.StatusOK,
		"Name: Acme Dental → Acme Dental Group. Aliases: none → AD, The Dentists. Tags: none → dental, vip. Time zone: none → Asia/Kolkata.")

	refused := b.get(s.org("/edit")).form("Save organization").set("name", " ").set("aliases",
		strings.Repeat("x", 101)).set("tags", strings.Repeat("t,t2,", 9)+strings.Repeat("y", 41)).
		set("time_zone", "../../etc/passwd")
	refused.values.Set("color", "13")
	p = refused.send().want(http.StatusUnprocessableEntity, "5 fields need a change")
	for name, typed := range map[string]string{"name": " ", "aliases": strings.Repeat("x", 101),
		"time_zone": "../../etc/passwd"} {
		if value, fault := p.box(name); value != typed || fault == "" {
			t.Errorf("%s holds %q, fault %q", name, value, fault)
		}
	}
	b.get(s.org("")).want(http.StatusOK, "Acme Dental Group", "AD, The Dentists")
}

// Two people have the form open: the second is told who was faster and what
// stands there, keeps what is typed, and can replace it knowingly.
func TestEditOrganizationByTwoPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Member(t, s.Workspace, catalog.Administrator)
	ana, ben := s.as(t, s.Owner), s.as(t, other)
	late := ana.get(s.org("/edit")).form("Save organization").set("name", "Acme by Ana")
	ben.get(s.org("/edit")).form("Save organization").set("name", "Acme by Ben").set("tags",
		"bens").send().want(http.StatusOK, "Acme by Ben")

	p := late.send().want(http.StatusConflict, other.Email+" changed this", "Your changes are not saved yet",
		"Stored now: Acme by Ben", "Stored now: bens")
	if value, _ := p.box("name"); value != "Acme by Ana" {
		t.Error("what was typed is lost: ", value)
	}
	ana.get(s.org("")).want(http.StatusOK, "Acme by Ben")
	p.form("Save organization").send().want(http.StatusOK, "Acme by Ana")
	ana.get(s.org("")).want(http.StatusOK, "Acme by Ana").wantNot("bens")
}

// An administrator of one organization changes that one, and learns of no other.
func TestEditOrganizationWithinTheScope(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Organizations(t, s.Workspace, "Borealis")[0]
	b := s.as(t, s.Member(t, s.Workspace, catalog.Administrator, s.Client.ID))
	b.get(s.org("/edit")).form("Save organization").set("tags", "mine").send().want(http.StatusOK, "mine")
	form := url.Values{"revision": {"1"}, "name": {"Stolen"}, "color": {"1"}}
	b.request(http.MethodPost, s.orgOf(other)+"/edit", form).want(http.StatusNotFound)
	// Not even a slip behind the address reaches it: the scope is the address's.
	err := s.InWorkspace(t.Context(), store.Within(s.Workspace.ID, s.Client.ID), func(tx *store.Tx) error {
		return tx.ChangeOrganization(t.Context(), store.Organization{ID: other.ID, Revision: 1,
			Name: "Stolen", Colour: 1})
	})
	if !store.IsConflict(err, "organization_revision") {
		t.Error("changed from another scope: ", err)
	}
	s.as(t, s.Member(t, s.Workspace, catalog.Technician)).get(s.org("")).want(http.StatusOK).wantNot("/edit")
	s.as(t, s.Owner).get(s.ws("/o?q=stolen")).want(http.StatusOK, "No organization matches")
}

func TestBypassCodeInTheOrganizationsZone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.get(s.org("/edit")).form("Save organization").set("time_zone", "Asia/Kathmandu").send().want(http.StatusOK,
		"Asia/Kathmandu")
	id := s.Sim.AddUser(s.Account.AccountID, duosim.UserSpec{Username: "jane"})
	p := b.get(s.org("/actions/create-bypass-code-for-user?user_id="+id)).want(http.StatusOK, "Asia/Kathmandu",
		"UTC for you")
	p.form("Create code").send().want(http.StatusOK, "Valid until", "Asia/Kathmandu", "UTC for you")
	b.get(s.org("/bypass-codes")).want(http.StatusOK, "Asia/Kathmandu")
}
