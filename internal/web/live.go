package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// A run that waits for a person is shown while it is open: by a stream of events
// where there is a script, and by a page that is read again where there is none.
const (
	// lookAgain is how often a stream reads the run, for one that another process
	// follows, and whether its visitor may still see it.
	lookAgain = 2 * time.Second
	// refreshEvery is how often a page is read again without a script, in seconds.
	refreshEvery = 3
)

// liveEvent is one event of the stream.
type liveEvent struct {
	Text string `json:"text"`
	Left int    `json:"left"` // seconds that the person has; 0: not known
	Done bool   `json:"done"`

	Answer string `json:"answer,omitempty"` // of the person, as catalog.Answer
}

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

// beginEvents makes the answer a stream: the server's own limits are those of a
// page.
func beginEvents(c echo.Context) error {
	connection, until := http.NewResponseController(c.Response()), time.Now().Add(streamDeadline)
	if err := errors.Join(connection.SetReadDeadline(until), connection.SetWriteDeadline(until)); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	c.Response().Header().Set("X-Accel-Buffering", "no") // of nginx
	return nil
}

func send(c echo.Context, event liveEvent) error {
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", text); err != nil {
		return err
	}
	return http.NewResponseController(c.Response()).Flush()
}

// liveEvent is where a run stands, and a channel that is closed when there is
// something new; nil where nobody tells.
func (s *Server) liveEvent(v visitor, r store.Run) (liveEvent, <-chan struct{}) {
	if r.State != store.Sending {
		return liveEvent{Text: r.Summary, Done: true, Answer: r.Answer}, nil
	}
	live, changed, followed := s.Runner.Live(v.scope, r.ID)
	if !followed && r.Unclear() {
		return liveEvent{Text: unclearWords(r, v.clock)}, nil
	}
	if !followed {
		return liveEvent{Text: "Waiting for the answer."}, nil
	}
	return liveEvent{Text: live.Text, Left: s.left(live)}, changed
}

func (s *Server) left(live run.Live) int {
	return max(0, int(math.Ceil(live.Until.Sub(s.Now()).Seconds())))
}

// liveView is where an open run stands on a page; nil for a closed one.
func (s *Server) liveView(v visitor, r store.Run, then string) *views.Live {
	event, _ := s.liveEvent(v, r)
	if event.Done {
		return nil
	}
	return &views.Live{Text: event.Text, Left: event.Left, Then: then, Page: then, Events: views.RunEvents(v.workspace.Slug, v.organization.Slug, r.ID.String())}
}

// runOf reads the run of an address.
func (s *Server) runOf(c echo.Context, v visitor) (r store.Run, err error) {
	id, err := uuid.Parse(c.Param("run"))
	if err != nil {
		return r, store.ErrNotFound
	}
	err = s.Store.InWorkspace(c.Request().Context(), v.scope, func(tx *store.Tx) (err error) {
		r, err = tx.Run(c.Request().Context(), id)
		return err
	})
	return r, err
}

// verificationPage shows a code once, and follows what becomes of the push.
func (s *Server) verificationPage(v visitor, f sheet, done run.Outcome) views.VerificationPage {
	code, at := done.Result.Secrets[0].Value, runAddress(v, done.Run)
	user := views.User(v.workspace.Slug, v.organization.Slug, f.get("user_id"))
	live := s.liveView(v, done.Run, user+"?run="+done.Run.ID.String())
	live.Page, live.Approved, live.Onward = at, "Approved. Did the caller read "+inGroups(code)+"?", "Go on with "+catalog.Plain(done.Result.Subject)
	live.Text = "The push is sent. Once the caller has answered it, open the answer." // without a script, this page stays as it is
	return views.VerificationPage{
		Workspace: v.workspace.Slug, Organization: tagOf(v.organization), UserID: f.get("user_id"), User: catalog.Plain(done.Result.Subject), Sent: catalog.Plain(done.Result.Summary),
		Code: views.ShownCode{Groups: inGroups(code), Plain: code, Spoken: spoken(code)}, Live: *live,
	}
}

// answerNext says what to do about a person's answer.
var answerNext = map[catalog.Answer]string{
	catalog.Denied:    "Change nothing for a caller who could not approve. Ask the person, on a number that you have on file, whether they denied it.",
	catalog.Fraud:     "Change nothing for whoever called, and tell those who look after security. Call the person back on a number that you have on file.",
	catalog.NoAnswer:  "Ask again, or in another way: by a call or a passcode. Change nothing until there is an answer.",
	catalog.LockedOut: "Unlock the user once you know who calls.",
	catalog.SMSSent:   "Ask the person for one of the passcodes, and check it: Send Duo Authentication, Passcode.",
}

// shieldTime is how long a verification counts on a user's page.
const shieldTime = 15 * time.Minute

// shield tells on a user's page what came of the latest verification, and as a
// line for the ticket.
func (s *Server) shield(ctx context.Context, v visitor, user string) (shield views.Shield, ticket string, err error) {
	var r store.Run
	err = s.Store.InWorkspace(ctx, v.scope, func(tx *store.Tx) (err error) {
		r, err = tx.LatestVerification(ctx, s.Now(), v.organization.ID, v.organization.AccountID, user, shieldTime)
		return err
	})
	if err != nil {
		return shield, "", ignoreNotFound(err)
	}
	chip, at := shieldChip(r), r.StartedAt
	if r.FinishedAt != nil {
		at = *r.FinishedAt
	}
	if chip.Text == "" {
		return shield, "", nil
	}
	ticket = "\n" + chip.Text + ", " + exactly(v, at)
	if _, phone, ok := strings.Cut(r.Summary, " Approved on "); ok {
		ticket += ". Approved on " + phone
	}
	chip.Text += " " + s.when(v, at).Ago
	return views.Shield{Chip: chip, Run: runAddress(v, r)}, ticket, nil
}

func shieldChip(r store.Run) views.Chip {
	switch {
	case r.State == store.Sending:
		return views.Chip{Level: "info", Text: "Verification push sent"}
	case r.Answer == string(catalog.Approved):
		return views.Chip{Level: "ok", Text: "Verified by push"}
	case r.Answer == string(catalog.Fraud):
		return views.Chip{Level: "bad", Text: "Push reported as fraud"}
	case r.Answer == string(catalog.Denied):
		return views.Chip{Level: "bad", Text: "Push denied"}
	case r.Answer == string(catalog.NoAnswer):
		return views.Chip{Level: "warn", Text: "Push not answered"}
	}
	return views.Chip{}
}
