package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// What Duo changed about accounts since they were mapped is shown after a
// refresh and settled one by one, on record.
func TestDrift(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	gone := s.Sim.AddChild(s.Parent.AccountID, "Borealis")
	kept := s.Sim.AddChild(s.Parent.AccountID, "Kestrel")
	s.Map(t, "Borealis", gone)
	s.Map(t, "Kestrel & Wren", kept)
	refresh := func() *page { return b.get(s.ws("/integration")).form("Refresh").send() }
	refresh().want(http.StatusOK).wantNot("Changed in Duo")

	s.Sim.RenameAccount(s.Account.AccountID, "Acme Dental Group")
	s.Sim.RenameAccount(kept.AccountID, "Kestrel")
	s.Sim.DeleteAccount(gone.AccountID)
	s.Sim.AddChild(s.Parent.AccountID, "Brand New")
	refresh().want(http.StatusOK, "Changed in Duo: 1 account gone, 1 renamed", "Mapped to Borealis",
		"which Duo lists no more",
		"The account Acme Dental, Inc. is called Acme Dental Group now", "1 Duo account has no organization")
	s.Sim.RenameAccount(kept.AccountID, "Kestrel Holdings")
	p := refresh().want(http.StatusOK, "Changed in Duo: 1 account gone, 2 renamed")

	// The filter and the list say the same.
	b.get(s.ws("/o?show=failing")).want(http.StatusOK, "Failing 1", "Borealis",
		"Account gone").wantNot("…" + run.Tail(kept.AccountID))
	b.get(s.ws("/integration?show=failing")).want(http.StatusOK, "Failing 1", "Account gone")

	rename := p.form("Rename organization Acme Dental")
	done := rename.send().want(http.StatusOK, "Acme Dental Group", "Changed in Duo: 1 account gone, 1 renamed")
	rename.send().want(http.StatusOK, "Changed in Duo: 1 account gone, 1 renamed") // pressed twice
	b.get(s.org("")).want(http.StatusOK, "Acme Dental Group", "Also called Acme Dental")
	b.get(s.org("/runs")).want(http.StatusOK, "Change organization", "Name: Acme Dental → Acme Dental Group.")

	stale := done.form("Keep our name Kestrel & Wren")
	s.Sim.RenameAccount(kept.AccountID, "Kestrel Group")
	refresh().want(http.StatusOK, "is called Kestrel Group now")
	stale.send().want(http.StatusConflict, "Someone else changed this first")
	p = b.get(s.ws("/integration"))
	p.form("Keep our name Kestrel & Wren").send().want(http.StatusOK,
		"Changed in Duo: 1 account gone").wantNot("Kestrel Group now")
	refresh().want(http.StatusOK).wantNot("Kestrel Group now") // it is not asked again
	p.form("Unmap Borealis").send().want(http.StatusOK).wantNot("Changed in Duo")
	b.get(s.ws("/o?show=failing")).want(http.StatusOK, "Failing 0")
	b.get(s.ws("/runs")).want(http.StatusOK, "Unmapped Borealis ("+gone.AccountID+")",
		"Kept the name Kestrel & Wren; in Duo the account is named Kestrel Group now.")
}

// Who sees a part of the organizations settles nothing, and is not told.
func TestDriftIsForThoseWhoMap(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Sim.RenameAccount(s.Account.AccountID, "Secret new name")
	s.as(t, s.Owner).get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK, "Secret new name now")
	for _, who := range []store.Operator{s.Member(t, s.Workspace, catalog.Technician),
		s.Member(t, s.Workspace, catalog.Administrator, s.Client.ID)} {
		b := s.as(t, who)
		b.get(s.ws("/integration")).want(http.StatusOK).wantNot("Changed in Duo")
		form := url.Values{"repair": {"rename"}, "account_id." + s.Client.Slug: {s.Account.AccountID},
			"name_now." + s.Client.Slug: {"Secret new name"}}
		b.request(http.MethodPost, s.org("/repair"), form).want(http.StatusNotFound)
	}
	form := url.Values{"repair": {"unmap"}, "account_id." + s.Client.Slug: {s.Account.AccountID},
		"name_now." + s.Client.Slug: {"Secret new name"}}
	s.as(t, s.Owner).request(http.MethodPost, s.org("/repair"), form).want(http.StatusConflict) // it is not gone
	s.as(t, s.Owner).get(s.org("")).want(http.StatusOK, "Acme Dental", s.Account.AccountID)
}

// Two people change one box: the later one is told who was faster, keeps what is
// typed, and can replace it knowingly.
func TestMappingOvertaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.Member(t, s.Workspace, catalog.Administrator)
	ana, ben := s.as(t, s.Owner), s.as(t, other)
	o := s.Organizations(t, s.Workspace, "Borealis")[0]
	first, second := s.Sim.AddChild(s.Parent.AccountID, "Borealis One"),
		s.Sim.AddChild(s.Parent.AccountID, "Borealis Two")
	ana.get(s.ws("/integration")).form("Refresh").send()
	account, key := "account."+o.ID.String(), "directory_key."+o.ID.String()
	form := func(b *browser) *formOfPage { return b.get(s.ws("/integration")).form("Save all on this page") }

	late := form(ana).set(account, second.AccountID).set(key, "DS7BOREALISFREIGHT02")
	form(ben).set(account, first.AccountID).set(key, "DS7BOREALISFREIGHT01").send().want(http.StatusOK)
	p := late.send().want(http.StatusUnprocessableEntity, "2 fields need a change",
		other.Email+" mapped the organization to Borealis One ("+first.AccountID+
			") a moment ago. Save again to replace that.", other.Email+" set the key that ends in HT01 a moment ago.")
	for name, typed := range map[string]string{account: second.AccountID, key: "DS7BOREALISFREIGHT02"} {
		if value, fault := p.box(name); value != typed || fault == "" {
			t.Errorf("%s holds %q (%q)", name, value, fault)
		}
	}
	ben.get(s.ws("/integration")).want(http.StatusOK, "…"+first.AccountID[16:])
	p.form("Save all on this page").send().want(http.StatusOK, "…"+second.AccountID[16:])

	// A live save of the row is told the same.
	live := form(ana)
	live.values.Set("row", o.ID.String())
	live.set(account, first.AccountID)
	form(ben).set(account, "").send().want(http.StatusOK)
	row := ana.request(http.MethodPost, s.ws("/integration/mapping"), live.values, "HX-Request",
		"true").want(http.StatusUnprocessableEntity)
	if !strings.Contains(row.body, other.Email+" unmapped the organization a moment ago") ||
		!strings.Contains(row.body, `value="`+first.AccountID+`"`) {
		t.Error(row.body)
	}
	// Who wants what stands there already is not in the way.
	same := form(ana).set(account, first.AccountID)
	form(ben).set(account, first.AccountID).send().want(http.StatusOK)
	same.send().want(http.StatusOK)
}
