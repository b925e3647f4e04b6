package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Grant is what a membership gives: a role, and all organizations of the
// workspace or chosen ones.
type Grant struct {
	Role              string
	EveryOrganization bool
	Organizations     []uuid.UUID // chosen; none when EveryOrganization
}

// Member is an operator's membership in a workspace.
type Member struct {
	OperatorID    uuid.UUID
	Email         string
	Role          string
	Every         bool // organization
	Organizations []uuid.UUID
	Names         []string   // of Organizations, in order
	DisabledAt    *time.Time // nil: enabled
	SeenAt        *time.Time // at work in this workspace; nil: never
	Factors       []string   // kinds of the operator's second factors
	GraceFrom     *time.Time // see Operator
}

// Grant is what the membership gives.
func (m Member) Grant() Grant { return Grant{m.Role, m.Every, m.Organizations} }

const memberQuery = `
	select m.operator_id, o.email, m.role, m.every_organization as every, coalesce(g.ids, '{}') as organizations, coalesce(g.names, '{}') as names, m.disabled_at, m.seen_at,
	       array(select f.kind from factor f where f.operator_id = m.operator_id order by f.kind) as factors, o.grace_from
	from membership m join operator o on o.id = m.operator_id
	left join lateral (select array_agg(c.id order by lower(c.name), c.id) as ids, array_agg(c.name order by lower(c.name), c.id) as names
	                   from membership_organization l join organization c on c.workspace_id = l.workspace_id and c.id = l.organization_id
	                   where l.workspace_id = m.workspace_id and l.operator_id = m.operator_id) g on true`

var memberOrders = orders[Member]{
	id: "m.operator_id", idOf: func(m Member) uuid.UUID { return m.OperatorID },
	by: map[string]order[Member]{
		"":     {"o.email", "$", func(m Member) string { return m.Email }, textKey},
		"role": {memberRank + ` || o.email`, "$", func(m Member) string { return m.rank() + m.Email }, textKey},
		"seen": {"coalesce(m.seen_at, 'epoch')", "$::timestamptz",
			func(m Member) string { return timeOf(m.SeenAt) }, timeKey},
	},
}

// memberRank and rank put roles in order, the highest first.
const memberRank = `coalesce(array_position('{owner,admin,technician,helpdesk,auditor}', m.role)::text, '9')`

func (m Member) rank() string {
	if at := slices.Index([]string{"owner", "admin", "technician", "helpdesk", "auditor"}, m.Role); at >= 0 {
		return strconv.Itoa(at + 1)
	}
	return "9"
}

// Members lists a page of the workspace's members whose email has the search in it, and says how many members there
// are and how many match. Orders are "", the email; "role", the highest first; and "seen", from those never seen on.
func (t *Tx) Members(ctx context.Context, q Query) (found Page[Member], total, matching int, err error) {
	const fits = `($1 = '' or position(app.fold($1) in o.email) > 0)`
	err = t.tx.QueryRow(ctx, `
		select count(*), count(*) filter (where `+fits+
		`) from membership m join operator o on o.id = m.operator_id where m.`+inWorkspace,
		q.Search).Scan(&total, &matching)
	if err == nil {
		found, err = page(ctx, t.tx, &conditions{args: []any{q.Search}},
			memberQuery+` where m.`+inWorkspace+` and `+fits, memberOrders, q)
	}
	return found, total, matching, err
}

// Member returns the membership of one operator.
func (t *Tx) Member(ctx context.Context, operator uuid.UUID) (Member, error) {
	return one[Member](ctx, t.tx, memberQuery+` where m.`+inWorkspace+` and m.operator_id = $1`, operator)
}

// MemberByEmail returns the membership of the operator with that email.
func (t *Tx) MemberByEmail(ctx context.Context, email string) (Member, error) {
	return one[Member](ctx, t.tx, memberQuery+` where m.`+inWorkspace+` and o.email = $1`, email)
}

// name makes one operator's membership the one that the following statements
// can change; see the policies.
func (t *Tx) name(batch *pgx.Batch, operator uuid.UUID) {
	batch.Queue(`select set_config('app.member', $1, true)`, operator.String())
}

// AddMember makes an operator a member. A *ConflictError on "membership_pkey"
// says that there is a membership.
func (t *Tx) AddMember(ctx context.Context, operator uuid.UUID, g Grant) error {
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`insert into membership (workspace_id, operator_id, role, every_organization) values ($1, $2, $3, $4)`,
		t.scope.workspace, operator, g.Role, g.EveryOrganization)
	t.choose(batch, operator, g)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// ChangeMember gives a member another role and other organizations; those that
// are not there are left out. It returns ErrLastOwner and ErrBreakGlass.
func (t *Tx) ChangeMember(ctx context.Context, operator uuid.UUID, g Grant) error {
	if g.Role != "owner" {
		if err := t.keepBreakGlass(ctx, operator); err != nil {
			return err
		}
	}
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`update membership set role = $2, every_organization = $3 where `+inWorkspace+` and operator_id = $1`,
		operator, g.Role, g.EveryOrganization)
	batch.Queue(`delete from membership_organization where `+inScope+` and operator_id = $1`, operator)
	t.choose(batch, operator, g)
	t.dropInvitationsBy(batch, operator, g.Role)
	t.endSessions(batch, operator)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// choose adds the organizations of a grant.
func (t *Tx) choose(batch *pgx.Batch, operator uuid.UUID, g Grant) {
	if g.EveryOrganization {
		return
	}
	batch.Queue(`
		insert into membership_organization (workspace_id, operator_id, organization_id)
		select o.workspace_id, $1, o.id from organization o where `+organizationInScope+` and o.id = any ($2)`,
		operator, g.Organizations)
}

// SetMemberDisabled shuts a member out of this workspace and ends the member's
// access tokens, or lets the member in again; other workspaces of the operator
// are not touched. It returns ErrLastOwner and ErrBreakGlass.
func (t *Tx) SetMemberDisabled(ctx context.Context, operator uuid.UUID, at *time.Time) error {
	if at != nil {
		if err := t.keepBreakGlass(ctx, operator); err != nil {
			return err
		}
	}
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`update membership set disabled_at = $2 where `+inWorkspace+` and operator_id = $1`, operator, at)
	if at != nil {
		t.dropTokens(batch, operator)
		t.dropInvitationsBy(batch, operator, "")
		t.endSessions(batch, operator)
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// EndMember ends a membership; the operator stays an operator. It returns
// ErrLastOwner and ErrBreakGlass.
func (t *Tx) EndMember(ctx context.Context, operator uuid.UUID) error {
	if err := t.keepBreakGlass(ctx, operator); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`delete from membership where `+inWorkspace+` and operator_id = $1`, operator)
	t.dropInvitationsBy(batch, operator, "")
	t.endSessions(batch, operator)
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// endSessions has an operator's sessions end with their next request in the workspace: what
// the operator may do there has changed. Other workspaces are not touched: they are none of
// this one's.
func (t *Tx) endSessions(batch *pgx.Batch, operator uuid.UUID) {
	batch.Queue(`update session set barred = array_append(barred, $2) where operator_id = $1 and not $2 = any (barred)`,
		operator, t.scope.workspace)
}

// dropInvitationsBy drops the waiting invitations of somebody who cannot invite
// any more.
func (t *Tx) dropInvitationsBy(batch *pgx.Batch, operator uuid.UUID, role string) {
	batch.Queue(`delete from invitation where `+inWorkspace+` and invited_by = $1 and $2 <> 'owner'`, operator, role)
}
