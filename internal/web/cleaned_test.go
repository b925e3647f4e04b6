package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
)

// unseen is put into texts: a byte order mark, a mark of direction, a blank of no
// width, a Hangul filler and a soft hyphen.
const unseen = "\ufeff\u202d\u200b\u3164\u00ad"

// TestInvisibleCharacters: what nobody sees makes no second user, organization or
// token, is not blamed on something else, and does not hide from a search.
func TestInvisibleCharacters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	s.Sim.AddUser(s.Account.AccountID, duosim.UserSpec{Username: "jdoe", Realname: "Jane Doe"})
	create := func(name string) *page {
		return b.get(s.org("/actions/create-user")).form("Create user").set("username", name).send()
	}
	create("jdoe"+unseen).wantNot("Created user").want(http.StatusUnprocessableEntity, "Duo already has one like it")
	create("Zoe\u0308"+unseen).want(http.StatusOK, "zo\u00eb")
	if users := s.Sim.UserStates(s.Account.AccountID); len(users) != 2 {
		t.Errorf("%d users, want 2", len(users))
	}

	post := func(name string) *page {
		return b.get(s.ws("/o/new")).form("Create organization").set("name", name).send()
	}
	post("Borealis"+unseen+"\u00a0Freight ").want(http.StatusOK, "Borealis Freight")
	for name := range s.organizationsNow(t) {
		if strings.ContainsAny(name, unseen+"\u00a0\ufffd") {
			t.Errorf("an organization is called %q", name)
		}
	}
	for _, q := range []string{"borealis" + unseen, "BOR" + unseen + "EALIS  freight", "bor\u00e9alis"} {
		b.get(s.ws("/o?q="+url.QueryEscape(q))).want(http.StatusOK, "Borealis Freight").wantNot("Acme Dental ")
	}
	b.get(s.org("/users?q="+url.QueryEscape("JANE"+unseen))).want(http.StatusOK, "Jane Doe").wantNot("zo\u00eb")
	b.get(s.org("/users?q="+url.QueryEscape(norm.NFD.String("zo\u00eb")))).want(http.StatusOK, "zo\u00eb").wantNot("Jane Doe")
	b.get(s.ws("/actions?q="+url.QueryEscape("create"+unseen+" user"))).want(http.StatusOK, "Create User")
}

// TestPastedWithInvisibleCharacters: keys and hosts are cleaned, and that is said.
func TestPastedWithInvisibleCharacters(t *testing.T) {
	t.Parallel()
	s := serve(t, runtest.Unconnected(t))
	b := s.as(t, s.Owner)
	typed := map[string]string{}
	for name, value := range s.NineFields() {
		typed[name] = "\u202d" + value[:4] + unseen + value[4:] + "\u202c\n"
	}
	saved := typeNine(b.get(s.ws("/integration")), typed).send().want(http.StatusOK)
	if _, note := saved.note("auth_integration_key"); !strings.Contains(note, "invisible characters were removed") {
		t.Errorf("the key says %q", note)
	}
	if _, note := saved.note("admin_host"); !strings.Contains(note, "invisible characters") {
		t.Errorf("the host says %q", note)
	}
}

// TestImportWithInvisibleCharacters: doubled byte order marks, and blanks that are
// none in a header.
func TestImportWithInvisibleCharacters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	b.upload("clients.csv", "\ufeff\ufeffna"+unseen+"me,Time\u00a0Zone\u200b\nGlobex"+unseen+",Europe/Oslo\u200b\nACME\u00a0 DENTAL,\nGlob\u00e9x,\n").
		want(http.StatusOK, "Import 1 organization", "Exist already 1", "name: Line 2 has this name too.")
}
