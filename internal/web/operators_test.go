package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
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

// invite makes an invitation by the form and returns its token.
func invite(t *testing.T, b *browser, email, role string, organizations ...store.Organization) string {
	t.Helper()
	f := b.get(b.site.ws("/operators")).click("Invite operator").form("Create invitation").set("email",
		email).set("role", role)
	for _, o := range organizations {
		f.set("reach", "chosen").set("org."+o.ID.String(), "true")
	}
	p := f.send().want(http.StatusOK, "Shown once", strings.ToLower(strings.TrimSpace(email)))
	if p.header.Get("Cache-Control") != "no-store" {
		t.Error("the link may be kept by caches")
	}
	return tokenShown(t, p)
}

// accept opens an invitation in a browser and answers it with a password.
func accept(b *browser, token, password string) *page {
	b.t.Helper()
	p := b.get("/invitation").form("Open invitation").set("token", token).send()
	if p.status != http.StatusOK {
		return p
	}
	f := p.form("Join workspace")
	if password != "" {
		f.set("password", password)
	}
	return f.send()
}

const deadLink = "This link does not work."

func TestInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Organizations(t, s.Workspace, "Birch Legal")[0]
	owner, mia := s.as(t, s.Owner), s.stranger(t)
	token := invite(t, owner, " Mia@MSP.example ", "helpdesk", s.Client)
	owner.get(s.ws("/operators")).want(http.StatusOK, "mia@msp.example", "Invited, not here yet",
		"Acme Dental").wantNot(token)
	owner.get(s.ws("/runs")).want(http.StatusOK, "Invite operator",
		"Invited mia@msp.example as helpdesk of Acme Dental.").wantNot(token)

	p := mia.get("/invitation").form("Open invitation").set("token",
		"  https://anything.example/invitation#"+token+" ").send()
	p.want(http.StatusOK, "Join "+s.Workspace.Name, "mia@msp.example", "Help Desk, Acme Dental", "Choose a password")
	for _, weak := range []string{"", "too short 1234", strings.Repeat("ab", 20), "MIA@msp.example"} {
		p = p.form("Join workspace").set("password", weak).send().want(http.StatusUnprocessableEntity,
			"1 field needs a change")
		if value, _ := p.box("password"); value != "" {
			t.Error("the password comes back in the page")
		}
	}
	p.form("Join workspace").set("password", newPassword).send().want(http.StatusOK, s.Workspace.Name,
		"mia@msp.example")
	mia.get(s.ws("/o")).want(http.StatusOK, "Acme Dental").wantNot(other.Name)
	mia.get(s.orgOf(other)).want(http.StatusNotFound)
	mia.get(s.ws("/operators")).want(http.StatusNotFound)

	// Used up; and the password is the new operator's from now on.
	accept(s.stranger(t), token, newPassword).want(http.StatusUnprocessableEntity, deadLink)
	b := s.stranger(t)
	b.get("/signin").form("Sign in").set("email", "mia@msp.example").set("password",
		newPassword).send().want(http.StatusOK, "mia@msp.example")
	owner.get(s.ws("/operators")).want(http.StatusOK, "mia@msp.example", "Help Desk").wantNot("Invited, not here yet")
	owner.get(s.ws("/runs")).want(http.StatusOK, "Accept invitation",
		"Joined as helpdesk of Acme Dental, invited by "+s.Owner.Email+".")

	// A member is not invited again.
	f := owner.get(s.ws("/operators/invite")).form("Create invitation").set("email",
		"mia@msp.example").set("role", "owner")
	f.send().want(http.StatusUnprocessableEntity, "This operator is a member already.")
	for _, secret := range []string{token, newPassword} {
		if strings.Contains(s.Log.String(), secret) {
			t.Error("in the log: ", secret)
		}
		for place, text := range s.everyColumn(t) {
			if strings.Contains(text, secret) {
				t.Error("in ", place, ": ", secret)
			}
		}
	}
}

func TestInvitationOfAKnownOperator(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, known := s.DB.Workspace(t)
	owner := s.as(t, s.Owner)
	// The page for the inviter is the same whether the email is known or not.
	shown := func(email string) string {
		f := owner.get(s.ws("/operators/invite")).form("Create invitation").set("email", email).set("role",
			"technician")
		p := f.send().want(http.StatusOK, "Shown once")
		return strings.NewReplacer(tokenShown(t, p), "", email, "").Replace(withoutEcho(p))
	}
	stranger := "nobody." + strings.ToLower(rand.Text()) + "@msp.example"
	if one, two := shown(known.Email), shown(stranger); one != two {
		t.Errorf("the inviter is told that the email is known%s", difference(one, two))
	}

	token := invite(t, owner, known.Email, "technician")
	b := s.stranger(t)
	accept(b, token, newPassword).want(http.StatusUnprocessableEntity, "This password is wrong.")
	b.get(s.ws("")).want(http.StatusOK, "Sign in")
	// Somebody else's session is no way in, and gives nobody else the membership.
	third := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	third.get("/invitation").form("Open invitation").set("token", token).send().want(http.StatusOK,
		"You are signed in as", "Your password")
	third.request(http.MethodPost, "/invitation/accept",
		url.Values{"token": {token}}).want(http.StatusUnprocessableEntity)
	accept(b, token, storetest.Password).want(http.StatusOK, s.Workspace.Name, known.Email, "Technician in")

	// Who has signed in accepts without a password.
	s.Exec(t, `delete from membership where operator_id = $1 and workspace_id = $2`, known.ID, s.Workspace.ID)
	b = s.as(t, known)
	p := b.get("/invitation").form("Open invitation").set("token",
		invite(t, owner, known.Email, "auditor")).send().want(http.StatusOK).wantNot(`name="password"`)
	p.form("Join workspace").send().want(http.StatusOK, s.Workspace.Name, "Auditor in")
}

// Whatever is wrong with a link, the answer is the same to the byte.
func TestDeadInvitationsAnswerAlike(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, s.Owner)
	otherOwner := s.Member(t, s.Workspace, catalog.Owner)
	second := s.as(t, otherOwner)

	revoked := invite(t, owner, "revoked@msp.example", "auditor")
	owner.get(s.ws("/operators")).form("Revoke").send().want(http.StatusOK,
		"Revoked the invitation of revoked@msp.example.")
	replaced := invite(t, owner, "again@msp.example", "owner")
	current := invite(t, owner, "again@msp.example", "auditor")
	void := invite(t, second, "void@msp.example", "owner")
	used := invite(t, owner, "used."+strings.ToLower(uuid.NewString())+"@msp.example", "auditor")
	accept(s.stranger(t), used, newPassword).want(http.StatusOK)
	tampered := current[:63] + map[bool]string{true: "B", false: "A"}[current[63] == 'A']
	_, foreign := s.DB.Workspace(t)
	moved := tokenOfWorkspace(t, s, foreign, current)
	s.Exec(t, `update membership set role = 'auditor' where operator_id = $1`, otherOwner.ID)

	answers := map[string]string{}
	ask := func(what, token string) {
		t.Helper()
		for _, path := range []string{"/invitation", "/invitation/accept"} {
			p := s.stranger(t).request(http.MethodPost, path,
				url.Values{"token": {token}, "password": {newPassword}}).want(http.StatusUnprocessableEntity, deadLink)
			answers[what+" "+path] = withoutEcho(p)
		}
	}
	for what, token := range map[string]string{"revoked": revoked, "replaced": replaced, "void": void, "used": used,
		"tampered": tampered, "of another workspace": moved,
		"empty": "", "nonsense": "%00<script>", "long": strings.Repeat("A", 5000),
		"of nobody": strings.Repeat("A", 64)} {
		ask(what, token)
	}
	accept(s.stranger(t), current, "").want(http.StatusUnprocessableEntity, "Fill this in.") // still good
	s.Clock.Move(24*time.Hour + time.Second)
	ask("expired", current)
	for what, answer := range answers {
		if first := answers["empty /invitation"]; answer != first {
			t.Errorf("%s is answered otherwise%s", what, difference(first, answer))
		}
	}
	if members, err := queryAll[string](t, s.Superuser(t),
		`select o.email from membership m join operator o on o.id = m.operator_id where m.workspace_id = $1`,
		s.Workspace.ID); err != nil || len(members) != 3 {
		t.Error(members, err)
	}
}

// tokenOfWorkspace is a token with the workspace of another owner in it.
func tokenOfWorkspace(t *testing.T, s *console, owner store.Operator, token string) string {
	t.Helper()
	found, err := s.WorkspacesOf(t.Context(), owner.ID)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	access, err := s.Access(t.Context(), owner.ID, found[0].Slug, "")
	if err != nil {
		t.Fatal(err)
	}
	return swapWorkspace(t, token, access.Workspace.ID)
}

func TestInvitationsArePaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.stranger(t)
	for i := range 60 {
		p := b.request(http.MethodPost, "/invitation", url.Values{"token": {fmt.Sprint(i)}})
		if p.status == http.StatusTooManyRequests {
			p.want(http.StatusTooManyRequests, "Too many attempts. Try again in")
			if i < 20 || p.header.Get("Retry-After") == "" {
				t.Error("after ", i)
			}
			return
		}
	}
	t.Error("guessing is not slowed down")
}

// TestInviteSentTwice sends one form twice: one invitation, and the link once.
func TestInviteSentTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	f := b.get(s.ws("/operators/invite")).form("Create invitation").set("email",
		"twice@msp.example").set("role", "auditor")
	token := tokenShown(t, f.send())
	f.send().want(http.StatusOK, "Already sent", "Invited twice@msp.example").wantNot(token, "invitation#")
	f.set("email", "other@msp.example").send().want(http.StatusOK, "Already sent").wantNot("invitation#")
	p := b.get(s.ws("/operators")).want(http.StatusOK).wantNot("other@msp.example")
	if n := strings.Count(p.text(), "Waits until"); n != 1 {
		t.Errorf("%d lists of invitations", n)
	}
	if rows := p.all(func(n *node) bool {
		return n.Data == "button" && strings.HasSuffix(attribute(n, "formaction"), "/revoke")
	}); len(rows) != 1 {
		t.Errorf("%d invitations", len(rows))
	}
	p.form("Revoke").send().want(http.StatusOK)
	accept(s.stranger(t), token, newPassword).want(http.StatusUnprocessableEntity, deadLink)
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
		"technician", "auditor", "next click")
	stale := review.form("Change membership")
	review.form("Change membership").send().want(http.StatusOK,
		"Changed "+tech.Email+" from technician of all organizations to auditor of all organizations.")
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

// TestOperatorsList shows whom it should, and finds them.
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
