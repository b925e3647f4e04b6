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
	create("jdoe"+unseen).wantNot("Created user").want(http.StatusUnprocessableEntity,
		"Duo already has an entry with this name, alias or number")
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
	b.get(s.org("/users?q="+url.QueryEscape(norm.NFD.String("zo\u00eb")))).want(http.StatusOK,
		"zo\u00eb").wantNot("Jane Doe")
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
	b.upload("clients.csv", "\ufeff\ufeffna"+unseen+"me,Time\u00a0Zone\u200b\nGlobex"+unseen+
		",Europe/Oslo\u200b\nACME\u00a0 DENTAL,\nGlob\u00e9x,\n").
		want(http.StatusOK, "Import 1 organization", "Already exist 1",
			"name: Line 2 has a name close to this: Globex.")
}

// TestNamesWithInvisibleCharactersAreFound: the record and pages show a sign in the place of
// what nobody sees. The name is found without it, as it is, and as it is copied from a page.
func TestNamesWithInvisibleCharactersAreFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	user := s.addUser(t, duosim.UserSpec{Username: "jd\u200boe", Realname: "Jane"})
	tom := s.addUser(t, duosim.UserSpec{Username: "tom"})
	for id, name := range map[string]string{user: "Jane", tom: "tom"} {
		b.get(s.org("/users/"+id)).click("Move to Trash").form("Move to Trash").send().want(http.StatusOK,
			"to the trash.").wantNot("No users " + name)
	}
	for _, q := range []string{"jdoe", "jd\u200boe", "jd\ufffdoe", "JDOE\ufffd"} {
		b.get(s.org("/users?q="+url.QueryEscape(q))).want(http.StatusOK, "jd\ufffdoe").wantNot("tom")
		if rows := rowsOn(b.get(s.ws("/runs?q="+url.QueryEscape(q))).want(http.StatusOK,
			"jd\ufffdoe")); len(rows) != 1 {
			t.Errorf("%d runs are found by %q", len(rows), q)
		}
	}
}

// TestNameIsTypedAsThePageShowsIt: what nobody can type is shown as a sign, and the sign is taken.
func TestNameIsTypedAsThePageShowsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	user := s.addUser(t, duosim.UserSpec{Username: "jd\u200boe\u009bx", Realname: "Jane Roe"})
	const shown = "jd\ufffdoe\ufffdx"
	f := b.get(s.org("/users/"+user)).click("Delete permanently").want(http.StatusOK,
		"Type the username "+shown+" to confirm").form("Delete Jane Roe permanently")
	p := f.set("confirm", "jdoex").send().want(http.StatusUnprocessableEntity,
		"Type the username exactly as shown: "+shown)
	p.form("Delete Jane Roe permanently").set("confirm", shown).send().want(http.StatusOK,
		"Deleted user "+shown+" permanently.")
}

// TestAccountNamesOfDuoOnPages: what Duo calls an account is shown harmlessly, offered, and
// taken as a person types it.
func TestAccountNamesOfDuoOnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	child := s.Sim.AddChild(s.Parent.AccountID, "Globex\u202e\u009b Dental\u200b")
	const shown = "Globex\ufffd\ufffd Dental\ufffd"
	o := s.Organizations(t, s.Workspace, "Globex")[0]
	p := b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK)
	p.harmless("")
	if !strings.Contains(p.body, shown+" ("+child.AccountID+")") {
		t.Error("the account is not offered")
	}
	b.get(s.ws("/integration/accounts/organizations")).want(http.StatusOK, "Globex Dental").harmless("")
	p.form("Save all on this page").set("account."+o.ID.String(), "globex dental").send().want(http.StatusOK,
		"…"+child.AccountID[16:]).harmless("")
	s.Sim.RenameAccount(child.AccountID, "Globex\u202e Group\u200b")
	p = b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK, "is called Globex\ufffd Group\ufffd now")
	p.form("Rename organization Globex").send().want(http.StatusOK, "Globex Group").harmless("")
	for _, at := range []string{s.ws("/runs"), s.orgOf(o) + "/runs", s.orgOf(o) + "/connection"} {
		b.get(at).want(http.StatusOK).harmless("")
	}
	if file := b.get(s.ws("/o")).form("Export").send().want(http.StatusOK).body; strings.Contains(file, "\u202e") ||
		!strings.Contains(file, "Globex Group,") {
		t.Errorf("exported as %q", file)
	}
}
