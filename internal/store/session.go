package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Session is a signed-in operator, as found by the token of a cookie.
type Session struct {
	ID       uuid.UUID
	Operator Operator
	SeenAt   time.Time
	EndsAt   time.Time   // at the latest
	Entered  []uuid.UUID // workspaces in which it was used
	Barred   []uuid.UUID // workspaces that it no longer opens, since the membership changed
	Proof    Proof       // the second factor by which it was proved last; zero: none, within the grace
	Own      bool        // the operator gave a password or a passkey of this console
	SignedOn SignedOn    // providers through which it was proved; if not Own, it opens their workspaces only
}

// seenEvery bounds how often a session's row is written while it is in use.
const seenEvery = 30 * time.Second

// mostSessions is how many sessions an operator can have.
const mostSessions = 10

// Opening is what a session begins with.
type Opening struct {
	TokenHash []byte   // SHA-256 of the cookie's token
	Operator  Operator // the row whose password or passkey was checked
	Proof     Proof    // zero: within the grace; see GraceUntil
	SignIn    []byte   // token hash of the sign-in that it completes; nil: there is none
	Renewed   bool     // a new password ended the session before, and this browser goes on
	From      Origin
	EndsAt    time.Time   // of a session that goes on: as before, so that it has an end
	Before    []byte      // token hash under which the session went so far; nil: it is a sign-in
	Entered   []uuid.UUID // workspaces that it entered until then
	Barred    []uuid.UUID // of a renewed session: workspaces that it opened no longer
	SignedOn  SignedOn    // of a renewed session: as before
	Through   *Through    // the provider of a workspace that let the operator in; then Proof is zero

	borrowed bool // the session is not the operator's own: see Session.Own
}

// StartSession keeps a session. It clears away sessions that have ended, and the operator's
// oldest beyond ten. ErrEnded says that the operator's epoch was raised since the checks,
// that the operator was disabled, that the factor was removed, that the sign-in was
// completed or the session before has ended, or that a factor is wanted and there is none. The sign-in is kept for
// the operator's eyes; see EnterWorkspace for the record. Owners are told
// when From.Device is none of the operator's, and it is not the first sign-in. A session
// that goes on under a new token is no sign-in. With a proof, the operator's requests for new
// second factors are taken back. See Through for a sign-in by a workspace's provider.
func (s *Store) StartSession(ctx context.Context, o Opening, now time.Time) error {
	return s.asOperator(ctx, o.Operator.ID, func(tx pgx.Tx) error {
		// The lock has sign-ins of one operator count one after the other. It comes before what is
		// cleared away, which others that hold it may delete too.
		if err := holdEpoch(ctx, tx, o.Operator); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from session where ends_at <= least($1, now())`, now); err != nil {
			return err
		}
		if err := forgetAccountEvents(ctx, tx); err != nil {
			return err
		}
		if err := o.allowed(ctx, tx, now); err != nil {
			return err
		}
		if o.Through != nil {
			if err := s.through(ctx, tx, &o, now); err != nil {
				return err
			}
		}
		if err := o.keep(ctx, tx, now); err != nil {
			return err
		}
		if o.Proof.Kind != "" {
			if err := s.withdrawFactorRequests(ctx, tx, o.Operator.ID); err != nil {
				return err
			}
		}
		if o.Before != nil && o.Through == nil || o.Renewed {
			return nil
		}
		if o.Through != nil { // the browser is the provider's concern, and other workspaces are not
			return keepAccountEvent(ctx, tx, o.Operator.ID, AccountSignedIn, o.From, now)
		}
		if err := s.notifyNewDevice(ctx, tx, o.Operator.ID, o.From, now); err != nil {
			return err
		}
		return keepAccountEvent(ctx, tx, o.Operator.ID, AccountSignedIn, o.From, now)
	})
}

// allowed completes the sign-in and looks at the factor, or at the grace without one.
func (o *Opening) allowed(ctx context.Context, tx pgx.Tx, now time.Time) error {
	if o.SignIn != nil {
		done, err := tx.Exec(ctx, `delete from sign_in where token_hash = $1 and operator_id = $2`, o.SignIn,
			o.Operator.ID)
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return ErrEnded
		}
	}
	if o.Before != nil {
		if err := o.takeBefore(ctx, tx); err != nil {
			return err
		}
	}
	holds := true
	var err error
	switch {
	case o.Through != nil:
	case o.Proof.Kind == "":
		err = tx.QueryRow(ctx, `select not exists (select from factor where operator_id = $1)`,
			o.Operator.ID).Scan(&holds)
		if err == nil && holds {
			var until time.Time
			until, err = graceUntil(ctx, tx, o.Operator)
			holds = now.Before(until)
		}
	case o.Proof.Kind != RecoveryCode:
		err = tx.QueryRow(ctx, `select exists (select from factor where operator_id = $1 and id = $2 and kind = $3)`,
			o.Operator.ID, o.Proof.Factor, o.Proof.Kind).Scan(&holds)
	}
	if err == nil && !holds {
		err = ErrEnded
	}
	return err
}

// takeBefore ends the session that goes on under a new token, and takes over what it opens.
func (o *Opening) takeBefore(ctx context.Context, tx pgx.Tx) error {
	var own bool
	var before Proof
	var kind *string
	var factor *uuid.UUID
	var at *time.Time
	err := tx.QueryRow(ctx, `
		delete from session where token_hash = $1 and operator_id = $2
		returning barred, own, sign_on, factor_id, factor_kind, factor_at`, o.Before, o.Operator.ID).
		Scan(&o.Barred, &own, &o.SignedOn, &factor, &kind, &at)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrEnded
	}
	if err != nil {
		return err
	}
	o.borrowed = !own
	before.set(factor, kind, at)
	if o.Through != nil {
		o.Proof = before
	}
	return nil
}

// set takes a proof from the columns of a session.
func (p *Proof) set(factor *uuid.UUID, kind *string, at *time.Time) {
	if kind != nil && at != nil {
		p.Kind, p.At = *kind, *at
	}
	if factor != nil {
		p.Factor = *factor
	}
}

// keep stores the session.
func (o Opening) keep(ctx context.Context, tx pgx.Tx, now time.Time) error {
	var factor *uuid.UUID
	var kind *string
	var at *time.Time
	if o.Proof.Kind != "" {
		kind, at = &o.Proof.Kind, &o.Proof.At
	}
	if o.Proof.Factor != uuid.Nil {
		factor = &o.Proof.Factor
	}
	if o.SignedOn == nil {
		o.SignedOn = SignedOn{}
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		insert into session (token_hash, operator_id, created_at, seen_at, ends_at, address, agent, epoch, entered,
			barred, factor_id, factor_kind, factor_at, own, sign_on)
		values ($1, $2, $3, $3, $4, $5, $6, $7, coalesce($8::uuid[], '{}'), coalesce($12::uuid[], '{}'), $9, $10, $11,
			$13, $14)`,
		o.TokenHash, o.Operator.ID, now, o.EndsAt, o.From.address(), o.From.agent(), o.Operator.Epoch, o.Entered,
		factor, kind, at, o.Barred, !o.borrowed, o.SignedOn)
	o.dropOldest(batch)
	return tx.SendBatch(ctx, batch).Close()
}

// GraceUntil is until when an operator may be without a second factor in the workspace
// that grants the most days; zero: now already not.
func (s *Store) GraceUntil(ctx context.Context, operator Operator) (until time.Time, err error) {
	if operator.GraceFrom == nil {
		return until, nil
	}
	err = s.asOperator(ctx, operator.ID, func(tx pgx.Tx) error {
		until, err = graceUntil(ctx, tx, operator)
		return err
	})
	return until, err
}

func graceUntil(ctx context.Context, tx pgx.Tx, operator Operator) (until time.Time, err error) {
	var days *int
	err = tx.QueryRow(ctx, `
		select max(w.factor_grace_days) from membership m join workspace w on w.id = m.workspace_id
		where m.operator_id = $1 and m.disabled_at is null`, operator.ID).Scan(&days)
	if err == nil && days != nil && operator.GraceFrom != nil {
		until = operator.GraceFrom.AddDate(0, 0, *days)
	}
	return until, err
}

// FindSession returns the session of a token unless it has ended, been idle for
// longer than idle, has not the operator's epoch, or belongs to a disabled
// operator; then ErrNotFound.
func (s *Store) FindSession(ctx context.Context, tokenHash []byte, now time.Time, idle time.Duration) (Session, error) {
	return s.findSession(ctx, `s.token_hash = $1`, tokenHash, now, idle)
}

// FindSessionByID is FindSession for a request that was let in before: it may have been
// let in by a token that has been renewed since.
func (s *Store) FindSessionByID(ctx context.Context, id uuid.UUID, now time.Time, idle time.Duration) (Session, error) {
	return s.findSession(ctx, `s.id = $1`, id, now, idle)
}

// findSession finds a session by a condition on its key, $1.
func (s *Store) findSession(ctx context.Context, is string, key any, now time.Time, idle time.Duration) (Session, error) {
	var found Session
	var kind *string
	var at *time.Time
	var factor *uuid.UUID
	op := &found.Operator
	err := s.pool.QueryRow(ctx, `
		select s.id, o.id, o.email, o.theme, o.time_zone, o.density, o.grace_from, o.epoch, s.seen_at, s.ends_at, s.entered, s.barred, s.factor_id, s.factor_kind, s.factor_at,
		       s.own, s.sign_on
		from session s join operator o on o.id = s.operator_id
		where `+is+` and s.ends_at > $2 and s.seen_at > $3 and s.epoch = o.epoch and o.disabled_at is null`,
		key, now, now.Add(-idle)).Scan(&found.ID, &op.ID, &op.Email, &op.Theme, &op.TimeZone, &op.Density,
		&op.GraceFrom, &op.Epoch, &found.SeenAt, &found.EndsAt, &found.Entered, &found.Barred, &factor, &kind, &at,
		&found.Own, &found.SignedOn)
	if err != nil {
		return Session{}, meaning(err)
	}
	found.Proof.set(factor, kind, at)
	if now.Sub(found.SeenAt) >= seenEvery {
		_, err = s.pool.Exec(ctx, `update session set seen_at = $2 where id = $1`, found.ID, now)
	}
	return found, err
}

// EndSession deletes a session: its token is worth nothing from then on, whichever it is.
func (s *Store) EndSession(ctx context.Context, id uuid.UUID) error {
	_, err := s.pool.Exec(ctx, `delete from session where id = $1`, id)
	return err
}
