package run_test

import (
	"errors"
	"maps"
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

// stranger is an account that is no child of the Desk's parent, with keys of its
// own and one user.
func stranger(d *runtest.Desk, name string) (duosim.Account, map[string]string) {
	a := d.Sim.AddParent(name)
	d.Sim.AddUser(a.AccountID, duosim.UserSpec{Username: "user.of." + strings.ToLower(name)})
	return a, ownFields(a, duosim.AdminAPI)
}

func ownFields(a duosim.Account, kind string) map[string]string {
	app := a.Application(kind)
	return map[string]string{"own_host": a.APIHostname, "own_integration_key": app.IntegrationKey, "own_secret_key": app.SecretKey}
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
	refused, _, err := d.Setup().SaveKeys(t.Context(), store.Within(d.Workspace.ID, o.ID), d.Actor(catalog.Administrator), setup.OfOrganization(again(t, d, o), store.AdminAPI), typed)
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
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, parent, store.Parent, ""); err != nil || len(bad) > 0 {
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
		if _, err := d.Runner.Do(t.Context(), q); err != nil {
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
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, child, store.Parent, ""); err != nil || len(bad) != 1 || bad[0].Field != setup.KindField {
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
	if bad, err := d.Setup().Connect(t.Context(), d.Scope(), actor, child, store.Child, d.Account.AccountID); err != nil || len(bad) > 0 {
		t.Errorf("connected as it is: %v (%v)", bad, err)
	}
	var changed []string
	for _, r := range recorded(t, d) {
		if r.Action == store.ConnectionChanged.Slug {
			changed = append(changed, r.Summary)
		}
	}
	want := []string{"Changed from the parent account to own credentials.", "Changed from own credentials to the parent account.", "Changed from the parent account to no account.",
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
		"no account":                         {store.Child, " ", setup.AccountField, "Choose the child account."},
		"an account of another MSP":          {store.Child, foreign.AccountID, setup.AccountField, "does not list this account"},
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
	if _, err := d.Setup().Connect(t.Context(), d.Scope(), actor, other.Client, "", ""); !errors.Is(err, store.ErrNotFound) {
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
	if v, waiting := state().Version(store.AdminAPI, store.Candidate); !waiting || *v.Finding != setup.Fails || !strings.Contains(string(v.Verdict), "does not belong") {
		t.Errorf("wrong keys: %+v", v)
	}
	if o := again(t, d, d.Client); o.Kind != store.Child {
		t.Errorf("connected as %q through keys that do not work", o.Kind)
	}
	if err := d.Setup().DiscardKeys(t.Context(), scope, actor, setup.OfOrganization(d.Client, store.AdminAPI)); err != nil || len(state().Versions) != 0 {
		t.Errorf("discarded: %v (%v)", state().Versions, err)
	}
	// Keys of another kind of application are called by their name.
	auth := d.Sim.AddParent("With Auth")
	saveOwn(t, d, d.Client, ownFields(auth, duosim.AuthAPI))
	if v, _ := state().Version(store.AdminAPI, store.Candidate); !strings.Contains(string(v.Verdict), "These are the keys of an Auth API application") {
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
	if err := d.Setup().ActivateKeys(t.Context(), scope, actor, setup.OfOrganization(again(t, d, d.Client), store.AdminAPI)); err != nil {
		t.Fatal(err)
	}
	_, err := d.Runner.Users(t.Context(), scope, again(t, d, d.Client), true)
	why := run.ExplainFor(again(t, d, d.Client), catalog.Admin, err)
	var refused *duo.Error
	if !errors.As(err, &refused) || !strings.Contains(why.Cause, "this organization's own Admin API keys: Duo refused the signature") || !strings.Contains(why.Fix, "Connection page") {
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
	if _, _, err := d.Setup().SaveKeys(t.Context(), scope, technician, setup.OfOrganization(d.Client, store.AdminAPI), good); !errors.Is(err, run.ErrForbidden) {
		t.Errorf("saved by a technician: %v", err)
	}
	limited := run.Actor{Operator: d.Member(t, d.Workspace, catalog.Administrator, second.ID).ID, Role: catalog.Administrator}
	if _, _, err := d.Setup().SaveKeys(t.Context(), scope, limited, setup.OfOrganization(d.Client, store.AdminAPI), good); err == nil {
		t.Error("saved by an administrator of another organization")
	}
}

// TestKeysOfNoOrganization: what names no organization, or an API that has no such keys,
// is nobody's keys. It must not end in the slots of the workspace.
func TestKeysOfNoOrganization(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	actor, before := d.Actor(catalog.Owner), len(recorded(t, d))
	for what, keys := range map[string]setup.Keys{
		"no organization":                setup.OfOrganization(store.Organization{}, store.AdminAPI),
		"an API for the workspace alone": setup.OfOrganization(d.Client, store.AccountsAPI),
		"an unknown API":                 setup.OfWorkspace("sso"),
	} {
		_, filling := d.Setup().FillKeys(t.Context(), d.Scope(), actor, keys, "text", nil)
		_, _, saving := d.Setup().SaveKeys(t.Context(), d.Scope(), actor, keys, d.NineFields())
		for act, err := range map[string]error{
			"filled in": filling,
			"saved":     saving,
			"checked":   d.Setup().CheckKeys(t.Context(), d.Scope(), actor, keys),
			"activated": d.Setup().ActivateKeys(t.Context(), d.Scope(), actor, keys),
			"discarded": d.Setup().DiscardKeys(t.Context(), d.Scope(), actor, keys),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %s: %v", what, act, err)
			}
		}
	}
	if now := len(recorded(t, d)); now != before {
		t.Errorf("%d records were made", now-before)
	}
}

// TestTheWholeFormIsSaved: keys of one API are saved with those that share their form, and
// all are checked.
func TestTheWholeFormIsSaved(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.OfWorkspace(store.AuthAPI), d.NineFields())
	if err != nil || refused != nil {
		t.Fatal(refused, err)
	}
	for _, api := range []string{store.AuthAPI, store.AccountsAPI, store.AdminAPI} {
		if v, inUse := state(t, d).Version(api, store.Active); !inUse || *v.Finding != setup.Works {
			t.Errorf("%s: %+v", api, v)
		}
	}
}

func TestFillIn(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	nine := d.NineFields()
	text := "Admin API\r\nIntegration key\u00a0" + nine["admin_integration_key"] + " Copy\r\nSecret key\u00a0" + nine["admin_secret_key"] + "Copy\r\nAPI hostname " + nine["admin_host"]
	did, err := d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), text, map[string]string{"auth_host": "typed before"})
	if err != nil || len(did.Found) != 3 || len(did.Missing)+len(did.Faults) != 0 {
		t.Fatalf("%+v (%v)", did, err)
	}
	found := state(t, d)
	if len(found.Versions) != 0 || found.Draft["admin_secret_key"] != nine["admin_secret_key"] || found.Draft["admin_host"] != nine["admin_host"] || found.Draft["auth_host"] != "typed before" {
		t.Errorf("the draft is %q", slices.Sorted(maps.Keys(found.Draft)))
	}
	for name, value := range found.Draft {
		if strings.Contains(value, "Copy") {
			t.Errorf("the pasted text is kept as %s", name)
		}
	}
	// Filling in another API keeps the first one's secret, which no page shows.
	two := "Auth API " + nine["auth_integration_key"] + " " + nine["accounts_integration_key"] + " " + nine["auth_host"]
	did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), two, map[string]string{"admin_host": nine["admin_host"]})
	if err != nil || !slices.Equal(did.Found, []string{"auth_host"}) || !slices.Equal(did.Missing, []string{"auth_secret_key"}) || len(did.Faults) != 1 || did.Faults[0].Field != "auth_integration_key" {
		t.Errorf("%+v (%v)", did, err)
	}
	if found := state(t, d); found.Draft["admin_secret_key"] != nine["admin_secret_key"] || found.Draft["auth_integration_key"] != "" {
		t.Error("the draft has lost a secret, or guessed a key")
	}
	did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), "nothing of use", nil)
	if err != nil || len(did.Found)+len(did.Missing)+len(did.Faults) != 0 {
		t.Errorf("%+v (%v)", did, err)
	}
	// A host that is the only one serves all that the text is about. Without a name, nothing is guessed.
	did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), "Admin API "+nine["admin_integration_key"]+" Accounts API "+nine["accounts_integration_key"]+" Account Host "+nine["account_host"], nil)
	if found := state(t, d); err != nil || found.Draft["admin_host"] != nine["admin_host"] || found.Draft["account_host"] != nine["account_host"] || found.Draft["auth_host"] != "" {
		t.Errorf("%+v (%v): %v", did, err, found.Draft)
	}
	for _, text := range []string{nine["admin_host"], nine["admin_integration_key"], "Duo Admin Panel " + nine["admin_secret_key"]} {
		did, err = d.Setup().FillKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(), text, nil)
		if err != nil || len(did.Found) != 0 || len(did.Faults) != 1 || did.Faults[0].Field != "paste" {
			t.Errorf("%+v (%v)", did, err)
		}
	}
}

func TestDirectoriesOfAnOrganization(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	scope, actor := store.Within(d.Workspace.ID, d.Client.ID), d.Actor(catalog.Administrator)
	const one, two = "DSAAAAAAAAAAAAAA1111", "DSBBBBBBBBBBBBBB2222"
	add := func(name, text string) string {
		t.Helper()
		bad, err := d.Setup().AddDirectory(t.Context(), scope, actor, d.Client, name, text)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, b := range bad {
			words = append(words, b.Field+": "+b.Message)
		}
		return strings.Join(words, " ")
	}
	list := func() (found []store.Directory) {
		t.Helper()
		if err := d.InWorkspace(t.Context(), scope, func(tx *store.Tx) (err error) {
			found, err = tx.Directories(t.Context(), d.Client.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for what, c := range map[string]struct{ name, text, says string }{
		"no key":                  {"AD", " ", "directory_key: Paste the key"},
		"a page without one":      {"AD", "Users\nExternal Directories\nDirectory Sync, Active Directory\n", "No directory key is in this text"},
		"two keys":                {"AD", one + "\n" + two, "This text holds 2 directory keys: " + one + ", " + two},
		"an integration key":      {"AD", d.NineFields()["admin_integration_key"], "This is an integration key"},
		"a name that is too long": {strings.Repeat("x", 61), one, "directory_name: This is longer"},
	} {
		if got := add(c.name, c.text); !strings.Contains(got, c.says) {
			t.Errorf("%s: %q", what, got)
		}
	}
	if got := add("", "https://admin-1a2b3c4d.duosecurity.com/users/directorysync/"+one+"\r\nCopy"); got != "" {
		t.Error(got)
	}
	if got := add("Entra", two); got != "" {
		t.Error(got)
	}
	if got := add("entra 2", two); !strings.Contains(got, "already has this key") {
		t.Error(got)
	}
	found := list()
	if len(found) != 2 || found[0].Name != store.FirstDirectory || found[0].Key != one || !found[0].Primary || found[1].Primary {
		t.Fatalf("%+v", found)
	}
	if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, "Entra"); err != nil || len(bad) != 1 {
		t.Errorf("a name twice: %v (%v)", bad, err)
	}
	if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, "Head office"); err != nil || len(bad) != 0 {
		t.Errorf("renamed: %v (%v)", bad, err)
	}
	// Names are compared as they are searched; what clashes already stays, and can be renamed.
	for _, twin := range []string{"entra", "  ENTRA\u200b", "Éntra"} {
		if got := add(twin, "DSCCCCCCCCCCCCCC3333"); !strings.Contains(got, "directory_name: This organization already has a directory with this name") {
			t.Errorf("%q is added beside Entra: %q", twin, got)
		}
		if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, twin); err != nil || len(bad) != 1 {
			t.Errorf("a directory beside Entra is called %q: %v (%v)", twin, bad, err)
		}
	}
	d.Exec(t, `update directory_key set name = 'ENTRA' where id = $1`, found[0].ID)
	for _, name := range []string{"entra 1", "Head office"} {
		if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[0].ID, name); err != nil || len(bad) != 0 {
			t.Errorf("renamed: %v (%v)", bad, err)
		}
	}
	if bad, err := d.Setup().RenameDirectory(t.Context(), scope, actor, d.Client, found[1].ID, "Entra"); err != nil || len(bad) != 0 {
		t.Errorf("renamed to what it is called: %v (%v)", bad, err)
	}
	if err := errors.Join(d.Setup().MakePrimary(t.Context(), scope, actor, d.Client, found[1].ID), d.Setup().RemoveDirectory(t.Context(), scope, actor, d.Client, found[0].ID)); err != nil {
		t.Fatal(err)
	}
	if left := list(); len(left) != 1 || left[0].Name != "Entra" || !left[0].Primary || again(t, d, d.Client).DirectoryKey != two {
		t.Errorf("%+v", left)
	}
	if err := d.Setup().RemoveDirectory(t.Context(), scope, actor, d.Client, uuid.New()); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	said := latest(t, d, 5)
	for i, want := range []string{"Removed Head office, whose key ended in 1111.", "Made Entra primary.", "Renamed Entra to Entra.", "Renamed entra 1 to Head office.", "Renamed ENTRA to entra 1."} {
		if !strings.Contains(said[i], want) {
			t.Errorf("the record says %q, want %q", said[i], want)
		}
	}
	// The mapping's cell takes any text too, and edits the primary key.
	faults, err := d.Setup().SaveMapping(t.Context(), d.Scope(), actor, []setup.MappingRow{{Organization: d.Client.ID, KeepAccount: true, DirectoryKey: "Admin API Directory Key " + one + " Copy"}})
	if err != nil || len(faults) > 0 || again(t, d, d.Client).DirectoryKey != one {
		t.Errorf("%v (%v)", faults, err)
	}
}
