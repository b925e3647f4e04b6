package duo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

const (
	maxAnswer       = 10 << 20 // bytes, after decompression
	maxRefusal      = 64 << 10 // bytes
	timestampLayout = "Mon, 02 Jan 2006 15:04:05 -0700"
)

var pathGrammar = regexp.MustCompile(`^(/[A-Za-z0-9_-]{1,64}){1,12}$`)

// prepared is a request with everything fixed but the date and the signature.
type prepared struct {
	message
	signature   Signature
	unsigned    bool
	query       string
	contentType string
	into        any // takes the response; nil if the caller wants it as it is
	question    question
}

func (c *Client) prepare(r Request) (*prepared, error) {
	if c.options.AccountID != "" {
		if _, given := r.Params["account_id"]; given {
			return nil, invalid(errors.New("account_id is the client's own and cannot be a parameter"))
		}
		if _, err := segment(c.options.AccountID); err != nil {
			return nil, err
		}
		r.Params = r.Params.with("account_id", string(c.options.AccountID))
	}
	if host, _, err := ParseHost(c.credentials.Host, true); err != nil || host != c.credentials.Host {
		return nil, invalid(fmt.Errorf("%.80q is not one of Duo's API hosts", c.credentials.Host))
	}
	if !pathGrammar.MatchString(r.Path) {
		return nil, invalid(errors.New("the path must be plain segments of letters, digits, - and _"))
	}
	p := &prepared{
		message:   message{method: r.Method, host: c.credentials.Host, path: r.Path},
		signature: r.Signature,
		question:  questionOf(r),
	}
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodDelete:
		p.params, err = r.Params.canonical()
		p.query = p.params
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if r.Signature.jsonBody() {
			p.contentType = "application/json"
			p.body, err = r.Params.json()
			break
		}
		p.contentType = "application/x-www-form-urlencoded"
		p.params, err = r.Params.canonical()
		p.body = []byte(p.params)
	default:
		err = fmt.Errorf("method %q is not used by Duo", r.Method)
	}
	if err != nil {
		return nil, invalid(err)
	}
	return p, nil
}

// httpRequest dates and signs p again.
func (c *Client) httpRequest(ctx context.Context, p *prepared) (*http.Request, error) {
	address := url.URL{Scheme: "https", Host: p.host, Path: p.path, RawQuery: p.query}
	req, err := http.NewRequestWithContext(ctx, p.method, address.String(), bytes.NewReader(p.body))
	if err != nil {
		return nil, invalid(err)
	}
	req.Header.Set("User-Agent", c.options.UserAgent)
	if p.contentType != "" {
		req.Header.Set("Content-Type", p.contentType)
	}
	if p.unsigned {
		return req, nil
	}
	m := p.message
	m.date = c.clock.time().UTC().Format(timestampLayout)
	m.header = req.Header
	authorization, err := m.authorization(p.signature, c.credentials.IntegrationKey, c.credentials.Secret)
	if err != nil {
		return nil, &TransportError{Failure: SecretUnavailable, Err: err}
	}
	req.Header.Set("Date", m.date)
	req.Header.Set("Authorization", authorization)
	return req, nil
}

// attempt sends p once and lets it be observed.
func (c *Client) attempt(ctx context.Context, p *prepared) (Answer, error) {
	began := c.options.Now()
	answer, err := c.exchange(ctx, p)
	if c.options.Observe != nil {
		c.options.Observe(ctx, Call{Endpoint: endpointOf(p.method, p.path), Err: err, Took: c.options.Now().Sub(began)})
	}
	return answer, err
}

// ended says of a context that ended only that it did: net/http tells why, and that may be the
// failure of another call, which is no matter of this one's record.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
		return ctx.Err()
	}
	return err
}

// exchange sends p and reads the answer. It uses the transport directly, so no redirect can be followed and no
// cookie kept.
func (c *Client) exchange(ctx context.Context, p *prepared) (Answer, error) {
	failed := func(failure Failure, sent bool, err error) (Answer, error) {
		return Answer{}, &TransportError{Failure: failure, Sent: sent, Method: p.method, Path: p.path,
			Host: p.host, Err: err}
	}
	var progress progress
	if err := ctx.Err(); err != nil {
		return failed(failureOf(err, &progress), false, err)
	}
	req, err := c.httpRequest(progress.watch(ctx), p)
	if err != nil {
		return Answer{}, err
	}
	resp, err := c.options.Transport.RoundTrip(req)
	if err != nil {
		err = ended(ctx, err)
		failure := failureOf(err, &progress)
		return failed(failure, failure != AddressRefused && failure != HeldBack && progress.sent(), err)
	}
	defer resp.Body.Close()

	switch {
	case resp.StatusCode >= 400:
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal)) // the status alone is a refusal
		return Answer{}, refusal(p.method, p.path, resp, body, c.options.Now())
	case resp.StatusCode >= 300:
		return failed(Redirected, true, nil)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		err = ended(ctx, err)
		return failed(failureOf(err, &progress), true, err)
	case len(body) > maxAnswer:
		return failed(AnswerTooLarge, true, nil)
	}
	answer, stat := openEnvelope(body)
	switch stat {
	case "OK":
		answer, fits := p.question.compare(answer)
		if !fits {
			return failed(OtherAnswer, true, nil)
		}
		if p.into != nil && json.Unmarshal(answer.Response, p.into) != nil {
			_, err = failed(NotUnderstood, true, nil)
		}
		return answer, err
	case "FAIL":
		return Answer{}, refusal(p.method, p.path, resp, body, c.options.Now())
	}
	return failed(NotUnderstood, true, nil)
}

// openEnvelope returns what Duo answers and whether that is OK or FAIL, or "" if it is neither.
func openEnvelope(body []byte) (Answer, string) {
	if tooDeep(body) {
		return Answer{}, ""
	}
	envelope, err := parseObject(body)
	switch {
	case err != nil:
		return Answer{}, ""
	case envelope.text("stat") == "OK" && envelope.members["response"] != nil:
		return Answer{Response: envelope.members["response"], Metadata: metadata(envelope)}, "OK"
	case envelope.text("stat") == "FAIL":
		return Answer{}, "FAIL"
	}
	return Answer{}, ""
}

// sleep waits for d. It fails at once if ctx ends before that.
func sleep(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return context.DeadlineExceeded
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads Retry-After, or the X-Retry-After that Duo's own tools know too: seconds or an
// HTTP date. It is a minute at most: a mistake, or a proxy, must not silence an account for hours.
func retryAfter(header http.Header, now time.Time) time.Duration {
	for _, name := range []string{"Retry-After", "X-Retry-After"} {
		value := header.Get(name)
		seconds, err := strconv.ParseUint(value, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return maxLimit
		case err == nil:
			return time.Duration(min(seconds, uint64(maxLimit/time.Second))) * time.Second
		}
		if at, err := http.ParseTime(value); err == nil && at.After(now) {
			return min(at.Sub(now), maxLimit)
		}
	}
	return 0
}
