package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Workspace is one MSP.
type Workspace struct {
	ID   uuid.UUID
	Slug string
	Name string
}

// Access is what an operator may reach at an address: resolved objects, the
// role held there and the scope that bounds every further look.
type Access struct {
	Workspace    Workspace
	Role         string
	Membership   Scope        // all that the membership grants
	Scope        Scope        // of this address: the membership's, or the organization's alone
	Organization Organization // zero for a page of the workspace itself
	SeenAt       *time.Time   // when the operator was last noted here; see Tx.Saw

	First         []OrganizationName // of the membership's organizations: see Enter
	Organizations int                // all of them; 0 where Enter was asked for none
	SignOn        SignOnRule         // which sessions the workspace admits
	GraceDays     int                // for how many days an operator may be without a second factor
	Notices       int                // that wait for an owner, up to mostNotices; 0 for others
	VisitedAt     *time.Time         // when the operator opened the organization last; see Tx.NoteVisit
}

// recentFirst is how many organizations are offered before those by name, because the operator opened them last.
const recentFirst = 6

// Enter resolves the slugs of an address for an operator in one round trip. from is the network
// address that the request comes from. The scope of an organization's page is that organization
// alone. It returns ErrNotFound for what does not exist, for what the operator may not see, and
// while the membership is disabled, and *ArchivedError for an organization that is archived. If
// the workspace does not admit from, it returns ErrElsewhere before any of these about the
// organization, and an Access that has the workspace and nothing else.
//
// If first is not 0, it also returns so many of the membership's organizations, which
// each page offers to switch to: those that the operator opened last, but for the one of the
// address, then by name. How they are connected, which costs ten times as much to find out, is left
// to Tx.Organizations.
func (s *Store) Enter(ctx context.Context, operator uuid.UUID, from, workspace, organization string,
	first int) (Access, error) {
	var a Access
	var organizations []uuid.UUID
	var ranges Ranges
	var every, missing bool
	var provider, breakGlass *uuid.UUID
	// That there is no row is no error: after one, pgx would forget how it has
	// prepared the statements, for every address that somebody guesses.
	found := func(err error) error {
		if errors.Is(err, pgx.ErrNoRows) {
			missing = true
			return nil
		}
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.operator', $1, true)`, operator.String())
	batch.Queue(`
		select w.id, w.slug, w.name, m.role, m.every_organization, g.ids, m.seen_at, w.factor_grace_days, w.ranges,
		       w.sign_on_provider, w.sign_on_break_glass,
		       set_config('app.workspace', w.id::text, true),
		       set_config('app.organizations', case when m.every_organization then '*' else g.ids::text end, true)
		from workspace w
		join membership m on m.workspace_id = w.id
		cross join lateral (select coalesce(array_agg(o.organization_id), '{}') as ids from membership_organization o
		                    where o.workspace_id = m.workspace_id and o.operator_id = m.operator_id) g
		where w.slug = $1 and m.operator_id = $2 and m.disabled_at is null`, workspace, operator).
		QueryRow(func(row pgx.Row) error {
			return found(row.Scan(&a.Workspace.ID, &a.Workspace.Slug, &a.Workspace.Name, &a.Role, &every,
				&organizations, &a.SeenAt, &a.GraceDays, &ranges, &provider, &breakGlass, nil, nil))
		})
	if organization != "" {
		batch.Queue(organizationQuery+` where `+organizationOnRecord+` and o.slug = $1`,
			organization).QueryRow(func(row pgx.Row) error {
			return found(a.Organization.scan(row))
		})
	}
	if first > 0 {
		a.queueFirst(batch, operator, organization, first)
		a.queueNotices(batch, operator)
	}
	err := s.transact(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err == nil && !ranges.Admit(from) {
		return Access{Workspace: a.Workspace}, ErrElsewhere
	}
	if err == nil && missing {
		err = ErrNotFound
	}
	if err == nil && a.Organization.ArchivedAt != nil {
		err = &ArchivedError{Slug: a.Organization.Slug, Name: a.Organization.Name, At: *a.Organization.ArchivedAt}
	}
	if err != nil {
		return Access{}, err
	}
	a.SignOn = ruleOf(provider, breakGlass)
	a.Membership = Scope{workspace: a.Workspace.ID, every: every, organizations: organizations, admitted: &a.SignOn}
	a.Scope = a.Membership
	if organization != "" {
		a.Scope = Within(a.Workspace.ID, a.Organization.ID)
		a.Scope.admitted = &a.SignOn
	}
	return a, nil
}

// queueFirst asks for what is offered to switch to at the organization of a slug, which may be empty.
func (a *Access) queueFirst(batch *pgx.Batch, operator uuid.UUID, organization string, first int) {
	batch.Queue(`
		select max(v.at) from visit v join organization o on o.workspace_id = v.workspace_id and o.id = v.organization_id
		where `+organizationInScope+` and v.operator_id = $1 and v.user_id = '' and o.slug = $2`, operator,
		organization).
		QueryRow(func(row pgx.Row) error { return row.Scan(&a.VisitedAt) })
	batch.Queue(`
		with recent as (
			select o.workspace_id, o.id, o.slug, o.name, o.colour, o.folded, v.at
			from visit v join organization o on o.workspace_id = v.workspace_id and o.id = v.organization_id
			where `+organizationInScope+
		` and v.operator_id = $1 and v.user_id = '' and o.slug <> $2 order by v.at desc, o.id limit $3),
		offered as (
			select * from recent
			union all (
				select o.workspace_id, o.id, o.slug, o.name, o.colour, o.folded, null
				from organization o where `+organizationInScope+` and o.id not in (select id from recent)
				order by lower(o.name), o.id limit $4)),
		shared as (
			select o.folded from organization o
			where `+organizationInScope+
		` and o.folded = any (array(select folded from offered)) group by 1 having count(*) > 1)
		select f.slug, f.name, f.colour, f.at is not null, coalesce(c.account_id, ''), f.folded in (select folded from shared),
		       (select count(*) from organization o where `+organizationInScope+`)
		from offered f
		left join connection c on c.workspace_id = f.workspace_id and c.organization_id = f.id
		order by f.at desc nulls last, lower(f.name), f.id limit $4`, operator, organization, recentFirst,
		first).Query(func(rows pgx.Rows) error {
		var next OrganizationName
		into := []any{&next.Slug, &next.Name, &next.Colour, &next.Recent, &next.AccountID, &next.Twin, &a.Organizations}
		_, err := pgx.ForEachRow(rows, into, func() error {
			a.First = append(a.First, next)
			return nil
		})
		return err
	})
}

// mostNotices is how far notices are counted for each page; pages know it as views.MostNotices.
const mostNotices = 100

// queueNotices counts the notices that wait for the operator, if an owner.
func (a *Access) queueNotices(batch *pgx.Batch, operator uuid.UUID) {
	batch.Queue(`
		select count(*) from (
			select from notice n join membership m on m.workspace_id = n.workspace_id
			where n.`+inWorkspace+` and n.acknowledged_at is null and m.operator_id = $1 and m.role = 'owner'
			and m.every_organization limit $2) waiting`, operator, mostNotices).
		QueryRow(func(row pgx.Row) error { return row.Scan(&a.Notices) })
}

// Belonging is a workspace and the role that an operator has in it.
type Belonging struct {
	Slug     string
	Name     string
	Role     string
	Ranges   Ranges    // from which the workspace admits the operator
	Provider uuid.UUID // of single sign-on; uuid.Nil: there is none
}

// WorkspacesOf lists the workspaces an operator may enter, by name.
func (s *Store) WorkspacesOf(ctx context.Context, operator uuid.UUID) ([]Belonging, error) {
	var found []Belonging
	err := s.transact(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('app.operator', $1, true)`, operator.String()); err != nil {
			return err
		}
		var err error
		found, err = all[Belonging](ctx, tx, `
			select w.slug, w.name, m.role, w.ranges,
			       coalesce(w.sign_on_provider, '00000000-0000-0000-0000-000000000000') as provider
			from workspace w join membership m on m.workspace_id = w.id
			where m.operator_id = $1 and m.disabled_at is null order by lower(w.name), w.slug`, operator)
		return err
	})
	return found, err
}
