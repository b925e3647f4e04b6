package actions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo"
	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// Duo has no call that deletes all bypass codes of a user: each is a run of its own, and
// what became of one is on record whatever becomes of the next.

// revokeReserve is the time of a request that is left for the last code and the page.
const revokeReserve = 15 * time.Second

// mostRevoked is how many codes one form can name: Duo keeps no more of a user.
const mostRevoked = 100

// getRevokeCodes asks before all bypass codes of a user are revoked.
func (s *pages) getRevokeCodes(c echo.Context, v site.Visitor) error {
	f, err := s.revokeSheet(c, v)
	if err != nil {
		return err
	}
	if f.connection, f.connected, err = s.Runner.Connection(c.Request().Context(), v.Scope,
		v.Organization); err != nil {
		return err
	}
	return s.showRevoke(c, v, http.StatusOK, f)
}

// revokeSheet is the question as a form of the action that deletes one code.
func (s *pages) revokeSheet(c echo.Context, v site.Visitor) (sheet, error) {
	action, _ := catalog.Lookup(catalog.DeleteBypassCode)
	f := sheet{action: action, values: map[string][]string{"user_id": {c.Param("user")}}, runID: uuid.New()}
	return f, s.markTicket(c.Request().Context(), v, &f)
}

func (s *pages) showRevoke(c echo.Context, v site.Visitor, status int, f sheet) error {
	user, codes, err := s.Runner.User(c.Request().Context(), v.Scope, v.Organization, f.get("user_id"))
	if err != nil {
		return err
	}
	name := words.DisplayName(user)
	page := confirmPage(v, f, views.User(v.Workspace.Slug, v.Organization.Slug, string(user.ID)))
	page.Post, page.Danger = views.RevokeCodes(v.Workspace.Slug, v.Organization.Slug, string(user.ID)), true
	page.Heading = "Revoke all bypass codes of " + name
	page.Facts = []views.Fact{{Label: "User", Text: name, Note: catalog.Plain(user.Username)},
		{Label: "Bypass codes", Text: fmt.Sprint(len(codes))}}
	page.Consequences = []string{"This user has no bypass codes."}
	if len(codes) > 0 {
		page.Button = "Revoke " + views.Plural(len(codes), "code", "codes")
		page.Consequences = []string{"Each code stops working at once. You can't undo this; you can create new codes.",
			"Duo deletes one code at a time. Each is a run of its own, and the next page says what became of each."}
	}
	page.Hidden = []views.Hidden{{Name: "codes", Value: strings.Join(idsOf(codes), "\n")}}
	return s.Render(c, status, v, site.Place{Tab: "users"}, page)
}

func idsOf(codes []duo.BypassCode) (ids []string) {
	for _, code := range codes {
		ids = append(ids, string(code.ID))
	}
	return ids
}

// postRevokeCodes revokes the codes that the question was about, one after the other. The
// same form sent again goes on where it ended.
func (s *pages) postRevokeCodes(c echo.Context, v site.Visitor) error {
	f, err := s.sentRevokeSheet(c, v)
	if err != nil {
		return err
	}
	ticket, _, bad := f.beside()
	if len(bad) > 0 {
		f.faults = site.ByField(bad)
		return s.showRevoke(c, v, http.StatusUnprocessableEntity, f)
	}
	ids := strings.Fields(f.get("codes"))
	if len(ids) == 0 || len(ids) > mostRevoked {
		return site.BadRequest("The form does not name the codes. Open it again.")
	}
	codes, err := s.codesToRevoke(c.Request().Context(), v, f)
	if err != nil {
		return err
	}
	rows, err := s.revokeEach(c.Request().Context(), v, f, ids, codes, ticket)
	if fault, is := errors.AsType[*catalog.FieldError](err); is && len(rows) == 0 {
		f.faults = map[string]string{fault.Field: fault.Shown()}
		return s.showRevoke(c, v, http.StatusUnprocessableEntity, f)
	}
	if err != nil && len(rows) == 0 {
		return err
	}
	return s.showRevoked(c, v, f, ids, rows, err)
}

// sentRevokeSheet is the question as a form sent it back, about the user of the address.
func (s *pages) sentRevokeSheet(c echo.Context, v site.Visitor) (sheet, error) {
	form, id, err := site.ActForm(c)
	if err != nil {
		return sheet{}, err
	}
	f, err := s.revokeSheet(c, v)
	if err != nil {
		return f, err
	}
	f.values, f.runID = form.Values, id
	f.values.Set("user_id", c.Param("user"))
	f.connection, f.connected, err = form.Opened()
	return f, err
}

// codesToRevoke are the ids of the codes that the user of the address has now: a form
// revokes no others. A form for another connection ends here, before Duo is asked.
func (s *pages) codesToRevoke(ctx context.Context, v site.Visitor, f sheet) ([]string, error) {
	if now, err := s.connectedNow(ctx, v, f); err != nil || now != "" {
		return nil, cmp.Or(err, error(&run.ConnectionChanged{Now: now}))
	}
	_, codes, err := s.Runner.User(ctx, v.Scope, v.Organization, f.get("user_id"))
	if site.NotInDuo(err) {
		err = store.ErrNotFound // an address that leads to nobody
	}
	return idsOf(codes), err
}

// revokeEach deletes one code after the other, until time runs out or something concerns
// them all: then it returns that error beside the rows before it.
func (s *pages) revokeEach(ctx context.Context, v site.Visitor, f sheet, ids, theirs []string,
	ticket string) ([]actions.RevokedCode, error) {
	var rows []actions.RevokedCode
	for i, id := range ids {
		if deadline, has := ctx.Deadline(); has && i > 0 && time.Until(deadline) < revokeReserve {
			return rows, nil
		}
		revoke := s.revokeOne
		if !slices.Contains(theirs, id) {
			revoke = s.revokedBefore
		}
		row, err := revoke(ctx, v, f, id, ticket)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// revokedBefore says what became of a code that the user no longer has: by this form, or
// otherwise.
func (s *pages) revokedBefore(ctx context.Context, v site.Visitor, f sheet, id, _ string) (actions.RevokedCode, error) {
	var before store.Run
	err := s.Store.InWorkspace(ctx, v.Scope, func(tx *store.Tx) (err error) {
		before, err = tx.Run(ctx, revokeRun(f, id))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return actions.RevokedCode{Outcome: views.Chip{Level: "idle", Text: "Not sent"},
			Summary: "The user no longer has this code."}, nil
	}
	return revokedRow(v, before), err
}

// revokeRun is the id of the run for one of the codes of a form.
func revokeRun(f sheet, code string) uuid.UUID { return uuid.NewSHA1(f.runID, []byte(code)) }

func revokedRow(v site.Visitor, r store.Run) actions.RevokedCode {
	return actions.RevokedCode{Outcome: words.OutcomeChip(r.State), Summary: catalog.Plain(r.Summary),
		Run:  site.RunAddress(v, r),
		Done: r.State == store.Applied}
}

// revokeOne deletes one code as a run whose id is made of the form's. Its error is one that
// concerns them all.
func (s *pages) revokeOne(ctx context.Context, v site.Visitor, f sheet, id,
	ticket string) (actions.RevokedCode, error) {
	in, bad := f.action.Parse(func(string) (string, bool) { return id, true })
	if len(bad) > 0 {
		return actions.RevokedCode{}, site.BadRequest("The form names a code that is not valid. Open it again.")
	}
	done, err := s.Runner.Do(ctx, run.Request{
		ID: revokeRun(f, id), Scope: v.Scope, Organization: v.Organization, Actor: v.Actor(),
		Action: f.action, Input: in,
		Ticket: ticket, Opened: f.connection,
	})
	if already, is := errors.AsType[*run.AlreadyRun](err); is {
		done.Run = already.Run
	} else if done.Run.ID == uuid.Nil && err != nil {
		return actions.RevokedCode{}, err
	}
	return revokedRow(v, done.Run), nil
}

// showRevoked says what became of each code, and what the user has now.
func (s *pages) showRevoked(c echo.Context, v site.Visitor, f sheet, ids []string, rows []actions.RevokedCode,
	stopped error) error {
	ws, org := v.Workspace.Slug, v.Organization.Slug
	page := actions.RevokedPage{Organization: words.TagOf(v.Organization), Name: "this user", Rows: rows,
		Rest: len(ids) - len(rows), Left: -1,
		Stopped: stoppedText(stopped), User: views.User(ws, org, f.get("user_id")),
		Again: views.RevokeCodes(ws, org, f.get("user_id"))}
	user, codes, err := s.Runner.User(c.Request().Context(), v.Scope, v.Organization, f.get("user_id"))
	if err == nil {
		page.Name, page.Left = words.DisplayName(user), len(codes)
	}
	page.Ticket = fmt.Sprintf("Revoke all bypass codes: %s, %s\n%s", page.Name, v.Organization.Name, page.Outcome())
	if ticket := f.get(site.TicketBox.Name); ticket != "" {
		page.Ticket += "\nTicket: " + catalog.Plain(ticket)
	}
	page.Ticket += "\n" + site.Exactly(v, s.Now()) + ", by " + v.Operator.Email
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users"}, page)
}

// stoppedText says why the codes that are left were not sent to Duo.
func stoppedText(err error) string {
	if changed, is := errors.AsType[*run.ConnectionChanged](err); is {
		return "The connection of the organization has changed. It is now " + changed.Now + "."
	}
	trouble, inTrouble := store.TroubleOf(err)
	switch {
	case err == nil:
		return "Time ran out."
	case inTrouble:
		return trouble.Text()
	case errors.Is(err, run.ErrForbidden):
		return "Your role no longer allows this."
	}
	return "The console could not go on."
}
