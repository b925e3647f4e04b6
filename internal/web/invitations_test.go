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
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

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
	// Another operator's session is no way in, and gives no other operator the membership.
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
