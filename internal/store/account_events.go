package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// AccountEvent is something that happened to an operator's account. The operator
// alone sees it.
type AccountEvent struct {
	Kind           string // one of the constants below
	At             time.Time
	Address, Agent string // of the browser; empty for what was done on the host
}

// The kinds of account events.
const (
	AccountSignedIn            = "signed-in"
	AccountRefused             = "refused" // a sign-in, or the password that is asked for again
	AccountPasswordChanged     = "password-changed"
	AccountSignedOutEverywhere = "signed-out-everywhere"
	AccountReset               = "password-reset" // on the host, as are the next two
	AccountDisabled            = "disabled"
	AccountEnabled             = "enabled"
	AccountFactorAdded         = "factor-added"
	AccountFactorRemoved       = "factor-removed"
	AccountFactorRefused       = "factor-refused"
	AccountFactorsReset        = "factors-reset"
	AccountRecoveryCodesMade   = "recovery-codes-made"
	AccountRecoveryCodeUsed    = "recovery-code-used"
	AccountPasskeySynced       = "passkey-synced"
)

// addAccountEvent takes the operator, the kind, the moment, and what addressOf and
// agentOf return.
const addAccountEvent = `
	insert into account_event (operator_id, kind, at, address, agent)
	values (nullif($1::uuid, '00000000-0000-0000-0000-000000000000'), $2, $3, $4, $5)`

// RefuseSignIn keeps a refused sign-in for the eyes of its operator; uuid.Nil
// stands for a name that nobody has. It is one statement, the same for all names:
// the time of the answer tells nothing.
func (s *Store) RefuseSignIn(ctx context.Context, operator uuid.UUID, from Origin, at time.Time) error {
	_, err := s.pool.Exec(ctx, addAccountEvent, operator, AccountRefused, at, from.address(), from.agent())
	return meaning(err)
}

// refusedFactors is after how many refused factors in a row owners are told.
const refusedFactors = 10

// RefuseFactor keeps a refused second factor for the eyes of its operator. Every tenth since
// the last sign-in is a notice: someone else may know the password.
func (s *Store) RefuseFactor(ctx context.Context, operator uuid.UUID, from Origin, at time.Time) error {
	return s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		if err := keepAccountEvent(ctx, tx, operator, AccountFactorRefused, from, at); err != nil {
			return err
		}
		var n int
		err := tx.QueryRow(ctx, `
			select count(*) from account_event where operator_id = $1 and kind = $2 and at > coalesce(
				(select max(at) from account_event where operator_id = $1 and kind = $3), '-infinity')`,
			operator, AccountFactorRefused, AccountSignedIn).Scan(&n)
		if err != nil || n%refusedFactors != 0 {
			return err
		}
		return s.notifyEverywhere(ctx, tx, NewNotice{Kind: NoticeWrongCodes, Operator: operator, From: from, At: at})
	})
}

// keepAccountEvent keeps an event for the eyes of its operator.
func keepAccountEvent(ctx context.Context, tx pgx.Tx, operator uuid.UUID, kind string, from Origin,
	at time.Time) error {
	_, err := tx.Exec(ctx, addAccountEvent, operator, kind, at, from.address(), from.agent())
	return err
}

// EnterWorkspace notes that a session is used in the workspace. The first time it is
// written into the workspace's record, without the address: that is between the
// operator and the account page.
func (t *Tx) EnterWorkspace(ctx context.Context, session Session, by Entrance, now time.Time) error {
	done, err := t.tx.Exec(ctx, `
		update session set entered = array_append(entered, $2) where id = $1 and not $2 = any (entered)`, session.ID,
		t.scope.workspace)
	if err != nil || done.RowsAffected() == 0 {
		return err // another request of the session was first
	}
	if by.BreakGlass {
		err := t.Notify(ctx, NewNotice{Kind: NoticeBreakGlass, Operator: session.Operator.ID, From: by.From, At: now})
		if err != nil {
			return err
		}
	}
	return t.Record(ctx, Record{Event: SignedIn, Operator: session.Operator.ID, Summary: by.summary(), At: now})
}

// Entrance says how a session comes into a workspace.
type Entrance struct {
	SignOn     bool // through the workspace's provider
	BreakGlass bool // without the provider, although everyone else needs it: owners get a notice
	From       Origin
}

func (e Entrance) summary() string {
	switch {
	case e.BreakGlass:
		return "Signed in as the break-glass owner, without single sign-on."
	case e.SignOn:
		return "Signed in through single sign-on."
	}
	return "Signed in."
}

// AccountEvents lists the latest events of an operator's account, latest first.
func (s *Store) AccountEvents(ctx context.Context, operator uuid.UUID, limit int) (found []AccountEvent, err error) {
	err = s.asOperator(ctx, operator, func(tx pgx.Tx) error {
		found, err = all[AccountEvent](ctx, tx, `
			select kind, at, address, agent from account_event where operator_id = $1 order by at desc, id desc limit $2`, operator, limit)
		return err
	})
	return found, err
}

// forgetAccountEvents deletes what nobody can look at any more.
func forgetAccountEvents(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx,
		`delete from account_event where at < now() - interval '90 days' or operator_id is null and at < now() - interval '1 day'`)
	return err
}

func (o Origin) address() string { return shortened(o.Address, 64) }
func (o Origin) agent() string   { return shortened(o.Agent, longestAgent) }

// shortened is a text from outside as a column takes it.
func shortened(text string, most int) string {
	runes := []rune(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), ""))
	return string(runes[:min(len(runes), most)])
}
