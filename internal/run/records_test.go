package run_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

const (
	aKey       = "DKAAAAAAAAAAAAAA1111"
	anotherKey = "DKBBBBBBBBBBBBBB2222"
)

// latest is the newest part of the record in words.
func latest(t *testing.T, d *runtest.Desk, n int) []string {
	t.Helper()
	var lines []string
	for _, r := range recorded(t, d)[:n] {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", r.Action, r.State, r.Subject, r.Summary))
	}
	return lines
}

func wantLines(t *testing.T, d *runtest.Desk, want ...string) {
	t.Helper()
	got := latest(t, d, len(want))
	slices.Sort(got) // three checks are made at the same time
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func saveRow(t *testing.T, d *runtest.Desk, row setup.MappingRow) {
	t.Helper()
	if faults, err := d.Setup().SaveMapping(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		[]setup.MappingRow{row}); err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
}

func TestMappingIsRecordedFromAndTo(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	first, second := d.Account, d.Sim.AddChild(d.Parent.AccountID, "Second, Ltd")
	named := func(a duosim.Account) string { return a.Name + " (" + a.AccountID + ")" }
	wantLines(t, d,
		"create-organization applied Acme Dental: Created.",
		"map-organization applied Acme Dental: Mapped to "+named(first)+".")
	saveRow(t, d, setup.MappingRow{Organization: d.Client.ID, Account: second.AccountID, DirectoryKey: aKey})
	wantLines(t, d,
		"map-organization applied Acme Dental: Moved from "+named(first)+" to "+named(second)+".",
		"set-directory-key applied Acme Dental: Set the key that ends in 1111.")
	saveRow(t, d, setup.MappingRow{Organization: d.Client.ID, Account: second.AccountID, DirectoryKey: anotherKey})
	wantLines(t, d,
		"set-directory-key applied Acme Dental: Set the key that ends in 2222 in place of the one that ended in 1111.")
	before := len(recorded(t, d))
	saveRow(t, d, setup.MappingRow{Organization: d.Client.ID, Account: second.AccountID, DirectoryKey: anotherKey})
	if n := len(recorded(t, d)); n != before {
		t.Errorf("saving what is stored already left %d records", n-before)
	}
	saveRow(t, d, setup.MappingRow{Organization: d.Client.ID})
	wantLines(t, d,
		"unmap-organization applied Acme Dental: Unmapped "+named(second)+".",
		"remove-directory-key applied Acme Dental: Removed the key that ended in 2222.")
	for _, r := range recorded(t, d) {
		if r.Action == "map-organization" && (r.AccountID == "" || r.Input["to"] != r.AccountID || r.OrgSlug == nil ||
			*r.OrgSlug != d.Client.Slug) {
			t.Errorf("record %+v", r)
		}
		for _, text := range r.Input {
			if strings.Contains(text, "AAAA1111") || strings.Contains(text, "BBBB2222") {
				t.Errorf("a directory key is in the record: %+v", r.Input)
			}
		}
	}
}

func TestAdoptedAccountsAreRecordedEach(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	second := d.Sim.AddChild(d.Parent.AccountID, "Second, Ltd")
	if err := d.Setup().AdoptAccounts(t.Context(), d.Scope(), d.Actor(catalog.Owner)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, d, "create-organization applied Second, Ltd: Created.",
		"map-organization applied Second, Ltd: Mapped to Second, Ltd ("+second.AccountID+").")
}

func TestIntegrationIsRecordedWithItsVerdicts(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	save := func(change map[string]string) {
		t.Helper()
		fields := d.NineFields()
		for name, text := range change {
			fields[name] = text
		}
		if refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(),
			fields); err != nil || refused != nil {
			t.Fatal(err, refused)
		}
	}
	save(nil)
	wantLines(t, d,
		"save-integration applied Auth API: Saved, to be checked before use.",
		"check-integration applied Auth API: The Auth API accepts these keys. Activated.",
		"save-integration applied Accounts API: Saved, to be checked before use.",
		"check-integration applied Accounts API: The Accounts API lists 1 account. Activated.",
		"save-integration applied Admin API: Saved, to be checked before use.",
		"check-integration applied Admin API: The Admin API accepts these keys. Activated.")
	for _, r := range recorded(t, d) {
		if r.Input["host"] != d.Parent.APIHostname || r.Input["version"] != "1" || r.Input["integration_key"] == "" ||
			len(r.Input) != 4 {
			t.Errorf("record %+v", r.Input)
		}
	}
	wrong := map[string]string{"admin_secret_key": strings.Repeat("x0", 20)}
	for name := range d.NineFields() {
		if setup.SecretField(name) && name != "admin_secret_key" {
			wrong[name] = "" // as stored
		}
	}
	save(wrong)
	if err := d.Setup().ActivateKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AdminAPI)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, d, "activate-integration applied Admin API: Activated although Duo did not accept the keys.")
	save(wrong)
	if err := d.Setup().DiscardKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AdminAPI)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, d, "discard-integration applied Admin API: Discarded; Duo did not accept the keys.")
	before := len(recorded(t, d))
	if err := d.Setup().DiscardKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AdminAPI)); err != nil || len(recorded(t, d)) != before {
		t.Error("discarding nothing is on record, or refused: ", err)
	}
	for _, r := range recorded(t, d) {
		if r.Action == store.IntegrationChecked.Slug && r.Input["version"] != "1" && r.Subject == "Admin API" &&
			r.State != store.Refused {
			t.Errorf("a verdict that the keys fail is recorded as %s: %s", r.State, r.Summary)
		}
		if strings.Contains(fmt.Sprint(r), wrong["admin_secret_key"]) ||
			strings.Contains(fmt.Sprint(r), d.NineFields()["auth_secret_key"]) {
			t.Error("a secret key is in the record")
		}
	}
}

// No audit, no action: when the record cannot be written, nothing changes and
// Duo is not asked to change anything.
func TestNothingHappensOffTheRecord(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	other := d.Sim.AddChild(d.Parent.AccountID, "Other")
	worthless := d.NineFields()
	worthless["admin_secret_key"] = strings.Repeat("x0", 20)
	owner := d.Actor(catalog.Owner)
	if _, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), owner, setup.Nine(), worthless); err != nil {
		t.Fatal(err)
	}
	state := func() string {
		t.Helper()
		var text string
		err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
			organizations, n, err := tx.Organizations(t.Context(), store.Query{Limit: 100})
			versions, reading := tx.Integration(t.Context(), uuid.Nil)
			for _, v := range versions {
				text += fmt.Sprint(v.API, v.Version, v.State, v.CheckedAt)
			}
			text += fmt.Sprint(organizations.Rows, n)
			return errors.Join(err, reading)
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	before, calls := state(), d.Sim.Calls(d.Account.AccountID)
	d.RefuseRecords(t, d.Workspace)
	again := d.NineFields()
	again["auth_secret_key"] = strings.Repeat("y0", 20)
	for what, act := range map[string]func() error{
		"an action": func() error {
			_, err := d.Do(t, d.Request(t, catalog.Owner, "create-bypass-code-for-user",
				form{"user_id": user}))
			return err
		},
		"saving": func() error {
			_, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), owner, setup.Nine(), again)
			return err
		},
		"checking": func() error {
			return d.Setup().CheckKeys(t.Context(), d.Scope(), owner, setup.OfWorkspace(store.AuthAPI))
		},
		"activating": func() error {
			return d.Setup().ActivateKeys(t.Context(), d.Scope(), owner, setup.OfWorkspace(store.AdminAPI))
		},
		"discarding": func() error {
			return d.Setup().DiscardKeys(t.Context(), d.Scope(), owner, setup.OfWorkspace(store.AdminAPI))
		},
		"creating": func() error {
			_, _, err := d.Setup().CreateOrganization(t.Context(), d.Scope(), owner, "New",
				setup.MappingRow{Organization: uuid.New()})
			return err
		},
		"adopting": func() error { return d.Setup().AdoptAccounts(t.Context(), d.Scope(), owner) },
		"mapping": func() error {
			_, err := d.Setup().SaveMapping(t.Context(), d.Scope(), owner,
				[]setup.MappingRow{{Organization: d.Client.ID, Account: other.AccountID}})
			return err
		},
		"unmapping": func() error {
			_, err := d.Setup().SaveMapping(t.Context(), d.Scope(), owner,
				[]setup.MappingRow{{Organization: d.Client.ID}})
			return err
		},
		"setting a directory key": func() error {
			_, err := d.Setup().SaveMapping(t.Context(), d.Scope(), owner,
				[]setup.MappingRow{{Organization: d.Client.ID, KeepAccount: true, DirectoryKey: aKey}})
			return err
		},
	} {
		if err := act(); err == nil || !strings.Contains(err.Error(), "not recorded") {
			t.Errorf("%s without a record: %v", what, err)
		}
		if after := state(); after != before {
			t.Fatalf("%s went through without a record\nbefore %s\nafter  %s", what, before, after)
		}
	}
	if n := d.Sim.Calls(d.Account.AccountID); n != calls {
		t.Errorf("Duo was asked %d times about the client", n-calls)
	}
}
