package records

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/web/site"
)

// getRunEvents streams the states of a run until it is closed. Another's run is
// not found, as on its page. Somebody with too many open gets no more.
func (s *pages) getRunEvents(c echo.Context, v site.Visitor) error {
	ctx := c.Request().Context()
	r, err := s.RunOf(c, v)
	if err != nil {
		return err
	}
	leave, ok := s.Streams.Enter(v.Operator.ID)
	if !ok {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer leave()
	if err := site.BeginEvents(c); err != nil {
		return err
	}
	if site.OnlyHead(ctx) {
		c.Response().WriteHeader(http.StatusOK)
		return nil
	}
	again := time.NewTicker(site.LookAgain)
	defer again.Stop()
	for {
		event, changed := s.LiveEvent(v, r)
		if err := site.Send(c, event); err != nil || event.Done {
			return nil // the browser has left, or has all that there is
		}
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
		if v, err = s.Admit(c, v.Policy); err != nil || !s.Sessions.Lives(c.Request()) {
			return nil // not a member any more, or signed out meanwhile
		}
		if r, err = s.RunOf(c, v); err != nil {
			return nil
		}
	}
}
