package run_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// calls counts what every account was asked.
func calls(d *runtest.Desk) (n int) {
	for _, a := range d.Sim.Accounts() {
		n += d.Sim.Calls(a.AccountID)
	}
	return n
}

// waitForLock waits until a statement of this database that holds the text waits
// for a lock.
func waitForLock(t *testing.T, d *runtest.Desk, text string) {
	t.Helper()
	su := d.Superuser(t)
	for waiting := 0; waiting == 0; {
		err := su.QueryRow(t.Context(),
			`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and position($1 in query) > 0`, text).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// owned opens a transaction as the owner of the database, past the console.
func owned(t *testing.T, d *runtest.Desk) pgx.Tx {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// TestAFormOfAnotherConnection: what was opened for one account is not sent to
// another, nor to the same once it was connected otherwise in between; a form sent
// twice is told what it did, whatever happened since.
func TestAFormOfAnotherConnection(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	account := d.Sim.AddChild(d.Parent.AccountID, "Beta")
	done := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
	done.Opened = d.Client.Connection()
	if _, err := d.Do(t, done); err != nil {
		t.Fatal(err)
	}
	before := d.Client
	connected(t, d, d.Client, store.Child, account)
	for name, to := range map[string]duosim.Account{"connected with A, then B, then A": d.Account,
		"connected with B": account} {
		now := connected(t, d, d.Client, store.Child, to)
		asked, known := calls(d), runs(t, d)
		for _, q := range []run.Request{
			{Opened: before.Connection(), Organization: now},    // the page is old
			{Opened: before.Connection(), Organization: before}, // the request is old
			{Organization: before},                              // a program's
			{Organization: now, Account: "DANOBODYS00000000000"},
		} {
			q.ID, q.Scope, q.Actor, q.Action, q.Input = uuid.New(), d.Scope(), done.Actor, done.Action, done.Input
			_, err := d.Do(t, q)
			var changed *run.ConnectionChanged
			if !errors.As(err, &changed) || !store.IsConflict(err, "connection_pkey") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if calls(d) != asked || runs(t, d) != known {
			t.Errorf("%s: Duo was asked %d times, and %d runs recorded", name, calls(d)-asked, runs(t, d)-known)
		}
	}
	for _, o := range []store.Organization{before, again(t, d, d.Client)} {
		q := done
		q.Organization = o
		var already *run.AlreadyRun
		if _, err := d.Do(t, q); !errors.As(err, &already) || already.Run.State != store.Applied {
			t.Errorf("sent twice, connected otherwise by now: %v", err)
		}
	}
	connected(t, d, d.Client, "", account)
	q := d.Request(t, catalog.Technician, "create-user", form{"username": "bob"})
	q.Opened, q.Organization = before.Connection(), again(t, d, d.Client)
	var changed *run.ConnectionChanged
	if _, err := d.Do(t, q); !errors.As(err, &changed) || changed.Now != "no Duo account" {
		t.Errorf("not connected any more: %v", err)
	}
}

// TestAConnectionThatChangesMeanwhile changes the account after the request was
// let in and its client made: the run waits for the change, and does nothing.
func TestAConnectionThatChangesMeanwhile(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	account := d.Sim.AddChild(d.Parent.AccountID, "Beta")
	change := owned(t, d)
	if _,
		err := change.Exec(t.Context(),
		`update connection set account_id = $2, api_hostname = $3 where organization_id = $1`, d.Client.ID,
		account.AccountID, account.APIHostname); err != nil {
		t.Fatal(err)
	}
	effects := len(d.Sim.Ledger())
	q := d.Request(t, catalog.Technician, "create-user", form{"username": "ada"})
	failed := make(chan error)
	go func() { _, err := d.Do(t, q); failed <- err }()
	waitForLock(t, d, "for share")
	if err := change.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var changed *run.ConnectionChanged
	if err := <-failed; !errors.As(err, &changed) {
		t.Errorf("%v", err)
	}
	if len(d.Sim.Ledger()) != effects || runs(t, d) != 0 {
		t.Errorf("something was done: %+v, and %d runs are recorded", d.Sim.Ledger()[effects:], runs(t, d))
	}
}

// TestAChangeOfTheConnectionWaits for a run that is being started: the record then
// says of both in which order they came.
func TestAChangeOfTheConnectionWaits(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		if _, err := tx.HoldConnection(t.Context(), d.Client.ID); err != nil {
			return err
		}
		change := owned(t, d)
		if _, err := change.Exec(t.Context(), `set local lock_timeout = '50ms'`); err != nil {
			return err
		}
		if _, err := change.Exec(t.Context(), `delete from connection where organization_id = $1`,
			d.Client.ID); err == nil {
			t.Error("the connection was taken away from under a run")
		}
		return change.Rollback(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnswersComeFromTheAccountAsked: a push is followed in the account that it
// was sent to, wherever the organization leads by then.
func TestAnswersComeFromTheAccountAsked(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"verify-caller", "send-duo-authentication"} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			d, user, phone := asked(t)
			fields := form{"user_id": user, "phone_id": phone}
			if slug == "send-duo-authentication" {
				fields = form{"user_id": user, "factor": "push"}
			}
			q := d.Request(t, catalog.Helpdesk, slug, fields)
			if _, err := d.Do(t, q); err != nil {
				t.Fatal(err)
			}
			push := pushOf(t, d)
			beta := d.Sim.AddChild(d.Parent.AccountID, "Beta")
			if bad, err := d.Setup().Connect(t.Context(), d.Scope(), d.Actor(catalog.Administrator), d.Client,
				store.Child, beta.AccountID); err != nil || len(bad) > 0 {
				t.Fatal(bad, err)
			}
			if err := d.Sim.AnswerPush(push.ID, duosim.Approve, ""); err != nil {
				t.Fatal(err)
			}
			if got := wait(t, d, q.ID); got.State != store.Applied || got.Answer != "approved" ||
				got.AccountID != d.Account.AccountID {
				t.Errorf("%+v", got)
			}
			if n := d.Sim.Calls(beta.AccountID); n != 0 {
				t.Errorf("the other account was asked %d times", n)
			}
		})
	}
}

// TestKeysOfTheWorkspaceReplaced: a form about the workspace's accounts is for the
// keys that it was opened with.
func TestKeysOfTheWorkspaceReplaced(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	opened, _, err := d.Runner.Connection(t.Context(), d.Scope(), store.Organization{})
	if err != nil {
		t.Fatal(err)
	}
	q := d.Request(t, catalog.Owner, "create-account", form{"name": "Gamma"})
	q.Organization, q.Opened = store.Organization{}, opened
	other := d.Sim.AddParent("Another MSP")
	fields := d.NineFields()
	app := other.Application(duosim.AccountsAPI)
	fields["account_host"], fields["accounts_integration_key"], fields["accounts_secret_key"] = other.APIHostname,
		app.IntegrationKey, app.SecretKey
	if refused, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Owner), setup.Nine(),
		fields); err != nil || refused != nil {
		t.Fatal(refused, err)
	}
	effects := len(d.Sim.Ledger())
	var changed *run.ConnectionChanged
	if _, err := d.Do(t, q); !errors.As(err, &changed) {
		t.Errorf("%v", err)
	}
	if len(d.Sim.Ledger()) != effects || runs(t, d) != 0 {
		t.Errorf("done:  %+v", d.Sim.Ledger()[effects:])
	}
	q.ID, q.Opened = uuid.New(), ""
	if _, err := d.Do(t, q); err != nil {
		t.Errorf("a program that names no keys: %v", err)
	}
}

// TestKeysAndDirectoriesOfAnotherConnection: what was typed for one account is
// not kept for another.
func TestKeysAndDirectoriesOfAnotherConnection(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	actor, before := d.Actor(catalog.Administrator), d.Client
	_, own := stranger(d, "Elsewhere")
	app := d.Sim.AddApplication(d.Account.AccountID, duosim.AuthAPI)
	auth := map[string]string{"ownauth_host": d.Account.APIHostname, "ownauth_integration_key": app.IntegrationKey,
		"ownauth_secret_key": app.SecretKey}
	if bad, err := d.Setup().AddDirectory(t.Context(), d.Scope(), actor, before, "Head office",
		"DSAAAAAAAAAAAAAAAAAA"); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	var directory uuid.UUID
	if err := d.InWorkspace(t.Context(), d.Scope(), func(tx *store.Tx) error {
		found, err := tx.Directories(t.Context(), before.ID)
		directory = found[0].ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	account := d.Sim.AddChild(d.Parent.AccountID, "Beta")
	connected(t, d, before, store.Child, account)
	asked, known := calls(d), len(recorded(t, d))
	// What is compared with the organization's host is refused there already.
	auth["ownauth_host"] = account.APIHostname
	for what, act := range map[string]func() error{
		"own keys": func() error {
			_, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), actor,
				setup.OfOrganization(before, store.AdminAPI), own)
			return err
		},
		"Auth API keys": func() error {
			_, _, err := d.Setup().SaveKeys(t.Context(), d.Scope(), actor,
				setup.OfOrganization(before, store.AuthAPI), auth)
			return err
		},
		"keys put to use anyway": func() error {
			return d.Setup().ActivateKeys(t.Context(), d.Scope(), actor, setup.OfOrganization(before, store.AdminAPI))
		},
		"keys dropped": func() error {
			return d.Setup().DiscardKeys(t.Context(), d.Scope(), actor, setup.OfOrganization(before, store.AdminAPI))
		},
		"keys made in Duo": func() error {
			_, err := d.Setup().ProvisionAuth(t.Context(), d.Scope(), actor, before, uuid.New())
			return err
		},
		"a directory": func() error {
			_, err := d.Setup().AddDirectory(t.Context(), d.Scope(), actor, before, "Branch", "DSBBBBBBBBBBBBBBBBBB")
			return err
		},
		"a directory's name": func() error {
			_, err := d.Setup().RenameDirectory(t.Context(), d.Scope(), actor, before, directory, "Branch")
			return err
		},
		"the primary directory": func() error {
			return d.Setup().MakePrimary(t.Context(), d.Scope(), actor, before, directory)
		},
		"a directory that is removed": func() error {
			return d.Setup().RemoveDirectory(t.Context(), d.Scope(), actor, before, directory)
		},
	} {
		var changed *run.ConnectionChanged
		if err := act(); !errors.As(err, &changed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if calls(d) != asked || len(recorded(t, d)) != known {
		t.Errorf("Duo was asked %d times", calls(d)-asked)
	}
	// Nor is a directory key of the mapping, whose row was drawn for another account.
	row := setup.MappingRow{Organization: before.ID, KeepAccount: true, DirectoryKey: "DSCCCCCCCCCCCCCCCCCC",
		Opened: before.Connection()}
	faults, err := d.Setup().SaveMapping(t.Context(), d.Scope(), actor, []setup.MappingRow{row})
	if err != nil || len(faults[before.ID]) != 1 || faults[before.ID][0].Field != setup.DirectoryKeyField {
		t.Errorf("a key of the mapping: %v (%v)", faults, err)
	}
	row.Opened = again(t, d, before).Connection()
	if faults, err := d.Setup().SaveMapping(t.Context(), d.Scope(), actor, []setup.MappingRow{row}); err != nil ||
		len(faults) > 0 {
		t.Errorf("a key for the account of now: %v (%v)", faults, err)
	}
}

// TestKeysCheckedForAnotherConnection: while Duo is asked about keys of its own,
// the organization is connected otherwise; the keys then do not take that away.
func TestKeysCheckedForAnotherConnection(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	_, own := stranger(d, "Elsewhere")
	account := d.Sim.AddChild(d.Parent.AccountID, "Beta")
	var once sync.Once
	runner := d.Over(t, transport(func(r *http.Request) (*http.Response, error) {
		once.Do(func() { connected(t, d, d.Client, store.Child, account) })
		return d.Transport.RoundTrip(r)
	}))
	_, _, err := setup.New(runner).SaveKeys(t.Context(), d.Scope(), d.Actor(catalog.Administrator),
		setup.OfOrganization(d.Client, store.AdminAPI), own)
	var changed *run.ConnectionChanged
	if !errors.As(err, &changed) {
		t.Errorf("%v", err)
	}
	if now := again(t, d, d.Client); now.Kind != store.Child || now.AccountID != account.AccountID {
		t.Errorf("connected as %+v", now)
	}
}
