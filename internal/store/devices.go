package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// DeviceLife is how long a browser is known after the last sign-in: browsers keep
	// no cookie for longer than 400 days.
	DeviceLife = 400 * 24 * time.Hour
	// mostDevices is how many browsers of an operator are known.
	mostDevices = 20
)

// Device is a browser in which an operator has signed in. It gives no access: it
// decides by which bucket wrong passwords are counted.
type Device struct {
	ID             uuid.UUID
	TokenHash      []byte
	Address, Agent string // of the last sign-in
	CreatedAt      time.Time
	SeenAt         time.Time // the last sign-in
}

// FindDevice returns the id of the device with that SHA-256 of its cookie for the
// operator with that email; ErrNotFound if the operator did not sign in there.
func (s *Store) FindDevice(ctx context.Context, tokenHash []byte, email string, now time.Time) (id uuid.UUID,
	err error) {
	err = s.pool.QueryRow(ctx, `
		select d.id from device d join operator o on o.id = d.operator_id
		where d.token_hash = $1 and o.email = $2 and d.ends_at > $3`, tokenHash, email, now).Scan(&id)
	return id, meaning(err)
}

// RememberDevice keeps the browser of a sign-in that succeeded under the SHA-256 of
// a new cookie. before is that of the cookie it came with, or nil: whatever
// operators were known by it are known by the new one from now on, so that a copy
// of the old one is worth nothing. ErrEnded says that the operator's epoch was
// raised since the password was checked.
func (s *Store) RememberDevice(ctx context.Context, operator Operator, before, tokenHash []byte, from Origin,
	now time.Time) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`delete from device where ends_at <= $1`, now)
		batch.Queue(`update device set token_hash = $2 where token_hash = $1`, before, tokenHash)
		batch.Queue(`
			insert into device (operator_id, token_hash, address, agent, created_at, seen_at, ends_at) values ($1, $2, $3, $4, $5, $5, $6)
			on conflict (token_hash, operator_id) do update set address = $3, agent = $4, seen_at = $5, ends_at = $6`,
			operator.ID, tokenHash, from.address(), from.agent(), now, now.Add(DeviceLife))
		batch.Queue(`
			delete from device where operator_id = $1 and id in (
				select id from device where operator_id = $1 order by seen_at desc, id offset $2)`, operator.ID,
			mostDevices)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// Devices lists the browsers in which an operator has signed in, the last used
// first.
func (s *Store) Devices(ctx context.Context, operator uuid.UUID, now time.Time) ([]Device, error) {
	rows, err := s.pool.Query(ctx, `
		select id, token_hash, address, agent, created_at, seen_at from device
		where operator_id = $1 and ends_at > $2 order by seen_at desc, id`, operator, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Device])
}

// ForgetDevice forgets one of an operator's own devices; ErrNotFound for any
// other.
func (s *Store) ForgetDevice(ctx context.Context, operator, id uuid.UUID) error {
	done, err := s.pool.Exec(ctx, `delete from device where operator_id = $1 and id = $2`, operator, id)
	if err == nil && done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return err
}
