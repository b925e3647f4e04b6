package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

const newPassword = "quarry lantern violet tuesday"

// tokenShown is the token of the link that a page shows once.
func tokenShown(t *testing.T, p *page) string {
	t.Helper()
	link := textOf(p.byID("link"))
	_, token, found := strings.Cut(link, "/invitation#")
	if !found || len(token) != 64 {
		t.Fatal("link: ", link)
	}
	return token
}

// TestNarrowing works without scripts: what is ticked and typed is kept.
func TestNarrowing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("Client %03d", i))
	}
	made := s.Organizations(t, s.Workspace, names...)
	b := s.as(t, s.Owner)
	f := b.get(s.ws("/operators/invite")).form("Create invitation").set("email", "kept@msp.example").set("role",
		"technician").set("reach", "chosen").set("org."+made[7].ID.String(), "true").set("find", "client 49")
	f.values.Set("act", "find")
	p := f.send().want(http.StatusOK, "Client 007", "Client 490", "Client 499").wantNot("Client 100")
	if value, _ := p.box("email"); value != "kept@msp.example" {
		t.Error("typed email is lost: ", value)
	}
	f = p.form("Create invitation").set("org."+made[490].ID.String(), "true")
	for _, o := range made {
		f.values.Set("org."+o.ID.String(), "true")
	}
	f.send().want(http.StatusOK, "Shown once", "Client 000, Client 001, Client 002 and 497 more")
	// An organization of another workspace does not exist.
	foreign, _ := s.DB.Workspace(t)
	theirs := s.Organizations(t, foreign, "Theirs")[0]
	for _, id := range []string{theirs.ID.String(), uuid.NewString(), "x"} {
		f = b.get(s.ws("/operators/invite")).form("Create invitation").set("email", "x@msp.example").set("role",
			"auditor").set("reach", "chosen")
		f.values.Set("org."+id, "true")
		f.send().want(http.StatusNotFound)
	}
	f = b.get(s.ws("/operators/invite")).form("Create invitation").set("email", "not an address").set("reach", "chosen")
	f.send().want(http.StatusUnprocessableEntity, "3 fields need a change", "Choose a role.",
		"Choose at least one organization", "This is not an email address.")
}

// TestTickedFarDown: what is ticked is drawn however many organizations come
// before it, since a form that is saved takes away what it does not hold.
func TestTickedFarDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(t,
		`insert into organization (workspace_id, id, slug, name, colour) select $1, gen_random_uuid(), 'client-' || i, 'Client ' || i, 1 from generate_series(1, 5000) i`, s.Workspace.ID)
	last := s.Organizations(t, s.Workspace, "Zenith")[0]
	f := s.as(t, s.Owner).get(s.ws("/operators/invite")).form("Create invitation").set("find", "zenith")
	f.values.Set("org."+last.ID.String(), "true")
	f.values.Set("act", "find")
	if again := f.send().want(http.StatusOK, "Zenith").form("Create invitation"); again.values.Get("org."+
		last.ID.String()) != "true" {
		t.Error("the tick is lost")
	}
}

// TestDemotedWithAFormOpen: what was opened as a technician is refused to the
// auditor, and so on for every way to lose a right.
func TestDemotedWithAFormOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	owner := s.as(t, s.Owner)
	tech := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, tech)
	member := s.ws("/operators/" + tech.ID.String())
	open := func() *formOfPage {
		return b.get(s.org("/actions/delete-user?user_id=" + jane)).want(http.StatusOK).form("Move to Trash")
	}
	was := open()
	p := owner.get(s.ws("/operators")).click(tech.Email).want(http.StatusOK, "Review change")
	p.form("Review change").send().want(http.StatusUnprocessableEntity, "Nothing is changed yet.")
	review := p.form("Review change").set("role", "auditor").send().want(http.StatusOK, "Change "+tech.Email,
		"technician", "auditor", "It counts at once")
	stale := review.form("Change membership")
	review.form("Change membership").send().want(http.StatusOK,
		"Changed "+tech.Email+" from technician of all organizations to auditor of all organizations.")
	was.post().want(http.StatusUnauthorized, "You are signed out")
	b.setCookie(sessionCookie, s.token(t, tech))
	was.send().want(http.StatusNotFound)
	b.get(s.org("/users/"+jane)).want(http.StatusOK, "Jane Roe")
	if len(s.Sim.Ledger()) > 0 {
		t.Error("Duo has changed: ", s.Sim.Ledger())
	}
	// The same confirmation again changes nothing; one that was opened before
	// shows what has become of it.
	stale.send().want(http.StatusOK, "Changed "+tech.Email)
	stale.values.Set("run_id", uuid.NewString())
	stale.values.Set("role", "admin")
	stale.send().want(http.StatusConflict, "Someone changed this membership", "auditor",
		"admin").form("Change membership").send().want(http.StatusOK)

	owner.get(member).click("Disable").want(http.StatusOK, "Disable "+tech.Email,
		"shut out").form("Disable operator").send().want(http.StatusOK, "Disabled", "Disabled "+tech.Email)
	b.get(s.ws("")).want(http.StatusNotFound).wantNot(s.Workspace.Name)
	b.get("/").want(http.StatusOK, "You belong to no workspace")
	owner.get(member).click("Enable").form("Enable operator").send().want(http.StatusOK, "Enabled "+tech.Email)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	b.setCookie(sessionCookie, s.token(t, tech))
	b.get(s.ws("")).want(http.StatusOK, s.Workspace.Name)
	owner.get(member).click("End membership").want(http.StatusOK,
		"takes a new invitation").form("End membership").send().want(http.StatusOK,
		"Ended the membership of "+tech.Email).wantNot(`href="` + member)
	b.get(s.ws("")).want(http.StatusNotFound)
	owner.get(member).want(http.StatusNotFound)
	owner.get(s.ws("/runs")).want(http.StatusOK, "Change membership", "Disable membership", "Enable membership",
		"End membership")
}

// TestDisabledHereOnly: what one workspace's owner does is not felt in another.
func TestDisabledHereOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere, shared := s.DB.Workspace(t)
	if _, err := store.AddOperator(t.Context(), s.OwnerURL,
		store.NewOperator{Workspace: s.Workspace.Name, Email: shared.Email, Role: "technician"}); err != nil {
		t.Fatal(err)
	}
	b, owner := s.as(t, shared), s.as(t, s.Owner)
	owner.get(s.ws("/operators/" + shared.ID.String() + "/disable")).form("Disable operator").send().want(http.StatusOK)
	b.get(s.ws("")).want(http.StatusNotFound)
	b.get("/w/"+elsewhere.Slug).want(http.StatusOK, elsewhere.Name)
	owner.get("/w/" + elsewhere.Slug + "/operators/" + shared.ID.String()).want(http.StatusNotFound)
	owner.get(s.ws("/operators/" + shared.ID.String() + "/end")).form("End membership").send().want(http.StatusOK)
	b.get("/w/"+elsewhere.Slug+"/operators").want(http.StatusOK, shared.Email).wantNot(s.Workspace.Name)
}

func TestLastOwnerIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	member := s.ws("/operators/" + s.Owner.ID.String())
	const words = "This is the last owner who can sign in here. Make another operator an owner first."
	b.get(member).want(http.StatusOK, "This is you.").form("Review change").set("role",
		"auditor").send().want(http.StatusOK, "This is you.").
		form("Change membership").send().want(http.StatusUnprocessableEntity, words)
	b.get(member+"/disable").form("Disable operator").send().want(http.StatusUnprocessableEntity, words)
	b.get(member+"/end").form("End membership").send().want(http.StatusUnprocessableEntity, words)
	second := s.Member(t, s.Workspace, catalog.Owner)
	b.get(member+"/end").form("End membership").send().want(http.StatusOK, "You belong to no workspace")
	s.as(t, second).get(s.ws("/operators")).want(http.StatusOK, second.Email).wantNot(s.Owner.Email + "</bdi></a>")
}

// TestOperatorsList: the list shows the workspace's operators, and its search finds them.
func TestOperatorsList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var last store.Operator
	for range 16 {
		last = s.Member(t, s.Workspace, catalog.Technician, s.Client.ID)
	}
	foreign, stranger := s.DB.Workspace(t)
	s.as(t, last).get(s.ws("")).want(http.StatusOK)
	b := s.as(t, s.Owner)
	p := b.get(s.ws("/operators")).want(http.StatusOK, s.Owner.Email, last.Email, "Acme Dental", "just now", "never",
		"Find an operator").wantNot(stranger.Email, foreign.Name)
	p.form("Search").set("q", strings.ToUpper(last.Email[:20]))
	b.get(s.ws("/operators?q="+url.QueryEscape(strings.ToUpper(last.Email)))).want(http.StatusOK,
		last.Email).wantNot(s.Owner.Email + "</bdi></a>")
	b.get(s.ws("/operators?q=%25")).want(http.StatusOK, "No operator matches")
	for _, role := range []catalog.Role{catalog.Auditor, catalog.Administrator} {
		s.as(t, s.Member(t, s.Workspace, role)).get(s.ws("")).want(http.StatusOK).wantNot(s.ws("/operators"))
	}
}
