package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
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
