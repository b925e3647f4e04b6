package site

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/store"
)

// getHealth says that the process runs.
func (s *Site) getHealth(c echo.Context, _ Visitor) error {
	return c.String(http.StatusOK, "ok\n")
}

// getReady says that requests can be served: the database answers and takes writes.
func (s *Site) getReady(c echo.Context, _ Visitor) error {
	if trouble := s.ready.ask(c.Request().Context(), s.Store.Ready); trouble != "" {
		return c.String(http.StatusServiceUnavailable, "not ready: database "+string(trouble)+"\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// readiness keeps what keeps the database from serving for a second: anybody can ask.
type readiness struct {
	mu      sync.Mutex
	until   time.Time // by the real clock
	trouble store.Trouble
}

// ask returns what look returned less than a second ago, or asks it again. It does
// not end with the request: a stranger who hangs up must not make the console look
// out of order.
func (r *readiness) ask(ctx context.Context, look func(context.Context) store.Trouble) store.Trouble {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().After(r.until) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		r.trouble = look(ctx)
		r.until = time.Now().Add(time.Second)
	}
	return r.trouble
}

// postCSPReport notes that a browser held something back. What exactly is not
// logged: anybody can send a report.
func (s *Site) postCSPReport(c echo.Context, _ Visitor) error {
	s.Log.InfoContext(c.Request().Context(), "a browser reports a breach of the content security policy")
	return c.NoContent(http.StatusNoContent)
}
