package duo

import (
	"context"
	"net/http"
	"time"
)

// serverTime is the answer to ping and check.
type serverTime time.Time

func (t *serverTime) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*t = serverTime(o.seconds("time"))
	return o.err
}

// Ping asks the host for its time, to the second. It needs no credentials, so it tells a wrong
// host from wrong keys, and how far the clocks are apart.
//
// GET /auth/v2/ping, not signed
func (c *Client) Ping(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()

	r := Request{Method: http.MethodGet, Path: "/auth/v2/ping"}
	unbound := *c
	unbound.options.AccountID = ""
	prepared, err := unbound.prepare(r)
	if err != nil {
		return time.Time{}, err
	}
	var t serverTime
	prepared.unsigned, prepared.into = true, &t
	if _, err := unbound.attempt(ctx, prepared); err != nil {
		return time.Time{}, err
	}
	if time.Time(t).IsZero() {
		return time.Time{}, c.notUnderstood(r)
	}
	return time.Time(t), nil
}

// Check tells whether the credentials are those of an Auth API application, and Duo's time.
//
// GET /auth/v2/check
func (c *Client) Check(ctx context.Context) (time.Time, error) {
	t, _, err := get[serverTime](ctx, c, "/auth/v2/check", nil)
	return time.Time(t), err
}
