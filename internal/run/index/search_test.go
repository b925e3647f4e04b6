package index_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/index"
	"duodesk/internal/store"
)

// found are the usernames that a search finds, in their order.
func (d *desk) found(sc store.Scope, typed string) string {
	d.t.Helper()
	rows, _, err := d.Search(d.t.Context(), sc, typed)
	if err != nil {
		d.t.Fatalf("%q: %v", typed, err)
	}
	var names []string
	for _, f := range rows {
		names = append(names, f.Person.Username)
	}
	return strings.Join(names, " ")
}

// TestSearch: by parts in any order and any writing, exactly first, and within the scope alone.
func TestSearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.Sim.AddChild(d.Parent.AccountID, "Birch Legal")
	birch := d.Map(t, "Birch Legal", other)
	add := func(account duosim.Account, spec duosim.UserSpec, number string) string {
		id := d.Sim.AddUser(account.AccountID, spec)
		if number != "" {
			d.Sim.AddPhone(account.AccountID, duosim.PhoneSpec{Number: number, Type: "Mobile", UserIDs: []string{id}})
		}
		return id
	}
	zoe := add(d.Account, duosim.UserSpec{Username: "zborges", Realname: "Zoë Borges", Email: "zoe@acme.example",
		Aliases: []string{"acme\\zborges"}}, "+12485550100")
	add(d.Account, duosim.UserSpec{Username: "borg", Realname: "Bo Rg"}, "")
	add(other, duosim.UserSpec{Username: "jborges", Realname: "Joe Borges", Email: "joe_b%@birch.example"}, "+442079460123")
	add(other, duosim.UserSpec{Username: "aborges.zimmer", Realname: "Al Zimmer"}, "")
	for _, o := range []store.Organization{d.Client, birch} {
		if err := d.Read(t.Context(), d.Workspace.ID, o.ID); err != nil {
			t.Fatal(err)
		}
	}
	all, acme := d.Scope(), store.Within(d.Workspace.ID, d.Client.ID)
	for typed, want := range map[string]string{
		"":                   "",
		"  ":                 "",
		"borges":             "jborges zborges aborges.zimmer", // words that begin so, then parts; by name
		"BORGES zoe":         "zborges",
		"zoë":                "zborges",
		"zoe@acme.example":   "zborges",
		"acme\\zborges":      "zborges",
		"+1 (248) 555-0100":  "zborges",
		"248-555-0100":       "zborges",
		"5550100":            "zborges",
		strings.ToLower(zoe): "zborges",
		"z":                  "aborges.zimmer zborges",
		"jo bo":              "jborges",
		"borg":               "borg jborges zborges aborges.zimmer", // exactly first
		"joe_b%":             "jborges",
		"%%%":                "",
		"___":                "",
		"^z":                 "",
		"' or true":          "",
		"nobody":             "",
	} {
		if got := d.found(all, typed); got != want {
			t.Errorf("%q finds %q, want %q", typed, got, want)
		}
	}
	if got := d.found(acme, "borges"); got != "zborges" {
		t.Errorf("within one organization: %q", got)
	}
	if got := d.found(store.Within(d.Workspace.ID), "borges") + d.found(store.Within(d.Workspace.ID), "jborges"); got != "" {
		t.Errorf("within none: %q", got)
	}
	stranger, _ := d.DB.Workspace(t)
	if got := d.found(store.WholeWorkspace(stranger.ID), "borges"); got != "" {
		t.Errorf("in another workspace: %q", got)
	}
	d.Sim.RemoveUser(d.Account.AccountID, zoe)
	if err := d.read(nil); err != nil {
		t.Fatal(err)
	}
	if got := d.found(all, "zborges"); got != "" {
		t.Errorf("who is gone is found: %q", got)
	}
}

// TestCommonWordsHideNobody: whom a key names exactly is found among any number who share it as a
// part.
func TestCommonWordsHideNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 260 {
		d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: fmt.Sprintf("smith%03d", i)})
	}
	d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "smith"})
	if err := d.read(nil); err != nil {
		t.Fatal(err)
	}
	rows, more, err := d.Search(t.Context(), d.Scope(), "Smith")
	if err != nil || !more || rows[0].Person.Username != "smith" || !rows[0].Exact {
		t.Errorf("%d rows, more: %t, %v", len(rows), more, err)
	}
	if i := slices.IndexFunc(rows, func(f index.Found) bool { return f.Exact }); i != 0 || len(rows) > 201 {
		t.Errorf("the first exact one is %d of %d", i, len(rows))
	}
}
