package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// openNotices are the notices of a workspace that wait, as "kind email by from", latest first.
func openNotices(t testing.TB, db storetest.DB, ws store.Workspace) (all []string) {
	t.Helper()
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		found, total, err := tx.OpenNotices(t.Context(), 100)
		if total != len(found) {
			t.Errorf("%d notices, %d are listed", total, len(found))
		}
		for _, n := range found {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", n.Kind, n.Email, n.By, n.Address)))
		}
		return err
	})
	return all
}

func wantNotices(t testing.TB, db storetest.DB, ws store.Workspace, want ...string) {
	t.Helper()
	if got := openNotices(t, db, ws); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the notices of %s are %q, want %q", ws.Slug, got, want)
	}
}

// join makes an operator a member of another workspace too.
func join(t testing.TB, db storetest.DB, ws store.Workspace, operator store.Operator, role string) {
	t.Helper()
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		return tx.AddMember(t.Context(), operator.ID, store.Grant{Role: role, EveryOrganization: true})
	})
}

func signInFrom(t testing.TB, db storetest.DB, operator store.Operator, from store.Origin) error {
	t.Helper()
	now, err := db.OperatorByEmail(t.Context(), operator.Email)
	if err != nil {
		t.Fatal(err)
	}
	token := uuid.New()
	o := db.Opening(t, now, append(token[:], token[:]...), today, today.Add(time.Hour))
	o.From = from
	return db.StartSession(t.Context(), o, today)
}

// TestNoticeOfAReset: a password that is reset on the host is a notice in each workspace of the operator, in one
// transaction with the reset.
func TestNoticeOfAReset(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	one, _ := db.Workspace(t)
	two, _ := db.Workspace(t)
	three, _ := db.Workspace(t)
	ended, _ := db.Workspace(t)
	operator := db.Member(t, one, catalog.Technician)
	join(t, db, two, operator, "auditor")
	join(t, db, ended, operator, "auditor")
	within(t, db.Store, store.WholeWorkspace(ended.ID), func(tx *store.Tx) error {
		return tx.SetMemberDisabled(t.Context(), operator.ID, &today)
	})
	reset := func(hash string) error {
		_, err := store.ResetPassword(t.Context(), db.OwnerURL, operator.Email, hash, today)
		return err
	}
	if err := reset("first"); err != nil {
		t.Fatal(err)
	}
	for _, ws := range []store.Workspace{one, two} {
		wantNotices(t, db, ws, "password-reset "+operator.Email)
	}
	wantNotices(t, db, three)
	wantNotices(t, db, ended) // where the operator cannot enter
	db.RefuseNotices(t, two)
	if err := reset("second"); err == nil {
		t.Error("a reset without its notice was done")
	}
	db.RefuseRecords(t, one)
	if err := reset("third"); err == nil {
		t.Error("a reset without its record was done")
	}
	wantNotices(t, db, one, "password-reset "+operator.Email)
	if now, err := db.OperatorByEmail(t.Context(), operator.Email); err != nil || now.PasswordHash != "first" {
		t.Error("the password was changed: ", now.PasswordHash, err)
	}
}

// TestNoticeOfANewDevice: a sign-in in a browser that the operator is not known by is a notice, the first one of an
// operator is none, and no session is there without it.
func TestNoticeOfANewDevice(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, _ := db.Workspace(t)
	other, _ := db.Workspace(t)
	operator := db.Member(t, ws, catalog.Technician)
	join(t, db, other, operator, "helpdesk")
	hash := func(name string) []byte { return []byte(name + strings.Repeat(" ", 32-len(name))) }
	desk, phone := store.Origin{Address: "192.0.2.1", Device: hash(operator.Email[:12])},
		store.Origin{Address: "192.0.2.2", Agent: "Firefox/1 Linux", Device: hash(operator.Email[12:24])}
	for i, from := range []store.Origin{{Address: "192.0.2.1"}, desk, phone, {Address: "192.0.2.3"}} {
		if i == 1 {
			if err := db.RememberDevice(t.Context(), operator, nil, desk.Device, desk, today); err != nil {
				t.Fatal(err)
			}
		}
		if err := signInFrom(t, db, operator, from); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"new-device " + operator.Email + "  192.0.2.3", "new-device " + operator.Email + "  192.0.2.2"}
	for _, place := range []store.Workspace{ws, other} {
		got := openNotices(t, db, place)
		if len(got) != 2 || !strings.Contains(fmt.Sprint(got), want[0]) || !strings.Contains(fmt.Sprint(got), want[1]) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// A device of another operator is none of this one's.
	colleague := db.Member(t, ws, catalog.Auditor)
	if err := signInFrom(t, db, colleague, desk); err != nil {
		t.Fatal(err)
	}
	if err := signInFrom(t, db, colleague, desk); err != nil {
		t.Fatal(err)
	}
	if got := openNotices(t, db, ws); len(got) != 3 {
		t.Errorf("%q", got)
	}
	// A session that goes on is no sign-in, and one that is refused neither.
	now, err := db.OperatorByEmail(t.Context(), operator.Email)
	if err != nil {
		t.Fatal(err)
	}
	renewed := db.Opening(t, now, hash("goes on"+operator.Email[:9]), today, today.Add(time.Hour))
	renewed.Renewed, renewed.Entered = true, []uuid.UUID{ws.ID}
	if err := db.StartSession(t.Context(), renewed, today); err != nil {
		t.Fatal(err)
	}
	late := now
	late.Epoch--
	if err := db.StartSession(t.Context(), db.Opening(t, late, hash("late"), today, today.Add(time.Hour)),
		today); err == nil {
		t.Error("a session of an earlier epoch was started")
	}
	if got := openNotices(t, db, ws); len(got) != 3 {
		t.Errorf("%q", got)
	}
	db.RefuseNotices(t, other)
	sessions := func() int {
		open, err := db.Sessions(t.Context(), operator.ID, today, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return len(open)
	}
	before := sessions()
	if err := signInFrom(t, db, operator, store.Origin{}); err == nil || sessions() != before {
		t.Error("there is a session that owners were not told of: ", err)
	}
	if got := openNotices(t, db, ws); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// TestNoticeOfAnOwnerFromTheHost: an owner who is added on the host to a workspace with members is a notice; the first
// owner is none.
func TestNoticeOfAnOwnerFromTheHost(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	name := "Host " + uuid.NewString()
	add := func(role string) (string, error) {
		email := uuid.NewString() + "@msp.example"
		_, err := store.AddOperator(t.Context(), db.OwnerURL, store.NewOperator{Workspace: name, Email: email,
			PasswordHash: "x", Role: role, At: today})
		return email, err
	}
	first, err := add("owner")
	if err != nil {
		t.Fatal(err)
	}
	op, err := db.OperatorByEmail(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	access, err := db.Access(t.Context(), op.ID, store.Slug(name), "")
	if err != nil {
		t.Fatal(err)
	}
	wantNotices(t, db, access.Workspace)
	second, err := add("owner")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := add("technician"); err != nil {
		t.Fatal(err)
	}
	wantNotices(t, db, access.Workspace, "owner-given "+second)
	db.RefuseNotices(t, access.Workspace)
	third, err := add("owner")
	if _, missing := db.OperatorByEmail(t.Context(), third); err == nil || missing == nil {
		t.Error("an owner was added without the notice: ", err)
	}
}

// TestNoticesAreBounded: nobody buries a notice under others of another kind.
func TestNoticesAreBounded(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		for i := range 30 {
			at := today.Add(time.Duration(i) * time.Second)
			if err := tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeNewDevice, Operator: owner.ID,
				At: at}); err != nil {
				return err
			}
		}
		err := tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeWrongCodes, Operator: owner.ID, At: today})
		if err == nil {
			err = tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeNewDevice, Operator: owner.ID,
				At: today.Add(2 * time.Hour)})
		}
		return err
	})
	if got := openNotices(t, db, ws); len(got) != 22 {
		t.Errorf("%d notices: %q", len(got), got)
	}
}

// TestNoticesWithinAScope: a scope of chosen organizations, and the page of one, reach no notice.
func TestNoticesWithinAScope(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	organization := db.Organizations(t, ws, "Acme")[0]
	part := store.Within(ws.ID, organization.ID)
	note := func(tx *store.Tx) error {
		return tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeFactorReset, Operator: owner.ID, At: today})
	}
	within(t, db.Store, store.WholeWorkspace(ws.ID), note)
	if err := db.InWorkspace(t.Context(), part, note); code(err) != notPermitted {
		t.Error("a part of the workspace wrote a notice: ", err)
	}
	within(t, db.Store, part, func(tx *store.Tx) error {
		found, total, err := tx.OpenNotices(t.Context(), 10)
		if len(found) > 0 || total > 0 {
			t.Errorf("%d notices, %+v", total, found)
		}
		return err
	})
	for role, want := range map[catalog.Role]int{catalog.Owner: 1, catalog.Administrator: 0, catalog.Auditor: 0} {
		for _, slug := range []string{"", organization.Slug} {
			access, err := db.Enter(t.Context(), db.Member(t, ws, role).ID, "", ws.Slug, slug, 5)
			if err != nil || access.Notices != want {
				t.Errorf("%s at %q is told of %d notices (%v)", role, slug, access.Notices, err)
			}
		}
	}
}

// TestAcknowledgedNoticesStay: the server cannot delete a notice that waits, or that was acknowledged in the last 90
// days; older ones go with the next acknowledgement.
func TestAcknowledgedNoticesStay(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	app, now := connect(t, db.AppURL), time.Now().UTC().Truncate(time.Microsecond)
	add := func() (id uuid.UUID) {
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			err := tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeBreakGlass, Operator: owner.ID, At: now})
			if err != nil {
				return err
			}
			found, _, err := tx.OpenNotices(t.Context(), 1)
			id = found[0].ID
			return err
		})
		return id
	}
	acknowledge := func(id uuid.UUID) (done []store.Notice) {
		within(t, db.Store, store.WholeWorkspace(ws.ID), func(tx *store.Tx) (err error) {
			done, err = tx.AcknowledgeNotices(t.Context(), []uuid.UUID{id}, owner.ID, now)
			return err
		})
		return done
	}
	old := add()
	if done := acknowledge(old); len(done) != 1 || done[0].AcknowledgedBy != owner.Email || len(acknowledge(old)) != 0 {
		t.Errorf("acknowledged %+v", done)
	}
	waits := add()
	if n, err := whole(ws.ID).attempt(t, app, `delete from notice`); n != 0 || err != nil {
		t.Errorf("%d notices were deleted (%v)", n, err)
	}
	db.Exec(t, `update notice set acknowledged_at = acknowledged_at - interval '91 days' where id = $1`, old)
	acknowledge(waits)
	left := column[uuid.UUID](t, db.Superuser(t), `select id from notice where workspace_id = $1`, ws.ID)
	if len(left) != 1 || left[0] != waits {
		t.Error("left are ", left)
	}
}

// TestClaimsOfNoticeMail: one caller has a notice until the next attempt is due, the pauses grow, and after a day it is
// given up.
func TestClaimsOfNoticeMail(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ws, owner := db.Workspace(t)
	second := db.Member(t, ws, catalog.Owner)
	db.Member(t, ws, catalog.Administrator)
	gone := db.Member(t, ws, catalog.Owner)
	whole := store.WholeWorkspace(ws.ID)
	within(t, db.Store, whole, func(tx *store.Tx) error {
		if err := tx.SetMemberDisabled(t.Context(), gone.ID, &today); err != nil {
			return err
		}
		return tx.Notify(t.Context(), store.NewNotice{Kind: store.NoticeNewDevice, Operator: owner.ID, At: today})
	})
	claim := func(at time.Time) (m store.NoticeMail, err error) {
		err = db.InWorkspace(t.Context(), whole, func(tx *store.Tx) (err error) {
			m, err = tx.ClaimNoticeMail(t.Context(), at)
			return err
		})
		return m, err
	}
	due := func(at time.Time) bool {
		found, err := db.WorkspacesWithMail(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(fmt.Sprint(found), ws.ID.String())
	}
	at, last := today, store.NoticeMail{}
	for i, pause := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		m, err := claim(at)
		if err != nil || m.Try != i+1 || len(m.To) != 2 || m.Workspace != ws.Name {
			t.Fatalf("attempt %d: %+v (%v)", i+1, m, err)
		}
		if early := at.Add(pause*time.Minute - time.Second); due(early) {
			t.Errorf("after attempt %d it is due too early", i+1)
		} else if _, err := claim(early); err != store.ErrNotFound {
			t.Errorf("after attempt %d another has it: %v", i+1, err)
		}
		at, last = at.Add(pause*time.Minute), m
	}
	mailed := func(m store.NoticeMail, to uuid.UUID) error {
		return db.InWorkspace(t.Context(), whole,
			func(tx *store.Tx) error { return tx.NoticeMailed(t.Context(), m, to, at) })
	}
	late := last
	late.Try--
	if err := mailed(late, owner.ID); err != store.ErrNotFound {
		t.Error("an attempt that another took over was noted: ", err)
	}
	if err := mailed(last, owner.ID); err != nil {
		t.Fatal(err)
	}
	if m, err := claim(at); err != nil || len(m.To) != 1 || m.To[0].Email != second.Email {
		t.Errorf("%+v (%v)", m, err)
	}
	within(t, db.Store, whole, func(tx *store.Tx) error {
		if n, err := tx.GiveUpNoticeMail(t.Context(), today.Add(23*time.Hour)); err != nil || n != 0 {
			t.Errorf("after 23 hours %d are given up (%v)", n, err)
		}
		if n, err := tx.GiveUpNoticeMail(t.Context(), today.Add(24*time.Hour)); err != nil || n != 1 {
			t.Errorf("after a day %d are given up (%v)", n, err)
		}
		return nil
	})
	if due(today.Add(25 * time.Hour)) {
		t.Error("it is due after it was given up")
	}
}
