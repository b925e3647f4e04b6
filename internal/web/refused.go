package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// showRefusal shows the form again with what was typed and why nothing, or
// perhaps something, was done; done tells of the steps before. A form that
// reached Duo gets a new id: the old one names what has been tried.
func (s *Server) showRefusal(c echo.Context, v visitor, f sheet, done string, err error) error {
	var fault *catalog.FieldError
	var already *run.AlreadyRun
	switch {
	case errors.As(err, &already):
		return s.showAlready(c, v, f, already.Run)
	case errors.As(err, &fault):
		// The message can quote a name that is in Duo.
		f.faults, f.runID = map[string]string{fault.Field: catalog.Plain(fault.Message)}, uuid.New()
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	case !duoSaidNo(err):
		return err
	}
	f.fault, f.runID = strings.TrimSpace(catalog.Plain(done)+" "+refusalText(v, f.action.API, err)), uuid.New()
	if drawing := s.showSheet(c, v, statusOf(err), f); drawing == nil {
		return nil
	}
	// The sheet needs Duo as well, and Duo does not answer.
	return err
}

func (s *Server) showAlready(c echo.Context, v visitor, f sheet, before store.Run) error {
	page := views.AlreadySentPage{
		Sent: titleOf(before.Action), At: s.when(v, before.StartedAt), Outcome: outcomeChip(before.State), Summary: before.Summary, Secret: revealed(f.action, before),
		Onward: views.Link{Text: "See what is there now", Href: onward(v, f, run.Outcome{Run: before})},
		Again:  views.Link{Text: "Open a fresh form", Href: again(v, f)},
		Run:    views.Link{Text: "Open the run", Href: runAddress(v, before)},
	}
	if before.Subject != "" {
		page.Sent += ", for " + before.Subject
	}
	return s.render(c, http.StatusOK, v, place{tab: "users"}, page)
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
