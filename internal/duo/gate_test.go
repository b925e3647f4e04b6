package duo

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// now sets how Duo answers from now on.
func (d *pacing) now(takes time.Duration, limited int, after string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.takes, d.limited, d.after = takes, limited, after
}

func (d *pacing) of(host string) *Client {
	return New(Credentials{Host: host, IntegrationKey: testKey, Secret: lend(testSecret)}, d.options)
}

// kept returns the failure of a call that the gate kept back, and when to try again.
func kept(t *testing.T, err error) (Failure, time.Duration) {
	t.Helper()
	failed, ok := errors.AsType[*TransportError](err)
	if !ok {
		return "", 0
	}
	if (failed.Failure == Limited || failed.Failure == Silent) &&
		(failed.Sent || MayHaveBeenApplied(err) || failed.RetryAfter <= 0 || failed.RetryAfter > time.Minute) {
		t.Errorf("kept back as %+v", failed)
	}
	return failed.Failure, failed.RetryAfter
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 8, 4, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "60": time.Minute, "61": time.Minute, "65535": time.Minute,
		"65536": time.Minute, "99999999999999999999999": time.Minute,
		"18446744073709551615": time.Minute, "-1": 0, "1.5": 0, "1e9": 0, "soon": 0, " 5": 0,
		"Tue, 04 Aug 2026 12:00:20 GMT": 20 * time.Second,
		"Tue, 04 Aug 2026 11:00:00 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": time.Minute,
	} {
		for _, name := range []string{"Retry-After", "X-Retry-After"} {
			if got := retryAfter(http.Header{name: {value}}, now); got != want {
				t.Errorf("%s: %s is %v, want %v", name, value, got, want)
			}
		}
	}
}

// TestALimitedAccountIsProbed: whatever Retry-After says, nobody waits, one call goes through in ten seconds, and the
// first that is answered opens the account for all.
func TestALimitedAccountIsProbed(t *testing.T) {
	for _, after := range []string{"65535", "60", "30"} {
		t.Run(after, func(t *testing.T) {
			testPacing(t, func(t *testing.T, d *pacing) {
				d.limited, d.after = 3, after
				for time.Since(d.began) < 40*time.Second {
					from := time.Now()
					err := readUser(t.Context(), d.client(false))
					if took := time.Since(from); took > 0 {
						t.Fatalf("waited %v", took)
					}
					if at := time.Since(d.began); (err == nil) != (at >= 30*time.Second) {
						t.Fatalf("after %v: %v", at, err)
					}
					kept(t, err)
					time.Sleep(time.Second)
				}
				if got, want := d.times()[:4], []time.Duration{0, 10 * time.Second, 20 * time.Second,
					30 * time.Second}; !slices.Equal(got, want) {
					t.Errorf("asked at %v, want %v", got, want)
				}
			})
		})
	}
	t.Run("as long as Duo says", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.limited, d.after = 1, "5"
			readUser(t.Context(), d.client(false))
			time.Sleep(time.Second)
			if why, wait := kept(t, readUser(t.Context(), d.client(false))); why != Limited || wait != 4*time.Second {
				t.Errorf("%q, to be tried in %v", why, wait)
			}
			time.Sleep(3 * time.Second) // a person waits for one more
			errs := atOnce(3, func() error { return readUser(t.Context(), d.client(false)) })
			if got, want := d.times(), []time.Duration{0, 5 * time.Second, 5 * time.Second,
				5 * time.Second}; errors.Join(errs...) != nil || !slices.Equal(got, want) {
				t.Errorf("asked at %v, %v", got, errs)
			}
		})
	})
	t.Run("a write is one too, and is never repeated", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.limited = 1
			write := func() error { return d.client(false).DeleteUser(t.Context(), "DU1") }
			refused, ok := errors.AsType[*Error](write())
			if !ok || refused.Status != 429 || len(d.times()) != 1 {
				t.Errorf("%v, asked at %v", refused, d.times())
			}
			if err := write(); err != nil || d.times()[1] < time.Second || d.times()[1] > 2*time.Second {
				t.Errorf("%v, asked at %v", err, d.times())
			}
		})
	})
	t.Run("not the limit of one user", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.limited = 1
			if _, err := d.client(false).Preauth(t.Context(), AuthUser{Username: "ada"}, AccessDevice{}); err == nil {
				t.Fatal("not limited")
			}
			if err := readUser(t.Context(), d.client(false)); err != nil || time.Since(d.began) != 0 {
				t.Errorf("the account is kept back: %v after %v", err, time.Since(d.began))
			}
		})
	})
	t.Run("by one at a time", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.limited, d.after = 1, "5"
			readUser(t.Context(), d.client(false))
			d.now(500*time.Millisecond, 1, "")
			time.Sleep(5 * time.Second)
			atOnce(5, func() error { return readUser(t.Context(), d.client(false)) })
			if times := d.times(); times[2] < 6*time.Second {
				t.Errorf("asked at %v: others went before the first was answered", times)
			}
		})
	})
	t.Run("who comes late waits for the one", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.limited, d.after = 1, "5"
			readUser(t.Context(), d.client(false))
			d.now(1900*time.Millisecond, 0, "")
			time.Sleep(5 * time.Second)
			var errs []error
			var late sync.WaitGroup
			late.Go(func() { errs = append(errs, readUser(t.Context(), d.client(false))) })
			time.Sleep(100 * time.Millisecond)
			if err := readUser(t.Context(), d.client(false)); err != nil {
				t.Error("1.8 s before the trial is answered: ", err)
			}
			if late.Wait(); errors.Join(errs...) != nil || len(d.times()) != 3 {
				t.Errorf("%v, asked at %v", errs, d.times())
			}
		})
	})
	t.Run("in the background", func(t *testing.T) {
		testPacing(t, func(t *testing.T, d *pacing) {
			d.limited, d.after = 1, "5"
			readUser(t.Context(), d.client(false))
			if err := readUser(t.Context(), d.client(true)); err != nil || time.Since(d.began) != 5*time.Second {
				t.Errorf("%v after %v", err, time.Since(d.began))
			}
		})
	})
}

// TestAllAccountsLimited: forty accounts, all limited, all asked for twice a second.
func TestAllAccountsLimited(t *testing.T) {
	testPacing(t, func(t *testing.T, d *pacing) {
		d.limited, d.after = 1<<30, "60"
		var clients []*Client
		for i := range 40 {
			clients = append(clients, d.of("api-"+strconv.Itoa(10000000+i)+SandboxSuffix))
			readUser(t.Context(), clients[i])
		}
		time.Sleep(time.Second)
		for time.Since(d.began) < 2*time.Minute {
			for _, c := range clients {
				if why, _ := kept(t, readUser(t.Context(), c)); why != Limited && why != "" {
					t.Fatal(why)
				}
			}
			time.Sleep(500 * time.Millisecond)
		}
		var probes []time.Duration
		for _, times := range d.asked {
			probes = append(probes, times[1:]...)
			for i := range times[1:] {
				if gap := times[i+1] - times[i]; gap < probeEvery {
					t.Errorf("an account was probed after %v", gap)
				}
			}
		}
		slices.Sort(probes)
		if most := busiest(probes, time.Second); most > 1 || len(probes) < 100 {
			t.Errorf("%d probes, %d in a second", len(probes), most)
		}
	})
}

// TestASilentAccountIsAskedByOne: after three time-outs nobody else waits, and five seconds after Duo is back at the
// latest everybody is answered. Other accounts are none the worse for it.
func TestASilentAccountIsAskedByOne(t *testing.T) {
	testPacing(t, func(t *testing.T, d *pacing) {
		d.takes, d.only = time.Minute, testHost
		other := d.of("api-99999999" + SandboxSuffix)
		for i, err := range atOnce(3, func() error { return readUser(t.Context(), d.client(false)) }) {
			if why, _ := kept(t, err); why != TimedOut || time.Since(d.began) != 10*time.Second {
				t.Fatalf("call %d: %v after %v", i, err, time.Since(d.began))
			}
		}
		asked := len(d.times())
		for time.Since(d.began) < 40*time.Second {
			from := time.Now()
			why, _ := kept(t, readUser(t.Context(), d.client(false)))
			if err := d.client(false).DeleteUser(t.Context(), "DU1"); why != Silent || err == nil ||
				MayHaveBeenApplied(err) {
				t.Fatalf("%q, and a write: %v", why, err)
			}
			if why, _ := kept(t, d.options.Pacer.Check(testHost)); why != Silent ||
				d.options.Pacer.Check(other.Host()) != nil {
				t.Fatalf("a look: %q", why)
			}
			if err := readUser(t.Context(), other); err != nil || time.Since(from) > 0 {
				t.Fatalf("another account: %v; it took %v", err, time.Since(from))
			}
			time.Sleep(time.Second)
		}
		if pings := d.times()[asked:]; len(pings) < 5 || busiest(pings, pingTime) > 1 {
			t.Errorf("pings at %v", pings)
		}
		d.now(0, 0, "")
		back := time.Now()
		for err := errors.New("not yet"); err != nil; err = readUser(t.Context(), d.client(false)) {
			if time.Since(back) > 5*time.Second {
				t.Fatal("not back: ", err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if errs := atOnce(4,
			func() error { return readUser(t.Context(), d.client(false)) }); errors.Join(errs...) != nil {
			t.Error(errs)
		}
		time.Sleep(2 * time.Minute) // what hangs has to end in the bubble
	})
}

// TestATrial covers the calls that go to an account while nothing is known of it.
func TestATrial(t *testing.T) {
	silent := func(t *testing.T, d *pacing) {
		t.Helper()
		d.now(time.Hour, 0, "")
		for range maxTimeouts {
			readUser(t.Context(), d.client(false))
		}
		if why, _ := kept(t, readUser(t.Context(), d.client(false))); why != Silent {
			t.Fatalf("%q after %d time-outs", why, maxTimeouts)
		}
	}
	ends := func(test func(t *testing.T, d *pacing)) func(t *testing.T) {
		return func(t *testing.T) {
			testPacing(t, func(t *testing.T, d *pacing) {
				test(t, d)
				time.Sleep(2 * time.Hour) // what hangs has to end in the bubble
			})
		}
	}
	t.Run("pings end when nobody asks", ends(func(t *testing.T, d *pacing) {
		silent(t, d)
		time.Sleep(5 * time.Minute)
		before := len(d.times())
		time.Sleep(5 * time.Minute)
		if after := len(d.times()); after != before {
			t.Errorf("%d pings though nobody asks", after-before)
		}
		began := time.Now()
		var first time.Duration
		trial := make(chan error)
		go func() {
			err := readUser(t.Context(), d.client(false))
			first = time.Since(began)
			trial <- err
		}()
		synctest.Wait()
		if why, _ := kept(t, readUser(t.Context(), d.client(false))); why != Silent || time.Since(began) != 0 {
			t.Errorf("beside the trial: %q after %v", why, time.Since(began))
		}
		if why, _ := kept(t, <-trial); why != TimedOut || first != 10*time.Second {
			t.Errorf("the trial: %q after %v", why, first)
		}
		d.now(0, 0, "")
		time.Sleep(4 * time.Second)
		if err := readUser(t.Context(), d.client(false)); err != nil {
			t.Error("after the ping that the trial began: ", err)
		}
	}))
	t.Run("one that is given up opens nothing and keeps nobody out", ends(func(t *testing.T, d *pacing) {
		silent(t, d)
		time.Sleep(5 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		time.AfterFunc(time.Second, cancel)
		readUser(ctx, d.client(false))
		if why, _ := kept(t, readUser(t.Context(), d.client(false))); why != Silent {
			t.Errorf("%q", why)
		}
		d.now(0, 0, "")
		time.Sleep(4 * time.Second)
		if err := readUser(t.Context(), d.client(false)); err != nil {
			t.Error(err)
		}
	}))
	t.Run("one that waits for a person", ends(func(t *testing.T, d *pacing) {
		preauth := func() error {
			_, err := d.client(false).Preauth(t.Context(), AuthUser{Username: "ada"}, AccessDevice{})
			return err
		}
		d.now(time.Hour, 0, "")
		for range maxTimeouts {
			preauth()
		}
		if why, _ := kept(t, preauth()); why != Silent {
			t.Fatalf("%q", why)
		}
		if why, _ := kept(t, readUser(t.Context(), d.client(false))); why == Silent {
			t.Error("the Admin API is closed with the Auth API")
		}
		time.Sleep(5 * time.Minute)
		go d.client(false).AuthStatus(t.Context(), "1b2c3d4e-0000-4000-8000-000000000001")
		synctest.Wait()
		d.now(0, 0, "")
		time.Sleep(trialTime + time.Second)
		if why, _ := kept(t, preauth()); why == Silent {
			t.Error("it keeps the others out")
		}
	}))
	t.Run("a refusal is an answer", ends(func(t *testing.T, d *pacing) {
		silent(t, d)
		d.now(0, 1, "30") // of the ping
		time.Sleep(4 * time.Second)
		if err := readUser(t.Context(), d.client(false)); err != nil {
			t.Error(err)
		}
	}))
	t.Run("time-outs are counted in a row", ends(func(t *testing.T, d *pacing) {
		for range 4 {
			d.now(time.Hour, 0, "")
			readUser(t.Context(), d.client(false))
			readUser(t.Context(), d.client(false))
			d.now(0, 0, "")
			if err := readUser(t.Context(), d.client(false)); err != nil {
				t.Fatal(err)
			}
		}
	}))
	t.Run("a call without time says nothing", ends(func(t *testing.T, d *pacing) {
		d.now(time.Hour, 0, "")
		for _, had := range []time.Duration{-time.Second, 0, time.Millisecond, time.Second, 2 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), had)
			if why, _ := kept(t, readUser(ctx, d.client(false))); why != TimedOut {
				t.Errorf("with %v: %q", had, why)
			}
			cancel()
		}
		d.now(0, 0, "")
		if err := readUser(t.Context(), d.client(false)); err != nil {
			t.Error(err)
		}
	}))
	t.Run("a call from before the limit says nothing", ends(func(t *testing.T, d *pacing) {
		d.now(3*time.Second, 0, "")
		slow := make(chan error)
		go func() { slow <- readUser(t.Context(), d.client(false)) }()
		synctest.Wait()
		d.now(0, 1, "30")
		readUser(t.Context(), d.client(false))
		if err := <-slow; err != nil {
			t.Fatal(err)
		}
		if why, wait := kept(t, readUser(t.Context(), d.client(false))); why != Limited || wait != 27*time.Second {
			t.Errorf("%q %v", why, wait)
		}
	}))
}
