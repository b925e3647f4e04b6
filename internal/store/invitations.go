package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 24 * time.Hour

// Invitation is an invitation that waits.
type Invitation struct {
	ID            uuid.UUID
	Email         string // lower case
	Role          string
	Every         bool // organization
	Organizations []uuid.UUID
	Names         []string // of Organizations, in order
	InvitedBy     uuid.UUID
	Inviter       string // email
	InvitedAt     time.Time
	ExpiresAt     time.Time
	Epoch         int // of the inviter at that time
}

// Grant is what accepting gives.
func (i Invitation) Grant() Grant { return Grant{i.Role, i.Every, i.Organizations} }

const invitationQuery = `
	select i.id, i.email, i.role, i.every_organization as every, coalesce(g.ids, '{}') as organizations, coalesce(g.names, '{}') as names,
	       i.invited_by, o.email as inviter, i.invited_at, i.expires_at, i.epoch
	from invitation i join operator o on o.id = i.invited_by
	left join lateral (select array_agg(c.id order by lower(c.name), c.id) as ids, array_agg(c.name order by lower(c.name), c.id) as names
	                   from invitation_organization l join organization c on c.workspace_id = l.workspace_id and c.id = l.organization_id
	                   where l.workspace_id = i.workspace_id and l.invitation_id = i.id) g on true`

// Invitations lists the invitations that wait, the newest first.
func (t *Tx) Invitations(ctx context.Context, now time.Time) ([]Invitation, error) {
	return all[Invitation](ctx, t.tx, invitationQuery+` where i.`+inWorkspace+
		` and i.expires_at > $1 order by i.invited_at desc, i.email`, now)
}

// Invite keeps an invitation under the SHA-256 of its token, in the place of any
// to the same email, and clears away those that have run out.
func (t *Tx) Invite(ctx context.Context, i Invitation, tokenHash []byte) error {
	batch := &pgx.Batch{}
	batch.Queue(`delete from invitation where `+inWorkspace+` and (email = $1 or expires_at <= $2)`, i.Email,
		i.InvitedAt)
	batch.Queue(`
		insert into invitation (workspace_id, id, email, role, every_organization, token_hash, invited_by, invited_at, expires_at, epoch)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t.scope.workspace, i.ID, i.Email, i.Role, i.Every, tokenHash, i.InvitedBy, i.InvitedAt, i.ExpiresAt, i.Epoch)
	if !i.Every {
		batch.Queue(`
			insert into invitation_organization (workspace_id, invitation_id, organization_id)
			select o.workspace_id, $1, o.id from organization o where `+organizationInScope+` and o.id = any ($2)`,
			i.ID, i.Organizations)
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// Invitation finds a waiting invitation by the SHA-256 of its token.
func (t *Tx) Invitation(ctx context.Context, tokenHash []byte, now time.Time) (Invitation, error) {
	return one[Invitation](ctx, t.tx, invitationQuery+` where i.`+inWorkspace+
		` and i.token_hash = $1 and i.expires_at > $2`, tokenHash, now)
}

// WaitingInvitation returns an invitation by its id.
func (t *Tx) WaitingInvitation(ctx context.Context, id uuid.UUID, now time.Time) (Invitation, error) {
	return one[Invitation](ctx, t.tx, invitationQuery+` where i.`+inWorkspace+
		` and i.id = $1 and i.expires_at > $2`, id, now)
}

// DropInvitation removes an invitation; ErrNotFound when it waits no more, so that
// of several who accept it one gets it.
func (t *Tx) DropInvitation(ctx context.Context, id uuid.UUID) error {
	done, err := t.tx.Exec(ctx, `delete from invitation where `+inWorkspace+` and id = $1`, id)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return meaning(err)
}

// Workspace returns the workspace of the scope.
func (t *Tx) Workspace(ctx context.Context) (Workspace, error) {
	return one[Workspace](ctx, t.tx, `select id, slug, name from workspace where id = $1`, t.scope.workspace)
}

// OperatorByEmail is Store.OperatorByEmail within the transaction.
func (t *Tx) OperatorByEmail(ctx context.Context, email string) (Operator, error) {
	return one[Operator](ctx, t.tx, operatorQuery+` where email = $1`, email)
}

// AddOperator makes an operator who belongs to nothing yet. A *ConflictError on
// "operator_email_key" says that the email is known.
func (t *Tx) AddOperator(ctx context.Context, email, passwordHash string) (Operator, error) {
	if _, err := t.tx.Exec(ctx, `insert into operator (email, password_hash) values ($1, $2)`, email,
		passwordHash); err != nil {
		return Operator{}, meaning(err)
	}
	return t.OperatorByEmail(ctx, email)
}
