package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
)

// What a report of fraud holds back is said before somebody tries: on the user's
// page and on each form that the report holds back, or may come to.

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

// reasonHelp says when a form needs a reason.
func reasonHelp(sure, perhaps []string) string {
	const how = ": how you know that it is right. It is kept with the run."
	if len(sure) == 0 {
		return "Only if this concerns " + catalog.Listed(perhaps, mostAsked) + how
	}
	return "For changes for " + catalog.Listed(sure, mostAsked) + how
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
