package run

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Request asks for one execution of an action in an organization.
type Request struct {
	ID           uuid.UUID // from the form; the key against doing it twice
	Scope        store.Scope
	Organization store.Organization // zero for an action of the workspace
	Actor        Actor
	Action       catalog.Action
	Input        catalog.Values
	Ticket       string // number in the MSP's ticket system; may be empty

	// The connection that the form was opened for, see Connection; empty: whatever
	// it is now.
	Opened  string
	Account string // the Duo account that is meant; empty: not named
	For     Served // of an action of the workspace: the organization it is done for
	Reason  string // why it is done after a report of fraud; may be empty
}

// Served is an organization that an action of the workspace is done for, and the name of
// the connection that it must have when the run begins. The zero value is none.
type Served struct {
	Organization uuid.UUID
	Connection   string
}

// Outcome is what came of a run.
type Outcome struct {
	Run     store.Run
	Result  catalog.Result
	Expires time.Time // of the result's secrets; zero: never
}

// Do executes an action once, in four steps: Authorize, Begin, Call and Close. The
// run is committed in the state Sending before Duo is asked and closed after,
// whatever becomes of the caller's context, if the role allows it at the moment of
// committing. If the database is away after Duo answered, Do returns that answer and
// the run is closed later. A change that may have been made is looked for in the
// background, and its run is open until then. A run that waits for a person is still
// open when Do returns: see Live.
//
// Authorize returns ErrForbidden and ErrSilent, and a *NotSent where the database is
// in trouble. Begin returns these too, and *AlreadyRun, ErrOtherInput,
// *ConnectionChanged, *HeldBack, *TooManyPushes, *OverQuota, *NotConnected and, for a ticket that
// the workspace requires, a *catalog.FieldError on TicketField. After all of them
// no change was sent, and beside an *AlreadyRun alone the Outcome has a Run. What
// Call meets is returned by Close, after it is on record: *catalog.FieldError and
// *catalog.RoleError (nothing was changed), and what duo returns, of which
// duo.MayHaveBeenApplied tells how far it came.
func (r *Runner) Do(ctx context.Context, q Request) (Outcome, error) {
	allowed, err := r.Authorize(ctx, q)
	if err != nil {
		return Outcome{}, err
	}
	begun, err := allowed.Begin(ctx)
	if err != nil {
		return Outcome{Run: begun.run}, err
	}
	return begun.Call(ctx).Close(ctx)
}

// attempt is what the steps of one execution hand on.
type attempt struct {
	r           *Runner
	q           Request
	life        *life // of the process that began; it may not send after another one was begun
	client      *duo.Client
	unreachable error // why there is no client

	run     store.Run    // as it was committed
	until   time.Time    // Duo may take so long
	reading error        // why the object could not be read before its change
	called  *atomic.Bool // Duo was asked

	result catalog.Result
	err    error // of the call
}

// Authorized is a request that its actor may make, and the way to Duo. Nothing is
// on record yet.
type Authorized struct{ attempt }

// Begun is a run on record as Sending, for which no change was sent yet. It is
// called and closed by the same process. If that dies before, another one finds out
// what became of it: see Watch.
type Begun struct{ attempt }

// Called is a run with what Duo answered. Its record is open until it is closed.
type Called struct{ attempt }

// Authorize makes sure that the actor's role reaches for the action, as far as the
// request knows, and that this process may begin something. It makes the client with
// the keys that are in use. Nothing is recorded, and Duo is not asked. That the
// organization cannot be reached is said by Begin, which has to say first that a
// form was used before.
func (r *Runner) Authorize(ctx context.Context, q Request) (Authorized, error) {
	if q.Actor.Role < q.Action.LeastRole(q.Input) {
		return Authorized{}, ErrForbidden
	}
	now := r.process.now.Load()
	if !now.fresh() {
		return Authorized{}, ErrSilent
	}
	q.Reason, q.Ticket = reasonOf(q.Reason), text.Line(q.Ticket) // a program's are as it sent them
	if q.Opened == "" {
		var err error
		if q.Opened, _, err = r.Connection(ctx, q.Scope, q.Organization); err != nil {
			return Authorized{}, beforeSending(err)
		}
	}
	client, unreachable := r.clientFor(ctx, q)
	if _, trouble := store.TroubleOf(unreachable); trouble || errors.Is(unreachable, store.ErrNotFound) {
		return Authorized{}, beforeSending(unreachable) // the database is not asked once more
	}
	return Authorized{attempt{r: r, q: q, life: now, client: client, unreachable: unreachable}}, nil
}

// Call asks Duo, once: a second call of the same run panics. It goes on when ctx
// ends, until the time is over that the run's record gives it. What could not be
// read before is not changed, which the record says.
func (b Begun) Call(ctx context.Context) Called {
	if b.called.Swap(true) {
		panic("run: called twice: " + b.run.ID.String())
	}
	ctx, cancel := b.detached(ctx)
	defer cancel()
	defer b.broken(ctx)
	var raw json.RawMessage
	client := b.client.Watched(func(_ duo.Request, a duo.Answer) { raw = a.Response })
	result, err := catalog.Result{}, b.reading
	if err == nil {
		result, err = b.q.Action.Run(ctx, client, b.q.Input)
	}
	if result.Raw == nil {
		result.Raw = raw
	}
	if !b.q.Action.Reads(b.q.Input) {
		b.r.forget(b.q.Scope, b.q.Organization)
	}
	if b.q.Action.Follow != nil && b.run.Subject != "" {
		result.Subject = b.run.Subject
	}
	// A client's users choose the names in Duo; the record is for people.
	result.Subject = catalog.Plain(result.Subject)
	b.client, b.result, b.err = client, result, err
	return Called(b)
}

// Close puts on record what came of a call. It returns when the run is closed, and
// before that if the database is away, if a person has to answer, or if the outcome
// has to be looked for: the run is closed in the background then. Of ctx the values
// count, and neither its end nor its deadline.
func (c Called) Close(ctx context.Context) (Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	defer c.broken(ctx)
	done := Outcome{Run: c.run, Result: c.result}
	done.Run.Facts = c.result.Recorded()
	if c.result.Life > 0 {
		done.Expires = c.run.StartedAt.Add(c.result.Life)
	}
	if c.err == nil && c.result.Pending != "" {
		done.Run.Summary = c.result.Summary
		c.r.follow(ctx, c.q, c.client, c.run, c.result)
		return done, nil
	}
	state, summary := store.Applied, catalog.Plain(c.result.Summary)
	if c.err != nil {
		state, summary = outcome(c.q, c.err)
		if c.result.Summary != "" {
			// The action has several steps, and the first were done.
			summary = catalog.Plain(c.result.Summary) + " " + summary
		}
	}
	done.Run.State, done.Run.Summary = state, catalog.Sentences(summary)
	if state == store.Unknown && c.q.Action.ReadBack != nil {
		done.Run.State = store.Sending
		c.r.doubt(ctx, c.q.Scope, c.run, done.Run.Summary, c.result)
		return done, c.err
	}
	c.r.finish(ctx, c.q.Scope, c.q.ID, store.Ending{
		State: state, Subject: c.result.Subject, Summary: done.Run.Summary, Facts: done.Run.Facts, By: c.life.id})
	return done, c.err
}

// detached is ctx without its end, for what a run asks of Duo: until its time is
// over, and only as long as no other process may take this one for dead.
func (a attempt) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), a.until)
	return a.life.within(ctx), cancel
}

// broken is deferred: it sees to a run whose action panicked, for Duo may have been
// asked by then, and goes on panicking.
func (a attempt) broken(ctx context.Context) {
	p := recover()
	if p == nil {
		return
	}
	const summary = "The console failed while Duo was asked. Duo may have done this."
	if a.q.Action.ReadBack != nil {
		a.r.doubt(ctx, a.q.Scope, a.run, summary, a.result)
	} else {
		a.r.finish(ctx, a.q.Scope, a.q.ID, store.Ending{State: store.Unknown, Summary: summary, By: a.life.id})
	}
	panic(p)
}

// outcome puts an error into the record: refused when Duo certainly did
// nothing, unknown when it may have acted.
func outcome(q Request, err error) (state, summary string) {
	var fault *catalog.FieldError
	var role *catalog.RoleError
	switch {
	case errors.As(err, &fault):
		return store.Refused, "Not done: " + fault.Shown()
	case errors.As(err, &role):
		return store.Refused, "Not done. " + catalog.Plain(role.Error())
	case duo.MayHaveBeenApplied(err) && !q.Action.Reads(q.Input):
		return store.Unknown, "Duo may have done this. " + ExplainFor(q.Organization, q.Action.API, err).Cause
	}
	return store.Refused, ExplainFor(q.Organization, q.Action.API, err).Cause
}

// timeFor is how long Duo may take over a request.
func timeFor(q Request) time.Duration {
	if q.Action.Reads(q.Input) {
		return listTime
	}
	return writeTime
}
