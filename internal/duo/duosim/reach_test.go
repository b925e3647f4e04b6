package duosim

import (
	"strconv"
	"testing"
	"time"
)

// TestM20ExactlyHalfAYear: the default of Duo's own clients is exactly 180 days, counted by their clock before the
// request is on its way. It is answered; what is an hour older is refused.
func TestM20ExactlyHalfAYear(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	milli := func(ago time.Duration) string { return strconv.FormatInt(noon.Add(-ago).UnixMilli(), 10) }
	second := func(ago time.Duration) string { return strconv.FormatInt(noon.Add(-ago).Unix(), 10) }
	for _, c := range []struct {
		ago time.Duration
		ok  bool
	}{
		{logReach, true}, {logReach + time.Second, true}, {logReach + time.Hour, true},
		{logReach + time.Hour + time.Second, false}, {logReach + 24*time.Hour, false},
	} {
		for _, path := range []string{"authentication", "activity", "telephony"} {
			r := b.asParent("GET", "/admin/v2/logs/"+path, "mintime", milli(c.ago), "maxtime", milli(0))
			if c.ok {
				b.wantOK(r)
			} else {
				b.wantRefusal(r, 40002, "mintime must be within the past 180 days")
			}
		}
		for _, path := range []string{"telephony_credits_used", "authentication_attempts",
			"user_authentication_attempts"} {
			r := b.asParent("GET", "/admin/v1/info/"+path, "mintime", second(c.ago))
			if c.ok {
				b.wantOK(r)
			} else {
				b.wantRefusal(r, 40002, "mintime")
			}
		}
	}
}
