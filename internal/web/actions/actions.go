package actions

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/views"
)

// sheet is an action's form at one moment: fresh from an address, or refused and
// to be shown again with what was typed.
type sheet struct {
	action catalog.Action
	// generated: of the action's fields, at an address of its own where there is another form.
	generated bool
	values    url.Values // as typed, or as the address fills them in advance
	runID     uuid.UUID
	faults    map[string]string         // by field
	fault     string                    // of the form as a whole
	matches   map[string][]views.Option // by field: what a name can mean that was typed there
	tried     views.Tried

	connection string // for which it was opened, see run.Connection
	connected  string // the same in words, as the page said

	held     []string // which reports of fraud hold it back or may, see hold
	heldHelp string   // when it needs a reason

	run store.Run // what became of it, once it was recorded

	needsTicket bool // the workspace requires a ticket for it

	zone *time.Location // in which its times were typed; nil: it was not sent
}

// once are the hidden fields of the sheet's form.
func (f sheet) once() views.Once {
	return views.Once{
		RunID: f.runID.String(), Connection: f.connection, Connected: f.connected, Held: f.held, ReasonHelp: f.heldHelp,
		Reason: f.input(run.ReasonField, ""), AsksTicket: f.action.Kind != catalog.Read, TicketNeeded: f.needsTicket,
		Ticket: f.input(site.TicketBox.Name, ""),
	}
}

func (f sheet) get(name string) string { return f.values.Get(name) }

// cleanIDs cleans the ids in a form as [catalog.Action.Parse] does: pages and checks compare
// them beside it, and look things up by them.
func (f sheet) cleanIDs() {
	for _, field := range f.action.Fields {
		if spec := field.Spec(); spec.Kind == "id" && f.values.Has(spec.Name) {
			f.values.Set(spec.Name, text.Line(f.get(spec.Name)))
		}
	}
}

// input is a field as the form shows it; preset stands where nothing was typed.
func (f sheet) input(name, preset string) views.Input {
	if f.values.Has(name) {
		preset = f.get(name)
	}
	return views.Input{Value: preset, Error: f.faults[name]}
}

// unseen is the fault of a field that the form does not show; what is shown has
// its fault beside it.
func (f sheet) unseen(shown ...string) string {
	for _, field := range f.action.Fields {
		if name := field.Spec().Name; f.faults[name] != "" && !slices.Contains(shown, name) {
			return f.faults[name]
		}
	}
	return ""
}

// actionOf finds the action of an address. What the visitor's role can never do
// does not exist for them.
func actionOf(c echo.Context, v site.Visitor) (catalog.Action, error) {
	action, found := catalog.Lookup(c.Param("action"))
	switch {
	case !found, action.OfWorkspace() && v.Organization.ID != uuid.Nil:
		return action, store.ErrNotFound
	case v.Role < action.Role, action.OfWorkspace() && !v.Membership.Every():
		return action, site.ErrBeyondRole
	}
	return action, nil
}

// actionHere is actionOf where the action can be carried out: at an organization's
// address, or the workspace's for its own.
func actionHere(c echo.Context, v site.Visitor) (catalog.Action, error) {
	action, err := actionOf(c, v)
	if err == nil && action.OfWorkspace() != (v.Organization.ID == uuid.Nil) {
		err = store.ErrNotFound
	}
	return action, err
}

// getAction is an action's own form or, where it has none or nothing says what it is about, the one of its fields.
func (s *pages) getAction(c echo.Context, v site.Visitor) error { return s.get(c, v, false) }

// getFields is the form that an action's fields make.
func (s *pages) getFields(c echo.Context, v site.Visitor) error { return s.get(c, v, true) }

// oldFields is what the form of an action's fields said it was before it had an address of its own.
const oldFields = "form"

func (s *pages) get(c echo.Context, v site.Visitor, fields bool) error {
	action, err := actionOf(c, v)
	if err != nil {
		return err
	}
	if query := c.QueryParams(); !fields && query.Get(oldFields) != "" {
		query.Del(oldFields)
		return c.Redirect(http.StatusSeeOther,
			(&url.URL{Path: fieldsPath(v, action), RawQuery: query.Encode()}).String())
	}
	if v.Organization.ID == uuid.Nil && !action.OfWorkspace() {
		return s.getChooseOrganization(c, v, action)
	}
	// An address says what the form is about, not what is to be done: anybody can
	// send somebody a link.
	values := url.Values{}
	for _, name := range []string{"user_id", "phone_id", "bypass_code_id", "group_id", "from", "permanent",
		"directory_key", "username", "test", "q", "page"} {
		if text := c.QueryParam(name); text != "" {
			values.Set(name, text)
		}
	}
	f, err := s.freshSheet(c.Request().Context(), v, action, values)
	if err != nil {
		return err
	}
	f.generated = isGenerated(action, fields)
	return s.showSheet(c, v, http.StatusOK, f)
}

// isGenerated reports whether a form is the one of an action's fields, by its address.
func isGenerated(a catalog.Action, fields bool) bool {
	return looks[a.Slug].hasFields() && (fields || !HasOwnSheet(a))
}

func (s *pages) showSheet(c echo.Context, v site.Visitor, status int, f sheet) error {
	l, tab := f.look(), tabOf(f)
	draw, offered := l.form, f.generated || l.hasFields() && !f.submitted() && f.namesNothing()
	if offered {
		draw, tab = (*pages).generatedForm, "actions"
	}
	// A form that only asks which thing is to be edited changes nothing.
	if l.edit == nil || !offered {
		if err := s.hold(c.Request().Context(), v, &f, offered); err != nil {
			return err
		}
	}
	if err := s.markTicket(c.Request().Context(), v, &f); err != nil {
		return err
	}
	page, err := draw(s, c.Request().Context(), v, f)
	if err != nil {
		return err
	}
	at := site.Place{Section: "actions", Tab: tab, Tried: f.tried}
	if c.Request().Method == http.MethodGet && f.action.Kind != catalog.Read {
		if at.Flash, err = s.UnclearFlashes(c.Request().Context(), v, aboutForm(v, f)); err != nil {
			return err
		}
	}
	return s.Render(c, status, v, at, page)
}

// showFaults shows a form again as it was typed, with what is wrong beside it.
func (s *pages) showFaults(c echo.Context, v site.Visitor, f sheet, typed url.Values, bad []catalog.FieldError) error {
	f.faults, f.values = site.ByField(bad), typed
	return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
}

// showFailure answers an action that was not carried out, or not to its end.
func (s *pages) showFailure(c echo.Context, v site.Visitor, f sheet, done run.Outcome, err error) error {
	if done.Result.Created != "" {
		// There is something now that the form would make a second time: its page
		// says what was not done, and has the button for it.
		return c.Redirect(http.StatusSeeOther, views.Phone(v.Workspace.Slug, v.Organization.Slug, done.Result.Created)+
			"?run="+done.Run.ID.String())
	}
	if done.Run.State != "" {
		f.tried, f.run = triedOf(v, f, done, err), done.Run
	}
	return s.showRefusal(c, v, f, done.Result.Summary, err)
}

// showDone answers an action that was carried out: with what is shown once or was
// read, or by leading on.
func (s *pages) showDone(c echo.Context, v site.Visitor, f sheet, in catalog.Values, done run.Outcome) error {
	switch {
	case done.Result.Pending != "" && len(done.Result.Secrets) > 0:
		return s.Render(c, http.StatusOK, v, site.Place{Tab: "users"}, s.verificationPage(v, f, done))
	case done.Result.Pending != "":
		return c.Redirect(http.StatusSeeOther, site.RunAddress(v, done.Run))
	case f.look().sent && !f.generated:
	case len(done.Result.Secrets) > 0 && !f.generated:
		return s.showSecrets(c, v, f, in, done)
	case len(done.Result.Secrets) > 0, done.Result.Table != nil, f.action.Reads(in):
		return s.showResult(c, v, f, done)
	case f.generated:
		return c.Redirect(http.StatusSeeOther, site.RunAddress(v, done.Run))
	}
	return c.Redirect(http.StatusSeeOther, onward(v, f, done))
}
