package plan_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// during advances the plan in a process that lives on. When a step comes to a point, do
// happens.
func (d *desk) during(key, at string, do func()) {
	d.t.Helper()
	happened := false
	err := plan.New(d.Runner).Dying(func(point string, s store.PlanStep) bool {
		if point == at && s.Key == key {
			happened = true
			do()
		}
		return false
	}).Advance(d.t.Context(), d.Scope(), d.plan, uuid.Nil, time.Minute)
	if err != nil || !happened {
		d.t.Fatalf("%s of %s: %v, happened: %t", at, key, err, happened)
	}
}

// mapByHand connects the organization with the free account, as someone does on its page.
func (d *desk) mapByHand() {
	d.t.Helper()
	bad, err := d.Setup().Connect(d.t.Context(), d.Scope(), d.Actor(owner), d.organization(), store.Child,
		d.free.AccountID)
	if err != nil || len(bad) > 0 {
		d.t.Fatal(bad, err)
	}
}

// created counts the changes of a kind that Duo has made.
func (d *desk) created(call string) (n int) {
	for _, e := range d.Sim.Ledger() {
		if e.Kind == duosim.Changed && e.Method+" "+e.Path == call {
			n++
		}
	}
	return n
}

// TestApprovedAccountIsMapped: the account that was approved is mapped by its id, whatever it
// is called by then. An account that took its name, or its id as a name, never is.
func TestApprovedAccountIsMapped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rename func(*desk)
		state  string
	}{
		"it was renamed, another has its name": {func(d *desk) {
			d.Sim.RenameAccount(d.free.AccountID, "Something else")
			d.Sim.AddChild(d.Parent.AccountID, d.free.Name)
		}, store.StepVerified},
		"another is called by its id": {func(d *desk) {
			d.Sim.AddChild(d.Parent.AccountID, d.free.AccountID)
		}, store.StepVerified},
		"it is gone, another has its name": {func(d *desk) {
			d.Sim.DeleteAccount(d.free.AccountID)
			d.Sim.AddChild(d.Parent.AccountID, d.free.Name)
		}, store.StepRefused},
		"it is gone, another is called by its id": {func(d *desk) {
			d.Sim.DeleteAccount(d.free.AccountID)
			d.Sim.AddChild(d.Parent.AccountID, d.free.AccountID)
		}, store.StepRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.save(plan.AccountScreen, plan.AccountChoice{How: plan.ExistingAccount, AccountID: d.free.AccountID})
			d.approve()
			c.rename(d)
			d.advance()
			s, o := d.step("map"), d.organization()
			if s.State != c.state || o.Mapped() != (c.state == store.StepVerified) ||
				o.Mapped() && o.AccountID != d.free.AccountID {
				t.Errorf("%s: %s; mapped to %q", s.State, s.Summary, o.AccountID)
			}
			if c.state == store.StepRefused && !strings.Contains(s.Summary, "does not list this account") {
				t.Error(s.Summary)
			}
		})
	}
}

// TestMappedByHandWhileTheFirstStepBegins: the organization is mapped after the step that
// creates an account was claimed. No account is created beside that.
func TestMappedByHandWhileTheFirstStepBegins(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(d *desk){
		"by a living process": func(d *desk) { d.during("account", "claimed", d.mapByHand) },
		"by one that died": func(d *desk) {
			d.dieAt("account", "claimed")
			d.mapByHand()
			d.advance()
		},
		"and the mapping commits last": func(d *desk) { d.during("account", "claimed", d.mapsLate()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
			d.approve()
			begin(d)
			d.wantState(store.PlanPaused, "The connection has changed")
			if n := d.created("POST /accounts/v1/account/create"); n != 0 {
				t.Errorf("%d accounts were created", n)
			}
			if s := d.step("account"); s.State != store.StepWaiting || s.Recorded {
				t.Errorf("%+v", s)
			}
			if o := d.organization(); o.AccountID != d.free.AccountID {
				t.Errorf("mapped to %q", o.AccountID)
			}
		})
	}
}

// mapsLate begins to map the organization in a transaction, which commits once a step waits
// for it.
func (d *desk) mapsLate() func() {
	d.t.Helper()
	if _, err := d.Setup().RefreshAccounts(d.t.Context(), d.Scope(), d.Actor(owner)); err != nil {
		d.t.Fatal(err)
	}
	conn, look := d.Superuser(d.t), d.Superuser(d.t)
	return func() {
		tx, err := conn.Begin(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		var pid int
		if err := tx.QueryRow(d.t.Context(),
			`select pg_backend_pid() from pg_advisory_xact_lock(hashtextextended('mapping ' || $1, 0))`,
			d.Workspace.ID.String()).Scan(&pid); err != nil {
			d.t.Fatal(err)
		}
		if _, err := tx.Exec(d.t.Context(), `
			insert into connection (workspace_id, organization_id, kind, account_id, account_name, api_hostname, mapped_by, mapped_at)
			select workspace_id, $2, 'child', account_id, name, api_hostname, $4, now() from duo_account where workspace_id = $1 and account_id = $3`,
			d.Workspace.ID, d.org.ID, d.free.AccountID, d.Owner.ID); err != nil {
			d.t.Fatal(err)
		}
		go func() {
			waits := 0
			for until := time.Now().Add(20 * time.Second); waits == 0 && time.Now().Before(until); {
				if err := look.QueryRow(d.t.Context(),
					`select count(*) from pg_stat_activity where $1 = any (pg_blocking_pids(pid))`,
					pid).Scan(&waits); err != nil {
					d.t.Error(err)
					break
				}
			}
			if err := tx.Commit(d.t.Context()); err != nil || waits == 0 {
				d.t.Errorf("nothing waited for the mapping (%v)", err)
			}
		}()
	}
}

// TestCreatedAndRenamedIsNotCreatedAgain: what a step created in Duo has another name when it
// is read back. The step is absent, is not tried again, and is looked for once more.
func TestCreatedAndRenamedIsNotCreatedAgain(t *testing.T) {
	t.Parallel()
	for key, c := range map[string]struct {
		call      string
		hide      func(*desk)
		show      func(*desk)
		waitsThen string // a step that goes on once it is found
	}{
		"account": {"POST /accounts/v1/account/create",
			func(d *desk) { d.Sim.RenameAccount(d.accountNamed(d.org.Name), "Renamed in Duo") },
			func(d *desk) { d.Sim.RenameAccount(d.accountNamed("Renamed in Duo"), d.org.Name) }, "map"},
		"auth": {"POST /admin/v2/integrations", (*desk).hideApplication, (*desk).provisionAgain, "auth-check"},
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
			d.save(plan.AuthScreen, plan.AuthChoice{Provision: true})
			d.approve()
			d.dieAt(key, "acted")
			c.hide(d)
			d.advance()
			d.wantState(store.PlanPaused, "1 step was not done")
			s := d.step(key)
			if s.State != store.StepAbsent || plan.MayRetry(s) {
				t.Fatalf("%s, may be tried again: %t: %s %s", s.State, plan.MayRetry(s), s.Summary, s.Facts)
			}
			for range 2 { // a form with the id of the step that someone made up
				if err := d.runner().Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan, s.ID); err != nil {
					t.Fatal(err)
				}
				d.advance()
			}
			if s := d.step(key); s.State != store.StepAbsent || s.Attempt != 1 || d.created(c.call) != 1 {
				t.Errorf("%s, attempt %d; %d were created", s.State, s.Attempt, d.created(c.call))
			}
			c.show(d)
			if err := d.runner().Continue(t.Context(), d.Scope(), d.Actor(owner), d.plan); err != nil {
				t.Fatal(err)
			}
			d.advance()
			if s, then := d.step(key), d.step(c.waitsThen); s.State != store.StepVerified ||
				then.State != store.StepVerified {
				t.Errorf("found again, it is %s and %s is %s: %s", s.State, c.waitsThen, then.State, then.Summary)
			}
		})
	}
}

// accountNamed is the id of an account of the simulator.
func (d *desk) accountNamed(name string) string {
	d.t.Helper()
	for _, a := range d.Sim.Accounts() {
		if a.Name == name {
			return a.AccountID
		}
	}
	d.t.Fatal("no account is called ", name)
	return ""
}

// hideApplication discards the keys that a step kept, and renames their application in Duo.
func (d *desk) hideApplication() {
	d.t.Helper()
	o := d.organization()
	if err := d.Setup().DiscardKeys(d.t.Context(), d.Scope(), d.Actor(owner),
		setup.OfOrganization(o, store.AuthAPI)); err != nil {
		d.t.Fatal(err)
	}
	d.renameApplication(o, "Renamed in Duo")
}

// provisionAgain gives the application its name back, and keeps its keys, as someone does on
// the page of the connection.
func (d *desk) provisionAgain() {
	d.t.Helper()
	o := d.organization()
	d.renameApplication(o, catalog.AuthApplication)
	if _, err := d.Setup().ProvisionAuth(d.t.Context(), d.Scope(), d.Actor(owner), o, uuid.New()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) renameApplication(o store.Organization, to string) {
	d.t.Helper()
	for _, a := range d.Sim.Accounts() {
		if a.AccountID != o.AccountID {
			continue
		}
		path := "/admin/v2/integrations/" + a.Application(duosim.AuthAPI).IntegrationKey
		q := d.Request(d.t, owner, "admin-api-action", map[string]string{"method": http.MethodPost, "path": path,
			"confirm": path, "params": "name=" + to})
		q.Organization = o
		if _, err := d.Do(d.t, q); err != nil {
			d.t.Fatal(err)
		}
	}
}
