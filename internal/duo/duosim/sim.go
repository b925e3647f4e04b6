// Package duosim is a small Duo that runs on this machine: the Accounts, Admin and Auth APIs over HTTP or HTTPS, for
// development, for tests and for trying the console without a Duo account.
//
// It checks every signature with code of its own, so a mistake in the console's client cannot hide in a shared helper;
// it keeps parents, children, users, phones and codes in memory (and in a file if asked); and it fails on request, so
// that every error a technician may meet can be produced at will. What is known to differ from Duo is listed in README.md.
package duosim

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
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

// Options say what a new Sim starts with.
type Options struct {
	Estate    string           // EstateNone, EstateEmpty or EstateDemo
	Now       func() time.Time // nil: time.Now
	StateFile string           // "": memory only; else read at start (Estate is then ignored) and rewritten after every change
	Window    time.Duration    // tolerated clock difference; 0: DefaultWindow
}

// Sim is a Duo service with all its accounts. It is an http.Handler; all methods may be called concurrently.
type Sim struct {
	now       func() time.Time
	window    time.Duration
	stateFile string

	mu       sync.Mutex // guards everything below, and every account reached through it
	ids      identifiers
	accounts []*account // in order of creation
	ledger   []Effect
	outbox   []Message
	calls    map[string]int // by account_id
}

// New returns a simulator holding the state file's accounts, or those of the estate when there is no such file yet.
// It fails on an unknown estate and on a state file that cannot be read or written.
func New(o Options) (*Sim, error) {
	s := &Sim{now: o.Now, window: o.Window, stateFile: o.StateFile, ids: identifiers{rand.Reader}, calls: map[string]int{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.window == 0 {
		s.window = DefaultWindow
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
	ans := s.answer(req, fault, now)
	if ans.changed {
		fault.after(&ans)
	}
	ans.write(w, req.method, now)
}

// call is one authenticated request on its way through a handler.
type call struct {
	sim     *Sim
	req     *request
	app     *application
	account *account          // the account acted on: the one behind the keys, or the child named by account_id
	path    map[string]string // the {names} of the route's pattern
	fault   Fault
	now     time.Time

	metadata map[string]any // paging, filled by page
	effects  []Effect
}

func (s *Sim) answer(req *request, fault Fault, now time.Time) answer {
	if req.method == http.MethodGet && req.path == "/auth/v2/ping" {
		return ok(map[string]any{"time": now.Unix()})
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	host := s.hostAccount(req)
	app, no := s.authenticate(req, host, fault, now)
	if no != nil {
		return refused(no)
	}
	c := &call{sim: s, req: req, app: app, fault: fault, now: now}
	response, no := c.run(host)
	if no != nil {
		return refused(no)
	}
	ans := ok(response)
	ans.metadata = c.metadata
	if len(c.effects) > 0 {
		ans.changed = true
		s.ledger = append(s.ledger, c.effects...)
		if err := s.save(); err != nil {
			return refused(&refusal{code: 50001, detail: err.Error()})
		}
	}
	return ans
}

func (c *call) run(host *account) (any, *refusal) {
	no := c.chooseAccount(host)
	c.sim.calls[c.account.AccountID]++
	if no != nil {
		return nil, no
	}
	c.account.expire(c.now)
	route, known, path := findRoute(c.req.method, c.req.path)
	if route != nil && !c.granted(route.grant) {
		return nil, refuse(40301)
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
	c.path = path
	return route.handle(c)
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
