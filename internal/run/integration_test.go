package run_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// save sends the nine fields and returns the faults by field.
func save(t *testing.T, d *runtest.Desk, typed map[string]string) (faults, notes map[string]string) {
	t.Helper()
	refused, notes, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), typed)
	if err != nil {
		t.Fatal(err)
	}
	faults = map[string]string{}
	if refused != nil {
		notes = refused.Notes
		for _, f := range refused.Faults {
			faults[f.Field] = f.Message
		}
	}
	return faults, notes
}

// with is the good values with some changed.
func with(d *runtest.Desk, pairs ...string) map[string]string {
	typed := d.NineFields()
	for i := 0; i < len(pairs); i += 2 {
		typed[pairs[i]] = pairs[i+1]
	}
	return typed
}

func state(t *testing.T, d *runtest.Desk) setup.KeyState {
	t.Helper()
	found, err := d.Setup().KeyState(t.Context(), d.Scope(), setup.Nine(), d.Owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// secretOf opens the secret key of the version in a state.
func secretOf(t *testing.T, d *runtest.Desk, api, in string) string {
	t.Helper()
	v, found := state(t, d).Version(api, in)
	if !found {
		t.Fatalf("no %s version of %s", in, api)
	}
	var text string
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		key, err := tx.SecretKey(t.Context(), store.OfWorkspace(api), v.Version)
		if err != nil {
			return err
		}
		return key.Lend(func(b []byte) { text = string(b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEachOfTheNineIsRequired(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	names := setup.Nine().Inputs()
	if want := "auth_host auth_integration_key auth_secret_key account_host accounts_integration_key accounts_secret_key " +
		"admin_host admin_integration_key admin_secret_key"; strings.Join(names, " ") != want {
		t.Fatal("the fields are ", names)
	}
	for _, name := range names {
		for _, blank := range []string{"", " \t"} {
			faults, _ := save(t, d, with(d, name, blank))
			d.Exec(t, `delete from draft where workspace_id = $1`, d.Workspace.ID) // or it would fill the box
			if len(faults) != 1 || !strings.HasPrefix(faults[name], "Fill this in: ") {
				t.Errorf("%s missing: %q", name, faults)
			}
		}
	}
	if faults, _ := save(t, d, nil); len(faults) != 9 {
		t.Errorf("an empty form has the faults %q", faults)
	}
	if n := len(state(t, d).Versions); n != 0 {
		t.Errorf("%d versions are stored of forms that were refused", n)
	}
}

func TestMalformedValues(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	good := d.NineFields()
	for _, test := range []struct{ field, typed, says string }{
		{"auth_host", "api-1234.duosecurity.com", "4 characters after api-"},
		{"auth_host", "http://" + good["auth_host"], "https only"},
		{"account_host", "api-1a2b3c4d.duosecurity.com.evil.example", "not one of Duo's domains"},
		{"account_host", "127.0.0.1", "not one of Duo's domains"},
		{"admin_host", "admin-1a2b3c4d.duosecurity.com", "admin panel"},
		{"admin_host", "api-1a2b3c4d.duosecurity.com:8443", "port"},
		{"auth_integration_key", good["auth_secret_key"], "length of a secret key"},
		{"auth_integration_key", "DI123", "5 characters"},
		{"admin_integration_key", strings.ToLower(good["admin_integration_key"]), "capital"},
		{"admin_integration_key", good["auth_integration_key"], "key of the Auth API above"},
		{"accounts_secret_key", good["accounts_integration_key"], "integration key"},
		{"accounts_secret_key", good["accounts_secret_key"][:39], "39 characters"},
		{"admin_secret_key", "••••••••", "dots"},
	} {
		faults, _ := save(t, d, with(d, test.field, test.typed))
		if len(faults) != 1 || !strings.Contains(faults[test.field], test.says) {
			t.Errorf("%s = %q: %q, want %q", test.field, test.typed, faults, test.says)
		}
		if strings.HasSuffix(test.field, "_secret_key") && strings.Contains(faults[test.field], test.typed) {
			t.Errorf("%s is quoted: %q", test.field, faults[test.field])
		}
	}
	if n := len(state(t, d).Versions); n != 0 {
		t.Errorf("%d versions are stored of forms that were refused", n)
	}
}

func TestWhatIsTakenOffIsSaid(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	good := d.NineFields()
	_, notes := save(t, d, with(d, "auth_host", " https://"+strings.ToUpper(good["auth_host"])+"/ ",
		"accounts_integration_key", good["accounts_integration_key"]+"\n", "admin_secret_key",
		" "+good["admin_secret_key"]))
	if len(notes) < 2 || notes["auth_host"] == "" || notes["accounts_integration_key"] == "" {
		t.Errorf("notes %q", notes)
	}
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		v, found := state(t, d).Version(api, store.Active)
		if !found || v.Host != d.Parent.APIHostname || strings.TrimSpace(v.IntegrationKey) != v.IntegrationKey {
			t.Errorf("%s: %+v", api, v)
		}
	}
}

// TestARefusedFormIsKept: values and secrets typed are there the second time,
// for the one who typed them and for a day.
func TestARefusedFormIsKept(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	good := d.NineFields()
	save(t, d, with(d, "admin_host", ""))
	draft := state(t, d).Draft
	if draft["auth_host"] != good["auth_host"] || draft["admin_secret_key"] != good["admin_secret_key"] {
		t.Errorf("kept %q", slicesOfKeys(draft))
	}
	colleague := d.Member(t, d.Workspace, catalog.Owner)
	if other, err := d.Setup().KeyState(t.Context(), d.Scope(), setup.Nine(), colleague.ID); err != nil ||
		len(other.Draft) != 0 {
		t.Errorf("a colleague sees the draft %q, %v", slicesOfKeys(other.Draft), err)
	}
	second := maps.Clone(good)
	for name := range second {
		if setup.SecretField(name) {
			second[name] = ""
		}
	}
	if faults, _ := save(t, d, second); len(faults) != 0 {
		t.Fatalf("the typed secrets are not kept: %q", faults)
	}
	if got := secretOf(t, d, store.AdminAPI, store.Active); got != good["admin_secret_key"] {
		t.Error("another secret was stored than the one that was typed")
	}
	if left := state(t, d).Draft; len(left) != 0 {
		t.Error("the draft outlives the saving")
	}
	save(t, d, with(d, "admin_host", ""))
	d.Clock.Move(store.DraftLife + time.Second)
	if left := state(t, d).Draft; len(left) != 0 {
		t.Error("the draft outlives its day")
	}
}

func slicesOfKeys(m map[string]string) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

func TestAnEmptySecretKeepsTheStoredOne(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	good := d.NineFields()
	empty := with(d, "auth_secret_key", "", "accounts_secret_key", "", "admin_secret_key", "")
	before := state(t, d).Versions
	save(t, d, empty)
	if after := state(t, d).Versions; len(after) != 3 || after[0].Version != before[0].Version ||
		after[1].Version != before[1].Version {
		t.Errorf("unchanged values made new versions: %+v", after)
	}
	// Another key and host: the secret goes along, sealed for its new place.
	second := d.Sim.AddParent("Second MSP")
	empty["admin_host"], empty["admin_integration_key"] = second.APIHostname,
		second.Application(duosim.AdminAPI).IntegrationKey
	save(t, d, empty)
	if got := secretOf(t, d, store.AdminAPI, store.Candidate); got != good["admin_secret_key"] {
		t.Error("the secret was not kept for a changed host and key")
	}
	if v, _ := state(t, d).Version(store.AdminAPI, store.Active); v.Host != good["admin_host"] {
		t.Error("a candidate that fails took the place of what works")
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	good := d.NineFields()
	wrong := strings.Repeat("W", 40)
	candidate := func() (store.Version, bool) { return state(t, d).Version(store.AdminAPI, store.Candidate) }

	save(t, d, with(d, "admin_secret_key", wrong))
	if v, found := candidate(); !found || v.Finding == nil || *v.Finding != setup.Fails {
		t.Fatalf("candidate %+v", v)
	}
	if secretOf(t, d, store.AdminAPI, store.Active) != good["admin_secret_key"] {
		t.Error("what works was given up for what does not")
	}
	if err := d.Setup().DiscardKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AdminAPI)); err != nil {
		t.Fatal(err)
	}
	if _, found := candidate(); found {
		t.Error("discarded and still there")
	}

	save(t, d, with(d, "admin_secret_key", wrong))
	if err := d.Setup().ActivateKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AdminAPI)); err != nil {
		t.Fatal(err)
	}
	if _, found := candidate(); found || secretOf(t, d, store.AdminAPI, store.Active) != wrong {
		t.Error("used anyway, and not in use")
	}
	if err := d.Setup().ActivateKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace(store.AdminAPI)); err == nil || secretOf(t, d, store.AdminAPI, store.Active) != wrong {
		t.Errorf("using a candidate that is not there: %v", err)
	}

	save(t, d, with(d, "admin_secret_key", good["admin_secret_key"]))
	if _, found := candidate(); found || secretOf(t, d, store.AdminAPI, store.Active) != good["admin_secret_key"] {
		t.Error("a good candidate did not take its place")
	}
	var kept int
	if err := d.Superuser(t).QueryRow(t.Context(),
		`select count(*) from integration_secret where workspace_id = $1 and state = 'retired' and length(sealed_secret) > 0`,
		d.Workspace.ID).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d retired secrets are still stored, %v", kept, err)
	}
}

// TestTheCheckCanBeRunAgain: keys that did not work without any in use wait as a
// candidate, and take their place once Duo accepts them.
func TestTheCheckCanBeRunAgain(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	d.Sim.SetFault(d.Parent.AccountID, duosim.Fault{Kind: duosim.Down})
	save(t, d, d.NineFields())
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		if _, found := state(t, d).Version(api, store.Active); found {
			t.Fatalf("%s is in use although Duo is down", api)
		}
		if v, found := state(t, d).Version(api, store.Candidate); !found || *v.Finding != setup.Fails ||
			v.CheckedAt == nil || *v.CheckedBy != d.Owner.Email {
			t.Errorf("%s: %+v", api, v)
		}
	}
	d.Sim.SetFault(d.Parent.AccountID, duosim.Fault{})
	if err := d.Setup().CheckKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine()); err != nil {
		t.Fatal(err)
	}
	after := state(t, d)
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		if v, found := after.Version(api, store.Active); !found || *v.Finding != setup.Works {
			t.Errorf("%s after Duo came back: %+v", api, v)
		}
	}
	if len(after.Accounts) != 1 || after.Accounts[0].AccountID != d.Account.AccountID {
		t.Errorf("accounts %+v", after.Accounts)
	}
	if err := runtest.Unconnected(t).Setup().CheckKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner),
		setup.OfWorkspace("none")); err == nil {
		t.Error("an API without keys is checked")
	}
}

// TestSavingAtTheSameTime: two people (or an impatient one) save at once. Both
// are told that it worked, and one version of each API is in use.
func TestSavingAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(),
				d.NineFields()); err != nil || refused != nil {
				t.Error(refused, err)
			}
		})
	}
	all.Wait()
	after := state(t, d)
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		if _, found := after.Version(api, store.Active); !found || secretOf(t, d, api, store.Active) == "" {
			t.Errorf("%s is not in use", api)
		}
	}
	if len(after.Versions) != 3 {
		t.Errorf("%d versions are left, want one of each API", len(after.Versions))
	}
}
