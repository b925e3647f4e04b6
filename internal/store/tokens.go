package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// TokenLife is the longest that an access token lives.
	TokenLife = 365 * 24 * time.Hour
	// ActTokenLife is the longest that one lives which names actions that take a proof.
	ActTokenLife = 90 * 24 * time.Hour
	// MostTokens is how many live tokens an operator can have in a workspace.
	MostTokens = 20
	// LongestTokenName is how many characters its name may have.
	LongestTokenName = 60
	// usedEvery bounds how often a token's row is written while it is in use.
	usedEvery = time.Minute
)

// Token is an access token, by which a program acts for an operator: with at
// most this grant, and with no more than the membership gives at the moment.
type Token struct {
	WorkspaceID   uuid.UUID
	ID            uuid.UUID
	OperatorID    uuid.UUID
	Name          string
	Role          string
	Every         bool // organization
	Organizations []uuid.UUID
	Names         []string // of Organizations, in order
	CreatedAt     time.Time
	ExpiresAt     time.Time
	UsedAt        *time.Time // nil: never
	Epoch         int        // of the operator whose password was checked for it
	Acts          []string   // slugs of actions that it may do although a page takes a proof for each
	Ranges        Ranges     // from which it works

	WorkspaceRanges Ranges // from which the workspace admits anything

	RefusedAt   *time.Time // when a request with it came last that was not admitted; nil: never
	RefusedFrom string     // the address of that request
}

// Grant is the most that the token gives.
func (t Token) Grant() Grant { return Grant{t.Role, t.Every, t.Organizations} }

const tokenQuery = `
	select k.workspace_id, k.id, k.operator_id, k.name, k.role, k.every_organization as every, coalesce(g.ids, '{}') as organizations, coalesce(g.names, '{}') as names,
	       k.created_at, k.expires_at, k.used_at, k.epoch, k.acts, k.ranges, k.refused_at, k.refused_from,
	       (select w.ranges from workspace w where w.id = k.workspace_id) as workspace_ranges
	from api_token k
	left join lateral (select array_agg(c.id order by lower(c.name), c.id) as ids, array_agg(c.name order by lower(c.name), c.id) as names
	                   from api_token_organization l join organization c on c.workspace_id = l.workspace_id and c.id = l.organization_id
	                   where l.workspace_id = k.workspace_id and l.token_id = k.id) g on true`

// LockTokens waits until nobody else makes a token of the operator in the
// workspace. Take it before Hold: tokens are counted.
func (t *Tx) LockTokens(ctx context.Context, operator uuid.UUID) error {
	_, err := t.tx.Exec(ctx,
		`select pg_advisory_xact_lock(hashtextextended('tokens ' || app.workspace()::text || $1::text, 0))`,
		operator.String())
	return err
}

// Tokens lists an operator's tokens in the workspace, the newest first; those
// that have run out are among them until the next is made.
func (t *Tx) Tokens(ctx context.Context, operator uuid.UUID) ([]Token, error) {
	return all[Token](ctx, t.tx, tokenQuery+` where k.`+inWorkspace+
		` and k.operator_id = $1 order by k.created_at desc, k.id`, operator)
}

// MakeToken keeps a token under its SHA-256 and clears away those of the operator
// that have run out. Organizations that the scope does not reach are left out.
func (t *Tx) MakeToken(ctx context.Context, k Token, hash []byte) error {
	batch := &pgx.Batch{}
	t.name(batch, k.OperatorID)
	batch.Queue(`delete from api_token where `+inWorkspace+` and operator_id = $1 and expires_at <= $2`, k.OperatorID,
		k.CreatedAt)
	batch.Queue(`
		insert into api_token (workspace_id, id, operator_id, name, role, every_organization, token_hash, created_at, expires_at, epoch, acts, ranges)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11::text[], '{}'), coalesce($12::cidr[], '{}'))`,
		t.scope.workspace, k.ID, k.OperatorID, k.Name, k.Role, k.Every, hash, k.CreatedAt, k.ExpiresAt, k.Epoch, k.Acts,
		k.Ranges)
	if !k.Every {
		batch.Queue(`
			insert into api_token_organization (workspace_id, token_id, organization_id)
			select o.workspace_id, $1, o.id from organization o where `+organizationInScope+` and o.id = any ($2)`,
			k.ID, k.Organizations)
	}
	return meaning(t.tx.SendBatch(ctx, batch).Close())
}

// DropToken ends one of an operator's tokens and returns it; ErrNotFound when
// there is no such token any more.
func (t *Tx) DropToken(ctx context.Context, operator, id uuid.UUID) (Token, error) {
	found, err := one[Token](ctx, t.tx, tokenQuery+` where k.`+inWorkspace+` and k.operator_id = $1 and k.id = $2`,
		operator, id)
	if err != nil {
		return found, err
	}
	batch := &pgx.Batch{}
	t.name(batch, operator)
	batch.Queue(`delete from api_token where `+inWorkspace+` and operator_id = $1 and id = $2`, operator, id)
	return found, meaning(t.tx.SendBatch(ctx, batch).Close())
}

// dropTokens ends all of an operator's tokens in the workspace.
func (t *Tx) dropTokens(batch *pgx.Batch, operator uuid.UUID) {
	batch.Queue(`delete from api_token where `+inWorkspace+` and operator_id = $1`, operator)
}

// HoldToken is Hold for one who acts by a token, after Hold: it returns the
// most that the token gives and keeps it from being revoked until the transaction
// ends. It returns ErrNotFound when it was revoked or has run out, or does not
// reach all of the Tx's scope.
func (t *Tx) HoldToken(ctx context.Context, operator, id uuid.UUID, now time.Time) (role string, err error) {
	var every bool
	var chosen int
	batch := &pgx.Batch{}
	t.name(batch, operator)
	// A weaker lock than a membership's: noting that the token was used does not
	// have to wait.
	batch.Queue(`
		select k.role, k.every_organization from api_token k join operator o on o.id = k.operator_id and o.epoch = k.epoch
		where k.`+inWorkspace+` and k.operator_id = $1 and k.id = $2 and k.expires_at > $3 for key share of k`,
		operator, id, now).
		QueryRow(func(row pgx.Row) error { return row.Scan(&role, &every) })
	batch.Queue(`select count(*) from api_token_organization where `+inScope+` and token_id = $1`, id).
		QueryRow(func(row pgx.Row) error { return row.Scan(&chosen) })
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return "", meaning(err)
	}
	if !every && (t.scope.every || chosen < len(t.scope.organizations)) {
		return "", ErrNotFound
	}
	return role, nil
}

// FindToken finds a token by the workspace that it names and its SHA-256, and
// whose it is. It returns ErrNotFound when it was revoked or has run out, when its
// epoch is not the operator's, and while the operator or the membership is disabled. If the token or its workspace
// does not admit the address, it sends the same statements as for a token that does not exist, and returns
// ErrElsewhere and the token, for NoteRefused alone. Now and then it notes that the token is in use.
func (s *Store) FindToken(ctx context.Context, workspace uuid.UUID, hash []byte, from string, now time.Time) (Token,
	Operator, error) {
	var found Token
	var operator Operator
	err := s.InWorkspace(ctx, WholeWorkspace(workspace), func(t *Tx) (err error) {
		found, err = one[Token](ctx, t.tx, tokenQuery+`
			join membership m on m.workspace_id = k.workspace_id and m.operator_id = k.operator_id
			where k.`+inWorkspace+` and k.token_hash = $1 and k.expires_at > $2 and m.disabled_at is null`, hash, now)
		if err != nil {
			return err
		}
		if !found.Ranges.Admit(from) || !found.WorkspaceRanges.Admit(from) {
			return ErrElsewhere
		}
		operator, err = one[Operator](ctx, t.tx, operatorQuery+` where id = $1 and epoch = $2 and disabled_at is null`,
			found.OperatorID, found.Epoch)
		if err != nil || found.UsedAt != nil && now.Sub(*found.UsedAt) < usedEvery {
			return err
		}
		batch := &pgx.Batch{}
		t.name(batch, found.OperatorID)
		batch.Queue(`update api_token set used_at = $3 where `+inWorkspace+` and operator_id = $1 and id = $2`,
			found.OperatorID, found.ID, now)
		return t.tx.SendBatch(ctx, batch).Close()
	})
	return found, operator, err
}

// AccessBy is Enter for a program with a token: its scopes are no larger than
// the token's, and there is no other workspace. The role is the membership's.
func (s *Store) AccessBy(ctx context.Context, token Token, from, workspace, organization string) (Access, error) {
	a, err := s.Enter(ctx, token.OperatorID, from, workspace, organization, 0)
	if err != nil {
		return a, err
	}
	a.Membership = a.Membership.within(token)
	if a.Workspace.ID != token.WorkspaceID || organization != "" && !a.Membership.holds(a.Organization.ID) {
		return Access{}, ErrNotFound
	}
	if organization == "" {
		a.Scope = a.Membership
	}
	return a, nil
}

func (sc Scope) holds(organization uuid.UUID) bool {
	return sc.every || slices.Contains(sc.organizations, organization)
}

// within is the part of a scope that a token reaches as well.
func (sc Scope) within(token Token) Scope {
	if token.Every {
		return sc
	}
	reached := slices.DeleteFunc(slices.Clone(token.Organizations), func(id uuid.UUID) bool { return !sc.holds(id) })
	return Scope{workspace: sc.workspace, organizations: reached}
}
