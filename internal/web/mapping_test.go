package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/store"
)

func TestMapping(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	orgs := s.Organizations(t, s.Workspace, "Borealis Freight", "Sunrise Bakery", "Kestrel & Wren")
	borealis := s.Sim.AddChild(s.Parent.AccountID, "BOREALIS FREIGHT, Inc.")
	s.Sim.AddChild(s.Parent.AccountID, "Sunrise Bakery")
	s.Sim.AddChild(s.Parent.AccountID, "Sunrise Bakery")
	b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK, "4 Duo accounts")

	p := b.get(s.ws("/integration?suggest=1")).want(http.StatusOK, "Suggested, not saved yet", "2 with this name",
		"1 of 4 organizations mapped")
	account, key := "account."+orgs[0].ID.String(), "directory_key."+orgs[0].ID.String()
	if value, _ := p.box(account); value != "BOREALIS FREIGHT, Inc. ("+borealis.AccountID+")" {
		t.Fatal("suggested: ", value)
	}
	// One row is saved; nothing else is.
	f := p.form("Save all on this page").set(key, "DS7BOREALISFREIGHT01")
	f.values.Set("row", orgs[0].ID.String())
	f.send().want(http.StatusOK, "2 of 4 organizations mapped", "1 of 4 with a directory key",
		"…"+borealis.AccountID[16:])

	// All at once: what is good is kept, what is not stays as it was typed.
	p = b.get(s.ws("/integration"))
	f = p.form("Save all on this page").set(key, "").
		set("account."+orgs[1].ID.String(), "Sunrise Bakery").
		set("account."+orgs[2].ID.String(), borealis.AccountID).set("directory_key."+orgs[2].ID.String(),
		s.NineFields()["auth_integration_key"])
	p = f.send().want(http.StatusUnprocessableEntity, "3 fields need a change", "0 of 4 with a directory key")
	for name, want := range map[string][2]string{
		"account." + orgs[1].ID.String():       {"Sunrise Bakery", "2 accounts match this name"},
		"account." + orgs[2].ID.String():       {borealis.AccountID, "This account belongs to Borealis Freight"},
		"directory_key." + orgs[2].ID.String(): {s.NineFields()["auth_integration_key"], "This is an integration key"},
		key:                                    {"", ""},
	} {
		value, fault := p.box(name)
		if value != want[0] || !strings.Contains(fault, want[1]) || (want[1] == "") != (fault == "") {
			t.Errorf("%s: %q, %q", name, value, fault)
		}
	}

	// A live save answers with the row alone.
	live := url.Values{"row": {orgs[2].ID.String()}, "account." + orgs[2].ID.String(): {"nonsense"},
		"directory_key." + orgs[2].ID.String(): {""}}
	row := b.request(http.MethodPost, s.ws("/integration/mapping"), live, "HX-Request", "true")
	if row.want(http.StatusUnprocessableEntity); !strings.HasPrefix(row.body, "<tr") ||
		!strings.Contains(row.body, "does not list this account") || strings.Count(row.body, "<tr") != 1 {
		t.Error(row.body)
	}
	live.Set("account."+orgs[2].ID.String(), "")
	live.Set("directory_key."+orgs[2].ID.String(), "DS7KESTRELANDWREN001")
	if row = b.request(http.MethodPost, s.ws("/integration/mapping"), live, "HX-Request",
		"true").want(http.StatusOK); !strings.Contains(row.body, "DS7KESTRELANDWREN001") {
		t.Error(row.body)
	}
	b.get(s.ws("/integration?show=unkeyed")).want(http.StatusOK).wantNot("Kestrel &amp; Wren</bdi></span></a></th>")
	b.get(s.ws("/integration?show=unmapped&q=sunrise")).want(http.StatusOK, "Sunrise Bakery")
}

// TestMappingByTwoPeople: a row that nobody touched is not saved over what
// somebody else saved since, and a row that waits keeps what is typed into it.
func TestMappingByTwoPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ana, ben := s.as(t, s.Owner), s.as(t, s.Owner)
	o := s.Organizations(t, s.Workspace, "Borealis", "Kestrel")
	stale := ana.get(s.ws("/integration")).form("Save all on this page")
	ben.get(s.ws("/integration")).form("Save all on this page").set("directory_key."+o[0].ID.String(),
		"DS7BOREALISFREIGHT01").send().want(http.StatusOK)
	holds := func(p *page, i int, want string) {
		t.Helper()
		if value, fault := p.box("directory_key." + o[i].ID.String()); value != want || fault != "" {
			t.Errorf("the key of %s is %q, %q; want %q", o[i].Name, value, fault, want)
		}
	}
	p := stale.set("directory_key."+o[1].ID.String(), "DS7KESTRELANDWREN001").send().want(http.StatusOK)
	holds(p, 0, "DS7BOREALISFREIGHT01")
	holds(p, 1, "DS7KESTRELANDWREN001")

	one := ana.get(s.ws("/integration")).form("Save all on this page").
		set("directory_key."+o[0].ID.String(), "DS7BOREALISFREIGHT02").set("directory_key."+o[1].ID.String(), "half ty")
	one.values.Set("row", o[0].ID.String())
	p = one.send().want(http.StatusOK)
	holds(p, 0, "DS7BOREALISFREIGHT02")
	holds(p, 1, "half ty")
	p = ben.get(s.ws("/integration"))
	holds(p, 0, "DS7BOREALISFREIGHT02")
	holds(p, 1, "DS7KESTRELANDWREN001")
}

// TestMappingWhenDuoIsDown: nothing is saved, and what was typed stays.
func TestMappingWhenDuoIsDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	o := s.Organizations(t, s.Workspace, "Borealis")[0]
	s.Sim.AddChild(s.Parent.AccountID, "Borealis")
	f := b.get(s.ws("/integration")).form("Refresh").send().form("Save all on this page").set("account."+o.ID.String(),
		"Borealis").set("directory_key."+o.ID.String(), "DS7BOREALISFREIGHT01")
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	p := f.send().want(http.StatusBadGateway, "Nothing was saved. Duo cannot be reached", "1 of 2 organizations mapped")
	for name, want := range map[string]string{"account.": "Borealis", "directory_key.": "DS7BOREALISFREIGHT01"} {
		if value, _ := p.box(name + o.ID.String()); value != want {
			t.Errorf("%s holds %q", name, value)
		}
	}
	live := url.Values{"row": {o.ID.String()}, "account." + o.ID.String(): {"Borealis"}}
	row := b.request(http.MethodPost, s.ws("/integration/mapping"), live, "HX-Request", "true")
	if row.want(http.StatusUnprocessableEntity); !strings.Contains(row.body, "Nothing was saved.") ||
		!strings.Contains(row.body, `value="Borealis"`) {
		t.Error(row.body)
	}
	b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusBadGateway, "Duo cannot be reached")
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	for i := range 3 {
		p := b.get(s.ws("/o/new")).form("Create organization").set("name", "Twin & Twin").send().want(http.StatusOK,
			"Twin & Twin")
		if want := s.ws("/o/twin-and-twin") + map[int]string{0: "", 1: "-2", 2: "-3"}[i]; p.address != want && i > 0 {
			t.Errorf("address %s, want %s", p.address, want)
		}
	}
	once := b.get(s.ws("/o/new")).form("Create organization").set("name", "Only once")
	if first, again := once.send().want(http.StatusOK, "Only once"),
		once.send().want(http.StatusOK, "Only once"); first.address != again.address {
		t.Error("a form sent twice made two: ", first.address, again.address)
	}
	p := b.get(s.ws("/o/new")).form("Create organization").set("name", " ").set("account",
		"nonsense").set("directory_key", "short").send()
	p.want(http.StatusUnprocessableEntity, "3 fields need a change")
	if value, fault := p.box("account"); value != "nonsense" || fault == "" {
		t.Error(value, fault)
	}
	// A secret key in the wrong box is not sent back; the id of an account is.
	secret := s.NineFields()["accounts_secret_key"]
	client := s.organizationsNow(t)["Only once"].ID.String()
	for typed, want := range map[string]string{
		secret: "", "Name (" + secret + ")": "",
		"Acme Dental, Inc. (" + s.Account.AccountID + ")": s.Account.AccountID,
		"A name of long ago (DA0123456789ABCDEFGH)":       "DA0123456789ABCDEFGH",
	} {
		made := b.get(s.ws("/o/new")).form("Create organization").set("name", " ").set("account",
			typed).send().want(http.StatusUnprocessableEntity)
		live := b.request(http.MethodPost, s.ws("/integration/mapping"),
			url.Values{"row": {client}, "account." + client: {typed}, "directory_key." + client: {"short"}},
			"HX-Request", "true").want(http.StatusUnprocessableEntity)
		for _, p := range []*page{made.wantNot(secret), live.wantNot(secret)} {
			if strings.Contains(p.body, "A name of long ago") ||
				want != "" && !regexp.MustCompile(`value="([^"(]*\()?`+want+`\)?"`).MatchString(p.body) {
				t.Errorf("%q is not shown again as %q", typed, want)
			}
		}
	}
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	p = b.get(s.ws("/o/new")).form("Create organization").set("name", "Kept").set("account",
		"Anything").send().want(http.StatusBadGateway, "Duo cannot be reached")
	if value, _ := p.box("name"); value != "Kept" {
		t.Error("the name is lost: ", value)
	}
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{})

	for i := range 60 {
		s.Sim.AddChild(s.Parent.AccountID, fmt.Sprintf("Client %02d", i/2)) // each name twice
	}
	b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK, "60 Duo accounts have no organization")
	b.get(s.ws("/integration/accounts/organizations")).want(http.StatusOK,
		"2 accounts are called Client 07").form("Create 60 organizations").send().want(http.StatusOK,
		"61 of 65 organizations mapped")
	p = b.get(s.ws("/o")).want(http.StatusOK, "Client 03")
	if strings.Contains(textOf(p.byID("list")), "Twin") {
		t.Error("the first page has what is on the second")
	}
	p.click("Next").want(http.StatusOK, "Twin & Twin")
	b.get(s.ws("/o?q=client+29")).want(http.StatusOK, "Client 29").wantNot("Client 03</bdi></span></a></th>")
	// nothing left to create
	b.get(s.ws("/integration/accounts/organizations")).want(http.StatusOK, "Organization mapping")
}

// TestAccountsWithoutUsableHost: an account whose host is none of Duo's is listed
// with the reason, and nothing leads there.
func TestAccountsWithoutUsableHost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	free := s.Organizations(t, s.Workspace, "Borealis Freight")[0]
	for i, host := range []string{"", "api-1a2b3c4d.example.com", "admin-1a2b3c4d.duosecurity.com"} {
		s.Sim.ListUnder(s.Sim.AddChild(s.Parent.AccountID, fmt.Sprint("Odd ", i)).AccountID, host)
	}
	s.Sim.AddChild(s.Parent.AccountID, "Plain")
	odd := s.Sim.AddChild(s.Parent.AccountID, "Borealis Freight")
	s.Sim.ListUnder(odd.AccountID, "duo.example")
	page := b.get(s.ws("/integration")).form("Refresh").send()
	page.want(http.StatusOK, "2 Duo accounts, read",
		"4 Duo accounts cannot be mapped: Duo lists no API host of its own", "Odd 0 (", "Odd 1 (", "Odd 2 (",
		"Borealis Freight ("+odd.AccountID+")")
	b.get(s.ws("/integration?suggest=1")).wantNot("Suggested, not saved yet")
	row := url.Values{"row": {free.ID.String()}, "account." + free.ID.String(): {odd.AccountID},
		"directory_key." + free.ID.String(): {""}}
	b.request(http.MethodPost, s.ws("/integration/mapping"), row).want(http.StatusUnprocessableEntity,
		"without a usable API host")
	b.get(s.ws("/integration/accounts/organizations")).want(http.StatusOK, "Plain").wantNot("Odd 0")

	// What was mapped before keeps the host of before, and is shown as failing.
	s.Sim.ListUnder(s.Account.AccountID, "duo.example")
	b.get(s.ws("/integration")).form("Refresh").send().want(http.StatusOK, "5 Duo accounts cannot be mapped",
		"Changed in Duo: 1 account without an API host",
		"which Duo lists without an API host of its own").wantNot("Account gone", "lists no more")
	b.get(s.ws("/integration?show=failing")).want(http.StatusOK, "Failing 1", "No API host").wantNot("Account gone")
	b.get(s.ws("/o?show=failing")).want(http.StatusOK, "Failing 1", "No API host").wantNot("Account gone")
	if o := s.organizationsNow(t)[s.Client.Name]; o.AccountID != s.Account.AccountID ||
		o.APIHostname != s.Account.APIHostname {
		t.Errorf("its connection changed: %+v", o)
	}
	for _, account := range []string{odd.AccountID, s.Account.AccountID} {
		err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
			return tx.Map(t.Context(), free.ID, account, s.Owner.ID, s.Now())
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is mapped: %v", account, err)
		}
	}
	s.as(t, s.Member(t, s.Workspace, catalog.Technician)).get(s.ws("/integration")).wantNot("cannot be mapped")
}
