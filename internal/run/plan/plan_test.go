package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const owner = catalog.Owner

// desk is a Desk with an organization that is being onboarded.
type desk struct {
	*runtest.Desk
	t    *testing.T
	org  store.Organization
	plan uuid.UUID
	free duosim.Account // that no organization has
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Desk: runtest.New(t), t: t}
	d.free = d.Sim.AddChild(d.Parent.AccountID, "Nobody's yet")
	d.begin("Birch Legal")
	return d
}

// begin begins another onboarding.
func (d *desk) begin(name string) {
	d.t.Helper()
	var bad []catalog.FieldError
	var err error
	d.org, bad, err = d.Setup().BeginOnboarding(d.t.Context(), d.Scope(), d.Actor(catalog.Owner), uuid.New(),
		setup.Details{Name: name})
	if err != nil || len(bad) > 0 {
		d.t.Fatal(err, bad)
	}
	p, _, err := d.runner().Latest(d.t.Context(), d.Scope(), d.org.ID, plan.OnboardingKind)
	if err != nil {
		d.t.Fatal(err)
	}
	d.plan = p.ID
}

func (d *desk) runner() *plan.Runner { return plan.New(d.Runner) }

func (d *desk) now() (store.Plan, []store.PlanStep) {
	d.t.Helper()
	p, steps, err := d.runner().Of(d.t.Context(), d.Scope(), d.plan)
	if err != nil {
		d.t.Fatal(err)
	}
	return p, steps
}

func (d *desk) save(screen string, typed any) {
	d.t.Helper()
	p, _ := d.now()
	if err := d.runner().Save(d.t.Context(), d.Scope(), d.Actor(catalog.Owner), catalog.Technician, d.plan,
		p.Revision, screen, typed); err != nil {
		d.t.Fatal(screen, ": ", err)
	}
}

// fill types everything that an onboarding can hold.
func (d *desk) fill() {
	d.t.Helper()
	d.save(plan.AccountScreen, plan.AccountChoice{How: plan.NewAccount, Name: d.org.Name})
	d.save(plan.SettingsScreen, plan.SettingsChoice{Values: map[string]string{"lockout_threshold": "5",
		"helpdesk_message": "Call us"}})
	d.save(plan.DirectoriesScreen, []plan.DirectoryChoice{{Name: "AD", Key: "DSAAAAAAAAAAAAAAAAAA"}})
	d.save(plan.AuthScreen, plan.AuthChoice{Provision: true})
	users, bad := plan.ParseUsers("ada, Ada Lovelace, ada@birch.example, +442079460123, sms\ngrace, Grace Hopper, "+
		"grace@birch.example", plan.InviteEmail)
	if len(bad) > 0 {
		d.t.Fatal(bad)
	}
	d.save(plan.UsersScreen, users)
}

// preview previews, and returns the digest that was shown.
func (d *desk) preview() []byte {
	d.t.Helper()
	p, _ := d.now()
	if err := d.runner().Preview(d.t.Context(), d.Scope(), d.Actor(catalog.Owner), d.plan, p.Revision); err != nil {
		d.t.Fatal(err)
	}
	p, _ = d.now()
	return p.Digest
}

func (d *desk) approve() {
	d.t.Helper()
	digest := d.preview()
	if err := d.approveBy(d.Actor(catalog.Owner), digest); err != nil {
		d.t.Fatal(err)
	}
}

// approveBy approves the plan with the second factor that it takes.
func (d *desk) approveBy(actor run.Actor, digest []byte) error {
	return d.approveIn(d.Scope(), actor, digest)
}

// approveIn is approveBy as far as a scope reaches.
func (d *desk) approveIn(sc store.Scope, actor run.Actor, digest []byte) error {
	return d.Proving(d.t.Context(), d.t, actor, func(a run.Actor) error {
		return d.runner().Approve(d.t.Context(), sc, a, d.plan, digest)
	})
}

func (d *desk) advance() {
	d.t.Helper()
	if err := d.runner().Advance(d.t.Context(), d.Scope(), d.plan, uuid.Nil, time.Minute); err != nil {
		d.t.Fatal(err)
	}
}

// states are the states of the steps by their keys.
func states(steps []store.PlanStep) map[string]string {
	all := map[string]string{}
	for _, s := range steps {
		all[s.Key] = s.State
	}
	return all
}

// step is the step of a key.
func (d *desk) step(key string) store.PlanStep {
	d.t.Helper()
	_, steps := d.now()
	for _, s := range steps {
		if s.Key == key {
			return s
		}
	}
	d.t.Fatal("no step ", key)
	return store.PlanStep{}
}

// TestOnboarding goes the whole way: a client from nothing to its first users.
func TestOnboarding(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if !d.org.Onboarding && !d.organization().Onboarding {
		t.Error("the organization is not marked as being onboarded")
	}
	d.fill()
	d.approve()
	d.advance()
	p, steps := d.now()
	if p.State != store.PlanDone {
		t.Errorf("%s %q", p.State, p.PausedWhy)
	}
	for _, s := range steps {
		want := store.StepVerified
		if act, _ := plan.ActOf(s.Act); act.Sends {
			want = store.StepDone // what is sent cannot be read back
		}
		if s.State != want {
			t.Errorf("%s: %s, want %s: %s", s.Key, s.State, want, s.Summary)
		}
		if s.RunID == nil {
			continue
		}
		if r := d.Record(t, *s.RunID); r.State != store.Applied ||
			s.Act != catalog.CreateAccount && *r.OrganizationID != d.org.ID {
			t.Errorf("%s: its run is %s: %s", s.Key, r.State, r.Summary)
		}
	}
	d.exactlyOnce()
	d.keepsNoSecret()
}

// keepsNoSecret looks in every column of every table, and in the log, for what an
// onboarding made and nobody was shown: links, codes and keys.
func (d *desk) keepsNoSecret() {
	d.t.Helper()
	var secrets []string
	o := d.organization()
	for _, m := range d.Sim.Outbox(o.AccountID) {
		for _, word := range strings.Fields(m.Text) {
			if at := strings.LastIndex(word, "/"); strings.Contains(word, "://") && len(word)-at > 12 {
				secrets = append(secrets, word[at+1:])
			}
		}
	}
	for _, a := range d.Sim.Accounts() {
		if a.AccountID == o.AccountID {
			secrets = append(secrets, a.Application(duosim.AuthAPI).SecretKey)
		}
	}
	if len(secrets) < 3 {
		d.t.Fatal("only these secrets came of it: ", secrets)
	}
	conn := d.Superuser(d.t)
	rows, err := conn.Query(d.t.Context(),
		`select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	if err != nil {
		d.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		d.t.Fatal(err)
	}
	for _, secret := range secrets {
		for _, name := range names {
			var holds bool
			if err := conn.QueryRow(d.t.Context(), `select exists (select from `+name+
				` x where strpos(to_jsonb(x)::text, $1) > 0)`, secret).Scan(&holds); err != nil || holds {
				d.t.Errorf("%s holds %s (%v)", name, secret, err)
			}
		}
		if strings.Contains(d.Log.String(), secret) {
			d.t.Errorf("the log holds %s", secret)
		}
	}
}

func (d *desk) organization() store.Organization {
	d.t.Helper()
	o, err := d.Runner.Organization(d.t.Context(), d.Scope(), d.org.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

// exactlyOnce fails unless Duo has one of all that a filled onboarding makes.
func (d *desk) exactlyOnce() {
	d.t.Helper()
	o := d.organization()
	if o.Onboarding || o.Kind != store.Child || o.DirectoryKey != "DSAAAAAAAAAAAAAAAAAA" {
		d.t.Errorf("%+v", o)
	}
	client, err := d.Runner.AccountsClient(d.t.Context(), d.Scope())
	if err != nil {
		d.t.Fatal(err)
	}
	accounts, _, err := d.Runner.ListAccounts(d.t.Context(), client)
	n := 0
	for _, a := range accounts {
		if a.Name == d.org.Name {
			n++
		}
	}
	if err != nil || n != 1 {
		d.t.Errorf("%d accounts are called %s (%v)", n, d.org.Name, err)
	}
	effects := map[string]int{}
	for _, e := range d.Sim.Ledger() {
		if e.AccountID == o.AccountID && e.Kind == duosim.Changed {
			effects[e.Method+" "+e.Path]++
		}
	}
	if effects["POST /admin/v2/integrations"] != 1 || effects["POST /admin/v1/settings"] != 1 || effects["POST "+
		"/admin/v1/users"] != 2 {
		d.t.Error(effects)
	}
	if sent := d.messages(o.AccountID); sent != 3 { // one SMS to install and one to activate, one email
		d.t.Errorf("%d messages were sent", sent)
	}
	settings, err := d.Runner.Settings(d.t.Context(), d.Scope(), o)
	if now := catalog.SettingValues(settings); err != nil || now["lockout_threshold"] != "5" ||
		now["helpdesk_message"] != "Call us" {
		d.t.Error(now, err)
	}
	users, err := d.Runner.Users(d.t.Context(), d.Scope(), o, true)
	if err != nil || len(users.Items) != 2 {
		d.t.Errorf("%d users (%v)", len(users.Items), err)
	}
	phones, err := d.Runner.Phones(d.t.Context(), d.Scope(), o, true)
	if err != nil || len(phones.Items) != 1 || len(phones.Items[0].Users) != 1 {
		d.t.Errorf("%+v (%v)", phones.Items, err)
	}
}

// messages counts the SMS messages and emails of an account.
func (d *desk) messages(account string) (n int) {
	for _, e := range d.Sim.Ledger() {
		if e.AccountID == account && e.Kind == duosim.Sent {
			n++
		}
	}
	return n
}
