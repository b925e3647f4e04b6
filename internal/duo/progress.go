package duo

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync/atomic"
)

// progress observes how far a request got. It errs on the side of "sent".
type progress struct {
	wantedConnection atomic.Bool
	gotConnection    atomic.Bool
	handshakeFailed  atomic.Bool
}

func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.wantedConnection.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.gotConnection.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				p.handshakeFailed.Store(true)
			}
		},
	})
}

// sent tells whether any part of the request may be on its way. A transport that reports nothing
// may have sent it.
func (p *progress) sent() bool {
	return p.gotConnection.Load() || !p.wantedConnection.Load()
}
