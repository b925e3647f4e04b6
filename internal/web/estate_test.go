package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
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

// tenant is one organization with something of everything, all of it marked with
// a canary.
type tenant struct {
	workspace         store.Workspace
	org               store.Organization
	account           duosim.Account
	user, phone, code string         // Duo's ids
	member            store.Operator // an auditor of the workspace
	invitation        uuid.UUID      // to the workspace
	group, run        string
	token, credential string
	directory         string // the key of its directory, in Duo and here
	directoryID       string // of a second directory here
	plan, workplan    string // of the organization, and of the workspace about it
	canary            string
}

// estate is two workspaces behind one console and one Duo: near and far are two
// clients of the first, foreign one of the second.
type fleet struct {
	*console
	t                  testing.TB
	near, far, foreign tenant
	otherOwner         store.Operator
	otherParent        duosim.Account
	open               bool // lets everyone in: those who are refused are on record, members or not
}

func newFleet(t testing.TB) *fleet {
	d := runtest.Unconnected(t)
	e := &fleet{console: serve(t, d), t: t}
	accounts := []duosim.Account{
		d.Account, d.Sim.AddChild(d.Parent.AccountID, "CANARY-far account"),
		d.Sim.AddChild(d.Parent.AccountID, "Nobody's yet"),
	}
	connect(t, d, d.Workspace, d.Owner)
	e.near = e.tenant(t, d.Workspace, d.Owner, accounts[0], "CANARY-near")
	e.far = e.tenant(t, d.Workspace, d.Owner, accounts[1], "CANARY-far")
	d.Client = e.near.org

	ours := d.Parent
	d.Parent = d.Sim.AddParent("CANARY-foreign MSP")
	foreign := d.Sim.AddChild(d.Parent.AccountID, "CANARY-foreign account")
	d.Sim.AddChild(d.Parent.AccountID, "CANARY-foreign account of nobody")
	workspace, owner := d.DB.Workspace(t)
	connect(t, d, workspace, owner)
	e.foreign = e.tenant(t, workspace, owner, foreign, "CANARY-foreign")
	e.otherOwner, e.otherParent, d.Parent = owner, d.Parent, ours
	for _, n := range []*tenant{&e.near, &e.far, &e.foreign} {
		n.member, n.invitation = e.Member(t, n.workspace, catalog.Auditor), uuid.New()
		e.onboards(n)
		n.plan, n.workplan = e.plans(n)
	}
	e.staff(d.Workspace)
	e.staff(workspace)
	return e
}

// staff makes the members and invitations of a workspace's tenants what they were
// at first.
func (e *fleet) staff(ws store.Workspace) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, e.OwnerURL)
	if err != nil {
		panic(err)
	}
	defer conn.Close(ctx)
	for _, n := range []tenant{e.near, e.far, e.foreign} {
		if n.workspace != ws {
			continue
		}
		_, err := conn.Exec(ctx,
			`insert into membership (workspace_id, operator_id, role, every_organization) values ($1, $2, 'auditor', true)
			on conflict (workspace_id, operator_id) do update set role = 'auditor', every_organization = true, disabled_at = null`, ws.ID, n.member.ID)
		if err == nil { // and asks for new second factors
			_, err = conn.Exec(ctx,
				`insert into factor_request (workspace_id, operator_id, asked_at) values ($1, $2, $3)
				on conflict (workspace_id, operator_id) do update set asked_at = $3, approved_at = null, approved_by = null`,
				ws.ID, n.member.ID, e.Clock.Now())
		}
		if err != nil {
			panic(err)
		}
		inviter := e.Owner.ID
		if ws.ID != e.Workspace.ID {
			inviter = e.otherOwner.ID
		}
		hash := sha256.Sum256([]byte(n.canary + ws.ID.String()))
		err = e.InWorkspace(ctx, store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
			return tx.Invite(ctx, store.Invitation{ID: n.invitation, Email: strings.ToLower(n.canary) + "@msp.example",
				Role: "auditor", Every: true,
				InvitedBy: inviter, InvitedAt: e.Clock.Now(),
				ExpiresAt: e.Clock.Now().Add(store.InvitationLife)}, hash[:])
		})
		if err != nil {
			panic(err)
		}
	}
}

// fieldsOf are the nine values of the workspace that a tenant belongs to.
func (e *fleet) fieldsOf(n *tenant) map[string]string {
	d := *e.Desk
	if n == &e.foreign {
		d.Parent = e.otherParent
	}
	return d.NineFields()
}

// connect puts the keys of the Desk's parent account to use in a workspace.
func connect(t testing.TB, d *runtest.Desk, ws store.Workspace, owner store.Operator) {
	t.Helper()
	actor := run.Actor{Operator: owner.ID, Role: catalog.Owner}
	if refused, _, err := d.Setup().SaveKeys(t.Context(), store.WholeWorkspace(ws.ID), actor, setup.Nine(),
		d.NineFields()); err != nil || refused != nil {
		t.Fatal(err, refused)
	}
}

func (e *fleet) tenant(t testing.TB, ws store.Workspace, owner store.Operator, account duosim.Account,
	canary string) tenant {
	t.Helper()
	actor := run.Actor{Operator: owner.ID, Role: catalog.Owner}
	made, faults, err := e.Setup().CreateOrganization(t.Context(), store.WholeWorkspace(ws.ID), actor, canary,
		setup.MappingRow{Organization: uuid.New(), Account: account.AccountID})
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	access, err := e.Access(t.Context(), owner.ID, ws.Slug, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	n := tenant{workspace: ws, org: access.Organization, account: account, canary: canary}
	auth := e.Sim.AddApplication(account.AccountID, duosim.AuthAPI)
	typed := map[string]string{"ownauth_host": account.APIHostname, "ownauth_integration_key": auth.IntegrationKey,
		"ownauth_secret_key": auth.SecretKey}
	if refused, _, err := e.Setup().SaveKeys(t.Context(), store.WholeWorkspace(ws.ID), actor,
		setup.OfOrganization(n.org, store.AuthAPI), typed); err != nil || refused != nil {
		t.Fatal(refused, err)
	}
	n.user = e.Sim.AddUser(account.AccountID, duosim.UserSpec{Username: canary + "-user", Realname: canary + " Jane",
		Email: canary + "@client.example", Notes: canary})
	n.phone = e.Sim.AddPhone(account.AccountID, duosim.PhoneSpec{Name: canary + "-phone", Number: "+15550100199",
		Type: "Mobile", Platform: "Apple iOS", UserIDs: []string{n.user}})
	n.directory = e.Sim.AddDirectory(account.AccountID, duosim.DirectorySpec{Name: canary})
	if err := e.InWorkspace(t.Context(), store.WholeWorkspace(ws.ID), func(tx *store.Tx) error {
		if err := tx.SetDirectoryKey(t.Context(), made.ID, n.directory, owner.ID, e.Clock.Now()); err != nil {
			return err
		}
		second, err := tx.AddDirectory(t.Context(), made.ID, canary+" second", "DS"+rand.Text()[:18], owner.ID,
			e.Clock.Now())
		n.directoryID = second.String()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	e.Exec(t, `update organization set tags = array[$2] where id = $1`, made.ID, canary+" tag")
	n.code = e.Sim.AddBypassCode(account.AccountID, n.user, duosim.BypassSpec{AdminEmail: canary + "@msp.example"})
	n.group = e.Sim.AddGroup(account.AccountID, canary+" staff", canary, n.user)
	n.token = e.Sim.AddToken(account.AccountID, duosim.TokenSpec{Serial: canary + "-token", UserIDs: []string{n.user}})
	n.credential = e.Sim.AddCredential(account.AccountID, duosim.CredentialSpec{UserID: n.user, Name: canary})
	action, _ := catalog.Lookup("create-bypass-code-for-user")
	in, _ := action.Parse(func(name string) (string, bool) { return n.user, name == "user_id" })
	id := uuid.New()
	n.run = id.String()
	actor.Proof.At = e.Clock.Now()
	if _, err := e.Runner.Do(t.Context(), run.Request{ID: id, Scope: store.WholeWorkspace(ws.ID), Organization: n.org,
		Actor: actor, Action: action, Input: in, Ticket: canary}); err != nil {
		t.Fatal(err)
	}
	return n
}

// rows is a digest of all rows of a workspace, in every table there is: its
// operators, members and their sessions too, but for when these were last seen. Drafts
// that have run out are cleared away by who looks, so they are left out as well.
func (e *fleet) rows(t testing.TB, ws store.Workspace) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), e.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tables, err := queryAll[[2]string](t, conn, `
		select array[c.relname::text, coalesce((select 'workspace_id' from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id'), '')]
		from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`)
	if err != nil || len(tables) < 10 {
		t.Fatal(tables, err)
	}
	var sums []string
	for _, table := range tables {
		const members = `(select operator_id from membership where workspace_id = $1)`
		where, shown := "workspace_id = $1", "t"
		switch name := table[0]; {
		case name == "draft":
			continue
		case name == "login_attempt", name == "challenge", name == "proof", name == "goose_db_version", name == "process": // belong to nobody
			continue
		case name == "workspace":
			where = "id = $1"
		case name == "sealing_key", name == "oldest_binary": // of the whole installation: no request changes it
			where = "$1::uuid is not null"
		case name == "run": // that a member was refused, or signed in here first, is on record
			where = fmt.Sprintf(
				"workspace_id = $1 and not (input ? 'route' and (%[1]t or operator_id in %[2]s) or action = '%[3]s' and %[1]t)", e.open, members, store.SignedIn.Slug)
		// That a member read a list is on record, what a member opened is kept, and what a member was refused counts.
		case name == "reading", name == "visit", name == "quota_use":
			where = fmt.Sprintf("workspace_id = $1 and not (%t or operator_id in %s)", e.open, members)
		case name == "operator":
			where = "id in " + members
		case name == "membership":
			shown = "(t.operator_id, t.role, t.every_organization, t.disabled_at)"
		case name == "api_token":
			shown = "(t.id, t.operator_id, t.name, t.role, t.every_organization, t.token_hash, t.expires_at)"
		case name == "session":
			where, shown = "operator_id in "+members, "(t.id, t.operator_id, t.created_at, t.ends_at)"
		case name == "factor": // asking for one uses a code up
			where, shown = "operator_id in "+members, "(t.id, t.operator_id, t.kind, t.name, t.created_at)"
		case name == "device", name == "account_event", name == "recovery_code", name == "sign_in":
			where = "operator_id in " + members
		case table[1] == "":
			t.Fatalf("table %s: this test does not know whose its rows are", name)
		}
		found, err := queryAll[string](t, conn, fmt.Sprintf(`select (%s)::text from %s t where %s order by 1`, shown,
			table[0], where), ws.ID)
		if err != nil {
			t.Fatal(table[0], ": ", err)
		}
		sum := sha256.Sum256([]byte(strings.Join(found, "\n")))
		sums = append(sums, table[0]+" "+hex.EncodeToString(sum[:]))
	}
	return strings.Join(sums, "\n")
}

// changed names the tables in which two results of rows differ.
func changed(before, after string) (tables []string) {
	now := strings.Split(after, "\n")
	for i, was := range strings.Split(before, "\n") {
		if i >= len(now) || was != now[i] {
			name, _, _ := strings.Cut(was, " ")
			tables = append(tables, name)
		}
	}
	return tables
}

func queryAll[T any](t testing.TB, conn *pgx.Conn, sql string, args ...any) ([]T, error) {
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
