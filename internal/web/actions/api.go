package actions

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
)

// apiOutcome answers a program that carried out an action.
type apiOutcome struct {
	RunID    uuid.UUID       `json:"run_id"`
	State    string          `json:"state"`
	Summary  string          `json:"summary"`
	Replayed bool            `json:"replayed"` // it was done before: this is what came of it then
	Result   json.RawMessage `json:"result,omitempty"`
	Secrets  []apiSecret     `json:"secrets,omitempty"`
	Created  string          `json:"created_id,omitempty"`
	Expires  *time.Time      `json:"expires_at,omitempty"` // the secrets
}

type apiSecret struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// apiAction executes an action for a program. The same run_id with the same fields is the same run: its result is
// not shown again.
func (s *pages) apiAction(c echo.Context, v site.Visitor) error {
	q, err := s.apiRequest(c, v)
	if err != nil {
		return err
	}
	reads := q.Action.Reads(q.Input)
	if reads {
		if err := s.CountReading(c.Request().Context(), v, q.Action.Slug, 0); err != nil {
			return err
		}
	}
	done, err := s.Runner.Do(c.Request().Context(), q)
	var already *run.AlreadyRun
	switch {
	case errors.As(err, &already):
		sendOutcome(c, v, apiOutcome{RunID: already.Run.ID, State: already.Run.State,
			Summary: words.APIRunOf(already.Run).Summary, Replayed: true})
		return nil
	case err != nil:
		return s.apiFailure(v, done, err)
	}
	if reads {
		if err := s.CountReading(c.Request().Context(), v, q.Action.Slug, rowsOf(done.Result)); err != nil {
			return err
		}
	}
	sendOutcome(c, v, outcomeOf(done, v.Role))
	return nil
}

// apiRequest reads the action of an address, with the fields of a body.
func (s *pages) apiRequest(c echo.Context, v site.Visitor) (q run.Request, err error) {
	action, err := actionHere(c, v)
	if err != nil {
		return q, err
	}
	body, err := site.APIBodyOf(c, action)
	if err != nil {
		return q, err
	}
	in, err := s.apiInput(c, v, action, body)
	return run.Request{
		ID: body.RunID, Scope: v.Scope, Organization: v.Organization, Actor: v.Actor(), Action: action, Input: in,
		Ticket: body.Ticket, Opened: body.Connection, Account: body.Account, Reason: body.Reason,
	}, err
}

// rowsOf is how many rows of a list a result brings.
func rowsOf(r catalog.Result) int {
	if r.Table != nil {
		return len(r.Table.Rows)
	}
	var list []json.RawMessage
	if json.Unmarshal(r.Raw, &list) != nil {
		return rowsWithin(r.Raw)
	}
	rows := 0
	for _, item := range list {
		// Several pages of a log are joined to a list of pages.
		var page struct{ Metadata json.RawMessage }
		if json.Unmarshal(item, &page) == nil && page.Metadata != nil {
			rows += rowsWithin(item)
		} else {
			rows++
		}
	}
	return rows
}

// rowsWithin is how many rows an answer brings that is no list: those of its longest
// list, such as the events of a log, or one.
func rowsWithin(answer json.RawMessage) int {
	most := 1
	var members map[string]json.RawMessage
	if json.Unmarshal(answer, &members) != nil {
		return most
	}
	for _, member := range members {
		var list []json.RawMessage
		if json.Unmarshal(member, &list) == nil {
			most = max(most, len(list))
		}
	}
	return most
}

// apiInput checks the fields of a body.
func (s *pages) apiInput(c echo.Context, v site.Visitor, action catalog.Action,
	body site.APIBody) (catalog.Values, error) {
	in, bad := action.Parse(body.Get)
	beside := site.Form{Values: url.Values{site.TicketBox.Name: {body.Ticket}, site.ReasonBox.Name: {body.Reason}}}
	for _, box := range []catalog.Text{site.TicketBox, site.ReasonBox} {
		if _, fault := beside.Text(box); fault != "" {
			bad = append(bad, catalog.FieldError{Field: box.Name, Message: fault})
		}
	}
	bad, err := s.idsFor(c.Request().Context(), v, action, body, bad)
	if err != nil {
		return in, err
	}
	if len(bad) == 0 {
		if bad, err = s.faultsHere(c.Request().Context(), v, action, in.Given(action)); err != nil {
			return in, err
		}
	}
	if len(bad) > 0 {
		return in, &site.InvalidFields{Bad: bad}
	}
	return in, nil
}

// apiFailure keeps beside an error which run it is of, if there is one.
func (s *pages) apiFailure(v site.Visitor, done run.Outcome, err error) error {
	var fault *catalog.FieldError
	var held *run.HeldBack
	switch {
	case errors.As(err, &fault):
		err = &site.InvalidFields{Bad: []catalog.FieldError{*fault}}
	case errors.As(err, &held) && held.NeedsReason:
		err = &site.InvalidFields{Bad: []catalog.FieldError{{Field: run.ReasonField, Message: s.HeldText(v, held)}}}
	}
	if done.Run.State == "" {
		return err
	}
	return &site.FailedRun{Run: done.Run, Done: done.Result.Summary, Err: err}
}

func outcomeOf(done run.Outcome, role catalog.Role) apiOutcome {
	o := apiOutcome{RunID: done.Run.ID, State: done.Run.State, Summary: done.Run.Summary, Created: done.Result.Created,
		Result: resultJSON(done.Result, role)}
	for _, secret := range done.Result.Secrets {
		o.Secrets = append(o.Secrets, apiSecret{secret.Label, secret.Value})
	}
	if !done.Expires.IsZero() {
		at := done.Expires.UTC()
		o.Expires = &at
	}
	return o
}

// resultJSON is Duo's answer, as far as somebody in a role may see it.
func resultJSON(r catalog.Result, role catalog.Role) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, bytes.ToValidUTF8(r.Answer(role), []byte("\ufffd"))) != nil {
		return nil
	}
	return b.Bytes()
}

// sendOutcome answers 200, or 202 for a run that goes on, with its address.
func sendOutcome(c echo.Context, v site.Visitor, o apiOutcome) {
	status := http.StatusOK
	if o.State == store.Sending {
		status = http.StatusAccepted
		c.Response().Header().Set("Location", "/api/v1/w/"+url.PathEscape(v.Workspace.Slug)+"/runs/"+o.RunID.String())
	}
	site.SendJSON(c, status, "application/json", o)
}
