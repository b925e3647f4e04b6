package web

import (
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

// notify writes a notice about an operator and returns its id.
func (s *console) notify(t testing.TB, ws store.Workspace, about store.Operator, kind string) (id string) {
	t.Helper()
	err := s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		s.Clock.Move(time.Second)
		if err := tx.Notify(t.Context(), store.NewNotice{Kind: kind, Operator: about.ID, At: s.Clock.Now(),
			From: store.Origin{Address: "203.0.113.7", Agent: "Firefox/140 Windows <script>"}}); err != nil {
			return err
		}
		open, _, err := tx.OpenNotices(t.Context(), 1)
		id = open[0].ID.String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// openNotices are the notices of a workspace that wait.
func (s *console) openNotices(t testing.TB, ws store.Workspace) (found []store.Notice) {
	t.Helper()
	err := s.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
		found, _, err = tx.OpenNotices(t.Context(), 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const (
	noticeLine = "waiting for an owner"
	resetLine  = "was reset on the host"
)

// TestNoticesAreForOwners: owners see what waits on Home and a line on each page; nobody else sees either, and another
// workspace's owner neither.
func TestNoticesAreForOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	technician := s.Member(t, s.Workspace, catalog.Technician)
	owner := s.as(t, s.Owner)
	pages := []string{s.ws("/o"), s.ws("/integration"), s.ws("/actions"), s.ws("/runs"), s.ws("/operators"),
		s.ws("/tickets"), s.orgOf(s.Client), s.orgOf(s.Client) + "/users", s.orgOf(s.Client) + "/runs",
		s.orgOf(s.Client) + "/connection"}
	for _, address := range append(pages, s.ws(""), s.ws("/notices")) {
		owner.get(address).want(http.StatusOK).wantNot(noticeLine, resetLine)
	}
	s.notify(t, s.Workspace, technician, store.NoticePasswordReset)
	for _, address := range pages {
		owner.get(address).want(http.StatusOK, "1 security notice is "+noticeLine, "Review notices").wantNot(resetLine)
	}
	owner.get(s.ws("/no-such-page-of-ours")).wantNot(resetLine)
	for _, address := range []string{s.ws(""), s.ws("/notices")} {
		p := owner.get(address).want(http.StatusOK, technician.Email, resetLine,
			"203.0.113.7, Firefox on Windows").wantNot(noticeLine, "<script>").fine()
		if !strings.Contains(p.body, `href="`+s.ws("/operators/"+technician.ID.String())+`"`) {
			t.Error(address, " has no link to the member")
		}
	}
	otherSpace, otherOwner := s.DB.Workspace(t)
	for _, b := range []*browser{
		s.as(t, technician), s.as(t, s.Member(t, s.Workspace, catalog.Administrator)),
		s.as(t, s.Member(t, s.Workspace, catalog.Administrator, s.Client.ID)),
		s.as(t, s.Member(t, s.Workspace, catalog.Auditor)),
	} {
		for _, address := range []string{s.ws(""), s.ws("/runs"), s.orgOf(s.Client)} {
			b.get(address).want(http.StatusOK).wantNot(noticeLine, resetLine)
		}
		b.get(s.ws("/notices")).want(http.StatusNotFound).wantNot(resetLine)
	}
	foreign := s.as(t, otherOwner)
	foreign.get("/w/"+otherSpace.Slug).want(http.StatusOK).wantNot(noticeLine, resetLine)
	foreign.get(s.ws("/notices")).want(http.StatusNotFound).wantNot(resetLine)
	s.stranger(t).get(s.ws("/notices")).wantNot(resetLine)
}

// TestAcknowledgeNotices: an owner acknowledges one notice or all that are shown, on record with the ticket; again is
// no trouble, and nobody acknowledges another workspace's.
func TestAcknowledgeNotices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, s.Owner)
	first := s.notify(t, s.Workspace, member, store.NoticePasswordReset)
	s.notify(t, s.Workspace, s.Owner, store.NoticeNewDevice) // of one's own
	third := s.notify(t, s.Workspace, member, store.NoticeOwnerGiven)
	p := b.get(s.ws("")).want(http.StatusOK, "3 security notices", "Acknowledge all 3")
	send := func(b *browser, notices, ticket string) *page {
		return b.request(http.MethodPost, s.ws("/notices"), url.Values{"notice": {notices}, "ticket": {ticket}})
	}
	late := s.notify(t, s.Workspace, member, store.NoticeRecoveryCode) // after the page was read
	all := ""
	for _, n := range p.all(func(n *node) bool { return attribute(n, "name") == "notice" }) {
		if value := attribute(n, "value"); len(value) > len(all) {
			all = value
		}
	}
	if strings.Contains(all, late) || !strings.Contains(all, first) || !strings.Contains(all, third) {
		t.Fatal("the button for all sends ", all)
	}
	otherSpace, otherOwner := s.DB.Workspace(t)
	foreign := s.notify(t, otherSpace, otherOwner, store.NoticeBreakGlass)
	one := send(b, first+" "+foreign, "INC-7").want(http.StatusSeeOther)
	b.get(one.header.Get("Location")).want(http.StatusOK, "Acknowledged 1 security notice.",
		"Acknowledged by "+s.Owner.Email, "Acknowledge all 3").fine()
	if n := len(s.openNotices(t, otherSpace)); n != 1 {
		t.Error("another workspace's notice was acknowledged")
	}
	for range 2 {
		if to := send(b, first,
			"INC-8").want(http.StatusSeeOther).header.Get("Location"); strings.Contains(to, "run=") {
			t.Error("it was acknowledged twice: ", to)
		}
	}
	b.get(s.ws("/runs?q=INC-7")).want(http.StatusOK, "Acknowledged 1 security notice.")
	b.get(s.ws("/runs?q=INC-8")).want(http.StatusOK).wantNot("Acknowledged 1 security notice.")
	send(b, all, "INC-9").want(http.StatusSeeOther)
	b.get(s.ws("/runs?q=INC-9")).want(http.StatusOK, "Acknowledged 2 security notices.")
	// Others read the record, and learn no more of it than that.
	auditor := s.as(t, s.Member(t, s.Workspace, catalog.Auditor))
	auditor.get(s.ws("/runs?q=INC-")).want(http.StatusOK, "Acknowledged 2 security notices.").
		wantNot(member.Email, resetLine, "203.0.113.7")
	auditor.get(strings.Replace(one.header.Get("Location"), "/notices?run=", "/runs/", 1)).want(http.StatusOK,
		"Acknowledged 1 security notice.").wantNot(member.Email, resetLine, "203.0.113.7")
	b.get(s.ws("/o")).want(http.StatusOK, "1 security notice is "+noticeLine)
	for _, notice := range []string{"", "x", late + " x", strings.Repeat(late+" ", 51)} {
		send(b, notice, "").want(http.StatusBadRequest)
	}
	send(s.as(t, s.Member(t, s.Workspace, catalog.Administrator)), late, "").want(http.StatusNotFound)
	send(b, late, "").want(http.StatusSeeOther)
	b.get(s.ws("")).want(http.StatusOK).wantNot("security notice")
	b.get(s.ws("/notices")).want(http.StatusOK, "All notices are acknowledged.", "signed in with a recovery code",
		"Acknowledged by "+s.Owner.Email)
	// A sign-in under a clock that was put forward would end the sessions of other tests.
	s.Exec(t, `update notice set acknowledged_at = acknowledged_at - $2::interval where workspace_id = $1`,
		s.Workspace.ID, store.NoticeLife)
	b.get(s.ws("/notices")).want(http.StatusOK).wantNot("signed in with a recovery code")
}

// TestAcknowledgedByAFormerOwner: the role is that of the moment of the change, and without the record nothing is
// acknowledged.
func TestAcknowledgedByAFormerOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	notice := s.notify(t, s.Workspace, s.Owner, store.NoticeFactorReset)
	id := uuid.MustParse(notice)
	// as a request in flight has it
	demoted := s.ActorOf(s.Member(t, s.Workspace, catalog.Administrator), catalog.Owner)
	if _, err := s.Members().Acknowledge(t.Context(), s.Scope(), demoted, []uuid.UUID{id}); err == nil {
		t.Error("a former owner acknowledged")
	}
	s.RefuseRecords(t, s.Workspace)
	if _, err := s.Members().Acknowledge(t.Context(), s.Scope(), s.Actor(catalog.Owner), []uuid.UUID{id}); err == nil {
		t.Error("acknowledged off the record")
	}
	if n := len(s.openNotices(t, s.Workspace)); n != 1 {
		t.Error(n, " notices wait")
	}
}

// TestSignInFromANewDeviceIsNoticed: by the form, in every workspace of the operator; not the first sign-in, not in a
// known browser, and not what goes on after a change of the password.
func TestSignInFromANewDeviceIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other, _ := s.DB.Workspace(t)
	operator := s.Member(t, s.Workspace, catalog.Technician)
	if err := s.InWorkspace(t.Context(), store.WholeWorkspace(other.ID), func(tx *store.Tx) error {
		return tx.AddMember(t.Context(), operator.ID, store.Grant{Role: "auditor", EveryOrganization: true})
	}); err != nil {
		t.Fatal(err)
	}
	want := func(n int) {
		t.Helper()
		for _, ws := range []store.Workspace{s.Workspace, other} {
			if got := s.openNotices(t, ws); len(got) != n {
				t.Errorf("%d notices, want %d: %+v", len(got), n, got)
			}
		}
	}
	known, strange := s.stranger(t), s.stranger(t)
	known.signIn(operator, storetest.Password).want(http.StatusSeeOther)
	known.signIn(operator, storetest.Password).want(http.StatusSeeOther)
	known.signIn(operator, "wrong").want(http.StatusUnprocessableEntity)
	want(0)
	// Before a workspace is entered, a session that goes on is still no sign-in.
	known.get("/account").form("Change password").set("current", storetest.Password).set("new",
		newPassword).send().want(http.StatusOK, "Your password is changed.")
	known.signIn(operator, newPassword).want(http.StatusSeeOther)
	want(0)
	strange.setCookie("device", known.cookie("device")+"x")
	strange.request(http.MethodPost, "/signin", url.Values{"email": {operator.Email}, "password": {newPassword}},
		"User-Agent", "Mozilla/5.0 (iPhone) CriOS/138.0").want(http.StatusSeeOther)
	want(1)
	got := s.openNotices(t, s.Workspace)[0]
	if got.Kind != store.NoticeNewDevice || got.OperatorID != operator.ID || got.Address != strange.ip ||
		!strings.Contains(got.Agent, "CriOS") || got.By != "" {
		t.Errorf("the notice is %+v", got)
	}
	strange.signIn(operator, newPassword).want(http.StatusSeeOther) // known by now
	known.signIn(operator, newPassword).want(http.StatusSeeOther)
	want(1)
}

// TestOwnerByThePageIsNoticed: the form of a member has the notice say from where the owner acted.
func TestOwnerByThePageIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.Member(t, s.Workspace, catalog.Technician)
	b := s.as(t, s.Owner)
	b.request(http.MethodPost, s.ws("/operators/"+member.ID.String()), url.Values{"run_id": {uuid.NewString()},
		"act": {"change"}, "was": {"technician all"}, "role": {"owner"}}).want(http.StatusSeeOther)
	got := s.openNotices(t, s.Workspace)
	if len(got) != 1 || got[0].Kind != store.NoticeOwnerGiven || got[0].By != s.Owner.Email || got[0].Address != b.ip {
		t.Errorf("the notices are %+v", got)
	}
	b.get(s.ws("")).want(http.StatusOK, member.Email+" was given the Owner role by "+s.Owner.Email)
}
