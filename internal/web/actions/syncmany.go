package actions

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/internal/web/words"
	"duodesk/views"
	"duodesk/views/actions"
)

// mostSynchronized is how many users one form can have Duo read again.
const mostSynchronized = 20

// syncReserve is the time of a request that is left for the last user and the
// page: what is not begun by then is for the next form.
const syncReserve = 15 * time.Second

var syncNames = catalog.Lines{Name: "usernames", MaxLines: mostSynchronized}

// usernamesOf reads the names of a form.
func usernamesOf(text string) ([]string, []catalog.FieldError) {
	in, bad := catalog.Action{Fields: []catalog.Field{syncNames}}.Parse(func(string) (string, bool) { return text, true })
	names := syncNames.Of(in)
	if len(bad) == 0 && len(names) == 0 {
		bad = []catalog.FieldError{{Field: syncNames.Name, Message: "Type at least one username."}}
	}
	return names, bad
}

// severalUsers reports whether an action's own form names several users, each of whom is a run of its own; a single name
// becomes the action's own field.
func (f sheet) severalUsers() (faults []catalog.FieldError, several bool) {
	field := f.look().several
	if field == "" || f.generated || !f.values.Has(field) {
		return nil, false
	}
	names, faults := usernamesOf(f.get(field))
	if len(faults) > 0 || len(names) > 1 {
		return faults, true
	}
	f.values.Set("username", names[0])
	return nil, false
}

// syncMany has Duo read several users again. Each is a run of its own, named
// after the form's: what became of one is on record whatever becomes of the
// next, and the form sent again goes on where it ended.
func (s *pages) syncMany(c echo.Context, v site.Visitor, f sheet, faults []catalog.FieldError) error {
	ctx := c.Request().Context()
	if len(faults) == 0 {
		var err error
		given := map[string]string{"directory_key": f.get("directory_key")}
		if faults, err = s.faultsHere(ctx, v, f.action, given); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		f.faults = site.ByField(faults)
		return s.showSheet(c, v, http.StatusUnprocessableEntity, f)
	}
	ticket, reason, faults := f.beside()
	if len(faults) > 0 {
		return s.showFaults(c, v, f, f.values, faults)
	}
	names, _ := usernamesOf(f.get(syncNames.Name))
	if err := s.hold(ctx, v, &f, false, names...); err != nil {
		return err
	}
	if err := s.markTicket(ctx, v, &f); err != nil {
		return err
	}
	page := actions.SyncResult{Workspace: v.Workspace.Slug, Organization: words.TagOf(v.Organization), Once: f.once(), DirectoryKey: f.get("directory_key"), Names: strings.Join(names, "\n")}
	found, err := s.Directories(ctx, v)
	if err != nil {
		return err
	}
	for _, d := range found {
		if d.Key == page.DirectoryKey {
			page.Directory = catalog.Plain(d.Name)
		}
	}
	changed := ""
	for i, name := range names {
		if changed != "" {
			page.Users = append(page.Users, actions.SyncedUser{Username: catalog.Plain(name), Outcome: views.Chip{Level: "idle", Text: "not sent"}, Summary: changed})
			continue
		}
		if deadline, has := ctx.Deadline(); has && i > 0 && time.Until(deadline) < syncReserve {
			page.Rest++
			page.Users = append(page.Users, actions.SyncedUser{Username: catalog.Plain(name), Outcome: views.Chip{Level: "idle", Text: "not sent"}, Summary: "The time was over before this one."})
			continue
		}
		row, err := s.syncOne(ctx, v, f, name, ticket, reason)
		if other, is := errors.AsType[*run.ConnectionChanged](err); is && i > 0 {
			changed = "The organization is connected otherwise now: " + other.Now + "."
			page.Users = append(page.Users, actions.SyncedUser{Username: catalog.Plain(name), Outcome: views.Chip{Level: "idle", Text: "not sent"}, Summary: changed})
			continue
		}
		if trouble, is := store.TroubleOf(err); is && i > 0 {
			changed = trouble.Text()
			page.Users = append(page.Users, actions.SyncedUser{Username: catalog.Plain(name), Outcome: views.Chip{Level: "idle", Text: "not sent"}, Summary: changed})
			continue
		}
		if err != nil {
			return s.showRefusal(c, v, f, "", err)
		}
		page.Users = append(page.Users, row)
	}
	return s.Render(c, http.StatusOK, v, site.Place{Tab: "users"}, page)
}

// syncRun is the id of the run for one of the users of a form.
func syncRun(form uuid.UUID, name string) uuid.UUID {
	return uuid.NewSHA1(form, []byte(strings.ToLower(name)))
}

// syncOne carries out one of them. Its error is one that concerns them all.
func (s *pages) syncOne(ctx context.Context, v site.Visitor, f sheet, name, ticket, reason string) (actions.SyncedUser, error) {
	row := actions.SyncedUser{Username: catalog.Plain(name)}
	values := url.Values{"directory_key": {f.get("directory_key")}, "username": {name}}
	in, bad := f.action.Parse(func(field string) (string, bool) { return values.Get(field), values.Has(field) })
	if len(bad) > 0 {
		row.Outcome, row.Summary = words.OutcomeChip(store.Refused), bad[0].Message
		return row, nil
	}
	done, err := s.Runner.Do(ctx, run.Request{
		ID: syncRun(f.runID, name), Scope: v.Scope, Organization: v.Organization, Actor: v.Actor(), Action: f.action, Input: in, Ticket: ticket,
		Opened: f.connection, Reason: reason,
	})
	var already *run.AlreadyRun
	var fault *catalog.FieldError
	var role *catalog.RoleError
	var held *run.HeldBack
	switch {
	case errors.As(err, &already):
		done.Run = already.Run
	case errors.As(err, &held):
		row.Outcome, row.Summary = views.Chip{Level: "bad", Text: "held back"}, s.HeldText(v, held)
		return row, nil
	case errors.As(err, &fault) && done.Run.ID == uuid.Nil: // the ticket that all of them lack
		return row, err
	case errors.As(err, &fault), errors.As(err, &role), site.DuoSaidNo(err) && done.Run.ID != uuid.Nil:
	case err != nil:
		return row, err
	}
	row.Outcome, row.Summary, row.Run = words.OutcomeChip(done.Run.State), done.Run.Summary, site.RunAddress(v, done.Run)
	if done.Result.Created != "" {
		row.User = views.User(v.Workspace.Slug, v.Organization.Slug, done.Result.Created)
	}
	return row, nil
}
