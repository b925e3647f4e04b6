package duosim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FaultKind names a way of failing.
type FaultKind string

// The ways of failing. Those marked (*) touch only calls that change or send something.
const (
	NoFault     FaultKind = ""
	RateLimited FaultKind = "rate limited" // 429 with 42901; RetryAfter adds the header
	Down        FaultKind = "down"         // the connection is dropped without an answer
	Unavailable FaultKind = "unavailable"  // 503 with an HTML page, as from a load balancer
	// waits for Delay first; a caller who leaves meanwhile has done nothing
	Slow                FaultKind = "slow"
	Revoked             FaultKind = "revoked"               // no integration key is known: 40102
	ClockOff            FaultKind = "clock off"             // the clock is ahead by Delay (behind if negative)
	PermissionRemoved   FaultKind = "permission removed"    // Grant (all if empty) is missing: 40301
	TrashRefused        FaultKind = "trash refused"         // bulk_send_to_trash and bulk_restore answer 40301
	AnswerLost          FaultKind = "answer lost"           // (*) the change is made, then the connection dropped
	ErrorBeforeApplying FaultKind = "error before applying" // (*) 500, and nothing has changed
	ErrorAfterApplying  FaultKind = "error after applying"  // (*) 500, although the change was made
	FiltersIgnored      FaultKind = "filters ignored"       // lists are answered as if nothing chose their rows
	// calls for one object by id, or for a push, are answered with another one
	OtherObject FaultKind = "other object"
	// (*) the connection is dropped, and the change made when the clock is Delay further
	AppliedLate FaultKind = "applied late"
	// answers FAIL with Code, Message and Detail, and changes nothing
	Refuses FaultKind = "refuses"
)

// FaultKinds are all of them.
var FaultKinds = []FaultKind{
	RateLimited, Down, Unavailable, Slow, Revoked, ClockOff, PermissionRemoved, TrashRefused, AnswerLost,
	ErrorBeforeApplying,
	ErrorAfterApplying, FiltersIgnored, OtherObject, AppliedLate, Refuses,
}

// Fault makes requests fail. The zero value is no fault.
type Fault struct {
	Kind       FaultKind
	Delay      time.Duration `json:",omitempty"` // of Slow, ClockOff and AppliedLate
	RetryAfter time.Duration `json:",omitempty"` // of RateLimited, whole seconds
	Grant      Grant         `json:",omitempty"` // of PermissionRemoved
	WritesOnly bool          `json:",omitempty"` // spares calls that only read
	Path       string        `json:",omitempty"` // spares calls whose path does not begin with it
	Times      int           `json:",omitempty"` // ends after so many requests; 0: lasts until changed

	// Of Refuses. What is left out of them is Duo's usual message, no detail, and the code's own status.
	Code    int    `json:",omitempty"` // such as 40002; 0: 50000
	Message string `json:",omitempty"`
	Detail  string `json:",omitempty"`
	Status  int    `json:",omitempty"` // HTTP status; Duo has been seen to refuse with 200
}

// sentinelUsers are usernames that fail in any account: writes that name such a user (by id or username) meet the
// fault.
var sentinelUsers = map[string]Fault{
	"fault.ratelimited":  {Kind: RateLimited, RetryAfter: 30 * time.Second},
	"fault.answerlost":   {Kind: AnswerLost},
	"fault.error.before": {Kind: ErrorBeforeApplying},
	"fault.error.after":  {Kind: ErrorAfterApplying},
	"fault.trashrefused": {Kind: TrashRefused},
}

// SetFault makes requests to an account fail from now on, whether they come to its host or name its account_id. The
// account is given by id or API host name; Fault{} ends it. It panics when there is no such account.
func (s *Sim) SetFault(accountIDOrHost string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustAccountOrHost(accountIDOrHost).Fault = f
	s.mustSave()
}

// FaultOf returns what the account's next request meets: nothing once a limited fault has been met as often as it may.
// It panics when there is no such account.
func (s *Sim) FaultOf(accountIDOrHost string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustAccountOrHost(accountIDOrHost).Fault
}

func (s *Sim) mustAccountOrHost(name string) *account {
	a := s.accountOrHost(name)
	if a == nil {
		panic("duosim: no account " + name)
	}
	return a
}

func (s *Sim) accountOrHost(name string) *account {
	i := slices.IndexFunc(s.accounts, func(a *account) bool { return a.AccountID == name || a.APIHostname == name })
	if i < 0 {
		return nil
	}
	return s.accounts[i]
}

// takeFault returns the fault that this request meets, and counts it off if it is a limited one.
func (s *Sim) takeFault(req *request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, _, _ := findRoute(req.method, req.path)
	writes := found != nil && found.changes()

	host, target := s.hostAccount(req), s.account(req.params["account_id"])
	for _, a := range []*account{host, target} {
		if a == nil || !a.Fault.meets(writes) || !strings.HasPrefix(req.path, a.Fault.Path) {
			continue
		}
		met := a.Fault
		if a.Fault.Times > 0 {
			a.Fault.Times--
			if a.Fault.Times == 0 {
				a.Fault = Fault{}
			}
		}
		return met
	}
	if target == nil {
		target = host
	}
	if target == nil || !writes {
		return Fault{}
	}
	if f, named := sentinelUsers[strings.ToLower(req.params["username"])]; named {
		return f
	}
	for _, u := range target.Users {
		f, sentinel := sentinelUsers[u.Username]
		if sentinel && (strings.Contains(req.path, u.UserID) ||
			strings.Contains(req.params["user_id_list"], u.UserID)) {
			return f
		}
	}
	return Fault{}
}

func (f Fault) meets(writes bool) bool {
	switch f.Kind {
	case NoFault:
		return false
	case AnswerLost, ErrorBeforeApplying, ErrorAfterApplying, AppliedLate:
		return writes
	}
	return writes || !f.WritesOnly
}

// delayed is a change that waits for its moment.
type delayed struct {
	due  time.Time
	call *call
}

// applyLate makes the changes that were put off and whose moment has come. What it finds then decides over their
// success; nobody is told.
func (s *Sim) applyLate() {
	now := s.now()
	for i := 0; i < len(s.late); i++ {
		if l := s.late[i]; !now.Before(l.due) {
			s.late = slices.Delete(s.late, i, i+1)
			i--
			l.call.now = now
			l.call.account.expire(now)
			_, _ = l.call.run()
		}
	}
}

// before plays the faults that strike ahead of any work, and tells whether the request goes on.
func (f Fault) before(w http.ResponseWriter, r *http.Request, now time.Time) bool {
	switch f.Kind {
	case Down:
		panic(http.ErrAbortHandler)
	case Unavailable:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(
			[]byte(
				"<html><body><h1>503 Service Unavailable</h1>No server is available to handle this request.</body></html>\n"))
		return false
	case RateLimited:
		refused(&refusal{code: 42901, retryAfter: f.RetryAfter}).write(w, r.Method, now)
		return false
	case ErrorBeforeApplying:
		refused(refuse(50001)).write(w, r.Method, now)
		return false
	case Refuses:
		no := &refusal{code: cmp.Or(f.Code, 50000), message: f.Message, detail: f.Detail, status: f.Status}
		refused(no).write(w, r.Method, now)
		return false
	case Slow:
		wait := time.NewTimer(f.Delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	return true
}

// after spoils the answer to a request that has changed something.
func (f Fault) after(a *answer) {
	switch f.Kind {
	case AnswerLost:
		panic(http.ErrAbortHandler)
	case ErrorAfterApplying:
		*a = refused(refuse(50001))
	}
}
