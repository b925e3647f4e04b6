package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// What a report of fraud holds back is said before somebody tries: on the user's
// page and on each form that the report holds back, or may come to.

// reasonBox is the field for the reason of an act after a report of fraud.
var reasonBox = catalog.Text{Name: run.ReasonField, Label: "Reason", Max: run.LongestReason}

// hold notes on a form which reports of fraud hold it back as it is filled in now, or
// may come to. offered: the form is made of all of the action's fields.
func (s *Server) hold(ctx context.Context, v visitor, f *sheet, offered bool, others ...string) error {
	if f.held != nil || f.action.Kind == catalog.Read || f.action.OfWorkspace() {
		return nil
	}
	in, _ := f.action.Parse(form{values: f.values}.field(f.action))
	holding, err := s.Runner.Holding(ctx, run.Request{
		Scope: v.scope, Organization: v.organization, Actor: v.actor(), Action: f.action, Input: in, Opened: f.connection,
	}, f.choosesWhom(offered), others...)
	var sure, perhaps []string
	for _, h := range holding {
		text, person := s.fraudText(v, h.Fraud), personOf(h.Fraud)
		if h.About == (run.Concern{}) {
			perhaps = append(perhaps, person)
			text = "If this concerns " + person + ": " + text + " A reason is needed only then."
		} else {
			sure = append(sure, person)
			text = afterwards(text, whyConcerns(h.Fraud, h.About))
		}
		text += " " + whomToAsk(h.Ask)
		if f.action.Slug == "update-user" {
			text += " To set nothing but the status Disabled needs neither."
		}
		f.held = append(f.held, text)
	}
	f.heldHelp = reasonHelp(sure, perhaps)
	return err
}

// choosesWhom reports whether a person can still choose in a form whom it concerns.
func (f sheet) choosesWhom(offered bool) bool {
	if f.action.Slug == "delete-bypass-code" {
		return false // it only takes away, see catalog.Action.TakesAway
	}
	if f.action.Kind == catalog.Generic {
		return offered
	}
	if f.action.Slug == synchronizeUser || f.action.Slug == "enroll-user" {
		return f.get("username") == "" && f.get(syncNames.Name) == ""
	}
	for _, field := range f.action.Fields {
		switch spec := field.Spec(); spec.Of {
		case catalog.OfUser, catalog.OfPhone, catalog.OfToken, catalog.OfCredential, catalog.OfBypassCode, catalog.OfGroup:
			if f.get(spec.Name) == "" && (offered || f.action.Slug == "assign-phone-to-user") {
				return true
			}
		}
	}
	return false
}

// whyConcerns says what makes an act one on the person; empty where the act names
// the person.
func whyConcerns(f store.Fraud, about run.Concern) string {
	named, person := catalog.Plain(about.Named), personOf(f)
	switch about.By {
	case run.Themselves:
		return ""
	case run.Namesake:
		return "A login as " + person + " can mean this user."
	case run.TheirName:
		if duo.SameName(about.Named, f.Username) {
			return ""
		}
		return "“" + named + "” is a username or an alias of " + person + " in Duo."
	case run.TheirLogin:
		return "At a login, “" + named + "” can mean " + person + "."
	case run.TheirGroup:
		return person + " is a member of this group."
	}
	return "This " + string(about.By) + " belongs to " + person + " in Duo."
}

// reasonHelp says when a form needs a reason.
func reasonHelp(sure, perhaps []string) string {
	const how = ": how you know that it is right. It is kept with the run."
	if len(sure) == 0 {
		return "Only if this concerns " + catalog.Listed(perhaps, mostAsked) + how
	}
	return "For changes for " + catalog.Listed(sure, mostAsked) + how
}

// afterwards joins sentences, of which some can be empty.
func afterwards(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), " ")
}

// fraudText says what a report asks of acts on the person.
func (s *Server) fraudText(v visitor, f store.Fraud) string {
	return fmt.Sprintf("%s reported a push as fraud at %s. Until %s, changes for %s need an administrator or owner other than %s, who sent the push, and a reason.",
		personOf(f), s.clock(v, f.AnsweredAt), s.clock(v, f.AnsweredAt.Add(run.FraudHold)), personOf(f), f.Operator)
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
		return []views.Flash{{Level: "bad", Text: s.fraudText(v, f) + " " + whomToAsk(deciders)}}, nil
	}
	return nil, nil
}

// mostAsked is how many of those to ask are named.
const mostAsked = 5

func whomToAsk(deciders []string) string {
	if len(deciders) == 0 {
		return "There is no other administrator or owner: the operator who sent the push may decide, with a reason."
	}
	return "Ask " + catalog.Listed(deciders, mostAsked) + "."
}

// heldText says why an act was held back, and what next.
func (s *Server) heldText(v visitor, held *run.HeldBack) string {
	text := afterwards("Nothing was sent.", s.fraudText(v, held.Fraud), whyConcerns(held.Fraud, held.About))
	switch {
	case held.NeedsReason && len(held.Ask) == 0:
		return text + " There is no other administrator or owner, so you may decide: give a reason."
	case held.NeedsReason:
		return text + " You may decide: give a reason."
	}
	return text + " " + whomToAsk(held.Ask)
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
		f.held = []string{afterwards(s.fraudText(v, held.Fraud), whyConcerns(held.Fraud, held.About))}
		f.heldHelp = reasonHelp([]string{personOf(held.Fraud)}, nil)
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
