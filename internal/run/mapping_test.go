package run_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// organizations are all of the Desk's, by slug.
func organizations(t *testing.T, d *runtest.Desk) map[string]store.Organization {
	t.Helper()
	bySlug := map[string]store.Organization{}
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		listed, _, err := tx.Organizations(t.Context(), store.Query{Limit: 1000})
		all := listed.Rows
		for _, o := range all {
			bySlug[o.Slug] = o
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bySlug
}

// saveRows saves the mapping and returns the faults as "field: message" by
// organization.
func saveRows(t *testing.T, d *runtest.Desk, rows ...setup.MappingRow) map[uuid.UUID]string {
	t.Helper()
	faults, err := d.Setup().SaveMapping(t.Context(), d.Scope(), d.Actor(catalog.Owner), rows)
	if err != nil {
		t.Fatal(err)
	}
	told := map[uuid.UUID]string{}
	for id, bad := range faults {
		for _, f := range bad {
			told[id] += f.Error() + " "
		}
	}
	return told
}

const goodKey = "DSABCDEFGHIJKLMNOP12"

// TestRowsAreSavedEachForItself: what is good is kept, and every fault stands at
// its own row.
func TestRowsAreSavedEachForItself(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	free, twin := d.Sim.AddChild(d.Parent.AccountID, "Beta"), d.Sim.AddChild(d.Parent.AccountID, "Twin")
	d.Sim.AddChild(d.Parent.AccountID, "TWIN")
	made := d.Organizations(t, d.Workspace, "Good", "Taken", "Unknown", "Twins", "Key", "Account good, key bad")
	last := d.Sim.AddChild(d.Parent.AccountID, "Last")
	faults := saveRows(t, d,
		setup.MappingRow{Organization: made[0].ID, Account: "beta", DirectoryKey: " " + goodKey + " "},
		setup.MappingRow{Organization: made[1].ID, Account: d.Account.AccountID},
		setup.MappingRow{Organization: made[2].ID, Account: "Nobody (DA0000000000000NONE0)"},
		setup.MappingRow{Organization: made[3].ID, Account: "Twin"},
		setup.MappingRow{Organization: made[4].ID, DirectoryKey: "DI34567890ABCDEFGHIJ"},
		setup.MappingRow{Organization: made[5].ID, Account: last.AccountID, DirectoryKey: "short"},
	)
	for i, want := range []string{"", "account: This account belongs to Acme Dental.",
		"account: The Accounts API does not list this account",
		"account: 2 accounts match this name", "directory_key: This is an integration key",
		"directory_key: This has 5 characters"} {
		if got := faults[made[i].ID]; (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", made[i].Name, got, want)
		}
	}
	after := organizations(t, d)
	if o := after["good"]; o.AccountID != free.AccountID || o.APIHostname != free.APIHostname ||
		o.DirectoryKey != goodKey {
		t.Errorf("the good row was not kept: %+v", o)
	}
	if o := after["account-good-key-bad"]; o.AccountID != last.AccountID || o.DirectoryKey != "" {
		t.Errorf("the good half of a row was not kept: %+v", o)
	}
	for _, slug := range []string{"taken", "unknown", "twins", "key"} {
		if o := after[slug]; o.Mapped() || o.DirectoryKey != "" {
			t.Errorf("a bad row was saved: %+v", o)
		}
	}
	if after[d.Client.Slug].AccountID != d.Account.AccountID || len(twin.AccountID) == 0 {
		t.Error("the holder lost its account")
	}
}

// TestAccountsGoFromRowToRow: in one save an account can go on to the next
// organization, in whatever order the rows come. A ring cannot be turned.
func TestAccountsGoFromRowToRow(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	names := []string{"One", "Two", "Three", "Four"}
	made := d.Organizations(t, d.Workspace, names...)
	var accounts []string
	for i := range 5 {
		accounts = append(accounts, d.Sim.AddChild(d.Parent.AccountID,
			fmt.Sprint("Account", strings.Repeat(" and more", i))).AccountID)
	}
	give := func(at ...int) (rows []setup.MappingRow) {
		for i, account := range at {
			rows = append(rows, setup.MappingRow{Organization: made[i].ID})
			if account >= 0 {
				rows[i].Account = accounts[account]
			}
		}
		return rows
	}
	for _, test := range []struct {
		rows   []setup.MappingRow
		faults int
	}{
		{give(0, 1, 2, 3), 0}, {give(1, 2, 3, 4), 0}, {give(0, 1, 2, 3), 0}, {give(-1, 0, 1, 2), 0},
		{give(0, 1, 2, -1), 0},
		{give(1, 2, 0, 3), 3}, {give(0, 2, 1, 3), 2},
	} {
		before := organizations(t, d)
		faults := saveRows(t, d, test.rows...)
		if len(faults) != test.faults {
			t.Fatalf("%v: %v", test.rows, faults)
		}
		for i, o := range made {
			now, want := organizations(t, d)[o.Slug], test.rows[i].Account
			if fault := faults[o.ID]; fault != "" {
				want = before[o.Slug].AccountID
				if !strings.Contains(fault, "Unmap it there first.") {
					t.Error(fault)
				}
			}
			if now.AccountID != want {
				t.Errorf("%s has %s, want %s", o.Name, now.AccountID, want)
			}
		}
	}
}

// TestOnlyListedAccounts: whatever stood on the page, Duo is asked again before
// an account is assigned.
func TestOnlyListedAccounts(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	gone := d.Sim.AddChild(d.Parent.AccountID, "Gone")
	foreign := d.Sim.AddChild(d.Sim.AddParent("Other MSP").AccountID, "Foreign")
	if accounts, err := d.Setup().RefreshAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err != nil ||
		len(accounts) != 2 {
		t.Fatal(accounts, err)
	}
	deleteAccount(t, d, gone.AccountID)
	o := d.Organizations(t, d.Workspace, "Beta")[0]
	for name, account := range map[string]string{"deleted since the page was drawn": gone.AccountID,
		"of another MSP":    foreign.AccountID,
		"the parent itself": d.Parent.AccountID, "a way out": "../" + d.Account.AccountID} {
		if faults := saveRows(t, d, setup.MappingRow{Organization: o.ID,
			Account: account}); !strings.Contains(faults[o.ID], "does not list this account") {
			t.Errorf("an account %s: %q", name, faults[o.ID])
		}
		if _, bad, err := d.Setup().CreateOrganization(t.Context(), d.Scope(), d.Actor(catalog.Owner), "New",
			setup.MappingRow{Account: account}); err != nil || len(bad) != 1 {
			t.Errorf("a new organization with an account %s: %v %v", name, bad, err)
		}
	}
	if after := organizations(t, d); after["beta"].Mapped() || len(after) != 2 {
		t.Errorf("organizations %+v", after)
	}
	added := d.Sim.AddChild(d.Parent.AccountID, "New in Duo")
	if faults := saveRows(t, d, setup.MappingRow{Organization: o.ID, Account: added.AccountID}); len(faults) != 0 {
		t.Errorf("an account added since the page was drawn: %q", faults)
	}
}

// deleteAccount deletes a child in Duo, past the console.
func deleteAccount(t *testing.T, d *runtest.Desk, id string) {
	t.Helper()
	keys := d.Parent.Application(duosim.AccountsAPI)
	lend := func(use func([]byte)) error { use([]byte(keys.SecretKey)); return nil }
	client := duo.New(duo.Credentials{Host: d.Parent.APIHostname, IntegrationKey: keys.IntegrationKey, Secret: lend},
		duo.Options{Transport: d.Transport})
	if err := client.DeleteAccount(t.Context(), duo.AccountID(id)); err != nil {
		t.Fatal(err)
	}
}

func TestUnmapAndMove(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	other := d.Organizations(t, d.Workspace, "Beta")[0]
	// The account is given up by one row and taken by another, in either order.
	for i, rows := range [][]setup.MappingRow{
		{{Organization: d.Client.ID}, {Organization: other.ID, Account: d.Account.AccountID}},
		{{Organization: d.Client.ID, Account: d.Account.AccountID}, {Organization: other.ID}},
	} {
		if faults := saveRows(t, d, rows...); len(faults) != 0 {
			t.Fatal(i, faults)
		}
		after := organizations(t, d)
		if a, b := after[d.Client.Slug].Mapped(), after["beta"].Mapped(); a == b || b != (i == 0) {
			t.Errorf("move %d: mapped %t and %t", i, a, b)
		}
	}
}

func TestDuoDownSavesNothingOfTheMapping(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	free := d.Sim.AddChild(d.Parent.AccountID, "Beta")
	o := d.Organizations(t, d.Workspace, "Beta")[0]
	d.Sim.SetFault(d.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	row := setup.MappingRow{Organization: o.ID, Account: free.AccountID, DirectoryKey: goodKey}
	_, saving := d.Setup().SaveMapping(t.Context(), d.Scope(), d.Actor(catalog.Owner), []setup.MappingRow{row})
	adopting := d.Setup().AdoptAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner))
	_, _, creating := d.Setup().CreateOrganization(t.Context(), d.Scope(), d.Actor(catalog.Owner), "New",
		setup.MappingRow{Account: free.AccountID})
	for _, err := range []error{saving, adopting, creating} {
		if err == nil || !strings.Contains(run.Explain(err).Cause, "cannot be reached") {
			t.Errorf("%v is explained as %q", err, run.Explain(err).Cause)
		}
	}
	if after := organizations(t, d); len(after) != 2 || after["beta"].Mapped() || after["beta"].DirectoryKey != "" {
		t.Errorf("saved %+v", after)
	}
	// A directory key alone needs no Duo, nor does a new organization without account.
	if faults := saveRows(t, d, setup.MappingRow{Organization: o.ID, DirectoryKey: goodKey}); len(faults) != 0 {
		t.Error(faults)
	}
	if _, bad, err := d.Setup().CreateOrganization(t.Context(), d.Scope(), d.Actor(catalog.Owner), "New",
		setup.MappingRow{}); err != nil || len(bad) != 0 {
		t.Error(bad, err)
	}
}

func TestMappingWithoutKeys(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	o := d.Organizations(t, d.Workspace, "Beta")[0]
	_, err := d.Setup().SaveMapping(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		[]setup.MappingRow{{Organization: o.ID, Account: "x"}})
	var unconnected *run.NotConnected
	if !errors.As(err, &unconnected) || unconnected.API != "Accounts API" {
		t.Errorf("mapped without keys: %v", err)
	}
	foreign := runtest.New(t)
	if _, err := d.Setup().SaveMapping(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		[]setup.MappingRow{{Organization: foreign.Client.ID}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a row of another workspace: %v", err)
	}
	if after := organizations(t, foreign); !after[foreign.Client.Slug].Mapped() {
		t.Error("another workspace's mapping was changed")
	}
}

// TestAccountNamesAreKeptAsDuoSentThem: an organization takes a name that a person can
// type, and an account is found by such a name whatever is in its own.
func TestAccountNamesAreKeptAsDuoSentThem(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	sent := map[string]string{"Globex\u200b Dental": "Globex Dental", "می\u200cخواهم": "می\u200cخواهم",
		"Bell\u009bTower": "Bell Tower", strings.Repeat("é", 250): strings.Repeat("é", store.LongestName)}
	for name := range sent {
		d.Sim.AddChild(d.Parent.AccountID, name)
	}
	accounts, err := d.Setup().RefreshAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner))
	if err != nil {
		t.Fatal(err)
	}
	for name := range sent {
		i := slices.IndexFunc(accounts, func(a store.Account) bool { return a.Name == name })
		if i < 0 {
			t.Errorf("no account is called %q: %+v", name, accounts)
		} else if shown := setup.AccountText(accounts[i]); strings.ContainsAny(shown, "\u200b\u200c\u009b") {
			t.Errorf("pages would show %q", shown)
		}
	}
	for _, typed := range []string{"globex dental", strings.Repeat("É", 250)} {
		row := setup.ImportRow{Line: 2, Details: setup.Details{Name: "By file"}, Account: typed}
		if judged, err := d.Setup().JudgeImport(t.Context(), d.Scope(), []setup.ImportRow{row}); err != nil ||
			judged[0].Status != setup.WillBeCreated {
			t.Errorf("typed in a file: %+v, %v", judged, err)
		}
		found, err := d.Runner.Lookup(t.Context(), d.Scope(), store.Organization{}, catalog.OfAccount, typed)
		if _, one := found.Only(); err != nil || !one {
			t.Errorf("typed to be deleted: %+v, %v", found, err)
		}
	}
	if err := d.Setup().AdoptAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err != nil {
		t.Fatal(err)
	}
	names := map[string]store.Organization{}
	for _, o := range organizations(t, d) {
		names[o.Name] = o
	}
	for _, want := range sent {
		if !names[want].Mapped() {
			t.Errorf("no organization is called %q: %+v", want, names)
		}
	}

	// What the version before stored of the same name is no change in Duo; another name is.
	drifted := func() (found []store.Drifted) {
		t.Helper()
		if _, err := d.Setup().RefreshAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err != nil {
			t.Fatal(err)
		}
		err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) (err error) {
			found, err = tx.Drifted(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	o := names["Globex Dental"]
	o.Name = "Globex HQ"
	d.Exec(t, `update organization set name = $2 where id = $1`, o.ID, o.Name)
	d.Exec(t, `update connection set account_name = E'Globex\ufffd Dental' where organization_id = $1`, o.ID)
	d.Exec(t, `update connection set account_name = left(account_name, $2) where organization_id = $1`,
		names[strings.Repeat("é", store.LongestName)].ID, store.LongestName)
	if found := drifted(); len(found) != 0 {
		t.Errorf("called otherwise in Duo: %+v", found)
	}
	d.Sim.RenameAccount(o.AccountID, "Globex\u200b\x1b Group")
	found := drifted()
	if len(found) != 1 || found[0].ID != o.ID {
		t.Fatalf("called otherwise in Duo: %+v", found)
	}
	err = d.Setup().Repair(t.Context(), d.Scope(), d.Actor(catalog.Owner), o, setup.RepairRename, o.AccountID,
		catalog.Plain(found[0].NameNow))
	if after := organizations(t, d)[o.Slug]; err != nil || after.Name != "Globex Group" ||
		!slices.Equal(after.Aliases, []string{"Globex HQ"}) {
		t.Errorf("renamed to %q, also called %q: %v", after.Name, after.Aliases, err)
	}
	if found := drifted(); len(found) != 0 {
		t.Errorf("after it was renamed: %+v", found)
	}
}
