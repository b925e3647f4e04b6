package estate

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/estate"
)

// getCallBack is the form that notes that a person was called back.
func (s *pages) getCallBack(c echo.Context, v site.Visitor) error {
	once := views.Once{RunID: uuid.NewString(), AsksTicket: true}
	var err error
	if once.Connection, once.Connected, err = s.Runner.Connection(c.Request().Context(), v.Scope,
		v.Organization); err != nil {
		return err
	}
	return s.showCallBack(c, v, http.StatusOK, once, nil, site.Form{})
}

// postCallBack notes it. Nothing is sent to Duo.
func (s *pages) postCallBack(c echo.Context, v site.Visitor) error {
	form, id, err := site.ActForm(c)
	if err != nil {
		return err
	}
	once := views.Once{RunID: id.String(), AsksTicket: true, Ticket: views.Input{Value: form.Get(run.TicketField)}}
	if once.Connection, once.Connected, err = form.Opened(); err != nil {
		return err
	}
	ticket, fault := form.Text(site.TicketBox)
	if once.Ticket.Error = fault; fault != "" {
		return s.showCallBack(c, v, http.StatusUnprocessableEntity, once, nil, form)
	}
	err = s.Runner.RecordCallBack(c.Request().Context(), run.CallBack{
		ID: id, Scope: v.Scope, Organization: v.Organization, Actor: v.Actor(), Opened: once.Connection,
		User: c.Param("user"), Phone: form.Get(run.CallBackPhone), Result: form.Get(run.CallBackResult), Ticket: ticket,
	})
	if bad, is := errors.AsType[*catalog.FieldError](err); is {
		return s.showCallBack(c, v, http.StatusUnprocessableEntity, once, bad, form)
	}
	if site.NotInDuo(err) {
		return store.ErrNotFound // an address that leads to nobody
	}
	if _, again := errors.AsType[*run.AlreadyRun](err); err != nil && !again {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.User(v.Workspace.Slug, v.Organization.Slug, c.Param("user"))+"?run="+
		id.String())
}

// showCallBack shows the form with the numbers that Duo holds for the person.
func (s *pages) showCallBack(c echo.Context, v site.Visitor, status int, once views.Once, bad *catalog.FieldError,
	sent site.Form) error {
	user, _, err := s.Runner.User(c.Request().Context(), v.Scope, v.Organization, c.Param("user"))
	if err != nil {
		return err
	}
	page := estate.CallBackPage{
		Organization: words.TagOf(v.Organization), Once: once, Name: words.DisplayName(user),
		Post:   views.CallBack(v.Workspace.Slug, v.Organization.Slug, string(user.ID)),
		Cancel: views.User(v.Workspace.Slug, v.Organization.Slug, string(user.ID)),
		Phone: views.FieldView{Name: run.CallBackPhone, Label: "Number you called", Kind: "radio",
			Value: sent.Get(run.CallBackPhone), Required: true},
		Result: views.FieldView{Name: run.CallBackResult, Label: "Result", Kind: "radio",
			Value: sent.Get(run.CallBackResult), Required: true},
	}
	page.Phone.Options = numbersOf(user.Phones)
	for _, result := range []string{run.Confirmed, run.NotConfirmed, run.NotReached} {
		page.Result.Options = append(page.Result.Options, views.Option{Value: result, Text: run.CallBackWords[result]})
	}
	for _, field := range []*views.FieldView{&page.Phone, &page.Result} {
		if bad != nil && bad.Field == field.Name {
			field.Error = bad.Message
		}
	}
	return s.Render(c, status, v, site.Place{Tab: "users"}, page)
}

// numbersOf are the phones that can be called, each with its number and what it is.
func numbersOf(phones []duo.Phone) (numbers []views.Option) {
	for _, p := range phones {
		if p.Number != "" {
			numbers = append(numbers, views.Option{Value: string(p.ID),
				Text: words.PhoneTitle(p) + " · " + words.PhoneKind(p)})
		}
	}
	return numbers
}
