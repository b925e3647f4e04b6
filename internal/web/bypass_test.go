package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/web/words"
)

func TestBypassCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{Code: "555555555"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Helpdesk))
	sheet := b.get(s.org("/users/"+jane)).click("Create bypass code").want(http.StatusOK, "Jane Roe", "Acme Dental",
		"Replaces 1 code this user already has")
	f := sheet.form("Create code")
	for name, want := range map[string]string{"valid_secs": "3600", "count": "1", "reuse_count": "1",
		"preserve_existing": "true", "user_id": jane} {
		if f.values.Get(name) != want {
			t.Errorf("%s is preset to %q", name, f.values.Get(name))
		}
	}
	shown := f.set("ticket", "T-1234").send().want(http.StatusOK, "Valid until", "Good for 1 use.", "Shown once",
		"not stored")
	codes := s.Sim.BypassCodes(s.Account.AccountID, jane)
	if len(codes) != 2 || codes[0] != "555555555" {
		t.Fatal("codes in Duo: ", codes)
	}
	shown.want(http.StatusOK, words.InGroups(codes[1]), words.Spoken(codes[1]))
	if len(s.Sim.Ledger()) != 1 {
		t.Error("more than one change in Duo")
	}

	// The same form again does nothing, and the code is not shown again.
	f.send().want(http.StatusOK, "Already sent", "Nothing was sent again", "shown then and is not stored",
		"jroe").wantNot(codes[1], words.InGroups(codes[1]), words.Spoken(codes[1]))
	other := f.set("ticket", "T-9999").send().want(http.StatusConflict,
		"This form has already been submitted").wantNot(codes[1])
	other.want(http.StatusConflict, "Nothing was sent again")
	if got := s.Sim.BypassCodes(s.Account.AccountID, jane); len(s.Sim.Ledger()) != 1 || !slices.Equal(got, codes) {
		t.Error("a repeated form reached Duo")
	}
	for _, address := range []string{"/users/" + jane, "/bypass-codes", "/runs", ""} {
		b.get(s.org(address)).want(http.StatusOK).wantNot(codes[1], words.InGroups(codes[1]))
	}
	b.get(s.org("/runs")).want(http.StatusOK, "Create Bypass Code for User", "jroe", "Applied",
		"Created 1 bypass code, 1 use each, valid for 1 hour.", "T-1234")
	b.get(s.ws("/runs")).want(http.StatusOK, "T-1234", "Acme Dental")
}

func TestBypassCodesReplaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{Code: "555555555"})
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	sheet := b.get(s.org("/actions/create-bypass-code-for-user?user_id=" + jane))
	p := sheet.form("Create code").set("count", "3").set("reuse_count", "5").untick("preserve_existing").send()
	p.want(http.StatusOK, "3 bypass codes", "Good for 5 uses each.", "Replaced 1 earlier code")
	if codes := s.Sim.BypassCodes(s.Account.AccountID, jane); len(codes) != 3 || slices.Contains(codes, "555555555") {
		t.Error(codes)
	}
	p = b.get(s.org("/actions/create-bypass-code-for-user?user_id="+jane)).form("Create code").set("count",
		"11").set("reuse_count", "many").send()
	p.want(http.StatusUnprocessableEntity, "2 fields need a change")
	if value, fault := p.box("reuse_count"); value != "many" || fault == "" {
		t.Error(value, fault)
	}
}

// TestBypassCodeLimits sends what each role's form does not offer.
func TestBypassCodeLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe"})
	for _, c := range []struct {
		role          catalog.Role
		asked         string
		allowed, seen bool
	}{
		{catalog.Auditor, "valid_secs=900", false, false},
		{catalog.Helpdesk, "valid_secs=3600", true, true},
		{catalog.Helpdesk, "", true, true},
		{catalog.Helpdesk, "valid_secs=3601", false, true},
		{catalog.Helpdesk, "valid_secs=0", false, true},
		{catalog.Helpdesk, "reuse_count=2", false, true},
		{catalog.Helpdesk, "reuse_count=0", false, true},
		{catalog.Helpdesk, "count=2", false, true},
		{catalog.Helpdesk, "preserve_existing=false", false, true},
		{catalog.Technician, "valid_secs=86400&count=2&reuse_count=9", true, true},
		{catalog.Technician, "valid_secs=86401", false, true},
		{catalog.Technician, "valid_secs=0", false, true},
		{catalog.Technician, "reuse_count=0", false, true},
		{catalog.Administrator, "valid_secs=604800", true, true},
		{catalog.Administrator, "valid_secs=0&reuse_count=0", true, true},
	} {
		b := s.as(t, s.Member(t, s.Workspace, c.role))
		f, err := url.ParseQuery(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		f.Set("user_id", jane)
		f.Set("run_id", uuid.NewString())
		if !f.Has("preserve_existing") {
			f.Set("preserve_existing", "true")
		}
		before := len(s.Sim.Ledger())
		p := b.request(http.MethodPost, s.org("/actions/create-bypass-code-for-user"), f)
		want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[c.allowed]
		if !c.seen {
			want = http.StatusNotFound
		}
		if p.status != want || (len(s.Sim.Ledger()) > before) != c.allowed {
			t.Errorf("%s asking %q: status %d, want %d; Duo changed: %t", c.role, c.asked, p.status, want,
				len(s.Sim.Ledger()) > before)
		}
	}
	p := s.as(t,
		s.Member(t, s.Workspace, catalog.Helpdesk)).get(s.org("/actions/create-bypass-code-for-user?user_id=" + jane))
	if offered := p.all(func(n *node) bool { return attribute(n, "name") == "valid_secs" && !has(n, "disabled") }); len(
		offered) != 2 {
		t.Errorf("%d lives are offered to a help desk", len(offered))
	}
}

func TestDeleteBypassCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	jane := s.addUser(t, duosim.UserSpec{Username: "jroe", Realname: "Jane Roe"})
	for range 2 {
		s.Sim.AddBypassCode(s.Account.AccountID, jane, duosim.BypassSpec{})
	}
	b := s.as(t, s.Member(t, s.Workspace, catalog.Technician))
	p := b.get(s.org("/bypass-codes")).click("Delete").want(http.StatusOK, "Delete a bypass code of Jane Roe", "never",
		"The code stops working at once").form("Delete code").send()
	p.want(http.StatusOK, "Deleted a bypass code.", "1 bypass code")
	left := b.get(s.org("/users/" + jane)).all(func(n *node) bool {
		return strings.Contains(attribute(n, "href"), "/actions/delete-bypass-code?")
	})
	p = b.get(attribute(left[0], "href")).form("Delete code").send()
	if p.want(http.StatusOK, "Deleted a bypass code.", "No bypass codes."); !strings.HasPrefix(p.address,
		s.org("/users/"+jane)) {
		t.Error("leads to ", p.address)
	}
	if codes := s.Sim.BypassCodes(s.Account.AccountID, jane); len(codes) > 0 {
		t.Error("left in Duo: ", codes)
	}
}
