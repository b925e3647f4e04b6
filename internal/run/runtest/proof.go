package runtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// Do is Runner.Do, with the second factor that the action asks for.
func (d *Desk) Do(t testing.TB, q run.Request) (run.Outcome, error) { return d.DoBy(t, d.Runner, q) }

// DoBy is Do by another Runner.
func (d *Desk) DoBy(t testing.TB, by *run.Runner, q run.Request) (done run.Outcome, err error) {
	err = d.Proving(t.Context(), t, q.Actor, func(actor run.Actor) error {
		q.Actor = actor
		done, err = by.Do(t.Context(), q)
		return err
	})
	return done, err
}

// Proving is the function of that name with the Desk's database and clock.
func (d *Desk) Proving(ctx context.Context, t testing.TB, actor run.Actor, act func(run.Actor) error) error {
	return Proving(ctx, t, d.DB, d.Clock.Now(), actor, act)
}

// Proving acts. When the act asks for a second factor, it is proved in a session of its own
// and the act begins again.
func Proving(ctx context.Context, t testing.TB, db storetest.DB, now time.Time, actor run.Actor,
	act func(run.Actor) error) error {
	err := act(actor)
	wanted, is := errors.AsType[*run.ProofWanted](err)
	if !is {
		return err
	}
	token := sha256.Sum256([]byte(rand.Text()))
	operator := store.Operator{ID: actor.Operator, Epoch: actor.Epoch}
	opening := db.Opening(t, operator, token[:], now, now.Add(time.Hour))
	if err := db.StartSession(ctx, opening, now); err != nil {
		return err
	}
	session, err := db.FindSession(ctx, token[:], now, time.Hour)
	if err != nil {
		return err
	}
	actor.Proof = run.Proof{Session: session.ID, At: now}
	if actor.Proof.Act, _, err = db.ProveAct(ctx, session, opening.Proof, wanted.Digest, store.Renewal{}, now); err != nil {
		return err
	}
	return act(actor)
}
