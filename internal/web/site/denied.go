package site

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// What a policy refuses is answered like what does not exist; the record tells
// the two apart.
var (
	errBeyondScope = fmt.Errorf("web: an organization that does not exist or is outside the scope: %w",
		store.ErrNotFound)
	ErrBeyondRole = fmt.Errorf("web: beyond the role: %w", store.ErrNotFound)
)

func isRefusal(err error) bool {
	return errors.Is(err, errBeyondScope) || errors.Is(err, ErrBeyondRole) || errors.Is(err, run.ErrForbidden) ||
		errors.Is(err, store.ErrElsewhere)
}

// recordTime bounds the writing of a record that nobody waits for.
const recordTime = 5 * time.Second

// RecordRefusal keeps that a member asked for a change that is not theirs to
// make: the route and the names in the address, never what the form held. To
// somebody who is no member of the workspace it does nothing: the workspace is
// none of theirs, and they none of its.
func (s *Site) RecordRefusal(c echo.Context, r Route, v Visitor, why error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), recordTime)
	defer cancel()
	if v.Workspace.ID == uuid.Nil {
		found, err := s.Store.Enter(ctx, v.Operator.ID, v.from.Address, c.Param("ws"), "", 0)
		if errors.Is(err, store.ErrNotFound) {
			return
		}
		if err != nil {
			s.Log.ErrorContext(ctx, "refusal could not be recorded", "error", err)
			return
		}
		v.Workspace = found.Workspace
	}
	record := refusalRecord(c, r, v, why)
	record.At = s.Now()
	err := s.Store.InWorkspace(ctx, store.WholeWorkspace(v.Workspace.ID), func(tx *store.Tx) error {
		if errors.Is(why, errBeyondScope) {
			// What is not there could be any text: only a name of the workspace's own
			// goes into its record.
			there, err := tx.HasOrganization(ctx, record.Input["org"])
			if err != nil {
				return err
			}
			if !there {
				record.Summary = "This organization does not exist: nothing was done."
				delete(record.Input, "org")
			}
		}
		return tx.RecordRefusal(ctx, record)
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "refusal could not be recorded", "error", err)
	}
}

func refusalRecord(c echo.Context, r Route, v Visitor, why error) store.Record {
	record := store.Record{
		Event: store.Denied, Operator: v.Operator.ID, Token: v.Token.Name, TokenID: v.Token.ID,
		Organization: v.Organization.ID, AccountID: v.Organization.AccountID,
		Input:   map[string]string{"route": r.Method + " " + r.Path},
		Summary: "Not allowed in this role: nothing was done.",
	}
	if held, is := errors.AsType[*run.HeldBack](why); is {
		record.Summary = "Held back: " + PersonOf(held.Fraud) + " reported a push as fraud. Nothing was done."
	}
	if errors.Is(why, errBeyondScope) {
		record.Summary = "The organization is outside the operator's organizations: nothing was done."
	}
	if errors.Is(why, store.ErrElsewhere) {
		record.Summary = "The workspace does not admit the address " + v.from.Address + ": nothing was done."
	}
	if action, found := catalog.Lookup(c.Param("action")); found {
		record.Event = store.Event{Slug: action.Slug, Title: action.Title}
	}
	for _, name := range c.ParamNames() {
		if name != "ws" {
			record.Input[name] = catalog.Plain(c.Param(name))
		}
	}
	return record
}
