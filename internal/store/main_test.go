package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// today is the time at which tests act, in the precision of the database.
var today = time.Now().UTC().Truncate(time.Microsecond)

// tenant is a workspace with rows in every table that has a workspace_id.
type tenant struct {
	store.Workspace
	owner         store.Operator
	member        store.Operator // helpdesk, of both organizations
	organizations []store.Organization
}

// The values that every tenant has alike: a unique index that spanned workspaces
// would refuse the second.
var (
	sharedNames    = []string{"Acme Dental", "Birch Legal"}
	sharedAccounts = []store.Account{
		{AccountID: "DA000000000000000001", Name: "Acme Dental", APIHostname: "api-00000001.duosecurity.com"},
		{AccountID: "DA000000000000000002", Name: "Birch Legal", APIHostname: "api-00000002.duosecurity.com"},
	}
	sharedRuns = []uuid.UUID{uuid.New(), uuid.New(), uuid.New()} // of each organization, of the workspace
)

// newTenant fills every table; versions is how many versions of the Accounts
// API's fields are saved.
func newTenant(t testing.TB, db storetest.DB, versions int) tenant {
	t.Helper()
	var made tenant
	made.Workspace, made.owner = db.Workspace(t)
	made.organizations = db.Organizations(t, made.Workspace, sharedNames...)
	made.member = db.Member(t, made.Workspace, catalog.Helpdesk, made.organizations[0].ID, made.organizations[1].ID)
	within(t, db.Store, store.WholeWorkspace(made.ID), func(tx *store.Tx) error {
		ctx, owner := t.Context(), made.owner.ID
		var all []error
		for range versions {
			all = append(all, newKeys(ctx, tx, store.OfWorkspace(store.AccountsAPI), owner))
		}
		all = append(all,
			tx.SaveDraft(ctx, owner, "integration", map[string]string{"auth_host": "x"}, today),
			tx.SaveAccounts(ctx, sharedAccounts, today),
			tx.Invite(ctx, store.Invitation{ID: uuid.New(), Email: "new@msp.example", Role: "helpdesk",
				InvitedBy: owner, InvitedAt: today, ExpiresAt: today.Add(store.InvitationLife),
				Organizations: []uuid.UUID{made.organizations[0].ID, made.organizations[1].ID}}, make([]byte, 32)))
		all = append(all, tx.Notify(ctx, store.NewNotice{Kind: store.NoticeNewDevice, Operator: owner, At: today}))
		all = append(all, tx.AddUse(ctx, store.QuotaUse{Operator: owner, Quota: "sms", Amount: 1, Run: sharedRuns[0],
			Plan: sharedRuns[0], At: today}),
			tx.SetLimits(ctx, []store.Limit{{Quota: "sms", Role: "helpdesk", Most: 5}},
				store.Record{Event: store.QuotasSet, Operator: owner, At: today}))
		all = append(all, tx.SaveSignOn(ctx, store.SignOnSettings{Issuer: "https://login.example.com", ClientID: "console"},
			new(secret.Box([]byte("k"))), owner, store.Record{Event: store.SignOnSaved, Operator: owner, At: today}),
			tx.RefuseSignOn(ctx, "The provider does not answer.", "", store.Origin{}, today))
		all = append(all, tx.MakeToken(ctx, store.Token{ID: uuid.New(), OperatorID: made.member.ID, Name: "billing",
			Role: "helpdesk", CreatedAt: today, ExpiresAt: today.Add(time.Hour),
			Organizations: []uuid.UUID{made.organizations[0].ID, made.organizations[1].ID}}, make([]byte, 32)))
		for i := range made.organizations {
			o := &made.organizations[i]
			all = append(all,
				tx.CountReading(ctx, store.Reading{OperatorID: owner, List: "users", OrganizationID: &o.ID,
					Rows: 1}, 1),
				tx.Map(ctx, o.ID, sharedAccounts[i].AccountID, owner, today),
				tx.SetDirectoryKey(ctx, o.ID, "DKAAAAAAAAAAAAAAAAAA", owner, today),
				newKeys(ctx, tx, store.OfOrganization(o.ID), owner),
				indexAda(ctx, tx, o.ID),
				tx.NoteContact(ctx, *o, store.NoTrouble, today),
				tx.NoteVisit(ctx, owner, store.Visit{Organization: o.ID, UserID: "DU0000000000000000AA", Name: "Ada",
					At: today}),
				tx.StartRun(ctx, store.Run{ID: sharedRuns[i], OrganizationID: &o.ID, OperatorID: owner,
					Action: "create-user", Input: map[string]string{}, StartedAt: today}, nil),
				tx.AddPlan(ctx, store.Plan{ID: sharedRuns[i], OrganizationID: o.ID, Kind: "onboarding"}, owner, today),
				tx.ReplaceSteps(ctx, sharedRuns[i], []store.PlanStep{{ID: sharedRuns[i], OrganizationID: o.ID, Place: 1,
					Key: "one", Act: "create-user", State: store.StepWaiting}}),
				tx.NotePending(ctx, store.Run{ID: sharedRuns[i]}, "txid", "Sent a push.", "ada", nil))
		}
		// one that the other tenant lacks
		all = append(all, tx.AddPlan(ctx, store.Plan{ID: uuid.New(), OrganizationID: made.organizations[0].ID,
			Kind: "onboarding"}, owner, today))
		// One that the other tenant lacks.
		all = append(all, tx.StartRun(ctx, store.Run{ID: uuid.New(), OperatorID: owner, Action: "list-accounts",
			Input: map[string]string{}, StartedAt: today}, nil))
		all = append(all, tx.StartRun(ctx, store.Run{ID: sharedRuns[2], OperatorID: owner, Action: "list-accounts",
			Input: map[string]string{}, StartedAt: today}, nil))
		return errors.Join(all...)
	})
	db.Exec(t, `insert into sign_on_link (workspace_id, operator_id, issuer, subject, linked_at)
		values ($1, $2, 'https://login.example.com', 'subject', $3)`, made.ID, made.owner.ID, today)
	if err := db.AskFactorReset(t.Context(), made.owner, store.Origin{}, today); err != nil {
		t.Fatal(err)
	}
	return made
}

// indexAda puts a user into the index of an organization.
func indexAda(ctx context.Context, tx *store.Tx, organization uuid.UUID) error {
	o, err := tx.Organization(ctx, organization)
	if err != nil {
		return err
	}
	pass, err := tx.BeginPass(ctx, organization, o.Connection(), today)
	if err != nil {
		return err
	}
	_, err = tx.IndexPage(ctx, pass, []store.IndexedUser{{ID: "DU0000000000000000AA", Detail: []byte(`{"username": "ada"}`),
		Search: "ada\nada lovelace\n50% off\\", Keys: []string{"ada", "^a", "^ad", "'; --"}}}, today)
	return errors.Join(err, tx.EndPass(ctx, pass))
}

// newKeys saves a version of a slot's fields and a check of it.
func newKeys(ctx context.Context, tx *store.Tx, slot store.Slot, operator uuid.UUID) error {
	key := "DI" + strings.ToUpper(slot.Organization.String()[:18])
	version, err := tx.AddCandidate(ctx, slot, "api-00000000.duosecurity.com", key, secret.Box([]byte("k")),
		operator, today)
	return errors.Join(err, tx.SaveCheck(ctx, slot, version, "works", []byte(`{}`), operator, today))
}

// within runs fn in a scope and fails the test when that fails.
func within(t testing.TB, s *store.Store, sc store.Scope, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.InWorkspace(t.Context(), sc, fn); err != nil {
		t.Fatal(err)
	}
}

// connect opens a plain connection, for statements that no method of the store
// would send.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// scope is what InWorkspace would set, as text.
type scope struct{ workspace, organizations string }

func whole(workspace uuid.UUID) scope { return scope{workspace.String(), "*"} }

func only(workspace uuid.UUID, organizations ...uuid.UUID) scope {
	texts := make([]string, len(organizations))
	for i, id := range organizations {
		texts[i] = id.String()
	}
	return scope{workspace.String(), "{" + strings.Join(texts, ",") + "}"}
}

// attempt sends one statement in a scope and commits. It returns the number of
// rows that the statement touched.
func (sc scope) attempt(t testing.TB, conn *pgx.Conn, sql string, args ...any) (int64, error) {
	t.Helper()
	var touched int64
	err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(),
			`select set_config('app.workspace', $1, true), set_config('app.organizations', $2, true)`,
			sc.workspace, sc.organizations); err != nil {
			t.Fatal(err)
		}
		// Rows that are an operator's own are the owner's in newTenant.
		if _,
			err := tx.Exec(t.Context(),
			`select set_config('app.operator', m.operator_id::text, true) from membership m where m.workspace_id::text = $1 and m.role = 'owner'`,
			sc.workspace); err != nil {
			t.Fatal(err)
		}
		done, err := tx.Exec(t.Context(), sql, args...)
		touched = done.RowsAffected()
		return err
	})
	return touched, err
}

// column runs a query of one column.
func column[T any](t testing.TB, conn *pgx.Conn, sql string, args ...any) []T {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return values
}

// code is the SQLSTATE of an error, or "" where Postgres did not refuse.
func code(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// The SQLSTATEs of what Postgres must refuse.
const (
	notPermitted     = "42501" // a missing grant, or a row outside the policy
	foreignKeyBroken = "23503"
	checkBroken      = "23514"
)
