// Package run carries out actions: it decides whether somebody may, records the
// run before Duo is asked, asks, and records the outcome. It also reads from Duo
// what pages show, and validates and maps the workspace's integration. A click
// and an API call both come through here.
package run

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
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

func (e *AlreadyRun) Error() string { return "run: already executed as " + e.Run.ID.String() }

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
	Token    ByToken      // zero: by a page
	Proof    Proof        // of a second factor
	From     store.Origin // of the request: told to owners with what they have to know of
	Ticket   string       // of what changes the console itself, kept with its record; a Request has its own
}

// ByToken says by which access token a program acts.
type ByToken struct {
	ID   uuid.UUID
	Name string
	At   time.Time // of the request
	Acts []string  // actions that it was made for and that take a proof for each act of a page
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
	contacts    contacts

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
	r := &Runner{Store: c.Store, http: fence{c.HTTP}, paced: c.Paced, Now: c.Now, Log: c.Log, Sandbox: c.Sandbox,
		called: c.Called, turned: c.Turned}
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
