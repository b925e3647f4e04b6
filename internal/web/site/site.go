// Package site admits requests and answers them: who asks, what they may reach, how pages,
// files, streams and errors are answered. It knows HTTP and no SQL, and none of the rooms: each
// room gives it rows of the route table. A request goes through the middleware, then allow, then
// one handler; whatever goes wrong ends in errors.go.
package site

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"duodesk/internal/run"
	"duodesk/internal/run/factors"
	"duodesk/internal/run/members"
	"duodesk/internal/run/plan"
	"duodesk/internal/run/setup"
	"duodesk/internal/run/signon"
	"duodesk/internal/store"
)

// Config is what a Site needs.
type Config struct {
	Store     *store.Store
	Runner    *run.Runner
	Factors   *factors.Desk
	Log       *slog.Logger // see LogHandler
	Now       func() time.Time
	PublicURL *url.URL      // where browsers find the console; requests for another host are refused
	Idle      time.Duration // a session ends after so long without a request
	Longest   time.Duration // and after so long in any case
	Sandbox   bool          // Duo is the simulator: every page says so

	// TrustedProxies are believed when they say who asks; any other peer is taken
	// for who it is.
	TrustedProxies []netip.Prefix

	AskingAfter time.Duration // a page says that Duo is being asked when it has waited so long; 0: a second

	StallTime time.Duration // a file is cut off if its reader takes nothing for so long; 0: 30 seconds

	RefusalWindow time.Duration // in which refusals of an operator are counted together; 0: five minutes

	RefusalPause time.Duration // before a stranger is told to be too fast; 0: a second

	Served func(Served) // is told of every request, for counting; may be nil
}

// Served is a request that was answered.
type Served struct {
	Route  string // its pattern, such as "/w/:ws/o/:org"; "none" if it came to no route
	Method string // GET, HEAD, POST or "other"
	Status int    // of HTTP
	Cut    bool   // the answer broke off
	Took   time.Duration
}

// Site answers the console's requests.
type Site struct {
	Config
	Setup    *setup.Runner
	Members  *members.Runner
	Plans    *plan.Runner
	Sessions *sessionStore
	Crowd    *crowd
	SignOn   *signon.Desk
	ready    readiness
	pace     Buckets // of access tokens, by id
	refusals Buckets // of notes about access tokens that are not admitted, by id
	Streams  streams
}

// New makes a Site.
func New(c Config) *Site {
	crowd := newCrowd(c)
	return &Site{Config: c, Setup: setup.New(c.Runner), Members: members.New(c.Runner), Plans: plan.New(c.Runner),
		SignOn: signon.New(c.Store, c.Now, c.PublicURL, c.Sandbox), Crowd: crowd, pace: newPace(),
		refusals: Buckets{Limit: rate.Every(time.Minute), Burst: 1}, Sessions: newSessionStore(c, crowd)}
}

// Handler serves the rows of the route table. It panics when it
// holds a row without a policy.
func (s *Site) Handler(rows []Route) http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = whoAsks(s.TrustedProxies)
	e.HTTPErrorHandler = s.answerError
	for _, r := range rows {
		if r.Policy == (Policy{}) {
			panic("site: no policy for " + r.String())
		}
		e.Add(r.Method, r.Path, s.allow(r))
		if r.Method == http.MethodGet {
			e.Add(http.MethodHead, r.Path, s.allow(r)) // is asked as GET, see asGet; this is for the header Allow
		}
	}
	return s.surround(e)
}
