package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
)

// upload sends a file to the import, as browsers do.
func (b *browser) upload(name, content string) *page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = file.Write([]byte(content))
	}
	if err == nil {
		err = w.WriteField("text", "")
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.site.url+b.site.ws("/o/import"), &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", b.site.url)
	return b.do(r).follow()
}

// organizationsNow lists all organizations of the site's workspace by name.
func (s *console) organizationsNow(t testing.TB) map[string]store.Organization {
	t.Helper()
	byName := map[string]store.Organization{}
	err := s.InWorkspace(t.Context(), s.Scope(), func(tx *store.Tx) error {
		all, err := tx.EveryOrganization(t.Context())
		for _, o := range all {
			byName[o.Name] = o
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return byName
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	borealis := s.Sim.AddChild(s.Parent.AccountID, "Borealis Freight")
	b.get(s.ws("/integration")).form("Refresh").send()
	file := "\ufeffName;Aliases;Tags;Time Zone;Color;Account;Directory Key\r\n" +
		"Acme Dental;;;;;;\r\n" +
		"Borealis;\"BF|\nNorthern\";VIP, cold;Europe/Oslo;teal;Borealis Freight;DS7BOREALISFREIGHT01\r\n" +
		"'=Formula & Sons;;;;12;;\r\n" +
		";;;;;;\r\n" +
		"Wrong;;;Mars/Base;13;nobody;DI7BOREALISFREIGHT01\r\n" +
		"borealis;;;;;" + borealis.AccountID + ";\r\n"
	b.get(s.ws("/o")).click("Import").want(http.StatusOK, "Columns")
	p := b.upload("clients.csv", file).want(http.StatusOK, "clients.csv", "Import 2 organizations", "All 5", "Errors 2",
		"Already exist 1",
		"time_zone: No time zone has this name.", "color: Colors are 1 to 12",
		"account: The Accounts API does not list this account.", "directory_key: This is an integration key.",
		"name: Line 3 has this name too.", "account: Line 3 has this account too.")
	if n := len(s.organizationsNow(t)); n != 1 {
		t.Fatal("the preview wrote something: ", n)
	}
	form := p.form("Import 2 organizations")
	form.send().want(http.StatusOK, "Imported 2 of 5 rows; 1 existed already; 2 skipped because of errors.",
		"=Formula & Sons")
	form.send().want(http.StatusOK, "Imported 2 of 5 rows")
	all := s.organizationsNow(t)
	o := all["Borealis"]
	if len(all) != 3 || o.AccountID != borealis.AccountID || o.DirectoryKey != "DS7BOREALISFREIGHT01" ||
		strings.Join(o.Aliases, ",") != "BF,Northern" ||
		strings.Join(o.Tags, ",") != "cold,vip" || o.TimeZone != "Europe/Oslo" || o.Colour != 6 ||
		all["=Formula & Sons"].Colour != 12 {
		t.Errorf("imported %+v", all)
	}
	b.get(s.orgOf(o)+"/runs").want(http.StatusOK, "Create organization", "Mapped to Borealis Freight",
		"Set the key that ends in HT01")

	// What is exported says of itself that it exists, and no cell is a formula.
	exported := b.get(s.ws("/o")).form("Export").send()
	if exported.want(http.StatusOK); !strings.Contains(exported.body, "'=Formula & Sons") ||
		!strings.HasPrefix(exported.body, "\ufeffname,") {
		t.Error(exported.body)
	}
	b.get(s.ws("/runs")).want(http.StatusOK, "Export of 3 organizations started.")
	b.upload("again.csv", exported.body).want(http.StatusOK, "All 3", "Already exist 3", "Errors 0").wantNot("Import 3")

	// The faults come back with what was typed, and their reasons.
	b.upload("clients.csv", file)
	faults := b.get(s.ws("/o/import/faults")).want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(faults.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "Wrong" || rows[1][3] != "Mars/Base" || rows[1][7] != "" ||
		rows[1][8] != "fault" || !strings.Contains(rows[1][9], "time_zone: No time zone") {
		t.Error(err, rows)
	}
	mended := strings.NewReplacer("Mars/Base", "UTC", "13", "3", "nobody", "", "DI7", "DS7").Replace(faults.body)
	b.upload("faults.csv", mended).want(http.StatusOK, "Import 1 organization")
	b.get(s.ws("/o/import/template")).want(http.StatusOK)
}

// A file that cannot be taken says why, and what was pasted stays.
func TestImportRefusesFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	rows := func(n int) string {
		var text strings.Builder
		text.WriteString("name\n")
		for i := range n {
			fmt.Fprintf(&text, "Client %d\n", i)
		}
		return text.String()
	}
	for what, c := range map[string]struct{ file, says string }{
		"empty":          {"", "There is nothing in it"},
		"header alone":   {"name,tags\n\n,\n", "no row below it"},
		"no name":        {"tags\nx\n", "names no column “name”"},
		"unknown column": {"name,alias\nx,y\n", "unknown column, “alias”"},
		"column twice":   {"name,tags,Tags\nx,y,z\n", "twice"},
		"too many cells": {"name,tags\nx,y,z\n", "Line 2 has more cells"},
		"open quote":     {"name,tags\nx\n\"y\n", "Line 3 cannot be read"},
		"not UTF-8":      {"name\nM\xfcller\n", "not UTF-8"},
		"UTF-16":         {"\xff\xfen\x00a\x00m\x00e\x00", "not UTF-8"},
		"1001 rows":      {rows(1001), "more than 1000 rows"},
		"over 1 MB":      {"name\n" + strings.Repeat("x", 1<<20), "more than 1 MB"},
		"over 4 MB":      {"name\n" + strings.Repeat("x", 4<<20), "more than 1 MB"},
	} {
		if p := b.upload("x.csv", c.file); p.status != http.StatusUnprocessableEntity ||
			!strings.Contains(p.text(), c.says) {
			t.Errorf("%s: %d %s", what, p.status, p.text())
		}
	}
	p := b.get(s.ws("/o/import")).form("Preview import").set("text",
		"nam\nAcme").send().want(http.StatusUnprocessableEntity)
	if value, fault := p.box("text"); site.UnixLines(value) != "nam\nAcme" || !strings.Contains(fault, "“nam”") {
		t.Errorf("%q, %q", value, fault)
	}
	if p := b.upload("x.csv", strings.Repeat("x", (8<<20)+site.MaxBody)); p.status != http.StatusRequestEntityTooLarge {
		t.Error("far too large: ", p.status)
	}
	// No other form takes files, nor that much.
	r := b.request(http.MethodPost, s.ws("/o"), url.Values{"name": {strings.Repeat("x", site.MaxBody)}})
	if r.status != http.StatusRequestEntityTooLarge {
		t.Error("a large form: ", r.status)
	}
}

// Twenty presses of one button, at once, make one import.
func TestImportOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	form := b.upload("x.csv", "name\nOne\nTwo\n").form("Import 2 organizations")
	var all sync.WaitGroup
	for range 8 {
		again := s.as(t, s.Owner)
		all.Go(func() {
			if p := again.request(http.MethodPost, form.action, form.values); p.status != http.StatusSeeOther {
				t.Error(p.status, p.text())
			}
		})
	}
	all.Wait()
	if n := len(s.organizationsNow(t)); n != 3 {
		t.Error(n, " organizations")
	}
	if n := strings.Count(b.get(s.ws("/runs")).text(), "Imported 2 of 2 rows"); n != 1 {
		t.Error(n, " records of the import")
	}
	// The form of one file does not import another that took its place.
	b.upload("y.csv", "name\nThree\n")
	stale := b.get(s.ws("/o/import/preview")).form("Import 1 organization")
	b.upload("z.csv", "name\nFour\n")
	stale.send().want(http.StatusConflict)
	if n := len(s.organizationsNow(t)); n != 3 {
		t.Error(n, " organizations")
	}
}

// What the preview said is looked at again: with the accounts as Duo lists them
// now, and with what others did since.
func TestImportChecksAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	child := s.Sim.AddChild(s.Parent.AccountID, "Borealis")
	foreign := s.Sim.AddChild(s.Sim.AddParent("Another MSP").AccountID, "Foreign")
	b.get(s.ws("/integration")).form("Refresh").send()
	b.upload("x.csv", "name,account\nForeign,"+foreign.AccountID+"\n").want(http.StatusOK,
		"does not list this account").wantNot("Import 1")

	form := b.upload("x.csv", "name,account\nBorealis,"+child.AccountID+"\nOther,\n").form("Import 2 organizations")
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	form.send().want(http.StatusBadGateway, "Nothing was imported. Duo cannot be reached", "Import 2 organizations")
	s.Sim.SetFault(s.Parent.AccountID, duosim.Fault{})
	s.Sim.DeleteAccount(child.AccountID)
	p := form.send().want(http.StatusConflict, "Nothing was imported: since you looked, something changed",
		"does not list this account", "Import 1 organization")
	if n := len(s.organizationsNow(t)); n != 1 {
		t.Error("something was imported: ", n)
	}
	p.form("Import 1 organization").send().want(http.StatusOK, "Imported 1 of 2 rows; 1 skipped because of errors.")
	form.send().want(http.StatusOK) // the first form has been carried out
	if n := len(s.organizationsNow(t)); n != 2 {
		t.Error(n, " organizations")
	}
	// Another operator's file is nobody else's.
	b.upload("x.csv", "name\nMine\n")
	s.as(t, s.Member(t, s.Workspace, catalog.Administrator)).get(s.ws("/o/import/preview")).want(http.StatusOK,
		"Columns").wantNot("Mine")
}

// The connection to the database is cut while the rows are written.
func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	su := s.Superuser(t)
	if _, err := su.Exec(t.Context(), `create function die_`+strings.ReplaceAll(s.Workspace.ID.String(), "-", "")+
		`() returns trigger language plpgsql set search_path = pg_catalog as
		$$ begin if new.name = 'Kill `+s.Workspace.ID.String()+
		`' then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$;
		create trigger die_`+strings.ReplaceAll(s.Workspace.ID.String(), "-", "")+
		` before insert on organization for each row execute function die_`+
		strings.ReplaceAll(s.Workspace.ID.String(), "-", "")+`()`); err != nil {
		t.Fatal(err)
	}
	form := b.upload("x.csv", "name\nBefore\nKill "+s.Workspace.ID.String()+"\nAfter\n").form("Import 3 organizations")
	p := form.send()
	if p.status < 500 {
		t.Error("status ", p.status, p.text())
	}
	if n := len(s.organizationsNow(t)); n != 1 {
		t.Error("half imported: ", n)
	}
	b.get(s.ws("/runs")).want(http.StatusOK).wantNot("Imported 3")
	// What was uploaded is still there.
	b.get(s.ws("/o/import/preview")).want(http.StatusOK, "Import 3 organizations")
}

func TestImportOfThousand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Owner)
	var file strings.Builder
	file.WriteString("name,aliases,tags,time_zone,account,directory_key\n")
	for i := range 1000 {
		account := ""
		if i%4 == 0 {
			account = s.Sim.AddChild(s.Parent.AccountID, fmt.Sprintf("Account %d", i)).AccountID
		}
		fmt.Fprintf(&file, "Client %04d,C%d | K%d,tag%d,Europe/London,%s,DS7CLIENT0000000%04d\n", i, i, i,
			i%7, account, i)
	}
	b.get(s.ws("/integration")).form("Refresh").send()
	form := b.upload("all.csv", file.String()).want(http.StatusOK,
		"Will be created 1").form("Import 1,000 organizations")
	began := time.Now()
	form.send().want(http.StatusOK, "Imported 1000 of 1000 rows.", "tag0 143", "Client 0003")
	if took := time.Since(began); took > 20*time.Second {
		t.Error("took ", took)
	} else {
		t.Log("took ", took)
	}
	b.get(s.ws("/o?q=k999")).want(http.StatusOK, "Client 0999")
	if lines := strings.Count(b.get(s.ws("/o?show=tag:tag1")).form("Export").send().body, "\n"); lines != 144 {
		t.Error(lines, " lines are exported")
	}
}

// importedForm sends the form of an import that was carried out: who sends it
// again is led to what came of it.
func importedForm(e *fleet, n *tenant, fresh bool) url.Values {
	id := uuid.New()
	if fresh {
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		row := setup.ImportRow{Line: 2, Details: setup.Details{Name: "Imported " + rand.Text()}}
		if _, err := e.Setup().ImportOrganizations(context.Background(), store.WholeWorkspace(n.workspace.ID), actor,
			id, []setup.ImportRow{row}, 1); err != nil {
			panic(err)
		}
	}
	return url.Values{"id": {id.String()}, "expected": {"1"}}
}

// TestImportOfPastedCells: cells come between tabs when they are copied from a
// spreadsheet, those with a line break or a tab between quotation marks.
func TestImportTakesPastedCells(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(t, s.Owner).upload("cells.txt", "name\ttags\nCasey Dental\tvip\n").want(http.StatusOK, "Casey Dental")
}
