package web

import (
	"net/http"
	"net/url"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// TestRequestEndsWithASignIn: an approval that the operator no longer needs is not left to a
// thief of the password. It ends when the operator uses a factor, and with all that the
// password opened.
func TestRequestEndsWithASignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.Member(t, s.Workspace, catalog.Technician)
	reset := func(b *browser) *page {
		b.signIn(o, storetest.Password).want(http.StatusSeeOther)
		return b.request(http.MethodPost, "/signin/factor/lost/reset", url.Values{})
	}
	for what, ends := range map[string]func(*browser){
		"a sign-in with a factor": func(b *browser) {
			b.code(runtest.Code(t, s.DB, o, s.Clock.Now())).want(http.StatusSeeOther)
		},
		"sign out everywhere": func(b *browser) {
			if _, err := s.EndAllSessions(t.Context(), s.today(t, o), store.Origin{}, s.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		b := s.twoSteps(t)
		b.signIn(o, storetest.Password).want(http.StatusSeeOther)
		b.request(http.MethodPost, "/signin/factor/lost", url.Values{}).want(http.StatusSeeOther)
		s.as(t, s.Owner).get(s.ws("/operators/" + o.ID.String() + "/approve")).form(
			"I have spoken with the person: approve").send().want(http.StatusOK)
		ends(b)
		if p := reset(s.twoSteps(t)); p.status != http.StatusUnprocessableEntity {
			t.Errorf("after %s the approval is good: status %d", what, p.status)
		}
		if left, err := s.Factors(t.Context(), o.ID); err != nil || len(left) != 1 {
			t.Fatalf("after %s the password alone removed the factors: %v, %v", what, left, err)
		}
	}
}
