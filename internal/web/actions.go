package web

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/views"
)

// sheet is an action's form at one moment: fresh from an address, or refused and
// to be shown again with what was typed.
type sheet struct {
	action catalog.Action
	values url.Values // as typed, or as the address fills them in advance
	runID  uuid.UUID
	faults map[string]string // by field
	fault  string            // of the form as a whole
}

func (f sheet) get(name string) string { return f.values.Get(name) }

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
func actionOf(c echo.Context, v visitor) (catalog.Action, error) {
	action, found := catalog.Lookup(c.Param("action"))
	switch {
	case !found, action.OfWorkspace() && v.organization.ID != uuid.Nil:
		return action, store.ErrNotFound
	case v.role < action.Role, action.OfWorkspace() && !v.membership.Every():
		return action, errBeyondRole
	}
	return action, nil
}

func (s *Server) getAction(c echo.Context, v visitor) error {
	action, err := actionOf(c, v)
	if err != nil {
		return err
	}
	if v.organization.ID == uuid.Nil && !action.OfWorkspace() {
		return s.getChooseOrganization(c, v, action)
	}
	// An address says what the form is about, not what is to be done: anybody can
	// send somebody a link.
	values := url.Values{}
	for _, name := range []string{"user_id", "phone_id", "bypass_code_id", "group_id", "from", "permanent", "directory_key", "username", "test", "q", "page", generated} {
		if text := c.QueryParam(name); text != "" {
			values.Set(name, text)
		}
	}
	return s.showSheet(c, v, http.StatusOK, sheet{action: action, values: values, runID: uuid.New()})
}

func (s *Server) showSheet(c echo.Context, v visitor, status int, f sheet) error {
	draw, tab := s.sheetOf(f), tabOf(f)
	e, edits := s.editOf(f)
	if onlyOne := edits && e.id == ""; draw == nil || f.isGenerated() && !onlyOne || !f.submitted() && f.namesNothing() {
		draw, tab = s.generatedForm, "actions"
	}
	page, err := draw(c.Request().Context(), v, f)
	if err != nil {
		return err
	}
	return s.render(c, status, v, place{section: "actions", tab: tab}, page)
}

// tabOf is the list that a sheet was opened from.
func tabOf(f sheet) string {
	switch f.action.Slug {
	case updateSettings:
		return "settings"
	case "modify-group":
		return "actions"
	}
	if f.get("from") == "phone" || f.get("user_id") == "" && strings.HasSuffix(f.action.Category, "Phones") {
		return "phones"
	}
	return "users"
}

func (s *Server) postAction(c echo.Context, v visitor) error {
	action, err := actionOf(c, v)
	if err != nil {
		return err
	}
	if action.OfWorkspace() != (v.organization.ID == uuid.Nil) {
		return store.ErrNotFound
	}
	form, err := formOf(c)
	if err != nil {
		return err
	}
	f := sheet{action: action, values: form.values}
	if f.runID, err = form.runID(); err != nil {
		return err
	}
	typed := maps.Clone(f.values)
	var unknown []catalog.FieldError
	if f.isGenerated() {
		if unknown, err = s.pick(c.Request().Context(), v, f); err != nil {
			return s.showRefusal(c, v, f, "", err)
		}
	}
	if names := f.get("usernames"); action.Slug == synchronizeUser && f.values.Has("usernames") && !f.isGenerated() {
		if faults := checkUsernames(names); faults != nil || strings.Contains(unixLines(strings.TrimSpace(names)), "\n") {
			return s.syncMany(c, v, f, faults)
		}
		f.values.Set("username", strings.TrimSpace(names))
	}
	if e, edits := s.editOf(f); edits && f.isGenerated() && len(unknown) == 0 {
		if _, bad := chosenID(f, e.id); len(bad) > 0 {
			f.faults, f.values = byField(bad), typed
			return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
		}
		return c.Redirect(http.StatusSeeOther, actionPath(v, action.Slug, e.id, f.get(e.id)))
	}
	in, bad := action.Parse(form.field(action))
	bad = append(unknown, bad...)
	ticket, faulty := ticketOf(form)
	if faulty != "" {
		bad = append(bad, catalog.FieldError{Field: "ticket", Message: faulty})
	}
	if len(bad) == 0 {
		if bad, err = s.faultsHere(c.Request().Context(), v, f); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		f.faults, f.values = byField(bad), typed
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	}
	if e, edits := s.editOf(f); edits && f.get("reviewed") == "" {
		return s.review(c, v, f, e, in)
	}
	if question := action.Question(in); question != "" && f.isGenerated() && f.get("agreed") == "" {
		return s.ask(c, v, f, question)
	}
	done, err := s.Runner.Do(c.Request().Context(), run.Request{
		ID: f.runID, Scope: v.scope, Organization: v.organization, Actor: v.actor(), Action: action, Input: in, Ticket: ticket,
	})
	switch {
	case err != nil && done.Result.Created != "":
		// There is something now that the form would make a second time: its page
		// says what was not done, and has the button for it.
		return c.Redirect(http.StatusSeeOther, views.Phone(v.workspace.Slug, v.organization.Slug, done.Result.Created)+"?run="+done.Run.ID.String())
	case err != nil:
		return s.showRefusal(c, v, f, done.Result.Summary, err)
	}
	switch {
	case done.Result.Pending != "" && len(done.Result.Secrets) > 0:
		return s.render(c, http.StatusOK, v, place{tab: "users"}, s.verificationPage(v, f, done))
	case done.Result.Pending != "":
		return c.Redirect(http.StatusSeeOther, runAddress(v, done.Run))
	case len(done.Result.Secrets) > 0 && !f.isGenerated():
		return s.showSecrets(c, v, f, in, done)
	case len(done.Result.Secrets) > 0, done.Result.Table != nil, action.Reads(in):
		return s.showResult(c, v, f, done)
	case f.isGenerated():
		return c.Redirect(http.StatusSeeOther, runAddress(v, done.Run))
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
func (s *Server) ask(c echo.Context, v visitor, f sheet, question string) error {
	page := confirmPage(v, f, actionPath(v, f.action.Slug))
	page.Heading, page.Button, page.Danger = f.action.Title, f.action.Title, f.action.Kind != catalog.Write || strings.HasPrefix(f.action.Slug, "delete-")
	page.Consequences = []string{question}
	page.Hidden = []views.Hidden{{Name: generated, Value: f.get(generated)}, {Name: "agreed", Value: "1"}, {Name: "ticket", Value: f.get("ticket")}}
	for _, field := range f.action.Fields {
		spec := field.Spec()
		if !f.values.Has(spec.Name) {
			continue
		}
		text := f.get(spec.Name)
		page.Hidden = append(page.Hidden, views.Hidden{Name: spec.Name, Value: text})
		if text != "" {
			page.Facts = append(page.Facts, s.factAsked(c.Request().Context(), v, spec, text))
		}
	}
	page.Facts = append(page.Facts, s.creditsFacts(c.Request().Context(), v, f.action, f.get("credits"))...)
	return s.render(c, http.StatusOK, v, place{section: "actions", tab: "actions"}, page)
}

// factAsked is a field in a question. What an id stands for is said by its name:
// who agrees has to see whom it meets.
func (s *Server) factAsked(ctx context.Context, v visitor, spec catalog.Spec, text string) views.Fact {
	fact := views.Fact{Label: spec.Label, Text: inWords(spec, text), Mono: spec.Kind == "id"}
	name := ""
	switch spec.Of {
	case catalog.OfUser:
		users, _ := s.Runner.Users(ctx, v.scope, v.organization, false)
		for _, u := range users.Items {
			if string(u.ID) == text {
				name = displayName(u) + " (" + catalog.Plain(u.Username) + ")"
			}
		}
	case catalog.OfPhone:
		phones, _ := s.Runner.Phones(ctx, v.scope, v.organization, false)
		for _, p := range phones.Items {
			if string(p.ID) == text {
				name = cmp.Or(catalog.Plain(p.Number), catalog.Plain(p.Name), "No number") + " of " + cmp.Or(userNames(p, ""), "nobody")
			}
		}
	}
	if name != "" {
		fact.Text, fact.Note, fact.Mono = name, text, false
	}
	return fact
}

func ticketOf(f form) (ticket, fault string) {
	field := catalog.Text{Name: "ticket", Max: 100}
	in, bad := catalog.Action{Fields: []catalog.Field{field}}.Parse(func(name string) (string, bool) { return f.Get(name), f.Has(name) })
	if len(bad) > 0 {
		return "", bad[0].Message
	}
	return field.Of(in), ""
}

func byField(bad []catalog.FieldError) map[string]string {
	faults := map[string]string{}
	for _, b := range bad {
		if faults[b.Field] == "" { // the first says more
			faults[b.Field] = b.Message
		}
	}
	return faults
}

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
		Sent: titleOf(before.Action), At: s.when(v, before.StartedAt), Outcome: outcomeChip(before.State), Summary: before.Summary,
		Onward: views.Link{Text: "See what is there now", Href: onward(v, f, run.Outcome{Run: before})},
		Again:  views.Link{Text: "Open a fresh form", Href: again(v, f)},
		Run:    views.Link{Text: "Open the run", Href: runAddress(v, before)},
	}
	switch before.Action {
	case "create-bypass-code-for-user", "send-activation-url":
		page.Secret = before.State == store.Applied
	case "verify-caller":
		page.Secret = before.State != store.Refused || before.Answer != ""
	}
	if before.Subject != "" {
		page.Sent += ", for " + before.Subject
	}
	return s.render(c, http.StatusOK, v, place{tab: "users"}, page)
}

// again is the address of a fresh sheet for the same object.
func again(v visitor, f sheet) string {
	return actionPath(v, f.action.Slug, "user_id", f.get("user_id"), "phone_id", f.get("phone_id"), "bypass_code_id", f.get("bypass_code_id"), "group_id", f.get("group_id"), "from", f.get("from"))
}

// onward is where to go after an action, with the run named so that the page
// says what was done.
func onward(v visitor, f sheet, done run.Outcome) string {
	to := placeOf(v, f)
	ws, org, created := v.workspace.Slug, v.organization.Slug, done.Result.Created
	switch slug := f.action.Slug; {
	case slug == synchronizeUser && f.get("test") != "" && v.role >= catalog.Administrator:
		to = views.Connection(ws, org)
	case slug == "delete-user" && f.get("permanent") == "true":
		to = views.Users(ws, org)
	case slug == "delete-phone-by-id":
		to = views.Phones(ws, org)
	case (slug == "create-user" || slug == synchronizeUser) && created != "":
		to = views.User(ws, org, created)
	case slug == "create-phone" && created != "" && f.get("user_id") == "":
		to = views.Phone(ws, org, created)
	}
	return to + "?run=" + done.Run.ID.String()
}

// placeOf is the page that a sheet was opened from: of the user or the phone it
// is about, or a list.
func placeOf(v visitor, f sheet) string {
	ws, org, user, phone := v.workspace.Slug, v.organization.Slug, f.get("user_id"), f.get("phone_id")
	switch {
	case phone != "" && (user == "" || f.get("from") == "phone"):
		return views.Phone(ws, org, phone)
	case user != "":
		return views.User(ws, org, user)
	case f.action.Slug == "create-phone":
		return views.Phones(ws, org)
	case f.action.Slug == updateSettings:
		return views.Settings(ws, org)
	case f.action.Slug == "delete-bypass-code":
		return views.BypassCodes(ws, org)
	}
	return views.Users(ws, org)
}
