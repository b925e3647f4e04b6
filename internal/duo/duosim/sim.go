// Package duosim is a small Duo that runs on this machine: the Accounts, Admin and Auth APIs over HTTP or HTTPS, for
// development, for tests and for trying the console without a Duo account.
//
// It checks every signature with code of its own, so a mistake in the console's client cannot hide in a shared helper;
// it keeps parents, children, users, phones and codes in memory (and in a file if asked); and it fails on request, so
// that every error a technician may meet can be produced at will. What is known to differ from Duo is listed in
// README.md.
package duosim

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Estates that New can start with.
const (
	EstateNone  = ""      // no account at all: tests add what they need
	EstateEmpty = "empty" // one parent with its three applications
	EstateDemo  = "demo"  // the fictional MSP described in README.md, the same on every machine
)

// Domain is the DNS suffix of every simulated API host name; `*.localhost` never leaves the machine.
const Domain = "duosim.localhost"

// DefaultWindow is how far a request's date may be from the simulator's clock, the figure of Duo's own test server.
const DefaultWindow = 300 * time.Second

// DefaultHold is how long a poll of auth_status waits before it answers that nothing has changed.
const DefaultHold = 10 * time.Second

// Options say what a new Sim starts with.
type Options struct {
	Estate string           // EstateNone, EstateEmpty or EstateDemo
	Now    func() time.Time // nil: time.Now
	// "": memory only; else read at start (Estate is then ignored) and rewritten after every change
	StateFile string
	Window    time.Duration // tolerated clock difference; 0: DefaultWindow
	Hold      time.Duration // how long auth_status waits for news; 0: DefaultHold
	Rates     bool          // whether calls per minute are limited, as Duo does; see rates.go
	LogDelay  time.Duration // how old an event is before the logs show it; Duo takes about two minutes
}

// Sim is a Duo service with all its accounts. It is an http.Handler; all methods may be called concurrently.
type Sim struct {
	clock     func() time.Time
	shift     atomic.Int64 // nanoseconds that MoveClock has added to the clock
	window    time.Duration
	hold      time.Duration
	logDelay  time.Duration
	stateFile string

	mu       sync.Mutex    // guards everything below, and every account reached through it
	news     chan struct{} // closed and replaced whenever somebody who waits for an answer should look again
	ids      identifiers
	accounts []*account // in order of creation
	ledger   []Effect
	outbox   []Message
	calls    map[string]int // by account_id
	late     []delayed
	waiting  int                    // requests that wait for an answer
	counting bool                   // whether calls per minute are limited
	counters map[string][]time.Time // of the last minute, by account and family
}

// New returns a simulator holding the state file's accounts, or those of the estate when there is no such file yet.
// It fails on an unknown estate and on a state file that cannot be read or written.
func New(o Options) (*Sim, error) {
	s := &Sim{
		clock: o.Now, window: cmp.Or(o.Window, DefaultWindow), hold: cmp.Or(o.Hold, DefaultHold), logDelay: o.LogDelay,
		stateFile: o.StateFile, ids: identifiers{rand.Reader}, calls: map[string]int{}, news: make(chan struct{}),
		counting: o.Rates, counters: map[string][]time.Time{},
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	found, err := s.load()
	if err != nil || found {
		return s, err
	}
	switch o.Estate {
	case EstateNone:
	case EstateEmpty:
		s.addParent("Sandbox MSP")
	case EstateDemo:
		s.buildDemo()
	default:
		return nil, fmt.Errorf("duosim: unknown estate %q (want %q or %q)", o.Estate, EstateEmpty, EstateDemo)
	}
	return s, s.save()
}

const maxBody = 8 << 20

// ServeHTTP answers one API request in Duo's order: host, credentials, date, key, signature, kind of application,
// permission, method, existence, parameters.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlsPath) {
		s.controls(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req := readRequest(r, body)
	fault := s.takeFault(req)
	now := s.now()
	if fault.Kind == ClockOff {
		now = now.Add(fault.Delay)
	}
	if !fault.before(w, r, now) {
		return
	}
	ans := s.answer(r.Context(), req, fault, now)
	if ans.changed {
		fault.after(&ans)
	}
	ans.write(w, req.method, now)
}

// now is the simulator's time: its clock's, moved by as much as MoveClock was told.
func (s *Sim) now() time.Time { return s.clock().Add(time.Duration(s.shift.Load())) }

// call is one authenticated request on its way through a handler.
type call struct {
	sim     *Sim
	req     *request
	app     *application
	account *account // the account acted on: the one behind the keys, or the child named by account_id
	route   *route
	path    map[string]string // the {names} of the route's pattern
	fault   Fault
	now     time.Time

	metadata map[string]any // paging, filled by page
	effects  int            // how many entries of the ledger are this call's
	later    later          // set by a handler whose answer has to wait
	wake     time.Time      // when later should look without being told; zero: never
}

func (s *Sim) answer(ctx context.Context, req *request, fault Fault, now time.Time) answer {
	if req.method == http.MethodGet && req.path == "/auth/v2/ping" {
		return ok(map[string]any{"time": now.Unix()})
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	s.applyLate()
	host := s.hostAccount(req)
	app, no := s.authenticate(req, host, fault, now)
	if no != nil {
		return refused(no)
	}
	c := &call{sim: s, req: req, app: app, fault: fault, now: now}
	no = c.chooseAccount(host)
	s.calls[c.account.AccountID]++
	if no != nil {
		return refused(no)
	}
	if fault.Kind == AppliedLate {
		s.late = append(s.late, delayed{now.Add(fault.Delay), c})
		panic(http.ErrAbortHandler)
	}
	c.account.expire(c.now)
	response, no := c.run()
	if c.later != nil && no == nil {
		response, no = c.wait(ctx)
	}
	if c.effects > 0 {
		if err := s.save(); err != nil {
			return refused(&refusal{code: 50001, detail: err.Error()})
		}
	}
	if no != nil {
		return refused(no)
	}
	ans := ok(response)
	ans.metadata, ans.changed = c.metadata, c.effects > 0
	return ans
}

func (c *call) run() (any, *refusal) {
	if no := lacking(c.req.method, c.req.path); no != nil {
		return nil, no
	}
	route, known, path := findRoute(c.req.method, c.req.path)
	if route != nil && !c.granted(route.grant) {
		return nil, refuse(40301)
	}
	if route != nil {
		if wait, over := c.limited(route); over {
			return nil, &refusal{code: 42901, retryAfter: wait}
		}
	}
	if route == nil && known {
		return nil, refuse(40501)
	}
	if route == nil {
		return nil, refuse(40401)
	}
	if c.req.malformed != nil {
		return nil, c.req.malformed
	}
	c.route, c.path = route, path
	if no := c.misshapen(); no != nil {
		return nil, no
	}
	return c.answer()
}

// hostAccount picks the account by Host header. A name of ours that belongs to nobody (a deleted child's, say) picks
// none; any other name, such as 127.0.0.1, falls back to the integration key and then to account_id.
func (s *Sim) hostAccount(req *request) *account {
	for _, a := range s.accounts {
		if a.APIHostname == req.hostname {
			return a
		}
	}
	if strings.HasSuffix(req.hostname, "."+Domain) {
		return nil
	}
	for _, a := range s.accounts {
		if a.application(req.integrationKey) != nil {
			return a
		}
	}
	return s.account(req.params["account_id"])
}

// chooseAccount decides which account the call acts on and whether this application may: the kind of application
// against the path, then the rules for account_id. It always sets c.account, so that refused calls are counted too.
func (c *call) chooseAccount(host *account) *refusal {
	own := c.sim.owner(c.app)
	c.account = own
	id, named := c.req.params["account_id"]
	onAdmin := strings.HasPrefix(c.req.path, "/admin/")
	if onAdmin && named {
		if target := c.sim.account(id); target != nil {
			c.account = target
		}
	}
	switch {
	case strings.HasPrefix(c.req.path, "/auth/") && c.app.Type != AuthAPI:
		return &refusal{code: 40301, detail: "Wrong integration type for this API."}
	case strings.HasPrefix(c.req.path, "/accounts/") && c.app.Type != AccountsAPI,
		onAdmin && c.app.Type == AuthAPI:
		return refuse(40301)
	case !onAdmin:
		return nil
	case c.app.Type == AdminAPI:
		if named && id != own.AccountID { // our choice: Duo's answer to a foreign account_id is not known
			return refuse(40301)
		}
		return nil
	}
	// From here on the Accounts API application of a parent calls the Admin API. Codes are our choice.
	switch {
	case !named:
		return refuse(40301)
	case c.account.AccountID != id:
		return refuse(40002, "account_id")
	case c.account.ParentID != own.AccountID:
		return refuse(40301)
	case host != own && host != c.account:
		return refuse(40301)
	case host == own && c.account.OtherDeployment:
		return &refusal{code: 40002, message: crossDeployment}
	}
	return nil
}

const crossDeployment = "Cross-deployment Admin API usage through Accounts API is currently not available, " +
	"please refer to: https://duo.com/docs/accountsapi#using-accounts-api-with-admin-api"

func (c *call) granted(grant Grant) bool {
	if grant == "" {
		return true
	}
	if c.fault.Kind == PermissionRemoved && (c.fault.Grant == "" || c.fault.Grant == grant) {
		return false
	}
	return c.app.Type == AccountsAPI || slices.Contains(c.app.Grants, grant)
}
