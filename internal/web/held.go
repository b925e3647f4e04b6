package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// What a report of fraud holds back is said before somebody tries: on the user's
// page and on every form of the organization that could be about the person.

// reasonBox is the field for the reason of an act after a report of fraud.
var reasonBox = catalog.Text{Name: run.ReasonField, Label: "Reason", Max: run.LongestReason}

// heldHere says who reported fraud in the visitor's organization, for a form of an
// action; nobody, for one that only reads.
func (s *Server) heldHere(ctx context.Context, v visitor, a catalog.Action) ([]string, error) {
	if a.Kind == catalog.Read || a.OfWorkspace() {
		return nil, nil
	}
	frauds, err := s.Runner.Frauds(ctx, v.scope, v.organization)
	var texts []string
	for _, f := range frauds {
		texts = append(texts, s.fraudText(v, f))
	}
	return texts, err
}

// fraudText says what a report asks of acts on the person.
func (s *Server) fraudText(v visitor, f store.Fraud) string {
	return fmt.Sprintf("%s reported a push as fraud at %s. Until %s, changes for this user need an administrator or owner other than %s, who sent the push, and a reason.",
		personOf(f), s.clock(v, f.AnsweredAt), s.clock(v, f.AnsweredAt.Add(run.FraudHold)), f.Operator)
}

func personOf(f store.Fraud) string {
	if name := catalog.Plain(f.Username); name != "" {
		return name
	}
	return catalog.Plain(f.UserID)
}

func (s *Server) clock(v visitor, t time.Time) string {
	return clockText(t.In(v.location()), s.Now().In(v.location()))
}

// fraudFlash says on a user's page that the person reported a push, and whom to ask.
func (s *Server) fraudFlash(ctx context.Context, v visitor, u duo.User) ([]views.Flash, error) {
	frauds, err := s.Runner.Frauds(ctx, v.scope, v.organization)
	if err != nil {
		return nil, err
	}
	for _, f := range frauds {
		if !run.MayBeBy(f, u) {
			continue
		}
		deciders, err := s.Runner.Deciders(ctx, v.scope, v.organization, f.UserID)
		if err != nil {
			return nil, err
		}
		// The run may be another organization's, which has had the account.
		return []views.Flash{{Level: "bad", Text: s.fraudText(v, f) + " " + whomToAsk(deciders, f)}}, nil
	}
	return nil, nil
}

// mostAsked is how many of those to ask are named.
const mostAsked = 5

func whomToAsk(deciders []string, f store.Fraud) string {
	if len(deciders) == 0 {
		return "There is no other administrator or owner: the operator who sent the push may decide, with a reason."
	}
	return "Ask " + catalog.Listed(deciders, mostAsked) + "."
}

// heldText says why an act was held back, and what next.
func (s *Server) heldText(v visitor, held *run.HeldBack) string {
	text := "Nothing was sent. " + s.fraudText(v, held.Fraud)
	switch {
	case held.NeedsReason && len(held.Ask) == 0:
		return text + " There is no other administrator or owner, so you may decide: give a reason."
	case held.NeedsReason:
		return text + " You may decide: give a reason."
	}
	return text + " " + whomToAsk(held.Ask, held.Fraud)
}

// pushesText says why a person is not asked again now.
func (s *Server) pushesText(v visitor, many *run.TooManyPushes) string {
	if many.Open != nil {
		return fmt.Sprintf("Nothing was sent: %s sent this user a verification at %s that is not answered yet. Wait for its answer, %s at most.",
			many.Open.Operator, s.clock(v, many.Open.StartedAt), catalog.Duration(many.Wait.Round(time.Second)))
	}
	return fmt.Sprintf("Nothing was sent: this user was asked %d times in the last 10 minutes, by all operators together. The next push can be sent at %s.",
		many.Count, s.clock(v, s.Now().Add(many.Wait)))
}

// pushesStatus is the HTTP status of a push that was not sent.
func pushesStatus(many *run.TooManyPushes) int {
	if many.Open != nil {
		return http.StatusConflict
	}
	return http.StatusTooManyRequests
}

// showHeld shows a form again that was held back, or that would have asked a
// person too often; ok is false for another error.
func (s *Server) showHeld(c echo.Context, v visitor, f sheet, err error) (shown error, ok bool) {
	if held, is := errors.AsType[*run.HeldBack](err); is {
		f.fault = s.heldText(v, held)
		if held.NeedsReason {
			f.faults = map[string]string{run.ReasonField: "Give a reason."}
			return s.showSheet(c, v, http.StatusUnprocessableEntity, f), true
		}
		s.recordRefusal(c, route{method: c.Request().Method, path: c.Path()}, v, err)
		return s.showSheet(c, v, http.StatusForbidden, f), true
	}
	if many, is := errors.AsType[*run.TooManyPushes](err); is {
		f.fault = s.pushesText(v, many)
		status := pushesStatus(many)
		if status == http.StatusTooManyRequests {
			c.Response().Header().Set("Retry-After", retryAfter(err))
		}
		return s.showSheet(c, v, status, f), true
	}
	return nil, false
}
