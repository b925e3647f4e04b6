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

// ErrLastFactor says that a factor is the operator's last one, which cannot be removed.
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
	LastStep   int64      // of an app: the last 30-second step whose code was accepted
	Trial      bool       // its secret is in a file next to a trial's console
}

// Proof is a second factor that was just proved. The zero Proof is none.
type Proof struct {
	Factor uuid.UUID // uuid.Nil for a recovery code, and for SignOn
	Kind   string
	At     time.Time

	Provider uuid.UUID // of SignOn: counts in the provider's workspace only
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

// PasskeyOperator returns the operator whose passkey has this credential id, also a
// disabled one. It returns ErrNotFound if no passkey has it.
func (s *Store) PasskeyOperator(ctx context.Context, credentialID []byte) (Operator, error) {
	rows, err := s.pool.Query(ctx,
		operatorQuery+` where id = (select operator_id from factor where credential_id = $1)`, credentialID)
	if err != nil {
		return Operator{}, err
	}
	op, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Operator])
	return op, meaning(err)
}

// NewFactor is a factor to be added.
type NewFactor struct {
	Factor
	CredentialID []byte        // of a passkey
	TOTP         secret.Secret // of an app
	First        bool          // added only if the operator has no other
	Session      uuid.UUID     // that sets it up and must still be there; uuid.Nil: none
}

// AddFactor adds a factor, and ends the grace and the sessions that were started without one.
// It returns ErrEnded if the operator's epoch was raised since operator was read, if f.Session
// has ended, or if f.First is set and the operator has a factor. It returns a *ConflictError
// on "factor_credential" if the passkey is already registered, and on "factor_count" if the
// operator has MostFactors.
func (s *Store) AddFactor(ctx context.Context, operator Operator, f NewFactor, from Origin) error {
	return s.changeFactors(ctx, operator, f.Session, AccountFactorAdded, from, f.CreatedAt, func(tx *Tx) error {
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
			f.ID, operator.ID, f.Kind, f.Name, f.CreatedAt, f.UsedAt, f.CredentialID, f.Credential,
			f.Sealed, f.LastStep,
			f.Trial)
		batch.Queue(`delete from session where operator_id = $1 and own and factor_at is null`, operator.ID)
		// Nor does a server of before, which asks for no factor, begin one that is admitted.
		batch.Queue(`update operator set grace_from = null where id = $1`, operator.ID)
		return tx.tx.SendBatch(ctx, batch).Close()
	})
}

// RemoveFactor removes one of an operator's factors and ends the sessions that were proved
// by it, except session. It returns ErrLastFactor for the last factor, ErrNotFound if the
// operator does not have it, and ErrEnded if the operator's epoch was raised since operator
// was read or the session has ended.
func (s *Store) RemoveFactor(ctx context.Context, operator Operator, id, session uuid.UUID, from Origin,
	now time.Time) error {
	return s.changeFactors(ctx, operator, session, AccountFactorRemoved, from, now, func(tx *Tx) error {
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

// holdSession keeps a session that changes an operator's factors until the transaction ends;
// uuid.Nil is none. Otherwise one that was ended while its request was on its way would leave
// a factor or recovery codes behind, by which its thief comes back. It returns ErrEnded.
func (t *Tx) holdSession(ctx context.Context, operator, session uuid.UUID) error {
	if session == uuid.Nil {
		return nil
	}
	done, err := t.tx.Exec(ctx, `select from session where id = $1 and operator_id = $2 for key share`, session,
		operator)
	if err == nil && done.RowsAffected() == 0 {
		err = ErrEnded
	}
	return err
}

// changeFactors runs fn with the operator's row locked, so that changes are serialized, and
// adds an account event, which only the operator sees. session is the one that changes them;
// see holdSession.
func (s *Store) changeFactors(ctx context.Context, operator Operator, session uuid.UUID, event string, from Origin,
	now time.Time, fn func(*Tx) error) error {
	return s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		if err := holdEpoch(ctx, tx, operator); err != nil {
			return err
		}
		entered := &Tx{tx: tx, keys: s.keys.Load()}
		if err := entered.holdSession(ctx, operator.ID, session); err != nil {
			return err
		}
		if err := fn(entered); err != nil {
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

// OpenTOTP returns the secret of an authenticator app.
func (s *Store) OpenTOTP(f Factor) (secret.Secret, error) {
	return s.keys.Load().Open(totpPlace(f.ID), f.Sealed)
}

// UseTOTP records that the code of a 30-second step was accepted. It returns ErrNotFound if
// this step or a later one was used before, or if the factor was removed.
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
