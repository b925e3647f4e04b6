package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// TooManyPushes says that a person was asked often enough: nothing was sent.
type TooManyPushes struct {
	Open  *store.Push   // a verification that waits for its answer; nil: it is about how many there were
	Count int           // pushes in the last 10 minutes, by all operators together
	Most  int           // for the role of the operator
	Wait  time.Duration // until the next can be sent
}

func (e *TooManyPushes) Error() string {
	if e.Open != nil {
		return "run: a verification of this user is open"
	}
	return fmt.Sprintf("run: %d pushes in %s", e.Count, catalog.PushQuota.Window)
}

// Begin commits the run as Sending, if the role, the connection, reports of fraud, the
// workspace's rule for tickets, earlier pushes and quotas allow it at the moment of committing. Before that it reads
// from Duo what the record keeps of the object. ctx may end only that; once Duo is asked, it
// counts no longer.
func (a Authorized) Begin(ctx context.Context) (Begun, error) {
	r, q := a.r, a.q
	subject := catalog.Plain(r.nameOf(ctx, q))
	a.until = time.Now().Add(timeFor(q))
	ctx, cancel := a.detached(ctx)
	defer cancel()
	asked, err := r.askedUser(ctx, q)
	if err != nil {
		return Begun{}, beforeSending(err)
	}
	run := store.Run{Subject: subject, AskedUser: asked, ProcessID: &a.life.id}
	run.Before, a.reading = a.lookBefore(ctx)
	if a.unreachable == nil {
		run.APIHost = a.client.Host()
	}
	var role catalog.Role
	if a.run, role, err = a.start(ctx, run); err != nil {
		r.NoteQuota(ctx, q.Scope.Workspace(), q.Actor, store.Record{Organization: q.Organization.ID,
			AccountID: q.Organization.AccountID, Subject: subject, Ticket: q.Ticket}, err)
		return Begun{attempt{run: a.run}}, beforeSending(err)
	}
	a.q.Input, a.called = q.Input.By(role).Recalling(record{r, q}), new(atomic.Bool)
	r.turned(store.Sending)
	return Begun(a), nil
}

// lookBefore reads what the record keeps of the object before it is changed. Where
// Duo is unreachable, or another account is meant than would be read, there will be
// no run.
func (a Authorized) lookBefore(ctx context.Context) (before map[string]string, err error) {
	q, before := a.q, map[string]string{}
	other := q.Organization.ID != uuid.Nil && (q.Opened != q.Organization.Connection() ||
		q.Account != "" && q.Account != q.Organization.AccountID)
	if a.unreachable != nil || other {
		return before, nil
	}
	var looks []func(context.Context, *duo.Client, catalog.Values) (map[string]string, error)
	if q.Action.Before != nil {
		looks = append(looks, q.Action.Before)
	}
	if q.Action.ReadBack != nil {
		looks = append(looks, q.Action.ReadBack.Look)
	}
	for _, look := range looks {
		facts, err := look(ctx, a.client, q.Input)
		if err != nil {
			return nil, err
		}
		maps.Copy(before, facts)
	}
	return before, nil
}

// start commits the run and returns it, with the role that its actor held then. When
// its id was used before, the error says whether for the same thing. There is a run
// beside no error, and beside an *AlreadyRun alone.
func (a Authorized) start(ctx context.Context, run store.Run) (store.Run, catalog.Role, error) {
	r, q := a.r, a.q
	run.ID, run.AccountID, run.OperatorID, run.Token = q.ID, q.Organization.AccountID, q.Actor.Operator,
		q.Actor.Token.Name
	run.Action, run.Input, run.Ticket, run.Reason = q.Action.Slug, q.Input.Given(q.Action), q.Ticket, q.Reason
	run.State, run.StartedAt = store.Sending, r.Now()
	run.ConnectionKind, run.Within = q.Organization.Kind, timeFor(q)
	if q.Actor.Token.ID != uuid.Nil {
		run.TokenID = &q.Actor.Token.ID
	}
	if q.Organization.ID != uuid.Nil {
		run.OrganizationID = &q.Organization.ID
	}
	fields := fieldsOf(q)
	begun, role, err := a.commit(ctx, run, fields)
	switch {
	case err == nil:
		return begun, role, nil
	case unconfirmed(err):
		r.cancel(ctx, q.Scope, run)
		return store.Run{}, 0, err
	case !store.IsConflict(err, "run_pkey"):
		return store.Run{}, 0, err
	}
	var earlier store.Run
	var same bool
	err = r.Store.InWorkspace(ctx, q.Scope, func(tx *store.Tx) error {
		var err error
		earlier, err = tx.Run(ctx, q.ID)
		same = err == nil && tx.SameRun(earlier, run, fields)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && !same:
		return store.Run{}, 0, ErrOtherInput
	case err != nil:
		return store.Run{}, 0, err
	}
	return earlier, 0, &AlreadyRun{Run: earlier}
}

// fieldsOf are all submitted values of a request, in a fixed order.
func fieldsOf(q Request) []string {
	fields := append(q.Input.Ordered(q.Action), "ticket", q.Ticket)
	if q.Reason != "" {
		fields = append(fields, ReasonField, q.Reason)
	}
	return fields
}

// commit commits a run as sending, unless something speaks against it at that
// moment: the role, the connection, a report of fraud, a ticket that is missing, or
// pushes to the same person, or a quota. It returns the run as it was committed. Of errors, one on "run_pkey"
// comes first: it answers a form that was sent before.
func (a Authorized) commit(ctx context.Context, run store.Run, fields []string) (store.Run, catalog.Role, error) {
	r, q := a.r, a.q
	people := map[string]reported{}
	for {
		begun := run
		var role catalog.Role
		err := r.Store.InWorkspace(ctx, q.Scope, func(tx *store.Tx) (err error) {
			if role, err = May(ctx, tx, q.Actor, q.Action.LeastRole(q.Input)); err != nil {
				return err
			}
			held := r.decide(ctx, tx, q, &begun, people)
			if held != nil && !errors.As(held, new(*HeldBack)) && !errors.As(held, new(*unknownPeople)) {
				return held
			}
			if err := tx.StartRun(ctx, begun, fields); err != nil {
				return err
			}
			if err := holdConnection(ctx, tx, q); err != nil {
				return err
			}
			if held != nil || a.unreachable != nil {
				return cmp.Or(held, a.unreachable)
			}
			if err := askTicket(ctx, tx, q); err != nil {
				return err
			}
			if err := r.countPushes(ctx, tx, q, min(role, q.Actor.Role), begun); err != nil {
				return err
			}
			if err := r.useQuotas(ctx, tx, q, role, begun); err != nil {
				return err
			}
			if err := r.proveRun(ctx, tx, q); err != nil || !q.Action.Alone {
				return err
			}
			return tx.Alone(ctx, begun)
		})
		unknown, is := errors.AsType[*unknownPeople](err)
		if !is {
			return begun, min(role, q.Actor.Role), err
		}
		// Duo is asked with no transaction open; then everything is judged again.
		if err := r.lookUp(ctx, q, unknown.frauds, people); err != nil {
			return run, 0, err
		}
	}
}

// countPushes keeps a person from being asked while a verification is open, or
// more often than is good.
func (r *Runner) countPushes(ctx context.Context, tx *store.Tx, q Request, role catalog.Role, run store.Run) error {
	if !q.Action.AsksAPerson(q.Input) {
		return nil
	}
	sent, err := tx.LockPushes(ctx, run, run.StartedAt.Add(-catalog.PushQuota.Window))
	if err != nil {
		return err
	}
	quotas, err := QuotasOf(ctx, tx)
	if err != nil {
		return err
	}
	most := quotas.Most(catalog.PushQuota, role)
	for _, p := range sent {
		if p.Open && p.Action == run.Action && run.Action == catalog.VerifyCaller {
			return &TooManyPushes{Open: &p, Count: len(sent), Most: most,
				Wait: waitSince(p.StartedAt, q.Action.Patience, run.StartedAt)}
		}
	}
	if len(sent) >= most {
		return &TooManyPushes{Count: len(sent), Most: most,
			Wait: waitSince(sent[most-1].StartedAt, catalog.PushQuota.Window, run.StartedAt)}
	}
	return nil
}

// waitSince is how long it is until a time after a moment has gone by; the moment may be
// of another process, whose clock is ahead.
func waitSince(since time.Time, long time.Duration, now time.Time) time.Duration {
	return min(max(since.Add(long).Sub(now), time.Second), long)
}
