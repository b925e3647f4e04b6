package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// MostRanges is how many address ranges a workspace or an access token can have.
const MostRanges = 20

// Ranges are the networks from which a workspace admits its members, or from which an access
// token works. None: every address. An IPv4 network is never written as IPv6.
type Ranges []netip.Prefix

// Admit reports whether a request may come from an address. If there are ranges, a text that is
// no address is in none of them.
func (r Ranges) Admit(address string) bool {
	if len(r) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(r, func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) })
}

// String lists the ranges with commas between them; it is empty for every address.
func (r Ranges) String() string {
	texts := make([]string, len(r))
	for i, p := range r {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

// ErrElsewhere says that the workspace or the access token does not admit the address that the
// request comes from. To a caller who handles ErrNotFound only, it is that.
var ErrElsewhere = fmt.Errorf("store: the address is not admitted: %w", ErrNotFound)

// Admits returns ErrElsewhere if the workspace does not admit an address. It belongs into the
// transaction of each change, next to Hold.
func (t *Tx) Admits(ctx context.Context, address string) error {
	ranges, err := t.Ranges(ctx)
	if err == nil && !ranges.Admit(address) {
		err = ErrElsewhere
	}
	return err
}

// Ranges returns the ranges of the workspace.
func (t *Tx) Ranges(ctx context.Context) (ranges Ranges, err error) {
	err = t.tx.QueryRow(ctx, `select ranges from workspace where id = (select app.workspace())`).Scan(&ranges)
	return ranges, meaning(err)
}

// LockRanges is Ranges, and keeps others from changing them until the transaction ends.
func (t *Tx) LockRanges(ctx context.Context) (ranges Ranges, err error) {
	err = t.tx.QueryRow(ctx, `select ranges from workspace where id = (select app.workspace()) for no key update`).
		Scan(&ranges)
	return ranges, meaning(err)
}

// SetRanges changes the ranges of the workspace and writes record.
func (t *Tx) SetRanges(ctx context.Context, ranges Ranges, record Record) error {
	_, err := t.tx.Exec(ctx, `update workspace set ranges = coalesce($1::cidr[], '{}') where id = (select app.workspace())`,
		ranges)
	if err != nil {
		return meaning(err)
	}
	return t.Record(ctx, record)
}

// refusedEvery bounds how often a token's row is written while requests with it are refused.
const refusedEvery = time.Minute

// NoteRefused keeps for a token's operator that a request with the token came from an address
// that is not admitted. It writes once a minute at most.
func (s *Store) NoteRefused(ctx context.Context, token Token, from string, now time.Time) error {
	return s.InWorkspace(ctx, WholeWorkspace(token.WorkspaceID), func(t *Tx) error {
		batch := &pgx.Batch{}
		t.name(batch, token.OperatorID)
		batch.Queue(`
			update api_token set refused_at = $3, refused_from = $4
			where `+inWorkspace+` and operator_id = $1 and id = $2 and (refused_at is null or refused_at <= $5)`,
			token.OperatorID, token.ID, now, Origin{Address: from}.address(), now.Add(-refusedEvery))
		return t.tx.SendBatch(ctx, batch).Close()
	})
}

// ErrNotOwner says that the person named on the host is no owner who can sign in.
var ErrNotOwner = errors.New("store: not an owner who can sign in")

// ClearRanges has a workspace admit every address again, as the owner role and on the host. by
// is the email of the owner under whose name it is recorded; ErrNotOwner says that there is no
// such owner, ErrNotFound that there is no such workspace. It returns the ranges until then.
func ClearRanges(ctx context.Context, ownerURL, workspace, by, summary string, at time.Time) (was Ranges, err error) {
	conn, err := connect(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var id, operator uuid.UUID
		if err := tx.QueryRow(ctx, `select id from workspace where slug = $1`, workspace).Scan(&id); err != nil {
			return err
		}
		entered, err := new(Store).enter(ctx, tx, WholeWorkspace(id))
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			select o.id from membership m join operator o on o.id = m.operator_id
			where m.`+inWorkspace+` and m.role = 'owner' and m.disabled_at is null and o.disabled_at is null
			and o.email = $1`, by).Scan(&operator)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotOwner
		}
		if err != nil {
			return err
		}
		if was, err = entered.LockRanges(ctx); err != nil || len(was) == 0 {
			return err
		}
		return entered.SetRanges(ctx, nil, Record{Event: RangesSet, Operator: operator, At: at,
			Input: map[string]string{"from": was.String(), "to": ""}, Summary: summary})
	})
	return was, meaning(err)
}
