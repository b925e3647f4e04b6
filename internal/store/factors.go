package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"duodesk/internal/secret"
)

// The kinds of second factors, and the recovery code, which stands in for one.
const (
	Passkey      = "passkey"
	TOTP         = "totp" // an authenticator app
	RecoveryCode = "recovery"
)

const (
	// MostFactors is how many second factors an operator can have.
	MostFactors = 10
	// LongestFactorName is how many characters a factor's name may have.
	LongestFactorName = 60
)

// ErrLastFactor says that a factor is the operator's last one, which stays.
var ErrLastFactor = errors.New("store: this is the operator's last second factor")

// Factor is a second factor of an operator.
type Factor struct {
	ID         uuid.UUID
	OperatorID uuid.UUID
	Kind, Name string
	CreatedAt  time.Time
	UsedAt     *time.Time // nil: never
	Credential []byte     // of a passkey: the library's record of it, as JSON
	Sealed     []byte     // of an app: its secret; see OpenTOTP
	LastStep   int64      // of an app: the last step of time whose code was taken
	Trial      bool       // its secret lies beside the program
}

// Proof is a second factor that was just proved. The zero Proof is none.
type Proof struct {
	Factor uuid.UUID // uuid.Nil for a recovery code
	Kind   string
	At     time.Time
}

const factorQuery = `
	select id, operator_id, kind, name, created_at, used_at, credential, sealed_secret as sealed, last_step, trial
	from factor`

// Factors lists an operator's second factors, the oldest first.
func (s *Store) Factors(ctx context.Context, operator uuid.UUID) ([]Factor, error) {
	rows, err := s.pool.Query(ctx, factorQuery+` where operator_id = $1 order by created_at, id`, operator)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Factor])
}

// PasskeyOperator returns the operator whose passkey has a credential id; ErrNotFound if
// nobody's has.
func (s *Store) PasskeyOperator(ctx context.Context, credentialID []byte) (Operator, error) {
	rows, err := s.pool.Query(ctx,
		operatorQuery+` where id = (select operator_id from factor where credential_id = $1)`, credentialID)
	if err != nil {
		return Operator{}, err
	}
	op, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Operator])
	return op, meaning(err)
}

// NewFactor is a factor that is set up.
type NewFactor struct {
	Factor
	CredentialID []byte        // of a passkey
	TOTP         secret.Secret // of an app
	First        bool          // for an operator who has proved no factor: there must be none yet
}

// AddFactor keeps a new factor of an operator. Sessions without a factor end. It returns
// ErrEnded when the operator's epoch was raised since, or when the factor is not the first
// and had to be, and a *ConflictError on "factor_credential" when the passkey is known and
// on "factor_count" when the operator has as many as can be.
func (s *Store) AddFactor(ctx context.Context, operator Operator, f NewFactor, from Origin) error {
	return s.changeFactors(ctx, operator, AccountFactorAdded, from, f.CreatedAt, func(tx *Tx) error {
		var n int
		if err := tx.tx.QueryRow(ctx, `select count(*) from factor where operator_id = $1`,
			operator.ID).Scan(&n); err != nil {
			return err
		}
		if f.First && n > 0 {
			return ErrEnded
		}
		if n >= MostFactors {
			return &ConflictError{Constraint: "factor_count"}
		}
		if f.Kind == TOTP {
			var err error
			if f.Sealed, err = tx.sealTOTP(ctx, f.ID, f.TOTP); err != nil {
				return err
			}
		}
		batch := &pgx.Batch{}
		batch.Queue(`
			insert into factor (id, operator_id, kind, name, created_at, used_at, credential_id, credential,
				sealed_secret, last_step, trial)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			f.ID, operator.ID, f.Kind, f.Name, f.CreatedAt, f.UsedAt, f.CredentialID, f.Credential, f.Sealed, f.LastStep,
			f.Trial)
		batch.Queue(`delete from session where operator_id = $1 and factor_at is null`, operator.ID)
		return tx.tx.SendBatch(ctx, batch).Close()
	})
}

// RemoveFactor takes one of an operator's factors away and ends the sessions that it
// opened, but for one. It returns ErrLastFactor for the last one, ErrNotFound when there
// is no such factor, and ErrEnded when the operator's epoch was raised since.
func (s *Store) RemoveFactor(ctx context.Context, operator Operator, id, session uuid.UUID, from Origin,
	now time.Time) error {
	return s.changeFactors(ctx, operator, AccountFactorRemoved, from, now, func(tx *Tx) error {
		var mine, others int
		err := tx.tx.QueryRow(ctx, `
			select count(*) filter (where id = $2), count(*) filter (where id <> $2) from factor where operator_id = $1`,
			operator.ID, id).Scan(&mine, &others)
		switch {
		case err != nil:
			return err
		case mine == 0:
			return ErrNotFound
		case others == 0:
			return ErrLastFactor
		}
		batch := &pgx.Batch{}
		batch.Queue(`delete from factor where operator_id = $1 and id = $2`, operator.ID, id)
		batch.Queue(`delete from session where operator_id = $1 and factor_id = $2 and id <> $3`, operator.ID, id,
			session)
		return tx.tx.SendBatch(ctx, batch).Close()
	})
}

// changeFactors runs fn with the operator's row locked, so that changes come one after
// the other, and keeps the event for the operator's eyes.
func (s *Store) changeFactors(ctx context.Context, operator Operator, event string, from Origin, now time.Time,
	fn func(*Tx) error) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		if err := fn(&Tx{tx: tx, keys: s.keys.Load()}); err != nil {
			return meaning(err)
		}
		return keepAccountEvent(ctx, tx, operator.ID, event, from, now)
	})
}

func totpPlace(factor uuid.UUID) secret.Place {
	return secret.Place{Table: "factor", Column: "sealed_secret", Row: factor.String()}
}

// sealTOTP seals the secret of an authenticator app for its factor.
func (t *Tx) sealTOTP(ctx context.Context, factor uuid.UUID, totp secret.Secret) (sealed []byte, err error) {
	lent := totp.Lend(func(b []byte) { sealed, err = t.seal(ctx, totpPlace(factor), b) })
	return sealed, errors.Join(lent, err)
}

// SealTOTP seals the secret of an app that is being set up.
func (s *Store) SealTOTP(ctx context.Context, factor uuid.UUID, totp secret.Secret) (sealed []byte, err error) {
	err = s.transact(ctx, func(tx pgx.Tx) error {
		sealed, err = (&Tx{tx: tx, keys: s.keys.Load()}).sealTOTP(ctx, factor, totp)
		return err
	})
	return sealed, err
}

// OpenTOTP opens the secret of an authenticator app.
func (s *Store) OpenTOTP(f Factor) (secret.Secret, error) {
	return s.keys.Load().Open(totpPlace(f.ID), f.Sealed)
}

// UseTOTP takes a step of time of an app: each once, and none from before the last that
// was taken. ErrNotFound says that it was taken, or that the factor is gone.
func (s *Store) UseTOTP(ctx context.Context, f Factor, step int64, now time.Time) error {
	return s.asOperator(ctx, f.OperatorID, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `
			update factor set last_step = $3, used_at = $4 where operator_id = $1 and id = $2 and last_step < $3`,
			f.OperatorID, f.ID, step, now)
		if err != nil {
			return err
		}
		return oneRow(done)
	})
}

// UsePasskey replaces a passkey's record after a use, which changed its counter or its
// flags. synced means that the passkey can be copied from now on: the operator gets an
// account event. ErrNotFound means that the passkey was removed, or that another use
// replaced the record since f was read, so that the counter was not compared with it.
func (s *Store) UsePasskey(ctx context.Context, f Factor, credential []byte, synced bool, from Origin,
	now time.Time) error {
	return s.asOperator(ctx, f.OperatorID, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `
			update factor set credential = $3, used_at = $4 where operator_id = $1 and id = $2 and credential = $5`,
			f.OperatorID, f.ID, credential, now, f.Credential)
		if err == nil && done.RowsAffected() == 0 {
			err = ErrNotFound
		}
		if err != nil || !synced {
			return err
		}
		return keepAccountEvent(ctx, tx, f.OperatorID, AccountPasskeySynced, from, now)
	})
}
