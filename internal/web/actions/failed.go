package actions

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// showRefusal shows the form again with what was typed and why nothing, or
// perhaps something, was done; done tells of the steps before. A form that
// reached Duo gets a new id: the old one names what has been tried.
func (s *pages) showRefusal(c echo.Context, v site.Visitor, f sheet, done string, err error) error {
	var fault *catalog.FieldError
	var already *run.AlreadyRun
	var role *catalog.RoleError
	var changed *run.ConnectionChanged
	if shown, ok := s.showHeld(c, v, f, err); ok {
		return shown
	}
	switch {
	case errors.As(err, &changed):
		return s.showChanged(c, v, f, changed.Now)
	case errors.As(err, &already):
		return s.showAlready(c, v, f, already.Run)
	case errors.As(err, &fault):
		// The message can quote a name that is in Duo.
		f.faults, f.runID = map[string]string{fault.Field: fault.Shown()}, uuid.New()
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	case errors.As(err, &role):
		f.fault, f.runID = strings.TrimSpace(catalog.Plain(done)+" "+role.Error()), uuid.New()
		return s.showSheet(c, v, http.StatusForbidden, f)
	case !site.DuoSaidNo(err):
		return err
	}
	f.fault, f.runID = strings.TrimSpace(catalog.Plain(done)+" "+s.RefusalText(v, f.action.API, err)), uuid.New()
	if f.run.State == store.Sending {
		f.fault += " " + site.BeingLookedUp
	}
	if drawing := s.showSheet(c, v, site.StatusOf(err), f); drawing == nil {
		return nil
	}
	// The sheet needs Duo as well, and Duo does not answer.
	if f.run.State != "" {
		return &site.FailedRun{Run: f.run, Err: err}
	}
	return err
}

// reasonOf is the sentence of a decision of the catalogue.
func reasonOf(err error) string {
	var fault *catalog.FieldError
	var role *catalog.RoleError
	switch {
	case errors.As(err, &fault):
		return fault.Message
	case errors.As(err, &role):
		return role.Error()
	}
	return ""
}

// triedOf tells what became of a form at Duo.
func triedOf(v site.Visitor, f sheet, done run.Outcome, err error) views.Tried {
	tried := views.Tried{Run: views.Link{Text: "Open the run", Href: site.RunAddress(v, done.Run)},
		Unsure: site.MayHaveBeenApplied(err), InPart: done.Result.Summary != ""}
	if tried.Unsure && !f.generated {
		tried.Look = views.Link{Text: "Show the current state", Href: placeOf(v, f)}
	}
	return tried
}

func (s *pages) showAlready(c echo.Context, v site.Visitor, f sheet, before store.Run) error {
	sent := words.TitleOf(before.Action)
	if before.Subject != "" {
		sent += ", for " + before.Subject
	}
	page := s.SentBefore(v, sent, before)
	shown := revealed(f.action, before) && (f.generated || !f.look().sent)
	page.Secret, page.Run = shown, views.Link{Text: "Open the run", Href: site.RunAddress(v, before)}
	page.Onward = views.Link{Text: "Show the current state", Href: onward(v, f, run.Outcome{Run: before})}
	page.Again = views.Link{Text: "Open a fresh form", Href: again(v, f)}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users"}, page)
}

// revealed reports whether a run brought something that was shown then: at once,
// where a person's answer is waited for.
func revealed(a catalog.Action, r store.Run) bool {
	switch {
	case !a.Reveals:
		return false
	case a.Follow != nil:
		return r.State != store.Refused || r.Answer != ""
	}
	return r.State == store.Applied
}
