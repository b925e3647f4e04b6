package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// VisitEvery is how often a visit of the same thing is written. visitsKept is how many
// organizations, and how many users, are remembered for an operator in a workspace.
const (
	VisitEvery = time.Minute
	visitsKept = 20
)

// Visit is the opening of an organization, or of one of its users.
type Visit struct {
	Organization uuid.UUID
	UserID       string // Duo's; empty: the organization itself
	Name         string // of the user, as it was shown
	Account      string // the Duo account that the user was read from: see Organization.Account
	At           time.Time
}

// NoteVisit remembers what an operator opened, and forgets the oldest. A visit less
// than VisitEvery after the one before changes nothing.
func (t *Tx) NoteVisit(ctx context.Context, operator uuid.UUID, v Visit) error {
	var noted int64
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.operator', $1, true)`, operator.String())
	batch.Queue(`
		insert into visit (workspace_id, operator_id, organization_id, user_id, name, at, account)
		select o.workspace_id, $1, o.id, $3, $4, $5, $7 from organization o where `+organizationInScope+` and o.id = $2
		on conflict (workspace_id, operator_id, organization_id, user_id) do update
		set name = excluded.name, at = excluded.at, account = excluded.account
		where visit.at <= excluded.at - $6::interval or visit.account <> excluded.account`,
		operator, v.Organization, v.UserID, v.Name, v.At, VisitEvery, v.Account).
		Exec(func(done pgconn.CommandTag) error { noted = done.RowsAffected(); return nil })
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil || noted == 0 {
		return meaning(err)
	}
	_, err := t.tx.Exec(ctx, `
		delete from visit where `+inScope+` and operator_id = $1 and (organization_id, user_id) in (
			select organization_id, user_id from visit where `+inScope+
		` and operator_id = $1 and (user_id = '') = ($2 = '')
			order by at desc, organization_id, user_id offset $3)`, operator, v.UserID, visitsKept)
	return meaning(err)
}

// ForgetUser drops the visits of a user that an operator opened, as there is no such user any more.
func (t *Tx) ForgetUser(ctx context.Context, operator, organization uuid.UUID, user string) error {
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.operator', $1, true)`, operator.String())
	batch.Queue(`delete from visit where `+inScope+
		` and operator_id = $1 and organization_id = $2 and user_id = $3 and user_id <> ''`,
		operator, organization, user)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// RecentOrganizations lists those that an operator opened, the latest first. Archived ones are left out.
func (t *Tx) RecentOrganizations(ctx context.Context, operator uuid.UUID, limit int) (found []Organization, err error) {
	err = t.asOperator(ctx, operator, organizationQuery+`
		join visit v on v.workspace_id = o.workspace_id and v.organization_id = o.id and v.user_id = '' and v.operator_id = $1
		where `+organizationInScope+` order by v.at desc, o.id limit $2`, func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Organization])
		return err
	}, operator, limit)
	if err != nil {
		return nil, err
	}
	return found, t.markTwinOrganizations(ctx, found)
}

// RecentUser is a user that an operator opened. Its name is as it was then.
type RecentUser struct {
	UserID, Name     string
	At               time.Time
	OrganizationName `db:"-"`
}

// RecentUsers lists those that an operator opened, the latest first. Those of archived organizations are left out,
// those of another Duo account than the organization is connected with, and those that a run of the scope's deleted for
// good: see MarkGone.
func (t *Tx) RecentUsers(ctx context.Context, operator uuid.UUID, deleteUser string, limit int) (found []RecentUser,
	err error) {
	err = t.asOperator(ctx, operator, `
		select v.user_id, v.name, v.at, o.slug, o.name, o.colour, coalesce(c.account_id, '') from visit v
		join organization o on o.workspace_id = v.workspace_id and o.id = v.organization_id
		join connection c on c.workspace_id = o.workspace_id and c.organization_id = o.id`+adminKeys+`
		where `+organizationInScope+` and v.operator_id = $1 and v.user_id <> ''
		and v.account in ('', coalesce(c.account_id, c.api_hostname, s.host, ''))
		and not exists (select from run r where `+runInScope+
		` and r.state = 'applied' and r.input ->> 'permanent' = 'true' and r.organization_id = o.id
			and r.id = any (array(select app.runs_of_user(coalesce(c.account_id, ''), $3, v.user_id))))
		order by v.at desc, v.user_id limit $2`, func(rows pgx.Rows) error {
		var u RecentUser
		into := []any{&u.UserID, &u.Name, &u.At, &u.Slug, &u.OrganizationName.Name, &u.Colour, &u.AccountID}
		_, err := pgx.ForEachRow(rows, into, func() error {
			found = append(found, u)
			return nil
		})
		return err
	}, operator, limit, deleteUser)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, u := range found {
		names = append(names, u.OrganizationName.Name)
	}
	twins, err := t.twins(ctx, names)
	for i := range found {
		found[i].Twin = twins[found[i].OrganizationName.Name]
	}
	return found, err
}

// asOperator runs a query that reads an operator's own rows.
func (t *Tx) asOperator(ctx context.Context, operator uuid.UUID, sql string, read func(pgx.Rows) error,
	args ...any) error {
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.operator', $1, true)`, operator.String())
	batch.Queue(sql, args...).Query(read)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}
