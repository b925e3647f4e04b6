package run_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/runtest"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// everyChange is what each change of an administrator's says that actor wants.
func everyChange(t *testing.T, d *runtest.Desk, user string, actor run.Actor) map[string]error {
	t.Helper()
	ctx := t.Context()
	all := map[string]error{}
	q := d.Request(t, catalog.Administrator, "update-user", form{"user_id": user, "realname": "x"})
	q.Actor = actor
	done, err := d.Runner.Do(ctx, q)
	if all["Do"] = err; done.Run.ID != uuid.Nil || done.Run.State != "" {
		t.Errorf("a run that was not recorded is told of: %+v", done.Run)
	}
	for of, keys := range map[string]setup.Keys{
		"the workspace":   setup.OfWorkspace(store.AdminAPI),
		"an organization": setup.OfOrganization(d.Client, store.AdminAPI),
	} {
		nine := d.NineFields()
		_, all["FillKeys of "+of] = d.Setup().FillKeys(ctx, d.Scope(), actor, keys,
			"Admin Host "+nine["admin_host"], nine)
		all["CheckKeys of "+of] = d.Setup().CheckKeys(ctx, d.Scope(), actor, keys)
		all["ActivateKeys of "+of] = d.Setup().ActivateKeys(ctx, d.Scope(), actor, keys)
		all["DiscardKeys of "+of] = d.Setup().DiscardKeys(ctx, d.Scope(), actor, keys)
		_, _, all["SaveKeys of "+of] = d.Setup().SaveKeys(ctx, d.Scope(), actor, keys, nine)
		_, _, all["SaveKeys of "+of+", with faults"] = d.Setup().SaveKeys(ctx, d.Scope(), actor, keys,
			map[string]string{})
	}
	all["KeepImport"] = d.Setup().KeepImport(ctx, d.Scope(), actor, "x.csv", "name\nX\n")
	_, all["RefreshAccounts"] = d.Setup().RefreshAccounts(ctx, d.Scope(), actor)
	all["AdoptAccounts"] = d.Setup().AdoptAccounts(ctx, d.Scope(), actor)
	_, _, all["CreateOrganization"] = d.Setup().CreateOrganization(ctx, d.Scope(), actor, "New", setup.MappingRow{})
	_, all["Archive"] = d.Setup().Archive(ctx, d.Scope(), actor, d.Client, d.Client.Name)
	_, all["SaveMapping"] = d.Setup().SaveMapping(ctx, d.Scope(), actor,
		[]setup.MappingRow{{Organization: d.Client.ID}})
	return all
}

// A request that was let in while its operator was an administrator, and writes
// after a demotion was committed, is refused whatever it wants to change.
func TestDemotionWinsOverRequestsInFlight(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	d.Sim.AddChild(d.Parent.AccountID, "Unmapped")
	for what, c := range map[string]struct {
		change string
		want   error
	}{
		"demoted":  {`update membership set role = 'auditor' where operator_id = $1`, run.ErrForbidden},
		"disabled": {`update membership set disabled_at = now() where operator_id = $1`, store.ErrNotFound},
		"limited":  {`update membership set every_organization = false where operator_id = $1`, store.ErrNotFound},
		"ended":    {`delete from membership where operator_id = $1`, store.ErrNotFound},
	} {
		admin := d.Member(t, d.Workspace, catalog.Administrator)
		d.Exec(t, c.change, admin.ID)
		before, calls := runs(t, d), len(d.Sim.Ledger())
		for name, err := range everyChange(t, d, user, run.Actor{Operator: admin.ID, Role: catalog.Administrator}) {
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %s says %v, want %v", what, name, err, c.want)
			}
		}
		if n := runs(t, d); n != before || len(d.Sim.Ledger()) != calls {
			t.Errorf("%s: %d runs were recorded, Duo has changed: %v", what, n-before, d.Sim.Ledger()[calls:])
		}
	}
	if len(organizations(t, d)) != 1 {
		t.Error("organizations were made")
	}
}

// An organization that was taken off a member's list is out of reach for a form
// that was already on its way.
func TestOrganizationTakenAwayInFlight(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	tech := d.Member(t, d.Workspace, catalog.Technician, d.Client.ID)
	q := d.Request(t, catalog.Technician, "update-user", form{"user_id": user, "realname": "x"})
	q.Actor, q.Scope = run.Actor{Operator: tech.ID, Role: catalog.Technician}, store.Within(d.Workspace.ID, d.Client.ID)
	if _, err := d.Do(t, q); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, `delete from membership_organization where operator_id = $1`, tech.ID)
	q.ID = uuid.New()
	if _, err := d.Do(t, q); !errors.Is(err, store.ErrNotFound) || len(d.Sim.Ledger()) != 1 {
		t.Errorf("%v; Duo has %v", err, d.Sim.Ledger())
	}
}

// What acts by a token is committed with no more than the token gives at that
// moment, whatever the request was let in with and the maker may do.
func TestTokenCutsTheRoleAtCommit(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	user, _ := addUser(d, "ada")
	d.Sim.AddChild(d.Parent.AccountID, "Unmapped")
	now := d.Clock.Now()
	for what, c := range map[string]struct {
		token store.Token
		end   string // what happens to it meanwhile
		at    time.Duration
		want  error
	}{
		"of an auditor":       {token: askToken(d, "auditor"), want: run.ErrForbidden},
		"of a help desk":      {token: askToken(d, "helpdesk"), want: run.ErrForbidden},
		"of one organization": {token: askToken(d, "admin", d.Client.ID), want: store.ErrNotFound},
		"that was revoked": {token: askToken(d, "owner"), end: `delete from api_token where id = $1`,
			want: store.ErrNotFound},
		"that has run out": {token: askToken(d, "owner"), at: time.Hour + time.Minute, want: store.ErrNotFound},
		"of an epoch before": {token: askToken(d, "owner"),
			end: `update api_token set epoch = epoch - 1 where id = $1`, want: store.ErrNotFound},
		"that was narrowed": {token: askToken(d, "owner"), end: `update api_token set role = 'auditor' where id = $1`,
			want: run.ErrForbidden},
	} {
		c.token.Name = what
		_, kept, err := d.Members().MakeToken(t.Context(), d.Workspace.ID, d.Actor(catalog.Owner), c.token)
		if err != nil {
			t.Fatal(what, ": ", err)
		}
		if c.end != "" {
			d.Exec(t, c.end, kept.ID)
		}
		actor := d.Actor(catalog.Owner)
		actor.Token = run.ByToken{ID: kept.ID, Name: kept.Name, At: now.Add(c.at)}
		before, calls := runs(t, d), len(d.Sim.Ledger())
		for name, err := range everyChange(t, d, user, actor) {
			if !errors.Is(err, c.want) {
				t.Errorf("a token %s: %s says %v, want %v", what, name, err, c.want)
			}
		}
		if n := runs(t, d); n != before || len(d.Sim.Ledger()) != calls {
			t.Errorf("a token %s: %d runs were recorded, Duo has changed: %v", what, n-before, d.Sim.Ledger()[calls:])
		}
	}
	if len(organizations(t, d)) != 1 {
		t.Error("organizations were made")
	}
}
