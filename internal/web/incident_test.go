package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
	"duodesk/internal/web/site"
)

// heldUp keeps work that has checked an operator's password from going on: it
// locks the attempts that are counted under some keys, which a right password
// clears away.
type heldUp struct {
	t    testing.TB
	tx   pgx.Tx
	pid  int
	look *pgx.Conn
}

func (s *console) holdUp(t testing.TB, keys ...store.LoginKey) *heldUp {
	t.Helper()
	conn := s.Superuser(t)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := &heldUp{t: t, tx: tx, pid: int(conn.PgConn().PID()), look: s.Superuser(t)}
	for _, k := range keys {
		// An earlier attempt, whose row is there to be locked.
		s.Exec(t, `insert into login_attempt (key, at) values ($1, $2)`, k.Name, s.Clock.Now())
		if done, err := tx.Exec(t.Context(), `select from login_attempt where key = $1 for update`,
			k.Name); err != nil || done.RowsAffected() == 0 {
			t.Fatal("nothing to hold up: ", err)
		}
	}
	t.Cleanup(func() { tx.Rollback(context.WithoutCancel(t.Context())) })
	return h
}

// waits returns when something is held up.
func (h *heldUp) waits() {
	h.t.Helper()
	for n, until := 0, time.Now().Add(20*time.Second); n == 0; {
		if time.Now().After(until) {
			h.t.Fatal("nothing is held up")
		}
		if err := h.look.QueryRow(h.t.Context(),
			`select count(*) from pg_stat_activity where $1 = any (pg_blocking_pids(pid))`,
			h.pid).Scan(&n); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *heldUp) release() {
	h.t.Helper()
	if err := h.tx.Rollback(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// responses are what an operator, or who runs the host, does against a thief of
// the password or of a session.
func (s *console) responses(t testing.TB) map[string]func(store.Operator) error {
	return map[string]func(store.Operator) error{
		"password changed": func(o store.Operator) error {
			_, err := s.Store.ChangePassword(t.Context(), o, "changed", store.Origin{}, s.Clock.Now())
			return err
		},
		"signed out everywhere": func(o store.Operator) error {
			_, err := s.Store.EndAllSessions(t.Context(), o, store.Origin{}, s.Clock.Now())
			return err
		},
		"reset on the host": func(o store.Operator) error {
			_, err := store.ResetPassword(t.Context(), s.OwnerURL, o.Email, "reset", s.Clock.Now())
			return err
		},
		"disabled and enabled on the host": func(o store.Operator) error {
			_, err := store.DisableOperator(t.Context(), s.OwnerURL, o.Email, s.Clock.Now())
			return errors.Join(err, store.EnableOperator(t.Context(), s.OwnerURL, o.Email, s.Clock.Now()))
		},
	}
}

// TestWorkInFlightEnds: what had its password checked before an incident response
// and goes on after it brings nothing that works.
func TestWorkInFlightEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for response, respond := range s.responses(t) {
		for what, work := range map[string]struct {
			send    func(b *browser, o store.Operator) *page
			session bool // the form is sent by a browser that has signed in
			status  int
		}{
			"sign-in": {send: func(b *browser, o store.Operator) *page {
				return b.request(http.MethodPost, "/signin",
					url.Values{"email": {o.Email}, "password": {storetest.Password}})
			}, status: http.StatusUnprocessableEntity},
			"access token": {send: func(b *browser, o store.Operator) *page {
				return b.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, s.tokenForm())
			}, session: true, status: http.StatusUnauthorized},
			"password change": {send: func(b *browser, o store.Operator) *page {
				return b.request(http.MethodPost, "/account/password",
					url.Values{"current": {storetest.Password}, "new": {newPassword}})
			}, session: true, status: http.StatusUnauthorized},
			"joining": {send: func(b *browser, o store.Operator) *page {
				s.Exec(t, `delete from membership where operator_id = $1`, o.ID)
				token := invite(t, s.as(t, s.Owner), o.Email, "owner")
				return b.request(http.MethodPost, "/invitation/accept",
					url.Values{"token": {token}, "password": {storetest.Password}})
			}, status: http.StatusUnprocessableEntity},
		} {
			thing := response + ", " + what
			o := s.Member(t, s.Workspace, catalog.Technician)
			b := s.stranger(t)
			if work.session {
				b = s.as(t, o)
			}
			held := s.holdUp(t, s.keysOf(b, o)...)
			answer := make(chan *page)
			go func() { answer <- work.send(b, o) }()
			held.waits()
			if err := respond(o); err != nil {
				t.Fatal(thing, ": ", err)
			}
			held.release()
			p := <-answer
			if p.status != work.status {
				t.Errorf("%s: status %d, want %d: %.300s", thing, p.status, work.status, p.text())
			}
			b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
			left, err := queryAll[string](t, s.Superuser(t), `
				select 'session' from session where operator_id = $1 union all select 'token' from api_token where operator_id = $1
				union all select 'membership' from membership where operator_id = $1 and role = 'owner'
				union all select 'password' from operator where id = $1 and password_hash like '$argon2id%' and $2`,
				o.ID, response == "password changed" || response == "reset on the host")
			if err != nil || len(left) > 0 {
				t.Errorf("%s: left are %v (%v)", thing, left, err)
			}
		}
	}
}

// keysOf are the keys that a right password of an operator clears, in a browser.
func (s *console) keysOf(b *browser, o store.Operator) []store.LoginKey {
	b.t.Helper()
	own, _, _ := site.LoginKeys(o.Email, b.ip)
	ids, err := queryAll[string](b.t, s.Superuser(b.t), `select id::text from session where token_hash = $1`,
		hashOfToken(b.cookie("session")))
	if err != nil {
		b.t.Fatal(err)
	}
	if len(ids) > 0 {
		own = store.LoginKey{Name: "session:" + ids[0]}
	}
	return []store.LoginKey{own}
}

func (s *console) tokenForm() url.Values {
	return url.Values{"run_id": {uuid.NewString()}, "name": {"stolen"}, "days": {"365"}, "role": {"auditor"},
		"reach": {"all"}, "password": {storetest.Password}}
}

// TestInvitationOfAStolenSessionEnds: who had the session for a moment does not
// come back by an invitation, neither one that the session sent nor one to the
// operator.
func TestInvitationOfAStolenSessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for response, respond := range s.responses(t) {
		o := s.Member(t, s.Workspace, catalog.Owner)
		sent := invite(t, s.as(t, o), "thief@msp.example", "owner")
		if err := respond(s.today(t, o)); err != nil {
			t.Fatal(response, ": ", err)
		}
		accept(s.stranger(t), sent, newPassword).want(http.StatusUnprocessableEntity, deadLink)
		s.as(t, s.Owner).get(s.ws("/operators")).want(http.StatusOK).wantNot("thief@msp.example")
	}
}

// TestSessionEndsWhileAFormIsOnItsWay: a change is committed under the epoch that
// the session was found with, or not at all.
func TestSessionEndsWhileAFormIsOnItsWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Member(t, s.Workspace, catalog.Owner)
	b := s.as(t, o)
	token, _ := s.accessToken(t, s.Workspace, o, store.Grant{Role: "owner", EveryOrganization: true})
	if _, err := s.Store.EndAllSessions(t.Context(), o, store.Origin{}, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.request(http.MethodPost, s.ws("/o"), url.Values{"name": {"Late"}}).want(http.StatusUnauthorized,
		"You are signed out")
	s.stranger(t).call(token, http.MethodGet, s.api(""), nil).wantProblem(http.StatusUnauthorized, "unauthorized")
	// Found before the end, committed after it: as allow would have left the visitor.
	_, _, err := s.Members().MakeToken(t.Context(), s.Workspace.ID, site.Visitor{Operator: o}.Actor(),
		store.Token{ID: uuid.New(), Name: "late", Role: "auditor", Every: true,
			ExpiresAt: s.Clock.Now().Add(time.Hour)})
	if !errors.Is(err, store.ErrEnded) {
		t.Errorf("a change of a session that ended: %v", err)
	}
}

// TestPasswordChangeRenewsTheSession: a copy of the session's cookie does not
// outlive the change either.
func TestPasswordChangeRenewsTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, copied := s.as(t, s.Owner), s.stranger(t)
	copied.setCookie("session", b.cookie("session"))
	token, _ := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "auditor", EveryOrganization: true})
	b.get("/account").form("Change password").set("current", storetest.Password).set("new", newPassword).send().
		want(http.StatusOK, "Your password is changed. All other sessions and your access tokens have ended.")
	b.get(s.ws("/runs")).want(http.StatusOK, s.Workspace.Name, "ended together with all sessions")
	copied.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
	s.stranger(t).call(token, http.MethodGet, s.api(""), nil).wantProblem(http.StatusUnauthorized, "unauthorized")
}

func TestTokenNamesAndNumbers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	_, kept := s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "auditor", EveryOrganization: true})
	form := s.tokenForm()
	for _, same := range []string{kept.Name, " " + kept.Name + "  ", "PROGRAM" + kept.Name[len("program"):],
		"\uff50rogram" + kept.Name[len("program"):]} {
		form.Set("name", same)
		form.Set("run_id", uuid.NewString())
		b.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, form).want(http.StatusUnprocessableEntity,
			"You already have an access token with this name.")
	}
	for range store.MostTokens - 1 {
		s.accessToken(t, s.Workspace, s.Owner, store.Grant{Role: "auditor", EveryOrganization: true})
	}
	form.Set("name", "one more")
	b.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, form).want(http.StatusUnprocessableEntity,
		"You have 20 access tokens in this workspace, and that is the limit.")
	// A colleague, and tokens that have run out, do not count.
	s.accessToken(t, s.Workspace, s.Member(t, s.Workspace, catalog.Auditor),
		store.Grant{Role: "auditor", EveryOrganization: true})
	s.Exec(t,
		`update api_token set created_at = now() - interval '2 days', expires_at = now() - interval '1 second' where operator_id = $1`, s.Owner.ID)
	form.Set("name", kept.Name)
	b.request(http.MethodPost, "/account/tokens/"+s.Workspace.Slug, form).want(http.StatusOK, "Shown once")
}
