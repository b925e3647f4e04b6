package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestSessionHasAnEnd: neither a factor that is used again nor a new password moves the end
// of a session, nor opens a workspace that it opens no longer.
func TestSessionHasAnEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Member(t, s.Workspace, catalog.Technician)
	for what, goOn := range map[string]func(*browser){
		"a factor": func(b *browser) {
			s.setUpApp(t, b.get("/account/factors").form("Set up an authenticator app").send().want(http.StatusOK))
		},
		"a new password": func(b *browser) {
			b.request(http.MethodPost, "/account/password",
				url.Values{"current": {storetest.Password}, "new": {newPassword}}).want(http.StatusSeeOther)
		},
	} {
		b := s.as(t, o)
		var left time.Duration
		for left = testLongest; left > 20*time.Minute; left -= 20 * time.Minute {
			b.get("/account").want(http.StatusOK, o.Email)
			s.Clock.Move(20 * time.Minute)
		}
		goOn(b)
		b.get("/account").want(http.StatusOK, o.Email)
		s.Clock.Move(left)
		b.get("/account").want(http.StatusOK, "Sign in").wantNot("Your account")
		if t.Failed() {
			t.Fatal("after ", what)
		}
	}

	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	s.Exec(t, `update session set barred = array[$2::uuid] where token_hash = $1`, hashOfToken(b.cookie("session")),
		s.Workspace.ID)
	b.request(http.MethodPost, "/account/password",
		url.Values{"current": {storetest.Password}, "new": {newPassword}}).want(http.StatusSeeOther)
	b.get(s.ws("")).want(http.StatusOK, "Sign in").wantNot(s.Workspace.Name)
}

// TestEverySessionEnds: what takes an operator's access away ends every session of theirs, in
// this process and in another, with the next request; signing out ends the one.
func TestEverySessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	beside := serve(t, s.Desk)
	change := func(t *testing.T, o store.Operator, fn func(*store.Tx) error) error {
		return s.InWorkspace(t.Context(), s.Scope(), fn)
	}
	for name, c := range map[string]struct {
		end  func(*testing.T, store.Operator, *browser) error
		ends int // of the three sessions
	}{
		"signed out": {ends: 1, end: func(_ *testing.T, _ store.Operator, b *browser) error {
			b.get(s.ws("")).form("Sign out").send()
			return nil
		}},
		"signed out everywhere": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			_, err := s.EndAllSessions(t.Context(), o, store.Origin{}, s.Clock.Now())
			return err
		}},
		"another role": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			return change(t, o, func(tx *store.Tx) error {
				return tx.ChangeMember(t.Context(), o.ID, wholeGrant(catalog.Auditor))
			})
		}},
		"disabled": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			return change(t, o, func(tx *store.Tx) error {
				return tx.SetMemberDisabled(t.Context(), o.ID, new(s.Clock.Now()))
			})
		}},
		"no member": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			return change(t, o, func(tx *store.Tx) error { return tx.EndMember(t.Context(), o.ID) })
		}},
		"a new password": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			_, err := s.ChangePassword(t.Context(), o, o.PasswordHash, store.Origin{}, s.Clock.Now())
			return err
		}},
		"reset on the host": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			_, err := store.ResetPassword(t.Context(), s.OwnerURL, o.Email, o.PasswordHash, s.Clock.Now())
			return err
		}},
		"a reset of all factors": {ends: 3, end: func(t *testing.T, o store.Operator, _ *browser) error {
			if err := s.AskFactorReset(t.Context(), o, store.Origin{}, s.Clock.Now()); err != nil {
				return err
			}
			if err := change(t, o, func(tx *store.Tx) error {
				return tx.ApproveFactorReset(t.Context(), o.ID, s.Owner.ID, s.Clock.Now())
			}); err != nil {
				return err
			}
			return s.ResetOwnFactors(t.Context(), o, store.Origin{}, s.Clock.Now())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := s.today(t, s.Member(t, s.Workspace, catalog.Technician))
			b, second, elsewhere := s.as(t, o), s.as(t, o), beside.as(t, o)
			open := func() (n int) {
				for _, each := range []*browser{b, second, elsewhere} {
					each.t = t
					if at := each.get(s.ws("")); strings.Contains(at.text(), s.Workspace.Name) {
						n++
					}
				}
				return n
			}
			if n := open(); n != 3 {
				t.Fatalf("%d of three sessions opened the workspace", n)
			}
			if err := c.end(t, o, b); err != nil {
				t.Fatal(err)
			}
			if n := open(); n != 3-c.ends {
				t.Errorf("%d of three sessions open the workspace still", n)
			}
		})
	}
}
