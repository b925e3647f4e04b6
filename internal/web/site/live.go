package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// What waits for a person, or is at work, is shown while it is open: by a stream of events
// where there is a script, and by a page that is read again where there is none (Place.Waits).
const (
	// LookAgain is how often a stream reads where its topic stands, which another process
	// may change, and whether its visitor may still see it.
	LookAgain = 2 * time.Second
	// refreshEvery is how often a page is read again without a script, in seconds.
	refreshEvery = 3
)

// LiveEvent is one event of the stream.
type LiveEvent struct {
	Text string `json:"text"`
	Left int    `json:"left"` // seconds that the person has; 0: not known
	Done bool   `json:"done"`

	Answer string `json:"answer,omitempty"` // of the person, as catalog.Answer
	Part   int    `json:"part,omitempty"`   // of a plan: how many steps have ended
}

// Topic is something that pages follow while it waits or goes on: a run, an activation, a
// plan. Watch reads where it stands, for a visitor as they are at that moment; changed is
// closed when there is something new, and nil where only the next reading says so. Every is
// how long after a reading the next one is due; nil: LookAgain.
type Topic struct {
	Watch func(v Visitor) (state LiveEvent, changed <-chan struct{}, err error)
	Every func() time.Duration
}

// Stream answers with the states of a topic until it is over, the visitor may not see it any
// more, or the stream has been open for long: a browser comes again then. An operator with
// too many open gets no more. topic makes it of the address.
func (s *Site) Stream(topic func(c echo.Context, v Visitor) (Topic, error)) Handler {
	return func(c echo.Context, v Visitor) error {
		t, err := topic(c, v)
		if err != nil {
			return err
		}
		leave, ok := s.Streams.Enter(v.Operator.ID)
		if !ok {
			return echo.NewHTTPError(http.StatusTooManyRequests)
		}
		defer leave()
		state, changed, err := t.Watch(v)
		if err == nil {
			err = beginEvents(c)
		}
		if err != nil {
			return err // as on its page
		}
		if OnlyHead(c.Request().Context()) {
			c.Response().WriteHeader(http.StatusOK)
			return nil
		}
		for err == nil && send(c, state) == nil && !state.Done && t.wait(c.Request().Context(), changed) {
			if v, err = s.Admit(c, v.Policy); err != nil || !s.Sessions.Lives(c.Request(), v.Workspace.ID) {
				return nil // not a member any more, or signed out meanwhile
			}
			state, changed, err = t.Watch(v)
		}
		return nil
	}
}

// wait waits for the next reading; false if the stream has ended.
func (t Topic) wait(ctx context.Context, changed <-chan struct{}) bool {
	pause := LookAgain
	if t.Every != nil {
		pause = t.Every()
	}
	again := time.NewTimer(pause)
	defer again.Stop()
	select {
	case <-changed:
	case <-again.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// beginEvents makes the answer a stream: the server's own limits are those of a page.
func beginEvents(c echo.Context) error {
	connection, until := http.NewResponseController(c.Response()), time.Now().Add(StreamDeadline)
	if err := errors.Join(connection.SetReadDeadline(until), connection.SetWriteDeadline(until)); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	c.Response().Header().Set("X-Accel-Buffering", "no") // of nginx
	return nil
}

func send(c echo.Context, event LiveEvent) error {
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", text); err != nil {
		return err
	}
	return http.NewResponseController(c.Response()).Flush()
}

// RunTopic is the run that an address names. Another's is not found, as on its page.
func (s *Site) RunTopic(c echo.Context, _ Visitor) (Topic, error) {
	return Topic{Watch: func(v Visitor) (LiveEvent, <-chan struct{}, error) {
		r, err := s.RunOf(c, v)
		if err != nil {
			return LiveEvent{}, nil, err
		}
		event, changed := s.LiveEvent(v, r)
		return event, changed, nil
	}}, nil
}

// LiveEvent is where a run stands, and a channel that is closed when there is
// something new; nil where nobody tells.
func (s *Site) LiveEvent(v Visitor, r store.Run) (LiveEvent, <-chan struct{}) {
	if r.State != store.Sending {
		return LiveEvent{Text: r.Summary, Done: true, Answer: r.Answer}, nil
	}
	live, changed, followed := s.Runner.Live(v.Scope, r.ID)
	if !followed && r.Unclear() {
		return LiveEvent{Text: words.UnclearWords(r, v.clock)}, nil
	}
	if !followed {
		return LiveEvent{Text: "Waiting for the answer."}, nil
	}
	return LiveEvent{Text: live.Text, Left: s.left(live)}, changed
}

func (s *Site) left(live run.Live) int {
	return max(0, int(math.Ceil(live.Until.Sub(s.Now()).Seconds())))
}

// LiveView is where an open run stands on a page; nil for a closed one.
func (s *Site) LiveView(v Visitor, r store.Run, then string) *views.Live {
	event, _ := s.LiveEvent(v, r)
	if event.Done {
		return nil
	}
	return &views.Live{Text: event.Text, Left: event.Left, Then: then, Page: then,
		Events: views.RunEvents(v.Workspace.Slug, v.Organization.Slug, r.ID.String())}
}
