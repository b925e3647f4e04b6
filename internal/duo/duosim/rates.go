package duosim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// rate is a family of calls with how many of them an account gets in a minute. The figures are those that Duo's people
// and documentation have named; that they count per account is our choice.
type rate struct {
	family string
	most   int
}

const rateWindow = time.Minute

var (
	rateLogs    = rate{"logs", 50}
	rateBulk    = rate{"bulk", 50}
	rateChange  = rate{"changes", 300}
	rateOne     = rate{"single objects", 300}
	ratePage    = rate{"pages", 200}
	rateUnpaged = rate{"whole lists", 40}
)

// lookups are the parameters that turn a list into the search for one object or a few.
var lookups = []string{"username", "email", "user_id_list", "username_list", "group_id_list", "number", "serial"}

// rateOf tells the family of a call; none is known for the Accounts and Auth APIs, settings and billing.
func (c *call) rateOf(r *route) (rate, bool) {
	switch {
	case !strings.HasPrefix(r.pattern, "/admin/"), r.grant == "", r.grant == Settings:
		return rate{}, false
	case strings.Contains(r.pattern, "/logs/"):
		return rateLogs, true
	case r.pattern == "/admin/v1/bulk":
		return rateBulk, true
	case r.method != http.MethodGet:
		return rateChange, true
	case strings.HasSuffix(r.pattern, "}") || strings.Contains(r.pattern, "/info/") ||
		slices.ContainsFunc(lookups, c.given):
		return rateOne, true
	case c.given("limit") || c.given("offset"):
		return ratePage, true
	}
	return rateUnpaged, true
}

// limited counts a call, and tells how long to wait when the last minute had too many of its family already.
func (c *call) limited(r *route) (wait time.Duration, over bool) {
	family, counted := c.rateOf(r)
	if !counted || !c.sim.counting {
		return 0, false
	}
	key := c.account.AccountID + " " + family.family
	recent := slices.DeleteFunc(c.sim.counters[key], func(at time.Time) bool { return c.now.Sub(at) >= rateWindow })
	if len(recent) >= family.most {
		c.sim.counters[key] = recent
		return max(time.Second, rateWindow-c.now.Sub(recent[0])), true
	}
	c.sim.counters[key] = append(recent, c.now)
	return 0, false
}

// CountRates turns the counters of calls per minute on or off and forgets what they have counted.
func (s *Sim) CountRates(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counting, s.counters = on, map[string][]time.Time{}
}
