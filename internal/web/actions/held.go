package actions

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
)

// What a report of fraud holds back is said before somebody tries: on the user's
// page and on each form that the report holds back, or may come to.

// hold notes on a form which reports of fraud hold it back as it is filled in now, or
// may come to. offered: the form is made of all of the action's fields.
func (s *pages) hold(ctx context.Context, v site.Visitor, f *sheet, offered bool, others ...string) error {
	if f.held != nil || f.action.Kind == catalog.Read || f.action.OfWorkspace() {
		return nil
	}
	in, _ := f.action.Parse(site.Form{Values: f.values}.Field(f.action))
	holding, err := s.Runner.Holding(ctx, run.Request{
		Scope: v.Scope, Organization: v.Organization, Actor: v.Actor(), Action: f.action, Input: in,
		Opened: f.connection,
	}, f.choosesWhom(offered), others...)
	var sure, perhaps []string
	for _, h := range holding {
		text, person := s.FraudText(v, h.Fraud), site.PersonOf(h.Fraud)
		if h.About == (run.Concern{}) {
			perhaps = append(perhaps, person)
			text = "If this concerns " + person + ": " + text + " Only then a reason is required."
		} else {
			sure = append(sure, person)
			text = site.Afterwards(text, site.WhyConcerns(h.Fraud, h.About))
		}
		text += " " + site.WhomToAsk(h.Ask)
		if spared := f.look().spared; spared != "" {
			text += " " + spared
		}
		f.held = append(f.held, text)
	}
	f.heldHelp = reasonHelp(sure, perhaps)
	return err
}

// choosesWhom reports whether the operator can still choose in a form the user it concerns.
func (f sheet) choosesWhom(offered bool) bool {
	l := f.look()
	switch {
	case f.action.OnlyTakesAway():
		return false
	case f.action.Kind == catalog.Generic:
		return offered
	case len(l.people) > 0:
		return !slices.ContainsFunc(l.people, func(name string) bool { return f.get(name) != "" })
	}
	return (offered || l.chooses) && slices.ContainsFunc(f.action.Fields, func(field catalog.Field) bool {
		spec := field.Spec()
		return words.Objects[spec.Of].OfPeople && f.get(spec.Name) == ""
	})
}

// reasonHelp says when a form needs a reason.
func reasonHelp(sure, perhaps []string) string {
	const how = ": how you know that it is right. It is kept with the run."
	if len(sure) == 0 {
		return "Only if this concerns " + catalog.Listed(perhaps, site.MostAsked) + how
	}
	return "For changes for " + catalog.Listed(sure, site.MostAsked) + how
}

// showHeld shows a form again that was held back, or that would have asked a
// person too often; ok is false for another error.
func (s *pages) showHeld(c echo.Context, v site.Visitor, f sheet, err error) (shown error, ok bool) {
	if held, is := errors.AsType[*run.HeldBack](err); is {
		f.fault = s.HeldText(v, held)
		f.held = []string{site.Afterwards(s.FraudText(v, held.Fraud), site.WhyConcerns(held.Fraud, held.About))}
		f.heldHelp = reasonHelp([]string{site.PersonOf(held.Fraud)}, nil)
		if held.NeedsReason {
			f.faults = map[string]string{run.ReasonField: "Give a reason."}
			return s.showSheet(c, v, http.StatusUnprocessableEntity, f), true
		}
		s.RecordRefusal(c, site.Route{Method: c.Request().Method, Path: c.Path()}, v, err)
		return s.showSheet(c, v, http.StatusForbidden, f), true
	}
	if many, is := errors.AsType[*run.TooManyPushes](err); is {
		f.fault = s.PushesText(v, many)
		status := site.PushesStatus(many)
		if status == http.StatusTooManyRequests {
			c.Response().Header().Set("Retry-After", site.RetryAfter(err))
		}
		return s.showSheet(c, v, status, f), true
	}
	if over, is := errors.AsType[*run.OverQuota](err); is {
		f.fault = s.QuotaText(v, over)
		c.Response().Header().Set("Retry-After", site.RetryAfter(err))
		return s.showSheet(c, v, http.StatusTooManyRequests, f), true
	}
	return nil, false
}
