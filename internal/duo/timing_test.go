package duo

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipe serves handler over connections in memory, so that synctest can turn the clock.
func pipe(handler http.Handler) (transport *http.Transport, stop func()) {
	listener := &pipeListener{connections: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: handler}
	go server.Serve(listener)
	transport = &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		listener.connections <- there
		return here, nil
	}}
	return transport, func() {
		transport.CloseIdleConnections()
		server.Close()
	}
}

type pipeListener struct {
	connections chan net.Conn
	done        chan struct{}
	once        sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func TestLateAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport, stop := pipe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(45 * time.Second)
			ok(`{"user_id": "DU1"}`)(w, r)
		}))
		defer stop()
		began := time.Now()
		_, err := testClient(transport).CreateUser(t.Context(), UserFields{Username: new("ada")})
		failed, ok := errors.AsType[*TransportError](err)
		if !ok || failed.Failure != TimedOut || !MayHaveBeenApplied(err) {
			t.Errorf("error %#v, want %q that may have been applied", err, TimedOut)
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("given up after %v, want 30s", took)
		}
		time.Sleep(time.Minute)
	})
}

// TestPeopleHaveAMinuteToAnswer: Duo holds the answer back until the user has answered the push.
func TestPeopleHaveAMinuteToAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport, stop := pipe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(60 * time.Second)
			ok(`{"result": "deny", "status": "timeout", "status_msg": "Login timed out."}`)(w, r)
		}))
		defer stop()
		c := testClient(transport)
		if result, err := c.Auth(t.Context(), AuthRequest{User: AuthUser{Username: "ada"},
			Factor: FactorPush}); err != nil || result.Status != "timeout" {
			t.Errorf("%+v, %v", result, err)
		}
		if result, err := c.AuthStatus(t.Context(), "5c1f0e9a"); err != nil || result.Status != "timeout" {
			t.Errorf("%+v, %v", result, err)
		}
	})
	if wait := newGuard(TransportOptions{}, nil).duo.ResponseHeaderTimeout; wait < maxAuthWait {
		t.Errorf("the transport gives up after %v", wait)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	read := func(ctx context.Context, c *Client) error { _, err := c.User(ctx, "DU1"); return err }
	write := func(ctx context.Context, c *Client) error {
		_, err := c.CreateUser(ctx, UserFields{Username: new("ada")})
		return err
	}
	for _, test := range []struct {
		name       string
		call       func(context.Context, *Client) error
		retryAfter string
		deadline   time.Duration
		limited    int // how many requests are refused
		requests   int
		refused    bool
		wait       time.Duration
	}{
		{"a read waits and repeats", read, "2", 10 * time.Second, 1, 2, false, 0},
		{"twice only", read, "1", 10 * time.Second, 5, 3, true, time.Second},
		{"not for long", read, "3", 10 * time.Second, 1, 1, true, 3 * time.Second},
		{"not beyond the deadline", read, "2", time.Second, 1, 1, true, 2 * time.Second},
		{"also without being told", read, "", 10 * time.Second, 1, 2, false, 0},
		{"twice only without being told", read, "", 10 * time.Second, 5, 3, true, 0},
		{"a number that is none", read, "-1", 10 * time.Second, 1, 2, false, 0},
		{"not for 18 hours", read, "65535", 10 * time.Second, 1, 1, true, time.Minute},
		{"a date", read, "Sat, 01 Jan 2000 00:00:01 GMT", 10 * time.Second, 1, 2, false, 0},
		{"never a write", write, "1", 10 * time.Second, 1, 1, true, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen []*http.Request
				transport, stop := pipe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					seen = append(seen, r)
					if len(seen) <= test.limited {
						if test.retryAfter != "" {
							w.Header().Set("Retry-After", test.retryAfter)
						}
						answer(429, `{"code": 42901, "message": "Too Many Requests", "stat": "FAIL"}`)(w, r)
						return
					}
					ok(`{"user_id": "DU1"}`)(w, r)
				}))
				defer stop()
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				err := test.call(ctx, testClient(transport))
				if refused, ok := errors.AsType[*Error](err); ok != test.refused ||
					ok && refused.RetryAfter != test.wait {
					t.Errorf("error %#v, want refusal %t with wait %v", err, test.refused, test.wait)
				}
				if MayHaveBeenApplied(err) {
					t.Error("a rate limit is said to have an effect")
				}
				if len(seen) != test.requests {
					t.Fatalf("%d requests, want %d", len(seen), test.requests)
				}
				for i, r := range seen {
					verify(t, r, "")
					if i > 0 && r.Header.Get("Authorization") == seen[0].Header.Get("Authorization") {
						t.Error("the repetition has the signature of the first attempt")
					}
				}
			})
		})
	}
}

// verify checks the V5 signature of a request as it arrived.
func verify(t *testing.T, r *http.Request, body string) {
	t.Helper()
	m := message{date: r.Header.Get("Date"), method: r.Method, host: r.Host, path: r.URL.Path, params: r.URL.RawQuery,
		body: []byte(body), header: r.Header}
	if r.Method == http.MethodPost && body == "" {
		return // rate-limited before the body was looked at
	}
	want, err := m.authorization(V5, testKey, lend(testSecret))
	if err != nil || r.Header.Get("Authorization") != want {
		t.Errorf("%s %s: signature does not fit the request", r.Method, r.URL)
	}
}
