package site

import (
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

// A run that waits for a person is shown while it is open: by a stream of events
// where there is a script, and by a page that is read again where there is none.
const (
	// LookAgain is how often a stream reads the run, for one that another process
	// follows, and whether its visitor may still see it.
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
}

// BeginEvents makes the answer a stream: the server's own limits are those of a
// page.
func BeginEvents(c echo.Context) error {
	connection, until := http.NewResponseController(c.Response()), time.Now().Add(StreamDeadline)
	if err := errors.Join(connection.SetReadDeadline(until), connection.SetWriteDeadline(until)); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	c.Response().Header().Set("X-Accel-Buffering", "no") // of nginx
	return nil
}

// Send sends one event of a stream that BeginEvents began.
func Send(c echo.Context, event LiveEvent) error {
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", text); err != nil {
		return err
	}
	return http.NewResponseController(c.Response()).Flush()
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
	return &views.Live{Text: event.Text, Left: event.Left, Then: then, Page: then, Events: views.RunEvents(v.Workspace.Slug, v.Organization.Slug, r.ID.String())}
}
