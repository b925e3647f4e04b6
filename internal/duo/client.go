package duo

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Credentials are what an application's page in Duo's panel shows.
type Credentials struct {
	Host           string // api-XXXXXXXX.duosecurity.com, as [ParseHost] returns it
	IntegrationKey string
	Secret         Secret
}

// Options adjust a [Client]. The zero value is ready for use.
type Options struct {
	// Transport carries the requests; the default is one [NewTransport] for all clients. Share one
	// among clients: it holds the connections.
	Transport http.RoundTripper
	// Now is the clock that dates the requests; the default is time.Now.
	Now func() time.Time
	// AccountID is added to every signed request, see [Client.ForAccount].
	AccountID AccountID
	// UserAgent names the calling program.
	UserAgent string
	// Answered, if not nil, is told every answer of Duo that is no refusal, on the goroutine of the
	// call. It must not change them.
	Answered func(Request, Answer)
	// Timeout bounds each call, together with the caller's context: the wait for its turn by itself,
	// and the request. The default is 30 seconds.
	Timeout time.Duration
	// ReadTimeout bounds a GET in place of Timeout, unless in the background. The default is 10
	// seconds, or Timeout if that is shorter.
	ReadTimeout time.Duration
	// Pacer spaces out the requests to each account; without one, or with one that others do not
	// share, it is Duo that limits them.
	Pacer *Pacer
	// Background is for calls that nobody waits for: they leave room for people, wait for their turn
	// as long as the caller's context lasts, and repeat reads that were rate-limited more often, see
	// [Client.Do].
	Background bool
	// Observe, if there is one, is told of every request with its outcome, before the caller gets
	// it. It must be quick and safe for concurrent use.
	Observe func(context.Context, Call)
}

var sharedTransport = sync.OnceValue(func() http.RoundTripper { return NewTransport(TransportOptions{}) })

// Client calls the API of one application on one host. It is safe for concurrent use, cheap to
// make, and serves all three APIs; which calls Duo accepts depends on the application's type.
type Client struct {
	credentials Credentials
	options     Options
	clock       *clock
}

// New returns a client. It does not connect: [Client.Check] and the like tell whether the
// credentials are good.
func New(c Credentials, o Options) *Client {
	if o.Transport == nil {
		o.Transport = sharedTransport()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.UserAgent == "" {
		o.UserAgent = "duo-go-client/1"
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = min(o.Timeout, 10*time.Second)
	}
	return &Client{credentials: c, options: o, clock: &clock{now: o.Now}}
}

// ForAccount returns a client for the Admin API of a child account. It signs with the keys of c,
// which are those of the parent's Accounts API application, calls the child's own host, and adds
// account_id to what is signed. Connections and clock are shared with c.
func (c *Client) ForAccount(id AccountID, host string) *Client {
	child := *c
	child.credentials.Host = host
	child.options.AccountID = id
	return &child
}

// Host is the API host that c calls.
func (c *Client) Host() string { return c.credentials.Host }

// InBackground returns a client whose calls are in the background, see [Options.Background].
func (c *Client) InBackground() *Client {
	behind := *c
	behind.options.Background = true
	return &behind
}

// Watched returns a client that tells answered every answer, see [Options].
func (c *Client) Watched(answered func(Request, Answer)) *Client {
	watched := *c
	watched.options.Answered = answered
	return &watched
}

// Observed returns a client that tells also of every request with its outcome, behind
// [Options.Observe].
func (c *Client) Observed(also func(context.Context, Call)) *Client {
	observed, first := *c, c.options.Observe
	observed.options.Observe = func(ctx context.Context, call Call) {
		if first != nil {
			first(ctx, call)
		}
		also(ctx, call)
	}
	return &observed
}

// Request is one call of the API, for endpoints that have no function of their own.
type Request struct {
	Method string // GET, POST, PUT, PATCH or DELETE
	Path   string // such as /admin/v1/users
	// Params travel in the query of GET and DELETE. Otherwise they are the body: a JSON object
	// under V5 and V4, a form under V2.
	Params    Params
	Signature Signature
}

// Answer is what Duo said to a [Request].
type Answer struct {
	Response json.RawMessage // the member "response" of the envelope
	Metadata Metadata        // zero if the answer is not one page of a list
}

// How often a read that was rate-limited is repeated. The waits begin with a second and double, as
// with Duo's own clients.
const (
	maxReadWait     = 2 * time.Second // of Retry-After that a person waits for
	firstBackoff    = time.Second
	repeatsPerson   = 2
	repeatsUnwaited = 6
)

// Do signs and sends r and opens the envelope of the answer. Errors are [*Error] and
// [*TransportError]. Each attempt has its own date and signature. More than one attempt is made in
// these cases only, in all of which Duo has applied nothing:
//
//   - The clock was refused and Duo's ping tells a time that was not known before: once.
//   - A GET was rate-limited, Retry-After is not given or at most two seconds, and the wait is within
//     the deadline: twice, after 1 and 2 seconds and up to one more.
//   - A GET of a client with [Options.Background] was rate-limited: six times, after 1, 2, 4, 8, 16
//     and 32 seconds and up to one more, or after Retry-After if that is longer.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	return c.ask(ctx, r, nil)
}

// ask is Do for a response that is to be decoded into a value, nil if none.
func (c *Client) ask(ctx context.Context, r Request, into any) (Answer, error) {
	answer, err := c.do(ctx, r, into)
	// An answer that does not decode is one all the same.
	if answer.Response != nil && c.options.Answered != nil {
		c.options.Answered(r, answer)
	}
	return answer, err
}

func (c *Client) do(ctx context.Context, r Request, into any) (Answer, error) {
	prepared, err := c.prepare(r)
	if err != nil {
		return Answer{}, err
	}
	prepared.into = into
	for repeats := 0; ; repeats++ {
		answer, err := c.turn(ctx, r, prepared)
		wait, again := c.repeat(r, err, repeats)
		if !again || sleep(ctx, wait) != nil {
			return answer, err
		}
	}
}

// repeat tells whether a call that failed is made once more, and when.
func (c *Client) repeat(r Request, err error, repeats int) (wait time.Duration, again bool) {
	refused, ok := errors.AsType[*Error](err)
	if !ok || refused.Status != http.StatusTooManyRequests || r.Method != http.MethodGet {
		return 0, false
	}
	wait = max(refused.RetryAfter, firstBackoff<<repeats+rand.N(time.Second))
	if c.options.Background {
		return wait, repeats < repeatsUnwaited
	}
	return wait, repeats < repeatsPerson && refused.RetryAfter <= maxReadWait
}

// turn makes a call when its turn has come.
func (c *Client) turn(ctx context.Context, r Request, prepared *prepared) (answer Answer, err error) {
	if err := ctx.Err(); err != nil { // it says nothing of Duo
		failure := failureOf(err, new(progress))
		return Answer{}, &TransportError{Failure: failure, Method: r.Method, Path: r.Path,
			Host: c.credentials.Host, Err: err}
	}
	done, err := c.paced(ctx, r)
	if err != nil {
		return Answer{}, err
	}
	defer func() { done(err) }()
	timeout := c.options.Timeout
	if r.Method == http.MethodGet && !c.options.Background {
		timeout = c.options.ReadTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	offset := c.ClockOffset()
	answer, err = c.attempt(ctx, prepared)
	if refused, ok := errors.AsType[*Error](err); ok && refused.Code == CodeBadTimestamp &&
		c.learnOffset(ctx) != offset {
		return c.attempt(ctx, prepared)
	}
	return answer, err
}
