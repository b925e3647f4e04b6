package run_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/mail"
	"duodesk/internal/mail/mailtest"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

// mailLook is how often tests look for notices to mail.
const mailLook = 5 * time.Millisecond

// mailsBy is a mail server as a process uses it.
func mailsBy(t *testing.T, s *mailtest.Server) *mail.Server {
	t.Helper()
	server, err := mail.Parse("smtp://desk:CANARY-password@" + s.Address)
	if err != nil {
		t.Fatal(err)
	}
	s.Auth = "PLAIN"
	server.From("desk.example")
	return server
}

// notify writes notices of a new device about the Desk's owner.
func notify(t *testing.T, d *runtest.Desk, n int) {
	t.Helper()
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		for range n {
			if err := tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeNewDevice, Operator: d.Owner.ID,
				At: d.Clock.Now(),
				From: store.Origin{Address: "203.0.113.7",
					Agent: "CANARY-agent\r\nBcc: x@evil.example Firefox/140 Linux"}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition.
func untilTrue(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); {
		if time.Now().After(end) {
			t.Fatal("in vain: ", what)
		}
	}
}

// leftToMail counts the notices of the Desk's workspace that are still to be mailed to an owner.
func leftToMail(t *testing.T, d *runtest.Desk) (n int) {
	t.Helper()
	if err := d.Superuser(t).QueryRow(t.Context(),
		`select count(*) from notice where workspace_id = $1 and mailed_at is null`,
		d.Workspace.ID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// perMail counts mails by receiver and Message-ID.
func perMail(t *testing.T, mails []mailtest.Mail) map[string]int {
	t.Helper()
	count := map[string]int{}
	for _, m := range mails {
		head, _, _ := m.Read(t)
		count[m.To+" "+head.Get("Message-Id")]++
	}
	return count
}

// TestNoticesAreMailed: each owner gets each notice once, with words of ours only; nobody else gets one.
func TestNoticesAreMailed(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	second := d.Member(t, d.Workspace, catalog.Owner)
	d.Member(t, d.Workspace, catalog.Administrator)
	d.Exec(t, `update workspace set name = $2 where id = $1`, d.Workspace.ID, "North\r\nBcc: x@evil.example\u202ewind")
	s := mailtest.Start(t)
	notify(t, d, 1)
	// An owner who is removed right after the event is told too.
	d.Exec(t, `update membership set role = 'auditor' where operator_id = $1`, second.ID)
	d.Runner.MailNotices(mailsBy(t, s), mailLook, d.Workspace.ID)
	untilTrue(t, "all are mailed", func() bool { return leftToMail(t, d) == 0 })
	got := map[string]bool{}
	for _, m := range s.Mails() {
		got[m.To] = true
		head, subject, text := m.Read(t)
		if !strings.HasPrefix(subject, "North  Bcc: x@evil.example") && !strings.HasPrefix(subject, "North Bcc: x@") ||
			!strings.HasSuffix(subject, "wind: Sign-in from a new device") || head.Get("Bcc") != "" {
			t.Errorf("the subject is %q, the head %q", subject, head)
		}
		if !strings.Contains(text, "From: 203.0.113.7, Firefox on Linux\n") ||
			!strings.Contains(text, d.Owner.Email+" signed in with a browser") ||
			strings.Contains(m.Data+text, "CANARY") || strings.Contains(text, "http") {
			t.Errorf("the mail is\n%s", text)
		}
	}
	if len(s.Mails()) != 2 || !got[d.Owner.Email] || !got[second.Email] {
		t.Errorf("mailed to %v", got)
	}
	if strings.Contains(d.Log.String(), "CANARY") {
		t.Error("the log has a secret or what a browser calls itself")
	}
}

// TestMailServerDownThenUp: nothing is lost and nothing sent twice, and the log has no password.
func TestMailServerDownThenUp(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	down := mailtest.Start(t)
	server := mailsBy(t, down)
	down.Stop()
	notify(t, d, 3)
	d.Runner.MailNotices(server, mailLook, d.Workspace.ID)
	untilTrue(t, "all were tried", func() bool { return strings.Count(d.Log.String(), "was not mailed") >= 3 })
	// Nobody waits for mails: an owner acknowledges meanwhile, and the mail is sent all the same.
	if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		open, _, err := tx.OpenNotices(t.Context(), 1)
		if err == nil {
			_, err = tx.AcknowledgeNotices(t.Context(), []uuid.UUID{open[0].ID}, d.Owner.ID, d.Clock.Now())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	up := mailtest.StartAt(t, down.Address)
	up.Auth = "PLAIN"
	d.Clock.Move(store.NoticeMailLease)
	untilTrue(t, "all are mailed", func() bool { return leftToMail(t, d) == 0 })
	d.Clock.Move(2 * time.Hour)
	notify(t, d, 1)
	untilTrue(t, "the next one is mailed", func() bool { return leftToMail(t, d) == 0 })
	for mail, n := range perMail(t, up.Mails()) {
		if n != 1 {
			t.Errorf("%s was sent %d times", mail, n)
		}
	}
	if n := len(up.Mails()); n != 4 {
		t.Error(n, " mails")
	}
	if strings.Contains(d.Log.String(), "CANARY") {
		t.Error("the log has the password")
	}
}

// TestOneOwnerIsRefused: an owner whose mails are refused does not keep them from the others, is tried again, and is
// given up after a day, in the log.
func TestOneOwnerIsRefused(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	bad := d.Member(t, d.Workspace, catalog.Owner)
	s := mailtest.Start(t)
	var mu sync.Mutex
	refused := 0
	s.Fail(func(command, argument string) string {
		if command == "RCPT" && strings.Contains(argument, bad.Email) {
			mu.Lock()
			defer mu.Unlock()
			refused++
			return "550 5.1.1 CANARY no such user"
		}
		return ""
	})
	tried := func() int {
		mu.Lock()
		defer mu.Unlock()
		return refused
	}
	notify(t, d, 2)
	d.Runner.MailNotices(mailsBy(t, s), mailLook, d.Workspace.ID)
	untilTrue(t, "the others get theirs", func() bool { return len(s.Mails()) == 2 && tried() == 2 })
	d.Clock.Move(store.NoticeMailLease)
	untilTrue(t, "it is tried again", func() bool { return tried() == 4 })
	d.Clock.Move(store.NoticeMailFor)
	untilTrue(t, "it is given up", func() bool { return strings.Contains(d.Log.String(), "not mailed any more") })
	if len(s.Mails()) != 2 || leftToMail(t, d) != 2 || strings.Contains(d.Log.String(), "CANARY") {
		t.Errorf("%d mails; the log:\n%s", len(s.Mails()), d.Log)
	}
}

// TestTwoProcessesMailOnce: several processes at once send each mail once, and one goes on where another died.
func TestTwoProcessesMailOnce(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	d.Member(t, d.Workspace, catalog.Owner)
	s := mailtest.Start(t)
	server := mailsBy(t, s)
	notify(t, d, 15)
	// A process that claimed one and died.
	if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		_, err := tx.ClaimNoticeMail(t.Context(), d.Clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		d.Process(t, run.Config{}).MailNotices(server, mailLook, d.Workspace.ID)
	}
	untilTrue(t, "all but one are mailed", func() bool { return leftToMail(t, d) == 1 })
	d.Clock.Move(store.NoticeMailLease)
	untilTrue(t, "the last one is taken over", func() bool { return leftToMail(t, d) == 0 })
	count := perMail(t, s.Mails())
	for mail, n := range count {
		if n != 1 {
			t.Errorf("%s was sent %d times", mail, n)
		}
	}
	if len(count) != 30 {
		t.Errorf("%d mails to owners", len(count))
	}
}

// TestMailServerHangs: while the mail server does not answer, members are changed and notices written as ever, and the
// process stops.
func TestMailServerHangs(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	s := mailtest.Start(t)
	answer := make(chan struct{})
	s.Fail(func(command, _ string) string {
		if command == "CONNECT" {
			<-answer
		}
		return ""
	})
	t.Cleanup(func() { close(answer) })
	notify(t, d, 1)
	mailer := d.Process(t, run.Config{})
	mailer.MailNotices(mailsBy(t, s), mailLook, d.Workspace.ID)
	untilTrue(t, "the server is asked", func() bool { return s.Asked() > 0 })
	member := d.Member(t, d.Workspace, catalog.Technician)
	if err := d.Members().ChangeMember(t.Context(), d.Scope(), d.Actor(catalog.Owner), uuid.New(), member.ID,
		store.Grant{Role: "technician", EveryOrganization: true},
		store.Grant{Role: "owner", EveryOrganization: true}); err != nil {
		t.Fatal(err)
	}
	mailer.Stop()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	mailer.Wait(over) // gives up what is being sent
	if n := len(s.Mails()); n != 0 || leftToMail(t, d) != 2 {
		t.Errorf("%d mails, %d are left", n, leftToMail(t, d))
	}
}

// TestOwnerGivenIsNoticed: after a member becomes an owner, the owners know who did it, in one transaction.
func TestOwnerGivenIsNoticed(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	member := d.Member(t, d.Workspace, catalog.Technician)
	whole := func(role string) store.Grant { return store.Grant{Role: role, EveryOrganization: true} }
	actor := d.Actor(catalog.Owner)
	actor.From = store.Origin{Address: "203.0.113.9"}
	change := func(from, to string) error {
		return d.Members().ChangeMember(t.Context(), d.Scope(), actor, uuid.New(), member.ID, whole(from), whole(to))
	}
	want := func(want ...string) {
		t.Helper()
		var got []string
		if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
			found, _, err := tx.OpenNotices(t.Context(), 20)
			for _, n := range found {
				got = append(got, n.Kind+" "+n.Email+" by "+n.By+" from "+n.Address)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the notices are %q, want %q", got, want)
		}
	}
	given := func(email string) string {
		return "owner-given " + email + " by " + d.Owner.Email + " from 203.0.113.9"
	}
	for _, step := range [][2]string{{"technician", "admin"}, {"admin", "owner"}, {"owner", "owner"},
		{"owner", "auditor"}} {
		if err := change(step[0], step[1]); err != nil {
			t.Fatal(step, err)
		}
	}
	want(given(member.Email))
	invite := func(email, role string) string {
		token, _, err := d.Members().Invite(t.Context(), d.Scope(), actor,
			store.Invitation{ID: uuid.New(), Email: email,
				Role: role, Every: true})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	address := func() string { return uuid.NewString() + "@msp.example" }
	if _, _, err := d.Members().AcceptAsNew(t.Context(), invite(address(), "admin"), "hash", actor.From); err != nil {
		t.Fatal(err)
	}
	want(given(member.Email))
	email := address()
	if _, _, err := d.Members().AcceptAsNew(t.Context(), invite(email, "owner"), "hash", actor.From); err != nil {
		t.Fatal(err)
	}
	want(given(email), given(member.Email))
	// An owner who was disabled is one again.
	if err := change("auditor", "owner"); err != nil {
		t.Fatal(err)
	}
	if err := d.Members().DisableMember(t.Context(), d.Scope(), actor, uuid.New(), member.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Members().EnableMember(t.Context(), d.Scope(), actor, uuid.New(), member.ID); err != nil {
		t.Fatal(err)
	}
	all := []string{given(member.Email), given(member.Email), given(email), given(member.Email)}
	want(all...)
	if err := change("owner", "auditor"); err != nil {
		t.Fatal(err)
	}
	// No notice, no owner; and no owner, no notice.
	token := invite(address(), "owner")
	d.RefuseNotices(t, d.Workspace)
	if err := change("auditor", "owner"); err == nil {
		t.Error("an owner was made without the notice")
	}
	if _, _, err := d.Members().AcceptAsNew(t.Context(), token, "hash", actor.From); err == nil {
		t.Error("an owner joined without the notice")
	}
	want(all...)
	var owners int
	if err := d.Superuser(t).QueryRow(t.Context(),
		`select count(*) from membership where workspace_id = $1 and role = 'owner'`,
		d.Workspace.ID).Scan(&owners); err != nil || owners != 2 {
		t.Errorf("%d owners (%v)", owners, err)
	}
}
