package actions

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// sheet is an action's form at one moment: fresh from an address, or refused and
// to be shown again with what was typed.
type sheet struct {
	action  catalog.Action
	values  url.Values // as typed, or as the address fills them in advance
	runID   uuid.UUID
	faults  map[string]string         // by field
	fault   string                    // of the form as a whole
	matches map[string][]views.Option // by field: what a name can mean that was typed there
	tried   views.Tried

	connection string // for which it was opened, see run.Connection
	connected  string // the same in words, as the page said

	held     []string // which reports of fraud hold it back or may, see hold
	heldHelp string   // when it needs a reason

	run store.Run // what became of it, once it was recorded

	zone *time.Location // in which its times were typed; nil: it was not sent
}

// once are the hidden fields of the sheet's form.
func (f sheet) once() views.Once {
	return views.Once{RunID: f.runID.String(), Connection: f.connection, Connected: f.connected, Held: f.held, ReasonHelp: f.heldHelp, Reason: f.input(run.ReasonField, "")}
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

func (s *pages) getAction(c echo.Context, v site.Visitor) error {
	action, err := actionOf(c, v)
	if err != nil {
		return err
	}
	if v.Organization.ID == uuid.Nil && !action.OfWorkspace() {
		return s.getChooseOrganization(c, v, action)
	}
	// An address says what the form is about, not what is to be done: anybody can
	// send somebody a link.
	values := url.Values{}
	for _, name := range []string{"user_id", "phone_id", "bypass_code_id", "group_id", "from", "permanent", "directory_key", "username", "test", "q", "page", site.Generated} {
		if text := c.QueryParam(name); text != "" {
			values.Set(name, text)
		}
	}
	f, err := s.freshSheet(c.Request().Context(), v, action, values)
	if err != nil {
		return err
	}
	return s.showSheet(c, v, http.StatusOK, f)
}

func (s *pages) showSheet(c echo.Context, v site.Visitor, status int, f sheet) error {
	draw, tab := s.sheetOf(f), tabOf(f)
	e, edits := s.editOf(f)
	offered := false
	if onlyOne := edits && e.id == ""; draw == nil || f.isGenerated() && !onlyOne || !f.submitted() && f.namesNothing() {
		draw, tab, offered = s.generatedForm, "actions", true
	}
	// A form that only asks which thing is to be edited changes nothing.
	if !edits || !offered {
		if err := s.hold(c.Request().Context(), v, &f, offered); err != nil {
			return err
		}
	}
	page, err := draw(c.Request().Context(), v, f)
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

// postAction carries an action out, unless something has to be mended, chosen or
// agreed to before.
func (s *pages) postAction(c echo.Context, v site.Visitor) error {
	f, err := sentSheet(c, v)
	if err != nil {
		return err
	}
	now, err := s.connectedNow(c.Request().Context(), v, f)
	switch {
	case err != nil:
		return err
	case now != "":
		return s.showChanged(c, v, f, now)
	case f.get(reopened) != "":
		return s.reopen(c, v, f)
	}
	f.choose()
	typed := maps.Clone(f.values)
	f.cleanIDs()
	if faults, several := f.severalUsers(); several {
		return s.syncMany(c, v, f, faults)
	}
	bad, err := s.pick(c.Request().Context(), v, &f)
	if err != nil {
		return s.showRefusal(c, v, f, "", err)
	}
	e, edits := s.editOf(f)
	if edits && f.isGenerated() {
		if len(bad) == 0 {
			_, bad = chosenID(f, e.id)
		}
		if len(bad) > 0 {
			return s.showFaults(c, v, f, typed, bad)
		}
		return c.Redirect(http.StatusSeeOther, site.ActionPath(v, f.action.Slug, e.id, f.get(e.id)))
	}
	in, ticket, reason, faults := f.read()
	if bad = append(bad, faults...); len(bad) == 0 {
		if bad, err = s.faultsHere(c.Request().Context(), v, f.action, in.Given(f.action)); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return s.showFaults(c, v, f, typed, bad)
	}
	if edits && f.get("reviewed") == "" {
		return s.review(c, v, f, e, in)
	}
	if question := f.action.Question(in); question != "" && f.isGenerated() && f.get("agreed") == "" {
		return s.ask(c, v, f, in, question)
	}
	done, err := s.Runner.Do(c.Request().Context(), run.Request{
		ID: f.runID, Scope: v.Scope, Organization: v.Organization, Actor: v.Actor(), Action: f.action, Input: in, Ticket: ticket, Opened: f.connection, Reason: reason,
	})
	if err != nil {
		return s.showFailure(c, v, f, done, err)
	}
	return s.showDone(c, v, f, in, done)
}

// sentSheet reads the form of an action that is carried out at its address.
func sentSheet(c echo.Context, v site.Visitor) (sheet, error) {
	action, err := actionHere(c, v)
	if err != nil {
		return sheet{}, err
	}
	form, id, err := site.FormWithID(c)
	f := sheet{action: action, values: form.Values, runID: id, zone: zoneOfForm(v, form)}
	if err == nil {
		f.connection, f.connected, err = form.Opened()
	}
	return f, err
}

// severalUsers reports whether a form asks for several users to be read again; a
// single name becomes the action's own field.
func (f sheet) severalUsers() (faults []catalog.FieldError, several bool) {
	if f.action.Slug != words.SynchronizeUser || !f.values.Has(syncNames.Name) || f.isGenerated() {
		return nil, false
	}
	names, faults := usernamesOf(f.get(syncNames.Name))
	if len(faults) > 0 || len(names) > 1 {
		return faults, true
	}
	f.values.Set("username", names[0])
	return nil, false
}

// read checks the fields of a form, and the ticket and the reason beside them.
func (f sheet) read() (in catalog.Values, ticket, reason string, bad []catalog.FieldError) {
	sent := site.Form{Values: f.values}
	in, bad = f.action.Parse(f.inZone(sent.Field(f.action)))
	ticket, fault := sent.Text(site.TicketBox)
	if fault != "" {
		bad = append(bad, catalog.FieldError{Field: site.TicketBox.Name, Message: fault})
	}
	reason, fault = sent.Text(site.ReasonBox)
	if fault != "" {
		bad = append(bad, catalog.FieldError{Field: site.ReasonBox.Name, Message: fault})
	}
	return in, ticket, reason, bad
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
		return c.Redirect(http.StatusSeeOther, views.Phone(v.Workspace.Slug, v.Organization.Slug, done.Result.Created)+"?run="+done.Run.ID.String())
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
	case len(done.Result.Secrets) > 0 && !f.isGenerated():
		return s.showSecrets(c, v, f, in, done)
	case len(done.Result.Secrets) > 0, done.Result.Table != nil, f.action.Reads(in):
		return s.showResult(c, v, f, done)
	case f.isGenerated():
		return c.Redirect(http.StatusSeeOther, site.RunAddress(v, done.Run))
	}
	return c.Redirect(http.StatusSeeOther, onward(v, f, done))
}

// chosenID checks one field of a form, which names what the form is about.
func chosenID(f sheet, name string) (catalog.Values, []catalog.FieldError) {
	which := f.action
	which.Check, which.Fields = nil, slices.DeleteFunc(slices.Clone(which.Fields), func(field catalog.Field) bool { return field.Spec().Name != name })
	return which.Parse(func(name string) (string, bool) { return f.get(name), f.values.Has(name) })
}

// ask shows what will come of a generated form, and carries its fields along.
func (s *pages) ask(c echo.Context, v site.Visitor, f sheet, in catalog.Values, question string) error {
	if err := s.hold(c.Request().Context(), v, &f, false); err != nil {
		return err
	}
	page := confirmPage(v, f, site.ActionPath(v, f.action.Slug))
	page.Heading, page.Button, page.Danger = f.action.Title, f.action.Title, f.action.Kind != catalog.Write || strings.HasPrefix(f.action.Slug, "delete-")
	page.Consequences = []string{cmp.Or(s.unable(c.Request().Context(), v, f), question)}
	page.Hidden = []views.Hidden{{Name: site.Generated, Value: f.get(site.Generated)}, {Name: "agreed", Value: "1"}, {Name: "ticket", Value: f.get("ticket")}}
	if hasTimes(f.action) {
		page.Hidden = append(page.Hidden, views.Hidden{Name: zoneField, Value: f.zone.String()})
	}
	for _, field := range f.action.Fields {
		spec := field.Spec()
		if !f.values.Has(spec.Name) {
			continue
		}
		text := f.get(spec.Name)
		page.Hidden = append(page.Hidden, views.Hidden{Name: spec.Name, Value: text})
		if f.isChosen(spec.Name) {
			page.Hidden = append(page.Hidden, views.Hidden{Name: spec.Name + choiceSuffix, Value: text}, views.Hidden{Name: spec.Name + forSuffix, Value: text})
		}
		text = f.moment(spec, text)
		switch {
		case text == "":
		case spec.Secret: // it travels on, and is not for whoever looks at the screen
			page.Facts = append(page.Facts, views.Fact{Label: spec.Label, Text: "as typed"})
		default:
			page.Facts = append(page.Facts, s.factAsked(c.Request().Context(), v, spec, text))
		}
	}
	page.Facts = append(page.Facts, s.creditsFacts(c.Request().Context(), v, f.action, in.Given(f.action)["credits"])...)
	return s.Render(c, http.StatusOK, v, site.Place{Section: "actions", Tab: "actions"}, page)
}

// factAsked is a field in a question. What an id stands for is said by its name:
// who agrees has to see whom it meets.
func (s *pages) factAsked(ctx context.Context, v site.Visitor, spec catalog.Spec, text string) views.Fact {
	fact := views.Fact{Label: spec.Label, Text: site.InWords(v, spec, text), Mono: spec.Kind == "id"}
	name := ""
	switch spec.Of {
	case catalog.OfUser:
		users, _ := s.Runner.Users(ctx, v.Scope, v.Organization, false)
		for _, u := range users.Items {
			if string(u.ID) == text {
				name = words.DisplayName(u) + " (" + catalog.Plain(u.Username) + ")"
			}
		}
	case catalog.OfPhone:
		phones, _ := s.Runner.Phones(ctx, v.Scope, v.Organization, false)
		for _, p := range phones.Items {
			if string(p.ID) == text {
				name = words.PhoneTitle(p) + " of " + cmp.Or(words.UserNames(p, ""), "nobody")
			}
		}
	}
	if name != "" {
		fact.Text, fact.Note, fact.Mono = name, text, false
	}
	return fact
}

func ticketField(f sheet) views.FieldView {
	return fieldView(site.TicketBox.Spec(), f.input(site.TicketBox.Name, ""))
}
