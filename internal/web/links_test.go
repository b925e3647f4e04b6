package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
)

// A link can be sent by anybody: it opens a form, and fills in nothing that
// matters.
func TestLinksFillInNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	b := s.as(t, s.Owner)
	f := b.get(s.org("/actions/create-bypass-code-for-user?user_id=" + jane +
		"&run_id=1&count=10&reuse_count=0&valid_secs=0&preserve_existing=false&ticket=T")).
		want(http.StatusOK).form("Create code")
	for name, want := range map[string]string{"valid_secs": "3600", "count": "1", "reuse_count": "1",
		"preserve_existing": "true", "ticket": ""} {
		if f.values.Get(name) != want {
			t.Errorf("a link presets %s to %q", name, f.values.Get(name))
		}
	}
	f = b.get(s.org("/actions/delete-user?permanent=true&confirm=jroe&user_id=" +
		jane)).want(http.StatusOK).form("Delete Jane Roe permanently")
	if typed := f.values.Get("confirm"); typed != "" {
		t.Errorf("a link types the confirmation: %q", typed)
	}
	f = b.get(s.org("/actions/update-user?status=bypass&email=evil@evil.example&was.email=x&user_id=" +
		jane)).want(http.StatusOK).form("Review changes")
	if f.values.Get("status") != "active" || f.values.Get("email") != "" || f.values.Get("was.email") != "" {
		t.Error("a link fills in an edit: ", f.values)
	}
}

func TestNoCodeForWhoCannotSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	for _, status := range []string{duosim.Disabled, duosim.PendingDeletion} {
		user := s.addUser(t, duosim.UserSpec{Username: "gone." + status[:3], Status: status})
		at := s.org("/actions/create-bypass-code-for-user")
		b.get(at+"?user_id="+user).want(http.StatusOK,
			"This user cannot log in ("+status+"), not even with a bypass code.").wantNot("Create code").fine()
		b.request(http.MethodPost, at, formWith("run_id", uuid.NewString(), "user_id", user, "valid_secs", "3600",
			"count", "1", "reuse_count", "1", "preserve_existing", "true")(nil, nil, false)).
			want(http.StatusUnprocessableEntity, "cannot log in")
		for _, n := range b.get(s.org("/users/" + user)).all(func(n *node) bool {
			return n.Data == "a" && strings.HasPrefix(textOf(n), "Create bypass code")
		}) {
			if strings.Contains(attribute(n, "class"), "primary") {
				t.Error(status, ": the button for a code is the primary one")
			}
		}
		if codes := s.Sim.BypassCodes(s.Account.AccountID, user); len(codes) != 0 {
			t.Error(status, " user got ", codes)
		}
	}
}
