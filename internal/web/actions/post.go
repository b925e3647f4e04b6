package actions

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// posted is a form that was sent, on its way to Duo, with what its stages found.
type posted struct {
	*pages
	c   echo.Context
	ctx context.Context // of the request
	v   site.Visitor
	f   sheet

	typed          url.Values           // before names became ids
	bad            []catalog.FieldError // found by names, shown with those of shape
	in             catalog.Values
	ticket, reason string
}

// stages are what happens to a form, in this order. Each answers with a page, or leaves the form to the next.
var stages = []func(*posted) (answered bool, err error){
	(*posted).opened, (*posted).names, (*posted).shape, (*posted).here, (*posted).review, (*posted).agree, (*posted).do,
}

// postAction takes an action's own form.
func (s *pages) postAction(c echo.Context, v site.Visitor) error { return s.post(c, v, false) }

// postFields takes the form that an action's fields make.
func (s *pages) postFields(c echo.Context, v site.Visitor) error { return s.post(c, v, true) }

func (s *pages) post(c echo.Context, v site.Visitor, fields bool) error {
	f, err := sentSheet(c, v, fields)
	if err != nil {
		return err
	}
	if !fields && f.get(oldFields) != "" && HasOwnSheet(f.action) && f.look().hasFields() {
		return c.Redirect(http.StatusTemporaryRedirect, fieldsPath(v, f.action)) // a page from before has it sent here
	}
	p := &posted{pages: s, c: c, ctx: c.Request().Context(), v: v, f: f}
	for _, stage := range stages {
		if answered, err := stage(p); answered || err != nil {
			return err
		}
	}
	return nil
}

// sentSheet reads the form of an action that is carried out at its address.
func sentSheet(c echo.Context, v site.Visitor, fields bool) (sheet, error) {
	action, err := actionHere(c, v)
	if err != nil {
		return sheet{}, err
	}
	form, id, err := site.ActForm(c)
	f := sheet{action: action, generated: isGenerated(action, fields), values: form.Values, runID: id,
		zone: zoneOfForm(v, form)}
	if err == nil {
		f.connection, f.connected, err = form.Opened()
	}
	return f, err
}

// opened ends here if the organization is no longer connected as it was when the form was opened.
func (p *posted) opened() (bool, error) {
	now, err := p.connectedNow(p.ctx, p.v, p.f)
	switch {
	case err != nil:
		return true, err
	case now != "":
		return true, p.showChanged(p.c, p.v, p.f, now)
	case p.f.get(reopened) != "":
		return true, p.reopen(p.c, p.v, p.f)
	}
	return false, nil
}

// names turns the names that were typed into Duo's ids. The form that asks which thing is to be edited ends here.
func (p *posted) names() (bool, error) {
	p.f.choose()
	p.typed = maps.Clone(p.f.values)
	p.f.cleanIDs()
	if faults, several := p.f.severalUsers(); several {
		return true, p.syncMany(faults)
	}
	var err error
	if p.bad, err = p.pick(p.ctx, p.v, &p.f); err != nil {
		return true, p.showRefusal(p.c, p.v, p.f, "", err)
	}
	if e := p.f.look().edit; e != nil && p.f.generated {
		return true, p.openEdit(e.id)
	}
	return false, nil
}

// openEdit leads to the form of the thing that one field names.
func (p *posted) openEdit(id string) error {
	if len(p.bad) == 0 {
		_, p.bad = chosenID(p.f, id)
	}
	if len(p.bad) > 0 {
		return p.showFaults(p.c, p.v, p.f, p.typed, p.bad)
	}
	return p.c.Redirect(http.StatusSeeOther, site.ActionPath(p.v, p.f.action.Slug, id, p.f.get(id)))
}

// shape checks each field, and all together.
func (p *posted) shape() (bool, error) {
	var faults []catalog.FieldError
	p.in, p.ticket, p.reason, faults = p.f.read()
	return p.faults(append(p.bad, faults...))
}

// here checks what only the organization says.
func (p *posted) here() (bool, error) {
	bad, err := p.faultsHere(p.ctx, p.v, p.f.action, p.in.Given(p.f.action))
	if err != nil {
		return true, err
	}
	return p.faults(bad)
}

// faults shows the form again if there are any.
func (p *posted) faults(bad []catalog.FieldError) (bool, error) {
	if len(bad) == 0 {
		return false, nil
	}
	return true, p.showFaults(p.c, p.v, p.f, p.typed, bad)
}

// review shows what an edit would change, before it does.
func (p *posted) review() (bool, error) {
	e := p.f.look().edit
	if e == nil || p.f.get("reviewed") != "" {
		return false, nil
	}
	return true, p.showReview(p.c, p.v, p.f, *e, p.in)
}

// agree says what will come of it, and waits for a yes. An action's own form has said so.
func (p *posted) agree() (bool, error) {
	question := p.f.action.Question(p.in)
	if question == "" || !p.f.generated || p.f.get("agreed") != "" {
		return false, nil
	}
	return true, p.ask(question)
}

// do carries the action out, once and on record.
func (p *posted) do() (bool, error) {
	done, err := p.Runner.Do(p.ctx, run.Request{
		ID: p.f.runID, Scope: p.v.Scope, Organization: p.v.Organization, Actor: p.v.Actor(), Action: p.f.action,
		Input:  p.in,
		Ticket: p.ticket, Opened: p.f.connection, Reason: p.reason,
	})
	if errors.As(err, new(*run.ProofWanted)) {
		return true, err
	}
	if err != nil {
		return true, p.showFailure(p.c, p.v, p.f, done, err)
	}
	return true, p.showDone(p.c, p.v, p.f, p.in, done)
}

// read checks the fields of a form, and the ticket and the reason beside them.
func (f sheet) read() (in catalog.Values, ticket, reason string, bad []catalog.FieldError) {
	sent := site.Form{Values: f.values}
	in, bad = f.action.Parse(f.inZone(sent.Field(f.action)))
	ticket, reason, faults := f.beside()
	return in, ticket, reason, append(bad, faults...)
}

// beside checks what a form has beside the fields of its action.
func (f sheet) beside() (ticket, reason string, bad []catalog.FieldError) {
	sent := site.Form{Values: f.values}
	ticket, fault := sent.Text(site.TicketBox)
	if fault != "" {
		bad = append(bad, catalog.FieldError{Field: site.TicketBox.Name, Message: fault})
	}
	if reason, fault = sent.Text(site.ReasonBox); fault != "" {
		bad = append(bad, catalog.FieldError{Field: site.ReasonBox.Name, Message: fault})
	}
	return ticket, reason, bad
}

// chosenID checks one field of a form, which names what the form is about.
func chosenID(f sheet, name string) (catalog.Values, []catalog.FieldError) {
	which := f.action
	others := func(field catalog.Field) bool { return field.Spec().Name != name }
	which.Check, which.Fields = nil, slices.DeleteFunc(slices.Clone(which.Fields), others)
	return which.Parse(func(name string) (string, bool) { return f.get(name), f.values.Has(name) })
}

// faultsHere are what the look of an action finds wrong with its checked values.
func (s *pages) faultsHere(ctx context.Context, v site.Visitor, a catalog.Action, given map[string]string,
) ([]catalog.FieldError, error) {
	if here := looks[a.Slug].here; here != nil {
		return here(s, ctx, v, given)
	}
	return nil, nil
}

// ask shows what will come of a generated form, and carries its fields along.
func (p *posted) ask(question string) error {
	f, v := p.f, p.v
	if err := p.hold(p.ctx, v, &f, false); err != nil {
		return err
	}
	if err := p.markTicket(p.ctx, v, &f); err != nil {
		return err
	}
	page := confirmPage(v, f, f.address(v))
	page.Post, page.Heading, page.Button, page.Danger = f.address(v), f.action.Title, f.action.Title,
		f.action.Dangerous()
	page.Consequences = []string{cmp.Or(p.unable(p.ctx, v, f), question)}
	page.Hidden = []views.Hidden{{Name: "agreed", Value: "1"}}
	if hasTimes(f.action) {
		page.Hidden = append(page.Hidden, views.Hidden{Name: zoneField, Value: f.zone.String()})
	}
	for _, field := range f.action.Fields {
		if spec := field.Spec(); f.values.Has(spec.Name) {
			page.Hidden = append(page.Hidden, f.carried(spec)...)
			page.Facts = append(page.Facts, p.factsAsked(spec)...)
		}
	}
	page.Facts = append(page.Facts, p.factsOf(p.ctx, v, f.action, p.in.Given(f.action)["credits"])...)
	return p.Render(p.c, http.StatusOK, v, site.Place{Section: "actions", Tab: "actions"}, page)
}

// carried are the hidden fields that carry a field along, and that it was chosen among several matches.
func (f sheet) carried(spec catalog.Spec) []views.Hidden {
	text := f.get(spec.Name)
	hidden := []views.Hidden{{Name: spec.Name, Value: text}}
	if f.isChosen(spec.Name) {
		for _, suffix := range []string{choiceSuffix, forSuffix} {
			hidden = append(hidden, views.Hidden{Name: spec.Name + suffix, Value: text})
		}
	}
	return hidden
}

// factsAsked is a field in a question, if it has a value. What an id stands for is said by its name: the person who
// agrees has to see who is concerned.
func (p *posted) factsAsked(spec catalog.Spec) []views.Fact {
	text := p.f.moment(spec, p.f.get(spec.Name))
	switch {
	case text == "":
		return nil
	case spec.Secret: // it travels on, and is not for others who look at the screen
		return []views.Fact{{Label: spec.Label, Text: "as typed"}}
	}
	if kind, known := words.Objects[spec.Of]; known && spec.Kind == "id" {
		objects, _ := kind.List(p.ctx, p.Runner, p.v.Scope, p.v.Organization) // without a name, the id is shown
		for _, o := range objects {
			if o.ID == text && o.Name != text {
				return []views.Fact{{Label: spec.Label, Text: o.Name, Note: text}}
			}
		}
	}
	return []views.Fact{{Label: spec.Label, Text: site.InWords(p.v, spec, text), Mono: spec.Kind == "id"}}
}
