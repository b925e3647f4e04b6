package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// getRunEvents streams the states of a run until it is closed. Another's run is
// not found, as on its page. Somebody with too many open gets no more.
func (s *Server) getRunEvents(c echo.Context, v visitor) error {
	ctx := c.Request().Context()
	r, err := s.runOf(c, v)
	if err != nil {
		return err
	}
	leave, ok := s.streams.enter(v.operator.ID)
	if !ok {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer leave()
	if err := beginEvents(c); err != nil {
		return err
	}
	if onlyHead(ctx) {
		c.Response().WriteHeader(http.StatusOK)
		return nil
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		event, changed := s.liveEvent(v, r)
		if err := send(c, event); err != nil || event.Done {
			return nil // the browser has left, or has all that there is
		}
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
		if v, err = s.admit(c, v.policy); err != nil || !s.sessions.lives(c.Request()) {
			return nil // not a member any more, or signed out meanwhile
		}
		if r, err = s.runOf(c, v); err != nil {
			return nil
		}
	}
}
