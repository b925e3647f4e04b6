package run_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// stranger is an account that is no child of the Desk's parent, with keys of its
// own and one user.
func stranger(d *runtest.Desk, name string) (duosim.Account, map[string]string) {
	a := d.Sim.AddParent(name)
	d.Sim.AddUser(a.AccountID, duosim.UserSpec{Username: "user.of." + strings.ToLower(name)})
	return a, ownFields(a, duosim.AdminAPI)
}

func ownFields(a duosim.Account, kind string) map[string]string {
	app := a.Application(kind)
	return map[string]string{"own_host": a.APIHostname, "own_integration_key": app.IntegrationKey,
		"own_secret_key": app.SecretKey}
}

// again reads an organization as the next request does.
func again(t *testing.T, d *runtest.Desk, o store.Organization) store.Organization {
	t.Helper()
	access, err := d.Access(t.Context(), d.Owner.ID, d.Workspace.Slug, o.Slug)
	if err != nil {
		t.Fatal(err)
	}
	return access.Organization
}

// saveOwn saves keys with a form that was opened a moment ago.
func saveOwn(t *testing.T, d *runtest.Desk, o store.Organization, typed map[string]string) map[string]string {
	t.Helper()
	refused, _, err := d.Setup().SaveKeys(t.Context(), store.Within(d.Workspace.ID, o.ID),
		d.Actor(catalog.Administrator), setup.OfOrganization(again(t, d, o), store.AdminAPI), typed)
	if err != nil {
		t.Fatal(err)
	}
	faults := map[string]string{}
	if refused != nil {
		for _, f := range refused.Faults {
			faults[f.Field] = f.Message
		}
	}
	return faults
}

// usersOf are the usernames that an organization's page lists.
func usersOf(t *testing.T, d *runtest.Desk, o store.Organization) (string, error) {
	t.Helper()
	list, err := d.Runner.Users(t.Context(), store.Within(d.Workspace.ID, o.ID), o, false)
	var names []string
	for _, u := range list.Items {
		names = append(names, u.Username)
	}
	return strings.Join(names, " "), err
}

// TestThreeKindsOfConnection: each kind reaches its own account, with its own
// keys, and changes of kind never show what another account holds.
func TestThreeKindsOfConnection(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	d.Sim.AddUser(d.Account.AccountID, duosim.UserSpec{Username: "user.of.child"})
	d.Sim.AddUser(d.Parent.AccountID, duosim.UserSpec{Username: "user.of.parent"})
	elsewhere, fields := stranger(d, "Elsewhere")
	made := d.Organizations(t, d.Workspace, "Own", "Parent")
	actor := d.Actor(catalog.Administrator)
	child, own, parent := d.Client, made[0], made[1]

	if faults := saveOwn(t, d, own, fields); len(faults) > 0 {
		t.Fatal(faults)
	}
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, parent, store.Parent, ""); err != nil ||
		len(bad) > 0 {
		t.Fatal(bad, err)
	}
	own, parent = again(t, d, own), again(t, d, parent)
	kinds := []store.Organization{child, own, parent}
	for i, want := range []string{"user.of.child", "user.of.elsewhere", "user.of.parent"} {
		if got, err := usersOf(t, d, kinds[i]); err != nil || got != want {
			t.Errorf("%s lists %q (%v), want %q", kinds[i].Kind, got, err, want)
		}
	}
	for i, account := range []string{d.Account.AccountID, elsewhere.AccountID, d.Parent.AccountID} {
		before := map[string]int{}
		for _, a := range d.Sim.Accounts() {
			before[a.AccountID] = d.Sim.Calls(a.AccountID)
		}
		d.Client = kinds[i]
		q := d.Request(t, catalog.Technician, "create-user", form{"username": "new"})
		if _, err := d.Do(t, q); err != nil {
			t.Error(kinds[i].Kind, err)
		}
		ledger := d.Sim.Ledger()
		if last := ledger[len(ledger)-1]; last.AccountID != account || len(ledger) != i+1 {
			t.Errorf("%s has changed %s", kinds[i].Kind, last.AccountID)
		}
		for id, n := range before {
			if now := d.Sim.Calls(id); id != account && now != n {
				t.Errorf("%s has asked about another account", kinds[i].Kind)
			}
		}
		if r := d.Record(t, q.ID); r.AccountID != kinds[i].AccountID || r.State != store.Applied {
			t.Errorf("recorded %+v", r)
		}
	}

	// From one kind to the next: what was held of the last account is not shown.
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, parent, "", ""); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	if _, err := usersOf(t, d, parent); !store.IsConflict(err, "connection_pkey") {
		t.Errorf("a page from before the change: %v", err)
	}
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, own, store.Parent, ""); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	own = again(t, d, own)
	if got, err := usersOf(t, d, own); err != nil || got != "user.of.parent new" {
		t.Errorf("after the change it lists %q (%v)", got, err)
	}
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, child, store.Parent, ""); err != nil ||
		len(bad) != 1 || bad[0].Field != setup.KindField {
		t.Errorf("the parent account twice: %v (%v)", bad, err)
	}
	other, more := stranger(d, "Other")
	if faults := saveOwn(t, d, own, fields); len(faults) > 0 {
		t.Fatal(faults)
	}
	if got, err := usersOf(t, d, again(t, d, own)); err != nil || got != "user.of.elsewhere new" {
		t.Errorf("with keys of its own again it lists %q (%v)", got, err)
	}
	// Other keys lead to another account: the list that is held is the old one's.
	if faults := saveOwn(t, d, own, more); len(faults) > 0 {
		t.Fatal(faults)
	}
	if got, err := usersOf(t, d, again(t, d, own)); err != nil || got != "user.of.other" {
		t.Errorf("with the keys of %s it lists %q (%v)", other.Name, got, err)
	}
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, child, store.Child,
		d.Account.AccountID); err != nil || len(bad) > 0 {
		t.Errorf("connected as it is: %v (%v)", bad, err)
	}
	var changed []string
	for _, r := range recorded(t, d) {
		if r.Action == store.ConnectionChanged.Slug {
			changed = append(changed, r.Summary)
		}
	}
	want := []string{"Changed from the parent account to own credentials.",
		"Changed from own credentials to the parent account.", "Changed from the parent account to no account.",
		"Changed from no account to the parent account.", "Changed from no account to own credentials."}
	if !slices.Equal(changed, want) {
		t.Errorf("the record says %q", changed)
	}
}

func TestConnectRefuses(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	actor := d.Actor(catalog.Administrator)
	o := d.Organizations(t, d.Workspace, "Beta")[0]
	foreign := d.Sim.AddChild(d.Sim.AddParent("Other MSP").AccountID, "Foreign")
	for what, c := range map[string]struct{ kind, account, field, says string }{
		"no account": {store.Child, " ", setup.AccountField, "Choose the child account."},
		"an account of another MSP": {store.Child, foreign.AccountID, setup.AccountField,
			"does not list this account"},
		"an account that another client has": {store.Child, d.Account.AccountID, setup.AccountField, "Acme Dental"},
		"own keys without keys":              {store.Own, "", setup.KindField, "Choose how"},
		"nonsense":                           {"x", "", setup.KindField, "Choose how"},
	} {
		bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, o, c.kind, c.account)
		if err != nil || len(bad) != 1 || bad[0].Field != c.field || !strings.Contains(bad[0].Message, c.says) {
			t.Errorf("%s: %v (%v)", what, bad, err)
		}
	}
	other := runtest.New(t)
	if _, err := d.Setup().Connect(t.Context(), d.Scope(), actor, other.Client, "", ""); !errors.Is(err,
		store.ErrNotFound) {
		t.Errorf("an organization of another workspace: %v", err)
	}
	if again(t, d, o).Mapped() || !again(t, d, d.Client).Mapped() {
		t.Error("a refused change has changed something")
	}
}

// TestOwnKeys: candidate, check, use, as with the nine fields, and until they
// work the organization stays connected as it was.
func TestOwnKeys(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	_, good := stranger(d, "Elsewhere")
	scope, actor := store.Within(d.Workspace.ID, d.Client.ID), d.Actor(catalog.Administrator)
	with := func(pairs ...string) map[string]string {
		typed := maps.Clone(good)
		for i := 0; i < len(pairs); i += 2 {
			typed[pairs[i]] = pairs[i+1]
		}
		return typed
	}
	state := func() setup.KeyState {
		t.Helper()
		found, err := d.Setup().KeyState(t.Context(), scope, setup.OfOrganization(d.Client, store.AdminAPI), d.Owner.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	nine := d.NineFields()
	for field, typed := range map[string]map[string]string{
		"own_host":            with("own_host", "api-1a2b3c4d.evil.example"),
		"own_secret_key":      with("own_secret_key", ""),
		"own_integration_key": with("own_integration_key", nine["admin_integration_key"]),
	} {
		if faults := saveOwn(t, d, d.Client, typed); len(faults) != 1 || faults[field] == "" {
			t.Errorf("%s: %q", field, faults)
		}
		d.Exec(t, `delete from draft where workspace_id = $1`, d.Workspace.ID)
	}
	wrong := strings.Repeat("W", 40)
	saveOwn(t, d, d.Client, with("own_secret_key", wrong))
	if v, waiting := state().Version(store.AdminAPI, store.Candidate); !waiting || *v.Finding != setup.Fails ||
		!strings.Contains(string(v.Verdict), "does not belong") {
		t.Errorf("wrong keys: %+v", v)
	}
	if o := again(t, d, d.Client); o.Kind != store.Child {
		t.Errorf("connected as %q through keys that do not work", o.Kind)
	}
	if err := d.Setup().DiscardKeys(t.Context(), scope, actor,
		setup.OfOrganization(d.Client, store.AdminAPI)); err != nil || len(state().Versions) != 0 {
		t.Errorf("discarded: %v (%v)", state().Versions, err)
	}
	// Keys of another kind of application are called by their name.
	auth := d.Sim.AddParent("With Auth")
	saveOwn(t, d, d.Client, ownFields(auth, duosim.AuthAPI))
	if v, _ := state().Version(store.AdminAPI, store.Candidate); !strings.Contains(string(v.Verdict),
		"These are the keys of an Auth API application") {
		t.Errorf("keys of an Auth API application: %s", v.Verdict)
	}
	saveOwn(t, d, d.Client, good)
	o := again(t, d, d.Client)
	if o.Kind != store.Own || o.IntegrationKey != good["own_integration_key"] {
		t.Errorf("connected as %+v", o)
	}
	// What works is kept, and an empty secret keeps what is stored.
	saveOwn(t, d, d.Client, with("own_secret_key", wrong))
	if got, err := usersOf(t, d, again(t, d, d.Client)); err != nil || got != "user.of.elsewhere" {
		t.Errorf("after wrong keys it lists %q (%v)", got, err)
	}
	if err := d.Setup().ActivateKeys(t.Context(), scope, actor,
		setup.OfOrganization(again(t, d, d.Client), store.AdminAPI)); err != nil {
		t.Fatal(err)
	}
	_, err := d.Runner.Users(t.Context(), scope, again(t, d, d.Client), true)
	why := run.ExplainFor(again(t, d, d.Client), catalog.Admin, err)
	var refused *duo.Error
	if !errors.As(err, &refused) || !strings.Contains(why.Cause,
		"this organization's own Admin API keys: Duo refused the signature") ||
		!strings.Contains(why.Fix, "Connection page") {
		t.Errorf("explained as %q (%v)", why, err)
	}
	saveOwn(t, d, d.Client, good)
	saveOwn(t, d, d.Client, with("own_secret_key", ""))
	if got, err := usersOf(t, d, again(t, d, d.Client)); err != nil || got != "user.of.elsewhere" {
		t.Errorf("with the stored secret it lists %q (%v)", got, err)
	}
	// The same account is nobody else's.
	second := d.Organizations(t, d.Workspace, "Second")[0]
	if faults := saveOwn(t, d, second, good); !strings.Contains(faults["own_integration_key"], "Another organization") {
		t.Errorf("the same keys twice: %q", faults)
	}
	if again(t, d, second).Mapped() {
		t.Error("connected with another's keys")
	}
	// A lesser role, and another's organization.
	technician := run.Actor{Operator: d.Member(t, d.Workspace, catalog.Technician).ID, Role: catalog.Technician}
	if _, _, err := d.Setup().SaveKeys(t.Context(), scope, technician, setup.OfOrganization(d.Client, store.AdminAPI),
		good); !errors.Is(err, run.ErrForbidden) {
		t.Errorf("saved by a technician: %v", err)
	}
	limited := run.Actor{Operator: d.Member(t, d.Workspace, catalog.Administrator, second.ID).ID,
		Role: catalog.Administrator}
	if _, _, err := d.Setup().SaveKeys(t.Context(), scope, limited, setup.OfOrganization(d.Client, store.AdminAPI),
		good); err == nil {
		t.Error("saved by an administrator of another organization")
	}
}
