package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// SignOn is the kind of a Proof that the provider of a workspace gave. It counts in that
// workspace only, and no session carries it as its own factor.
const SignOn = "single sign-on"

// SignedOn says through which providers a session was proved: the id of each, and the Unix
// second at which it last authenticated the operator; 0: it did not say.
type SignedOn map[string]int64

// By returns the proof of a provider. Its time is zero where the provider gave none. ok
// reports whether there is a proof; uuid.Nil, which is no provider, has none.
func (s SignedOn) By(provider uuid.UUID) (proof Proof, ok bool) {
	at, ok := s[provider.String()]
	if !ok || provider == uuid.Nil {
		return Proof{}, false
	}
	proof.Kind = SignOn
	if at != 0 {
		proof.At = time.Unix(at, 0)
	}
	return proof, true
}

// SignOnRule says which sessions a workspace admits. The zero value is of one without single
// sign-on.
type SignOnRule struct {
	Provider   uuid.UUID // uuid.Nil: there is none
	BreakGlass uuid.UUID // the owner who needs no provider while all others do; uuid.Nil: it is not required
}

func ruleOf(provider, breakGlass *uuid.UUID) (r SignOnRule) {
	if provider != nil {
		r.Provider = *provider
	}
	if breakGlass != nil {
		r.BreakGlass = *breakGlass
	}
	return r
}

// Required reports whether everyone but the break-glass owner has to come through the provider.
func (r SignOnRule) Required() bool { return r.BreakGlass != uuid.Nil }

// Through is a sign-in that the provider of a workspace has vouched for.
type Through struct {
	Workspace       uuid.UUID
	Provider        uuid.UUID // as it was when the token was checked
	Version         int       // of the settings, as they were when the browser was sent
	Issuer, Subject string
	At              time.Time // of authentication at the provider; zero: it did not say
}

// through makes sure, in the transaction that starts a session, that the link is the
// operator's and the settings are those that the token was checked with, and adds the
// provider to what the session opens. Without a session of before, the new one opens nothing
// else. It returns ErrEnded if link, membership or settings have changed since.
func (s *Store) through(ctx context.Context, tx pgx.Tx, o *Opening, now time.Time) error {
	t := o.Through
	if _, err := s.enter(ctx, tx, WholeWorkspace(t.Workspace)); err != nil {
		return err
	}
	var role string
	err := tx.QueryRow(ctx, `
		select m.role from sign_on_link l
		join sign_on p on p.workspace_id = l.workspace_id and p.issuer = l.issuer
		join workspace w on w.id = l.workspace_id
		join membership m on m.workspace_id = l.workspace_id and m.operator_id = l.operator_id
		where l.`+inWorkspace+` and l.operator_id = $1 and l.issuer = $2 and l.subject = $3
		and w.sign_on_provider = $4 and p.version = $5 and m.disabled_at is null for share of l, p`,
		o.Operator.ID, t.Issuer, t.Subject, t.Provider, t.Version).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrEnded
	}
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`update sign_on_link set used_at = $2 where `+inWorkspace+` and operator_id = $1`, o.Operator.ID, now)
	if role == "owner" {
		batch.Queue(`update sign_on set proved_at = $1 where `+inWorkspace, now)
	}
	if o.Before == nil {
		o.borrowed = true
	}
	if o.SignedOn == nil {
		o.SignedOn = SignedOn{}
	}
	o.SignedOn[t.Provider.String()] = 0
	if !t.At.IsZero() {
		o.SignedOn[t.Provider.String()] = t.At.Unix()
	}
	// A sign-in of its own there: a membership that changed before ended the session of before.
	o.Barred, o.Entered = without(o.Barred, t.Workspace), without(o.Entered, t.Workspace)
	return tx.SendBatch(ctx, batch).Close()
}

func without(ids []uuid.UUID, id uuid.UUID) (rest []uuid.UUID) {
	for _, each := range ids {
		if each != id {
			rest = append(rest, each)
		}
	}
	return rest
}

// dropOldest keeps the number of an operator's sessions bounded. Those of a provider are
// counted for themselves: it could otherwise end the operator's own, and other providers'.
func (o *Opening) dropOldest(batch *pgx.Batch) {
	provider := ""
	if o.borrowed && o.Through != nil {
		provider = o.Through.Provider.String()
	}
	batch.Queue(`
		delete from session where operator_id = $1 and id in (
			select id from session where operator_id = $1 and ($3 = '' and own or $3 <> '' and not own and sign_on ? $3)
			order by created_at desc, id offset $2)`, o.Operator.ID, mostSessions, provider)
}
