// Package run carries out actions: it decides whether somebody may, records the
// run before Duo is asked, asks, and records the outcome. It also reads from Duo
// what pages show, and validates and maps the workspace's integration. A click
// and an API call both come through here.
package run

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// ErrOtherInput says that a run id was used before with other values: nothing
// was sent.
var ErrOtherInput = errors.New("run: this form was already used for something else")

// AlreadyRun says that the same form was sent before: nothing was sent again,
// and secrets of the first time are not shown again.
type AlreadyRun struct{ Run store.Run }

func (e *AlreadyRun) Error() string { return "run: already carried out as " + e.Run.ID.String() }

// NotSent says that nothing was sent to Duo, because the database was in trouble
// before the run was on record.
type NotSent struct{ Err error }

func (e *NotSent) Error() string { return "run: not sent: " + e.Err.Error() }
func (e *NotSent) Unwrap() error { return e.Err }

// beforeSending makes a *NotSent of trouble in the database.
func beforeSending(err error) error {
	if unconfirmed(err) {
		return &NotSent{err}
	}
	return err
}

// unconfirmed reports whether an error of a transaction leaves open whether it was
// committed: the database was in trouble.
func unconfirmed(err error) bool {
	_, is := store.TroubleOf(err)
	return is || errors.Is(err, context.DeadlineExceeded)
}

// NotConnected says why an organization cannot be reached in Duo: it has no Duo
// account (API is empty), or the keys for that API are not in use: the
// workspace's, or the organization's own.
type NotConnected struct {
	API string
	Own bool
}

func (e *NotConnected) Error() string { return "run: not connected to the " + e.API }

// Actor is who acts, and what they may do in the workspace.
type Actor struct {
	Operator uuid.UUID
	Epoch    int // of the operator, as the session or the token was found with
	Role     catalog.Role
	Token    ByToken // zero: by a page
}

// ByToken says by which access token a program acts.
type ByToken struct {
	ID   uuid.UUID
	Name string
	At   time.Time // of the request
}

// How long Duo may take. A write goes on when its browser has gone, so that no
// outcome is lost to a closed tab.
const (
	ReadTime  = 9 * time.Second // a page has to be there in 10
	writeTime = 20 * time.Second
	listTime  = 30 * time.Second
)

// Runner carries out actions. It is safe for concurrent use.
type Runner struct {
	Store *store.Store
	http  http.RoundTripper
	paced bool
	Now   func() time.Time
	Log   *slog.Logger

	called func(duo.Call)
	turned func(state string)

	Sandbox bool
	shelf   *shelf
	users   held[duo.User]
	phones  held[duo.Phone]
	codes   held[duo.BypassCode]
	groups  held[duo.Group]

	tokens      held[duo.Token]
	credentials held[duo.WebAuthnCredential]
	following   following
	pacers      sync.Map // of workspaces

	process  process
	rhythm   rhythm
	settling settling
	looks    chan struct{} // as many as may be made at once

	grace    context.Context // ends when a run that cannot be closed is given up
	endGrace context.CancelFunc
}

// Config is what a Runner needs.
type Config struct {
	Store   *store.Store
	HTTP    http.RoundTripper // reaches Duo; see duo.NewTransport
	Paced   bool              // calls to each account are spaced out; limits and silence of Duo count in any case
	Now     func() time.Time
	Log     *slog.Logger
	Sandbox bool // hosts of the simulator are accepted

	Heartbeat time.Duration // how often the process writes its heartbeat; 0: HeartbeatEvery

	// For counting; they must be quick and safe for concurrent use, and may be nil.
	Called func(duo.Call)     // of every request that was made of Duo
	Turned func(state string) // of every run: store.Sending, then the state it was closed in, or Unclosed
}

// Unclosed is what Turned gets for a run whose outcome could not be recorded
// before the process had to end: its record stays open.
const Unclosed = "unclosed"

// New makes a Runner.
func New(c Config) *Runner {
	r := &Runner{Store: c.Store, http: fence{c.HTTP}, paced: c.Paced, Now: c.Now, Log: c.Log, Sandbox: c.Sandbox, called: c.Called, turned: c.Turned}
	r.rhythm = rhythm(cmp.Or(c.Heartbeat, HeartbeatEvery))
	if r.called == nil {
		r.called = func(duo.Call) {}
	}
	if r.turned == nil {
		r.turned = func(string) {}
	}
	r.following.runs = map[runKey]*followed{}
	r.following.ctx, r.following.stop = context.WithCancel(context.Background())
	r.shelve()
	r.settling.runs, r.looks = map[runKey]bool{}, make(chan struct{}, lookAtOnce)
	r.grace, r.endGrace = context.WithCancel(context.Background())
	return r
}

// Request asks for one carrying-out of an action in an organization.
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
	Reason  string // why it is done after a report of fraud; may be empty
}

// Outcome is what came of a run.
type Outcome struct {
	Run     store.Run
	Result  catalog.Result
	Expires time.Time // of the result's secrets; zero: never
}

// Do carries out an action once. The run is committed in the state Sending
// before Duo is asked and closed after, whatever becomes of the caller's
// context, if the role allows it at the moment of committing. If the database is
// away after Duo answered, Do returns that answer and the run is closed later. A
// change that may have been made is looked for in the background, and its run is
// open until then. A run that waits
// for a person is still open when Do returns: see Live. Errors: ErrForbidden,
// ErrSilent, *NotSent, *AlreadyRun and ErrOtherInput (nothing was sent), *ConnectionChanged
// (nothing was sent), *catalog.FieldError and *catalog.RoleError (nothing was
// changed), *NotConnected, and what duo returns, of which duo.MayHaveBeenApplied
// tells how far it came.
func (r *Runner) Do(ctx context.Context, q Request) (Outcome, error) {
	if q.Actor.Role < q.Action.LeastRole(q.Input) {
		return Outcome{}, ErrForbidden
	}
	now := r.process.now.Load()
	if !now.fresh() {
		return Outcome{}, ErrSilent
	}
	q.Reason = reasonOf(q.Reason)
	if q.Opened == "" {
		var err error
		if q.Opened, _, err = r.Connection(ctx, q.Scope, q.Organization); err != nil {
			return Outcome{}, beforeSending(err)
		}
	}
	// That there is no way to Duo is said where nothing else is to be said first.
	client, unreachable := r.clientFor(ctx, q)
	if _, trouble := store.TroubleOf(unreachable); trouble || errors.Is(unreachable, store.ErrNotFound) {
		return Outcome{}, beforeSending(unreachable) // the database is not asked once more
	}
	subject := catalog.Plain(r.nameOf(ctx, q))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeFor(q))
	defer cancel()
	ctx = now.within(ctx)
	asked, err := r.askedUser(ctx, q)
	if err != nil {
		return Outcome{}, beforeSending(err)
	}
	before, reading := lookBefore(ctx, q, client, unreachable)
	run := store.Run{Subject: subject, AskedUser: asked, Before: before, ProcessID: &now.id}
	if unreachable == nil {
		run.APIHost = client.Host()
	}
	started, role, err := r.start(ctx, q, run, unreachable)
	if err != nil {
		return Outcome{Run: started}, beforeSending(err)
	}
	q.Input = q.Input.By(role).Recalling(record{r, q})
	var raw json.RawMessage
	client = client.Watched(func(_ duo.Request, a duo.Answer) { raw = a.Response })
	r.turned(store.Sending)
	defer func() {
		if p := recover(); p != nil {
			r.broken(ctx, q, started)
			panic(p)
		}
	}()
	// What could not be read before is not changed either; the record says so.
	result, err := catalog.Result{}, reading
	if reading == nil {
		result, err = q.Action.Run(ctx, client, q.Input)
	}
	if result.Raw == nil {
		result.Raw = raw
	}
	if !q.Action.Reads(q.Input) {
		r.forget(q.Scope, q.Organization)
	}
	if q.Action.Follow != nil && started.Subject != "" {
		result.Subject = started.Subject
	}
	// Names in Duo are whatever somebody made them; the record is for people.
	result.Subject = catalog.Plain(result.Subject)
	done := Outcome{Run: started, Result: result}
	if result.Life > 0 {
		done.Expires = started.StartedAt.Add(result.Life)
	}
	if err == nil && result.Pending != "" {
		done.Run.Summary = result.Summary
		r.follow(ctx, q, client, started, result)
		return done, nil
	}
	state, summary := store.Applied, catalog.Plain(result.Summary)
	if err != nil {
		state, summary = outcome(q, err)
		if result.Summary != "" {
			// The action has several steps, and the first were done.
			summary = catalog.Plain(result.Summary) + " " + summary
		}
	}
	done.Run.State, done.Run.Summary = state, catalog.Sentences(summary)
	if state == store.Unknown && q.Action.ReadBack != nil {
		done.Run.State = store.Sending
		r.doubt(ctx, q.Scope, started, done.Run.Summary, result.Subject)
		return done, err
	}
	r.finish(ctx, q.Scope, q.ID, store.Ending{State: state, Subject: result.Subject, Summary: done.Run.Summary, By: now.id})
	return done, err
}

// broken sees to a run whose action panicked: Duo may have been asked by then.
func (r *Runner) broken(ctx context.Context, q Request, started store.Run) {
	const summary = "The console failed while Duo was asked. Duo may have done this."
	if q.Action.ReadBack != nil {
		r.doubt(ctx, q.Scope, started, summary, "")
		return
	}
	r.finish(ctx, q.Scope, q.ID, store.Ending{State: store.Unknown, Summary: summary, By: *started.ProcessID})
}

// lookBefore reads what the record keeps of the object before it is changed. Where
// Duo is unreachable, or another account is meant than would be read, there will be
// no run.
func lookBefore(ctx context.Context, q Request, client *duo.Client, unreachable error) (before map[string]string, err error) {
	before = map[string]string{}
	other := q.Organization.ID != uuid.Nil && (q.Opened != q.Organization.Connection() || q.Account != "" && q.Account != q.Organization.AccountID)
	if unreachable != nil || other {
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
		facts, err := look(ctx, client, q.Input)
		if err != nil {
			return nil, err
		}
		maps.Copy(before, facts)
	}
	return before, nil
}

// start records the run, unless Duo is unreachable, and returns the role that its
// actor held when it was committed. When its id was used before, it tells whether
// for the same thing. There is a run beside no error, and beside an *AlreadyRun
// alone.
func (r *Runner) start(ctx context.Context, q Request, run store.Run, unreachable error) (store.Run, catalog.Role, error) {
	run.ID, run.AccountID, run.OperatorID, run.Token = q.ID, q.Organization.AccountID, q.Actor.Operator, q.Actor.Token.Name
	run.Action, run.Input, run.Ticket, run.Reason = q.Action.Slug, q.Input.Given(q.Action), q.Ticket, q.Reason
	run.State, run.StartedAt = store.Sending, r.Now()
	run.ConnectionKind, run.Within = q.Organization.Kind, timeFor(q)
	if q.Actor.Token.ID != uuid.Nil {
		run.TokenID = &q.Actor.Token.ID
	}
	if q.Organization.ID != uuid.Nil {
		run.OrganizationID = &q.Organization.ID
	}
	fields := append(q.Input.Ordered(q.Action), "ticket", q.Ticket)
	if q.Reason != "" {
		fields = append(fields, ReasonField, q.Reason)
	}
	begun, role, err := r.begin(ctx, q, run, fields, unreachable)
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

// nameTime bounds how long a question to a person waits for the person's name.
const nameTime = 4 * time.Second

// nameOf is the username of whom a request is about that waits for a person, so
// that its record says so from the start; empty if it is not known in time.
func (r *Runner) nameOf(ctx context.Context, q Request) string {
	id := q.Input.Given(q.Action)["user_id"]
	if q.Action.Follow == nil || id == "" || q.Organization.Connection() != q.Opened {
		return ""
	}
	held, _ := r.users.get(listKeyOf(q.Scope, q.Organization))
	for _, u := range held.Items {
		if string(u.ID) == id {
			return u.Username
		}
	}
	client, err := r.client(ctx, q.Scope, q.Organization)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	user, _ := client.User(ctx, duo.UserID(id)) // without a name, the id stands for the user
	return user.Username
}
