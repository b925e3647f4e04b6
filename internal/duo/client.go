package duo

import (
	"context"
	"encoding/json"
	"errors"
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
	// Timeout bounds each call, repetition included, together with the caller's context. The
	// default is 30 seconds.
	Timeout time.Duration
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

// Watched returns a client that tells answered every answer, see [Options].
func (c *Client) Watched(answered func(Request, Answer)) *Client {
	watched := *c
	watched.options.Answered = answered
	return &watched
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

// Do signs and sends r and opens the envelope of the answer. Errors are [*Error] and
// [*TransportError]. Each attempt has its own date and signature. A second attempt is made in two
// cases only, and Duo has applied nothing in either: the clock was refused and Duo's ping tells a
// time that was not known before; or a GET was rate-limited and Retry-After is at most two
// seconds and within the deadline.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	answer, err := c.do(ctx, r)
	if err == nil && c.options.Answered != nil {
		c.options.Answered(r, answer)
	}
	return answer, err
}

func (c *Client) do(ctx context.Context, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()

	prepared, err := c.prepare(r)
	if err != nil {
		return Answer{}, err
	}
	offset := c.ClockOffset()
	answer, err := c.attempt(ctx, prepared)
	refused, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return answer, err
	case refused.Code == CodeBadTimestamp && c.learnOffset(ctx) != offset:
		return c.attempt(ctx, prepared)
	case refused.Status == http.StatusTooManyRequests && r.Method == http.MethodGet && wait(ctx, refused.RetryAfter):
		return c.attempt(ctx, prepared)
	}
	return answer, err
}
