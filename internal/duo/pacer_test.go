package duo

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pacing is a Duo that notes when it is asked, on a clock that can be turned.
type pacing struct {
	transport http.RoundTripper
	options   Options
	began     time.Time

	mu      sync.Mutex
	takes   time.Duration              // that Duo needs for an answer
	limited int                        // how many requests are refused with 429 first
	after   string                     // Retry-After of these
	only    string                     // if set, the one host that needs time
	lists   bool                       // lists of users are refused with 429
	asked   map[string][]time.Duration // since began, by host
	open    int
	most    int // requests at the same time
}

func testPacing(t *testing.T, test func(*testing.T, *pacing)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &pacing{began: time.Now(), asked: map[string][]time.Duration{}}
		transport, stop := pipe(d)
		defer stop()
		d.transport = transport
		d.options = Options{Transport: transport, Pacer: new(Pacer)}
		test(t, d)
	})
}

func (d *pacing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.asked[r.Host] = append(d.asked[r.Host], time.Since(d.began))
	d.open++
	d.most = max(d.most, d.open)
	refuse := d.limited > 0 || d.lists && r.URL.Path == "/admin/v1/users"
	d.limited--
	takes := d.takes
	if d.only != "" && d.only != r.Host {
		takes = 0
	}
	d.mu.Unlock()
	time.Sleep(takes)
	d.mu.Lock()
	d.open--
	d.mu.Unlock()
	switch {
	case refuse:
		if d.after != "" {
			w.Header().Set("Retry-After", d.after)
		}
		answer(429, `{"code": 42901, "message": "Too Many Requests", "stat": "FAIL"}`)(w, r)
	case isLog(r.URL.Path):
		ok(`{"items": []}`)(w, r)
	default:
		ok(`{"user_id": "DU1"}`)(w, r)
	}
}

func (d *pacing) client(background bool) *Client {
	options := d.options
	options.Background = background
	return New(Credentials{Host: testHost, IntegrationKey: testKey, Secret: lend(testSecret)}, options)
}

func (d *pacing) times() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked[testHost])
}

func readUser(ctx context.Context, c *Client) error { _, err := c.User(ctx, "DU1"); return err }

func readLogOnce(ctx context.Context, c *Client) error {
	_, _, err := c.TelephonyLogPage(ctx, lastWeek, 1, "")
	return err
}

// atOnce makes n calls at the same time and returns what became of them.
func atOnce(n int, call func() error) []error {
	errs := make([]error, n)
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() { errs[i] = call() })
	}
	calls.Wait()
	return errs
}

// busiest is the largest number of requests in any stretch of time.
func busiest(times []time.Duration, stretch time.Duration) int {
	most := 0
	for i, from := range times {
		n := 0
		for _, at := range times[i:] {
			if at < from+stretch {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestPace(t *testing.T) {
	for name, run := range map[string]func(*pacing) []error{
		"one after the other": func(d *pacing) (errs []error) {
			for range 100 {
				errs = append(errs, readUser(context.Background(), d.client(false)))
			}
			return errs
		},
		"all at once": func(d *pacing) []error {
			d.options.Timeout = time.Minute
			return atOnce(100, func() error { return readUser(context.Background(), d.client(false)) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			testPacing(t, func(t *testing.T, d *pacing) {
				if err := errors.Join(run(d)...); err != nil {
					t.Fatal(err)
				}
				times := d.times()
				slices.Sort(times)
				if len(times) != 100 || times[7] != 0 || times[8] != 250*time.Millisecond ||
					times[99] != 23*time.Second {
					t.Errorf("%d requests, at %v", len(times), times)
				}
				if n := busiest(times, time.Second); n > 12 {
					t.Errorf("%d requests in a second", n)
				}
				if n := busiest(times[12:], time.Second); n > 4 {
					t.Errorf("%d requests in a second after the first ones", n)
				}
			})
		})
	}
}

func TestPaceIsPerAccount(t *testing.T) {
	testPacing(t, func(t *testing.T, d *pacing) {
		parent := d.client(false)
		for _, host := range []string{testHost, "api-00000001.duosim.localhost", "api-00000002.duosim.localhost"} {
			child := parent.ForAccount("DA1", host)
			for range 8 {
				if err := readUser(t.Context(), child); err != nil {
					t.Fatal(err)
				}
			}
		}
		if took := time.Since(d.began); took != 0 {
			t.Errorf("accounts wait for each other, %v", took)
		}
		time.Sleep(time.Hour)
		if errs := atOnce(9, func() error { return readUser(t.Context(), parent) }); errors.Join(errs...) != nil ||
			time.Since(d.began) != time.Hour+250*time.Millisecond {
			t.Errorf("after an hour: %v, %v", errs, time.Since(d.began))
		}
	})
}

// TestPeopleDoNotQueue: a synchronization that never stops takes 4 requests a second, and a page
// that asks 4 questions still gets its answers at once.
func TestPeopleDoNotQueue(t *testing.T) {
	testPacing(t, func(t *testing.T, d *pacing) {
		ctx, stop := context.WithCancel(t.Context())
		var sync sync.WaitGroup
		for range 20 {
			sync.Go(func() {
				for ctx.Err() == nil {
					readUser(ctx, d.client(true))
				}
			})
		}
		for range 10 {
			time.Sleep(5 * time.Second)
			from := time.Now()
			for range 4 {
				if err := readUser(t.Context(), d.client(false)); err != nil {
					t.Fatal(err)
				}
			}
			if took := time.Since(from); took != 0 {
				t.Errorf("a person waited %v", took)
			}
		}
		stop()
		sync.Wait()
		if n := len(d.times()); n < 200 || n > 210 {
			t.Errorf("%d requests in 50 seconds, want 200: what is left by people is used", n)
		}
	})
}

// TestPeopleDoNotStarveTheBackground: a person who reads as fast as allowed, or makes Duo limit the account, does not
// keep the answer to a push from being asked for.
func TestPeopleDoNotStarveTheBackground(t *testing.T) {
	list := func(ctx context.Context, c *Client) error { _, _, err := c.UsersPage(ctx, 300, 0); return err }
	for name, flood := range map[string]struct {
		call    func(context.Context, *Client) error
		limited bool
		within  time.Duration
	}{
		"who never stop reading":      {readUser, false, 5 * time.Second},
		"who have Duo limit them all": {list, true, 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			testPacing(t, func(t *testing.T, d *pacing) {
				d.lists = flood.limited
				ctx, stop := context.WithCancel(t.Context())
				var people sync.WaitGroup
				for i := range 40 {
					people.Go(func() {
						time.Sleep(time.Duration(i) * time.Millisecond)
						for ctx.Err() == nil {
							flood.call(ctx, d.client(false))
							time.Sleep(50 * time.Millisecond)
						}
					})
				}
				time.Sleep(5 * time.Second)
				// As the answer to a push is asked for.
				for last := time.Now(); time.Since(d.began) < 2*time.Minute; {
					asking, asked := context.WithTimeout(ctx, 10*time.Second)
					err := readUser(asking, d.client(true))
					asked()
					if took := time.Since(last); took > flood.within {
						t.Errorf("after %v: %v without an answer, %v", time.Since(d.began), took, err)
						break
					}
					if err == nil {
						last = time.Now()
					}
					time.Sleep(2 * time.Second)
				}
				stop()
				people.Wait()
				if n := busiest(d.times()[12:], 10*time.Second); n > 50 {
					t.Errorf("%d requests in ten seconds", n)
				}
			})
		})
	}
}

func TestLogsAreReadSlowly(t *testing.T) {
	testPacing(t, func(t *testing.T, d *pacing) {
		d.takes = 10 * time.Second
		if errs := atOnce(3,
			func() error { return readLogOnce(t.Context(), d.client(true)) }); errors.Join(errs...) != nil {
			t.Error(errs)
		}
		if want := []time.Duration{0, time.Minute, 2 * time.Minute}; !slices.Equal(d.times(), want) {
			t.Errorf("read at %v", d.times())
		}
	})
	t.Run("people", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.takes = time.Second
			if errs := atOnce(5, func() error { return readLogOnce(t.Context(), d.client(false)) }); errors.Join(
				errs...) != nil || d.most != 1 {
				t.Errorf("%v, %d at the same time", errs, d.most)
			}
			err := readLogOnce(t.Context(), d.client(false))
			failed, ok := errors.AsType[*TransportError](err)
			if !ok || failed.Failure != Paced || failed.Sent ||
				!strings.Contains(err.Error(), "wait to be sent: the next one can be sent in 55s") {
				t.Errorf("a sixth: %v", err)
			}
			if err := readUser(t.Context(), d.client(false)); err != nil || time.Since(d.began) != 6*time.Second {
				t.Errorf("what is no log waits for logs: %v, %v", err, time.Since(d.began))
			}
		})
	})
	t.Run("people first", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			var waiting sync.WaitGroup
			waiting.Go(func() {
				readLogOnce(t.Context(), d.client(true))
				readLogOnce(t.Context(), d.client(true)) // waits for a minute
			})
			time.Sleep(time.Second)
			if err := readLogOnce(t.Context(), d.client(false)); err != nil || time.Since(d.began) != time.Second {
				t.Errorf("a person waits for what waits in the background: %v, %v", err, time.Since(d.began))
			}
			waiting.Wait()
			if times := d.times(); times[len(times)-1] != 2*time.Minute {
				t.Errorf("read at %v", times)
			}
		})
	})
}

func TestTurnThatComesTooLate(t *testing.T) {
	testPacing(t, func(t *testing.T, d *pacing) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		refused := 0
		for _, err := range atOnce(20,
			func() error { _, err := d.client(false).CreateUser(ctx, UserFields{Username: new("ada")}); return err }) {
			if failed, ok := errors.AsType[*TransportError](err); ok && failed.Failure == Paced &&
				!MayHaveBeenApplied(err) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if len(d.times()) != 11 || refused != 9 || time.Since(d.began) >= time.Second {
			t.Errorf("%d sent, %d refused, after %v", len(d.times()), refused, time.Since(d.began))
		}
	})
	t.Run("given up", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			for range 8 {
				readUser(t.Context(), d.client(false))
			}
			for _, background := range []bool{false, true} {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(100*time.Millisecond, cancel)
				err := readUser(ctx, d.client(background))
				if failed, ok := errors.AsType[*TransportError](err); !ok || failed.Failure != Canceled || failed.Sent {
					t.Errorf("given up in the queue: %v", err)
				}
			}
			if err := readUser(t.Context(), d.client(false)); err != nil ||
				time.Since(d.began) != 250*time.Millisecond {
				t.Errorf("the place of who gave up is lost: %v", time.Since(d.began))
			}
		})
	})
}

func TestBackoff(t *testing.T) {
	for _, test := range []struct {
		name     string
		call     func(context.Context, *Client) error
		limited  int
		after    string
		deadline time.Duration
		requests int
		least    time.Duration
		refused  bool
	}{
		{"until it goes well", readUser, 3, "", time.Hour, 4, 7 * time.Second, false},
		{"six times", readUser, 99, "", time.Hour, 7, 63 * time.Second, true},
		{"as long as Duo says", readUser, 1, "45", time.Hour, 2, 45 * time.Second, false},
		{"a minute at most", readUser, 1, "65535", time.Hour, 2, time.Minute, false},
		{"within the deadline", readUser, 99, "", 3 * time.Second, 2, time.Second, true},
		{"never a write", func(ctx context.Context, c *Client) error { return c.DeleteUser(ctx, "DU1") }, 1, "",
			time.Hour, 1, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			testPacing(t, func(t *testing.T, d *pacing) {
				d.limited, d.after = test.limited, test.after
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				err := test.call(ctx, d.client(true))
				refused, isRefused := errors.AsType[*Error](err)
				if isRefused != test.refused || isRefused && refused.Code != CodeRateLimited {
					t.Errorf("%v", err)
				}
				times := d.times()
				most := test.least + time.Duration(test.requests)*time.Second
				if last := times[len(times)-1]; len(times) != test.requests || last < test.least || last > most {
					t.Errorf("asked at %v, want %d times, the last after %v to %v", times, test.requests,
						test.least, most)
				}
			})
		})
	}
}
